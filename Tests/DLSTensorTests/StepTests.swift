// A training step: no new buffers after the first ones, no growing memory, the same bits again.

import Testing

import DLSTensor

/// A small network in the way that a script trains one.
private final class Training {
  let cells: [ParameterCell]
  let x: Tensor
  let labels: Tensor
  let generator = Generator(seed: 3)
  var moments: [(Tensor, Tensor)] = []
  var steps = 0

  init() throws {
    let random = Generator(seed: 1)
    func uniform(_ shape: [Int]) throws -> Tensor {
      let t = try Tensor.empty(shape, .f32)
      random.fillUniform(t, -0.3, 0.3)
      return t
    }
    cells = try [[40, 30], [40], [10, 40], [10]].map { ParameterCell(try uniform($0)) }
    x = try uniform([64, 30])
    labels = try Tensor.of((0..<64).map { $0 % 10 })
    for cell in cells {
      moments.append((try Tensor.zeros(like: cell.value), try Tensor.zeros(like: cell.value)))
    }
  }

  func step() throws -> Double {
    steps += 1
    var h = try x.linear(cells[0].value, cells[1].value).relu()
    h = try h.dropout(0.25, generator)
    let loss = try h.linear(cells[2].value, cells[3].value).crossEntropy(labels)
    for cell in cells { cell.gradient = nil }
    try Autograd.backward(loss)
    try Autograd.withoutRecording {
      var updates: [OptimizerUpdate] = []
      for (cell, (m, v)) in zip(cells, moments) {
        guard let g = cell.gradient else { continue }
        updates.append(
          OptimizerUpdate(value: try cell.writable(), gradient: g, first: m, second: v, step: steps)
        )
      }
      OptimizerKernels.adam(updates, AdamSettings())
    }
    return loss.element(0)
  }
}

@Suite(.serialized) struct StepTests {
  @Test func noBufferIsMadeAfterTheFirstSteps() throws {
    let training = try Training()
    for _ in 0..<3 { _ = try training.step() }
    // Other suites run beside on other threads, which have lists of their own.
    var fewest = Int.max
    for _ in 0..<20 {
      let before = Storage.buffersMade
      for _ in 0..<5 { _ = try training.step() }
      fewest = min(fewest, Storage.buffersMade - before)
    }
    #expect(fewest == 0)
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    func losses() throws -> [Double] {
      let training = try Training()
      return try (0..<30).map { _ in try training.step() }
    }
    let first = try losses()
    #expect(try losses() == first)
    #expect(first[29] < first[0])
  }

  @Test func memoryIsFlat() throws {
    let training = try Training()
    for _ in 0..<10 { _ = try training.step() }
    var least = (Int.max, Int.max)
    for _ in 0..<200 {
      _ = try training.step()
      least.0 = min(least.0, Storage.bytesInUse)
    }
    for _ in 0..<2000 {
      _ = try training.step()
      least.1 = min(least.1, Storage.bytesInUse)
    }
    // Other suites run beside; a buffer left by each step would be 20 MB.
    #expect(least.1 <= least.0 + 8 << 20)
  }

  /// The formulas of Kingma and Ba (2014) and of PyTorch's SGD, number by number.
  @Test(arguments: [DType.f32, .f64], [1, 16, 37]) func optimizersFollowTheirFormulas(
    _ dtype: DType, _ n: Int
  ) throws {
    func numbers(_ seed: UInt64) throws -> Tensor {
      let t = try Tensor.empty([n], .f64)
      Generator(seed: seed).fillUniform(t, -1, 1)
      return try t.to(dtype)
    }
    let (p, m, v) = (try numbers(1), try Tensor.full([n], 0, dtype), try Tensor.full([n], 0, dtype))
    let (q, b) = (try numbers(1), try Tensor.full([n], 0, dtype))
    var adam = AdamSettings()
    adam.lr = 0.1
    adam.weightDecay = 0.05
    var sgd = SGDSettings()
    sgd.momentum = 0.9
    sgd.nesterov = true
    sgd.weightDecay = 0.05
    var (p2, m2, v2) = (p.doubles(), m.doubles(), v.doubles())
    var (q2, b2) = (q.doubles(), b.doubles())
    for step in 1...4 {
      let g = try numbers(UInt64(10 + step))
      OptimizerKernels.adam(
        [OptimizerUpdate(value: p, gradient: g, first: m, second: v, step: step)], adam)
      OptimizerKernels.sgd(
        [OptimizerUpdate(value: q, gradient: g, first: b, second: nil, step: step)], sgd)
      for (i, gi) in g.doubles().enumerated() {
        var d = gi + 0.05 * p2[i]
        m2[i] = 0.9 * m2[i] + 0.1 * d
        v2[i] = 0.999 * v2[i] + 0.001 * d * d
        let (c1, c2) = (1 - power(0.9, step), 1 - power(0.999, step))
        p2[i] -= 0.1 * (m2[i] / c1) / ((v2[i] / c2).squareRoot() + 1e-8)
        d = gi + 0.05 * q2[i]
        b2[i] = step == 1 ? d : 0.9 * b2[i] + d
        q2[i] -= sgd.lr * (d + 0.9 * b2[i])
      }
    }
    let tolerance = dtype == .f32 ? 1e-5 : 1e-13
    for (own, exact) in [(p, p2), (q, q2)] {
      for (x, y) in zip(own.doubles(), exact) { #expect(abs(x - y) < tolerance) }
    }
  }

  private func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { y, _ in y * x } }
}
