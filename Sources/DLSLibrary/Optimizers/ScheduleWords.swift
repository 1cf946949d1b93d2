// The schedules: declarations with PyTorch's formulas, which go from one rate to the next.

import DLSRuntime
import DLSTensor
import Glibc

private func checked(_ call: Call, _ i: Int, least: Int) throws(Failure) -> Int {
  let n = try call.int(i)
  if n < least || n > Settings.largestInt {
    throw call.fail(
      i, "`\(call.parameters[i].name)` must be from \(least) to \(Settings.largestInt), got \(n)")
  }
  return n
}

enum ScheduleWords {
  static let all: [Builtin] = kinds.map(\.builtin)

  static let kinds: [ScheduleKind] = [
    ScheduleKind(
      name: "StepLR",
      parameters: [Parameter("step_size", .int), Parameter("gamma", .float, .float(0.1))],
      summary: "The rate times gamma every step_size epochs.", details: "",
      shown: (", 2", 2, "0.1")
    ) { call, _ throws(Failure) in
      let (size, gamma) = (try checked(call, 1, least: 1), try call.float(2))
      return { schedule, _, _ in
        schedule.epoch > 0 && schedule.epoch % size == 0
          ? schedule.rates.map { $0 * gamma } : schedule.rates
      }
    },
    ScheduleKind(
      name: "MultiStepLR",
      parameters: [Parameter("milestones", .ints), Parameter("gamma", .float, .float(0.1))],
      summary: "The rate times gamma at each milestone.", details: "",
      shown: (", [1, 3], gamma=0.5", 2, "0.5")
    ) { call, _ throws(Failure) in
      let (milestones, gamma) = (try call.ints(1), try call.float(2))
      return { schedule, _, _ in
        let times = milestones.filter { $0 == schedule.epoch && schedule.epoch > 0 }.count
        return schedule.rates.map { $0 * pow(gamma, Double(times)) }
      }
    },
    ScheduleKind(
      name: "ExponentialLR", parameters: [Parameter("gamma", .float)],
      summary: "The rate times gamma every epoch.", details: "",
      shown: (", 0.5", 2, "0.25")
    ) { call, _ throws(Failure) in
      let gamma = try call.float(1)
      return { schedule, _, _ in schedule.rates.map { schedule.epoch == 0 ? $0 : $0 * gamma } }
    },
    ScheduleKind(
      name: "CosineAnnealingLR",
      parameters: [Parameter("T_max", .int), Parameter("eta_min", .float, .float(0))],
      summary: "Half a cosine down to eta_min (Loshchilov and Hutter, 2016).",
      details: "η = η_min + (η₀ - η_min) (1 + cos(π t / T_max)) / 2.",
      shown: (", T_max=2", 1, "0.5")
    ) { call, _ throws(Failure) in
      let (n, low) = (try checked(call, 1, least: 1), try call.float(2))
      return { schedule, _, _ in
        let t = schedule.epoch
        if t == 0 { return schedule.rates }
        func up(_ t: Int) -> Double { 1 + cos(.pi * Double(t) / Double(n)) }
        return zip(schedule.rates, schedule.bases).map { rate, base in
          (t - 1 - n) % (2 * n) == 0
            ? rate + (base - low) * (1 - cos(.pi / Double(n))) / 2
            : up(t) / up(t - 1) * (rate - low) + low
        }
      }
    },
    ScheduleKind(
      name: "LinearLR",
      parameters: [
        Parameter("start_factor", .float, .float(1.0 / 3)),
        Parameter("end_factor", .float, .float(1)), Parameter("total_iters", .int, .int(5)),
      ], summary: "A factor that goes evenly from one number to another.", details: "",
      shown: (", start_factor=0.5, total_iters=4", 2, "0.75")
    ) { call, _ throws(Failure) in
      let (a, b, n) = (try call.float(1), try call.float(2), try checked(call, 3, least: 1))
      if !(a > 0 && a <= 1) { throw call.fail(1, "start_factor must be above 0 and at most 1") }
      if !(b >= 0 && b <= 1) { throw call.fail(2, "end_factor must be from 0 to 1") }
      return { schedule, _, _ in
        let t = schedule.epoch
        if t == 0 { return schedule.rates.map { $0 * a } }
        if t > n { return schedule.rates }
        return schedule.rates.map {
          $0 * (1 + (b - a) / (Double(n) * a + Double(t - 1) * (b - a)))
        }
      }
    },
    ScheduleKind(
      name: "LambdaLR", parameters: [Parameter("lr_lambda", .any)],
      summary: "The first rate times a function of the epoch.",
      details: "A list gives each param group its function.",
      shown: (", e -> 1 / (1 + e)", 1, "0.5")
    ) { call, opt throws(Failure) in
      let functions =
        call.value(1).sequenceItems ?? opt.groups.map { _ in call.value(1) }
      if functions.count != opt.groups.count || !functions.allSatisfy(\.isCallable) {
        throw call.fail(
          1,
          "LambdaLR needs a function for `lr_lambda`, or one for each of the \(opt.groups.count) groups"
        )
      }
      return { schedule, _, machine throws(Failure) in
        var rates: [Double] = []
        for (base, f) in zip(schedule.bases, functions) {
          let factor = try machine.call(f, [.int(schedule.epoch)])
          guard let x = factor.number else {
            throw Failure(
              "type-mismatch", "lr_lambda must give a number, not \(factor.kindText)")
          }
          rates.append(base * x)
        }
        return rates
      }
    },
    ScheduleKind(
      name: "OneCycleLR",
      parameters: [
        Parameter("max_lr", .any), Parameter("total_steps", .int, .none),
        Parameter("epochs", .int, .none), Parameter("steps_per_epoch", .int, .none),
        Parameter("pct_start", .float, .float(0.3)),
        Parameter("anneal_strategy", .string, .string("cos")),
        Parameter("cycle_momentum", .bool, .bool(true)),
        Parameter("base_momentum", .float, .float(0.85)),
        Parameter("max_momentum", .float, .float(0.95)),
        Parameter("div_factor", .float, .float(25)),
        Parameter("final_div_factor", .float, .float(1e4)),
        Parameter("three_phase", .bool, .bool(false)),
      ], summary: "Up to max_lr and down again, each batch a step (Smith and Topin, 2017).",
      details: "The momentum (or Adam's first beta) goes the other way.",
      shown: (", max_lr=1.0, total_steps=10", 2, "1.0")
    ) { call, opt throws(Failure) in
      let cycle = try OneCycle(call, opt)
      return { schedule, _, _ throws(Failure) in try cycle.rates(schedule) }
    },
    ScheduleKind(
      name: "ReduceLROnPlateau",
      parameters: [
        Parameter("mode", .string, .string("min")), Parameter("factor", .float, .float(0.1)),
        Parameter("patience", .int, .int(10)), Parameter("threshold", .float, .float(1e-4)),
        Parameter("threshold_mode", .string, .string("rel")),
        Parameter("cooldown", .int, .int(0)), Parameter("min_lr", .float, .float(0)),
        Parameter("eps", .float, .float(1e-8)),
      ],
      summary: "The rate times factor when a metric has stopped getting better.",
      details: "It takes the metric: `schedule.step(loss)`.",
      shown: (", patience=0", 2, "0.1")
    ) { call, _ throws(Failure) in
      let plateau = try Plateau(call)
      return { schedule, metric, _ throws(Failure) in try plateau.rates(schedule, metric) }
    },
  ]
}

/// The phases of a cycle: rates and momenta between steps.
private struct OneCycle {
  private struct Phase {
    let end: Double
    let rates: [(from: Double, to: Double)]
    let momentum: (from: Double, to: Double)
  }
  private var phases: [Phase] = []
  private let total: Int
  private let isCosine: Bool
  private let cycles: Bool

  init(_ call: Call, _ opt: Optimizer) throws(Failure) {
    if let n = try call.optionalInt(2) {
      total = n
    } else if let epochs = try call.optionalInt(3), let each = try call.optionalInt(4) {
      let (n, overflow) = epochs.multipliedReportingOverflow(by: each)
      total = overflow ? 0 : n
    } else {
      throw call.fail(2, "OneCycleLR needs `total_steps`, or `epochs` and `steps_per_epoch`")
    }
    if total < 1 { throw call.fail(2, "the number of steps must be at least 1, got \(total)") }
    let share = try call.float(5)
    if !(share >= 0 && share <= 1) { throw call.fail(5, "pct_start must be from 0 to 1") }
    let strategy = try call.string(6)
    if strategy != "cos" && strategy != "linear" {
      throw call.fail(6, "anneal_strategy is \"cos\" or \"linear\", not \"\(strategy)\"")
    }
    isCosine = strategy == "cos"
    cycles = try call.bool(7)
    let names = opt.declared.parameters.map(\.name)
    if cycles, !names.contains("momentum"), !names.contains("betas") {
      throw call.fail(
        0, "\(opt.declared.name) has no momentum to cycle", help: ["`cycle_momentum=false`"])
    }
    let tops: [Double]
    if let items = call.value(1).sequenceItems {
      tops = items.compactMap(\.number)
    } else {
      tops = [try call.float(1)]
    }
    let most = tops.count == 1 ? opt.groups.map { _ in tops[0] } : tops
    if most.count != opt.groups.count {
      throw call.fail(
        1, "max_lr needs one number, or one for each of the \(opt.groups.count) groups")
    }
    let (divisor, lastDivisor) = (try call.float(10), try call.float(11))
    let (low, high) = (try call.float(8), try call.float(9))
    let first = most.map { $0 / divisor }
    let last = first.map { $0 / lastDivisor }
    func pairs(_ a: [Double], _ b: [Double]) -> [(from: Double, to: Double)] {
      zip(a, b).map { (from: $0, to: $1) }
    }
    let n = Double(total)
    if try call.bool(12) {
      phases = [
        Phase(end: share * n - 1, rates: pairs(first, most), momentum: (high, low)),
        Phase(end: 2 * share * n - 2, rates: pairs(most, first), momentum: (low, high)),
        Phase(end: n - 1, rates: pairs(first, last), momentum: (high, high)),
      ]
    } else {
      phases = [
        Phase(end: share * n - 1, rates: pairs(first, most), momentum: (high, low)),
        Phase(end: n - 1, rates: pairs(most, last), momentum: (low, high)),
      ]
    }
  }

  func rates(_ schedule: Schedule) throws(Failure) -> [Double] {
    if schedule.epoch > total {
      throw Failure(
        "bad-argument", "this OneCycleLR was made for \(total) steps, which are over",
        help: ["count batches, not epochs: `total_steps=epochs * len(batches)`"])
    }
    let step = Double(schedule.epoch)
    var start = 0.0
    for (i, phase) in phases.enumerated() {
      if step > phase.end, i + 1 < phases.count {
        start = phase.end
        continue
      }
      let part = phase.end == start ? 1 : (step - start) / (phase.end - start)
      if cycles {
        set(schedule.optimizer, between(phase.momentum.from, phase.momentum.to, part))
      }
      return phase.rates.map { between($0.from, $0.to, part) }
    }
    return schedule.rates
  }

  private func between(_ a: Double, _ b: Double, _ part: Double) -> Double {
    isCosine ? b + (a - b) / 2 * (cos(.pi * part) + 1) : (b - a) * part + a
  }

  private func set(_ opt: Optimizer, _ momentum: Double) {
    for group in opt.groups {
      let betas = group.settings.numbers("betas")
      if betas.count == 2 {
        group.settings["betas"] = .tuple([.float(momentum), .float(betas[1])])
      } else {
        group.settings["momentum"] = .float(momentum)
      }
    }
  }
}

/// What ReduceLROnPlateau watches for. It remembers in the schedule: best, bad epochs, cooldown.
private struct Plateau {
  private let isMin: Bool
  private let isRelative: Bool
  private let factor: Double
  private let threshold: Double
  private let low: Double
  private let eps: Double
  private let patience: Int
  private let cooldown: Int

  init(_ call: Call) throws(Failure) {
    let (mode, kind) = (try call.string(1), try call.string(5))
    if mode != "min" && mode != "max" {
      throw call.fail(1, "mode is \"min\" or \"max\", not \"\(mode)\"")
    }
    if kind != "rel" && kind != "abs" {
      throw call.fail(5, "threshold_mode is \"rel\" or \"abs\", not \"\(kind)\"")
    }
    (isMin, isRelative) = (mode == "min", kind == "rel")
    factor = try call.float(2)
    if !(factor >= 0 && factor < 1) {
      throw call.fail(2, "factor must be below 1, got \(NumberText.shortest(factor))")
    }
    (patience, cooldown) = (try checked(call, 3, least: 0), try checked(call, 6, least: 0))
    (threshold, low, eps) = (try call.float(4), try call.float(7), try call.float(8))
  }

  func rates(_ schedule: Schedule, _ metric: Value) throws(Failure) -> [Double] {
    if schedule.epoch == 0 { return schedule.rates }
    guard let x = metric.number else {
      throw Failure(
        "missing-argument", "ReduceLROnPlateau needs the metric that it watches",
        help: ["`schedule.step(loss)`"])
    }
    let best = schedule.memory["best"] ?? (isMin ? .infinity : -.infinity)
    var (bad, rest) = (schedule.memory["num_bad_epochs"] ?? 0, schedule.memory["cooldown"] ?? 0)
    if isBetter(x, best) {
      schedule.memory["best"] = x
      bad = 0
    } else {
      bad += 1
    }
    if rest > 0 { (rest, bad) = (rest - 1, 0) }
    var rates = schedule.rates
    if bad > Double(patience) {
      rates = rates.map { rate in
        let lower = max(rate * factor, low)
        return rate - lower > eps ? lower : rate
      }
      (rest, bad) = (Double(cooldown), 0)
    }
    (schedule.memory["num_bad_epochs"], schedule.memory["cooldown"]) = (bad, rest)
    return rates
  }

  private func isBetter(_ x: Double, _ best: Double) -> Bool {
    switch (isMin, isRelative) {
    case (true, true): x < best * (1 - threshold)
    case (true, false): x < best - threshold
    case (false, true): x > best * (1 + threshold)
    case (false, false): x > best + threshold
    }
  }
}
