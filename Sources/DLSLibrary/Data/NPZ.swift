// NumPy's archives: a zip file with one array file for each name.

import CZlib

package enum NPZ {
  package static func load(_ path: String) throws(DataError) -> [(name: String, array: ArrayData)] {
    try decode(Files.read(path, head: checkHead), path)
  }

  private static func checkHead(_ head: [UInt8], _ path: String) throws(DataError) {
    guard head.starts(with: [0x50, 0x4B]) else {
      throw .broken(path, byte: 0, "this is not a NumPy archive (they begin with PK)")
    }
  }

  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> [(
    name: String, array: ArrayData
  )] {
    try checkHead(bytes, path)
    var result: [(name: String, array: ArrayData)] = []
    var total = 0
    let most = Gzip.largest(from: bytes.count)
    for member in try directory(bytes, path) {
      guard member.size >= 0, member.size <= most - total else {
        throw .broken(
          path, byte: max(0, member.offset),
          "`\(member.name)` would take the arrays beyond \(most) bytes, far more than "
            + "\(bytes.count) should",
          help: ["if that is right, write the archive by numpy.savez, not compressed"])
      }
      total += member.size
      let content = try content(member, bytes, path)
      let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
      result.append((name, try NPY.decode(content, "\(path):\(member.name)")))
    }
    return result
  }

  private struct Member {
    var name = ""
    var method = 0
    var checksum = 0
    var packed = 0
    var size = 0
    var offset = 0
  }

  /// The central directory, which stands at the end and is what readers must believe.
  private static func directory(_ bytes: [UInt8], _ path: String) throws(DataError) -> [Member] {
    let lowest = max(0, bytes.count - 22 - 65535)
    var end = bytes.count - 22
    while end >= lowest, !bytes[end...].starts(with: [0x50, 0x4B, 5, 6]) { end -= 1 }
    guard end >= lowest, end >= 0 else {
      throw .broken(path, byte: bytes.count, "the archive's directory is missing: the file is cut")
    }
    var reader = ByteReader(bytes, path, at: end + 10)
    let count = try reader.little(2, "the number of members")
    _ = try reader.little(4, "the directory's size")
    reader.offset = try reader.little(4, "the directory's place")
    guard reader.offset <= bytes.count else {
      throw .broken(path, byte: end, "the archive's directory lies beyond its end")
    }
    var members: [Member] = []
    for _ in 0..<count { members.append(try entry(&reader)) }
    return members
  }

  private static func entry(_ reader: inout ByteReader) throws(DataError) -> Member {
    let start = reader.offset
    guard try reader.little(4, "a directory entry") == 0x0201_4B50 else {
      throw .broken(reader.path, byte: start, "an entry of the archive's directory is damaged")
    }
    var member = Member()
    _ = try reader.take(6, "an entry")
    member.method = try reader.little(2, "an entry")
    _ = try reader.take(4, "an entry")
    member.checksum = try reader.little(4, "an entry")
    member.packed = try reader.little(4, "an entry")
    member.size = try reader.little(4, "an entry")
    let nameLength = try reader.little(2, "an entry")
    let extraLength = try reader.little(2, "an entry")
    let commentLength = try reader.little(2, "an entry")
    _ = try reader.take(8, "an entry")
    member.offset = try reader.little(4, "an entry")
    member.name = try Files.text(try reader.take(nameLength, "a name"), reader.path)
    var extra = ByteReader(Array(try reader.take(extraLength, "an entry")), reader.path)
    _ = try reader.take(commentLength, "a comment")
    // Sizes beyond 4 GB stand in an extra field, in this order, where the plain one is all ones.
    while extra.left >= 4 {
      let tag = try extra.little(2, "a field")
      let length = try extra.little(2, "a field")
      let next = extra.offset + length
      if tag == 1 {
        if member.size == 0xFFFF_FFFF { member.size = try extra.little(8, "a size") }
        if member.packed == 0xFFFF_FFFF { member.packed = try extra.little(8, "a size") }
        if member.offset == 0xFFFF_FFFF { member.offset = try extra.little(8, "a place") }
      }
      guard next <= extra.bytes.count else { break }
      extra.offset = next
    }
    return member
  }

  private static func content(_ member: Member, _ bytes: [UInt8], _ path: String)
    throws(DataError) -> [UInt8]
  {
    guard member.offset >= 0, member.offset <= bytes.count, member.size >= 0 else {
      throw .broken(path, byte: bytes.count, "`\(member.name)` lies beyond the archive's end")
    }
    var reader = ByteReader(bytes, path, at: member.offset)
    guard try reader.little(4, "a member's head") == 0x0403_4B50 else {
      throw .broken(path, byte: member.offset, "`\(member.name)` does not begin where it should")
    }
    _ = try reader.take(22, "a member's head")
    let nameLength = try reader.little(2, "a member's head")
    let extraLength = try reader.little(2, "a member's head")
    _ = try reader.take(nameLength + extraLength, "a member's head")
    let packed = try reader.take(member.packed, "`\(member.name)`")
    let content: [UInt8]
    switch member.method {
    case 0:
      guard member.packed == member.size else {
        throw .broken(path, byte: member.offset, "the sizes of `\(member.name)` disagree")
      }
      content = Array(packed)
    case 8:
      // deflate cannot shrink more than 1032 to 1, so a larger claim is a lie.
      guard member.size / 1100 <= member.packed else {
        throw .broken(
          path, byte: member.offset,
          "`\(member.name)` claims \(member.size) bytes from \(member.packed)")
      }
      content = try Gzip.expandRaw(packed, size: member.size, path)
    default:
      throw .broken(
        path, byte: member.offset, "`\(member.name)` is packed by method \(member.method), unknown")
    }
    guard checksum(content) == member.checksum else {
      throw .broken(path, byte: member.offset, "`\(member.name)` is damaged (its checksum differs)")
    }
    return content
  }

  private static func checksum(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { Int(crc32_z(0, $0.baseAddress, $0.count)) }
  }

  /// An archive as `numpy.savez` writes it, not compressed.
  package static func encode(_ arrays: [(name: String, array: ArrayData)], _ path: String)
    throws(DataError) -> [UInt8]
  {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    func little(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    for (name, array) in arrays {
      let file = Array((name + ".npy").utf8)
      let content = NPY.encode(array)
      let offset = bytes.count
      guard offset + content.count < 0xFFFF_FFFF, file.count < 0xFFFF, arrays.count < 0xFFFF else {
        throw .unwritable(path, "an archive of more than 4 GB is not written; use save_npy")
      }
      let common =
        little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2)
        + little(checksum(content), 4) + little(content.count, 4) + little(content.count, 4)
        + little(file.count, 2) + little(0, 2)
      bytes += little(0x0403_4B50, 4) + little(20, 2) + common + file + content
      directory += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + common
      directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(offset, 4)
      directory += file
    }
    let start = bytes.count
    bytes += directory
    bytes += little(0x0605_4B50, 4) + little(0, 4) + little(arrays.count, 2)
    bytes += little(arrays.count, 2) + little(directory.count, 4) + little(start, 4) + little(0, 2)
    return bytes
  }
}
