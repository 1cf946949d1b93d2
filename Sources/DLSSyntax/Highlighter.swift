// A text in colours, by the lexer's own tokens: for the terminal and for pages.

package enum Highlighter {
  package enum Kind: String, Sendable {
    case keyword, number, string, comment, sign, name
    /// What `#=>` states as output.
    case output
  }

  package struct Piece: Sendable {
    package var span: Span
    package var kind: Kind
  }

  /// The coloured pieces of a text, in order and without overlaps; what lies between is plain.
  package static func spans(_ source: Source) -> [Piece] {
    var lexer = Lexer(source)
    lexer.run()
    var pieces: [Piece] = []
    for comment in lexer.comments {
      pieces.append(
        Piece(span: comment.span, kind: comment.text.hasPrefix("#=>") ? .output : .comment))
    }
    for token in lexer.tokens { pieces += read(token, source, 0) }
    pieces.sort { $0.span.start < $1.span.start }
    return pieces
  }

  private static func read(_ token: Token, _ source: Source, _ depth: Int) -> [Piece] {
    switch token.kind {
    case .int, .float: return [Piece(span: token.span, kind: .number)]
    case .keyword: return [Piece(span: token.span, kind: .keyword)]
    case .name(let word):
      let isWord = word == "model" || word == "plugin" || word == "global"
      return [Piece(span: token.span, kind: isWord ? .keyword : .name)]
    case .sign: return [Piece(span: token.span, kind: .sign)]
    case .string(let parts): return string(token.span, parts, source, depth)
    case .bad, .end: return []
    }
  }

  /// A string whose interpolations are code again.
  private static func string(_ span: Span, _ parts: [RawStringPart], _ source: Source, _ depth: Int)
    -> [Piece]
  {
    var pieces: [Piece] = []
    var from = Int(span.start)
    func visit(_ parts: [RawStringPart]) {
      for case .interpolation(let start, let end, let format) in parts where start >= from {
        pieces.append(Piece(span: Span(from, start), kind: .string))
        from = end
        if depth < 20 {
          var lexer = Lexer(source, from: start, to: end)
          lexer.run()
          for token in lexer.tokens { pieces += read(token, source, depth + 1) }
        }
        visit(format)
      }
    }
    visit(parts)
    pieces.append(Piece(span: Span(from, max(from, Int(span.end))), kind: .string))
    return pieces
  }

  private static let colours: [Kind: String] = [
    .keyword: "1;35", .number: "36", .string: "32", .comment: "2;37", .output: "2;33",
  ]

  /// With the terminal's colours.
  package static func ansi(_ text: String) -> String {
    render(text) { piece, part in
      colours[piece].map { "\u{1b}[\($0)m\(part)\u{1b}[0m" } ?? part
    } plain: {
      $0
    }
  }

  /// As spans of HTML, each of a class that a page's style colours.
  package static func html(_ text: String) -> String {
    render(text) { piece, part in
      piece == .name || piece == .sign
        ? escaped(part) : "<span class=\"\(piece.rawValue)\">\(escaped(part))</span>"
    } plain: {
      escaped($0)
    }
  }

  /// The style of those classes, in light and dark.
  package static let style = """
    pre, code { font-family: ui-monospace, monospace; }
    .keyword { color: #8250df; font-weight: 600; } .number { color: #0550ae; }
    .string { color: #116329; } .comment { color: #6e7781; } .output { color: #953800; }
    @media (prefers-color-scheme: dark) {
      .keyword { color: #d2a8ff; } .number { color: #79c0ff; } .string { color: #7ee787; }
      .comment { color: #8b949e; } .output { color: #ffa657; }
    }
    """

  package static func escaped(_ text: String) -> String {
    var result = ""
    for c in text {
      switch c {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(c)
      }
    }
    return result
  }

  private static func render(
    _ text: String, _ coloured: (Kind, String) -> String, plain: (String) -> String
  ) -> String {
    let source = Source(name: "", text: text)
    var result = ""
    var at = 0
    for piece in spans(source) where Int(piece.span.start) >= at {
      result += plain(source.text(in: Span(at, Int(piece.span.start))))
      result += coloured(piece.kind, source.text(in: piece.span))
      at = Int(piece.span.end)
    }
    return result + plain(source.text(in: Span(at, source.bytes.count)))
  }
}
