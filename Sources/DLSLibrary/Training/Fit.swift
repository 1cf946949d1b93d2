// fit: one training, epoch by epoch.

import DLSRuntime
import DLSTensor

struct Fit {
  private let call: Call
  private let machine: Machine
  private let net: Value
  private let opt: Optimizer
  private let schedule: Schedule?
  private let callbacks: [Value]
  private let loss: Value?
  private let metric: Value?
  private let epochs: Int
  private let isVerbose: Bool
  private let history = DictObject()

  init(_ call: Call) throws(Failure) {
    self.call = call
    machine = call.machine
    net = call.value(0)
    if !net.isCallable {
      throw call.fail(0, code: "type-mismatch", "fit trains a network, not \(net.kindText)")
    }
    loss = try Fit.function(call, 2)
    metric = try Fit.function(call, 9)
    epochs = try call.int(4)
    if epochs < 0 { throw call.fail(4, "`epochs` must not be below 0, got \(epochs)") }
    isVerbose = try call.bool(10)
    opt = try Fit.optimizer(call)
    if call.isNone(11) {
      schedule = nil
    } else if case .object(let given as Schedule) = call.value(11) {
      schedule = given
    } else {
      throw call.fail(
        11, code: "type-mismatch",
        "fit needs a schedule for `schedule`, got \(call.value(11).kindText)",
        help: ["`schedule=StepLR(opt, 10)`"])
    }
    let given = call.value(6)
    callbacks = call.isNone(6) ? [] : given.isCallable ? [given] : given.sequenceItems ?? [given]
    for callback in callbacks where !callback.isCallable {
      throw call.fail(
        6, code: "type-mismatch",
        "a callback is a function of (epoch, history), not \(callback.kindText)")
    }
  }

  private static func function(_ call: Call, _ i: Int) throws(Failure) -> Value? {
    if call.isNone(i) { return nil }
    let given = call.value(i)
    if given.isCallable { return given }
    let name = call.parameters[i].name
    throw call.fail(
      i, code: "type-mismatch", "fit needs a function for `\(name)`, got \(given.kindText)",
      help: given.tensorView != nil && call.value(1).tensorView != nil
        ? ["inputs and targets come together: `fit({0}, ({1}, {2}))`"]
        : given.text.map { ["the function itself, without quotes: `\(name)=\($0)`"] } ?? [])
  }

  private static func optimizer(_ call: Call) throws(Failure) -> Optimizer {
    if !call.isNone(3) {
      guard case .object(let given as Optimizer) = call.value(3) else {
        throw call.fail(
          3, code: "type-mismatch",
          "fit needs an optimizer for `opt`, got \(call.value(3).kindText)",
          help: ["`opt=Adam(net, lr=1e-3)`"])
      }
      return given
    }
    guard let adam = call.machine.word("Adam"),
      case .object(let made as Optimizer) = try call.machine.call(adam, [call.value(0)])
    else { throw call.fail(3, "there is no optimizer") }
    return made
  }

  func run() throws(Failure) -> Value {
    defer { machine.status(nil) }
    let stoppers = callbacks.compactMap { $0.objectValue as? EarlyStopping }
    for stopper in stoppers { stopper.begin(net, opt) }
    let modes = Modes(net)
    defer { modes.restore() }
    do throws(Failure) {
      for epoch in 0..<epochs { if try !runs(epoch) { break } }
    } catch {
      if error.code == "interrupted" {
        machine.offer(.object(history))
        let whole = history.get("seconds")?.sequenceItems?.count ?? 0
        error.notes.append(
          "the weights are kept as they are, and `ans` is the history of \(whole) epoch\(whole == 1 ? "" : "s")"
        )
      }
      throw error
    }
    for stopper in stoppers { stopper.finish() }
    return .object(history)
  }

  private func append(_ name: String, _ x: Double) {
    if let list = history.get(name)?.objectValue as? ListObject {
      list.items.append(.float(x))
    } else {
      history.set(name, .list([.float(x)]))
    }
  }

  /// One epoch; false when the training is over.
  private func runs(_ epoch: Int) throws(Failure) -> Bool {
    ModuleTree.setTraining(net, true)
    let start = Scalar64.now()
    let (scores, isFinite) = try pass(epoch)
    if !isFinite { return false }
    var line = "epoch \(epoch + 1)/\(epochs)"
    func note(_ name: String, _ x: Double) {
      append(name, x)
      line += "  \(name) \(NumberText.brief(x))"
    }
    note("loss", scores.meanLoss)
    if let metric = scores.meanMetric { note("metric", metric) }
    var watched = scores.meanLoss
    if !call.isNone(5) {
      let valid = try Evaluation(
        net, machine, loss: loss, metric: metric, batchSize: max(1024, try call.size(7))
      ).run(call.value(5))
      note("valid_loss", valid.meanLoss)
      if let accuracy = valid.accuracy { note("valid_accuracy", accuracy) }
      if let metric = valid.meanMetric { note("valid_metric", metric) }
      watched = valid.meanLoss
    }
    append("seconds", Scalar64.now() - start)
    if isVerbose { machine.status(line) }
    try schedule?.advance(.float(watched), machine)
    for callback in callbacks {
      if case .bool(false) = try machine.call(callback, [.int(epoch), .object(history)]) {
        return false
      }
    }
    return true
  }

  /// Goes over the data once; `isFinite` is false when a loss was not, and ended the pass.
  private func pass(_ epoch: Int) throws(Failure) -> (scores: Scores, isFinite: Bool) {
    var scores = Scores()
    var batch = 0
    var shown = Scalar64.now()
    let iterator = try TrainingData.batches(
      call.value(1), try call.size(7), shuffle: try call.bool(8), machine)
    while let next = try iterator.next(machine) {
      try machine.checkInterrupt()
      let one = try TrainingBatch(next)
      batch += 1
      guard let value = try step(one, &scores, "epoch \(epoch + 1), batch \(batch)") else {
        return (scores, false)
      }
      _ = value
      if isVerbose, Scalar64.now() - shown > 0.1 {
        shown = Scalar64.now()
        let left = iterator.remaining.map { "/\(batch + $0)" } ?? ""
        machine.status(
          "epoch \(epoch + 1)/\(epochs)  batch \(batch)\(left)  loss \(NumberText.brief(scores.meanLoss))"
        )
      }
    }
    if scores.count == 0 { throw call.fail(1, "the training data is empty") }
    return (scores, true)
  }

  /// One update; nil when the loss is not finite, and nothing was updated.
  private func step(_ batch: TrainingBatch, _ scores: inout Scores, _ place: String)
    throws(Failure) -> Double?
  {
    var output = Value.none
    func loss() throws(Failure) -> Tensor {
      output = try machine.call(net, batch.inputs)
      return try Evaluation.lossValue(self.loss, output, batch.target, machine)
    }
    let value: Tensor
    if opt.declared.rule == nil {
      let closure = { () throws(Failure) -> Value in
        let value = try loss()
        opt.zeroGrad()
        try tensorWork { () throws(TensorError) in try Autograd.backward(value) }
        return .tensor(value.detached)
      }
      value = try LBFGSStep(optimizer: opt, machine: machine, closure: closure).run().asTensor()
      if !value.packedElement.isFinite {
        warn(value, place)
        return nil
      }
    } else {
      value = try loss()
      if !value.packedElement.isFinite {
        warn(value, place)
        return nil
      }
      opt.zeroGrad()
      try tensorWork { () throws(TensorError) in try Autograd.backward(value) }
      try opt.step()
    }
    let x = value.packedElement
    let measured = try Autograd.withoutRecording { () throws(Failure) in
      try Evaluation.measured(metric, output, batch.target, machine)
    }
    scores.add(loss: x, metric: measured, rows: batch.count)
    return x
  }

  private func warn(_ loss: Tensor, _ place: String) {
    let what = NumberText.shortest(loss.packedElement)
    let origin = NotFinite.origin(of: loss, net).map { ": \($0)" } ?? ""
    machine.warn(
      "loss-not-finite", "the loss became \(what) in \(place)\(origin); the training ends here",
      help: ["a smaller learning rate, `clip_grad_norm`, or data without nan may help"])
  }
}
