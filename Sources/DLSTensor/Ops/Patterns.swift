// Patterns that name dimensions: "b c h w -> b (c h w)". Parsed here, with errors that point in.

/// A side of a pattern: groups of names; a group of one is a dimension, of several a product.
struct PatternSide {
  /// One name, `...`, or a number, and where it stands in the pattern.
  struct Atom: Equatable {
    var name: String
    var at: Int
    static func == (a: Atom, b: Atom) -> Bool { a.name == b.name }
    var isEllipsis: Bool { name == "..." }
    var number: Int? { Int(name) }
  }
  struct Group {
    var atoms: [Atom]
    var at: Int
    var isBracketed: Bool
  }
  var groups: [Group] = []
  var atoms: [Atom] { groups.flatMap(\.atoms) }
}

/// A pattern's text, for reading and for errors about places in it.
struct Pattern {
  let word: String
  let text: String
  private let bytes: [UInt8]
  /// The parameter that the pattern is.
  let argument: Int

  init(_ word: String, _ text: String, argument: Int) {
    (self.word, self.text, self.argument) = (word, text, argument)
    bytes = Array(text.utf8)
  }

  /// An error whose note shows the pattern with a caret under a place.
  func error(
    _ message: String, at: Int, length: Int = 1, code: String = "bad-pattern", help: [String] = []
  ) -> TensorError {
    let column = String(decoding: bytes[..<min(max(at, 0), bytes.count)], as: UTF8.self).count
    let mark = String(repeating: " ", count: column) + String(repeating: "^", count: max(length, 1))
    return TensorError(
      code, "\(word): \(message)", argument: argument, notes: [text, mark], help: help)
  }

  /// Where each part between arrows and commas begins and ends.
  func sides() throws(TensorError) -> (left: [Range<Int>], right: Range<Int>?) {
    var left: [Range<Int>] = []
    var from = 0
    var at = 0
    var arrow: Int?
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: ","), arrow == nil {
        left.append(from..<at)
        from = at + 1
      } else if bytes[at] == UInt8(ascii: "-"), at + 1 < bytes.count,
        bytes[at + 1] == UInt8(ascii: ">")
      {
        if arrow != nil { throw error("a second `->`", at: at, length: 2) }
        left.append(from..<at)
        arrow = at + 2
        at += 1
      }
      at += 1
    }
    guard let arrow else {
      left.append(from..<bytes.count)
      return (left, nil)
    }
    return (left, arrow..<bytes.count)
  }

  /// Reads a side; `letters` takes every letter as a name of its own.
  func side(_ range: Range<Int>, letters: Bool = false) throws(TensorError) -> PatternSide {
    var side = PatternSide()
    var open: PatternSide.Group?
    var at = range.lowerBound
    func isName(_ c: UInt8) -> Bool {
      c == UInt8(ascii: "_") || c >= 0x30 && c <= 0x39 || c >= 0x41 && c <= 0x5a
        || c >= 0x61 && c <= 0x7a || c >= 0x80
    }
    while at < range.upperBound {
      let start = at
      let c = bytes[at]
      var name: String?
      if c == UInt8(ascii: " ") {
        at += 1
        continue
      } else if c == UInt8(ascii: "(") {
        if open != nil { throw error("brackets do not nest", at: at) }
        open = .init(atoms: [], at: at, isBracketed: true)
        at += 1
        continue
      } else if c == UInt8(ascii: ")") {
        guard let group = open else { throw error("`)` without `(`", at: at) }
        side.groups.append(group)
        open = nil
        at += 1
        continue
      } else if c == UInt8(ascii: "."), at + 3 <= range.upperBound,
        bytes[at..<at + 3].allSatisfy({ $0 == UInt8(ascii: ".") })
      {
        name = "..."
        at += 3
      } else if isName(c) {
        at += 1
        while !letters, at < range.upperBound, isName(bytes[at]) { at += 1 }
        name = String(decoding: bytes[start..<at], as: UTF8.self)
      }
      guard let name else {
        throw error(
          "`\(String(decoding: [c], as: UTF8.self))` has no meaning here", at: start,
          help: ["names, numbers, brackets and `...` stand in a pattern"])
      }
      let atom = PatternSide.Atom(name: name, at: start)
      if side.atoms.contains(where: { $0.isEllipsis })
        || open?.atoms.contains(where: { $0.isEllipsis })
          ?? false,
        atom.isEllipsis
      {
        throw error("`...` may stand once on a side", at: start, length: 3)
      }
      if open != nil {
        open?.atoms.append(atom)
      } else {
        side.groups.append(.init(atoms: [atom], at: start, isBracketed: false))
      }
    }
    if let open { throw error("`(` is not closed", at: open.at) }
    return side
  }
}
