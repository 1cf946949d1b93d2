// The tree that runs: what the compiler makes of the syntax tree, with every name resolved.

import DLSSyntax
import DLSTensor

/// How a statement ended.
enum Signal: UInt8 {
  case normal
  case breakLoop
  case continueLoop
  case returned
}

/// One node. An expression overrides `eval`, a statement `exec`; conditions may override `test`.
class Code {
  let span: Span

  init(_ span: Span) { self.span = span }

  func eval(_ f: Frame) throws(Failure) -> Value { .none }

  /// Runs for its effect.
  func exec(_ f: Frame) throws(Failure) -> Signal {
    _ = try eval(f)
    return .normal
  }

  /// Runs as the last statement of a block, whose value it gives.
  func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    value = try eval(f)
    return .normal
  }

  /// Runs as a condition.
  func test(_ f: Frame) throws(Failure) -> Bool {
    let value = try eval(f)
    if case .bool(let x) = value { return x }
    return try f.truth(value, span)
  }
}

/// A node held without reference counting: code lives as long as the process, and a count touched at
/// every step would cost more than the step.
struct Ref {
  private let raw: Unmanaged<Code>

  init(_ code: Code) { raw = .passRetained(code) }

  @inline(__always) var code: Code { raw._withUnsafeGuaranteedRef { $0 } }
  @inline(__always) var span: Span { raw._withUnsafeGuaranteedRef { $0.span } }
  @inline(__always) func eval(_ f: Frame) throws(Failure) -> Value {
    do { return try raw._withUnsafeGuaranteedRef { code in try code.eval(f) } } catch {
      throw Failure.known(error)
    }
  }
  @inline(__always) func exec(_ f: Frame) throws(Failure) -> Signal {
    do { return try raw._withUnsafeGuaranteedRef { code in try code.exec(f) } } catch {
      throw Failure.known(error)
    }
  }
  @inline(__always) func test(_ f: Frame) throws(Failure) -> Bool {
    do { return try raw._withUnsafeGuaranteedRef { code in try code.test(f) } } catch {
      throw Failure.known(error)
    }
  }
  @inline(__always) func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    do { return try raw._withUnsafeGuaranteedRef { code in try code.run(f, into: &value) } } catch {
      throw Failure.known(error)
    }
  }
}

extension Failure {
  /// An error that can only be a failure, after a function that has forgotten its type.
  @inline(never)
  fileprivate static func known(_ error: any Error) -> Failure {
    error as? Failure ?? Failure("internal", "\(error)")
  }
}

/// One call's variables.
final class Frame {
  var slots: UnsafeMutablePointer<Value>
  var captures: [Object]
  /// What `return` gave.
  var result = Value.none
  let source: Source
  unowned(unsafe) let machine: Machine
  let module: Module

  init(
    slots: UnsafeMutablePointer<Value>, captures: [Object], source: Source, machine: Machine,
    module: Module
  ) {
    self.slots = slots
    self.captures = captures
    self.source = source
    self.machine = machine
    self.module = module
  }

  /// A bool or a 0-d bool tensor; anything else is no condition.
  @inline(never)
  func truth(_ value: Value, _ span: Span) throws(Failure) -> Bool {
    switch value {
    case .bool(let x): return x
    case .tensor(let t) where t.rank == 0 && t.dtype == .bool && !t.isMeta: return t.element(0) != 0
    case .tensor(let t) where t.dtype == .bool:
      throw locate(
        Failure(
          "bad-condition", "a condition is one bool, not \(value.kindText)",
          help: t.isMeta ? [] : ["reduce it: `.all()` or `.any()`"]), span)
    case .int, .float, .tensor, .object, .none:
      throw locate(
        Failure(
          "bad-condition", "a condition is a bool, not \(value.kindText)",
          help: ["compare it: `x != 0`, `len(xs) > 0`, `x != none`"]), span)
    }
  }

  /// Gives a failure its place, once: the innermost that knows it.
  @inline(never)
  func locate(_ failure: Failure, _ span: Span, operands: [Span] = []) -> Failure {
    if failure.diagnostic != nil || failure.code == "control" { return failure }
    func fill(_ text: String) -> String {
      var result = text
      for (i, operand) in operands.enumerated() where result.contains("{\(i)}") {
        result = result.split(separator: "{\(i)}", omittingEmptySubsequences: false)
          .joined(separator: source.text(in: operand))
      }
      return result
    }
    var place = span
    if let argument = failure.argument, argument < operands.count { place = operands[argument] }
    var diagnostic = Diagnostic(
      code: failure.code, message: fill(failure.message), source: source, span: place,
      notes: failure.notes.map(fill),
      help: failure.help.map(fill).filter { !$0.contains("{0}") && !$0.contains("{1}") })
    for label in failure.labels where label.argument < operands.count {
      diagnostic.labels.append(.init(operands[label.argument], label.text))
    }
    failure.diagnostic = diagnostic
    failure.message = diagnostic.message
    return failure
  }
}

/// The code of a function, shared by all its closures.
final class FunctionCode {
  struct Argument {
    var name: String
    var slot: Int
    var isBoxed: Bool
    var defaultValue: Code?
    var isRest: Bool
  }

  enum CaptureSource {
    case slot(Int)
    case capture(Int)
  }

  var name: String
  let source: Source
  let span: Span
  let module: Module
  var arguments: [Argument] = []
  var slotCount = 0
  /// Slots that hold a box, besides those of arguments.
  var boxedSlots: [Int] = []
  var body: Code
  var captureSources: [CaptureSource] = []
  var captureNames: [String] = []
  var documentation: String?
  var parameterText = ""
  /// Plain positional parameters only: calls take the short way.
  var isSimple = true
  var checks: ShapeChecks?
  /// The unset value, to fill slots with.
  let unset: Value

  init(name: String, source: Source, span: Span, module: Module, unset: Value) {
    self.name = name
    self.source = source
    self.span = span
    self.module = module
    self.unset = unset
    body = Code(span)
  }

  var signature: [Parameter] {
    arguments.map {
      Parameter(
        $0.name, .any, $0.defaultValue == nil && !$0.isRest ? .required : .none, variadic: $0.isRest
      )
    }
  }
}

/// The code of a model: a constructor whose locals are fields, and methods.
final class ModelCode {
  let name: String
  var fields: [String] = []
  var slots: [String: Int] = [:]
  var methods: [String: FunctionCode] = [:]
  let constructor: FunctionCode
  var documentation: String?

  init(_ name: String, constructor: FunctionCode) {
    self.name = name
    self.constructor = constructor
  }
}

/// One source's globals.
package final class Module {
  package let path: String?
  var cells: [String: GlobalCell] = [:]
  private let builtin: (String) -> Value?

  init(path: String?, builtin: @escaping (String) -> Value?) {
    self.path = path
    self.builtin = builtin
  }

  func cell(_ name: String) -> GlobalCell {
    if let cell = cells[name] { return cell }
    let cell = GlobalCell(name, builtin: builtin(name))
    cells[name] = cell
    return cell
  }

  package var names: [String] { cells.values.filter(\.isSet).map(\.name).sorted() }
}
