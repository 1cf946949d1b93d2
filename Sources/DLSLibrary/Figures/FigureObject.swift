// A figure as a value: it shows itself at the prompt and in pages.

import DLSPlot
import DLSRuntime
import DLSTensor

package final class FigureObject: Object {
  package var data: FigureData
  /// The panel that words draw into.
  var current = 0
  /// Shown again after every change; see `live`.
  var isLive = false

  package init(_ data: FigureData = FigureData()) {
    self.data = data
    super.init(.other)
  }

  package override var typeName: String { "figure" }
  package override func describe(_ printer: inout Printer) {
    let series = data.panels.reduce(0) { $0 + $1.series.count }
    printer.write(
      "<figure: \(data.panels.count) panel\(data.panels.count == 1 ? "" : "s"), \(series) series>")
  }
  package override var memberNames: [String] { ["title", "width", "height"] }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    switch name {
    case "title": data.panels[current].title = value.printed()
    case "width", "height":
      guard let size = value.number, size >= 50, size <= 10_000 else {
        throw Failure("bad-argument", "`\(name)` is from 50 to 10000 pixels")
      }
      if name == "width" { data.width = Int(size) } else { data.height = Int(size) }
    default: return false
    }
    return true
  }

  var panel: Panel {
    get { data.panels[current] }
    set { data.panels[current] = newValue }
  }
}

/// Options that every drawing word takes, by name.
enum FigureOptions {
  static let parameters: [Parameter] = [
    Parameter("label", .string, .string(""), namedOnly: true),
    Parameter("title", .string, .none, namedOnly: true),
    Parameter("xlabel", .string, .none, namedOnly: true),
    Parameter("ylabel", .string, .none, namedOnly: true),
    Parameter("color", .string, .none, namedOnly: true),
    Parameter("xlim", .list, .none, namedOnly: true),
    Parameter("ylim", .list, .none, namedOnly: true),
    Parameter("logx", .bool, .bool(false), namedOnly: true),
    Parameter("logy", .bool, .bool(false), namedOnly: true),
    Parameter("figure", .any, .none, namedOnly: true),
  ]

  /// Sets what a panel's options say.
  static func apply(_ call: Call, _ panel: inout Panel) throws(Failure) {
    func text(_ name: String) throws(Failure) -> String? {
      try call.optionalString(index(call, name))
    }
    if let t = try text("title") { panel.title = t }
    if let t = try text("xlabel") { panel.xLabel = t }
    if let t = try text("ylabel") { panel.yLabel = t }
    if let r = try range(call, "xlim") { panel.xRange = r }
    if let r = try range(call, "ylim") { panel.yRange = r }
    if try call.bool(index(call, "logx")) { panel.isXLog = true }
    if try call.bool(index(call, "logy")) { panel.isYLog = true }
  }

  static func index(_ call: Call, _ name: String) -> Int {
    call.parameters.firstIndex { $0.name == name } ?? 0
  }

  private static func range(_ call: Call, _ name: String) throws(Failure) -> (Double, Double)? {
    let i = index(call, name)
    if call.isNone(i) { return nil }
    let items = try call.list(i).compactMap(\.number)
    if items.count != 2 { throw call.fail(i, "\(name) is two numbers, as in [0, 1]") }
    return (items[0], items[1])
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
    let kept = t.shape.filter { $0 != 1 }
    let shape = t.rank == 2 ? t.shape : kept
    if shape.count != 2 {
      throw fail(i, code: "shape-mismatch", "\(name) needs a matrix, got \(t.typeText)")
    }
    return (shape[0], shape[1], t.doubles())
  }
}
