// The IDX format of the MNIST files: a magic number with type and rank, sizes, elements.

/// http://yann.lecun.com/exdb/mnist/ — everything big-endian.
package enum IDX {
  package static func load(_ path: String) throws(DataError) -> ArrayData {
    try decode(Files.readPlain(path, head: checkHead), path)
  }

  /// Bytes an element, by the type's number.
  private static let widths: [UInt8: Int] = [8: 1, 9: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8]

  private static func checkHead(_ head: [UInt8], _ path: String) throws(DataError) {
    guard head.count >= 4 else { return }
    guard head[0] == 0, head[1] == 0, widths[head[2]] != nil else {
      throw .broken(path, byte: 0, "this is not an IDX file (they begin with 0, 0, a type, a rank)")
    }
  }

  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> ArrayData {
    var reader = ByteReader(bytes, path)
    let magic = try Array(reader.take(4, "the magic number"))
    try checkHead(bytes, path)
    let width = widths[magic[2]] ?? 1
    var shape: [Int] = []
    for axis in 0..<Int(magic[3]) { shape.append(try reader.big(4, "size \(axis)")) }
    guard let count = claimedCount(shape), let size = claimedCount([count, width]),
      size <= reader.left
    else {
      throw .broken(
        path, byte: 4,
        "the header claims shape \(shape) of \(width)-byte elements, but \(reader.left) bytes follow"
      )
    }
    let data = try reader.take(size, "the elements")
    return ArrayData(shape: shape, elements(data, type: magic[2], isLabels: shape.count <= 1))
  }

  /// Labels come as integers, pictures as floats, since that is what each is used for.
  private static func elements(_ data: ArraySlice<UInt8>, type: UInt8, isLabels: Bool)
    -> ArrayData.Elements
  {
    if type == 0x0D {
      return .f32(words(data, UInt32.self).map { Float(bitPattern: UInt32(bigEndian: $0)) })
    }
    if type == 0x0E {
      return .f64(words(data, UInt64.self).map { Double(bitPattern: UInt64(bigEndian: $0)) })
    }
    if type == 8 && !isLabels { return .f32(data.map { Float($0) }) }
    let integers: [Int] =
      switch type {
      case 8: data.map { Int($0) }
      case 9: data.map { Int(Int8(bitPattern: $0)) }
      case 0x0B: words(data, Int16.self).map { Int(Int16(bigEndian: $0)) }
      default: words(data, Int32.self).map { Int(Int32(bigEndian: $0)) }
      }
    return isLabels ? .i64(integers) : .f32(integers.map { Float($0) })
  }

  private static func words<T: FixedWidthInteger>(_ data: ArraySlice<UInt8>, _ type: T.Type) -> [T]
  {
    let width = MemoryLayout<T>.size
    return data.withUnsafeBytes { raw in
      (0..<(raw.count / width)).map { raw.loadUnaligned(fromByteOffset: $0 * width, as: T.self) }
    }
  }
}
