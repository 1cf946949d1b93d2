// What a builtin is given: the machine, and its arguments in the order of its parameters.

import DLSTensor

/// Arguments as the script wrote them: positional ones first, then the named.
public struct CallArguments {
  package var positional: [Value]
  package var named: [(name: String, value: Value)]

  package init(_ positional: [Value] = [], named: [(name: String, value: Value)] = []) {
    self.positional = positional
    self.named = named
  }
}

/// One call of a builtin. `arguments[i]` belongs to parameter i; what was left out holds the
/// default; a variadic parameter holds a list. Accessors check kinds and name the argument at fault.
package struct Call {
  package let machine: Machine
  package let name: String
  package let parameters: [Parameter]
  package var arguments: [Value]

  package init(machine: Machine, name: String, parameters: [Parameter], arguments: [Value]) {
    self.machine = machine
    self.name = name
    self.parameters = parameters
    self.arguments = arguments
  }
}

/// Stands around the calls of layers while a network is looked at.
open class CallWatcher {
  package init() {}

  /// Runs the call; what it returns is what the caller gets. `step` is the callee's place in a
  /// composition, where it has no name of its own.
  open func watch(_ callee: Object, step: Int?, _ run: () throws(Failure) -> Value) throws(Failure)
    -> Value
  { try run() }
}
