// Scopes of names while code is made.

import DLSSyntax

/// One function's, model's or module's names.
final class Scope {
  enum Kind {
    case module
    case function
    case model
  }

  let kind: Kind
  let parent: Scope?
  let module: Module
  var variables: [String: Variable] = [:]
  /// Methods of a model scope, by name.
  var methods: Set<String> = []
  var globals: Set<String> = []
  /// Names that functions inside mention, which therefore live in boxes.
  var shared: Set<String> = []
  var slotCount = 0
  var boxedSlots: [Int] = []
  /// Comprehension variables, innermost last.
  var overlays: [[String: Variable]] = []
  /// What the function takes along from around it.
  var captureSources: [FunctionCode.CaptureSource] = []
  var captureNames: [String] = []
  private var captureIndex: [String: Int] = [:]
  private var modelCapture: [ObjectIdentifier: Int] = [:]
  /// Slot of the model in its constructor's frame.
  var modelSlot = 0

  init(_ kind: Kind, parent: Scope?, module: Module) {
    self.kind = kind
    self.parent = parent
    self.module = module
  }

  /// The next register for a variable; all are given before the code of the body is made.
  func newSlot() -> Int {
    slotCount += 1
    return slotCount - 1
  }

  /// A new variable of this function; boxed when functions inside use it.
  func declare(_ name: String) -> Variable {
    if let known = variables[name] { return known }
    let slot = newSlot()
    let variable: Variable
    if shared.contains(name) {
      boxedSlots.append(slot)
      variable = .boxed(slot)
    } else {
      variable = .local(slot)
    }
    variables[name] = variable
    return variable
  }

  /// Finds a name; nil when only a global could have it.
  func find(_ name: String) -> Variable? {
    for overlay in overlays.reversed() { if let found = overlay[name] { return found } }
    if globals.contains(name) { return nil }
    if let found = variables[name] { return found }
    if let index = captureIndex[name] { return .capture(index) }
    guard kind != .module, let parent, let outer = parent.find(name) else { return nil }
    switch outer {
    case .global: return outer
    case .local: return nil
    case .boxed(let slot): return .capture(capture(name, .slot(slot)))
    case .capture(let index): return .capture(capture(name, .capture(index)))
    case .field(let place, let slot): return .field(.capture(capture(model: place)), slot)
    case .method: return nil
    }
  }

  private func capture(_ name: String, _ source: FunctionCode.CaptureSource) -> Int {
    captureSources.append(source)
    captureNames.append(name)
    captureIndex[name] = captureSources.count - 1
    return captureSources.count - 1
  }

  private func capture(model place: Variable.ModelPlace) -> Int {
    let (source, key): (FunctionCode.CaptureSource, String)
    switch place {
    case .slot(let slot): (source, key) = (.slot(slot), "model slot \(slot)")
    case .capture(let index): (source, key) = (.capture(index), "model capture \(index)")
    }
    return captureIndex[key] ?? capture(key, source)
  }

  /// The model whose method `name` is, as seen from here.
  func methodPlace(_ name: String) -> Variable.ModelPlace? {
    if kind == .model { return methods.contains(name) ? .slot(modelSlot) : nil }
    if kind == .module || find(name) != nil { return nil }
    guard let parent, let outer = parent.methodPlace(name) else { return nil }
    return .capture(capture(model: outer))
  }

  /// True when an enclosing function or model has the name.
  func enclosingHas(_ name: String) -> Bool {
    var scope = parent
    while let current = scope, current.kind != .module {
      if current.variables[name] != nil || current.overlays.contains(where: { $0[name] != nil }) {
        return true
      }
      scope = current.parent
    }
    return false
  }
}
