// What all drawing words share: data by position, options by name, a figure to draw into.

import DLSPlot
import DLSRuntime
import DLSTensor

enum FigureWords {
  static let all: [Builtin] = curves + distributions + grids + composition + [decisionBoundary]

  private static let data = Parameter("data", .any, variadic: true)

  /// A drawing word. Called on a figure it draws into that one, else into a new one.
  static func drawing(
    _ name: String, _ extra: [Parameter] = [], _ summary: String, details: String = "",
    example: String,
    _ body: @escaping @Sendable (inout Panel, [Value], Call) throws(Failure) -> Void
  ) -> Builtin {
    Builtin(
      name, [data] + extra + FigureOptions.parameters, summary,
      details: (details.isEmpty ? "" : details + " ")
        + "Called on a figure, `f.\(name)(…)`, it draws into that one.", example: example,
      family: "Figures"
    ) { call throws(Failure) in
      var values = call.value(0).sequenceItems ?? []
      let figure = try call.figure(values.first ?? .none)
      if case .object(let first)? = values.first, first === figure { values.removeFirst() }
      if values.isEmpty { throw Failure("missing-argument", "\(name) needs something to draw") }
      var panel = figure.panel
      let before = panel.series.count
      try FigureOptions.apply(call, &panel)
      try body(&panel, values, call)
      if figure.isLive { panel.replaceOlder(than: before) }
      figure.panel = panel
      if case .object(let graph as GraphObject)? = values.first, figure.data.panels.count == 1 {
        (figure.data.width, figure.data.height) = graph.pictureSize
      }
      figure.wasDrawn(call.machine)
      return .object(figure)
    }
  }

  static func option(_ call: Call, _ name: String) -> Int { FigureOptions.index(call, name) }

  /// The label and colour that the options say.
  static func styled(_ s: Series, _ call: Call) throws(Failure) -> Series {
    var s = s
    s.label = try call.string(option(call, "label"))
    s.colour = try FigureOptions.colour(call)
    return s
  }

  static let cmap = Parameter("cmap", .string, .string("viridis"), namedOnly: true)
  static let labels = Parameter("labels", .list, .none, namedOnly: true)

  static func palette(_ call: Call) throws(Failure) -> String {
    let i = option(call, "cmap")
    let name = try call.string(i)
    guard ColourMap(name) != nil else {
      throw call.fail(
        i, "there is no colour map `\(name)`",
        help: ["there are " + ColourMap.names.joined(separator: ", ")])
    }
    return name
  }

  /// The words of an option, or nil where it was left out.
  static func texts(_ call: Call, _ name: String) throws(Failure) -> [String]? {
    let i = option(call, name)
    return call.isNone(i) ? nil : try call.list(i).map { $0.printed() }
  }
}

extension Panel {
  /// In a live figure what is drawn again takes the place of what had its kind and label.
  mutating func replaceOlder(than count: Int) {
    let new = series[count...]
    series.removeSubrange(count...)
    for one in new {
      if let old = series.firstIndex(where: { $0.label == one.label && $0.isLike(one) }) {
        series[old] = one
      } else {
        series.append(one)
      }
    }
  }
}

extension Series {
  /// The same kind of drawing, whatever its size.
  fileprivate func isLike(_ other: Series) -> Bool {
    switch (kind, other.kind) {
    case (.lines, .lines), (.points, .points), (.linesPoints, .linesPoints), (.bars, .bars),
      (.image, .image), (.colourImage, .colourImage), (.contour, .contour), (.surface, .surface),
      (.arrows, .arrows), (.box, .box), (.words, .words), (.filled, .filled):
      true
    default: false
    }
  }
}

extension Call {
  /// The figure to draw into: given first or by name, else a new one.
  func figure(_ first: Value) throws(Failure) -> FigureObject {
    if case .object(let figure as FigureObject) = first { return figure }
    let i = FigureOptions.index(self, "figure")
    if parameters[i].name == "figure", case .object(let figure as FigureObject) = value(i) {
      return figure
    }
    return FigureObject()
  }

  /// Numbers of a tensor, list or number, in row-major order.
  func numbers(_ value: Value, _ i: Int) throws(Failure) -> [Double] {
    do throws(Failure) {
      let t = try value.asTensor()
      if t.isMeta { return [] }
      return t.doubles()
    } catch {
      error.argument = i
      throw error
    }
  }

  func matrix(_ value: Value, _ i: Int) throws(Failure) -> (
    rows: Int, columns: Int, values: [Double]
  ) {
    let t = try value.asTensor()
    let shape = t.rank == 2 ? t.shape : t.shape.filter { $0 != 1 }
    if shape.count != 2 {
      throw fail(i, code: "shape-mismatch", "\(name) needs a matrix, got \(t.typeText)")
    }
    return (shape[0], shape[1], t.doubles())
  }

  /// x and y of a curve: y alone is drawn over its positions, rows of [n, 2] are points.
  func curve(_ values: [Value]) throws(Failure) -> (x: [Double], y: [Double]) {
    if values.count == 1 {
      if let t = values[0].tensorView, t.rank == 2, t.shape[1] == 2 {
        let v = t.doubles()
        let places = 0..<(v.count / 2)
        return (places.map { v[2 * $0] }, places.map { v[2 * $0 + 1] })
      }
      let y = try numbers(values[0], 0)
      return (y.indices.map(Double.init), y)
    }
    if values.count > 2 {
      throw Failure("too-many-arguments", "\(name) takes x and y, got \(values.count) values")
    }
    let x = try numbers(values[0], 0)
    var y: [Double]
    if values[1].isCallable {
      y = []
      for v in x { y.append(try machine.call(values[1], [.float(v)]).number ?? .nan) }
    } else {
      y = try numbers(values[1], 0)
    }
    if x.count != y.count {
      throw Failure(
        "shape-mismatch", "\(name) needs as many x as y, got \(x.count) and \(y.count)")
    }
    return (x, y)
  }
}
