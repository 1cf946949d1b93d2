// Python's format specs: [[fill]align][sign][0][width][,][.precision][type].

import DLSTensor

package enum FormatSpec {
  package static func apply(_ spec: String, _ value: Value) throws(Failure) -> String {
    var rest = Array(spec)[...]
    var fill: Character = " "
    var align: Character?
    if rest.count >= 2, "<>^=".contains(rest[rest.startIndex + 1]) {
      fill = rest.removeFirst()
      align = rest.removeFirst()
    } else if let first = rest.first, "<>^=".contains(first) {
      align = rest.removeFirst()
    }
    var sign: Character = "-"
    if let first = rest.first, "+- ".contains(first) { sign = rest.removeFirst() }
    if rest.first == "#" { rest.removeFirst() }
    if rest.first == "0" {
      rest.removeFirst()
      if align == nil { (fill, align) = ("0", "=") }
    }
    func number() -> Int? {
      var digits = ""
      while let c = rest.first, c.isASCII, c.isNumber {
        digits.append(rest.removeFirst())
      }
      return Int(digits).map { min($0, 100_000) }
    }
    let width = number() ?? 0
    var groups = false
    if let first = rest.first, first == "," || first == "_" {
      rest.removeFirst()
      groups = true
    }
    var precision: Int?
    if rest.first == "." {
      rest.removeFirst()
      precision = number()
      if precision == nil { throw bad(spec) }
    }
    let type = rest.popFirst()
    if !rest.isEmpty { throw bad(spec) }

    var body: String
    var isNumber = true
    if let text = value.text {
      if let type, type != "s" {
        throw Failure("bad-format", "the format `\(spec)` is for numbers, not for a string")
      }
      body = precision.map { String(text.prefix($0)) } ?? text
      isNumber = false
    } else if let type, type != "s" {
      guard let x = value.number ?? boolNumber(value) else {
        throw Failure("bad-format", "the format `\(spec)` needs a number, got \(value.kindText)")
      }
      body = try numeral(x, value, type, precision, spec)
    } else if let precision, let x = value.number {
      body = general(x, precision)
      if case .int = value {
        throw Failure(
          "bad-format", "the format `\(spec)` of an int needs a type, as in `.\(precision)f`")
      }
    } else {
      body = value.printed()
      isNumber = value.number != nil
    }
    if groups { body = grouped(body) }
    if isNumber, sign != "-", !body.hasPrefix("-") { body = String(sign) + body }
    let missing = width - body.count
    if missing <= 0 { return body }
    let pad = String(repeating: fill, count: missing)
    switch align ?? (isNumber ? ">" : "<") {
    case "<": return body + pad
    case "^":
      let left = missing / 2
      return String(pad.prefix(left)) + body + String(pad.prefix(missing - left))
    case "=":
      if let first = body.first, "+- ".contains(first) {
        return String(first) + pad + body.dropFirst()
      }
      return pad + body
    default: return pad + body
    }
  }

  private static func bad(_ spec: String) -> Failure {
    Failure(
      "bad-format", "`\(spec)` is no format",
      help: ["a format is width, precision and type, as in `8.3f`, `>10`, `.2e`, `,d`, `.1%`"])
  }

  private static func boolNumber(_ value: Value) -> Double? {
    if case .bool(let x) = value { return x ? 1 : 0 }
    return nil
  }

  private static func numeral(
    _ x: Double, _ value: Value, _ type: Character, _ precision: Int?, _ spec: String
  ) throws(Failure) -> String {
    switch type {
    case "d", "x", "X", "b", "o":
      var whole = Int(exactly: x)
      if case .int(let exact) = value { whole = exact }
      guard let whole else {
        throw Failure("bad-format", "the format `\(spec)` is for ints, not for \(value.kindText)")
      }
      let radix = type == "d" ? 10 : type == "b" ? 2 : type == "o" ? 8 : 16
      return String(whole, radix: radix, uppercase: type == "X")
    case "f", "F": return fixed(x, precision ?? 6)
    case "%": return fixed(x * 100, precision ?? 6) + "%"
    case "e", "E": return exponent(x, precision ?? 6, upper: type == "E")
    case "g", "G", "n": return general(x, precision ?? 6)
    default: throw bad(spec)
    }
  }

  package static func significant(_ x: Double, _ digits: Int) -> String { general(x, digits) }

  package static func fixed(_ x: Double, _ places: Int) -> String {
    if !x.isFinite { return NumberText.shortest(x) }
    return CNumber.print("f", x, places)
  }
  private static func exponent(_ x: Double, _ places: Int, upper: Bool) -> String {
    if !x.isFinite { return NumberText.shortest(x) }
    return CNumber.print(upper ? "E" : "e", x, places)
  }
  private static func general(_ x: Double, _ digits: Int) -> String {
    if !x.isFinite { return NumberText.shortest(x) }
    return CNumber.print("g", x, max(digits, 1))
  }

  private static func grouped(_ text: String) -> String {
    let negative = text.hasPrefix("-")
    let own = negative ? text.dropFirst() : text[...]
    let whole = own.prefix { $0.isNumber }
    var result = ""
    for (i, c) in whole.enumerated() {
      if i > 0, (whole.count - i) % 3 == 0 { result += "," }
      result.append(c)
    }
    return (negative ? "-" : "") + result + own.dropFirst(whole.count)
  }
}

import Glibc

/// snprintf of one number.
private enum CNumber {
  static func print(_ type: Character, _ x: Double, _ places: Int) -> String {
    let format = "%.\(min(places, 400))\(type)"
    var buffer = [CChar](repeating: 0, count: 1024)
    let length = withVaList([x]) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(
      decoding: buffer.prefix(max(0, min(Int(length), 1023))).map { UInt8(bitPattern: $0) },
      as: UTF8.self)
  }
}
