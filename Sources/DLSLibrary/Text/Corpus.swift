// Sentences as numbers: what word2vec trains on.

/// The words of a text, counted, and its sentences as indices into them.
package struct Corpus: Sendable {
  /// Most frequent first; ties in the order of their first appearance.
  package private(set) var words: [String] = []
  package private(set) var counts: [Int] = []
  /// All sentences one after another, rare words left out.
  package private(set) var tokens: [Int32] = []
  /// Where each sentence begins in `tokens`, and where the last one ends. Longer ones than
  /// `longest` are cut, so that a text without line ends (text8) is shared out over threads too.
  package private(set) var starts: [Int] = [0]
  private static let longest = 10_000
  /// Words read, rare ones included.
  package private(set) var rawCount = 0

  /// Counts the words of all sentences and keeps those that occur at least `minCount` times.
  package init(_ sentences: [[String]], minCount: Int) {
    var index: [String: Int32] = [:]
    var seen: [String] = []
    var tally: [Int] = []
    var raw: [Int32] = []
    raw.reserveCapacity(sentences.reduce(0) { $0 + $1.count })
    for sentence in sentences {
      for word in sentence {
        if let known = index[word] {
          tally[Int(known)] += 1
          raw.append(known)
        } else {
          let new = Int32(seen.count)
          index[word] = new
          seen.append(word)
          tally.append(1)
          raw.append(new)
        }
      }
    }
    keep(seen, tally, raw, sentences.map(\.count), minCount)
  }

  private mutating func keep(
    _ seen: [String], _ tally: [Int], _ raw: [Int32], _ lengths: [Int], _ minCount: Int
  ) {
    rawCount = raw.count
    let order = seen.indices.filter { tally[$0] >= minCount }
      .sorted { tally[$0] != tally[$1] ? tally[$0] > tally[$1] : $0 < $1 }
    var place = [Int32](repeating: -1, count: seen.count)
    for (new, old) in order.enumerated() { place[old] = Int32(new) }
    words = order.map { seen[$0] }
    counts = order.map { tally[$0] }
    tokens.reserveCapacity(raw.count)
    var at = 0
    for length in lengths {
      for token in raw[at..<(at + length)] where place[Int(token)] >= 0 {
        tokens.append(place[Int(token)])
        if tokens.count - (starts.last ?? 0) == Corpus.longest { starts.append(tokens.count) }
      }
      at += length
      starts.append(tokens.count)
    }
  }
}
