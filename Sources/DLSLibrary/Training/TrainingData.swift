// What fit and evaluate are given: batches of inputs and targets, in the forms that scripts write.

import DLSRuntime
import DLSTensor

/// One batch: what the network is called with, and what it shall give.
struct TrainingBatch {
  let inputs: [Value]
  let target: Value

  init(_ value: Value) throws(Failure) {
    if let dict = value.objectValue as? DictObject {
      guard let x = dict.get("x"), let y = dict.get("y") else {
        throw Failure(
          "type-mismatch",
          "a batch that is a dict has `x` and `y`, not \(dict.memberNames.map { "`\($0)`" }.joined(separator: ", "))",
          argument: 1
        )
      }
      (inputs, target) = ([x], y)
      return
    }
    if let items = value.sequenceItems, items.count >= 2 {
      (inputs, target) = (Array(items.dropLast()), items[items.count - 1])
      return
    }
    guard value.tensorView != nil else {
      throw Failure(
        "type-mismatch", "training data gives batches (x, y), not \(value.kindText)",
        argument: 1, help: ["`batches(x, y, 64)` cuts tensors into batches"])
    }
    (inputs, target) = ([value], value)
  }

  /// How many rows it has.
  var count: Int { target.tensorView?.shape.first ?? 1 }
}

enum TrainingData {
  /// Batches of tensors that belong together row by row; anything else is run over as it is.
  static func batches(_ data: Value, _ size: Int, shuffle: Bool, _ machine: Machine)
    throws(Failure) -> ValueIterator
  {
    guard let tensors = try rows(data) else { return try machine.iterate(data) }
    return try machine.iterate(
      .object(Batches(tensors, size: size, isShuffled: shuffle, dropsLast: false)))
  }

  /// The tensors of a pair (or of a dict with `x` and `y`), checked for equal length.
  private static func rows(_ data: Value) throws(Failure) -> [Tensor]? {
    var items: [Value]
    if let dict = data.objectValue as? DictObject, let x = dict.get("x"), let y = dict.get("y") {
      items = [x, y]
    } else if let t = data.tensorView {
      items = [.tensor(t)]
    } else if let given = data.sequenceItems, given.count >= 2,
      given.allSatisfy({ $0.tensorView != nil || isNumbers($0) })
    {
      items = given
    } else {
      return nil
    }
    var tensors: [Tensor] = []
    for item in items { tensors.append(try item.asTensor()) }
    for (i, t) in tensors.enumerated() {
      if t.rank == 0 {
        throw Failure(
          "shape-mismatch", "training data has rows, but tensor \(i) is a single number")
      }
      if t.shape[0] != tensors[0].shape[0] {
        throw Failure(
          "shape-mismatch",
          "the data has \(tensors[0].shape[0]) inputs, but \(t.shape[0]) targets: \(tensors[0].typeText) and \(t.typeText)",
          argument: 1
        )
      }
    }
    return tensors
  }

  private static func isNumbers(_ value: Value) -> Bool {
    guard let first = value.sequenceItems?.first else { return false }
    return first.number != nil && first.tensorView == nil
  }
}
