// Nothing that a script says can crash or hang: every prefix and thousands of mutations of all
// scripts and goldens, to the parser, and under limits to the program itself.

import DLSSyntax
import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Texts to begin with: scripts whole, goldens case by case.
private func seeds(_ folder: String, _ kinds: [String]) -> [String] {
  let base = root.appending(path: folder)
  guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
  var result: [String] = []
  for case let name as String in walk where kinds.contains(where: { name.hasSuffix("." + $0) }) {
    let text = (try? String(contentsOf: base.appending(path: name), encoding: .utf8)) ?? ""
    for part in text.components(separatedBy: "# case:") {
      result.append(part.components(separatedBy: "\n---\n")[0])
    }
  }
  return result.sorted()
}

/// A linear congruential generator: the same mutations in every run.
private struct Dice {
  var state: UInt64
  mutating func roll(_ n: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return n <= 0 ? 0 : Int(state >> 33) % n
  }
}

/// `DLS_FUZZ=all` cuts at every byte and mutates ten times as often, as `scripts/test --all` asks.
private let isThorough = ProcessInfo.processInfo.environment["DLS_FUZZ"] == "all"

private let signs = Array("(){}[]\"'.,:;=+-*/^@|><x1 \n#\\_%!&?e0".utf8)
private let words = [
  "model ", "fn ", "if ", "else ", "for ", " in ", "try ", "catch ", "return ", "{", "}", "\"{",
  "\"\"\"", "->", "|>", ">>", "..", "...", "not ", "none", "import ", "global ", "no_grad ", "\\u{",
  "9223372036854775807", "1e308", "-", "[", "]", "(", ")",
]

/// One to four changes: a byte replaced, taken out or put in, a piece doubled, a piece of another text.
private func mutated(_ text: String, _ others: [String], _ dice: inout Dice) -> String {
  var bytes = Array(text.utf8)
  for _ in 0...dice.roll(4) {
    let at = dice.roll(bytes.count)
    switch dice.roll(6) {
    case 0 where !bytes.isEmpty: bytes[at] = signs[dice.roll(signs.count)]
    case 1 where !bytes.isEmpty: bytes.remove(at: at)
    case 2: bytes.insert(contentsOf: words[dice.roll(words.count)].utf8, at: at)
    case 3 where !bytes.isEmpty:
      let end = min(bytes.count, at + 1 + dice.roll(40))
      bytes.insert(contentsOf: bytes[at..<end], at: dice.roll(bytes.count))
    case 4:
      let other = Array(others[dice.roll(others.count)].utf8)
      let start = dice.roll(other.count)
      bytes.insert(contentsOf: other[start..<min(other.count, start + dice.roll(60))], at: at)
    default: bytes.insert(signs[dice.roll(signs.count)], at: at)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Parses as a file and as a prompt's line; what lies outside of the source.
private func strays(_ text: String) -> [String] {
  var result: [String] = []
  for mode in [Parser.Mode.file, .prompt] {
    let source = Source(name: "fuzz", text: text)
    let parse = Parser.parse(source, mode: mode)
    var spans = parse.diagnostics.map(\.span) + parse.diagnostics.flatMap { $0.labels.map(\.span) }
    spans += parse.program.statements.map(\.span) + parse.program.cells.map(\.span)
    for span in spans
    where span.start < 0 || span.end < span.start || Int(span.end) > source.bytes.count {
      result.append("\(span) of \(source.bytes.count) bytes in:\n\(text)")
    }
    for d in parse.diagnostics { _ = DiagnosticRenderer().render(d) }
    if mode == .prompt, parse.isUnfinished, !parse.hasErrors {
      result.append("unfinished without an error:\n\(text)")
    }
    _ = Highlighter.spans(source)
  }
  return result
}

@Suite struct FuzzTests {
  @Test func everyPrefixIsParsed() {
    let texts = seeds("Tests/Golden", ["dls", "txt"]) + seeds("scripts", ["dls"])
    #expect(texts.count > 300)
    let failures = onDeepStack { () -> [String] in
      var failures: [String] = []
      for text in texts {
        let bytes = Array(text.utf8)
        // A prefix costs as much as it is long: long scripts are cut at some 300 places, at others of
        // each text, unless every one is asked for.
        let step = isThorough ? 1 : max(1, bytes.count / 300)
        for end in stride(from: bytes.count % step, through: bytes.count, by: step) {
          failures += strays(String(decoding: bytes[..<end], as: UTF8.self))
        }
      }
      return failures
    }
    #expect(failures.isEmpty, "\(failures.prefix(3).joined(separator: "\n"))")
  }

  @Test func thousandsOfMutationsAreParsed() {
    let texts = seeds("Tests/Golden", ["dls", "txt"]) + seeds("scripts", ["dls"])
    let failures = onDeepStack { () -> [String] in
      var dice = Dice(state: 1)
      var failures: [String] = []
      for _ in 0..<(isThorough ? 60_000 : 6000) {
        failures += strays(mutated(texts[dice.roll(texts.count)], texts, &dice))
      }
      return failures
    }
    #expect(failures.isEmpty, "\(failures.prefix(3).joined(separator: "\n"))")
  }

  /// Loops without end, each stopped by its limit.
  @Test(arguments: [
    "while true { }", "while true or false { x = 1 }", "for i in 0..10 ^ 15 { }",
    "[1].map(x -> { while true { } })", "f(n) = f(n + 1) + [0 for i in 0..10 ^ 15 if false]\nf(0)",
    "xs = []; while true { xs.append(0); if len(xs) > 9 { xs = [] } }",
    "svd(rand(3000, 3000))", "while true { ones(3000, 3000) @ ones(3000, 3000) }",
  ])
  func endlessLoopsAreStopped(_ text: String) throws {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "dls")
    let process = Process()
    process.executableURL = program
    process.arguments = ["--max-time", "0.3", "-e", text]
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date().addingTimeInterval(30)
    while process.isRunning, Date() < end { usleep(5000) }
    let isHanging = process.isRunning
    if isHanging { process.terminate() }
    process.waitUntilExit()
    #expect(!isHanging && process.terminationStatus == 1)
  }

  /// The program itself, in processes of its own: none may crash, and none may outlive its limits.
  @Test func mutationsRunUnderLimits() throws {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "dls")
    try #require(FileManager.default.isExecutableFile(atPath: program.path))
    let folder = FileManager.default.temporaryDirectory.appending(path: "dls-fuzz-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let texts = seeds("Tests/Golden", ["dls", "txt"]) + seeds("scripts", ["dls"])
    var dice = Dice(state: isThorough ? 3 : 2)
    for i in 0..<(isThorough ? 3000 : 300) {
      let text = mutated(texts[dice.roll(texts.count)], texts, &dice)
      let file = folder.appending(path: "case.dls")
      try text.write(to: file, atomically: true, encoding: .utf8)
      let process = Process()
      process.executableURL = program
      process.arguments = [
        "--seed", "0", "--max-time", "1", "--max-memory", "400M", file.path,
      ]
      process.currentDirectoryURL = folder
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let end = Date().addingTimeInterval(30)
      while process.isRunning, Date() < end { usleep(2000) }
      let isHanging = process.isRunning
      if isHanging { process.terminate() }
      process.waitUntilExit()
      #expect(!isHanging, "mutation \(i) does not end:\n\(text)")
      #expect(
        process.terminationReason == .exit || isHanging,
        "mutation \(i) crashes (\(process.terminationStatus)):\n\(text)")
    }
  }
}
