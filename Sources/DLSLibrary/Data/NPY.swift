// NumPy's array files: a header in Python's syntax, then the elements.

/// The NPY format (numpy.lib.format). Element types that tensors lack become the next wider one.
package enum NPY {
  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  package static func load(_ path: String) throws(DataError) -> ArrayData {
    try decode(Files.readPlain(path, head: checkHead), path)
  }

  private static func checkHead(_ head: [UInt8], _ path: String) throws(DataError) {
    guard head.starts(with: magic) else {
      throw .broken(path, byte: 0, "this is not a NumPy array file (they begin with \\x93NUMPY)")
    }
  }

  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> ArrayData {
    var reader = ByteReader(bytes, path)
    try checkHead(bytes, path)
    reader.offset = 6
    let major = try reader.little(1, "the version")
    _ = try reader.little(1, "the version")
    guard (1...3).contains(major) else {
      throw .broken(path, byte: 6, "version \(major) of the format is not known")
    }
    let length = try reader.little(major == 1 ? 2 : 4, "the header's length")
    let headerStart = reader.offset
    let text = try Files.text(try reader.take(length, "the header"), path)
    let header = try Header(text, path, headerStart)
    guard let count = claimedCount(header.shape),
      let size = claimedCount([count, header.width]), size <= reader.left
    else {
      throw .broken(
        path, byte: reader.offset,
        "the header claims shape \(header.shape) of \(header.width)-byte elements, "
          + "but \(reader.left) bytes follow")
    }
    let data = try reader.take(size, "the elements")
    var elements = try decode(data, header, path)
    if header.isFortran && header.shape.count > 1 { elements = rowMajor(elements, header.shape) }
    return ArrayData(shape: header.shape, elements)
  }

  /// What the header says.
  private struct Header {
    var shape: [Int] = []
    var isFortran = false
    var isBig = false
    var letter: Character = "f"
    var width = 4

    init(_ text: String, _ path: String, _ start: Int) throws(DataError) {
      func wrong(_ what: String) -> DataError {
        .broken(path, byte: start, "the header has no \(what): \(text.prefix(100))")
      }
      guard let type = Header.after("'descr':", text), type.hasPrefix("'") else {
        throw wrong("plain element type (`descr`)")
      }
      let name = type.dropFirst().prefix { $0 != "'" }
      guard let letter = name.dropFirst().first, let width = Int(name.dropFirst(2)),
        Header.known.contains("\(letter)\(width)")
      else {
        throw .broken(
          path, byte: start, "elements of type `\(name.prefix(20))` have no counterpart here",
          help: ["save them as float32, float64, int64 or bool"])
      }
      (self.letter, self.width, isBig) = (letter, width, name.hasPrefix(">"))
      guard let order = Header.after("'fortran_order':", text) else {
        throw wrong("`fortran_order`")
      }
      isFortran = order.hasPrefix("True")
      guard let sizes = Header.after("'shape':", text), sizes.hasPrefix("("),
        let end = sizes.firstIndex(of: ")")
      else { throw wrong("`shape`") }
      for part in sizes[..<end].dropFirst().split(separator: ",") {
        // Python 2 wrote `3L`.
        let digits = part.filter { $0 != " " && $0 != "L" }
        if digits.isEmpty { continue }
        guard let size = Int(digits), size >= 0, size <= 1 << 48, shape.count < 64 else {
          throw wrong("shape made of sizes")
        }
        shape.append(size)
      }
    }

    static let known: Set<String> = [
      "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1",
    ]

    private static func after(_ key: String, _ text: String) -> Substring? {
      guard let range = text.firstRange(of: key) else { return nil }
      return text[range.upperBound...].drop { $0 == " " }
    }
  }

  private static func decode(_ bytes: ArraySlice<UInt8>, _ header: Header, _ path: String)
    throws(DataError) -> ArrayData.Elements
  {
    let isBig = header.isBig
    switch (header.letter, header.width) {
    case ("f", 4): return .f32(integers(bytes, UInt32.self, isBig).map(Float.init(bitPattern:)))
    case ("f", 8): return .f64(integers(bytes, UInt64.self, isBig).map(Double.init(bitPattern:)))
    case ("f", 2):
      return .f32(integers(bytes, UInt16.self, isBig).map { Float(Float16(bitPattern: $0)) })
    case ("b", _): return .bool(bytes.map { $0 != 0 })
    case ("i", 1): return .i64(bytes.map { Int(Int8(bitPattern: $0)) })
    case ("i", 2): return .i64(integers(bytes, Int16.self, isBig).map { Int($0) })
    case ("i", 4): return .i64(integers(bytes, Int32.self, isBig).map { Int($0) })
    case ("i", 8): return .i64(integers(bytes, Int.self, isBig))
    case ("u", 1): return .i64(bytes.map { Int($0) })
    case ("u", 2): return .i64(integers(bytes, UInt16.self, isBig).map { Int($0) })
    case ("u", 4): return .i64(integers(bytes, UInt32.self, isBig).map { Int($0) })
    default:
      let values = integers(bytes, UInt.self, isBig)
      if let at = values.firstIndex(where: { $0 > UInt(Int.max) }) {
        throw .broken(
          path, byte: bytes.startIndex + at * 8, "element \(at) (\(values[at])) exceeds an i64")
      }
      return .i64(values.map { Int($0) })
    }
  }

  private static func integers<T: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>, _ type: T.Type, _ isBig: Bool
  ) -> [T] {
    let width = MemoryLayout<T>.size
    return bytes.withUnsafeBytes { raw in
      (0..<(raw.count / width)).map {
        let value = raw.loadUnaligned(fromByteOffset: $0 * width, as: T.self)
        return isBig ? T(bigEndian: value) : T(littleEndian: value)
      }
    }
  }

  /// Elements that lie column by column, row by row.
  private static func rowMajor(_ elements: ArrayData.Elements, _ shape: [Int])
    -> ArrayData.Elements
  {
    if shape.contains(0) { return elements }
    var steps = [Int](repeating: 1, count: shape.count)
    for i in 1..<shape.count { steps[i] = steps[i - 1] * shape[i - 1] }
    func reorder<T>(_ values: [T]) -> [T] {
      var place = [Int](repeating: 0, count: shape.count)
      var from = 0
      return values.indices.map { _ in
        let value = values[from]
        var axis = shape.count - 1
        while axis >= 0 {
          place[axis] += 1
          from += steps[axis]
          if place[axis] < shape[axis] { break }
          from -= place[axis] * steps[axis]
          place[axis] = 0
          axis -= 1
        }
        return value
      }
    }
    switch elements {
    case .f32(let values): return .f32(reorder(values))
    case .f64(let values): return .f64(reorder(values))
    case .i64(let values): return .i64(reorder(values))
    case .bool(let values): return .bool(reorder(values))
    }
  }

  package static func encode(_ array: ArrayData) -> [UInt8] {
    let sizes = array.shape.map { "\($0)" }.joined(separator: ", ")
    let shape = array.shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
    let type =
      switch array.elements {
      case .f32: "<f4"
      case .f64: "<f8"
      case .i64: "<i8"
      case .bool: "|b1"
      }
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    // The elements begin at a multiple of 64, as NumPy writes them.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    var bytes = magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
    func append<T>(_ values: [T]) {
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    switch array.elements {
    case .f32(let values): append(values)
    case .f64(let values): append(values)
    case .i64(let values): append(values)
    case .bool(let values): append(values)
    }
    return bytes
  }
}
