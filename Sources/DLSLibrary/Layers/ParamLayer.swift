// What layers with params and buffers of their own have in common.

import DLSRuntime
import DLSTensor

/// A layer whose params stand in a list, in PyTorch's order and under PyTorch's names.
package class ParamLayer: Layer {
  package private(set) var slots: [(name: String, param: LateParam)] = []
  private var state: [(name: String, value: Tensor)] = []

  /// A param that the layer will have; made now or at the first use.
  package func declare(_ name: String) -> LateParam {
    let param = LateParam()
    slots.append((name, param))
    return param
  }

  package override var parts: [(name: String, value: Value)] {
    slots.map { ($0.name, $0.param.value) }
  }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    guard case .object(let param as ParamObject) = value,
      let slot = slots.first(where: { $0.name == name })
    else { return false }
    slot.param.replace(param)
    return true
  }

  package override var memberNames: [String] { super.memberNames + state.map(\.name) }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if let buffer = state.first(where: { $0.name == name }) { return .tensor(buffer.value) }
    return try super.member(name, machine)
  }

  package override var buffers: [(name: String, value: Tensor)] { state }
  package override func setBuffer(_ name: String, _ value: Tensor) {
    if let at = state.firstIndex(where: { $0.name == name }) {
      state[at].value = value.detached
    } else {
      state.append((name, value.detached))
    }
  }
  package func buffer(_ name: String) -> Tensor? { state.first { $0.name == name }?.value }

  /// A layer of the same settings without numbers; `duplicate` fills it.
  package func twin() -> ParamLayer? { nil }

  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    guard let copy = twin() else { return nil }
    copy.isTraining = isTraining
    for (mine, theirs) in zip(copy.slots, slots) {
      if let param = try part(theirs.param.value).objectValue as? ParamObject {
        mine.param.replace(param)
      }
    }
    for (name, value) in state { copy.setBuffer(name, value) }
    return .object(copy)
  }
}

/// A layer's settings as the call that makes it: what is at its default is left out.
struct SettingsText {
  private var parts: [String] = []
  var text: String { parts.joined(separator: ", ") }

  mutating func size(_ n: Int?) { parts.append(n.map(String.init) ?? "_") }
  /// Numbers that are one number where all are the same.
  mutating func sizes(_ n: [Int]) { parts.append(SettingsText.show(n)) }
  mutating func openSizes(_ n: [Int?]) {
    let names = n.map { $0.map(String.init) ?? "none" }
    parts.append(Set(names).count == 1 ? names[0] : "[" + names.joined(separator: ", ") + "]")
  }
  mutating func list(_ n: [Int]) { parts.append(Tensor.describe(n)) }
  mutating func sizes(_ name: String, _ n: [Int], unless standard: [Int]) {
    if SettingsText.show(n) != SettingsText.show(standard) {
      parts.append("\(name)=\(SettingsText.show(n))")
    }
  }
  mutating func flag(_ name: String, _ on: Bool, unless standard: Bool) {
    if on != standard { parts.append("\(name)=\(on)") }
  }
  mutating func number(_ name: String, _ x: Double, unless standard: Double) {
    if x != standard { parts.append("\(name)=\(NumberText.shortest(x))") }
  }
  mutating func int(_ name: String, _ n: Int, unless standard: Int) {
    if n != standard { parts.append("\(name)=\(n)") }
  }
  mutating func word(_ name: String, _ text: String, unless standard: String) {
    if text != standard { parts.append("\(name)=\"\(text)\"") }
  }

  private static func show(_ n: [Int]) -> String {
    Set(n).count == 1 ? String(n[0]) : "[" + n.map(String.init).joined(separator: ", ") + "]"
  }
}
