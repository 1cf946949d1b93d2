// Functions of networks: convolution, pooling, normalising. Declarations; PyTorch's names and order.

private let input = Parameter("input", .tensor)
private let weight = Parameter("weight", .tensor)
private let bias = Parameter("bias", .tensor, .none)
private let eps = Parameter("eps", .float, .float(1e-5))

private func x(_ shape: [Int], _ seed: UInt64 = 1) -> OpValue {
  Samples.tensor(shape, -1, 1, seed: seed)
}

/// Numbers far enough apart that no small step changes which is the largest.
private func spread(_ shape: [Int]) -> OpValue {
  let count = shape.reduce(1, *)
  let values = (0..<count).map { Double($0 * 7 % count) / Double(count) + 0.01 * Double($0) }
  guard let made = try? Tensor.of(values, shape: shape) else { return .none }
  return .tensor(made)
}

extension OpArguments {
  /// stride, padding, dilation, groups from the fourth parameter on.
  fileprivate func convOptions() throws(TensorError) -> ConvOptions {
    var options = ConvOptions()
    options.stride = optionalInts(3)
    options.padding = try ConvOptions.Padding(values[4], argument: 4)
    options.dilation = optionalInts(5)
    options.groups = int(6)
    return options
  }
}

extension ConvOptions.Padding {
  /// An int, a pair, "same" or "valid".
  package init(_ value: OpValue, argument: Int) throws(TensorError) {
    switch value {
    case .int(let n): self = .sizes([n])
    case .ints(let n): self = .sizes(n)
    case .string("same"): self = .same
    case .string("valid"): self = .valid
    case .none, .tensor, .tensors, .float, .bool, .string, .dtype:
      throw TensorError(
        "bad-argument", "padding is a number, one a dimension, \"same\" or \"valid\"",
        argument: argument)
    }
  }
}

private func convolution(
  _ rank: Int, _ sizes: String, _ example: String,
  _ samples: @autoclosure @escaping @Sendable () -> [[OpValue]]
)
  -> Op
{
  Op(
    "conv\(rank)d",
    [
      input, weight, bias, Parameter("stride", .ints, .int(1)),
      Parameter("padding", .any, .int(0)), Parameter("dilation", .ints, .int(1)),
      Parameter("groups", .int, .int(1)),
    ], "Convolution (cross-correlation) of images with filters.",
    details: "Input [N, C, \(sizes)] or [C, \(sizes)], weight [O, C / groups, "
      + (rank == 1 ? "K" : "KH, KW") + "], bias [O]. "
      + "Each output size is (size + 2 padding - dilation (kernel - 1) - 1) / stride + 1; padding is "
      + "a number, one a dimension, \"same\" or \"valid\". LeCun et al. (1989)."
      + (rank == 1
        ? ""
        : " Filters of 3 x 3 with stride 1 may be computed by tiles (Lavin and Gray 2016), where an "
          + "infinite or nan pixel reaches up to 4 x 4 outputs instead of 3 x 3."),
    example: example, samples: samples,
    body: .general { a throws(TensorError) in
      .tensor(
        try a.tensor(0).convolution(
          a.tensor(1), a.optionalTensor(2), a.convOptions(), rank: rank))
    })
}

private let poolParameters: [Parameter] = [
  input, Parameter("kernel_size", .ints), Parameter("stride", .ints, .none),
  Parameter("padding", .ints, .int(0)),
]

private func maxPool(
  _ rank: Int, _ sizes: String, _ example: String,
  _ samples: @autoclosure @escaping @Sendable () -> [[OpValue]]
) -> Op {
  Op(
    "max_pool\(rank)d",
    poolParameters + [
      Parameter("dilation", .ints, .int(1)), Parameter("ceil_mode", .bool, .bool(false)),
      Parameter("return_indices", .bool, .bool(false)),
    ], "The largest number of each window.",
    details:
      "Input [N, C, \(sizes)]. stride is kernel_size unless given; padding counts as -inf. Of "
      + "equals the first gets the gradient. return_indices gives (values, positions in the plane).",
    example: example, samples: samples,
    body: .general { a throws(TensorError) in
      var options = PoolOptions()
      options.kernel = a.ints(1)
      options.stride = a.optionalInts(2)
      options.padding = a.ints(3)
      options.dilation = a.optionalInts(4)
      options.ceil = a.bool(5)
      let (values, indices) = try a.tensor(0).maxPool(options, rank: rank)
      return a.bool(6) ? .tensors([values, try indices()]) : .tensor(values)
    })
}

private func averagePool(
  _ rank: Int, _ sizes: String, _ example: String,
  _ samples: @autoclosure @escaping @Sendable () -> [[OpValue]]
)
  -> Op
{
  Op(
    "avg_pool\(rank)d",
    poolParameters + [
      Parameter("ceil_mode", .bool, .bool(false)),
      Parameter("count_include_pad", .bool, .bool(true)),
    ] + (rank == 2 ? [Parameter("divisor_override", .int, .none)] : []),
    "The mean of each window.",
    details:
      "Input [N, C, \(sizes)]. stride is kernel_size unless given; padding counts as 0, in the "
      + "divisor too unless count_include_pad is false.",
    example: example, samples: samples,
    body: .general { a throws(TensorError) in
      var options = PoolOptions()
      options.kernel = a.ints(1)
      options.stride = a.optionalInts(2)
      options.padding = a.ints(3)
      options.ceil = a.bool(4)
      options.countIncludesPadding = a.bool(5)
      if rank == 2 { options.divisor = a.optionalInt(6) }
      return .tensor(try a.tensor(0).averagePool(options, rank: rank))
    })
}

private func adaptive(
  _ rank: Int, _ sizes: String, _ example: String,
  _ samples: @autoclosure @escaping @Sendable () -> [[OpValue]]
) -> Op {
  Op(
    "adaptive_avg_pool\(rank)d", [input, Parameter("output_size", .openInts)],
    "Means over windows that share the input out among output_size results.",
    details:
      "Input [N, C, \(sizes)]. Window i runs from floor(i size / n) to ceil((i + 1) size / n); "
      + "`none` keeps the input's size.",
    example: example, samples: samples,
    body: .general { a throws(TensorError) in
      .tensor(try a.tensor(0).adaptiveAveragePool(a.ints(1).map { $0 < 0 ? nil : $0 }, rank: rank))
    })
}

enum NetworkOps {
  private static var one: OpValue { .int(1) }
  private static var no: OpValue { .bool(false) }
  private static var yes: OpValue { .bool(true) }

  static let all: [Op] =
    [
      convolution(
        1, "L", "conv1d(ones(1, 1, 4), ones(1, 1, 2))\n#=> [[[2.0, 2.0, 2.0]]]  f32[1, 1, 3]",
        [
          [x([2, 2, 5]), x([3, 2, 3], 2), x([3], 3), one, one, one, one],
          [x([1, 2, 6]), x([2, 1, 2], 2), .none, .int(2), .string("valid"), .int(2), .int(2)],
        ]),
      convolution(
        2, "H, W", "conv2d(ones(1, 1, 3, 3), ones(2, 1, 3, 3)).shape  #=> [1, 2, 1, 1]",
        [
          [x([2, 2, 4, 3]), x([2, 2, 3, 2], 2), x([2], 3), one, one, one, one],
          [
            x([1, 4, 4, 5]), x([4, 2, 2, 3], 2), .none, .ints([2, 1]), .ints([1, 2]),
            .ints([1, 2]),
            .int(2),
          ],
          [x([2, 3, 3]), x([2, 2, 2, 2], 2), x([2], 3), one, .string("same"), one, one],
        ]),
      maxPool(
        1, "L", "max_pool1d(tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2)\n#=> [[[3.0, 2.0]]]  f32[1, 1, 2]",
        [[spread([1, 2, 6]), .int(2), .none, .int(0), one, no, no]]),
      maxPool(
        2, "H, W", "max_pool2d(ones(1, 1, 4, 4), 2).shape  #=> [1, 1, 2, 2]",
        [
          [spread([1, 2, 4, 4]), .int(2), .none, .int(0), one, no, no],
          [spread([1, 1, 5, 5]), .int(3), .int(2), .int(1), one, yes, no],
          [spread([2, 5, 4]), .ints([2, 1]), .int(1), .int(0), .int(2), no, no],
        ]),
      averagePool(
        1, "L", "avg_pool1d(tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2)\n#=> [[[2.0, 1.0]]]  f32[1, 1, 2]",
        [[x([1, 2, 5]), .int(3), .int(2), one, no, yes]]),
      averagePool(
        2, "H, W", "avg_pool2d(ones(1, 1, 4, 4), 2).shape  #=> [1, 1, 2, 2]",
        [
          [x([1, 2, 4, 4]), .int(2), .none, .int(0), no, yes, .none],
          [x([1, 1, 5, 5]), .int(3), .int(2), one, yes, no, .none],
          [x([1, 5, 5]), .int(3), .int(2), one, yes, yes, .int(4)],
        ]),
      adaptive(
        1, "L", "adaptive_avg_pool1d(ones(1, 1, 5), 2).shape  #=> [1, 1, 2]",
        [[x([1, 2, 5]), .int(2)]]),
      adaptive(
        2, "H, W", "adaptive_avg_pool2d(ones(1, 3, 7, 7), 1).shape  #=> [1, 3, 1, 1]",
        [
          [x([1, 2, 5, 4]), .ints([2, 3])], [x([2, 3, 3]), .int(1)],
          [x([1, 2, 3, 4]), .ints([-1, 2])],
        ]),
      Op(
        "batch_norm",
        [
          input, Parameter("running_mean", .tensor, .none),
          Parameter("running_var", .tensor, .none),
          Parameter("weight", .tensor, .none), bias, Parameter("training", .bool, .bool(false)),
          Parameter("momentum", .float, .float(0.1)), eps,
        ], "Channels normalised by their mean and variance over the batch.",
        details:
          "Input [N, C, …]; (x - mean) / √(var + eps) weight + bias. With training=true the batch's own "
          + "statistics, else the running ones. The layers BatchNorm1d and BatchNorm2d keep running "
          + "statistics; here they stay as they are. Ioffe and Szegedy (2015).",
        example: "batch_norm(tensor([[1.0], [3.0]]), training=true)\n"
          + "#=> [[-1.0],\n#=>  [ 1.0]]  f32[2, 1]",
        samples: {
          [
            [
              x([3, 2, 2]), .none, .none, x([2], 2), x([2], 3), .bool(true), .float(0.1),
              .float(1e-5),
            ],
            [x([4, 3]), .none, .none, .none, .none, .bool(true), .float(0.1), .float(0.1)],
            [
              x([2, 2, 2, 1]), .none, .none, x([2], 2), .none, .bool(true), .float(0.1),
              .float(0.1),
            ],
          ]
        },
        body: .general { a throws(TensorError) in
          .tensor(
            try a.tensor(0).batchNorm(
              mean: a.optionalTensor(1), variance: a.optionalTensor(2), weight: a.optionalTensor(3),
              bias: a.optionalTensor(4), training: a.bool(5), eps: a.float(7)
            ).y)
        }),
      Op(
        "layer_norm",
        [
          input, Parameter("normalized_shape", .ints), Parameter("weight", .tensor, .none), bias,
          eps,
        ], "The last dimensions normalised by their mean and variance.",
        details: "(x - mean) / √(var + eps) weight + bias. Ba et al. (2016).",
        example: "layer_norm(tensor([[1.0, 3.0]]), 2)\n#=> [[-1.0, 1.0]]  f32[1, 2]",
        samples: {
          [
            [x([3, 4]), .int(4), x([4], 2), x([4], 3), .float(1e-5)],
            [x([2, 2, 3]), .ints([2, 3]), .none, .none, .float(0.1)],
          ]
        },
        body: .general { a throws(TensorError) in
          .tensor(
            try a.tensor(0).layerNorm(
              a.ints(1), weight: a.optionalTensor(2), bias: a.optionalTensor(3), eps: a.float(4)))
        }),
      Op(
        "group_norm",
        [
          input, Parameter("num_groups", .int), Parameter("weight", .tensor, .none), bias, eps,
        ], "Groups of each image's channels normalised by their mean and variance.",
        details: "Input [N, C, …]; num_groups divides C. Wu and He (2018).",
        example: "group_norm(tensor([[1.0, 3.0]]), 1)\n#=> [[-1.0, 1.0]]  f32[1, 2]",
        samples: { [[x([2, 4, 3]), .int(2), x([4], 2), x([4], 3), .float(1e-5)]] },
        body: .general { a throws(TensorError) in
          .tensor(
            try a.tensor(0).groupNorm(
              a.int(1), weight: a.optionalTensor(2), bias: a.optionalTensor(3), eps: a.float(4)))
        }),
    ] + NetworkMapOps.all
}
