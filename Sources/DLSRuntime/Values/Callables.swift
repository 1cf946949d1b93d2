// Functions, builtins, bound methods and types as values.

import DLSTensor

/// A function of the script: its code and what it captured.
package final class FunctionObject: Object {
  let code: FunctionCode
  /// Boxes of captured variables, and models whose fields it uses.
  var captures: [Object]

  init(_ code: FunctionCode, _ captures: [Object]) {
    self.code = code
    self.captures = captures
    super.init(.function)
  }

  package override var canFormCycles: Bool { true }
  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { code.signature }
  package var name: String { code.name }
  package var documentation: String? { code.documentation }
  package var describedSignature: String { "\(code.name)(\(code.parameterText))" }
  /// Its text in the script.
  package var sourceText: String { code.source.text(in: code.span) }

  package override func describe(_ printer: inout Printer) {
    printer.write("<function \(code.name)(\(code.parameterText))>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  { try machine.invoke(self, arguments) }
  package override func forEachReference(_ visit: (Value) -> Void) {
    for capture in captures { visit(.object(capture)) }
  }
  package override func clearReferences() { captures = [] }
  /// Params and layers that a closure uses are found by walks over it.
  package override var children: [(name: String, value: Value)] {
    zip(code.captureNames, captures).compactMap { name, capture in
      (capture as? Box).map { (name, $0.value) }
    }
  }
}

/// A variable that closures share.
package final class Box: Object {
  var value: Value

  init(_ value: Value) {
    self.value = value
    super.init(.other)
  }

  package override var canFormCycles: Bool { true }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(value) }
  package override func clearReferences() { value = .none }
}

/// Stands in a variable that has no value yet.
package final class Unset: Object {
  init() { super.init(.unset) }
}

/// A global of a module. Lives as long as something refers to it.
package final class GlobalCell: Object {
  let name: String
  var value: Value
  var isSet = false
  /// The builtin of that name, which the global hides once it is set.
  let builtin: Value?

  init(_ name: String, builtin: Value?) {
    self.name = name
    self.builtin = builtin
    value = .none
    super.init(.other)
  }
}

package final class BuiltinObject: Object {
  package let builtin: Builtin
  let names: [String: Int]

  package init(_ builtin: Builtin) {
    self.builtin = builtin
    var names: [String: Int] = [:]
    for (i, p) in builtin.parameters.enumerated() { names[p.name] = i }
    self.names = names
    super.init(.builtin)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { builtin.parameters }
  package override func describe(_ printer: inout Printer) {
    printer.write("<function \(builtin.name)(\(Signature.text(builtin.parameters)))>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  { try machine.run(builtin, arguments) }
}

/// `x.f` without a call: f with x as its first argument.
package final class BoundMethodObject: Object {
  package let receiver: Value
  package let function: Value

  package init(_ receiver: Value, _ function: Value) {
    self.receiver = receiver
    self.function = function
    super.init(.boundMethod)
  }

  package override var canFormCycles: Bool { true }
  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override func describe(_ printer: inout Printer) { printer.value(function) }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    try machine.call(function, [receiver] + arguments.positional, named: arguments.named)
  }
  package override func forEachReference(_ visit: (Value) -> Void) {
    visit(receiver)
    visit(function)
  }
}

/// `int`, `str`, …: converts when called, and names the type; `f32` and its kin name dtypes.
package final class TypeObject: Object {
  package let name: String
  package let dtype: DType?
  let convert: (@Sendable (inout Call) throws(Failure) -> Value)?

  package init(
    _ name: String, dtype: DType? = nil,
    convert: (@Sendable (inout Call) throws(Failure) -> Value)? = nil
  ) {
    self.name = name
    self.dtype = dtype
    self.convert = convert
    super.init(.type)
  }

  package override var typeName: String { dtype == nil ? "type" : "dtype" }
  package override var isCallable: Bool { convert != nil }
  package override func describe(_ printer: inout Printer) { printer.write(name) }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    guard let convert else {
      throw Failure(
        "not-callable", "\(name) cannot be called", help: ["to convert: `x.to(\(name))`"])
    }
    let parameters = [Parameter("value", .any, .none)]
    let values = try Signature.bind(name, parameters, arguments)
    var call = Call(machine: machine, name: name, parameters: parameters, arguments: values)
    return try convert(&call)
  }
}
