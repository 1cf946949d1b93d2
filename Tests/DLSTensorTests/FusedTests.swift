// Fused kernels beside the ops that they stand for: values, gradients, gradients of gradients.

import Testing

import DLSTensor

private func random(_ shape: [Int], _ seed: UInt64, _ low: Double = -1.5, _ high: Double = 1.5)
  throws(TensorError) -> Tensor
{
  let t = try Tensor.empty(shape, .f32)
  Generator(seed: seed).fillUniform(t, low, high)
  return t
}

private func expectClose(
  _ a: Tensor, _ b: Tensor, _ tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.shape == b.shape, "\(what)", sourceLocation: sourceLocation)
  var worst = 0.0
  for (x, y) in zip(a.doubles(), b.doubles()) {
    worst = max(worst, abs(x - y) / max(1, abs(y)))
    if x.isNaN != y.isNaN { worst = .infinity }
  }
  #expect(worst <= tolerance, "\(what): \(worst)", sourceLocation: sourceLocation)
}

/// Gradients of Σ w y by the leaves, w uneven.
private func gradients(_ y: Tensor, _ leaves: [Tensor], createGraph: Bool = false)
  throws(TensorError) -> [Tensor]
{
  let w = try random(y.shape, 99)
  let found = try Autograd.gradients(
    of: [y], seeds: [w.to(y.dtype)], wrt: leaves, createGraph: createGraph)
  var result: [Tensor] = []
  for (g, x) in zip(found, leaves) {
    if let g { result.append(g) } else { result.append(try Tensor.zeros(like: x)) }
  }
  return result
}

@Suite struct ElementwiseProgramTests {
  /// tanh(a x + b) sigmoid(x) + exp(-x²), a and b numbers of one element.
  private static func chain() -> ElementwiseProgram {
    let p = ElementwiseProgram(inputs: 3)
    let x = ElementwiseProgram.Operand.input(0)
    let inner = p.emit(.add, p.emit(.multiply, .input(1), x), .input(2))
    let left = p.emit(.multiply, p.emit(.tanh, inner), p.emit(.sigmoid, x))
    let right = p.emit(.exp, p.emit(.multiply, p.emit(.negate, x), x))
    p.outputs = [p.emit(.add, left, right)]
    return p
  }

  @Test(arguments: [2048, 2085, 70_001]) func aChainIsThatOfItsOps(_ n: Int) throws {
    let program = Self.chain()
    let leaves = [
      Autograd.leaf(try random([n], 1)), Autograd.leaf(try Tensor.scalar(1.5, .f32)),
      Autograd.leaf(try Tensor.scalar(0.5, .f32)),
    ]
    #expect(Tensor.canFuse(leaves))
    let y = try Tensor.elementwise(program, leaves)
    let z = try program.inOps(leaves)[0]
    #expect(y.doubles() == z.doubles())
    for (a, b) in zip(try gradients(y, leaves), try gradients(z, leaves)) {
      expectClose(a, b, 2e-5, "n = \(n)")
    }
  }

  @Test func gradientsOfGradientsAreRecorded() throws {
    let program = Self.chain()
    let x = Autograd.leaf(try random([2048], 1))
    let inputs = [x, try Tensor.scalar(1.5, .f32), try Tensor.scalar(0.5, .f32)]
    func second(_ y: Tensor) throws -> Tensor {
      try gradients(gradients(y, [x], createGraph: true)[0], [x])[0]
    }
    let fused = try second(Tensor.elementwise(program, inputs))
    expectClose(fused, try second(program.inOps(inputs)[0]), 1e-4, "second derivative")
  }

  @Test(arguments: [
    ElementwiseProgram.Function.add, .subtract, .multiply, .divide, .negate, .exp, .log, .tanh,
    .sigmoid, .relu, .sqrt, .abs,
  ]) func everyFunctionAndItsSlope(_ function: ElementwiseProgram.Function) throws {
    let program = ElementwiseProgram(inputs: 2)
    let y = program.emit(function, .input(0), .input(1))
    program.outputs = [program.emit(.multiply, y, .constant(1.25))]
    let low = function == .log || function == .sqrt ? 0.1 : -1.5
    let leaves = [
      Autograd.leaf(try random([43, 50], 1, low)), Autograd.leaf(try random([43, 50], 2, 0.5)),
    ]
    let isUnary = ![.add, .subtract, .multiply, .divide].contains(function)
    if isUnary {
      program.outputs = [program.emit(.multiply, program.emit(function, .input(0)), .input(1))]
    }
    let a = try Tensor.elementwise(program, leaves)
    let b = try program.inOps(leaves)[0]
    #expect(a.doubles() == b.doubles(), "\(function)")
    for (g, h) in zip(try gradients(a, leaves), try gradients(b, leaves)) {
      expectClose(g, h, 1e-5, "\(function)")
    }
  }

  @Test func whatIsNotDenseIsNotFused() throws {
    let x = try random([64, 64], 1)
    #expect(Tensor.canFuse([x, x]))
    #expect(!Tensor.canFuse([x, try random([64], 1)]))
    #expect(!Tensor.canFuse([x, try x.to(.f64)]))
    #expect(!Tensor.canFuse([try Tensor.scalar(1, .f32)]))
    #expect(!Tensor.canFuse([try Tensor.meta([64, 64])]))
    let program = ElementwiseProgram(inputs: 2)
    program.outputs = [program.emit(.add, program.emit(.exp, .input(0)), .input(1))]
    let y = try Tensor.elementwise(program, [x.transposed(), x])
    #expect(y.doubles() == (try x.transposed().exp() + x).doubles())
  }
}

@Suite struct FusedOpTests {
  @Test(arguments: [[7], [5, 7], [2, 3, 7], [0, 7], [130, 7]]) func linearIsAProductAndASum(
    _ shape: [Int]
  ) throws {
    for dtype in [DType.f32, .f64] {
      let x = Autograd.leaf(try random(shape, 1).to(dtype))
      let w = Autograd.leaf(try random([9, 7], 2).to(dtype))
      let b = Autograd.leaf(try random([9], 3).to(dtype))
      let tolerance = dtype == .f32 ? 1e-5 : 1e-14
      for bias in [b, nil] {
        let leaves = bias == nil ? [x, w] : [x, w, b]
        let fused = try x.linear(w, bias)
        var plain = try x.matmul(w.transposed())
        if let bias { plain = try plain + bias }
        expectClose(fused, plain, tolerance, "\(shape)")
        for create in [false, true] {
          let own = try gradients(fused, leaves, createGraph: create)
          for (g, h) in zip(own, try gradients(plain, leaves)) {
            expectClose(g, h, tolerance, "\(shape)")
          }
        }
      }
    }
  }

  @Test func linearTakesStridedOperands() throws {
    let x = try random([7, 40], 1).transposed()
    let w = try random([7, 30], 2).transposed()
    let leaf = Autograd.leaf(w)
    let y = try x.linear(leaf, nil)
    expectClose(y, try x.packedCopy().matmul(w.packedCopy().transposed()), 1e-5, "strided")
    // A gradient that is one number, spread.
    let g = try Autograd.gradients(of: [y.sum()], seeds: [nil], wrt: [leaf], createGraph: false)[0]
    let ones = try Tensor.full([40, 30], 1, .f32)
    expectClose(try #require(g), try ones.transposed().matmul(x), 1e-5, "spread gradient")
  }

  @Test(arguments: [LossReduction.mean, .sum]) func lossesAreTheirTerms(_ reduction: LossReduction)
    throws
  {
    for dtype in [DType.f32, .f64] {
      let tolerance = dtype == .f32 ? 2e-5 : 1e-12
      for n in [1, 4, 37, 5000] {
        let t = try random([n], 5, 0, 1).to(dtype)
        let p = Autograd.leaf(try random([n], 4, 0.05, 0.95).to(dtype))
        let x = Autograd.leaf(try random([n], 4, -6, 6).to(dtype))
        func reduced(_ terms: Tensor) throws(TensorError) -> Tensor {
          reduction == .mean ? try terms.mean() : try terms.sum()
        }
        for (fused, terms, leaf) in [
          (try x.mseLoss(t, reduction: reduction), try x.mseLoss(t, reduction: .none), x),
          (
            try p.binaryCrossEntropy(t, reduction: reduction),
            try p.binaryCrossEntropy(t, reduction: .none), p
          ),
          (
            try x.binaryCrossEntropyWithLogits(t, reduction: reduction),
            try x.binaryCrossEntropyWithLogits(t, reduction: .none), x
          ),
        ] {
          let plain = try reduced(terms)
          expectClose(fused, plain, tolerance, "n = \(n)")
          for create in [false, true] {
            let own = try gradients(fused, [leaf], createGraph: create)[0]
            expectClose(own, try gradients(plain, [leaf])[0], tolerance, "n = \(n)")
          }
        }
      }
    }
  }

  @Test(arguments: [[300_000], [3, 100_000], [100_000, 3], [2, 77, 130], [1, 5], [40_000, 10]])
  func sumsAreExactAndDoNotDependOnThreads(_ shape: [Int]) throws {
    let x = try random(shape, 1)
    // Some last bits of what is added up, whatever cancels.
    func expectSums(_ own: Tensor, _ axes: [Int]?) throws {
      let (exact, sizes) = (try x.to(.f64).sum(axes), try x.to(.f64).abs().sum(axes))
      for ((a, b), size) in zip(zip(own.doubles(), exact.doubles()), sizes.doubles()) {
        #expect(abs(a - b) <= 2e-7 * size, "\(shape) over \(axes ?? [])")
      }
    }
    try expectSums(x.sum(), nil)
    for axis in shape.indices {
      let own = try x.sum([axis])
      try expectSums(own, [axis])
      let threads = Parallel.threads
      Parallel.threads = 1
      let alone = try x.sum([axis])
      Parallel.threads = threads
      #expect(alone.doubles() == own.doubles())
    }
  }

  @Test(arguments: [[50, 70], [3, 33, 65], [2, 3, 17, 9]]) func transposesAreCopied(_ shape: [Int])
    throws
  {
    let x = try random(shape, 1)
    let t = try x.transposed()
    let copy = try t.packedCopy()
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let (from, to) = (x.doubles(), copy.doubles())
    for m in 0..<(x.count / (rows * columns)) {
      for i in 0..<rows {
        for j in 0..<columns {
          let at = m * rows * columns
          #expect(to[at + j * rows + i] == from[at + i * columns + j])
        }
      }
    }
    #expect(try (t + copy).doubles() == (copy + copy).doubles())
  }
}

extension Tensor {
  fileprivate func packedCopy() throws(TensorError) -> Tensor { try contiguous() }
}
