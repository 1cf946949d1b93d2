// gzip by zlib, with a cap on how far a file may expand.

import CZlib

package enum Gzip {
  package static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// A small file may become this large whatever its ratio.
  static let always = 64 << 20
  /// A large one may grow by this factor. Real data stay far below; a file made to fill the memory
  /// reaches 1000.
  static let ratio = 30

  /// How far compressed data of that size may expand.
  static func largest(from count: Int) -> Int { min(Files.largest, max(always, count * ratio)) }

  /// The first bytes of the content, of a file's first bytes; nil where they are damaged.
  static func head(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard dls_inflate_start(&stream, 15 + 16) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var content = [UInt8](repeating: 0, count: Files.headSize)
    input.withUnsafeMutableBufferPointer { source in
      content.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        _ = inflate(&stream, Z_NO_FLUSH)
      }
    }
    let count = content.count - Int(stream.avail_out)
    return count > 0 ? Array(content.prefix(count)) : nil
  }

  /// The content of a gzip file, all of its members.
  package static func expand(_ bytes: [UInt8], _ path: String) throws(DataError) -> [UInt8] {
    try inflated(bytes[...], windowBits: 15 + 16, path, largest: largest(from: bytes.count))
  }

  /// A zip archive's member, of which the archive says how long it will be.
  static func expandRaw(_ bytes: ArraySlice<UInt8>, size: Int, _ path: String) throws(DataError)
    -> [UInt8]
  {
    let result = try inflated(bytes, windowBits: -15, path, largest: size)
    guard result.count == size else {
      throw .broken(path, byte: bytes.startIndex, "\(size) bytes promised, \(result.count) found")
    }
    return result
  }

  private static func inflated(
    _ bytes: ArraySlice<UInt8>, windowBits: Int32, _ path: String, largest: Int
  ) throws(DataError) -> [UInt8] {
    var stream = z_stream()
    guard dls_inflate_start(&stream, windowBits) == Z_OK else {
      throw .unreadable(path, "zlib does not start")
    }
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var input = Array(bytes)
    var position = 0
    while true {
      var status: Int32 = Z_OK
      var produced = 0
      input.withUnsafeMutableBufferPointer { source in
        chunk.withUnsafeMutableBufferPointer { target in
          let available = min(source.count - position, 1 << 30)
          stream.next_in = source.baseAddress.map { $0 + position }
          stream.avail_in = UInt32(available)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          status = inflate(&stream, Z_NO_FLUSH)
          position += available - Int(stream.avail_in)
          produced = target.count - Int(stream.avail_out)
        }
      }
      guard result.count + produced <= largest else {
        throw .broken(
          path, byte: position,
          "the compressed data go on beyond \(largest) bytes, far more than \(bytes.count) should",
          help: ["if that is right, decompress the file first"])
      }
      result.append(contentsOf: chunk[0..<produced])
      switch status {
      case Z_STREAM_END:
        // Another member may follow; zeros or rubbish after the last one are ignored, as gzip does.
        guard windowBits > 0, position + 1 < input.count, input[position] == 0x1F,
          input[position + 1] == 0x8B
        else {
          return result
        }
        inflateReset(&stream)
      case Z_OK: continue
      case Z_BUF_ERROR:
        if produced == 0 && position >= input.count {
          throw .broken(path, byte: position, "the compressed data end too early")
        }
      default:
        let why = stream.msg.map { String(cString: $0) } ?? "code \(status)"
        throw .broken(
          path, byte: bytes.startIndex + position, "the compressed data are damaged (\(why))")
      }
    }
  }

  /// A gzip file of the bytes, to be written to `path`.
  package static func compress(_ bytes: [UInt8], _ path: String) throws(DataError) -> [UInt8] {
    var stream = z_stream()
    guard dls_deflate_start(&stream, 15 + 16) == Z_OK else {
      throw .unwritable(path, "zlib does not start")
    }
    defer { deflateEnd(&stream) }
    var input = bytes
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var position = 0
    while true {
      var status: Int32 = Z_OK
      input.withUnsafeMutableBufferPointer { source in
        chunk.withUnsafeMutableBufferPointer { target in
          let available = min(source.count - position, 1 << 30)
          stream.next_in = source.baseAddress.map { $0 + position }
          stream.avail_in = UInt32(available)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          let isLast = position + available == source.count
          status = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          position += available - Int(stream.avail_in)
        }
      }
      result.append(contentsOf: chunk[0..<(chunk.count - Int(stream.avail_out))])
      if status == Z_STREAM_END { return result }
    }
  }
}
