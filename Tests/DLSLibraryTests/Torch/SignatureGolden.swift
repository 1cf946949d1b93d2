// Cases of kind "signature": a word takes what PyTorch's takes, in its order, with its defaults.

import DLSRuntime
import DLSTensor
import Testing

enum SignatureGolden {
  static func run(_ one: DictObject, _ session: Session) throws -> [String] {
    let name = try #require(one["call"]?.text)
    guard case .object(let word)? = session.machine.word(name), let own = word.signature else {
      return ["there is no such word"]
    }
    let names = texts(one["names"])
    var wrong: [String] = []
    for (i, other) in names.enumerated() where i >= own.count || own[i].name != other {
      wrong.append("parameter \(i) is \(i < own.count ? own[i].name : "missing"), not \(other)")
    }
    for other in texts(one["named"]) where !own.contains(where: { $0.name == other }) {
      wrong.append("`\(other)` is missing")
    }
    guard case .object(let defaults as DictObject)? = one["defaults"] else { return wrong }
    for case (.string(let key), let value) in defaults.entries {
      guard let parameter = own.first(where: { $0.name == key }) else { continue }
      if !agrees(parameter.defaultValue, value) {
        wrong.append("`\(key)` is \(parameter.defaultValue), not \(value.describe())")
      }
    }
    return wrong
  }

  private static func texts(_ value: Value?) -> [String] {
    value?.sequenceItems?.compactMap(\.text) ?? []
  }

  private static func agrees(_ own: Parameter.Default, _ other: Value) -> Bool {
    switch own {
    case .required, .none, .ints, .floats: false
    case .int(let x): other.number == Double(x)
    case .float(let x): other.number == x
    case .bool(let x): if case .bool(let y) = other { x == y } else { false }
    case .string(let x): other.text == x
    }
  }
}
