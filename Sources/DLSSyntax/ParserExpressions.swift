// Expressions: operators by precedence, then what follows an operand.

extension Parser {
  private enum Level {
    static let pipe = Grammar.level("|>")
    static let comparison = Grammar.level("==")
    static let range = Grammar.level("..")
  }

  /// An expression; an anonymous function is the loosest of them.
  mutating func expression() -> Expression {
    let start = token.span
    let result = nested { p -> Expression in
      if let function = p.lambda() { return function }
      return p.binary(Level.pipe)
    }
    return result ?? Expression(.error, start)
  }

  /// Several expressions with commas between are a tuple (in `return a, b`, `a, b = …`).
  mutating func expressionList() -> Expression {
    let start = token.span
    let first = spreadOrExpression()
    if !isSign(.comma) || lineEnded { return first }
    var items = [first]
    while !lineEnded, take(.comma) {
      if lineEnded && isEnd || isSign(.assign) || isSign(.rightBrace) || isSign(.semicolon) {
        break
      }
      items.append(spreadOrExpression())
    }
    return Expression(.tuple(items), span(from: start))
  }

  mutating func spreadOrExpression() -> Expression {
    let start = token.span
    if take(.ellipsis) {
      let inner = expression()
      return Expression(.spread(inner), span(from: start))
    }
    return expression()
  }

  private func binaryLevel() -> Int? {
    switch token.kind {
    case .sign(let sign): return Grammar.levels[sign.rawValue]
    case .keyword(.not): return isKeyword(.in, 1) ? Level.comparison : nil
    case .keyword(let word): return Grammar.levels[word.rawValue]
    case .int, .float, .string, .name, .bad, .end: return nil
    }
  }

  /// `|>`, `>>`, `and`, `or` may begin the next line.
  private var continuesLine: Bool {
    isSign(.pipe) || isSign(.compose) || isKeyword(.and) || isKeyword(.or)
  }

  mutating func binary(_ minimum: Int) -> Expression {
    if isKeyword(.not), minimum <= Level.comparison {
      let start = token.span
      advance()
      let operand = nested { $0.binary(Level.comparison) } ?? Expression(.error, start)
      return rest(of: Expression(.not(operand), span(from: start)), minimum)
    }
    return rest(of: unary(), minimum)
  }

  private mutating func rest(of first: Expression, _ minimum: Int) -> Expression {
    var left = first
    var chain = 0
    while let level = binaryLevel(), level >= minimum, !lineEnded || continuesLine {
      chain += 1
      if chain > Parser.maxChain {
        report(
          "nested-too-deep", "more than \(Parser.maxChain) operators in one expression", token.span)
        index = tokens.count - 1
        return left
      }
      if level == Level.comparison {
        left = comparison(left)
        continue
      }
      let operatorToken = token
      advance()
      if endsIncrement(operatorToken) {
        let name = source.text(in: left.span)
        let isMinus = isSign(.minus)
        report(
          "increment-habit",
          isMinus
            ? "`--` needs a right side" : "`++` needs a right side; it joins lists and strings",
          operatorToken.span,
          help: [isMinus ? "to take one away: `\(name) -= 1`" : "to add one: `\(name) += 1`"])
        return left
      }
      if let function = operandLambda(operatorToken) { return function }
      let right = nested { $0.binary(level + 1) } ?? Expression(.error, operatorToken.span)
      left = combine(left, operatorToken, right)
    }
    return left
  }

  /// `i++` or `i--` where nothing can follow any more; the operator is taken.
  private func endsIncrement(_ sign: Token) -> Bool {
    func isOver(_ ahead: Int) -> Bool {
      let next = peek(ahead)
      if next.startsLine { return true }
      switch next.kind {
      case .sign(.semicolon), .sign(.rightBrace), .sign(.rightParen), .end: return true
      default: return false
      }
    }
    if case .sign(.concatenate) = sign.kind { return isOver(0) }
    if case .sign(.minus) = sign.kind, isSign(.minus), !token.hasSpaceBefore { return isOver(1) }
    return false
  }

  /// `x |> t -> …` needs brackets around the function.
  private mutating func operandLambda(_ operatorToken: Token) -> Expression? {
    var end = index + 1
    switch token.kind {
    case .name: break
    case .sign(.leftParen):
      guard let after = indexAfterBrackets(index) else { return nil }
      end = after
    default: return nil
    }
    guard case .sign(.arrow) = tokens[end].kind else { return nil }
    let place = token.span.joined(with: tokens[end - 1].span)
    report(
      "lambda-operand", "an anonymous function needs brackets here", place,
      help: ["write `\(source.text(in: operatorToken.span)) (\(source.text(in: place)) -> …)`"])
    return Expression(.error, place)
  }

  private mutating func combine(_ left: Expression, _ sign: Token, _ right: Expression)
    -> Expression
  {
    let whole = left.span.joined(with: right.span)
    func op(_ o: BinaryOperator) -> Expression {
      Expression(.binary(o, left, right, operatorSpan: sign.span), whole)
    }
    switch sign.kind {
    case .keyword(.or): return Expression(.or(left, right), whole)
    case .keyword(.and): return Expression(.and(left, right), whole)
    case .sign(.pipe): return Expression(.pipe(left, right), whole)
    case .sign(.compose): return Expression(.compose(left, right), whole)
    case .sign(.rangeTo): return Expression(.range(left, right), whole)
    case .sign(.plus): return op(.add)
    case .sign(.minus): return op(.subtract)
    case .sign(.concatenate): return op(.concatenate)
    case .sign(.star): return op(.multiply)
    case .sign(.slash): return op(.divide)
    case .sign(.floorDivide): return op(.floorDivide)
    case .sign(.percent): return op(.remainder)
    case .sign(.at): return op(.matrixMultiply)
    case .sign(.starStar):
      report("python-habit", "`**` is not an operator", sign.span, help: ["power is `^`: `x ^ 2`"])
      return Expression(.error, whole)
    case .sign(.andAnd):
      report("c-habit", "`&&` is not an operator", sign.span, help: ["write `and`"])
      return Expression(.error, whole)
    case .sign(.orOr):
      report("c-habit", "`||` is not an operator", sign.span, help: ["write `or`"])
      return Expression(.error, whole)
    default: return Expression(.error, whole)
    }
  }

  private func comparisonOperator() -> (ComparisonOperator, Int)? {
    switch token.kind {
    case .sign(.equal): (.equal, 1)
    case .sign(.notEqual): (.notEqual, 1)
    case .sign(.less): (.less, 1)
    case .sign(.lessEqual): (.lessEqual, 1)
    case .sign(.greater): (.greater, 1)
    case .sign(.greaterEqual): (.greaterEqual, 1)
    case .keyword(.in): (.in, 1)
    case .keyword(.not) where isKeyword(.in, 1): (.notIn, 2)
    default: nil
    }
  }

  private mutating func comparison(_ first: Expression) -> Expression {
    var links: [ComparisonLink] = []
    while !lineEnded, let (comparison, length) = comparisonOperator(), links.count < Parser.maxChain
    {
      let start = token.span
      for _ in 0..<length { advance() }
      let place = span(from: start)
      let operand = nested { $0.binary(Level.range) } ?? Expression(.error, start)
      links.append(ComparisonLink(comparison, place, operand))
    }
    let end = links.last?.operand.span ?? first.span
    return Expression(.comparison(first: first, rest: links), first.span.joined(with: end))
  }

  mutating func unary() -> Expression {
    let start = token.span
    if take(.minus) {
      let operand = nested { $0.unary() } ?? Expression(.error, start)
      return Expression(.unary(.negate, operand), span(from: start))
    }
    if isSign(.bang) {
      report("c-habit", "`!` is not an operator", start, help: ["write `not`"])
      advance()
      return unary()
    }
    if take(.plus) { return nested { $0.unary() } ?? Expression(.error, start) }
    return power()
  }

  private mutating func power() -> Expression {
    let base = postfix()
    if isSign(.caret), !lineEnded {
      let sign = token.span
      advance()
      let exponent = nested { $0.unary() } ?? Expression(.error, sign)
      return Expression(
        .binary(.power, base, exponent, operatorSpan: sign), base.span.joined(with: exponent.span))
    }
    return base
  }

  mutating func postfix() -> Expression {
    var result = primary()
    var chain = 0
    while chain < Parser.maxChain {
      chain += 1
      if isSign(.dot), isMemberName(1), !lineEnded || token.startsLine {
        advance()
        let name = memberName()
        result = Expression(
          .member(result, name: name.text, nameSpan: name.span), result.span.joined(with: name.span)
        )
        continue
      }
      if lineEnded { return result }
      if isSign(.leftParen), canBeCalled(result) {
        result = call(result)
      } else if isSign(.leftBracket) {
        result = subscripted(result)
      } else if isSign(.quote), !token.hasSpaceBefore {
        advance()
        result = Expression(.transpose(result), span(from: result.span))
      } else if isSign(.dot) {
        advance()
        if let habit = habitOfPoint() {
          report(habit, token.span)
          return result
        }
        report(
          "expected-token", "a name must follow the point, found \(describe(token))", token.span)
        return result
      } else {
        return result
      }
    }
    report("nested-too-deep", "more than \(Parser.maxChain) calls in one chain", token.span)
    return result
  }

  /// Any keyword may stand after the point.
  private func isMemberName(_ ahead: Int) -> Bool {
    switch peek(ahead).kind {
    case .name, .keyword: true
    case .int, .float, .string, .sign, .bad, .end: false
    }
  }

  mutating func memberName() -> Name {
    let name = Name(source.text(in: token.span), token.span)
    advance()
    return name
  }

  /// A number or string is not called: `2 (x)` forgot its sign.
  private func canBeCalled(_ e: Expression) -> Bool {
    switch e.kind {
    case .int, .float: false
    default: true
    }
  }

  private mutating func call(_ callee: Expression) -> Expression {
    let opened = token.span
    advance()
    let arguments = withNewlines(ignored: true) { p -> [Argument] in
      var result: [Argument] = []
      while !p.isSign(.rightParen), !p.isEnd, !p.hasFailed {
        if case .name(let text) = p.token.kind, p.isSign(.assign, 1) {
          let name = Name(text, p.token.span)
          p.advance()
          p.advance()
          result.append(Argument(name: name, value: p.expression()))
        } else if case .keyword(let k) = p.token.kind, p.isSign(.assign, 1) {
          let name = Name(k.rawValue, p.token.span)
          p.advance()
          p.advance()
          result.append(Argument(name: name, value: p.expression()))
        } else {
          var value = p.spreadOrExpression()
          if p.isKeyword(.for) {
            value = p.comprehension(value, opened)
            value = Expression(value.kind, p.span(from: opened))
          }
          result.append(Argument(value: value))
        }
        if !p.take(.comma) { break }
      }
      p.expect(.rightParen, "to close the call", opened: opened)
      return result
    }
    return Expression(.call(callee, arguments), span(from: callee.span))
  }

  private mutating func subscripted(_ base: Expression) -> Expression {
    let opened = token.span
    advance()
    let items = withNewlines(ignored: true) { p -> [Subscript] in
      var result: [Subscript] = []
      while !p.isSign(.rightBracket), !p.isEnd, !p.hasFailed {
        result.append(p.subscriptItem())
        if !p.take(.comma) { break }
      }
      p.expect(.rightBracket, "to close the index", opened: opened)
      return result
    }
    if items.isEmpty {
      report("expected-token", "an index is missing between the brackets", opened)
    }
    return Expression(.index(base, items), span(from: base.span))
  }

  private mutating func subscriptItem() -> Subscript {
    let start = token.span
    if isSign(.ellipsis), isSign(.comma, 1) || isSign(.rightBracket, 1) {
      advance()
      return .ellipsis(start)
    }
    var from: Expression?
    if !isSign(.colon) {
      let item = expression()
      if case .range(let a, let b) = item.kind, !isSign(.colon) {
        return .slice(from: a, to: b, step: nil, span: item.span)
      }
      if !isSign(.colon) { return .item(item) }
      from = item
    }
    advance()
    var to: Expression?
    var step: Expression?
    if !isSign(.colon), !isSign(.comma), !isSign(.rightBracket), !isEnd { to = expression() }
    if take(.colon), !isSign(.comma), !isSign(.rightBracket), !isEnd { step = expression() }
    return .slice(from: from, to: to, step: step, span: span(from: start))
  }
}
