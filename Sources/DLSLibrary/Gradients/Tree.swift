// The tensors inside a value, and values of the same form around others.

import DLSRuntime
import DLSTensor

/// A value taken apart: its tensors in order, and the form that held them. Lists, tuples and dicts
/// are entered; a model stands for its params by name; numbers count as f64 tensors.
struct Tree {
  struct Leaf {
    let tensor: Tensor
    /// The cell of a param.
    var cell: ParameterCell?
  }

  private indirect enum Part {
    case leaf
    /// What no gradient flows through: text, none, int tensors.
    case fixed(Value)
    case list([Part])
    case tuple([Part])
    case dict([(key: DictKey, part: Part)])
    /// A model: a dict of its params by name takes its place.
    case model(Value, [String])
  }

  private(set) var leaves: [Leaf] = []
  private var part = Part.leaf

  /// An argument of a transform: its params are cells, and what is frozen is left out.
  init(argument value: Value) throws(Failure) { part = try read(value, 0, isResult: false) }

  /// What a function gave: a list of numbers or 0-d tensors is a vector.
  init(result value: Value) throws(Failure) {
    part = try read(value, 0, isResult: true)
    if leaves.isEmpty {
      throw Failure("type-mismatch", "the function gave \(value.kindText), which holds no tensor")
    }
  }

  private mutating func add(_ tensor: Tensor, _ cell: ParameterCell? = nil) -> Part {
    leaves.append(Leaf(tensor: tensor, cell: cell))
    return .leaf
  }

  private mutating func read(_ value: Value, _ depth: Int, isResult: Bool) throws(Failure) -> Part {
    if depth > 200 { throw Failure("nested-too-deep", "this value nests too deep") }
    switch value {
    case .int, .float:
      let x = value.number ?? 0
      return add(try tensorWork { () throws(TensorError) in try Tensor.scalar(x, .f64) })
    case .tensor(let t): return t.dtype.isFloating || isResult ? add(t) : .fixed(value)
    case .bool, .none: return .fixed(value)
    case .object(let object): return try read(object, value, depth, isResult: isResult)
    }
  }

  private mutating func read(_ object: Object, _ value: Value, _ depth: Int, isResult: Bool)
    throws(Failure) -> Part
  {
    switch object {
    case let param as ParamObject:
      if isResult { return add(param.cell.value) }
      return param.cell.isFrozen ? .fixed(value) : add(param.cell.value, param.cell)
    case let dict as DictObject:
      var parts: [(key: DictKey, part: Part)] = []
      for (key, item) in dict.entries {
        parts.append((key, try read(item, depth + 1, isResult: isResult)))
      }
      return .dict(parts)
    case let tuple as TupleObject:
      return .tuple(
        try tuple.items.mapped { x throws(Failure) in
          try read(x, depth + 1, isResult: isResult)
        })
    case let list as ListObject:
      if Tree.isVector(list.items, isResult: isResult) {
        return add(try value.asTensor(like: .f32))
      }
      return .list(
        try list.items.mapped { x throws(Failure) in try read(x, depth + 1, isResult: isResult) })
    default:
      if let t = object.tensorValue { return add(t) }
      if isResult { return .fixed(value) }
      var names: [String] = []
      for (name, param) in ModuleTree.namedParameters(value) where !param.cell.isFrozen {
        names.append(name)
        _ = add(param.cell.value, param.cell)
      }
      return names.isEmpty ? .fixed(value) : .model(value, names)
    }
  }

  /// A list of numbers (in rows too) stands for a tensor; in a result 0-d tensors count as numbers.
  private static func isVector(_ items: [Value], isResult: Bool, _ depth: Int = 0) -> Bool {
    if items.isEmpty || depth > 32 { return false }
    return items.allSatisfy { item in
      switch item {
      case .int, .float: true
      case .tensor(let t): isResult && t.rank == 0
      case .object(let list as ListObject):
        isVector(list.items, isResult: isResult, depth + 1)
      case .bool, .object, .none: false
      }
    }
  }

  /// Where each tensor lies: dotted keys, positions and params' names.
  var leafNames: [String] { names(part, "") }

  private func names(_ part: Part, _ path: String) -> [String] {
    func inner(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
    switch part {
    case .leaf: return [path]
    case .fixed: return []
    case .list(let parts), .tuple(let parts):
      return parts.enumerated().flatMap { names($1, inner(String($0))) }
    case .dict(let parts): return parts.flatMap { names($0.part, inner($0.key.value.printed())) }
    case .model(_, let own): return own.map(inner)
    }
  }

  /// The form around other values, one for each tensor; a model becomes a dict.
  func rebuilt(_ values: [Value]) -> Value {
    var rest = values[...]
    return build(part, &rest, keepsModels: false)
  }

  /// The form around other tensors; a model stays itself.
  func substituted(_ tensors: [Value]) -> Value {
    var rest = tensors[...]
    return build(part, &rest, keepsModels: true)
  }

  private func build(_ part: Part, _ rest: inout ArraySlice<Value>, keepsModels: Bool) -> Value {
    switch part {
    case .leaf: return rest.popFirst() ?? .none
    case .fixed(let value): return keepsModels ? value : .none
    case .list(let parts):
      return .list(parts.map { build($0, &rest, keepsModels: keepsModels) })
    case .tuple(let parts):
      return .tuple(parts.map { build($0, &rest, keepsModels: keepsModels) })
    case .dict(let parts):
      let dict = DictObject()
      for (key, part) in parts { dict.entries[key] = build(part, &rest, keepsModels: keepsModels) }
      return .object(dict)
    case .model(let model, let names):
      let dict = DictObject()
      for name in names { dict.set(name, rest.popFirst() ?? .none) }
      return keepsModels ? model : .object(dict)
    }
  }
}
