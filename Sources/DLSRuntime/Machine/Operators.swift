// What the operators mean for values that are not two plain ints or floats.

import DLSSyntax
import DLSTensor

enum Operators {
  static func binary(_ sign: BinaryOperator, _ a: Value, _ b: Value, _ machine: Machine)
    throws(Failure) -> Value
  {
    if sign == .concatenate { return try concatenate(a, b) }
    switch (a, b) {
    case (.int(let x), .int(let y)): return try ints(sign, x, y)
    case (.int(let x), .float(let y)): return try floats(sign, Double(x), y)
    case (.float(let x), .int(let y)): return try floats(sign, x, Double(y))
    case (.float(let x), .float(let y)): return try floats(sign, x, y)
    default: return try tensors(sign, a, b)
    }
  }

  private static func ints(_ sign: BinaryOperator, _ x: Int, _ y: Int) throws(Failure) -> Value {
    func checked(_ result: (Int, Bool)) throws(Failure) -> Value {
      if result.1 {
        throw Failure(
          "int-overflow", "\(x) \(sign.rawValue) \(y) does not fit an int of 64 bits",
          help: ["as floats: `float({0}) \(sign.rawValue) {1}`"])
      }
      return .int(result.0)
    }
    switch sign {
    case .add: return try checked(x.addingReportingOverflow(y))
    case .subtract: return try checked(x.subtractingReportingOverflow(y))
    case .multiply: return try checked(x.multipliedReportingOverflow(by: y))
    case .divide: return .float(Double(x) / Double(y))
    case .floorDivide, .remainder:
      if y == 0 {
        throw Failure(
          "division-by-zero", "`\(sign.rawValue)` by zero", help: ["`/` gives inf instead"])
      }
      if y == -1 {
        return sign == .remainder
          ? .int(0) : try checked((0 as Int).subtractingReportingOverflow(x))
      }
      let (q, r) = x.quotientAndRemainder(dividingBy: y)
      let adjusts = r != 0 && (r < 0) != (y < 0)
      return sign == .floorDivide ? .int(adjusts ? q - 1 : q) : .int(adjusts ? r + y : r)
    case .power:
      if y < 0 { return .float(Scalar64.pow(Double(x), Double(y))) }
      var (result, base, rest) = (1, x, y)
      while rest > 0 {
        if rest & 1 == 1 {
          let (p, o) = result.multipliedReportingOverflow(by: base)
          if o { return try checked((0, true)) }
          result = p
        }
        rest >>= 1
        if rest > 0 {
          let (p, o) = base.multipliedReportingOverflow(by: base)
          if o { return try checked((0, true)) }
          base = p
        }
      }
      return .int(result)
    case .matrixMultiply:
      throw Failure(
        "type-mismatch", "`@` multiplies vectors and matrices, not numbers", help: ["`{0} * {1}`"])
    case .concatenate: return .none
    }
  }

  private static func floats(_ sign: BinaryOperator, _ x: Double, _ y: Double) throws(Failure)
    -> Value
  {
    switch sign {
    case .add: return .float(x + y)
    case .subtract: return .float(x - y)
    case .multiply: return .float(x * y)
    case .divide: return .float(x / y)
    case .floorDivide: return .float((x / y).rounded(.down))
    case .remainder:
      let r = Scalar64.fmod(x, y)
      return .float(r != 0 && (r < 0) != (y < 0) ? r + y : r)
    case .power: return .float(Scalar64.pow(x, y))
    case .matrixMultiply:
      throw Failure(
        "type-mismatch", "`@` multiplies vectors and matrices, not numbers", help: ["`{0} * {1}`"])
    case .concatenate: return .none
    }
  }

  private static func concatenate(_ a: Value, _ b: Value) throws(Failure) -> Value {
    if let x = a.text, let y = b.text { return .string(x + y) }
    if let x = a.sequenceItems, let y = b.sequenceItems {
      if case .object(let t) = a, t.kind == .tuple, case .object(let u) = b, u.kind == .tuple {
        return .tuple(x + y)
      }
      return .list(x + y)
    }
    var help: [String] = []
    if a.text != nil { help = ["as text: `{0} ++ str({1})`, or interpolate: \"…{{1}}\""] }
    if b.text != nil, a.text == nil { help = ["as text: `str({0}) ++ {1}`"] }
    if a.tensorView != nil, b.tensorView != nil {
      help = ["tensors: `cat([{0}, {1}])`; to add: `+`"]
    }
    throw Failure(
      "type-mismatch", "`++` joins lists and strings, not \(a.kindText) and \(b.kindText)",
      help: help)
  }

  /// The two operands as tensors: weak numbers and lists take the other's dtype.
  static func pair(_ a: Value, _ b: Value, _ sign: String) throws(Failure) -> (Tensor, Tensor) {
    if !isNumeric(a) || !isNumeric(b) {
      var help: [String] = []
      if sign == "+" {
        switch (a.text, b.text) {
        case (.some, .some): help = ["strings are joined by `++`: `{0} ++ {1}`"]
        case (.some, nil): help = ["texts are joined by `++`: `{0} ++ str({1})`"]
        case (nil, .some): help = ["texts are joined by `++`: `str({0}) ++ {1}`"]
        case (nil, nil): break
        }
      } else if sign == "*", a.text != nil, b.number != nil {
        help = ["to repeat a text: `[{0} for _ in 0..{1}].join()`"]
      } else if sign == "%", a.text != nil {
        help = ["values are written into a text by braces: `\"{x:.2f}\"`"]
      }
      if a.isCallable, b.isCallable { help = ["to compose them: `{0} >> {1}`"] }
      throw Failure(
        "type-mismatch", "`\(sign)` does not work on \(a.kindText) and \(b.kindText)",
        labels: [(0, a.typeName), (1, b.typeName)], help: help)
    }
    if let x = a.tensorView {
      if let y = b.tensorView { return (x, y) }
      return (x, try b.asTensor(like: x.dtype))
    }
    if let y = b.tensorView { return (try a.asTensor(like: y.dtype), y) }
    if a.sequenceItems != nil {
      let x = try a.asTensor()
      return (x, try b.asTensor(like: x.dtype))
    }
    let y = try b.asTensor()
    return (try a.asTensor(like: y.dtype), y)
  }

  static func isNumeric(_ value: Value) -> Bool {
    switch value {
    case .int, .float, .bool, .tensor: true
    case .none: false
    case .object(let object): object.tensorValue != nil || value.sequenceItems != nil
    }
  }

  private static func tensors(_ sign: BinaryOperator, _ a: Value, _ b: Value) throws(Failure)
    -> Value
  {
    let (x, y): (Tensor, Tensor)
    if case .tensor(let p) = a, case .tensor(let q) = b {
      (x, y) = (p, q)
    } else {
      (x, y) = try pair(a, b, sign.rawValue)
    }
    do throws(TensorError) {
      switch sign {
      case .add: return .tensor(try x + y)
      case .subtract: return .tensor(try x - y)
      case .multiply: return .tensor(try x * y)
      case .divide: return .tensor(try x / y)
      case .floorDivide: return .tensor(try x.floorDivide(y))
      case .remainder: return .tensor(try x.remainder(y))
      case .matrixMultiply: return .tensor(try x.matmul(y))
      case .power: return .tensor(try x.power(y))
      case .concatenate: return .none
      }
    } catch { throw Failure(error) }
  }

  static func negate(_ a: Value) throws(Failure) -> Value {
    if case .int = a { throw Failure("int-overflow", "the smallest int has no negative") }
    if !isNumeric(a) {
      throw Failure("type-mismatch", "`-` does not work on \(a.kindText)")
    }
    let x = try a.asTensor()
    return .tensor(try tensorWork { () throws(TensorError) in try x.negate() })
  }

  static func compare(_ sign: ComparisonOperator, _ a: Value, _ b: Value, _ machine: Machine)
    throws(Failure) -> Value
  {
    if sign == .in || sign == .notIn {
      let found = try contains(b, a, machine)
      return .bool(found == (sign == .in))
    }
    let aTensor = a.tensorView != nil
    let bTensor = b.tensorView != nil
    if sign == .equal || sign == .notEqual {
      if !aTensor && !bTensor || !isNumeric(a) || !isNumeric(b) {
        return .bool(try a.equals(b) == (sign == .equal))
      }
    } else if !aTensor, !bTensor {
      if let x = a.number, let y = b.number { return .bool(ordered(sign, x, y)) }
      if let x = a.text, let y = b.text { return .bool(ordered(sign, x, y)) }
      if a.sequenceItems != nil, b.sequenceItems != nil { return .bool(try sequences(sign, a, b)) }
      if !(isNumeric(a) && isNumeric(b)) || a.sequenceItems == nil && b.sequenceItems == nil {
        throw Failure(
          "type-mismatch", "`\(sign.rawValue)` does not compare \(a.kindText) with \(b.kindText)")
      }
    }
    let (x, y) = try pair(a, b, sign.rawValue)
    do throws(TensorError) {
      switch sign {
      case .equal: return .tensor(try x.equal(y))
      case .notEqual: return .tensor(try x.notEqual(y))
      case .less: return .tensor(try x.less(y))
      case .lessEqual: return .tensor(try x.lessEqual(y))
      case .greater: return .tensor(try x.greater(y))
      case .greaterEqual: return .tensor(try x.greaterEqual(y))
      case .in, .notIn: return .none
      }
    } catch { throw Failure(error) }
  }

  private static func ordered<T: Comparable>(_ sign: ComparisonOperator, _ x: T, _ y: T) -> Bool {
    switch sign {
    case .less: x < y
    case .lessEqual: x <= y
    case .greater: x > y
    case .greaterEqual: x >= y
    case .equal: x == y
    case .notEqual: x != y
    case .in, .notIn: false
    }
  }

  private static func sequences(_ sign: ComparisonOperator, _ a: Value, _ b: Value) throws(Failure)
    -> Bool
  {
    let (p, q) = (a.sequenceItems ?? [], b.sequenceItems ?? [])
    for (x, y) in zip(p, q) where try !x.equals(y) {
      if let m = x.number, let n = y.number { return ordered(sign, m, n) }
      if let m = x.text, let n = y.text { return ordered(sign, m, n) }
      throw Failure(
        "type-mismatch", "`\(sign.rawValue)` does not compare \(x.kindText) with \(y.kindText)")
    }
    return ordered(sign, p.count, q.count)
  }

  static func contains(_ container: Value, _ item: Value, _ machine: Machine) throws(Failure)
    -> Bool
  {
    if let text = container.text {
      guard let part = item.text else {
        throw Failure("type-mismatch", "only a string can be in a string, not \(item.kindText)")
      }
      return part.isEmpty || text.containsText(part)
    }
    if case .object(let dict as DictObject) = container {
      guard let key = DictKey(item) else { return false }
      return dict.entries[key] != nil
    }
    if case .object(let range as RangeObject) = container {
      guard case .int(let x) = item else { return false }
      let (low, high) = range.step > 0 ? (range.from, range.to) : (range.to, range.from)
      let isInside = range.step > 0 ? x >= low && x < high : x <= high && x > low
      let distance = UInt(bitPattern: x) &- UInt(bitPattern: range.from)
      return isInside
        && (range.step > 0 ? distance : 0 &- distance) % range.step.magnitude == 0
    }
    if let items = container.sequenceItems {
      for other in items where try other.equals(item) { return true }
      return false
    }
    if let t = container.tensorView {
      let x = try item.asTensor(like: t.dtype)
      return try tensorWork { () throws(TensorError) in try t.equal(x).any().packedElement != 0 }
    }
    throw Failure(
      "type-mismatch", "`in` needs a list, dict, string, range or tensor, got \(container.kindText)"
    )
  }
}

extension String {
  /// The texts of all values with a separator between them, written once.
  package static func joined(_ values: [Value], separator: String) -> String {
    values.withUnsafeBufferPointer { values in
      // Only what is no text already is made into one. Texts are read where they lie: a copy of each
      // value would be counted.
      var made: [String] = []
      var total = separator.utf8.count * Swift.max(0, values.count - 1)
      for i in values.indices {
        if let text = Slot.text(values, i) {
          total += text.utf8.count
        } else {
          made.append(values[i].printed())
          total += made[made.count - 1].utf8.count
        }
      }
      var next = 0
      return String(unsafeUninitializedCapacity: total) { buffer in
        var at = 0
        func write(_ text: String) {
          _ = text.utf8.withContiguousStorageIfAvailable { bytes in
            let rest = UnsafeMutableBufferPointer(rebasing: buffer[at...])
            at += rest.initialize(fromContentsOf: bytes)
          }
        }
        for i in values.indices {
          if i > 0 { write(separator) }
          if let text = Slot.text(values, i) {
            write(text)
          } else {
            write(made[next])
            next += 1
          }
        }
        return total
      }
    }
  }

  package func containsText(_ part: String) -> Bool { firstOffset(of: part) != nil }

  /// The UTF-8 offset of the first occurrence.
  package func firstOffset(of part: String) -> Int? {
    let (own, other) = (Array(utf8), Array(part.utf8))
    return TextSearch.first(other, in: own, from: 0)
  }
}
