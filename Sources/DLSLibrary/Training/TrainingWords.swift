// fit, evaluate, predict, progress: loops that everybody writes.

import DLSRuntime
import DLSTensor

enum TrainingWords {
  static let all: [Builtin] = [
    Builtin(
      "fit",
      [
        Parameter("net", .any), Parameter("data", .any), Parameter("loss", .function, .none),
        Parameter("opt", .any, .none),
        Parameter("epochs", .int, .int(10)), Parameter("valid", .any, .none),
        Parameter("callbacks", .any, .none),
        Parameter("batch_size", .int, .int(64)), Parameter("shuffle", .bool, .bool(true)),
        Parameter("metric", .function, .none),
        Parameter("verbose", .bool, .bool(true)),
      ],
      "Trains a network and gives the history: lists of losses (and of validation losses and accuracies).",
      details:
        "`data` gives pairs (x, y), as batches(x, y, 64) does, or is a pair (x, y). `loss` is cross_entropy and `opt` "
        + "Adam when left out. Callbacks are called with (epoch, history); one that gives false ends the training.",
      family: "Training"
    ) { call throws(Failure) in try Fit(call).run() },
    Builtin(
      "evaluate",
      [Parameter("net", .any), Parameter("data", .any), Parameter("loss", .function, .none)],
      "The mean loss over data, and for int labels the accuracy, as a dict; in eval mode and without gradients.",
      family: "Training"
    ) { call throws(Failure) in
      let (loss, accuracy) = try Evaluation.run(
        call.value(0), call.value(1), call.isNone(2) ? nil : call.value(2), call.machine)
      return .dict([("loss", .float(loss))] + (accuracy.map { [("accuracy", .float($0))] } ?? []))
    },
    Builtin(
      "predict", [Parameter("net", .any), Parameter("x", .any)],
      "The outputs of a network in eval mode and without gradients.", family: "Training"
    ) {
      call throws(Failure) in
      let modes = Modes(call.value(0))
      defer { modes.restore() }
      ModuleTree.setTraining(call.value(0), false)
      return try Autograd.withoutRecording { () throws(Failure) in
        try call.machine.call(call.value(0), [call.value(1)])
      }
    },
    Builtin(
      "progress", [Parameter("iterable", .any), Parameter("label", .string, .string(""))],
      "The same items, with a line that shows how far it is.", family: "Training"
    ) {
      call throws(Failure) in .object(ProgressObject(call.value(0), try call.string(1)))
    },
    Builtin(
      "early_stopping",
      [Parameter("patience", .int, .int(5)), Parameter("monitor", .string, .string("valid_loss"))],
      "A callback for fit that ends the training when a loss has stopped falling.",
      family: "Training"
    ) { call throws(Failure) in
      let (patience, key) = (try call.int(0), try call.string(1))
      return .object(
        NativeFunction("early_stopping", [Parameter("epoch", .int), Parameter("history", .dict)]) {
          call throws(Failure) in
          guard let losses = try call.dict(1).get(key)?.sequenceItems?.compactMap(\.number),
            !losses.isEmpty
          else {
            throw call.fail(1, "the history has no `\(key)`", help: ["give fit `valid=`"])
          }
          let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
          return .bool(losses.count - 1 - best < patience)
        })
    },
  ]
}

/// Training flags of all layers, to be put back.
struct Modes {
  private var layers: [(Layer, Bool)] = []
  init(_ net: Value) {
    var found: [(Layer, Bool)] = []
    ModuleTree.visit(net) { _, object in
      if let layer = object as? Layer { found.append((layer, layer.isTraining)) }
    }
    layers = found
  }
  func restore() { for (layer, on) in layers { layer.isTraining = on } }
}

enum Evaluation {
  static func run(_ net: Value, _ data: Value, _ loss: Value?, _ machine: Machine) throws(Failure)
    -> (Double, Double?)
  {
    let modes = Modes(net)
    defer { modes.restore() }
    ModuleTree.setTraining(net, false)
    return try Autograd.withoutRecording { () throws(Failure) in
      var (total, hits, count, labelled) = (0.0, 0, 0, 0)
      let iterator = try pairs(data, 1024, shuffle: false, machine)
      while let pair = try iterator.next(machine) {
        try machine.checkInterrupt()
        let (x, y) = try split(pair)
        let output = try machine.call(net, [x])
        let n = try y.asTensor().shape.first ?? 1
        total += try lossValue(loss, output, y, machine).packedElement * Double(n)
        count += n
        let (o, t) = (try output.asTensor(), try y.asTensor())
        if t.dtype == .i64, o.rank == t.rank + 1 {
          hits += try tensorWork { () throws(TensorError) in
            try o.argExtreme(o.rank == 2 ? 1 : 1, keepdim: false, largest: true).equal(t).sum()
              .ints()[0]
          }
          labelled += t.count
        }
      }
      return (
        count == 0 ? .nan : total / Double(count),
        labelled == 0 ? nil : Double(hits) / Double(labelled)
      )
    }
  }

  static func lossValue(_ loss: Value?, _ output: Value, _ y: Value, _ machine: Machine)
    throws(Failure) -> Tensor
  {
    guard let function = loss ?? machine.word("cross_entropy") else {
      throw Failure("bad-argument", "no loss")
    }
    return try machine.call(function, [output, y]).asTensor()
  }

  static func split(_ pair: Value) throws(Failure) -> (Value, Value) {
    guard let items = pair.sequenceItems, items.count == 2 else {
      throw Failure("type-mismatch", "training data gives pairs (x, y), not \(pair.kindText)")
    }
    return (items[0], items[1])
  }

  /// Batches of a pair of tensors; anything else is run over as it is.
  static func pairs(_ data: Value, _ size: Int, shuffle: Bool, _ machine: Machine) throws(Failure)
    -> ValueIterator
  {
    if case .object(let tuple as TupleObject) = data, tuple.items.count == 2,
      let x = tuple.items[0].tensorView,
      let y = tuple.items[1].tensorView, x.rank > 0, y.rank > 0, x.shape[0] == y.shape[0]
    {
      let n = x.shape[0]
      let order = shuffle ? machine.generator.permutation(n) : nil
      var at = 0
      return ClosureIterator(left: { (n - at + size - 1) / size }) { () throws(Failure) in
        if at >= n { return nil }
        let (from, to) = (at, min(at + size, n))
        at = to
        return try tensorWork { () throws(TensorError) in
          if let order {
            let rows = TensorIndex.tensor(try Tensor.of(Array(order[from..<to])))
            return .tuple([.tensor(try x.index([rows])), .tensor(try y.index([rows]))])
          }
          let part = TensorIndex.slice(from: from, to: to, step: 1)
          return .tuple([.tensor(try x.index([part])), .tensor(try y.index([part]))])
        }
      }
    }
    return try machine.iterate(data)
  }
}

/// One training.
private struct Fit {
  let call: Call
  let machine: Machine
  let net: Value
  var opt: Optimizer
  let history = DictObject()

  init(_ call: Call) throws(Failure) {
    self.call = call
    machine = call.machine
    net = call.value(0)
    if case .object(let given as Optimizer) = call.value(3) {
      opt = given
    } else if call.isNone(3) {
      guard let adam = machine.word("Adam"),
        case .object(let made as Optimizer) = try machine.call(adam, [net])
      else {
        throw call.fail(3, "there is no optimizer")
      }
      opt = made
    } else {
      throw call.fail(
        3, code: "type-mismatch", "fit needs an optimizer for `opt`, got \(call.value(3).kindText)",
        help: ["`opt=Adam(net, lr=1e-3)`"])
    }
  }

  private func append(_ name: String, _ x: Double) {
    if let list = history.get(name)?.objectValue as? ListObject {
      list.items.append(.float(x))
    } else {
      history.set(name, .list([.float(x)]))
    }
  }

  func run() throws(Failure) -> Value {
    let epochs = try call.int(4)
    let verbose = try call.bool(10)
    let loss = call.isNone(2) ? nil : call.value(2)
    defer { machine.status(nil) }
    for epoch in 0..<max(0, epochs) {
      ModuleTree.setTraining(net, true)
      let start = Scalar64.now()
      let mean = try pass(epoch, epochs, loss, verbose)
      append("loss", mean)
      var line = "epoch \(epoch + 1)/\(epochs)  loss \(NumberText.brief(mean))"
      if !call.isNone(5) {
        let (value, accuracy) = try Evaluation.run(net, call.value(5), loss, machine)
        append("valid_loss", value)
        line += "  valid_loss \(NumberText.brief(value))"
        if let accuracy {
          append("valid_accuracy", accuracy)
          line += "  valid_accuracy \(NumberText.brief(accuracy))"
        }
      }
      append("seconds", Scalar64.now() - start)
      if verbose { machine.status(line) }
      if try !goesOn(epoch) { break }
    }
    return .object(history)
  }

  private func pass(_ epoch: Int, _ epochs: Int, _ loss: Value?, _ verbose: Bool) throws(Failure)
    -> Double
  {
    var (total, count, batch) = (0.0, 0, 0)
    var shown = Scalar64.now()
    let iterator = try Evaluation.pairs(
      call.value(1), try call.int(7), shuffle: try call.bool(8), machine)
    while let pair = try iterator.next(machine) {
      try machine.checkInterrupt()
      let (x, y) = try Evaluation.split(pair)
      let value = try Evaluation.lossValue(loss, try machine.call(net, [x]), y, machine)
      opt.zeroGrad()
      try tensorWork { () throws(TensorError) in try Autograd.backward(value) }
      try opt.step()
      let n = y.tensorView?.shape.first ?? 1
      total += value.packedElement * Double(n)
      count += n
      batch += 1
      if verbose, Scalar64.now() - shown > 0.1 {
        shown = Scalar64.now()
        let left = iterator.remaining.map { "/\(batch + $0)" } ?? ""
        machine.status(
          "epoch \(epoch + 1)/\(epochs)  batch \(batch)\(left)  loss \(NumberText.brief(total / Double(count)))"
        )
      }
    }
    if count == 0 { throw call.fail(1, "the training data is empty") }
    return total / Double(count)
  }

  private func goesOn(_ epoch: Int) throws(Failure) -> Bool {
    if call.isNone(6) { return true }
    let callbacks = call.value(6).isCallable ? [call.value(6)] : call.value(6).sequenceItems ?? []
    for callback in callbacks {
      if case .bool(false) = try machine.call(callback, [.int(epoch), .object(history)]) {
        return false
      }
    }
    return true
  }
}

/// progress(xs).
package final class ProgressObject: Object {
  let inner: Value
  let label: String
  init(_ inner: Value, _ label: String) {
    self.inner = inner
    self.label = label
    super.init(.other)
  }
  package override var length: Int? { inner.objectValue?.length ?? inner.tensorView?.shape.first }
  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    let iterator = try machine.iterate(inner)
    let total = length ?? iterator.remaining
    let label = label
    let start = Scalar64.now()
    var (done, shown) = (0, 0.0)
    return ClosureIterator(left: { iterator.remaining }) { () throws(Failure) in
      let next = try iterator.next(machine)
      let now = Scalar64.now()
      if next == nil {
        machine.status(nil)
      } else if now - shown > 0.1 {
        shown = now
        machine.status(
          "\(label)\(label.isEmpty ? "" : " ")\(done)\(total.map { "/\($0)" } ?? "")  \(NumberText.brief(now - start)) s"
        )
      }
      done += 1
      return next
    }
  }
}

extension NumberText {
  /// Four significant digits.
  static func brief(_ x: Double) -> String { x == 0 ? "0" : FormatSpec.significant(x, 4) }
}
