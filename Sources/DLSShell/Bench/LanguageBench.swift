// W2: what the interpreter does with plain numbers, beside CPython and Lua in the same run.

import DLSRuntime
import Glibc

/// One kernel in three languages; each defines `k` without parameters.
struct LanguageKernel: Sendable {
  var name: String
  var dls: String
  var python: String
  var lua: String
}

enum LanguageBench {
  static func run() -> [Measurement] {
    var result: [Measurement] = []
    var ratios: [(label: String, ratios: [Double])] = peers.map { ($0.label, []) }
    var absent: Set<String> = []
    for kernel in kernels {
      let session = Runner(RunOptions()).session([])
      _ = session.run(kernel.dls, name: kernel.name, mode: .script)
      guard let function = session.value(of: "k") else { continue }
      do throws(Failure) {
        _ = try session.machine.call(function, [])
        var seconds: [Double] = []
        for _ in 0..<5 {
          let start = Scalar64.processorTime()
          _ = try session.machine.call(function, [])
          seconds.append(Scalar64.processorTime() - start)
        }
        var line = Measurement(kernel.name, unit: "ms", isRate: false, seconds: seconds, scale: 1e3)
        for (k, peer) in peers.enumerated() where !absent.contains(peer.label) {
          guard let other = milliseconds(peer.command(kernel)) else {
            absent.insert(peer.label)
            continue
          }
          line.beside.append((peer.label, [other]))
          ratios[k].ratios.append(line.ratio(to: other))
        }
        result.append(line)
      } catch { Terminal.writeError("error: \(kernel.name): \(error.message)\n") }
    }
    for (label, ratios) in ratios where !ratios.isEmpty {
      let mean = Scalar64.pow(ratios.reduce(1, *), 1 / Double(ratios.count))
      result.append(
        Measurement("geometric mean", unit: "x \(label)", isRate: true, seconds: [1 / mean]))
    }
    for label in absent.sorted() {
      Terminal.write("  \(label) is not on this machine's path, and stands beside nothing\n")
    }
    return result
  }

  private struct Peer: Sendable {
    var label: String
    var command: @Sendable (LanguageKernel) -> [String]
  }

  private static let peers = [
    Peer(label: "CPython") { [RunEnvironment.python, "-c", pythonTimer($0.python)] },
    Peer(label: "Lua") { ["lua5.4", "-e", luaTimer($0.lua)] },
  ]

  private static func milliseconds(_ command: [String]) -> Double? {
    Subprocess.run(command).flatMap { Double($0.output.split(separator: "\n").last ?? "") }
  }

  // All three are timed by the processor's time, which a busy machine does not stretch.
  private static func pythonTimer(_ source: String) -> String {
    source
      + "\nimport time\nk(); ts = []\nfor _ in range(5):\n    t = time.process_time(); k(); ts.append(time.process_time() - t)\nprint(sorted(ts)[2] * 1e3)"
  }
  private static func luaTimer(_ source: String) -> String {
    source
      + "\nk(); local ts = {}\nfor i = 1, 5 do collectgarbage(); local t = os.clock(); k(); ts[i] = os.clock() - t end\ntable.sort(ts); print(ts[3] * 1e3)"
  }

  private static let kernels: [LanguageKernel] = [
    LanguageKernel(
      name: "fib", dls: "fib(n) = if n < 2 { n } else { fib(n - 1) + fib(n - 2) }\nk() = fib(27)",
      python: "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\ndef k(): return fib(27)",
      lua:
        "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\nfunction k() return fib(27) end"
    ),
    LanguageKernel(
      name: "sum", dls: "fn k() { s = 0; for i in 1..10000001 { s += i }; s }",
      python: "def k():\n    s = 0\n    for i in range(1, 10000001): s += i\n    return s",
      lua: "function k() local s = 0; for i = 1, 10000000 do s = s + i end; return s end"),
    LanguageKernel(
      name: "mandelbrot",
      dls: """
        fn k() {
          total = 0
          for y in 0..200 {
            ci = 2.0 * y / 200 - 1.0
            for x in 0..200 {
              cr = 2.0 * x / 200 - 1.5; zr = 0.0; zi = 0.0; i = 0
              while i < 50 and zr * zr + zi * zi <= 4.0 {
                t = zr * zr - zi * zi + cr; zi = 2.0 * zr * zi + ci; zr = t; i += 1
              }
              total += i
            }
          }
          total
        }
        """,
      python: """
        def k():
            total = 0
            for y in range(200):
                ci = 2.0 * y / 200 - 1.0
                for x in range(200):
                    cr = 2.0 * x / 200 - 1.5; zr = zi = 0.0; i = 0
                    while i < 50 and zr * zr + zi * zi <= 4.0:
                        t = zr * zr - zi * zi + cr; zi = 2.0 * zr * zi + ci; zr = t; i += 1
                    total += i
            return total
        """,
      lua: """
        function k()
          local total = 0
          for y = 0, 199 do
            local ci = 2.0 * y / 200 - 1.0
            for x = 0, 199 do
              local cr, zr, zi, i = 2.0 * x / 200 - 1.5, 0.0, 0.0, 0
              while i < 50 and zr * zr + zi * zi <= 4.0 do
                local t = zr * zr - zi * zi + cr; zi = 2.0 * zr * zi + ci; zr = t; i = i + 1
              end
              total = total + i
            end
          end
          return total
        end
        """),
    LanguageKernel(
      name: "sieve",
      dls: """
        fn k() {
          n = 1000000; s = [true for i in 0..n + 1]; c = 0; i = 2
          while i <= n {
            if s[i] { c += 1; j = i * i; while j <= n { s[j] = false; j += i } }
            i += 1
          }
          c
        }
        """,
      python: """
        def k():
            n = 1000000; s = [True] * (n + 1); c = 0; i = 2
            while i <= n:
                if s[i]:
                    c += 1; j = i * i
                    while j <= n: s[j] = False; j += i
                i += 1
            return c
        """,
      lua: """
        function k()
          local n, c, i, s = 1000000, 0, 2, {}
          for i = 1, n do s[i] = true end
          while i <= n do
            if s[i] then
              c = c + 1; local j = i * i
              while j <= n do s[j] = false; j = j + i end
            end
            i = i + 1
          end
          return c
        end
        """),
    LanguageKernel(
      name: "join",
      dls:
        "fn k() { p = []; for i in 0..200000 { p.append(\"piece\" ++ str(i)) }; len(p.join(\",\")) }",
      python:
        "def k():\n    p = []\n    for i in range(200000): p.append('piece' + str(i))\n    return len(','.join(p))",
      lua:
        "function k() local p = {}; for i = 0, 199999 do p[#p + 1] = 'piece' .. tostring(i) end; return #table.concat(p, ',') end"
    ),
    LanguageKernel(
      name: "closure",
      dls:
        "fn counter() { c = 0; fn inc() { c += 1; c }; inc }\nfn k() { f = counter(); r = 0; for i in 0..3000000 { r = f() }; r }",
      python: """
        def counter():
            c = 0
            def inc():
                nonlocal c
                c += 1; return c
            return inc
        def k():
            f = counter(); r = 0
            for _ in range(3000000): r = f()
            return r
        """,
      lua:
        "local function counter() local c = 0; return function() c = c + 1; return c end end\nfunction k() local f, r = counter(), 0; for _ = 1, 3000000 do r = f() end; return r end"
    ),
    LanguageKernel(
      name: "dict",
      dls:
        "fn k() { d = {}; s = 0; for i in 0..1000000 { d[i * 7919 % 1000003] = i }; for i in 0..1000000 { s += d[i * 7919 % 1000003] }; s }",
      python:
        "def k():\n    d = {}; s = 0\n    for i in range(1000000): d[i * 7919 % 1000003] = i\n    for i in range(1000000): s += d[i * 7919 % 1000003]\n    return s",
      lua:
        "function k() local d, s = {}, 0; for i = 0, 999999 do d[i * 7919 % 1000003] = i end; for i = 0, 999999 do s = s + d[i * 7919 % 1000003] end; return s end"
    ),
  ]
}
