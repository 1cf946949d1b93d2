// RNN, LSTM and GRU: stacks of cells over time, with PyTorch's params and results.

import DLSRuntime
import DLSTensor

/// The cell's kind: what a step does with its gates.
package enum RecurrentKind: String, Sendable {
  case rnn = "RNN"
  case lstm = "LSTM"
  case gru = "GRU"

  var gates: Int {
    switch self {
    case .rnn: 1
    case .lstm: 4
    case .gru: 3
    }
  }
}

package struct RecurrentSettings: Sendable {
  package var hidden = 1
  package var layers = 1
  package var isReluCell = false
  package var hasBias = true
  package var isBatchFirst = false
  package var dropout = 0.0
  package var isBidirectional = false
  package init() {}
  var directions: Int { isBidirectional ? 2 : 1 }
}

package final class RecurrentLayer: ParamLayer {
  private let cell: RecurrentKind
  private var inputs: Int?
  private let given: RecurrentSettings

  package init(_ kind: RecurrentKind, _ inputs: Int?, _ settings: RecurrentSettings) {
    cell = kind
    self.inputs = inputs
    given = settings
    super.init(kind.rawValue)
    for layer in 0..<settings.layers {
      for suffix in ["", "_reverse"].prefix(settings.directions) {
        for name in ["weight_ih", "weight_hh"] + (settings.hasBias ? ["bias_ih", "bias_hh"] : []) {
          _ = declare("\(name)_l\(layer)\(suffix)")
        }
      }
    }
  }

  /// Uniform within ±1/√hidden, as PyTorch's.
  package func build(_ n: Int, _ machine: Machine) throws(TensorError) {
    inputs = n
    let bound = 1 / Double(given.hidden).squareRoot()
    let rows = cell.gates * given.hidden
    for (name, param) in slots {
      let isFirst = name.hasSuffix("_l0") || name.hasSuffix("_l0_reverse")
      let width = isFirst ? n : given.hidden * given.directions
      let shape =
        name.hasPrefix("bias")
        ? [rows] : [rows, name.hasPrefix("weight_ih") ? width : given.hidden]
      param.make(try Layer.uniform(shape, bound, machine))
    }
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(inputs)
    s.size(given.hidden)
    s.int("num_layers", given.layers, unless: 1)
    s.word("nonlinearity", given.isReluCell ? "relu" : "tanh", unless: "tanh")
    s.flag("bias", given.hasBias, unless: true)
    s.flag("batch_first", given.isBatchFirst, unless: false)
    s.number("dropout", given.dropout, unless: 0)
    s.flag("bidirectional", given.isBidirectional, unless: false)
    return s.text
  }

  package override func twin() -> ParamLayer? { RecurrentLayer(cell, inputs, given) }

  private static let parameters = [
    Parameter("input", .tensor), Parameter("hx", .any, .none),
  ]
  package override var signature: [Parameter]? { RecurrentLayer.parameters }

  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let call = Call(
      machine: machine, name: name, parameters: RecurrentLayer.parameters,
      arguments: try Signature.bind(name, RecurrentLayer.parameters, arguments))
    let x = try call.tensor(0)
    var states: [Tensor] = []
    if !call.isNone(1) {
      if cell == .lstm {
        let pair = call.value(1).sequenceItems ?? []
        guard pair.count == 2 else {
          throw call.fail(1, "LSTM takes its state as a pair (h, c)")
        }
        states = [try pair[0].asTensor(), try pair[1].asTensor()]
      } else {
        states = [try call.tensor(1)]
      }
    }
    let result: (y: Tensor, h: Tensor, c: Tensor?)
    do throws(TensorError) { result = try run(x, states, machine) } catch {
      throw failed(error)
    }
    let state: Value =
      result.c.map { .tuple([.tensor(result.h), .tensor($0)]) } ?? .tensor(result.h)
    return .tuple([.tensor(result.y), state])
  }

  /// The output of every step, the last states, and the last cells of an LSTM.
  private func run(_ input: Tensor, _ states: [Tensor], _ machine: Machine) throws(TensorError)
    -> (y: Tensor, h: Tensor, c: Tensor?)
  {
    guard input.rank == 2 || input.rank == 3 else {
      throw TensorError(
        "shape-mismatch",
        "\(name) takes \(given.isBatchFirst ? "[batch, steps, features]" : "[steps, batch, features]")"
          + " or [steps, features], got \(Tensor.describe(input.shape))", argument: 0)
    }
    let isBatch = input.rank == 3
    let features = input.shape[input.rank - 1]
    if inputs == nil { try build(features, machine) }
    if let inputs, inputs != features {
      throw TensorError(
        "shape-mismatch",
        "\(name) takes \(inputs) features, got \(features) in \(Tensor.describe(input.shape))",
        argument: 0)
    }
    var x = isBatch ? input : try input.unsqueeze(1)
    if isBatch, given.isBatchFirst { x = try x.transpose(0, 1) }
    if x.shape[0] == 0 {
      throw TensorError("shape-mismatch", "\(name) needs at least one step", argument: 0)
    }
    let batch = x.shape[1]
    let count = given.layers * given.directions
    var first: [Tensor] = []
    for state in states {
      let shape = isBatch ? [count, batch, given.hidden] : [count, given.hidden]
      if state.shape != shape {
        throw TensorError(
          "shape-mismatch",
          "\(name) takes a state of shape \(Tensor.describe(shape)), got "
            + Tensor.describe(state.shape), argument: 1)
      }
      first.append(isBatch ? state : try state.unsqueeze(1))
    }
    var lastStates: [Tensor] = []
    var lastCells: [Tensor] = []
    for layer in 0..<given.layers {
      var outputs: [Tensor] = []
      for direction in 0..<given.directions {
        let at = layer * given.directions + direction
        let suffix = "_l\(layer)" + (direction == 1 ? "_reverse" : "")
        let one = RecurrentCell(
          kind: cell, isRelu: given.isReluCell, hidden: given.hidden,
          weights: param("weight_ih" + suffix), recurrent: param("weight_hh" + suffix),
          bias: param("bias_ih" + suffix), recurrentBias: param("bias_hh" + suffix))
        let done = try one.run(
          x,
          first.isEmpty ? nil : first[0].slice(axis: 0, from: at, count: 1, step: 1).squeeze([0]),
          first.count < 2 ? nil : first[1].slice(axis: 0, from: at, count: 1, step: 1).squeeze([0]),
          isReversed: direction == 1)
        outputs.append(done.y)
        lastStates.append(done.h)
        if let c = done.c { lastCells.append(c) }
      }
      x = outputs.count == 1 ? outputs[0] : try Tensor.cat(outputs, 2)
      if given.dropout > 0, isTraining, layer + 1 < given.layers {
        x = try x.dropout(given.dropout, machine.generator)
      }
    }
    var y = x
    if isBatch, given.isBatchFirst { y = try y.transpose(0, 1) }
    var h = try Tensor.stack(lastStates, 0)
    var c = lastCells.isEmpty ? nil : try Tensor.stack(lastCells, 0)
    if !isBatch {
      y = try y.squeeze([1])
      h = try h.squeeze([1])
      c = try c?.squeeze([1])
    }
    return (y, h, c)
  }

  private func param(_ name: String) -> Tensor? {
    slots.first { $0.name == name }?.param.tensor
  }
}

/// One direction of one layer over all steps.
private struct RecurrentCell {
  let kind: RecurrentKind
  let isRelu: Bool
  let hidden: Int
  let weights: Tensor?
  let recurrent: Tensor?
  let bias: Tensor?
  let recurrentBias: Tensor?

  func run(_ x: Tensor, _ state: Tensor?, _ cell: Tensor?, isReversed: Bool) throws(TensorError)
    -> (y: Tensor, h: Tensor, c: Tensor?)
  {
    guard let weights, let recurrent else { return (x, x, nil) }
    let (steps, batch) = (x.shape[0], x.shape[1])
    // The inputs' share of all gates, in one product over all steps.
    let shares = try x.linear(weights, bias)
    let none = try Tensor.full([batch, hidden], 0, shares.dtype, meta: x.isMeta)
    var h = state ?? none
    var c = cell ?? none
    var outputs: [Tensor] = []
    for step in 0..<steps {
      try Interrupt.check()
      let at = isReversed ? steps - 1 - step : step
      let share = try shares.slice(axis: 0, from: at, count: 1, step: 1).squeeze([0])
      let own = try h.linear(recurrent, recurrentBias)
      switch kind {
      case .rnn:
        let sum = try share + own
        h = isRelu ? try sum.relu() : try sum.tanh()
      case .lstm:
        let gates = try (share + own).split([Int](repeating: hidden, count: 4), 1)
        c = try gates[1].sigmoid() * c + gates[0].sigmoid() * gates[2].tanh()
        h = try gates[3].sigmoid() * c.tanh()
      case .gru:
        let p = try share.split([Int](repeating: hidden, count: 3), 1)
        let q = try own.split([Int](repeating: hidden, count: 3), 1)
        let reset = try (p[0] + q[0]).sigmoid()
        let update = try (p[1] + q[1]).sigmoid()
        let new = try (p[2] + reset * q[2]).tanh()
        h = try new + update * (h - new)
      }
      outputs.append(h)
    }
    if isReversed { outputs.reverse() }
    return (try Tensor.stack(outputs, 0), h, kind == .lstm ? c : nil)
  }
}
