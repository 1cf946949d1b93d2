// Typed access to a call's arguments; each error names the call, the parameter and what was got.

import DLSSyntax
import DLSTensor

extension Call {
  /// An error about one argument.
  package func fail(_ i: Int, code: String = "bad-argument", _ message: String, help: [String] = [])
    -> Failure
  { Failure(code, message, argument: i, help: help) }

  private func wrong(_ i: Int, _ needed: String) -> Failure {
    let p = i < parameters.count ? parameters[i].name : "argument"
    let isListMeant =
      i > 0 && parameters[0].kind == .tensors && arguments[i].tensorView != nil
      && arguments[0].tensorView != nil
    return Failure(
      "type-mismatch", "\(name) needs \(needed) for `\(p)`, got \(arguments[i].kindText)",
      argument: i,
      help: isListMeant
        ? ["several tensors stand in a list: `\(name)([{0}, {\(i)}])`"] : helpForSeveral(i))
  }

  /// `max(a, b)` of two tensors, and `sum(1, 2, 3)`.
  private func helpForSeveral(_ i: Int) -> [String] {
    guard parameters[0].kind == .tensor, i > 0 else { return [] }
    if name == "max" || name == "min",
      arguments[i].tensorView ?? nil != nil || arguments[i].sequenceItems != nil
    {
      return ["element by element: `\(name)imum({0}, {1})`"]
    }
    if i >= 2, arguments[...i].allSatisfy({ $0.number != nil }) {
      return ["several numbers stand in a list: `\(name)([{0}, {1}, …])`"]
    }
    return []
  }

  package func value(_ i: Int) -> Value { arguments[i] }
  package func isNone(_ i: Int) -> Bool {
    if case .none = arguments[i] { return true }
    return false
  }

  package func tensor(_ i: Int) throws(Failure) -> Tensor {
    switch arguments[i] {
    case .tensor(let t): return t
    case .int, .float, .bool: return try arguments[i].asTensor()
    case .object(let object):
      if let t = object.tensorValue { return t }
      if arguments[i].sequenceItems != nil {
        do { return try arguments[i].asTensor() } catch {
          error.argument = i
          throw error
        }
      }
      throw wrong(i, "a tensor")
    case .none: throw wrong(i, "a tensor")
    }
  }
  package func optionalTensor(_ i: Int) throws(Failure) -> Tensor? {
    isNone(i) ? nil : try tensor(i)
  }
  package func tensors(_ i: Int) throws(Failure) -> [Tensor] {
    guard let items = arguments[i].sequenceItems else {
      if let t = arguments[i].tensorView, t.rank > 0 {
        return try tensorWork { () throws(TensorError) in
          try t.split([Int](repeating: 1, count: t.shape[0]), 0).map { x throws(TensorError) in
            try x.squeeze([0])
          }
        }
      }
      throw wrong(i, "a list of tensors")
    }
    var result: [Tensor] = []
    for item in items { result.append(try item.asTensor()) }
    return result
  }

  package func int(_ i: Int) throws(Failure) -> Int {
    switch arguments[i] {
    case .int(let x): return x
    case .float(let x):
      if let whole = Int(exactly: x) { return whole }
    case .tensor(let t) where t.count == 1 && t.dtype == .i64 && !t.isMeta: return t.ints()[0]
    case .bool, .tensor, .object, .none: break
    }
    throw wrong(i, "an int")
  }
  package func optionalInt(_ i: Int) throws(Failure) -> Int? { isNone(i) ? nil : try int(i) }

  package func ints(_ i: Int) throws(Failure) -> [Int] {
    if case .int(let x) = arguments[i] { return [x] }
    if let items = arguments[i].sequenceItems {
      var result: [Int] = []
      for item in items {
        switch item {
        case .int(let x): result.append(x)
        case .tensor(let t) where t.count == 1 && t.dtype == .i64: result += t.ints()
        default:
          if items.count == 1, let inner = item.sequenceItems {
            for value in inner {
              guard case .int(let x) = value else { throw wrong(i, "ints") }
              result.append(x)
            }
            continue
          }
          throw Failure(
            "type-mismatch", "\(name) needs ints for `\(parameters[i].name)`, got \(item.kindText)",
            argument: i)
        }
      }
      return result
    }
    if let t = arguments[i].tensorView, t.dtype == .i64 { return t.ints() }
    return [try int(i)]
  }
  package func optionalInts(_ i: Int) throws(Failure) -> [Int]? { isNone(i) ? nil : try ints(i) }

  /// Sizes from 0 on; `none` leaves one open and is given as -1.
  package func openInts(_ i: Int) throws(Failure) -> [Int] {
    var result: [Int] = []
    for item in arguments[i].sequenceItems ?? [arguments[i]] {
      switch item {
      case .none: result.append(-1)
      case .int(let n) where n >= 0: result.append(n)
      case .int(let n):
        throw fail(i, "\(name)'s \(parameters[i].name) must be at least 1, got \(n)")
      case .float, .bool, .object, .tensor: throw wrong(i, "ints or none")
      }
    }
    return result
  }

  package func float(_ i: Int) throws(Failure) -> Double {
    if let x = arguments[i].number { return x }
    throw wrong(i, "a number")
  }
  package func optionalFloat(_ i: Int) throws(Failure) -> Double? { isNone(i) ? nil : try float(i) }

  package func bool(_ i: Int) throws(Failure) -> Bool {
    switch arguments[i] {
    case .bool(let x): return x
    case .tensor(let t) where t.rank == 0 && t.dtype == .bool && !t.isMeta: return t.element(0) != 0
    case .int, .float, .tensor, .object, .none: throw wrong(i, "true or false")
    }
  }

  package func string(_ i: Int) throws(Failure) -> String {
    if let text = arguments[i].text { return text }
    throw wrong(i, "a string")
  }
  package func optionalString(_ i: Int) throws(Failure) -> String? {
    isNone(i) ? nil : try string(i)
  }

  package func dtype(_ i: Int) throws(Failure) -> DType {
    if case .object(let type as TypeObject) = arguments[i] {
      if let dtype = type.dtype { return dtype }
      if type.name == "int" { return .i64 }
      if type.name == "float" { return .f32 }
      if type.name == "bool" { return .bool }
    }
    if let text = arguments[i].text, let dtype = DType.named(text) { return dtype }
    throw Failure(
      "type-mismatch",
      "\(name) needs a dtype for `\(parameters[i].name)`, got \(arguments[i].kindText)",
      argument: i,
      help: arguments[i].text.flatMap(Habits.ofUnknownName).map { [$0] }
        ?? ["dtypes are f32, f64, i64 and bool"])
  }
  package func optionalDType(_ i: Int) throws(Failure) -> DType? { isNone(i) ? nil : try dtype(i) }

  package func function(_ i: Int) throws(Failure) -> Value {
    if arguments[i].isCallable { return arguments[i] }
    throw wrong(i, "a function")
  }

  /// Something that maps inputs to outputs.
  package func network(_ i: Int) throws(Failure) -> Value {
    if arguments[i].isCallable { return arguments[i] }
    throw Failure(
      "type-mismatch", "\(name) needs a network, got \(arguments[i].kindText)", argument: i,
      help: i == 0 ? ["the network comes first: `\(name)(net, …)`"] : [])
  }

  package func list(_ i: Int) throws(Failure) -> [Value] {
    if let items = arguments[i].sequenceItems { return items }
    if case .object(let object) = arguments[i], let iterator = try object.makeIterator(machine) {
      var result: [Value] = []
      while let next = try iterator.next(machine) {
        try machine.checkInterrupt()
        result.append(next)
      }
      return result
    }
    if case .tensor = arguments[i] {
      var result: [Value] = []
      let iterator = try machine.iterate(arguments[i])
      while let next = try iterator.next(machine) { result.append(next) }
      return result
    }
    throw wrong(i, "a list")
  }

  package func dict(_ i: Int) throws(Failure) -> DictObject {
    if case .object(let dict as DictObject) = arguments[i] { return dict }
    throw wrong(i, "a dict")
  }

  /// Floats given as numbers or lists are weak: beside an f64 tensor they are f64 too.
  private func weakTensor(_ i: Int) throws(Failure) -> Tensor {
    let own = try tensor(i)
    guard own.dtype == .f32, arguments[i].tensorView == nil,
      arguments.contains(where: { $0.tensorView?.dtype == .f64 })
    else { return own }
    return try arguments[i].asTensor(like: .f64)
  }

  /// The argument as an op takes it, by the parameter's kind.
  func opValue(_ i: Int) throws(Failure) -> OpValue {
    if isNone(i), parameters[i].isOptional { return .none }
    switch parameters[i].kind {
    case .openInts: return .ints(try openInts(i))
    case .tensor: return .tensor(try weakTensor(i))
    case .tensors: return .tensors(try tensors(i))
    case .int: return .int(try int(i))
    case .ints:
      if case .int(let x) = arguments[i] { return .int(x) }
      return .ints(try ints(i))
    case .float:
      if case .int(let x) = arguments[i] { return .int(x) }
      return .float(try float(i))
    case .bool: return .bool(try bool(i))
    case .string: return .string(try string(i))
    case .dtype: return .dtype(try dtype(i))
    case .any: return try anyValue(i)
    case .function, .model, .list, .dict:
      throw Failure("bad-argument", "\(name) is declared with a parameter that an op cannot take")
    }
  }

  /// For a parameter of several kinds (a padding that is a number, a pair or a word).
  private func anyValue(_ i: Int) throws(Failure) -> OpValue {
    switch arguments[i] {
    case .int(let x): return .int(x)
    case .float(let x): return .float(x)
    case .bool(let x): return .bool(x)
    case .tensor(let t): return .tensor(t)
    case .none: return .none
    case .object:
      if let text = arguments[i].text { return .string(text) }
      if arguments[i].sequenceItems != nil { return .ints(try ints(i)) }
      return .tensor(try tensor(i))
    }
  }
}
