// Strings: escapes, interpolations with formats, triple quotes, raw ones.

extension Lexer {
  mutating func string(prefixLength: Int) {
    let start = position
    position += prefixLength
    let isRaw = prefixLength > 0
    let isTriple = at("\"\"\"")
    position += isTriple ? 3 : 1
    var parts: [RawStringPart] = []
    var text: [UInt8] = []
    func flush(_ parts: inout [RawStringPart], _ text: inout [UInt8]) {
      if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
    }
    while true {
      if position >= end || !isTriple && bytes[position] == 0x0a {
        if isTriple || position >= end { isUnfinished = isUnfinished || isTriple }
        report(
          "unclosed-string", "this string is not closed", start, min(start + 1 + prefixLength, end),
          help: isTriple ? [] : ["strings end on their line; `\"\"\"` spans lines"])
        diagnostics[diagnostics.count - 1].hidesRest = true
        break
      }
      let c = bytes[position]
      if c == 0x22, !isTriple || at("\"\"\"") {
        position += isTriple ? 3 : 1
        break
      }
      if isRaw {
        text.append(c)
        position += 1
      } else if c == 0x5c {
        escape(into: &text)
      } else if c == 0x7b {
        flush(&parts, &text)
        let opened = position
        guard let part = interpolation(isTriple) else {
          isUnfinished = isUnfinished || isTriple && position >= end
          report(
            "unclosed-string", "the braces in this string are not closed", opened,
            min(opened + 1, end), help: ["a brace itself is written `\\{`"])
          break
        }
        parts.append(part)
      } else {
        text.append(c)
        position += 1
      }
    }
    flush(&parts, &text)
    if isTriple, case .text(let first)? = parts.first, first.hasPrefix("\n") {
      // A newline right after the opening quotes belongs to the quotes.
      parts[0] = .text(String(first.dropFirst()))
    }
    add(.string(parts), from: start)
  }

  private mutating func escape(into text: inout [UInt8]) {
    let start = position
    position += 2
    switch byte(start + 1) {
    case 0x6e: text.append(0x0a)
    case 0x74: text.append(0x09)
    case 0x72: text.append(0x0d)
    case 0x30: text.append(0)
    case 0x65: text.append(0x1b)
    case 0x22, 0x5c, 0x7b, 0x7d, 0x27: text.append(byte(start + 1))
    case 0x0a: break
    case 0x75 where byte(start + 2) == 0x7b:
      position = start + 3
      var value: UInt32 = 0
      var count = 0
      while position < end, let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue {
        value = value &* 16 &+ UInt32(digit)
        count += 1
        position += 1
      }
      if byte(position) == 0x7d, count > 0, count <= 6, let scalar = Unicode.Scalar(value) {
        position += 1
        text += Array(String(Character(scalar)).utf8)
      } else {
        report("bad-escape", "`\\u{…}` needs the number of a character", start, position)
      }
    default:
      position = min(position, end)
      report(
        "bad-escape", "`\(source.text(in: Span(start, position)))` is no escape", start, position,
        help: ["a backslash itself is `\\\\`; r\"…\" takes all as it stands"])
    }
  }

  /// `{expression:format}`, the position at its brace; nil when the string breaks off.
  private mutating func interpolation(_ isTriple: Bool) -> RawStringPart? {
    let start = position
    position += 1
    if byte(position) == 0x7d || byte(position) == 0x7b && byte(position + 1) == 0x7b {
      report(
        "empty-interpolation", "there is no expression between the braces", start, position + 1,
        help: ["a value stands inside: `\"x is {x}\"`; a brace itself is written `\\{`"])
      position += 1
      return .text("")
    }
    if byte(position) == 0x7b {
      report(
        "empty-interpolation", "`{{` does not stand for a brace", start, position + 1,
        help: ["a brace itself is written `\\{`"])
    }
    let begin = position
    var depth = 0
    while position < end {
      let c = bytes[position]
      if c == 0x22 {
        skipString()
        continue
      }
      if c == 0x0a, !isTriple { return nil }
      if c == 0x28 || c == 0x5b || c == 0x7b { depth += 1 }
      if c == 0x29 || c == 0x5d || c == 0x7d {
        if c == 0x7d, depth == 0 {
          position += 1
          return .interpolation(start: begin, end: position - 1, format: [])
        }
        depth -= 1
      }
      if c == 0x3a, depth == 0 {
        let stop = position
        position += 1
        return .interpolation(start: begin, end: stop, format: format())
      }
      position += 1
    }
    return nil
  }

  /// The format after `:`, up to the closing brace; it may hold interpolations.
  private mutating func format() -> [RawStringPart] {
    var parts: [RawStringPart] = []
    var text: [UInt8] = []
    while position < end, bytes[position] != 0x0a, bytes[position] != 0x22 {
      let c = bytes[position]
      position += 1
      if c == 0x7d { break }
      if c == 0x7b {
        if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        text = []
        let begin = position
        while position < end, bytes[position] != 0x7d, bytes[position] != 0x22 { position += 1 }
        parts.append(.interpolation(start: begin, end: position, format: []))
        if byte(position) == 0x7d { position += 1 }
      } else {
        text.append(c)
      }
    }
    if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
    return parts
  }

  /// Steps over a string inside an interpolation.
  private mutating func skipString() {
    position += 1
    while position < end, bytes[position] != 0x22, bytes[position] != 0x0a {
      if bytes[position] == 0x5c { position += 1 }
      if byte(position) == 0x7b {
        var depth = 0
        repeat {
          if byte(position) == 0x7b { depth += 1 }
          if byte(position) == 0x7d { depth -= 1 }
          position += 1
        } while position < end && depth > 0 && bytes[position] != 0x0a
        continue
      }
      position += 1
    }
    if byte(position) == 0x22 { position += 1 }
    // A backslash at the very end stepped over it.
    position = min(position, end)
  }
}
