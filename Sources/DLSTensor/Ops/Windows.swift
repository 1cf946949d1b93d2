// Sliding windows: views of overlapping parts, and what adds their gradients up again.

extension Tensor {
  /// Windows of `size` elements, `spacing` apart, begun every `step`, as a new last dim: a view.
  package func windows(axis: Int, size: Int, step: Int, spacing: Int = 1) throws(TensorError)
    -> Tensor
  {
    if size < 1 || step < 1 || spacing < 1 {
      throw TensorError("bad-argument", "windows need a size and steps of at least 1")
    }
    let whole = shape[axis]
    let (far, overflow) = (size - 1).multipliedReportingOverflow(by: spacing)
    let reach = overflow ? 1 << 48 : min(far, 1 << 48)
    if reach >= whole {
      throw TensorError(
        "shape-mismatch",
        "a window over \(reach + 1) elements does not fit dim \(axis) of size \(whole)",
        argument: 0, labels: [(0, typeText)])
    }
    var (sizes, steps) = (shape, strides)
    sizes[axis] = (whole - reach - 1) / step + 1
    steps[axis] *= min(step, whole)
    sizes.append(size)
    steps.append(strides[axis] * spacing)
    let shape = self.shape
    return Autograd.record("windows", [self], view(sizes, steps)) { g, _ throws(TensorError) in
      [try g.unwindowed(into: shape, axis: axis, step: step, spacing: spacing)]
    }
  }

  /// Zeros of a shape with every window's elements added where `windows` would take them from.
  func unwindowed(into whole: [Int], axis: Int, step: Int, spacing: Int) throws(TensorError)
    -> Tensor
  {
    let y = try Tensor.full(whole, 0, dtype, meta: isMeta)
    let size = shape[rank - 1]
    if !isMeta, count > 0 {
      var steps = y.strides
      steps[axis] *= min(step, whole[axis])
      let sizes = Array(shape.dropLast())
      for k in 0..<size {
        try Interrupt.check()
        let target = y.view(sizes, steps, offset: y.offset + k * spacing * y.strides[axis])
        let part = view(
          sizes, Array(strides.dropLast()), offset: offset + k * strides[rank - 1])
        Strided.add(part, to: target)
      }
    }
    return Autograd.record("unwindow", [self], y) { g, _ throws(TensorError) in
      [try g.windows(axis: axis, size: size, step: step, spacing: spacing)]
    }
  }

  /// im2col: the patches of [n, c, h, w] as columns, [n, c · kh · kw, patches].
  package func unfold(_ kernel: [Int], _ dilation: [Int], _ padding: [Int], _ stride: [Int])
    throws(TensorError) -> Tensor
  {
    if rank == 3 { return try unsqueeze(0).unfold(kernel, dilation, padding, stride).squeeze([0]) }
    if rank != 4 {
      throw TensorError(
        "shape-mismatch", "`unfold` needs [n, channels, height, width], got \(describeShape)",
        argument: 0, labels: [(0, describeShape)])
    }
    if padding.contains(where: { $0 < 0 || $0 > 1 << 30 }) {
      throw TensorError("bad-argument", "padding cannot be negative", argument: 3)
    }
    let p = padding
    let padded =
      p == [0, 0] ? self : try self.padded([p[1], p[1], p[0], p[0]], "constant", 0)
    let rows = try padded.windows(axis: 2, size: kernel[0], step: stride[0], spacing: dilation[0])
    let all = try rows.windows(axis: 3, size: kernel[1], step: stride[1], spacing: dilation[1])
    let s = all.shape
    return try all.permute([0, 1, 4, 5, 2, 3]).reshape([s[0], s[1] * s[4] * s[5], s[2] * s[3]])
  }

  /// Grids of coordinates from vectors: for "ij" the first varies along dim 0, for "xy" along dim 1.
  package static func meshgrid(_ vectors: [Tensor], _ indexing: String) throws(TensorError)
    -> [Tensor]
  {
    guard indexing == "ij" || indexing == "xy" else {
      throw TensorError("bad-argument", "meshgrid's indexing is \"ij\" or \"xy\"", argument: 1)
    }
    for (i, v) in vectors.enumerated() where v.rank > 1 {
      throw TensorError(
        "shape-mismatch", "`meshgrid` takes vectors, got \(v.typeText)", argument: i)
    }
    let swaps = indexing == "xy" && vectors.count > 1
    var order = Array(vectors.indices)
    if swaps { order.swapAt(0, 1) }
    let shape = order.map { vectors[$0].count }
    var grids: [Tensor] = []
    for (i, v) in vectors.enumerated() {
      var own = [Int](repeating: 1, count: vectors.count)
      own[swaps && i < 2 ? 1 - i : i] = v.count
      grids.append(try v.reshape(own).expand(shape))
    }
    return grids
  }
}
