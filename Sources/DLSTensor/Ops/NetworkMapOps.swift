// Functions of networks: transposed convolution, resizing, attention, tables. Declarations.

private let input = Parameter("input", .tensor)
private let weight = Parameter("weight", .tensor)
private let bias = Parameter("bias", .tensor, .none)

private func x(_ shape: [Int], _ seed: UInt64 = 1) -> OpValue {
  Samples.tensor(shape, -1, 1, seed: seed)
}

private func transposed(
  _ rank: Int, _ sizes: String, _ example: String,
  _ samples: @autoclosure @escaping @Sendable () -> [[OpValue]]
) -> Op {
  Op(
    "conv_transpose\(rank)d",
    [
      input, weight, bias, Parameter("stride", .ints, .int(1)),
      Parameter("padding", .ints, .int(0)), Parameter("output_padding", .ints, .int(0)),
      Parameter("groups", .int, .int(1)), Parameter("dilation", .ints, .int(1)),
    ], "Transposed convolution: from the outputs of a convolution to the size of its inputs.",
    details: "Input [N, I, \(sizes)], weight [I, O / groups, "
      + (rank == 1 ? "K" : "KH, KW") + "], bias [O]. "
      + "Each output size is (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.",
    example: example, samples: samples,
    body: .general { a throws(TensorError) in
      var options = ConvOptions()
      options.stride = a.optionalInts(3)
      options.padding = .sizes(a.ints(4))
      options.groups = a.int(6)
      options.dilation = a.optionalInts(7)
      options.arguments = (stride: 3, padding: 4, dilation: 7, groups: 6)
      return .tensor(
        try a.tensor(0).transposedConvolution(
          a.tensor(1), a.optionalTensor(2), options, outputPadding: a.ints(5), rank: rank))
    })
}

extension OpArguments {
  /// A number or a list of numbers; nil where left out.
  fileprivate func optionalFloats(_ i: Int, _ word: String) throws(TensorError) -> [Double]? {
    switch values[i] {
    case .none: return nil
    case .int(let n): return [Double(n)]
    case .float(let f): return [f]
    case .ints(let n): return n.map(Double.init)
    case .tensor(let t) where t.rank <= 1 && !t.isMeta: return t.doubles()
    case .tensor, .tensors, .bool, .string, .dtype:
      throw TensorError("bad-argument", "\(word) is a number or a list of numbers", argument: i)
    }
  }
}

enum NetworkMapOps {
  static let all: [Op] = [
    transposed(
      1, "L",
      "conv_transpose1d(ones(1, 1, 2), ones(1, 1, 2))\n#=> [[[1.0, 2.0, 1.0]]]  f32[1, 1, 3]",
      [
        [
          x([2, 2, 3]), x([2, 2, 2], 2), x([2], 3), .int(2), .int(1), .int(1), .int(1), .int(2),
        ]
      ]),
    transposed(
      2, "H, W",
      "conv_transpose2d(ones(1, 3, 4, 4), ones(3, 2, 2, 2), stride=2).shape  #=> [1, 2, 8, 8]",
      [
        [
          x([1, 2, 2, 3]), x([2, 2, 2, 2], 2), x([2], 3), .int(1), .int(0), .int(0), .int(1),
          .int(1),
        ],
        [
          x([1, 4, 2, 3]), x([4, 2, 3, 2], 2), .none, .ints([2, 1]), .ints([1, 0]), .ints([1, 0]),
          .int(2), .ints([1, 2]),
        ],
      ]),
    Op(
      "interpolate",
      [
        input, Parameter("size", .ints, .none), Parameter("scale_factor", .any, .none),
        Parameter("mode", .string, .string("nearest")), Parameter("align_corners", .bool, .none),
      ], "Images or sequences in another size.",
      details:
        "Input [N, C, L] or [N, C, H, W]; size or scale_factor is one number or one a dimension. "
        + "mode is nearest, linear (1-d), bilinear (2-d) or area; align_corners=true makes the corners' "
        + "centres meet.",
      example: "interpolate(tensor([[[1.0, 2.0]]]), size=4)\n"
        + "#=> [[[1.0, 1.0, 2.0, 2.0]]]  f32[1, 1, 4]",
      samples: {
        [
          [x([1, 2, 3, 2]), .ints([5, 4]), .none, .string("bilinear"), .bool(false)],
          [x([1, 2, 3, 2]), .none, .int(2), .string("nearest"), .none],
          [x([1, 2, 4]), .int(7), .none, .string("linear"), .bool(true)],
          [x([1, 1, 4, 5]), .ints([2, 3]), .none, .string("area"), .none],
        ]
      },
      body: .general { a throws(TensorError) in
        var corners: Bool?
        if case .bool(let on) = a.values[4] { corners = on }
        return .tensor(
          try a.tensor(0).interpolated(
            size: a.optionalInts(1), factor: a.optionalFloats(2, "scale_factor"),
            mode: a.string(3), alignCorners: corners))
      }),
    Op(
      "scaled_dot_product_attention",
      [
        Parameter("query", .tensor), Parameter("key", .tensor), Parameter("value", .tensor),
        Parameter("attn_mask", .tensor, .none), Parameter("dropout_p", .float, .float(0)),
        Parameter("is_causal", .bool, .bool(false)), Parameter("scale", .float, .none),
      ], "softmax(q kᵀ / √E + mask) v.",
      details:
        "query [..., L, E], key [..., S, E], value [..., S, V], the result [..., L, V]. A bool "
        + "mask says what may be looked at, a float mask is added; a row that may look at nothing "
        + "gives 0. is_causal: position i looks at 0 to i. Vaswani et al. (2017).",
      example: "scaled_dot_product_attention(ones(1, 2), ones(2, 2), tensor([[1.0], [3.0]]))\n"
        + "#=> [[2.0]]  f32[1, 1]",
      samples: {
        guard
          let mask = try? Tensor.of([true, false, true, false, false, false], shape: [2, 3])
        else { return [] }
        let (q, k, v) = (x([2, 2, 3]), x([2, 3, 3], 2), x([2, 3, 2], 3))
        return [
          [q, k, v, .none, .float(0), .bool(false), .none],
          [q, k, v, .tensor(mask), .float(0), .bool(false), .float(0.7)],
          [q, k, v, x([2, 3], 4), .float(0), .bool(false), .none],
          [q, k, v, .none, .float(0), .bool(true), .none],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try Tensor.attention(
            a.tensor(0), a.tensor(1), a.tensor(2), mask: a.optionalTensor(3), dropout: a.float(4),
            isCausal: a.bool(5), scale: a.optionalFloat(6), a.generator
          ).y)
      }),
    Op(
      "bilinear",
      [
        Parameter("input1", .tensor), Parameter("input2", .tensor), weight, bias,
      ], "x1 W x2ᵀ + b, a bilinear form for each output.",
      details: "input1 [..., in1], input2 [..., in2], weight [out, in1, in2], result [..., out].",
      example: "bilinear(ones(1, 2), ones(1, 2), ones(1, 2, 2))\n#=> [[4.0]]  f32[1, 1]",
      samples: { [[x([2, 2]), x([2, 3], 2), x([2, 2, 3], 3), x([2], 4)]] },
      body: .general { a throws(TensorError) in
        .tensor(try Tensor.bilinear(a.tensor(0), a.tensor(1), a.tensor(2), a.optionalTensor(3)))
      }),
    Op(
      "dropout",
      [input, Parameter("p", .float, .float(0.5)), Parameter("training", .bool, .bool(true))],
      "Zeroes numbers at random with probability p and scales the rest by 1 / (1 - p).",
      details: "With training=false the input itself. Srivastava et al. (2014).",
      example: "dropout(ones(2), 0.5, training=false)  #=> [1.0, 1.0]  f32[2]",
      samples: {
        [[x([2, 3]), .float(0.4), .bool(true)], [x([2, 3]), .float(0.4), .bool(false)]]
      },
      body: .general { a throws(TensorError) in
        let p = a.float(1)
        if !(p >= 0 && p <= 1) {
          throw TensorError(
            "bad-argument", "dropout's p must be from 0 to 1, got \(p)", argument: 1)
        }
        return .tensor(a.bool(2) ? try a.tensor(0).dropout(p, a.generator) : try a.tensor(0))
      }),
    Op(
      "embedding",
      [
        input, weight, Parameter("padding_idx", .int, .none), Parameter("max_norm", .float, .none),
        Parameter("norm_type", .float, .float(2)),
        Parameter("scale_grad_by_freq", .bool, .bool(false)),
      ], "Rows of a table at positions.",
      details: "input holds ints of any shape, weight [rows, dim]; the result is [..., dim]. No "
        + "gradient flows to the row padding_idx; rows longer than max_norm are shortened to it; "
        + "scale_grad_by_freq divides a row's gradient by how often it was asked for.",
      example:
        "embedding(tensor([1, 0]), tensor([[1.0], [2.0]]))\n#=> [[2.0],\n#=>  [1.0]]  f32[2, 1]",
      samples: {
        guard let at = try? Tensor.of([2, 0, 2, 1], shape: [2, 2]) else { return [] }
        let options: [OpValue] = [.none, .float(2), .bool(false)]
        return [[.tensor(at), x([3, 2]), .none] + options]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).embedding(
            a.tensor(1), padding: a.optionalInt(2), maxNorm: a.optionalFloat(3),
            normType: a.float(4), byFrequency: a.bool(5)))
      }),
    Op(
      "embedding_bag",
      [
        input, weight, Parameter("offsets", .tensor, .none),
        Parameter("mode", .string, .string("mean")),
        Parameter("per_sample_weights", .tensor, .none), Parameter("padding_idx", .int, .none),
      ], "Bags of a table's rows, each reduced to one vector.",
      details:
        "Int positions [bags, n], or [n] with offsets, the first position of each bag; mode is "
        + "sum, mean or max. per_sample_weights scale the rows of mode=\"sum\"; padding_idx is left out.",
      example: "embedding_bag(tensor([[0, 1]]), tensor([[1.0], [3.0]]))\n#=> [[2.0]]  f32[1, 1]",
      samples: {
        guard let bags = try? Tensor.of([2, 0, 2, 1], shape: [2, 2]),
          let flat = try? Tensor.of([2, 0, 1]), let starts = try? Tensor.of([0, 2, 2])
        else { return [] }
        return [
          [.tensor(bags), x([3, 2]), .none, .string("mean"), .none, .int(0)],
          [.tensor(flat), x([3, 2]), .tensor(starts), .string("sum"), x([3], 2), .none],
          [.tensor(bags), x([3, 2]), .none, .string("max"), .none, .none],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).embeddingBag(
            a.tensor(1), offsets: a.optionalTensor(2), mode: a.string(3),
            weights: a.optionalTensor(4), padding: a.optionalInt(5)))
      }),
  ]
}
