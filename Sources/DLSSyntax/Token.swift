// The words and signs of the language: one table for the lexer, the parser and the highlighter.

package enum Keyword: String, Sendable, CaseIterable {
  case `if`, `else`, `for`, `in`, `while`, `break`, `continue`, `return`, fn, `import`, `as`
  case and, or, not, `true`, `false`, none, `try`, `catch`, `throw`, assert
  case noGrad = "no_grad"
}

/// Signs, longest first so that the lexer may take the first that fits.
package enum Sign: String, Sendable, CaseIterable {
  case ellipsis = "..."
  case rangeTo = ".."
  case arrow = "->"
  case pipe = "|>"
  case compose = ">>"
  case equal = "=="
  case notEqual = "!="
  case lessEqual = "<="
  case greaterEqual = ">="
  case addAssign = "+="
  case subtractAssign = "-="
  case multiplyAssign = "*="
  case divideAssign = "/="
  case concatenate = "++"
  case floorDivide = "//"
  case starStar = "**"
  case andAnd = "&&"
  case orOr = "||"
  case leftParen = "("
  case rightParen = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case leftBrace = "{"
  case rightBrace = "}"
  case comma = ","
  case semicolon = ";"
  case colon = ":"
  case dot = "."
  case assign = "="
  case less = "<"
  case greater = ">"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case percent = "%"
  case at = "@"
  case caret = "^"
  case quote = "'"
  case bang = "!"
  case question = "?"
  case ampersand = "&"
  case bar = "|"

  static let byFirst: [UInt8: [(Sign, [UInt8])]] = {
    var table: [UInt8: [(Sign, [UInt8])]] = [:]
    for sign in allCases {
      let bytes = Array(sign.rawValue.utf8)
      table[bytes[0], default: []].append((sign, bytes))
    }
    return table
  }()
}

package struct Token: Sendable {
  package indirect enum Kind: Sendable {
    case int(Int)
    case float(Double)
    case string([RawStringPart])
    case name(String)
    case keyword(Keyword)
    case sign(Sign)
    /// What is no token; a diagnostic says why.
    case bad
    case end
  }

  package var kind: Kind
  package var span: Span
  /// True when a newline stands between this token and the one before.
  package var startsLine: Bool
  /// True when white space stands before it.
  package var hasSpaceBefore: Bool
}

/// A piece of a string as the lexer finds it: text, or the place of an interpolated expression.
package enum RawStringPart: Sendable {
  case text(String)
  case interpolation(start: Int, end: Int, format: [RawStringPart])
}

/// A comment, for documentation, cells and expected outputs.
package struct Comment: Sendable {
  package var text: String
  package var span: Span
  /// True when nothing but white space stands before it on its line.
  package var isAlone: Bool
}
