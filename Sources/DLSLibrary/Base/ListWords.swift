// Words about lists and dicts.

import DLSRuntime
import DLSTensor

private let xs = Parameter("xs", .any)

private func list(_ call: Call) throws(Failure) -> ListObject {
  if case .object(let list as ListObject) = call.value(0) { return list }
  throw call.fail(
    0, code: "type-mismatch", "\(call.name) needs a list, got \(call.value(0).kindText)",
    help: call.value(0).tensorView == nil ? [] : ["tensors are joined by `cat([a, b])`"])
}

enum ListWords {
  static let all: [Builtin] = [
    Builtin(
      "append", [xs, Parameter("item", .any)], "Puts an item at the end of a list.",
      family: "Lists",
      direct: ListObject.append
    ) { call throws(Failure) in
      try list(call).items.append(call.value(1))
      return .none
    },
    Builtin(
      "extend", [xs, Parameter("items", .any)], "Puts all items of another list at the end.",
      family: "Lists"
    ) { call throws(Failure) in
      let target = try list(call)
      target.items += try call.list(1)
      return .none
    },
    Builtin(
      "insert", [xs, Parameter("index", .int), Parameter("item", .any)],
      "Puts an item in at a position.", family: "Lists"
    ) {
      call throws(Failure) in
      let target = try list(call)
      var i = try call.int(1)
      if i < 0 { i += target.items.count }
      if i < 0 || i > target.items.count {
        throw call.fail(
          1, code: "index-out-of-range",
          "index \(try call.int(1)) is out of range for length \(target.items.count)")
      }
      target.items.insert(call.value(2), at: i)
      return .none
    },
    Builtin(
      "pop", [xs, Parameter("key", .any, .int(-1)), Parameter("default", .any, .none)],
      "Takes an item out of a list (the last) or a dict, and gives it.",
      example: "pop([1, 2])  #=> 2", family: "Lists"
    ) { call throws(Failure) in
      if case .object(let dict as DictObject) = call.value(0) {
        guard let key = DictKey(call.value(1)) else {
          throw call.fail(1, code: "bad-key", "\(call.value(1).kindText) cannot be a key")
        }
        if let value = dict.entries.removeValue(forKey: key) { return value }
        if !call.isNone(2) { return call.value(2) }
        throw call.fail(1, code: "unknown-key", "the dict has no key \(call.value(1).describe())")
      }
      let target = try list(call)
      var i = try call.int(1)
      if i < 0 { i += target.items.count }
      if i < 0 || i >= target.items.count {
        throw call.fail(
          1, code: "index-out-of-range",
          target.items.isEmpty
            ? "pop from an empty list" : "index is out of range for length \(target.items.count)")
      }
      return target.items.remove(at: i)
    },
    Builtin(
      "remove", [xs, Parameter("item", .any)],
      "Takes the first equal item out of a list, or a key with its value out of a dict.",
      family: "Lists"
    ) { call throws(Failure) in
      if case .object(let dict as DictObject) = call.value(0) {
        if let key = DictKey(call.value(1)), dict.entries.removeValue(forKey: key) != nil {
          return .none
        }
        throw call.fail(1, code: "unknown-key", "the dict has no key \(call.value(1).describe())")
      }
      let target = try list(call)
      for (i, item) in target.items.enumerated() where try item.equals(call.value(1)) {
        target.items.remove(at: i)
        return .none
      }
      throw call.fail(1, "the list does not hold \(call.value(1).describe())")
    },
    Builtin(
      "index", [xs, Parameter("item", .any)], "The position of the first equal item.",
      example: "index([5, 6], 6)  #=> 1", family: "Lists"
    ) {
      call throws(Failure) in
      for (i, item) in try call.list(0).enumerated() where try item.equals(call.value(1)) {
        return .int(i)
      }
      throw call.fail(1, "there is no \(call.value(1).describe()) in it")
    },
    Builtin(
      "find", [xs, Parameter("item", .any)],
      "The position of the first equal item, or of a text in a text; -1 when there is none.",
      example: "find(\"abc\", \"c\")  #=> 2", family: "Lists"
    ) { call throws(Failure) in
      if let text = call.value(0).text {
        guard let offset = text.firstOffset(of: try call.string(1)) else { return .int(-1) }
        return .int(String(decoding: Array(text.utf8)[..<offset], as: UTF8.self).count)
      }
      for (i, item) in try call.list(0).enumerated() {
        let hit =
          call.value(1).isCallable
          ? try call.machine.call(call.value(1), [item]).equals(.bool(true))
          : try item.equals(call.value(1))
        if hit { return .int(i) }
      }
      return .int(-1)
    },
    Builtin(
      "count", [xs, Parameter("item", .any)],
      "How often an item stands in a list, or a text in a text.",
      example: "count([1, 2, 1], 1)  #=> 2", family: "Lists"
    ) { call throws(Failure) in
      if let text = call.value(0).text {
        let part = try call.string(1)
        if part.isEmpty { throw call.fail(1, "the text to count cannot be empty") }
        return .int(StringWords.pieces(text, part).count - 1)
      }
      var n = 0
      for item in try call.list(0) where try item.equals(call.value(1)) { n += 1 }
      return .int(n)
    },
    Builtin(
      "keys", [Parameter("d", .dict)], "The keys of a dict.", example: "keys({a: 1})  #=> [\"a\"]",
      family: "Dicts"
    ) { call throws(Failure) in
      .list(try call.dict(0).entries.keys.map(\.value))
    },
    Builtin(
      "values", [Parameter("d", .dict)], "The values of a dict.",
      example: "values({a: 1})  #=> [1]", family: "Dicts"
    ) {
      call throws(Failure) in .list(Array(try call.dict(0).entries.values))
    },
    Builtin(
      "items", [Parameter("d", .dict)], "Pairs of key and value.",
      example: "items({a: 1})  #=> [(\"a\", 1)]", family: "Dicts"
    ) {
      call throws(Failure) in
      .list(try call.dict(0).entries.map { .tuple([$0.key.value, $0.value]) })
    },
    Builtin(
      "has", [Parameter("d", .any), Parameter("key", .any)],
      "True when a dict has a key, or a list an item.",
      example: "has({a: 1}, \"a\")  #=> true", family: "Dicts"
    ) { call throws(Failure) in
      if case .object(let dict as DictObject) = call.value(0) {
        return .bool(DictKey(call.value(1)).map { dict.entries[$0] != nil } ?? false)
      }
      for item in try call.list(0) where try item.equals(call.value(1)) { return .bool(true) }
      return .bool(false)
    },
    Builtin(
      "get", [Parameter("d", .dict), Parameter("key", .any), Parameter("default", .any, .none)],
      "A dict's value, or a default when there is none.", example: "get({a: 1}, \"b\", 0)  #=> 0",
      family: "Dicts"
    ) { call throws(Failure) in
      let dict = try call.dict(0)
      return DictKey(call.value(1)).flatMap { dict.entries[$0] } ?? call.value(2)
    },
  ]
}
