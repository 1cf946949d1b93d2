// Figures as gnuplot scripts and as text: the pure functions, never the pixels.

import DLSLibrary
import DLSPlot
import Foundation
import Testing

@Suite(.serialized) struct PlotTests {
  private func figure(_ series: [Series], _ change: (inout Panel) -> Void = { _ in }) -> FigureData
  {
    var data = FigureData()
    data.panels[0].series = series
    change(&data.panels[0])
    return data
  }

  private func gnuplot(_ figure: FigureData) throws -> String {
    try GnuplotScript.text(figure, .png)
  }

  @Test func aCurveIsDataAndOneCommand() throws {
    let text = try gnuplot(
      figure([Series(.lines, label: "loss", x: [0, 1, 2], y: [3, .nan, .infinity])]))
    #expect(text.contains("$d0_0 << EOD\n0 3\n1 NaN\n2 NaN\nEOD\n"))
    #expect(text.contains("plot $d0_0 using 1:2 with lines lw 2 lc rgb '#1f77b4' title 'loss'\n"))
    #expect(text.contains("set terminal pngcairo noenhanced size 800,560"))
    #expect(!text.contains("\nset output"))
  }

  static let hostile = [
    "it's", "$HOME `ls` ${x}", "a\nsystem('ls')\n!ls", "'; !touch /tmp/x; '", "| cat", "@m \\' \"",
    "\u{1b}]0;x\u{7}", "\u{9b}31m", "''", "%d {/=20 x}", "",
  ]

  /// Whatever a text holds, it stays inside single quotes on one line, and no control character is
  /// left in it.
  @Test(arguments: hostile)
  func textIsNeverACommand(_ text: String) throws {
    let quoted = GnuplotScript.quoted(text)
    let inside = quoted.dropFirst().dropLast().replacing("''", with: "")
    #expect(quoted.hasPrefix("'") && quoted.hasSuffix("'") && !inside.contains("'"))
    // gnuplot 5.4 reads three in a row, but at the end, as an end and a beginning.
    #expect(quoted == "''" || !quoted.hasPrefix("''") && !quoted.dropLast().contains("'''"))
    #expect(quoted.unicodeScalars.allSatisfy { $0.value >= 32 && !(127..<160).contains($0.value) })
    let script = try gnuplot(
      figure([
        Series(.words([text]), label: text, x: [0], y: [0]),
        Series(.lines, label: text, x: [0, 1], y: [0, 1]),
      ]) {
        $0.title = text
        $0.xLabel = text
        $0.yLabel = text
        $0.xTicks = [(0, text)]
      })
    for line in script.split(separator: "\n") {
      let known = ["set ", "reset", "unset ", "plot ", "$d0_", "EOD", "  $d0_", "0 0", "1 1"]
      #expect(known.contains { line.hasPrefix($0) }, "\(line)")
    }
  }

  @Test func paletteAndColoursReachGnuplotAsHexOnly() throws {
    var s = Series(.lines, x: [0, 1], y: [0, 1])
    s.colour = "red'; !ls"
    #expect(try gnuplot(figure([s])).contains("lc rgb '#1f77b4'"))
    s.colour = "red"
    #expect(try gnuplot(figure([s])).contains("lc rgb '#d62728'"))
    #expect(throws: PlotError.self) { try gnuplot(figure([s]) { $0.palette = "'; !ls" }) }
    #expect(Colour("#12abEF")?.hex == "#12abef" && Colour("C1")?.hex == "#ff7f0e")
    #expect(Colour("#12") == nil && Colour("reddish") == nil)
  }

  @Test func imagesHaveRowZeroOnTop() throws {
    let image = Series(.image(rows: 2, columns: 3, flips: true), z: [1, 2, 3, 4, 5, .nan])
    let text = try gnuplot(figure([image]) { $0.isSquare = true })
    #expect(text.contains("set yrange [1.5:-0.5]"))
    #expect(text.contains("set xrange [-0.5:2.5]"))
    #expect(text.contains("0 0 1\n1 0 2\n2 0 3\n0 1 4\n1 1 5\n2 1 NaN\nEOD"))
    #expect(text.contains("set size ratio -1"))
  }

  @Test func logarithmicAxesLeaveOutWhatTheyCannotShow() throws {
    let curve = Series(.lines, x: [0, 1, 2], y: [-1, 10, 1000])
    let text = try gnuplot(figure([curve]) { $0.isYLog = true })
    #expect(text.contains("set logscale y\n") && text.contains("set yrange [10:1000]"))
    let nothing = Series(.lines, x: [0, 1], y: [-1, 0])
    #expect(try gnuplot(figure([nothing]) { $0.isYLog = true }).contains("set yrange [1:10]"))
  }

  /// A line at one height takes no more room than it needs, and one beyond the panel's ends is drawn.
  @Test func aConstantLineDoesNotStretchThePanel() throws {
    let curve = Series(.lines, x: [0, 1, 2], y: [1, 10, 100])
    let level = Series(.lines, x: [0, 2], y: [0.5, 0.5])
    let text = try gnuplot(figure([curve, level]) { $0.isYLog = true })
    #expect(text.contains("set yrange [0.5:100]"))
    #expect(text.contains("set clip two\n"))
    #expect(try gnuplot(figure([level]) { $0.isYLog = true }).contains("set yrange [0.25:1]"))
    #expect(try gnuplot(figure([level])).contains("set yrange [-0.04:1.04]"))
  }

  @Test func nothingToDrawIsAnEmptyFrame() throws {
    for series in [
      [], [Series(.lines, x: [], y: [])], [Series(.points, x: [.nan], y: [1])],
      [Series(.image(rows: 1, columns: 1, flips: true), z: [.nan])],
    ] {
      #expect(try gnuplot(figure(series)).contains("plot NaN notitle\n"))
    }
    let one = try gnuplot(figure([Series(.points, x: [1], y: [2])]))
    #expect(one.contains("set xrange [0.46:1.54]"))
  }

  @Test func aMillionPointsAreThinnedAndKeepTheirPeaks() throws {
    let n = 1_000_000
    var y = [Double](repeating: 0, count: n)
    y[123_456] = 77
    y[654_321] = -55
    let x = y.indices.map(Double.init)
    let text = try gnuplot(figure([Series(.lines, x: x, y: y)]))
    #expect(text.utf8.count < 100_000)
    #expect(text.contains("123456 77\n") && text.contains("654321 -55\n"))
    var random = SplitMix64(seed: 0)
    let u = x.map { _ in Double(random.uniform()) }
    let v = x.map { _ in Double(random.uniform()) }
    #expect(try gnuplot(figure([Series(.points, x: u, y: v)])).utf8.count < 8_000_000)
    let image = Series(
      .image(rows: 3000, columns: 2000, flips: true), z: .init(repeating: 1, count: 6_000_000))
    let small = try gnuplot(figure([image]))
    #expect(small.utf8.count < 8_000_000 && small.contains("set xrange [-0.5:1999.5]"))
  }

  @Test func panelsAreLaidOutInRows() throws {
    var data = FigureData()
    data.panels = .init(repeating: Panel(), count: 5)
    data.columns = 3
    data.title = "all's well"
    #expect(try gnuplot(data).contains("set multiplot layout 2,3 title 'all''s well'\n"))
  }

  @Test func everyWordDrawsWhatGnuplotAccepts() throws {
    guard Plotter.isInstalled else { return }
    let folder = try TemporaryFolder()
    let result = script(
      """
      g = linspace(-1, 1, 5)
      z = g[none, :] * g[:, none]
      figures = [
        plot(g, g, label="it's", style="--"), plot(g, z), scatter(randn(9, 2), c=rand(9)),
        scatter(randn(9, 2), c=arange(9) % 2), hist(randn(50)), bar(["a", "b"], [1, -2]),
        boxplot([[1, 2, 9], [3, 4, 5]]), quiver(g, g, g, g), text_plot(g, g, ["'", "$x", "|", "`", "e"]),
        imshow(z), imshow(rand(3, 4, 5)), heatmap(z, annot=true), contour(g, g, z), surface(g, g, z),
        image_grid(rand(5, 3, 3), labels=["a", "b"]), image_grid(rand(5, 3, 2, 2)),
        plot_history({loss: [1.0, 0.5], accuracy: [0.1, 0.2]}),
        decision_boundary(p -> p, randn(9, 2), arange(9) % 2, steps=5),
        plot([], title="none"), plot([1, 10], logy=true), plot([nan]), imshow([[nan]]), plot([1]),
      ]
      for i, f in enumerate(figures) {
        for kind in ["png", "svg", "pdf"] { f.savefig("\(folder.url.path)/{i}.{kind}") }
      }
      subplot(figures, columns=5).savefig("\(folder.url.path)/all.png")
      print(len(figures))
      """)
    #expect(result.error == nil)
    #expect(result.printed == "23\n")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(files.count == 23 * 3 + 1 && !files.contains { $0.hasSuffix(".tmp") })
    #expect(try Files.read(folder.path("0.png")).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try Files.readText(folder.path("0.svg")).contains("it's"))
  }

  @Test(arguments: [
    ("plot([1, 2], [1])", "as many x as y"),
    ("plot([1], color=\"rad\")", "there is no colour `rad`"),
    ("imshow([[1]], cmap=\"jett\")", "there is no colour map `jett`"),
    ("plot([1], style=\"x-\")", "no style"),
    ("plot([1], xlim=[2, 1])", "the lower first"), ("plot([1], logx=true, xlim=[0, 1])", "above 0"),
    ("surface([[1, 2]])", "two rows and columns"), ("hist([1], bins=0)", "bins must be from 1"),
    ("plot([1]).savefig(\"|ls.png\")", "no file name"),
    ("plot([1]).savefig(\" <a.png\")", "no file name"),
    ("plot([1]).savefig(\"a.gif\")", "writes .png, .svg and .pdf"),
    ("contour(ones(2, 3), 1)", "needs z"),
    ("plot([1]).savefig(\"/nowhere/a.png\")", "cannot write"),
    ("quiver([1], [1], [1], [1, 2])", "one length"),
    ("scatter([1, 2], [1, 2], c=[1])", "a number for each of the 2 points"),
    ("heatmap(ones(2, 2, 2))", "matrix"),
    ("image_grid(ones(2, 2))", "image_grid needs images"),
    ("subplot([1])", "subplot needs figures"),
  ])
  func whatCannotBeDrawnIsAnError(_ text: String, _ part: String) {
    let error = script(text).error ?? "no error"
    #expect(error.contains(part), "\(error)")
  }

  // MARK: - Text

  @Test func figuresAreTextOfTheAskedSize() {
    let curve = Series(.lines, label: "loss", x: [0, 1, 2, 3], y: [4, 3, 1, 0])
    let text = TextFigure.text(
      figure([curve]) {
        $0.title = "training"
        $0.xLabel = "epoch"
      }, columns: 60, rows: 16, .none)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 17 && lines.allSatisfy { $0.count <= 60 })
    #expect(lines[0].contains("training") && lines[1].contains("■ loss"))
    #expect(text.contains("epoch") && text.contains("└") && text.contains("┤"))
    #expect(text.unicodeScalars.contains { $0.value >= 0x2800 && $0.value < 0x2900 })
    #expect(!text.contains("\u{1b}"))
  }

  @Test func coloursOfTextFollowTheTerminal() {
    let data = figure([Series(.image(rows: 2, columns: 2, flips: true), z: [0, 1, 2, 3])]) {
      $0.palette = "gray"
      $0.hasAxes = false
      $0.isSquare = true
    }
    let full = TextFigure.text(data, columns: 20, rows: 8, .full)
    #expect(full.contains("38;2;0;0;0") && full.contains("2;255;255;255"))
    #expect(TextFigure.text(data, columns: 20, rows: 8, .ansi256).contains(";5;"))
    let plain = TextFigure.text(data, columns: 20, rows: 8, .none)
    #expect(!plain.contains("\u{1b}") && plain.contains("█"))
  }

  @Test(arguments: hostile)
  func textFiguresHoldNoControlCharacters(_ text: String) {
    let drawn = TextFigure.text(
      figure([Series(.words([text]), label: text, x: [0], y: [0])]) {
        $0.title = text
        $0.xTicks = [(0, text)]
      }, columns: 40, rows: 12, .none)
    #expect(
      drawn.unicodeScalars.allSatisfy {
        $0 == "\n" || $0.value >= 32 && !(127..<160).contains($0.value)
      })
  }

  @Test func ticksAreRoundNumbers() {
    #expect(
      Axis(span: Span(0, 1), isLog: false).ticks(5) == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Axis(span: Span(-3, 7), isLog: false).ticks(4) == [0, 5])
    #expect(Axis(span: Span(1, 1000), isLog: true).ticks(4) == [1, 10, 100, 1000])
  }

  @Test func everyKindIsDrawnAsText() {
    let x = [0.0, 1, 2, .nan]
    let z = [0.0, 1, 2, 3]
    let kinds: [Series.Kind] = [
      .lines, .points, .linesPoints, .bars(width: 0.8), .image(rows: 2, columns: 2, flips: true),
      .contour(rows: 2, columns: 2, levels: 3), .surface(rows: 2, columns: 2), .arrows, .box,
      .filled,
      .words(["a", "b"]),
    ]
    for kind in kinds {
      for (columns, rows) in [(60, 16), (20, 8), (1, 1)] {
        let s = Series(kind, x: x, y: [1, .infinity, -2, 0], z: z, w: z)
        let text = TextFigure.text(figure([s]), columns: columns, rows: rows, .full)
        #expect(text.contains { !$0.isWhitespace })
      }
    }
  }
}
