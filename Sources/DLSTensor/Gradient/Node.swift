// How a tensor was computed: the record that gradients flow back along.

import CThreadState

/// One recorded op: its inputs and how a gradient of its output becomes gradients of them.
///
/// Nodes are held by the tensors that they made, so a graph that nobody needs is freed at once. A
/// pullback is written with ops, so that what it computes can be differentiated again.
package final class Node {
  /// Gradients of the inputs (nil where none flows), from those of the outputs (nil where unused).
  /// `outputs` gives the op's own results again, tracked, for formulas such as y·(1 - y).
  package typealias Pullback = (_ gradients: [Tensor?], _ outputs: [Tensor]) throws(TensorError)
    -> [Tensor?]

  /// The op's name, as `graph(y)` prints it.
  package let name: String
  /// Grows with every node of a thread, so that a node can only depend on smaller ones.
  package let sequence: Int
  package internal(set) var inputs: [Tensor]
  package internal(set) var pullback: Pullback?
  /// The same for an op of one output, the usual case: nothing has to be put in lists.
  private(set) var single: Autograd.Pullback?
  /// The results without this node (so that no cycle arises).
  package internal(set) var outputs: [Tensor]
  /// For a leaf (a param, or an argument of `grad`): the gradient that `backward` adds to.
  package var gradient: Tensor?
  package let isLeaf: Bool
  /// Set once `backward` has used and freed the record.
  package internal(set) var isFreed = false

  // Scratch of the pass that is visiting; see Autograd.
  var mark = 0
  var slot = 0

  package init(
    name: String, inputs: [Tensor], outputs: [Tensor], pullback: Pullback?, isLeaf: Bool
  ) {
    self.name = name
    self.sequence = Int(dls_next_sequence())
    self.inputs = inputs
    self.outputs = outputs
    self.pullback = pullback
    self.isLeaf = isLeaf
  }

  /// The record of an op of one output.
  init(_ name: String, _ inputs: [Tensor], _ output: Tensor, _ single: @escaping Autograd.Pullback)
  {
    self.name = name
    self.sequence = Int(dls_next_sequence())
    self.inputs = inputs
    self.outputs = [output]
    self.single = single
    isLeaf = false
  }

  /// Lets go of the record once it has been used.
  func free() {
    isFreed = true
    inputs = []
    outputs = []
    pullback = nil
    single = nil
  }

  deinit {
    if inputs.isEmpty { return }
    Graveyard.bury((inputs, pullback, single))
  }
}

/// Frees chains of any length without recursion: what a dying node holds is parked, and the
/// outermost burial empties the park.
private final class Graveyard {
  typealias Remains = ([Tensor], Node.Pullback?, Autograd.Pullback?)
  var parked: [Remains] = []
  var isEmptying = false

  static func bury(_ remains: Remains) {
    let yard: Graveyard
    if let raw = dls_get_graveyard() {
      yard = Unmanaged<Graveyard>.fromOpaque(raw).takeUnretainedValue()
    } else {
      yard = Graveyard()
      dls_set_graveyard(Unmanaged.passRetained(yard).toOpaque())
    }
    yard.parked.append(remains)
    if yard.isEmptying { return }
    yard.isEmptying = true
    while let last = yard.parked.popLast() { withExtendedLifetime(last) {} }
    yard.isEmptying = false
  }
}
