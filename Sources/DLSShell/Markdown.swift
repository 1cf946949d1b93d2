// The Markdown of text cells as HTML: headings, paragraphs, lists, code, emphasis, links, tables.

import DLSSyntax

enum Markdown {
  static func html(_ text: String) -> String {
    var html = ""
    var paragraph: [String] = []
    var list: (tag: String, items: [String])?
    var rows: [String] = []
    var fence: [String]?
    func close() {
      if !paragraph.isEmpty { html += "<p>\(inline(paragraph.joined(separator: "\n")))</p>\n" }
      if let list {
        let items = list.items.map { "<li>\(inline($0))</li>" }.joined()
        html += "<\(list.tag)>\(items)</\(list.tag)>\n"
      }
      if !rows.isEmpty { html += table(rows) }
      (paragraph, list, rows) = ([], nil, [])
    }
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = String(raw)
      let bare = PromptCommands.trimmed(line)
      if bare.hasPrefix("```") {
        if let code = fence {
          html += "<pre>\(Highlighter.html(code.joined(separator: "\n")))</pre>\n"
          fence = nil
        } else {
          close()
          fence = []
        }
      } else if fence != nil {
        fence?.append(line)
      } else if bare.isEmpty {
        close()
      } else if let (level, title) = heading(bare) {
        close()
        html += "<h\(level)>\(inline(title))</h\(level)>\n"
      } else if bare.hasPrefix("|") {
        if rows.isEmpty { close() }
        rows.append(bare)
      } else if let (tag, item) = bullet(bare) {
        if list?.tag != tag { close() }
        list = (tag, (list?.items ?? []) + [item])
      } else if let open = list, line.hasPrefix(" "), let last = open.items.last {
        list?.items[open.items.count - 1] = last + "\n" + bare
      } else {
        if list != nil || !rows.isEmpty { close() }
        paragraph.append(bare)
      }
    }
    if let code = fence { html += "<pre>\(Highlighter.html(code.joined(separator: "\n")))</pre>\n" }
    close()
    return html
  }

  private static func heading(_ line: String) -> (Int, String)? {
    let level = line.prefix { $0 == "#" }.count
    guard level > 0, level <= 6, line.dropFirst(level).first == " " else { return nil }
    return (level, String(line.dropFirst(level + 1)))
  }

  private static func bullet(_ line: String) -> (String, String)? {
    if line.hasPrefix("- ") || line.hasPrefix("* ") { return ("ul", String(line.dropFirst(2))) }
    let digits = line.prefix { $0.isASCII && $0.isNumber }.count
    guard digits > 0, line.dropFirst(digits).hasPrefix(". ") else { return nil }
    return ("ol", String(line.dropFirst(digits + 2)))
  }

  private static func table(_ rows: [String]) -> String {
    var html = "<table>"
    for (i, row) in rows.enumerated() {
      if i == 1, row.allSatisfy({ "|-: ".contains($0) }) { continue }
      let tag = i == 0 ? "th" : "td"
      let cells = row.split(separator: "|").map {
        "<\(tag)>\(inline(PromptCommands.trimmed(String($0))))</\(tag)>"
      }
      html += "<tr>\(cells.joined())</tr>"
    }
    return html + "</table>\n"
  }

  /// Backquotes are code; what stands between two signs of emphasis is strong or slanted.
  static func inline(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { i, part in
      i % 2 == 1
        ? "<code>\(Highlighter.escaped(String(part)))</code>"
        : emphasised(Highlighter.escaped(String(part)))
    }.joined()
  }

  private static func emphasised(_ text: String) -> String {
    text.replacing(/\[([^\]\[]+)\]\((https?:[^)\s]+)\)/) {
      "<a href=\"\($0.output.2)\">\($0.output.1)</a>"
    }
    .replacing(/\*\*([^*]+)\*\*/) { "<strong>\($0.output.1)</strong>" }
    .replacing(/(^|[\s(])\*([^*\s][^*]*)\*/) { "\($0.output.1)<em>\($0.output.2)</em>" }
  }
}
