// Settings of optimizers: numbers, flags, pairs and texts by name, held to their ranges.

import DLSRuntime
import DLSTensor

/// Settings in the order in which they were declared.
struct Settings {
  /// Counts beyond it are mistakes, and must not overflow.
  static let largestInt = 1 << 50
  private(set) var names: [String] = []
  private var values: [String: Value] = [:]

  subscript(name: String) -> Value? {
    get { values[name] }
    set {
      if values[name] == nil { names.append(name) }
      values[name] = newValue
    }
  }

  func number(_ name: String) -> Double { values[name]?.number ?? 0 }
  func int(_ name: String) -> Int { Int(exactly: number(name)) ?? 0 }
  func flag(_ name: String) -> Bool {
    if case .bool(true)? = values[name] { return true }
    return false
  }
  /// A setting of several numbers, such as betas.
  func numbers(_ name: String) -> [Double] {
    values[name]?.sequenceItems?.compactMap(\.number) ?? []
  }
  func text(_ name: String) -> String? { values[name]?.text }

  /// `lr=0.01, momentum=0.9`.
  var shown: String {
    names.compactMap { name in
      guard let value = values[name] else { return nil }
      switch value {
      case .none, .bool(false): return nil
      default: return "\(name)=\(value.describe())"
      }
    }.joined(separator: ", ")
  }
}

enum SettingRules {
  /// A setting's value in its own kind, within its range.
  static func checked(_ value: Value, _ p: Parameter, _ owner: String) throws(Failure) -> Value {
    func wrong(_ needed: String) -> Failure {
      Failure("bad-argument", "\(owner) needs \(needed) for `\(p.name)`, got \(value.kindText)")
    }
    if case .none = value, p.defaultValue == .none { return .none }
    switch p.kind {
    case .bool:
      guard case .bool = value else { throw wrong("true or false") }
      return value
    case .string:
      guard value.text != nil else { throw wrong("a string") }
      return value
    case .int:
      guard let x = value.number, let n = Int(exactly: x), n >= 0, n <= Settings.largestInt
      else {
        throw wrong("a whole number not below 0")
      }
      return .int(n)
    case .list:
      guard let items = value.sequenceItems else { throw wrong("numbers in a tuple") }
      let numbers = items.compactMap(\.number)
      if numbers.count != items.count { throw wrong("numbers in a tuple") }
      if p.name == "betas", numbers.count != 2 || numbers.contains(where: { !($0 >= 0 && $0 < 1) })
      {
        throw Failure(
          "bad-argument",
          "\(owner) needs two numbers from 0 to below 1 for `betas`, got \(value.describe())")
      }
      return .tuple(numbers.map { .float($0) })
    default:
      guard let x = value.number else { throw wrong("a number") }
      if !(x >= 0) || x == .infinity {
        throw Failure(
          "bad-argument",
          "\(owner) needs a finite `\(p.name)` not below 0, got \(NumberText.shortest(x))")
      }
      if p.name == "rho", x > 1 {
        throw Failure(
          "bad-argument", "\(owner) needs `rho` from 0 to 1, got \(NumberText.shortest(x))")
      }
      return .float(x)
    }
  }
}

extension ParamGroup {
  /// The groups of what was given first: params, a network, or dicts with `params`.
  static func read(_ call: Call, _ defaults: Settings, _ kind: OptimizerKind) throws(Failure)
    -> [ParamGroup]
  {
    let given = call.value(0)
    if let items = given.sequenceItems, items.contains(where: { $0.objectValue is DictObject }),
      !items.contains(where: { $0.tensorView != nil })
    {
      return try items.mapped { item throws(Failure) in try read(group: item, defaults, kind) }
    }
    return [ParamGroup(kind, try trained(given, kind), defaults)]
  }

  static func read(group value: Value, _ defaults: Settings, _ kind: OptimizerKind)
    throws(Failure) -> ParamGroup
  {
    guard let dict = value.objectValue as? DictObject, let inner = dict.get("params") else {
      throw Failure(
        "bad-argument", "a group of \(kind.name) is a dict with `params`, not \(value.describe())",
        argument: 0)
    }
    var settings = defaults
    for name in dict.memberNames where name != "params" {
      guard let p = kind.parameters.first(where: { $0.name == name }), let x = dict.get(name) else {
        let known = kind.parameters.map(\.name)
        throw Failure.unknownArgument(
          name, at: 0, of: kind.name, known, signature: known.joined(separator: ", "))
      }
      settings[name] = try SettingRules.checked(x, p, kind.name)
    }
    return ParamGroup(kind, try trained(inner, kind), settings)
  }

  private static func trained(_ value: Value, _ kind: OptimizerKind) throws(Failure)
    -> [ParamObject]
  {
    let params = ModuleTree.parameters(value)
    if !params.isEmpty, let open = Layer.firstOpen(in: value) {
      throw Failure(
        "bad-argument",
        "\(kind.name) would leave out \(LayerPath.short(open)): it has no params yet",
        argument: 0,
        help: ["sizes left open by `_` are decided by a first call: run the network once before"])
    }
    if !params.isEmpty { return params }
    var help: [String] = []
    if value.tensorView != nil || value.sequenceItems?.first?.tensorView != nil {
      help = ["a tensor is trained as a param: `w = param(t)`"]
    } else if value.isCallable {
      help = ["sizes left open by `_` are decided by a first call: run the network once before"]
    }
    throw Failure(
      "bad-argument", "\(kind.name) found no params to train in \(value.kindText)", argument: 0,
      help: help)
  }
}

import DLSSyntax
