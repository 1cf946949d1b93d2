// What brackets mean for each kind of value.

import DLSSyntax
import DLSTensor

extension DictObject {
  /// What it has, where that is short.
  var keysNote: [String] {
    var names: [String] = []
    for (key, _) in entries {
      if names.count == 8 { return [] }
      names.append(key.value.describe())
    }
    return [names.isEmpty ? "it is empty" : "it has " + names.joined(separator: ", ")]
  }
}

package enum Indexing {
  package static func get(_ holder: Value, _ items: [IndexItem], _ machine: Machine)
    throws(Failure) -> Value
  {
    if case .object(let object) = holder, object.tensorValue != nil, object.kind != .param {
      return try object.index(items, machine)
    }
    if let t = holder.tensorView {
      let indices = try tensorItems(items)
      return .tensor(try tensorWork { () throws(TensorError) in try t.index(indices) })
    }
    guard case .object(let object) = holder else {
      throw Failure("not-indexable", "\(holder.kindText) cannot be indexed")
    }
    if let dict = object as? DictObject {
      let key = try Indexing.key(items)
      guard let dictKey = DictKey(key) else {
        throw Failure("bad-key", "\(key.kindText) cannot be a key")
      }
      if let value = dict.entries[dictKey] { return value }
      let near = key.text.flatMap { Spelling.nearest(to: $0, in: dict.memberNames) }
      throw Failure(
        "unknown-key", "the dict has no key \(key.describe())", notes: dict.keysNote,
        help: near.map { ["did you mean \"\($0)\"?"] } ?? [])
    }
    if let text = (object as? StringObject)?.text {
      let characters = Array(text)
      if case .slice(let from, let to, let step) = items[0], items.count == 1 {
        return .string(String(try picked(characters.count, from, to, step).map { characters[$0] }))
      }
      let i = try position(single(items, "a string"), characters.count, "a string")
      return .string(String(characters[i]))
    }
    if let range = object as? RangeObject, items.count == 1, case .value(let index) = items[0] {
      if case .int = index {
        return .int(range.number(at: try position(index, range.count, "a range")))
      }
    }
    if let sequence = holder.sequenceItems {
      if items.count > 1 {
        let tensor = try holder.asTensor()
        return try get(.tensor(tensor), items, machine)
      }
      if case .slice(let from, let to, let step) = items[0] {
        let part = try picked(sequence.count, from, to, step).map { sequence[$0] }
        return object.kind == .tuple ? .tuple(part) : .list(part)
      }
      let index = try single(items, "a list")
      if let range = (index.objectValue as? RangeObject) {
        return .list(
          try picked(sequence.count, .int(range.from), .int(range.to), .int(range.step)).map {
            sequence[$0]
          })
      }
      if let several = index.sequenceItems {
        var result: [Value] = []
        for one in several { result.append(sequence[try position(one, sequence.count, "a list")]) }
        return .list(result)
      }
      return sequence[try position(index, sequence.count, object.articleName)]
    }
    return try object.index(items, machine)
  }

  /// `d[a, b]` is `d[(a, b)]`.
  private static func key(_ items: [IndexItem]) throws(Failure) -> Value {
    if items.count == 1 { return try single(items, "a dict") }
    var parts: [Value] = []
    for item in items { parts.append(try single([item], "a dict")) }
    return .tuple(parts)
  }

  static func single(_ items: [IndexItem], _ holder: String) throws(Failure) -> Value {
    if items.count == 1, case .value(let value) = items[0] { return value }
    throw Failure("bad-index", "\(holder) takes one index")
  }

  static func position(_ index: Value, _ count: Int, _ holder: String) throws(Failure) -> Int {
    var i: Int
    switch index {
    case .int(let x): i = x
    case .tensor(let t) where t.count == 1 && t.dtype == .i64 && !t.isMeta: i = t.ints()[0]
    default:
      throw Failure(
        "bad-index", "\(holder) is indexed by ints, not by \(index.kindText)",
        help: index.number != nil ? ["as an int: `int(…)`, or divide by `//`"] : [])
    }
    if i < 0 { i += count }
    if i < 0 || i >= count {
      throw Failure(
        "index-out-of-range", "index \(index.describe()) is out of range for length \(count)",
        notes: [
          count == 0
            ? "it is empty" : "indices run from 0 to \(count - 1), or from -\(count) to -1"
        ])
    }
    return i
  }

  private static func picked(_ count: Int, _ from: Value, _ to: Value, _ step: Value)
    throws(Failure) -> [Int]
  {
    func int(_ value: Value) -> Int? {
      if case .int(let x) = value { return x }
      return nil
    }
    let by = int(step) ?? 1
    if by == 0 { throw Failure("bad-index", "a slice's step cannot be 0") }
    func clip(_ i: Int, _ low: Int, _ high: Int) -> Int {
      min(max(i < 0 ? i &+ count : i, low), high)
    }
    if by > 0 {
      let (a, b) = (
        int(from).map { clip($0, 0, count) } ?? 0, int(to).map { clip($0, 0, count) } ?? count
      )
      return a < b ? Array(stride(from: a, to: b, by: by)) : []
    }
    let a = int(from).map { clip($0, -1, count - 1) } ?? count - 1
    let b = int(to).map { clip($0, -1, count - 1) } ?? -1
    return a > b ? Array(stride(from: a, to: b, by: by)) : []
  }

  static func tensorItems(_ items: [IndexItem]) throws(Failure) -> [TensorIndex] {
    var result: [TensorIndex] = []
    for item in items {
      switch item {
      case .ellipsis: result.append(.ellipsis)
      case .slice(let from, let to, let step):
        func int(_ value: Value) -> Int? {
          if case .int(let x) = value { return x }
          return nil
        }
        result.append(.slice(from: int(from), to: int(to), step: int(step) ?? 1))
      case .value(let value): try append(value, &result)
      }
    }
    return result
  }

  private static func append(_ value: Value, _ result: inout [TensorIndex]) throws(Failure) {
    switch value {
    case .int(let i): result.append(.int(i))
    case .none: result.append(.newAxis)
    case .tensor(let t):
      if t.rank == 0, t.dtype == .i64, !t.isMeta { return result.append(.int(t.ints()[0])) }
      result.append(.tensor(t))
    case .object(let object):
      if let range = object as? RangeObject {
        return result.append(.slice(from: range.from, to: range.to, step: range.step))
      }
      if object.kind == .tuple, let items = value.sequenceItems {
        for item in items { try append(item, &result) }
        return
      }
      if let t = object.tensorValue { return result.append(.tensor(t)) }
      if let items = value.sequenceItems {
        let t = try value.asTensor()
        if items.isEmpty {
          return result.append(.tensor(try tensorWork { () throws(TensorError) in try t.to(.i64) }))
        }
        return result.append(.tensor(t))
      }
      throw Failure(
        "bad-index", "a tensor is not indexed by \(value.kindText)",
        help: value.text.map { ["a table's column is `.column(\"\($0)\")`"] } ?? [])
    case .float, .bool:
      throw Failure(
        "bad-index", "a tensor is not indexed by \(value.kindText)",
        help: value.number != nil ? ["as an int: `int(…)`, or divide by `//`"] : [])
    }
  }

  static func assign(_ x: inout Tensor, _ items: [IndexItem], _ value: Value) throws(Failure) {
    let indices = try tensorItems(items)
    if !Operators.isNumeric(value) {
      throw Failure(
        "type-mismatch", "a part of a tensor is set to numbers, not to \(value.kindText)")
    }
    let source = try value.asTensor(like: x.dtype)
    do throws(TensorError) { try Tensor.assign(&x, at: indices, source) } catch {
      throw Failure(error)
    }
  }

  static func set(_ object: Object, _ items: [IndexItem], _ value: Value, _ machine: Machine)
    throws(Failure)
  {
    if let param = object as? ParamObject {
      var new = param.cell.value.detached
      try Autograd.withoutRecording { () throws(Failure) in try assign(&new, items, value) }
      return try param.set(.tensor(new))
    }
    if let dict = object as? DictObject {
      let key = try Indexing.key(items)
      guard let dictKey = DictKey(key) else {
        throw Failure("bad-key", "\(key.kindText) cannot be a key")
      }
      dict.entries[dictKey] = value
      return
    }
    if let list = object as? ListObject {
      if case .slice(let from, let to, let step) = items[0], items.count == 1 {
        guard let new = value.sequenceItems else {
          throw Failure(
            "type-mismatch", "a part of a list is replaced by a list, not by \(value.kindText)")
        }
        let places = try picked(list.items.count, from, to, step)
        if case .none = step {
          let start = places.first ?? min(max(0, startOf(from, list.items.count)), list.items.count)
          list.items.replaceSubrange(start..<(start + places.count), with: new)
          return
        }
        if places.count != new.count {
          throw Failure("bad-index", "\(places.count) places, but \(new.count) values")
        }
        for (place, item) in zip(places, new) { list.items[place] = item }
        return
      }
      list.items[try position(single(items, "a list"), list.items.count, "a list")] = value
      return
    }
    if object.kind == .tuple || object.kind == .string {
      throw Failure(
        "bad-target", "\(object.articleName) cannot be changed",
        help: ["make a list of it: `list(…)`"])
    }
    throw Failure("not-indexable", "\(object.articleName) has no parts to assign")
  }

  private static func startOf(_ from: Value, _ count: Int) -> Int {
    if case .int(let x) = from { return x < 0 ? x + count : x }
    return 0
  }
}
