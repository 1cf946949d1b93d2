// vjp and jvp: Jacobians times vectors, from the left and from the right.

import DLSRuntime
import DLSTensor

extension Transform {
  /// (y, back): back gives gradients in the form of the primals.
  static func vjp(_ call: Call) throws(Failure) -> Value {
    let primals = call.value(1).sequenceItems ?? []
    if primals.isEmpty { throw Failure("missing-argument", "vjp needs f's arguments after f") }
    let machine = call.machine
    return try differentiate(
      try call.function(0), CallArguments(primals), Array(primals.indices), machine
    ) { result, lift, keeps throws(Failure) in
      let outputs = try Tree(result: result)
      let ys = outputs.leaves.map(\.tensor)
      let reaches =
        GradientWalk(roots: ys, targets: lift.leaves, since: lift.since).reachesOutside && keeps
      let back = NativeFunction("back", [Parameter("cotangents", .any)]) { call throws(Failure) in
        let seeds = try matching(call.value(0), ys, "the cotangent", "the result", 0)
        let isKept = Autograd.isRecording && (reaches || seeds.contains { $0.isTracked })
        lift.lendAgain()
        defer { lift.restore() }
        let gradients = try tensorWork { () throws(TensorError) in
          var walk = GradientWalk(roots: ys, targets: lift.leaves, since: lift.since)
          return try walk.gradients(seeds, wrt: lift.leaves, createGraph: isKept)
        }
        let parts = try lift.rebuilt(gradients)
        return parts.count == 1 ? parts[0] : .tuple(parts)
      }
      let shown = outputs.rebuilt(ys.map { .tensor(reaches ? $0 : $0.detached) })
      return .tuple([shown, .object(back)])
    }
  }

  /// (y, tangent). The transpose of the transpose: g -> Jᵀg is linear, and its own vjp at the
  /// tangent is Jt.
  static func jvp(_ call: Call) throws(Failure) -> Value {
    let primals = several(call.value(1))
    let tangents = several(call.value(2))
    if primals.count != tangents.count {
      throw call.fail(
        2, "jvp needs a tangent for each primal: \(primals.count) against \(tangents.count)")
    }
    return try differentiate(
      try call.function(0), CallArguments(primals), Array(primals.indices), call.machine
    ) { result, lift, keeps throws(Failure) in
      let outputs = try Tree(result: result)
      let ys = outputs.leaves.map(\.tensor)
      var directions: [Tensor] = []
      var next = 0
      for (tangent, tree) in zip(tangents, lift.trees) {
        let part = Array(lift.leaves[next..<(next + tree.leaves.count)])
        next += part.count
        directions += try matching(tangent, part, "the tangent", "the primal", 2)
      }
      let along = directions
      let pushed = try tensorWork { () throws(TensorError) in
        try push(ys, lift, along, keeps)
      }
      let shown = outputs.rebuilt(ys.map { .tensor(pushed.isKept ? $0 : $0.detached) })
      return .tuple([shown, outputs.rebuilt(pushed.tangents.map { .tensor($0) })])
    }
  }

  private static func push(_ ys: [Tensor], _ lift: Lift, _ directions: [Tensor], _ keeps: Bool)
    throws(TensorError) -> (tangents: [Tensor], isKept: Bool)
  {
    var gs: [Tensor] = []
    for y in ys { gs.append(Autograd.leaf(try Tensor.full(y.shape, 0, y.dtype))) }
    var walk = GradientWalk(roots: ys, targets: lift.leaves, since: lift.since)
    let pulled = try walk.gradients(gs, wrt: lift.leaves, createGraph: true)
    var roots: [Tensor] = []
    var seeds: [Tensor] = []
    for (p, direction) in zip(pulled, directions) {
      guard let p, p.isTracked else { continue }
      roots.append(p)
      seeds.append(try direction.to(p.dtype))
    }
    var second = GradientWalk(roots: roots, targets: gs, since: lift.since)
    let isKept = keeps && (second.reachesOutside || seeds.contains { $0.isTracked })
    let pushed = try second.gradients(seeds, wrt: gs, createGraph: isKept)
    var tangents: [Tensor] = []
    for (t, y) in zip(pushed, ys) {
      if let t { tangents.append(t) } else { tangents.append(try Tensor.zeros(like: y)) }
    }
    return (tangents, isKept)
  }

  /// The tensors of a value that must have the form of others: as many, of the same shapes.
  private static func matching(
    _ value: Value, _ wanted: [Tensor], _ name: String, _ other: String, _ argument: Int
  ) throws(Failure) -> [Tensor] {
    var own: [Tensor]
    if wanted.count == 1, wanted[0].rank > 0 || value.sequenceItems == nil {
      let single =
        try value.objectValue is DictObject
        ? Tree(argument: value).leaves.map(\.tensor) : [value.asTensor(like: wanted[0].dtype)]
      own = single
    } else {
      own = try Tree(argument: value).leaves.map(\.tensor)
    }
    if own.count != wanted.count {
      throw Failure(
        "shape-mismatch", "\(name) has \(own.count) tensors, \(other) \(wanted.count)",
        argument: argument)
    }
    for (i, pair) in zip(own, wanted).enumerated() {
      if pair.0.shape != pair.1.shape {
        throw Failure(
          "shape-mismatch",
          "\(name) has shape \(Tensor.describe(pair.0.shape)), \(other) \(Tensor.describe(pair.1.shape))",
          argument: argument)
      }
      own[i] = try tensorWork { () throws(TensorError) in try pair.0.to(pair.1.dtype) }
    }
    return own
  }
}
