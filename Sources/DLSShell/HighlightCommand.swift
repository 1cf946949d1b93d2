// `dls highlight FILE`: a script in colours, for the terminal or as a page.

import DLSRuntime
import DLSSyntax

enum HighlightCommand {
  static func run(_ arguments: [String]) -> Int32 {
    let files = arguments.filter { $0 != "--html" }
    guard let path = files.first, files.count == 1, !path.hasPrefix("-") else {
      return Command.misuse("the use is `dls highlight FILE [--html]`")
    }
    guard let text = FilePath.read(path) else {
      Terminal.writeError("error: cannot read `\(path)`\n")
      return 1
    }
    if files.count < arguments.count {
      Terminal.write(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>\(Highlighter.escaped(path))</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
        body { margin: 2rem; color-scheme: light dark; } pre { font-size: 15px; line-height: 1.5; }
        \(Highlighter.style)
        </style></head><body><pre>\(Highlighter.html(text))</pre></body></html>

        """)
    } else {
      Terminal.write(Highlighter.ansi(text))
    }
    return 0
  }
}
