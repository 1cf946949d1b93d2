// What is trained: a value that changes while its place in every graph stays the same.

/// A trainable tensor. Its value is a tracked leaf; the gradient lies in the leaf's node.
package final class ParameterCell {
  /// The value, a tracked leaf (or untracked while frozen).
  package private(set) var value: Tensor
  private let node: Node

  package init(_ data: Tensor) {
    node = Node(name: "param", inputs: [], outputs: [data.detached], pullback: nil, isLeaf: true)
    value = data.with(node: node)
  }

  package var gradient: Tensor? {
    get { node.gradient }
    set {
      node.gradient = newValue
      isGradientUsed = false
    }
  }

  /// True once an optimizer has stepped by the gradient: what is added to it then is mixed with old.
  package var isGradientUsed = false

  package var isFrozen = false {
    didSet { value = value.with(node: isFrozen ? nil : node) }
  }

  /// True while a transform's tensor stands in place of the value.
  package var isLent: Bool { value.node != nil && value.node !== node }

  /// Puts a transform's tensor in place of the value, so that gradients flow to it.
  package func lend(_ t: Tensor) { value = t }

  /// Puts the value back, unless another has been set meanwhile.
  package func restore(_ old: Tensor, insteadOf lent: Tensor) { if value === lent { value = old } }

  /// Replaces the value; shape and dtype may change.
  package func set(_ data: Tensor) {
    value = data.with(node: isFrozen ? nil : node)
    node.outputs = [data.detached]
  }

  /// The elements, writable in place: copied first when anything else can still see them.
  package func update(_ body: (Tensor) throws(TensorError) -> Void) throws(TensorError) {
    try body(writable())
  }

  /// The value once nothing else sees its elements, for a kernel to change.
  package func writable() throws(TensorError) -> Tensor {
    if !node.outputs.isEmpty { node.outputs = [] }
    if !value.isContiguous || !value.isUniquelyHeld(references: 1) {
      let copy = try Tensor.empty(value.shape, value.dtype, meta: value.isMeta)
      if !value.isMeta { Strided.assign(copy, value) }
      value = copy.with(node: isFrozen ? nil : node)
    }
    return value
  }
}
