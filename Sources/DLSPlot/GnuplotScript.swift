// Figures as gnuplot scripts: a pure function. Text from outside stands in single quotes only.

package enum GnuplotScript {
  package enum Target: Sendable {
    case png
    case svg
    case pdf
    case sixel
    case window
  }

  package static func text(_ figure: FigureData, _ target: Target) throws(PlotError) -> String {
    var script = "set encoding utf8\n" + terminal(figure, target)
    let many = figure.panels.count > 1
    if many {
      script += "set multiplot layout \(figure.rows),\(figure.columns)"
      script += figure.title.isEmpty ? "\n" : " title \(quoted(figure.title))\n"
    }
    for (i, panel) in figure.panels.enumerated() {
      script += try self.panel(panel, i, many ? "" : figure.title)
    }
    if many { script += "unset multiplot\n" }
    // The picture comes out of gnuplot's output, so that no file name goes in.
    return script + "unset output\n"
  }

  /// In single quotes, a quote doubled; control characters become spaces. gnuplot's enhanced text is
  /// off, so no other sign means anything.
  package static func quoted(_ text: String) -> String {
    var result = "'"
    var last: Unicode.Scalar?
    for scalar in TextCanvas.printable(text).unicodeScalars {
      if scalar == "'" {
        // gnuplot 5.4 loses count where a doubled quote comes first or after another: there, the
        // typographic one.
        result += last == nil || last == "'" ? "’" : "''"
      } else {
        result.unicodeScalars.append(scalar)
      }
      last = scalar
    }
    return result + "'"
  }

  private static func terminal(_ figure: FigureData, _ target: Target) -> String {
    let (w, h) = figure.shownSize
    switch target {
    case .png:
      return "set terminal pngcairo noenhanced size \(w),\(h) font 'sans,11' background '#ffffff'\n"
    case .svg:
      return "set terminal svg noenhanced size \(w),\(h) font 'sans,12' background '#ffffff'\n"
    case .pdf:
      let (wide, high) = (number(Double(w) / 96), number(Double(h) / 96))
      return "set terminal pdfcairo noenhanced size \(wide)in,\(high)in font 'sans,11'\n"
    case .sixel: return "set terminal sixelgd noenhanced size \(w),\(h)\n"
    case .window: return "set terminal qt noenhanced size \(w),\(h)\n"
    }
  }

  private static func panel(_ panel: Panel, _ index: Int, _ fallbackTitle: String)
    throws(PlotError) -> String
  {
    var s = "reset\n"
    let title = panel.title.isEmpty ? fallbackTitle : panel.title
    if !title.isEmpty { s += "set title \(quoted(title))\n" }
    if !panel.xLabel.isEmpty { s += "set xlabel \(quoted(panel.xLabel))\n" }
    if !panel.yLabel.isEmpty { s += "set ylabel \(quoted(panel.yLabel))\n" }
    if panel.isXLog { s += "set logscale x\nset format x '%g'\n" }
    if panel.isYLog { s += "set logscale y\nset format y '%g'\n" }
    if panel.isSquare { s += "set size ratio -1\n" }
    s += ranges(panel) + key(panel) + frame(panel)
    for (axis, ticks) in [("x", panel.xTicks), ("y", panel.yTicks)] where !ticks.isEmpty {
      let list = ticks.map { "\(quoted($0.1)) \(number($0.0))" }.joined(separator: ", ")
      s += "set \(axis)tics (\(list))\n"
    }
    guard let map = ColourMap(panel.palette) else {
      throw PlotError(message: "there is no colour map `\(panel.palette)`")
    }
    s += map.gnuplot + (panel.colourBar ? "set colorbox\n" : "unset colorbox\n")
    return s + GnuplotSeries.text(panel, index)
  }

  /// What the panel shows: as its ranges say, else as the data are.
  private static func ranges(_ panel: Panel) -> String {
    let isGrid = !panel.hasMargins
    let (x, y) = panel.axes
    var s = ""
    for (axis, given, own, isLog) in [
      ("x", panel.xRange, x, panel.isXLog), ("y", panel.yRange, y, panel.isYLog),
    ] {
      var span = given.map { Span($0.0, $0.1) } ?? own.span
      if given == nil && !isGrid && !isLog {
        // Bars stand on the axis.
        let stands = axis == "y" && panel.hasBars
        let room = span.size * (panel.hasWords ? 0.1 : 0.04)
        let (low, high) = (span.low, span.high)
        span.widen(room)
        if stands && low == 0 { span.low = 0 }
        if stands && high == 0 { span.high = 0 }
      }
      let (low, high) = own.isReversed ? (span.high, span.low) : (span.low, span.high)
      s += "set \(axis)range [\(number(low)):\(number(high))]\n"
      // Of less than two powers of ten gnuplot would name one or none.
      if isLog, span.low > 0, span.high / span.low < 100 {
        let ticks = Axis(span: span, isLog: true).ticks(6).map(number).joined(separator: ", ")
        s += "set \(axis)tics (\(ticks))\n"
      }
    }
    if let range = panel.series.compactMap(\.zRange).first {
      s += "set cbrange [\(number(range.0)):\(number(range.1))]\n"
    }
    return s
  }

  /// Names of the series, never over the data: below where they are few, beside where many.
  private static func key(_ panel: Panel) -> String {
    let names = panel.series.filter { !$0.label.isEmpty }.count
    guard panel.hasLegend, names > 0 else { return "unset key\n" }
    return names > 6
      ? "set key outside right top noenhanced\n"
      : "set key outside center bottom horizontal noenhanced samplen 2 height 0.8\n"
  }

  private static func frame(_ panel: Panel) -> String {
    guard panel.hasAxes else {
      return "unset xtics\nunset ytics\nunset border\nset lmargin 1\nset rmargin 1\n"
    }
    if panel.isSpatial { return "set border lc rgb '#888888'\nset ticslevel 0\n" }
    // A line is drawn where it crosses the panel, even if both its ends lie beyond.
    var s = "set clip two\nset border 3 lc rgb '#444444'\nset tics nomirror out scale 0.6\n"
    if !panel.hasMargins { s = "set border 15 lc rgb '#444444'\nset tics nomirror out scale 0.4\n" }
    if panel.hasGrid && panel.hasMargins { s += "set grid back lc rgb '#e0e0e0' lw 1 lt 1\n" }
    return s
  }

  /// A number that gnuplot reads; what is not finite leaves a gap.
  static func number(_ x: Double) -> String {
    guard x.isFinite else { return "NaN" }
    return abs(x) < 1e9 && x == x.rounded() ? "\(Int(x))" : "\(x)"
  }

  /// The same to seven digits, which is more than a colour shows.
  static func short(_ x: Double) -> String {
    abs(x) > 1e-30 && abs(x) < 1e30 && x != x.rounded() ? "\(Float(x))" : number(x)
  }
}
