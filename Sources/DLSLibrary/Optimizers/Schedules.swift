// Schedules: learning rates that change from epoch to epoch, by PyTorch's formulas.

import DLSRuntime
import DLSTensor

/// A schedule: each step gives the factor (or the rate) of the next epoch.
package final class Schedule: Object {
  let name: String
  let optimizer: Optimizer
  let bases: [Double]
  private(set) var epoch = 0
  private let rate:
    (Schedule, _ base: Double, _ epoch: Int, Value, Machine) throws(Failure) -> Double
  /// What ReduceLROnPlateau remembers.
  var best: Double?
  var waited = 0
  var factor = 1.0

  init(
    _ name: String, _ optimizer: Optimizer, _ machine: Machine,
    _ rate: @escaping (Schedule, Double, Int, Value, Machine) throws(Failure) -> Double
  ) throws(Failure) {
    self.name = name
    self.optimizer = optimizer
    self.rate = rate
    bases = optimizer.groups.map { $0.settings["lr"] ?? 0 }
    super.init(.other)
    try apply(.none, machine)
  }

  package override var typeName: String { name }
  package override func describe(_ printer: inout Printer) {
    printer.write("\(name)(epoch=\(epoch))")
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    name == "epoch"
      ? .int(epoch) : name == "lr" ? .float(optimizer.groups.first?.settings["lr"] ?? 0) : nil
  }

  private func apply(_ metric: Value, _ machine: Machine) throws(Failure) {
    for (group, base) in zip(optimizer.groups, bases) {
      group.settings["lr"] = try rate(self, base, epoch, metric, machine)
    }
  }

  func advance(_ metric: Value, _ machine: Machine) throws(Failure) {
    epoch += 1
    try apply(metric, machine)
  }
}

private let opt = Parameter("optimizer", .any)

private func schedule(
  _ name: String, _ parameters: [Parameter], _ summary: String,
  _ rate: @escaping @Sendable (Call, Double, Int) throws(Failure) -> Double
) -> Builtin {
  Builtin(
    name, [opt] + parameters, summary, details: "Call `schedule.step()` after each epoch.",
    family: "Schedules"
  ) { call throws(Failure) in
    guard case .object(let optimizer as Optimizer) = call.value(0) else {
      throw call.fail(
        0, code: "type-mismatch", "\(name) needs an optimizer, got \(call.value(0).kindText)")
    }
    let copy = call
    return .object(
      try Schedule(name, optimizer, call.machine) { _, base, epoch, _, _ throws(Failure) in
        try rate(copy, base, epoch)
      })
  }
}

enum ScheduleWords {
  static let all: [Builtin] = [
    schedule(
      "StepLR", [Parameter("step_size", .int), Parameter("gamma", .float, .float(0.1))],
      "The rate times gamma every step_size epochs."
    ) {
      call, base, epoch throws(Failure) in
      base * Scalar64.pow(try call.float(2), Double(epoch / max(1, try call.int(1))))
    },
    schedule(
      "MultiStepLR", [Parameter("milestones", .ints), Parameter("gamma", .float, .float(0.1))],
      "The rate times gamma at each milestone."
    ) {
      call, base, epoch throws(Failure) in
      base * Scalar64.pow(try call.float(2), Double(try call.ints(1).filter { $0 <= epoch }.count))
    },
    schedule("ExponentialLR", [Parameter("gamma", .float)], "The rate times gamma every epoch.") {
      call, base, epoch throws(Failure) in
      base * Scalar64.pow(try call.float(1), Double(epoch))
    },
    schedule(
      "CosineAnnealingLR", [Parameter("T_max", .int), Parameter("eta_min", .float, .float(0))],
      "Half a cosine down to eta_min (Loshchilov and Hutter, 2016)."
    ) {
      call, base, epoch throws(Failure) in
      let low = try call.float(2)
      let t = Double(epoch) / Double(max(1, try call.int(1)))
      return low + (base - low) * (1 + Cosine.of(.pi * t)) / 2
    },
    schedule(
      "LinearLR",
      [
        Parameter("start_factor", .float, .float(1.0 / 3)),
        Parameter("end_factor", .float, .float(1)), Parameter("total_iters", .int, .int(5)),
      ], "A factor that goes evenly from one number to another."
    ) { call, base, epoch throws(Failure) in
      let (a, b, n) = (try call.float(1), try call.float(2), try call.int(3))
      return base * (a + (b - a) * Double(min(epoch, n)) / Double(max(n, 1)))
    },
    schedule(
      "OneCycleLR",
      [
        Parameter("max_lr", .float), Parameter("total_steps", .int),
        Parameter("pct_start", .float, .float(0.3)),
        Parameter("div_factor", .float, .float(25)),
        Parameter("final_div_factor", .float, .float(1e4)),
      ], "Up to max_lr and down again, by cosines (Smith and Topin, 2017)."
    ) { call, _, epoch throws(Failure) in
      let (top, total, share) = (try call.float(1), Double(try call.int(2)), try call.float(3))
      let first = top / (try call.float(4))
      let last = first / (try call.float(5))
      let up = share * total - 1
      let t = Double(epoch)
      func between(_ a: Double, _ b: Double, _ x: Double) -> Double {
        b + (a - b) / 2 * (1 + Cosine.of(.pi * x))
      }
      return t <= up ? between(first, top, t / up) : between(top, last, (t - up) / (total - 1 - up))
    },
    Builtin(
      "LambdaLR", [opt, Parameter("lr_lambda", .function)],
      "The rate times a function of the epoch.", family: "Schedules"
    ) { call throws(Failure) in
      guard case .object(let optimizer as Optimizer) = call.value(0) else {
        throw call.fail(0, "LambdaLR needs an optimizer")
      }
      let f = call.value(1)
      return .object(
        try Schedule("LambdaLR", optimizer, call.machine) {
          _, base, epoch, _, machine throws(Failure) in
          base * (try machine.call(f, [.int(epoch)]).number ?? 1)
        })
    },
    Builtin(
      "ReduceLROnPlateau",
      [
        opt, Parameter("mode", .string, .string("min")), Parameter("factor", .float, .float(0.1)),
        Parameter("patience", .int, .int(10)),
        Parameter("threshold", .float, .float(1e-4)), Parameter("min_lr", .float, .float(0)),
      ], "The rate times factor when a metric has stopped getting better: `schedule.update(loss)`.",
      family: "Schedules"
    ) { call throws(Failure) in
      guard case .object(let optimizer as Optimizer) = call.value(0) else {
        throw call.fail(0, "ReduceLROnPlateau needs an optimizer")
      }
      let (isMin, factor, patience) = (
        try call.string(1) == "min", try call.float(2), try call.int(3)
      )
      let (threshold, low) = (try call.float(4), try call.float(5))
      return .object(
        try Schedule("ReduceLROnPlateau", optimizer, call.machine) {
          schedule, base, _, metric, _ throws(Failure) in
          if let x = metric.number {
            let isBetter =
              schedule.best.map { isMin ? x < $0 * (1 - threshold) : x > $0 * (1 + threshold) }
              ?? true
            if isBetter { (schedule.best, schedule.waited) = (x, 0) } else { schedule.waited += 1 }
            if schedule.waited > patience {
              schedule.factor *= factor
              schedule.waited = 0
            }
          }
          return max(low, base * schedule.factor)
        })
    },
    Builtin(
      "update", [Parameter("schedule", .any), Parameter("metric", .any, .none)],
      "A schedule's step, with the metric that it watches.", family: "Schedules"
    ) {
      call throws(Failure) in
      guard case .object(let schedule as Schedule) = call.value(0) else {
        throw call.fail(0, "update needs a schedule")
      }
      try schedule.advance(call.value(1), call.machine)
      return .none
    },
  ]
}

import Glibc

private enum Cosine {
  static func of(_ x: Double) -> Double { cos(x) }
}
