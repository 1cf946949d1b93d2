// The operators and how tightly they bind: one table for the parser, help and the page.

package enum Grammar {
  package struct Row: Sendable {
    package var signs: [String]
    package var note: String

    init(_ signs: String..., note: String) {
      self.signs = signs
      self.note = note
    }
  }

  /// Loosest first. The position of a row is how tightly its operators bind.
  package static let operators: [Row] = [
    Row("x -> e", note: "anonymous function; its body reaches as far as it can"),
    Row("|>", note: "`x |> f` is `f(x)`"),
    Row(">>", note: "composes functions and layers"),
    Row("or", note: "short-circuit, on bools"),
    Row("and", note: "short-circuit, on bools"),
    Row("not", note: "on bools"),
    Row(
      "==", "!=", "<", "<=", ">", ">=", "in", "not in",
      note: "elementwise on tensors; chains as in Python"),
    Row("..", note: "`a..b`: ints from a up to b, b left out"),
    Row("+", "-", "++", note: "`++` joins lists and strings"),
    Row("*", "/", "//", "%", "@", note: "`/` gives a float; `@` multiplies matrices"),
    Row("-x", note: "negative"),
    Row("^", note: "power, from the right, tighter than the sign before it"),
    Row("f(x)", "x[i]", "x.name", "x'", note: "`x'` swaps the last two dimensions"),
  ]

  /// What binary operators bind with.
  static let levels: [String: Int] = {
    var levels: [String: Int] = [:]
    let known = Set(Sign.allCases.map(\.rawValue) + ["or", "and", "in"])
    for (level, row) in operators.enumerated() {
      for sign in row.signs where known.contains(sign) { levels[sign] = level }
    }
    // The power is read with its operand.
    levels["^"] = nil
    // Signs of other languages, so that the error comes where the operator stands.
    levels["**"] = levels["*"]
    levels["&&"] = levels["and"]
    levels["||"] = levels["or"]
    return levels
  }()

  static func level(_ sign: String) -> Int { levels[sign] ?? 0 }
}
