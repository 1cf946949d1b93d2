// Trainings that are measured: the peers' sizes, weights, inputs and steps, written in dls.

import DLSLibrary
import DLSRuntime
import DLSTensor

/// One workload. Its script finds the first weights in `P` and the batch in `X` and `Y`, and defines
/// `step()`, which gives the loss.
struct Workload: Sendable {
  var name: String
  var peer: String
  var script: String
  var inputs: @Sendable () throws(TensorError) -> (p: [Tensor], x: Tensor, y: Tensor)
  /// The loss at the first step and after so many, as the peers have them.
  var losses: (first: Double, steps: Int, last: Double)
  /// Steps a second that the machine would allow.
  var floor: Double?

  static let all: [Workload] = [
    Workload(
      name: "xor", peer: "w3",
      script: """
        net = Linear(2, 8) >> tanh >> Linear(8, 1) >> sigmoid
        for p, q in zip(params(net), P) { p.set(q) }
        opt = Adam(net, lr=0.01)
        fn step() { loss = binary_cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """,
      inputs: { () throws(TensorError) in
        (
          try linears([2, 8, 1]),
          try Tensor.of([0, 0, 0, 1, 1, 0, 1, 1] as [Float], shape: [4, 2]),
          try Tensor.of([0, 1, 1, 0] as [Float], shape: [4, 1])
        )
      }, losses: (0.693034, 500, 0.00370218), floor: nil),
    Workload(
      name: "mlp", peer: "w4",
      script: """
        net = Linear(784, 256) >> relu >> Linear(256, 128) >> relu >> Linear(128, 10)
        for p, q in zip(params(net), P) { p.set(q) }
        opt = Adam(net, lr=0.001)
        fn step() { loss = cross_entropy(net(X), Y); opt.zero_grad(); loss.backward(); opt.step(); loss }
        """,
      inputs: { () throws(TensorError) in
        var random = NumPyRandom(seed: 1)
        let x = random.standardNormal(count: 64 * 784)
        let y = random.integers(below: 10, count: 64)
        return (
          try linears([784, 256, 128, 10]), try Tensor.of(x, shape: [64, 784]), try Tensor.of(y)
        )
      }, losses: (2.3105, 10, 0.527318), floor: 3055),
  ]

  /// Weights and biases of linear layers, as the peers draw them.
  private static func linears(_ sizes: [Int]) throws(TensorError) -> [Tensor] {
    var random = NumPyRandom(seed: 0)
    var result: [Tensor] = []
    for (i, o) in zip(sizes, sizes.dropFirst()) {
      let bound = 1 / Double(i).squareRoot()
      result.append(try Tensor.of(random.uniform(bound, count: o * i), shape: [o, i]))
      result.append(try Tensor.of(random.uniform(bound, count: o)))
    }
    return result
  }

  func run(_ options: RunOptions, _ peers: String?) throws(Failure) -> BenchLine {
    let session = Runner(options).session([])
    let given = try tensorWork { () throws(TensorError) in try inputs() }
    session.set("P", .list(given.p.map { .tensor($0) }))
    session.set("X", .tensor(given.x))
    session.set("Y", .tensor(given.y))
    let set = session.run(
      script + "\nfn run(n) { for i in 0..n { step() } }", name: "bench \(name)", mode: .script)
    if let d = set.diagnostics.first(where: { $0.severity == .error }) {
      throw Failure(d.code, d.message)
    }
    guard let step = session.value(of: "step"), let loop = session.value(of: "run") else {
      throw Failure("bad-argument", "no step")
    }
    let first = try session.machine.call(step, []).asTensor().packedElement
    for _ in 1..<losses.steps { _ = try session.machine.call(step, []) }
    let last = try session.machine.call(step, []).asTensor().packedElement
    let t = try Timing.measure { (n: Int) throws(Failure) in
      _ = try session.machine.call(loop, [.int(n)])
    }
    var line = BenchLine(
      name: name, unit: "steps/s", median: 1 / t.median, least: 1 / t.most, most: 1 / t.least,
      isRate: true)
    if let floor {
      line.notes.append(
        "\(FormatSpec.significant(floor / line.median, 3))x under the floor \(Int(floor))")
    }
    let agrees =
      abs(first - losses.first) < 1e-3 * losses.first
      && abs(last - losses.last) < 0.02 * losses.last
    line.notes.append(
      agrees
        ? "loss agrees"
        : "LOSS DIFFERS: \(FormatSpec.significant(first, 6)) and \(FormatSpec.significant(last, 6)), "
          + "the peers have \(losses.first) and \(losses.last)")
    if let peers { line.notes += Peers.run(self, peers, line) }
    return line
  }
}

/// The peers' scripts, run beside.
enum Peers {
  /// Memory that is never given back, in huge pages: what an allocator alone brings PyTorch.
  private static let keep = [
    "THP_MEM_ALLOC_ENABLE": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
  ]

  static func run(_ workload: Workload, _ folder: String, _ line: BenchLine) -> [String] {
    let python = RunEnvironment.python
    var result: [String] = []
    for (label, script, arguments, environment) in [
      ("PyTorch", "torch", ["eager"], [:]), ("PyTorch fused", "torch", ["fused"], [:]),
      ("PyTorch kept pages", "torch", ["fused"], keep),
      ("JAX", "jax", [], [:]),
    ] as [(String, String, [String], [String: String])] {
      let path = "\(folder)/\(workload.peer)_\(script).py"
      guard FilePath.exists(path),
        let output = Subprocess.run([python, path] + arguments, environment: environment)
      else { continue }
      guard let found = figure(output) else { continue }
      result.append(line.ratio("\(label) (\(FormatSpec.significant(found, 4)))", found))
    }
    return result.isEmpty ? ["no peer could be run"] : result
  }

  /// The best steps/s that a peer's output tells of.
  private static func figure(_ output: String) -> Double? {
    output.split(separator: "\n").compactMap { line -> Double? in
      let parts = line.split(separator: " ")
      guard parts.count > 3, parts[2] == "steps/s" else { return nil }
      return Double(parts[3])
    }.max()
  }
}
