// Words about gradients: param, backward, and the transforms of functions.

import DLSRuntime
import DLSTensor
import OrderedCollections

private let f = Parameter("f", .function)
private let argnums = Parameter("argnums", .any, .int(0))

enum GradientWords {
  static let all: [Builtin] = [
    Builtin(
      "param", [Parameter("data", .tensor)], "A trainable cell with this value.",
      family: "Gradients"
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
      family: "Gradients"
    ) { call throws(Failure) in
      let (loss, seed, retain) = (try call.tensor(0), try call.optionalTensor(1), try call.bool(2))
      try tensorWork { () throws(TensorError) in
        try Autograd.backward(loss, gradient: seed, retainGraph: retain)
      }
      return .none
    },
    Builtin(
      "detach", [Parameter("input", .tensor)], "The same numbers, out of reach of gradients.",
      family: "Gradients"
    ) { call throws(Failure) in
      .tensor(try call.tensor(0).detached)
    },
    Builtin(
      "grad", [f, argnums], "The function that gives the gradient of f.",
      details: "For a model argument, a dict from dotted names to tensors.",
      example: "grad(x -> x^2)(3.0)  #=> 6.0", family: "Gradients"
    ) { call throws(Failure) in
      .object(
        TransformObject("grad", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          let (_, gradients) = try work.valueAndGradient(given, machine)
          return gradients
        })
    },
    Builtin(
      "value_and_grad", [f, argnums], "The function that gives f's value and its gradient.",
      example: "value_and_grad(x -> x^2)(3.0)  #=> (9.0, 6.0)", family: "Gradients"
    ) { call throws(Failure) in
      .object(
        TransformObject("value_and_grad", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          let (value, gradients) = try work.valueAndGradient(given, machine)
          return .tuple([.tensor(value), gradients])
        })
    },
    Builtin(
      "jacobian", [f, argnums], "The function that gives all partial derivatives of f's results.",
      details: "Shape: the result's, then the argument's.",
      example: "jacobian(x -> x * 2)(tensor([1.0]))\n#=> [[2.0]]  f32[1, 1]", family: "Gradients"
    ) { call throws(Failure) in
      .object(
        TransformObject("jacobian", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          try work.jacobian(given, machine)
        })
    },
    Builtin(
      "hessian", [f, argnums], "The function that gives all second derivatives of f.",
      family: "Gradients"
    ) { call throws(Failure) in
      let first = TransformObject("grad", try call.function(0), call.value(1)) {
        work, given, machine throws(Failure) in
        try work.valueAndGradient(given, machine).1
      }
      return .object(
        TransformObject("hessian", .object(first), call.value(1)) {
          work, given, machine throws(Failure) in
          try work.jacobian(given, machine)
        })
    },
    Builtin(
      "vjp", [f, Parameter("primals", .any, variadic: true)],
      "(y, back): the value, and the function from a cotangent to gradients.", family: "Gradients"
    ) {
      call throws(Failure) in
      let given = call.value(1).sequenceItems ?? []
      let inputs = try given.mapped { value throws(Failure) in try Transform.leaf(value) }
      let y = try call.machine.call(call.function(0), inputs.map { .tensor($0) }).asTensor()
      let back = NativeFunction("back", [Parameter("g", .tensor)]) { call throws(Failure) in
        let g = try call.tensor(0)
        let gradients = try tensorWork { () throws(TensorError) in
          try Autograd.gradients(
            of: [y], seeds: [g], wrt: inputs, createGraph: Autograd.isRecording)
        }
        let values = try Transform.filled(gradients, inputs)
        return values.count == 1 ? .tensor(values[0]) : .tuple(values.map { .tensor($0) })
      }
      return .tuple([.tensor(y.detached), .object(back)])
    },
    Builtin(
      "jvp", [f, Parameter("primals", .any), Parameter("tangents", .any)],
      "(y, tangent): the value and its change along a direction.", family: "Gradients"
    ) {
      call throws(Failure) in
      let primals = Transform.several(call.value(1))
      let tangents = try Transform.several(call.value(2)).mapped { v throws(Failure) in
        try v.asTensor(like: .f32)
      }
      if primals.count != tangents.count {
        throw call.fail(2, "jvp needs a tangent for each primal")
      }
      let inputs = try primals.mapped { value throws(Failure) in try Transform.leaf(value) }
      let y = try call.machine.call(call.function(0), inputs.map { .tensor($0) }).asTensor()
      // The transpose of the transpose: g -> Jᵀg is linear, and its own vjp at the tangent is Jt.
      return .tuple([
        .tensor(y.detached),
        .tensor(
          try tensorWork { () throws(TensorError) in
            let g = Autograd.leaf(try Tensor.full(y.shape, 0, y.dtype))
            let pulled = try Autograd.gradients(of: [y], seeds: [g], wrt: inputs, createGraph: true)
            var outputs: [Tensor] = []
            var seeds: [Tensor?] = []
            for (p, t) in zip(pulled, tangents) {
              guard let p, p.isTracked else { continue }
              outputs.append(p)
              seeds.append(try t.to(p.dtype))
            }
            let pushed = try Autograd.gradients(
              of: outputs, seeds: seeds, wrt: [g], createGraph: false)
            if let t = pushed[0] { return t }
            return try Tensor.full(y.shape, 0, y.dtype)
          }),
      ])
    },
    Builtin(
      "vmap", [f, Parameter("in_dims", .any, .int(0)), Parameter("out_dims", .int, .int(0))],
      "The function that applies f to every slice along a dimension, and stacks.",
      example: "vmap(x -> x.sum())(ones(2, 3))  #=> [3.0, 3.0]  f32[2]", family: "Gradients"
    ) { call throws(Failure) in
      let (inner, dims, out) = (try call.function(0), call.value(1), try call.int(2))
      return .object(
        TransformObject("vmap", inner, .int(0)) { _, given, machine throws(Failure) in
          try Transform.vmap(inner, dims, out, given, machine)
        })
    },
    Builtin(
      "custom_grad", [f, Parameter("vjp", .function)],
      "f with a gradient of its own: `vjp(g, y, ...args)` gives one gradient or a tuple.",
      family: "Gradients"
    ) {
      call throws(Failure) in
      let (inner, rule) = (try call.function(0), try call.function(1))
      return .object(
        TransformObject("custom_grad", inner, .int(0)) { _, given, machine throws(Failure) in
          try Transform.custom(inner, rule, given, machine)
        })
    },
    Builtin(
      "reverse_grad", [Parameter("input", .tensor), Parameter("lambda", .float, .float(1))],
      "The input itself; its gradient comes back times -λ (Ganin and Lempitsky, 2015).",
      family: "Gradients"
    ) { call throws(Failure) in
      let (x, scale) = (try call.tensor(0), try call.float(1))
      let y = Autograd.record("reverse_grad", [x], x.detached) { g, _ throws(TensorError) in
        [try g * Tensor.scalar(-scale, g.dtype)]
      }
      return .tensor(y)
    },
  ]
}
