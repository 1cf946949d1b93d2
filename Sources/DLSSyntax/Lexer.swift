// Text to tokens. Never fails: what it cannot read becomes a `.bad` token and a diagnostic.

struct Lexer {
  let source: Source
  let bytes: [UInt8]
  var position: Int
  let end: Int
  var tokens: [Token] = []
  var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []
  /// A string or bracket that runs into the end of the text.
  var isUnfinished = false
  private var startsLine = true
  private var sawSpace = false

  init(_ source: Source, from start: Int = 0, to end: Int? = nil) {
    self.source = source
    bytes = source.bytes
    position = start
    self.end = end ?? source.bytes.count
  }

  static func isNameStart(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == 0x5f || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
  }
  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

  func byte(_ offset: Int) -> UInt8 { offset < end ? bytes[offset] : 0 }
  func at(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    if position + count > end { return false }
    for i in 0..<count where bytes[position + i] != text.utf8Start[i] { return false }
    return true
  }

  mutating func report(
    _ code: String, _ message: String, _ start: Int, _ end: Int, help: [String] = []
  ) {
    diagnostics.append(
      Diagnostic(code: code, message: message, source: source, span: Span(start, end), help: help))
  }

  mutating func add(_ kind: Token.Kind, from start: Int) {
    tokens.append(
      Token(
        kind: kind, span: Span(start, position), startsLine: startsLine, hasSpaceBefore: sawSpace))
    startsLine = false
    sawSpace = false
  }

  mutating func run() {
    if position == 0, at("#!") { while position < end, bytes[position] != 0x0a { position += 1 } }
    if position == 0, at("\u{FEFF}") { position += 3 }
    while position < end {
      let c = bytes[position]
      switch c {
      case 0x0a:
        startsLine = true
        sawSpace = true
        position += 1
      case 0x20, 0x09, 0x0d:
        sawSpace = true
        position += 1
      case 0x23: comment()
      case 0x22: string(prefixLength: 0)
      case 0x30...0x39: number()
      case _ where (c == 0x72 || c == 0x66 || c == 0x62) && byte(position + 1) == 0x22:
        if c != 0x72 {
          report(
            "python-habit", "strings have no `\(Character(UnicodeScalar(c)))` prefix", position,
            position + 1, help: ["\"{x}\" interpolates by itself: leave the prefix out"])
          position += 1
          string(prefixLength: 0)
        } else {
          string(prefixLength: 1)
        }
      case _ where Lexer.isNameStart(c): name()
      default: sign(c)
      }
    }
    position = end
    startsLine = true
    add(.end, from: end)
  }

  private mutating func comment() {
    let start = position
    while position < end, bytes[position] != 0x0a { position += 1 }
    comments.append(
      Comment(
        text: source.text(in: Span(start, position)), span: Span(start, position),
        isAlone: startsLine))
  }

  private mutating func name() {
    let start = position
    while position < end, Lexer.isNamePart(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let keyword = Keyword(rawValue: text) {
      add(.keyword(keyword), from: start)
    } else {
      add(.name(text), from: start)
    }
  }

  private mutating func sign(_ c: UInt8) {
    let start = position
    if let candidates = Sign.byFirst[c] {
      for (sign, text) in candidates
      where position + text.count <= end && Array(bytes[position..<position + text.count]) == text {
        position += text.count
        add(.sign(sign), from: start)
        return
      }
    }
    position += 1
    let help: String? =
      switch c {
      case 0x7e: "write `not x`; for tensors `logical_not(x)`"
      case 0x60: "strings stand in double quotes: `\"…\"`"
      case 0x24: "names stand by themselves; in a text `\"{x}\"`"
      default: nil
      }
    report(
      "unexpected-character",
      c == 0x60
        ? "a backquote has no meaning here"
        : "`\(Character(UnicodeScalar(c)))` has no meaning here", start, position,
      help: help.map { [$0] } ?? [])
    add(.bad, from: start)
  }

  private mutating func number() {
    let start = position
    if byte(position) == 0x30,
      byte(position + 1) | 0x20 == 0x78 || byte(position + 1) | 0x20 == 0x62
    {
      let radix = byte(position + 1) | 0x20 == 0x78 ? 16 : 2
      position += 2
      let digits = run { Lexer.isNamePart($0) }
      if let value = Int(digits, radix: radix) { return add(.int(value), from: start) }
      let isTooLarge = !digits.isEmpty && digits.allSatisfy { $0.isHexDigit } && radix == 16
      report(
        isTooLarge ? "int-overflow" : "bad-number",
        "`\(source.text(in: Span(start, position)))` "
          + (isTooLarge ? "does not fit an int of 64 bits" : "is not a number"), start, position)
      return add(.int(0), from: start)
    }
    var text = run { Lexer.isDigit($0) || $0 == 0x5f }
    var isFloat = false
    if byte(position) == 0x2e {
      if Lexer.isDigit(byte(position + 1)) {
        isFloat = true
        position += 1
        text += "." + run { Lexer.isDigit($0) || $0 == 0x5f }
      } else if byte(position + 1) != 0x2e, !Lexer.isNameStart(byte(position + 1)) {
        position += 1
        report(
          "bad-number", "a digit must follow the point", start, position,
          help: ["write `\(text).0`"])
        return add(.float(Double(text) ?? 0), from: start)
      }
    }
    if byte(position) | 0x20 == 0x65 {
      let signed = byte(position + 1) == 0x2b || byte(position + 1) == 0x2d
      if Lexer.isDigit(byte(position + (signed ? 2 : 1))) {
        isFloat = true
        text += "e"
        position += 1
        if signed {
          text.append(Character(UnicodeScalar(byte(position))))
          position += 1
        }
        text += run { Lexer.isDigit($0) }
      }
    }
    if Lexer.isNameStart(byte(position)) {
      let rest = run { Lexer.isNamePart($0) }
      report(
        "bad-number", "`\(text)\(rest)` is neither a number nor a name", start, position,
        help: ["a name cannot begin with a digit; a product needs its sign: `\(text) * \(rest)`"])
      return add(.int(0), from: start)
    }
    if isFloat { return add(.float(Double(text) ?? .infinity), from: start) }
    if let value = Int(text) { return add(.int(value), from: start) }
    report(
      "int-overflow", "`\(text)` does not fit an int of 64 bits", start, position,
      help: ["write it as a float: `\(text).0`"])
    add(.int(0), from: start)
  }

  /// Takes bytes while they fit, underscores left out.
  private mutating func run(_ fits: (UInt8) -> Bool) -> String {
    let start = position
    while position < end, fits(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position].filter { $0 != 0x5f }, as: UTF8.self)
  }
}
