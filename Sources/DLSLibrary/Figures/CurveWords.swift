// Words that draw points of the plane: curves, points, arrows, words.

import DLSPlot
import DLSRuntime
import DLSTensor

extension FigureWords {
  static let curves: [Builtin] = [
    drawing(
      "plot", [Parameter("style", .string, .string("-"), namedOnly: true)],
      "A curve, `plot(y)`, `plot(x, y)` or `plot(x, f)`, or the picture of a graph: `plot(graph(y))`.",
      details: """
        x and y have one length; with `y` of shape [n, k] every column is a curve. `style` is "-", \
        "--", "o" or "-o".
        """,
      example: """
        x = linspace(0, 6, 100)
        plot(x, sin(x), label="sin").plot(x, cos, label="cos", style="--")
        #=> <figure: 1 panel, 2 series>
        """
    ) { panel, values, call throws(Failure) in
      if case .object(let graph as GraphObject) = values[0] {
        if graph.vertices.count > 400 {
          throw call.fail(0, "a graph of \(graph.vertices.count) values is too large to draw")
        }
        return graph.draw(into: &panel)
      }
      let style = try call.string(option(call, "style"))
      let kinds: [String: Series.Kind] = [
        "-": .lines, "--": .lines, "o": .points, "-o": .linesPoints,
      ]
      guard let kind = kinds[style] else {
        throw call.fail(
          option(call, "style"), "there is no style `\(style)`",
          help: ["styles are \"-\", \"--\", \"o\" and \"-o\"; colours come by color=\"red\""])
      }
      for (x, y) in try columns(values, call) {
        var s = try styled(Series(kind, x: x, y: y, width: style == "o" ? 3 : 2), call)
        s.isDashed = style == "--"
        panel.series.append(s)
      }
    },
    drawing(
      "scatter",
      [
        Parameter("c", .any, .none, namedOnly: true),
        Parameter("size", .float, .float(3), namedOnly: true), cmap,
      ],
      "Points: `scatter(x, y)` or rows of a [n, 2] tensor; `c=` colours them by labels or numbers.",
      details:
        "Up to 12 whole numbers in `c` are classes with a legend, others a scale of colours.",
      example: """
        scatter(randn(50, 2), c=arange(50) % 3)
        #=> <figure: 1 panel, 3 series>
        """
    ) { panel, values, call throws(Failure) in
      let (x, y) = try call.curve(values)
      let c = option(call, "c")
      let size = try call.float(option(call, "size"))
      if call.isNone(c) {
        panel.series.append(try styled(Series(.points, x: x, y: y, width: size), call))
        return
      }
      let colours = try call.numbers(call.value(c), c)
      if colours.count != x.count {
        throw call.fail(
          c, "c needs a number for each of the \(x.count) points, got \(colours.count)")
      }
      let classes = Set(colours)
      if classes.count <= 12, colours.allSatisfy({ Int(exactly: $0) != nil }) {
        panel.series += classSeries(x, y, colours, size)
      } else {
        panel.colourBar = true
        panel.palette = try palette(call)
        panel.series.append(Series(.points, x: x, y: y, z: colours, width: size))
      }
    },
    drawing(
      "quiver", [], "Arrows: `quiver(x, y, u, v)`.",
      details: "From each (x, y) along (u, v), in the plot's units; all four have one length.",
      example: """
        quiver([0, 1], [0, 1], [1, 0.5], [0, -0.5])
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      if values.count != 4 { throw Failure("missing-argument", "quiver needs x, y, u and v") }
      let v = try values.mapped { value throws(Failure) in try call.numbers(value, 0) }
      if Set(v.map(\.count)).count != 1 {
        throw Failure(
          "shape-mismatch",
          "quiver needs x, y, u and v of one length, got \(v.map { "\($0.count)" }.joined(separator: ", "))"
        )
      }
      panel.series.append(try styled(Series(.arrows, x: v[0], y: v[1], z: v[2], w: v[3]), call))
    },
    drawing(
      "text_plot", [], "Words at places: `text_plot(x, y, words)`, or rows of [n, 2] and words.",
      example: """
        text_plot([0, 1, 2], [0, 1, 0], ["king", "queen", "throne"])
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      guard (2...3).contains(values.count), let items = values[values.count - 1].sequenceItems
      else {
        throw Failure("missing-argument", "text_plot needs x, y and a list of words")
      }
      let (x, y) = try call.curve(Array(values.dropLast()))
      if x.count != items.count {
        throw Failure(
          "shape-mismatch",
          "text_plot needs a word for each of \(x.count) places, got \(items.count)")
      }
      panel.series.append(try styled(Series(.words(items.map { $0.printed() }), x: x, y: y), call))
    },
  ]

  /// The curves in what was given: one, or one for each column of a matrix y.
  private static func columns(_ values: [Value], _ call: Call) throws(Failure) -> [(
    x: [Double], y: [Double]
  )] {
    guard let t = values.last?.tensorView, t.rank == 2, values.count == 2 || t.shape[1] != 2,
      !t.isMeta
    else { return [try call.curve(values)] }
    let (n, k) = (t.shape[0], t.shape[1])
    let v = t.doubles()
    let x = values.count == 2 ? try call.numbers(values[0], 0) : (0..<n).map(Double.init)
    if x.count == n * k { return [(x, v)] }
    guard x.count == n, k <= 100 else {
      throw Failure("shape-mismatch", "plot needs as many x as y, got \(x.count) and \(t.typeText)")
    }
    return (0..<k).map { j in (x, (0..<n).map { v[$0 * k + j] }) }
  }

  /// Points of each class as a series of its own.
  static func classSeries(_ x: [Double], _ y: [Double], _ labels: [Double], _ size: Double)
    -> [Series]
  {
    Set(labels).sorted().map { k in
      let at = labels.indices.filter { labels[$0] == k && $0 < x.count }
      let label = Int(exactly: k).map { "\($0)" } ?? "\(k)"
      return Series(.points, label: label, x: at.map { x[$0] }, y: at.map { y[$0] }, width: size)
    }
  }
}
