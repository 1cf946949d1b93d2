// Parts of statements: blocks, patterns, parameters, shapes.

extension Parser {
  mutating func block(_ owner: String) -> Block {
    let start = token.span
    guard isSign(.leftBrace) else {
      if isName("is") {
        report(
          "python-habit", "`is` is not an operator", token.span,
          help: [isKeyword(.not, 1) ? "write `!=`" : "write `==`"])
      } else if isSign(.ellipsis), let habit = habitOfOperator(in: nil) {
        report(habit, token.span)
      } else if isSign(.colon) {
        report(
          "python-habit", "`:` does not begin a block", token.span,
          help: ["blocks stand in braces: `{ … }`"], hidesRest: true)
      } else {
        report(
          "expected-token", "`{` is missing before the block of \(owner), found \(describe(token))",
          token.span, help: [blockHelp(owner)], hidesRest: true)
      }
      return Block([], start)
    }
    let failed = hasFailed
    let inner = nested { p -> [Statement] in
      p.withNewlines(ignored: false) { p in
        p.advance()
        let result = p.statements(until: .rightBrace)
        p.hasFailed = failed
        p.expect(.rightBrace, "to close the block", opened: start)
        return result
      }
    }
    return Block(inner ?? [], span(from: start))
  }

  private func blockHelp(_ owner: String) -> String {
    if owner == "`no_grad`", isSign(.leftParen) {
      return "write `no_grad { … }`; for one tensor `detach(x)`"
    }
    if owner == "`catch`" { return "write `catch e { … }`, without brackets and kinds" }
    if owner == "the function" { return "the body stands in braces, or after `=`" }
    return "blocks stand in braces: `{ … }`"
  }

  mutating func pattern() -> Pattern {
    let start = token.span
    let first = patternItem()
    if !isSign(.comma) { return first }
    var items = [first]
    while take(.comma) { items.append(patternItem()) }
    return .tuple(items, span(from: start))
  }

  private mutating func patternItem() -> Pattern {
    let start = token.span
    if case .name(let text) = token.kind {
      advance()
      return text == "_" ? .ignore(start) : .name(Name(text, start))
    }
    if take(.leftParen) {
      let inner = nested { $0.pattern() } ?? .ignore(start)
      expect(.rightParen, "to close the pattern", opened: start)
      return inner
    }
    report("expected-token", "a name is needed here, found \(describe(token))", start)
    return .ignore(start)
  }

  mutating func parameterList() -> [FunctionParameter] {
    let opened = token.span
    guard take(.leftParen) else {
      report(
        "expected-token", "`(` is missing before the parameters", token.span,
        help: ["write `fn f(x, y) { … }`"])
      return []
    }
    return withNewlines(ignored: true) { p in
      var result: [FunctionParameter] = []
      while !p.isSign(.rightParen), !p.isEnd, !p.hasFailed {
        let isRest = p.take(.ellipsis)
        guard case .name(let text) = p.token.kind else {
          p.report(
            "expected-token", "a parameter's name is needed here, found \(p.describe(p.token))",
            p.token.span)
          break
        }
        let name = Name(text, p.token.span)
        p.advance()
        var parameter = FunctionParameter(name: name, isRest: isRest)
        if p.take(.colon) { parameter.annotation = p.annotation() }
        if p.take(.assign) { parameter.defaultValue = p.expression() }
        if result.contains(where: { $0.name.text == text && text != "_" }) {
          p.report("duplicate-name", "the parameter `\(text)` stands there twice", name.span)
        }
        result.append(parameter)
        if !p.take(.comma) { break }
      }
      p.expect(.rightParen, "to close the parameters", opened: opened)
      return result
    }
  }

  mutating func annotation() -> ShapeAnnotation? {
    let start = token.span
    if case .name(let text) = token.kind {
      advance()
      return ShapeAnnotation(.type(text), start)
    }
    if take(.leftBracket) {
      return withNewlines(ignored: true) { p in
        var dimensions: [ShapeAnnotation.Dimension] = []
        while !p.isSign(.rightBracket), !p.isEnd, !p.hasFailed {
          let place = p.token.span
          switch p.token.kind {
          case .name(let text):
            dimensions.append(text == "_" ? .any(place) : .name(Name(text, place)))
          case .int(let size): dimensions.append(.size(size, place))
          case .sign(.ellipsis): dimensions.append(.ellipsis(place))
          default:
            p.report("expected-token", "a dimension is a name, a size, `_` or `...`", place)
          }
          p.advance()
          if !p.take(.comma) { break }
        }
        p.expect(.rightBracket, "to close the shape", opened: start)
        return ShapeAnnotation(.shape(dimensions), p.span(from: start))
      }
    }
    report(
      "expected-token", "a shape such as `[n, d]` is needed here, found \(describe(token))", start)
    return nil
  }
}
