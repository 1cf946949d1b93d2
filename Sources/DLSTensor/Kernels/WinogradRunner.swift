// Winograd's convolution over the threads: which sizes take it, and who does which block.

/// Memory for kernels, from the pool.
private func scratch(_ floats: Int, _ workers: Int = 1) throws(TensorError) -> Tensor {
  try Tensor.empty([workers, floats], .f32)
}

enum WinogradRunner {
  private static let leastTiles = 128

  /// 3x3 kernels, one step at a time, over enough channels and tiles that products outweigh
  /// transforms: of the images and outputs, and of the filters.
  static func takes(_ g: ConvGeometry, _ dtype: DType) -> Bool {
    dtype == .f32 && g.kernel == [3, 3] && g.slide.stride == [1, 1] && g.slide.dilation == [1, 1]
      && g.groups == 1 && g.slide.before[0] <= 2 && g.slide.before[1] <= 2 && g.channels >= 8
      && g.filters >= 8 && g.outWidth >= 2 && g.height > 0 && g.width > 0
      && g.batch * ((g.outHeight + 1) / 2) * ((g.outWidth + 1) / 2) >= leastTiles
  }

  /// y = w * x + bias.
  static func forward(_ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ y: Tensor, _ g: ConvGeometry)
    throws(TensorError)
  {
    let k = WinogradKernels(
      batch: g.batch, channels: g.channels, height: g.height, width: g.width, filters: g.filters,
      padTop: g.slide.before[0], padLeft: g.slide.before[1], outHeight: g.outHeight,
      outWidth: g.outWidth)
    try run(k, x, w, bias, y, flipped: false)
  }

  /// The input's gradient: the same with the kernel turned around and channels exchanged.
  static func input(_ y: Tensor, _ w: Tensor, _ x: Tensor, _ g: ConvGeometry) throws(TensorError) {
    let k = WinogradKernels(
      batch: g.batch, channels: g.filters, height: g.outHeight, width: g.outWidth,
      filters: g.channels, padTop: 2 - g.slide.before[0], padLeft: 2 - g.slide.before[1],
      outHeight: g.height, outWidth: g.width)
    try run(k, y, w, nil, x, flipped: true)
  }

  /// Many channels: the threads share a block of images and part the filters. Else each thread has
  /// blocks of its own, which stay in its L2.
  private static func sharesBlocks(_ k: WinogradKernels) -> Bool {
    k.channels * k.filters > 128 * 128 || k.batch * k.tileRows < 2 * k.blockRows
  }

  private static func run(
    _ k: WinogradKernels, _ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ y: Tensor, flipped: Bool
  ) throws(TensorError) {
    let workers = Parallel.threads
    let shares = sharesBlocks(k)
    let filters = try scratch(k.filterSize)
    let images = try scratch(k.imageScratch + 16, shares ? 1 : workers)
    let products = try scratch(k.productScratch + 16, workers)
    let rows = try scratch(k.rowScratch + 16, workers)
    let (xp, wp, yp) = (x.pointer(Float.self), w.pointer(Float.self), y.pointer(Float.self))
    let (u, v) = (filters.pointer(Float.self), images.pointer(Float.self))
    let (m, r) = (products.pointer(Float.self), rows.pointer(Float.self))
    let b = bias.map { UnsafePointer($0.pointer(Float.self)) }
    Parallel.forEach(k.filterBlocks, grain: max(1, 1 << 11 / max(k.channels, 1))) { begin, end in
      k.transformFilters(wp, flipped: flipped, u, begin, end)
    }
    let total = k.batch * k.tileRows

    func finish(
      _ block: Int, _ from: Int, _ to: Int, _ limit: Int, _ v: UnsafePointer<Float>, _ slot: Int
    ) {
      let own = m + slot * (k.productScratch + 16)
      k.multiply(u, block, v, own, (to - from) * k.tileColumns)
      k.transformOutputs(own, block, from, to, limit, b, yp)
    }

    if !shares {
      Parallel.slots(total, workers) { slot, begin, end in
        let own = v + slot * (k.imageScratch + 16)
        for from in stride(from: begin, to: end, by: k.blockRows) {
          if Interrupt.isSet { return }
          let to = min(end, from + k.blockRows)
          k.transformImages(xp, from, to, from, own, r + slot * (k.rowScratch + 16))
          for block in 0..<k.filterBlocks { finish(block, from, to, end, own, slot) }
        }
      }
    } else {
      for from in stride(from: 0, to: total, by: k.blockRows) {
        if Interrupt.isSet { return }
        let to = min(total, from + k.blockRows)
        Parallel.slots(k.channels, workers) { slot, begin, end in
          k.transformImages(
            xp, from, to, from, v, r + slot * (k.rowScratch + 16), channels: begin..<end)
        }
        Parallel.slots(k.filterBlocks, workers) { slot, begin, end in
          for block in begin..<end { finish(block, from, to, total, v, slot) }
        }
      }
    }
    withExtendedLifetime((filters, images, products, rows)) {}
  }

  /// The weight's gradient.
  static func weight(_ x: Tensor, _ y: Tensor, _ w: Tensor, _ g: ConvGeometry) throws(TensorError) {
    let k = WinogradKernels(
      batch: g.batch, channels: g.channels, height: g.height, width: g.width, filters: g.filters,
      padTop: g.slide.before[0], padLeft: g.slide.before[1], outHeight: g.outHeight,
      outWidth: g.outWidth)
    let workers = Parallel.threads
    let shares = sharesBlocks(k)
    let copies = shares ? 1 : workers
    let images = try scratch(k.turnedScratch, copies)
    let gradients = try scratch(k.gradientScratch, copies)
    // Blocks that are shared overwrite at first; blocks of one's own are added up from zero.
    let sums =
      shares ? try scratch(k.sumScratch) : try Tensor.full([copies, k.sumScratch], 0, .f32)
    let turns = try scratch(k.turnScratch, workers)
    let (xp, yp, wp) = (x.pointer(Float.self), y.pointer(Float.self), w.pointer(Float.self))
    let (v, d) = (images.pointer(Float.self), gradients.pointer(Float.self))
    let (s, t) = (sums.pointer(Float.self), turns.pointer(Float.self))
    let total = k.batch * k.tileRows
    if total == 0 { return w.fill(0) }
    if !shares {
      Parallel.slots(total, workers) { slot, begin, end in
        let (own, turn) = (v + slot * k.turnedScratch, t + slot * k.turnScratch)
        let mine = d + slot * k.gradientScratch
        for from in stride(from: begin, to: end, by: k.blockRows) {
          if Interrupt.isSet { return }
          let to = min(end, from + k.blockRows)
          k.transformTurned(xp, from, to, from, own, turn)
          k.transformGradients(yp, from, to, from, mine, turn)
          k.accumulate(
            mine, own, s + slot * k.sumScratch, (to - from) * k.tileColumns, 0, 16)
        }
      }
      for slot in 1..<max(copies, 1) {
        let part = s + slot * k.sumScratch
        for i in 0..<k.sumScratch { s[i] += part[i] }
      }
    } else {
      for from in stride(from: 0, to: total, by: k.blockRows) {
        if Interrupt.isSet { return }
        let to = min(total, from + k.blockRows)
        Parallel.slots(to - from, workers) { slot, begin, end in
          let turn = t + slot * k.turnScratch
          k.transformTurned(xp, from + begin, from + end, from, v, turn)
          k.transformGradients(yp, from + begin, from + end, from, d, turn)
        }
        Parallel.slots(16, workers) { _, begin, end in
          k.accumulate(d, v, s, (to - from) * k.tileColumns, begin, end, adds: from > 0)
        }
      }
    }
    Parallel.slots(k.filters, workers) { _, begin, end in k.weightGradient(s, wp, begin, end) }
    withExtendedLifetime((images, gradients, sums, turns)) {}
  }
}
