// Words that arrange figures, show and save them.

import DLSPlot
import DLSRuntime
import DLSTensor

extension FigureWords {
  static let composition: [Builtin] = [
    Builtin(
      "figure",
      [
        Parameter("width", .int, .none), Parameter("height", .int, .none),
        Parameter("title", .string, .string("")),
      ],
      "An empty figure, to draw into; sizes in pixels.",
      example: """
        f = figure(width=600, height=300, title="two curves")
        f.plot([1, 2]).plot([2, 1])
        #=> <figure: 1 panel, 2 series>
        """, family: "Figures"
    ) { call throws(Failure) in
      var data = FigureData()
      data.isSized = !call.isNone(0) || !call.isNone(1)
      data.width = min(max(try call.optionalInt(0) ?? data.width, 50), 10_000)
      data.height = min(max(try call.optionalInt(1) ?? data.height, 50), 10_000)
      data.title = try call.string(2)
      return .object(FigureObject(data))
    },
    Builtin(
      "subplot",
      [
        Parameter("figures", .any), Parameter("columns", .int, .none),
        Parameter("title", .string, .string("")),
      ],
      "Several figures as panels of one: `subplot([a, b, c], columns=3)`.",
      example: """
        subplot([plot([1, 2]), hist(randn(10))])
        #=> <figure: 2 panels, 2 series>
        """, family: "Figures"
    ) { call throws(Failure) in
      let items = try call.list(0)
      var data = FigureData()
      data.panels = []
      for item in items {
        guard case .object(let figure as FigureObject) = item else {
          throw call.fail(0, "subplot needs figures, got \(item.kindText)")
        }
        data.panels += figure.data.panels
      }
      if data.panels.isEmpty { throw call.fail(0, "subplot needs at least one figure") }
      data.columns = max(
        1,
        min(
          data.panels.count,
          try call.optionalInt(1) ?? Int(Double(data.panels.count).squareRoot().rounded(.up))))
      data.title = try call.string(2)
      data.width = min(1600, 420 * data.columns + 60)
      data.height = min(1600, 340 * data.rows + 40)
      return .object(FigureObject(data))
    },
    Builtin(
      "legend", [Parameter("figure", .any), Parameter("labels", .list, .none)],
      "Names the series of a figure, in order, and shows the names.",
      example: """
        plot([1, 2]).plot([2, 1]).legend(["up", "down"])
        #=> <figure: 1 panel, 2 series>
        """, family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      if !call.isNone(1) {
        for (i, name) in try call.list(1).enumerated() where i < figure.panel.series.count {
          figure.panel.series[i].label = name.printed()
        }
      }
      figure.panel.hasLegend = true
      return .object(figure)
    },
    Builtin(
      "savefig", [Parameter("figure", .any), Parameter("path", .string)],
      "Writes a figure to a file: .png, .svg or .pdf by its name.",
      details: "Written to a temporary file and renamed, so that a crash leaves the old one whole.",
      example: """
        plot([1, 3, 2]).savefig("/tmp/dls-example.svg")
        #=> <figure: 1 panel, 1 series>
        """,
      family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      let path = try call.string(1)
      let bare = path.drop { $0 == " " || $0 == "\t" }
      // gnuplot, and those who know it, read such names as commands.
      if bare.hasPrefix("|") || bare.hasPrefix("<") {
        throw call.fail(1, "`\(path)` is no file name for a picture")
      }
      let targets: [(ending: String, target: GnuplotScript.Target)] = [
        (".png", .png), (".svg", .svg), (".pdf", .pdf),
      ]
      guard let target = targets.first(where: { path.lowercased().hasSuffix($0.ending) })?.target
      else { throw call.fail(1, "savefig writes .png, .svg and .pdf, not \(quoted(path))") }
      let picture: [UInt8]
      do throws(PlotError) { picture = try Plotter.draw(figure.data, target) } catch {
        try call.machine.checkInterrupt()
        throw Failure("plot-failed", error.message, argument: 0, help: error.help)
      }
      if picture.isEmpty { throw Failure("plot-failed", "gnuplot gave no picture") }
      try fileWork(argument: 1) { () throws(DataError) in try Files.write(picture, to: path) }
      return .object(figure)
    },
    Builtin(
      "show", [Parameter("figure", .any)], "Shows a figure in a window, or in the terminal.",
      details: "A figure that is the value of a line at the prompt shows itself.",
      example: "show(plot([1, 4, 9], title=\"squares\"))", family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      call.machine.emit(.figure(figure))
      return .none
    },
    Builtin(
      "live", [Parameter("figure", .any, .none)],
      "A figure that follows a training: it is shown again whenever something is drawn into it.",
      details: """
        What is drawn again with the same label takes the place of the older: \
        `f = live(); for … { losses.append(loss); f.plot(losses, label="loss") }`. Shown in the \
        terminal, over itself, at most ten times a second; `show(f)` shows the last state.
        """,
      example: """
        f = live()
        losses = []
        for i in 0..3 { losses.append(1 / (i + 1)); f.plot(losses, label="loss") }
        f
        #=> <figure: 1 panel, 1 series>
        """,
      family: "Figures"
    ) { call throws(Failure) in
      let figure = call.isNone(0) ? FigureObject() : try own(call)
      figure.isLive = true
      return .object(figure)
    },
    Builtin(
      "plot_history", [Parameter("history", .dict)] + FigureOptions.parameters,
      "The curves of a training's history, as `fit` gives it: a dict of lists.",
      details: """
        Losses stand in one panel, all else in another. To watch a training: \
        `f = live(); fit(…, callbacks=(epoch, h) -> plot_history(h, figure=f))`.
        """,
      example: """
        plot_history({loss: [1.0, 0.5], valid_loss: [1.1, 0.7], accuracy: [0.3, 0.8]})
        #=> <figure: 2 panels, 3 series>
        """, family: "Figures"
    ) { call throws(Failure) in
      let figure = try call.figure(.none)
      let curves = try historyCurves(call)
      var panels: [Panel] = []
      for (name, belongs) in [("loss", true), ("", false)] {
        var panel = Panel()
        panel.xLabel = "epoch"
        panel.yLabel = name
        panel.series = curves.filter { $0.label.contains("loss") == belongs }
        if !panel.series.isEmpty { panels.append(panel) }
      }
      if panels.isEmpty { panels = [Panel()] }
      for i in panels.indices { try FigureOptions.apply(call, &panels[i]) }
      figure.data.panels = panels
      figure.data.columns = panels.count
      figure.data.width = figure.data.isSized ? figure.data.width : 600 * panels.count + 200
      figure.wasDrawn(call.machine)
      return .object(figure)
    },
  ]

  /// The lists of numbers in a history, each as a curve over the epochs.
  private static func historyCurves(_ call: Call) throws(Failure) -> [Series] {
    try call.dict(0).entries.compactMap { key, value in
      guard case .string(let name) = key, name != "seconds",
        let y = value.sequenceItems?.compactMap(\.number), !y.isEmpty
      else { return nil }
      return Series(
        y.count < 40 ? .linesPoints : .lines, label: name, x: y.indices.map { Double($0 + 1) }, y: y
      )
    }
  }

  static func own(_ call: Call) throws(Failure) -> FigureObject {
    if case .object(let figure as FigureObject) = call.value(0) { return figure }
    throw call.fail(
      0, code: "type-mismatch", "\(call.name) needs a figure, got \(call.value(0).kindText)")
  }
}
