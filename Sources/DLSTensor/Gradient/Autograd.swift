// Recording ops and walking back along the record.

import CThreadState

package enum Autograd {
  /// One input or output, the usual case: the gradient of y and y itself to those of the inputs.
  package typealias Pullback = (_ g: Tensor, _ y: Tensor) throws(TensorError) -> [Tensor?]

  package static var isRecording: Bool {
    @inline(__always) get { dls_get_no_grad_depth() == 0 }
  }

  /// Runs `body` with recording switched off on this thread.
  package static func withoutRecording<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    enterNoGrad()
    defer { leaveNoGrad() }
    return try body()
  }

  package static func enterNoGrad() { dls_set_no_grad_depth(dls_get_no_grad_depth() + 1) }
  package static func leaveNoGrad() { dls_set_no_grad_depth(dls_get_no_grad_depth() - 1) }

  @inline(__always)
  static func isTracked(_ inputs: [Tensor]) -> Bool {
    if dls_get_no_grad_depth() != 0 { return false }
    for input in inputs where input.node != nil { return true }
    return false
  }

  /// The output, tied to its inputs when one of them is tracked; as it is otherwise.
  package static func record(
    _ name: String, _ inputs: [Tensor], _ output: Tensor, _ pullback: @escaping Pullback
  ) -> Tensor {
    if !isTracked(inputs) || !output.dtype.isFloating { return output.detached }
    let node = Node(
      name: name, inputs: inputs, outputs: [output.detached],
      pullback: { gradients, outputs throws(TensorError) in
        guard let g = gradients[0] else { return [] }
        return try pullback(g, outputs[0])
      }, isLeaf: false)
    return output.with(node: node)
  }

  package static func record(
    _ name: String, _ inputs: [Tensor], outputs: [Tensor], _ pullback: @escaping Node.Pullback
  ) -> [Tensor] {
    if !isTracked(inputs) { return outputs.map(\.detached) }
    let node = Node(
      name: name, inputs: inputs, outputs: outputs.map(\.detached), pullback: pullback,
      isLeaf: false)
    return outputs.enumerated().map { index, output in
      output.dtype.isFloating ? output.with(node: node, outputIndex: index) : output
    }
  }

  /// A new tracked tensor with no history.
  package static func leaf(_ data: Tensor, name: String = "leaf") -> Tensor {
    data.with(
      node: Node(name: name, inputs: [], outputs: [data.detached], pullback: nil, isLeaf: true))
  }

  /// Adds to the `gradient` of every leaf that `root` depends on.
  package static func backward(
    _ root: Tensor, gradient: Tensor? = nil, retainGraph: Bool = false
  ) throws(TensorError) {
    guard root.node != nil else {
      throw TensorError(
        "no-gradient", "no gradient flows through this tensor", argument: 0,
        notes: ["it does not depend on any param, or was computed under no_grad"])
    }
    if gradient == nil, root.count != 1 {
      throw TensorError(
        "no-gradient", "backward needs one number, not \(root.typeText)", argument: 0,
        labels: [(0, root.typeText)],
        help: ["reduce it first: `{0}.sum().backward()` or `{0}.mean().backward()`"])
    }
    var seed = try Tensor.full(root.shape, 1, root.dtype, meta: root.isMeta)
    if let gradient { seed = gradient }
    enterNoGrad()
    defer { leaveNoGrad() }
    var pass = Pass(roots: [root], targets: nil)
    try pass.run([seed], retainGraph: retainGraph)
    for (node, slot) in pass.leaves {
      guard let g = pass.slots[slot] else { continue }
      if let old = node.gradient {
        node.gradient = nil
        node.gradient = try Tensor.accumulate(old, g)
      } else {
        node.gradient = g
      }
    }
  }

  /// Gradients of `of`, weighted by `seeds` (1 where nil), with respect to tensors that it may
  /// depend on; nil where it does not.
  package static func gradients(
    of: [Tensor], seeds: [Tensor?], wrt: [Tensor], createGraph: Bool
  ) throws(TensorError) -> [Tensor?] {
    if !createGraph { enterNoGrad() }
    defer { if !createGraph { leaveNoGrad() } }
    var pass = Pass(roots: of, targets: wrt)
    var given: [Tensor?] = []
    for (root, seed) in zip(of, seeds) {
      if let seed {
        given.append(seed)
      } else {
        given.append(try Tensor.full(root.shape, 1, root.dtype, meta: root.isMeta))
      }
    }
    try pass.run(given, retainGraph: true)
    return wrt.map { pass.gradient(of: $0) }
  }
}

/// One walk back from some roots: nodes from the youngest to the oldest, gradients in slots.
private struct Pass {
  var nodes: [Node] = []
  var leaves: [(Node, Int)] = []
  var slots: [Tensor?] = []
  let roots: [Tensor]
  let mark: Int

  init(roots: [Tensor], targets: [Tensor]?) {
    self.roots = roots
    mark = Int(dls_next_sequence())
    for case let node? in (targets ?? []).map(\.node) { visit(node) }
    var pending = roots.compactMap(\.node)
    while let node = pending.popLast() {
      if node.mark == mark, !node.isWaiting(mark) { continue }
      visit(node)
      node.slot &= ~Node.waiting
      for input in node.inputs {
        if let next = input.node, next.mark != mark || next.isWaiting(mark) { pending.append(next) }
      }
    }
    nodes.sort { $0.sequence > $1.sequence }
  }

  /// Gives a node its slots, once.
  private mutating func visit(_ node: Node) {
    if node.mark == mark { return }
    node.mark = mark
    node.slot = slots.count | Node.waiting
    for _ in 0..<max(node.outputs.count, 1) { slots.append(nil) }
    if node.isLeaf { leaves.append((node, slots.count - 1)) } else { nodes.append(node) }
  }

  func gradient(of tensor: Tensor) -> Tensor? {
    guard let node = tensor.node, node.mark == mark else { return nil }
    return slots[(node.slot & ~Node.waiting) + tensor.outputIndex]
  }

  mutating func add(_ g: Tensor, to tensor: Tensor) throws(TensorError) {
    guard let node = tensor.node, node.mark == mark else { return }
    let slot = (node.slot & ~Node.waiting) + tensor.outputIndex
    if let old = slots[slot] {
      slots[slot] = nil
      slots[slot] = try Tensor.accumulate(old, g)
    } else {
      slots[slot] = g
    }
  }

  mutating func run(_ seeds: [Tensor?], retainGraph: Bool) throws(TensorError) {
    for (root, seed) in zip(roots, seeds) {
      if let seed { try add(seed, to: root) }
    }
    for node in nodes {
      let first = node.slot & ~Node.waiting
      let count = max(node.outputs.count, 1)
      if node.isFreed {
        throw TensorError(
          "graph-freed", "the graph behind this value has been used and freed by `backward`",
          help: ["compute the value again, or keep the graph: `backward(retain_graph=true)`"])
      }
      let gradients = Array(slots[first..<(first + count)])
      if gradients.contains(where: { $0 != nil }), let pullback = node.pullback {
        let outputs =
          Autograd.isRecording
          ? node.outputs.enumerated().map { $1.with(node: node, outputIndex: $0) } : node.outputs
        let inputs = node.inputs
        let results = try pullback(gradients, outputs)
        for (input, g) in zip(inputs, results) {
          if let g { try add(g, to: input) }
        }
      }
      if !retainGraph {
        for slot in first..<(first + count) { slots[slot] = nil }
        node.free()
      }
    }
  }
}

extension Node {
  /// Marks a target that the walk has not reached yet.
  fileprivate static let waiting = 1 << 62
  fileprivate func isWaiting(_ mark: Int) -> Bool { slot & Node.waiting != 0 }
}
