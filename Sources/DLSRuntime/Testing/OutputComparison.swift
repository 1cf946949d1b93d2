// Expected outputs against real ones.

/// Comparing outputs: numbers within 1e-3 relative, everything else exactly.
package enum OutputComparison {
  package static func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      line -> String in
      var line = String(line)
      while let last = line.last, last == " " || last == "\r" || last == "\t" { line.removeLast() }
      return line
    }
    while lines.last == "" { lines.removeLast() }
    while lines.first == "" { lines.removeFirst() }
    return lines.joined(separator: "\n")
  }

  package static func matches(_ actual: String, _ expected: String) -> Bool {
    if actual == expected { return true }
    let (a, b) = (pieces(actual), pieces(expected))
    if a.count != b.count { return false }
    for (x, y) in zip(a, b) where x != y {
      guard let p = Double(x), let q = Double(y) else { return false }
      if !(abs(p - q) <= 1e-3 * max(abs(p), abs(q)) + 1e-9) { return false }
    }
    return true
  }

  /// Numbers, words and signs; runs of spaces count as one.
  private static func pieces(_ text: String) -> [String] {
    var result: [String] = []
    let characters = Array(text)
    var i = 0
    while i < characters.count {
      let c = characters[i]
      if c == " " {
        while i < characters.count, characters[i] == " " { i += 1 }
        continue
      }
      let startsNumber =
        c.isNumber || c == "-" && i + 1 < characters.count && characters[i + 1].isNumber
      if startsNumber {
        var j = i + 1
        while j < characters.count,
          characters[j].isNumber
            || characters[j] == "." && j + 1 < characters.count && characters[j + 1].isNumber
            || characters[j] == "e"
            || (characters[j] == "-" || characters[j] == "+") && characters[j - 1] == "e"
        { j += 1 }
        result.append(String(characters[i..<j]))
        i = j
      } else if c.isLetter || c == "_" {
        var j = i
        while j < characters.count,
          characters[j].isLetter || characters[j].isNumber || characters[j] == "_"
        { j += 1 }
        result.append(String(characters[i..<j]))
        i = j
      } else {
        result.append(String(c))
        i += 1
      }
    }
    return result
  }
}
