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
      "type", [x], "The name of the value's type.",
      details: "Layers, compositions of layers and instances of models are all \"model\".",
      example: "type(1)  #=> \"int\"", family: "Base"
    ) { call throws(Failure) in
      let x = call.value(0)
      return .string(x.objectValue?.kind == .layer ? "model" : x.typeName)
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
      var position = try call.int(1)
      let iterator = try call.machine.iterate(call.value(0))
      var result: [Value] = []
      while let next = try iterator.next(call.machine) {
        try call.machine.checkInterrupt()
        result.append(.tuple([.int(position), next]))
        position &+= 1
      }
      return .list(result)
    },
    Builtin(
      "zip", [Parameter("lists", .any, variadic: true)],
      "Tuples of the first items, the second, …: as many as the shortest has.",
      example: "zip([1, 2], [3, 4])  #=> [(1, 3), (2, 4)]", family: "Base"
    ) { call throws(Failure) in
      // One by one, so that an endless list may stand beside a short one.
      let iterators = try (call.value(0).sequenceItems ?? []).mapped { item throws(Failure) in
        try call.machine.iterate(item)
      }
      var result: [Value] = []
      if iterators.isEmpty { return .list(result) }
      while true {
        try call.machine.checkInterrupt()
        var row: [Value] = []
        for iterator in iterators {
          guard let next = try iterator.next(call.machine) else { return .list(result) }
          row.append(next)
        }
        result.append(.tuple(row))
      }
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
      try foldOrder(call)
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
      let order = try Ordering.order(of: keys, reverse: try call.bool(2), call.machine)
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
      object.kind == .function || object.kind == .builtin, let signature = object.signature,
      signature.count == tuple.items.count, signature.count > 1,
      object.kind == .function || signature.allSatisfy({ !$0.isOptional && !$0.isVariadic })
    {
      return try call.machine.call(function, tuple.items)
    }
    return try call.machine.call(function, [item])
  }

  /// The three arguments of fold in another order: the right one, in the script's own words.
  private static func foldOrder(_ call: Call) throws(Failure) {
    guard !call.value(2).isCallable,
      let function = (0..<2).first(where: { call.value($0).isCallable })
    else {
      if call.value(1).sequenceItems != nil, call.value(0).sequenceItems == nil,
        call.value(2).isCallable
      {
        throw Failure(
          "argument-order", "fold takes the data first, then the start, then the function",
          help: ["write `fold({1}, {0}, {2})`"])
      }
      return
    }
    let rest = (0..<3).filter { $0 != function }
    let data = rest.first { call.value($0).sequenceItems != nil } ?? rest[0]
    let start = rest.first { $0 != data } ?? rest[1]
    throw Failure(
      "argument-order", "fold takes the data first, then the start, then the function",
      help: ["write `fold({\(data)}, {\(start)}, {\(function)})`"])
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
