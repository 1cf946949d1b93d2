// Memory stays flat: cycles are collected, and a training step keeps nothing of the last.

import Foundation
import Testing

/// Runs a script in a process of its own, beside which no other test takes memory, and gives what it
/// printed, a number a line.
private func numbers(_ script: String) throws -> [Double] {
  let program = try dlsProgram()
  let folder = try TemporaryFolder()
  let path = try folder.file("memory.dls", script)
  let process = Process()
  let output = Pipe()
  process.executableURL = program
  process.arguments = [path]
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  #expect(process.terminationStatus == 0)
  return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { Double($0) }
}

/// A line of a script that prints the pages that its process holds.
private let pages = "print(read_file(\"/proc/self/statm\").split(\" \")[1])\n"

@Suite(.serialized) struct MemoryTests {
  static let cases: [(name: String, setup: String, body: String, times: Int)] = [
    (
      "models", "model M(n) { w = zeros(64); step(x) = x + n; forward(x) = step(x) + w }",
      "m = M(i); k = m.n", 100_000
    ),
    (
      "recursive functions",
      "fn make(k) { fn down(n) { if n == 0 { k } else { down(n - 1) } }; down }",
      "f = make([i] * 1); f(2)", 100_000
    ),
    ("lists in themselves", "", "xs = [i, 0, zeros(32)]; xs[1] = xs", 100_000),
    (
      "training steps",
      """
      net = Linear(8, 16) >> tanh >> Linear(16, 1)
      opt = Adam(net, lr=0.001)
      x = ones(32, 8)
      """, "opt.minimize(((net(x) - 1)^2).mean())", 10_000
    ),
    ("gradients of gradients", "", "grad(grad(x -> x^3 + sin(x)))(1.0)", 5_000),
    (
      "checkpoints", "w = param(ones(64))",
      "w.grad = none; checkpoint(t -> (t * w).sin(), ones(64)).sum().backward()", 5_000
    ),
  ]

  /// The second run of a loop, after a first one has warmed up, holds no more than it did before.
  @Test(arguments: cases.map(\.name)) func memoryIsFlat(_ name: String) throws {
    let one = try #require(Self.cases.first { $0.name == name })
    let loop = "for i in 0..\(one.times) { \(one.body) }\n"
    let held = try numbers(one.setup + "\n" + loop + pages + loop + pages)
    try #require(held.count == 2)
    #expect((held[1] - held[0]) * 4096 < 8e6, "\(name): from \(held[0]) to \(held[1]) pages")
  }

  /// What checkpoint is for: the values between need not be held for the way back.
  @Test func checkpointTakesLessMemory() throws {
    func held(_ call: String) throws -> Double {
      let found = try numbers(
        """
        fn block(x) { for i in 0..8 { x = (x * 1.01).sin() }; x }
        w = param(ones(1000000))
        x = w * 1
        for k in 0..6 { x = \(call) }
        total = x.sum()

        """ + pages)
      return try #require(found.first)
    }
    let (plain, saved) = (try held("block(x)"), try held("checkpoint(block, x)"))
    #expect(saved < plain / 2, "\(saved) against \(plain) pages")
  }
}
