// Schedules: learning rates that change from epoch to epoch; what they have in common.

import DLSRuntime
import DLSTensor

/// One schedule, declared. Names, order and defaults of the parameters are PyTorch's.
struct ScheduleKind: Sendable {
  /// The rates of all groups in a new epoch; called once for epoch 0, when it is made.
  typealias Rule = (_ schedule: Schedule, _ metric: Value, _ machine: Machine) throws(Failure) ->
    [Double]

  var name: String
  /// Without `optimizer`, which is first.
  var parameters: [Parameter]
  var summary: String
  var details: String
  /// The call, how often it steps, and the rate that comes of a rate of 1: an example of itself.
  var shown: (call: String, steps: Int, rate: String)
  /// Reads its arguments and gives the rule.
  var rule: @Sendable (Call, Optimizer) throws(Failure) -> Rule

  var builtin: Builtin {
    Builtin(
      name, [Parameter("optimizer", .any)] + parameters, summary,
      details: details + " Call `schedule.step()` after each epoch; `schedule.lr` is the rate now.",
      example:
        "opt = SGD([param(ones(1))], lr=1.0)\ns = \(name)(opt\(shown.call))\nfor i in 0..\(shown.steps) { s.step(\(name == "ReduceLROnPlateau" ? "i" : "")) }\nopt.lr  #=> \(shown.rate)",
      family: "Schedules"
    ) { call throws(Failure) in
      let opt = try call.optimizer(0)
      return .object(try Schedule(self, opt, call.machine, try rule(call, opt)))
    }
  }
}

package final class Schedule: Object {
  let declared: ScheduleKind
  let optimizer: Optimizer
  /// The rates at the beginning.
  var bases: [Double]
  var epoch = 0
  /// What a rule remembers, by name.
  var memory: [String: Double] = [:]
  private let rule: ScheduleKind.Rule

  init(
    _ declared: ScheduleKind, _ optimizer: Optimizer, _ machine: Machine,
    _ rule: @escaping ScheduleKind.Rule
  ) throws(Failure) {
    self.declared = declared
    self.optimizer = optimizer
    self.rule = rule
    bases = optimizer.groups.map { $0.settings.number("lr") }
    super.init(.other)
    try apply(.none, machine)
  }

  package override var typeName: String { declared.name }
  package override var memberNames: [String] { ["epoch", "lr", "optimizer"] }
  package override func describe(_ printer: inout Printer) {
    printer.write("\(declared.name)(epoch=\(epoch), lr=\(NumberText.shortest(rates.first ?? 0)))")
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "epoch": .int(epoch)
    case "lr": .float(rates.first ?? 0)
    case "optimizer": .object(optimizer)
    default: nil
    }
  }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(.object(optimizer)) }

  /// The rates now.
  var rates: [Double] { optimizer.groups.map { $0.settings.number("lr") } }

  private func apply(_ metric: Value, _ machine: Machine) throws(Failure) {
    for (group, rate) in zip(optimizer.groups, try rule(self, metric, machine)) {
      group.settings["lr"] = .float(rate)
    }
  }

  func advance(_ metric: Value, _ machine: Machine) throws(Failure) {
    epoch += 1
    do throws(Failure) { try apply(metric, machine) } catch {
      epoch -= 1
      throw error
    }
  }
}
