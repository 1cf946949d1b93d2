// Workloads written in dls: inputs by name, what is timed, and the numbers that show it is right.

import DLSLibrary
import DLSRuntime
import DLSTensor

/// A script that is measured. It finds its inputs as globals; `timed` names its functions of no
/// arguments, and its `check()` gives the numbers of `checks`, in their order.
struct ScriptRun: Sendable {
  /// A value that a script starts from.
  enum Input: Sendable {
    case tensor(@Sendable () throws(TensorError) -> Tensor)
    case tensors(@Sendable () throws(TensorError) -> [Tensor])
  }

  /// A function that is timed.
  struct Timed: Sendable {
    var function: String
    var metric: String
    var unit = "steps/s"
    var isRate = true
    var minimum = 0.4
    /// What the machine would allow; see `Work`.
    var work: Work?
  }

  var script: String
  var inputs: [(name: String, input: Input)]
  var timed: [Timed] = [Timed(function: "step", metric: "steps/s")]
  /// Names as the peers print them, what they have there, and how far off a run may be.
  var checks: [(name: String, expected: Double, tolerance: Double)]

  func measure(_ setting: BenchSetting) throws(Failure) -> [Measurement] {
    let session = Runner(setting.options).session([])
    for (name, input) in inputs { session.set(name, try ScriptRun.value(input)) }
    var text = script
    for (i, item) in timed.enumerated() {
      text += "\nfn timed_\(i)(n) { for i in 0..n { \(item.function)() } }"
    }
    let made = session.run(text, name: "bench", mode: .script)
    if let d = made.diagnostics.first(where: { $0.severity == .error }) {
      throw Failure(d.code, d.message)
    }
    let found = try checked(session)
    var result: [Measurement] = []
    for (i, item) in timed.enumerated() {
      guard let loop = session.value(of: "timed_\(i)") else { continue }
      let seconds = try setting.measure(minimum: item.minimum) { n throws(Failure) in
        _ = try session.machine.call(loop, [.int(n)])
      }
      var m = Measurement(
        item.metric, unit: item.unit, isRate: item.isRate, seconds: seconds,
        scale: item.isRate ? 1 : 1e3)
      if let work = item.work, !setting.isQuick {
        let floor = work.seconds(MachineLimits.here)
        m.floor = (item.isRate ? 1 / floor.value : floor.value * 1e3, floor.source)
      }
      if i == 0 { m.checks = found }
      result.append(m)
    }
    return result
  }

  private func checked(_ session: Session) throws(Failure) -> [BenchCheck] {
    guard let check = session.value(of: "check") else { return [] }
    let given = try session.machine.call(check, [])
    let values = given.sequenceItems ?? [given]
    var result: [BenchCheck] = []
    for (i, wanted) in checks.enumerated() where i < values.count {
      var value = values[i].number ?? .nan
      if values[i].number == nil { value = try values[i].asTensor().packedElement }
      result.append(
        BenchCheck(
          name: wanted.name, value: value, expected: wanted.expected, tolerance: wanted.tolerance))
    }
    return result
  }

  private static func value(_ input: Input) throws(Failure) -> Value {
    try tensorWork { () throws(TensorError) in
      switch input {
      case .tensor(let make): .tensor(try make())
      case .tensors(let make): .list(try make().map { .tensor($0) })
      }
    }
  }
}

/// Inputs as `peers/common.py` draws them.
enum PeerInputs {
  /// Weights and biases of linear layers.
  static func linears(_ sizes: [Int], seed: UInt32 = 0) -> ScriptRun.Input {
    .tensors { () throws(TensorError) in
      var random = NumPyRandom(seed: seed)
      return try linears(sizes, &random)
    }
  }

  static func linears(_ sizes: [Int], _ random: inout NumPyRandom) throws(TensorError) -> [Tensor] {
    var result: [Tensor] = []
    for (i, o) in zip(sizes, sizes.dropFirst()) {
      let bound = 1 / Double(i).squareRoot()
      result.append(try Tensor.of(random.uniform(bound, count: o * i), shape: [o, i]))
      result.append(try Tensor.of(random.uniform(bound, count: o)))
    }
    return result
  }

  /// Weights [o, i, size, size] and biases of a convolution.
  static func convolution(_ i: Int, _ o: Int, size: Int = 3, _ random: inout NumPyRandom)
    throws(TensorError) -> [Tensor]
  {
    let bound = 1 / Double(i * size * size).squareRoot()
    return [
      try Tensor.of(random.uniform(bound, count: o * i * size * size), shape: [o, i, size, size]),
      try Tensor.of(random.uniform(bound, count: o)),
    ]
  }

  /// `batch(shape, classes, seed)[0]`: normal numbers.
  static func normal(_ shape: [Int], seed: UInt32 = 1) -> ScriptRun.Input {
    .tensor { () throws(TensorError) in
      var random = NumPyRandom(seed: seed)
      return try Tensor.of(random.standardNormal(count: shape.reduce(1, *)), shape: shape)
    }
  }

  /// `batch(shape, classes, seed)[1]`: the labels, which are drawn after the normal numbers.
  static func labels(_ shape: [Int], _ classes: Int, seed: UInt32 = 1) -> ScriptRun.Input {
    .tensor { () throws(TensorError) in
      var random = NumPyRandom(seed: seed)
      _ = random.standardNormal(count: shape.reduce(1, *))
      return try Tensor.of(random.integers(below: UInt32(classes), count: shape[0]))
    }
  }
}
