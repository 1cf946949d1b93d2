// The parser: unfinished against wrong, and nothing that crashes it.

import DLSSyntax
import Testing

private func parse(_ text: String) -> Parse {
  Parser.parse(Source(name: "t", text: text), mode: .prompt)
}

@Suite struct ParserTests {
  @Test(arguments: [
    "f(", "x = ", "[1, 2", "f(x) = {", "1 +", "{a: 1,", "if x {", "\"\"\"abc", "fn f(x) {\n  x",
    "x |>",
  ])
  func unfinishedTextIsToldApart(_ text: String) {
    let result = parse(text)
    #expect(result.hasErrors && result.isUnfinished, "\(result.diagnostics.map(\.message))")
  }

  @Test(arguments: [
    "1)", "def f(x): x", "x ** 2", "a && b", "let x = 1", "i++", "1.", "\"abc", "if x = 1 { }",
    "[1, 2)",
  ])
  func wrongTextIsWrong(_ text: String) {
    let result = parse(text)
    #expect(result.hasErrors && !result.isUnfinished, "\(result.diagnostics.map(\.message))")
  }

  @Test func depthIsLimited() {
    for open in ["(", "[", "-", "not ", "f(", "{ ", "x -> ", "if a { "] {
      #expect(parse(String(repeating: open, count: 100_000)).hasErrors)
    }
    #expect(parse("x" + String(repeating: " + 1", count: 100_000)).hasErrors)
  }

  @Test func prefixesAndMutationsNeverCrashAndSpansStayInside() {
    let text = """
      model M(n) { W = param(zeros(n)); f(x: [b, d], k=2) = x @ W + "a{k:.2f}" }
      for i, (a, b) in zip(xs, ys) { x[i, ..., 1:2] += {a: 1, "b": [q^2 for q in 0..3 if q > 1]} }
      try { throw "x" } catch e { print(e.message, ...rest) } # c
      y = x' |> relu >> (t -> -t) |> f; global z
      """
    let bytes = Array(text.utf8)
    var state: UInt64 = 7
    func random(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % n
    }
    let alphabet = Array("(){}[]\"'.,:;=+-*/^|>x1 \n#\\".utf8)
    for i in 0..<(bytes.count + 3000) {
      var mutated = i < bytes.count ? Array(bytes[..<i]) : bytes
      if i >= bytes.count {
        for _ in 0...random(4) { mutated[random(mutated.count)] = alphabet[random(alphabet.count)] }
      }
      let source = Source(name: "m", text: String(decoding: mutated, as: UTF8.self))
      for d in Parser.parse(source, mode: .file).diagnostics {
        #expect(d.span.start >= 0 && Int(d.span.end) <= source.bytes.count + 1)
        _ = DiagnosticRenderer().render(d)
      }
    }
  }
}
