// Memory stays flat: cycles are collected, and a training step keeps nothing of the last.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Foundation
import Testing

/// Pages that this process holds, in bytes.
private func resident() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  let fields = text.split(separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
}

private final class Figures: @unchecked Sendable {
  var tensors = 0
  var pages = 0
  var error: String?
}

/// Runs `body` n times after a warm-up of as many, and says how much memory grew in between. A
/// thread of its own: tensors and cycles belong to their thread.
private func growth(_ setup: String, _ body: String, times: Int) -> Figures {
  let figures = Figures()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    var options = Library.options
    options.seed = 0
    let session = Session(
      builtins: Library.builtins, constants: Library.constants, options: options)
    func run(_ text: String) {
      let result = session.run(text, name: "test", mode: .script)
      if let d = result.diagnostics.first(where: { $0.severity == .error }) {
        figures.error = "\(d.code): \(d.message)"
      }
    }
    run(setup)
    run("for i in 0..\(times) { \(body) }")
    let before = resident()
    run("for i in 0..\(times) { \(body) }")
    figures.pages = resident() - before
    done.signal()
  }
  thread.stackSize = 64 << 20
  thread.start()
  done.wait()
  return figures
}

@Suite(.serialized) struct MemoryTests {
  /// Other tests run beside these, so the bound is loose; each lost object would break it.
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
      """, "opt.minimize(((net(x) - 1)^2).mean())", 5_000
    ),
    ("gradients of gradients", "", "grad(grad(x -> x^3 + sin(x)))(1.0)", 5_000),
    (
      "checkpoints", "w = param(ones(64))",
      "w.grad = none; checkpoint(t -> (t * w).sin(), ones(64)).sum().backward()", 5_000
    ),
  ]

  @Test(arguments: cases.map(\.name)) func memoryIsFlat(_ name: String) throws {
    let one = try #require(Self.cases.first { $0.name == name })
    let found = growth(one.setup, one.body, times: one.times)
    #expect(found.error == nil)
    #expect(found.pages < 24 << 20, "\(name): grew by \(found.pages >> 10) kB")
  }

  /// What checkpoint is for: the way back of a deep chain needs less memory at its highest.
  @Test func checkpointTakesLessMemory() throws {
    func peak(_ call: String) throws -> Double {
      let session = Session(
        builtins: Library.builtins, constants: Library.constants, options: Library.options)
      let before = Storage.bytesInUse
      let result = session.run(
        """
        fn block(x) { for i in 0..8 { x = (x * 1.01).sin() }; x }
        w = param(ones(1000000))
        x = w * 1
        for k in 0..6 { x = \(call) }
        total = x.sum()
        """, name: "test", mode: .script)
      #expect(result.diagnostics.isEmpty)
      let held = Double(Storage.bytesInUse - before)
      let back = session.run("total.backward()\nw.grad[0].item()", name: "test", mode: .script)
      #expect(back.diagnostics.isEmpty)
      return held
    }
    let plain = try peak("block(x)")
    let saved = try peak("checkpoint(block, x)")
    #expect(saved < plain / 4, "\(saved) against \(plain) bytes")
  }
}
