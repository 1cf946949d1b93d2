// safetensors files: eight bytes of header length, a JSON header, and the numbers.
// https://huggingface.co/docs/safetensors

import DLSRuntime
import DLSTensor

enum Safetensors {
  private static let names: [DType: String] = [
    .f32: "F32", .f64: "F64", .i64: "I64", .bool: "BOOL",
  ]

  static func encode(_ tensors: [(name: String, tensor: Tensor)]) throws(Failure) -> [UInt8] {
    var header: [String] = []
    var offset = 0
    var packed: [Tensor] = []
    for (name, t) in tensors {
      let whole = try tensorWork { () throws(TensorError) in try t.detached.contiguous() }
      packed.append(whole)
      let size = t.count * t.dtype.size
      header.append(
        "\(JSONWriter.quoted(name)):{\"dtype\":\"\(names[t.dtype] ?? "F32")\",\"shape\":[\(t.shape.map(String.init).joined(separator: ","))],"
          + "\"data_offsets\":[\(offset),\(offset + size)]}")
      offset += size
    }
    var text = Array(("{" + header.joined(separator: ",") + "}").utf8)
    while text.count % 8 != 0 { text.append(0x20) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + offset)
    for i in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * i))) }
    bytes += text
    for t in packed { t.withBytes { bytes.append(contentsOf: $0) } }
    return bytes
  }

  static func load(_ path: String) throws(Failure) -> [(name: String, tensor: Tensor)] {
    let bytes = try fileWork(argument: nil) { () throws(DataError) in
      try Files.read(path) { (head, path) throws(DataError) in
        // Eight bytes of length, of which the upper four are 0, and a JSON object.
        guard head.count < 9 || (head[4...7].allSatisfy { $0 == 0 } && head[8] == 0x7B) else {
          throw DataError(
            "bad-file", "`\(path)` is no safetensors file: no header stands at its beginning")
        }
      }
    }
    return try decode(bytes, path)
  }

  /// Nothing in the header is believed before it has been held against the file's size.
  static func decode(_ bytes: [UInt8], _ path: String) throws(Failure) -> [(
    name: String, tensor: Tensor
  )] {
    func bad(_ what: String) -> Failure {
      Failure("bad-file", "`\(path)` is no safetensors file: \(what)")
    }
    if bytes.count < 8 { throw bad("it has \(bytes.count) bytes") }
    var length: UInt64 = 0
    for i in 0..<8 { length |= UInt64(bytes[i]) << (8 * UInt64(i)) }
    if length > UInt64(bytes.count - 8) || length > 100 << 20 {
      throw bad("its header claims \(length) bytes of \(bytes.count)")
    }
    let start = 8 + Int(length)
    guard case .object(let object) = try JSONReader.parse(Array(bytes[8..<start])),
      let header = object as? DictObject
    else {
      throw bad("its header is no object")
    }
    var result: [(name: String, tensor: Tensor)] = []
    var places: [Range<Int>] = []
    for (key, value) in header.entries {
      guard case .string(let name) = key, name != "__metadata__" else { continue }
      guard let entry = value.objectValue as? DictObject, let kind = entry.get("dtype")?.text,
        let sizes = entry.get("shape")?.sequenceItems,
        let ends = entry.get("data_offsets")?.sequenceItems, ends.count == 2,
        case .int(let from) = ends[0], case .int(let to) = ends[1]
      else { throw bad("the entry of `\(name)` is incomplete") }
      var shape: [Int] = []
      for size in sizes {
        guard case .int(let n) = size, n >= 0 else {
          throw bad("the shape of `\(name)` is not one")
        }
        shape.append(n)
      }
      guard let width = widths[kind] else {
        throw bad("`\(name)` has the element type \(kind), which is not read")
      }
      let (size, overflow) = ((try? Tensor.count(of: shape)) ?? -1).multipliedReportingOverflow(
        by: width)
      if size < 0 || overflow { throw bad("`\(name)` has an impossible shape") }
      if from < 0 || to < from || to > bytes.count - start || to - from != size {
        throw bad(
          "the bytes of `\(name)` lie at \(from) to \(to), which do not fit its shape and the file")
      }
      places.append(from..<to)
      let part = bytes[(start + from)..<(start + to)]
      result.append((name, try tensor(part, kind, shape)))
    }
    // The format has no holes and no two tensors in one place.
    var end = 0
    for place in places.sorted(by: {
      ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
    }) {
      if place.lowerBound != end {
        throw bad(
          place.lowerBound < end
            ? "two of its tensors share bytes"
            : "bytes \(end) to \(place.lowerBound) belong to no tensor")
      }
      end = place.upperBound
    }
    if end != bytes.count - start { throw bad("bytes follow its last tensor") }
    return result
  }

  /// Bytes an element of what is read; all but F32, F64, I64 and BOOL are converted.
  private static let widths = [
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8,
    "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
  ]

  private static func tensor(_ raw: ArraySlice<UInt8>, _ kind: String, _ shape: [Int])
    throws(Failure) -> Tensor
  {
    func elements<T: FixedWidthInteger>(_ type: T.Type) -> [T] {
      raw.withUnsafeBytes { source in
        (0..<(raw.count / MemoryLayout<T>.size)).map {
          T(
            littleEndian: source.loadUnaligned(
              fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))
        }
      }
    }
    func copied(_ dtype: DType) throws(TensorError) -> Tensor {
      let t = try Tensor.empty(shape, dtype)
      t.withMutableBytes { target in raw.withUnsafeBytes { target.copyMemory(from: $0) } }
      return t
    }
    return try tensorWork { () throws(TensorError) in
      switch kind {
      case "F32": return try copied(.f32)
      case "F64": return try copied(.f64)
      case "I64": return try copied(.i64)
      case "F16": return try Tensor.of(elements(UInt16.self).map { half($0) }, shape: shape)
      case "BF16":
        return try Tensor.of(
          elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }, shape: shape)
      case "I32": return try Tensor.of(elements(Int32.self).map { Int($0) }, shape: shape)
      case "I16": return try Tensor.of(elements(Int16.self).map { Int($0) }, shape: shape)
      case "I8": return try Tensor.of(elements(Int8.self).map { Int($0) }, shape: shape)
      case "U64":
        let numbers = elements(UInt64.self)
        if numbers.contains(where: { $0 > UInt64(Int.max) }) {
          throw TensorError("bad-file", "a number of type U64 does not fit 63 bits")
        }
        return try Tensor.of(numbers.map { Int($0) }, shape: shape)
      case "U32": return try Tensor.of(elements(UInt32.self).map { Int($0) }, shape: shape)
      case "U16": return try Tensor.of(elements(UInt16.self).map { Int($0) }, shape: shape)
      case "U8": return try Tensor.of(raw.map { Int($0) }, shape: shape)
      default: return try Tensor.of(raw.map { $0 != 0 }, shape: shape)
      }
    }
  }

  /// IEEE half precision, spelled out since not every processor has it.
  private static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 != 0 ? -1 : 1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * (1 + fraction / 1024)
      * Float(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}
