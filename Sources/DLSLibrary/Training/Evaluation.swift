// The mean loss of a network over data, without training it.

import DLSRuntime
import DLSTensor

/// Training flags of everything in a network, to be put back.
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

/// Sums over batches, weighted by their rows.
struct Scores {
  private(set) var loss = 0.0
  private(set) var metric: Double?
  private(set) var count = 0
  private var hits = 0
  private var labelled = 0

  /// Of int labels, the share that the largest output hits.
  var accuracy: Double? { labelled == 0 ? nil : Double(hits) / Double(labelled) }
  var meanLoss: Double { count == 0 ? .nan : loss / Double(count) }
  var meanMetric: Double? { metric.map { $0 / Double(max(count, 1)) } }

  mutating func add(loss: Double, metric: Double?, rows: Int) {
    self.loss += loss * Double(rows)
    if let metric { self.metric = (self.metric ?? 0) + metric * Double(rows) }
    count += rows
  }

  mutating func addHits(_ output: Value, _ target: Value) throws(Failure) {
    guard let o = output.tensorView, let t = target.tensorView, t.dtype == .i64, t.rank > 0,
      o.rank == t.rank + 1, o.shape[0] == t.shape[0], o.shape[1] > 0
    else { return }
    hits += try tensorWork { () throws(TensorError) in
      let best = try o.argExtreme(1, keepdim: false, largest: true)
      return best.shape == t.shape ? try best.equal(t).sum().ints()[0] : 0
    }
    labelled += t.count
  }

  var asDict: Value {
    .dict(
      [("loss", .float(meanLoss))] + (accuracy.map { [("accuracy", .float($0))] } ?? [])
        + (meanMetric.map { [("metric", .float($0))] } ?? []))
  }
}

struct Evaluation {
  let net: Value
  let machine: Machine
  let loss: Value?
  let metric: Value?
  let batchSize: Int

  init(_ net: Value, _ machine: Machine, loss: Value?, metric: Value?, batchSize: Int) {
    self.net = net
    self.machine = machine
    self.loss = loss
    self.metric = metric
    self.batchSize = batchSize
  }

  func run(_ data: Value) throws(Failure) -> Scores {
    let modes = Modes(net)
    defer { modes.restore() }
    ModuleTree.setTraining(net, false)
    return try Autograd.withoutRecording { () throws(Failure) in
      var scores = Scores()
      let iterator = try TrainingData.batches(data, batchSize, shuffle: false, machine)
      while let next = try iterator.next(machine) {
        try machine.checkInterrupt()
        let batch = try TrainingBatch(next)
        let output = try machine.call(net, batch.inputs)
        let value = try Self.lossValue(loss, output, batch.target, machine)
        scores.add(
          loss: value.packedElement,
          metric: try Self.measured(metric, output, batch.target, machine), rows: batch.count)
        try scores.addHits(output, batch.target)
      }
      if scores.count == 0 {
        throw Failure("bad-argument", "the data to evaluate is empty", argument: 1)
      }
      return scores
    }
  }

  /// metric(output, target), one number.
  static func measured(_ metric: Value?, _ output: Value, _ target: Value, _ machine: Machine)
    throws(Failure) -> Double?
  {
    guard let metric else { return nil }
    let value = try machine.call(metric, [output, target])
    guard let x = value.number else {
      throw Failure("type-mismatch", "a metric gives one number, not \(value.kindText)")
    }
    return x
  }

  /// loss(output, target), one number; chosen by the target where none is given.
  static func lossValue(_ loss: Value?, _ output: Value, _ target: Value, _ machine: Machine)
    throws(Failure) -> Tensor
  {
    let isLabels = target.tensorView.map { $0.dtype == .i64 } ?? false
    guard let function = loss ?? machine.word(isLabels ? "cross_entropy" : "mse_loss") else {
      throw Failure("bad-argument", "there is no loss")
    }
    let result = try machine.call(function, [output, target])
    guard result.number != nil || result.tensorView != nil else {
      throw Failure("type-mismatch", "a loss gives one number, not \(result.kindText)")
    }
    let value = try result.asTensor(like: .f32)
    if value.count != 1 {
      throw Failure(
        "no-gradient", "a loss gives one number, not \(value.typeText)",
        help: ["reduce it by `.mean()`"])
    }
    return value
  }

  static func predict(_ net: Value, _ x: Value, _ batchSize: Int?, _ machine: Machine)
    throws(Failure) -> Value
  {
    let modes = Modes(net)
    defer { modes.restore() }
    ModuleTree.setTraining(net, false)
    return try Autograd.withoutRecording { () throws(Failure) in
      guard let size = batchSize, let t = x.tensorView, t.rank > 0, t.shape[0] > size else {
        return try machine.call(net, [x])
      }
      var parts: [Tensor] = []
      let iterator = try TrainingData.batches(.tensor(t), size, shuffle: false, machine)
      while let next = try iterator.next(machine) {
        try machine.checkInterrupt()
        parts.append(try machine.call(net, [next]).asTensor())
      }
      let all = parts
      return .tensor(try tensorWork { () throws(TensorError) in try Tensor.cat(all, 0) })
    }
  }
}
