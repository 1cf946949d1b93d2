// Batch, layer and group norm: fused kernels, and the same in ops when the gradient is recorded.

extension Tensor {
  /// Batch norm over [N, C, …]: by the batch's statistics while training (also given back, the
  /// variance unbiased, for running averages), else by `mean` and `variance`. With `relu` the result
  /// goes through it in the same pass.
  package func batchNorm(
    mean: Tensor?, variance: Tensor?, weight: Tensor?, bias: Tensor?, training: Bool, eps: Double,
    relu: Bool = false
  ) throws(TensorError) -> (y: Tensor, mean: Tensor?, variance: Tensor?) {
    let x = try floating()
    if rank < 2 {
      throw TensorError(
        "shape-mismatch", "batch_norm takes [batch, channels, …], got \(describeShape)",
        argument: 0, labels: [(0, typeText)], help: rank == 1 ? ["`{0}.unsqueeze(0)`"] : [])
    }
    let channels = shape[1]
    for (t, i, name) in [
      (mean, 1, "running_mean"), (variance, 2, "running_var"), (weight, 3, "weight"),
      (bias, 4, "bias"),
    ] {
      guard let t else { continue }
      if t.shape != [channels] {
        throw TensorError(
          "shape-mismatch",
          "batch_norm has \(name == "weight" || name == "bias" ? "a" : "the") \(name) of "
            + "\(t.count) channels, got \(channels) in \(describeShape)",
          argument: 0, labels: [(0, describeShape), (i, t.describeShape)])
      }
    }
    let w = try weight.map { t throws(TensorError) in try t.to(x.dtype) }
    let b = try bias.map { t throws(TensorError) in try t.to(x.dtype) }
    let isMeta = isMeta || (w?.isMeta ?? false) || (b?.isMeta ?? false)
    if !training {
      guard let mean, let variance else {
        throw TensorError(
          "bad-argument", "batch_norm needs running_mean and running_var outside of training",
          argument: 1)
      }
      let y = try x.normalised(by: mean.to(x.dtype), variance.to(x.dtype), w, b, eps)
      return (relu ? try y.relu() : y, nil, nil)
    }
    let n = channels == 0 ? 0 : x.count / channels
    if n == 1 {
      throw TensorError(
        "bad-argument",
        "batch_norm in training needs more than one value a channel, got \(describeShape)",
        argument: 0, labels: [(0, typeText)],
        help: ["use a larger batch, or `net.eval()` to use the running statistics"])
    }
    if n == 0, channels > 0 {
      let none = try Tensor.full([channels], 0, x.dtype, meta: isMeta)
      return (try x.normalised(by: none, none, w, b, eps), nil, nil)
    }
    if relu, shape.dropFirst(2).reduce(1, *) == 1 || isMeta {
      let plain = try batchNorm(
        mean: mean, variance: variance, weight: weight, bias: bias, training: true, eps: eps)
      return (try plain.y.relu(), plain.mean, plain.variance)
    }
    let m = try Tensor.empty([channels], x.dtype, meta: isMeta)
    let v = try Tensor.empty([channels], x.dtype, meta: isMeta)
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    let source = x.packed()
    if !isMeta, count > 0 {
      BatchNormPlan(source).train(source, w?.packed(), b?.packed(), eps, m, v, y, relu)
      try Interrupt.check()
    }
    let inputs = [x] + [w, b].compactMap { $0 }
    let result = Autograd.record(relu ? "batch_norm_relu" : "batch_norm", inputs, y) {
      g, y throws(TensorError) in
      let all =
        Autograd.isRecording || isMeta || g.isMeta || x.count == 0
        ? try x.batchNormGradient(relu ? g.passing(where: y) : g, w, eps)
        : try BatchNormPlan(source).gradient(
          source, g.packed(), m, v, w?.packed(), eps, relu ? y : nil)
      return [all[0]] + (w == nil ? [] : [all[1]]) + (b == nil ? [] : [all[2]])
    }
    let unbiased = try v * v.number(Double(n) / Double(n - 1))
    return (result, m, unbiased)
  }

  /// (1 - share) x + share other: running averages.
  package func moved(towards other: Tensor, by share: Double) throws(TensorError) -> Tensor {
    let y = try self * number(1 - share) + other.detached.to(dtype) * number(share)
    return y.detached
  }

  /// A number for each channel, spread over this shape.
  private func perChannel(_ t: Tensor) throws(TensorError) -> Tensor {
    try t.reshape([1, shape[1]] + [Int](repeating: 1, count: rank - 2))
  }

  /// The sum of each channel; without a copy where nothing records.
  func channelSums() throws(TensorError) -> Tensor {
    if Autograd.isRecording || isMeta || count == 0 { return try sum(otherAxes) }
    let y = try Tensor.empty([shape[1]], dtype)
    let x = packed()
    BatchNormPlan(x).sums(x, y)
    return y
  }

  private var otherAxes: [Int] { [0] + Array(2..<rank) }

  /// (x - mean) / √(variance + eps) w + b with given statistics.
  private func normalised(
    by mean: Tensor, _ variance: Tensor, _ w: Tensor?, _ b: Tensor?, _ eps: Double
  ) throws(TensorError) -> Tensor {
    let inputs = [self, mean, variance] + [w, b].compactMap { $0 }
    if !Autograd.isTracked(inputs), !inputs.contains(where: \.isMeta) {
      let y = try Tensor.empty(shape, dtype)
      if count > 0 {
        BatchNormPlan(self).normalise(
          packed(), mean.packed(), variance.packed(), w?.packed(), b?.packed(), eps, y)
      }
      return y
    }
    let scale = try (variance + number(eps)).rsqrt()
    var y =
      try (self - perChannel(mean))
      * perChannel(
        w.map { t throws(TensorError) in
          try scale * t
        } ?? scale)
    if let b { y = try y + perChannel(b) }
    return y
  }

  /// The gradients of x, w and b made of ops, so that they can be differentiated again.
  private func batchNormGradient(_ g: Tensor, _ w: Tensor?, _ eps: Double) throws(TensorError)
    -> [Tensor?]
  {
    let axes = otherAxes
    let centred = try self - mean(axes, keepdim: true)
    let inverse = try ((centred * centred).mean(axes, keepdim: true) + number(eps)).rsqrt()
    let unit = try centred * inverse
    let scaled = try w.map { t throws(TensorError) in try g * perChannel(t) } ?? g
    let inner = try unit * (scaled * unit).mean(axes, keepdim: true)
    let dx = try (scaled - scaled.mean(axes, keepdim: true) - inner) * inverse
    return [dx, try (g * unit).sum(axes), try g.sum(axes)]
  }

  /// Layer norm over the last dimensions.
  package func layerNorm(_ sizes: [Int], weight: Tensor?, bias: Tensor?, eps: Double)
    throws(TensorError) -> Tensor
  {
    if sizes.isEmpty || rank < sizes.count || Array(shape.suffix(sizes.count)) != sizes {
      throw TensorError(
        "shape-mismatch",
        "layer_norm over \(Tensor.describe(sizes)) takes an input that ends so, got "
          + describeShape, argument: 0, labels: [(0, typeText)])
    }
    for (t, i, name) in [(weight, 2, "weight"), (bias, 3, "bias")] {
      if let t, t.shape != sizes {
        throw TensorError(
          "shape-mismatch",
          "layer_norm needs a \(name) of shape \(Tensor.describe(sizes)), got \(t.describeShape)",
          argument: i, labels: [(i, t.typeText)])
      }
    }
    let x = try floating()
    let w = try weight.map { t throws(TensorError) in try t.to(x.dtype) }
    let b = try bias.map { t throws(TensorError) in try t.to(x.dtype) }
    let n = sizes.reduce(1, *)
    let rows = n == 0 ? 0 : count / n
    let isMeta = isMeta || (w?.isMeta ?? false) || (b?.isMeta ?? false)
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    let m = try Tensor.empty([rows], x.dtype, meta: isMeta)
    let s = try Tensor.empty([rows], x.dtype, meta: isMeta)
    let source = x.packed()
    if !isMeta, count > 0 {
      LayerNormPlan.forward(source, w?.packed(), b?.packed(), y, m, s, n, eps)
    }
    let inputs = [x] + [w, b].compactMap { $0 }
    return Autograd.record("layer_norm", inputs, y) { g, _ throws(TensorError) in
      let all =
        Autograd.isRecording || isMeta || g.isMeta || x.count == 0
        ? try x.layerNormGradient(g, sizes, w, eps)
        : try LayerNormPlan.gradient(source, g.packed(), w?.packed(), m, s, sizes)
      return [all[0]] + (w == nil ? [] : [all[1]]) + (b == nil ? [] : [all[2]])
    }
  }

  private func layerNormGradient(_ g: Tensor, _ sizes: [Int], _ w: Tensor?, _ eps: Double)
    throws(TensorError) -> [Tensor?]
  {
    let axes = Array((rank - sizes.count)..<rank)
    let lead = Array(0..<(rank - sizes.count))
    let centred = try self - mean(axes, keepdim: true)
    let inverse = try ((centred * centred).mean(axes, keepdim: true) + number(eps)).rsqrt()
    let unit = try centred * inverse
    let scaled = try w.map { t throws(TensorError) in try g * t } ?? g
    let inner = try unit * (scaled * unit).mean(axes, keepdim: true)
    let dx = try (scaled - scaled.mean(axes, keepdim: true) - inner) * inverse
    return [
      dx, try (g * unit).sum(lead, keepdim: false), try g.sum(lead, keepdim: false),
    ]
  }

  /// Group norm over [N, C, …]: each image's channels in groups (Wu and He, 2018).
  package func groupNorm(_ groups: Int, weight: Tensor?, bias: Tensor?, eps: Double)
    throws(TensorError) -> Tensor
  {
    if rank < 2 || groups < 1 || groups > max(shape[1], 1) || shape[1] % groups != 0 {
      throw TensorError(
        rank < 2 ? "shape-mismatch" : "bad-argument",
        rank < 2
          ? "group_norm takes [batch, channels, …], got \(describeShape)"
          : "group_norm's num_groups must divide the \(shape[1]) channels, got \(groups)",
        argument: rank < 2 ? 0 : 1, labels: [(0, typeText)])
    }
    for (t, i, name) in [(weight, 2, "weight"), (bias, 3, "bias")] {
      if let t, t.shape != [shape[1]] {
        throw TensorError(
          "shape-mismatch",
          "group_norm needs a \(name) of shape [\(shape[1])], got \(t.describeShape)",
          argument: i, labels: [(0, typeText), (i, t.typeText)])
      }
    }
    let size = shape[0] == 0 ? 0 : count / (shape[0] * groups)
    var y = try floating()
    if count > 0 {
      y = try y.reshape([shape[0] * groups, size]).layerNorm(
        [size], weight: nil, bias: nil, eps: eps
      ).reshape(shape)
    }
    if let weight { y = try y * perChannel(weight) }
    if let bias { y = try y + perChannel(bias) }
    return y
  }
}

/// The fused kernels of batch norm, by dtype.
private struct BatchNormPlan {
  let batch: Int
  let channels: Int
  let pixels: Int

  init(_ x: Tensor) {
    batch = x.shape[0]
    channels = x.shape[1]
    pixels = x.shape.dropFirst(2).reduce(1, *)
  }

  private func kernels<V: SIMD>(_ type: V.Type) -> BatchNormKernels<V> {
    BatchNormKernels(batch: batch, channels: channels, pixels: pixels)
  }

  func sums(_ x: Tensor, _ y: Tensor) {
    if x.dtype == .f32 {
      kernels(F16.self).plainSums(x.pointer(Float.self), y.pointer(Float.self))
    } else {
      kernels(D8.self).plainSums(x.pointer(Double.self), y.pointer(Double.self))
    }
  }

  /// Statistics of the batch, and the numbers normalised by them.
  func train(
    _ x: Tensor, _ w: Tensor?, _ b: Tensor?, _ eps: Double, _ mean: Tensor, _ variance: Tensor,
    _ y: Tensor, _ relu: Bool
  ) {
    if x.dtype == .f32 {
      train(F16.self, x, w, b, eps, mean, variance, y, relu)
    } else {
      train(D8.self, x, w, b, eps, mean, variance, y, relu)
    }
  }

  private func train<V: SIMD>(
    _ type: V.Type, _ x: Tensor, _ w: Tensor?, _ b: Tensor?, _ eps: Double, _ mean: Tensor,
    _ variance: Tensor, _ y: Tensor, _ relu: Bool
  ) where V.Scalar: KernelScalar {
    typealias T = V.Scalar
    if pixels == 1 {
      kernels(type).columnStatistics(
        x.pointer(T.self), mean.pointer(T.self), variance.pointer(T.self))
      return normalise(type, x, mean, variance, w, b, eps, y)
    }
    kernels(type).train(
      x.pointer(T.self), w.map { UnsafePointer($0.pointer(T.self)) },
      b.map { UnsafePointer($0.pointer(T.self)) }, eps, mean.pointer(T.self),
      variance.pointer(T.self), y.pointer(T.self), relu: relu)
  }

  func normalise(
    _ x: Tensor, _ mean: Tensor, _ variance: Tensor, _ w: Tensor?, _ b: Tensor?, _ eps: Double,
    _ y: Tensor
  ) {
    if x.dtype == .f32 {
      normalise(F16.self, x, mean, variance, w, b, eps, y)
    } else {
      normalise(D8.self, x, mean, variance, w, b, eps, y)
    }
  }

  private func normalise<V: SIMD>(
    _ type: V.Type, _ x: Tensor, _ mean: Tensor, _ variance: Tensor, _ w: Tensor?, _ b: Tensor?,
    _ eps: Double, _ y: Tensor
  ) where V.Scalar: KernelScalar {
    typealias T = V.Scalar
    let v = variance.pointer(T.self)
    let scale = (0..<channels).map { c in
      T(1 / (Double(v[c]) + eps).squareRoot()) * (w?.pointer(T.self)[c] ?? 1)
    }
    let shift = (0..<channels).map { b?.pointer(T.self)[$0] ?? 0 }
    kernels(type).normalise(
      x.pointer(T.self), mean.pointer(T.self), scale, shift, y.pointer(T.self))
  }

  func gradient(
    _ x: Tensor, _ g: Tensor, _ mean: Tensor, _ variance: Tensor, _ w: Tensor?, _ eps: Double,
    _ y: Tensor?
  )
    throws(TensorError) -> [Tensor?]
  {
    if x.dtype == .f32 { return try gradient(F16.self, x, g, mean, variance, w, eps, y) }
    return try gradient(D8.self, x, g, mean, variance, w, eps, y)
  }

  private func gradient<V: SIMD>(
    _ type: V.Type, _ x: Tensor, _ g: Tensor, _ mean: Tensor, _ variance: Tensor, _ w: Tensor?,
    _ eps: Double, _ y: Tensor?
  ) throws(TensorError) -> [Tensor?] where V.Scalar: KernelScalar {
    typealias T = V.Scalar
    let dx = try Tensor.empty(x.shape, x.dtype)
    let dw = try Tensor.empty([channels], x.dtype)
    let db = try Tensor.empty([channels], x.dtype)
    let (p, u, m) = (x.pointer(T.self), g.pointer(T.self), mean.pointer(T.self))
    if pixels != 1 {
      kernels(type).backward(
        u, p, m, variance.pointer(T.self), w.map { UnsafePointer($0.pointer(T.self)) }, eps,
        dx.pointer(T.self), dw.pointer(T.self), db.pointer(T.self),
        relu: y.map { UnsafePointer($0.pointer(T.self)) })
      try Interrupt.check()
      return [dx, dw, db]
    }
    kernels(type).columnSums(u, p, m, db.pointer(T.self), dw.pointer(T.self))
    let count = Double(batch)
    var scale: [T] = []
    var plain: [T] = []
    var slope: [T] = []
    for c in 0..<channels {
      let inverse = 1 / (Double(variance.pointer(T.self)[c]) + eps).squareRoot()
      scale.append(T(inverse) * (w?.pointer(T.self)[c] ?? 1))
      plain.append(T(Double(db.pointer(T.self)[c]) / count))
      slope.append(T(Double(dw.pointer(T.self)[c]) / count * inverse * inverse))
      dw.pointer(T.self)[c] = T(Double(dw.pointer(T.self)[c]) * inverse)
    }
    kernels(type).columnGradient(u, p, m, scale, plain, slope, dx.pointer(T.self))
    return [dx, dw, db]
  }
}

/// The fused kernels of layer norm, by dtype.
private enum LayerNormPlan {
  static func forward(
    _ x: Tensor, _ w: Tensor?, _ b: Tensor?, _ y: Tensor, _ m: Tensor, _ s: Tensor, _ n: Int,
    _ eps: Double
  ) {
    if x.dtype == .f32 {
      forward(F16.self, x, w, b, y, m, s, n, eps)
    } else {
      forward(D8.self, x, w, b, y, m, s, n, eps)
    }
  }

  private static func forward<V: SIMD>(
    _ type: V.Type, _ x: Tensor, _ w: Tensor?, _ b: Tensor?, _ y: Tensor, _ m: Tensor,
    _ s: Tensor, _ n: Int, _ eps: Double
  ) where V.Scalar: KernelScalar {
    typealias T = V.Scalar
    LayerNormKernels<V>(rows: m.count, n: n, eps: eps).forward(
      x.pointer(T.self), w.map { UnsafePointer($0.pointer(T.self)) },
      b.map { UnsafePointer($0.pointer(T.self)) }, y.pointer(T.self), m.pointer(T.self),
      s.pointer(T.self))
  }

  static func gradient(
    _ x: Tensor, _ g: Tensor, _ w: Tensor?, _ m: Tensor, _ s: Tensor, _ sizes: [Int]
  ) throws(TensorError) -> [Tensor?] {
    if x.dtype == .f32 { return try gradient(F16.self, x, g, w, m, s, sizes) }
    return try gradient(D8.self, x, g, w, m, s, sizes)
  }

  private static func gradient<V: SIMD>(
    _ type: V.Type, _ x: Tensor, _ g: Tensor, _ w: Tensor?, _ m: Tensor, _ s: Tensor,
    _ sizes: [Int]
  ) throws(TensorError) -> [Tensor?] where V.Scalar: KernelScalar {
    typealias T = V.Scalar
    let dx = try Tensor.empty(x.shape, x.dtype)
    let dw = try Tensor.full(sizes, 0, x.dtype)
    let db = try Tensor.full(sizes, 0, x.dtype)
    LayerNormKernels<V>(rows: m.count, n: dw.count, eps: 0).backward(
      g.pointer(T.self), x.pointer(T.self), w.map { UnsafePointer($0.pointer(T.self)) },
      m.pointer(T.self), s.pointer(T.self), dx.pointer(T.self), dw.pointer(T.self),
      db.pointer(T.self))
    return [dx, dw, db]
  }
}
