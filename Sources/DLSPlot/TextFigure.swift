// Figures as text for a terminal: panels with titles, axes, ticks and legends. A pure function.

import Glibc

package enum TextFigure {
  /// The figure in at most so many columns and rows.
  package static func text(_ figure: FigureData, columns: Int, rows: Int, _ depth: ColourDepth)
    -> String
  {
    let across = max(1, min(figure.columns, figure.panels.count))
    let down = max(1, (figure.panels.count + across - 1) / across)
    let (width, height) = (max(20, columns / across), max(8, rows / down))
    let hasTitle = !figure.title.isEmpty && figure.panels.count > 1
    let top = hasTitle ? 1 : 0
    var canvas = TextCanvas(columns: width * across, rows: height * down + top)
    if hasTitle { canvas.write(figure.title, max(0, (width * across - figure.title.count) / 2), 0) }
    for (i, panel) in figure.panels.enumerated() {
      var panel = panel
      if panel.title.isEmpty && figure.panels.count == 1 { panel.title = figure.title }
      let drawn = TextPanel(panel, columns: width - 1, rows: height - (down > 1 ? 1 : 0)).canvas
      canvas.place(drawn, i % across * width, i / across * height + top)
    }
    return canvas.text(depth)
  }

  /// A number as a tick's label: short, and exact where it can be.
  static func label(_ value: Double, step: Double) -> String {
    if value == 0 || abs(value) < abs(step) * 1e-9 { return "0" }
    guard value.isFinite, step.isFinite else { return "\(value)" }
    let size = abs(value)
    if size >= 1e6 || size < 1e-4 {
      let power = Int(floor(log10(size) + 1e-12))
      let lead = value / pow(10, Double(power))
      let text = fixed(lead, abs(lead - lead.rounded()) < 1e-6 ? 0 : 1)
      return text == "1" ? "1e\(power)" : "\(text)e\(power)"
    }
    return fixed(
      value, max(0, min(6, Int((-log10(max(abs(step), 1e-300)) + 0.999).rounded(.down)))))
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let whole = (abs(value) * scale).rounded()
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard whole < 1e15 else { return "\(value)" }
    let digits = String(Int(whole))
    if decimals == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }
}

/// One panel on a canvas of its own.
struct TextPanel {
  private(set) var canvas: TextCanvas
  let panel: Panel
  let x: Axis
  let y: Axis
  /// The cells inside the axes.
  private(set) var left = 0
  private(set) var top = 0
  private(set) var width = 1
  private(set) var height = 1

  private static let gray = Colour(0x999999)

  init(_ panel: Panel, columns: Int, rows: Int) {
    self.panel = panel
    canvas = TextCanvas(columns: columns, rows: rows)
    var (x, y) = panel.axes
    if panel.hasMargins {
      if panel.xRange == nil && !panel.isXLog {
        x.span.widen(x.span.size * (panel.hasWords ? 0.1 : 0.02))
      }
      if panel.yRange == nil && !panel.isYLog && !panel.hasBars {
        y.span.widen(y.span.size * 0.04)
      }
    }
    (self.x, self.y) = (x, y)
    layOut(columns, rows)
    drawSeries()
  }

  private mutating func layOut(_ columns: Int, _ rows: Int) {
    if !panel.title.isEmpty {
      let title = String(panel.title.prefix(columns))
      canvas.write(title, max(0, (columns - title.count) / 2), 0)
      top += 1
    }
    if drawLegend(top, columns) { top += 1 }
    guard panel.hasAxes, !panel.isSpatial else {
      (width, height) = (columns, max(1, rows - top))
      return
    }
    if !panel.yLabel.isEmpty {
      canvas.write(String(panel.yLabel.prefix(columns)), 0, top, TextPanel.gray)
      top += 1
    }
    let hasXLabel = !panel.xLabel.isEmpty
    height = max(2, rows - top - 2 - (hasXLabel ? 1 : 0))
    let yTicks = self.yTicks
    left = min((yTicks.map(\.text.count).max() ?? 1) + 1, columns / 2)
    width = max(2, columns - left - 1)
    for row in 0..<height { canvas.put("│", left, top + row, TextPanel.gray) }
    for tick in yTicks {
      guard let place = y.place(tick.value), (0...1).contains(place) else { continue }
      let row = top + min(height - 1, Int((1 - place) * Double(height - 1) + 0.5))
      let text = String(tick.text.prefix(left))
      canvas.write(text, max(0, left - text.count), row, TextPanel.gray)
      canvas.put("┤", left, row, TextPanel.gray)
    }
    drawXAxis(top + height, columns)
    if hasXLabel {
      let text = String(panel.xLabel.prefix(width))
      canvas.write(text, left + max(0, (width - text.count) / 2), top + height + 2, TextPanel.gray)
    }
    left += 1
  }

  private var yTicks: [(value: Double, text: String)] {
    if !panel.yTicks.isEmpty { return panel.yTicks.map { ($0.0, $0.1) } }
    return labelled(y, max(2, min(height / 3, 8)))
  }

  private func labelled(_ axis: Axis, _ count: Int) -> [(value: Double, text: String)] {
    let ticks = axis.ticks(count)
    let step = axis.isLog || ticks.count < 2 ? (ticks.first ?? 1) : ticks[1] - ticks[0]
    return ticks.map { ($0, TextFigure.label($0, step: axis.isLog ? $0 : step)) }
  }

  private mutating func drawXAxis(_ row: Int, _ columns: Int) {
    canvas.put("└", left, row, TextPanel.gray)
    for column in 0..<width { canvas.put("─", left + 1 + column, row, TextPanel.gray) }
    let ticks =
      panel.xTicks.isEmpty
      ? labelled(x, max(2, width / 12)) : panel.xTicks.map { (value: $0.0, text: $0.1) }
    var free = 0
    for tick in ticks {
      guard let place = x.place(tick.value), (0...1).contains(place) else { continue }
      let column = left + 1 + min(width - 1, Int(place * Double(width - 1) + 0.5))
      canvas.put("┬", column, row, TextPanel.gray)
      let text = tick.text
      let start = max(0, min(column - text.count / 2, columns - text.count))
      guard start >= free else { continue }
      canvas.write(text, start, row + 1, TextPanel.gray)
      free = start + text.count + 1
    }
  }

  /// Names of the series in their colours, in one line.
  private mutating func drawLegend(_ row: Int, _ columns: Int) -> Bool {
    guard panel.hasLegend else { return false }
    var entries: [(String, Colour)] = []
    for (i, one) in panel.series.enumerated() where !one.label.isEmpty {
      entries.append((one.label, one.shownColour(i)))
    }
    guard !entries.isEmpty else { return false }
    let length = entries.reduce(0) { $0 + $1.0.count + 4 } - 2
    var column = max(0, (columns - length) / 2)
    for (text, colour) in entries {
      canvas.put("■", column, row, colour)
      canvas.write(text, column + 2, row)
      column += text.count + 4
    }
    return true
  }

  // MARK: - Places

  /// The dot of a point, in 2 x 4 dots a cell; nil where the axes do not show it.
  func dot(_ px: Double, _ py: Double) -> (x: Double, y: Double)? {
    guard let u = x.place(px), let v = y.place(py), abs(u) < 1e6, abs(v) < 1e6 else { return nil }
    return (
      Double(2 * left) + u * Double(2 * width - 1),
      Double(4 * top) + (1 - v) * Double(4 * height - 1)
    )
  }

  /// A line of dots, cut at the axes.
  mutating func line(
    _ a: (x: Double, y: Double), _ b: (x: Double, y: Double), _ ink: Colour, dashed: Bool = false
  ) {
    let steps = Int(min(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up), 20_000))
    for i in 0...max(steps, 1) {
      if dashed && i % 6 >= 3 { continue }
      let t = Double(i) / Double(max(steps, 1))
      mark(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, ink)
    }
  }

  /// One dot, where it lies inside.
  mutating func mark(_ px: Double, _ py: Double, _ ink: Colour) {
    let (column, row) = (Int(px.rounded()), Int(py.rounded()))
    guard column >= 2 * left, column < 2 * (left + width), row >= 4 * top, row < 4 * (top + height)
    else { return }
    canvas.dot(column, row, ink)
  }

  /// A sign in a cell, where it lies inside.
  mutating func put(_ scalar: Unicode.Scalar, _ column: Int, _ row: Int, _ ink: Colour) {
    guard column >= left, column < left + width, row >= top, row < top + height else { return }
    canvas.put(scalar, column, row, ink)
  }

  mutating func write(_ text: String, _ column: Int, _ row: Int, _ ink: Colour) {
    for (i, scalar) in TextCanvas.printable(text).unicodeScalars.enumerated() {
      put(scalar, column + i, row, ink)
    }
  }

  mutating func pixel(_ column: Int, _ half: Int, _ colour: Colour) {
    canvas.pixel(left + column, 2 * top + half, colour)
  }
}

extension Panel {
  var hasBars: Bool {
    holds { if case .bars = $0 { true } else { false } }
  }

  /// Whether a little room around the data helps: not around images.
  var hasMargins: Bool {
    !holds {
      switch $0 {
      case .image, .colourImage, .contour, .surface: true
      case .lines, .points, .linesPoints, .bars, .arrows, .box, .words, .filled: false
      }
    }
  }

  var hasWords: Bool {
    holds { if case .words = $0 { true } else { false } }
  }

  /// A surface is seen from the side: the plane's axes mean nothing there.
  var isSpatial: Bool {
    holds { if case .surface = $0 { true } else { false } }
  }

  var hasContours: Bool {
    holds { if case .contour = $0 { true } else { false } }
  }
}
