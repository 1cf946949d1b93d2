// `==` on values that are not tensors: structural, and safe with cycles.

import DLSTensor

/// A pair of containers being compared: met again, they count as equal.
private struct Pair: Hashable {
  let a: ObjectIdentifier
  let b: ObjectIdentifier
}

private struct Comparison {
  var open: Set<Pair> = []

  mutating func equal(_ a: Value, _ b: Value, _ depth: Int) throws(Failure) -> Bool {
    if depth > 5000 { throw Failure("nested-too-deep", "these values nest too deep to compare") }
    switch (a, b) {
    case (.int(let x), .int(let y)): return x == y
    case (.float(let x), .float(let y)): return x == y
    case (.int(let x), .float(let y)), (.float(let y), .int(let x)): return Double(x) == y
    case (.bool(let x), .bool(let y)): return x == y
    case (.none, .none): return true
    case (.tensor(let x), .tensor(let y)):
      if x.shape != y.shape { return false }
      return try tensorWork { () throws(TensorError) in
        try x.equal(y).all().packedElement != 0
      }
    case (.tensor(let t), .int), (.tensor(let t), .float), (.int, .tensor(let t)),
      (.float, .tensor(let t)):
      return t.rank == 0 && a.number == b.number
    case (.object(let x), .object(let y)):
      if x === y { return true }
      switch (x, y) {
      case (let x as StringObject, let y as StringObject): return x.text == y.text
      case (let x as DictObject, let y as DictObject):
        if x.entries.count != y.entries.count || !enter(x, y) {
          return x.entries.count == y.entries.count
        }
        for (key, value) in x.entries {
          guard let other = y.entries[key], try equal(value, other, depth + 1) else { return false }
        }
        return true
      case (let x as TypeObject, let y as TypeObject): return x.name == y.name
      default:
        guard x.kind == y.kind || x.kind == .range || y.kind == .range,
          let p = a.sequenceItems, let q = b.sequenceItems
        else { return false }
        if p.count != q.count { return false }
        if !enter(x, y) { return true }
        for (v, w) in zip(p, q) where try !equal(v, w, depth + 1) { return false }
        return true
      }
    default: return false
    }
  }

  private mutating func enter(_ x: Object, _ y: Object) -> Bool {
    open.insert(Pair(a: ObjectIdentifier(x), b: ObjectIdentifier(y))).inserted
  }
}

extension Value {
  package func equals(_ other: Value) throws(Failure) -> Bool {
    var comparison = Comparison()
    return try comparison.equal(self, other, 0)
  }
}
