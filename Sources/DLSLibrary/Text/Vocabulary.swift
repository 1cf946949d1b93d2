// Words and their numbers.

import DLSRuntime
import DLSTensor

/// The words of a text, the most frequent first; `v["word"]` is its number.
package final class Vocabulary: Object {
  let words: [String]
  let counts: [Int]
  let ids: [String: Int]

  init(words: [String], counts: [Int]) {
    self.words = words
    self.counts = counts
    ids = Dictionary(words.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    super.init(.other)
  }

  package override var typeName: String { "vocabulary" }
  package override var length: Int? { words.count }
  package override var memberNames: [String] { ["words", "counts"] }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "words": .list(words.map { .string($0) })
    case "counts":
      .tensor(
        try tensorWork { () throws(TensorError) in
          try Tensor.of(counts, shape: [counts.count])
        })
    default: nil
    }
  }

  package override func describe(_ printer: inout Printer) {
    let first = words.prefix(5).joined(separator: ", ")
    printer.write("<vocabulary of \(words.count) words: \(first)\(words.count > 5 ? ", …" : "")>")
  }

  package override func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    guard items.count == 1, case .value(let key) = items[0] else {
      throw Failure("bad-index", "a vocabulary takes one word or number")
    }
    if case .int(let id) = key {
      let place = id < 0 ? id + words.count : id
      guard words.indices.contains(place) else {
        throw Failure("bad-index", "number \(id) is outside the \(words.count) words")
      }
      return .string(words[place])
    }
    guard case .object(let object) = key, let word = object as? StringObject else {
      throw Failure("bad-index", "a vocabulary takes one word or number, not \(key.typeName)")
    }
    guard let id = ids[word.text] else {
      throw Failure(
        "unknown-word", "`\(word.text)` is not in the vocabulary",
        help: ["encode(words, vocabulary) leaves unknown words out"])
    }
    return .int(id)
  }
}
