// Statements: assignments, definitions, loops, jumps, imports.

extension Parser {
  /// Statements up to a closing brace (`until`) or the end of the text.
  mutating func statements(until closing: Sign?) -> [Statement] {
    var result: [Statement] = []
    while !isEnd {
      if let closing, isSign(closing) { break }
      if take(.semicolon) { continue }
      let before = index
      hasFailed = false
      warnIfContinuation(result.last)
      var statement = statement()
      if hasFailed {
        recover(closing)
        if index == before { advance() }
        result.append(Statement(.error, statement.span))
        continue
      }
      if isSign(.semicolon), !token.startsLine {
        advance()
        statement.isSilent = true
      } else if !isEnd, !token.startsLine, closing == nil || !isSign(closing ?? .rightBrace) {
        unexpectedAfter(statement)
        recover(closing)
      }
      result.append(statement)
    }
    hasFailed = false
    return result
  }

  /// `-` or `[` at the start of an indented line: was it meant to go on?
  private mutating func warnIfContinuation(_ last: Statement?) {
    guard let last, isSign(.minus) || isSign(.leftBracket) else { return }
    switch last.kind {
    case .expression, .assign, .augment: break
    default: return
    }
    let own = source.position(of: Int(token.span.start))
    let before = source.position(of: Int(last.span.start))
    if own.column > before.column, own.line > before.line {
      warn(
        "looks-continued", "this begins a new statement", token.span,
        help: ["to go on with the line above, end it with an operator or put brackets around"])
    }
  }

  private mutating func unexpectedAfter(_ statement: Statement) {
    // What is no token was told by the lexer.
    if case .bad = token.kind { return }
    if isSign(.rightParen) || isSign(.rightBracket) || isSign(.rightBrace) {
      report("unmatched-bracket", "\(describe(token)) closes nothing", token.span)
      return
    }
    if let habit = habitAfter(statement) {
      return report(habit, token.span)
    }
    if isSign(.assign) {
      report(
        "bad-target", "this cannot be assigned to", statement.span, help: ["to compare, write `==`"]
      )
      return
    }
    report(
      "expected-token", "the statement is over here, but \(describe(token)) follows", token.span,
      help: ["statements end at a newline or `;`"])
  }

  /// Skips to the next statement: a new line (or `;`, or the closing brace) outside of brackets.
  private mutating func recover(_ closing: Sign?) {
    ignoresNewlines = false
    var depth = 0
    while !isEnd {
      if case .sign(let sign) = token.kind {
        switch sign {
        case .leftParen, .leftBracket, .leftBrace: depth += 1
        case .rightParen, .rightBracket: depth = max(0, depth - 1)
        case .rightBrace:
          if depth == 0, closing != nil { return }
          depth = max(0, depth - 1)
        case .semicolon where depth == 0:
          advance()
          return
        default: break
        }
      }
      advance()
      if depth == 0, token.startsLine { return }
    }
  }

  mutating func statement() -> Statement {
    let start = token.span
    if case .keyword(let keyword) = token.kind {
      if let kind = keywordStatement(keyword) { return Statement(kind, span(from: start)) }
    }
    if case .name(let word) = token.kind {
      if let habit = habitOfStatement(word) {
        report(habit, start)
        return Statement(.error, start)
      }
      if let kind = contextual(word) { return Statement(kind, span(from: start)) }
      if let function = shortDefinition() {
        return Statement(.function(function), span(from: start))
      }
    }
    return simpleStatement()
  }

  /// `model`, `plugin` and `global` are words only before a name or a string.
  private mutating func contextual(_ word: String) -> Statement.Kind? {
    let start = token.span
    if peek().startsLine { return nil }
    switch (word, peek().kind) {
    case ("model", .name(let name)) where isSign(.leftParen, 2) || isSign(.leftBrace, 2):
      let nameSpan = peek().span
      let documentation = documentation(above: start)
      advance()
      advance()
      let parameters = isSign(.leftParen) ? parameterList() : []
      let body = block("the model")
      return .model(
        Model(
          name: Name(name, nameSpan), parameters: parameters, body: body,
          documentation: documentation, span: span(from: start)))
    case ("plugin", .string(let parts)):
      advance()
      let nameSpan = token.span
      advance()
      return .plugin(name: plainText(parts, nameSpan), nameSpan: nameSpan)
    case ("global", .name):
      advance()
      var names: [Name] = []
      repeat {
        guard case .name(let text) = token.kind else { break }
        names.append(Name(text, token.span))
        advance()
      } while take(.comma)
      return .global(names)
    default: return nil
    }
  }

  private mutating func plainText(_ parts: [RawStringPart], _ place: Span) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let piece): text += piece
      case .interpolation:
        report("bad-argument", "this name cannot hold an interpolation", place)
      }
    }
    return text
  }

  private mutating func keywordStatement(_ keyword: Keyword) -> Statement.Kind? {
    let start = token.span
    switch keyword {
    case .for:
      advance()
      let isDeclared = isName("let", 1) || isName("var", 1) || isName("int", 1)
      if isSign(.leftParen), isSign(.assign, isDeclared ? 3 : 2) {
        report(
          "c-habit", "`for` runs over the items of something", start,
          help: ["to count: `for i in 0..3 { … }`"])
        return .error
      }
      if isSign(.leftParen), isKeyword(.in, 2) {
        report(
          "c-habit", "`for` takes no brackets", token.span, help: ["write `for i in 0..3 { … }`"])
        return .error
      }
      let pattern = pattern()
      if !take(.in) {
        report(
          "expected-token", "`in` is missing after `for`, found \(describe(token))", token.span,
          help: ["write `for i in 0..3 { … }`"])
      }
      let sequence = expression()
      if isSign(.colon), let range = rangeByColon(after: tokens[index - 1]) {
        report(
          "python-habit", "`:` makes no range here", token.span, help: ["a range is `\(range)`"])
      }
      return .for(pattern, in: sequence, body: block("`for`"))
    case .while:
      advance()
      let condition = expression()
      if isSign(.assign) {
        report(
          "assign-in-condition", "`=` assigns; a condition compares", token.span,
          help: ["write `==`"])
      }
      return .while(condition: condition, body: block("`while`"))
    case .break:
      advance()
      return .break
    case .continue:
      advance()
      return .continue
    case .return:
      advance()
      if lineEnded || isSign(.semicolon) || isSign(.rightBrace) { return .return(nil) }
      return .return(expressionList())
    case .throw:
      advance()
      return .throw(expression())
    case .assert:
      advance()
      let condition = expression()
      var message: Expression?
      if !lineEnded, take(.comma) { message = expression() }
      return .assert(condition: condition, message: message)
    case .import: return importStatement()
    case .fn:
      guard case .name(let name) = peek().kind else { return nil }
      let documentation = documentation(above: start)
      advance()
      let nameSpan = token.span
      advance()
      return .function(
        definition(Name(name, nameSpan), start: start, documentation: documentation))
    case .if, .try, .noGrad, .true, .false, .none, .not, .else, .in, .as, .and, .or, .catch:
      return nil
    }
  }

  private mutating func importStatement() -> Statement.Kind {
    advance()
    let place = token.span
    var target: ImportSource
    switch token.kind {
    case .name(let text):
      advance()
      target = .library(Name(text, place))
    case .string(let parts):
      advance()
      target = .path(plainText(parts, place), place)
    default:
      report(
        "expected-token", "`import` needs a name or a path in quotes, found \(describe(token))",
        place)
      return .error
    }
    if isSign(.dot), !lineEnded {
      report(
        "python-habit", "a module's name has no point", token.span,
        help: [
          "tensors, layers and plots need no import; a script lies at `import \"dir/file.dls\"`"
        ]
      )
    }
    var alias: Name?
    if !lineEnded, take(.as) {
      if case .name(let text) = token.kind {
        alias = Name(text, token.span)
        advance()
      } else {
        report("expected-token", "`as` needs a name", token.span)
      }
    }
    return .import(target, as: alias)
  }

  /// `f(x, k=2) = e`: a name, brackets, and `=` (or `-> [shape] =`).
  private mutating func shortDefinition() -> Function? {
    guard case .name(let name) = token.kind, isSign(.leftParen, 1), !peek().hasSpaceBefore,
      let after = indexAfterBrackets(index + 1), after < tokens.count
    else { return nil }
    var isDefinition = false
    if case .sign(.assign) = tokens[after].kind { isDefinition = true }
    if case .sign(.arrow) = tokens[after].kind, after + 1 < tokens.count,
      case .sign(.leftBracket) = tokens[after + 1].kind, let end = indexAfterBrackets(after + 1),
      case .sign(.assign) = tokens[end].kind
    {
      isDefinition = true
    }
    if !isDefinition { return nil }
    let start = token.span
    let documentation = documentation(above: start)
    advance()
    return definition(Name(name, start), start: start, documentation: documentation)
  }

  private mutating func definition(_ name: Name, start: Span, documentation: String?) -> Function {
    let parameters = parameterList()
    var result: ShapeAnnotation?
    if take(.arrow) { result = annotation() }
    if take(.assign) {
      let body = functionBody()
      return Function(
        name: name, parameters: parameters, result: result, body: body,
        documentation: documentation, span: span(from: start))
    }
    if isSign(.colon) {
      report(
        "python-habit", "`:` does not begin a block", token.span,
        help: ["the body stands in braces: `fn f(x) { … }`"])
    }
    let body = block("the function")
    return Function(
      name: name, parameters: parameters, result: result, body: body,
      documentation: documentation, span: span(from: start))
  }

  private mutating func simpleStatement() -> Statement {
    let start = token.span
    let left = expressionList()
    if lineEnded { return Statement(.expression(left), span(from: start)) }
    if isSign(.assign) {
      advance()
      guard let target = target(left) else { return Statement(.error, span(from: start)) }
      let value = expressionList()
      if case .name = target { refuseLooseParameters(value) }
      if isSign(.assign), !lineEnded, isSign(.greater, 1), !peek().hasSpaceBefore {
        report(
          "c-habit", "`=>` is not an operator", token.span,
          help: ["an anonymous function is `x -> …`"])
      } else if isSign(.assign), !lineEnded {
        report(
          "chained-assignment", "one assignment at a time", token.span,
          help: ["write `a = 1; b = 1`"])
      }
      return Statement(.assign(target, value), span(from: start))
    }
    let operators: [(Sign, BinaryOperator)] = [
      (.addAssign, .add), (.subtractAssign, .subtract), (.multiplyAssign, .multiply),
      (.divideAssign, .divide),
    ]
    for (sign, binary) in operators where isSign(sign) {
      let place = token.span
      advance()
      guard let target = target(left) else { return Statement(.error, span(from: start)) }
      let value = expression()
      return Statement(.augment(target, binary, value, operatorSpan: place), span(from: start))
    }
    return Statement(.expression(left), span(from: start))
  }

  /// `f = x, y -> x + y`: a tuple whose last part is a function, which nobody means.
  private mutating func refuseLooseParameters(_ value: Expression) {
    guard case .tuple(let items) = value.kind, case .function(let function)? = items.last?.kind,
      function.name == nil, source.bytes[Int(value.span.start)] != 0x28
    else { return }
    let names = items.dropLast().allSatisfy {
      if case .name = $0.kind { return true }
      return false
    }
    if names {
      report(
        "expected-token", "several parameters stand in brackets", value.span,
        help: ["write `(x, y) -> …`"])
    }
  }

  /// An expression as what is assigned to.
  private mutating func target(_ e: Expression) -> Target? {
    switch e.kind {
    case .name(let text): return .name(Name(text, e.span))
    case .placeholder: return .ignore(e.span)
    case .index(let base, let items): return .index(base, items, e.span)
    case .member(let base, let name, let nameSpan):
      return .member(base, name: Name(name, nameSpan), e.span)
    case .tuple(let items), .list(let items):
      var parts: [Target] = []
      for item in items {
        guard let part = target(item) else { return nil }
        parts.append(part)
      }
      return .tuple(parts, e.span)
    case .error: return nil
    default:
      if case .string = e.kind {
        report(
          "bad-target", "a string cannot be assigned to", e.span,
          help: ["an entry of a dict is `{name: value}`"])
      } else {
        report("bad-target", "this cannot be assigned to", e.span, help: ["to compare, write `==`"])
      }
      return nil
    }
  }
}
