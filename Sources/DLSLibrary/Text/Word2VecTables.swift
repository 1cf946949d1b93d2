// What word2vec's threads share: the vectors, and the tables that they draw words from.

import Glibc

/// Sixteen floats: a whole vector register on the widest machines.
typealias Lane = SIMD16<Float>

/// One cell of the table that negatives are drawn from.
struct AliasCell: BitwiseCopyable {
  var share: Float
  var other: Int32
}

/// Rows are padded to whole lanes. Written by several threads at once without locks, on purpose:
/// a lost update costs a little accuracy and no safety, since sizes never change.
final class Word2VecTables: @unchecked Sendable {
  /// Lanes in a row.
  let lanes: Int
  /// The vectors that are asked for (of input words).
  let input: UnsafeMutablePointer<Lane>
  /// The vectors of predicted words.
  let output: UnsafeMutablePointer<Lane>
  /// How likely a word is kept by subsampling.
  let keep: UnsafeMutablePointer<Float>
  /// Walker's alias table for count^0.75: a cell's own share, and who has the rest.
  let alias: UnsafeMutablePointer<AliasCell>
  /// The number of words.
  let count: Int

  init(_ corpus: Corpus, dim: Int, sample: Double, seed: UInt64) {
    count = corpus.words.count
    lanes = (dim + 15) / 16
    input = .allocate(capacity: max(1, count * lanes))
    output = .allocate(capacity: max(1, count * lanes))
    output.initialize(repeating: .zero, count: max(1, count * lanes))
    input.initialize(repeating: .zero, count: max(1, count * lanes))
    let total = Double(corpus.tokens.count)
    let threshold = sample * total
    keep = .allocate(capacity: max(1, count))
    for (i, n) in corpus.counts.enumerated() {
      let ratio = sample > 0 ? Double(n) / threshold : 0
      (keep + i).initialize(to: ratio > 0 ? Float(min(1, (ratio.squareRoot() + 1) / ratio)) : 1)
    }
    alias = .allocate(capacity: max(1, count))
    let cells = Word2VecTables.aliasTable(corpus.counts.map { pow(Double($0), 0.75) })
    alias.initialize(from: cells, count: count)
    var random = SplitMix64(seed: seed ^ 0x5EED)
    for row in 0..<count {
      for i in 0..<dim {
        input[row * lanes + i / 16][i % 16] = (2 * random.uniform() - 1) / Float(dim)
      }
    }
  }

  deinit {
    input.deallocate()
    output.deallocate()
    keep.deallocate()
    alias.deallocate()
  }

  /// Walker (1977), Vose (1991): drawing takes one random number and one look.
  private static func aliasTable(_ weights: [Double]) -> [AliasCell] {
    let mean = weights.reduce(0, +) / Double(max(1, weights.count))
    var shares = weights.map { $0 / mean }
    var table = shares.map { AliasCell(share: Float($0), other: 0) }
    var small = shares.indices.filter { shares[$0] < 1 }
    var large = shares.indices.filter { shares[$0] >= 1 }
    while let low = small.popLast(), let high = large.popLast() {
      table[low] = AliasCell(share: Float(shares[low]), other: Int32(high))
      shares[high] -= 1 - shares[low]
      if shares[high] < 1 { small.append(high) } else { large.append(high) }
    }
    for rest in small + large { table[rest] = AliasCell(share: 2, other: Int32(rest)) }
    return table
  }

  /// The input vectors without their padding.
  func vectors(dim: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count * dim) { buffer, initialized in
      for row in 0..<count {
        for i in 0..<dim { buffer[row * dim + i] = input[row * lanes + i / 16][i % 16] }
      }
      initialized = count * dim
    }
  }
}
