// The types that convert: int, float, bool, str, list, dict, tuple.

import DLSRuntime
import DLSTensor
import OrderedCollections

enum TypeWords {
  static var all: [(String, Value)] {
    [
      type("int") { call throws(Failure) in
        switch call.value(0) {
        case .int: return call.value(0)
        case .bool(let x): return .int(x ? 1 : 0)
        default: break
        }
        if let text = call.value(0).text {
          let plain = text.filter { $0 != "_" && !$0.isWhitespace }
          if let x = Int(plain) { return .int(x) }
          throw call.fail(
            0, "\"\(text)\" is not an int", help: Double(plain) != nil ? ["`int(float({0}))`"] : [])
        }
        if let t = call.value(0).tensorView, t.count != 1 { throw several(call, t, "i64") }
        let x = try call.float(0).rounded(.towardZero)
        guard let whole = Int(exactly: x) else {
          throw call.fail(0, code: "int-overflow", "\(x) does not fit an int")
        }
        return .int(whole)
      },
      type("float") { call throws(Failure) in
        if case .bool(let x) = call.value(0) { return .float(x ? 1 : 0) }
        if let text = call.value(0).text {
          let plain = text.filter { !$0.isWhitespace }
          if let x = Double(plain) { return .float(x) }
          throw call.fail(0, "\"\(text)\" is not a number")
        }
        if let t = call.value(0).tensorView, t.count != 1 { throw several(call, t, "f32") }
        return .float(try call.float(0))
      },
      (
        "bool",
        .object(
          TypeObject("bool", dtype: .bool) { call throws(Failure) in
            switch call.value(0) {
            case .bool: return call.value(0)
            case .none: return .bool(false)
            case .object(let object): return .bool((object.length ?? 1) != 0)
            case .int, .float, .tensor: return .bool(try call.float(0) != 0)
            }
          })
      ),
      (
        "str",
        .object(
          TypeObject(
            "str",
            convert: { call throws(Failure) in .string(call.value(0).printed()) },
            direct: { operands in
              if case .int(let x) = operands[0] { return .string(Value.digits(x)) }
              return nil
            }))
      ),
      type("list") { call throws(Failure) in
        if call.isNone(0) { return .list([]) }
        return .list(try call.list(0))
      },
      type("tuple") { call throws(Failure) in .tuple(try call.list(0)) },
      type("dict") { call throws(Failure) in
        if call.isNone(0) { return .object(DictObject()) }
        if case .object(let dict as DictObject) = call.value(0) {
          return .object(DictObject(dict.entries))
        }
        let dict = DictObject()
        for pair in try call.list(0) {
          guard let items = pair.sequenceItems, items.count == 2, let key = DictKey(items[0]) else {
            throw call.fail(0, "dict needs pairs of a key and a value, got \(pair.describe())")
          }
          dict.entries[key] = items[1]
        }
        return .object(dict)
      },
    ]
  }

  private static func several(_ call: Call, _ t: Tensor, _ dtype: String) -> Failure {
    call.fail(
      0, code: "type-mismatch", "\(call.name) makes one number, got a tensor \(t.typeText)",
      help: ["to convert all elements: `{0}.to(\(dtype))`"])
  }

  private static func type(
    _ name: String, _ convert: @escaping @Sendable (inout Call) throws(Failure) -> Value
  ) -> (String, Value) { (name, .object(TypeObject(name, convert: convert))) }
}
