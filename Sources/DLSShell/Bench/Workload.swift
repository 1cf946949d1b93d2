// The workloads: each declared once, with what it measures and who runs the same beside.

import DLSRuntime

/// One thing that is measured.
package struct Workload: Sendable {
  /// What `dls bench` is told, such as `mlp`.
  package var name: String
  /// Its number among the workloads, such as `W4`.
  package var number: String
  /// One line.
  var what: String
  /// The peers' scripts that do the same; they run with `--against DIR`.
  var peers: [Peer] = []
  var measure: @Sendable (BenchSetting) throws(Failure) -> [Measurement]

  package static let all: [Workload] =
    [startup, language] + TrainingWorkloads.all + NetworkWorkloads.all + [
      wordVectors, gemm, elementwise, hessian, memory,
    ]

  package static func named(_ name: String) -> Workload? {
    all.first { $0.name == name || $0.number.lowercased() == name.lowercased() }
  }

  /// W1: this program, from its start to its end.
  private static let startup = Workload(
    name: "startup", number: "W1", what: "a fresh process that shows 1+1, from start to end",
    peers: [
      Peer("CPython", ["-c", "print(1+1)"], timedAs: "startup_ms"),
      Peer(
        "NumPy", ["-c", "import numpy as n; print(n.ones(1) + n.ones(1))"], timedAs: "startup_ms"),
      Peer(
        "PyTorch", ["-c", "import torch; print(torch.ones(1) + torch.ones(1))"],
        timedAs: "startup_ms"),
      Peer(
        "JAX", ["-c", "import jax.numpy as n; print(n.ones(1) + n.ones(1))"], timedAs: "startup_ms"),
    ]
  ) { setting throws(Failure) in
    let program = FilePath.absolute("/proc/self/exe")
    var seconds: [Double] = []
    var memory: [Double] = []
    for _ in 0..<(setting.isQuick ? 1 : 20) {
      guard let run = Subprocess.run([program, "-e", "1+1"]) else {
        throw Failure("bad-argument", "\(program) does not run")
      }
      seconds.append(run.seconds)
      memory.append(run.megabytes)
    }
    var peak = Measurement("memory", unit: "MB", isRate: false, seconds: memory)
    peak.samples = [memory.max() ?? 0]
    return [
      Measurement("startup_ms", unit: "ms", isRate: false, seconds: seconds, scale: 1e3), peak,
    ]
  }

  /// W2: plain numbers, beside CPython and Lua.
  private static let language = Workload(
    name: "language", number: "W2", what: "the interpreter on plain numbers, strings and dicts"
  ) { _ throws(Failure) in LanguageBench.run() + (try OpCallBench.run()) }
}
