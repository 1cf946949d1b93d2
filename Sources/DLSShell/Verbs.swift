// The other commands: test, help, explain, highlight.

import DLSLibrary
import DLSRuntime
import DLSSyntax

enum Verbs {
  static func run(_ verb: String, _ arguments: [String], _ options: RunOptions) -> Int32 {
    switch verb {
    case "test": return TestCommand(options).run(arguments)
    case "help":
      guard let topic = arguments.first else {
        Terminal.write(Documentation.index + "\n")
        return 0
      }
      guard let text = Documentation.topic(topic) else {
        let near = Spelling.nearest(to: topic, in: Library.builtins.map(\.name))
        return Command.misuse("there is no help on `\(topic)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      }
      Terminal.write(text + "\n")
      return 0
    default: return Command.misuse("`\(verb)` is not there yet")
    }
  }
}
