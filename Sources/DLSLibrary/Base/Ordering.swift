// Order and copies of values: comparing, a sort that can be stopped, deep copies.

import DLSRuntime
import DLSTensor

enum Ordering {
  /// Numbers, strings, and tuples or lists of them: -1, 0 or 1.
  static func compare(_ a: Value, _ b: Value, _ depth: Int = 0) throws(Failure) -> Int {
    if let x = a.number, let y = b.number { return x < y ? -1 : x > y ? 1 : 0 }
    if let x = a.text, let y = b.text { return x < y ? -1 : x > y ? 1 : 0 }
    if case .bool(let x) = a, case .bool(let y) = b { return x == y ? 0 : y ? -1 : 1 }
    if depth < 1000, let p = a.sequenceItems, let q = b.sequenceItems {
      for (x, y) in zip(p, q) {
        let order = try compare(x, y, depth + 1)
        if order != 0 { return order }
      }
      return p.count < q.count ? -1 : p.count > q.count ? 1 : 0
    }
    throw Failure("type-mismatch", "\(a.kindText) and \(b.kindText) have no order")
  }

  /// The positions of `keys` in order; equal keys keep theirs, as Python's do.
  static func order(of keys: [Value], reverse: Bool, _ machine: Machine) throws(Failure) -> [Int] {
    let sign = reverse ? -1 : 1
    let numbers = keys.compactMap(\.number)
    if numbers.count == keys.count {
      return try merged(keys.count, machine) { i, j in
        numbers[i] < numbers[j] ? -sign : numbers[i] > numbers[j] ? sign : 0
      }
    }
    let texts = keys.compactMap(\.text)
    if texts.count == keys.count {
      return try merged(keys.count, machine) { i, j in
        texts[i] < texts[j] ? -sign : texts[i] > texts[j] ? sign : 0
      }
    }
    return try merged(keys.count, machine) { i, j throws(Failure) in
      sign * (try compare(keys[i], keys[j]))
    }
  }

  /// Merge sort of 0..<n, from runs of one to runs of all.
  private static func merged(
    _ n: Int, _ machine: Machine, _ compare: (Int, Int) throws(Failure) -> Int
  ) throws(Failure) -> [Int] {
    var order = Array(0..<n)
    var target = order
    var width = 1
    while width < n {
      var start = 0
      while start < n {
        try machine.checkInterrupt()
        let (middle, end) = (min(start + width, n), min(start + 2 * width, n))
        var (i, j) = (start, middle)
        for k in start..<end {
          if k & 0xffff == 0xffff { try machine.checkInterrupt() }
          if i < middle, j == end ? true : try compare(order[i], order[j]) <= 0 {
            target[k] = order[i]
            i += 1
          } else {
            target[k] = order[j]
            j += 1
          }
        }
        start = end
      }
      swap(&order, &target)
      width *= 2
    }
    return order
  }
}

enum Copying {
  static func deep(
    _ value: Value, _ copies: inout [ObjectIdentifier: Value], _ machine: Machine, _ depth: Int = 0
  ) throws(Failure) -> Value {
    if depth > 50_000 { throw Failure("nested-too-deep", "the value nests too deep to be copied") }
    guard case .object(let object) = value else { return value }
    if let known = copies[ObjectIdentifier(object)] { return known }
    switch object {
    case let list as ListObject:
      let copy = ListObject([])
      copies[ObjectIdentifier(object)] = .object(copy)
      for item in list.items { copy.items.append(try deep(item, &copies, machine, depth + 1)) }
      return .object(copy)
    case let tuple as TupleObject:
      var items: [Value] = []
      for item in tuple.items { items.append(try deep(item, &copies, machine, depth + 1)) }
      return .tuple(items)
    case let dict as DictObject:
      let copy = DictObject()
      copies[ObjectIdentifier(object)] = .object(copy)
      for (key, item) in dict.entries {
        copy.entries[key] = try deep(item, &copies, machine, depth + 1)
      }
      return .object(copy)
    case let param as ParamObject:
      let fresh = ParameterCell(param.cell.value.detached)
      fresh.isFrozen = param.cell.isFrozen
      let copy = Value.object(ParamObject(fresh))
      copies[ObjectIdentifier(object)] = copy
      return copy
    default:
      if let copy = try object.duplicate({ (inner: Value) throws(Failure) in
        try deep(inner, &copies, machine, depth + 1)
      }) {
        copies[ObjectIdentifier(object)] = copy
        return copy
      }
      return value
    }
  }
}
