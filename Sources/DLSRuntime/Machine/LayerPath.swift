// Where in a network an error arose: `in layer 1 of net: Linear(128, 10)`.

import DLSSyntax
import DLSTensor

extension Machine {
  /// Names the layer that failed by its path in what the script called; an outer call knows more than
  /// an inner one, and replaces what that said.
  func nameLayer(_ failure: Failure, in callee: Object, _ text: String) {
    guard let layer = failure.layer, callee.kind == .layer || callee.kind == .model else { return }
    var path: String?
    ModuleTree.visit(.object(callee)) { name, object in
      if object === layer, path == nil { path = name }
    }
    guard let path else { return }
    let isName = text.utf8.count <= 40 && !text.utf8.contains(UInt8(ascii: "\n"))
    let owner = isName ? text : "the network"
    let own = LayerPath.short(layer)
    if path.isEmpty, owner == own { return failure.name(layer: "in \(own)") }
    failure.name(
      layer: path.isEmpty ? "in \(owner): \(own)" : "in layer \(path) of \(owner): \(own)")
  }
}

package enum LayerPath {
  package static func short(_ layer: Object) -> String {
    let text = Value.object(layer).describe()
    return text.count <= 80 ? text : String(text.prefix(79)) + "…"
  }
}

extension Failure {
  /// The note that names the layer, in place of an earlier one.
  package func name(layer note: String) {
    func replace(_ notes: inout [String]) {
      notes.removeAll { $0 == layerNote }
      notes.append(note)
    }
    if var known = diagnostic {
      replace(&known.notes)
      diagnostic = known
    } else {
      replace(&notes)
    }
    layerNote = note
  }
}
