// Every op's gradient against finite differences, because it stands in the table.

import Testing

import DLSTensor

/// Where a tensor stands among arguments: which argument, and where in a list.
private struct Place {
  var at: Int
  var item: Int?
}

/// The tensors among arguments, to be moved and differentiated.
private func tensors(_ arguments: [OpValue]) -> [(at: Place, tensor: Tensor)] {
  arguments.enumerated().flatMap { i, value -> [(at: Place, tensor: Tensor)] in
    switch value {
    case .tensor(let t) where t.dtype.isFloating: return [(Place(at: i), t)]
    case .tensors(let list):
      return list.enumerated().filter { $1.dtype.isFloating }.map { (Place(at: i, item: $0), $1) }
    case .none, .tensor, .int, .ints, .float, .bool, .string, .dtype: return []
    }
  }
}

extension [OpValue] {
  /// The arguments with one tensor replaced.
  fileprivate func replacing(_ place: Place, _ tensor: Tensor) -> [OpValue] {
    var result = self
    if let item = place.item, case .tensors(var list) = self[place.at] {
      list[item] = tensor
      result[place.at] = .tensors(list)
    } else {
      result[place.at] = .tensor(tensor)
    }
    return result
  }
}

private func run(_ op: Op, _ arguments: [OpValue]) throws(TensorError) -> [Tensor] {
  let value: OpValue
  switch op.body {
  case .unary(let body):
    guard case .tensor(let x) = arguments[0] else { return [] }
    value = .tensor(try body(x))
  case .binary(let body):
    guard case .tensor(let x) = arguments[0], case .tensor(let y) = arguments[1] else { return [] }
    value = .tensor(try body(x, y))
  case .general(let body):
    value = try body(OpArguments(arguments, generator: Generator(seed: 1)))
  }
  switch value {
  case .tensor(let t): return [t]
  case .tensors(let ts): return ts
  case .none, .int, .ints, .float, .bool, .string, .dtype: return []
  }
}

/// Σ w · result with fixed uneven weights: one number that every element of the result moves.
private func total(_ outputs: [Tensor]) throws(TensorError) -> Tensor {
  var sum = try Tensor.scalar(0, .f64)
  for y in outputs where y.dtype.isFloating {
    let weights = try Tensor.of((0..<y.count).map { 0.5 + Double($0 % 7) / 5 }, shape: y.shape)
    sum = try sum + (y * weights).sum()
  }
  return sum
}

/// Ops that read one triangle of a symmetric matrix: both of a pair of elements are moved at once.
private let symmetricOps: Set<String> = ["cholesky", "eigh"]

private func moved(_ op: Op, _ arguments: [OpValue], _ place: Place, _ element: Int, _ by: Double)
  throws(TensorError) -> [OpValue]
{
  guard
    let t = tensors(arguments).first(where: { $0.at.at == place.at && $0.at.item == place.item })?
      .tensor
  else { return arguments }
  var values = t.doubles()
  if symmetricOps.contains(op.name) {
    let n = t.shape[t.rank - 1]
    values[element] += by / 2
    values[element % n * n + element / n] += by / 2
  } else {
    values[element] += by
  }
  return arguments.replacing(place, try Tensor.of(values, shape: t.shape))
}

/// A gradient as the moves above see it.
private func seen(_ op: Op, _ g: [Double], _ t: Tensor, _ element: Int) -> Double {
  guard symmetricOps.contains(op.name) else { return g[element] }
  let n = t.shape[t.rank - 1]
  return (g[element] + g[element % n * n + element / n]) / 2
}

@Suite struct GradientTests {
  static let ops = OpTable.all.filter { op in
    if case .flows = op.gradient { return !op.samples().isEmpty }
    return false
  }

  /// What flows is checked: an op without samples would pass every test below.
  @Test func everyOpThatFlowsHasSamples() {
    for op in OpTable.all {
      guard case .flows = op.gradient else { continue }
      #expect(!op.samples().isEmpty, "\(op.name) has no samples")
      for sample in op.samples() { #expect(!tensors(sample).isEmpty, "\(op.name): no tensor") }
    }
  }

  @Test(arguments: ops.map(\.name)) func gradientIsThatOfFiniteDifferences(_ name: String) throws {
    let op = try #require(OpTable.named[name])
    for sample in op.samples() {
      var arguments = sample
      var leaves: [Tensor] = []
      for (at, t) in tensors(sample) {
        let leaf = Autograd.leaf(t)
        arguments = arguments.replacing(at, leaf)
        leaves.append(leaf)
      }
      let y = try total(run(op, arguments))
      let gradients = try Autograd.gradients(of: [y], seeds: [nil], wrt: leaves, createGraph: false)
      for ((at, t), g) in zip(tensors(sample), gradients) {
        let own = g?.doubles() ?? [Double](repeating: 0, count: t.count)
        for i in 0..<t.count {
          let h = 1e-5
          let up = try total(run(op, moved(op, sample, at, i, h))).element(0)
          let down = try total(run(op, moved(op, sample, at, i, -h))).element(0)
          let expected = (up - down) / (2 * h)
          #expect(
            abs(seen(op, own, t, i) - expected) <= 1e-5 * max(1, abs(expected)),
            "\(name), argument \(at.at), element \(i)")
        }
      }
    }
  }

  @Test(arguments: ops.map(\.name)) func secondDerivativeIsThatOfFiniteDifferences(_ name: String)
    throws
  {
    let op = try #require(OpTable.named[name])
    guard let sample = op.samples().first else { return }
    func firstGradients(_ arguments: [OpValue]) throws(TensorError) -> (
      leaves: [Tensor], sum: Tensor
    ) {
      var given = arguments
      var leaves: [Tensor] = []
      for (at, t) in tensors(arguments) {
        let leaf = Autograd.leaf(t)
        given = given.replacing(at, leaf)
        leaves.append(leaf)
      }
      let y = try total(run(op, given))
      let gradients = try Autograd.gradients(of: [y], seeds: [nil], wrt: leaves, createGraph: true)
      return (leaves, try total(gradients.compactMap { $0 }))
    }
    let (leaves, sum) = try firstGradients(sample)
    if !sum.isTracked { return }
    let second = try Autograd.gradients(of: [sum], seeds: [nil], wrt: leaves, createGraph: false)
    for ((at, t), g) in zip(tensors(sample), second) {
      let own = g?.doubles() ?? [Double](repeating: 0, count: t.count)
      for i in 0..<t.count {
        let h = 1e-5
        let up = try firstGradients(moved(op, sample, at, i, h)).sum.element(0)
        let down = try firstGradients(moved(op, sample, at, i, -h)).sum.element(0)
        let expected = (up - down) / (2 * h)
        #expect(
          abs(seen(op, own, t, i) - expected) <= 1e-4 * max(1, abs(expected)),
          "\(name), argument \(at.at), element \(i)")
      }
    }
  }

  @Test(arguments: ops.map(\.name)) func metaTensorsHaveTheSameShape(_ name: String) throws {
    let op = try #require(OpTable.named[name])
    for sample in op.samples() {
      let real = try run(op, sample)
      let meta = try run(
        op,
        sample.map { value in
          switch value {
          case .tensor(let t) where t.dtype.isFloating:
            return .tensor(try Tensor.meta(t.shape, t.dtype))
          case .tensors(let list):
            return .tensors(try list.map { try Tensor.meta($0.shape, $0.dtype) })
          case .none, .tensor, .int, .ints, .float, .bool, .string, .dtype: return value
          }
        })
      #expect(real.map(\.shape) == meta.map(\.shape), "\(name)")
    }
  }
}

@Suite struct GraphTests {
  @Test func aLongChainIsFreedWithoutRecursion() throws {
    var y = Autograd.leaf(try Tensor.scalar(1, .f64))
    let one = try Tensor.scalar(1, .f64)
    for _ in 0..<200_000 { y = try y + one }
    try Autograd.backward(y)
    #expect(y.element(0) == 200_001)
  }

  @Test func aUsedGraphIsAnError() throws {
    let x = Autograd.leaf(try Tensor.scalar(3, .f64))
    let y = try x * x
    try Autograd.backward(y)
    #expect(x.node?.gradient?.element(0) == 6)
    #expect(throws: TensorError.self) { try Autograd.backward(y) }
  }

  @Test func theSameSeedGivesTheSameNumbers() throws {
    let a = try Tensor.empty([1001], .f32)
    let b = try Tensor.empty([1001], .f32)
    Generator(seed: 5).fillUniform(a)
    Generator(seed: 5).fillUniform(b)
    #expect(a.floats() == b.floats())
    let mean = a.doubles().reduce(0, +) / 1001
    #expect(abs(mean - 0.5) < 0.05)
  }

  @Test func vectorFunctionsAreExactToAFewLastBits() throws {
    let xs = (0..<4000).map { Float($0 - 2000) / 25 }
    let x = try Tensor.of(xs)
    for (y, f) in [(try x.exp(), { exp($0) }), (try x.tanh(), { tanh($0) })]
      as [(Tensor, (Double) -> Double)]
    {
      for (v, w) in zip(xs, y.doubles()) {
        let expected = f(Double(v))
        #expect(abs(w - expected) <= 4e-7 * abs(expected) + 1e-37, "at \(v)")
      }
    }
  }
}

import Glibc
