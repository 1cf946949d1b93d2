// A figure as a value: it shows itself at the prompt and in pages.

import DLSPlot
import DLSRuntime
import DLSTensor

package final class FigureObject: Object {
  package var data: FigureData
  /// The panel that words draw into.
  var current = 0
  /// Shown again after every change; see `live`.
  package var isLive = false

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
      data.isSized = true
      if name == "width" { data.width = Int(size) } else { data.height = Int(size) }
    default: return false
    }
    return true
  }

  var panel: Panel {
    get { data.panels[current] }
    set { data.panels[current] = newValue }
  }

  /// When a live figure was last shown.
  private var shownAt = -Double.infinity

  /// Shows a live figure again; at most ten times a second, so that drawing does not slow what it
  /// follows. `show` brings the last state.
  func wasDrawn(_ machine: Machine) {
    guard isLive else { return }
    let now = Scalar64.now()
    guard now - shownAt >= 0.1 else { return }
    shownAt = now
    machine.emit(.figure(self))
  }
}
