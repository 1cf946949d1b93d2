// Arguments to parameters: positional first, then named, then defaults; and signatures as text.

import DLSSyntax
import DLSTensor

package enum Signature {
  /// `input, dim=none, keepdim=false`.
  package static func text(_ parameters: [Parameter]) -> String {
    parameters.map { p in
      let name = p.isVariadic ? "..." + p.name : p.name
      switch p.defaultValue {
      case .required: return name
      case .none: return name + "=none"
      case .int(let x): return name + "=\(x)"
      case .ints(let x): return name + "=\(x)"
      case .float(let x): return name + "=" + NumberText.shortest(x)
      case .floats(let xs):
        return name + "=(" + xs.map(NumberText.shortest).joined(separator: ", ") + ")"
      case .bool(let x): return name + "=\(x)"
      case .string(let x): return p.kind == .dtype ? name + "=" + x : name + "=\"\(x)\""
      }
    }.joined(separator: ", ")
  }

  static func value(_ d: Parameter.Default, _ kind: Parameter.Kind) -> Value {
    switch d {
    case .required, .none: .none
    case .int(let x): .int(x)
    case .ints(let x): .ints(x)
    case .float(let x): .float(x)
    case .floats(let xs): .tuple(xs.map { .float($0) })
    case .bool(let x): .bool(x)
    case .string(let x): kind == .dtype ? .object(TypeObject(x, dtype: DType.named(x))) : .string(x)
    }
  }

  /// One value a parameter; what was left out holds its default, variadic ones hold a list.
  package static func bind(_ name: String, _ parameters: [Parameter], _ arguments: CallArguments)
    throws(Failure) -> [Value]
  {
    var values: [Value] = []
    values.reserveCapacity(parameters.count)
    var isSet: [Bool] = []
    var next = 0
    var sizesWereListed = false
    for p in parameters {
      if p.isVariadic, p.kind == .dict {
        // Filled below by the names that are no parameters.
        values.append(.dict([]))
        isSet.append(true)
      } else if p.isVariadic {
        var rest = Array(arguments.positional[min(next, arguments.positional.count)...])
        // `full([2, 3], 1.0)`: a list holds all sizes, and values follow it by position.
        if p.kind == .ints, rest.count > 1, rest[0].sequenceItems != nil {
          rest = [rest[0]]
          next += 1
          sizesWereListed = true
        } else {
          next = arguments.positional.count
        }
        // A single list stands for the numbers themselves.
        if rest.count == 1,
          p.kind == .ints && (rest[0].sequenceItems != nil || rest[0].typeName == "tensor")
            || p.kind == .tensors && rest[0].holdsTensors
        {
          values.append(rest[0])
        } else {
          values.append(.list(rest))
        }
        isSet.append(!rest.isEmpty)
      } else if !p.isNamedOnly || sizesWereListed, next < arguments.positional.count {
        values.append(arguments.positional[next])
        next += 1
        isSet.append(true)
      } else {
        values.append(value(p.defaultValue, p.kind))
        isSet.append(false)
      }
    }
    if next < arguments.positional.count {
      let most = parameters.filter { !$0.isNamedOnly }.count
      throw Failure(
        "too-many-arguments",
        "\(name) takes \(most == 0 ? "no arguments" : "at most \(most) argument\(most == 1 ? "" : "s")"), "
          + "got \(arguments.positional.count)",
        argument: next,
        help: [
          name == "tensor" && arguments.positional.allSatisfy { $0.number != nil }
            ? "numbers stand in a list: `tensor([1.0, 2.0])`"
            : "it is `\(name)(\(text(parameters)))`"
        ])
    }
    for (i, argument) in arguments.named.enumerated() {
      guard let at = parameters.firstIndex(where: { $0.name == argument.name }) else {
        if let rest = parameters.firstIndex(where: { $0.isVariadic && $0.kind == .dict }),
          case .object(let dict as DictObject) = values[rest]
        {
          dict.set(argument.name, argument.value)
          continue
        }
        throw Failure.unknownArgument(
          argument.name, at: arguments.positional.count + i, of: name, parameters.map(\.name),
          signature: "\(name)(\(text(parameters)))")
      }
      if isSet[at] {
        throw Failure(
          "duplicate-argument", "\(name) got `\(argument.name)` twice",
          argument: arguments.positional.count + i)
      }
      values[at] = argument.value
      isSet[at] = true
    }
    for (i, p) in parameters.enumerated() where !isSet[i] && p.defaultValue == .required {
      if p.isVariadic, p.kind == .ints || p.kind == .any { continue }
      var help = ["it is `\(name)(\(text(parameters)))`"]
      if p.isNamedOnly, arguments.positional.count > 1 {
        help = ["a value after the sizes comes by its name: `\(name)(…, \(p.name)=…)`"]
      }
      if i == 0, p.kind == .tensor, arguments.positional.isEmpty, arguments.named.isEmpty,
        parameters.dropFirst().allSatisfy(\.isOptional)
      {
        help.append("as a layer in a composition it stands without brackets: `… >> \(name)`")
      }
      throw Failure("missing-argument", "\(name) needs `\(p.name)`", help: help)
    }
    return values
  }
}

extension Failure {
  /// A name that no parameter has: what it is called here, the nearest one, or all of them.
  package static func unknownArgument(
    _ name: String, at: Int, of callee: String, _ known: [String], signature: String
  ) -> Failure {
    let help: String
    if let habit = Habits.ofArgument(name, among: known) {
      help = habit
    } else if let near = Spelling.nearest(to: name, in: known) {
      help = "did you mean `\(near)`?"
    } else if name.utf8.count >= 3, let longer = known.first(where: { $0.hasPrefix(name) }) {
      help = "did you mean `\(longer)`?"
    } else if ["x", "y", "z"].contains(name), known.first == "data" {
      help = "the data comes first, without names: `\(callee)(x, y)`"
    } else {
      help = "it is `\(signature)`"
    }
    return Failure(
      "unknown-argument", "\(callee) has no argument `\(name)`", argument: at, help: [help])
  }

  /// A word speaks of its parameters; the script shows arguments, in the order that it wrote them.
  func place(_ written: (_ parameter: Int) -> Int?) {
    if diagnostic != nil { return }
    argument = argument.flatMap(written)
    labels = labels.compactMap { label in written(label.argument).map { ($0, label.text) } }
  }
}

extension Signature {
  /// Where a parameter's argument stands in the call; nil when it was left out.
  static func written(_ at: Int, _ parameters: [Parameter], _ arguments: CallArguments)
    -> Int?
  {
    guard at < parameters.count else { return at }
    if let named = arguments.named.firstIndex(where: { $0.name == parameters[at].name }) {
      return arguments.positional.count + named
    }
    var next = 0
    for (i, p) in parameters.enumerated() {
      if i == at { return next < arguments.positional.count ? next : nil }
      if p.isNamedOnly || p.isVariadic && p.kind == .dict { continue }
      let isList =
        p.isVariadic && next < arguments.positional.count
        && arguments.positional[next].sequenceItems == nil
      next = isList ? arguments.positional.count : next + 1
    }
    return nil
  }
}

extension Value {
  /// A list of tensors or rows, which stands for several operands.
  fileprivate var holdsTensors: Bool {
    sequenceItems?.contains { $0.tensorView != nil || $0.sequenceItems != nil } ?? false
  }
}

extension DType {
  package static func named(_ name: String) -> DType? { allCases.first { $0.name == name } }
}
