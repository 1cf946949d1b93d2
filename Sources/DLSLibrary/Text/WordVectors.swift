// Words with vectors: what word2vec and load_embeddings give, and what looks words up.

import DLSRuntime
import DLSTensor
import Glibc

/// Reads as the matrix of vectors; a word in brackets gives its row.
package final class WordVectors: TensorObject {
  let words: [String]
  let rows: [String: Int]
  /// The vectors at length 1, made when first asked for.
  private lazy var unit: [Float] = WordVectors.normalized(tensor.floats(), dim)

  var dim: Int { tensor.shape[1] }

  init(words: [String], vectors: Tensor) {
    self.words = words
    rows = Dictionary(words.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    super.init(
      vectors,
      parts: [("words", .list(words.map { .string($0) })), ("vectors", .tensor(vectors))])
  }

  package override var typeName: String { "embeddings" }

  package override func describe(_ printer: inout Printer) {
    printer.write("<\(words.count) words in \(dim) dimensions>")
  }

  package override func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    guard items.count == 1, case .value(.object(let object)) = items[0],
      let word = object as? StringObject
    else { return try super.index(items, machine) }
    guard let row = rows[word.text] else { throw unknown(word.text) }
    return .tensor(try tensorWork { () throws(TensorError) in try tensor.index([.int(row)]) })
  }

  func unknown(_ word: String) -> Failure {
    let near = words.first { $0 == word.lowercased() }
    return Failure(
      "unknown-word", "there is no vector for `\(word)`",
      help: near.map { ["did you mean `\($0)`?"] } ?? ["has it enough occurrences (min_count)?"])
  }

  private static func normalized(_ values: [Float], _ dim: Int) -> [Float] {
    var result = values
    for row in 0..<(dim == 0 ? 0 : values.count / dim) {
      let range = (row * dim)..<((row + 1) * dim)
      let length = range.reduce(Float(0)) { $0 + values[$1] * values[$1] }.squareRoot()
      if length > 0 { for i in range { result[i] /= length } }
    }
    return result
  }

  /// The unit vector of a row.
  func direction(_ row: Int) -> [Float] { Array(unit[(row * dim)..<((row + 1) * dim)]) }

  /// The k words with the largest dot product with `query` on unit vectors, some left out.
  func nearest(to query: [Float], _ k: Int, except: Set<Int>) -> [(row: Int, score: Float)] {
    var best: [(row: Int, score: Float)] = []
    unit.withUnsafeBufferPointer { unit in
      for row in 0..<words.count where !except.contains(row) {
        var score: Float = 0
        for i in 0..<dim { score += query[i] * unit[row * dim + i] }
        if best.count == k, let last = best.last, !(score > last.score) { continue }
        let at = best.firstIndex { score > $0.score } ?? best.count
        best.insert((row, score), at: at)
        if best.count > k { best.removeLast() }
      }
    }
    return best
  }

  func answer(_ best: [(row: Int, score: Float)]) -> Value {
    .list(best.map { .tuple([.string(words[$0.row]), .float(Double($0.score))]) })
  }
}

/// The words about word vectors.
enum EmbeddingWords {
  static let all: [Builtin] = [
    Builtin(
      "nearest",
      [Parameter("vectors", .any), Parameter("word", .any), Parameter("k", .int, .int(10))],
      "The k words nearest to a word (or to a vector) by the cosine, with their cosines.",
      example: """
        v = embeddings(["a", "b", "c"], [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
        nearest(v, "a", k=1)[0][0]
        #=> "b"
        """,
      family: "Text"
    ) { call throws(Failure) in
      let vectors = try call.wordVectors(0)
      let k = try call.int(2)
      guard k > 0 else { throw call.fail(2, "at least one neighbour is asked for, not \(k)") }
      if case .object(let object) = call.arguments[1], object is StringObject {
        let row = try call.row(1, vectors)
        return vectors.answer(vectors.nearest(to: vectors.direction(row), k, except: [row]))
      }
      let query = try call.tensor(1).floats()
      guard query.count == vectors.dim else {
        throw call.fail(1, "the vector has \(query.count) numbers, the words' have \(vectors.dim)")
      }
      let length = query.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      return vectors.answer(
        vectors.nearest(to: query.map { $0 / max(length, 1e-12) }, k, except: []))
    },
    Builtin(
      "analogy",
      [
        Parameter("vectors", .any), Parameter("a", .string), Parameter("b", .string),
        Parameter("c", .string), Parameter("k", .int, .int(1)),
      ],
      "a is to b as c is to what: the k best words, with scores.",
      details: """
        The largest dot products with b - a + c on vectors of length 1, the three words left out \
        (Mikolov, Yih, Zweig 2013).
        """,
      example: """
        v = embeddings(["man", "woman", "king", "queen"],
                       [[1.0, 0.0], [1.0, 1.0], [3.0, 0.0], [3.0, 1.5]])
        analogy(v, "man", "woman", "king")[0][0]
        #=> "queen"
        """,
      family: "Text"
    ) { call throws(Failure) in
      let vectors = try call.wordVectors(0)
      let rows = [try call.row(1, vectors), try call.row(2, vectors), try call.row(3, vectors)]
      let (a, b, c) = (
        vectors.direction(rows[0]), vectors.direction(rows[1]), vectors.direction(rows[2])
      )
      let query = a.indices.map { b[$0] - a[$0] + c[$0] }
      return vectors.answer(
        vectors.nearest(to: query, max(1, try call.int(4)), except: Set(rows)))
    },
    Builtin(
      "embeddings", [Parameter("words", .list), Parameter("vectors", .tensor)],
      "Words with their vectors, one row each: `v[\"king\"]`, `nearest(v, \"king\")`.",
      example: """
        embeddings(["a", "b"], [[1.0, 2.0], [3.0, 4.0]])["b"]
        #=> [3.0, 4.0]  f32[2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let words = try call.strings(0)
      let vectors = try call.tensor(1)
      guard vectors.rank == 2, vectors.shape[0] == words.count, vectors.dtype.isFloating else {
        throw call.fail(1, "\(words.count) words need \(words.count) rows, not \(vectors.shape)")
      }
      return .object(WordVectors(words: words, vectors: vectors.detached))
    },
    Builtin(
      "load_embeddings", [Parameter("path", .string), Parameter("limit", .int, .none)],
      "Reads word vectors: word2vec's text and binary formats and GloVe's text, plain or .gz.",
      details: "`limit` reads the first words only, which are the most frequent ones.",
      example: """
        write_text("/tmp/dls-example.txt", "king 0.5 1.5\\nqueen 0.25 1.0")
        load_embeddings("/tmp/dls-example.txt")["queen"]
        #=> [0.25, 1.0]  f32[2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let path = try call.string(0)
      let limit = try call.optionalInt(1)
      if let limit, limit < 0 { throw call.fail(1, "a limit is not negative") }
      let data = try fileWork { () throws(DataError) in
        try EmbeddingFiles.load(path, limit: limit)
      }
      let vectors = try tensorWork { () throws(TensorError) in
        try Tensor.of(data.vectors, shape: [data.words.count, data.dim])
      }
      return .object(WordVectors(words: data.words, vectors: vectors))
    },
    Builtin(
      "save_embeddings",
      [
        Parameter("path", .any), Parameter("vectors", .any),
        Parameter("binary", .bool, .bool(false)),
      ],
      "Writes word vectors in word2vec's text format, or in its binary one.",
      example: """
        save_embeddings("/tmp/dls-example.txt", embeddings(["a"], [[1.0, 2.0]]))
        load_embeddings("/tmp/dls-example.txt")["a"]
        #=> [1.0, 2.0]  f32[2]
        """,
      family: "Text"
    ) { call throws(Failure) in
      let (path, value) = try call.pathAndValue()
      let vectors = try call.wordVectors(value)
      let data = EmbeddingData(
        words: vectors.words, dim: vectors.dim, vectors: vectors.tensor.floats())
      let binary = try call.bool(2)
      try fileWork(argument: path) { () throws(DataError) in
        try Files.write(EmbeddingFiles.encode(data, binary: binary), to: call.text(path))
      }
      return .none
    },
  ]
}

extension Call {
  func wordVectors(_ argument: Int) throws(Failure) -> WordVectors {
    if case .object(let object) = arguments[argument], let vectors = object as? WordVectors {
      return vectors
    }
    throw fail(
      argument, "word vectors are expected, not \(arguments[argument].typeName)",
      help: ["word2vec, load_embeddings and embeddings(words, matrix) make them"])
  }

  /// The row of the word that an argument names.
  func row(_ argument: Int, _ vectors: WordVectors) throws(Failure) -> Int {
    let word = try string(argument)
    if let row = vectors.rows[word] { return row }
    let failure = vectors.unknown(word)
    failure.argument = argument
    throw failure
  }

  /// A list of strings.
  func strings(_ argument: Int) throws(Failure) -> [String] {
    var result: [String] = []
    for (i, item) in try list(argument).enumerated() {
      guard case .object(let object) = item, let string = object as? StringObject else {
        throw fail(argument, "item \(i) is \(item.typeName), not a string")
      }
      result.append(string.text)
    }
    return result
  }

  /// Documents or sentences: a list of lists of words, or of texts, which are cut into words.
  func documents(_ argument: Int) throws(Failure) -> [[String]] {
    if case .object(let object) = arguments[argument], let text = object as? StringObject {
      return text.text.split(whereSeparator: \.isNewline).map { Tokenizer.words(String($0)) }
    }
    var result: [[String]] = []
    for (i, item) in try list(argument).enumerated() {
      guard case .object(let object) = item else {
        throw fail(argument, "item \(i) is \(item.typeName), not a text or a list of words")
      }
      if let text = object as? StringObject {
        result.append(Tokenizer.words(text.text))
        continue
      }
      guard let words = object as? ListObject else {
        throw fail(argument, "item \(i) is \(item.typeName), not a text or a list of words")
      }
      var document: [String] = []
      document.reserveCapacity(words.items.count)
      for word in words.items {
        guard case .object(let object) = word, let string = object as? StringObject else {
          throw fail(argument, "item \(i) holds \(word.typeName), not only words")
        }
        document.append(string.text)
      }
      result.append(document)
    }
    return result
  }
}
