// The f32 kernels of networks against the plain f64 ones, over sizes with odd edges.

import Testing

import DLSTensor

private func random(_ shape: [Int], _ seed: UInt64) throws -> Tensor {
  let t = try Tensor.empty(shape, .f64)
  Generator(seed: seed).fillNormal(t)
  // Rounded first, so that both dtypes start from the same numbers.
  return try t.to(.f32).to(.f64)
}

/// Results and gradients of all inputs, for uneven weights of the result.
private func run(
  _ inputs: [Tensor], _ dtype: DType, _ body: ([Tensor]) throws(TensorError) -> Tensor
) throws -> [Tensor] {
  let leaves = try inputs.map { Autograd.leaf(try $0.to(dtype)) }
  let y = try body(leaves)
  let weights = try Tensor.of(
    (0..<y.count).map { 0.5 + Double($0 % 7) / 5 }, shape: y.shape
  ).to(dtype)
  let found = try Autograd.gradients(of: [y], seeds: [weights], wrt: leaves, createGraph: false)
  return [y] + found.compactMap { $0 }
}

/// The largest difference, as a share of the largest number.
private func difference(_ a: Tensor, _ b: Tensor) -> Double {
  let (p, q) = (a.doubles(), b.doubles())
  let scale = q.map { abs($0) }.max() ?? 0
  return zip(p, q).map { abs($0 - $1) }.max().map { $0 / max(scale, 1e-30) } ?? 0
}

private func agree(
  _ inputs: [Tensor], _ what: String, _ body: ([Tensor]) throws(TensorError) -> Tensor
) throws {
  let own = try run(inputs, .f32, body)
  let exact = try run(inputs, .f64, body)
  #expect(own.count == exact.count)
  for (i, (a, b)) in zip(own, exact).enumerated() {
    #expect(a.shape == b.shape, "\(what), \(i)")
    #expect(difference(a, b) < 1e-5, "\(what), \(i): \(difference(a, b))")
  }
}

struct ConvSize: Sendable, CustomTestStringConvertible {
  var batch, channels, height, width, filters: Int
  var kernel = [3, 3]
  var stride = [1]
  var padding = [1]
  var groups = 1
  var testDescription: String {
    "\(batch)x\(channels)x\(height)x\(width) to \(filters), \(kernel), \(stride), \(padding)"
  }
}

@Suite struct NetworkKernelTests {
  /// Winograd's tiles (3x3, one step at a time, eight channels and 128 tiles or more) and columns, of
  /// one image or, where weights are large, of many.
  @Test(arguments: [
    ConvSize(batch: 3, channels: 8, height: 14, width: 14, filters: 8),
    ConvSize(batch: 9, channels: 16, height: 7, width: 7, filters: 24),
    ConvSize(batch: 33, channels: 20, height: 3, width: 3, filters: 9),
    ConvSize(batch: 2, channels: 8, height: 17, width: 33, filters: 12, padding: [0]),
    ConvSize(batch: 4, channels: 130, height: 4, width: 4, filters: 140),
    ConvSize(batch: 33, channels: 130, height: 4, width: 4, filters: 140),
    ConvSize(batch: 40, channels: 130, height: 7, width: 8, filters: 120, stride: [2]),
    ConvSize(batch: 6, channels: 8, height: 9, width: 5, filters: 8, padding: [2]),
    ConvSize(batch: 24, channels: 16, height: 14, width: 14, filters: 16),
    ConvSize(batch: 4, channels: 12, height: 5, width: 40, filters: 10, padding: [0, 1]),
    ConvSize(batch: 130, channels: 8, height: 2, width: 2, filters: 8),
    ConvSize(batch: 9, channels: 6, height: 4, width: 4, filters: 5, stride: [2]),
    ConvSize(
      batch: 5, channels: 3, height: 16, width: 15, filters: 4, kernel: [7, 7], stride: [2],
      padding: [3]),
    ConvSize(
      batch: 70, channels: 4, height: 1, width: 1, filters: 6, kernel: [1, 1], padding: [0]),
    ConvSize(batch: 3, channels: 4, height: 9, width: 8, filters: 6, padding: [1], groups: 2),
  ])
  func convolution(_ size: ConvSize) throws {
    var options = ConvOptions()
    options.stride = size.stride
    options.padding = .sizes(size.padding)
    options.groups = size.groups
    let x = try random([size.batch, size.channels, size.height, size.width], 1)
    let w = try random([size.filters, size.channels / size.groups] + size.kernel, 2)
    let b = try random([size.filters], 3)
    let given = options
    try agree([x, w, b], size.testDescription) { t throws(TensorError) in
      try t[0].convolution(t[1], t[2], given, rank: 2)
    }
  }

  @Test(arguments: [
    [3, 2, 14, 14], [1, 5, 7, 7], [3, 3, 2, 2], [2, 2, 28, 28], [1, 3, 5, 17], [1, 2, 3, 33],
    [1, 7, 4, 2], [1, 1, 2, 2], [2, 3, 9, 40],
  ])
  func pairPooling(_ shape: [Int]) throws {
    var options = PoolOptions()
    options.kernel = [2]
    let given = options
    try agree([try random(shape, 4)], "\(shape)") { t throws(TensorError) in
      try t[0].maxPool(given, rank: 2).values
    }
    let x = try random(shape, 4)
    let own = try x.to(.f32).maxPool(options, rank: 2).indices()
    let plain = try x.maxPool(options, rank: 2).indices()
    #expect(own.ints() == plain.ints())
  }

  /// Two steps at a time give every second output of one step at a time, also where all images share
  /// a product.
  @Test func strides() throws {
    let x = try random([20, 130, 6, 7], 1)
    let w = try random([120, 130, 3, 3], 2)
    func convolved(_ stride: Int) throws -> Tensor {
      var options = ConvOptions()
      options.stride = [stride]
      options.padding = .sizes([1])
      return try x.convolution(w, nil, options, rank: 2)
    }
    let (one, two) = (try convolved(1), try convolved(2))
    let picked = try one.slice(axis: 2, from: 0, count: 3, step: 2)
      .slice(axis: 3, from: 0, count: 4, step: 2)
    #expect(two.shape == [20, 120, 3, 4])
    #expect(difference(try picked.contiguous(), two) < 1e-13)
  }

  /// Windows of eight columns at once against one at a time, with ties, infinities and nans.
  @Test(arguments: [(3, 2, 1), (3, 1, 1), (2, 1, 0), (5, 2, 2), (3, 2, 0)])
  func windowPooling(_ kernel: Int, _ stride: Int, _ padding: Int) throws {
    var options = PoolOptions()
    options.kernel = [kernel]
    options.stride = [stride]
    options.padding = [padding]
    for shape in [[2, 3, 16, 16], [1, 2, 9, 21], [1, 1, 7, 40], [3, 1, 5, 11]] {
      var numbers = try random(shape, 8).relu().doubles()
      numbers[3] = .nan
      numbers[5] = -.infinity
      numbers[numbers.count - 2] = .infinity
      let x = try Tensor.of(numbers, shape: shape)
      let (own, plain) = (
        try x.to(.f32).maxPool(options, rank: 2), try x.maxPool(options, rank: 2)
      )
      #expect(try own.indices().ints() == plain.indices().ints(), "\(shape)")
      let (a, b) = (own.values.doubles(), plain.values.doubles())
      #expect(zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(shape)")
    }
  }

  @Test func firstOfEqualsIsChosen() throws {
    let x = Autograd.leaf(try Tensor.of([1, 1, 1, 1, 1, 1, 1, 1] as [Float], shape: [1, 1, 2, 4]))
    var options = PoolOptions()
    options.kernel = [2]
    let y = try x.maxPool(options, rank: 2).values
    let g = try Autograd.gradients(of: [y], seeds: [nil], wrt: [x], createGraph: false)
    #expect(g[0]?.floats() == [1, 0, 1, 0, 0, 0, 0, 0])
  }

  @Test(arguments: [[6, 5], [4, 3, 40], [2, 20, 7, 9], [33, 130]])
  func norms(_ shape: [Int]) throws {
    let n = shape[1]
    let last = shape[shape.count - 1]
    let inputs = [try random(shape, 5), try random([n], 6), try random([n], 7)]
    try agree(inputs, "batch norm \(shape)") { t throws(TensorError) in
      try t[0].batchNorm(
        mean: nil, variance: nil, weight: t[1], bias: t[2], training: true, eps: 1e-5
      ).y
    }
    try agree(inputs, "batch norm and relu \(shape)") { t throws(TensorError) in
      try t[0].batchNorm(
        mean: nil, variance: nil, weight: t[1], bias: t[2], training: true, eps: 1e-5, relu: true
      ).y
    }
    // One pass, and one after the other.
    let fused = try run(inputs, .f64) { t throws(TensorError) in
      try t[0].batchNorm(
        mean: nil, variance: nil, weight: t[1], bias: t[2], training: true, eps: 1e-5, relu: true
      ).y
    }
    let plain = try run(inputs, .f64) { t throws(TensorError) in
      try t[0].batchNorm(
        mean: nil, variance: nil, weight: t[1], bias: t[2], training: true, eps: 1e-5
      ).y.relu()
    }
    for (a, b) in zip(fused, plain) { #expect(difference(a, b) < 1e-13, "\(shape)") }
    try agree(
      [inputs[0], try random([last], 6), try random([last], 7)], "layer norm \(shape)"
    ) { t throws(TensorError) in
      try t[0].layerNorm([last], weight: t[1], bias: t[2], eps: 1e-5)
    }
  }
}
