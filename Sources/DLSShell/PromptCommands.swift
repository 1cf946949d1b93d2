// The prompt's own commands: one table, from which help and completion follow.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import DLSTensor
import Glibc

struct PromptCommand: Sendable {
  let name: String
  let usage: String
  let summary: String
  let body: @Sendable (String, Prompt) -> Void
}

enum PromptCommands {
  static let all: [PromptCommand] = [
    PromptCommand(
      name: "help", usage: ":help [TOPIC]",
      summary: "lists the commands, or what is known about a topic"
    ) { rest, _ in
      if rest.isEmpty { showHelp() } else { explainWord(rest, nil) }
    },
    PromptCommand(
      name: "vars", usage: ":vars",
      summary: "the names that you have given, with their values' types"
    ) { _, prompt in
      for name in prompt.session.names where name != "ans" && name != "out" {
        guard let value = prompt.session.value(of: name) else { continue }
        let what = value.tensorView.map { $0.typeText } ?? value.typeName
        Terminal.write(pad(name, 18) + what + "\n")
      }
    },
    PromptCommand(
      name: "time", usage: ":time [EXPRESSION]",
      summary: "how long an expression takes; alone, shows it after every cell"
    ) { rest, prompt in
      if rest.isEmpty {
        prompt.showsTime.toggle()
        Terminal.write("times are \(prompt.showsTime ? "shown" : "hidden")\n")
        return
      }
      let before = prompt.showsTime
      prompt.showsTime = true
      prompt.evaluate(rest)
      prompt.showsTime = before
    },
    PromptCommand(
      name: "bench", usage: ":bench EXPRESSION", summary: "the median time of many runs"
    ) { rest, prompt in
      if rest.isEmpty { return Terminal.writeError("error: :bench needs an expression\n") }
      var times: [Double] = []
      let end = Scalar64.now() + 1
      while Scalar64.now() < end || times.count < 5 {
        let result = prompt.session.run(rest + ";", name: "<bench>")
        if result.hasFailed || Interrupt.isSet {
          for d in result.diagnostics { Runner.report(d) }
          return
        }
        times.append(result.seconds)
        if times.count >= 10_000 { break }
      }
      times.sort()
      func text(_ s: Double) -> String {
        s < 1e-3
          ? "\(FormatSpec.significant(s * 1e6, 4)) µs" : "\(FormatSpec.significant(s * 1e3, 4)) ms"
      }
      Terminal.write(
        "median \(text(times[times.count / 2])), from \(text(times[0])) to \(text(times[times.count - 1])), \(times.count) runs\n"
      )
    },
    PromptCommand(
      name: "load", usage: ":load FILE", summary: "runs a script here, and keeps its names"
    ) { rest, prompt in
      guard let text = FilePath.read(rest) else {
        return Terminal.writeError("error: cannot read `\(rest)`\n")
      }
      let result = prompt.session.run(text, name: rest, mode: .script)
      for d in result.diagnostics { Runner.report(d) }
    },
    PromptCommand(
      name: "transcript", usage: ":transcript FILE",
      summary: "writes what was typed and shown to a file"
    ) { rest, prompt in
      save(rest, prompt.transcript.joined(separator: "\n") + "\n")
    },
    PromptCommand(
      name: "export", usage: ":export FILE", summary: "writes the cells that ran as a script"
    ) { rest, prompt in
      save(rest, prompt.cells.map { "# %%\n" + $0 }.joined(separator: "\n") + "\n")
    },
    PromptCommand(name: "plugin", usage: ":plugin NAME", summary: "loads a plugin's words") {
      rest, prompt in
      if rest.isEmpty || rest.contains("\"") {
        return Terminal.writeError("error: :plugin needs a name\n")
      }
      prompt.evaluate("plugin \"\(rest)\"")
    },
    PromptCommand(
      name: "set", usage: ":set threads N | seed N",
      summary: "sets the threads of kernels, or the seed"
    ) { rest, prompt in
      let parts = rest.split(separator: " ")
      guard parts.count == 2, let n = Int(parts[1]), n >= 0 else {
        return Terminal.writeError("error: :set takes `threads N` or `seed N`\n")
      }
      switch parts[0] {
      case "threads": Parallel.threads = n
      case "seed": prompt.session.machine.generator.reseed(UInt64(n))
      default: Terminal.writeError("error: :set takes `threads N` or `seed N`\n")
      }
    },
    PromptCommand(
      name: "explain", usage: ":explain [CODE]",
      summary: "what the last error means and what mends it, or another one"
    ) { rest, prompt in
      let rest = rest.isEmpty ? prompt.lastError ?? "" : rest
      if let page = Verbs.explanation(rest) { return Terminal.write(page + "\n") }
      Terminal.writeError(
        "error: there is no error code `\(rest)`\n = help: "
          + (Verbs.nearest(rest).map { "did you mean `:explain \($0)`?\n" }
            ?? "`:explain` alone lists them\n"))
    },
    PromptCommand(name: "reset", usage: ":reset", summary: "forgets all names") { _, prompt in
      prompt.session.reset()
      Terminal.write("all names are forgotten\n")
    },
    PromptCommand(name: "quit", usage: ":quit", summary: "leaves") { _, prompt in
      prompt.wantsToQuit = true
    },
  ]

  private static func showHelp() {
    for command in all { Terminal.write(pad(command.usage, 24) + command.summary + "\n") }
    Terminal.write(
      pad("?name  ??name", 24) + "documentation of a word; also its source\n"
        + pad("!command", 24) + "a shell command\n\n" + HelpCommand.index)
  }

  static func run(_ text: String, _ prompt: Prompt) {
    if text.hasPrefix("?") {
      let isDeep = text.hasPrefix("??")
      let name = trimmed(String(text.dropFirst(isDeep ? 2 : 1)))
      if name.isEmpty { return showHelp() }
      return explainWord(name, prompt, withSource: isDeep)
    }
    if text.hasPrefix("!") {
      // The user asked for a shell, and only here is there one.
      _ = system(String(text.dropFirst()))
      return
    }
    let words = text.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
    if words.isEmpty { return showHelp() }
    guard let name = words.first, let command = all.first(where: { $0.name == name }) else {
      let near = Spelling.nearest(to: words.first ?? "", in: all.map(\.name))
      return Terminal.writeError(
        "error: there is no command `\(text)`\n"
          + (near.map { " = help: did you mean `:\($0)`?\n" } ?? " = help: `:help` lists them\n"))
    }
    command.body(words.count > 1 ? trimmed(words[1]) : "", prompt)
  }

  /// A lone word such as `quit` or `help` suggests the command.
  static func meant(by text: String, _ result: CellResult) -> String? {
    let word = trimmed(text)
    let bare = word.hasSuffix("()") ? String(word.dropLast(2)) : word
    switch bare {
    case "help": return "`:help` lists the commands, `?name` explains a word"
    case "exit" where !result.hasFailed: return "`exit()`, `:quit` or Ctrl-D leaves"
    case "clear", "cls": return "Ctrl-L clears the screen; `:reset` forgets all names"
    case "q", "bye", "logout": return result.hasFailed ? "`:quit` or Ctrl-D leaves" : nil
    case "ls", "pwd", "cd": return result.hasFailed ? "a shell command is `!\(bare)`" : nil
    default:
      let isUnknown = result.diagnostics.contains { $0.code == "unknown-name" }
      return isUnknown && all.contains { $0.name == bare } ? "did you mean `:\(bare)`?" : nil
    }
  }

  private static func explainWord(_ name: String, _ prompt: Prompt?, withSource: Bool = false) {
    if let value = prompt?.session.value(of: name) {
      let page = Documentation.of(value)
      Terminal.write(HelpCommand.coloured(page ?? "\(name) is \(value.kindText)") + "\n")
      if withSource, case .object(let function as FunctionObject) = value {
        Terminal.write("\n" + HelpCommand.coloured("  " + function.sourceText) + "\n")
      }
      return
    }
    if let page = HelpCommand.page(name) {
      return Terminal.write(HelpCommand.coloured(page) + "\n")
    }
    let near = Spelling.nearest(to: name, in: Documentation.names + (prompt?.session.names ?? []))
    Terminal.writeError(
      "error: nothing is known about `\(name)`\n"
        + (near.map { " = help: did you mean `?\($0)`?\n" } ?? ""))
  }

  private static func save(_ path: String, _ text: String) {
    if path.isEmpty { return Terminal.writeError("error: a file name is missing\n") }
    do throws(Failure) { try SafeFile.write(path, Array(text.utf8)) } catch {
      Terminal.writeError("error: \(error.message)\n")
    }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(2, width - text.count))
  }

  static func trimmed(_ text: String) -> String {
    var part = text[...]
    while let c = part.first, c.isWhitespace { part.removeFirst() }
    while let c = part.last, c.isWhitespace { part.removeLast() }
    return String(part)
  }
}
