// Values as text, as the prompt and `print` show them; safe with cycles and great depth.

import DLSTensor

public struct Printer {
  package private(set) var text = ""
  private var open: Set<ObjectIdentifier> = []
  private var depth = 0
  package static let limit = 4 << 20

  package init() {}

  package mutating func write(_ piece: String) {
    if text.utf8.count < Printer.limit { text += piece }
  }

  /// A string with its quotes and escapes.
  package mutating func string(_ content: String) {
    var quoted = "\""
    for c in content {
      switch c {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case "{": quoted += "\\{"
      default: quoted.append(c)
      }
    }
    write(quoted + "\"")
  }

  package mutating func value(_ value: Value) {
    switch value {
    case .int(let x): write(String(x))
    case .float(let x): write(NumberText.shortest(x))
    case .bool(let x): write(x ? "true" : "false")
    case .none: write("none")
    case .tensor(let x): write(x.format())
    case .object(let object):
      if depth > 200 { return write("…") }
      depth += 1
      object.describe(&self)
      depth -= 1
    }
  }

  /// Writes a container's contents, unless it is being written already.
  package mutating func enter(_ object: Object, _ short: String, _ body: (inout Printer) -> Void) {
    if !open.insert(ObjectIdentifier(object)).inserted { return write(short) }
    body(&self)
    open.remove(ObjectIdentifier(object))
  }

  mutating func sequence(_ object: Object, _ left: String, _ items: [Value], _ right: String) {
    enter(object, left == "[" ? "[…]" : "(…)") { printer in
      printer.write(left)
      for (i, item) in items.enumerated() {
        if i > 0 { printer.write(", ") }
        if printer.text.utf8.count >= Printer.limit { break }
        printer.value(item)
      }
      printer.write(right)
    }
  }

  static func isBareWord(_ text: String) -> Bool {
    guard let first = text.utf8.first else { return false }
    let isLetter = { (c: UInt8) in c == 0x5f || (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a }
    return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || $0 >= 0x30 && $0 <= 0x39 }
  }
}

extension Value {
  /// As the prompt shows it: strings in quotes.
  package func describe() -> String {
    var printer = Printer()
    printer.value(self)
    return printer.text
  }

  /// As `print` writes it: strings bare.
  package func printed() -> String {
    if let text { return text }
    if case .int(let x) = self { return Value.digits(x) }
    return describe()
  }
}
