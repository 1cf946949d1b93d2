// Words that draw. Each gives a figure; called on a figure, it draws into that one.

import DLSPlot
import DLSRuntime
import DLSTensor

private let data = Parameter("data", .any, variadic: true)

/// A drawing word: data by position, options by name.
private func drawing(
  _ name: String, _ extra: [Parameter] = [], _ summary: String, details: String = "",
  _ body: @escaping @Sendable (inout Panel, [Value], Call) throws(Failure) -> Void
) -> Builtin {
  Builtin(
    name, [data] + extra + FigureOptions.parameters, summary,
    details: (details.isEmpty ? "" : details + "\n")
      + "Called on a figure, `f.\(name)(…)`, it draws into that one.", family: "Figures"
  ) { call throws(Failure) in
    var values = call.value(0).sequenceItems ?? []
    let figure = try call.figure(values.first ?? .none)
    if case .object(let first)? = values.first, first === figure { values.removeFirst() }
    if values.isEmpty { throw Failure("missing-argument", "\(name) needs something to draw") }
    var panel = figure.panel
    try FigureOptions.apply(call, &panel)
    try body(&panel, values, call)
    figure.panel = panel
    if figure.isLive { call.machine.emit(.figure(figure)) }
    return .object(figure)
  }
}

private func option(_ call: Call, _ name: String) -> Int { FigureOptions.index(call, name) }

/// x and y of a curve: y alone is drawn over its positions.
private func curve(_ values: [Value], _ call: Call) throws(Failure) -> (x: [Double], y: [Double]) {
  if values.count == 1 {
    if let t = values[0].tensorView, t.rank == 2, t.shape[1] == 2 {
      let v = t.doubles()
      return (
        stride(from: 0, to: v.count, by: 2).map { v[$0] },
        stride(from: 1, to: v.count, by: 2).map { v[$0] }
      )
    }
    let y = try call.numbers(values[0], 0)
    return (y.indices.map(Double.init), y)
  }
  let x = try call.numbers(values[0], 0)
  var y: [Double]
  if values[1].isCallable {
    y = []
    for v in x { y.append(try call.machine.call(values[1], [.float(v)]).number ?? .nan) }
  } else {
    y = try call.numbers(values[1], 0)
  }
  if x.count != y.count {
    throw Failure(
      "shape-mismatch", "\(call.name) needs as many x as y, got \(x.count) and \(y.count)")
  }
  return (x, y)
}

private func styled(_ s: Series, _ call: Call) throws(Failure) -> Series {
  var s = s
  s.label = try call.string(option(call, "label"))
  s.colour = try call.optionalString(option(call, "color"))
  return s
}

enum FigureWords {
  static let all: [Builtin] = curves + grids + composition

  private static let curves: [Builtin] = [
    drawing(
      "plot", [Parameter("style", .string, .string("-"), namedOnly: true)],
      "A curve: `plot(y)`, `plot(x, y)` or `plot(x, f)`.",
      details:
        "style is \"-\", \"--\", \"o\" or \"-o\". A graph of a computation is drawn as its picture."
    ) { panel, values, call throws(Failure) in
      let (x, y) = try curve(values, call)
      let style = try call.string(option(call, "style"))
      var s = try styled(
        Series(style == "o" ? .points : style == "-o" ? .linesPoints : .lines, x: x, y: y), call)
      s.isDashed = style == "--"
      panel.series.append(s)
    },
    drawing(
      "scatter",
      [
        Parameter("c", .any, .none, namedOnly: true),
        Parameter("size", .float, .float(3), namedOnly: true),
      ],
      "Points: `scatter(x, y)` or rows of a [n, 2] tensor; `c=` colours them by labels or numbers."
    ) { panel, values, call throws(Failure) in
      let (x, y) = try curve(values, call)
      let c = option(call, "c")
      let size = try call.float(option(call, "size"))
      if call.isNone(c) {
        var s = try styled(Series(.points, x: x, y: y), call)
        s.width = size
        panel.series.append(s)
        return
      }
      let colours = try call.numbers(call.value(c), c)
      if colours.count != x.count {
        throw call.fail(
          c, "c needs a number for each of the \(x.count) points, got \(colours.count)")
      }
      let classes = Set(colours)
      if classes.count <= 12, colours.allSatisfy({ $0 == $0.rounded() }) {
        for k in classes.sorted() {
          let at = colours.indices.filter { colours[$0] == k }
          panel.series.append(
            Series(
              .points, label: "\(Int(k))", x: at.map { x[$0] }, y: at.map { y[$0] }, width: size))
        }
      } else {
        panel.colourBar = true
        panel.series.append(Series(.points, x: x, y: y, z: colours, width: size))
      }
    },
    drawing(
      "hist", [Parameter("bins", .int, .int(30), namedOnly: true)],
      "How often values fall into bins."
    ) { panel, values, call throws(Failure) in
      let v = try call.numbers(values[0], 0).filter(\.isFinite)
      let bins = try call.int(option(call, "bins"))
      if bins < 1 || bins > 100_000 {
        throw call.fail(option(call, "bins"), "bins must be from 1 to 100000")
      }
      guard let low = v.min(), let high = v.max() else {
        throw Failure("bad-argument", "hist needs numbers")
      }
      let width = high > low ? (high - low) / Double(bins) : 1
      var counts = [Double](repeating: 0, count: bins)
      for x in v { counts[min(bins - 1, max(0, Int((x - low) / width)))] += 1 }
      let centres = counts.indices.map { low + (Double($0) + 0.5) * width }
      panel.series.append(try styled(Series(.bars(width: width), x: centres, y: counts), call))
      panel.yRange = panel.yRange ?? (0, (counts.max() ?? 1) * 1.05)
    },
    drawing(
      "bar", [Parameter("labels", .list, .none, namedOnly: true)],
      "Bars: `bar(heights)` or `bar(names, heights)`."
    ) { panel, values, call throws(Failure) in
      var names: [String] = []
      if values.count > 1, let items = values[0].sequenceItems, items.first?.text != nil {
        names = items.map { $0.printed() }
      }
      if !call.isNone(option(call, "labels")) {
        names = try call.list(option(call, "labels")).map { $0.printed() }
      }
      let heights = try call.numbers(values[values.count - 1], 0)
      var x = heights.indices.map(Double.init)
      if names.isEmpty, values.count > 1 { x = try call.numbers(values[0], 0) }
      if x.count != heights.count {
        throw Failure(
          "shape-mismatch", "bar needs as many x as heights, got \(x.count) and \(heights.count)")
      }
      panel.xTicks = names.enumerated().map { (Double($0), $1) }
      panel.series.append(try styled(Series(.bars(width: 0.8), x: x, y: heights), call))
      if (heights.min() ?? 0) >= 0 {
        panel.yRange = panel.yRange ?? (0, max(heights.max() ?? 1, 1e-12) * 1.1)
      }
    },
    drawing(
      "boxplot", [Parameter("labels", .list, .none, namedOnly: true)],
      "Medians and quartiles of several samples."
    ) { panel, values, call throws(Failure) in
      let groups =
        values.count == 1
          && (values[0].sequenceItems?.first?.sequenceItems
            ?? values[0].sequenceItems?.first?.tensorView.map { _ in [] }) != nil
        ? values[0].sequenceItems ?? values : values
      for (k, group) in groups.enumerated() {
        let v = try call.numbers(group, 0)
        panel.series.append(Series(.box, x: v.map { _ in Double(k) }, y: v))
      }
      let names =
        call.isNone(option(call, "labels"))
        ? groups.indices.map(String.init)
        : try call.list(option(call, "labels")).map { $0.printed() }
      panel.xTicks = names.enumerated().map { (Double($0), $1) }
    },
    drawing("quiver", [], "Arrows: `quiver(x, y, u, v)`.") { panel, values, call throws(Failure) in
      if values.count != 4 { throw Failure("missing-argument", "quiver needs x, y, u and v") }
      let v = try values.mapped { value throws(Failure) in try call.numbers(value, 0) }
      if Set(v.map(\.count)).count != 1 {
        throw Failure("shape-mismatch", "quiver needs x, y, u and v of one length")
      }
      panel.series.append(try styled(Series(.arrows, x: v[0], y: v[1], z: v[2], w: v[3]), call))
    },
    drawing("text_plot", [], "Words at places: `text_plot(x, y, words)`.") {
      panel, values, call throws(Failure) in
      if values.count != 3 { throw Failure("missing-argument", "text_plot needs x, y and words") }
      let words = values[2].sequenceItems?.map { $0.printed() } ?? []
      panel.series.append(
        Series(.words(words), x: try call.numbers(values[0], 0), y: try call.numbers(values[1], 1)))
    },
  ]

  private static let cmap = Parameter("cmap", .string, .string("viridis"), namedOnly: true)

  private static let grids: [Builtin] = [
    drawing(
      "imshow", [cmap], "A matrix, or a [3, h, w] picture, as an image with row 0 at the top."
    ) { panel, values, call throws(Failure) in
      let t = try values[0].asTensor()
      panel.isSquare = true
      panel.hasAxes = false
      panel.palette = try call.string(option(call, "cmap"))
      if t.rank == 3, t.shape[0] == 3 {
        let (h, w) = (t.shape[1], t.shape[2])
        let v = t.doubles()
        var z = [Double](repeating: 0, count: 3 * h * w)
        for c in 0..<3 { for p in 0..<(h * w) { z[3 * p + c] = min(max(v[c * h * w + p], 0), 1) } }
        panel.series.append(Series(.colourImage(rows: h, columns: w), z: z))
        return
      }
      let m = try call.matrix(values[0], 0)
      panel.series.append(
        Series(.image(rows: m.rows, columns: m.columns, flips: true), z: m.values))
    },
    drawing(
      "heatmap",
      [
        cmap, Parameter("rows", .list, .none, namedOnly: true),
        Parameter("columns", .list, .none, namedOnly: true),
      ],
      "A matrix as colours, with a scale and names of rows and columns."
    ) { panel, values, call throws(Failure) in
      let m = try call.matrix(values[0], 0)
      panel.colourBar = true
      panel.hasGrid = false
      panel.palette = try call.string(option(call, "cmap"))
      for (name, isRows) in [("rows", true), ("columns", false)]
      where !call.isNone(option(call, name)) {
        let ticks = try call.list(option(call, name)).enumerated().map {
          (Double($0), $1.printed())
        }
        if isRows { panel.yTicks = ticks } else { panel.xTicks = ticks }
      }
      panel.series.append(
        Series(.image(rows: m.rows, columns: m.columns, flips: true), z: m.values))
    },
    grid(
      "contour", [Parameter("levels", .int, .int(12), namedOnly: true)],
      "Lines of equal height: `contour(z)` or `contour(x, y, z)`."
    ) { m, call throws(Failure) in
      .contour(
        rows: m.0, columns: m.1, levels: min(max(try call.int(option(call, "levels")), 1), 200))
    },
    grid("surface", [], "A surface over a grid: `surface(z)` or `surface(x, y, z)`.") {
      m, _ throws(Failure) in .surface(rows: m.0, columns: m.1)
    },
    drawing(
      "image_grid",
      [
        Parameter("columns", .int, .int(8), namedOnly: true), cmap,
        Parameter("labels", .list, .none, namedOnly: true),
      ],
      "Several images side by side: [n, h, w], [n, 1, h, w] or a list."
    ) { panel, values, call throws(Failure) in
      let t = try values[0].asTensor()
      let shape = t.rank == 4 && t.shape[1] == 1 ? [t.shape[0], t.shape[2], t.shape[3]] : t.shape
      if shape.count != 3 || shape[0] == 0 {
        throw Failure("shape-mismatch", "image_grid needs images [n, h, w], got \(t.typeText)")
      }
      let (n, h, w) = (shape[0], shape[1], shape[2])
      let columns = max(1, min(n, try call.int(option(call, "columns"))))
      let rows = (n + columns - 1) / columns
      let v = t.doubles()
      let (tall, wide) = (rows * (h + 1) + 1, columns * (w + 1) + 1)
      var z = [Double](repeating: v.filter(\.isFinite).min() ?? 0, count: tall * wide)
      for k in 0..<n {
        let (top, left) = (k / columns * (h + 1) + 1, k % columns * (w + 1) + 1)
        for i in 0..<h {
          for j in 0..<w { z[(top + i) * wide + left + j] = v[k * h * w + i * w + j] }
        }
      }
      panel.isSquare = true
      panel.hasAxes = false
      panel.palette = try call.string(option(call, "cmap"))
      panel.series.append(Series(.image(rows: tall, columns: wide, flips: true), z: z))
      if !call.isNone(option(call, "labels")) {
        let words = try call.list(option(call, "labels")).map { $0.printed() }
        let x = words.indices.map { Double($0 % columns * (w + 1)) + Double(w) / 2 }
        let y = words.indices.map { Double($0 / columns * (h + 1)) + Double(h) + 0.6 }
        panel.series.append(Series(.words(words), x: x, y: y))
      }
    },
  ]

  private static func grid(
    _ name: String, _ extra: [Parameter], _ summary: String,
    _ kind: @escaping @Sendable ((Int, Int), Call) throws(Failure) -> Series.Kind
  ) -> Builtin {
    drawing(name, extra, summary) { panel, values, call throws(Failure) in
      let m = try call.matrix(values[values.count - 1], 0)
      var x = (0..<m.columns).map(Double.init)
      var y = (0..<m.rows).map(Double.init)
      if values.count == 3 {
        x = try axis(call.numbers(values[0], 0), m.columns, byRow: true, m.columns)
        y = try axis(call.numbers(values[1], 1), m.rows, byRow: false, m.columns)
      }
      panel.series.append(
        try styled(Series(try kind((m.rows, m.columns), call), x: x, y: y, z: m.values), call))
    }
  }

  /// A vector, or a meshgrid's matrix, as the values along one axis.
  private static func axis(_ v: [Double], _ n: Int, byRow: Bool, _ columns: Int) throws(Failure)
    -> [Double]
  {
    if v.count == n { return v }
    if v.count % max(n, 1) == 0, v.count >= n * (byRow ? 1 : columns) {
      return (0..<n).map { byRow ? v[$0] : v[$0 * columns] }
    }
    throw Failure("shape-mismatch", "the axis needs \(n) numbers, got \(v.count)")
  }
}
