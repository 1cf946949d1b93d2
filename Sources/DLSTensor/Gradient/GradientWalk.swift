// A walk back along the record: which nodes it meets, and the gradients that it brings them.

import CThreadState

/// One way back from some roots to everything that they depend on, or to some targets: found once,
/// run for as many seeds as wanted.
///
/// Nodes made before `since` are given from outside: the walk stops at them (unless they are
/// targets), and knows whether it met one.
package struct GradientWalk {
  /// The nodes met, youngest first; leaves are apart.
  package private(set) var nodes: [Node] = []
  private var leaves: [Node] = []
  private var firstSlots: [Int] = []
  private var leafSlots: [Int] = []
  private var slots: [Tensor?] = []
  private let roots: [Tensor]
  private let since: Int
  private let mark: Int
  /// Tensors made before `since` that the roots depend on, each once.
  package private(set) var outside: [Tensor] = []
  package var reachesOutside: Bool { !outside.isEmpty }

  package init(roots: [Tensor], targets: [Tensor]?, since: Int = 0) {
    self.roots = roots
    self.since = since
    mark = Int(dls_next_sequence())
    dls_set_last_walk(Int64(mark))
    for case let node? in (targets ?? []).map(\.node) { visit(node) }
    var pending: [Node] = []
    for root in roots { meet(root, &pending) }
    while let node = pending.popLast() {
      if node.mark == mark, !node.isWaiting { continue }
      visit(node)
      node.slot &= ~Node.waiting
      for input in node.inputs { meet(input, &pending) }
    }
    nodes.sort { $0.sequence > $1.sequence }
    firstSlots = nodes.map { $0.slot & ~Node.waiting }
  }

  private mutating func meet(_ tensor: Tensor, _ pending: inout [Node]) {
    guard let next = tensor.node else { return }
    if next.sequence >= since {
      if next.mark != mark || next.isWaiting { pending.append(next) }
    } else if next.mark != mark,
      !outside.contains(where: { $0.node === next && $0.outputIndex == tensor.outputIndex })
    {
      outside.append(tensor)
    }
  }

  /// Gives a node its slots, once.
  private mutating func visit(_ node: Node) {
    if node.mark == mark { return }
    node.mark = mark
    node.slot = slots.count | Node.waiting
    for _ in 0..<max(node.outputs.count, 1) { slots.append(nil) }
    if node.isLeaf {
      leaves.append(node)
      leafSlots.append(slots.count - 1)
    } else {
      nodes.append(node)
    }
  }

  /// Writes the marks again, after another walk ran inside this one.
  private func restamp() {
    for (node, slot) in zip(nodes, firstSlots) { (node.mark, node.slot) = (mark, slot) }
    for (node, slot) in zip(leaves, leafSlots) { (node.mark, node.slot) = (mark, slot) }
    dls_set_last_walk(Int64(mark))
  }

  /// What the last run brought to a tensor; nil where nothing came.
  package func gradient(of tensor: Tensor) -> Tensor? {
    tensor.node.flatMap { gradient(at: $0, tensor.outputIndex) }
  }

  package func gradient(at node: Node, _ outputIndex: Int) -> Tensor? {
    if dls_get_last_walk() != mark { restamp() }
    return node.mark == mark ? slots[(node.slot & ~Node.waiting) + outputIndex] : nil
  }

  private mutating func add(_ g: Tensor, to tensor: Tensor) throws(TensorError) {
    guard let node = tensor.node, node.mark == mark else { return }
    let slot = (node.slot & ~Node.waiting) + tensor.outputIndex
    if let old = slots[slot] {
      slots[slot] = nil
      slots[slot] = try Tensor.accumulate(old, g)
    } else {
      slots[slot] = g
    }
  }

  /// Goes back once. A nil seed brings nothing. What the pullbacks compute is recorded where the
  /// thread records.
  package mutating func run(_ seeds: [Tensor?], retainGraph: Bool) throws(TensorError) {
    if dls_get_last_walk() != mark { restamp() }
    for slot in slots.indices where slots[slot] != nil { slots[slot] = nil }
    for (root, seed) in zip(roots, seeds) {
      if let seed { try add(seed, to: root) }
    }
    for (node, first) in zip(nodes, firstSlots) {
      // A target from outside: what lies behind it is not this walk's.
      if node.sequence < since { continue }
      let count = max(node.outputs.count, 1)
      if node.isFreed {
        throw TensorError(
          "graph-freed", "the graph behind this value has been used and freed by `backward`",
          help: ["compute the value again, or keep the graph: `backward(retain_graph=true)`"])
      }
      let inputs = node.inputs
      if let results = try node.pulled(slots[first..<(first + count)]) {
        // Not whole after an interrupt, and then no gradient of anything.
        try Interrupt.check()
        if dls_get_last_walk() != mark { restamp() }
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

  /// Adds what came to the leaves to their gradients.
  func accumulate() throws(TensorError) {
    for (node, slot) in zip(leaves, leafSlots) {
      guard let g = slots[slot] else { continue }
      if let old = node.gradient {
        node.gradient = nil
        node.gradient = try Tensor.accumulate(old, g)
      } else {
        node.gradient = g
      }
    }
  }
}

extension Node {
  /// Gradients of the inputs; nil where nothing came to the outputs.
  fileprivate func pulled(_ gradients: ArraySlice<Tensor?>) throws(TensorError) -> [Tensor?]? {
    if let single {
      guard case .some(let g?) = gradients.first else { return nil }
      return try single(g, Autograd.isRecording ? outputs[0].with(node: self) : outputs[0])
    }
    guard let pullback, gradients.contains(where: { $0 != nil }) else { return nil }
    let own =
      Autograd.isRecording
      ? outputs.enumerated().map { $1.with(node: self, outputIndex: $0) } : outputs
    return try pullback(Array(gradients), own)
  }

  /// Marks a target that the walk has not reached yet.
  fileprivate static let waiting = 1 << 62
  fileprivate var isWaiting: Bool { slot & Node.waiting != 0 }
}
