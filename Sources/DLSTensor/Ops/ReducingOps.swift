// Words that reduce, multiply and compare: declarations.

private let input = Parameter("input", .tensor)
private let dims = Parameter("dim", .ints, .none)
private let keepdim = Parameter("keepdim", .bool, .bool(false))

private func reduce(
  _ name: String, _ summary: String, _ example: String, gradient: Op.GradientRule = .flows,
  _ extra: [Parameter] = [], _ body: @escaping @Sendable (OpArguments) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, [input, dims, keepdim] + extra, summary,
    details:
      "Over all dimensions, or over `dim` (one or a list); `keepdim` leaves them with size 1.",
    example: example, gradient: gradient,
    samples: {
      let rest = extra.map { (p: Parameter) -> OpValue in
        if case .int(let v) = p.defaultValue { return .int(v) }
        return .none
      }
      let x = Samples.tensor([2, 3], 0.3, 1.5)
      return [
        [x, .none, .bool(false)] + rest, [x, .int(1), .bool(true)] + rest,
        [x, .ints([0]), .bool(false)] + rest,
      ]
    },
    body: .general { a throws(TensorError) in .tensor(try body(a)) })
}

private func position(_ name: String, _ summary: String, _ example: String, largest: Bool) -> Op {
  Op(
    name, [input, Parameter("dim", .int, .none), keepdim], summary, example: example,
    gradient: .none(because: "its result is ints"),
    body: .general { a throws(TensorError) in
      .tensor(try a.tensor(0).argExtreme(a.optionalInt(1), keepdim: a.bool(2), largest: largest))
    })
}

/// `max(x)` is a number; `max(x, dim)` gives values and indices; `max(x, y)` compares.
private func extreme(_ name: String, _ summary: String, _ example: String, largest: Bool) -> Op {
  Op(
    name, [input, Parameter("dim", .int, .none), keepdim], summary,
    details: "With `dim`, gives `(values, indices)`.", example: example,
    samples: { [[Samples.tensor([2, 3], 0, 1), .none, .bool(false)]] },
    body: .general { a throws(TensorError) in
      let x = try a.tensor(0)
      guard let dim = a.optionalInt(1) else { return .tensor(try x.amax(nil, largest: largest)) }
      let (values, indices) = try x.extreme(dim, keepdim: a.bool(2), largest: largest)
      return .tensors([values, indices])
    })
}

private let correction = Parameter("correction", .int, .int(1))
/// What is added up is taken in this dtype.
private let inDType = Parameter("dtype", .dtype, .none, namedOnly: true)
private let truth = Op.GradientRule.none(because: "its result is bool")

enum ReducingOps {
  static let all: [Op] = [
    reduce("sum", "The sum.", "sum(tensor([1.0, 2.0]))  #=> 3.0", [inDType]) {
      a throws(TensorError) in
      try a.tensor(0).cast(a.dtype(3)).sum(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce("mean", "The mean.", "mean(tensor([1.0, 2.0]))  #=> 1.5", [inDType]) {
      a throws(TensorError) in
      try a.tensor(0).cast(a.dtype(3)).mean(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce("prod", "The product.", "prod(tensor([2.0, 3.0]))  #=> 6.0", [inDType]) {
      a throws(TensorError) in
      try a.tensor(0).cast(a.dtype(3)).prod(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce("amax", "The largest; equals share the gradient.", "amax(tensor([1.0, 2.0]))  #=> 2.0") {
      a throws(TensorError) in try a.tensor(0).amax(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce("amin", "The smallest; equals share the gradient.", "amin(tensor([1.0, 2.0]))  #=> 1.0")
    {
      a throws(TensorError) in
      try a.tensor(0).amax(a.optionalInts(1), keepdim: a.bool(2), largest: false)
    },
    extreme("max", "The largest element.", "max(tensor([1.0, 5.0]))  #=> 5.0", largest: true),
    extreme("min", "The smallest element.", "min(tensor([1.0, 5.0]))  #=> 1.0", largest: false),
    position(
      "argmax", "Where the largest element is.", "argmax(tensor([1.0, 5.0]))  #=> 1", largest: true),
    position(
      "argmin", "Where the smallest element is.", "argmin(tensor([1.0, 5.0]))  #=> 0",
      largest: false),
    reduce(
      "var", "The variance, Σ (x - mean)² / (n - correction).", "var(tensor([1.0, 3.0]))  #=> 2.0",
      [correction]
    ) {
      a throws(TensorError) in
      try a.tensor(0).variance(a.optionalInts(1), correction: a.int(3), keepdim: a.bool(2))
    },
    reduce(
      "std", "The standard deviation, the root of the variance.",
      "std(tensor([1.0, 3.0]))  #=> 1.4142135", [correction]
    ) {
      a throws(TensorError) in
      try a.tensor(0).variance(a.optionalInts(1), correction: a.int(3), keepdim: a.bool(2)).sqrt()
    },
    Op(
      "norm", [input, Parameter("p", .any, .float(2)), dims, keepdim],
      "(Σ |x|^p)^(1/p); p may also be \"fro\" (2) or, for matrices, \"nuc\".",
      example: "norm(tensor([3.0, 4.0]))  #=> 5.0",
      samples: {
        [
          [Samples.tensor([2, 3], 0.3, 1.5), .float(2), .none, .bool(false)],
          [Samples.tensor([2, 3], 0.3, 1.5), .float(3), .int(1), .bool(false)],
        ]
      },
      body: .general { a throws(TensorError) in
        let (x, dims, keep) = (try a.tensor(0), a.optionalInts(2), a.bool(3))
        switch a.values[1] {
        case .string("nuc"):
          return .tensor(try x.matrixNorm(.nuclear, dims ?? [-2, -1], keepdim: keep))
        case .string("fro"), .none: return .tensor(try x.norm(2, dims, keepdim: keep))
        case .int, .float: return .tensor(try x.norm(a.float(1), dims, keepdim: keep))
        case .tensor, .tensors, .ints, .bool, .string, .dtype:
          throw TensorError(
            "bad-argument", "norm's p is a number, \"fro\" or \"nuc\"", argument: 1)
        }
      }),
    reduce(
      "logsumexp", "ln Σ e^x, without overflow.", "logsumexp(tensor([0.0, 0.0]))  #=> 0.6931472"
    ) {
      a throws(TensorError) in try a.tensor(0).logsumexp(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce(
      "all", "True when every element is.", "all(tensor([true, false]))  #=> false", gradient: truth
    ) {
      a throws(TensorError) in try a.tensor(0).all(a.optionalInts(1), keepdim: a.bool(2))
    },
    reduce(
      "any", "True when some element is.", "any(tensor([true, false]))  #=> true", gradient: truth
    ) {
      a throws(TensorError) in try a.tensor(0).any(a.optionalInts(1), keepdim: a.bool(2))
    },
  ]
}

enum ProductOps {
  /// A product of operands of given ranks; nil for any.
  private static func product(
    _ name: String, _ other: String, _ summary: String, _ example: String, _ ranks: (Int, Int)?,
    _ m: [Int], _ n: [Int]
  ) -> Op {
    Op(
      name, [input, Parameter(other, .tensor)], summary, example: example,
      samples: { [[Samples.tensor(m, -1, 1), Samples.tensor(n, -1, 1, seed: 2)]] },
      body: .binary { a, b throws(TensorError) in
        if let ranks, a.rank != ranks.0 || b.rank != ranks.1 {
          throw TensorError(
            "shape-mismatch",
            "`\(name)` takes tensors of \(ranks.0) and \(ranks.1) dimensions, got "
              + "\(a.describeShape) and \(b.describeShape)",
            labels: [(0, a.describeShape), (1, b.describeShape)], help: ["`{0} @ {1}`"])
        }
        return try a.matmul(b)
      })
  }

  static let all: [Op] = [
    product(
      "matmul", "other", "The matrix product, `a @ b`.",
      "matmul(eye(2), tensor([1.0, 2.0]))  #=> [1.0, 2.0]  f32[2]", nil, [2, 3], [3, 2]),
    product(
      "bmm", "mat2", "Matrix products of two batches.",
      "bmm(ones(1, 1, 2), ones(1, 2, 1))\n#=> [[[2.0]]]  f32[1, 1, 1]", (3, 3), [2, 2, 3],
      [2, 3, 2]),
    product(
      "mv", "vec", "A matrix times a vector.",
      "mv(eye(2), tensor([1.0, 2.0]))  #=> [1.0, 2.0]  f32[2]", (2, 1), [2, 3], [3]),
    product(
      "dot", "tensor", "The inner product of two vectors.",
      "dot(tensor([1.0, 2.0]), tensor([3.0, 4.0]))  #=> 11.0", (1, 1), [3], [3]),
    Op(
      "outer", [input, Parameter("vec2", .tensor)], "All products of two vectors' elements.",
      example: "outer(tensor([1.0]), tensor([2.0, 3.0]))\n#=> [[2.0, 3.0]]  f32[1, 2]",
      samples: { [[Samples.tensor([2], -1, 1), Samples.tensor([3], -1, 1, seed: 2)]] },
      body: .binary { a, b throws(TensorError) in try a.reshape([-1, 1]) * b.reshape([1, -1]) }),
    Op(
      "linear", [input, Parameter("weight", .tensor), Parameter("bias", .tensor, .none)],
      "x Wᵀ + b, with the weight as PyTorch keeps it: [out, in].",
      example: "linear(ones(1, 2), ones(1, 2))\n#=> [[2.0]]  f32[1, 1]",
      samples: {
        [
          [
            Samples.tensor([2, 3], -1, 1), Samples.tensor([4, 3], -1, 1, seed: 2),
            Samples.tensor([4], -1, 1, seed: 3),
          ]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).linear(a.tensor(1), a.optionalTensor(2)))
      }),
  ]
}

extension Tensor {
  package func norm(_ p: Double, _ dims: [Int]?, keepdim: Bool) throws(TensorError) -> Tensor {
    let x = try floating()
    if p == 1 { return try x.abs().sum(dims, keepdim: keepdim) }
    if p.magnitude == .infinity {
      return try x.abs().amax(dims, keepdim: keepdim, largest: p > 0)
    }
    if p == 0 { return try x.test { $0 != 0 }.to(x.dtype).sum(dims, keepdim: keepdim) }
    if p == 2 {
      let s = try (x * x).sum(dims, keepdim: keepdim)
      // At 0 the gradient is 0, as PyTorch's: the root's slope must not meet it.
      let zero = try s.equal(Tensor.scalar(0, s.dtype))
      let safe = try Tensor.select(zero, s.number(1), s)
      return try Tensor.select(zero, s.number(0), safe.sqrt())
    }
    // Where all are 0 the gradient is 0 as well: neither power's slope may meet 0.
    let sum = try x.abs().power(x.number(p)).sum(dims, keepdim: keepdim)
    let zero = try sum.detached.equal(Tensor.scalar(0, sum.dtype))
    let safe = try Tensor.select(zero, sum.number(1), sum)
    return try Tensor.select(zero, sum.number(0), safe.power(x.number(1 / p)))
  }
}
