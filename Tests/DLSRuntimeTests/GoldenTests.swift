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

/// What each statement showed, and the error that ended it.
private func run(_ text: String) -> (outputs: [Int: String], error: String?, parse: Parse) {
  let parse = Parser.parse(Source(name: "case.dls", text: text), mode: .file)
  var printed = ""
  var outputs: [Int: String] = [:]
  var options = Library.options
  options.searchPaths = [
    golden.deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/lib")
      .path
  ]
  options.seed = 0
  options.maxTime = 20
  options.sink = { output in if case .text(let piece) = output { printed += piece } }
  if let first = parse.diagnostics.first(where: { $0.severity == .error }) {
    return ([:], DiagnosticRenderer().render(first), parse)
  }
  let session = Session(builtins: Library.builtins, constants: Library.constants, options: options)
  let result = session.run(parse, path: nil) { i, value in
    var shown = printed
    if let value {
      shown += (shown.isEmpty || shown.hasSuffix("\n") ? "" : "\n") + value.describe()
    }
    outputs[i] = shown
    printed = ""
  }
  return (
    outputs,
    result.diagnostics.first { $0.severity == .error }.map { DiagnosticRenderer().render($0) },
    parse
  )
}

@Suite struct GoldenTests {
  @Test(arguments: cases("language")) func languageSaysWhatItShould(_ one: GoldenCase) {
    let (failures, count) = onDeepStack { () -> ([String], Int) in
      let (outputs, error, parse) = run(one.text)
      var failures: [String] = []
      if let error { failures.append(error) }
      for expectation in parse.program.expectations {
        let actual = OutputComparison.trimmed(outputs[expectation.statement] ?? "")
        if !OutputComparison.matches(actual, expectation.text) {
          failures.append("expected\n\(expectation.text)\ngot\n\(actual)")
        }
      }
      return (failures, parse.program.expectations.count)
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    #expect(count > 0, "the case expects nothing")
  }

  /// A script, a line `---`, and the error as it is shown.
  @Test(arguments: cases("errors")) func errorsSayWhatTheyShould(_ one: GoldenCase) {
    let parts = one.text.components(separatedBy: "\n---\n")
    let error = onDeepStack { run(parts[0]).error ?? "no error" }
    let expected = parts.count > 1 ? parts[1].trimmingCharacters(in: .newlines) : ""
    #expect(error.trimmingCharacters(in: .newlines) == expected)
  }

  /// Every example of the catalog provokes the code that it stands under.
  @Test(arguments: DiagnosticCatalog.all.filter { !$0.example.isEmpty }.map(\.code))
  func catalogExamplesProvokeTheirCode(_ code: String) throws {
    let example = try #require(DiagnosticCatalog.named(code)).example
    let found = onDeepStack { () -> String in
      let parse = Parser.parse(Source(name: "example", text: example), mode: .file)
      if let first = parse.diagnostics.first(where: { $0.severity == .error }) { return first.code }
      let session = Session(
        builtins: Library.builtins, constants: Library.constants, options: Library.options)
      return session.run(example, name: "example", mode: .script).diagnostics.first {
        $0.severity == .error
      }?.code ?? "no error"
    }
    #expect(found == code)
  }

  /// Every word's example shows what it says.
  @Test(.serialized, arguments: Library.builtins.filter { !$0.example.isEmpty }.map(\.name))
  func examplesOfWordsAreTrue(_ name: String) throws {
    let word = try #require(Library.builtins.first { $0.name == name })
    let failure = onDeepStack { () -> String? in
      let (outputs, error, parse) = run(word.example)
      if let error { return error }
      for expectation in parse.program.expectations {
        let actual = OutputComparison.trimmed(outputs[expectation.statement] ?? "")
        if !OutputComparison.matches(actual, expectation.text) {
          return "expected\n\(expectation.text)\ngot\n\(actual)"
        }
      }
      return nil
    }
    #expect(failure == nil, "\(failure ?? "")")
  }
}
