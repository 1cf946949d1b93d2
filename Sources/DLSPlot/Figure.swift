// What a figure is made of: panels, and series in them. Plain values.

/// One thing drawn in a panel.
package struct Series: Sendable {
  package enum Kind: Sendable {
    case lines
    case points
    case linesPoints
    /// Bars at x of height y; `width` in units of x.
    case bars(width: Double)
    /// Rows of numbers as colours; `flips` puts row 0 at the top. Pixels lie at x and y where those
    /// are given, else at their column and row.
    case image(rows: Int, columns: Int, flips: Bool)
    /// Pixels with three channels, 0 to 1.
    case colourImage(rows: Int, columns: Int, flips: Bool)
    case contour(rows: Int, columns: Int, levels: Int)
    case surface(rows: Int, columns: Int)
    /// Arrows from (x, y) along (u, v).
    case arrows
    case box
    /// Words at places.
    case words([String])
    /// What lies between y and z.
    case filled
  }

  package var kind: Kind
  package var label: String
  package var x: [Double]
  package var y: [Double]
  /// Grid values, or a colour per point; u for arrows.
  package var z: [Double]
  package var w: [Double]
  package var colour: String?
  package var width: Double
  package var isDashed = false
  /// Colours stand for numbers from here to there; nil measures them.
  package var zRange: (Double, Double)?

  package init(
    _ kind: Kind, label: String = "", x: [Double] = [], y: [Double] = [], z: [Double] = [],
    w: [Double] = [], colour: String? = nil, width: Double = 2
  ) {
    self.kind = kind
    self.label = label
    self.x = x
    self.y = y
    self.z = z
    self.w = w
    self.colour = colour
    self.width = width
  }
}

package struct Panel: Sendable {
  package var title = ""
  package var xLabel = ""
  package var yLabel = ""
  package var xRange: (Double, Double)?
  package var yRange: (Double, Double)?
  package var isXLog = false
  package var isYLog = false
  package var hasLegend = true
  package var hasAxes = true
  package var hasGrid = true
  package var isSquare = false
  package var colourBar = false
  package var palette = "viridis"
  package var xTicks: [(Double, String)] = []
  package var yTicks: [(Double, String)] = []
  package var series: [Series] = []

  package init() {}

  /// Whether a series of some kind is there.
  func holds(_ isKind: (Series.Kind) -> Bool) -> Bool { series.contains { isKind($0.kind) } }
}

package struct FigureData: Sendable {
  package var panels: [Panel] = [Panel()]
  /// Panels a row.
  package var columns = 1
  package var title = ""
  /// In pixels; `isSized` says that somebody asked for them.
  package var width = 800
  package var height = 560
  package var isSized = false

  package init() {}

  /// The size of a picture: an image's own shape where nothing else was asked for.
  package var shownSize: (width: Int, height: Int) {
    guard !isSized, panels.count == 1, let panel = panels.first, panel.isSquare, !panel.hasAxes
    else {
      return (width, height)
    }
    let (x, y) = panel.axes
    let ratio = y.span.size / x.span.size
    guard ratio.isFinite, ratio > 0 else { return (width, height) }
    let title = panel.title.isEmpty && self.title.isEmpty ? 20.0 : 60.0
    let wide = min(Double(width), (900 - title) / ratio)
    return (max(200, Int(wide)), max(100, Int(min(wide * ratio, 840) + title)))
  }

  package var rows: Int { (panels.count + columns - 1) / max(columns, 1) }
  package var isEmpty: Bool { panels.allSatisfy { $0.series.isEmpty } }
}

/// What went wrong with a plot.
package struct PlotError: Error {
  package var message: String
  package var help: [String] = []
}
