// Optimizers: groups of params with settings, and one step over them.

import DLSRuntime
import DLSTensor

/// One param in one step of an optimizer.
struct ParamStep {
  let cell: ParameterCell
  /// Contiguous, in the param's dtype and shape.
  let gradient: Tensor
  let state: OptimizerState
}

/// The update of a group's params, all at once so that it can share its threads and its passes.
typealias GroupUpdate = ([ParamStep]) throws(TensorError) -> Void

/// The update of one param: its cell, its gradient, and what the optimizer keeps for it.
typealias ParamUpdate = (ParameterCell, Tensor, OptimizerState) throws(TensorError) -> Void

/// One param after the other.
func each(_ update: @escaping ParamUpdate) -> GroupUpdate {
  { steps throws(TensorError) in
    for step in steps { try update(step.cell, step.gradient, step.state) }
  }
}

/// One optimizer, declared: everything that is said of it follows from this value.
struct OptimizerKind: Sendable {
  var name: String
  /// Without `params`; the names, order and defaults are PyTorch's.
  var parameters: [Parameter]
  var summary: String
  var details: String
  var example = ""
  /// What must hold between settings beyond their ranges.
  var check: @Sendable (Settings) throws(Failure) -> Void = { _ in }
  /// Reads a group's settings once a step, and gives the update of its params. nil for an optimizer
  /// that computes the loss several times a step (LBFGS).
  var rule: (@Sendable (Settings) -> GroupUpdate)?

  var builtin: Builtin {
    Builtin(
      name, [Parameter("params", .any)] + parameters, summary,
      details: details
        + "\nTakes params, a network, or groups: `\(name)([{params: a, lr: 0.1}, {params: b}])`. "
        + "Settings are members: `opt.lr`, `opt.lr = 0.01`, `opt.param_groups[0].lr`.",
      example: example, family: "Optimizers"
    ) { call throws(Failure) in .object(try Optimizer(self, call)) }
  }
}

package final class Optimizer: Object {
  let declared: OptimizerKind
  private(set) var groups: [ParamGroup] = []
  /// What LBFGS remembers.
  var history = LBFGSHistory()

  init(_ declared: OptimizerKind, _ call: Call) throws(Failure) {
    self.declared = declared
    super.init(.other)
    var defaults = Settings()
    for (i, p) in declared.parameters.enumerated() {
      do { defaults[p.name] = try SettingRules.checked(call.value(i + 1), p, declared.name) } catch
      {
        error.argument = i + 1
        throw error
      }
    }
    for group in try ParamGroup.read(call, defaults, declared) { try add(group) }
  }

  /// Adds a group; each param may stand in one only.
  func add(_ group: ParamGroup) throws(Failure) {
    try declared.check(group.settings)
    var known = Set(groups.flatMap(\.params).map { ObjectIdentifier($0.cell) })
    for param in group.params where !known.insert(ObjectIdentifier(param.cell)).inserted {
      throw Failure(
        "bad-argument", "a param of \(param.cell.value.typeText) stands in more than one group",
        argument: 0)
    }
    groups.append(group)
  }

  var params: [ParamObject] { groups.flatMap(\.params) }

  package override var typeName: String { declared.name }
  package override func describe(_ printer: inout Printer) {
    let settings = groups.first?.settings.shown ?? ""
    let count = groups.count > 1 ? ", \(groups.count) groups" : ""
    printer.write("\(declared.name)(\(settings)\(count))")
  }
  package override var memberNames: [String] {
    declared.parameters.map(\.name) + ["param_groups"]
  }
  package override func forEachReference(_ visit: (Value) -> Void) {
    for group in groups { visit(.object(group)) }
  }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if name == "param_groups" { return .list(groups.map { .object($0) }) }
    return groups.first?.settings[name]
  }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    for group in groups {
      if try !group.setMember(name, value, machine) { return false }
    }
    return true
  }

  func zeroGrad() {
    for group in groups { for param in group.params { param.cell.gradient = nil } }
  }

  /// Updates every param. True when gradients of an earlier step were still in these.
  @discardableResult
  func step() throws(Failure) -> Bool {
    guard let rule = declared.rule else {
      throw Failure(
        "bad-argument",
        "\(declared.name) computes the loss several times a step: it needs a function",
        help: ["`opt.minimize(() -> loss(net(x), y))`, or `opt.step(closure)`"])
    }
    var isStale = false
    try tensorWork { () throws(TensorError) in
      try Autograd.withoutRecording { () throws(TensorError) in
        for group in groups {
          for param in group.params where !param.cell.isFrozen && param.cell.gradient != nil {
            isStale = isStale || param.cell.isGradientUsed
            param.cell.isGradientUsed = true
          }
          let steps = try group.due()
          if !steps.isEmpty { try rule(group.settings)(steps) }
        }
      }
    }
    return isStale
  }
}

/// Params that share settings; a value of the script, so that `opt.param_groups[0].lr = 0.1` works.
package final class ParamGroup: Object {
  let declared: OptimizerKind
  let params: [ParamObject]
  /// One for each param.
  let states: [OptimizerState]
  var settings: Settings

  init(_ declared: OptimizerKind, _ params: [ParamObject], _ settings: Settings) {
    self.declared = declared
    self.params = params
    self.settings = settings
    states = params.map { _ in OptimizerState() }
    super.init(.other)
  }

  /// The params that have a gradient, their steps counted.
  func due() throws(TensorError) -> [ParamStep] {
    var steps: [ParamStep] = []
    steps.reserveCapacity(params.count)
    for (param, state) in zip(params, states) where !param.cell.isFrozen {
      let value = param.cell.value
      guard let given = param.cell.gradient, !value.isMeta else { continue }
      let gradient = try given.to(value.dtype).contiguous()
      if gradient.shape != value.shape {
        throw TensorError(
          "shape-mismatch",
          "a param of shape \(Tensor.describe(value.shape)) has a gradient of shape "
            + Tensor.describe(gradient.shape),
          help: ["after a param took a new shape: `zero_grad()` first"])
      }
      state.step += 1
      steps.append(ParamStep(cell: param.cell, gradient: gradient, state: state))
    }
    return steps
  }

  package override var typeName: String { "group" }
  package override var memberNames: [String] { ["params"] + declared.parameters.map(\.name) }
  package override func describe(_ printer: inout Printer) {
    printer.write("group(\(params.count) params, \(settings.shown))")
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    name == "params" ? .list(params.map { .object($0) }) : settings[name]
  }
  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure)
    -> Bool
  {
    guard let p = declared.parameters.first(where: { $0.name == name }) else { return false }
    var changed = settings
    changed[name] = try SettingRules.checked(value, p, declared.name)
    try declared.check(changed)
    settings = changed
    return true
  }
  /// `group["lr"]`, as PyTorch has it.
  package override func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    if items.count == 1, case .value(let key) = items[0], let name = key.text,
      let value = try member(name, machine)
    {
      return value
    }
    throw Failure("bad-index", "a group has the parts \(memberNames.joined(separator: ", "))")
  }
  package override func forEachReference(_ visit: (Value) -> Void) {
    for param in params { visit(.object(param)) }
  }
}

/// What an optimizer keeps for one param: a count and tensors, under PyTorch's names.
final class OptimizerState {
  var step = 0
  var tensors: [String: Tensor] = [:]

  /// A tensor of one value, made at the first use.
  func tensor(_ name: String, like x: Tensor, value: Double = 0) throws(TensorError) -> Tensor {
    if let known = tensors[name], known.shape == x.shape, known.dtype == x.dtype { return known }
    let fresh = try Tensor.full(x.shape, value, x.dtype)
    tensors[name] = fresh
    return fresh
  }
}
