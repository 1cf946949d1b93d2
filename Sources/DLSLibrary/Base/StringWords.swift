// Words about text.

import DLSRuntime
import DLSTensor

private let text = Parameter("text", .string)

private func word(
  _ name: String, _ parameters: [Parameter] = [], _ summary: String, _ example: String,
  _ body: @escaping @Sendable (String, Call) throws(Failure) -> Value
) -> Builtin {
  Builtin(name, [text] + parameters, summary, example: example, family: "Text") {
    call throws(Failure) in
    try body(try call.string(0), call)
  }
}

enum StringWords {
  static let all: [Builtin] = [
    word("upper", [], "In capitals.", "upper(\"ab\")  #=> \"AB\"") { s, _ throws(Failure) in
      .string(s.uppercased())
    },
    word("lower", [], "In small letters.", "lower(\"AB\")  #=> \"ab\"") { s, _ throws(Failure) in
      .string(s.lowercased())
    },
    word("strip", [], "Without white space at the ends.", "strip(\" a \")  #=> \"a\"") {
      s, _ throws(Failure) in
      .string(trimmed(s))
    },
    Builtin(
      "split",
      [Parameter("x", .any), Parameter("separator", .any, .none), Parameter("dim", .int, .int(0))],
      "A text's pieces between separators (white space when none is given); a tensor's parts along a dimension.",
      example: "split(\"a b\")  #=> [\"a\", \"b\"]", family: "Text"
    ) { call throws(Failure) in
      guard let s = call.value(0).text else {
        guard let op = OpTable.named["split"] else { return .none }
        return try call.machine.apply(
          op,
          Call(
            machine: call.machine, name: "split", parameters: op.parameters,
            arguments: call.arguments))
      }
      if call.isNone(1) {
        return .list(s.split(whereSeparator: \.isWhitespace).map { .string(String($0)) })
      }
      let separator = try call.string(1)
      if separator.isEmpty {
        throw call.fail(1, "the separator cannot be empty", help: ["for characters: `list({0})`"])
      }
      return .list(pieces(s, separator).map { .string($0) })
    },
    word(
      "replace", [Parameter("old", .string), Parameter("new", .string)],
      "One text put for another, everywhere.",
      "replace(\"aba\", \"a\", \"c\")  #=> \"cbc\""
    ) { s, call throws(Failure) in
      let old = try call.string(1)
      if old.isEmpty { throw call.fail(1, "the text to replace cannot be empty") }
      return .string(pieces(s, old).joined(separator: try call.string(2)))
    },
    word(
      "starts_with", [Parameter("prefix", .string)], "True when the text begins so.",
      "starts_with(\"abc\", \"ab\")  #=> true"
    ) {
      s, call throws(Failure) in .bool(s.hasPrefix(try call.string(1)))
    },
    word(
      "ends_with", [Parameter("suffix", .string)], "True when the text ends so.",
      "ends_with(\"abc\", \"bc\")  #=> true"
    ) {
      s, call throws(Failure) in .bool(s.hasSuffix(try call.string(1)))
    },
    word("lines", [], "The text's lines.", "lines(\"a\\nb\")  #=> [\"a\", \"b\"]") {
      s, _ throws(Failure) in
      var parts = s.split(separator: "\n", omittingEmptySubsequences: false).map { part -> Value in
        .string(part.hasSuffix("\r") ? String(part.dropLast()) : String(part))
      }
      if s.hasSuffix("\n") { parts.removeLast() }
      return .list(s.isEmpty ? [] : parts)
    },
    Builtin(
      "join", [Parameter("xs", .list), Parameter("separator", .string, .string(""))],
      "Texts joined, with a separator between.",
      example: "[\"a\", \"b\"].join(\", \")  #=> \"a, b\"", family: "Text"
    ) { call throws(Failure) in
      if call.value(0).text != nil, call.value(1).sequenceItems != nil {
        throw Failure(
          "argument-order", "join takes the list first, then the separator",
          help: ["write `join({1}, {0})`"])
      }
      return .string(String.joined(try call.list(0), separator: try call.string(1)))
    },
    Builtin(
      "format", [Parameter("x", .any), Parameter("spec", .string, .string(""))],
      "A value as text by a format, as in `{x:.3f}`.",
      example: "format(3.14159, \".2f\")  #=> \"3.14\"", family: "Text"
    ) { call throws(Failure) in
      let spec = try call.string(1)
      return .string(
        spec.isEmpty ? call.value(0).printed() : try FormatSpec.apply(spec, call.value(0)))
    },
    word("ord", [], "The number of a character.", "ord(\"a\")  #=> 97") { s, call throws(Failure) in
      guard s.unicodeScalars.count == 1, let c = s.unicodeScalars.first else {
        throw call.fail(0, "ord needs one character")
      }
      return .int(Int(c.value))
    },
    Builtin(
      "chr", [Parameter("n", .int)], "The character of a number.", example: "chr(97)  #=> \"a\"",
      family: "Text"
    ) {
      call throws(Failure) in
      guard let n = UInt32(exactly: try call.int(0)), let c = Unicode.Scalar(n) else {
        throw call.fail(0, "there is no such character")
      }
      return .string(String(Character(c)))
    },
  ]

  static func trimmed(_ s: String) -> String {
    var part = s[...]
    while let c = part.first, c.isWhitespace { part.removeFirst() }
    while let c = part.last, c.isWhitespace { part.removeLast() }
    return String(part)
  }

  static func pieces(_ s: String, _ separator: String) -> [String] {
    let (own, mark) = (Array(s.utf8), Array(separator.utf8))
    var result: [String] = []
    var start = 0
    while let at = TextSearch.first(mark, in: own, from: start), !mark.isEmpty {
      result.append(String(decoding: own[start..<at], as: UTF8.self))
      start = at + mark.count
    }
    return result + [String(decoding: own[start...], as: UTF8.self)]
  }
}
