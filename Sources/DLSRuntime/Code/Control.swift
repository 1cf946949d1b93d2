// Blocks, branches, loops, jumps, and what catches errors.

import DLSSyntax
import DLSTensor

final class BlockCode: Code {
  private let statements: UnsafeMutableBufferPointer<Ref>
  init(_ statements: [Code], _ span: Span) {
    // Kept for the life of the process, as all code is.
    self.statements = .allocate(capacity: statements.count)
    _ = self.statements.initialize(from: statements.map { Ref($0) })
    super.init(span)
  }

  override func exec(_ f: Frame) throws(Failure) -> Signal {
    for statement in statements {
      let signal = try statement.exec(f)
      if signal != .normal { return signal }
    }
    return .normal
  }

  override func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    guard let last = statements.last else {
      value = .none
      return .normal
    }
    for statement in statements[..<(statements.count - 1)] {
      let signal = try statement.exec(f)
      if signal != .normal { return signal }
    }
    return try last.run(f, into: &value)
  }

  /// As an expression; a jump out of it unwinds to its loop or function.
  override func eval(_ f: Frame) throws(Failure) -> Value {
    var value = Value.none
    let signal = try run(f, into: &value)
    if signal != .normal { throw Failure.jump(signal) }
    return value
  }
}

extension Failure {
  /// A jump out of an expression: caught by the loop or the function that it leaves.
  static func jump(_ signal: Signal) -> Failure {
    let failure = Failure("control", "")
    failure.argument = Int(signal.rawValue)
    return failure
  }

  var signal: Signal? { code == "control" ? argument.flatMap { Signal(rawValue: UInt8($0)) } : nil }
}

/// What has no value but an effect.
class StatementCode: Code {
  override func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    value = .none
    return try exec(f)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let signal = try exec(f)
    if signal != .normal { throw Failure.jump(signal) }
    return .none
  }
}

final class IfCode: Code {
  let condition: Ref
  let then: Ref
  let otherwise: Ref?
  init(_ condition: Code, _ then: Code, _ otherwise: Code?, _ span: Span) {
    self.condition = Ref(condition)
    self.then = Ref(then)
    self.otherwise = otherwise.map(Ref.init)
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    if try condition.test(f) { return try then.eval(f) }
    return try otherwise?.eval(f) ?? Value.none
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    if try condition.test(f) { return try then.exec(f) }
    return try otherwise?.exec(f) ?? .normal
  }
  override func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    if try condition.test(f) { return try then.run(f, into: &value) }
    if let otherwise { return try otherwise.run(f, into: &value) }
    value = .none
    return .normal
  }
}

final class WhileCode: StatementCode {
  let condition: Ref
  let body: Ref
  init(_ condition: Code, _ body: Code, _ span: Span) {
    self.condition = Ref(condition)
    self.body = Ref(body)
    super.init(span)
  }

  override func exec(_ f: Frame) throws(Failure) -> Signal {
    while try condition.test(f) {
      if Interrupt.isSet { throw f.locate(f.machine.interruption(), span) }
      switch try step(f) {
      case .normal, .continueLoop: continue
      case .breakLoop: return .normal
      case .returned: return .returned
      }
    }
    return .normal
  }

  private func step(_ f: Frame) throws(Failure) -> Signal {
    do { return try body.exec(f) } catch {
      if let signal = error.signal { return signal }
      throw error
    }
  }
}

final class ForCode: StatementCode {
  let store: Store
  let sequence: Ref
  let body: Ref
  /// The slot of a plain local loop variable.
  let slot: Int?
  init(_ store: Store, _ sequence: Code, _ body: Code, slot: Int?, _ span: Span) {
    self.store = store
    self.sequence = Ref(sequence)
    self.body = Ref(body)
    self.slot = slot
    super.init(span)
  }

  private func step(_ f: Frame) throws(Failure) -> Signal {
    do { return try body.exec(f) } catch {
      if let signal = error.signal { return signal }
      throw error
    }
  }

  override func exec(_ f: Frame) throws(Failure) -> Signal {
    let value = try sequence.eval(f)
    if case .object(let range as RangeObject) = value {
      var i = range.from
      for _ in 0..<range.count {
        if Interrupt.isSet { throw f.locate(f.machine.interruption(), span) }
        if let slot { f.slots[slot] = .int(i) } else { try store.store(.int(i), f) }
        i = i &+ range.step
        switch try step(f) {
        case .normal, .continueLoop: continue
        case .breakLoop: return .normal
        case .returned: return .returned
        }
      }
      return .normal
    }
    let iterator: ValueIterator
    do { iterator = try f.machine.iterate(value) } catch { throw f.locate(error, sequence.span) }
    while true {
      if Interrupt.isSet { throw f.locate(f.machine.interruption(), span) }
      let next: Value?
      do { next = try iterator.next(f.machine) } catch { throw f.locate(error, sequence.span) }
      guard let next else { return .normal }
      if let slot { f.slots[slot] = next } else { try store.store(next, f) }
      switch try step(f) {
      case .normal, .continueLoop: continue
      case .breakLoop: return .normal
      case .returned: return .returned
      }
    }
  }
}

final class JumpCode: StatementCode {
  let signal: Signal
  init(_ signal: Signal, _ span: Span) {
    self.signal = signal
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal { signal }
}

final class ReturnCode: StatementCode {
  let value: Ref?
  init(_ value: Code?, _ span: Span) {
    self.value = value.map(Ref.init)
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    f.result = try value?.eval(f) ?? Value.none
    return .returned
  }
}

final class ThrowCode: StatementCode {
  let value: Ref
  init(_ value: Code, _ span: Span) {
    self.value = Ref(value)
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    let thrown = try value.eval(f)
    // An error caught before goes on as it was.
    if case .object(let error as ErrorObject) = thrown { throw error.failure }
    throw f.locate(Failure("thrown", thrown.printed(), thrown: thrown), span)
  }
}

final class AssertCode: StatementCode {
  let condition: Ref
  let message: Ref?
  init(_ condition: Code, _ message: Code?, _ span: Span) {
    self.condition = Ref(condition)
    self.message = message.map(Ref.init)
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    if try condition.test(f) { return .normal }
    let text = try message?.eval(f).printed()
    throw f.locate(
      Failure("assertion-failed", text.map { "assertion failed: \($0)" } ?? "assertion failed"),
      condition.span)
  }
}

/// What `catch e` binds: the message, the code, the line.
package final class ErrorObject: Object {
  let failure: Failure

  init(_ failure: Failure) {
    self.failure = failure
    super.init(.other)
  }

  package override var typeName: String { "error" }
  package override var memberNames: [String] { ["message", "code", "value", "line", "help"] }
  package override func describe(_ printer: inout Printer) {
    printer.write("error: " + failure.message)
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "message": return .string(failure.message)
    case "code": return .string(failure.code)
    case "value": return failure.thrown ?? .string(failure.message)
    case "line":
      guard let d = failure.diagnostic, let source = d.source else { return Value.none }
      return .int(source.position(of: Int(d.span.start)).line)
    case "help": return .list((failure.diagnostic?.help ?? failure.help).map { .string($0) })
    default: return nil
    }
  }
}

final class TryCode: Code {
  let body: Ref
  let store: Store?
  let handler: Ref
  init(_ body: Code, _ store: Store?, _ handler: Code, _ span: Span) {
    self.body = Ref(body)
    self.store = store
    self.handler = Ref(handler)
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    var value = Value.none
    let signal = try run(f, into: &value)
    if signal != .normal { throw Failure.jump(signal) }
    return value
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    var value = Value.none
    return try run(f, into: &value)
  }
  override func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    let depth = f.machine.depth
    let noGrad = f.machine.noGradDepth
    do { return try body.run(f, into: &value) } catch {
      // An interrupt stops everything; a jump is no error.
      if error.signal != nil || error.code == "interrupted" || error.code == "out-of-time" {
        throw error
      }
      f.machine.depth = depth
      f.machine.restore(noGrad)
      try store?.store(.object(ErrorObject(error)), f)
      return try handler.run(f, into: &value)
    }
  }
}

final class NoGradCode: Code {
  let body: Ref
  init(_ body: Code, _ span: Span) {
    self.body = Ref(body)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    Autograd.enterNoGrad()
    defer { Autograd.leaveNoGrad() }
    return try body.eval(f)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    Autograd.enterNoGrad()
    defer { Autograd.leaveNoGrad() }
    return try body.exec(f)
  }
  override func run(_ f: Frame, into value: inout Value) throws(Failure) -> Signal {
    Autograd.enterNoGrad()
    defer { Autograd.leaveNoGrad() }
    return try body.run(f, into: &value)
  }
}

final class AssignCode: StatementCode {
  let store: Store
  let value: Ref
  init(_ store: Store, _ value: Code, _ span: Span) {
    self.store = store
    self.value = Ref(value)
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    try store.store(try value.eval(f), f)
    return .normal
  }
}

/// The commonest assignment: to a plain local.
final class LocalAssign: StatementCode {
  let slot: Int
  let value: Ref
  init(_ slot: Int, _ value: Code, _ span: Span) {
    self.slot = slot
    self.value = Ref(value)
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    f.slots[slot] = try value.eval(f)
    return .normal
  }
}

/// `x += v`: on a param it sets the cell, on all else it rebinds.
final class AugmentCode: StatementCode {
  let get: Ref
  let store: Store
  let sum: BinaryCode
  init(_ get: Code, _ store: Store, _ sum: BinaryCode, _ span: Span) {
    self.get = Ref(get)
    self.store = store
    self.sum = sum
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    let old = try get.eval(f)
    if case .object(let param as ParamObject) = old {
      do {
        let new = try Autograd.withoutRecording { () throws(Failure) in
          try Operators.binary(
            sum.sign, .tensor(param.cell.value.detached), try sum.right.eval(f), f.machine)
        }
        try param.set(new)
      } catch { throw f.locate(error, sum.signSpan, operands: [sum.left.span, sum.right.span]) }
      return .normal
    }
    try store.store(try sum.eval(f), f)
    return .normal
  }
}
