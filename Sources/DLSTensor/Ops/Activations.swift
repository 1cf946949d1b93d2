// Activations: the nonlinearities between layers.

import Glibc

private let input = Parameter("input", .tensor)

private func op(
  _ name: String, _ parameters: [Parameter], _ summary: String, _ formula: String,
  _ example: String,
  body: @escaping @Sendable (Tensor, OpArguments) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, [input] + parameters, summary, details: formula, example: example,
    samples: {
      let defaults = parameters.map { (p: Parameter) -> OpValue in
        switch p.defaultValue {
        case .float(let v): .float(v)
        case .int(let v): .int(v)
        case .bool(let v): .bool(v)
        case .string(let v): .string(v)
        case .required, .none, .ints, .floats: .none
        }
      }
      return [[Samples.tensor([2, 3], -1.5, 1.5)] + defaults]
    },
    body: parameters.isEmpty
      ? .unary { x throws(TensorError) in
        try body(x, OpArguments([.tensor(x)], generator: Generator(seed: 0)))
      }
      : .general { a throws(TensorError) in .tensor(try body(a.tensor(0), a)) })
}

enum ActivationOps {
  static let all: [Op] = [
    op(
      "sigmoid", [], "The logistic function.", "1 / (1 + e^-x)",
      "sigmoid(tensor([0.0]))  #=> [0.5]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x.sigmoid()
    },
    op(
      "logsigmoid", [], "ln sigmoid(x).", "-ln(1 + e^-x)",
      "logsigmoid(tensor([0.0]))  #=> [-0.6931]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x.negate().softplus().negate()
    },
    op(
      "tanh", [], "The hyperbolic tangent.", "(e^x - e^-x) / (e^x + e^-x)",
      "tanh(tensor([0.0]))  #=> [0.0]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x.tanh()
    },
    op(
      "relu", [], "max(x, 0).", "Nair and Hinton (2010).",
      "relu(tensor([-1.0, 2.0]))  #=> [0.0, 2.0]  f32[2]"
    ) {
      x, _ throws(TensorError) in try x.relu()
    },
    op(
      "leaky_relu", [Parameter("negative_slope", .float, .float(0.01))],
      "x, or a small slope below 0.",
      "max(x, 0) + slope min(x, 0)", "leaky_relu(tensor([-1.0, 2.0]))  #=> [-0.01, 2.0]  f32[2]"
    ) { x, a throws(TensorError) in
      try x.leakyRelu(a.float(1))
    },
    op(
      "elu", [Parameter("alpha", .float, .float(1))], "x above 0, α(e^x - 1) below.",
      "Clevert et al. (2015).", "elu(tensor([0.0, 2.0]))  #=> [0.0, 2.0]  f32[2]"
    ) { x, a throws(TensorError) in try x.elu(a.float(1)) },
    op(
      "selu", [], "ELU scaled so that activations normalise themselves.",
      "Klambauer et al. (2017).",
      "selu(tensor([1.0]))  #=> [1.051]  f32[1]"
    ) { x, _ throws(TensorError) in
      try x.elu(1.6732632423543772) * x.number(1.0507009873554805)
    },
    op(
      "gelu", [Parameter("approximate", .string, .string("none"))], "x Φ(x).",
      "Hendrycks and Gimpel (2016); approximate=\"tanh\" for the tanh formula.",
      "gelu(tensor([1.0]))  #=> [0.8413]  f32[1]"
    ) { x, a throws(TensorError) in
      if a.string(1) == "tanh" {
        let half = try x * x.number(0.5)
        let inner = try (x + x * x * x * x.number(0.044715)) * x.number(0.7978845608028654)
        return try half * (inner.tanh() + x.number(1))
      }
      return try x.gelu()
    },
    op(
      "silu", [], "x sigmoid(x), also called swish.", "Elfwing et al. (2017).",
      "silu(tensor([0.0]))  #=> [0.0]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x * x.sigmoid()
    },
    op(
      "softplus",
      [Parameter("beta", .float, .float(1)), Parameter("threshold", .float, .float(20))],
      "A smooth relu.", "ln(1 + e^βx) / β", "softplus(tensor([0.0]))  #=> [0.6931]  f32[1]"
    ) { x, a throws(TensorError) in try x.softplus(a.float(1), a.float(2)) },
    op(
      "softsign", [], "x / (1 + |x|).", "Bergstra et al. (2009).",
      "softsign(tensor([1.0]))  #=> [0.5]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x / (x.abs() + x.number(1))
    },
    op(
      "hardtanh",
      [Parameter("min_val", .float, .float(-1)), Parameter("max_val", .float, .float(1))],
      "x held between two bounds.", "min(max(x, low), high)",
      "hardtanh(tensor([3.0]))  #=> [1.0]  f32[1]"
    ) { x, a throws(TensorError) in try x.clamp(a.float(1), a.float(2)) },
    op(
      "mish", [], "x tanh(softplus(x)).", "Misra (2019).", "mish(tensor([0.0]))  #=> [0.0]  f32[1]"
    ) {
      x, _ throws(TensorError) in try x * x.softplus().tanh()
    },
    op(
      "softmax", [Parameter("dim", .int, .int(-1))],
      "Positive numbers that add up to 1 along a dim.",
      "e^x / Σ e^x", "softmax(tensor([0.0, 0.0]))  #=> [0.5, 0.5]  f32[2]"
    ) { x, a throws(TensorError) in try x.softmax(a.int(1)) },
    op(
      "log_softmax", [Parameter("dim", .int, .int(-1))], "ln softmax(x), without overflow.",
      "x - ln Σ e^x", "log_softmax(tensor([0.0, 0.0]))  #=> [-0.6931, -0.6931]  f32[2]"
    ) { x, a throws(TensorError) in try x.logSoftmax(a.int(1)) },
  ]
}

extension Tensor {
  /// x Φ(x), whose slope is Φ(x) + x φ(x).
  package func gelu() throws(TensorError) -> Tensor {
    let (half, root) = (Float(0.5), Float(0.7071067811865476))
    return try unary(
      "gelu", f32: { half * $0 * (1 + VectorMath.erf($0 * root)) },
      f64: { v in VectorMath.each(v) { 0.5 * $0 * (1 + Glibc.erf($0 * 0.7071067811865476)) } }
    ) { g, x, _ throws(TensorError) in
      let share = try ((x * x.number(0.7071067811865476)).erf() + x.number(1)) * x.number(0.5)
      let density = try (x * x * x.number(-0.5)).exp() * x.number(0.3989422804014327)
      return try g * (share + x * density)
    }
  }

  package func leakyRelu(_ slope: Double) throws(TensorError) -> Tensor {
    let low = Float(slope)
    return try unary(
      "leaky_relu", f32: { $0.replacing(with: $0 * low, where: $0 .<= 0) },
      f64: { $0.replacing(with: $0 * slope, where: $0 .<= 0) }
    ) { g, x, _ throws(TensorError) in
      try Tensor.select(x.detached.greater(x.number(0)), g, g * g.number(slope))
    }
  }

  package func elu(_ alpha: Double) throws(TensorError) -> Tensor {
    let low = try (self - relu()).expm1() * number(alpha)
    return try relu() + low
  }
}
