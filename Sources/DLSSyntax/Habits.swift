// What newcomers write out of habit from other languages, and what to write here.

/// A habit met in the text: the diagnostic that answers it.
struct Habit {
  var code: String
  var message: String
  var help: [String]
  var hidesRest = false

  init(_ code: String, _ message: String, _ help: String...) {
    self.code = code
    self.message = message
    self.help = help
  }

  /// The lines below follow another grammar.
  var hidingRest: Habit {
    var habit = self
    habit.hidesRest = true
    return habit
  }
}

extension Parser {
  /// A word of another language at the start of a statement.
  func habitOfStatement(_ word: String) -> Habit? {
    let next = peek()
    let isFollowed = isOperand(next) && !next.startsLine
    let isNamed: Bool
    if case .name = next.kind { isNamed = isFollowed } else { isNamed = false }
    switch word {
    case "def", "function", "func":
      return isNamed
        ? Habit(
          "python-habit", "`\(word)` is not a word here",
          "a function is `f(x) = x^2`, or `fn f(x) { … }` with a block"
        ).hidingRest : nil
    case "class", "struct":
      return isNamed
        ? Habit("python-habit", "`\(word)` is not a word here", "a model is `model Name(…) { … }`")
          .hidingRest : nil
    case "let", "var", "const", "local", "int", "float", "double", "auto", "string", "String",
      "bool":
      return isNamed
        ? Habit("declaration-habit", "`\(word)` is not needed", "assign alone: `x = 1`") : nil
    case "from":
      return isNamed
        ? Habit(
          "python-habit", "`from … import` is not there",
          "tensors, layers and plots need no import; a script is imported by `import name`") : nil
    case "using", "require", "include":
      return isFollowed
        ? Habit(
          "python-habit", "`\(word)` is not there",
          "tensors, layers and plots need no import; a script is imported by `import name`") : nil
    case "elif", "elseif", "elsif":
      return Habit("python-habit", "`\(word)` is written `else if`", "write `else if`")
    case "raise":
      return isFollowed
        ? Habit("python-habit", "`raise` is written `throw`", "write `throw \"what is wrong\"`")
        : nil
    case "except":
      return Habit("python-habit", "`except` is written `catch`", "write `try { … } catch e { … }`")
    case "with":
      if isKeyword(.noGrad, 1) {
        return Habit("python-habit", "`with` is not a word here", "write `no_grad { … }`")
      }
      return isNamed
        ? Habit(
          "python-habit", "`with` is not a word here",
          "without gradients: `no_grad { … }`; files are read at once: `read_file(path)`"
        ).hidingRest : nil
    case "pass":
      return next.startsLine || isSign(.rightBrace, 1)
        ? Habit("python-habit", "`pass` is not a word here", "an empty block is `{ }`") : nil
    case "del":
      return isNamed
        ? Habit(
          "python-habit", "`del` is not a word here",
          "a name goes by itself; an entry of a dict by `d.remove(key)`") : nil
    case "do", "repeat", "loop", "until", "unless":
      return isSign(.leftBrace, 1)
        ? Habit("c-habit", "`\(word)` is not there", "a loop is `while c { … }`") : nil
    case "yield", "async", "await":
      return isFollowed
        ? Habit(
          "python-habit", "`\(word)` is not a word here",
          "gather in a list: `xs.append(x)`, or write `[f(x) for x in xs]`") : nil
    case "switch", "match":
      return isNamed
        ? Habit(
          "c-habit", "`\(word)` is not there", "write `if x == 1 { … } else if x == 2 { … }`") : nil
    case "print", "println", "echo":
      return isFollowed
        ? Habit("python-habit", "print is a function", "write `print(\(lineText(after: next)))`")
        : nil
    default: return nil
    }
  }

  /// What follows a finished statement on its line, and cannot.
  func habitAfter(_ statement: Statement) -> Habit? {
    let text = source.text(in: statement.span)
    if let habit = habitOfComment(statement) { return habit }
    switch token.kind {
    case .name("is"):
      return isKeyword(.not, 1)
        ? Habit("python-habit", "`is not` is not an operator", "write `\(text) != …`")
        : Habit("python-habit", "`is` is not an operator", "write `\(text) == …`")
    case .keyword(.for):
      return Habit(
        "python-habit", "a comprehension stands in square brackets", "write `[\(text) for …]`")
    case .sign(.ellipsis): return habitOfOperator(in: nil)
    case .keyword(.if):
      return Habit(
        "python-habit", "a value with a condition begins with `if`",
        "write `if c { a } else { b }`, which is an expression")
    case .sign(.question):
      return Habit(
        "c-habit", "`?` is not an operator", "write `if c { a } else { b }`, which is an expression"
      )
    case .sign(.colon) where isSign(.assign, 1) && !peek().hasSpaceBefore:
      return Habit("c-habit", "`:=` is not an operator", "assignment is `=`")
    case .sign(.colon):
      if case .expression(let e) = statement.kind, case .call = e.kind {
        return Habit(
          "python-habit", "`:` does not begin a block", "a function is `\(text) = …`")
      }
      if let range = rangeByColon(after: tokens[index - 1]) {
        return Habit(
          "python-habit", "`:` makes no range here",
          "a range is `\(range)`, as a tensor `arange(0, 10)`")
      }
      return Habit("python-habit", "`:` does not begin a block", "blocks stand in braces: `{ … }`")
        .hidingRest
    case .sign(.ampersand), .sign(.bar): return habitOfOperator(in: nil)
    case .sign(.arrow):
      if case .expression(let e) = statement.kind, case .call = e.kind {
        return Habit(
          "expected-token", "the statement is over here, but `->` follows",
          "a function is `\(text) = …`; an anonymous one `(x) -> …`")
      }
      return Habit(
        "expected-token", "the statement is over here, but `->` follows",
        "to compose layers: `>>`; a value goes into a function by `x |> f`")
    case .sign(.leftBrace):
      if case .expression(let e) = statement.kind, case .call = e.kind {
        return Habit(
          "expected-token", "the statement is over here, but `{` follows",
          "a function is `fn \(text) { … }`, or `\(text) = …`")
      }
      return Habit(
        "expected-token", "the statement is over here, but `{` follows",
        "an anonymous function is `x -> { … }` or `fn(x) { … }`; `while c { … }` makes a loop")
    case .sign(.leftParen):
      return Habit(
        "expected-token", "the statement is over here, but `(` follows",
        "a product needs its sign: `\(text) * (…)`")
    case .name, .string, .int, .float:
      return habitOfOperand(after: text, statement)
    case .keyword, .sign, .bad, .end: return nil
    }
  }

  /// `x = 3 // words`: what follows the sign was meant as a comment.
  private func habitOfComment(_ statement: Statement) -> Habit? {
    var i = index - 1
    while i > 0, tokens[i].span.start > statement.span.start, !tokens[i].startsLine {
      if case .sign(.floorDivide) = tokens[i].kind {
        return Habit(
          "c-habit", "the statement is over here, but \(describe(token)) follows",
          "a comment begins with `#`; `//` divides and rounds down")
      }
      i -= 1
    }
    return nil
  }

  private func habitOfOperand(after text: String, _ statement: Statement) -> Habit? {
    let here = "the statement is over here, but \(describe(token)) follows"
    if isName("mod") { return Habit("expected-token", here, "the remainder is `a % b`") }
    if isName("div") { return Habit("expected-token", here, "whole division is `a // b`") }
    if text == "new" || text.hasSuffix(" new") {
      return Habit(
        "expected-token", here, "there is no `new`: call `\(source.text(in: token.span))(…)`")
    }
    guard case .expression(let e) = statement.kind else { return nil }
    switch e.kind {
    case .name, .member:
      return Habit(
        "expected-token", "the statement is over here, but \(describe(token)) follows",
        "to call `\(text)`: `\(text)(\(source.text(in: token.span)))`")
    default: return nil
    }
  }

  /// An operator of another language after an operand; `closing` is the bracket that was expected.
  func habitOfOperator(in closing: Sign?) -> Habit? {
    switch token.kind {
    case .sign(.ampersand):
      Habit(
        "c-habit", "`&` is not an operator", "write `and`; for tensors `logical_and(a, b)`")
    case .sign(.bar):
      Habit(
        "c-habit", "`|` is not an operator",
        "a value goes into a function by `|>`; for tensors `logical_or(a, b)`")
    case .sign(.ellipsis):
      Habit("c-habit", "`...` makes no range", "a range is `a..b`, b left out")
    case .sign(.semicolon) where closing == .rightBracket:
      Habit(
        "expected-token", "`;` does not end a row", "rows are lists: `[[1, 2], [3, 4]]`")
    case .sign(.question):
      Habit(
        "c-habit", "`?` is not an operator", "write `if c { a } else { b }`, which is an expression"
      )
    default: nil
    }
  }

  /// `1:10` as a range; nil where the colon begins what other languages call a block.
  func rangeByColon(after from: Token) -> String? {
    let to = peek()
    if to.startsLine { return nil }
    switch (from.kind, to.kind) {
    case (.int, .int), (.name, .int): break
    case (.int, .name), (.name, .name):
      if isSign(.leftParen, 2) || isSign(.assign, 2) { return nil }
    default: return nil
    }
    return "\(source.text(in: from.span))..\(source.text(in: to.span))"
  }

  /// `x.^2`: what MATLAB and Julia write for each element.
  func habitOfPoint() -> Habit? {
    switch token.kind {
    case .sign(.star), .sign(.slash), .sign(.caret), .sign(.plus), .sign(.minus):
      let sign = source.text(in: token.span)
      return Habit(
        "expected-token", "`.\(sign)` is not an operator",
        "operators work element by element: write `\(sign)`")
    case .sign(.leftParen):
      return Habit(
        "expected-token", "a name must follow the point, found `(`",
        "functions work element by element: leave the point out")
    default: return nil
    }
  }

  /// After `f(x) =`.
  private var isCallBefore: Bool {
    if index > 1, case .sign(.rightParen) = tokens[index - 2].kind { return true }
    return false
  }

  /// An operator of another language where an expression should begin.
  func habitOfExpression() -> Habit? {
    if index > 0, !token.hasSpaceBefore, case .sign(let before) = tokens[index - 1].kind {
      let sign = before.rawValue
      switch (before, token.kind) {
      case (.equal, .sign(.assign)):
        return Habit("c-habit", "`===` is not an operator", "write `==`")
      case (.notEqual, .sign(.assign)):
        return Habit("c-habit", "`!==` is not an operator", "write `!=`")
      case (.rangeTo, .sign(.assign)):
        return Habit(
          "c-habit", "`..=` is not there", "the end of `a..b` is left out: add one to it")
      case (.less, .sign(.greater)):
        return Habit("c-habit", "`<>` is not an operator", "write `!=`")
      case (.at, .sign(.assign)), (.percent, .sign(.assign)), (.caret, .sign(.assign)),
        (.starStar, .sign(.assign)), (.floorDivide, .sign(.assign)):
        return Habit(
          "c-habit", "`\(sign)=` is not there", "write `x = x \(sign == "**" ? "^" : sign) …`")
      default: break
      }
    }
    switch token.kind {
    case .sign(.rightParen), .sign(.rightBracket), .sign(.rightBrace):
      if index == 0 || token.startsLine {
        return Habit("unmatched-bracket", "\(describe(token)) closes nothing")
      }
    case .sign(.greater):
      if index > 0, case .sign(.assign) = tokens[index - 1].kind, !token.hasSpaceBefore {
        return Habit(
          "c-habit", "`=>` is not an operator",
          isCallBefore
            ? "a function is `f(x) = …`, an anonymous one `x -> …`"
            : "an anonymous function is `x -> …`")
      }
    case .sign(.floorDivide):
      if token.startsLine {
        return Habit("c-habit", "`//` does not begin a comment", "a comment begins with `#`")
      }
    case .sign(.slash):
      if isSign(.star, 1) {
        return Habit("c-habit", "`/*` does not begin a comment", "a comment begins with `#`")
      }
    case .sign(.ampersand): return Habit("c-habit", "`&` is not an operator", "write `and`")
    case .sign(.bar): return Habit("c-habit", "`|` is not an operator", "write `or`, or `|>`")
    default: break
    }
    return nil
  }

  /// True for what can begin an operand: `print x`, `[1 2]`.
  func isOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .name, .string, .int, .float: true
    case .keyword, .sign, .bad, .end: false
    }
  }

  /// The rest of a line from a token on, for a mend that repeats it.
  private func lineText(after token: Token) -> String {
    let line = source.position(of: Int(token.span.start)).line
    let start = Int(token.span.start)
    let end = line < source.lineStarts.count ? source.lineStarts[line] - 1 : source.bytes.count
    var text = trimmed(source.text(in: Span(start, end)))
    if text.hasSuffix("}"), !text.contains("{") { text = trimmed(String(text.dropLast())) }
    return text.count > 40 || text.contains("#") || text.contains(";") ? "…" : text
  }
}
