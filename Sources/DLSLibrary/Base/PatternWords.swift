// rearrange and reduce: dimensions by name, sizes by name.

import DLSRuntime
import DLSTensor

private let input = Parameter("tensor", .tensor)
private let pattern = Parameter("pattern", .string)
private let sizes = Parameter("sizes", .dict, .none, variadic: true)

enum PatternWords {
  static let all: [Builtin] = [
    Builtin(
      "rearrange", [input, pattern, sizes],
      "Dimensions in another order, joined and split, by a pattern.",
      details:
        "`(c h w)` joins or splits a dimension, `1` puts one in, `...` stands for those before; sizes by name: `h=2`.",
      example: "rearrange(zeros(2, 3, 4), \"b h w -> b (h w)\").shape  #=> [2, 12]",
      family: "Shape"
    ) { call throws(Failure) in
      let (x, plan) = try plan(call, 2)
      return .tensor(try tensorWork { () throws(TensorError) in try plan.rearranged(x) })
    },
    Builtin(
      "reduce", [input, pattern, Parameter("reduction", .any), sizes],
      "The same, with the dimensions that the result lacks reduced by a function such as `mean`.",
      details:
        "Any function that takes `dim` will do; others get the reduced dimensions joined as the last of their argument.",
      example: "reduce(ones(2, 3, 4), \"b h w -> b\", sum)  #=> [12.0, 12.0]  f32[2]",
      family: "Shape"
    ) { call throws(Failure) in
      let (x, plan) = try plan(call, 3)
      let reduction = try Reducer(call)
      return .tensor(
        try tensorWork { () throws(TensorError) in
          try plan.reduced(x) { whole, axes throws(TensorError) in
            do throws(Failure) { return try reduction.run(whole, axes) } catch {
              throw error.asTensorError
            }
          }
        })
    },
  ]

  private static func plan(_ call: Call, _ at: Int) throws(Failure) -> (Tensor, AxisPlan) {
    let (x, text) = (try call.tensor(0), try call.string(1))
    var given: [(String, Int)] = []
    for (key, value) in try call.dict(at).entries {
      guard case .string(let name) = key, case .int(let size) = value else {
        throw Failure("type-mismatch", "\(call.name): sizes are ints, not \(value.kindText)")
      }
      given.append((name, size))
    }
    let named = given
    return (
      x,
      try tensorWork { () throws(TensorError) in try AxisPlan(call.name, x, text, named) }
    )
  }
}

/// What `reduce` reduces by.
private struct Reducer {
  let function: Value
  let machine: Machine
  /// An op by name that takes several dims at once.
  private let known: String?

  private static let ops: [String: String] = [
    "mean": "mean", "sum": "sum", "prod": "prod", "max": "amax", "min": "amin", "amax": "amax",
    "amin": "amin", "any": "any", "all": "all", "var": "var", "std": "std",
    "logsumexp": "logsumexp",
  ]

  init(_ call: Call) throws(Failure) {
    machine = call.machine
    var name = call.value(2).text
    if case .object(let word as BuiltinObject) = call.value(2) { name = word.builtin.name }
    known = name.flatMap { Self.ops[$0] }
    if known == nil, call.value(2).text != nil {
      throw call.fail(
        2, "reduce has no reduction \"\(name ?? "")\"",
        help: ["it is mean, sum, prod, max, min, any, all, or a function"])
    }
    function = known == nil ? try call.function(2) : call.value(2)
  }

  func run(_ x: Tensor, _ axes: [Int]) throws(Failure) -> Tensor {
    if let known, let word = machine.word(known) {
      let value = try machine.call(word, [.tensor(x)], named: [("dim", .ints(axes))])
      return try value.asTensor()
    }
    let rest = (0..<x.rank).filter { !axes.contains($0) }
    let joined = try tensorWork { () throws(TensorError) in
      try x.permute(rest + axes).reshape(
        rest.map { x.shape[$0] } + [axes.reduce(1) { $0 * x.shape[$1] }])
    }
    let result = try machine.call(function, [.tensor(joined)], named: [("dim", .int(-1))])
    let y = try result.asTensor()
    if y.shape != rest.map({ x.shape[$0] }) {
      throw Failure(
        "shape-mismatch",
        "reduce's function made \(Tensor.describe(y.shape)) of \(Tensor.describe(joined.shape)), not "
          + Tensor.describe(rest.map { x.shape[$0] }), argument: 2)
    }
    return y
  }
}
