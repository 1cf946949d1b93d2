// All ops, by family and by name.

package enum OpTable {
  /// The families, under the headings that help shows.
  package static let families: [(name: String, ops: [Op])] = [
    ("Making", MakingOps.all + WindowOps.grids),
    ("Shape", ShapeOps.all),
    ("Elementwise", ElementwiseOps.all),
    ("Activations", ActivationOps.all),
    ("Reducing", ReducingOps.all),
    ("Order and counts", SortingOps.all),
    ("Linear algebra", ProductOps.all + LinearAlgebraOps.all),
    ("Functions of networks", NetworkOps.all + WindowOps.all),
    ("Losses", LossOps.all + MoreLossOps.all),
  ]

  package static let all: [Op] = families.flatMap(\.ops)
  package static let named = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
}

extension OpArguments {
  // Kinds are checked before a body runs; a miss here is a mistake in the op's declaration.

  package func tensor(_ i: Int) throws(TensorError) -> Tensor {
    if case .tensor(let x) = values[i] { return x }
    throw TensorError("bad-argument", "a tensor is needed here", argument: i)
  }
  package func optionalTensor(_ i: Int) -> Tensor? {
    if case .tensor(let x) = values[i] { return x }
    return nil
  }
  package func tensors(_ i: Int) throws(TensorError) -> [Tensor] {
    if case .tensors(let x) = values[i] { return x }
    throw TensorError("bad-argument", "a list of tensors is needed here", argument: i)
  }
  package func int(_ i: Int) -> Int { optionalInt(i) ?? 0 }
  package func optionalInt(_ i: Int) -> Int? {
    if case .int(let x) = values[i] { return x }
    return nil
  }
  /// One int counts as a list of one.
  package func ints(_ i: Int) -> [Int] { optionalInts(i) ?? [] }
  package func optionalInts(_ i: Int) -> [Int]? {
    if case .ints(let x) = values[i] { return x }
    if case .int(let x) = values[i] { return [x] }
    return nil
  }
  package func float(_ i: Int) -> Double { optionalFloat(i) ?? 0 }
  package func optionalFloat(_ i: Int) -> Double? {
    if case .float(let x) = values[i] { return x }
    if case .int(let x) = values[i] { return Double(x) }
    return nil
  }
  package func bool(_ i: Int) -> Bool {
    if case .bool(let x) = values[i] { return x }
    return false
  }
  package func string(_ i: Int) -> String {
    if case .string(let x) = values[i] { return x }
    return ""
  }
  package func dtype(_ i: Int) -> DType? {
    if case .dtype(let x) = values[i] { return x }
    return nil
  }
}

/// Points for the checks, spread so that no op meets a kink: in f64, the same every time.
package enum Samples {
  package static func tensor(_ shape: [Int], _ low: Double, _ high: Double, seed: UInt64 = 1)
    -> OpValue
  {
    let generator = Generator(seed: seed)
    let count = shape.reduce(1, *)
    let values = (0..<count).map { _ in low + (high - low) * generator.nextDouble() }
    guard let made = try? Tensor.of(values, shape: shape) else { return .none }
    return .tensor(made)
  }

  package static func one(_ low: Double, _ high: Double) -> @Sendable () -> [[OpValue]] {
    { [[tensor([2, 3], low, high)], [tensor([], low, high, seed: 3)]] }
  }

  package static func two(_ low: Double, _ high: Double) -> @Sendable () -> [[OpValue]] {
    {
      [
        [tensor([2, 3], low, high), tensor([2, 3], low, high, seed: 2)],
        [tensor([2, 3], low, high), tensor([3], low, high, seed: 2)],
        [tensor([2, 1], low, high), tensor([2, 3], low, high, seed: 2)],
      ]
    }
  }
}
