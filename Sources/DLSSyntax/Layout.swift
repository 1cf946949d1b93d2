// Comments that mean something: cells (`# %%`) and expected outputs (`#=>`).

struct Layout {
  var cells: [Program.Cell] = []
  var expectations: [Program.Expectation] = []

  init(_ source: Source, _ comments: [Comment], _ statements: [Statement]) {
    readCells(source, comments, statements)
    readExpectations(source, comments, statements)
  }

  private mutating func readCells(
    _ source: Source, _ comments: [Comment], _ statements: [Statement]
  ) {
    let markers = comments.filter { $0.isAlone && $0.text.hasPrefix("# %%") }
    var bounds: [(start: Int, marker: Comment?)] = []
    if markers.first.map({ $0.span.start > 0 }) ?? true { bounds.append((0, nil)) }
    bounds += markers.map { (Int($0.span.start), $0) }
    var first = 0
    for (i, bound) in bounds.enumerated() {
      let end = i + 1 < bounds.count ? bounds[i + 1].start : source.bytes.count
      var last = first
      while last < statements.count, Int(statements[last].span.start) < end { last += 1 }
      var title = bound.marker.map { trimmed(String($0.text.dropFirst(4))) } ?? ""
      var kind = Program.Cell.Kind.code
      var text = ""
      if title.hasPrefix("[markdown]") {
        kind = .markdown
        title = trimmed(String(title.dropFirst(10)))
        let own = comments.filter {
          Int($0.span.start) > bound.start && Int($0.span.start) < end && $0.isAlone
        }
        text = own.map { comment in
          let body = comment.text.dropFirst()
          return String(body.first == " " ? body.dropFirst() : body)
        }.joined(separator: "\n")
      }
      let isEmpty = bound.marker == nil && last == first
      if !isEmpty || bounds.count == 1 {
        cells.append(
          Program.Cell(
            kind: kind, title: title, text: text, span: Span(bound.start, end),
            statements: first..<last))
      }
      first = last
    }
  }

  private mutating func readExpectations(
    _ source: Source, _ comments: [Comment], _ statements: [Statement]
  ) {
    var lastLine = -1
    for comment in comments where comment.text.hasPrefix("#=>") {
      let line = source.position(of: Int(comment.span.start)).line
      var text = String(comment.text.dropFirst(3))
      if text.hasPrefix(" ") { text.removeFirst() }
      while let c = text.last, c == " " || c == "\r" || c == "\t" { text.removeLast() }
      let statement = (statements.lastIndex { $0.span.start < comment.span.start }) ?? -1
      if line == lastLine + 1, var previous = expectations.last, previous.statement == statement {
        previous.text += "\n" + text
        previous.span = previous.span.joined(with: comment.span)
        expectations[expectations.count - 1] = previous
      } else {
        expectations.append(
          Program.Expectation(text: text, span: comment.span, statement: statement))
      }
      lastLine = line
    }
  }
}
