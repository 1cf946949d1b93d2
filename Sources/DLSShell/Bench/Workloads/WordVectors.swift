// word2vec beside gensim, on the peers' corpus.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Glibc

extension Workload {
  /// W7. Words of the corpus a second, vocabulary building left out, as the peers count.
  static let wordVectors = Workload(
    name: "word2vec", number: "W7",
    what: "word2vec on 1.5M Zipf words, 100 dimensions, window 5, 5 negatives, one epoch",
    peers: ["sg", "cbow"].map { Peer("gensim", ["w7_gensim.py", ZipfCorpus.path, $0, "2"]) }
  ) { setting throws(Failure) in
    let words = setting.isQuick ? 50_000 : 1_500_000
    let lines = ZipfCorpus.lines(words)
    if setting.peers != nil { try ZipfCorpus.write(lines) }
    let corpus = Corpus(lines, minCount: 5)
    var result: [Measurement] = []
    for (mode, name) in [(Word2Vec.Mode.skipgram, "sg"), (.cbow, "cbow")] {
      var setup = Word2Vec()
      (setup.mode, setup.epochs, setup.seed) = (mode, 1, 1)
      // One thread too, since more than one gives no gain on a busy machine.
      for threads in Set([1, Parallel.threads]).sorted(by: >) {
        setup.threads = threads
        let seconds = try setting.measure(repeats: 5, minimum: 0.1, warm: 1) {
          count throws(Failure) in
          for _ in 0..<count { _ = setup.train(corpus, isCancelled: { Interrupt.isSet }) }
        }
        let isMain = threads == Parallel.threads
        var m = Measurement(
          isMain ? "\(name)_words/s" : "\(name)_words/s, one thread", unit: "words/s",
          isRate: true, seconds: seconds, scale: Double(words))
        if !setting.isQuick && isMain {
          m.checks = [
            BenchCheck(
              name: "vocabulary", value: Double(corpus.words.count), expected: 25844, tolerance: 0)
          ]
        }
        result.append(m)
      }
    }
    return result
  }
}

/// The corpus of the peers' `w7_corpus.py`: words drawn by Zipf's law, 25 a line.
private enum ZipfCorpus {
  /// Where the peers find it.
  static let path =
    (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/dls-bench-\(getpid())-zipf.txt"

  /// `default_rng(0).choice(30000, count, p=p)` with p falling as 1/rank.
  static func lines(_ count: Int) -> [[String]] {
    var shares = (1...30_000).map { 1 / Double($0) }
    let total = shares.reduce(0, +)
    var sum = 0.0
    for i in shares.indices {
      sum += shares[i] / total
      shares[i] = sum
    }
    let names = (0..<30_000).map { "w\($0)" }
    var random = NumPyRandom(seed: 0)
    var lines: [[String]] = []
    var line: [String] = []
    for _ in 0..<count {
      let drawn = random.nextDouble() * sum
      var (low, high) = (0, shares.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if shares[middle] > drawn { high = middle } else { low = middle + 1 }
      }
      line.append(names[low])
      if line.count == 25 {
        lines.append(line)
        line = []
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  static func write(_ lines: [[String]]) throws(Failure) {
    let text = lines.map { $0.joined(separator: " ") + "\n" }.joined()
    try SafeFile.write(path, Array(text.utf8))
    atexit { unlink(ZipfCorpus.path) }
  }
}
