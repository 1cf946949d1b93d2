// One topic of the language reference: help, the prompt's `?topic` and the page are made from these.

import DLSSyntax

/// A part of the language, explained once. Its example runs as a test.
package struct Topic: Sendable {
  package var name: String
  package var title: String
  /// Other words that lead here: keywords, signs.
  package var aliases: [String]
  package var text: String
  package var example: String

  init(_ name: String, _ title: String, _ aliases: [String] = [], _ text: String, example: String) {
    self.name = name
    self.title = title
    self.aliases = aliases
    self.text = text
    self.example = example
  }

  package var page: String {
    "\(title)\n\n\(text)\n\n  "
      + example.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\n  ")
  }
}

package enum LanguageReference {
  package static let topics: [Topic] = LanguageTopics.values + LanguageTopics.code

  package static func topic(_ name: String) -> Topic? {
    topics.first { $0.name == name } ?? topics.first { $0.aliases.contains(name) }
  }

  /// The table of operators, loosest first, as the parser reads them.
  package static var operatorTable: String {
    let rows = Grammar.operators.map { ($0.signs.joined(separator: "  "), $0.note) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map {
      "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1
    }.joined(separator: "\n")
  }
}
