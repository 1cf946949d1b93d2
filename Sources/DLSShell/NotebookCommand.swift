// `dls notebook FILE -o PAGE`: a script run cell by cell into one page that needs nothing else.

import DLSLibrary
import DLSPlot
import DLSRuntime
import DLSSyntax

package final class NotebookCommand {
  private let options: RunOptions
  /// What the cell under way has shown so far, as HTML.
  private var shown = ""
  /// Text printed since the last picture or value.
  private var printed = ""

  package init(_ options: RunOptions) { self.options = options }

  static let usage = "the use is `dls notebook FILE.dls -o PAGE.html [ARGUMENTS]`"

  package func run(_ arguments: [String]) -> Int32 {
    var rest = arguments
    var target: String?
    if let at = rest.firstIndex(of: "-o") {
      guard at + 1 < rest.count else { return Command.misuse("-o needs a file name") }
      target = rest[at + 1]
      rest.removeSubrange(at...(at + 1))
    }
    guard let path = rest.first, !path.hasPrefix("-") else {
      return Command.misuse(NotebookCommand.usage)
    }
    guard let text = FilePath.read(path) else {
      Terminal.writeError("error: cannot read `\(path)`\n")
      return 1
    }
    let base = path.hasSuffix(".dls") ? String(path.dropLast(4)) : path
    let (page, status) = page(path, text, Array(rest.dropFirst()))
    guard let page else { return status }
    do throws(Failure) { try SafeFile.write(target ?? base + ".html", Array(page.utf8)) } catch {
      Terminal.writeError("error: \(error.message)\n")
      return 1
    }
    return status
  }

  /// The page, whole even where the script failed; nil where it cannot be read as a script.
  private func page(_ path: String, _ text: String, _ arguments: [String]) -> (String?, Int32) {
    let parse = Parser.parse(Source(name: path, text: text), mode: .file)
    let runner = Runner(options)
    let session = runner.session(arguments) { [unowned self] in self.take($0) }
    let errors = parse.diagnostics.filter { $0.severity == .error }
    if !errors.isEmpty {
      for d in errors.prefix(10) { Runner.report(d) }
      return (nil, 1)
    }
    let cells = parse.program.cells
    var outputs: [Int: String] = [:]
    var at = 0
    let result = session.run(parse, path: FilePath.absolute(path)) { [unowned self] i, value in
      while at < cells.count, !cells[at].statements.contains(i) { at += 1 }
      guard at < cells.count, i == cells[at].statements.upperBound - 1 else { return }
      if let value { self.show(value) }
      outputs[at] = self.finished()
    }
    var failed = cells.count
    if result.hasFailed, !result.diagnostics.contains(where: { $0.code == "exit" }) {
      failed =
        cells.indices.first { $0 >= at && outputs[$0] == nil && !cells[$0].statements.isEmpty }
        ?? at
      outputs[failed] = finished() + result.diagnostics.map(NotebookCommand.diagnostic).joined()
    }
    var body = ""
    for (i, cell) in cells.enumerated() {
      body += NotebookCommand.section(cell, parse.source, outputs[i] ?? "")
      if i == failed { break }
    }
    return (NotebookCommand.whole(title(cells, path), body), runner.finish(result))
  }

  private func title(_ cells: [Program.Cell], _ path: String) -> String {
    for cell in cells where cell.kind == .markdown {
      if let line = cell.text.split(separator: "\n").first(where: { $0.hasPrefix("# ") }) {
        return String(line.dropFirst(2))
      }
    }
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  // MARK: Outputs

  private func take(_ output: Output) {
    switch output {
    case .text(let piece): printed += piece
    case .value(let value, _): show(value)
    case .figure(let object): show(.object(object))
    case .diagnostic(let d):
      flush()
      shown += NotebookCommand.diagnostic(d)
    case .status: break
    }
  }

  private func show(_ value: Value) {
    flush()
    guard case .object(let object) = value, let figure = object as? FigureObject else {
      shown += "<pre class=\"shown\">\(Highlighter.escaped(value.describe()))</pre>\n"
      return
    }
    if let svg = try? Plotter.draw(figure.data, .svg) {
      let text = String(decoding: svg, as: UTF8.self)
      let start = text.firstOffset(of: "<svg").map {
        String(decoding: Array(text.utf8)[$0...], as: UTF8.self)
      }
      shown += "<figure>\(start ?? text)</figure>\n"
    } else {
      let drawn = TextFigure.text(figure.data, columns: 100, rows: 30, .none)
      shown += "<pre class=\"shown\">\(Highlighter.escaped(drawn))</pre>\n"
    }
  }

  private func flush() {
    if printed.isEmpty { return }
    shown += "<pre class=\"printed\">\(Highlighter.escaped(printed))</pre>\n"
    printed = ""
  }

  private func finished() -> String {
    flush()
    defer { shown = "" }
    return shown
  }

  private static func diagnostic(_ d: Diagnostic) -> String {
    "<pre class=\"\(d.severity.rawValue)\">\(Highlighter.escaped(DiagnosticRenderer().render(d)))</pre>\n"
  }

  // MARK: The page

  private static func section(_ cell: Program.Cell, _ source: Source, _ output: String) -> String {
    var html = cell.title.isEmpty ? "" : "<h2>\(Markdown.inline(cell.title))</h2>\n"
    switch cell.kind {
    case .markdown: html += Markdown.html(cell.text)
    case .code:
      if cell.statements.isEmpty { return html }
      let lines = source.text(in: cell.span).split(
        separator: "\n", omittingEmptySubsequences: false)
      // The marker is the heading already, and outputs stand below.
      let code = lines.filter { line in
        let bare = line.drop { $0 == " " }
        return !bare.hasPrefix("# %%") && !bare.hasPrefix("#=>") && !bare.hasPrefix("#!")
      }
      let text = PromptCommands.trimmed(code.joined(separator: "\n"))
      html += "<pre class=\"code\">\(Highlighter.html(text))</pre>\n" + output
    }
    return "<section>\n\(html)</section>\n"
  }

  private static func whole(_ title: String, _ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>\(Highlighter.escaped(title))</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <style>
    \(HelpPage.style)
    .code { border-left: 3px solid #8250df; } .printed, .shown { background: none; padding: 0 1rem; }
    .error { color: #b3261e; } .warning { color: #8a5a00; } figure { margin: 1rem 0; }
    figure svg { max-width: 100%; height: auto; background: white; }
    table { border-collapse: collapse; } td, th { padding: 0.2rem 0.8rem; text-align: left; }
    \(Highlighter.style)
    </style></head><body>
    \(body)</body></html>

    """
  }
}
