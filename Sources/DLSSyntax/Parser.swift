// Tokens to a tree. Never throws: it reports, skips to the next statement and goes on.

package struct Parser {
  package enum Mode: Sendable {
    case file
    case prompt
  }

  let source: Source
  let mode: Mode
  var tokens: [Token]
  var comments: [Comment]
  var index = 0
  var diagnostics: [Diagnostic]
  var isUnfinished: Bool
  /// Inside ( ) and [ ] newlines mean nothing; inside a block they count again.
  var ignoresNewlines = false
  var depth = 0
  /// Set while a statement is being skipped over after an error, so that one mistake is told once.
  var hasFailed = false

  static let maxDepth = 400
  static let maxChain = 4000

  package static func parse(_ source: Source, mode: Mode = .file) -> Parse {
    var lexer = Lexer(source)
    lexer.run()
    var parser = Parser(source, mode, lexer)
    let statements = parser.statements(until: nil)
    let layout = Layout(source, parser.comments, statements)
    // What follows an open string is no program: only the string is told.
    var diagnostics =
      lexer.diagnostics.contains { $0.code == "unclosed-string" }
      ? lexer.diagnostics : parser.diagnostics
    diagnostics = Parser.thoseThatMatter(diagnostics, source)
    return Parse(
      source: source,
      program: Program(
        statements: statements, cells: layout.cells, expectations: layout.expectations),
      diagnostics: diagnostics, isUnfinished: parser.isUnfinished)
  }

  /// In order, without those that follow from another: on the line of an error only the first is
  /// told, and nothing after one that leaves the structure open.
  private static func thoseThatMatter(_ all: [Diagnostic], _ source: Source) -> [Diagnostic] {
    var kept: [Diagnostic] = []
    var line = 0
    for d in all.sorted(by: { $0.span.start < $1.span.start }) {
      let own = source.position(of: Int(d.span.start)).line
      if d.severity == .error, own == line { continue }
      kept.append(d)
      if d.severity == .error { line = own }
      if d.hidesRest { break }
    }
    return kept
  }

  init(_ source: Source, _ mode: Mode, _ lexer: Lexer) {
    self.source = source
    self.mode = mode
    tokens = lexer.tokens
    comments = lexer.comments
    diagnostics = lexer.diagnostics
    isUnfinished = lexer.isUnfinished
  }

  // MARK: Tokens

  var token: Token { tokens[index] }
  func peek(_ ahead: Int = 1) -> Token { tokens[min(index + ahead, tokens.count - 1)] }
  var previousEnd: Int { index == 0 ? 0 : Int(tokens[index - 1].span.end) }

  mutating func advance() { if index < tokens.count - 1 { index += 1 } }

  func isSign(_ sign: Sign, _ ahead: Int = 0) -> Bool {
    if case .sign(let s) = peek(ahead).kind { return s == sign }
    return false
  }
  func isKeyword(_ keyword: Keyword, _ ahead: Int = 0) -> Bool {
    if case .keyword(let k) = peek(ahead).kind { return k == keyword }
    return false
  }
  func isName(_ text: String, _ ahead: Int = 0) -> Bool {
    if case .name(let n) = peek(ahead).kind { return n == text }
    return false
  }
  var isEnd: Bool {
    if case .end = token.kind { return true }
    return false
  }
  /// True when the statement is over before this token.
  var lineEnded: Bool { isEnd || !ignoresNewlines && token.startsLine }

  mutating func take(_ sign: Sign) -> Bool {
    if isSign(sign) {
      advance()
      return true
    }
    return false
  }
  mutating func take(_ keyword: Keyword) -> Bool {
    if isKeyword(keyword) {
      advance()
      return true
    }
    return false
  }

  func span(from start: Span) -> Span { Span(Int(start.start), max(previousEnd, Int(start.start))) }

  // MARK: Errors

  mutating func report(
    _ code: String, _ message: String, _ span: Span, notes: [String] = [], help: [String] = [],
    labels: [Diagnostic.Label] = [], hidesRest: Bool = false
  ) {
    if hasFailed { return }
    hasFailed = true
    var span = span
    if isEnd, Int(span.start) >= Int(token.span.start) {
      isUnfinished = true
      // After the last word, not on the empty line below it.
      span = Span(previousEnd, previousEnd)
    }
    var told = Diagnostic(
      code: code, message: message, source: source, span: span, labels: labels, notes: notes,
      help: help)
    told.hidesRest = hidesRest
    diagnostics.append(told)
  }

  mutating func report(_ habit: Habit, _ span: Span) {
    report(habit.code, habit.message, span, help: habit.help, hidesRest: habit.hidesRest)
  }

  mutating func warn(_ code: String, _ message: String, _ span: Span, help: [String] = []) {
    diagnostics.append(
      Diagnostic(
        severity: .warning, code: code, message: message, source: source, span: span, help: help))
  }

  func describe(_ token: Token) -> String {
    switch token.kind {
    case .end:
      Int(token.span.start) < source.bytes.count ? "the end of the braces" : "the end of the text"
    case .string: "a string"
    case .int, .float, .name, .keyword, .sign, .bad: "`\(source.text(in: token.span))`"
    }
  }

  /// Asks for a sign; reports and stays where it is when another token stands there.
  mutating func expect(_ sign: Sign, _ purpose: String, opened: Span? = nil) {
    if take(sign) { return }
    if isKeyword(.if), !token.startsLine {
      report(
        "python-habit", "a value with a condition begins with `if`", token.span,
        help: ["write `if c { a } else { b }`, which is an expression"])
      return
    }
    if let habit = habitOfOperator(in: sign) { return report(habit, token.span) }
    var labels: [Diagnostic.Label] = []
    if let opened { labels = [.init(opened, "opened here"), .init(token.span, "")] }
    let what =
      isEnd
      ? "`\(sign.rawValue)` is missing \(purpose)"
      : "expected `\(sign.rawValue)` \(purpose), found \(describe(token))"
    let isItem =
      opened != nil && (sign != .rightBrace || purpose.hasSuffix("dict")) && isOperand(token)
      && !token.startsLine
    let meant: String? =
      if sign == .rightBracket, isKeyword(.for) {
        "several values make a tuple: `[(x, y) for …]`"
      } else if sign == .rightBracket, isSign(.comma), purpose.hasSuffix("comprehension") {
        "a condition begins with `if`: `[x for x in xs if x > 1]`"
      } else {
        nil
      }
    var notes: [String] = []
    if !isEnd, let opened {
      let line = source.position(of: Int(opened.start)).line
      if line != source.position(of: Int(token.span.start)).line {
        notes = [
          "`\(source.text(in: Span(Int(opened.start), Int(opened.start) + 1)))` was opened in line \(line)"
        ]
      }
    }
    report(
      "expected-token", what, isEnd ? (opened ?? token.span) : token.span, notes: notes,
      help: meant.map { [$0] }
        ?? (isItem
          ? ["between two items stands a `,`"]
          : isEnd && opened != nil
            ? ["what is opened here must be closed by `\(sign.rawValue)`"] : []),
      labels: isEnd ? [] : labels, hidesRest: opened != nil)
    if isEnd { isUnfinished = true }
  }

  /// Runs a part with newlines ignored (inside brackets) or heeded (inside a block).
  mutating func withNewlines<R>(ignored: Bool, _ body: (inout Parser) -> R) -> R {
    let before = ignoresNewlines
    ignoresNewlines = ignored
    defer { ignoresNewlines = before }
    return body(&self)
  }

  /// One level deeper; nil, with an error, when the source nests beyond reason.
  mutating func nested<R>(_ body: (inout Parser) -> R) -> R? {
    if depth >= Parser.maxDepth {
      report(
        "nested-too-deep", "the source nests more than \(Parser.maxDepth) levels deep", token.span)
      index = tokens.count - 1
      return nil
    }
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }

  /// The text of `##` comments right above a definition.
  func documentation(above span: Span) -> String? {
    var line = source.position(of: Int(span.start)).line - 1
    var lines: [String] = []
    var low = 0
    var high = comments.count
    while low < high {
      let middle = (low + high) / 2
      if comments[middle].span.start < span.start { low = middle + 1 } else { high = middle }
    }
    for comment in comments[..<low].reversed() {
      guard comment.isAlone, comment.text.hasPrefix("##"),
        source.position(of: Int(comment.span.start)).line == line
      else { break }
      lines.append(trimmed(String(comment.text.dropFirst(2))))
      line -= 1
    }
    return lines.isEmpty ? nil : lines.reversed().joined(separator: "\n")
  }
}

func trimmed(_ text: String) -> String {
  var part = text[...]
  while let c = part.first, c.isWhitespace { part.removeFirst() }
  while let c = part.last, c.isWhitespace { part.removeLast() }
  return String(part)
}
