// Mends of shape errors: the obvious ones are tried on shapes alone, and one that fits is offered.

import DLSTensor

package enum Repairs {
  private struct Change {
    /// How it is written after the argument's text.
    var suffix: String
    var body: (Tensor) throws(TensorError) -> Tensor
  }

  private static func changes(_ t: Tensor) -> [Change] {
    var result: [Change] = []
    if t.rank >= 2 {
      result.append(Change(suffix: "'") { x throws(TensorError) in try x.transposed() })
    }
    if t.rank >= 3 {
      result.append(Change(suffix: ".flatten(1)") { x throws(TensorError) in try x.flatten(1) })
    }
    if t.rank >= 1 {
      result.append(Change(suffix: "[:, none]") { x throws(TensorError) in try x.unsqueeze(1) })
    }
    result.append(Change(suffix: "[none]") { x throws(TensorError) in try x.unsqueeze(0) })
    if t.shape.contains(1) {
      result.append(Change(suffix: ".squeeze()") { x throws(TensorError) in try x.squeeze(nil) })
    }
    return result
  }

  /// The first change of one tensor that lets `run` succeed on shapes, as a line of help in which
  /// `{i}` stands for argument i. `tensors` are the arguments that are tensors, by their index.
  package static func help(
    _ tensors: [(argument: Int, tensor: Tensor)],
    _ run: ([Tensor]) throws(TensorError) -> Tensor?
  ) -> String? {
    var metas: [Tensor] = []
    for one in tensors {
      guard let meta = try? Tensor.meta(one.tensor.shape, one.tensor.dtype) else { return nil }
      metas.append(meta)
    }
    // The last argument first: it is the weight or the target more often than the data.
    for i in metas.indices.reversed() {
      for change in changes(metas[i]) {
        guard let changed = try? change.body(metas[i]) else { continue }
        var trial = metas
        trial[i] = changed
        guard let result = try? run(trial), result.rank > 0 else { continue }
        return "`{\(tensors[i].argument)}\(change.suffix)` fits: the result has shape "
          + Tensor.describe(result.shape)
      }
    }
    return nil
  }

  /// Adds such a line to a shape error of an op, unless it offers a mend already.
  static func mend(_ error: TensorError, _ op: Op, _ arguments: [OpValue], _ generator: Generator)
    -> TensorError
  {
    guard error.code == "shape-mismatch", error.help.isEmpty else { return error }
    var tensors: [(argument: Int, tensor: Tensor)] = []
    for (i, argument) in arguments.enumerated() {
      if case .tensor(let t) = argument { tensors.append((i, t)) }
    }
    let line = help(tensors) { trial throws(TensorError) in
      var values = arguments
      for (one, t) in zip(tensors, trial) { values[one.argument] = .tensor(t) }
      return try result(op, OpArguments(values, generator: generator))
    }
    var mended = error
    if let line { mended.help = [line] }
    return mended
  }

  private static func result(_ op: Op, _ arguments: OpArguments) throws(TensorError) -> Tensor? {
    switch op.body {
    case .unary(let body): return try body(arguments.tensor(0))
    case .binary(let body): return try body(arguments.tensor(0), arguments.tensor(1))
    case .general(let body):
      switch try body(arguments) {
      case .tensor(let t): return t
      case .tensors(let ts): return ts.first
      case .none, .int, .ints, .float, .bool, .string, .dtype: return nil
      }
    }
  }
}
