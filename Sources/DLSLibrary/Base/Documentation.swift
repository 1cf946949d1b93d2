// Help, made from the declarations themselves.

import DLSRuntime
import DLSTensor

package enum Documentation {
  /// What is known about a value: its signature, summary, details and example.
  package static func of(_ value: Value) -> String? {
    guard case .object(let object) = value else { return nil }
    switch object {
    case let word as BuiltinObject: return page(word.builtin)
    case let function as FunctionObject:
      return "\(function.describedSignature)" + (function.documentation.map { "\n" + $0 } ?? "")
    case let type as TypeObject:
      return type.name
        + (type.dtype == nil ? ": a type; converts when called" : ": an element type")
    default: return object.documentationText
    }
  }

  /// `softmax(input, dim=-1)`; a word that is only a method with what it is called on.
  package static func signature(_ builtin: Builtin) -> String {
    guard builtin.name.hasPrefix(".") else {
      return "\(builtin.name)(\(Signature.text(builtin.parameters)))"
    }
    return "x\(builtin.name)(\(Signature.text(Array(builtin.parameters.dropFirst()))))"
  }

  package static func page(_ builtin: Builtin) -> String {
    var text = "\(signature(builtin))\n\(builtin.summary)"
    if !builtin.details.isEmpty { text += "\n" + builtin.details }
    if case .op(let op) = builtin.body, case .none(let why) = op.gradient {
      text += "\nNo gradient: \(why)."
    }
    if !builtin.example.isEmpty {
      text += "\n\n  " + builtin.example.split(separator: "\n").joined(separator: "\n  ")
    }
    return text
  }

  /// What is known about a word, a topic of the language or a family of words.
  package static func topic(_ name: String) -> String? {
    let topic = LanguageReference.topic(name)
    if let builtin = Library.builtins.first(where: { $0.name == name || $0.name == "." + name }) {
      return page(builtin) + (topic.map { "\n\nSee also: \($0.name)" } ?? "")
    }
    if let topic { return topic.page }
    let family = families.first { $0.name.lowercased() == name.lowercased() }
    return family?.words.map { "\(signature($0))\n    \($0.summary)" }.joined(separator: "\n")
  }

  /// Every name that help knows, for the nearest one to a misspelt.
  package static var names: [String] {
    Library.builtins.map { $0.name.hasPrefix(".") ? String($0.name.dropFirst()) : $0.name }
      + LanguageReference.topics.flatMap { [$0.name] + $0.aliases } + families.map(\.name)
  }

  /// The words by family, in the order of their declaration.
  package static var families: [(name: String, words: [Builtin])] {
    var families: [(name: String, words: [Builtin])] = []
    for builtin in Library.builtins {
      if let at = families.firstIndex(where: { $0.name == builtin.family }) {
        families[at].words.append(builtin)
      } else {
        families.append((builtin.family, [builtin]))
      }
    }
    return families
  }

  /// All words by family.
  package static var index: String {
    families.map { family in
      let names = family.words.map {
        $0.name.hasPrefix(".") ? String($0.name.dropFirst()) : $0.name
      }
      return wrapped("\(family.name):", names)
    }.joined(separator: "\n")
  }

  /// Words in lines of at most 78 columns, those after the first further in.
  private static func wrapped(_ title: String, _ words: [String]) -> String {
    var lines = ["  " + title]
    for word in words {
      if lines[lines.count - 1].count + word.count + 1 > 78 { lines.append("   ") }
      lines[lines.count - 1] += " " + word
    }
    return lines.joined(separator: "\n")
  }
}
