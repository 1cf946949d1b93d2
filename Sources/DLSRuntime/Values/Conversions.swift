// Values to Swift's types and to tensors, and back.

import DLSTensor

extension Value {
  /// The digits of an int after a text, made without the standard library's general way.
  package static func digits(_ x: Int, after text: String = "") -> String {
    var rest = x.magnitude
    var count = x < 0 ? 2 : 1
    var bound: UInt = 10
    while rest >= bound {
      count &+= 1
      let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
      if overflow { break }
      bound = next
    }
    let made = text.utf8.withContiguousStorageIfAvailable { start in
      String(unsafeUninitializedCapacity: start.count + count) { buffer in
        _ = buffer.initialize(from: start)
        let end = start.count + count
        var at = end
        // Half the width divides in half the time.
        while rest >> 32 != 0 {
          at &-= 1
          buffer[at] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
          rest /= 10
        }
        var short = UInt32(truncatingIfNeeded: rest)
        repeat {
          at &-= 1
          buffer[at] = UInt8(truncatingIfNeeded: short % 10) &+ 0x30
          short /= 10
        } while short > 0
        if x < 0 { buffer[start.count] = 0x2d }
        return end
      }
    }
    return made ?? text + String(x)
  }

  package static func string(_ text: String) -> Value { .object(StringObject(text)) }
  package static func list(_ items: [Value]) -> Value { .object(ListObject(items)) }
  package static func tuple(_ items: [Value]) -> Value { .object(TupleObject(items)) }
  package static func ints(_ items: [Int]) -> Value { list(items.map { .int($0) }) }

  package static func dict(_ entries: [(String, Value)]) -> Value {
    let dict = DictObject()
    for (name, value) in entries { dict.set(name, value) }
    return .object(dict)
  }

  package var typeName: String {
    switch self {
    case .int: "int"
    case .float: "float"
    case .bool: "bool"
    case .tensor: "tensor"
    case .none: "none"
    case .object(let object): object.typeName
    }
  }

  /// What an error calls the value: a tensor with its shape, others by their type.
  package var kindText: String {
    switch self {
    case .tensor(let t): "a tensor \(t.typeText)"
    case .none: "none"
    case .int(let x): "the int \(x)"
    case .float(let x): "the float \(NumberText.shortest(x))"
    case .bool(let x): x ? "true" : "false"
    case .object(let object): object.articleName
    }
  }

  package var text: String? {
    guard case .object(let object) = self, object.kind == .string else { return nil }
    return unsafeDowncast(object, to: StringObject.self).text
  }

  package var isCallable: Bool {
    if case .object(let object) = self { return object.isCallable }
    return false
  }

  /// A tensor, a param's value or a table's matrix; nil for all else.
  package var tensorView: Tensor? {
    switch self {
    case .tensor(let t): t
    case .object(let object): object.tensorValue
    case .int, .float, .bool, .none: nil
    }
  }

  package static func from(_ value: OpValue) -> Value {
    switch value {
    case .none: .none
    case .tensor(let t): .tensor(t)
    case .tensors(let ts): .tuple(ts.map { .tensor($0) })
    case .int(let x): .int(x)
    case .ints(let xs): .ints(xs)
    case .float(let x): .float(x)
    case .bool(let x): .bool(x)
    case .string(let x): .string(x)
    case .dtype(let d): .object(TypeObject(d.name, dtype: d))
    }
  }

  /// The items of a list, tuple or range; nil for all else.
  package var sequenceItems: [Value]? {
    guard case .object(let object) = self else { return nil }
    switch object.kind {
    case .list: return unsafeDowncast(object, to: ListObject.self).items
    case .tuple: return unsafeDowncast(object, to: TupleObject.self).items
    case .range: return unsafeDowncast(object, to: RangeObject.self).values
    case .string, .dict, .function, .builtin, .boundMethod, .model, .param, .layer, .module, .type,
      .other, .unset:
      return nil
    }
  }

  /// Numbers and lists of numbers as tensors. Weak: a list takes the dtype of the other operand
  /// (`like`) unless its kind (bool < int < float) is higher.
  package func asTensor(like: DType? = nil) throws(Failure) -> Tensor {
    func weak(_ own: DType) -> DType {
      guard let like else { return own }
      return own.kind <= like.kind ? like : own
    }
    switch self {
    case .tensor(let t): return t
    case .int(let x):
      if weak(.i64) == .i64 {
        return try tensorWork { () throws(TensorError) in try Tensor.scalar(x) }
      }
      return try tensorWork { () throws(TensorError) in try Tensor.scalar(Double(x), weak(.i64)) }
    case .float(let x):
      return try tensorWork { () throws(TensorError) in try Tensor.scalar(x, weak(.f32)) }
    case .bool(let x):
      return try tensorWork { () throws(TensorError) in try Tensor.scalar(x ? 1 : 0, weak(.bool)) }
    case .object(let object):
      if let t = object.tensorValue { return t }
      if let range = object as? RangeObject {
        return try tensorWork { () throws(TensorError) in
          let whole = try Tensor.arange(from: range.from, count: range.count, step: range.step)
          return weak(.i64) == .i64 ? whole : try whole.to(weak(.i64))
        }
      }
      if let items = sequenceItems {
        var reader = ListReader()
        try reader.read(items, 0)
        return try reader.tensor(like)
      }
      var help: [String] = []
      if isCallable { help = ["it is a function: call it, or draw it over points: `plot(x, f)`"] }
      if let dict = object as? DictObject {
        help = [
          dict.memberNames.contains("loss")
            ? "a history is drawn by `plot_history(…)`, one of its curves is `.loss`"
            : "a dict holds values by name: take one of them"
        ]
      }
      throw Failure("type-mismatch", "a tensor is needed, got \(kindText)", help: help)
    case .none: throw Failure("type-mismatch", "a tensor is needed, got none")
    }
  }

  /// A number from an int, a float or a 0-d tensor.
  package var number: Double? {
    switch self {
    case .int(let x): Double(x)
    case .float(let x): x
    case .tensor(let t) where t.count == 1 && !t.isMeta: t.packedElement
    case .object(let object):
      object.tensorValue.flatMap { $0.count == 1 && !$0.isMeta ? $0.packedElement : nil }
    case .bool, .tensor, .none: nil
    }
  }
}

extension Object {
  var articleName: String {
    let name = typeName
    return (name.first.map { "aeiouAEIOU".contains($0) } ?? false ? "an " : "a ") + name
  }
}

extension Tensor {
  /// The only element.
  package var packedElement: Double { isContiguous ? element(0) : doubles().first ?? .nan }

  /// A 0-d tensor as a plain number or bool.
  package var itemValue: Value {
    if isMeta { return .none }
    switch dtype {
    case .bool: return .bool(packedElement != 0)
    case .i64: return .int(ints().first ?? 0)
    case .f32, .f64: return .float(packedElement)
    }
  }
}

/// Nested lists to a tensor: all rows of one length, numbers and tensors within.
private struct ListReader {
  var shape: [Int] = []
  var numbers: [Double] = []
  var ints: [Int] = []
  var parts: [Tensor] = []
  var kind = 0
  var widest = DType.f32

  mutating func read(_ items: [Value], _ depth: Int) throws(Failure) {
    if depth > 32 { throw Failure("nested-too-deep", "a list nested this deep is no tensor") }
    if depth == shape.count {
      shape.append(items.count)
    } else if shape[depth] != items.count {
      throw Failure(
        "ragged-list",
        "a list with rows of lengths \(shape[depth]) and \(items.count) is not a tensor")
    }
    for item in items {
      let inner = item.sequenceItems
      if let inner {
        try read(inner, depth + 1)
        continue
      }
      if let t = item.tensorView {
        if parts.isEmpty, !numbers.isEmpty || depth + 1 < shape.count { throw mixed() }
        parts.append(t)
        continue
      }
      if depth + 1 != shape.count || !parts.isEmpty { throw mixed() }
      switch item {
      case .bool(let x):
        numbers.append(x ? 1 : 0)
        ints.append(x ? 1 : 0)
      case .int(let x):
        kind = max(kind, 1)
        numbers.append(Double(x))
        ints.append(x)
      case .float(let x):
        kind = 2
        numbers.append(x)
      case .tensor, .object, .none:
        throw Failure("type-mismatch", "a tensor holds numbers, not \(item.kindText)")
      }
    }
  }

  func mixed() -> Failure {
    Failure("ragged-list", "a list that mixes numbers, rows and tensors is not a tensor")
  }

  func tensor(_ like: DType?) throws(Failure) -> Tensor {
    if !parts.isEmpty {
      var stacked: Tensor
      let all = parts
      stacked = try tensorWork { () throws(TensorError) in try Tensor.stack(all, 0) }
      let lead = shape
      stacked = try tensorWork { () throws(TensorError) in
        try stacked.reshape(lead + all[0].shape)
      }
      return stacked
    }
    var dtype: DType = numbers.isEmpty ? like ?? .f32 : kind == 2 ? .f32 : kind == 1 ? .i64 : .bool
    if let like, dtype.kind <= like.kind { dtype = like }
    let (values, whole, shape) = (numbers, ints, self.shape)
    return try tensorWork { () throws(TensorError) in
      dtype == .i64 && whole.count == values.count
        ? try Tensor.of(whole, shape: shape) : try Tensor.of(values, shape: shape, as: dtype)
    }
  }
}
