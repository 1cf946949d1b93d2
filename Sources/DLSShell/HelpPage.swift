// `dls help --html`: the whole reference as one page, from the topics and the words' declarations.

import DLSLibrary
import DLSRuntime
import DLSSyntax

package enum HelpPage {
  static let style = """
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
    pre { background: rgba(127, 127, 127, 0.1); padding: 0.7rem 1rem; overflow-x: auto; border-radius: 6px; }
    p code, li code { white-space: nowrap; }
    nav a { margin-right: 0.8rem; white-space: nowrap; } h3 { margin-bottom: 0.2rem; }
    h2 { border-bottom: 1px solid rgba(127, 127, 127, 0.4); margin-top: 2.5rem; }
    """

  package static func html() -> String {
    var body = "<h1>The dls language</h1>\n<nav>"
    for topic in LanguageReference.topics { body += link(topic.name, topic.title) }
    body += "</nav>\n<nav>"
    for family in Documentation.families { body += link("family-" + family.name, family.name) }
    body += "</nav>\n"
    for topic in LanguageReference.topics {
      body += "<section id=\"\(topic.name)\"><h2>\(Markdown.inline(topic.title))</h2>\n"
      body += paragraphs(topic.text) + example(topic.example) + "</section>\n"
    }
    for family in Documentation.families {
      body += "<section id=\"family-\(family.name)\"><h2>\(Markdown.inline(family.name))</h2>\n"
      for word in family.words { body += entry(word) }
      body += "</section>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>The dls language</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>
      \(style)
      \(Highlighter.style)
      </style></head><body>
      \(body)</body></html>

      """
  }

  private static func link(_ anchor: String, _ text: String) -> String {
    "<a href=\"#\(Highlighter.escaped(anchor))\">\(Highlighter.escaped(text))</a> "
  }

  private static func entry(_ word: Builtin) -> String {
    let name = word.name.hasPrefix(".") ? String(word.name.dropFirst()) : word.name
    var text = "<h3 id=\"\(Highlighter.escaped(name))\"><code>"
    text += Highlighter.escaped(Documentation.signature(word)) + "</code></h3>\n"
    text += "<p>\(Markdown.inline(word.summary))</p>\n"
    if !word.details.isEmpty { text += paragraphs(word.details) }
    if !word.example.isEmpty { text += example(word.example) }
    return text
  }

  private static func example(_ code: String) -> String {
    "<pre>\(Highlighter.html(code))</pre>\n"
  }

  /// Paragraphs stand apart by an empty line; an indented one is a table.
  private static func paragraphs(_ text: String) -> String {
    text.split(separator: "\n\n").map { part in
      part.hasPrefix("  ")
        ? "<pre>\(Highlighter.escaped(String(part)))</pre>\n"
        : "<p>\(Markdown.inline(String(part)))</p>\n"
    }.joined()
  }
}
