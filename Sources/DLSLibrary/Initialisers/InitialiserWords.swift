// Initialisers: each makes a tensor of a shape.

import DLSRuntime
import DLSTensor
import Glibc

private let size = Parameter("size", .ints, variadic: true)
private let gain = Parameter("gain", .float, .float(1), namedOnly: true)

private func maker(
  _ name: String, _ parameters: [Parameter], _ summary: String, _ formula: String,
  _ fill: @escaping @Sendable (Tensor, Call) throws(Failure) -> Void
) -> Builtin {
  let value = name == "constant" ? ", value=0.5" : name == "sparse" ? ", sparsity=0.5" : ""
  return Builtin(
    name, [size] + parameters, summary,
    details: formula + (formula.isEmpty ? "" : " ")
      + "Sizes are numbers or a list, as in `\(name)(3, 2\(value))`.",
    example: "\(name)(3, 2\(value)).shape  #=> [3, 2]", family: "Initialisers"
  ) { call throws(Failure) in
    let shape = try call.ints(0)
    let t = try tensorWork { () throws(TensorError) in try Tensor.empty(shape, .f32) }
    try fill(t, call)
    return .tensor(t)
  }
}

/// Fan-in and fan-out as PyTorch counts them: the last dimensions are inputs.
private func fans(_ t: Tensor, _ call: Call) throws(Failure) -> (input: Double, output: Double) {
  if t.rank < 2 {
    throw call.fail(
      0, "\(call.name) needs at least two dimensions, got \(Tensor.describe(t.shape))")
  }
  let field = t.shape.dropFirst(2).reduce(1, *)
  return (Double(t.shape[1] * field), Double(t.shape[0] * field))
}

private let kaiming = [
  Parameter("a", .float, .float(0), namedOnly: true),
  Parameter("mode", .string, .string("fan_in"), namedOnly: true),
  Parameter("nonlinearity", .string, .string("leaky_relu"), namedOnly: true),
  Parameter("fan", .int, .none, namedOnly: true),
]

private func kaimingStd(_ t: Tensor, _ call: Call) throws(Failure) -> Double {
  let (input, output) = try fans(t, call)
  let mode = try call.string(2)
  if mode != "fan_in" && mode != "fan_out" {
    throw call.fail(2, "mode is \"fan_in\" or \"fan_out\"")
  }
  let fan = try call.optionalInt(4).map(Double.init) ?? (mode == "fan_in" ? input : output)
  let a = try call.float(1)
  let gains = [
    "leaky_relu": (2 / (1 + a * a)).squareRoot(), "relu": 2.0.squareRoot(), "tanh": 5.0 / 3,
    "linear": 1.0, "sigmoid": 1.0,
    "selu": 0.75,
  ]
  guard let gain = gains[try call.string(3)] else {
    throw call.fail(3, "nonlinearity is one of \(gains.keys.sorted().joined(separator: ", "))")
  }
  return gain / fan.squareRoot()
}

enum InitialiserWords {
  static let all: [Builtin] = [
    maker(
      "xavier_uniform", [gain], "Uniform within ±gain √(6 / (in + out)).",
      "Glorot and Bengio (2010)."
    ) { t, call throws(Failure) in
      let (n, m) = try fans(t, call)
      let bound = try call.float(1) * (6 / (n + m)).squareRoot()
      call.machine.generator.fillUniform(t, -bound, bound)
    },
    maker(
      "xavier_normal", [gain], "Normal with deviation gain √(2 / (in + out)).",
      "Glorot and Bengio (2010)."
    ) { t, call throws(Failure) in
      let (n, m) = try fans(t, call)
      call.machine.generator.fillNormal(t, 0, try call.float(1) * (2 / (n + m)).squareRoot())
    },
    maker(
      "kaiming_uniform", kaiming, "Uniform within ±gain √(3 / fan).",
      "He et al. (2015). Fan-in is the last dimensions, as in PyTorch; `fan=` says otherwise."
    ) {
      t, call throws(Failure) in
      let bound = try kaimingStd(t, call) * 3.0.squareRoot()
      call.machine.generator.fillUniform(t, -bound, bound)
    },
    maker(
      "kaiming_normal", kaiming, "Normal with deviation gain / √fan.",
      "He et al. (2015). Fan-in is the last dimensions, as in PyTorch; `fan=` says otherwise."
    ) {
      t, call throws(Failure) in call.machine.generator.fillNormal(t, 0, try kaimingStd(t, call))
    },
    maker(
      "normal",
      [
        Parameter("mean", .float, .float(0), namedOnly: true),
        Parameter("std", .float, .float(1), namedOnly: true),
      ],
      "Normal with a mean and a deviation.", ""
    ) { t, call throws(Failure) in
      call.machine.generator.fillNormal(t, try call.float(1), try call.float(2))
    },
    maker(
      "uniform",
      [
        Parameter("a", .float, .float(0), namedOnly: true),
        Parameter("b", .float, .float(1), namedOnly: true),
      ],
      "Uniform between two bounds.", ""
    ) { t, call throws(Failure) in
      call.machine.generator.fillUniform(t, try call.float(1), try call.float(2))
    },
    maker("constant", [Parameter("value", .float, namedOnly: true)], "One value everywhere.", "") {
      t, call throws(Failure) in
      let value = try call.float(1)
      let full = try tensorWork { () throws(TensorError) in try Tensor.full(t.shape, value, t.dtype)
      }
      t.withMutableBytes { target in full.withBytes { target.copyMemory(from: $0) } }
    },
    maker(
      "trunc_normal",
      [
        Parameter("mean", .float, .float(0), namedOnly: true),
        Parameter("std", .float, .float(1), namedOnly: true),
        Parameter("a", .float, .float(-2), namedOnly: true),
        Parameter("b", .float, .float(2), namedOnly: true),
      ], "Normal, but within [a, b].",
      "By the inverse of the distribution function, as PyTorch draws it."
    ) { t, call throws(Failure) in
      let (mean, std, a, b) = (
        try call.float(1), try call.float(2), try call.float(3), try call.float(4)
      )
      if !(a < b) { throw call.fail(3, "a must lie below b") }
      if !(std > 0) { throw call.fail(2, "`std` must be above 0, got \(NumberText.shortest(std))") }
      let generator = call.machine.generator
      // In the lower half of the distribution, where small shares keep their digits.
      let side: Double = a + b > 2 * mean ? -1 : 1
      let ends = [(a - mean) / std * side, (b - mean) / std * side].sorted()
      let (low, high) = (Normal.below(ends[0]), Normal.below(ends[1]))
      t.withMutableBytes { raw in
        let out = raw.bindMemory(to: Float.self)
        for i in out.indices {
          let z = Normal.quantile(low + (high - low) * generator.nextDouble())
          out[i] = Float(min(max(mean + std * side * z, a), b))
        }
      }
    },
    maker(
      "orthogonal", [gain], "Rows (or columns) orthogonal to each other, of length gain.",
      "Saxe et al. (2013): the orthogonal factor of a normal matrix; dims after the first count as "
        + "columns."
    ) { t, call throws(Failure) in
      if t.rank < 2 { throw call.fail(0, "orthogonal needs at least two dimensions") }
      let rows = t.shape[0]
      let columns = t.count / max(rows, 1)
      call.machine.generator.fillNormal(t)
      let gain = try call.float(1)
      t.withMutableBytes { raw in
        orthogonalise(raw.bindMemory(to: Float.self), rows, columns, gain)
      }
    },
    maker(
      "sparse",
      [
        Parameter("sparsity", .float, namedOnly: true),
        Parameter("std", .float, .float(0.01), namedOnly: true),
      ], "Normal, with a share of each column set to 0.", "Martens (2010): sparse initialisation."
    ) { t, call throws(Failure) in
      if t.rank != 2 { throw call.fail(0, "sparse makes a matrix [rows, columns]") }
      let share = try call.float(1)
      if !(share >= 0 && share <= 1) {
        throw call.fail(1, "sparsity must be from 0 to 1, got \(share)")
      }
      let generator = call.machine.generator
      generator.fillNormal(t, 0, try call.float(2))
      let (rows, columns) = (t.shape[0], t.shape[1])
      let zeros = Int((share * Double(rows)).rounded(.up))
      t.withMutableBytes { raw in
        let out = raw.bindMemory(to: Float.self)
        for column in 0..<columns {
          for row in generator.permutation(rows).prefix(zeros) { out[row * columns + column] = 0 }
        }
      }
    },
  ]
}

/// Gram–Schmidt in doubles, twice for the digits, over the shorter side of a normal matrix.
private func orthogonalise(
  _ out: UnsafeMutableBufferPointer<Float>, _ rows: Int, _ columns: Int, _ gain: Double
) {
  let byRows = rows <= columns
  let (count, length) = byRows ? (rows, columns) : (columns, rows)
  func at(_ i: Int, _ k: Int) -> Int { byRows ? i * columns + k : k * columns + i }
  var vectors = (0..<count).map { i in (0..<length).map { Double(out[at(i, $0)]) } }
  for i in 0..<count {
    if Interrupt.isSet { return }
    for _ in 0..<2 {
      for j in 0..<i {
        var inner = 0.0
        for k in 0..<length { inner += vectors[i][k] * vectors[j][k] }
        for k in 0..<length { vectors[i][k] -= inner * vectors[j][k] }
      }
    }
    let norm = vectors[i].reduce(0) { $0 + $1 * $1 }.squareRoot()
    for k in 0..<length {
      vectors[i][k] /= norm
      out[at(i, k)] = Float(gain * vectors[i][k])
    }
  }
}

/// The standard normal distribution.
private enum Normal {
  /// The share that lies below z.
  static func below(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// Where a share p lies below: by Newton's steps, and by halving where they leave the bracket.
  static func quantile(_ p: Double) -> Double {
    var (left, right) = (-40.0, 40.0)
    var z = min(max(log(p / (1 - p)) / 1.702, left), right)
    for _ in 0..<100 {
      let excess = below(z) - p
      if excess < 0 { left = z } else { right = z }
      var next = z - excess * (2 * Double.pi).squareRoot() * exp(z * z / 2)
      if !(next > left && next < right) { next = (left + right) / 2 }
      if abs(next - z) <= 1e-12 * (1 + abs(z)) { return next }
      z = next
    }
    return z
  }
}
