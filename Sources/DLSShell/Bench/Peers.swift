// The peers' scripts, run beside in the same minutes, and what they print.

import DLSRuntime
import Glibc

/// The environment that benches of peers use.
enum RunEnvironment {
  static var python: String { getenv("DLS_BENCH_PYTHON").map { String(cString: $0) } ?? "python3" }
}

/// One run of a peer: a script in the folder of `--against`, given to Python.
package struct Peer: Sendable {
  var label: String
  /// What Python gets; a word that ends in `.py` is looked for in the folder.
  var arguments: [String]
  var environment: [String: String] = [:]
  /// A metric that is the process's own time in ms, over several starts.
  var timedAs: String?
  /// A metric that is the process's peak memory in MB.
  var sizedAs: String?

  init(
    _ label: String, _ arguments: [String], _ environment: [String: String] = [:],
    timedAs: String? = nil, sizedAs: String? = nil
  ) {
    self.label = label
    self.arguments = arguments
    self.environment = environment
    self.timedAs = timedAs
    self.sizedAs = sizedAs
  }

  /// Memory that is never given back, in huge pages: what an allocator alone brings PyTorch.
  static let keptPages = [
    "THP_MEM_ALLOC_ENABLE": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
  ]

  /// PyTorch as it comes, with its fused optimizer where there is one, both also with kept pages;
  /// and JAX. `script` is the start of the files' names, such as `w4`.
  static func usual(_ script: String, fused: Bool = true, jax: [String] = []) -> [Peer] {
    var result: [Peer] = []
    for mode in fused ? ["eager", "fused"] : ["eager"] {
      result.append(Peer("PyTorch \(mode)", ["\(script)_torch.py", mode]))
      result.append(Peer("PyTorch \(mode), kept pages", ["\(script)_torch.py", mode], keptPages))
    }
    return result + [Peer("JAX", ["\(script)_jax.py"] + jax)]
  }

  /// The samples that it gives for each metric; nil when it does not run.
  func figures(_ folder: String) -> [String: [Double]]? {
    var command = [RunEnvironment.python]
    for word in arguments {
      guard word.hasSuffix(".py") else {
        command.append(word)
        continue
      }
      let path = "\(folder)/\(word)"
      guard FilePath.exists(path) else { return nil }
      command.append(path)
    }
    var environment = environment
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    if let timedAs {
      var times: [Double] = []
      for _ in 0..<3 {
        guard let run = Subprocess.run(command, environment: environment) else { return nil }
        times.append(run.seconds * 1e3)
      }
      return [timedAs: times]
    }
    guard let run = Subprocess.run(command, environment: environment) else { return nil }
    if let sizedAs { return [sizedAs: [run.megabytes]] }
    return Peer.figures(in: run.output)
  }

  /// Reads lines `W4 torch-fused steps/s 1072 min=919 max=1096 n=15 …`.
  package static func figures(in output: String) -> [String: [Double]] {
    var result: [String: [Double]] = [:]
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.count > 3, parts[0].hasPrefix("W"), let value = Double(parts[3]) else { continue }
      result[String(parts[2]), default: []].append(value)
    }
    return result
  }
}

/// Other programs, started without a shell.
enum Subprocess {
  struct Result {
    var output: String
    var seconds: Double
    /// The most memory that it took, in MB.
    var megabytes: Double
  }

  /// What a program prints and takes; nil when it cannot be started or fails.
  static func run(_ arguments: [String], environment: [String: String] = [:]) -> Result? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    for (name, value) in environment { setenv(name, value, 1) }
    var raw: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    raw.append(nil)
    var child = pid_t()
    let start = Scalar64.now()
    let failed = posix_spawnp(&child, arguments[0], &actions, nil, raw, environ)
    posix_spawn_file_actions_destroy(&actions)
    for pointer in raw { free(pointer) }
    for name in environment.keys { unsetenv(name) }
    close(ends[1])
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    var peak = 0.0
    while failed == 0 {
      // The most memory is asked for while it runs: what the system tells at the end counts the
      // parent's too, which the child was for a moment.
      var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 5)
      peak = max(peak, megabytes(of: child))
      if ready == 0 { continue }
      let n = read(ends[0], &buffer, buffer.count)
      if n <= 0 { break }
      bytes += buffer[..<n]
    }
    close(ends[0])
    if failed != 0 { return nil }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    let seconds = Scalar64.now() - start
    guard status == 0 else { return nil }
    return Result(
      output: String(decoding: bytes, as: UTF8.self), seconds: seconds,
      megabytes: peak)
  }

  /// VmHWM of a process, in MB; 0 when it is gone.
  private static func megabytes(of process: pid_t) -> Double {
    guard let text = FilePath.read("/proc/\(process)/status"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return 0 }
    return (Double(number) ?? 0) / 1024
  }
}
