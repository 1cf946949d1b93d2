// Transposed convolution: the map that a convolution's gradient is, as a layer of its own.

extension Tensor {
  /// conv_transpose1d and conv_transpose2d: input [N, I, …], weight [I, O / groups, …], bias [O].
  package func transposedConvolution(
    _ weight: Tensor, _ bias: Tensor?, _ options: ConvOptions, outputPadding: [Int], rank: Int
  ) throws(TensorError) -> Tensor {
    let word = "conv_transpose\(rank)d"
    let (images, isBatch) = try asImages(rank, word)
    let dtype = DType.promoted(images, try weight.floating())
    let y = try images.to(dtype)
    let w = try weight.asKernel(rank, word).to(dtype)
    try Tensor.checkGroups(options, w.shape[0], "in channels", word)
    if y.shape[1] != w.shape[0] {
      throw TensorError(
        "shape-mismatch",
        "\(word) takes \(w.shape[0]) channels, got \(y.shape[1]) in \(describeShape)", argument: 0,
        labels: [(0, describeShape), (1, weight.describeShape)])
    }
    let kernel = Array(w.shape[2...])
    if kernel.contains(0) {
      throw TensorError(
        "shape-mismatch", "\(word)'s kernel is empty", labels: [(1, weight.typeText)])
    }
    let slide = try options.sliding(kernel, rank, word)
    let extra = try Sliding.axes(outputPadding, 0, least: 0, "output_padding", word, rank, 5)
    let filters = w.shape[1] * options.groups
    let b = try Tensor.checkedBias(bias, filters, dtype, word)
    var sizes: [Int] = []
    for axis in 0..<2 {
      if extra[axis] > 0, extra[axis] >= max(slide.stride[axis], slide.dilation[axis]) {
        throw TensorError(
          "bad-argument",
          "\(word)'s output_padding must be smaller than stride or dilation, got \(extra[axis])",
          argument: 5)
      }
      let step = y.shape[2 + axis] - 1
      let (reach, overflow) = step.multipliedReportingOverflow(by: slide.stride[axis])
      let size =
        overflow || reach > 1 << 48
        ? 1 << 50
        : reach - slide.before[axis] - slide.after[axis]
          + slide.dilation[axis] * (kernel[axis] - 1) + extra[axis] + 1
      if size < 1 {
        throw TensorError(
          "shape-mismatch",
          "\(word) would make an empty result of \(describeShape) with padding \(slide.before[axis])",
          argument: 0, labels: [(0, describeShape), (1, weight.describeShape)])
      }
      sizes.append(size)
    }
    let g = ConvGeometry(
      batch: y.shape[0], channels: filters, height: sizes[0], width: sizes[1], filters: w.shape[0],
      kernel: kernel, slide: slide, groups: options.groups, outHeight: y.shape[2],
      outWidth: y.shape[3])
    var x = try Tensor.convolveInput(y, w, g)
    if let b { x = try x + b.reshape([1, filters, 1, 1]) }
    return try x.fromImages(rank, isBatch: isBatch)
  }
}
