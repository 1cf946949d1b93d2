// Every op, given what nobody means to give: empty tensors, numbers without dimensions, the largest
// ints, nan, shapes without contents. An error is right, a result is right, a crash is not.

import DLSTensor
import Testing

private enum Odd {
  static func tensor(_ values: [Double], _ shape: [Int]) -> OpValue {
    guard let made = try? Tensor.of(values, shape: shape) else { return .none }
    return .tensor(made)
  }

  /// Made anew for each op: nothing of one leaks into the next.
  static func tensors() throws -> [OpValue] {
    let base = try Tensor.of((0..<6).map { Double($0) }, shape: [3, 2])
    return [
      tensor([0.5], []), tensor([], [0]), tensor([], [0, 3]), tensor([], [3, 0]),
      tensor([], [2, 0, 3]), tensor([1], [1]), tensor([1, 2, 3], [3]),
      tensor([.nan, .infinity, -.infinity, 0, -0.0, 1e308], [2, 3]),
      tensor([1, 2, 3, 4], [2, 2]), tensor((0..<24).map { Double($0) / 7 - 1 }, [2, 3, 4]),
      tensor((0..<16).map { Double($0) }, [1, 1, 4, 4]),
      .tensor(try Tensor.of([Int.max, Int.min, -1, 0, 1, 2], shape: [2, 3])),
      .tensor(try Tensor.of([0, 1, 1])), .tensor(try Tensor.of([Int]())),
      .tensor(try Tensor.scalar(Int.min)),
      .tensor(try Tensor.of([true, false, true, true, false, false], shape: [2, 3])),
      .tensor(try Tensor.scalar(true)), .tensor(try Tensor.meta([2, 3], .f64)),
      .tensor(try Tensor.meta([0], .f32)), .tensor(try base.transpose(0, 1)),
      .tensor(try base.slice(axis: 0, from: 2, count: 3, step: -1)),
      .tensor(try Tensor.of([1.0], shape: [1, 1]).expand([2, 3])),
    ]
  }

  static var ints: [OpValue] {
    [
      0, -1, 1, 2, 5, .max, .min, 1 << 40, -(1 << 40), 1 << 62,
    ].map { .int($0) }
  }
  static var lists: [OpValue] {
    [
      [], [0], [-1], [0, 0], [1, 0], [2, 3], [.max, 1], [.max, .max], [.min, 2],
      [1 << 40, 1 << 40],
      [1, 2, 3, 4, 5], [0, 0, 0],
    ].map { .ints($0) }
  }
  static var floats: [OpValue] {
    [0, -1, .nan, .infinity, -.infinity, 1e300, 1e-300, 2.5].map {
      .float($0)
    }
  }
  static var strings: [OpValue] {
    [
      "", "none", "sum", "é -> ( ,", "i,j->ij", "..., ... -> ...", "a (b c) -> ", "->", "ii->i",
      "1 -> 1",
    ].map { .string($0) }
  }

  static func values(_ kind: Parameter.Kind) throws -> [OpValue] {
    switch kind {
    case .tensor: return try tensors()
    case .tensors:
      let all = try tensors().compactMap { value -> Tensor? in
        if case .tensor(let t) = value { t } else { nil }
      }
      return [.tensors([])] + all.map { .tensors([$0]) } + all.map { .tensors([$0, all[5]]) }
    case .int: return ints
    case .ints, .openInts: return lists + ints
    case .float: return floats + ints
    case .bool: return [.bool(true), .bool(false)]
    case .string: return strings
    case .dtype: return DType.allCases.map { .dtype($0) }
    case .function, .model, .list, .dict, .any:
      return try tensors() + ints + lists + floats + strings
    }
  }
}

@Suite struct OddInputTests {
  @Test(arguments: OpTable.all.map(\.name)) func nothingCrashes(_ name: String) throws {
    let op = try #require(OpTable.named[name])
    for sample in op.samples() where sample.count == op.parameters.count {
      for (i, p) in op.parameters.enumerated() {
        for value in try Odd.values(p.kind) {
          var arguments = sample
          arguments[i] = value
          try run(op, arguments)
          guard case .tensor = value else { continue }
          // Two at once, as axes and sizes meet shapes.
          for (j, q) in op.parameters.enumerated() where j > i {
            for other in try Odd.values(q.kind) {
              arguments[j] = other
              try run(op, arguments)
            }
            arguments[j] = sample[j]
          }
        }
      }
    }
  }

  /// A result has gradients of its inputs' shapes, or the op says why not.
  private func run(_ op: Op, _ given: [OpValue]) throws {
    var leaves: [Tensor] = []
    let arguments = given.map { value -> OpValue in
      guard case .tensor(let t) = value, t.dtype.isFloating else { return value }
      leaves.append(Autograd.leaf(t))
      return .tensor(leaves[leaves.count - 1])
    }
    do throws(TensorError) {
      let outputs = try results(op, arguments).filter(\.isTracked)
      if outputs.isEmpty { return }
      let found = try Autograd.gradients(
        of: outputs, seeds: outputs.map { _ in nil }, wrt: leaves, createGraph: false)
      for (leaf, g) in zip(leaves, found) {
        if let g { #expect(g.shape == leaf.shape, "\(op.name)") }
      }
    } catch { #expect(!error.message.isEmpty) }
  }

  private func results(_ op: Op, _ arguments: [OpValue]) throws(TensorError) -> [Tensor] {
    let value: OpValue
    switch (op.body, arguments[0], arguments.count > 1 ? arguments[1] : .none) {
    case (.unary(let body), .tensor(let x), _): value = .tensor(try body(x))
    case (.binary(let body), .tensor(let x), .tensor(let y)): value = .tensor(try body(x, y))
    case (.general(let body), _, _):
      value = try body(OpArguments(arguments, generator: Generator(seed: 1)))
    case (.unary, _, _), (.binary, _, _): return []
    }
    switch value {
    case .tensor(let t): return [t]
    case .tensors(let ts): return ts
    case .none, .int, .ints, .float, .bool, .string, .dtype: return []
    }
  }
}
