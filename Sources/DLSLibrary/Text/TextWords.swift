// The words that turn text into numbers.

import DLSRuntime
import DLSTensor
import Glibc

enum TextWords {
  static let all: [Builtin] =
    basic + matrices + EmbeddingWords.all + Word2VecWords.all + ScoreWords.all

  private static let basic: [Builtin] = [
    Builtin(
      "words", [Parameter("text", .any), Parameter("lower", .bool, .bool(true))],
      "The words of a text: every maximal run of letters, digits and `_`, in lower case.",
      details: "Of a list of texts it gives a list of lists.",
      example: """
        words("In the beginning, God")
        #=> ["in", "the", "beginning", "god"]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let lower = try call.bool(1)
      func split(_ text: String) -> Value {
        .list(Tokenizer.words(text, lower: lower).map { .string($0) })
      }
      if case .object(let object) = call.arguments[0], object is ListObject {
        return .list(try call.strings(0).map(split))
      }
      return split(try call.string(0))
    },
    Builtin(
      "ngrams", [Parameter("words", .list), Parameter("n", .int, .int(2))],
      "All runs of n words, joined by blanks.",
      example: """
        ngrams(["in", "the", "beginning"], 2)
        #=> ["in the", "the beginning"]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let words = try call.strings(0)
      let n = try call.int(1)
      guard n > 0 else { throw call.fail(1, "n is at least 1, not \(n)") }
      guard words.count >= n else { return .list([]) }
      return .list(
        (0...(words.count - n)).map { .string(words[$0..<($0 + n)].joined(separator: " ")) })
    },
    Builtin(
      "vocabulary",
      [
        Parameter("documents", .any), Parameter("min_count", .int, .int(1)),
        Parameter("max_size", .int, .none),
      ],
      "Numbers the words of documents, the most frequent first: `v[\"king\"]`, `v.words`, `len(v)`.",
      details: "A document is a list of words, or a text.",
      example: """
        v = vocabulary([["b", "a"], ["a"]])
        v.words
        #=> ["a", "b"]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let corpus = Corpus(try call.flatDocuments(0), minCount: try call.int(1))
      let size = max(0, min(corpus.words.count, try call.optionalInt(2) ?? .max))
      return .object(
        Vocabulary(words: Array(corpus.words[..<size]), counts: Array(corpus.counts[..<size])))
    },
    Builtin(
      "encode", [Parameter("words", .any), Parameter("vocabulary", .any)],
      "The numbers of words as an i64 tensor; words that the vocabulary lacks are left out.",
      example: """
        encode(["a", "c", "b"], vocabulary([["a", "b"]]))
        #=> [0, 1]  i64[2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let vocabulary = try call.vocabulary(1)
      let words: [String]
      if case .object(let object) = call.arguments[0], let text = object as? StringObject {
        words = Tokenizer.words(text.text)
      } else {
        words = try call.strings(0)
      }
      let ids = words.compactMap { vocabulary.ids[$0] }
      return .tensor(
        try tensorWork { () throws(TensorError) in try Tensor.of(ids, shape: [ids.count]) })
    },
    Builtin(
      "skipgrams", [Parameter("ids", .tensor), Parameter("window", .int, .int(5))],
      "All pairs (word, word at most `window` places away) as two i64 tensors.",
      example: """
        a, b = skipgrams([7, 8, 9], window=1)
        b
        #=> [8, 7, 9, 8]  i64[4]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let ids = try call.tensor(0).labels(call, 0)
      let window = try call.int(1)
      guard window > 0 else { throw call.fail(1, "a window is at least 1, not \(window)") }
      guard ids.count < 1 << 30,
        window.multipliedReportingOverflow(by: ids.count * 2).partialValue
          < 1 << 33
      else { throw call.fail(1, "that makes more pairs than memory should hold") }
      var centers: [Int] = []
      var others: [Int] = []
      for i in ids.indices {
        for j in max(0, i - window)...min(ids.count - 1, i + window) where j != i {
          centers.append(ids[i])
          others.append(ids[j])
        }
      }
      let (a, b) = (centers, others)
      return try tensorWork { () throws(TensorError) in
        .tuple([
          .tensor(try Tensor.of(a, shape: [a.count])), .tensor(try Tensor.of(b, shape: [b.count])),
        ])
      }
    },
  ]

  private static let matrices: [Builtin] = [
    Builtin(
      "bag_of_words",
      [
        Parameter("documents", .any), Parameter("vocabulary", .any),
        Parameter("binary", .bool, .bool(false)),
      ],
      "How often each word of the vocabulary stands in each document: [documents, words], f32.",
      details: "With `binary` only whether it does. For many documents `EmbeddingBag` is smaller.",
      example: """
        bag_of_words([["a", "a", "b"]], vocabulary([["a", "b"]]))
        #=> [[2.0, 1.0]]  f32[1, 2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      .tensor(try counts(call, binary: try call.bool(2)))
    },
    Builtin(
      "tfidf", [Parameter("documents", .any), Parameter("vocabulary", .any)],
      "Counts weighted by rarity, rows at length 1: count · (ln((1+n)/(1+df)) + 1).",
      details: "As scikit-learn's TfidfTransformer; df is the number of documents with the word.",
      example: """
        tfidf([["a"], ["a", "b"]], vocabulary([["a", "b"]])).shape
        #=> [2, 2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let matrix = try counts(call, binary: false)
      let (n, width) = (matrix.shape[0], matrix.shape[1])
      var values = matrix.floats()
      for j in 0..<width {
        let df = (0..<n).reduce(0) { $0 + (values[$1 * width + j] > 0 ? 1 : 0) }
        let weight = Float(log(Double(1 + n) / Double(1 + df)) + 1)
        for i in 0..<n { values[i * width + j] *= weight }
      }
      for i in 0..<n {
        let range = (i * width)..<((i + 1) * width)
        let length = range.reduce(Float(0)) { $0 + values[$1] * values[$1] }.squareRoot()
        if length > 0 { for k in range { values[k] /= length } }
      }
      let final = values
      return .tensor(
        try tensorWork { () throws(TensorError) in try Tensor.of(final, shape: [n, width]) })
    },
  ]

  private static func counts(_ call: Call, binary: Bool) throws(Failure) -> Tensor {
    let documents = try call.flatDocuments(0)
    let vocabulary = try call.vocabulary(1)
    let width = vocabulary.words.count
    let tensor = try tensorWork { () throws(TensorError) in
      try Tensor.full([documents.count, width], 0, .f32)
    }
    var values = tensor.floats()
    for (i, document) in documents.enumerated() {
      for word in document {
        guard let id = vocabulary.ids[word] else { continue }
        values[i * width + id] = binary ? 1 : values[i * width + id] + 1
      }
    }
    let final = values
    return try tensorWork { () throws(TensorError) in
      try Tensor.of(final, shape: [documents.count, width])
    }
  }
}

extension Call {
  func vocabulary(_ argument: Int) throws(Failure) -> Vocabulary {
    if case .object(let object) = arguments[argument], let vocabulary = object as? Vocabulary {
      return vocabulary
    }
    throw fail(
      argument, "a vocabulary is expected, not \(arguments[argument].typeName)",
      help: ["vocabulary(documents, min_count=2) makes one"])
  }

  /// Documents; a plain list of words counts as one document.
  func flatDocuments(_ argument: Int) throws(Failure) -> [[String]] {
    if case .object(let object) = arguments[argument], let list = object as? ListObject,
      let first = list.items.first, case .object(let item) = first, item is StringObject
    {
      let words = try strings(argument)
      // A list of texts has blanks in it; a list of words has none.
      if words.allSatisfy({ !$0.contains(" ") }) { return [words] }
    }
    return try documents(argument)
  }
}
