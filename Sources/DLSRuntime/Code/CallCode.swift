// Calls: of functions with arguments in slots, of builtins, by member, by pipe.

import DLSSyntax
import DLSTensor

/// One argument as written.
struct ArgumentCode {
  var name: String?
  var value: Ref
  var isSpread = false
  var span: Span

  init(name: String?, value: Code, isSpread: Bool = false, span: Span) {
    self.name = name
    self.value = Ref(value)
    self.isSpread = isSpread
    self.span = span
  }
}

extension Frame {
  /// Evaluates arguments as written.
  func arguments(_ codes: [ArgumentCode], first: Value? = nil) throws(Failure) -> CallArguments {
    var result = CallArguments()
    result.positional.reserveCapacity(codes.count + 1)
    if let first { result.positional.append(first) }
    for code in codes {
      let value = try code.value.eval(self)
      if code.isSpread {
        if case .object(let dict as DictObject) = value {
          for (key, item) in dict.entries {
            if case .string(let name) = key { result.named.append((name, item)) }
          }
          continue
        }
        guard let items = try machine.spread(value) else {
          throw locate(
            Failure("type-mismatch", "`...` spreads lists and tuples, not \(value.kindText)"),
            code.span)
        }
        result.positional += items
      } else if let name = code.name {
        result.named.append((name, value))
      } else {
        if !result.named.isEmpty {
          throw locate(
            Failure("bad-argument", "arguments without a name stand before named ones"), code.span)
        }
        result.positional.append(value)
      }
    }
    return result
  }

  /// Calls anything with arguments as written, and puts errors in their place.
  func call(
    _ callee: Value, _ codes: [ArgumentCode], first: Value?, firstSpan: Span?, _ span: Span,
    _ calleeSpan: Span
  ) throws(Failure) -> Value {
    if case .object(let object) = callee {
      if let function = object as? FunctionObject, function.code.isSimple,
        function.code.arguments.count == codes.count + (first == nil ? 0 : 1),
        !codes.contains(where: { $0.name != nil || $0.isSpread })
      {
        return try direct(function, codes, first, span)
      }
      let given = try arguments(codes, first: first)
      do { return try object.call(given, machine) } catch {
        let operands = (firstSpan.map { [$0] } ?? []) + codes.map(\.span)
        throw locate(error, error.argument == nil ? span : span, operands: operands)
      }
    }
    throw locate(
      Failure("not-callable", "\(callee.kindText) cannot be called"), calleeSpan)
  }

  /// A script function with plain arguments: straight into the new frame's slots.
  func direct(_ function: FunctionObject, _ codes: [ArgumentCode], _ first: Value?, _ span: Span)
    throws(Failure) -> Value
  {
    let code = function.code
    let machine = self.machine
    let base = try machine.enter(code, self, span)
    var filled = 0
    if let first {
      machine.stack[base] = first
      filled = 1
    }
    for argument in codes {
      do { machine.stack[base + filled] = try argument.value.eval(self) } catch {
        machine.leave(code, base)
        throw error
      }
      filled += 1
    }
    return try machine.execute(function, base, self, span)
  }
}

final class CallCode: Code {
  let callee: Ref
  let arguments: [ArgumentCode]
  let isPlain: Bool

  init(_ callee: Code, _ arguments: [ArgumentCode], _ span: Span) {
    self.callee = Ref(callee)
    self.arguments = arguments
    isPlain = !arguments.contains { $0.name != nil || $0.isSpread }
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let function = try callee.eval(f)
    if isPlain, case .object(let object) = function {
      if object.kind == .function, let script = object as? FunctionObject,
        script.code.isSimple, script.code.arguments.count == arguments.count
      {
        return try f.direct(script, arguments, nil, span)
      }
      if object.kind == .builtin {
        if let value = try quick(unsafeDowncast(object, to: BuiltinObject.self), f) { return value }
      }
    }
    return try f.call(function, arguments, first: nil, firstSpan: nil, span, callee.span)
  }

  /// Ops of one or two tensors, without packing arguments.
  @inline(__always)
  private func quick(_ object: BuiltinObject, _ f: Frame) throws(Failure) -> Value? {
    guard case .op(let op) = object.builtin.body else { return nil }
    switch op.body {
    case .unary(let body) where arguments.count == 1:
      let argument = try arguments[0].value.eval(f)
      guard case .tensor(let x) = argument else {
        return try f.call(
          .object(object), [], first: argument, firstSpan: arguments[0].span, span, callee.span)
      }
      do throws(TensorError) { return .tensor(try body(x)) } catch {
        throw f.locate(Failure(error), span, operands: [arguments[0].span])
      }
    default: return nil
    }
  }
}

/// `x.f(a)`: a member that can be called, or else f with x first.
final class MethodCallCode: Code {
  let receiver: Ref
  let name: String
  let nameSpan: Span
  let arguments: [ArgumentCode]
  /// What the name means around here, nearest first.
  let candidates: [Code]

  init(
    _ receiver: Code, _ name: String, _ nameSpan: Span, _ arguments: [ArgumentCode],
    _ candidates: [Code], _ span: Span
  ) {
    self.receiver = Ref(receiver)
    self.name = name
    self.nameSpan = nameSpan
    self.arguments = arguments
    self.candidates = candidates
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let x = try receiver.eval(f)
    var member: Value?
    do { member = try f.machine.ownMember(x, name) } catch { throw f.locate(error, nameSpan) }
    if let member {
      if member.isCallable {
        return try f.call(member, arguments, first: nil, firstSpan: nil, span, nameSpan)
      }
      if case .object(let object) = x, object.kind != .dict {
        throw f.locate(
          Failure(
            "not-callable", "the member `\(name)` is \(member.kindText) and cannot be called"),
          nameSpan)
      }
    }
    if let method = f.machine.method(of: x, name) {
      return try f.call(method, arguments, first: x, firstSpan: receiver.span, span, nameSpan)
    }
    for candidate in candidates {
      guard let function = try? candidate.eval(f), function.isCallable else { continue }
      return try f.call(function, arguments, first: x, firstSpan: receiver.span, span, nameSpan)
    }
    throw f.locate(f.machine.noMember(x, name, f.module), nameSpan, operands: [receiver.span])
  }
}

final class MemberCode: Code {
  let receiver: Ref
  let name: String
  let nameSpan: Span
  let candidates: [Code]

  init(_ receiver: Code, _ name: String, _ nameSpan: Span, _ candidates: [Code], _ span: Span) {
    self.receiver = Ref(receiver)
    self.name = name
    self.nameSpan = nameSpan
    self.candidates = candidates
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let x = try receiver.eval(f)
    do {
      if let member = try f.machine.ownMember(x, name) { return member }
    } catch { throw f.locate(error, nameSpan) }
    if let method = f.machine.method(of: x, name) { return .object(BoundMethodObject(x, method)) }
    for candidate in candidates {
      if let function = try? candidate.eval(f), function.isCallable {
        return .object(BoundMethodObject(x, function))
      }
    }
    throw f.locate(f.machine.noMember(x, name, f.module), nameSpan, operands: [receiver.span])
  }
}

/// `x |> f` is f(x).
final class PipeCode: Code {
  let value: Ref
  let function: Ref
  init(_ value: Code, _ function: Code, _ span: Span) {
    self.value = Ref(value)
    self.function = Ref(function)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let x = try value.eval(f)
    let g = try function.eval(f)
    if !g.isCallable {
      throw f.locate(
        Failure(
          "not-callable", "`|>` needs a function on its right, got \(g.kindText)",
          help: ["with more arguments: `x |> (t -> f(t, 1))` or `x.f(1)`"]), function.span)
    }
    return try f.call(g, [], first: x, firstSpan: value.span, span, function.span)
  }
}

/// `f >> g`: a composition, made by the library.
final class ComposeCode: Code {
  let left: Ref
  let right: Ref
  init(_ left: Code, _ right: Code, _ span: Span) {
    self.left = Ref(left)
    self.right = Ref(right)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    for (value, code) in [(a, left), (b, right)] where !value.isCallable {
      throw f.locate(
        Failure("not-callable", "`>>` composes functions and layers, not \(value.kindText)"),
        code.span)
    }
    return f.machine.options.compose(a, b)
  }
}

final class FunctionCreate: Code {
  let code: FunctionCode
  init(_ code: FunctionCode, _ span: Span) {
    self.code = code
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    .object(FunctionObject(code, f.capture(code)))
  }
}

extension Frame {
  /// The boxes and models that a closure takes along.
  func capture(_ code: FunctionCode) -> [Object] {
    Collector.collectIfDue()
    return code.captureSources.map { source in
      switch source {
      case .slot(let slot):
        if case .object(let object) = slots[slot] { return object }
        return Box(.none)
      case .capture(let i): return captures[i]
      }
    }
  }
}

final class ModelCreate: StatementCode {
  let code: ModelCode
  let store: Store
  init(_ code: ModelCode, _ store: Store, _ span: Span) {
    self.code = code
    self.store = store
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    try store.store(.object(ModelClassObject(code, f.capture(code.constructor))), f)
    return .normal
  }
}
