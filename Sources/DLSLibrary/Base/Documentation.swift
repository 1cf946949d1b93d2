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

  package static func page(_ builtin: Builtin) -> String {
    let name = builtin.name.hasPrefix(".") ? "x" + builtin.name : builtin.name
    var text = "\(name)(\(Signature.text(builtin.parameters)))\n\(builtin.summary)"
    if !builtin.details.isEmpty { text += "\n" + builtin.details }
    if case .op(let op) = builtin.body, case .none(let why) = op.gradient {
      text += "\nNo gradient: \(why)."
    }
    if !builtin.example.isEmpty {
      text += "\n\n  " + builtin.example.split(separator: "\n").joined(separator: "\n  ")
    }
    return text
  }

  package static func topic(_ name: String) -> String? {
    if let builtin = Library.builtins.first(where: { $0.name == name || $0.name == "." + name }) {
      return page(builtin)
    }
    let family = Library.builtins.filter { $0.family.lowercased() == name.lowercased() }
    if family.isEmpty { return nil }
    return family.map { "\($0.name): \($0.summary)" }.joined(separator: "\n")
  }

  /// All words by family.
  package static var index: String {
    var families: [(String, [String])] = []
    for builtin in Library.builtins {
      let name = builtin.name.hasPrefix(".") ? String(builtin.name.dropFirst()) : builtin.name
      if let at = families.firstIndex(where: { $0.0 == builtin.family }) {
        families[at].1.append(name)
      } else {
        families.append((builtin.family, [name]))
      }
    }
    return families.map { "\($0.0): \($0.1.joined(separator: " "))" }.joined(separator: "\n")
  }
}
