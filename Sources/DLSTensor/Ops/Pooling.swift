// Pooling: the largest or the average of sliding windows, and averages to a given size.

/// What a pooling is asked to do, as scripts give it.
package struct PoolOptions: Sendable {
  package var kernel: [Int] = []
  package var stride: [Int]? = nil
  package var padding: [Int] = [0]
  package var dilation: [Int]? = nil
  package var ceil = false
  package var countIncludesPadding = true
  package var divisor: Int?
  package init() {}

  /// Kernel and windows over images, checked.
  func windows(_ x: Tensor, _ input: Tensor, _ rank: Int, _ word: String) throws(TensorError)
    -> PoolGeometry
  {
    var kernel = try Sliding.axes(self.kernel, 1, least: 1, "kernel_size", word, rank, 1)
    if rank == 1 { kernel[0] = 1 }
    var slide = Sliding()
    let steps = stride.flatMap { $0.isEmpty ? nil : $0 } ?? self.kernel
    slide.stride = try Sliding.axes(steps, 1, least: 1, "stride", word, rank, 2)
    slide.before = try Sliding.axes(padding, 0, least: 0, "padding", word, rank, 3)
    slide.after = slide.before
    slide.dilation = try Sliding.axes(dilation, 1, least: 1, "dilation", word, rank, 4)
    for axis in 0..<2 where slide.before[axis] > kernel[axis] / 2 {
      throw TensorError(
        "bad-argument",
        "\(word)'s padding must be at most half of the kernel: \(slide.before[axis]) and "
          + "\(kernel[axis])", argument: 3)
    }
    let g = PoolGeometry(
      planes: x.shape[0] * x.shape[1], height: x.shape[2], width: x.shape[3], kernel: kernel,
      slide: slide, outHeight: slide.windows(x.shape[2], kernel[0], 0, ceil: ceil),
      outWidth: slide.windows(x.shape[3], kernel[1], 1, ceil: ceil))
    if g.outHeight <= 0 || g.outWidth <= 0 {
      throw Tensor.kernelTooLarge(input, nil, slide, kernel, rank, word)
    }
    return g
  }
}

extension Tensor {
  /// max_pool1d and max_pool2d, with the positions in each plane as PyTorch gives them.
  package func maxPool(_ options: PoolOptions, rank: Int) throws(TensorError)
    -> (values: Tensor, indices: () throws(TensorError) -> Tensor)
  {
    let word = "max_pool\(rank)d"
    let (x, isBatch) = try asImages(rank, word)
    let g = try options.windows(x, self, rank, word)
    let shape = [x.shape[0], x.shape[1], g.outHeight, g.outWidth]
    if g.isPairs, x.dtype == .f32, !x.isMeta, x.count > 0 {
      let (y, at) = try x.pairPool(g, shape)
      return (
        try y.fromImages(rank, isBatch: isBatch),
        { () throws(TensorError) in try at().fromImages(rank, isBatch: isBatch) }
      )
    }
    let y = try Tensor.empty(shape, x.dtype, meta: x.isMeta)
    let at = try Tensor.empty(shape, .i64, meta: x.isMeta)
    if !y.isMeta, y.count > 0 {
      let source = x.packed()
      if x.dtype == .f32, WindowPoolKernels.takes(g) {
        WindowPoolKernels(g: g).forward(
          source.pointer(Float.self), y.pointer(Float.self), at.pointer(Int.self))
      } else if x.dtype == .f32 {
        PoolKernels.largest(
          source.pointer(Float.self), y.pointer(Float.self), at.pointer(Int.self), g)
      } else {
        PoolKernels.largest(
          source.pointer(Double.self), y.pointer(Double.self), at.pointer(Int.self), g)
      }
      try Interrupt.check()
    }
    let plane = [x.shape[2], x.shape[3]]
    let values = Autograd.record("max_pool", [x], y) { u, _ throws(TensorError) in
      [try u.put(at, plane)]
    }
    return (
      try values.fromImages(rank, isBatch: isBatch),
      { () throws(TensorError) in try at.fromImages(rank, isBatch: isBatch) }
    )
  }

  /// 2x2 windows that do not overlap. Positions are made of the choices only when they are asked for.
  private func pairPool(_ g: PoolGeometry, _ shape: [Int]) throws(TensorError)
    -> (Tensor, () throws(TensorError) -> Tensor)
  {
    let kernels = PairPoolKernels(planes: g.planes, height: g.height, width: g.width)
    let y = try Tensor.empty(shape, .f32)
    let choices = try PairChoices(y.count)
    let source = packed()
    kernels.forward(source.pointer(Float.self), y.pointer(Float.self), choices.codes)
    withExtendedLifetime(source) {}
    try Interrupt.check()
    func positions() throws(TensorError) -> Tensor {
      let at = try Tensor.empty(shape, .i64)
      kernels.positions(choices.codes, at.pointer(Int.self))
      return at
    }
    let (whole, plane) = (self.shape, [g.height, g.width])
    let values = Autograd.record("max_pool", [self], y) { u, _ throws(TensorError) in
      if Autograd.isRecording || u.dtype != .f32 { return [try u.put(positions(), plane)] }
      let x = try Tensor.empty(whole, .f32)
      let given = u.packed()
      kernels.backward(given.pointer(Float.self), choices.codes, x.pointer(Float.self))
      withExtendedLifetime(given) {}
      return [x]
    }
    return (values, positions)
  }

  /// Zeros [N, C, plane] with this tensor's elements added at positions of their planes.
  private func put(_ at: Tensor, _ plane: [Int]) throws(TensorError) -> Tensor {
    let x = try Tensor.full(
      [shape[0], shape[1]] + plane, 0, dtype, meta: isMeta || at.isMeta)
    if !x.isMeta, count > 0 {
      let y = packed()
      let sizes = (shape[0] * shape[1], plane[0] * plane[1], shape[2] * shape[3])
      if dtype == .f32 {
        PoolKernels.put(
          y.pointer(Float.self), at.pointer(Int.self), x.pointer(Float.self), sizes.0, sizes.1,
          sizes.2)
      } else {
        PoolKernels.put(
          y.pointer(Double.self), at.pointer(Int.self), x.pointer(Double.self), sizes.0, sizes.1,
          sizes.2)
      }
    }
    return Autograd.record("max_pool'", [self], x) { u, _ throws(TensorError) in [try u.take(at)] }
  }

  /// The elements at positions of their planes.
  private func take(_ at: Tensor) throws(TensorError) -> Tensor {
    let y = try Tensor.empty(at.shape, dtype, meta: isMeta || at.isMeta)
    if !y.isMeta, y.count > 0 {
      let x = packed()
      let sizes = (shape[0] * shape[1], shape[2] * shape[3], at.shape[2] * at.shape[3])
      if dtype == .f32 {
        PoolKernels.take(
          x.pointer(Float.self), at.pointer(Int.self), y.pointer(Float.self), sizes.0, sizes.1,
          sizes.2)
      } else {
        PoolKernels.take(
          x.pointer(Double.self), at.pointer(Int.self), y.pointer(Double.self), sizes.0, sizes.1,
          sizes.2)
      }
    }
    let plane = [shape[2], shape[3]]
    return Autograd.record("take", [self], y) { u, _ throws(TensorError) in
      [try u.put(at, plane)]
    }
  }

  /// avg_pool1d and avg_pool2d.
  package func averagePool(_ options: PoolOptions, rank: Int) throws(TensorError) -> Tensor {
    let word = "avg_pool\(rank)d"
    let (x, isBatch) = try asImages(rank, word)
    let g = try options.windows(x, self, rank, word)
    if let divisor = options.divisor, divisor == 0 {
      throw TensorError("bad-argument", "\(word)'s divisor_override cannot be 0", argument: 6)
    }
    func axis(_ size: Int, _ count: Int, _ a: Int) -> AverageAxis {
      var result = AverageAxis(from: [], to: [], size: [])
      for o in 0..<count {
        let start = o * g.slide.stride[a] - g.slide.before[a]
        let end = min(start + g.kernel[a], size + g.slide.before[a])
        let (from, to) = (max(start, 0), min(end, size))
        result.from.append(min(from, to))
        result.to.append(to)
        result.size.append(options.countIncludesPadding ? end - start : to - min(from, to))
      }
      return result
    }
    let y = try x.averaged(
      axis(g.height, g.outHeight, 0), axis(g.width, g.outWidth, 1), options.divisor)
    return try y.fromImages(rank, isBatch: isBatch)
  }

  /// Averages over windows that share the input out among a given number of results.
  package func adaptiveAveragePool(_ sizes: [Int?], rank: Int) throws(TensorError) -> Tensor {
    let word = "adaptive_avg_pool\(rank)d"
    let (x, isBatch) = try asImages(rank, word)
    var wanted = sizes.count == 1 && rank == 2 ? [sizes[0], sizes[0]] : sizes
    if rank == 1 { wanted = [1] + wanted }
    if wanted.count != 2 {
      throw TensorError(
        "bad-argument", "\(word)'s output_size is one number or \(rank)", argument: 1)
    }
    var axes: [AverageAxis] = []
    for a in 0..<2 {
      let size = x.shape[2 + a]
      let count = wanted[a] ?? size
      if count < 1 {
        throw TensorError(
          "bad-argument", "\(word)'s output_size must be at least 1, got \(count)", argument: 1)
      }
      if size == 0 {
        throw TensorError(
          "shape-mismatch", "\(word) needs an input that is not empty, got \(describeShape)",
          argument: 0)
      }
      if count > 1 << 24 {
        throw TensorError(
          "bad-size", "\(word)'s output_size is too large: \(count)", argument: 1)
      }
      _ = try Tensor.count(of: [count + 1, size])
      let from = (0..<count).map { $0 * size / count }
      let to = (0..<count).map { (($0 + 1) * size + count - 1) / count }
      axes.append(AverageAxis(from: from, to: to, size: zip(from, to).map { $1 - $0 }))
    }
    return try x.averaged(axes[0], axes[1], nil).fromImages(rank, isBatch: isBatch)
  }

  private func averaged(_ rows: AverageAxis, _ columns: AverageAxis, _ divisor: Int?)
    throws(TensorError) -> Tensor
  {
    let y = try Tensor.empty(
      [shape[0], shape[1], rows.from.count, columns.from.count], dtype, meta: isMeta)
    let (planes, height, width) = (shape[0] * shape[1], shape[2], shape[3])
    if !y.isMeta, y.count > 0 {
      let x = packed()
      if dtype == .f32 {
        AverageKernels<Float>(
          planes: planes, height: height, width: width, rows: rows, columns: columns,
          divisor: divisor
        ).average(x.pointer(Float.self), y.pointer(Float.self))
      } else {
        AverageKernels<Double>(
          planes: planes, height: height, width: width, rows: rows, columns: columns,
          divisor: divisor
        ).average(x.pointer(Double.self), y.pointer(Double.self))
      }
    }
    return Autograd.record("avg_pool", [self], y) { u, _ throws(TensorError) in
      [try u.spread(rows, columns, divisor, height, width)]
    }
  }

  private func spread(
    _ rows: AverageAxis, _ columns: AverageAxis, _ divisor: Int?, _ height: Int, _ width: Int
  ) throws(TensorError) -> Tensor {
    let x = try Tensor.full([shape[0], shape[1], height, width], 0, dtype, meta: isMeta)
    if !x.isMeta, count > 0 {
      let planes = shape[0] * shape[1]
      let y = packed()
      if dtype == .f32 {
        AverageKernels<Float>(
          planes: planes, height: height, width: width, rows: rows, columns: columns,
          divisor: divisor
        ).spread(y.pointer(Float.self), x.pointer(Float.self))
      } else {
        AverageKernels<Double>(
          planes: planes, height: height, width: width, rows: rows, columns: columns,
          divisor: divisor
        ).spread(y.pointer(Double.self), x.pointer(Double.self))
      }
    }
    return Autograd.record("avg_pool'", [self], x) { u, _ throws(TensorError) in
      [try u.averaged(rows, columns, divisor)]
    }
  }
}
