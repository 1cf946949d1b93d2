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
    return output.with(node: Node(name, inputs, output.detached, pullback))
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
        notes: ["it does not depend on any param, or was computed under no_grad"],
        help: ["what is trained is made by `param(…)`, as layers make their own"])
    }
    if gradient == nil, root.count != 1 {
      throw TensorError(
        "no-gradient", "backward needs one number, not \(root.typeText)", argument: 0,
        labels: [(0, root.typeText)],
        help: ["reduce it first: `{0}.sum().backward()` or `{0}.mean().backward()`"])
    }
    if let gradient, gradient.shape != root.shape {
      throw TensorError(
        "shape-mismatch",
        "the gradient has shape \(Tensor.describe(gradient.shape)), the tensor \(Tensor.describe(root.shape))",
        argument: 1, labels: [(0, root.typeText), (1, gradient.typeText)])
    }
    enterNoGrad()
    defer { leaveNoGrad() }
    let seed: Tensor
    if let gradient { seed = try gradient.to(root.dtype) } else { seed = try ones(like: root) }
    var walk = GradientWalk(roots: [root], targets: nil)
    try walk.run([seed], retainGraph: retainGraph)
    try walk.accumulate()
  }

  /// Gradients of `of`, weighted by `seeds` (1 where nil), with respect to tensors that it may
  /// depend on; nil where it does not.
  package static func gradients(
    of: [Tensor], seeds: [Tensor?], wrt: [Tensor], createGraph: Bool
  ) throws(TensorError) -> [Tensor?] {
    var walk = GradientWalk(roots: of, targets: wrt)
    var given: [Tensor?] = []
    for (root, seed) in zip(of, seeds) {
      if let seed { given.append(seed) } else { given.append(try ones(like: root)) }
    }
    return try walk.gradients(given, wrt: wrt, createGraph: createGraph)
  }

  private static func ones(like x: Tensor) throws(TensorError) -> Tensor {
    try Tensor.full(x.shape, 1, x.dtype, meta: x.isMeta)
  }

  /// A number smaller than that of any node made from now on.
  package static var now: Int { Int(dls_next_sequence()) }

  /// Runs `body` with recording switched on, whatever stands around it.
  package static func recording<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let depth = dls_get_no_grad_depth()
    dls_set_no_grad_depth(0)
    defer { dls_set_no_grad_depth(depth) }
    return try body()
  }
}

extension GradientWalk {
  /// Goes back once and gives what came to the targets; tracked where a graph is asked for.
  package mutating func gradients(_ seeds: [Tensor?], wrt: [Tensor], createGraph: Bool)
    throws(TensorError) -> [Tensor?]
  {
    if createGraph {
      try Autograd.recording { () throws(TensorError) in try run(seeds, retainGraph: true) }
    } else {
      Autograd.enterNoGrad()
      defer { Autograd.leaveNoGrad() }
      try run(seeds, retainGraph: true)
    }
    return wrt.map { gradient(of: $0) }
  }
}
