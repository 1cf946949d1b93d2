// Words that arrange figures, show and save them.

import DLSPlot
import DLSRuntime
import DLSTensor

extension FigureWords {
  static let composition: [Builtin] = [
    Builtin(
      "figure",
      [
        Parameter("width", .int, .int(800)), Parameter("height", .int, .int(560)),
        Parameter("title", .string, .string("")),
      ],
      "An empty figure, to draw into.", family: "Figures"
    ) { call throws(Failure) in
      var data = FigureData()
      data.width = min(max(try call.int(0), 50), 10_000)
      data.height = min(max(try call.int(1), 50), 10_000)
      data.title = try call.string(2)
      return .object(FigureObject(data))
    },
    Builtin(
      "subplot",
      [
        Parameter("figures", .any), Parameter("columns", .int, .none),
        Parameter("title", .string, .string("")),
      ],
      "Several figures as panels of one: `subplot([a, b, c], columns=3)`.", family: "Figures"
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
      "Names of the series, in order.", family: "Figures"
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
      "Writes a figure to a file: .png, .svg or .pdf by its name.", family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      let path = try call.string(1)
      let target: GnuplotScript.Target
      if path.hasSuffix(".png") {
        target = .png(path)
      } else if path.hasSuffix(".svg") {
        target = .svg(path)
      } else if path.hasSuffix(".pdf") {
        target = .pdf(path)
      } else {
        throw call.fail(1, "savefig writes .png, .svg and .pdf, not `\(path)`")
      }
      do throws(PlotError) { try Plotter.draw(figure.data, target) } catch {
        throw Failure("plot-failed", error.message, argument: 1, help: error.help)
      }
      return .object(figure)
    },
    Builtin(
      "show", [Parameter("figure", .any)], "Shows a figure in a window, or in the terminal.",
      family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      call.machine.emit(.figure(figure))
      return .none
    },
    Builtin(
      "live", [Parameter("figure", .any)],
      "A figure that is shown again whenever something is drawn into it.", family: "Figures"
    ) { call throws(Failure) in
      let figure = try own(call)
      figure.isLive = true
      return .object(figure)
    },
    Builtin(
      "plot_history", [Parameter("history", .dict)] + FigureOptions.parameters,
      "The curves of a training's history.", family: "Figures"
    ) { call throws(Failure) in
      let figure = FigureObject()
      var panel = figure.panel
      panel.xLabel = "epoch"
      try FigureOptions.apply(call, &panel)
      for (key, value) in try call.dict(0).entries {
        guard case .string(let name) = key, name != "seconds",
          let y = value.sequenceItems?.compactMap(\.number), !y.isEmpty
        else { continue }
        panel.series.append(Series(.lines, label: name, x: y.indices.map { Double($0 + 1) }, y: y))
      }
      figure.panel = panel
      return .object(figure)
    },
  ]

  static func own(_ call: Call) throws(Failure) -> FigureObject {
    if case .object(let figure as FigureObject) = call.value(0) { return figure }
    throw call.fail(
      0, code: "type-mismatch", "\(call.name) needs a figure, got \(call.value(0).kindText)")
  }
}
