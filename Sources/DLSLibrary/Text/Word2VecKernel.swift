// word2vec's inner loops, for one thread.

/// Works through sentences again and again, changing the shared vectors.
///
/// Negatives are drawn once for a position and serve all of its context words (Ji et al.,
/// Parallelizing Word2Vec in Shared and Distributed Memory, 2016): the same expectation with fewer
/// random rows to fetch, which is where the time of the plain loop goes.
struct Word2VecWorker {
  private let setup: Word2Vec
  // Copies of what the tables hold: a class in the inner loop would be counted there, and counting
  // is what two threads cannot do at once.
  private let lanes: Int
  private let input: UnsafeMutablePointer<Lane>
  private let output: UnsafeMutablePointer<Lane>
  private let keep: UnsafePointer<Float>
  private let alias: UnsafePointer<AliasCell>
  private let cells: UInt64
  private var random: SplitMix64
  /// The row of each target: the true word first, then the negatives.
  private let targets: UnsafeMutablePointer<Int32>
  private var targetCount = 0

  /// The tables must outlive the worker.
  init(_ setup: Word2Vec, _ tables: Word2VecTables, random: SplitMix64) {
    self.setup = setup
    lanes = tables.lanes
    input = tables.input
    output = tables.output
    keep = UnsafePointer(tables.keep)
    alias = UnsafePointer(tables.alias)
    cells = UInt64(tables.count)
    self.random = random
    targets = .allocate(capacity: setup.negative + 1)
  }

  func free() { targets.deallocate() }

  mutating func run(
    _ corpus: Corpus, sentences: Range<Int>, isCancelled: () -> Bool, progress: (Double) -> Void
  ) {
    let first = corpus.starts[sentences.lowerBound]
    let words = corpus.starts[sentences.upperBound] - first
    let longest = sentences.map { corpus.starts[$0 + 1] - corpus.starts[$0] }.max() ?? 0
    guard words > 0, cells > 1 else { return }
    var kept = [Int32](repeating: 0, count: longest)
    var work = [Lane](repeating: .zero, count: 2 * lanes)
    let total = Double(words) * Double(setup.epochs)
    for epoch in 0..<setup.epochs {
      var nextReport = 0
      for sentence in sentences {
        let begin = corpus.starts[sentence]
        let end = corpus.starts[sentence + 1]
        let done = begin - first
        let share = (Double(epoch) * Double(words) + Double(done)) / total
        if done >= nextReport {
          nextReport = done + 10_000
          if isCancelled() { return }
          progress(share)
        }
        let rate = Float(setup.lr - (setup.lr - setup.lastRate) * share)
        corpus.tokens.withUnsafeBufferPointer { tokens in
          let count = subsample(tokens, begin, end, &kept)
          kept.withUnsafeBufferPointer { kept in
            work.withUnsafeMutableBufferPointer { work in
              guard let words = kept.baseAddress, let scratch = work.baseAddress else { return }
              train(words, count, rate, scratch)
            }
          }
        }
      }
    }
  }

  /// The sentence without some of its frequent words.
  private mutating func subsample(
    _ tokens: UnsafeBufferPointer<Int32>, _ begin: Int, _ end: Int, _ kept: inout [Int32]
  ) -> Int {
    var count = 0
    for at in begin..<end {
      let token = tokens[at]
      let probability = keep[Int(token)]
      if probability < 1, random.uniform() >= probability { continue }
      kept[count] = token
      count += 1
    }
    return count
  }

  private mutating func train(
    _ words: UnsafePointer<Int32>, _ count: Int, _ rate: Float,
    _ scratch: UnsafeMutablePointer<Lane>
  ) {
    guard count > 1 else { return }
    for position in 0..<count {
      let half = 1 + Int(random.next() % UInt64(setup.window))
      let from = max(0, position - half)
      let to = min(count - 1, position + half)
      guard to > from else { continue }
      drawTargets(words[position])
      switch setup.mode {
      case .skipgram:
        for other in from...to where other != position {
          let row = input + Int(words[other]) * lanes
          step(row, scratch, rate)
          for i in 0..<lanes { row[i] += scratch[i] }
        }
      case .cbow:
        let mean = scratch + lanes
        for i in 0..<lanes { mean[i] = .zero }
        for other in from...to where other != position {
          let row = input + Int(words[other]) * lanes
          for i in 0..<lanes { mean[i] += row[i] }
        }
        let scale = Lane(repeating: 1 / Float(to - from))
        for i in 0..<lanes { mean[i] *= scale }
        step(mean, scratch, rate)
        for other in from...to where other != position {
          let row = input + Int(words[other]) * lanes
          for i in 0..<lanes { row[i] += scratch[i] }
        }
      }
    }
  }

  /// The true word and the negatives that stand against it.
  @inline(__always)
  private mutating func drawTargets(_ word: Int32) {
    targets[0] = word
    targetCount = 1
    for _ in 0..<setup.negative {
      let bits = random.next()
      let cell = Int(((bits >> 32) &* cells) >> 32)
      let entry = alias[cell]
      let share = Float(bits & 0xFF_FFFF) * 0x1p-24
      let drawn = share < entry.share ? Int32(cell) : entry.other
      if drawn == word { continue }
      targets[targetCount] = drawn
      targetCount += 1
    }
  }

  /// One step of logistic regression for each target on the vector `h`: changes the targets'
  /// vectors and leaves the change that `h` should take in `change`.
  @inline(__always)
  private func step(
    _ h: UnsafeMutablePointer<Lane>, _ change: UnsafeMutablePointer<Lane>, _ rate: Float
  ) {
    for i in 0..<lanes { change[i] = .zero }
    var first = 0
    while first < targetCount {
      let many = min(16, targetCount - first)
      var scores = Lane.zero
      for k in 0..<many {
        let row = output + Int(targets[first + k]) * lanes
        var sum = h[0] * row[0]
        for i in 1..<max(1, lanes) { sum.addProduct(h[i], row[i]) }
        scores[k] = Word2VecWorker.total(sum)
      }
      var factors = -Word2VecWorker.sigmoid(scores)
      if first == 0 { factors[0] += 1 }
      factors *= rate
      for k in 0..<many {
        let row = output + Int(targets[first + k]) * lanes
        let factor = Lane(repeating: factors[k])
        for i in 0..<lanes {
          let old = row[i]
          change[i].addProduct(factor, old)
          row[i] = old.addingProduct(factor, h[i])
        }
      }
      first += many
    }
  }

  @inline(__always)
  private static func total(_ x: Lane) -> Float {
    let a = x.lowHalf + x.highHalf
    let b = a.lowHalf + a.highHalf
    let c = b.lowHalf + b.highHalf
    return c[0] + c[1]
  }

  /// 1 / (1 + e^-x), with e^x by range reduction and a polynomial of degree 6.
  @inline(__always)
  private static func sigmoid(_ x: Lane) -> Lane {
    var y = -x
    y.replace(with: 30, where: y .> 30)
    y.replace(with: -30, where: y .< -30)
    let scaled = y * 1.442_695_04
    let whole = (scaled + 12_582_912) - 12_582_912
    let rest = (scaled - whole) * 0.693_147_18
    var series = Lane(repeating: 1.0 / 720)
    for coefficient: Float in [1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1] {
      series = Lane(repeating: coefficient).addingProduct(series, rest)
    }
    let exponent = SIMD16<Int32>(truncatingIfNeeded: SIMD16<Int32>(whole)) &+ 127
    let power = unsafeBitCast(exponent &<< 23, to: Lane.self)
    return 1 / (1 + series * power)
  }
}
