// `dls help`: the topics of the language, the words, the commands and the lecture's scripts.

import DLSLibrary
import DLSRuntime
import DLSSyntax

package enum HelpCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--html") {
      Terminal.write(HelpPage.html())
      return 0
    }
    guard let topic = arguments.first else {
      Terminal.write(index)
      return 0
    }
    if topic == "lecture" {
      Terminal.write(Lecture.index)
      return 0
    }
    guard let page = page(topic) else {
      let near = Spelling.nearest(to: topic, in: Documentation.names + ["lecture"])
      return Command.misuse(
        "there is no help on `\(topic)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    Terminal.write(coloured(page) + "\n")
    return 0
  }

  /// What is known about a topic, word, family, command of the prompt or error code.
  package static func page(_ name: String) -> String? {
    if let page = Documentation.topic(name) { return page }
    if let entry = DiagnosticCatalog.named(name) { return entry.page }
    let bare = name.hasPrefix(":") ? String(name.dropFirst()) : name
    return PromptCommands.all.first { $0.name == bare }.map { "\($0.usage)\n\($0.summary)" }
  }

  /// Indented lines are code.
  static func coloured(_ page: String) -> String {
    if !Terminal.isColoured(1) { return page }
    return page.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("  ") ? Highlighter.ansi(String(line)) : String(line)
    }.joined(separator: "\n")
  }

  package static var index: String {
    """
    `dls help TOPIC` explains one of these, `dls help --html` writes all as a page,
    `dls help lecture` lists the lecture's scripts. At the prompt: `?topic`.

    The language:
    \(LanguageReference.topics.map { "  " + Columns.pad($0.name, 16) + $0.title }.joined(separator: "\n"))

    The words:
    \(Documentation.index)

    """
  }
}

enum Columns {
  static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(2, width - text.count))
  }
}

/// The lecture's scripts, told by their own head lines.
package enum Lecture {
  package static var index: String {
    let scripts = Home.scriptFolders.flatMap { folder in
      FilePath.list(folder).filter { $0.hasSuffix(".dls") }.map { folder + "/" + $0 }
    }
    if scripts.isEmpty { return "there are no scripts beside this program\n" }
    return scripts.map { path in
      let (title, topic) = head(path)
      let file = path.split(separator: "/").last.map(String.init) ?? path
      return Columns.pad(file, 28) + title
        + (topic.isEmpty ? "" : "\n" + Columns.pad("", 28) + topic)
    }.joined(separator: "\n") + "\n"
  }

  /// The title of a script's first markdown cell, and the first sentence below it.
  static func head(_ path: String) -> (title: String, topic: String) {
    guard let text = FilePath.read(path) else { return ("", "") }
    let cells = Parser.parse(Source(name: path, text: text)).program.cells
    guard let cell = cells.first(where: { $0.kind == .markdown }) else { return ("", "") }
    var title = cell.title
    var words: [Substring] = []
    for line in cell.text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") {
        if title.isEmpty { title = PromptCommands.trimmed(String(line.drop { $0 == "#" })) }
      } else if line.isEmpty {
        if !words.isEmpty { break }
      } else {
        words += line.split(separator: " ")
      }
    }
    let end = words.firstIndex { $0.hasSuffix(".") } ?? words.count - 1
    return (title, words.isEmpty ? "" : words[...end].joined(separator: " "))
  }
}
