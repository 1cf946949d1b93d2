// What a bench finds: samples of one figure, what they are held against, and how that is shown.

import DLSRuntime

/// A number that shows that the work was done right, beside the one that the peers have.
package struct BenchCheck {
  /// As the peers' scripts print it, such as `loss10`.
  var name: String
  var value: Double
  var expected: Double
  /// Relative to what is expected.
  var tolerance: Double

  package init(name: String, value: Double, expected: Double, tolerance: Double) {
    self.name = name
    self.value = value
    self.expected = expected
    self.tolerance = tolerance
  }

  var isRight: Bool { abs(value - expected) <= tolerance * max(abs(expected), 1e-30) }
}

/// One measured figure of a workload.
package struct Measurement {
  /// As the peers' scripts name it, such as `steps/s` or `fwd_n=10000_ms`.
  var metric: String
  var unit: String
  /// Larger is better (steps a second) or smaller (milliseconds, megabytes).
  var isRate: Bool
  var samples: [Double]
  /// What this machine would allow, in the same unit, and where that comes from.
  var floor: (value: Double, source: String)?
  package var checks: [BenchCheck] = []
  /// Figures of others in the same run, and what is to be said beside.
  var beside: [(label: String, samples: [Double])] = []
  var notes: [String] = []

  /// From seconds a call: the calls a second, or their time in ms.
  package init(
    _ metric: String, unit: String, isRate: Bool, seconds: [Double], scale: Double = 1,
    floor: (value: Double, source: String)? = nil
  ) {
    self.metric = metric
    self.unit = unit
    self.isRate = isRate
    samples = seconds.map { isRate ? scale / $0 : $0 * scale }
    self.floor = floor
  }

  static func median(_ samples: [Double]) -> Double {
    samples.isEmpty ? .nan : samples.sorted()[samples.count / 2]
  }

  /// Adds what another round found.
  mutating func merge(_ other: Measurement) {
    samples += other.samples
    checks = other.checks.first(where: { !$0.isRight }) == nil ? checks : other.checks
    for (label, more) in other.beside {
      if let at = beside.firstIndex(where: { $0.label == label }) {
        beside[at].samples += more
      } else {
        beside.append((label, more))
      }
    }
  }

  /// How we stand against another figure: above 1 is ahead.
  package func ratio(to other: Double) -> Double {
    let own = Measurement.median(samples)
    return isRate ? own / other : other / own
  }

  /// One line for ourselves, one for each peer.
  package func lines() -> [String] {
    func short(_ x: Double) -> String {
      x >= 10_000 ? FormatSpec.fixed(x, 0) : FormatSpec.significant(x, 4)
    }
    let sorted = samples.sorted()
    var parts = ["\(short(Measurement.median(samples))) \(unit)"]
    if let least = sorted.first, let most = sorted.last, sorted.count > 1 {
      parts.append("\(short(least)) to \(short(most))")
    } else {
      parts.append("")
    }
    if let floor {
      let behind = FormatSpec.significant(1 / ratio(to: floor.value), 3)
      parts.append("\(behind)x behind the floor \(short(floor.value)) (\(floor.source))")
    }
    for check in checks {
      let value = FormatSpec.significant(check.value, 6)
      parts.append(
        check.isRight
          ? "\(check.name) \(value)"
          : "\(check.name) DIFFERS: \(value), not \(FormatSpec.significant(check.expected, 6))")
    }
    let name = metric == unit ? "" : metric
    var result = ["  " + columns([name] + parts + notes)]
    for (label, samples) in beside {
      let other = Measurement.median(samples)
      result.append(
        "  "
          + columns(["", "\(short(other)) \(unit)", label])
          + ", \(FormatSpec.significant(ratio(to: other), 3))x")
    }
    return result
  }

  private func columns(_ parts: [String]) -> String {
    let widths = [24, 18, 20]
    var line = ""
    for (i, part) in parts.enumerated() where !(i > 1 && part.isEmpty) {
      let width = i < widths.count ? widths[i] : 0
      line += part + String(repeating: " ", count: max(part.isEmpty ? 0 : 2, width - part.count))
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}

/// How long the measuring takes.
struct BenchSetting: Sendable {
  var options: RunOptions
  /// A handful of calls: to see that everything runs, and for memory.
  var isQuick = false
  /// Where the peers' scripts lie; nil when nothing runs beside.
  var peers: String?

  /// Seconds a call: warmed up, as many calls a sample as fill `minimum`, five samples.
  func measure(
    repeats: Int = 5, minimum: Double = 0.4, warm: Int = 5, _ run: (Int) throws(Failure) -> Void
  ) throws(Failure) -> [Double] {
    try run(isQuick ? 1 : warm)
    var n = 1
    while !isQuick {
      let start = Scalar64.now()
      try run(n)
      let took = Scalar64.now() - start
      if took >= minimum / 4 {
        n = max(1, Int((Double(n) * minimum / took).rounded()))
        break
      }
      n *= 2
    }
    var seconds: [Double] = []
    for _ in 0..<(isQuick ? 1 : repeats) {
      let start = Scalar64.now()
      try run(n)
      seconds.append((Scalar64.now() - start) / Double(n))
    }
    return seconds
  }
}
