// Words of every day: print, len, map, and the types.

import DLSRuntime
import DLSTensor

private let x = Parameter("x", .any)
private let xs = Parameter("xs", .any)
private let f = Parameter("f", .any)

enum BaseWords {
  static let all: [Builtin] = [
    Builtin(
      "print",
      [
        Parameter("values", .any, variadic: true),
        Parameter("sep", .string, .string(" "), namedOnly: true),
        Parameter("end", .string, .string("\n"), namedOnly: true),
      ],
      "Writes values, with spaces between and a newline after.",
      example: "print(\"a\", 1)  #=> a 1", family: "Base"
    ) { call throws(Failure) in
      let items = call.arguments[0].sequenceItems ?? []
      call.machine.print(
        items.map { $0.printed() }.joined(separator: try call.string(1)) + (try call.string(2)))
      return .none
    },
    Builtin(
      "len", [x], "The number of items; of a tensor, its first size.",
      example: "len([1, 2])  #=> 2", family: "Base"
    ) {
      call throws(Failure) in
      if let t = call.value(0).tensorView {
        guard let n = t.shape.first else { throw call.fail(0, "a 0-d tensor has no length") }
        return .int(n)
      }
      if case .object(let object) = call.value(0), let n = object.length { return .int(n) }
      throw call.fail(0, code: "type-mismatch", "\(call.value(0).kindText) has no length")
    },
    Builtin(
      "type", [x], "The name of the value's type.", example: "type(1)  #=> \"int\"", family: "Base"
    ) { call throws(Failure) in
      .string(call.value(0).typeName)
    },
    Builtin(
      "range",
      [Parameter("start", .int), Parameter("end", .int, .none), Parameter("step", .int, .int(1))],
      "Ints from start up to end, left out; `a..b` for a step of 1.",
      example: "list(range(0, 6, 2))  #=> [0, 2, 4]", family: "Base"
    ) { call throws(Failure) in
      let step = try call.int(2)
      if step == 0 { throw call.fail(2, "a range's step cannot be 0") }
      guard let end = try call.optionalInt(1) else {
        return .object(RangeObject(from: 0, to: try call.int(0), step: step))
      }
      return .object(RangeObject(from: try call.int(0), to: end, step: step))
    },
    Builtin(
      "enumerate", [xs, Parameter("start", .int, .int(0))], "Pairs of position and item.",
      example: "enumerate([\"a\"])  #=> [(0, \"a\")]", family: "Base"
    ) { call throws(Failure) in
      let start = try call.int(1)
      return .list(try call.list(0).enumerated().map { .tuple([.int(start + $0), $1]) })
    },
    Builtin(
      "zip", [Parameter("lists", .any, variadic: true)],
      "Tuples of the first items, the second, …: as many as the shortest has.",
      example: "zip([1, 2], [3, 4])  #=> [(1, 3), (2, 4)]", family: "Base"
    ) { call throws(Failure) in
      var lists: [[Value]] = []
      for item in call.value(0).sequenceItems ?? [] {
        guard let items = try listOf(item, call) else {
          throw call.fail(0, "zip needs lists, got \(item.kindText)")
        }
        lists.append(items)
      }
      let n = lists.map(\.count).min() ?? 0
      return .list((0..<n).map { i in .tuple(lists.map { $0[i] }) })
    },
    Builtin(
      "map", [xs, f], "The results of a function, item by item.",
      example: "map([1, 2], x -> x + 1)  #=> [2, 3]", family: "Base"
    ) {
      call throws(Failure) in
      try dataFirst(call, "map")
      var result: [Value] = []
      for item in try call.list(0) { result.append(try applied(call.value(1), item, call)) }
      return .list(result)
    },
    Builtin(
      "filter", [xs, f], "The items for which a function gives true.",
      example: "filter([1, 2, 3], x -> x > 1)  #=> [2, 3]", family: "Base"
    ) {
      call throws(Failure) in
      try dataFirst(call, "filter")
      var result: [Value] = []
      for item in try call.list(0) {
        guard case .bool(let keep) = try applied(call.value(1), item, call).plainBool else {
          throw call.fail(1, "filter needs a function that gives true or false")
        }
        if keep { result.append(item) }
      }
      return .list(result)
    },
    Builtin(
      "fold", [xs, Parameter("init", .any), f], "f(f(init, x0), x1) and so on.",
      example: "fold([1, 2, 3], 0, (a, b) -> a + b)  #=> 6", family: "Base"
    ) { call throws(Failure) in
      if call.value(0).isCallable || call.value(1).isCallable {
        throw Failure(
          "argument-order", "fold takes the data first, then the start, then the function",
          help: ["write `fold(xs, init, f)`"])
      }
      var result = call.value(1)
      for item in try call.list(0) {
        try call.machine.checkInterrupt()
        result = try call.machine.call(call.function(2), [result, item])
      }
      return result
    },
    Builtin(
      "sorted",
      [xs, Parameter("key", .function, .none), Parameter("reverse", .bool, .bool(false))],
      "The items in order.",
      example: "sorted([3, 1, 2])  #=> [1, 2, 3]", family: "Base"
    ) { call throws(Failure) in
      let items = try call.list(0)
      var keys = items
      if !call.isNone(1) {
        keys = try items.mapped { item throws(Failure) in
          try call.machine.call(call.function(1), [item])
        }
      }
      let numbers = keys.map(\.number)
      let texts = keys.map(\.text)
      var order = Array(items.indices)
      if !numbers.contains(where: { $0 == nil }) {
        order.sort { (numbers[$0] ?? 0, $0) < (numbers[$1] ?? 0, $1) }
      } else if !texts.contains(where: { $0 == nil }) {
        order.sort { (texts[$0] ?? "", $0) < (texts[$1] ?? "", $1) }
      } else {
        order = try sortedGeneral(keys)
      }
      if try call.bool(2) { order = stableReverse(order, numbers, texts) }
      return .list(order.map { items[$0] })
    },
    Builtin(
      "reversed", [xs], "The items from the last to the first.",
      example: "reversed([1, 2])  #=> [2, 1]", family: "Base"
    ) {
      call throws(Failure) in
      if let text = call.value(0).text { return .string(String(text.reversed())) }
      return .list(try call.list(0).reversed())
    },
    Builtin("doc", [f], "The documentation of a function, as text.", family: "Base") {
      call throws(Failure) in
      .string(Documentation.of(call.value(0)) ?? "")
    },
    Builtin("vars", [], "The names that the script has given, as a list.", family: "Base") {
      call throws(Failure) in
      .list(call.machine.globalNames.map { .string($0) })
    },
    Builtin(
      "equal", [Parameter("a", .any), Parameter("b", .any)],
      "True when two values are equal in all their parts.",
      example: "equal(tensor([1]), tensor([1]))  #=> true", family: "Base"
    ) { call throws(Failure) in .bool(try call.value(0).equals(call.value(1))) },
    Builtin(
      "copy", [x], "A copy of a container; its items are shared.", example: "copy([1])  #=> [1]",
      family: "Base"
    ) {
      call throws(Failure) in
      switch call.value(0) {
      case .object(let list as ListObject): return .list(list.items)
      case .object(let dict as DictObject): return .object(DictObject(dict.entries))
      default: return call.value(0)
      }
    },
    Builtin(
      "deepcopy", [x], "A copy of a container and of all in it.",
      example: "deepcopy([[1]])  #=> [[1]]", family: "Base"
    ) {
      call throws(Failure) in
      var copies: [ObjectIdentifier: Value] = [:]
      return try Copying.deep(call.value(0), &copies, call.machine)
    },
  ]

  /// Data comes first: the other order gets an error that shows the right one.
  static func dataFirst(_ call: Call, _ name: String) throws(Failure) {
    if call.value(0).isCallable, !call.value(1).isCallable {
      throw Failure(
        "argument-order", "\(name) takes the data first, then the function",
        help: ["write `\(name)({1}, {0})`"])
    }
    if !call.value(1).isCallable {
      throw call.fail(
        1, code: "type-mismatch", "\(name) needs a function, got \(call.value(1).kindText)")
    }
  }

  /// Applies a function to an item; a function of two arguments gets a pair spread.
  static func applied(_ function: Value, _ item: Value, _ call: Call) throws(Failure) -> Value {
    try call.machine.checkInterrupt()
    if case .object(let tuple as TupleObject) = item, case .object(let object) = function,
      object.kind == .function, let signature = object.signature,
      signature.count == tuple.items.count,
      signature.count > 1
    {
      return try call.machine.call(function, tuple.items)
    }
    return try call.machine.call(function, [item])
  }

  static func listOf(_ value: Value, _ call: Call) throws(Failure) -> [Value]? {
    if let items = value.sequenceItems { return items }
    let iterator = try call.machine.iterate(value)
    var result: [Value] = []
    while let next = try iterator.next(call.machine) { result.append(next) }
    return result
  }

  private static func stableReverse(_ order: [Int], _ numbers: [Double?], _ texts: [String?])
    -> [Int]
  {
    // Equal keys keep their order, as Python's reverse=True.
    var result: [Int] = []
    var group: [Int] = []
    for i in order.reversed() {
      if let last = group.last, numbers[last] != numbers[i] || texts[last] != texts[i] {
        result += group.reversed()
        group = []
      }
      group.append(i)
    }
    return result + group.reversed()
  }

  private static func sortedGeneral(_ keys: [Value]) throws(Failure) -> [Int] {
    var order: [Int] = []
    for i in keys.indices {
      var low = 0
      var high = order.count
      while low < high {
        let middle = (low + high) / 2
        if try Ordering.isLess(keys[i], keys[order[middle]]) {
          high = middle
        } else {
          low = middle + 1
        }
      }
      order.insert(i, at: low)
    }
    return order
  }
}

extension Array {
  func mapped<R>(_ body: (Element) throws(Failure) -> R) throws(Failure) -> [R] {
    var result: [R] = []
    result.reserveCapacity(count)
    for item in self { result.append(try body(item)) }
    return result
  }
}

extension Value {
  /// A bool, or a 0-d bool tensor as one.
  var plainBool: Value {
    if let t = tensorView, t.rank == 0, t.dtype == .bool { return t.itemValue }
    return self
  }
}

enum Ordering {
  /// Numbers, strings, and tuples or lists of them.
  static func isLess(_ a: Value, _ b: Value) throws(Failure) -> Bool {
    if let x = a.number, let y = b.number { return x < y }
    if let x = a.text, let y = b.text { return x < y }
    if let p = a.sequenceItems, let q = b.sequenceItems {
      for (x, y) in zip(p, q) {
        if try isLess(x, y) { return true }
        if try isLess(y, x) { return false }
      }
      return p.count < q.count
    }
    throw Failure("type-mismatch", "\(a.kindText) and \(b.kindText) have no order")
  }
}

enum Copying {
  static func deep(_ value: Value, _ copies: inout [ObjectIdentifier: Value], _ machine: Machine)
    throws(Failure) -> Value
  {
    guard case .object(let object) = value else { return value }
    if let known = copies[ObjectIdentifier(object)] { return known }
    switch object {
    case let list as ListObject:
      let copy = ListObject([])
      copies[ObjectIdentifier(object)] = .object(copy)
      for item in list.items { copy.items.append(try deep(item, &copies, machine)) }
      return .object(copy)
    case let tuple as TupleObject:
      var items: [Value] = []
      for item in tuple.items { items.append(try deep(item, &copies, machine)) }
      return .tuple(items)
    case let dict as DictObject:
      let copy = DictObject()
      copies[ObjectIdentifier(object)] = .object(copy)
      for (key, item) in dict.entries { copy.entries[key] = try deep(item, &copies, machine) }
      return .object(copy)
    case let param as ParamObject:
      let fresh = ParameterCell(param.cell.value.detached)
      fresh.isFrozen = param.cell.isFrozen
      let copy = Value.object(ParamObject(fresh))
      copies[ObjectIdentifier(object)] = copy
      return copy
    default:
      if let copy = try object.duplicate({ (inner: Value) throws(Failure) in
        try deep(inner, &copies, machine)
      }) {
        copies[ObjectIdentifier(object)] = copy
        return copy
      }
      return value
    }
  }
}
