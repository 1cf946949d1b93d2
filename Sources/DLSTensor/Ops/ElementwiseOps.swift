// The elementwise words: declarations.

private let input: [Parameter] = [Parameter("input", .tensor)]
private let pair: [Parameter] = [Parameter("input", .tensor), Parameter("other", .tensor)]

private func unary(
  _ name: String, _ summary: String, _ example: String, _ low: Double = 0.2, _ high: Double = 0.9,
  _ gradient: Op.GradientRule = .flows,
  _ body: @escaping @Sendable (Tensor) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, input, summary, details: "Element by element; the shape stays.", example: example,
    gradient: gradient, samples: Samples.one(low, high), body: .unary(body))
}

private let steps = Op.GradientRule.none(because: "it is constant between its jumps")
private let truth = Op.GradientRule.none(because: "its result is bool")

enum ElementwiseOps {
  static let all: [Op] = [
    unary("neg", "-x.", "neg(tensor([1.0, -2.0]))  #=> [-1.0, 2.0]  f32[2]") {
      x throws(TensorError) in try x.negate()
    },
    unary("exp", "e to the power x.", "exp(tensor([0.0, 1.0]))  #=> [1.0, 2.718]  f32[2]") {
      x throws(TensorError) in try x.exp()
    },
    unary("expm1", "e^x - 1, exact near 0.", "expm1(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.expm1()
    },
    unary("log", "The natural logarithm.", "log(tensor([1.0, e]))  #=> [0.0, 1.0]  f32[2]") {
      x throws(TensorError) in try x.log()
    },
    unary("log1p", "ln(1 + x), exact near 0.", "log1p(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.log1p()
    },
    unary("log2", "The logarithm to base 2.", "log2(tensor([8.0]))  #=> [3.0]  f32[1]") {
      x throws(TensorError) in try x.log2()
    },
    unary("log10", "The logarithm to base 10.", "log10(tensor([100.0]))  #=> [2.0]  f32[1]") {
      x throws(TensorError) in try x.log10()
    },
    unary("sqrt", "The square root.", "sqrt(tensor([4.0, 9.0]))  #=> [2.0, 3.0]  f32[2]") {
      x throws(TensorError) in try x.sqrt()
    },
    unary("rsqrt", "1 / sqrt(x).", "rsqrt(tensor([4.0]))  #=> [0.5]  f32[1]") {
      x throws(TensorError) in try x.rsqrt()
    },
    unary("square", "x².", "square(tensor([3.0]))  #=> [9.0]  f32[1]") {
      x throws(TensorError) in try x.square()
    },
    unary("reciprocal", "1 / x.", "reciprocal(tensor([4.0]))  #=> [0.25]  f32[1]") {
      x throws(TensorError) in try x.reciprocal()
    },
    unary("sin", "The sine.", "sin(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.sin()
    },
    unary("cos", "The cosine.", "cos(tensor([0.0]))  #=> [1.0]  f32[1]") {
      x throws(TensorError) in try x.cos()
    },
    unary("tan", "The tangent.", "tan(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.tan()
    },
    unary("asin", "The arc sine.", "asin(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.asin()
    },
    unary("acos", "The arc cosine.", "acos(tensor([1.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.acos()
    },
    unary("atan", "The arc tangent.", "atan(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.atan()
    },
    unary("sinh", "The hyperbolic sine.", "sinh(tensor([0.0]))  #=> [0.0]  f32[1]") {
      x throws(TensorError) in try x.sinh()
    },
    unary("cosh", "The hyperbolic cosine.", "cosh(tensor([0.0]))  #=> [1.0]  f32[1]") {
      x throws(TensorError) in try x.cosh()
    },
    unary("erf", "The error function, 2/√π ∫ e^(-t²) dt.", "erf(tensor([0.0]))  #=> [0.0]  f32[1]")
    {
      x throws(TensorError) in try x.erf()
    },
    unary("lgamma", "ln |Γ(x)|.", "lgamma(tensor([4.0]))  #=> [1.792]  f32[1]", 1.2, 3) {
      x throws(TensorError) in try x.lgamma()
    },
    unary("abs", "|x|.", "abs(tensor([-1.5]))  #=> [1.5]  f32[1]") { x throws(TensorError) in
      try x.abs()
    },
    unary(
      "sign", "-1, 0 or 1.", "sign(tensor([-2.0, 3.0]))  #=> [-1.0, 1.0]  f32[2]", 0.2, 0.4, steps
    ) {
      x throws(TensorError) in try x.sign()
    },
    unary(
      "floor", "The next whole number down.", "floor(tensor([1.7]))  #=> [1.0]  f32[1]", 0.2, 0.4,
      steps
    ) {
      x throws(TensorError) in try x.floor()
    },
    unary(
      "ceil", "The next whole number up.", "ceil(tensor([1.2]))  #=> [2.0]  f32[1]", 0.2, 0.4, steps
    ) {
      x throws(TensorError) in try x.ceil()
    },
    unary("trunc", "Towards zero.", "trunc(tensor([-1.7]))  #=> [-1.0]  f32[1]", 0.2, 0.4, steps) {
      x throws(TensorError) in try x.trunc()
    },
    unary("frac", "x - trunc(x).", "frac(tensor([1.25]))  #=> [0.25]  f32[1]") {
      x throws(TensorError) in try x.frac()
    },
    Op(
      "round", input + [Parameter("decimals", .int, .int(0))], "To the nearest; halves to even.",
      example: "round(tensor([2.5, 3.5]))  #=> [2.0, 4.0]  f32[2]", gradient: steps,
      body: .general { a throws(TensorError) in .tensor(try a.tensor(0).round(a.int(1))) }),
    unary("isnan", "True where x is nan.", "isnan(tensor([nan]))  #=> [true]  bool[1]", 0, 1, truth)
    {
      x throws(TensorError) in try x.isnan()
    },
    unary(
      "isinf", "True where x is infinite.", "isinf(tensor([inf]))  #=> [true]  bool[1]", 0, 1, truth
    ) {
      x throws(TensorError) in try x.isinf()
    },
    unary(
      "isfinite", "True where x is a number.", "isfinite(tensor([inf]))  #=> [false]  bool[1]", 0,
      1, truth
    ) {
      x throws(TensorError) in try x.isfinite()
    },
    unary(
      "logical_not", "True where x is 0.", "logical_not(tensor([true]))  #=> [false]  bool[1]", 0,
      1, truth
    ) {
      x throws(TensorError) in try x.logicalNot()
    },
    Op(
      "logical_and", pair, "True where both are.",
      example: "logical_and(tensor([true]), tensor([false]))  #=> [false]  bool[1]",
      gradient: truth,
      body: .binary { a, b throws(TensorError) in
        try a.logical(b, "logical_and") { $0 & $1 }
      }),
    Op(
      "logical_or", pair, "True where either is.",
      example: "logical_or(tensor([true]), tensor([false]))  #=> [true]  bool[1]",
      gradient: truth,
      body: .binary { a, b throws(TensorError) in
        try a.logical(b, "logical_or") { $0 | $1 }
      }),
    Op(
      "logical_xor", pair, "True where just one is.",
      example: "logical_xor(tensor([true]), tensor([true]))  #=> [false]  bool[1]",
      gradient: truth,
      body: .binary { a, b throws(TensorError) in
        try a.logical(b, "logical_xor") { $0 ^ $1 }
      }),
    Op(
      "pow", [Parameter("input", .tensor), Parameter("exponent", .tensor)],
      "x to a power; `x ^ p`.",
      example: "pow(tensor([2.0, 3.0]), 2)  #=> [4.0, 9.0]  f32[2]", samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try a.power(b) }),
    Op(
      "atan2", pair, "The angle of the point (other, input).",
      example: "atan2(tensor([0.0]), tensor([1.0]))  #=> [0.0]  f32[1]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try a.atan2(b) }),
    Op(
      "maximum", pair, "The larger of two, element by element.",
      example: "maximum(tensor([1.0, 5.0]), tensor([3.0, 2.0]))  #=> [3.0, 5.0]  f32[2]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try Tensor.maximum(a, b) }),
    Op(
      "minimum", pair, "The smaller of two, element by element.",
      example: "minimum(tensor([1.0, 5.0]), tensor([3.0, 2.0]))  #=> [1.0, 2.0]  f32[2]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try Tensor.minimum(a, b) }),
    Op(
      "logaddexp", pair, "ln(e^a + e^b).",
      example: "logaddexp(tensor([0.0]), tensor([0.0]))  #=> [0.6931]  f32[1]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try Tensor.logaddexp(a, b) }),
    Op(
      "fmod", pair, "The remainder with the dividend's sign.",
      example: "fmod(tensor([-3.0]), tensor([2.0]))  #=> [-1.0]  f32[1]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try a.fmod(b) }),
    Op(
      "remainder", pair, "The remainder with the divisor's sign; `a % b`.",
      example: "remainder(tensor([-3.0]), tensor([2.0]))  #=> [1.0]  f32[1]",
      samples: Samples.two(0.3, 1.5),
      body: .binary { a, b throws(TensorError) in try a.remainder(b) }),
    Op(
      "clamp", input + [Parameter("min", .any, .none), Parameter("max", .any, .none)],
      "Held between two bounds, numbers or tensors.",
      example: "clamp(tensor([-2.0, 0.5]), 0, 1)  #=> [0.0, 0.5]  f32[2]",
      samples: {
        [
          [Samples.tensor([2, 3], -2, 2), .float(-1), .float(1)],
          [Samples.tensor([2, 3], -2, 2), Samples.tensor([3], -1, 0, seed: 2), .none],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).clamp(a.values[1], a.values[2]))
      }),
    Op(
      "where",
      [Parameter("condition", .tensor), Parameter("input", .tensor), Parameter("other", .tensor)],
      "Elements of one where a condition holds, of another elsewhere.",
      example: "where(tensor([true, false]), tensor([1, 2]), tensor([3, 4]))  #=> [1, 4]  i64[2]",
      samples: {
        guard let mask = try? Tensor.of([true, false, true, true, false, false], shape: [2, 3])
        else { return [] }
        return [[3], [2, 3]].map {
          [.tensor(mask), Samples.tensor([2, 3], -1, 1), Samples.tensor($0, -1, 1, seed: 2)]
        }
      },
      body: .general { a throws(TensorError) in
        .tensor(try Tensor.select(a.tensor(0), a.tensor(1), a.tensor(2)))
      }),
    Op(
      "masked_fill", input + [Parameter("mask", .tensor), Parameter("value", .float)],
      "A value where the mask holds.",
      example: "masked_fill(tensor([1.0, 2.0]), tensor([true, false]), 0)  #=> [0.0, 2.0]  f32[2]",
      samples: {
        guard let mask = try? Tensor.of([true, false, true]) else { return [] }
        return [[Samples.tensor([2, 3], -1, 1), .tensor(mask), .float(2)]]
      },
      body: .general { a throws(TensorError) in
        let (x, mask) = (try a.tensor(0), try a.tensor(1))
        if mask.dtype != .bool {
          throw TensorError(
            "dtype-mismatch", "the mask must be a bool tensor, got \(mask.typeText)", argument: 1,
            labels: [(1, mask.typeText)], help: ["a comparison makes one: `{1} != 0`"])
        }
        if !x.dtype.isFloating, a.float(2) != a.float(2).rounded() {
          throw TensorError(
            "dtype-mismatch", "\(a.float(2)) does not fit a tensor of \(x.dtype.name)", argument: 2,
            labels: [(0, x.typeText)], help: ["as floats: `{0}.to(f32)`"])
        }
        return .tensor(try Tensor.select(mask, Tensor.scalar(a.float(2), x.dtype), x))
      }),
  ]
}

extension Tensor {
  package func atan2(_ x: Tensor) throws(TensorError) -> Tensor {
    let r = try Tensor.binary(
      "atan2", self, x, toFloat: true,
      f32: { Tensor.eachPair($0, $1) { Float(Scalar.atan2(Double($0), Double($1))) } },
      f64: { Tensor.eachPair($0, $1) { Scalar.atan2($0, $1) } }, i64: { a, _ in a })
    let (p, q) = (r.a, r.b)
    return Autograd.record("atan2", [p, q], r.y) { g, _ throws(TensorError) in
      let s = try g / (p * p + q * q)
      return [try (s * q).reduced(to: p.shape), try (s * p).negate().reduced(to: q.shape)]
    }
  }
}
