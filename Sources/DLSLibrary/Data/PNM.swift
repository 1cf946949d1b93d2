// PGM and PPM pictures: a head in plain text, then bytes or numbers in text.

package enum PNM {
  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> Picture {
    var at = 2
    let kind = bytes[1] - 48
    guard [2, 3, 5, 6].contains(kind) else {
      throw .broken(path, byte: 1, "pictures of kind P\(kind) are not read (P2, P3, P5, P6 are)")
    }
    let width = try number(bytes, &at, path)
    let height = try number(bytes, &at, path)
    let largest = try number(bytes, &at, path)
    try Picture.check(width: width, height: height, path)
    guard (1...65535).contains(largest) else {
      throw .broken(path, byte: at, "the largest value \(largest) is not in 1 to 65535")
    }
    let channels = kind == 3 || kind == 6 ? 3 : 1
    let count = width * height * channels
    var values: [UInt8] = []
    if kind <= 3 {
      guard bytes.count - at >= count else { throw tooShort(bytes, count, path) }
      values.reserveCapacity(count)
      for _ in 0..<count {
        let value = try number(bytes, &at, path)
        values.append(UInt8(min(value, largest) * 255 / largest))
      }
      return Picture(width: width, height: height, channels: channels, bytes: values)
    }
    at += 1
    let step = largest > 255 ? 2 : 1
    guard bytes.count - at >= count * step else { throw tooShort(bytes, count * step, path) }
    values = (0..<count).map { i in
      let value =
        step == 1 ? Int(bytes[at + i]) : Int(bytes[at + 2 * i]) << 8 | Int(bytes[at + 2 * i + 1])
      return UInt8(min(value, largest) * 255 / largest)
    }
    return Picture(width: width, height: height, channels: channels, bytes: values)
  }

  private static func tooShort(_ bytes: [UInt8], _ needed: Int, _ path: String) -> DataError {
    .broken(path, byte: bytes.count, "the file ends too early: the picture takes \(needed) bytes")
  }

  /// The next number of the head; comments run from `#` to the line's end.
  private static func number(_ bytes: [UInt8], _ at: inout Int, _ path: String) throws(DataError)
    -> Int
  {
    while at < bytes.count {
      if bytes[at] == 35 {
        while at < bytes.count, bytes[at] != 10 { at += 1 }
      } else if bytes[at] > 32 {
        break
      }
      at += 1
    }
    let start = at
    var value = 0
    while at < bytes.count, (48...57).contains(bytes[at]), at - start < 9 {
      value = value * 10 + Int(bytes[at]) - 48
      at += 1
    }
    guard at > start else { throw .broken(path, byte: start, "a number is expected here") }
    return value
  }

  package static func encode(_ picture: Picture) -> [UInt8] {
    let head = "P\(picture.channels == 3 ? 6 : 5)\n\(picture.width) \(picture.height)\n255\n"
    return Array(head.utf8) + picture.bytes
  }
}
