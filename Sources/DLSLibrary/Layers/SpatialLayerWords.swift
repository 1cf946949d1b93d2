// Layers of images and sequences: convolution, pooling, normalising. Declarations.

import DLSRuntime
import DLSTensor

private let kernelSize = Parameter("kernel_size", .ints)
private let epsilon = Parameter("eps", .float, .float(1e-5))

extension Call {
  /// Numbers of which there is one, or one for each of `rank` axes.
  func axes(_ i: Int, _ rank: Int, least: Int) throws(Failure) -> [Int] {
    let given = try ints(i)
    if given.count != 1 && given.count != rank {
      throw fail(
        i,
        "`\(parameters[i].name)` of \(name) is one number\(rank == 1 ? "" : " or \(rank)"), got "
          + "\(given.count)")
    }
    for n in given where n < least || n > 1 << 31 {
      throw fail(
        i,
        n < least
          ? "`\(parameters[i].name)` must be at least \(least), got \(n)"
          : "`\(parameters[i].name)` is too large: \(n)")
    }
    return given
  }

  func padding(_ i: Int, _ rank: Int) throws(Failure) -> ConvOptions.Padding {
    switch value(i).text {
    case "same": return .same
    case "valid": return .valid
    case .some: throw fail(i, "padding is a number, one a dimension, \"same\" or \"valid\"")
    case nil: return .sizes(try axes(i, rank, least: 0))
    }
  }
}

private func convolution(_ rank: Int, _ input: String, _ output: String, _ example: String)
  -> Builtin
{
  layer(
    "Conv\(rank)d",
    [
      Parameter("in_channels", .any), Parameter("out_channels", .int), kernelSize,
      Parameter("stride", .ints, .int(1)), Parameter("padding", .any, .int(0)),
      Parameter("dilation", .ints, .int(1)), Parameter("groups", .int, .int(1)),
      Parameter("bias", .bool, .bool(true)),
      Parameter("padding_mode", .string, .string("zeros")),
    ], "Convolution with learned filters.",
    details: "Input \(input), output \(output); `_` for in_channels is decided by the first input. "
      + "padding is a number, one a dimension, \"same\" or \"valid\"; padding_mode is zeros, reflect, "
      + "replicate or circular. Initialised uniformly within ±1/√(in · kernel), as PyTorch's.",
    example: example
  ) { call throws(Failure) in
    let inputs = try call.sizeOrOpen(0)
    let outputs = try call.size(1)
    let kernel = try call.axes(2, rank, least: 1)
    var options = ConvOptions()
    options.stride = try call.axes(3, rank, least: 1)
    options.padding = try call.padding(4, rank)
    options.dilation = try call.axes(5, rank, least: 1)
    options.groups = try call.size(6)
    if case .same = options.padding, options.stride != [1] && options.stride != [1, 1] {
      throw call.fail(4, "padding=\"same\" needs stride 1")
    }
    if outputs % options.groups != 0 {
      throw call.fail(6, "groups must divide the \(outputs) out channels, got \(options.groups)")
    }
    let mode = try call.string(8)
    if ConvLayer.modes[mode] == nil {
      throw call.fail(8, "padding_mode is zeros, reflect, replicate or circular, not \"\(mode)\"")
    }
    let bias = try call.bool(7)
    return try tensorWork { () throws(TensorError) in
      let made = ConvLayer(
        rank: rank, inputs, outputs, kernel: kernel, options, bias: bias, paddingMode: mode)
      if let inputs { try made.build(inputs, call.machine) }
      return made
    }
  }
}

private func transposed(_ rank: Int, _ input: String, _ output: String, _ example: String)
  -> Builtin
{
  layer(
    "ConvTranspose\(rank)d",
    [
      Parameter("in_channels", .any), Parameter("out_channels", .int), kernelSize,
      Parameter("stride", .ints, .int(1)), Parameter("padding", .ints, .int(0)),
      Parameter("output_padding", .ints, .int(0)), Parameter("groups", .int, .int(1)),
      Parameter("bias", .bool, .bool(true)), Parameter("dilation", .ints, .int(1)),
    ], "Transposed convolution with learned filters.",
    details: "Input \(input), output \(output); `_` for in_channels is decided by the first input. "
      + "Each output size is (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.",
    example: example
  ) { call throws(Failure) in
    let inputs = try call.sizeOrOpen(0)
    let outputs = try call.size(1)
    let kernel = try call.axes(2, rank, least: 1)
    var options = ConvOptions()
    options.stride = try call.axes(3, rank, least: 1)
    options.padding = .sizes(try call.axes(4, rank, least: 0))
    let extra = try call.axes(5, rank, least: 0)
    options.groups = try call.size(6)
    options.dilation = try call.axes(8, rank, least: 1)
    if outputs % options.groups != 0 || (inputs ?? 0) % options.groups != 0 {
      throw call.fail(6, "groups must divide the channels in and out, got \(options.groups)")
    }
    let bias = try call.bool(7)
    return try tensorWork { () throws(TensorError) in
      let made = ConvTransposeLayer(
        rank: rank, inputs, outputs, kernel: kernel, options, outputPadding: extra, bias: bias)
      if let inputs { try made.build(inputs, call.machine) }
      return made
    }
  }
}

private func maxPool(_ rank: Int, _ example: String) -> Builtin {
  layer(
    "MaxPool\(rank)d",
    [
      kernelSize, Parameter("stride", .ints, .none), Parameter("padding", .ints, .int(0)),
      Parameter("dilation", .ints, .int(1)), Parameter("ceil_mode", .bool, .bool(false)),
    ], "The largest number of each window.", details: "The layer of `max_pool\(rank)d`.",
    example: example
  ) { call throws(Failure) in
    var options = PoolOptions()
    options.kernel = try call.axes(0, rank, least: 1)
    if !call.isNone(1) { options.stride = try call.axes(1, rank, least: 1) }
    options.padding = try call.axes(2, rank, least: 0)
    options.dilation = try call.axes(3, rank, least: 1)
    options.ceil = try call.bool(4)
    var text = SettingsText()
    text.sizes(options.kernel)
    text.sizes("stride", options.stride ?? options.kernel, unless: options.kernel)
    text.sizes("padding", options.padding, unless: [0])
    text.sizes("dilation", options.dilation ?? [1], unless: [1])
    text.flag("ceil_mode", options.ceil, unless: false)
    let chosen = options
    return FunctionLayer("MaxPool\(rank)d", text.text) { x throws(TensorError) in
      try x.maxPool(chosen, rank: rank).values
    }
  }
}

private func averagePool(_ rank: Int, _ example: String) -> Builtin {
  layer(
    "AvgPool\(rank)d",
    [
      kernelSize, Parameter("stride", .ints, .none), Parameter("padding", .ints, .int(0)),
      Parameter("ceil_mode", .bool, .bool(false)),
      Parameter("count_include_pad", .bool, .bool(true)),
    ] + (rank == 2 ? [Parameter("divisor_override", .int, .none)] : []),
    "The mean of each window.", details: "The layer of `avg_pool\(rank)d`.", example: example
  ) { call throws(Failure) in
    var options = PoolOptions()
    options.kernel = try call.axes(0, rank, least: 1)
    if !call.isNone(1) { options.stride = try call.axes(1, rank, least: 1) }
    options.padding = try call.axes(2, rank, least: 0)
    options.ceil = try call.bool(3)
    options.countIncludesPadding = try call.bool(4)
    if rank == 2 { options.divisor = try call.optionalInt(5) }
    var text = SettingsText()
    text.sizes(options.kernel)
    text.sizes("stride", options.stride ?? options.kernel, unless: options.kernel)
    text.sizes("padding", options.padding, unless: [0])
    text.flag("ceil_mode", options.ceil, unless: false)
    text.flag("count_include_pad", options.countIncludesPadding, unless: true)
    if let divisor = options.divisor { text.int("divisor_override", divisor, unless: 0) }
    let chosen = options
    return FunctionLayer("AvgPool\(rank)d", text.text) { x throws(TensorError) in
      try x.averagePool(chosen, rank: rank)
    }
  }
}

private func adaptive(_ rank: Int, _ example: String) -> Builtin {
  layer(
    "AdaptiveAvgPool\(rank)d", [Parameter("output_size", .openInts)],
    "Means over windows that share the input out among output_size results.",
    details: "The layer of `adaptive_avg_pool\(rank)d`.", example: example
  ) { call throws(Failure) in
    let sizes = try call.openInts(0).map { $0 < 0 ? nil : $0 }
    if sizes.contains(where: { $0 == 0 || $0 ?? 1 > 1 << 24 }) || ![1, rank].contains(sizes.count) {
      throw call.fail(
        0, "`output_size` of \(call.name) is a size from 1 on\(rank == 1 ? "" : ", or \(rank)")")
    }
    var text = SettingsText()
    text.openSizes(sizes)
    return FunctionLayer("AdaptiveAvgPool\(rank)d", text.text) { x throws(TensorError) in
      try x.adaptiveAveragePool(sizes, rank: rank)
    }
  }
}

private func batchNorm(
  _ name: String, _ ranks: ClosedRange<Int>, _ input: String, _ example: String
)
  -> Builtin
{
  layer(
    name,
    [
      Parameter("num_features", .any), epsilon, Parameter("momentum", .float, .float(0.1)),
      Parameter("affine", .bool, .bool(true)),
      Parameter("track_running_stats", .bool, .bool(true)),
    ], "Channels normalised over the batch, with running statistics for evaluation.",
    details:
      "Input \(input); `_` for num_features is decided by the first input. While training: the "
      + "batch's mean and variance, and running ones moved by momentum (none: their plain mean); "
      + "after `net.eval()` the running ones. Ioffe and Szegedy (2015).",
    example: example
  ) { call throws(Failure) in
    let features = try call.sizeOrOpen(0)
    let (eps, momentum) = (try call.float(1), try call.optionalFloat(2))
    let (affine, tracks) = (try call.bool(3), try call.bool(4))
    return try tensorWork { () throws(TensorError) in
      let made = BatchNormLayer(
        name, ranks: ranks, features, eps: eps, momentum: momentum, affine: affine,
        tracksStatistics: tracks)
      if let features { try made.build(features) }
      return made
    }
  }
}

enum SpatialLayerWords {
  static let all: [Builtin] = [
    convolution(
      1, "[N, C, L]", "[N, out, L']",
      "Conv1d(3, 8, 5, padding=2)(ones(2, 3, 10)).shape  #=> [2, 8, 10]"
    ),
    convolution(
      2, "[N, C, H, W]", "[N, out, H', W']",
      "Conv2d(_, 16, 3)(ones(2, 3, 8, 8)).shape  #=> [2, 16, 6, 6]"),
    transposed(
      1, "[N, C, L]", "[N, out, L']",
      "ConvTranspose1d(3, 8, 2, stride=2)(ones(2, 3, 5)).shape  #=> [2, 8, 10]"),
    transposed(
      2, "[N, C, H, W]", "[N, out, H', W']",
      "ConvTranspose2d(_, 8, 2, stride=2)(ones(2, 3, 4, 4)).shape  #=> [2, 8, 8, 8]"),
    maxPool(1, "MaxPool1d(2)(ones(1, 3, 8)).shape  #=> [1, 3, 4]"),
    maxPool(2, "MaxPool2d(2)(ones(1, 3, 8, 8)).shape  #=> [1, 3, 4, 4]"),
    averagePool(1, "AvgPool1d(2)(ones(1, 3, 8)).shape  #=> [1, 3, 4]"),
    averagePool(2, "AvgPool2d(2)(ones(1, 3, 8, 8)).shape  #=> [1, 3, 4, 4]"),
    adaptive(1, "AdaptiveAvgPool1d(1)(ones(1, 3, 8)).shape  #=> [1, 3, 1]"),
    adaptive(2, "AdaptiveAvgPool2d(1)(ones(1, 3, 8, 8)).shape  #=> [1, 3, 1, 1]"),
    batchNorm(
      "BatchNorm1d", 2...3, "[N, C] or [N, C, L]", "BatchNorm1d(4)(randn(8, 4)).shape  #=> [8, 4]"),
    batchNorm(
      "BatchNorm2d", 4...4, "[N, C, H, W]",
      "BatchNorm2d(_)(randn(8, 4, 2, 2)).shape  #=> [8, 4, 2, 2]"),
    layer(
      "LayerNorm",
      [
        Parameter("normalized_shape", .any), epsilon,
        Parameter("elementwise_affine", .bool, .bool(true)), Parameter("bias", .bool, .bool(true)),
      ], "The last dimensions normalised by their mean and variance.",
      details:
        "normalized_shape is the last size or a list of last sizes; `_` is the last size of the "
        + "first input. Ba et al. (2016).",
      example: "LayerNorm(4)(randn(8, 4)).shape  #=> [8, 4]"
    ) { call throws(Failure) in
      var sizes: [Int]?
      if call.value(0).sequenceItems != nil {
        sizes = try call.ints(0)
        if (sizes ?? []).isEmpty || (sizes ?? []).contains(where: { $0 < 1 }) {
          throw call.fail(0, "LayerNorm needs sizes of at least 1")
        }
      } else {
        sizes = try call.sizeOrOpen(0).map { [$0] }
      }
      let (eps, affine, bias) = (try call.float(1), try call.bool(2), try call.bool(3))
      return try tensorWork { () throws(TensorError) in
        let made = LayerNormLayer(sizes, eps: eps, affine: affine, bias: bias)
        if let sizes { try made.build(sizes) }
        return made
      }
    },
    layer(
      "GroupNorm",
      [
        Parameter("num_groups", .int), Parameter("num_channels", .any), epsilon,
        Parameter("affine", .bool, .bool(true)),
      ], "Groups of each image's channels normalised by their mean and variance.",
      details: "Input [N, C, …]. Wu and He (2018).",
      example: "GroupNorm(2, 4)(randn(8, 4, 3)).shape  #=> [8, 4, 3]"
    ) { call throws(Failure) in
      let (groups, channels) = (try call.size(0), try call.sizeOrOpen(1))
      if let channels, channels % groups != 0 {
        throw call.fail(0, "num_groups must divide the \(channels) channels, got \(groups)")
      }
      let (eps, affine) = (try call.float(2), try call.bool(3))
      return try tensorWork { () throws(TensorError) in
        let made = GroupNormLayer(groups, channels, eps: eps, affine: affine)
        if let channels { try made.build(channels) }
        return made
      }
    },
  ]
}
