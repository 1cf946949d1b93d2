// Optimizers: groups of params, their settings, and one step.

import DLSRuntime
import DLSTensor

/// Params that share settings.
final class ParamGroup {
  let params: [ParamObject]
  var settings: [String: Double]

  init(_ params: [ParamObject], _ settings: [String: Double]) {
    self.params = params
    self.settings = settings
  }
}

/// What all optimizers share; `rule` updates one param.
package final class Optimizer: Object {
  let name: String
  var groups: [ParamGroup]
  /// Tensors and counts that the rule keeps for each param.
  var state: [ObjectIdentifier: OptimizerState] = [:]
  let rule: OptimizerRule
  /// The state that schedules keep.
  let flags: [String: Bool]

  init(
    _ name: String, _ groups: [ParamGroup], _ flags: [String: Bool], _ rule: @escaping OptimizerRule
  ) {
    self.name = name
    self.groups = groups
    self.flags = flags
    self.rule = rule
    super.init(.other)
  }

  package override var typeName: String { name }
  package override func describe(_ printer: inout Printer) {
    let settings = groups.first?.settings.sorted { $0.key < $1.key } ?? []
    printer.write(
      "\(name)("
        + settings.map { "\($0.key)=\(NumberText.shortest($0.value))" }.joined(separator: ", ")
        + ")")
  }
  package override var memberNames: [String] {
    (groups.first?.settings.keys.sorted() ?? []) + ["groups"]
  }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if name == "groups" {
      return .list(
        groups.map { group in
          .dict(
            [("params", .list(group.params.map { .object($0) }))]
              + group.settings.sorted { $0.key < $1.key }.map { ($0.key, .float($0.value)) })
        })
    }
    return groups.first?.settings[name].map { .float($0) }
  }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    guard groups.first?.settings[name] != nil else { return false }
    guard let x = value.number else {
      throw Failure("type-mismatch", "`\(name)` is a number, not \(value.kindText)")
    }
    for group in groups { group.settings[name] = x }
    return true
  }

  func zeroGrad() {
    for group in groups { for param in group.params { param.cell.gradient = nil } }
  }

  func step() throws(Failure) {
    try tensorWork { () throws(TensorError) in
      try Autograd.withoutRecording { () throws(TensorError) in
        for group in groups {
          for param in group.params where !param.cell.isFrozen {
            guard let g = param.cell.gradient else { continue }
            let id = ObjectIdentifier(param.cell)
            let known: OptimizerState
            if let old = state[id] {
              known = old
            } else {
              known = OptimizerState()
              state[id] = known
            }
            known.step += 1
            let gradient = try g.to(param.cell.value.dtype).contiguous()
            try rule(param.cell, gradient, known, group.settings, flags)
          }
        }
      }
    }
  }
}

final class OptimizerState {
  var step = 0
  var tensors: [String: Tensor] = [:]

  /// A tensor of zeros, made at the first use.
  func zeros(_ name: String, like x: Tensor, value: Double = 0) throws(TensorError) -> Tensor {
    if let known = tensors[name], known.shape == x.shape { return known }
    let fresh = try Tensor.full(x.shape, value, x.dtype)
    tensors[name] = fresh
    return fresh
  }
}

typealias OptimizerRule = (
  _ cell: ParameterCell, _ g: Tensor, _ state: OptimizerState, _ s: [String: Double],
  _ flags: [String: Bool]
) throws(TensorError) -> Void
