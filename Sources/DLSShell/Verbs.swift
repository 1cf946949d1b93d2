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
    case "notebook": return NotebookCommand(options).run(arguments)
    default: return Command.misuse("there is no command `\(verb)`")
    }
  }

  static func explain(_ code: String) -> Int32 {
    if let page = explanation(code) {
      Terminal.write(page + "\n")
      return 0
    }
    return Command.misuse(
      "there is no error code `\(code)`" + (nearest(code).map { "; did you mean `\($0)`?" } ?? ""))
  }

  /// The page of a code; without one, all codes.
  static func explanation(_ code: String) -> String? {
    if !code.isEmpty { return DiagnosticCatalog.named(code)?.page }
    return DiagnosticCatalog.all.map { Columns.pad($0.code, 24) + $0.explanation }
      .joined(separator: "\n")
  }

  static func nearest(_ code: String) -> String? {
    Spelling.nearest(to: code, in: DiagnosticCatalog.all.map(\.code))
  }
}
