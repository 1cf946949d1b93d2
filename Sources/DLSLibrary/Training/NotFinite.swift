// Where a nan or an infinity came from, by the record of how a loss was computed.

import DLSRuntime
import DLSTensor

enum NotFinite {
  /// The first op that made numbers that are not finite out of ones that were, or the first param or
  /// input that holds some; in words.
  static func origin(of loss: Tensor, _ net: Value) -> String? {
    for (name, param) in ModuleTree.namedParameters(net) where !isFinite(param.cell.value) {
      return "the param `\(name)` holds \(kind(param.cell.value))"
    }
    for node in GradientWalk(roots: [loss], targets: nil).nodes.reversed() {
      guard node.outputs.contains(where: { !isFinite($0) }) else { continue }
      if let input = node.inputs.first(where: { !isFinite($0) }) {
        if input.isTracked { continue }
        return "the input of `\(node.name)`, \(input.typeText), holds \(kind(input))"
      }
      let bad = node.outputs.first { !isFinite($0) }
      let shapes = node.inputs.map(\.typeText).joined(separator: ", ")
      return "`\(node.name)` of \(shapes) is the first to give \(bad.map(kind) ?? "it")"
    }
    return nil
  }

  private static func isFinite(_ t: Tensor) -> Bool {
    !t.dtype.isFloating || t.isMeta || t.doubles().allSatisfy(\.isFinite)
  }

  private static func kind(_ t: Tensor) -> String {
    t.doubles().contains(where: \.isNaN) ? "nan" : "inf"
  }
}
