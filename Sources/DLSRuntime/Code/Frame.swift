// One call's variables, as steps and slow paths see them; and how errors get their place.

import DLSSyntax
import DLSTensor

/// Where a variable lies.
enum Variable {
  case local(Int)
  case boxed(Int)
  case capture(Int)
  case field(ModelPlace, Int)
  case global(GlobalCell)
  /// A method of the model around, by its bare name.
  case method(ModelPlace, String)

  enum ModelPlace {
    case slot(Int)
    case capture(Int)
  }
}

typealias Captures = UnsafeMutablePointer<Unmanaged<Object>>

/// A view of the call under way; it owns nothing.
struct Frame {
  let registers: UnsafeMutableRawPointer
  let header: UnsafeMutablePointer<CodeHeader>
  let captures: Captures?
  unowned(unsafe) let machine: Machine

  var code: FunctionCode { header.pointee.code }
  var source: Source { header.pointee.code.source }
  var module: Module { header.pointee.code.module }

  @inline(__always) func slot(_ register: Int) -> Slot {
    Slot(registers + register * Slot.stride)
  }
  @inline(__always) func values(_ register: Int) -> UnsafeMutablePointer<Value> {
    slot(register).pointer
  }

  func capture(_ i: Int) -> Object? { captures?[i].takeUnretainedValue() }

  func box(_ place: Variable) -> Box? {
    switch place {
    case .boxed(let register): slot(register).value.objectValue as? Box
    case .capture(let i): capture(i) as? Box
    case .local, .field, .global, .method: nil
    }
  }

  func model(_ place: Variable.ModelPlace) -> ModelObject? {
    switch place {
    case .slot(let register): slot(register).value.objectValue as? ModelObject
    case .capture(let i): capture(i) as? ModelObject
    }
  }

  // MARK: Variables

  /// A variable's value; nil when it has none.
  func peek(_ variable: Variable) -> Value? {
    let value: Value?
    switch variable {
    case .local(let register): value = slot(register).value
    case .boxed, .capture: value = box(variable)?.value
    case .field(let place, let field): value = model(place)?.values[field]
    case .global(let cell): value = cell.current ?? machine.registered[cell.name]
    case .method(let place, let name):
      guard let model = model(place), let method = model.code.methods[name] else { return nil }
      return .object(model.bind(method))
    }
    if case .object(let object)? = value, object.kind == .unset { return nil }
    return value
  }

  func get(_ variable: Variable, _ name: String, _ span: Span) throws(Failure) -> Value {
    if let value = peek(variable) { return value }
    var names: [String] = []
    if case .field(let place, _) = variable { names = model(place)?.memberNames ?? [] }
    throw unknown(name, span, names)
  }

  func set(_ variable: Variable, _ value: Value, _ name: String, _ span: Span) throws(Failure) {
    if case .field(let place, let field) = variable, let model = model(place), model.isBuilt,
      case .object(let old) = model.values[field], old.kind == .param
    {
      guard case .object(let new) = value, new.kind == .param else {
        throw locate(
          Failure(
            "param-assignment", "`\(name)` is a param of \(model.code.name): `=` would replace it",
            help: ["to change its value: `\(name).set(…)`"]), span)
      }
    }
    put(variable, value)
  }

  func put(_ variable: Variable, _ value: Value) {
    switch variable {
    case .local(let register): slot(register).value = value
    case .boxed, .capture: box(variable)?.value = value
    case .global(let cell): cell.set(value)
    case .field(let place, let field): model(place)?.values[field] = value
    case .method: break
    }
  }

  /// Takes a tensor out of a variable, so that an update in place can own it.
  func take(_ variable: Variable) -> Value {
    let value = peek(variable) ?? .none
    switch variable {
    case .local, .boxed, .capture, .field, .method: put(variable, .none)
    case .global(let cell): cell.value = .none
    }
    return value
  }

  // MARK: Errors

  @inline(never)
  func unknown(_ name: String, _ span: Span, _ names: [String] = []) -> Failure {
    var help: [String] = []
    if module.cells[name]?.isSet ?? false {
      // A local variable of that name has no value yet.
      help = ["to change the global one, say `global \(name)` at the top of the function"]
    } else if let habit = Habits.ofUnknownName(name) {
      help = [habit]
    } else if let near = Spelling.nearest(to: name, in: names + machine.allNames(module)) {
      help = ["did you mean `\(near)`?"]
    }
    return locate(Failure("unknown-name", "unknown name `\(name)`", help: help), span)
  }

  /// A bool or a 0-d bool tensor; anything else is no condition.
  @inline(never)
  func truth(_ value: Value, _ span: Span) throws(Failure) -> Bool {
    switch value {
    case .bool(let x): return x
    case .tensor(let t) where t.rank == 0 && t.dtype == .bool && !t.isMeta: return t.element(0) != 0
    case .int, .float, .tensor, .object, .none: throw locate(noCondition(value, span), span)
    }
  }

  private func noCondition(_ value: Value, _ span: Span) -> Failure {
    let text = source.text(in: span)
    var help: [String] = []
    var isMask = false
    if let t = value.tensorView {
      isMask = t.dtype == .bool
      switch source.connective(around: span) {
      case "not": help.append("element by element: `logical_not(\(text))`")
      case let word?:
        help.append("element by element: `logical_\(word)(a, b)` in place of `a \(word) b`")
      case nil: break
      }
      if isMask, t.isMeta {
        help = []
      } else if isMask {
        help.append("reduce it: `.all()` or `.any()`")
      } else {
        help.append(
          t.count == 1
            ? "compare it: `\(text) > 0`"
            : "compare it and reduce: `(\(text) > 0).all()` or `.any()`")
      }
    } else if value.sequenceItems != nil || value.text != nil || value.objectValue is DictObject {
      help = ["ask for its length: `len(\(text)) > 0`"]
    } else if value.isCallable {
      help = ["it is a function: call it, `\(text)(…)`"]
    } else if case .none = value {
      help = text == "none" ? [] : ["compare it: `\(text) == none`"]
    } else {
      help = ["compare it: `\(text) != 0`"]
    }
    return Failure(
      "bad-condition",
      "a condition is \(isMask ? "one" : "a") bool, not \(value.kindText)",
      help: help.filter { $0.utf8.count < 120 })
  }

  /// Gives a failure its place, once: the innermost that knows it.
  func locate(_ failure: Failure, _ span: Span, operands: [Span] = []) -> Failure {
    failure.located(source, span, operands)
  }
}

extension Failure {
  /// Given a place, when it has none yet.
  @inline(never)
  func located(_ source: Source, _ span: Span, _ operands: [Span] = []) -> Failure {
    if diagnostic != nil { return self }
    func fill(_ text: String) -> String {
      var result = text
      for (i, operand) in operands.enumerated() where result.contains("{\(i)}") {
        result = result.split(separator: "{\(i)}", omittingEmptySubsequences: false)
          .joined(separator: source.text(in: operand))
      }
      return result
    }
    var place = span
    if let argument, argument < operands.count { place = operands[argument] }
    var found = Diagnostic(
      code: code, message: fill(message), source: source, span: place, notes: notes.map(fill),
      help: help.map(fill).filter { !$0.contains("{0}") && !$0.contains("{1}") })
    for label in labels where label.argument < operands.count {
      found.labels.append(.init(operands[label.argument], label.text))
    }
    diagnostic = found
    message = found.message
    return self
  }

  /// An error that can only be a failure, after a function that has forgotten its type.
  static func known(_ error: any Error) -> Failure {
    error as? Failure ?? Failure("internal", "\(error)")
  }

  /// An interrupt stops everything, and the end of a script is none of its errors.
  var canBeCaught: Bool {
    switch code {
    case "interrupted", "out-of-time", "memory-limit", "exit": false
    default: true
    }
  }
}
