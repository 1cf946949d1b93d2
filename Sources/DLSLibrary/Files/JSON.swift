// JSON, strictly by RFC 8259. Foundation's would cost every start of the program its loading time.

import DLSRuntime
import DLSTensor

struct JSONReader {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(Failure) -> Value {
    var reader = JSONReader(bytes)
    let value = try reader.value(0)
    reader.space()
    if reader.at < bytes.count { throw reader.bad("text follows the end") }
    return value
  }

  private func bad(_ what: String) -> Failure {
    Failure("bad-file", "this is no JSON: \(what), at byte \(at)")
  }
  private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }
  private mutating func space() {
    while next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 { at += 1 }
  }

  private mutating func value(_ depth: Int) throws(Failure) -> Value {
    if depth > 200 { throw bad("it nests too deep") }
    space()
    switch next {
    case 0x7b:
      at += 1
      let dict = DictObject()
      space()
      if next == 0x7d {
        at += 1
        return .object(dict)
      }
      while true {
        space()
        let key = try string()
        space()
        if next != 0x3a { throw bad("`:` is missing") }
        at += 1
        dict.set(key, try value(depth + 1))
        space()
        if next == 0x2c {
          at += 1
          continue
        }
        if next != 0x7d { throw bad("`}` is missing") }
        at += 1
        return .object(dict)
      }
    case 0x5b:
      at += 1
      var items: [Value] = []
      space()
      if next == 0x5d {
        at += 1
        return .list([])
      }
      while true {
        items.append(try value(depth + 1))
        space()
        if next == 0x2c {
          at += 1
          continue
        }
        if next != 0x5d { throw bad("`]` is missing") }
        at += 1
        return .list(items)
      }
    case 0x22: return .string(try string())
    case 0x74: return try word("true", .bool(true))
    case 0x66: return try word("false", .bool(false))
    case 0x6e: return try word("null", .none)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: Value) throws(Failure) -> Value {
    let own = Array(text.utf8)
    if at + own.count > bytes.count || !bytes[at..<at + own.count].elementsEqual(own) {
      throw bad("a value is missing")
    }
    at += own.count
    return value
  }

  private mutating func number() throws(Failure) -> Value {
    let start = at
    var isFloat = false
    while at < bytes.count {
      let c = bytes[at]
      if c == 0x2e || c | 0x20 == 0x65 {
        isFloat = true
      } else if !(c >= 0x30 && c <= 0x39 || c == 0x2d || c == 0x2b) {
        break
      }
      at += 1
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if !isFloat, let x = Int(text) { return .int(x) }
    guard at > start, let x = Double(text) else { throw bad("a value is missing") }
    return .float(x)
  }

  private mutating func string() throws(Failure) -> String {
    if next != 0x22 { throw bad("a string is missing") }
    at += 1
    var text: [UInt8] = []
    while at < bytes.count {
      let c = bytes[at]
      at += 1
      if c == 0x22 {
        guard let result = String(validating: text, as: UTF8.self) else {
          throw bad("a string is not UTF-8")
        }
        return result
      }
      if c < 0x20 { throw bad("a control character stands in a string") }
      if c != 0x5c {
        text.append(c)
        continue
      }
      let escape = next
      at += 1
      switch escape {
      case 0x22, 0x5c, 0x2f: text.append(escape)
      case 0x6e: text.append(0x0a)
      case 0x74: text.append(0x09)
      case 0x72: text.append(0x0d)
      case 0x62: text.append(0x08)
      case 0x66: text.append(0x0c)
      case 0x75:
        var code = try hex()
        if code >= 0xD800, code < 0xDC00, next == 0x5c {
          at += 2
          let low = try hex()
          if low >= 0xDC00, low < 0xE000 { code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) }
        }
        guard let scalar = Unicode.Scalar(code) else { throw bad("an escape names no character") }
        text += Array(String(Character(scalar)).utf8)
      default: throw bad("an escape means nothing")
      }
    }
    throw bad("a string does not end")
  }

  private mutating func hex() throws(Failure) -> UInt32 {
    guard at + 4 <= bytes.count,
      let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else {
      throw bad("an escape is broken off")
    }
    at += 4
    return code
  }
}

enum JSONWriter {
  static func text(_ value: Value, _ depth: Int = 0) throws(Failure) -> String {
    if depth > 200 { throw Failure("nested-too-deep", "the value nests too deep for JSON") }
    switch value {
    case .none: return "null"
    case .bool(let x): return x ? "true" : "false"
    case .int(let x): return String(x)
    case .float(let x):
      if !x.isFinite { throw Failure("bad-argument", "JSON has no \(NumberText.shortest(x))") }
      return NumberText.shortest(x)
    case .tensor(let t): return try text(TensorWords.listed(t), depth)
    case .object(let object):
      if let s = value.text { return quoted(s) }
      if let dict = object as? DictObject {
        var parts: [String] = []
        for (key, item) in dict.entries {
          parts.append(quoted(key.value.printed()) + ": " + (try text(item, depth + 1)))
        }
        return "{" + parts.joined(separator: ", ") + "}"
      }
      if let items = value.sequenceItems {
        var parts: [String] = []
        for item in items { parts.append(try text(item, depth + 1)) }
        return "[" + parts.joined(separator: ", ") + "]"
      }
      if let t = object.tensorValue { return try text(.tensor(t), depth) }
      throw Failure("type-mismatch", "\(value.kindText) cannot be written as JSON")
    }
  }

  static func quoted(_ s: String) -> String {
    var text = "\""
    for c in s.unicodeScalars {
      switch c {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where c.value < 0x20:
        let digits = String(c.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(c)
      }
    }
    return text + "\""
  }
}
