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
  private var best: Double?
  private var bestEpoch = 0
  private var kept: [(name: String, tensor: Tensor)] = []

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
    guard let history = values[1].objectValue as? DictObject,
      let now = history.get(monitor)?.sequenceItems?.last?.number,
      let epoch = values[0].number.flatMap({ Int(exactly: $0) })
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
      if restoresBest { kept = try snapshot() }
    }
    return .bool(Double(epoch) - Double(bestEpoch) < Double(patience))
  }

  func begin(_ net: Value) {
    self.net = net
    (best, bestEpoch, kept) = (nil, 0, [])
  }

  /// Puts the best weights back.
  func finish() throws(Failure) {
    if !kept.isEmpty {
      let tensors = Dictionary(
        kept.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
      try NetworkState.load(tensors, into: net)
    }
    (net, kept) = (.none, [])
  }

  private func snapshot() throws(Failure) -> [(name: String, tensor: Tensor)] {
    if case .none = net { return [] }
    return try NetworkState.of(net).mapped { one throws(Failure) in
      // A copy: optimizers change the numbers in place.
      (one.name, try tensorWork { () throws(TensorError) in try one.tensor.copied() })
    }
  }
}
