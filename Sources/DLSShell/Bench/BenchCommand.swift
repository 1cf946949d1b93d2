// `dls bench [NAME…] [--against DIR]`: the workloads, their floors, and the peers in the same run.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Glibc

/// The times of several runs.
struct Timing {
  var seconds: [Double]
  init(_ seconds: [Double]) { self.seconds = seconds.sorted() }
  var median: Double { seconds[seconds.count / 2] }
  var least: Double { seconds[0] }
  var most: Double { seconds[seconds.count - 1] }

  /// Seconds a call: warmed up, as many calls a sample as fill 0.4 s, five samples.
  static func measure(
    repeats: Int = 5, minimum: Double = 0.4, warm: Int = 5, _ run: (Int) throws(Failure) -> Void
  )
    throws(Failure) -> Timing
  {
    try run(warm)
    var n = 1
    while true {
      let start = Scalar64.now()
      try run(n)
      let took = Scalar64.now() - start
      if took >= minimum / 4 {
        n = max(1, Int((Double(n) * minimum / took).rounded()))
        break
      }
      n *= 2
    }
    var times: [Double] = []
    for _ in 0..<repeats {
      let start = Scalar64.now()
      try run(n)
      times.append((Scalar64.now() - start) / Double(n))
    }
    return Timing(times)
  }
}

/// One measured line.
struct BenchLine {
  var name: String
  var unit: String
  var median: Double
  var least: Double
  var most: Double
  /// Larger is better (steps a second) or smaller (milliseconds).
  var isRate: Bool
  var notes: [String] = []

  func text() -> String {
    func short(_ x: Double) -> String { FormatSpec.significant(x, 4) }
    var line =
      name + String(repeating: " ", count: max(1, 26 - name.count)) + "\(short(median)) \(unit)"
    line +=
      String(repeating: " ", count: max(1, 46 - line.count)) + "\(short(least)) to \(short(most))"
    if !notes.isEmpty {
      line += String(repeating: " ", count: max(1, 70 - line.count)) + notes.joined(separator: "  ")
    }
    return line
  }

  /// How we stand against another figure: above 1 is ahead.
  func ratio(_ name: String, _ other: Double) -> String {
    let ratio = isRate ? median / other : other / median
    return "\(FormatSpec.significant(ratio, 3))x \(name)"
  }
}

enum BenchCommand {
  static func run(_ arguments: [String], _ options: RunOptions) -> Int32 {
    var names: [String] = []
    var peers: String?
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--against" {
        guard let folder = rest.popFirst() else {
          return Command.misuse("--against needs the folder of the peers' scripts")
        }
        peers = folder
      } else {
        names.append(word)
      }
    }
    let known = ["startup", "language", "gemm"] + Workload.all.map(\.name)
    for name in names where !known.contains(name) {
      return Command.misuse(
        "there is no bench `\(name)`: there are \(known.joined(separator: ", "))")
    }
    func wants(_ name: String) -> Bool { names.isEmpty || names.contains(name) }
    Terminal.write("\(Parallel.threads) threads; median of the runs, then the least and the most\n")
    if wants("startup") { startup() }
    if wants("language") { LanguageBench.run() }
    if wants("gemm") { gemm() }
    var status: Int32 = 0
    for workload in Workload.all where wants(workload.name) {
      do throws(Failure) { Terminal.write(try workload.run(options, peers).text() + "\n") } catch {
        Terminal.writeError("error: \(workload.name): \(error.message)\n")
        status = 1
      }
      if Interrupt.isSet { return 130 }
    }
    return status
  }

  /// W1: this program, from its start to its end.
  private static func startup() {
    let program = FilePath.absolute("/proc/self/exe")
    var times: [Double] = []
    for _ in 0..<20 {
      let start = Scalar64.now()
      guard Subprocess.run([program, "-e", "1+1"]) != nil else { return }
      times.append((Scalar64.now() - start) * 1e3)
    }
    let t = Timing(times)
    Terminal.write(
      BenchLine(
        name: "startup", unit: "ms", median: t.median, least: t.least, most: t.most, isRate: false
      ).text() + "\n")
  }

  /// W9: products of square matrices.
  private static func gemm() {
    for n in [64, 128, 256, 512, 1024, 2048] {
      do {
        let a = try Tensor.full([n, n], 0.5, .f32)
        let b = try Tensor.full([n, n], 0.25, .f32)
        let t = try Timing.measure(repeats: 5, minimum: 0.2) { (count: Int) throws(Failure) in
          for _ in 0..<count { _ = try tensorWork { () throws(TensorError) in try a.matmul(b) } }
        }
        let flops = 2 * Double(n) * Double(n) * Double(n) * 1e-9
        Terminal.write(
          BenchLine(
            name: "gemm \(n)", unit: "GFLOP/s", median: flops / t.median, least: flops / t.most,
            most: flops / t.least, isRate: true
          ).text() + "\n")
      } catch { Terminal.writeError("error: gemm \(n): \(error)\n") }
    }
  }
}

/// Other programs, started without a shell.
enum Subprocess {
  /// What a program prints; nil when it cannot be started or fails.
  static func run(_ arguments: [String], environment: [String: String] = [:]) -> String? {
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
    let failed = posix_spawnp(&child, arguments[0], &actions, nil, raw, environ)
    posix_spawn_file_actions_destroy(&actions)
    for pointer in raw { free(pointer) }
    for name in environment.keys { unsetenv(name) }
    close(ends[1])
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while failed == 0 {
      let n = read(ends[0], &buffer, buffer.count)
      if n <= 0 { break }
      bytes += buffer[..<n]
    }
    close(ends[0])
    if failed != 0 { return nil }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return status == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}
