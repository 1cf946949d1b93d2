// Functions of functions: what grad(f) and its kin have in common, and the walks back that they make.

import DLSRuntime
import DLSTensor

/// grad(f) and its kin: called with f's arguments.
package final class TransformObject: Container {
  let name: String
  let function: Value
  let argnums: Value
  let body: (TransformObject, CallArguments, Machine) throws(Failure) -> Value

  init(
    _ name: String, _ function: Value, _ argnums: Value = .int(0),
    _ body: @escaping (TransformObject, CallArguments, Machine) throws(Failure) -> Value
  ) {
    self.name = name
    self.function = function
    self.argnums = argnums
    self.body = body
    super.init(.other)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { function.objectValue?.signature }
  package override func describe(_ printer: inout Printer) {
    printer.write("<function \(name)(…)>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    try body(self, arguments, machine)
  }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(function) }
  package override var children: [(name: String, value: Value)] { [("function", function)] }

  /// Positions of the arguments to differentiate, and whether one was asked for.
  func positions(_ count: Int) throws(Failure) -> (at: [Int], isSingle: Bool) {
    func checked(_ value: Value) throws(Failure) -> Int {
      guard case .int(var i) = value else {
        throw Failure("bad-argument", "argnums takes an int or several, not \(value.kindText)")
      }
      if i < 0 { i += count }
      if i < 0 || i >= count {
        throw Failure(
          "bad-argument",
          "\(name) differentiates argument \(i), but \(count) \(count == 1 ? "is" : "are") given by position",
          help: ["`argnums=` says which arguments to differentiate, counted from 0"])
      }
      return i
    }
    guard let items = argnums.sequenceItems else { return ([try checked(argnums)], true) }
    var result: [Int] = []
    for item in items {
      let i = try checked(item)
      if result.contains(i) { throw Failure("bad-argument", "argnums names argument \(i) twice") }
      result.append(i)
    }
    if result.isEmpty { throw Failure("bad-argument", "argnums names no argument") }
    return (result, false)
  }

  /// Runs the function on lifted arguments, and hands the result on while params are still lent.
  /// `keeps` is true where what is computed may be differentiated again from outside.
  func differentiate<R>(
    _ given: CallArguments, _ machine: Machine, linksParams: Bool = false,
    _ body: (_ result: Value, _ lift: Lift, _ keeps: Bool) throws(Failure) -> R
  ) throws(Failure) -> R {
    let positions = try positions(given.positional.count).at
    return try Transform.differentiate(
      function, given, positions, machine, linksParams: linksParams, body)
  }
}

enum Transform {
  static func differentiate<R>(
    _ function: Value, _ given: CallArguments, _ positions: [Int], _ machine: Machine,
    dtype: DType? = nil, linksParams: Bool = false,
    _ body: (_ result: Value, _ lift: Lift, _ keeps: Bool) throws(Failure) -> R
  ) throws(Failure) -> R {
    let keeps = Autograd.isRecording
    return try Autograd.recording { () throws(Failure) in
      var lift = Lift()
      lift.dtype = dtype
      lift.linksParams = linksParams
      defer { lift.restore() }
      var given = given
      for i in positions { given.positional[i] = try lift.replace(given.positional[i], i) }
      let result = try machine.call(
        function, given.positional, named: given.named.map { ($0.name, $0.value) })
      return try body(result, lift, keeps)
    }
  }

  /// The value of f and its gradients in the form of the arguments. With `hasAux`, f gives a pair
  /// (value, aux), of which only the first is differentiated.
  static func valueAndGradient(
    _ work: TransformObject, _ given: CallArguments, _ machine: Machine, _ options: GradientOptions
  ) throws(Failure) -> (value: Value, gradient: Value) {
    let isSingle = try work.positions(given.positional.count).isSingle
    return try work.differentiate(given, machine, linksParams: options.createGraph) {
      result, lift, keeps throws(Failure) in
      var result = result
      var aux: Value?
      if options.hasAux {
        guard let items = result.sequenceItems, items.count == 2 else {
          throw Failure(
            "type-mismatch",
            "with has_aux=true, \(work.name) needs a function that gives (value, aux), got \(result.kindText)"
          )
        }
        (result, aux) = (items[0], items[1])
      }
      let y = try scalar(result, work.name)
      var walk = GradientWalk(roots: [y], targets: lift.leaves, since: lift.since)
      let isKept = keeps && walk.reachesOutside
      let gradients = try tensorWork { () throws(TensorError) in
        try walk.gradients(
          [try Tensor.full(y.shape, 1, y.dtype, meta: y.isMeta)], wrt: lift.leaves,
          createGraph: isKept)
      }
      let parts = try lift.rebuilt(gradients)
      let value = Value.tensor(isKept ? y : y.detached)
      return (
        aux.map { .tuple([value, $0]) } ?? value, isSingle ? parts[0] : .tuple(parts)
      )
    }
  }

  private static func scalar(_ result: Value, _ name: String) throws(Failure) -> Tensor {
    guard result.number != nil || result.tensorView != nil else {
      throw Failure(
        "no-gradient",
        "\(name) needs a function whose result is one number, got \(result.kindText)",
        help: ["for several results take `jacobian` or `vjp`"])
    }
    let y = try result.asTensor(like: .f32)
    if y.count != 1 {
      throw Failure(
        "no-gradient", "\(name) needs a function whose result is one number, got \(y.typeText)",
        help: ["reduce it with `.sum()` or `.mean()`, or take `jacobian`"])
    }
    return y
  }

  /// All partial derivatives, a row of each at a time: the form of the result around that of the
  /// arguments.
  static func jacobian(_ work: TransformObject, _ given: CallArguments, _ machine: Machine)
    throws(Failure) -> Value
  {
    let isSingle = try work.positions(given.positional.count).isSingle
    return try work.differentiate(given, machine) { result, lift, keeps throws(Failure) in
      let outputs = try Tree(result: result)
      let ys = outputs.leaves.map(\.tensor)
      var walk = GradientWalk(roots: ys, targets: lift.leaves, since: lift.since)
      let isKept = keeps && walk.reachesOutside
      var blocks: [Value] = []
      for (k, y) in ys.enumerated() {
        let rows = try rows(of: y, k, ys.count, &walk, lift.leaves, isKept, machine)
        let parts = try lift.rebuilt(
          zip(rows, lift.leaves).map { $0 }.mapped { pair throws(Failure) in
            try tensorWork { () throws(TensorError) in try stacked(pair.0, y, pair.1) }
          })
        blocks.append(isSingle ? parts[0] : .tuple(parts))
      }
      return outputs.rebuilt(blocks)
    }
  }

  /// For each leaf, the gradients of every element of y; nil rows where none flows.
  static func rows(
    of y: Tensor, _ at: Int, _ count: Int, _ walk: inout GradientWalk, _ leaves: [Tensor],
    _ isKept: Bool, _ machine: Machine
  ) throws(Failure) -> [[Tensor?]] {
    var rows: [[Tensor?]] = leaves.map { _ in [] }
    if !y.isTracked { return rows }
    for i in 0..<y.count {
      try machine.checkInterrupt()
      var seeds = [Tensor?](repeating: nil, count: count)
      seeds[at] = try tensorWork { () throws(TensorError) in try Tensor.unit(i, like: y) }
      let given = seeds
      let gradients = try tensorWork { () throws(TensorError) in
        try walk.gradients(given, wrt: leaves, createGraph: isKept)
      }
      for (k, g) in gradients.enumerated() { rows[k].append(g) }
    }
    return rows
  }

  private static func stacked(_ rows: [Tensor?], _ y: Tensor, _ x: Tensor) throws(TensorError)
    -> Tensor
  {
    if !rows.contains(where: { $0 != nil }) {
      return try Tensor.full(y.shape + x.shape, 0, x.dtype)
    }
    let zero = try Tensor.zeros(like: x)
    return try Tensor.stack(rows.map { $0 ?? zero }, 0).reshape(y.shape + x.shape)
  }

  static func several(_ value: Value) -> [Value] {
    if case .object(let tuple as TupleObject) = value { return tuple.items }
    return [value]
  }
}

struct GradientOptions {
  var hasAux = false
  var createGraph = false
}

extension Tensor {
  /// Zeros but for a one at a row-major position.
  static func unit(_ position: Int, like x: Tensor) throws(TensorError) -> Tensor {
    let t = try Tensor.full(x.shape, 0, x.dtype)
    t.withMutableBytes { bytes in
      if x.dtype == .f64 {
        bytes.bindMemory(to: Double.self)[position] = 1
      } else {
        bytes.bindMemory(to: Float.self)[position] = 1
      }
    }
    return t
  }
}
