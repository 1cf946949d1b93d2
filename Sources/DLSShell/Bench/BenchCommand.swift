// `dls bench [NAME…] [--against DIR]`: the workloads, their floors, and the peers in the same run.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import DLSTensor

enum BenchCommand {
  static func run(_ arguments: [String], _ options: RunOptions) -> Int32 {
    var setting = BenchSetting(options: options)
    var chosen: [Workload] = []
    var rounds = 1
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "-h", "--help":
        Terminal.write(help)
        return 0
      case "--quick": setting.isQuick = true
      case "--against":
        guard let folder = rest.popFirst() else {
          return Command.misuse("--against needs the folder of the peers' scripts")
        }
        guard FilePath.exists(folder) else { return Command.misuse("there is no folder \(folder)") }
        setting.peers = folder
      case "--rounds":
        guard let text = rest.popFirst(), let n = Int(text), n >= 1, n <= 100 else {
          return Command.misuse("--rounds needs a number from 1 to 100")
        }
        rounds = n
      default:
        guard let workload = Workload.named(word) else { return unknown(word) }
        chosen.append(workload)
      }
    }
    if let threads = options.threads { Parallel.threads = threads }
    Terminal.write("\(Parallel.threads) threads; the median, then the least and the most\n")
    var status: Int32 = 0
    for workload in chosen.isEmpty ? Workload.all : chosen {
      Terminal.write("\(workload.number) \(workload.name): \(workload.what)\n")
      do throws(Failure) {
        let found = try measure(workload, setting, rounds)
        for line in found.flatMap({ $0.lines() }) { Terminal.write(line + "\n") }
        if found.contains(where: { $0.checks.contains { !$0.isRight } }) { status = 1 }
      } catch {
        Terminal.writeError("error: \(workload.name): \(error.message)\n")
        status = 1
      }
      if Interrupt.isSet { return 130 }
    }
    return status
  }

  /// Ourselves and every peer in turn, as often as asked, so that a slow minute meets them all.
  private static func measure(_ workload: Workload, _ setting: BenchSetting, _ rounds: Int)
    throws(Failure) -> [Measurement]
  {
    var found: [Measurement] = []
    for _ in 0..<rounds {
      var round = try workload.measure(setting)
      for peer in setting.peers == nil ? [] : workload.peers where !Interrupt.isSet {
        guard let folder = setting.peers, let figures = peer.figures(folder) else { continue }
        for i in round.indices {
          if let samples = figures[round[i].metric] {
            round[i].beside.append((peer.label, samples))
          }
        }
      }
      if found.isEmpty {
        found = round
      } else {
        for (i, m) in round.enumerated() where i < found.count { found[i].merge(m) }
      }
    }
    if setting.peers != nil, !workload.peers.isEmpty, found.allSatisfy(\.beside.isEmpty),
      !found.isEmpty
    {
      found[0].notes.append("no peer could be run by \(RunEnvironment.python)")
    }
    return found
  }

  private static func unknown(_ word: String) -> Int32 {
    if word.hasPrefix("-") {
      return Command.misuse("bench has no option `\(word)`: there are --against, --rounds, --quick")
    }
    let names = Workload.all.flatMap { [$0.name, $0.number] }
    let near = Spelling.nearest(to: word, in: names)
    return Command.misuse(
      "there is no workload `\(word)`"
        + (near.map { "; did you mean `\($0)`?" } ?? "; `dls bench --help` lists them"))
  }

  private static var help: String {
    let rows = Workload.all.map { w in
      w.number + String(repeating: " ", count: max(1, 5 - w.number.count)) + w.name
        + String(repeating: " ", count: max(1, 13 - w.name.count)) + w.what
    }
    return """
      dls bench [NAME…] [--against DIR] [--rounds N] [--quick]

      Measures the workloads (all, or those named or numbered): the median, the least and the most of
      several samples, the ratio to what this machine would allow, and numbers that show that the
      work was done right; exit status 1 when one of them differs.

        --against DIR   runs the peers' scripts of DIR beside, by the Python of DLS_BENCH_PYTHON
        --rounds N      ourselves and the peers in turn, N times
        --quick         one short sample: to see that everything runs

      \(rows.joined(separator: "\n"))

      """
  }
}
