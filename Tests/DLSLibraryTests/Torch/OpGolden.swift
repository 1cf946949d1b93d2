// Cases of kind "op": a word called as a script calls it, its result and gradients beside PyTorch's.

import DLSRuntime
import DLSTensor
import Testing

enum OpGolden {
  /// Once in f64 at a tight tolerance, once in f32 at a loose one.
  static func run(_ one: DictObject, _ session: Session) throws -> [String] {
    let tight = one["tol"]?.number ?? 1e-10
    var wrong = try compare(one, session, .f64, tight)
    if case .bool(false)? = one["f32"] { return wrong }
    wrong += try compare(one, session, .f32, one["tol32"]?.number ?? 5e-4).map { "in f32: " + $0 }
    return wrong
  }

  private static func compare(
    _ one: DictObject, _ session: Session, _ float: DType, _ tolerance: Double
  ) throws -> [String] {
    let call = try #require(one["call"]?.text)
    var given = Given(float: float)
    let positional = try #require(one["args"]?.sequenceItems).map { try given.value($0) }
    var named: [(String, Value)] = []
    if case .object(let dict as DictObject)? = one["kwargs"] {
      for case (.string(let name), let value) in dict.entries {
        named.append((name, try given.value(value)))
      }
    }
    let function = try session.machine.evaluate(call, name: "golden")
    let result = try session.machine.call(function, positional, named: named)
    let outputs = flat(result)
    let expected = try #require(one["out"]?.sequenceItems)
    if outputs.count != expected.count {
      return ["\(outputs.count) results instead of \(expected.count)"]
    }
    var wrong: [String] = []
    for (i, (own, other)) in zip(outputs, expected).enumerated() {
      let target = try GoldenTensor(other)
      var dtype = target.dtype
      if dtype == .f64, float == .f32 { dtype = .f32 }
      if own.dtype != dtype { wrong.append("result \(i) is \(own.typeText), not \(dtype.name)") }
      wrong += target.difference(own.shape, own.doubles(), tolerance).map { "result \(i) " + $0 }
    }
    return try wrong + gradients(outputs, given.leaves, tolerance)
  }

  private static func gradients(
    _ outputs: [Tensor], _ leaves: [(Tensor, GoldenTensor)], _ tolerance: Double
  ) throws -> [String] {
    let tracked = outputs.filter { $0.dtype.isFloating && $0.isTracked }
    if leaves.isEmpty { return [] }
    if tracked.isEmpty { return ["no gradient flows"] }
    let seeds = try tracked.map { y in
      try Tensor.of(
        (0..<y.count).map { 0.5 + Double($0 % 7) / 5 }, shape: y.shape
      ).to(y.dtype)
    }
    let found = try Autograd.gradients(
      of: tracked, seeds: seeds, wrt: leaves.map(\.0), createGraph: false)
    var wrong: [String] = []
    for (i, ((leaf, target), g)) in zip(leaves, found).enumerated() {
      let own = g?.doubles() ?? [Double](repeating: 0, count: leaf.count)
      wrong += target.difference(g?.shape ?? leaf.shape, own, tolerance * 10).map {
        "gradient \(i) " + $0
      }
    }
    return wrong
  }

  /// The tensors of a result; plain numbers count as 0-d ones.
  private static func flat(_ value: Value) -> [Tensor] {
    if let t = value.tensorView { return [t] }
    if let items = value.sequenceItems { return items.flatMap(flat) }
    let number: Tensor? =
      switch value {
      case .int(let x): try? Tensor.scalar(x)
      case .float(let x): try? Tensor.scalar(x, .f64)
      case .bool(let x): try? Tensor.scalar(x)
      case .tensor, .object, .none: nil
      }
    return number.map { [$0] } ?? []
  }
}

/// Arguments as they are handed over, and the tensors whose gradients are asked for.
private struct Given {
  let float: DType
  var leaves: [(Tensor, GoldenTensor)] = []

  mutating func value(_ value: Value) throws -> Value {
    if case .object(let dict as DictObject) = value, dict["dtype"] != nil {
      let data = try GoldenTensor(value)
      var tensor = try Tensor.of(data.values, shape: data.shape, as: data.dtype)
      if data.dtype == .f64, float == .f32 { tensor = try tensor.to(.f32) }
      if let gradient = try data.gradient(dict) {
        tensor = Autograd.leaf(tensor)
        leaves.append((tensor, gradient))
      }
      return .tensor(tensor)
    }
    if let items = value.sequenceItems { return .list(try items.map { try self.value($0) }) }
    return value
  }
}

/// `{"dtype", "shape", "data"}`, where nan and infinities stand as text.
struct GoldenTensor {
  var dtype: DType
  var shape: [Int]
  var values: [Double]

  init(_ value: Value) throws {
    guard case .object(let dict as DictObject) = value else { throw GoldenError("no tensor") }
    dtype = try #require(DType.named(dict["dtype"]?.text ?? ""))
    shape = try #require(dict["shape"]?.sequenceItems).map { Int($0.number ?? -1) }
    values = try Self.numbers(dict["data"])
  }

  private static func numbers(_ value: Value?) throws -> [Double] {
    try #require(value?.sequenceItems).map { item in
      if case .bool(let x) = item { return x ? 1 : 0 }
      return try #require(item.number ?? item.text.flatMap { Double($0) })
    }
  }

  func gradient(_ dict: DictObject) throws -> GoldenTensor? {
    guard let data = dict["grad"] else { return nil }
    var result = self
    result.values = try Self.numbers(data)
    return result
  }

  /// What is different, in words.
  func difference(_ shape: [Int], _ own: [Double], _ tolerance: Double) -> [String] {
    if shape != self.shape { return ["has shape \(shape), not \(self.shape)"] }
    for (i, (x, y)) in zip(own, values).enumerated() {
      if x == y || x.isNaN && y.isNaN { continue }
      if !(abs(x - y) <= tolerance * (1 + abs(y))) { return ["at \(i) is \(x), not \(y)"] }
    }
    return []
  }
}
