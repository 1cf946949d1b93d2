// Functions, builtins, bound methods and types as values.

import DLSTensor

/// A function of the script: its code and what it captured.
package final class FunctionObject: Container {
  let code: FunctionCode
  /// The code's header and the captures, as the machine reads them.
  let header: UnsafeMutablePointer<CodeHeader>
  let capturePointer: Captures?
  private var captureCount: Int
  /// Values of the parameters' defaults, computed where the function was made.
  private(set) var defaults: [Value]

  init(_ code: FunctionCode, _ captures: [Object], defaults: [Value] = []) {
    self.code = code
    self.defaults = defaults
    header = code.header
    captureCount = captures.count
    if captures.isEmpty {
      capturePointer = nil
    } else {
      let pointer = Captures.allocate(capacity: captures.count)
      for (i, capture) in captures.enumerated() {
        (pointer + i).initialize(to: .passRetained(capture))
      }
      capturePointer = pointer
    }
    code.keep()
    super.init(.function)
  }

  deinit {
    dropCaptures()
    capturePointer?.deallocate()
  }

  private func dropCaptures() {
    for i in 0..<captureCount { capturePointer?[i].release() }
    captureCount = 0
  }

  /// Boxes of captured variables, and models whose fields it uses.
  var captures: [Object] {
    (0..<captureCount).compactMap { capturePointer?[$0].takeUnretainedValue() }
  }

  /// True when all parameters from the `count`-th on have defaults.
  func fills(from count: Int) -> Bool {
    count == code.arguments.count
      || code.arguments[count...].allSatisfy { $0.defaultIndex != nil }
  }
  func defaultValue(_ k: Int) -> Value {
    guard let i = code.arguments[k].defaultIndex, i < defaults.count else { return .none }
    return defaults[i]
  }

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
    for i in 0..<captureCount {
      if let capture = capturePointer?[i].takeUnretainedValue() { visit(.object(capture)) }
    }
    defaults.forEach(visit)
  }
  package override func clearReferences() {
    dropCaptures()
    defaults = []
  }
  /// Params and layers that a closure uses are found by walks over it.
  package override var children: [(name: String, value: Value)] {
    zip(code.captureNames, captures).compactMap { name, capture in
      (capture as? Box).map { (name, $0.value) }
    }
  }
}

/// A variable that closures share.
package final class Box: Container {
  var value: Value

  init(_ value: Value) {
    self.value = value
    super.init(.other)
  }

  deinit { Collector.free(&value) }

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
  /// What reading the name gives: the global, else the builtin of that name, else `Unset`.
  let storage: UnsafeMutablePointer<Value>
  private(set) var isSet = false
  /// The builtin of that name, which the global hides once it is set.
  let builtin: Value?

  init(_ name: String, builtin: Value?) {
    self.name = name
    self.builtin = builtin
    storage = .allocate(capacity: 1)
    storage.initialize(to: builtin ?? .object(Unset()))
    super.init(.other)
  }

  deinit {
    storage.deinitialize(count: 1)
    storage.deallocate()
  }

  var value: Value {
    get { storage.pointee }
    set { storage.pointee = newValue }
  }

  /// What reading the name gives; nil when it has no meaning.
  var current: Value? { isSet ? value : builtin }

  func set(_ value: Value) {
    storage.pointee = value
    isSet = true
  }

  func reset() {
    storage.pointee = builtin ?? .object(Unset())
    isSet = false
  }
}

/// `x.f` without a call: f with x as its first argument.
package final class BoundMethodObject: Container {
  package private(set) var receiver: Value
  package let function: Value

  package init(_ receiver: Value, _ function: Value) {
    self.receiver = receiver
    self.function = function
    super.init(.boundMethod)
  }

  deinit { Collector.free(&receiver) }

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
  private let direct: Builtin.Direct?

  private static let parameters = [Parameter("value", .any, .none)]

  /// The conversion of one value, without packing arguments; nil when it converts nothing.
  func quick(_ operands: Operands, _ machine: Machine) throws(Failure) -> Value? {
    if let direct, let value = direct(operands) { return value }
    guard let convert else { return nil }
    var call = Call(
      machine: machine, name: name, parameters: TypeObject.parameters, arguments: [operands[0]])
    return try convert(&call)
  }

  package init(
    _ name: String, dtype: DType? = nil,
    convert: (@Sendable (inout Call) throws(Failure) -> Value)? = nil,
    direct: Builtin.Direct? = nil
  ) {
    self.name = name
    self.dtype = dtype
    self.convert = convert
    self.direct = direct
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
    let values = try Signature.bind(name, TypeObject.parameters, arguments)
    var call = Call(
      machine: machine, name: name, parameters: TypeObject.parameters, arguments: values)
    return try convert(&call)
  }
}

/// `_`: what is left out.
package final class Placeholder: Object {
  private init() { super.init(.other) }
  package nonisolated(unsafe) static let shared = Placeholder()
  package static var value: Value { .object(shared) }
  package override var typeName: String { "placeholder" }
  package override func describe(_ printer: inout Printer) { printer.write("_") }
}
