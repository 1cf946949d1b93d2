// The series of a panel as gnuplot's data blocks and plot command.

enum GnuplotSeries {
  /// Data first, in blocks of their own; then one plot command for the panel.
  static func text(_ panel: Panel, _ index: Int) -> String {
    var data = ""
    var parts: [String] = []
    var setup = ""
    for (k, whole) in panel.series.enumerated() {
      let one = whole.thinned(panel)
      let rows = rows(one)
      // A block without a single point is an error to gnuplot, and nothing to see to a reader.
      if rows.isEmpty { continue }
      let block = "$d\(index)_\(k)"
      data += "\(block) << EOD\n" + rows + "EOD\n"
      let (before, part) = command(one, block, k)
      setup += before
      parts.append(part)
    }
    if parts.isEmpty { return "plot NaN notitle\n" }
    let verb = panel.isSpatial || panel.hasContours ? "splot " : "plot "
    return data + setup + verb + parts.joined(separator: ", \\\n  ") + "\n"
  }

  private static func command(_ s: Series, _ block: String, _ k: Int) -> (
    setup: String, part: String
  ) {
    let colour = "lc rgb '\(s.shownColour(k).hex)'"
    let title = s.label.isEmpty ? "notitle" : "title \(GnuplotScript.quoted(s.label))"
    let width = "lw \(GnuplotScript.number(s.width))"
    // Crowds of points are drawn smaller.
    let crowd = s.x.count > 5000 ? 0.35 : s.x.count > 1000 ? 0.7 : 1
    let size = "ps \(GnuplotScript.number(s.width / 3 * crowd))"
    switch s.kind {
    case .lines:
      let dash = s.isDashed ? " dt 2" : ""
      return ("", "\(block) using 1:2 with lines \(width) \(colour)\(dash) \(title)")
    case .linesPoints:
      return ("", "\(block) using 1:2 with linespoints \(width) pt 7 ps 0.6 \(colour) \(title)")
    case .points:
      let (columns, paint) = s.z.isEmpty ? ("1:2", colour) : ("1:2:3", "lc palette")
      return ("", "\(block) using \(columns) with points pt 7 \(size) \(paint) \(title)")
    case .bars(let wide):
      let fill = "fs transparent solid 0.75 noborder"
      return (
        "",
        "\(block) using 1:2:(\(GnuplotScript.number(wide))) with boxes \(fill) \(colour) \(title)"
      )
    case .image: return ("", "\(block) using 1:2:3 with image notitle")
    case .colourImage: return ("", "\(block) using 1:2:3:4:5 with rgbimage notitle")
    case .contour(_, _, let levels):
      let span = Span(of: s.z) ?? Span(0, 1)
      let step = span.size / Double(levels + 1)
      let from = GnuplotScript.number(span.low + step)
      return (
        "set view map\nset contour base\n"
          + "set cntrparam levels incremental \(from),\(GnuplotScript.number(step)),\(GnuplotScript.number(span.high))\n"
          + "set cntrlabel onecolor\nset pm3d interpolate 2,2\n",
        "\(block) using 1:2:3 with pm3d nocontour notitle, \\\n"
          + "  \(block) using 1:2:3 with lines nosurface lw 1 lc rgb '#303030' notitle"
      )
    case .surface:
      return (
        "set view 55,35\nset pm3d depthorder border lc rgb '#404040' lw 0.4\nset xyplane 0.05\n",
        "\(block) using 1:2:3 with pm3d \(title)"
      )
    case .arrows:
      return (
        "",
        "\(block) using 1:2:3:4 with vectors head filled size graph 0.012,20 \(width) \(colour) \(title)"
      )
    case .box:
      return (
        "set style boxplot outliers pointtype 7\nset boxwidth 0.5\n",
        "\(block) using 1:2 with boxplot fs transparent solid 0.4 \(colour) ps 0.4 \(title)"
      )
    case .words(let words):
      return (
        labels(words, s), "\(block) using 1:2 with points pt 0 lc rgb '#ff000000' notitle"
      )
    case .filled:
      return (
        "",
        "\(block) using 1:2:3 with filledcurves fs transparent solid 0.3 noborder \(colour) \(title)"
      )
    }
  }

  private static func labels(_ words: [String], _ s: Series) -> String {
    var setup = ""
    for (i, word) in words.enumerated() where i < s.x.count && i < s.y.count {
      guard s.x[i].isFinite, s.y[i].isFinite else { continue }
      let colour = s.colour.flatMap { Colour($0) }?.hex ?? "#222222"
      setup +=
        "set label \(GnuplotScript.quoted(word)) at \(GnuplotScript.number(s.x[i])),"
        + "\(GnuplotScript.number(s.y[i])) center front noenhanced tc rgb '\(colour)'\n"
    }
    return setup
  }

  /// The numbers of a series; empty where nothing of it can be drawn.
  private static func rows(_ s: Series) -> String {
    switch s.kind {
    case .image(let rows, let columns, _):
      return grid(s, rows, columns, channels: 1, isBlank: false)
    case .colourImage(let rows, let columns, _):
      return grid(s, rows, columns, channels: 3, isBlank: false)
    case .contour(let rows, let columns, _), .surface(let rows, let columns):
      return grid(s, rows, columns, channels: 1, isBlank: true)
    case .lines, .points, .linesPoints, .bars, .arrows, .box, .words, .filled: return list(s)
    }
  }

  private static func list(_ s: Series) -> String {
    var text = ""
    var isDrawn = false
    for i in 0..<min(s.x.count, s.y.count) {
      isDrawn = isDrawn || (s.x[i].isFinite && s.y[i].isFinite)
      text += GnuplotScript.number(s.x[i]) + " " + GnuplotScript.number(s.y[i])
      if i < s.z.count { text += " " + GnuplotScript.number(s.z[i]) }
      if i < s.w.count { text += " " + GnuplotScript.number(s.w[i]) }
      text += "\n"
    }
    return isDrawn ? text : ""
  }

  /// A line a pixel; `isBlank` sets rows apart by blank lines.
  private static func grid(_ s: Series, _ rows: Int, _ columns: Int, channels: Int, isBlank: Bool)
    -> String
  {
    guard s.z.count >= rows * columns * channels, s.z.contains(where: \.isFinite) else { return "" }
    var text = ""
    for i in 0..<rows {
      let y = GnuplotScript.number(s.y.count == rows ? s.y[i] : Double(i))
      for j in 0..<columns {
        text += GnuplotScript.number(s.x.count == columns ? s.x[j] : Double(j)) + " " + y
        for c in 0..<channels {
          let value = s.z[(i * columns + j) * channels + c]
          let shown = channels == 3 ? (min(max(value, 0), 1) * 255).rounded() : value
          text += " " + GnuplotScript.short(shown)
        }
        text += "\n"
      }
      if isBlank { text += "\n" }
    }
    return text
  }
}
