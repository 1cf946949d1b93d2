// The language, case by case: files under Golden, found by their being there.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import Foundation
import Testing

private let golden = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent()
  .appending(path: "Golden")

struct GoldenCase: Sendable, CustomTestStringConvertible {
  var file: String
  var name: String
  var text: String
  var testDescription: String { "\(file): \(name)" }
}

/// Cases of all files in a folder: each begins with `# case: its name`.
private func cases(_ folder: String) -> [GoldenCase] {
  let base = golden.appending(path: folder)
  let files = (try? FileManager.default.contentsOfDirectory(atPath: base.path).sorted()) ?? []
  var result: [GoldenCase] = []
  for file in files {
    let text = (try? String(contentsOf: base.appending(path: file), encoding: .utf8)) ?? ""
    for part in text.components(separatedBy: "# case:").dropFirst() {
      let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      result.append(
        GoldenCase(
          file: file, name: lines[0].trimmingCharacters(in: .whitespaces),
          text: lines.count > 1 ? String(lines[1]) : ""))
    }
  }
  return result
}

private final class Holder<R>: @unchecked Sendable { var value: R? }

/// Runs a body on a thread with room for deep recursion.
func onDeepStack<R: Sendable>(_ body: @escaping @Sendable () -> R) -> R {
  let box = Holder<R>()
  let done = DispatchSemaphore(value: 0)
  let runner = Thread {
    box.value = body()
    done.signal()
  }
  runner.stackSize = 1 << 30
  runner.start()
  done.wait()
  guard let value = box.value else { preconditionFailure("the thread gave nothing") }
  return value
}

/// What each statement showed, and what was said about mistakes, as it is shown.
private func run(_ text: String) -> (outputs: [Int: String], said: [Diagnostic], parse: Parse) {
  let parse = Parser.parse(Source(name: "case.dls", text: text), mode: .file)
  var printed = ""
  var outputs: [Int: String] = [:]
  var said: [Diagnostic] = []
  var options = Library.options
  options.searchPaths = [
    golden.deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/lib")
      .path
  ]
  options.seed = 0
  options.searchPaths = [
    golden.appending(path: "modules").path,
    golden.appending(path: "../../scripts/lib").standardized.path,
  ]
  options.sink = { output in
    if case .text(let piece) = output { printed += piece }
    if case .diagnostic(let d) = output { said.append(d) }
  }
  if parse.hasErrors { return ([:], parse.diagnostics, parse) }
  let session = Session(builtins: Library.builtins, constants: Library.constants, options: options)
  let result = session.run(parse, path: nil) { i, value in
    var shown = printed
    if let value {
      shown += (shown.isEmpty || shown.hasSuffix("\n") ? "" : "\n") + value.describe()
    }
    outputs[i] = shown
    printed = ""
  }
  return (outputs, said + result.diagnostics, parse)
}

/// Runs a text of examples, and says what of it is not as its `#=>` lines say.
private func disagreements(_ text: String) -> [String] {
  let (outputs, said, parse) = run(text)
  var failures = said.filter { $0.severity == .error }.map { DiagnosticRenderer().render($0) }
  for expectation in parse.program.expectations {
    let actual = OutputComparison.trimmed(outputs[expectation.statement] ?? "")
    if !OutputComparison.matches(actual, expectation.text) {
      failures.append("expected\n\(expectation.text)\ngot\n\(actual)")
    }
  }
  return failures
}

@Suite struct GoldenTests {
  @Test(arguments: cases("language")) func languageSaysWhatItShould(_ one: GoldenCase) {
    let failures = onDeepStack { disagreements(one.text) }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    #expect(one.text.contains("#=>"), "the case expects nothing")
  }

  /// A script, a line `---`, and what is said of it.
  @Test(arguments: cases("errors")) func errorsSayWhatTheyShould(_ one: GoldenCase) {
    let parts = one.text.components(separatedBy: "\n---\n")
    let said = onDeepStack {
      run(parts[0]).said.map { DiagnosticRenderer().render($0) }.joined()
    }.replacingOccurrences(of: golden.path + "/", with: "")
      .replacingOccurrences(of: "Tests/Golden/", with: "")
    let expected = parts.count > 1 ? parts[1].trimmingCharacters(in: .newlines) : ""
    #expect(said.trimmingCharacters(in: .newlines) == expected)
  }

  /// Every example of the catalog provokes the code that it stands under.
  @Test(arguments: DiagnosticCatalog.all.filter { !$0.example.isEmpty }.map(\.code))
  func catalogExamplesProvokeTheirCode(_ code: String) throws {
    let example = try #require(DiagnosticCatalog.named(code)).example
    let found = onDeepStack { run(example).said.first?.code ?? "nothing" }
    #expect(found == code)
  }

  /// What can be said has a page: every code in the sources stands in the catalog, once.
  @Test func everyCodeHasAPage() throws {
    let sources = golden.appending(path: "../../Sources").standardized
    let pattern =
      /(?:Failure|TensorError|DataError|Habit|report|warn|fail)\(\s*"([a-z]+(?:-[a-z]+)*)",|code: "([a-z-]+)"/
    let known = Set(DiagnosticCatalog.all.map(\.code))
    #expect(known.count == DiagnosticCatalog.all.count)
    for case let name as String in try #require(
      FileManager.default.enumerator(atPath: sources.path)) where name.hasSuffix(".swift")
    {
      let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
      for match in text.matches(of: pattern) {
        let code = String(match.output.1 ?? match.output.2 ?? "")
        // A jump on its way through expressions, which nobody sees.
        if code == "control" { continue }
        #expect(known.contains(code), "\(name) says \(code)")
      }
    }
  }

  /// A page tells what happened and what mends it.
  @Test(arguments: DiagnosticCatalog.all.map(\.code)) func pagesAreWhole(_ code: String) throws {
    let entry = try #require(DiagnosticCatalog.named(code))
    #expect(entry.explanation.hasSuffix(".") && !entry.mend.isEmpty)
  }

  /// So does every example of the language reference.
  @Test(arguments: LanguageReference.topics.map(\.name))
  func examplesOfTopicsAreTrue(_ name: String) throws {
    let topic = try #require(LanguageReference.topic(name))
    let failures = onDeepStack { disagreements(topic.example) }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    #expect(topic.example.contains("#=>") && topic.text.hasSuffix("."))
    #expect(!Library.builtins.contains { $0.name == name }, "a word has that name")
  }

  /// Every word's example shows what it says.
  @Test(.serialized, arguments: Library.builtins.filter { !$0.example.isEmpty }.map(\.name))
  func examplesOfWordsAreTrue(_ name: String) throws {
    let word = try #require(Library.builtins.first { $0.name == name })
    let failures = onDeepStack { disagreements(word.example) }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }
}
