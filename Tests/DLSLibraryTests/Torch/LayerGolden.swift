// Cases of kind "layer": a layer with a given state, several steps in training, then in evaluation.

import DLSRuntime
import DLSTensor
import Testing

enum LayerGolden {
  /// Once in f64 at a tight tolerance, once in f32 at a loose one.
  static func run(_ one: DictObject, _ session: Session) throws -> [String] {
    var wrong = try LayerRun(one, session, .f64, 1e-9).compare()
    wrong += try LayerRun(one, session, .f32, one["tol32"]?.number ?? 5e-4).compare().map {
      "in f32: " + $0
    }
    return wrong
  }
}

private struct LayerRun {
  let one: DictObject
  let session: Session
  let float: DType
  let tolerance: Double
  let net: Value

  init(_ one: DictObject, _ session: Session, _ float: DType, _ tolerance: Double) throws {
    (self.one, self.session, self.float, self.tolerance) = (one, session, float, tolerance)
    let make = try #require(one["make"]?.text)
    let machine = session.machine
    net = try machine.evaluate("(\(make)).to(\(float.name))", name: "golden")
    var state: [(String, Value)] = []
    if case .object(let dict as DictObject)? = one["state"] {
      for case (.string(let name), let value) in dict.entries {
        state.append((name, .tensor(try tensor(value))))
      }
    }
    let load = try machine.evaluate("load_state_dict", name: "golden")
    _ = try machine.call(load, [net, .dict(state)])
  }

  private func tensor(_ value: Value) throws -> Tensor {
    let data = try GoldenTensor(value)
    let t = try Tensor.of(data.values, shape: data.shape, as: data.dtype)
    return data.dtype == .f64 ? try t.to(float) : t
  }

  /// Arguments, floats among them as leaves.
  private func argument(_ value: Value, _ leaves: inout [Tensor]) throws -> Value {
    if case .object(let dict as DictObject) = value, dict["dtype"] != nil {
      let t = try tensor(value)
      if !t.dtype.isFloating { return .tensor(t) }
      leaves.append(Autograd.leaf(t))
      return .tensor(leaves[leaves.count - 1])
    }
    var items: [Value] = []
    for item in value.sequenceItems ?? [] { items.append(try argument(item, &leaves)) }
    return .tuple(items)
  }

  func compare() throws -> [String] {
    var wrong: [String] = []
    var leaves: [Tensor] = []
    var inputs: [Value] = []
    for item in one["input"]?.sequenceItems ?? [] { inputs.append(try argument(item, &leaves)) }
    ModuleTree.setTraining(net, true)
    for (i, step) in (one["steps"]?.sequenceItems ?? []).enumerated() {
      guard case .object(let expected as DictObject) = step else { continue }
      let outputs = flat(try session.machine.call(net, inputs))
      wrong += try results(outputs, expected["out"], "step \(i)")
      if i == 0 { wrong += try gradients(outputs, leaves, expected) }
    }
    let state = try session.machine.call(
      session.machine.evaluate("state_dict", name: "golden"), [net])
    if case .object(let found as DictObject) = state,
      case .object(let after as DictObject)? = one["after"]
    {
      for case (.string(let name), let value) in after.entries {
        guard let own = found[name]?.tensorView else {
          wrong.append("no \(name) in the state")
          continue
        }
        wrong += try GoldenTensor(value).difference(own.shape, own.doubles(), tolerance).map {
          "\(name) \($0)"
        }
      }
    }
    ModuleTree.setTraining(net, false)
    return try wrong
      + results(flat(try session.machine.call(net, inputs)), one["eval"], "evaluation")
  }

  private func results(_ outputs: [Tensor], _ expected: Value?, _ what: String) throws -> [String] {
    let wanted = expected?.sequenceItems ?? []
    if outputs.count != wanted.count {
      return ["\(what) gives \(outputs.count) tensors, not \(wanted.count)"]
    }
    return try zip(outputs, wanted).enumerated().flatMap { i, pair in
      try GoldenTensor(pair.1).difference(pair.0.shape, pair.0.doubles(), tolerance).map {
        "\(what), result \(i) \($0)"
      }
    }
  }

  private func gradients(_ outputs: [Tensor], _ leaves: [Tensor], _ expected: DictObject) throws
    -> [String]
  {
    let params = ModuleTree.namedParameters(net)
    let tracked = outputs.filter(\.isTracked)
    let seeds = try tracked.map { y in
      try Tensor.of((0..<y.count).map { 0.5 + Double($0 % 7) / 5 }, shape: y.shape).to(y.dtype)
    }
    let targets = leaves + params.map { $0.1.cell.value }
    let found = try Autograd.gradients(of: tracked, seeds: seeds, wrt: targets, createGraph: false)
    func difference(_ i: Int, _ value: Value?, _ name: String) throws -> [String] {
      guard let value else { return ["\(name) is not known there"] }
      let own = found[i]?.doubles() ?? [Double](repeating: 0, count: targets[i].count)
      return try GoldenTensor(value).difference(targets[i].shape, own, tolerance * 10).map {
        "the gradient of \(name) \($0)"
      }
    }
    var wrong: [String] = []
    let inputs = expected["input_grads"]?.sequenceItems ?? []
    for i in leaves.indices {
      wrong += try difference(i, i < inputs.count ? inputs[i] : nil, "input \(i)")
    }
    guard case .object(let named as DictObject)? = expected["grads"] else { return wrong }
    if named.entries.count != params.count {
      wrong.append("\(params.count) params instead of \(named.entries.count)")
    }
    for (i, (name, _)) in params.enumerated() {
      wrong += try difference(leaves.count + i, named[name], name)
    }
    return wrong
  }

  private func flat(_ value: Value) -> [Tensor] {
    if let t = value.tensorView { return [t] }
    return (value.sequenceItems ?? []).flatMap(flat)
  }
}
