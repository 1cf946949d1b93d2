// The layers: declarations.

import DLSRuntime
import DLSTensor

/// A word that makes a layer.
func layer(
  _ name: String, _ parameters: [Parameter], _ summary: String, details: String = "",
  example: String = "",
  _ make: @escaping @Sendable (Call) throws(Failure) -> Layer
) -> Builtin {
  Builtin(name, parameters, summary, details: details, example: example, family: "Layers") {
    call throws(Failure) in
    .object(try make(call))
  }
}

/// An activation as a layer: the op of another name, with its parameters.
private func activation(_ name: String, _ op: String, _ parameters: [Parameter] = []) -> Builtin {
  guard let declared = OpTable.named[op] else { preconditionFailure("no op \(op)") }
  let rest = Array(declared.parameters.dropFirst())
  return layer(name, rest, declared.summary, details: "The layer of `\(op)`.") {
    call throws(Failure) in
    let text = zip(rest, call.arguments).map { "\($0.name)=\($1.describe())" }.joined(
      separator: ", ")
    let arguments = call.arguments
    let machine = call.machine
    return FunctionLayer(name, text) { x throws(TensorError) in
      let whole = Call(
        machine: machine, name: op, parameters: declared.parameters,
        arguments: [.tensor(x)] + arguments)
      do throws(Failure) { return try machine.apply(declared, whole).asTensor() } catch {
        throw error.asTensorError
      }
    }
  }
}

extension Call {
  /// A size, or `_` for one that the first use decides.
  func sizeOrOpen(_ i: Int) throws(Failure) -> Int? {
    if case .object(let object) = value(i), object is Placeholder { return nil }
    let n = try int(i)
    if n < 0 { throw fail(i, "a size cannot be negative") }
    return try notTooLarge(n, i)
  }
  /// Beyond this no memory holds a layer, and products of sizes would overflow.
  private func notTooLarge(_ n: Int, _ i: Int) throws(Failure) -> Int {
    if n > 1 << 40 { throw fail(i, code: "bad-size", "`\(parameters[i].name)` is too large: \(n)") }
    return n
  }
  func size(_ i: Int) throws(Failure) -> Int {
    let n = try int(i)
    if n < 1 { throw fail(i, "`\(parameters[i].name)` must be at least 1, got \(n)") }
    return try notTooLarge(n, i)
  }
  func probability(_ i: Int) throws(Failure) -> Double {
    let p = try float(i)
    if !(p >= 0 && p <= 1) {
      throw fail(i, "`\(parameters[i].name)` must be from 0 to 1, got \(p)")
    }
    return p
  }
}

enum LayerWords {
  static let all: [Builtin] =
    [
      layer(
        "Linear",
        [
          Parameter("in_features", .any), Parameter("out_features", .int),
          Parameter("bias", .bool, .bool(true)),
        ],
        "y = x Wᵀ + b, with W [out, in].",
        details:
          "Input [..., in], output [..., out]. `_` for in_features is decided by the first input. "
          + "Initialised uniformly within ±1/√in, as PyTorch's.",
        example: "Linear(4, 2)(ones(3, 4)).shape  #=> [3, 2]"
      ) { call throws(Failure) in
        let (n, m, bias) = (try call.sizeOrOpen(0), try call.size(1), try call.bool(2))
        return try tensorWork { () throws(TensorError) in
          try LinearLayer(n, m, bias: bias, call.machine)
        }
      },
      layer(
        "Dropout", [Parameter("p", .float, .float(0.5))],
        "Zeroes numbers at random while training (Srivastava et al., 2014)."
      ) {
        call throws(Failure) in DropoutLayer("Dropout", try call.probability(0), byChannel: false)
      },
      layer(
        "Dropout2d", [Parameter("p", .float, .float(0.5))],
        "Zeroes whole channels at random while training."
      ) {
        call throws(Failure) in DropoutLayer("Dropout2d", try call.probability(0), byChannel: true)
      },
      layer(
        "Flatten", [Parameter("start_dim", .int, .int(1)), Parameter("end_dim", .int, .int(-1))],
        "All dimensions but the batch made one.",
        example: "Flatten()(zeros(2, 3, 4)).shape  #=> [2, 12]"
      ) { call throws(Failure) in
        let (from, to) = (try call.int(0), try call.int(1))
        var text = SettingsText()
        text.int("start_dim", from, unless: 1)
        text.int("end_dim", to, unless: -1)
        return FunctionLayer("Flatten", text.text) { x throws(TensorError) in
          try x.flatten(from, to)
        }
      },
      layer("Identity", [], "The input itself.") { _ throws(Failure) in
        FunctionLayer("Identity", "") { x in x }
      },
      Builtin(
        "Sequential", [Parameter("layers", .any, variadic: true)],
        "Layers one after another, as `f >> g`.", family: "Layers"
      ) {
        call throws(Failure) in
        let steps = call.value(0).sequenceItems ?? []
        let list = steps.count == 1 ? steps[0].sequenceItems ?? steps : steps
        for step in list where !step.isCallable {
          throw call.fail(
            0, code: "not-callable", "Sequential takes layers and functions, not \(step.kindText)")
        }
        return .object(SequentialLayer(list))
      },
      layer("Residual", [Parameter("inner", .function)], "x + f(x) (He et al., 2015).") {
        call throws(Failure) in
        ResidualLayer(try call.function(0))
      },
      activation("ReLU", "relu"), activation("LeakyReLU", "leaky_relu"), activation("ELU", "elu"),
      activation("SELU", "selu"), activation("GELU", "gelu"), activation("SiLU", "silu"),
      activation("Tanh", "tanh"),
      activation("Sigmoid", "sigmoid"), activation("LogSigmoid", "logsigmoid"),
      activation("Softmax", "softmax"),
      activation("LogSoftmax", "log_softmax"), activation("Softplus", "softplus"),
      activation("Softsign", "softsign"),
      activation("Hardtanh", "hardtanh"), activation("Mish", "mish"),
    ] + SpatialLayerWords.all + SequenceLayerWords.all
}
