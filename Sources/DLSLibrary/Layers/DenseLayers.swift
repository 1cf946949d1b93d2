// Linear, Dropout, Flatten, Identity, and activations as layers.

import DLSRuntime
import DLSTensor

/// y = x Wᵀ + b; PyTorch's initialisation: uniform within ±1/√in.
package final class LinearLayer: Layer {
  private let weight = LateParam()
  private let bias: LateParam?
  private var inputs: Int?
  private let outputs: Int

  package init(_ inputs: Int?, _ outputs: Int, bias hasBias: Bool, _ machine: Machine)
    throws(TensorError)
  {
    self.inputs = inputs
    self.outputs = outputs
    bias = hasBias ? LateParam() : nil
    super.init("Linear")
    if let inputs { try build(inputs, machine) }
  }

  private init(copy layer: LinearLayer, _ part: (Value) throws(Failure) -> Value) throws(Failure) {
    inputs = layer.inputs
    outputs = layer.outputs
    bias = layer.bias == nil ? nil : LateParam()
    super.init("Linear")
    for (mine, theirs) in [
      (weight, layer.weight), (bias ?? LateParam(), layer.bias ?? LateParam()),
    ] {
      if let param = try part(theirs.value).objectValue as? ParamObject { mine.replace(param) }
    }
  }

  private func build(_ n: Int, _ machine: Machine) throws(TensorError) {
    inputs = n
    let bound = n == 0 ? 0 : 1 / Double(n).squareRoot()
    weight.make(try Layer.uniform([outputs, n], bound, machine))
    bias?.make(try Layer.uniform([outputs], bound, machine))
  }

  package override var parts: [(name: String, value: Value)] {
    [("weight", weight.value)] + (bias.map { [("bias", $0.value)] } ?? [])
  }
  /// The sizes written in the other order are the commonest mistake.
  package override func mend(for x: Tensor) -> String? {
    guard let inputs, let given = x.shape.last, given != inputs else { return nil }
    let shape = Tensor.describe(x.shape)
    if given == outputs {
      return "`Linear(\(outputs), \(inputs))` takes \(shape): inputs first, then outputs"
    }
    // A transposed or flattened input fits as it is.
    if x.rank == 2, x.shape[0] == inputs { return nil }
    return x.rank > 2 && x.shape.dropFirst().reduce(1, *) == inputs
      ? nil : "`Linear(\(given), \(outputs))` takes \(shape)"
  }

  package override var settings: String {
    "\(inputs.map(String.init) ?? "_"), \(outputs)" + (bias == nil ? ", bias=false" : "")
  }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    guard case .object(let param as ParamObject) = value else { return false }
    if name == "weight" {
      weight.replace(param)
    } else if name == "bias", let bias {
      bias.replace(param)
    } else {
      return false
    }
    return true
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    if weight.param == nil {
      guard let n = x.shape.last else {
        throw TensorError("shape-mismatch", "Linear needs at least one dimension")
      }
      try build(n, machine)
    }
    guard let w = weight.tensor else { return x }
    return try x.linear(w, bias?.tensor)
  }

  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    .object(try LinearLayer(copy: self, part))
  }
}

/// Zeroes each number with probability p while training, and scales the rest by 1 / (1 - p).
package final class DropoutLayer: Layer {
  private let p: Double
  private let byChannel: Bool

  package init(_ name: String, _ p: Double, byChannel: Bool) {
    self.p = p
    self.byChannel = byChannel
    super.init(name)
  }

  package override var settings: String { "p=" + NumberText.shortest(p) }
  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    isTraining ? try x.dropout(p, machine.generator, byChannel: byChannel) : x
  }
  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    let copy = DropoutLayer(name, p, byChannel: byChannel)
    copy.isTraining = isTraining
    return .object(copy)
  }
}

/// A layer without params: a function of one tensor.
package final class FunctionLayer: Layer {
  private let text: String
  private let body: (Tensor) throws(TensorError) -> Tensor

  package init(
    _ name: String, _ text: String, _ body: @escaping (Tensor) throws(TensorError) -> Tensor
  ) {
    self.text = text
    self.body = body
    super.init(name)
  }

  package override var settings: String { text }
  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    try body(x)
  }
}

/// x + f(x).
package final class ResidualLayer: Layer {
  private let inner: Value

  package init(_ inner: Value) {
    self.inner = inner
    super.init("Residual")
  }

  package override var parts: [(name: String, value: Value)] { [("inner", inner)] }
  package override func describe(_ printer: inout Printer) {
    printer.write("Residual(")
    printer.value(inner)
    printer.write(")")
  }
  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let x = try (arguments.positional.first ?? .none).asTensor(like: .f32)
    let y = try machine.callTensor(inner, x)
    return .tensor(try tensorWork { () throws(TensorError) in try x + y })
  }
  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    .object(ResidualLayer(try part(inner)))
  }
}
