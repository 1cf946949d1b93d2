// What has no instruction of its own: a step gets its operands in registers and gives a value.

import DLSSyntax
import DLSTensor

typealias Operands = UnsafeMutableBufferPointer<Value>

class Step {
  let span: Span
  init(_ span: Span) { self.span = span }

  /// The operands are the step's to take; what it leaves is let go of.
  func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value { .none }

  /// Stores a value in the place that the step describes.
  func store(_ f: Frame, _ value: Value) throws(Failure) {}

  /// Stores in a part of `holder`, which stands in a register.
  func store(_ f: Frame, _ holder: Slot, _ index: Slot, _ value: Value) throws(Failure) {}
}

/// A list or a tuple; `spreads` tells which items are taken apart.
final class SequenceStep: Step {
  let isTuple: Bool
  let spreads: [Bool]
  let itemSpans: [Span]
  init(_ span: Span, isTuple: Bool, spreads: [Bool], itemSpans: [Span]) {
    self.isTuple = isTuple
    self.spreads = spreads
    self.itemSpans = itemSpans
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let items = try f.spread(operands, spreads, itemSpans)
    return isTuple ? .tuple(items) : .list(items)
  }
}

/// More items at the end of a list under construction, whose literal is long.
final class ExtendStep: Step {
  let spreads: [Bool]
  let itemSpans: [Span]
  init(_ span: Span, spreads: [Bool], itemSpans: [Span]) {
    self.spreads = spreads
    self.itemSpans = itemSpans
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    guard case .object(let list as ListObject) = operands[0] else { return operands[0] }
    let rest = Operands(rebasing: operands[1...])
    list.items += try f.spread(rest, spreads, itemSpans)
    return operands[0]
  }
}

/// The list so far as a tuple.
final class TupleStep: Step {
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    .tuple(operands[0].sequenceItems ?? [])
  }
}

extension Frame {
  func spread(_ operands: Operands, _ spreads: [Bool], _ spans: [Span]) throws(Failure) -> [Value] {
    if !spreads.contains(true) { return Array(operands) }
    var items: [Value] = []
    for (i, value) in operands.enumerated() {
      if spreads[i] {
        guard let inner = try machine.spread(value) else {
          throw locate(
            Failure("type-mismatch", "`...` spreads lists and tuples, not \(value.kindText)"),
            spans[i])
        }
        items += inner
      } else {
        items.append(value)
      }
    }
    return items
  }
}

/// A dict of keys and values that alternate; with `extends`, the dict so far stands first.
final class DictStep: Step {
  let keySpans: [Span]
  let extends: Bool
  init(_ span: Span, keySpans: [Span], extends: Bool) {
    self.keySpans = keySpans
    self.extends = extends
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let start = extends ? 1 : 0
    let dict = extends ? operands[0].objectValue as? DictObject ?? DictObject() : DictObject()
    for i in keySpans.indices {
      let key = operands[start + 2 * i]
      guard let dictKey = DictKey(key) else {
        throw f.locate(
          Failure(
            "bad-key", "a key is a string, an int, a bool or a tuple of them, not \(key.kindText)"),
          keySpans[i])
      }
      dict.entries[dictKey] = operands[start + 2 * i + 1]
    }
    return .object(dict)
  }
}

final class RangeStep: Step {
  let fromSpan: Span
  let toSpan: Span
  init(_ span: Span, _ fromSpan: Span, _ toSpan: Span) {
    self.fromSpan = fromSpan
    self.toSpan = toSpan
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let from = try bound(f, operands[0], fromSpan)
    return .object(RangeObject(from: from, to: try bound(f, operands[1], toSpan)))
  }
  private func bound(_ f: Frame, _ value: Value, _ span: Span) throws(Failure) -> Int {
    if case .int(let x) = value { return x }
    if case .tensor(let t) = value, t.rank == 0, t.dtype == .i64, !t.isMeta { return t.ints()[0] }
    throw f.locate(Failure("type-mismatch", "`..` needs ints, got \(value.kindText)"), span)
  }
}

/// A string with interpolations: pieces of text, and values from the operands in order.
final class TextStep: Step {
  enum Part {
    case text(String)
    /// A format's own parts take their values after it.
    case value(Span, format: [Part])
  }
  let parts: [Part]
  init(_ span: Span, _ parts: [Part]) {
    self.parts = parts
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    var next = 0
    return .string(try text(parts, f, operands, &next))
  }

  private func text(_ parts: [Part], _ f: Frame, _ operands: Operands, _ next: inout Int)
    throws(Failure) -> String
  {
    var result = ""
    for part in parts {
      switch part {
      case .text(let piece): result += piece
      case .value(let span, let format):
        let value = operands[next]
        next += 1
        if format.isEmpty {
          result += value.printed()
        } else {
          let spec = try text(format, f, operands, &next)
          do { result += try FormatSpec.apply(spec, value) } catch { throw f.locate(error, span) }
        }
      }
    }
    return result
  }
}

final class TransposeStep: Step {
  let operandSpan: Span
  init(_ span: Span, _ operandSpan: Span) {
    self.operandSpan = operandSpan
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    do {
      let x = try operands[0].asTensor()
      return .tensor(try tensorWork { () throws(TensorError) in try x.transposed() })
    } catch { throw f.locate(error, span, operands: [operandSpan]) }
  }
}

/// `f >> g`: a composition, made by the library.
final class ComposeStep: Step {
  let sides: [Span]
  init(_ span: Span, _ left: Span, _ right: Span) {
    sides = [left, right]
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    for (value, side) in zip(operands, sides) where !value.isCallable {
      throw f.locate(
        Failure("not-callable", "`>>` composes functions and layers, not \(value.kindText)"), side)
    }
    return f.machine.options.compose(operands[0], operands[1])
  }
}

/// `x.name` without a call.
final class MemberStep: Step {
  let site: MethodSite
  let nameSpan: Span
  let receiverSpan: Span
  init(_ span: Span, _ site: MethodSite, _ nameSpan: Span, _ receiverSpan: Span) {
    self.site = site
    self.nameSpan = nameSpan
    self.receiverSpan = receiverSpan
    super.init(span)
  }
  /// A statement of its own, which nobody sees the value of.
  var isDiscarded = false
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let value = try member(f, operands[0])
    if isDiscarded, value.isCallable {
      let text = f.source.text(in: span)
      f.machine.warn(
        "not-called", "this names a function and does not call it",
        help: ["to call it: `\(text)()`"])
      f.machine.tellCaution(f.source, span)
    }
    return value
  }
  /// `history.accuracy` asks for an entry: only what takes a dict is a function of it.
  private func isForeign(_ function: Value, _ x: Value) -> Bool {
    guard x.objectValue is DictObject else { return false }
    guard case .object(let word as BuiltinObject) = function else { return true }
    let kind = word.builtin.parameters.first?.kind
    return kind != .dict && kind != .any
  }
  func member(_ f: Frame, _ x: Value) throws(Failure) -> Value {
    do { if let member = try f.machine.ownMember(x, site.name) { return member } } catch {
      throw f.locate(error, nameSpan)
    }
    if let function = f.word(site), !isForeign(function, x) {
      return .object(BoundMethodObject(x, function))
    }
    throw f.locate(
      f.machine.noMember(x, site.name, f.module), nameSpan, operands: [receiverSpan])
  }
}

extension Frame {
  /// What a name after a point means when it is no member.
  func word(_ site: MethodSite) -> Value? {
    if !site.knowsMethod {
      site.method = machine.method(of: .none, site.name)
      site.knowsMethod = true
    }
    if let method = site.method { return method }
    for candidate in site.candidates {
      switch candidate {
      case .variable(let variable):
        if let value = peek(variable), value.isCallable { return value }
      case .value(let value): if value.isCallable { return value }
      }
    }
    return nil
  }

  /// The boxes and models that a closure takes along.
  func capture(_ code: FunctionCode) -> [Object] {
    Collector.collectIfDue()
    return code.captureSources.map { source in
      switch source {
      case .slot(let register): slot(register).value.objectValue ?? Box(.none)
      case .capture(let i): capture(i) ?? Box(.none)
      }
    }
  }
}

/// A function value; the operands are the values of its defaults.
final class FunctionStep: Step {
  let code: FunctionCode
  init(_ span: Span, _ code: FunctionCode) {
    self.code = code
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    .object(FunctionObject(code, f.capture(code), defaults: Array(operands)))
  }
}

final class ModelStep: Step {
  let code: ModelCode
  init(_ span: Span, _ code: ModelCode) {
    self.code = code
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    .object(ModelClassObject(code, f.capture(code.constructor), defaults: Array(operands)))
  }
}

/// Keeps the defaults of a method in the model under construction.
final class MethodDefaultsStep: Step {
  let code: FunctionCode
  let model: Variable.ModelPlace
  init(_ span: Span, _ code: FunctionCode, _ model: Variable.ModelPlace) {
    self.code = code
    self.model = model
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    f.model(model)?.methodDefaults[ObjectIdentifier(code)] = Array(operands)
    return .none
  }
}

/// A method of the model around, by its bare name.
final class MethodStep: Step {
  let variable: Variable
  let name: String
  init(_ span: Span, _ variable: Variable, _ name: String) {
    self.variable = variable
    self.name = name
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    try f.get(variable, name, span)
  }
}

final class ThrowStep: Step {
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let thrown = operands[0]
    // An error caught before goes on as it was.
    if case .object(let error as ErrorObject) = thrown { throw error.failure }
    throw f.locate(Failure("thrown", thrown.printed(), thrown: thrown), span)
  }
}

/// An `assert` that did not hold; the operand is what it says, if it says something.
final class AssertStep: Step {
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let text = operands.first.map { "assertion failed: " + $0.printed() }
    throw f.locate(Failure("assertion-failed", text ?? "assertion failed"), span)
  }
}

final class ImportStep: Step {
  let path: String
  let isPath: Bool
  init(_ span: Span, _ path: String, isPath: Bool) {
    self.path = path
    self.isPath = isPath
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    do { return .object(try f.machine.load(path, isPath: isPath, from: f.module)) } catch {
      throw f.locate(error, span)
    }
  }
}

final class PluginStep: Step {
  let name: String
  init(_ span: Span, _ name: String) {
    self.name = name
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    do { try f.machine.loadPlugin(name, from: f.module) } catch { throw f.locate(error, span) }
    return .none
  }
}
