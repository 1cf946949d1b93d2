// Options that every drawing word takes, by name.

import DLSPlot
import DLSRuntime
import DLSSyntax
import DLSTensor

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
    if try call.bool(index(call, "logx")) { panel.isXLog = true }
    if try call.bool(index(call, "logy")) { panel.isYLog = true }
    if let r = try range(call, "xlim", isLog: panel.isXLog) { panel.xRange = r }
    if let r = try range(call, "ylim", isLog: panel.isYLog) { panel.yRange = r }
  }

  static func index(_ call: Call, _ name: String) -> Int {
    call.parameters.firstIndex { $0.name == name } ?? 0
  }

  /// The colour that was asked for, known to exist.
  static func colour(_ call: Call) throws(Failure) -> String? {
    let i = index(call, "color")
    guard let name = try call.optionalString(i) else { return nil }
    if Colour(name) != nil { return name }
    let near = Spelling.nearest(to: name, in: Colour.names.keys.sorted())
    throw call.fail(
      i, "there is no colour `\(name)`",
      help: [near.map { "did you mean `\($0)`?" } ?? "a colour is a name or \"#1f77b4\""])
  }

  private static func range(_ call: Call, _ name: String, isLog: Bool) throws(Failure) -> (
    Double, Double
  )? {
    let i = index(call, name)
    if call.isNone(i) { return nil }
    let items = try call.list(i).compactMap(\.number)
    guard items.count == 2, items[0] < items[1], (items[1] - items[0]).isFinite else {
      throw call.fail(i, "\(name) is two numbers, the lower first, as in [0, 1]")
    }
    guard !isLog || items[0] > 0 else {
      throw call.fail(i, "on a logarithmic axis \(name) is above 0, not \(items[0])")
    }
    return (items[0], items[1])
  }
}
