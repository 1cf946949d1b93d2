// Words that draw matrices: images, heat maps, contours, surfaces.

import DLSPlot
import DLSRuntime
import DLSTensor

extension FigureWords {
  private static let scale = [
    Parameter("vmin", .float, .none, namedOnly: true),
    Parameter("vmax", .float, .none, namedOnly: true),
  ]

  static let grids: [Builtin] = [
    drawing(
      "imshow", [cmap] + scale,
      "A matrix, or a [3, h, w] picture, as an image with row 0 at the top.",
      details: "Numbers from `vmin` to `vmax` (the least to the greatest) take the map's colours.",
      example: """
        imshow(eye(5), cmap="gray")
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      let t = try values[0].asTensor()
      panel.isSquare = true
      panel.hasAxes = false
      panel.palette = try palette(call)
      if t.rank == 3, t.shape[0] == 3 {
        panel.series.append(colours([t.doubles()], t.shape[1], t.shape[2], columns: 1, gap: 0))
        return
      }
      let m = try call.matrix(values[0], 0)
      var s = Series(.image(rows: m.rows, columns: m.columns, flips: true), z: m.values)
      s.zRange = try range(call)
      panel.series.append(s)
    },
    drawing(
      "heatmap",
      [
        cmap, Parameter("rows", .list, .none, namedOnly: true),
        Parameter("columns", .list, .none, namedOnly: true),
        Parameter("annot", .bool, .bool(false), namedOnly: true),
      ] + scale,
      "A matrix as colours, with a scale and names of rows and columns.",
      details: "`annot=true` writes the numbers into the cells.",
      example: """
        heatmap(confusion_matrix([0, 1, 1], [0, 1, 0]), rows=["a", "b"], annot=true)
        #=> <figure: 1 panel, 3 series>
        """
    ) { panel, values, call throws(Failure) in
      let m = try call.matrix(values[0], 0)
      panel.colourBar = true
      panel.hasGrid = false
      panel.isSquare = max(m.rows, m.columns) <= 3 * min(m.rows, m.columns)
      panel.palette = try palette(call)
      for (name, isRows) in [("rows", true), ("columns", false)] {
        guard let names = try texts(call, name) else { continue }
        let ticks = names.enumerated().map { (Double($0), $1) }
        if isRows { panel.yTicks = ticks } else { panel.xTicks = ticks }
      }
      var s = Series(.image(rows: m.rows, columns: m.columns, flips: true), z: m.values)
      s.zRange = try range(call)
      panel.series.append(s)
      if try call.bool(option(call, "annot")), m.values.count <= 2500 {
        panel.series += annotations(s, m.columns, panel.palette)
      }
    },
    grid(
      "contour", [Parameter("levels", .int, .int(12), namedOnly: true), cmap],
      "Lines of equal height over colours: `contour(z)` or `contour(x, y, z)`.",
      example: """
        x = linspace(-2, 2, 30)
        contour(x, x, x[none, :]^2 + x[:, none]^2)
        #=> <figure: 1 panel, 1 series>
        """
    ) { m, call throws(Failure) in
      .contour(
        rows: m.0, columns: m.1, levels: min(max(try call.int(option(call, "levels")), 1), 200))
    },
    grid(
      "surface", [cmap], "A surface over a grid: `surface(z)` or `surface(x, y, z)`.",
      example: """
        x = linspace(-2, 2, 30)
        surface(x, x, x[none, :]^2 - x[:, none]^2)
        #=> <figure: 1 panel, 1 series>
        """
    ) { m, _ throws(Failure) in .surface(rows: m.0, columns: m.1) },
    drawing(
      "image_grid",
      [Parameter("columns", .int, .int(8), namedOnly: true), cmap, labels] + scale,
      "Several images side by side: [n, h, w], [n, 1, h, w], [n, 3, h, w] or a list.",
      details: "`labels` stand under the images.",
      example: """
        image_grid(rand(10, 8, 8), columns=5, cmap="gray")
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      try imageGrid(&panel, values, call)
    },
  ]

  private static func range(_ call: Call) throws(Failure) -> (Double, Double)? {
    let (low, high) = (option(call, "vmin"), option(call, "vmax"))
    if call.isNone(low) && call.isNone(high) { return nil }
    guard let from = try call.optionalFloat(low), let to = try call.optionalFloat(high), from < to,
      (to - from).isFinite
    else { throw call.fail(low, "vmin and vmax come together, vmin below vmax") }
    return (from, to)
  }

  /// Numbers in cells: dark ones on light colours, light ones on dark, as two series of words.
  private static func annotations(_ s: Series, _ columns: Int, _ palette: String) -> [Series] {
    let span = s.zRange.map { Span($0.0, $0.1) } ?? Span(of: s.z) ?? Span(0, 1)
    let map = ColourMap(palette)
    return [true, false].map { isLight in
      let at = s.z.indices.filter { i in
        let paper = map?.colour((s.z[i] - span.low) / span.size)
        return ((paper?.brightness ?? 1) > 0.5) == isLight
      }
      let words = at.map { i in
        Int(exactly: s.z[i]).map { "\($0)" } ?? FormatSpec.significant(s.z[i], 3)
      }
      var texts = Series(
        .words(words), x: at.map { Double($0 % columns) }, y: at.map { Double($0 / columns) })
      texts.colour = isLight ? "black" : "white"
      return texts
    }
  }

  private static func imageGrid(_ panel: inout Panel, _ values: [Value], _ call: Call)
    throws(Failure)
  {
    var t = try values[0].asTensor()
    if t.rank == 5, t.shape[1] == 1 {
      t = try tensorWork { () throws(TensorError) in try t.squeeze([1]) }
    }
    let isColour = t.rank == 4 && t.shape[1] == 3
    guard t.rank == 3 || isColour || (t.rank == 4 && t.shape[1] == 1), !t.shape.contains(0),
      !t.isMeta
    else {
      throw Failure(
        "shape-mismatch",
        "image_grid needs images [n, h, w], [n, 1, h, w] or [n, 3, h, w], got \(t.typeText)")
    }
    let (n, h, w) = (t.shape[0], t.shape[t.rank - 2], t.shape[t.rank - 1])
    let columns = max(1, min(n, try call.int(option(call, "columns"))))
    let names = try texts(call, "labels")
    let v = t.doubles()
    let each = v.count / n
    let images = (0..<n).map { Array(v[($0 * each)..<(($0 + 1) * each)]) }
    // Names take the height of some pixels.
    let foot = names == nil ? 1 : max(2, h / 5 + 1)
    panel.isSquare = true
    panel.hasAxes = false
    panel.palette = try palette(call)
    panel.series.append(
      isColour
        ? colours(images, h, w, columns: columns, gap: 1, foot: foot)
        : grays(images, h, w, columns: columns, foot: foot, try range(call)))
    guard let names else { return }
    let shown = Array(names.prefix(n))
    let x = shown.indices.map { Double($0 % columns * (w + 1)) + Double(w + 1) / 2 }
    let y = shown.indices.map { Double($0 / columns * (h + foot) + h) + Double(foot) / 2 + 0.3 }
    panel.series.append(Series(.words(shown), x: x, y: y))
  }

  /// Images of numbers on one sheet; what lies between them has no number.
  private static func grays(
    _ images: [[Double]], _ h: Int, _ w: Int, columns: Int, foot: Int,
    _ range: (Double, Double)?
  ) -> Series {
    let rows = (images.count + columns - 1) / columns
    let (tall, wide) = (rows * (h + foot) + 1, columns * (w + 1) + 1)
    var z = [Double](repeating: .nan, count: tall * wide)
    for (k, image) in images.enumerated() {
      let (top, left) = (k / columns * (h + foot) + 1, k % columns * (w + 1) + 1)
      for i in 0..<h { for j in 0..<w { z[(top + i) * wide + left + j] = image[i * w + j] } }
    }
    var s = Series(.image(rows: tall, columns: wide, flips: true), z: z)
    s.zRange = range
    return s
  }

  /// Colour images, channels first, on one white sheet.
  private static func colours(
    _ images: [[Double]], _ h: Int, _ w: Int, columns: Int, gap: Int, foot: Int = 0
  ) -> Series {
    let rows = (images.count + columns - 1) / columns
    let (tall, wide) = (rows * (h + foot) + gap, columns * (w + gap) + gap)
    var z = [Double](repeating: 1, count: 3 * tall * wide)
    for (k, image) in images.enumerated() where image.count == 3 * h * w {
      let (top, left) = (k / columns * (h + foot) + gap, k % columns * (w + gap) + gap)
      for i in 0..<h {
        for j in 0..<w {
          for c in 0..<3 {
            z[3 * ((top + i) * wide + left + j) + c] = image[(c * h + i) * w + j]
          }
        }
      }
    }
    return Series(.colourImage(rows: tall, columns: wide, flips: true), z: z)
  }

  private static func grid(
    _ name: String, _ extra: [Parameter], _ summary: String, example: String,
    _ kind: @escaping @Sendable ((Int, Int), Call) throws(Failure) -> Series.Kind
  ) -> Builtin {
    drawing(
      name, extra, summary,
      details: "z has shape [ny, nx]; x and y are vectors of nx and ny, or meshgrid's matrices.",
      example: example
    ) { panel, values, call throws(Failure) in
      guard values.count == 1 || values.count == 3 else {
        throw Failure("missing-argument", "\(name) needs z, or x, y and z")
      }
      let z = try call.matrix(values[values.count - 1], 0)
      var m = Grid(rows: z.rows, columns: z.columns, z: z.values)
      guard m.rows > 1, m.columns > 1 else {
        throw Failure(
          "shape-mismatch", "\(name) needs two rows and columns, got [\(m.rows), \(m.columns)]")
      }
      if values.count == 3 { m = try placed(m, values, call) }
      panel.palette = try palette(call)
      panel.colourBar = name == "contour"
      panel.series.append(
        try styled(Series(try kind((m.rows, m.columns), call), x: m.x, y: m.y, z: m.z), call))
    }
  }

  /// Heights over a grid, and where its columns and rows stand.
  private struct Grid {
    var rows: Int
    var columns: Int
    var z: [Double]
    lazy var x = (0..<columns).map(Double.init)
    lazy var y = (0..<rows).map(Double.init)
  }

  /// The grid at x and y: vectors, or the matrices of a meshgrid, whichever way it is indexed.
  private static func placed(_ given: Grid, _ values: [Value], _ call: Call) throws(Failure)
    -> Grid
  {
    var m = given
    let (x, y) = (try call.numbers(values[0], 0), try call.numbers(values[1], 1))
    let (rows, columns) = (m.rows, m.columns)
    if x.count == columns, y.count == rows {
      (m.x, m.y) = (x, y)
      return m
    }
    guard x.count == rows * columns, y.count == rows * columns else {
      throw Failure(
        "shape-mismatch",
        "z of shape [\(rows), \(columns)] needs \(columns) x and \(rows) y, got \(x.count) and "
          + "\(y.count)")
    }
    if x[0] != x[1] {
      m.x = Array(x[..<columns])
      m.y = (0..<rows).map { y[$0 * columns] }
      return m
    }
    // x runs down the rows (torch.meshgrid's indexing): the grid is turned.
    let z = m.z
    m.z = (0..<columns).flatMap { j in (0..<rows).map { z[$0 * columns + j] } }
    (m.rows, m.columns) = (columns, rows)
    m.x = (0..<rows).map { x[$0 * columns] }
    m.y = Array(y[..<columns])
    return m
  }
}
