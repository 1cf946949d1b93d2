// Word vectors in files: word2vec's text and binary formats, and GloVe's text.

/// Words, each with a vector; row i of `vectors` belongs to word i.
package struct EmbeddingData: Sendable, Equatable {
  package var words: [String]
  package var dim: Int
  package var vectors: [Float]

  package init(words: [String], dim: Int, vectors: [Float]) {
    self.words = words
    self.dim = dim
    self.vectors = vectors
  }
}

package enum EmbeddingFiles {
  package static func load(_ path: String, limit: Int? = nil) throws(DataError) -> EmbeddingData {
    try decode(Files.readPlain(path, head: checkHead), path, limit: limit)
  }

  /// Whatever the format, a number is the second thing in the file: the first vector's, or the header's.
  private static func checkHead(_ head: [UInt8], _ path: String) throws(DataError) {
    let fields = head.split(
      maxSplits: 2, whereSeparator: { $0 == 32 || $0 == 13 || $0 == 9 || $0 == 10 })
    guard fields.count == 3 else { return }
    guard CSVParser.number(head, fields[1].startIndex, fields[1].endIndex) != nil else {
      throw .broken(path, line: 1, "these are no word vectors: a number follows the first word")
    }
  }

  /// Text with a header line (`words dim`) is word2vec's, text without is GloVe's; where the bytes
  /// after the first word's space are not numbers, it is word2vec's binary format.
  package static func decode(_ bytes: [UInt8], _ path: String, limit: Int?) throws(DataError)
    -> EmbeddingData
  {
    let firstEnd = bytes.firstIndex(of: 10) ?? bytes.count
    let fields = bytes[0..<firstEnd].split(whereSeparator: { $0 == 32 || $0 == 13 || $0 == 9 })
    guard !fields.isEmpty else { throw .broken(path, line: 1, "the file holds no vectors") }
    if fields.count == 2, let count = integer(fields[0]), let dim = integer(fields[1]) {
      guard dim > 0, dim <= 1 << 20 else {
        throw .broken(path, line: 1, "vectors of \(dim) numbers are not read")
      }
      // Even the shortest binary row takes this much; a header that promises more lies.
      let start = firstEnd + 1
      guard count >= 0, count <= max(0, bytes.count - start) / max(2, dim) else {
        throw .broken(
          path, line: 1,
          "the header claims \(count) vectors of \(dim) numbers, but the file has "
            + "\(bytes.count) bytes")
      }
      if isText(bytes, start, dim) {
        return try decodeText(bytes, start, 2, path, dim: dim, claimed: count, limit: limit)
      }
      return try decodeBinary(bytes, start, path, dim: dim, count: min(count, limit ?? count))
    }
    guard fields.count >= 2 else {
      throw .broken(path, line: 1, "a word and its numbers are expected")
    }
    return try decodeText(
      bytes, 0, 1, path, dim: fields.count - 1, claimed: nil, limit: limit)
  }

  private static func integer(_ field: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: field, as: UTF8.self))
  }

  /// Whether the row at `start` is a word and `dim` numbers in text.
  private static func isText(_ bytes: [UInt8], _ start: Int, _ dim: Int) -> Bool {
    guard start < bytes.count else { return true }
    let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
    let fields = bytes[start..<end].split(whereSeparator: { $0 == 32 || $0 == 13 || $0 == 9 })
    guard fields.count >= 2 else { return false }
    return fields.dropFirst().prefix(4).allSatisfy {
      CSVParser.number(bytes, $0.startIndex, $0.endIndex) != nil
    }
  }

  private static func decodeText(
    _ bytes: [UInt8], _ start: Int, _ firstLine: Int, _ path: String, dim: Int, claimed: Int?,
    limit: Int?
  ) throws(DataError) -> EmbeddingData {
    var result = EmbeddingData(words: [], dim: dim, vectors: [])
    var line = firstLine
    var at = start
    let most = min(limit ?? .max, claimed ?? .max)
    while at < bytes.count, result.words.count < most {
      let end = bytes[at...].firstIndex(of: 10) ?? bytes.count
      let fields = bytes[at..<end].split(whereSeparator: { $0 == 32 || $0 == 13 || $0 == 9 })
      at = end + 1
      line += 1
      if fields.isEmpty { continue }
      // A few of GloVe's words hold spaces: the last `dim` fields are the numbers.
      guard fields.count > dim else {
        throw .broken(
          path, line: line - 1, "\(fields.count - 1) numbers, where \(dim) are expected")
      }
      let numbers = fields.suffix(dim)
      let word = bytes[fields[0].startIndex..<fields[fields.count - dim - 1].endIndex]
      result.words.append(try Files.text(word, path))
      for field in numbers {
        guard let value = CSVParser.number(bytes, field.startIndex, field.endIndex) else {
          let text = String(decoding: field.prefix(20), as: UTF8.self)
          throw .broken(path, line: line - 1, "`\(text)` is not a number")
        }
        result.vectors.append(Float(value))
      }
    }
    if let claimed, result.words.count < min(claimed, limit ?? claimed) {
      throw .broken(
        path, line: line, "the header claims \(claimed) vectors, \(result.words.count) are there")
    }
    return result
  }

  private static func decodeBinary(
    _ bytes: [UInt8], _ start: Int, _ path: String, dim: Int, count: Int
  ) throws(DataError) -> EmbeddingData {
    var result = EmbeddingData(words: [], dim: dim, vectors: [])
    var reader = ByteReader(bytes, path, at: start)
    for _ in 0..<count {
      while reader.left > 0, bytes[reader.offset] == 10 { reader.offset += 1 }
      let from = reader.offset
      let window = bytes[from..<min(bytes.count, from + 4096)]
      guard let space = window.firstIndex(of: 32) else {
        throw .broken(path, byte: from, "the file ends too early, or no word begins here")
      }
      result.words.append(try Files.text(bytes[from..<space], path))
      reader.offset = space + 1
      let numbers = try reader.take(dim * 4, "a vector of \(dim) numbers")
      numbers.withUnsafeBytes { raw in
        for i in 0..<dim {
          result.vectors.append(
            Float(
              bitPattern: UInt32(
                littleEndian: raw.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
            ))
        }
      }
    }
    return result
  }

  /// word2vec's text format, or its binary one.
  package static func encode(_ data: EmbeddingData, binary: Bool) -> [UInt8] {
    var bytes = Array("\(data.words.count) \(data.dim)\n".utf8)
    for (row, word) in data.words.enumerated() {
      bytes += Array(word.replacing(" ", with: "_").replacing("\n", with: "_").utf8)
      let vector = data.vectors[(row * data.dim)..<((row + 1) * data.dim)]
      if binary {
        bytes.append(32)
        vector.withUnsafeBytes { bytes.append(contentsOf: $0) }
      } else {
        for value in vector { bytes += Array(" \(value)".utf8) }
      }
      bytes.append(10)
    }
    return bytes
  }
}
