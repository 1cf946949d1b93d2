// early_stopping: ends a training when a figure has stopped getting better, and keeps the best.

import DLSRuntime
import DLSTensor

/// A callback that fit knows: it tells it which network is trained, and when the training is over.
package final class EarlyStopping: Object {
  private let patience: Int
  private let monitor: String
  private let minDelta: Double
  private let isMax: Bool
  private let restoresBest: Bool
  private var net = Value.none
  private var cells: [ParameterCell] = []
  private var best: Double?
  private var bestEpoch = 0
  private var kept: [Tensor] = []
  private var keptBuffers: [(owner: Object, key: String, tensor: Tensor)] = []

  init(_ call: Call) throws(Failure) {
    patience = try call.int(0)
    monitor = try call.string(1)
    minDelta = try call.float(2)
    let mode = try call.string(3)
    if !["min", "max", "auto"].contains(mode) {
      throw call.fail(3, "mode is \"min\", \"max\" or \"auto\", not \"\(mode)\"")
    }
    if patience < 0 { throw call.fail(0, "patience must not be below 0, got \(patience)") }
    isMax = mode == "max" || mode == "auto" && monitor.hasSuffix("accuracy")
    restoresBest = try call.bool(4)
    super.init(.other)
  }

  package override var typeName: String { "early_stopping" }
  package override var isCallable: Bool { true }
  package override var memberNames: [String] { ["best", "best_epoch"] }
  package override func describe(_ printer: inout Printer) {
    printer.write("<early_stopping: \(monitor), patience \(patience)>")
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "best": best.map { .float($0) } ?? Value.none
    case "best_epoch": best == nil ? Value.none : .int(bestEpoch)
    default: nil
    }
  }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(net) }

  /// (epoch, history): false when the training shall end.
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let parameters = [Parameter("epoch", .int), Parameter("history", .dict)]
    let values = try Signature.bind("early_stopping", parameters, arguments)
    guard let epoch = values[0].number.flatMap({ Int(exactly: $0) }) else {
      throw Failure("type-mismatch", "early_stopping is called with (epoch, history)", argument: 0)
    }
    guard let history = values[1].objectValue as? DictObject,
      let now = history.get(monitor)?.sequenceItems?.last?.number
    else {
      let known = (values[1].objectValue as? DictObject)?.memberNames ?? []
      throw Failure(
        "bad-argument", "the history has no `\(monitor)`, but \(known.joined(separator: ", "))",
        help: monitor.hasPrefix("valid") ? ["give fit `valid=`, or watch `monitor=\"loss\"`"] : [])
    }
    let isBetter =
      best.map { isMax ? now > $0 + minDelta : now < $0 - minDelta } ?? true
    if isBetter {
      (best, bestEpoch) = (now, epoch)
      if restoresBest { try keep() }
    }
    return .bool(Double(epoch) - Double(bestEpoch) < Double(patience))
  }

  func begin(_ net: Value, _ opt: Optimizer) {
    self.net = net
    var known: Set<ObjectIdentifier> = []
    cells = (ModuleTree.parameters(net) + opt.params).map(\.cell).filter {
      known.insert(ObjectIdentifier($0)).inserted
    }
    (best, bestEpoch, kept, keptBuffers) = (nil, 0, [], [])
  }

  /// Copies: optimizers change the numbers in place.
  private func keep() throws(Failure) {
    kept = try cells.mapped { cell throws(Failure) in
      try tensorWork { () throws(TensorError) in try cell.value.copied() }
    }
    keptBuffers = []
    for buffer in ModuleTree.buffers(net) {
      guard let t = buffer.owner.buffers.first(where: { $0.name == buffer.key })?.value else {
        continue
      }
      let copy = try tensorWork { () throws(TensorError) in try t.copied() }
      keptBuffers.append((buffer.owner, buffer.key, copy))
    }
  }

  /// Puts the best numbers back.
  func finish() {
    for (cell, t) in zip(cells, kept) { cell.set(t) }
    for one in keptBuffers { one.owner.setBuffer(one.key, one.tensor) }
    (net, cells, kept, keptBuffers) = (.none, [], [], [])
  }
}
