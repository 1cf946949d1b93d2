// Diagnostics as text: the line, what is underlined, words under operands, reasons and mends.

package struct DiagnosticRenderer {
  package var isColoured: Bool

  package init(isColoured: Bool = false) { self.isColoured = isColoured }

  private func paint(_ text: String, _ code: String) -> String {
    isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }

  package func render(_ d: Diagnostic) -> String {
    let colour = d.severity == .error ? "1;31" : d.severity == .warning ? "1;33" : "1;36"
    var text = paint("\(d.severity.rawValue):", colour) + " " + d.message + "\n"
    var gutter = 0
    if let source = d.source {
      let place = source.position(of: Int(d.span.start))
      gutter = String(place.line).count
      let pad = String(repeating: " ", count: gutter)
      text += pad + paint("-->", "34") + " \(source.name):\(place.line):\(place.column)\n"
      text += pad + " " + paint("|", "34") + "\n"
      text += paint("\(place.line) |", "34") + " " + clean(source.line(place.line)) + "\n"
      for line in marks(d, source, place.line) {
        text += pad + " " + paint("|", "34") + " " + paint(line, colour) + "\n"
      }
    }
    let pad = String(repeating: " ", count: gutter)
    for note in d.notes { text += pad + " = " + note + "\n" }
    for help in d.help { text += pad + " = " + paint("help:", "1;36") + " " + help + "\n" }
    for (i, frame) in d.frames.enumerated() {
      if d.omittedFrames > 0, i == d.frames.count - 2 {
        text += pad + " … \(d.omittedFrames) calls more\n"
      }
      let place = frame.source.position(of: Int(frame.span.start))
      let more = frame.repeats
      text +=
        pad + " in \(frame.description) at \(frame.source.name):\(place.line):\(place.column)"
        + (more == 0 ? "" : ", and \(more) call\(more == 1 ? "" : "s") more from there") + "\n"
    }
    return text
  }

  /// A tab is one column; control characters do not reach the terminal.
  private func clean(_ line: String) -> String {
    String(line.map { $0 == "\t" ? " " : ($0.asciiValue ?? 32) < 32 ? "?" : $0 })
  }

  /// The lines under the source line: carets, then the words of labels from right to left.
  private func marks(_ d: Diagnostic, _ source: Source, _ line: Int) -> [String] {
    var labels = d.labels.filter { source.position(of: Int($0.span.start)).line == line }
    if labels.isEmpty { labels = [Diagnostic.Label(d.span, "")] }
    let length = source.line(line).count
    var places: [(from: Int, to: Int, text: String)] = []
    for label in labels {
      let from = source.position(of: Int(label.span.start)).column - 1
      let end = source.position(of: max(Int(label.span.end), Int(label.span.start)))
      let to = end.line == line ? end.column - 1 : length
      places.append((min(from, length), max(to, from + 1), label.text))
    }
    places.sort { $0.from < $1.from }
    var carets: [Character] = []
    for place in places {
      while carets.count < place.from { carets.append(" ") }
      for i in place.from..<min(place.to, place.from + 400) {
        if i < carets.count { carets[i] = "^" } else { carets.append("^") }
      }
    }
    var lines = [String(carets)]
    guard let last = places.last else { return lines }
    if !last.text.isEmpty { lines[0] += " " + last.text }
    // The other words hang below their carets, from the right to the left.
    for place in places.dropLast().reversed() where !place.text.isEmpty {
      lines.append(String(repeating: " ", count: place.from) + place.text)
    }
    return lines
  }
}
