// What a tab offers: names, members after a point, the arguments of the call around the cursor.

import DLSSyntax
import DLSTensor

extension Session {
  /// Completions of the word before the cursor.
  package func completions(_ line: String) -> [String] {
    let bytes = Array(line.utf8)
    var start = bytes.count
    while start > 0, isNamePart(bytes[start - 1]) { start -= 1 }
    let word = String(decoding: bytes[start...], as: UTF8.self)
    if start > 0, bytes[start - 1] == 0x2e {
      guard let holder = resolve(path(before: start - 1, bytes)) else { return [] }
      return matching(members(holder), word)
    }
    let arguments = argumentNames(before: start, bytes)
    if word.isEmpty { return arguments.sorted() }
    let names = machine.allNames(module).filter { !$0.hasPrefix(".") }
    return matching(arguments + names + Keyword.allCases.map(\.rawValue), word)
  }

  private func matching(_ pool: [String], _ word: String) -> [String] {
    Array(Set(pool.filter { $0.hasPrefix(word) })).sorted()
  }

  private func isNamePart(_ c: UInt8) -> Bool {
    c == 0x5f || c >= 0x30 && c <= 0x39 || (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a || c >= 0x80
  }

  /// The names with points between that end at a place.
  private func path(before end: Int, _ bytes: [UInt8]) -> String {
    var from = end
    while from > 0, isNamePart(bytes[from - 1]) || bytes[from - 1] == 0x2e { from -= 1 }
    return String(decoding: bytes[from..<end], as: UTF8.self)
  }

  /// `lr=` and its kin, where the cursor stands between the brackets of a call.
  private func argumentNames(before end: Int, _ bytes: [UInt8]) -> [String] {
    var depth = 0
    var at = end
    while at > 0 {
      at -= 1
      switch bytes[at] {
      case 0x28 where depth > 0, 0x5b where depth > 0, 0x7b where depth > 0: depth -= 1
      case 0x28:
        guard case .object(let callee)? = resolve(path(before: at, bytes)) else { return [] }
        return (callee.signature ?? []).filter { !$0.isVariadic }.map { $0.name + "=" }
      case 0x5b, 0x7b: return []
      case 0x29, 0x5d, 0x7d: depth += 1
      default: break
      }
    }
    return []
  }

  private func resolve(_ path: String) -> Value? {
    let parts = path.split(separator: ".").map(String.init)
    guard let first = parts.first, var value = value(of: first) else { return nil }
    for part in parts.dropFirst() {
      guard let next = try? machine.member(value, part) else { return nil }
      value = next
    }
    if case .object(let bound as BoundMethodObject) = value { return bound.function }
    return value
  }

  private func members(_ value: Value) -> [String] {
    var result: [String] = []
    if case .object(let object) = value { result += object.memberNames }
    if value.tensorView != nil {
      result +=
        Machine.tensorMembers
        + OpTable.all.filter { $0.parameters.first?.kind == .tensor }.map(\.name)
    }
    return result
      + machine.builtins.keys.filter { $0.hasPrefix(".") }.map { String($0.dropFirst()) }
  }
}
