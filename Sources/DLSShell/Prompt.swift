// The prompt: numbered cells, read, run and shown.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import DLSTensor
import Glibc

final class Prompt {
  let runner: Runner
  var session: Session
  private var reader: LineReader?
  /// Whether the time of each cell is shown; `:time` switches it.
  var showsTime = false
  var wantsToQuit = false
  /// The code of the error that was told last, for `:explain`.
  private(set) var lastError: String?
  /// What was typed, for `:transcript` and `:export`.
  var cells: [String] = []
  var transcript: [String] = []

  init(_ options: RunOptions) {
    runner = Runner(options)
    session = runner.session([])
  }

  func run() -> Int32 {
    Terminal.write(
      "dls \(Version.text), the deep learning shell. :help lists the commands, ?name explains a word.\n"
    )
    reader = LineReader { [unowned self] in self.complete($0) }
    guard let reader else { return Command.misuse("the terminal cannot be used for a prompt") }
    var pending = ""
    while !wantsToQuit {
      Interrupt.clear()
      let number = "\(session.cell)"
      let prompt =
        pending.isEmpty ? "[\(number)]> " : String(repeating: " ", count: number.count) + "... "
      switch reader.read(prompt) {
      case .end:
        Terminal.write("\n")
        return 0
      case .interrupted:
        Terminal.write("^C\n")
        pending = ""
      case .text(let line):
        let text = pending.isEmpty ? line : pending + "\n" + line
        // An empty line ends what cannot be finished.
        if !pending.isEmpty, line.allSatisfy(\.isWhitespace),
          !isUnfinished(text) || text.hasSuffix("\n\n")
        {
          pending = ""
          submit(text)
        } else if pending.isEmpty && isCommand(text) || !isUnfinished(text) {
          pending = ""
          submit(text)
        } else {
          pending = text
        }
      }
    }
    return 0
  }

  private func isCommand(_ text: String) -> Bool {
    guard let first = text.first(where: { !$0.isWhitespace }) else { return true }
    return first == ":" || first == "?" || first == "!"
  }

  private func isUnfinished(_ text: String) -> Bool {
    Parser.parse(Source(name: "<prompt>", text: text), mode: .prompt).isUnfinished
  }

  func submit(_ text: String) {
    let trimmed = PromptCommands.trimmed(text)
    if trimmed.isEmpty { return }
    reader?.remember(text)
    if isCommand(trimmed) { return PromptCommands.run(trimmed, self) }
    evaluate(text)
  }

  /// Runs one cell and shows its value.
  func evaluate(_ text: String) {
    var text = text
    // A line that goes on where the last value stopped.
    let head = PromptCommands.trimmed(text)
    if head.hasPrefix("|>") || head.hasPrefix(">>") || head.hasPrefix("and ")
      || head.hasPrefix("or ")
      || head.hasPrefix(".") && head.dropFirst().first?.isLetter == true
    {
      text = "ans " + head
    }
    let number = session.cell
    FigureOutput.forgetLive()
    let result = session.run(text, name: "<prompt \(number)>")
    runner.show(.status(nil))
    if Interrupt.isSet { Terminal.write("\n") }
    for d in result.diagnostics {
      if d.code == "exit" {
        wantsToQuit = true
        return
      }
      if d.severity == .error { lastError = d.code }
      Runner.report(d)
    }
    if let value = result.value {
      session.remember(value)
      if case .object(let object) = value, FigureOutput.isFigure(object) {
        FigureOutput.show(object)
      } else {
        let shown = value.describe()
        Terminal.write(shown + "\n")
        transcript.append("[\(number)]> \(text)\n\(shown)")
      }
    } else {
      transcript.append("[\(number)]> \(text)")
    }
    if !result.hasFailed { cells.append(text) }
    if let command = PromptCommands.meant(by: text, result) {
      Terminal.writeError(" = help: \(command)\n")
    }
    if showsTime {
      Terminal.write("\(NumberText.shortest((result.seconds * 1e6).rounded() / 1e3)) ms\n")
    }
    session.cell += 1
  }

  private func complete(_ line: String) -> (there: Int, words: [String]) {
    if line.hasPrefix(":"), !line.contains(" ") {
      let words = PromptCommands.all.map { ":" + $0.name }.filter { $0.hasPrefix(line) }
      return (line.utf8.count, words)
    }
    // Inside quotes, file names.
    if line.filter({ $0 == "\"" }).count % 2 == 1, let quote = line.lastIndex(of: "\"") {
      let path = String(line[line.index(after: quote)...])
      let slash = path.lastIndex(of: "/")
      let folder = slash.map { String(path[...$0]) } ?? ""
      let part = slash.map { String(path[path.index(after: $0)...]) } ?? path
      return (
        part.utf8.count, FilePath.list(folder.isEmpty ? "." : folder).filter { $0.hasPrefix(part) }
      )
    }
    let part = line.utf8.reversed().prefix { c in
      c == 0x5f || c >= 0x30 && c <= 0x39 || (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a || c >= 0x80
    }.count
    return (part, session.completions(line))
  }
}
