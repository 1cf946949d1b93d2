// The other commands: test, help, explain, highlight.

import DLSLibrary
import DLSRuntime
import DLSSyntax

enum Verbs {
  static func run(_ verb: String, _ arguments: [String], _ options: RunOptions) -> Int32 {
    switch verb {
    case "test": return TestCommand(options).run(arguments)
    case "help": return HelpCommand.run(arguments)
    case "highlight": return HighlightCommand.run(arguments)
    case "bench": return BenchCommand.run(arguments, options)
    case "plugin": return PluginCommand.run(arguments)
    case "explain": return explain(arguments.first ?? "")
    case "completions": return Completions.run(arguments.first ?? "")
    default: return Command.misuse("`\(verb)` is not there yet")
    }
  }

  static func explain(_ code: String) -> Int32 {
    guard let entry = DiagnosticCatalog.named(code) else {
      let near = Spelling.nearest(to: code, in: DiagnosticCatalog.all.map(\.code))
      return Command.misuse(
        "there is no error code `\(code)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    Terminal.write(entry.page + "\n")
    return 0
  }
}
