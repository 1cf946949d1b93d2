// The nearest known word to a misspelt one.

package enum Spelling {
  /// The word nearest to `word`, when it is near enough to have been meant.
  package static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    let own = Array(word.utf8)
    if own.isEmpty || own.count > 64 { return nil }
    // One letter could be anything; a longer word may hold more mistakes.
    if own.count == 1 { return nil }
    let limit = own.count <= 5 ? 1 : own.count <= 8 ? 2 : 3
    var best: (distance: Int, text: String)?
    for candidate in candidates where candidate != word {
      let other = Array(candidate.utf8)
      if abs(other.count - own.count) > limit { continue }
      var distance = Spelling.distance(own, other, limit)
      if candidate.lowercased() == word.lowercased() { distance = 0 }
      if distance > limit || own.count == 2 && distance > 0 && !isSwap(own, other) { continue }
      if best.map({ distance < $0.distance || distance == $0.distance && candidate < $0.text })
        ?? true
      {
        best = (distance, candidate)
      }
    }
    return best?.text ?? shorter(word, candidates)
  }

  /// The longest candidate that the word begins with, and adds a few letters to: `lenght` is `len`.
  private static func shorter(_ word: String, _ candidates: some Sequence<String>) -> String? {
    candidates.filter {
      $0.utf8.count >= 3 && $0 != word && word.hasPrefix($0) && word.utf8.count - $0.utf8.count <= 3
        && word.dropFirst($0.count).allSatisfy(\.isLetter)
    }.max { ($0.utf8.count, $1) < ($1.utf8.count, $0) }
  }

  private static func isSwap(_ a: [UInt8], _ b: [UInt8]) -> Bool { a == Array(b.reversed()) }

  /// Insertions, deletions, changes and swaps of neighbours (optimal string alignment).
  static func distance(_ a: [UInt8], _ b: [UInt8], _ limit: Int) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 1...max(a.count, 1) where i <= a.count {
      var current = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...max(b.count, 1) where j <= b.count {
        let change = a[i - 1] == b[j - 1] ? 0 : 1
        var cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + change)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          cost = min(cost, before[j - 2] + 1)
        }
        current[j] = cost
      }
      before = previous
      previous = current
    }
    return previous[b.count]
  }
}
