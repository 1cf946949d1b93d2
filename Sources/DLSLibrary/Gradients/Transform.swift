// What the transforms of functions do.

import DLSRuntime
import DLSTensor

/// A builtin made on the spot, such as the `back` of vjp.
package final class NativeFunction: Object {
  let name: String
  let parameters: [Parameter]
  let body: (Call) throws(Failure) -> Value

  init(_ name: String, _ parameters: [Parameter], _ body: @escaping (Call) throws(Failure) -> Value)
  {
    self.name = name
    self.parameters = parameters
    self.body = body
    super.init(.builtin)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { parameters }
  package override func describe(_ printer: inout Printer) { printer.write("<function \(name)>") }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let values = try Signature.bind(name, parameters, arguments)
    return try body(Call(machine: machine, name: name, parameters: parameters, arguments: values))
  }
}

/// grad(f) and its kin: called with f's arguments.
package final class TransformObject: Object {
  let name: String
  let function: Value
  let argnums: Value
  let body: (TransformObject, CallArguments, Machine) throws(Failure) -> Value

  init(
    _ name: String, _ function: Value, _ argnums: Value,
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
  package override func describe(_ printer: inout Printer) {
    printer.write("<function \(name)(…)>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    try body(self, arguments, machine)
  }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(function) }

  /// Positions of the arguments to differentiate, and whether one was asked for.
  func positions(_ count: Int) throws(Failure) -> (at: [Int], isSingle: Bool) {
    func checked(_ value: Value) throws(Failure) -> Int {
      guard case .int(var i) = value else {
        throw Failure("bad-argument", "argnums takes an int or several, not \(value.kindText)")
      }
      if i < 0 { i += count }
      if i < 0 || i >= count {
        throw Failure("bad-argument", "argnums names argument \(i), but there are \(count)")
      }
      return i
    }
    if let items = argnums.sequenceItems {
      var result: [Int] = []
      for item in items { result.append(try checked(item)) }
      return (result, false)
    }
    return ([try checked(argnums)], true)
  }

  /// The arguments with tracked leaves for those to differentiate; the value; the gradients, shaped
  /// as the arguments are.
  func valueAndGradient(_ given: CallArguments, _ machine: Machine) throws(Failure) -> (
    Tensor, Value
  ) {
    let (at, isSingle) = try positions(given.positional.count)
    var given = given
    var slots: [Lifted] = []
    for i in at {
      let lifted = try Lifted(given.positional[i])
      given.positional[i] = lifted.value
      slots.append(lifted)
    }
    let keeps = slots.contains { $0.isNested }
    let y = try machine.call(
      function, given.positional, named: given.named.map { ($0.name, $0.value) }
    ).asTensor()
    if y.count != 1 {
      throw Failure(
        "no-gradient", "\(name) needs a function whose result is one number, got \(y.typeText)",
        help: ["reduce it with `.sum()` or `.mean()`, or take `jacobian`"])
    }
    let leaves = slots.flatMap(\.leaves)
    let gradients = try tensorWork { () throws(TensorError) in
      try Autograd.gradients(of: [y], seeds: [nil], wrt: leaves, createGraph: keeps)
    }
    let filled = try Transform.filled(gradients, leaves)
    var next = 0
    var results: [Value] = []
    for slot in slots { results.append(slot.rebuild(filled, &next)) }
    return (keeps ? y : y.detached, isSingle ? results[0] : .tuple(results))
  }

  func jacobian(_ given: CallArguments, _ machine: Machine) throws(Failure) -> Value {
    let (at, isSingle) = try positions(given.positional.count)
    var given = given
    var leaves: [Tensor] = []
    var isNested = false
    for i in at {
      let x = try given.positional[i].asTensor(like: .f32)
      isNested = isNested || x.isTracked
      let leaf = try Transform.leaf(given.positional[i])
      given.positional[i] = .tensor(leaf)
      leaves.append(leaf)
    }
    let y = try machine.call(
      function, given.positional, named: given.named.map { ($0.name, $0.value) }
    ).asTensor()
    let inputs = leaves
    let keeps = isNested
    var rows: [[Tensor]] = leaves.map { _ in [] }
    for i in 0..<y.count {
      try machine.checkInterrupt()
      let gradients = try tensorWork { () throws(TensorError) in
        var one = [Double](repeating: 0, count: y.count)
        one[i] = 1
        let seed = try Tensor.of(one, shape: y.shape, as: y.dtype)
        if !y.isTracked { return inputs.map { _ in nil } as [Tensor?] }
        return try Autograd.gradients(of: [y], seeds: [seed], wrt: inputs, createGraph: keeps)
      }
      for (k, g) in try Transform.filled(gradients, leaves).enumerated() { rows[k].append(g) }
    }
    var results: [Value] = []
    for (leaf, row) in zip(leaves, rows) {
      results.append(
        .tensor(
          try tensorWork { () throws(TensorError) in
            row.isEmpty
              ? try Tensor.full(y.shape + leaf.shape, 0, leaf.dtype)
              : try Tensor.stack(row, 0).reshape(y.shape + leaf.shape)
          }))
    }
    return isSingle ? results[0] : .tuple(results)
  }
}

/// An argument with its tensors replaced by tracked leaves: a tensor, a model, or a container.
struct Lifted {
  var value: Value
  var leaves: [Tensor] = []
  private var names: [String] = []
  private let shape: Value
  /// True when gradients of gradients are under way.
  var isNested = false

  init(_ argument: Value) throws(Failure) {
    shape = argument
    value = argument
    if case .object(let object) = argument,
      object.kind == .model || object.kind == .layer || object.kind == .function
        || object.kind == .param
    {
      for (name, param) in ModuleTree.namedParameters(argument) {
        names.append(name)
        leaves.append(param.cell.value)
      }
      if object.kind != .param { return }
    }
    if case .object(let param as ParamObject) = argument {
      leaves = [param.cell.value]
      return
    }
    value = try lift(argument)
  }

  private mutating func lift(_ argument: Value) throws(Failure) -> Value {
    if case .object(let dict as DictObject) = argument {
      let copy = DictObject()
      for (key, item) in dict.entries { copy.entries[key] = try lift(item) }
      return .object(copy)
    }
    if case .object(let object) = argument, object.kind == .tuple || object.kind == .list,
      let items = argument.sequenceItems,
      items.contains(where: { $0.tensorView != nil || $0.objectValue is DictObject })
    {
      var copies: [Value] = []
      for item in items { copies.append(try lift(item)) }
      return object.kind == .tuple ? .tuple(copies) : .list(copies)
    }
    if let t = argument.tensorView, t.isTracked { isNested = true }
    let leaf = try Transform.leaf(argument)
    leaves.append(leaf)
    return .tensor(leaf)
  }

  /// Gradients in the shape of the argument.
  func rebuild(_ gradients: [Tensor], _ next: inout Int) -> Value {
    if !names.isEmpty, !(shape.objectValue is ParamObject) {
      let dict = DictObject()
      for name in names {
        dict.set(name, .tensor(gradients[next]))
        next += 1
      }
      return .object(dict)
    }
    return rebuild(shape, gradients, &next)
  }

  private func rebuild(_ part: Value, _ gradients: [Tensor], _ next: inout Int) -> Value {
    if case .object(let dict as DictObject) = part {
      let copy = DictObject()
      for (key, item) in dict.entries { copy.entries[key] = rebuild(item, gradients, &next) }
      return .object(copy)
    }
    if case .object(let object) = part, object.kind == .tuple || object.kind == .list,
      let items = part.sequenceItems,
      items.contains(where: { $0.tensorView != nil || $0.objectValue is DictObject })
    {
      let copies = items.map { rebuild($0, gradients, &next) }
      return object.kind == .tuple ? .tuple(copies) : .list(copies)
    }
    next += 1
    return .tensor(gradients[next - 1])
  }
}

enum Transform {
  /// A tracked leaf of a value: plain numbers become f64; one tracked already stays in its graph.
  static func leaf(_ value: Value) throws(Failure) -> Tensor {
    var t: Tensor
    switch value {
    case .int(let x):
      t = try tensorWork { () throws(TensorError) in try Tensor.scalar(Double(x), .f64) }
    case .float(let x): t = try tensorWork { () throws(TensorError) in try Tensor.scalar(x, .f64) }
    default: t = try value.asTensor(like: .f32)
    }
    if !t.dtype.isFloating {
      throw Failure(
        "no-gradient", "no gradient flows to \(value.kindText)", help: ["as floats: `.to(f32)`"])
    }
    // A link of its own, so that the same tensor given twice is told apart.
    if t.isTracked {
      let same = t
      return Autograd.record("argument", [same], same.detached) { g, _ in [g] }
    }
    return Autograd.leaf(t)
  }

  /// Zeros where no gradient flows.
  static func filled(_ gradients: [Tensor?], _ inputs: [Tensor]) throws(Failure) -> [Tensor] {
    var result: [Tensor] = []
    for (g, x) in zip(gradients, inputs) {
      if let g {
        result.append(g)
      } else {
        result.append(try tensorWork { () throws(TensorError) in try Tensor.zeros(like: x) })
      }
    }
    return result
  }

  static func several(_ value: Value) -> [Value] {
    if case .object(let tuple as TupleObject) = value { return tuple.items }
    return [value]
  }

  static func vmap(
    _ f: Value, _ dims: Value, _ out: Int, _ given: CallArguments, _ machine: Machine
  ) throws(Failure) -> Value {
    var axes: [Int?] = []
    for i in given.positional.indices {
      let dim = dims.sequenceItems.map { i < $0.count ? $0[i] : .none } ?? dims
      if case .int(let axis) = dim { axes.append(axis) } else { axes.append(nil) }
    }
    var count: Int?
    var inputs: [Tensor?] = []
    for (value, dim) in zip(given.positional, axes) {
      var tensor = value.tensorView
      if tensor == nil, value.sequenceItems != nil { tensor = try value.asTensor() }
      guard let dim, let t = tensor else {
        inputs.append(nil)
        continue
      }
      let axis = try tensorWork { () throws(TensorError) in try t.axis(dim) }
      if t.rank == 0 {
        throw Failure("shape-mismatch", "vmap needs a dimension to run over, got a 0-d tensor")
      }
      if let count, count != t.shape[axis] {
        throw Failure("shape-mismatch", "vmap's arguments have sizes \(count) and \(t.shape[axis])")
      }
      count = t.shape[axis]
      inputs.append(t)
    }
    guard let count, count > 0 else {
      throw Failure("shape-mismatch", "vmap has nothing to run over")
    }
    var results: [Value] = []
    for i in 0..<count {
      try machine.checkInterrupt()
      var arguments = given.positional
      for (k, t) in inputs.enumerated() {
        guard let t, let dim = axes[k] else { continue }
        arguments[k] = .tensor(
          try tensorWork { () throws(TensorError) in
            let axis = try t.axis(dim)
            return try t.slice(axis: axis, from: i, count: 1, step: 1).squeeze([axis])
          })
      }
      results.append(try machine.call(f, arguments, named: given.named.map { ($0.name, $0.value) }))
    }
    return try stacked(results, out)
  }

  private static func stacked(_ results: [Value], _ out: Int) throws(Failure) -> Value {
    if case .object(let first as TupleObject) = results[0] {
      var parts: [Value] = []
      for k in first.items.indices {
        parts.append(try stacked(results.map { $0.sequenceItems?[k] ?? .none }, out))
      }
      return .tuple(parts)
    }
    if case .object(let first as DictObject) = results[0] {
      let dict = DictObject()
      for key in first.entries.keys {
        dict.entries[key] = try stacked(
          results.map { ($0.objectValue as? DictObject)?.entries[key] ?? .none }, out)
      }
      return .object(dict)
    }
    let tensors = try results.mapped { v throws(Failure) in try v.asTensor() }
    return .tensor(try tensorWork { () throws(TensorError) in try Tensor.stack(tensors, out) })
  }

  static func custom(_ f: Value, _ rule: Value, _ given: CallArguments, _ machine: Machine)
    throws(Failure) -> Value
  {
    let y = try Autograd.withoutRecording { () throws(Failure) in
      try machine.call(f, given.positional, named: given.named.map { ($0.name, $0.value) })
        .asTensor()
    }
    let inputs = given.positional.compactMap(\.tensorView)
    let positions = given.positional.indices.filter { given.positional[$0].tensorView != nil }
    let values = given.positional
    return .tensor(
      Autograd.record("custom_grad", inputs, y) { g, y throws(TensorError) in
        do throws(Failure) {
          let result = try machine.call(rule, [.tensor(g), .tensor(y)] + values)
          let parts = several(result)
          return try positions.enumerated().map { pair throws(Failure) -> Tensor? in
            let (k, at) = pair
            let part = parts.count == values.count ? parts[at] : k < parts.count ? parts[k] : .none
            if case .none = part { return nil }
            let gradient = try part.asTensor(like: inputs[k].dtype)
            if gradient.shape != inputs[k].shape {
              throw Failure(
                "shape-mismatch",
                "the gradient for argument \(at) has shape \(Tensor.describe(gradient.shape)), the argument \(Tensor.describe(inputs[k].shape))"
              )
            }
            return gradient
          }
        } catch {
          throw TensorError(error.code, error.message, notes: error.notes, help: error.help)
        }
      })
  }
}
