// word2vec: how it is set up, shared out over threads and brought to an end.

import DLSTensor

/// Mikolov et al., Efficient Estimation of Word Representations in Vector Space (2013), and
/// Distributed Representations of Words and Phrases and their Compositionality (2013): negative
/// sampling from the counts to the power 3/4, subsampling of frequent words, windows of random
/// width, a learning rate that falls linearly.
package struct Word2Vec: Sendable {
  package enum Mode: Sendable { case cbow, skipgram }

  package var dim = 100
  package var window = 5
  package var negative = 5
  package var mode = Mode.cbow
  package var epochs = 5
  package var sample = 1e-3
  package var lr = 0.025
  package var lastRate = 1e-4
  package var threads = 2
  package var seed: UInt64 = 0

  package init() {}

  /// Trains on a corpus and gives the words' vectors, row after row.
  ///
  /// Threads share the vectors and write without locks ("Hogwild", Niu et al. 2011): with one
  /// thread the same seed gives the same bits, with more it does not. `progress` is told the share
  /// that is done, on the thread that called; `isCancelled` ends the training early.
  package func train(
    _ corpus: Corpus, isCancelled: @Sendable () -> Bool = { false },
    progress: (Double) -> Void = { _ in }
  ) -> [Float] {
    let tables = Word2VecTables(corpus, dim: dim, sample: sample, seed: seed)
    let sentences = corpus.starts.count - 1
    let pieces = max(1, min(threads, Parallel.threads, sentences))
    // Pieces of equal numbers of words, cut between sentences.
    var cuts = [0]
    for piece in 1..<max(1, pieces) {
      let wanted = corpus.tokens.count * piece / pieces
      let cut = corpus.starts.partitioningIndex { $0 >= wanted }
      cuts.append(max(cuts[piece - 1], min(cut, sentences)))
    }
    cuts.append(sentences)
    Parallel.forEach(pieces, grain: 1) { from, to in
      for piece in from..<to {
        var worker = Word2VecWorker(
          self, tables, random: SplitMix64(seed: seed &* 0x9E37 &+ UInt64(piece)))
        defer { worker.free() }
        // Piece 0 is always done by the thread that called.
        worker.run(
          corpus, sentences: cuts[piece]..<cuts[piece + 1], isCancelled: isCancelled,
          progress: piece == 0 ? progress : { _ in })
      }
    }
    return withExtendedLifetime(tables) { tables.vectors(dim: dim) }
  }
}

extension Array {
  /// The first index whose element satisfies the predicate, where all later ones do too.
  fileprivate func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// A small fast random generator (Steele, Lea, Flood 2014), one for each thread.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  @inline(__always)
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< 1.
  @inline(__always)
  package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }
}
