// Images in other sizes: each axis takes one or two neighbours with weights.

/// For every result along an axis: its two neighbours and the second one's share.
struct ResampleAxis {
  var low: [Int] = []
  var high: [Int] = []
  var share: [Double] = []

  /// PyTorch's coordinates; `ratio` is input steps a result step.
  init(_ size: Int, _ count: Int, ratio: Double, isLinear: Bool, alignsCorners: Bool) {
    for i in 0..<count {
      if !isLinear {
        let at = min(Convert.whole((Double(i) * ratio).rounded(.down)), size - 1)
        low.append(at)
        high.append(at)
        share.append(0)
        continue
      }
      let place =
        alignsCorners
        ? (count > 1 ? Double(i) * Double(size - 1) / Double(count - 1) : 0)
        : max((Double(i) + 0.5) * ratio - 0.5, 0)
      let at = min(Convert.whole(place.rounded(.down)), size - 1)
      low.append(at)
      high.append(min(at + 1, size - 1))
      share.append(place - Double(at))
    }
  }
}

/// [outer, size, inner] to [outer, count, inner], and the adjoint.
private struct ResampleKernels<T: KernelScalar> {
  let axis: ResampleAxis
  let outer: Int
  let size: Int
  let inner: Int

  func forward(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>) {
    let count = axis.low.count
    Parallel.forEach(outer, grain: max(1, elementGrain / max(count * inner, 1))) { begin, end in
      for o in begin..<end {
        if Interrupt.isSet { return }
        for i in 0..<count {
          let a = x + (o * size + axis.low[i]) * inner
          let b = x + (o * size + axis.high[i]) * inner
          let to = y + (o * count + i) * inner
          let t = T(axis.share[i])
          if t == 0 {
            for k in 0..<inner { to[k] = a[k] }
          } else {
            for k in 0..<inner { to[k] = a[k] * (1 - t) + b[k] * t }
          }
        }
      }
    }
  }

  /// x is zero before.
  func backward(_ y: UnsafePointer<T>, _ x: UnsafeMutablePointer<T>) {
    let count = axis.low.count
    Parallel.forEach(outer, grain: max(1, elementGrain / max(count * inner, 1))) { begin, end in
      for o in begin..<end {
        if Interrupt.isSet { return }
        for i in 0..<count {
          let a = x + (o * size + axis.low[i]) * inner
          let b = x + (o * size + axis.high[i]) * inner
          let from = y + (o * count + i) * inner
          let t = T(axis.share[i])
          for k in 0..<inner { a[k] += from[k] * (1 - t) }
          if t != 0 { for k in 0..<inner { b[k] += from[k] * t } }
        }
      }
    }
  }
}

extension Tensor {
  /// Images [N, C, …] in another size: nearest, linear (1-d), bilinear (2-d) or area.
  package func interpolated(
    size: [Int]?, factor: [Double]?, mode: String, alignCorners: Bool?
  ) throws(TensorError) -> Tensor {
    let spatial = rank - 2
    if spatial < 1 {
      throw TensorError(
        "shape-mismatch", "interpolate takes [N, C, L] or [N, C, H, W], got \(describeShape)",
        argument: 0, labels: [(0, typeText)],
        help: rank == 2 ? ["`{0}[none, none]` has shape [1, 1, \(shape[0]), \(shape[1])]"] : [])
    }
    let linear = ["linear": 1, "bilinear": 2]
    guard mode == "nearest" || mode == "area" || linear[mode] != nil else {
      throw TensorError(
        "bad-argument", "interpolate's mode is nearest, linear, bilinear or area, not \"\(mode)\"",
        argument: 3)
    }
    if let need = linear[mode], need != spatial {
      throw TensorError(
        "bad-argument", "mode=\"\(mode)\" takes \(need + 2) dimensions, got \(describeShape)",
        argument: 0, labels: [(0, typeText)])
    }
    if alignCorners != nil, linear[mode] == nil {
      throw TensorError(
        "bad-argument", "align_corners goes with linear and bilinear only", argument: 4)
    }
    guard (size == nil) != (factor == nil) else {
      throw TensorError(
        "bad-argument", "interpolate needs either size or scale_factor", argument: 1)
    }
    let given = size?.count ?? factor?.count ?? 0
    if given != 1, given != spatial {
      throw TensorError(
        "bad-argument", "interpolate needs one number or \(spatial), got \(given)",
        argument: size == nil ? 2 : 1)
    }
    var counts: [Int] = []
    for axis in 0..<spatial {
      let own = shape[2 + axis]
      var wanted = Double(size.map { $0[given == 1 ? 0 : axis] } ?? 0)
      if let factor { wanted = (Double(own) * factor[given == 1 ? 0 : axis]).rounded(.down) }
      if own < 1 || !(wanted >= 1) || wanted > 0x1p24 {
        throw TensorError(
          "bad-argument",
          "interpolate cannot make \(NumberText.shortest(wanted)) of a size of \(own)",
          argument: size == nil ? 2 : 1, labels: [(0, typeText)])
      }
      counts.append(Int(wanted))
    }
    _ = try Tensor.count(of: Array(shape.prefix(2)) + counts)
    var y = try floating()
    if mode == "area" {
      return try y.adaptiveAveragePool(counts.map { $0 }, rank: spatial)
    }
    for axis in 0..<spatial {
      let own = shape[2 + axis]
      let ratio =
        factor.map { 1 / $0[given == 1 ? 0 : axis] } ?? (Double(own) / Double(counts[axis]))
      y = try y.resampled(
        2 + axis,
        ResampleAxis(
          own, counts[axis], ratio: ratio, isLinear: mode != "nearest",
          alignsCorners: alignCorners ?? false))
    }
    return y
  }

  private func resampled(_ axis: Int, _ plan: ResampleAxis) throws(TensorError) -> Tensor {
    var sizes = shape
    sizes[axis] = plan.low.count
    let y = try Tensor.empty(sizes, dtype, meta: isMeta)
    let own = shape[axis]
    if !y.isMeta, y.count > 0 {
      let x = packed()
      let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
      if dtype == .f32 {
        ResampleKernels<Float>(axis: plan, outer: outer, size: own, inner: inner).forward(
          x.pointer(Float.self), y.pointer(Float.self))
      } else {
        ResampleKernels<Double>(axis: plan, outer: outer, size: own, inner: inner).forward(
          x.pointer(Double.self), y.pointer(Double.self))
      }
      try Interrupt.check()
    }
    return Autograd.record("interpolate", [self], y) { g, _ throws(TensorError) in
      [try g.resampledBack(axis, own, plan)]
    }
  }

  private func resampledBack(_ axis: Int, _ own: Int, _ plan: ResampleAxis) throws(TensorError)
    -> Tensor
  {
    var sizes = shape
    sizes[axis] = own
    let x = try Tensor.full(sizes, 0, dtype, meta: isMeta)
    if !x.isMeta, count > 0 {
      let y = packed()
      let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
      if dtype == .f32 {
        ResampleKernels<Float>(axis: plan, outer: outer, size: own, inner: inner).backward(
          y.pointer(Float.self), x.pointer(Float.self))
      } else {
        ResampleKernels<Double>(axis: plan, outer: outer, size: own, inner: inner).backward(
          y.pointer(Double.self), x.pointer(Double.self))
      }
      try Interrupt.check()
    }
    return Autograd.record("interpolate'", [self], x) { u, _ throws(TensorError) in
      [try u.resampled(axis, plan)]
    }
  }
}
