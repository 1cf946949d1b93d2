// Draws series into a panel of text.

import Glibc

extension Series {
  /// The colour that a series has as the i-th of its panel.
  package func shownColour(_ i: Int) -> Colour { colour.flatMap { Colour($0) } ?? .series(i) }
}

extension TextPanel {
  mutating func drawSeries() {
    let map = ColourMap(panel.palette) ?? ColourMap("viridis")
    for (i, one) in panel.series.enumerated() {
      let ink = one.shownColour(i)
      switch one.kind {
      case .lines: curve(one, ink)
      case .linesPoints:
        curve(one, ink)
        points(one, ink, map)
      case .points: points(one, ink, map)
      case .bars(let width): bars(one, width, ink)
      case .image(let rows, let columns, let flips):
        if let map { image(one, rows, columns, flips, map) }
      case .colourImage(let rows, let columns, let flips): colourImage(one, rows, columns, flips)
      case .contour(let rows, let columns, _):
        if let map { image(one, rows, columns, false, map) }
      case .surface(let rows, let columns):
        if let map { surface(one, rows, columns, map) }
      case .arrows: arrows(one, ink)
      case .box: box(one, ink)
      case .words(let words): texts(one, words)
      case .filled:
        curve(one, ink)
        var other = one
        other.y = one.z
        curve(other, ink)
      }
    }
  }

  private mutating func curve(_ s: Series, _ ink: Colour) {
    var last: (x: Double, y: Double)?
    let count = min(s.x.count, s.y.count)
    for i in 0..<count {
      let here = dot(s.x[i], s.y[i])
      if let here, let last {
        line(last, here, ink, dashed: s.isDashed)
      } else if let here, count == 1 {
        mark(here.x, here.y, ink)
      }
      last = here
    }
  }

  private mutating func points(_ s: Series, _ ink: Colour, _ map: ColourMap?) {
    let span = Span(of: s.z)
    let count = min(s.x.count, s.y.count)
    for i in 0..<count {
      guard let at = dot(s.x[i], s.y[i]) else { continue }
      var colour = ink
      if let span, let map, i < s.z.count { colour = map.colour((s.z[i] - span.low) / span.size) }
      if count <= 2000 {
        put("•", Int(at.x / 2), Int(at.y / 4), colour)
      } else {
        mark(at.x, at.y, colour)
      }
    }
  }

  /// Columns of blocks; the last one of a column is as high as an eighth of a cell allows.
  private mutating func bars(_ s: Series, _ wide: Double, _ ink: Colour) {
    let eighths: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    for i in 0..<min(s.x.count, s.y.count) {
      guard let a = dot(s.x[i] - wide / 2, s.y[i]), let b = dot(s.x[i] + wide / 2, s.y[i]) else {
        continue
      }
      let base = dot(s.x[i], 0)?.y ?? Double(4 * (top + height))
      let first = max(left, Int((a.x / 2).rounded()))
      let last = max(first, min(left + width, Int((b.x / 2).rounded())) - 1)
      let isUp = a.y <= base
      let (high, low) = (min(a.y, base) / 4, max(a.y, base) / 4)
      guard first < left + width, low > high else { continue }
      for column in first...last {
        for row in max(top, Int(high))...max(top, min(top + height - 1, Int(low))) {
          let part = isUp ? Double(row + 1) - high : low - Double(row)
          let eighth = Int((min(part, 1) * 8).rounded())
          if eighth >= 1 { put(isUp ? eighths[eighth - 1] : "█", column, row, ink) }
        }
      }
    }
  }

  /// Where pixels go: as large as fits, square where the panel asks for it.
  private func frame(_ rows: Int, _ columns: Int) -> (width: Int, halves: Int) {
    guard panel.isSquare else { return (width, 2 * height) }
    let scale = min(Double(width) / Double(columns), Double(2 * height) / Double(rows))
    return (
      max(1, Int((Double(columns) * scale).rounded(.down))),
      max(1, Int((Double(rows) * scale).rounded(.down)))
    )
  }

  /// Each pixel of the terminal shows the mean of those that fall into it.
  private mutating func paint(
    _ rows: Int, _ columns: Int, flips: Bool,
    _ colour: (_ rows: Range<Int>, _ columns: Range<Int>) -> Colour
  ) {
    guard rows > 0, columns > 0 else { return }
    let (wide, halves) = frame(rows, columns)
    for half in 0..<halves {
      let row = flips ? half : halves - 1 - half
      let from = row * rows / halves
      let to = max(from + 1, (row + 1) * rows / halves)
      for column in 0..<wide {
        let start = column * columns / wide
        let end = max(start + 1, (column + 1) * columns / wide)
        pixel(column, half, colour(from..<to, start..<end))
      }
    }
  }

  private mutating func image(
    _ s: Series, _ rows: Int, _ columns: Int, _ flips: Bool, _ map: ColourMap
  ) {
    guard s.z.count >= rows * columns else { return }
    let span = s.zRange.map { Span($0.0, $0.1) } ?? Span(of: s.z) ?? Span(0, 1)
    paint(rows, columns, flips: flips) { r, c in
      var (sum, count) = (0.0, 0.0)
      for i in r {
        for j in c where s.z[i * columns + j].isFinite {
          sum += s.z[i * columns + j]
          count += 1
        }
      }
      return map.colour((sum / count - span.low) / span.size)
    }
  }

  private mutating func colourImage(_ s: Series, _ rows: Int, _ columns: Int, _ flips: Bool) {
    guard s.z.count >= 3 * rows * columns else { return }
    paint(rows, columns, flips: flips) { r, c in
      var sums = [0.0, 0.0, 0.0]
      for i in r {
        for j in c { for k in 0..<3 { sums[k] += s.z[3 * (i * columns + j) + k] } }
      }
      let scale = 255 / Double(r.count * c.count)
      let parts = sums.map { UInt32(max(0, min(255, $0.isNaN ? 0 : $0 * scale))) }
      return Colour(parts[0] << 16 | parts[1] << 8 | parts[2])
    }
  }

  /// The grid's lines, seen from the side, in the colours of their heights.
  private mutating func surface(_ s: Series, _ rows: Int, _ columns: Int, _ map: ColourMap) {
    guard rows > 1, columns > 1, s.z.count >= rows * columns, let span = Span(of: s.z) else {
      return
    }
    func place(_ i: Int, _ j: Int) -> (x: Double, y: Double) {
      let (u, v) = (Double(j) / Double(columns - 1), Double(i) / Double(rows - 1))
      let z = (s.z[i * columns + j] - span.low) / span.size
      let across = 0.5 + (u - v) * 0.5
      let up = (u + v) * 0.25 + z * 0.5
      return (
        Double(2 * left) + across * Double(2 * width - 1),
        Double(4 * top) + (1 - up) * Double(4 * height - 1)
      )
    }
    let (stepI, stepJ) = (max(1, rows / 20), max(1, columns / 20))
    // From the far corner to the near one, so that what is in front stays.
    for i in stride(from: rows - 1, through: 0, by: -stepI) {
      for j in stride(from: columns - 1, through: 0, by: -stepJ) {
        let z = s.z[i * columns + j]
        guard z.isFinite else { continue }
        let ink = map.colour((z - span.low) / span.size)
        for (ni, nj) in [(i - stepI, j), (i, j - stepJ)]
        where ni >= 0 && nj >= 0 && s.z[ni * columns + nj].isFinite {
          line(place(i, j), place(ni, nj), ink)
        }
      }
    }
  }

  private mutating func arrows(_ s: Series, _ ink: Colour) {
    for i in 0..<min(s.x.count, s.y.count, s.z.count, s.w.count) {
      guard let a = dot(s.x[i], s.y[i]), let b = dot(s.x[i] + s.z[i], s.y[i] + s.w[i]) else {
        continue
      }
      line(a, b, ink)
      let angle = atan2(b.y - a.y, b.x - a.x)
      let length = min(4, hypot(b.x - a.x, b.y - a.y) / 2)
      for turn in [2.6, -2.6] {
        line(b, (b.x + length * cos(angle + turn), b.y + length * sin(angle + turn)), ink)
      }
    }
  }

  /// Median, quartiles, and whiskers to the last value within 1.5 times the box.
  private mutating func box(_ s: Series, _ ink: Colour) {
    let values = s.y.filter(\.isFinite).sorted()
    guard let at = s.x.first, let lowest = values.first, let highest = values.last else { return }
    func quantile(_ q: Double) -> Double {
      let place = q * Double(values.count - 1)
      let i = min(Int(place), max(0, values.count - 2))
      return values.count == 1
        ? values[0] : values[i] + (values[i + 1] - values[i]) * (place - Double(i))
    }
    let (q1, median, q3) = (quantile(0.25), quantile(0.5), quantile(0.75))
    let reach = 1.5 * (q3 - q1)
    let low = values.first { $0 >= q1 - reach } ?? lowest
    let high = values.last { $0 <= q3 + reach } ?? highest
    func stroke(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
      if let a = dot(x1, y1), let b = dot(x2, y2) { line(a, b, ink) }
    }
    for level in [q1, median, q3] { stroke(at - 0.25, level, at + 0.25, level) }
    for side in [at - 0.25, at + 0.25] { stroke(side, q1, side, q3) }
    for end in [low, high] { stroke(at - 0.1, end, at + 0.1, end) }
    stroke(at, low, at, q1)
    stroke(at, q3, at, high)
    for value in values where value < low || value > high {
      if let p = dot(at, value) { put("•", Int(p.x / 2), Int(p.y / 4), ink) }
    }
  }

  private mutating func texts(_ s: Series, _ words: [String]) {
    for (i, word) in words.enumerated() where i < s.x.count && i < s.y.count {
      guard let at = dot(s.x[i], s.y[i]) else { continue }
      write(word, Int(at.x / 2) - word.count / 2, Int(at.y / 4), Colour(0xBBBBBB))
    }
  }
}
