// The arguments of a transformed function, with tracked leaves in place of their tensors.

import DLSRuntime
import DLSTensor

/// What is differentiated in one call of a transformed function.
///
/// Each call has leaves of its own, so that gradients of different transforms never mix. A tensor
/// that is tracked already is linked to its leaf, so that an outer gradient flows on through it. The
/// tensors of params are lent to their cells, until `restore`.
struct Lift {
  /// What was made before is given from outside; see `GradientWalk`.
  let since = Autograd.now
  private(set) var trees: [Tree] = []
  private(set) var leaves: [Tensor] = []
  private var lent: [(cell: ParameterCell, old: Tensor, new: Tensor)] = []
  /// Gradient checks compute in f64 whatever they are given.
  var dtype: DType?
  /// True when results shall stay tied to the params that were given.
  var linksParams = false

  /// The argument to call with.
  mutating func replace(_ value: Value, _ argument: Int) throws(Failure) -> Value {
    let tree = try Tree(argument: value)
    if tree.leaves.isEmpty {
      var help: [String] = []
      if value.tensorView != nil { help = ["as floats: `{0}.to(f32)`"] }
      if value.isCallable { help = ["its params may be frozen: `unfreeze`"] }
      throw Failure(
        "no-gradient", "no gradient flows to \(value.kindText)", argument: argument, help: help)
    }
    var values: [Value] = []
    for leaf in tree.leaves {
      let new: Tensor
      if let cell = leaf.cell { new = try lend(cell) } else { new = try tracked(leaf.tensor) }
      leaves.append(new)
      values.append(.tensor(new))
    }
    trees.append(tree)
    // A lone param is passed as the cell that it is.
    if case .object(let object) = value, object is ParamObject { return value }
    return tree.substituted(values)
  }

  private mutating func lend(_ cell: ParameterCell) throws(Failure) -> Tensor {
    if let known = lent.first(where: { $0.cell === cell }) { return known.new }
    let old = cell.value
    let new = try tracked(cell.isLent || linksParams ? old : old.detached)
    cell.lend(new)
    lent.append((cell, old, new))
    return new
  }

  private func tracked(_ tensor: Tensor) throws(Failure) -> Tensor {
    var x = tensor
    if let dtype { x = try tensorWork { () throws(TensorError) in try tensor.to(dtype) } }
    if !x.isTracked { return Autograd.leaf(x, name: "argument") }
    return Autograd.record("argument", [x], x.detached) { g, _ in [g] }
  }

  func restore() { for one in lent { one.cell.restore(one.old, insteadOf: one.new) } }
  /// For a walk back that comes later, and computes again.
  func lendAgain() { for one in lent { one.cell.lend(one.new) } }

  /// Gradients in the form of the arguments, zeros where none flows.
  func rebuilt(_ gradients: [Tensor?]) throws(Failure) -> [Value] {
    var values: [Value] = []
    for (g, leaf) in zip(gradients, leaves) {
      if let g {
        values.append(.tensor(g))
      } else {
        values.append(
          .tensor(try tensorWork { () throws(TensorError) in try Tensor.zeros(like: leaf) }))
      }
    }
    return rebuilt(values)
  }

  /// Any values, one a leaf, in the form of the arguments.
  func rebuilt(_ values: [Value]) -> [Value] {
    var next = 0
    return trees.map { tree in
      defer { next += tree.leaves.count }
      return tree.rebuilt(Array(values[next..<(next + tree.leaves.count)]))
    }
  }

  /// What errors call each leaf: its argument, and the path or param inside it.
  var leafNames: [String] {
    trees.enumerated().flatMap { i, tree in
      let own = "argument \(i)"
      let names = tree.leafNames
      return names.map { $0.isEmpty ? own : "`\($0)` of \(own)" }
    }
  }

  /// The arguments with one element of one leaf moved; params are set to what they are now.
  func moved(_ values: [Value], _ leaf: Int, _ element: Int, _ step: Double) throws(Failure)
    -> [Value]
  {
    var tensors: [Tensor] = []
    for (j, t) in leaves.enumerated() {
      if j != leaf {
        tensors.append(t.detached)
        continue
      }
      var numbers = t.doubles()
      numbers[element] += step
      let changed = numbers
      tensors.append(
        try tensorWork { () throws(TensorError) in
          try Tensor.of(changed, shape: t.shape, as: t.dtype)
        })
    }
    for (cell, _, new) in lent {
      if let j = leaves.firstIndex(where: { $0 === new }) { cell.lend(tensors[j]) }
    }
    var next = 0
    var result: [Value] = []
    for (value, tree) in zip(values, trees) {
      let own = tensors[next..<(next + tree.leaves.count)].map { Value.tensor($0) }
      next += own.count
      result.append(value.objectValue is ParamObject ? value : tree.substituted(own))
    }
    return result
  }
}
