// Figures as gnuplot scripts: a pure function. Text from outside stands in single quotes only.

package enum GnuplotScript {
  package enum Target: Sendable {
    case png(String)
    case svg(String)
    case pdf(String)
    case sixel
    case text(columns: Int, rows: Int)
    case window
  }

  package static func text(_ figure: FigureData, _ target: Target) throws(PlotError) -> String {
    var script = "set encoding utf8\n" + (try terminal(figure, target))
    script += "set samples 2\n"
    let many = figure.panels.count > 1
    if many {
      script += "set multiplot layout \(figure.rows),\(figure.columns)"
      script += figure.title.isEmpty ? "\n" : " title \(quoted(figure.title))\n"
    }
    for (i, panel) in figure.panels.enumerated() {
      script += self.panel(panel, i, many ? "" : figure.title, target)
    }
    if many { script += "unset multiplot\n" }
    return script + "unset output\n"
  }

  /// In single quotes, a quote doubled; control characters become spaces. gnuplot's enhanced text is
  /// off, so no other sign means anything.
  package static func quoted(_ text: String) -> String {
    var result = "'"
    for c in text.unicodeScalars {
      if c == "'" {
        result += "''"
      } else if c.value < 32 || c.value == 127 {
        result += " "
      } else {
        result.unicodeScalars.append(c)
      }
    }
    return result + "'"
  }

  /// gnuplot opens paths that begin with `|` or `<` as commands: refused.
  package static func path(_ path: String) throws(PlotError) -> String {
    let bare = path.drop { $0 == " " || $0 == "\t" }
    if bare.hasPrefix("|") || bare.hasPrefix("<") || path.isEmpty {
      throw PlotError(message: "`\(path)` is no file name for a picture")
    }
    if path.unicodeScalars.contains(where: { $0.value < 32 }) {
      throw PlotError(message: "the file name holds a control character")
    }
    return quoted(path)
  }

  private static func terminal(_ figure: FigureData, _ target: Target) throws(PlotError) -> String {
    let (w, h) = (figure.width, figure.height)
    switch target {
    case .png(let file):
      return
        "set terminal pngcairo noenhanced size \(w),\(h) font ',11' background '#ffffff'\nset output \(try path(file))\n"
    case .svg(let file):
      return
        "set terminal svg noenhanced size \(w),\(h) font 'sans,12' background '#ffffff'\nset output \(try path(file))\n"
    case .pdf(let file):
      return
        "set terminal pdfcairo noenhanced size \(number(Double(w) / 96))in,\(number(Double(h) / 96))in font ',11'\nset output \(try path(file))\n"
    case .sixel: return "set terminal sixelgd noenhanced size \(w),\(h)\n"
    case .text(let columns, let rows):
      return "set terminal dumb noenhanced ansi256 size \(columns),\(rows)\n"
    case .window: return "set terminal qt noenhanced size \(w),\(h)\n"
    }
  }

  private static func panel(_ panel: Panel, _ index: Int, _ fallbackTitle: String, _ target: Target)
    -> String
  {
    var s = "reset\nset key noenhanced\n"
    let title = panel.title.isEmpty ? fallbackTitle : panel.title
    if !title.isEmpty { s += "set title \(quoted(title)) noenhanced\n" }
    if !panel.xLabel.isEmpty { s += "set xlabel \(quoted(panel.xLabel)) noenhanced\n" }
    if !panel.yLabel.isEmpty { s += "set ylabel \(quoted(panel.yLabel)) noenhanced\n" }
    if let r = panel.xRange { s += "set xrange [\(number(r.0)):\(number(r.1))]\n" }
    if let r = panel.yRange { s += "set yrange [\(number(r.0)):\(number(r.1))]\n" }
    if panel.isXLog { s += "set logscale x\n" }
    if panel.isYLog { s += "set logscale y\n" }
    if panel.isSquare { s += "set size ratio -1\n" }
    s +=
      panel.hasLegend && panel.series.contains { !$0.label.isEmpty } ? "set key\n" : "unset key\n"
    if !panel.hasAxes {
      s += "unset xtics\nunset ytics\nunset border\nset lmargin 1\nset rmargin 1\n"
    }
    if panel.hasGrid, panel.hasAxes, !isText(target) { s += "set grid lc rgb '#dddddd' lw 1\n" }
    for (axis, ticks) in [("x", panel.xTicks), ("y", panel.yTicks)] where !ticks.isEmpty {
      s +=
        "set \(axis)tics ("
        + ticks.map { "\(quoted($0.1)) \(number($0.0))" }.joined(separator: ", ") + ")\n"
    }
    s += palette(panel.palette) + (panel.colourBar ? "set colorbox\n" : "unset colorbox\n")
    return s + series(panel, index, target)
  }

  private static func isText(_ target: Target) -> Bool {
    if case .text = target { return true }
    return false
  }

  private static func palette(_ name: String) -> String {
    switch name {
    case "gray", "grey": return "set palette gray\n"
    case "gray_r", "binary": return "set palette gray negative\n"
    case "coolwarm", "diverging":
      return "set palette defined (0 '#3b4cc0', 0.5 '#dddddd', 1 '#b40426')\n"
    default:
      return
        "set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')\n"
    }
  }

  private static let colours = [
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f",
  ]

  /// Data first, in blocks of their own; then one plot command for the panel.
  private static func series(_ panel: Panel, _ index: Int, _ target: Target) -> String {
    if panel.series.isEmpty { return "set xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\n" }
    var data = ""
    var parts: [String] = []
    var setup = ""
    var isSurface = false
    for (k, one) in panel.series.enumerated() {
      let block = "$d\(index)_\(k)"
      data += "\(block) << EOD\n" + rows(one) + "EOD\n"
      let colour = "lc rgb \(quoted(one.colour.map(safeColour) ?? colours[k % colours.count]))"
      let title = one.label.isEmpty ? "notitle" : "title \(quoted(one.label))"
      let dash = one.isDashed ? " dt 2" : ""
      switch one.kind {
      case .lines:
        parts.append(
          "\(block) using 1:2 with lines lw \(number(one.width)) \(colour)\(dash) \(title)")
      case .linesPoints:
        parts.append(
          "\(block) using 1:2 with linespoints lw \(number(one.width)) pt 7 ps 0.6 \(colour) \(title)"
        )
      case .points:
        if one.z.isEmpty {
          parts.append(
            "\(block) using 1:2 with points pt 7 ps \(number(one.width / 3)) \(colour) \(title)")
        } else {
          parts.append(
            "\(block) using 1:2:3 with points pt 7 ps \(number(one.width / 3)) lc palette \(title)")
        }
      case .bars(let width):
        setup += "set style fill solid 0.8\n"
        parts.append("\(block) using 1:2:(\(number(width))) with boxes \(colour) \(title)")
      case .image(let rows, _, let flips):
        if flips { setup += "set yrange [\(number(Double(rows) - 0.5)):-0.5]\n" }
        parts.append("\(block) using 1:2:3 with image notitle")
      case .colourImage(let rows, _):
        setup += "set yrange [\(number(Double(rows) - 0.5)):-0.5]\n"
        parts.append("\(block) using 1:2:3:4:5 with rgbimage notitle")
      case .contour(_, _, let levels):
        setup += "set view map\nset contour base\nset cntrparam levels \(levels)\nunset surface\n"
        isSurface = true
        parts.append("\(block) using 1:2:3 with lines lw 2 \(title)")
      case .surface:
        setup += "set hidden3d\nset pm3d\n"
        isSurface = true
        parts.append("\(block) using 1:2:3 with pm3d \(title)")
      case .arrows:
        parts.append(
          "\(block) using 1:2:3:4 with vectors head filled lw \(number(one.width)) \(colour) \(title)"
        )
      case .box:
        setup += "set style fill solid 0.4\nset boxwidth 0.5\n"
        parts.append("\(block) using 1:2 with boxplot \(colour) \(title)")
      case .words(let words):
        for (i, word) in words.enumerated() where i < one.x.count && i < one.y.count {
          setup +=
            "set label \(quoted(word)) at \(number(one.x[i])),\(number(one.y[i])) center noenhanced\n"
        }
        parts.append("\(block) using 1:2 with points pt 0 notitle")
      case .filled:
        parts.append(
          "\(block) using 1:2:3 with filledcurves fs transparent solid 0.3 \(colour) \(title)")
      }
    }
    return data + setup + (isSurface ? "splot " : "plot ") + parts.joined(separator: ", \\\n  ")
      + "\n"
  }

  /// Only letters, digits and # reach gnuplot as a colour.
  private static func safeColour(_ text: String) -> String {
    text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "#") } && !text.isEmpty
      ? text : "black"
  }

  private static func rows(_ s: Series) -> String {
    var text = ""
    switch s.kind {
    case .image(let rows, let columns, _):
      for i in 0..<rows {
        for j in 0..<columns { text += "\(j) \(i) \(number(s.z[i * columns + j]))\n" }
      }
    case .colourImage(let rows, let columns):
      for i in 0..<rows {
        for j in 0..<columns {
          let p = 3 * (i * columns + j)
          text +=
            "\(j) \(i) \(number(s.z[p] * 255)) \(number(s.z[p + 1] * 255)) \(number(s.z[p + 2] * 255))\n"
        }
      }
    case .contour(let rows, let columns, _), .surface(let rows, let columns):
      for i in 0..<rows {
        for j in 0..<columns {
          text += "\(number(s.x[j])) \(number(s.y[i])) \(number(s.z[i * columns + j]))\n"
        }
        text += "\n"
      }
    default:
      for i in 0..<min(s.x.count, s.y.count) {
        text += number(s.x[i]) + " " + number(s.y[i])
        if i < s.z.count { text += " " + number(s.z[i]) }
        if i < s.w.count { text += " " + number(s.w[i]) }
        text += "\n"
      }
    }
    return text
  }

  /// A number that gnuplot reads; what is not finite leaves a gap.
  static func number(_ x: Double) -> String { x.isFinite ? "\(x)" : "NaN" }
}
