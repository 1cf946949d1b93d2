// Lists, tuples, dicts, ranges, strings with interpolations, comprehensions.

import DLSSyntax
import DLSTensor

/// One item of a list, tuple: a value or a spread.
struct ItemCode {
  var value: Code
  var isSpread: Bool
}

final class SequenceCode: Code {
  let items: [ItemCode]
  let isTuple: Bool
  init(_ items: [ItemCode], isTuple: Bool, _ span: Span) {
    self.items = items
    self.isTuple = isTuple
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    var values: [Value] = []
    values.reserveCapacity(items.count)
    for item in items {
      let value = try item.value.eval(f)
      if item.isSpread {
        guard let inner = try f.machine.spread(value) else {
          throw f.locate(
            Failure("type-mismatch", "`...` spreads lists and tuples, not \(value.kindText)"),
            item.value.span)
        }
        values += inner
      } else {
        values.append(value)
      }
    }
    return isTuple ? .tuple(values) : .list(values)
  }
}

final class DictCode: Code {
  let entries: [(key: Code, value: Code)]
  init(_ entries: [(key: Code, value: Code)], _ span: Span) {
    self.entries = entries
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let dict = DictObject()
    for entry in entries {
      let key = try entry.key.eval(f)
      guard let dictKey = DictKey(key) else {
        throw f.locate(
          Failure(
            "bad-key", "a key is a string, an int, a bool or a tuple of them, not \(key.kindText)"),
          entry.key.span)
      }
      dict.entries[dictKey] = try entry.value.eval(f)
    }
    return .object(dict)
  }
}

final class RangeCode: Code {
  let from: Ref
  let to: Ref
  init(_ from: Code, _ to: Code, _ span: Span) {
    self.from = Ref(from)
    self.to = Ref(to)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try bound(from, f)
    return .object(RangeObject(from: a, to: try bound(to, f)))
  }
  private func bound(_ code: Ref, _ f: Frame) throws(Failure) -> Int {
    let value = try code.eval(f)
    if case .int(let x) = value { return x }
    if case .tensor(let t) = value, t.rank == 0, t.dtype == .i64, !t.isMeta { return t.ints()[0] }
    throw f.locate(Failure("type-mismatch", "`..` needs ints, got \(value.kindText)"), code.span)
  }
}

final class TextCode: Code {
  enum Part {
    case text(String)
    case value(Code, format: [Part])
  }
  let parts: [Part]
  init(_ parts: [Part], _ span: Span) {
    self.parts = parts
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value { .string(try text(parts, f)) }

  private func text(_ parts: [Part], _ f: Frame) throws(Failure) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .text(let piece): result += piece
      case .value(let code, let format):
        let value = try code.eval(f)
        if format.isEmpty {
          result += value.printed()
        } else {
          do { result += try FormatSpec.apply(text(format, f), value) } catch {
            throw f.locate(error, code.span)
          }
        }
      }
    }
    return result
  }
}

/// `[body for x in xs if c …]`.
final class ComprehensionCode: Code {
  enum Clause {
    /// Slots that get a fresh box each time, then the pattern.
    case each(Store, Code, boxes: [Int])
    case when(Code)
  }
  let body: Ref
  let clauses: [Clause]
  init(_ body: Code, _ clauses: [Clause], _ span: Span) {
    self.body = Ref(body)
    self.clauses = clauses
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    var result: [Value] = []
    try run(0, f, &result)
    return .list(result)
  }

  private func run(_ at: Int, _ f: Frame, _ result: inout [Value]) throws(Failure) {
    if at == clauses.count {
      result.append(try body.eval(f))
      return
    }
    switch clauses[at] {
    case .when(let condition):
      if try condition.test(f) { try run(at + 1, f, &result) }
    case .each(let store, let sequence, let boxes):
      let value = try sequence.eval(f)
      let iterator: ValueIterator
      do { iterator = try f.machine.iterate(value) } catch { throw f.locate(error, sequence.span) }
      while true {
        if Interrupt.isSet { throw f.locate(f.machine.interruption(), span) }
        let next: Value?
        do { next = try iterator.next(f.machine) } catch { throw f.locate(error, sequence.span) }
        guard let next else { return }
        for slot in boxes { f.slots[slot] = .object(Box(.none)) }
        try store.store(next, f)
        try run(at + 1, f, &result)
      }
    }
  }
}
