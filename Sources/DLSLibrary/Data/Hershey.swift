// Stroke fonts in the .jhf format (A. V. Hershey's glyphs, James Hurt's format), read into strokes.

import Glibc

/// A glyph: pen strokes in the font's own units, y pointing down.
package struct Glyph: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package var x: Float
    package var y: Float

    package init(x: Float, y: Float) {
      self.x = x
      self.y = y
    }
  }
  package var strokes: [[Point]]

  package init(strokes: [[Point]]) { self.strokes = strokes }

  /// The same drawing about the origin, its longer side 20; one that is a dot stays a dot.
  package var normalized: Glyph {
    let points = strokes.joined()
    guard let first = points.first else { return self }
    var (left, right, top, bottom) = (first.x, first.x, first.y, first.y)
    for point in points {
      (left, right) = (min(left, point.x), max(right, point.x))
      (top, bottom) = (min(top, point.y), max(bottom, point.y))
    }
    let longer = max(right - left, bottom - top)
    let scale = longer > 0 ? 20 / longer : 1
    let (x, y) = ((left + right) / 2, (top + bottom) / 2)
    return Glyph(
      strokes: strokes.map { $0.map { Point(x: ($0.x - x) * scale, y: ($0.y - y) * scale) } })
  }
}

package enum Hershey {
  /// The glyphs of a font, one a line; an empty line is nil, so that places are line numbers less 1.
  ///
  /// Columns 1–5 hold a number, 6–8 the count of coordinate pairs, the margins' included. A pair is
  /// two characters, each a distance from `R`; the pair ` R` lifts the pen.
  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> [Glyph?] {
    var glyphs: [Glyph?] = []
    for (at, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      let text = line.last == 13 ? line.dropLast() : line
      glyphs.append(text.isEmpty ? nil : try glyph(text, path, line: at + 1))
    }
    if glyphs.last == .some(nil) { glyphs.removeLast() }
    return glyphs
  }

  package static func load(_ path: String) throws(DataError) -> [Glyph?] {
    try decode(Files.readPlain(path, head: checkHead), path)
  }

  /// The first line, where it is not cut off, must be a glyph or empty.
  private static func checkHead(_ head: [UInt8], _ path: String) throws(DataError) {
    let end = head.firstIndex(of: 10)
    if let end { _ = try decode(Array(head[..<end]), path) }
    if end == nil, head.count >= Files.headSize {
      throw .broken(path, line: 1, "a glyph is a line, and this one does not end")
    }
  }

  private static func glyph(_ text: ArraySlice<UInt8>, _ path: String, line: Int)
    throws(DataError) -> Glyph
  {
    let head = text.prefix(8).drop { $0 == 32 }
    let field = text.dropFirst(5).prefix(3)
    guard text.count >= 8, head.allSatisfy({ $0 == 32 || ($0 >= 48 && $0 <= 57) }),
      let count = Int(String(decoding: field.drop { $0 == 32 }, as: UTF8.self)), count >= 0
    else {
      throw .broken(path, line: line, "a glyph's number and its count of pairs are expected here")
    }
    let pairs = text.dropFirst(8)
    guard pairs.count == 2 * count else {
      throw .broken(
        path, line: line, "\(count) pairs are promised, \(pairs.count) characters follow")
    }
    var strokes: [[Glyph.Point]] = []
    var stroke: [Glyph.Point] = []
    // The first pair is the margins.
    for pair in stride(from: pairs.startIndex + 2, to: pairs.endIndex, by: 2) {
      let (x, y) = (pairs[pair], pairs[pair + 1])
      if x == 32 && y == 82 {
        if !stroke.isEmpty { strokes.append(stroke) }
        stroke = []
      } else if x < 33 || y < 33 || x > 126 || y > 126 {
        throw .broken(path, line: line, "pair \((pair - pairs.startIndex) / 2) is no coordinate")
      } else {
        stroke.append(Glyph.Point(x: Float(Int(x) - 82), y: Float(Int(y) - 82)))
      }
    }
    if !stroke.isEmpty { strokes.append(stroke) }
    return Glyph(strokes: strokes)
  }

  /// Glyphs that are classes: each with a number, a name and a drawing.
  package struct Classes: Sendable {
    package var ids: [Int] = []
    package var names: [String] = []
    package var glyphs: [Glyph] = []
  }

  /// The classes of a split that a list (`class_id,split,file,line`) names; the fonts lie in the
  /// folder `hershey` beside it.
  package static func classes(listedIn path: String, split: String) throws(DataError) -> Classes {
    let table = try CSVParser.load(path, header: true)
    func column(_ name: String) throws(DataError) -> CSVData.Column {
      guard let at = table.names?.firstIndex(of: name) else {
        throw .broken(
          path, line: 1, "a list of glyphs has the columns class_id, split, file and line")
      }
      return table.columns[at]
    }
    guard case .numbers(let ids) = try column("class_id"),
      case .texts(let splits) = try column("split"),
      case .texts(let files) = try column("file"), case .numbers(let lines) = try column("line")
    else { throw .broken(path, line: 2, "class_id and line are numbers, split and file are names") }
    var fonts: [String: [Glyph?]] = [:]
    var result = Classes()
    for row in ids.indices where split == "all" || splits[row] == split {
      let file = files[row]
      guard !file.contains("/"), let id = Int(exactly: ids[row]),
        let line = Int(exactly: lines[row])
      else { throw .broken(path, line: row + 2, "this row names no glyph") }
      let fontPath = folder(of: path) + "hershey/" + file
      if fonts[file] == nil {
        fonts[file] = try load(fontPath)
      }
      let font = fonts[file] ?? []
      guard line >= 1, line <= font.count, let glyph = font[line - 1], !glyph.strokes.isEmpty else {
        throw .broken(path, line: row + 2, "\(quoted(fontPath)) has no glyph in line \(line)")
      }
      result.ids.append(id)
      result.names.append("\(stem(file)):\(line)")
      result.glyphs.append(glyph)
    }
    guard !result.ids.isEmpty else {
      let known = Set(splits).sorted().map { "\"\($0)\"" }.joined(separator: ", ")
      throw DataError(
        "bad-file", "\(quoted(path)) lists no glyph of the split \"\(split.prefix(40))\"",
        help: ["it has \(known)"])
    }
    return result
  }

  /// Every glyph of one font that has strokes, numbered by its line.
  package static func classes(of path: String) throws(DataError) -> Classes {
    var result = Classes()
    for (at, glyph) in try load(path).enumerated() {
      guard let glyph, !glyph.strokes.isEmpty else { continue }
      result.ids.append(at + 1)
      result.names.append("\(stem(path)):\(at + 1)")
      result.glyphs.append(glyph)
    }
    guard !result.ids.isEmpty else { throw .broken(path, line: 1, "the font holds no glyph") }
    return result
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  private static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return String(name.split(separator: ".").first ?? "")
  }
}
