// Losses of regression, of rankings and of pairs: declarations.

private let reduction = Parameter("reduction", .string, .string("mean"))
private let input = Parameter("input", .tensor)
private let target = Parameter("target", .tensor)
private let weight = Parameter("weight", .tensor, .none)
private let margin = Parameter("margin", .float, .float(1))

private let x = { @Sendable () -> OpValue in Samples.tensor([2, 3], -1, 1) }
private let t = { @Sendable () -> OpValue in Samples.tensor([2, 3], -1.2, 1, seed: 2) }

/// Targets 1 and -1.
private func signs(_ values: [Int], _ shape: [Int]) -> OpValue {
  guard let made = try? Tensor.of(values, shape: shape) else { return .none }
  return .tensor(made)
}

enum MoreLossOps {
  static let all: [Op] = [
    Op(
      "mse_loss", [input, target, reduction, weight], "The mean of (input - target)².",
      details: "With weights, the sum is divided by theirs.",
      example: "mse_loss(tensor([1.0]), tensor([3.0]))  #=> 4.0",
      samples: {
        let w = Samples.tensor([2, 3], 0.2, 1, seed: 3)
        return [[x(), t(), .string("mean"), .none], [x(), t(), .string("mean"), w]]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).weightedSquares(
            a.tensor(1), .named(a.string(2)), a.optionalTensor(3)))
      }),
    Op(
      "l1_loss", [input, target, reduction, weight], "The mean of |input - target|.",
      details: "With weights, the sum is divided by theirs.",
      example: "l1_loss(tensor([1.0]), tensor([3.0]))  #=> 2.0",
      samples: {
        let w = Samples.tensor([2, 3], 0.2, 1, seed: 3)
        return [[x(), t(), .string("mean"), .none], [x(), t(), .string("sum"), w]]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).l1Loss(a.tensor(1), .named(a.string(2)), a.optionalTensor(3)))
      }),
    Op(
      "smooth_l1_loss", [input, target, reduction, Parameter("beta", .float, .float(1))],
      "d² / (2β) for |d| < β, |d| - β / 2 beyond, averaged, with d = input - target.",
      details: "Girshick (2015).",
      example: "smooth_l1_loss(tensor([1.0]), tensor([3.0]))  #=> 1.5",
      samples: {
        [[x(), t(), .string("mean"), .float(0.5)], [x(), t(), .string("sum"), .float(1)]]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).smoothL1Loss(a.tensor(1), a.float(3), .named(a.string(2))))
      }),
    Op(
      "huber_loss", [input, target, reduction, Parameter("delta", .float, .float(1)), weight],
      "d² / 2 for |d| < δ, δ (|d| - δ / 2) beyond, averaged, with d = input - target.",
      details: "Huber (1964).",
      example: "huber_loss(tensor([1.0]), tensor([3.0]))  #=> 1.5",
      samples: { [[x(), t(), .string("mean"), .float(0.5), .none]] },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).huberLoss(
            a.tensor(1), a.float(3), .named(a.string(2)), a.optionalTensor(4)))
      }),
    Op(
      "kl_div", [input, target, reduction, Parameter("log_target", .bool, .bool(false))],
      "t (ln t - input), averaged: the divergence of a target from log probabilities.",
      details:
        "reduction=\"batchmean\" divides by the batch, which is the divergence itself; with `log_target`, targets are logarithms too.",
      example: "kl_div(log(tensor([0.5, 0.5])), tensor([0.5, 0.5]))  #=> 0.0",
      samples: {
        let p = Samples.tensor([2, 3], 0.2, 1, seed: 2)
        return [
          [x(), p, .string("batchmean"), .bool(false)], [x(), t(), .string("mean"), .bool(true)],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).klDivergence(a.tensor(1), a.string(2), logTarget: a.bool(3)))
      }),
    Op(
      "hinge_embedding_loss", [input, target, margin, reduction],
      "The input where the target is 1, max(0, margin - input) where it is -1, averaged.",
      example: "hinge_embedding_loss(tensor([0.5, 0.5]), tensor([1, -1]))  #=> 0.5",
      samples: {
        [[x(), signs([1, -1, 1, -1, -1, 1], [2, 3]), .float(0.5), .string("mean")]]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).hingeEmbeddingLoss(a.tensor(1), a.float(2), .named(a.string(3))))
      }),
    Op(
      "multi_margin_loss",
      [input, target, Parameter("p", .int, .int(1)), margin, weight, reduction],
      "Σ over the other classes of max(0, margin - input[target] + input[i])^p / classes, averaged.",
      example: "multi_margin_loss(tensor([[0.2, 0.7]]), tensor([1]))  #=> 0.25",
      samples: {
        let w = Samples.tensor([3], 0.2, 1, seed: 3)
        return [
          [x(), signs([2, 0], [2]), .int(1), .float(1), .none, .string("mean")],
          [x(), signs([2, 0], [2]), .int(2), .float(0.5), w, .string("sum")],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).multiMarginLoss(
            a.tensor(1), a.int(2), a.float(3), a.optionalTensor(4), .named(a.string(5))))
      }),
    Op(
      "cosine_embedding_loss",
      [
        Parameter("input1", .tensor), Parameter("input2", .tensor), target,
        Parameter("margin", .float, .int(0)), reduction,
      ],
      "1 - cos(a, b) where the target is 1, max(0, cos(a, b) - margin) where it is -1, averaged.",
      example:
        "cosine_embedding_loss(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), tensor([1]))  #=> 1.0",
      samples: {
        [
          [
            x(), Samples.tensor([2, 3], 0, 1, seed: 2), signs([1, -1], [2]), .float(-0.9),
            .string("mean"),
          ]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try Tensor.cosineEmbeddingLoss(
            a.tensor(0), a.tensor(1), a.tensor(2), a.float(3), .named(a.string(4))))
      }),
    Op(
      "triplet_margin_loss",
      [
        Parameter("anchor", .tensor), Parameter("positive", .tensor),
        Parameter("negative", .tensor), margin, Parameter("p", .float, .float(2)),
        Parameter("eps", .float, .float(1e-6)), Parameter("swap", .bool, .bool(false)), reduction,
      ], "max(0, ‖a - p‖ - ‖a - n‖ + margin), averaged.",
      details: "Balntas et al. (2016); `swap` takes ‖p - n‖ where that is nearer than ‖a - n‖.",
      example:
        "triplet_margin_loss(zeros(1, 2), zeros(1, 2), ones(1, 2), margin=2.0)  #=> 0.5857879",
      samples: {
        let third = Samples.tensor([2, 3], -1, 1.5, seed: 5)
        return [false, true].map {
          [x(), t(), third, .float(2), .float(2), .float(1e-6), .bool($0), .string("mean")]
        }
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try Tensor.tripletMarginLoss(
            a.tensor(0), a.tensor(1), a.tensor(2), a.float(3), a.float(4), a.float(5),
            swap: a.bool(6), .named(a.string(7))))
      }),
  ]
}
