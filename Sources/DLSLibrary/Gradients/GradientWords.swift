// Words about gradients of values: param, backward, detach, and gradients of another kind.

import DLSRuntime
import DLSTensor
import OrderedCollections

enum GradientWords {
  static let all: [Builtin] = [
    Builtin(
      "param", [Parameter("data", .tensor)], "A trainable cell with this value.",
      details: "It holds the gradient that `backward` adds to: `w.grad`. Ints become f32.",
      example: "w = param(tensor([1.0, 2.0]))\nw  #=> param [1.0, 2.0]  f32[2]", family: "Gradients"
    ) { call throws(Failure) in
      var t = try call.tensor(0)
      if !t.dtype.isFloating { t = try tensorWork { [t] () throws(TensorError) in try t.to(.f32) } }
      let data = t
      return .object(
        ParamObject(
          ParameterCell(try tensorWork { () throws(TensorError) in try data.detached.contiguous() })
        ))
    },
    Builtin(
      "set", [Parameter("x", .any), Parameter("value", .any, .none)],
      "`w.set(t)` gives a param another value; `set(xs)` is a list of the different items of xs.",
      example: "set([1, 2, 1])  #=> [1, 2]", family: "Gradients"
    ) { call throws(Failure) in
      if case .object(let param as ParamObject) = call.value(0) {
        try param.set(call.value(1))
        return .none
      }
      var seen = OrderedSet<DictKey>()
      for item in try call.list(0) {
        guard let key = DictKey(item) else {
          throw call.fail(0, "\(item.kindText) cannot stand in a set")
        }
        seen.append(key)
      }
      return .list(seen.map(\.value))
    },
    Builtin(
      "backward",
      [
        Parameter("loss", .tensor), Parameter("gradient", .tensor, .none),
        Parameter("retain_graph", .bool, .bool(false)),
      ],
      "Adds the gradient of a number to `p.grad` of every param that it depends on.",
      details:
        "`gradient` weights the elements of a loss that is not one number, with its shape. The record is freed unless "
        + "retain_graph=true.",
      example: "w = param(tensor([3.0]))\n(w * w).sum().backward()\nw.grad  #=> [6.0]  f32[1]",
      family: "Gradients"
    ) { call throws(Failure) in
      let (loss, seed, retain) = (try call.tensor(0), try call.optionalTensor(1), try call.bool(2))
      if call.value(0).tensorView == nil {
        throw call.fail(
          0, code: "no-gradient", "\(call.value(0).kindText) is a plain number: no gradient flows",
          help: ["go back from the tensor: leave `.item()` out before `backward()`"])
      }
      try tensorWork { () throws(TensorError) in
        try Autograd.backward(loss, gradient: seed, retainGraph: retain)
      }
      return .none
    },
    Builtin(
      "detach", [Parameter("input", .tensor)], "The same numbers, out of reach of gradients.",
      example: "w = param(tensor([2.0]))\ndetach(w * 3)  #=> [6.0]  f32[1]", family: "Gradients"
    ) { call throws(Failure) in
      .tensor(try call.tensor(0).detached)
    },
    Builtin(
      "custom_grad", [Parameter("f", .function), Parameter("vjp", .function)],
      "f with a gradient of its own: `vjp(g, y, ...args)` gives one gradient or a tuple.",
      details:
        "g is the gradient of the result y, with its shape; `none` in the tuple is no gradient. f itself is not "
        + "recorded. What vjp computes is, so that second derivatives follow from it.",
      example:
        "straight = custom_grad(round, (g, y, x) -> g)\ngrad(x -> straight(x) * 3)(1.2)  #=> 3.0",
      family: "Gradients"
    ) {
      call throws(Failure) in
      let (inner, rule) = (try call.function(0), try call.function(1))
      return .object(
        TransformObject("custom_grad", inner) { _, given, machine throws(Failure) in
          try CustomGradient.apply(inner, rule, given, machine)
        })
    },
    Builtin(
      "reverse_grad", [Parameter("input", .tensor), Parameter("lambda", .float, .float(1))],
      "The input itself; its gradient comes back times -λ (Ganin and Lempitsky, 2015).",
      example: "grad(x -> reverse_grad(x * 2, 0.5))(1.0)  #=> -1.0", family: "Gradients"
    ) { call throws(Failure) in
      let (x, scale) = (try call.tensor(0), try call.float(1))
      let y = Autograd.record("reverse_grad", [x], x.detached) { g, _ throws(TensorError) in
        [try g * Tensor.scalar(-scale, g.dtype)]
      }
      return .tensor(y)
    },
    Builtin(
      "checkpoint", [Parameter("f", .function), Parameter("args", .any, variadic: true)],
      "f(...args), without keeping what lies between: the way back computes it again.",
      details:
        "Saves memory for time (Chen et al., 2016). f draws the same random numbers again. Gradients flow to the "
        + "arguments and to all params that f uses.",
      example: "grad(x -> checkpoint(t -> (t * t).sin(), x))(0.0)  #=> 0.0", family: "Gradients"
    ) { call throws(Failure) in
      try CustomGradient.checkpoint(
        call.function(0), call.value(1).sequenceItems ?? [], call.machine)
    },
    Builtin(
      "gradcheck",
      [
        Parameter("f", .function), Parameter("inputs", .any),
        Parameter("eps", .float, .float(1e-6)),
        Parameter("atol", .float, .float(1e-5)), Parameter("rtol", .float, .float(1e-3)),
        Parameter("raise_exception", .bool, .bool(true)),
      ],
      "Holds f's gradient against finite differences, in f64; an error names the worst entry.",
      details:
        "inputs is f's argument, or a tuple of them: tensors, numbers, dicts, models. |a - n| ≤ atol + rtol |n| must "
        + "hold for every partial derivative.",
      example: "gradcheck(x -> (x * x).sum(), tensor([1.0, 2.0]))  #=> true", family: "Gradients"
    ) { call throws(Failure) in try GradientCheck(call).run() },
  ]
}
