// What newcomers write out of habit from other languages, and what to write here.

/// A habit met in the text: the diagnostic that answers it.
struct Habit {
  var code: String
  var message: String
  var help: [String]

  init(_ code: String, _ message: String, _ help: String...) {
    self.code = code
    self.message = message
    self.help = help
  }
}

package enum Habits {
  /// A word of another language at the start of a statement.
  static func ofStatement(_ word: String, _ next: Token, _ parser: Parser) -> Habit? {
    let followedByName: Bool
    if case .name = next.kind { followedByName = true } else { followedByName = false }
    switch word {
    case "def", "function", "func":
      return followedByName
        ? Habit(
          "python-habit", "`\(word)` is not a word here",
          "a function is `f(x) = x^2`, or `fn f(x) { … }` with a block") : nil
    case "class", "struct":
      return followedByName
        ? Habit("python-habit", "`\(word)` is not a word here", "a model is `model Name(…) { … }`")
        : nil
    case "let", "var", "const":
      return followedByName
        ? Habit("declaration-habit", "`\(word)` is not needed", "assign alone: `x = 1`") : nil
    case "from":
      return followedByName
        ? Habit(
          "python-habit", "`from … import` is not there", "write `import name`, then `name.word`")
        : nil
    case "elif":
      return Habit("python-habit", "`elif` is written `else if`", "write `else if`")
    case "raise":
      return followedByName
        ? Habit("python-habit", "`raise` is written `throw`", "write `throw \"what is wrong\"`")
        : nil
    case "except":
      return Habit("python-habit", "`except` is written `catch`", "write `try { … } catch e { … }`")
    case "del", "pass", "with", "yield", "async", "await":
      return followedByName || word == "pass" && parser.peek().startsLine
        ? Habit("python-habit", "`\(word)` is not a word here") : nil
    case "print":
      if case .string = next.kind, !next.startsLine {
        return Habit("python-habit", "print is a function", "write `print(…)`")
      }
      return nil
    default: return nil
    }
  }

  /// A name followed on its line by what cannot follow it.
  static func ofName(_ name: String, followedBy next: Token, _ parser: Parser) -> Habit? {
    nil
  }

  /// Python's constants, as unknown names.
  package static func ofUnknownName(_ name: String) -> String? {
    switch name {
    case "True": "write `true`"
    case "False": "write `false`"
    case "None", "nil", "null": "write `none`"
    default: nil
    }
  }
}
