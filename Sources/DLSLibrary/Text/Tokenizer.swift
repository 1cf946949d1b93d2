// Words from text.

package enum Tokenizer {
  /// Every maximal run of letters, digits and `_`, in lower case unless told otherwise.
  package static func words(_ text: String, lower: Bool = true) -> [String] {
    var text = text
    let ascii = text.withUTF8 { bytes in
      bytes.allSatisfy { $0 < 128 } ? asciiWords(bytes, lower: lower) : nil
    }
    if let ascii { return ascii }
    var result: [String] = []
    var word = ""
    for character in text {
      if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else if !word.isEmpty {
        result.append(lower ? word.lowercased() : word)
        word = ""
      }
    }
    if !word.isEmpty { result.append(lower ? word.lowercased() : word) }
    return result
  }

  private static func asciiWords(_ bytes: UnsafeBufferPointer<UInt8>, lower: Bool) -> [String] {
    var result: [String] = []
    var word: [UInt8] = []
    for byte in bytes {
      let isUpper = byte >= 65 && byte <= 90
      if isUpper || (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte == 95 {
        word.append(lower && isUpper ? byte + 32 : byte)
      } else if !word.isEmpty {
        result.append(String(decoding: word, as: UTF8.self))
        word.removeAll(keepingCapacity: true)
      }
    }
    if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
    return result
  }
}
