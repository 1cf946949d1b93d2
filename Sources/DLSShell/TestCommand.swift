// `dls test`: runs scripts and compares what they print with their `#=>` lines.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import Glibc

package final class TestCommand {
  let options: RunOptions
  private var isUpdating = false

  package init(_ options: RunOptions) { self.options = options }

  package func run(_ arguments: [String]) -> Int32 {
    let files = arguments.filter { $0 != "--update" }
    isUpdating = files.count < arguments.count
    if files.isEmpty { return Command.misuse("test needs a file") }
    var failures = 0
    var checked = 0
    for path in files {
      guard let text = FilePath.read(path) else {
        Terminal.writeError("error: cannot read `\(path)`\n")
        failures += 1
        continue
      }
      let outcome = test(path, text)
      failures += outcome.failures
      checked += outcome.checked
    }
    Terminal.write("\(checked) output\(checked == 1 ? "" : "s") compared, \(failures) wrong\n")
    return failures == 0 ? 0 : 1
  }

  /// The ```dls blocks of a Markdown text; all else is blank, byte for byte, so that every place in
  /// it is that of the text itself.
  static func examples(_ text: String) -> String {
    var isInside = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      line -> String in
      let isFence = line.hasPrefix("```")
      if isFence { isInside = !isInside && line == "```dls" }
      return isInside && !isFence ? String(line) : String(repeating: " ", count: line.utf8.count)
    }
    return lines.joined(separator: "\n")
  }

  private func test(_ path: String, _ text: String) -> (checked: Int, failures: Int) {
    let code = path.hasSuffix(".md") ? TestCommand.examples(text) : text
    let parse = Parser.parse(Source(name: path, text: code), mode: .file)
    var printed = ""
    var outputs: [Int: String] = [:]
    let runner = Runner(options)
    let session = runner.session([]) { output in
      if case .text(let piece) = output { printed += piece }
      if case .diagnostic(let d) = output { Runner.report(d) }
    }
    let errors = parse.diagnostics.filter { $0.severity == .error }
    for d in errors { Runner.report(d) }
    if !errors.isEmpty { return (0, errors.count) }
    var failures = 0
    let result = session.run(parse, path: FilePath.absolute(path)) { i, value in
      var shown = printed
      if let value {
        if !shown.isEmpty, !shown.hasSuffix("\n") { shown += "\n" }
        shown += value.describe()
      }
      outputs[i] = shown
      printed = ""
    }
    for d in result.diagnostics where d.severity == .error {
      Runner.report(d)
      failures += 1
    }
    var edits: [(Span, String)] = []
    for expectation in parse.program.expectations {
      guard let actual = outputs[expectation.statement] else { continue }
      let own = OutputComparison.trimmed(actual)
      if OutputComparison.matches(own, OutputComparison.trimmed(expectation.text)) { continue }
      if isUpdating {
        edits.append((expectation.span, own))
        continue
      }
      failures += 1
      let line = parse.source.position(of: Int(expectation.span.start)).line
      Terminal.writeError("\(path):\(line): expected\n  \(expectation.text)\ngot\n  \(own)\n")
    }
    if isUpdating, failures == 0, !edits.isEmpty { update(path, text, edits) }
    return (parse.program.expectations.count, failures)
  }

  private func update(_ path: String, _ text: String, _ edits: [(Span, String)]) {
    var bytes = Array(text.utf8)
    for (span, new) in edits.sorted(by: { $0.0.start > $1.0.start }) {
      let lines = new.split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.isEmpty ? "#=>" : "#=> " + $0
      }
      bytes.replaceSubrange(
        Int(span.start)..<Int(span.end), with: lines.joined(separator: "\n").utf8)
    }
    do { try SafeFile.write(path, bytes) } catch {
      Terminal.writeError("error: \(error.message)\n")
    }
  }
}
