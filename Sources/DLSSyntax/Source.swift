// A text with a name, and its lines.

/// One source text: a script, a module, or a cell typed at the prompt.
package final class Source: Sendable {
  /// What errors call it: a path, or `<prompt 3>`.
  package let name: String
  package let text: String
  /// UTF-8 bytes of the text; spans index into them.
  package let bytes: [UInt8]
  /// Offset at which each line begins.
  package let lineStarts: [Int]

  package init(name: String, text: String) {
    self.name = name
    self.text = text
    self.bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    lineStarts = starts
  }

  /// Line and column (both from 1; the column counts characters) of an offset.
  package func position(of offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    let end = max(lineStarts[low], min(offset, bytes.count))
    let column = String(decoding: bytes[lineStarts[low]..<end], as: UTF8.self).count
    return (low + 1, column + 1)
  }

  /// The text of a line (from 1), without its newline.
  package func line(_ number: Int) -> String {
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }

  package func text(in span: Span) -> String {
    let start = max(0, min(Int(span.start), bytes.count))
    let end = max(start, min(Int(span.end), bytes.count))
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
