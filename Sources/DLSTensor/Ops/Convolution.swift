// Convolution and its two adjoints, each the other's gradient, so that all can be differentiated
// again: y = w * x, x from y and w, and w from x and y.

/// What a convolution is asked to do, as scripts give it.
package struct ConvOptions: Sendable {
  package enum Padding: Sendable {
    case sizes([Int])
    case same
    case valid
  }
  package var stride: [Int]? = nil
  package var padding = Padding.sizes([0])
  package var dilation: [Int]? = nil
  package var groups = 1
  /// Positions of stride, padding, dilation and groups among the word's parameters, for errors.
  package var arguments = (stride: 3, padding: 4, dilation: 5, groups: 6)
  package init() {}

  /// The windows of a kernel along `rank` axes.
  func sliding(_ kernel: [Int], _ rank: Int, _ word: String) throws(TensorError) -> Sliding {
    var slide = Sliding()
    slide.stride = try Sliding.axes(stride, 1, least: 1, "stride", word, rank, arguments.stride)
    slide.dilation = try Sliding.axes(
      dilation, 1, least: 1, "dilation", word, rank, arguments.dilation)
    switch padding {
    case .valid: break
    case .sizes(let sizes):
      slide.before = try Sliding.axes(
        sizes, 0, least: 0, "padding", word, rank, arguments.padding)
      slide.after = slide.before
    case .same:
      if slide.stride != [1, 1] {
        throw TensorError(
          "bad-argument", "\(word)'s padding=\"same\" needs stride 1", argument: arguments.padding)
      }
      for axis in 0..<2 {
        let total = slide.dilation[axis] * (kernel[axis] - 1)
        slide.before[axis] = total / 2
        slide.after[axis] = total - total / 2
      }
    }
    return slide
  }
}

extension Tensor {
  /// conv1d and conv2d: input [N, C, …], weight [O, C / groups, …], bias [O].
  package func convolution(_ weight: Tensor, _ bias: Tensor?, _ options: ConvOptions, rank: Int)
    throws(TensorError) -> Tensor
  {
    let word = "conv\(rank)d"
    let (images, isBatch) = try asImages(rank, word)
    let dtype = DType.promoted(images, try weight.floating())
    let x = try images.to(dtype)
    let w = try weight.asKernel(rank, word).to(dtype)
    try Tensor.checkGroups(options, w.shape[0], "out channels", word)
    let channels = w.shape[1] * options.groups
    if x.shape[1] != channels {
      throw channelMismatch(word, channels, rank, weight)
    }
    let kernel = Array(w.shape[2...])
    if kernel.contains(0) {
      throw TensorError(
        "shape-mismatch", "\(word)'s kernel is empty", labels: [(1, weight.typeText)])
    }
    let slide = try options.sliding(kernel, rank, word)
    let b = try Tensor.checkedBias(bias, w.shape[0], dtype, word)
    let g = ConvGeometry(
      batch: x.shape[0], channels: channels, height: x.shape[2], width: x.shape[3],
      filters: w.shape[0], kernel: kernel, slide: slide, groups: options.groups,
      outHeight: slide.windows(x.shape[2], kernel[0], 0),
      outWidth: slide.windows(x.shape[3], kernel[1], 1))
    if g.outHeight == 0 || g.outWidth == 0 {
      throw Tensor.kernelTooLarge(self, weight, slide, kernel, rank, word)
    }
    let y = try Tensor.convolve(x, w, b, g)
    return try y.fromImages(rank, isBatch: isBatch)
  }

  /// [O, C, L] as [O, C, 1, L].
  func asKernel(_ rank: Int, _ word: String) throws(TensorError) -> Tensor {
    if self.rank != rank + 2 {
      throw TensorError(
        "shape-mismatch",
        "\(word) needs a weight of \(rank + 2) dimensions, got \(describeShape)", argument: 1,
        labels: [(1, typeText)])
    }
    let w = try floating()
    return rank == 1 ? try w.unsqueeze(2) : w
  }

  static func checkGroups(_ options: ConvOptions, _ filters: Int, _ what: String, _ word: String)
    throws(TensorError)
  {
    if options.groups < 1 || filters % max(options.groups, 1) != 0 || options.groups > 1 << 31 {
      throw TensorError(
        "bad-argument",
        "\(word)'s groups must divide the \(filters) \(what), got \(options.groups)",
        argument: options.arguments.groups)
    }
  }

  static func checkedBias(_ bias: Tensor?, _ filters: Int, _ dtype: DType, _ word: String)
    throws(TensorError) -> Tensor?
  {
    guard let bias else { return nil }
    if bias.shape != [filters] {
      throw TensorError(
        "shape-mismatch", "\(word) needs a bias of shape [\(filters)], got \(bias.describeShape)",
        argument: 2, labels: [(2, bias.typeText)])
    }
    return try bias.to(dtype)
  }

  private func channelMismatch(_ word: String, _ channels: Int, _ rank: Int, _ weight: Tensor)
    -> TensorError
  {
    var help: [String] = []
    if self.rank == rank + 1, channels == 1 {
      help = [
        "a batch without its channel: `{0}.unsqueeze(1)` has shape "
          + Tensor.describe([shape[0], 1] + shape[1...])
      ]
    } else if self.rank == rank + 2, shape[self.rank - 1] == channels {
      let order = [0, rank + 1] + Array(1...rank)
      help = [
        "channels come before height and width: `{0}.permute(\(order.map(String.init).joined(separator: ", ")))`"
      ]
    }
    return TensorError(
      "shape-mismatch",
      "\(word) takes \(channels) channel\(channels == 1 ? "" : "s"), got \(shape[self.rank - rank - 1]) in \(describeShape)",
      argument: 0, labels: [(0, describeShape), (1, weight.describeShape)], help: help)
  }

  static func kernelTooLarge(
    _ input: Tensor, _ weight: Tensor?, _ slide: Sliding, _ kernel: [Int], _ rank: Int,
    _ word: String
  ) -> TensorError {
    let axes = rank == 1 ? [1] : [0, 1]
    let padded = axes.map {
      input.shape[input.rank - 2 + $0] + slide.before[$0] + slide.after[$0]
    }
    let reach = axes.map { slide.dilation[$0] * (kernel[$0] - 1) + 1 }
    return TensorError(
      "shape-mismatch",
      "\(word)'s kernel \(describe(reach)) is larger than the padded input \(describe(padded))",
      argument: 0,
      labels: [(0, input.describeShape)] + (weight.map { [(1, $0.describeShape)] } ?? []),
      help: ["pad the input, `padding=\(reach[reach.count - 1] / 2)`, or take a smaller kernel"])
  }

  // MARK: the three maps

  static func convolve(_ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ g: ConvGeometry)
    throws(TensorError) -> Tensor
  {
    let y = try empty(g.outputShape, x.dtype, meta: x.isMeta || w.isMeta)
    if !y.isMeta, y.count > 0 {
      try ConvRunner.forward(x.packed(), w.packed(), bias?.packed(), y, g)
    }
    let inputs = bias.map { [x, w, $0] } ?? [x, w]
    return Autograd.record("conv", inputs, y) { u, _ throws(TensorError) in
      var result = [
        x.isTracked ? try convolveInput(u, w, g) : nil,
        w.isTracked ? try convolveWeight(x, u, g) : nil,
      ]
      if let bias { result.append(bias.isTracked ? try u.channelSums() : nil) }
      return result
    }
  }

  /// The input's gradient; also the transposed convolution itself.
  static func convolveInput(_ y: Tensor, _ w: Tensor, _ g: ConvGeometry) throws(TensorError)
    -> Tensor
  {
    let x = try empty(g.inputShape, y.dtype, meta: y.isMeta || w.isMeta)
    if !x.isMeta, x.count > 0 { try ConvRunner.input(y.packed(), w.packed(), x, g) }
    return Autograd.record("conv_input", [y, w], x) { u, _ throws(TensorError) in
      [
        y.isTracked ? try convolve(u, w, nil, g) : nil,
        w.isTracked ? try convolveWeight(u, y, g) : nil,
      ]
    }
  }

  /// The weight's gradient.
  static func convolveWeight(_ x: Tensor, _ y: Tensor, _ g: ConvGeometry) throws(TensorError)
    -> Tensor
  {
    let w = try empty(g.weightShape, x.dtype, meta: x.isMeta || y.isMeta)
    if !w.isMeta, w.count > 0 { try ConvRunner.weight(x.packed(), y.packed(), w, g) }
    return Autograd.record("conv_weight", [x, y], w) { u, _ throws(TensorError) in
      [
        x.isTracked ? try convolveInput(y, u, g) : nil,
        y.isTracked ? try convolve(x, u, nil, g) : nil,
      ]
    }
  }
}

/// Chooses kernels and gives them scratch memory.
enum ConvRunner {
  static func forward(_ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ y: Tensor, _ g: ConvGeometry)
    throws(TensorError)
  {
    if WinogradRunner.takes(g, x.dtype) {
      try WinogradRunner.forward(x, w, bias, y, g)
    } else if x.dtype == .f32 {
      try forward(Float.self, x, w, bias, y, g)
    } else {
      try forward(Double.self, x, w, bias, y, g)
    }
    try Interrupt.check()
  }

  static func input(_ y: Tensor, _ w: Tensor, _ x: Tensor, _ g: ConvGeometry) throws(TensorError) {
    if WinogradRunner.takes(g, x.dtype) {
      try WinogradRunner.input(y, w, x, g)
    } else if x.dtype == .f32 {
      try input(Float.self, y, w, x, g)
    } else {
      try input(Double.self, y, w, x, g)
    }
    try Interrupt.check()
  }

  static func weight(_ x: Tensor, _ y: Tensor, _ w: Tensor, _ g: ConvGeometry) throws(TensorError) {
    if WinogradRunner.takes(g, x.dtype) {
      try WinogradRunner.weight(x, y, w, g)
    } else if x.dtype == .f32 {
      try weight(Float.self, x, y, w, g)
    } else {
      try weight(Double.self, x, y, w, g)
    }
    try Interrupt.check()
  }

  /// Memory for the column matrices of some workers.
  private static func buffer(_ size: Int, _ workers: Int, _ dtype: DType) throws(TensorError)
    -> Tensor
  { try Tensor.empty([workers, size], dtype) }

  private static func forward<T: KernelScalar>(
    _ type: T.Type, _ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ y: Tensor, _ g: ConvGeometry
  ) throws(TensorError) {
    let kernels = ConvKernels<T>(g: g)
    let workers = ConvKernels<T>.workers(g)
    let scratch = try buffer(kernels.scratch, workers, x.dtype)
    kernels.forward(
      x.pointer(type), w.pointer(type), bias.map { UnsafePointer($0.pointer(type)) },
      y.pointer(type), scratch.pointer(type), workers)
  }

  private static func input<T: KernelScalar>(
    _ type: T.Type, _ y: Tensor, _ w: Tensor, _ x: Tensor, _ g: ConvGeometry
  ) throws(TensorError) {
    let kernels = ConvKernels<T>(g: g)
    let workers = ConvKernels<T>.workers(g)
    let scratch = try buffer(kernels.scratch, workers, x.dtype)
    x.fill(0)
    if y.count == 0 { return }
    kernels.input(
      y.pointer(type), w.pointer(type), x.pointer(type), scratch.pointer(type), workers)
  }

  private static func weight<T: KernelScalar>(
    _ type: T.Type, _ x: Tensor, _ y: Tensor, _ w: Tensor, _ g: ConvGeometry
  ) throws(TensorError) {
    let kernels = ConvKernels<T>(g: g)
    let workers = ConvKernels<T>.workers(g)
    if y.count == 0 || x.count == 0 { return w.fill(0) }
    let scratch = try buffer(kernels.scratch, workers, x.dtype)
    let sums = workers == 1 ? w : try Tensor.full([workers, w.count], 0, w.dtype)
    kernels.weight(
      x.pointer(type), y.pointer(type), sums.pointer(type), scratch.pointer(type), workers)
    if workers > 1 { w.pointer(type).update(from: sums.pointer(type), count: w.count) }
  }
}
