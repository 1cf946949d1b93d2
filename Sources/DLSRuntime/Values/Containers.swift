// Strings, lists, tuples, dicts and ranges.

import DLSSyntax
import DLSTensor

package final class StringObject: Object {
  package let text: String

  package init(_ text: String) {
    self.text = text
    super.init(.string)
  }

  package override var typeName: String { "str" }
  /// Characters. Text of ASCII has as many as bytes, but for "\r\n", which is one.
  package override var length: Int? {
    let isPlain = text.utf8.withContiguousStorageIfAvailable { bytes in
      // Without an early end, so that many are looked at in one instruction.
      var other: UInt8 = 0
      for byte in bytes { other |= (byte & 0x80) | (byte == 0x0d ? 1 : 0) }
      return other == 0
    }
    return isPlain == true ? text.utf8.count : text.count
  }
  package override func describe(_ printer: inout Printer) { printer.string(text) }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    var characters = text.makeIterator()
    return ClosureIterator { characters.next().map { .string(String($0)) } }
  }
}

/// An iterator over a closure.
package final class ClosureIterator: ValueIterator {
  private let body: () throws(Failure) -> Value?
  private let left: (() -> Int?)?

  package init(left: (() -> Int?)? = nil, _ body: @escaping () throws(Failure) -> Value?) {
    self.body = body
    self.left = left
  }

  package override func next(_ machine: Machine) throws(Failure) -> Value? { try body() }
  package override var remaining: Int? { left?() }
}

package final class ListObject: Container {
  package var items: [Value]

  package init(_ items: [Value]) {
    self.items = items
    super.init(.list)
  }

  deinit { Collector.free(&items) }

  /// `xs.append(item)`, without packing the two.
  package static func append(_ operands: UnsafeMutableBufferPointer<Value>) -> Value? {
    guard operands.count == 2, let base = operands.baseAddress, Slot(base).isObject(.list) else {
      return nil
    }
    let item = Slot(base + 1).take()
    Unmanaged<ListObject>.fromOpaque(Slot(base).object.toOpaque())
      ._withUnsafeGuaranteedRef { $0.items.append(item) }
    return Value.none
  }

  package override var typeName: String { "list" }
  package override var length: Int? { items.count }
  package override func describe(_ printer: inout Printer) {
    printer.sequence(self, "[", items, "]")
  }
  package override func forEachReference(_ visit: (Value) -> Void) { items.forEach(visit) }
  package override func clearReferences() { items = [] }
  package override var children: [(name: String, value: Value)] {
    items.enumerated().map { (String($0), $1) }
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    var at = 0
    return ClosureIterator(left: { self.items.count - at }) {
      guard at < self.items.count else { return nil }
      at += 1
      return self.items[at - 1]
    }
  }
}

package final class TupleObject: Container {
  package private(set) var items: [Value]

  package init(_ items: [Value]) {
    self.items = items
    super.init(.tuple)
  }

  deinit { Collector.free(&items) }

  package override var typeName: String { "tuple" }
  package override var length: Int? { items.count }
  package override func describe(_ printer: inout Printer) {
    printer.sequence(self, "(", items, items.count == 1 ? ",)" : ")")
  }
  package override func forEachReference(_ visit: (Value) -> Void) { items.forEach(visit) }
  package override func clearReferences() { items = [] }
  package override var children: [(name: String, value: Value)] {
    items.enumerated().map { (String($0), $1) }
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    var at = 0
    return ClosureIterator(left: { self.items.count - at }) {
      guard at < self.items.count else { return nil }
      at += 1
      return self.items[at - 1]
    }
  }
}

/// What can be a key: strings, ints, bools and tuples of them.
package enum DictKey: Hashable, Sendable {
  case string(String)
  case int(Int)
  case bool(Bool)
  case tuple([DictKey])

  package init?(_ value: Value) { self.init(value, 0) }

  private init?(_ value: Value, _ depth: Int) {
    if depth > 100 { return nil }
    switch value {
    case .int(let x): self = .int(x)
    case .bool(let x): self = .bool(x)
    case .float(let x):
      guard let whole = Int(exactly: x) else { return nil }
      self = .int(whole)
    case .object(let object as StringObject): self = .string(object.text)
    case .object(let object as TupleObject):
      var keys: [DictKey] = []
      for item in object.items {
        guard let key = DictKey(item, depth + 1) else { return nil }
        keys.append(key)
      }
      self = .tuple(keys)
    case .tensor(let t):
      guard t.rank == 0, !t.isMeta, t.dtype == .i64 || t.dtype == .bool else { return nil }
      self = t.dtype == .bool ? .bool(t.element(0) != 0) : .int(t.ints()[0])
    case .object, .none: return nil
    }
  }

  package var value: Value {
    switch self {
    case .string(let x): .string(x)
    case .int(let x): .int(x)
    case .bool(let x): .bool(x)
    case .tuple(let keys): .object(TupleObject(keys.map(\.value)))
    }
  }
}

package final class DictObject: Container {
  package var entries: DictEntries

  package init(_ entries: DictEntries = [:]) {
    self.entries = entries
    super.init(.dict)
  }

  deinit {
    if entries.isEmpty { return }
    var items = Array(entries.values)
    entries = [:]
    Collector.free(&items)
  }

  package override var typeName: String { "dict" }
  package override var length: Int? { entries.count }
  package override var memberNames: [String] {
    entries.keys.compactMap { if case .string(let s) = $0 { s } else { nil } }
  }

  package func get(_ name: String) -> Value? { entries[.string(name)] }
  package func set(_ name: String, _ value: Value) { entries[.string(name)] = value }

  package override func describe(_ printer: inout Printer) {
    printer.enter(self, "{…}") { printer in
      printer.write("{")
      for (i, entry) in entries.enumerated() {
        if i > 0 { printer.write(", ") }
        if case .string(let text) = entry.key, Printer.isBareWord(text) {
          printer.write(text)
        } else {
          printer.value(entry.key.value)
        }
        printer.write(": ")
        printer.value(entry.value)
      }
      printer.write("}")
    }
  }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    entries[.string(name)]
      ?? (name == "true" ? entries[.bool(true)] : name == "false" ? entries[.bool(false)] : nil)
  }
  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    entries[.string(name)] = value
    return true
  }
  package override func forEachReference(_ visit: (Value) -> Void) { entries.values.forEach(visit) }
  package override func clearReferences() { entries = [:] }
  package override var children: [(name: String, value: Value)] {
    entries.map { entry in
      if case .string(let text) = entry.key { return (text, entry.value) }
      return (entry.key.value.describe(), entry.value)
    }
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    var at = 0
    let keys = Array(entries.keys)
    return ClosureIterator(left: { keys.count - at }) {
      guard at < keys.count else { return nil }
      at += 1
      return keys[at - 1].value
    }
  }
}

/// Ints from one up to another, left out; or by a step.
package final class RangeObject: Object {
  package let from: Int
  package let to: Int
  package let step: Int

  package init(from: Int, to: Int, step: Int = 1) {
    self.from = from
    self.to = to
    self.step = step
    super.init(.range)
  }

  package var count: Int { RangeObject.count(from: from, to: to, step: step) }

  /// Never more than an int holds, however far apart the ends are.
  static func count(from: Int, to: Int, step: Int) -> Int {
    let (low, high) = step > 0 ? (from, to) : (to, from)
    if low >= high { return 0 }
    let steps = (UInt(bitPattern: high) &- UInt(bitPattern: low) &- 1) / step.magnitude
    return steps >= UInt(Int.max) ? Int.max : Int(steps) + 1
  }

  package override var typeName: String { "range" }
  package override var length: Int? { count }
  package override func describe(_ printer: inout Printer) {
    printer.write(step == 1 ? "\(from)..\(to)" : "range(\(from), \(to), \(step))")
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    var at = 0
    let count = count
    return ClosureIterator(left: { count - at }) {
      guard at < count else { return nil }
      at += 1
      return .int(self.number(at: at - 1))
    }
  }

  /// All numbers; nil when there are too many to hold them in a list at once.
  package var values: [Value]? {
    count > 1 << 24 ? nil : (0..<count).map { .int(number(at: $0)) }
  }

  /// The i-th number; i lies within the count.
  package func number(at i: Int) -> Int { from &+ i &* step }
}
