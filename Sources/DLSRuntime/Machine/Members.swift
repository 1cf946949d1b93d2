// Members of values, iteration, spreading.

import DLSSyntax
import DLSTensor

extension Machine {
  /// A member that the value itself has; nil when a uniform call should be tried.
  func ownMember(_ x: Value, _ name: String) throws(Failure) -> Value? {
    switch x {
    case .tensor(let t): return tensorMember(t, name)
    case .object(let object):
      if let own = try object.member(name, self) { return own }
      if let t = object.tensorValue { return tensorMember(t, name) }
      return nil
    case .int, .float, .bool, .none: return nil
    }
  }

  private func tensorMember(_ t: Tensor, _ name: String) -> Value? {
    switch name {
    case "shape": return .ints(t.shape)
    case "dtype": return .object(TypeObject(t.dtype.name, dtype: t.dtype))
    case "ndim": return .int(t.rank)
    case "T": return (try? t.transposed()).map { .tensor($0) }
    case "grad": return t.node?.gradient.map { .tensor($0) } ?? Value.none
    default: return nil
    }
  }

  static let tensorMembers = ["shape", "dtype", "ndim", "T", "grad"]

  /// Words that are methods only (`net.train()`), declared with the prefix `.`.
  func method(of x: Value, _ name: String) -> Value? { builtins["." + name] }

  func noMember(_ x: Value, _ name: String, _ module: Module) -> Failure {
    var names: [String] = []
    if case .object(let object) = x { names = object.memberNames }
    if x.tensorView != nil { names += Machine.tensorMembers }
    let words = allNames(module).map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    var help: [String] = []
    if let habit = Habits.ofUnknownMember(name, isTensor: x.tensorView != nil) {
      help = [habit]
    } else if let near = Spelling.nearest(to: name, in: names)
      ?? (x.objectValue is DictObject ? nil : Spelling.nearest(to: name, in: words))
    {
      help = ["did you mean `\(near)`?"]
    }
    return Failure(
      "unknown-member", "\(x.kindText) has no member `\(name)`, and no function has that name",
      notes: (x.objectValue as? DictObject)?.keysNote ?? [], help: help)
  }

  package func member(_ x: Value, _ name: String) throws(Failure) -> Value {
    if let own = try ownMember(x, name) { return own }
    if let method = method(of: x, name) { return .object(BoundMethodObject(x, method)) }
    if let word = word(name), word.isCallable { return .object(BoundMethodObject(x, word)) }
    throw noMember(x, name, Module(path: nil, builtin: { _ in nil }))
  }

  /// The rows of a tensor as values.
  func rows(_ t: Tensor) throws(Failure) -> [Value] {
    var result: [Value] = []
    for i in 0..<t.shape[0] {
      result.append(.tensor(try tensorWork { () throws(TensorError) in try t.index([.int(i)]) }))
    }
    return result
  }

  func spread(_ value: Value) throws(Failure) -> [Value]? {
    if let items = value.sequenceItems { return items }
    if let t = value.tensorView, t.rank > 0 { return try rows(t) }
    guard case .object(let object) = value, let iterator = try object.makeIterator(self) else {
      return nil
    }
    var result: [Value] = []
    while let next = try iterator.next(self) {
      try checkInterrupt()
      result.append(next)
    }
    return result
  }

  /// What `for` runs over.
  package func iterate(_ value: Value) throws(Failure) -> ValueIterator {
    if let t = value.tensorView {
      if t.rank == 0 { throw Failure("not-iterable", "a 0-d tensor cannot be run over") }
      var at = 0
      return ClosureIterator(left: { t.shape[0] - at }) { () throws(Failure) in
        guard at < t.shape[0] else { return nil }
        at += 1
        let i = at - 1
        return .tensor(try tensorWork { () throws(TensorError) in try t.index([.int(i)]) })
      }
    }
    if case .object(let object) = value, let iterator = try object.makeIterator(self) {
      return iterator
    }
    var help: [String] = []
    if case .int(let n) = value { help = ["to count: `for i in 0..\(n)`"] }
    throw Failure("not-iterable", "\(value.kindText) cannot be run over", help: help)
  }
}
