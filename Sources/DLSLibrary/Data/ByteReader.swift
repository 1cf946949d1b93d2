// Reads numbers from bytes, one after another, never beyond their end.

/// A place in a file's bytes. Sizes that a file claims are asked for here before they are believed.
struct ByteReader {
  let bytes: [UInt8]
  let path: String
  var offset: Int

  init(_ bytes: [UInt8], _ path: String, at offset: Int = 0) {
    self.bytes = bytes
    self.path = path
    self.offset = offset
  }

  var left: Int { bytes.count - offset }

  /// The next `count` bytes.
  mutating func take(_ count: Int, _ what: String) throws(DataError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= left else {
      throw .broken(
        path, byte: offset,
        "the file ends too early: \(what) takes \(count) bytes, \(left) are left")
    }
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  mutating func little(_ width: Int, _ what: String) throws(DataError) -> Int {
    try take(width, what).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func big(_ width: Int, _ what: String) throws(DataError) -> Int {
    try take(width, what).reduce(0) { $0 << 8 | Int($1) }
  }
}

/// The product of sizes that a file claims, or nil where it exceeds what an Int holds.
func claimedCount(_ sizes: [Int]) -> Int? {
  if sizes.contains(0) { return 0 }
  var product = 1
  for size in sizes {
    let (value, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow || size < 0 { return nil }
    product = value
  }
  return product
}
