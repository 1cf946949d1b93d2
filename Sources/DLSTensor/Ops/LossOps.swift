// The losses: declarations.

private let reduction = Parameter("reduction", .string, .string("mean"))
private let input = Parameter("input", .tensor)
private let target = Parameter("target", .tensor)

enum LossOps {
  static let all: [Op] = [
    Op(
      "cross_entropy",
      [
        input, target, Parameter("weight", .tensor, .none),
        Parameter("ignore_index", .int, .int(-100)),
        reduction, Parameter("label_smoothing", .float, .float(0)),
      ], "-ln softmax(input)[target], averaged: logits [n, classes] and int labels [n].",
      details:
        "Targets may also be probabilities of the input's shape. Takes logits: no softmax before it.",
      example: "cross_entropy(tensor([[0.0, 0.0]]), tensor([1]))  #=> 0.6931472",
      samples: {
        guard let labels = try? Tensor.of([2, 0]) else { return [] }
        let x = Samples.tensor([2, 3], -1, 1)
        return [
          [x, .tensor(labels), .none, .int(-100), .string("mean"), .float(0)],
          [x, .tensor(labels), .none, .int(0), .string("sum"), .float(0.1)],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).crossEntropy(
            a.tensor(1), weight: a.optionalTensor(2), ignoreIndex: a.int(3),
            reduction: .named(a.string(4)), labelSmoothing: a.float(5)))
      }, caution: LossCautions.crossEntropy),
    Op(
      "nll_loss",
      [
        input, target, Parameter("weight", .tensor, .none),
        Parameter("ignore_index", .int, .int(-100)), reduction,
      ], "-input[target], averaged: for log probabilities.",
      example: "nll_loss(tensor([[-1.0, -2.0]]), tensor([1]))  #=> 2.0",
      samples: {
        guard let labels = try? Tensor.of([2, 0]) else { return [] }
        return [
          [Samples.tensor([2, 3], -1, 1), .tensor(labels), .none, .int(-100), .string("mean")]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).nllLoss(
            a.tensor(1), weight: a.optionalTensor(2), ignoreIndex: a.int(3),
            reduction: .named(a.string(4))))
      }, caution: LossCautions.nll),
    Op(
      "binary_cross_entropy", [input, target, Parameter("weight", .tensor, .none), reduction],
      "-(t ln p + (1 - t) ln(1 - p)), averaged, for probabilities p.",
      example: "binary_cross_entropy(tensor([0.5]), tensor([1.0]))  #=> 0.6931472",
      samples: {
        [
          [
            Samples.tensor([2, 3], 0.2, 0.8), Samples.tensor([2, 3], 0.2, 0.8, seed: 2), .none,
            .string("mean"),
          ]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).binaryCrossEntropy(
            a.tensor(1), weight: a.optionalTensor(2), reduction: .named(a.string(3))))
      }),
    Op(
      "binary_cross_entropy_with_logits",
      [
        input, target, Parameter("weight", .tensor, .none), reduction,
        Parameter("pos_weight", .tensor, .none),
      ], "Binary cross-entropy of sigmoid(input), without overflow.",
      example: "binary_cross_entropy_with_logits(tensor([0.0]), tensor([1.0]))  #=> 0.6931472",
      samples: {
        [
          [
            Samples.tensor([2, 3], -1, 1), Samples.tensor([2, 3], 0.2, 0.8, seed: 2), .none,
            .string("mean"), .none,
          ]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).binaryCrossEntropyWithLogits(
            a.tensor(1), weight: a.optionalTensor(2), posWeight: a.optionalTensor(4),
            reduction: .named(a.string(3))))
      }),
  ]
}
