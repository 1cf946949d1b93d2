// Words that take numbers, lists of numbers and tensors alike: max, sum, abs, exp, …

import DLSRuntime
import DLSTensor
import Glibc

enum NumberWords {
  static let all: [Builtin] = scalars + extremes + [sum, round, all_, any_, numel]

  /// A function of a plain number, which stays one; a tensor goes to the op.
  private static func scalar(_ name: String, _ f: @escaping @Sendable (Double) -> Double) -> Builtin
  {
    lifted(name) { call throws(Failure) in
      switch call.value(0) {
      case .int(let x): return .float(f(Double(x)))
      case .float(let x): return .float(f(x))
      case .bool, .tensor, .object, .none: return nil
      }
    }
  }

  /// The op of this name, with another way for some arguments.
  static func lifted(_ name: String, _ quick: @escaping @Sendable (Call) throws(Failure) -> Value?)
    -> Builtin
  {
    guard let op = OpTable.named[name] else { preconditionFailure("no op \(name)") }
    return Builtin(
      name, op.parameters, op.summary, details: op.details, example: op.example,
      family: "Elementwise"
    ) { call throws(Failure) in
      if let value = try quick(call) { return value }
      return try call.machine.apply(op, call)
    }
  }

  private static let scalars: [Builtin] = [
    scalar("exp") { exp($0) }, scalar("log") { log($0) }, scalar("log2") { log2($0) },
    scalar("log10") { log10($0) },
    scalar("sqrt") { $0.squareRoot() }, scalar("sin") { sin($0) }, scalar("cos") { cos($0) },
    scalar("tan") { tan($0) },
    scalar("tanh") { tanh($0) }, scalar("sinh") { sinh($0) }, scalar("cosh") { cosh($0) },
    scalar("asin") { asin($0) }, scalar("acos") { acos($0) }, scalar("atan") { atan($0) },
    scalar("sigmoid") { 1 / (1 + exp(-$0)) }, scalar("relu") { max($0, 0) },
    lifted("floor") { call throws(Failure) in try whole(call) { $0.rounded(.down) } },
    lifted("ceil") { call throws(Failure) in try whole(call) { $0.rounded(.up) } },
    lifted("abs") { call throws(Failure) in
      switch call.value(0) {
      case .int(Int.min):
        throw Failure("int-overflow", "the smallest int has no positive of the same size")
      case .int(let x): return .int(abs(x))
      case .float(let x): return .float(abs(x))
      default: return nil
      }
    },
    lifted("sign") { call throws(Failure) in
      switch call.value(0) {
      case .int(let x): return .int(x.signum())
      case .float(let x): return .float(x > 0 ? 1 : x < 0 ? -1 : x)
      default: return nil
      }
    },
  ]

  private static func whole(_ call: Call, _ f: (Double) -> Double) throws(Failure) -> Value? {
    switch call.value(0) {
    case .int: return call.value(0)
    case .float(let x): return Int(exactly: f(x)).map { .int($0) } ?? .float(f(x))
    case .bool, .tensor, .object, .none: return nil
    }
  }

  private static let round = lifted("round") { call throws(Failure) in
    guard case .float(let x) = call.value(0) else {
      if case .int = call.value(0) { return call.value(0) }
      return nil
    }
    let digits = try call.int(1)
    if digits == 0 {
      return Int(exactly: x.rounded(.toNearestOrEven)).map { .int($0) } ?? .float(x)
    }
    return .float(Double(FormatSpec.fixed(x, max(0, digits))) ?? x)
  }

  /// Plain numbers of a list; nil when it holds anything else.
  static func numbers(_ value: Value) -> [Value]? {
    guard let items = value.sequenceItems, !items.isEmpty else { return nil }
    for item in items {
      switch item {
      case .int, .float: continue
      case .bool, .tensor, .object, .none: return nil
      }
    }
    return items
  }

  private static let sum = lifted("sum") { call throws(Failure) in
    guard call.isNone(1), let items = call.value(0).sequenceItems else { return nil }
    if items.isEmpty { return .int(0) }
    guard numbers(call.value(0)) != nil else {
      // Tensors of one shape, or bools: add them up.
      if items.contains(where: { $0.tensorView != nil }) {
        var total = try items[0].asTensor()
        for item in items.dropFirst() {
          let next = try item.asTensor(like: total.dtype)
          let before = total
          total = try tensorWork { () throws(TensorError) in try before + next }
        }
        return .tensor(total)
      }
      return nil
    }
    var whole = 0
    var real = 0.0
    var isWhole = true
    for item in items {
      if case .int(let x) = item {
        let (s, o) = whole.addingReportingOverflow(x)
        if o { throw call.fail(0, code: "int-overflow", "the sum does not fit an int") }
        whole = s
        real += Double(x)
      } else {
        isWhole = false
        real += item.number ?? 0
      }
    }
    return isWhole ? .int(whole) : .float(real)
  }

  private static let extremes: [Builtin] = [
    extreme("max", largest: true), extreme("min", largest: false),
  ]

  /// `max(xs)`, `max(a, b)`, `max(x, dim=1)`.
  private static func extreme(_ name: String, largest: Bool) -> Builtin {
    guard let op = OpTable.named[name] else { preconditionFailure("no op \(name)") }
    let parameters = [
      Parameter("input", .any), Parameter("dim", .any, .none),
      Parameter("keepdim", .any, .bool(false)),
    ]
    return Builtin(
      name, parameters, op.summary,
      details:
        "Of a list or tensor; of two numbers or tensors, the \(largest ? "larger" : "smaller"); with `dim`, `(values, indices)`.",
      example: op.example, family: "Reducing"
    ) { call throws(Failure) in
      func better(_ a: Value, _ b: Value) throws(Failure) -> Value {
        if let x = a.text, let y = b.text { return (largest ? x < y : y < x) ? b : a }
        guard let x = a.number, let y = b.number else {
          throw call.fail(
            0, code: "type-mismatch", "\(name) does not compare \(a.kindText) with \(b.kindText)")
        }
        return (largest ? x < y : y < x) ? b : a
      }
      let first = call.value(0)
      if first.tensorView == nil, let items = first.sequenceItems, call.isNone(1),
        !items.contains(where: { $0.sequenceItems != nil })
      {
        guard var best = items.first else {
          throw call.fail(0, code: "empty-reduction", "an empty list has no \(name)")
        }
        for item in items.dropFirst() { best = try better(best, item) }
        return best
      }
      switch (first, call.value(1)) {
      case (.int, .int), (.int, .float), (.float, .int), (.float, .float):
        let best = try better(first, call.value(1))
        if case .bool = call.value(2) { return best }
        return try better(best, call.value(2))
      case (_, .tensor(let t)) where t.rank > 0 || first.tensorView != nil:
        let a = try first.asTensor(like: t.dtype)
        return .tensor(
          try tensorWork { () throws(TensorError) in
            largest ? try Tensor.maximum(a, t) : try Tensor.minimum(a, t)
          })
      case (.tensor(let t), .float(let x)):
        return .tensor(
          try tensorWork { () throws(TensorError) in
            let limit = try Tensor.scalar(x, t.dtype.isFloating ? t.dtype : .f32)
            return largest ? try Tensor.maximum(t, limit) : try Tensor.minimum(t, limit)
          })
      default:
        var typed = Call(
          machine: call.machine, name: name, parameters: op.parameters, arguments: call.arguments)
        typed.arguments = call.arguments
        return try call.machine.apply(op, typed)
      }
    }
  }

  private static func truth(_ name: String, _ isAll: Bool) -> Builtin {
    lifted(name) { call throws(Failure) in
      guard call.value(0).tensorView == nil, let items = call.value(0).sequenceItems else {
        return nil
      }
      for item in items {
        guard case .bool(let x) = item.plainBool else {
          throw call.fail(0, code: "type-mismatch", "\(name) needs bools, got \(item.kindText)")
        }
        if x != isAll { return .bool(!isAll) }
      }
      return .bool(isAll)
    }
  }
  private static let all_ = truth("all", true)
  private static let any_ = truth("any", false)

  private static let numel = Builtin(
    "numel", [Parameter("input", .tensor)], "The number of elements.",
    example: "numel(zeros(2, 3))  #=> 6", family: "Looking"
  ) { call throws(Failure) in .int(try call.tensor(0).count) }
}
