// What an expression begins with: literals, names, brackets, blocks, `if`, `try`, functions.

extension Parser {
  mutating func primary() -> Expression {
    let start = token.span
    switch token.kind {
    case .int(let value):
      advance()
      return Expression(.int(value), start)
    case .float(let value):
      advance()
      return Expression(.float(value), start)
    case .string(let parts):
      advance()
      return Expression(.string(stringParts(parts)), start)
    case .name(let text):
      return named(text)
    case .keyword(let keyword):
      return keywordExpression(keyword)
    case .sign(.leftParen): return parenthesised()
    case .sign(.leftBracket): return list()
    case .sign(.leftBrace):
      return isDictAhead() ? dict() : Expression(.block(block("block")), span(from: start))
    case .sign(.dot):
      if case .int = peek().kind, !peek().hasSpaceBefore {
        let digits = source.text(in: peek().span)
        report(
          "bad-number", "a digit must stand before the point", start, help: ["write `0.\(digits)`"])
        advance()
        advance()
        return Expression(.error, span(from: start))
      }
    case .sign(.quote):
      report(
        "python-habit", "strings stand in double quotes", start,
        help: ["write `\"…\"`; after a tensor, `x'` is its transpose"])
      return Expression(.error, start)
    case .sign(.colon) where mode == .file && token.startsLine:
      report(
        "prompt-only", "commands such as `:vars` work at the prompt only", start,
        help: ["in a script: `print(vars())`, `print(help())`"])
      return Expression(.error, start)
    case .sign(.question):
      report(
        "prompt-only", "`?name` works at the prompt only", start,
        help: ["in a script: `print(doc(name))`"])
      return Expression(.error, start)
    case .sign, .bad, .end: break
    }
    if let habit = habitOfExpression() {
      report(habit, start)
      return Expression(.error, start)
    }
    if case .bad = token.kind { hasFailed = true }
    report("expected-expression", "an expression is missing here, found \(describe(token))", start)
    if isEnd { isUnfinished = true }
    return Expression(.error, start)
  }

  private mutating func named(_ text: String) -> Expression {
    let start = token.span
    advance()
    if text == "_" { return Expression(.placeholder, start) }
    return Expression(.name(text), start)
  }

  private mutating func keywordExpression(_ keyword: Keyword) -> Expression {
    let start = token.span
    switch keyword {
    case .true, .false:
      advance()
      return Expression(.bool(keyword == .true), start)
    case .none:
      advance()
      return Expression(.none, start)
    case .if: return conditional()
    case .try:
      advance()
      let body = block("`try`")
      if isName("except") {
        report(
          "python-habit", "`except` is written `catch`", token.span,
          help: ["write `try { … } catch e { … }`"])
      }
      if !take(.catch) {
        report(
          "expected-token", "`catch` is missing after `try { … }`", start,
          help: [
            isName("finally")
              ? "there is no `finally`: what runs in any case stands after the `catch`"
              : "write `try { … } catch e { … }`"
          ])
        return Expression(.error, start)
      }
      var name: Name?
      if case .name(let text) = token.kind {
        name = Name(text, token.span)
        advance()
      }
      let handler = block("`catch`")
      return Expression(.try(body: body, name: name, handler: handler), span(from: start))
    case .noGrad:
      advance()
      return Expression(.noGrad(block("`no_grad`")), span(from: start))
    case .fn:
      advance()
      guard isSign(.leftParen) else {
        report(
          "expected-token", "`fn` inside an expression takes its parameters in brackets",
          token.span, help: ["write `x -> …` or `fn(x) { … }`"])
        return Expression(.error, start)
      }
      let parameters = parameterList()
      _ = take(.assign)
      let body = functionBody()
      return Expression(
        .function(Function(name: nil, parameters: parameters, body: body, span: span(from: start))),
        span(from: start))
    case .not:
      advance()
      let operand = nested { $0.unary() } ?? Expression(.error, start)
      return Expression(.not(operand), span(from: start))
    default:
      let isCut = mode == .prompt && index == 0 && (keyword == .else || keyword == .catch)
      report(
        "expected-expression", "`\(keyword.rawValue)` cannot stand here: an expression is missing",
        start,
        help: keyword == .for || keyword == .while
          ? ["a loop has no value; a list of values is `[x^2 for x in 0..3]`"]
          : keyword == .return
            ? ["a function's value is its last expression: leave `return` out, or write a block"]
            : isCut
              ? ["at the prompt it stands on the line of the brace: `} \(keyword.rawValue) { … }`"]
              : []
      )
      return Expression(.error, start)
    }
  }

  /// `if c { a } else if d { b } else { c }`; `else` may begin the next line.
  private mutating func conditional() -> Expression {
    let start = token.span
    advance()
    let condition = expression()
    if isSign(.assign) {
      report(
        "assign-in-condition", "`=` assigns; a condition compares", token.span,
        help: ["write `==`"])
    }
    let then = block("`if`")
    var otherwise: Block?
    if isKeyword(.else) {
      advance()
      if isKeyword(.if) {
        let inner = nested { $0.conditional() } ?? Expression(.error, token.span)
        otherwise = Block([Statement(.expression(inner), inner.span)], inner.span)
      } else {
        otherwise = block("`else`")
      }
    } else if isName("elif"), !lineEnded || token.startsLine {
      report("python-habit", "`elif` is written `else if`", token.span, help: ["write `else if`"])
    }
    return Expression(
      .if(condition: condition, then: then, otherwise: otherwise), span(from: start))
  }

  private mutating func parenthesised() -> Expression {
    let opened = token.span
    advance()
    return withNewlines(ignored: true) { p in
      if p.take(.rightParen) { return Expression(.tuple([]), p.span(from: opened)) }
      let first = p.spreadOrExpression()
      if p.isSign(.comma) {
        var items = [first]
        while p.take(.comma), !p.isSign(.rightParen), !p.isEnd {
          items.append(p.spreadOrExpression())
        }
        p.expect(.rightParen, "to close the tuple", opened: opened)
        return Expression(.tuple(items), p.span(from: opened))
      }
      if p.isKeyword(.for) {
        let result = p.comprehension(first, opened)
        p.expect(.rightParen, "to close the comprehension", opened: opened)
        return Expression(result.kind, p.span(from: opened))
      }
      p.expect(.rightParen, "to close the bracket", opened: opened)
      return Expression(first.kind, p.span(from: opened))
    }
  }

  private mutating func list() -> Expression {
    let opened = token.span
    advance()
    return withNewlines(ignored: true) { p in
      var items: [Expression] = []
      while !p.isSign(.rightBracket), !p.isEnd, !p.hasFailed {
        items.append(p.spreadOrExpression())
        if p.isKeyword(.for), items.count == 1 {
          let result = p.comprehension(items[0], opened)
          p.expect(.rightBracket, "to close the comprehension", opened: opened)
          return Expression(result.kind, p.span(from: opened))
        }
        if !p.take(.comma) { break }
      }
      p.expect(.rightBracket, "to close the list", opened: opened)
      return Expression(.list(items), p.span(from: opened))
    }
  }

  mutating func comprehension(_ body: Expression, _ opened: Span) -> Expression {
    var clauses: [ComprehensionClause] = []
    while !hasFailed {
      if take(.for) {
        let pattern = pattern()
        if !take(.in) {
          report("expected-token", "`in` is missing in the comprehension", token.span)
        }
        clauses.append(.for(pattern, in: expression()))
      } else if take(.if) {
        clauses.append(.if(expression()))
      } else {
        break
      }
    }
    return Expression(.comprehension(body: body, clauses: clauses), span(from: opened))
  }

  /// `{` then `}`, or a name, string, number or keyword and `:`, is a dict.
  func isDictAhead() -> Bool {
    if isSign(.rightBrace, 1) { return true }
    switch peek(1).kind {
    case .name, .string, .int, .float, .keyword: return isSign(.colon, 2)
    case .sign(.leftParen):
      guard let after = indexAfterBrackets(index + 1) else { return false }
      if case .sign(.colon) = tokens[after].kind { return true }
      return false
    case .sign, .bad, .end: return false
    }
  }

  private mutating func dict() -> Expression {
    let opened = token.span
    advance()
    return withNewlines(ignored: true) { p in
      var entries: [DictEntry] = []
      while !p.isSign(.rightBrace), !p.isEnd, !p.hasFailed {
        let start = p.token.span
        var key: Expression
        switch p.token.kind {
        case .name(let text) where p.isSign(.colon, 1):
          p.advance()
          key = Expression(.string([.text(text)]), start)
        case .keyword(let word) where p.isSign(.colon, 1) && word != .true && word != .false:
          p.advance()
          key = Expression(.string([.text(word.rawValue)]), start)
        default: key = p.expression()
        }
        p.expect(.colon, "between a key and its value")
        let value = p.expression()
        if p.isKeyword(.for) {
          p.report(
            "python-habit", "there is no dict comprehension", p.token.span,
            help: ["write `dict([(k, v) for …])`"])
        }
        entries.append(DictEntry(key: key, value: value))
        if !p.take(.comma) { break }
      }
      p.expect(.rightBrace, "to close the dict", opened: opened)
      return Expression(.dict(entries), p.span(from: opened))
    }
  }

  // MARK: Anonymous functions

  /// The index after a bracketed group that begins at `start`; nil when it does not close.
  func indexAfterBrackets(_ start: Int) -> Int? {
    var depth = 0
    var i = start
    while i < tokens.count - 1 {
      if case .sign(let sign) = tokens[i].kind {
        switch sign {
        case .leftParen, .leftBracket, .leftBrace: depth += 1
        case .rightParen, .rightBracket, .rightBrace:
          depth -= 1
          if depth == 0 { return i + 1 }
          if depth < 0 { return nil }
        default: break
        }
      }
      i += 1
    }
    return nil
  }

  /// `x -> e`, `(x, y=2) -> e`, `() -> e`.
  mutating func lambda() -> Expression? {
    let start = token.span
    if case .name(let text) = token.kind {
      if text == "lambda", !isSign(.arrow, 1), !isSign(.assign, 1), !isSign(.leftParen, 1),
        !isSign(.dot, 1), !lineEnded,
        case .name = peek().kind
      {
        report(
          "python-habit", "`lambda` is not a word here", start,
          help: ["write `x -> …` or `(x, y) -> …`"])
        return Expression(.error, start)
      }
      guard isSign(.arrow, 1) else { return nil }
      advance()
      advance()
      let parameters = [FunctionParameter(name: Name(text, start))]
      return finishLambda(parameters, start)
    }
    guard isSign(.leftParen), let after = indexAfterBrackets(index),
      case .sign(.arrow) = tokens[after].kind
    else { return nil }
    let parameters = parameterList()
    if !take(.arrow) { return Expression(.error, start) }
    return finishLambda(parameters, start)
  }

  private mutating func finishLambda(_ parameters: [FunctionParameter], _ start: Span) -> Expression
  {
    let body = functionBody()
    return Expression(
      .function(Function(name: nil, parameters: parameters, body: body, span: span(from: start))),
      span(from: start))
  }

  /// A block, or one expression.
  mutating func functionBody() -> Block {
    if isSign(.leftBrace), !isDictAhead() { return block("the function") }
    let value = nested { $0.expression() } ?? Expression(.error, token.span)
    return Block([Statement(.expression(value), value.span)], value.span)
  }

  // MARK: Strings

  /// What was meant by a sign after an interpolated expression.
  private var helpInBraces: String {
    if isSign(.bang) { return "there is no `!r`: `{x}` shows a value as `print` does" }
    if isSign(.assign) { return "there is no `{x=}`: write `x={x}`" }
    return "a brace itself is written `\\{`"
  }

  /// Parses the interpolated expressions of a string, each with a lexer of its own.
  mutating func stringParts(_ raw: [RawStringPart]) -> [StringPart] {
    raw.map { part in
      switch part {
      case .text(let text): return .text(text)
      case .interpolation(let start, let end, let format):
        var lexer = Lexer(source, from: start, to: end)
        lexer.run()
        var inner = Parser(source, mode, lexer)
        inner.ignoresNewlines = true
        inner.depth = depth + 1
        let value =
          inner.depth >= Parser.maxDepth ? Expression(.error, Span(start, end)) : inner.expression()
        if !inner.isEnd {
          inner.report(
            "expected-token",
            "an interpolation holds one expression, found \(inner.describe(inner.token)) after it",
            inner.token.span, help: [inner.helpInBraces])
        }
        diagnostics += inner.diagnostics
        return .interpolation(value, format: stringParts(format))
      }
    }
  }
}
