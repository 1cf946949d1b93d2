// The word `word2vec`.

import DLSRuntime
import DLSTensor

enum Word2VecWords {
  static let all: [Builtin] = [
    Builtin(
      "word2vec",
      [
        Parameter("corpus", .any), Parameter("dim", .int, .int(100)),
        Parameter("window", .int, .int(5)), Parameter("negative", .int, .int(5)),
        Parameter("mode", .string, .string("cbow")), Parameter("epochs", .int, .int(5)),
        Parameter("min_count", .int, .int(5)), Parameter("sample", .float, .float(1e-3)),
        Parameter("lr", .float, .float(0.025)), Parameter("threads", .int, .none),
        Parameter("seed", .int, .none),
      ],
      "Learns a vector for every word of a corpus from the words around it.",
      details: """
        `corpus` is a list of sentences (lists of words, or texts), or one text with a sentence a \
        line. `mode` is "cbow" (the mean of the words around predicts the word) or "skipgram" (the \
        word predicts each word around it), both by negative sampling. Gives word vectors: \
        `v["king"]`, `v.words`, `nearest(v, "king")`, `analogy(v, "man", "king", "woman")`. \
        `threads=1` gives the same vectors for the same seed; more threads write into the same \
        vectors without waiting for each other and do not. Mikolov et al. (2013).
        """,
      example: """
        v = word2vec([["a", "b", "c"], ["a", "b", "d"]], dim=4, min_count=1, threads=1)
        v["a"].shape
        #=> [4]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let setup = try setup(call)
      let corpus = Corpus(try call.documents(0), minCount: try call.int(6))
      guard corpus.words.count > 1 else {
        throw call.fail(
          0, "fewer than two words occur min_count times",
          help: ["give a longer corpus, or a smaller min_count"])
      }
      let machine = call.machine
      let words = Double(corpus.rawCount * setup.epochs)
      let start = Scalar64.now()
      var shown = start
      let vectors = setup.train(
        corpus, isCancelled: { Interrupt.isSet },
        progress: { share in
          let now = Scalar64.now()
          guard now - shown > 0.1 else { return }
          shown = now
          let rate = NumberText.brief(share * words / (now - start) / 1000)
          machine.status("word2vec  \(Int(share * 100)) %  \(rate) thousand words a second")
        })
      machine.status(nil)
      try machine.checkInterrupt()
      return .object(
        WordVectors(
          words: corpus.words,
          vectors: try tensorWork { () throws(TensorError) in
            try Tensor.of(vectors, shape: [corpus.words.count, setup.dim])
          }))
    }
  ]

  private static func setup(_ call: Call) throws(Failure) -> Word2Vec {
    var setup = Word2Vec()
    setup.dim = try call.int(1, in: 1...100_000)
    setup.window = try call.int(2, in: 1...10_000)
    setup.negative = try call.int(3, in: 1...10_000)
    switch try call.string(4) {
    case "cbow": setup.mode = .cbow
    case "skipgram", "skip-gram", "sg": setup.mode = .skipgram
    case let other:
      throw call.fail(4, "mode is \"cbow\" or \"skipgram\", not \"\(other.prefix(40))\"")
    }
    setup.epochs = try call.int(5, in: 0...1_000_000)
    _ = try call.int(6, in: 0...Int.max)
    setup.sample = try call.float(7)
    setup.lr = try call.float(8)
    setup.threads = call.isNone(9) ? Parallel.threads : try call.int(9, in: 1...1024)
    setup.seed =
      call.isNone(10) ? call.machine.drawSeed() : UInt64(bitPattern: Int64(try call.int(10)))
    return setup
  }
}

extension Call {
  /// An int within bounds.
  func int(_ argument: Int, in bounds: ClosedRange<Int>) throws(Failure) -> Int {
    let value = try int(argument)
    guard bounds.contains(value) else {
      let upper = bounds.upperBound == .max ? "" : " and at most \(bounds.upperBound)"
      throw fail(
        argument,
        "`\(parameters[argument].name)` is at least \(bounds.lowerBound)\(upper), not \(value)")
    }
    return value
  }
}
