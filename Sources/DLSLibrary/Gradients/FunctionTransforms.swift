// The transforms of functions, as words.

import DLSRuntime
import DLSTensor

private let f = Parameter("f", .function)
private let argnums = Parameter("argnums", .any, .int(0))
private let hasAux = Parameter("has_aux", .bool, .bool(false))
private let createGraph = Parameter("create_graph", .bool, .bool(false))

private let argumentsText =
  "argnums is the position of the argument to differentiate, or a list of several (then a tuple comes back). An "
  + "argument may be a tensor, a number (f64), a list, tuple or dict of those (the gradient has its form), or a model "
  + "(a dict from its params' names). Transforms nest in any order."

enum FunctionTransforms {
  static let all: [Builtin] = [
    Builtin(
      "grad", [f, argnums, hasAux, createGraph], "The function that gives the gradient of f.",
      details: argumentsText
        + " With has_aux=true f gives (value, aux), and aux comes back beside the gradient. "
        + "create_graph=true keeps the gradient of a model tied to its params, so that `backward` goes through it.",
      example: "grad(x -> x^2)(3.0)  #=> 6.0", family: "Gradients"
    ) { call throws(Failure) in
      let options = GradientOptions(hasAux: try call.bool(2), createGraph: try call.bool(3))
      return .object(
        TransformObject("grad", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          let (value, gradient) = try Transform.valueAndGradient(work, given, machine, options)
          guard options.hasAux, let aux = value.sequenceItems?.last else { return gradient }
          return .tuple([gradient, aux])
        })
    },
    Builtin(
      "value_and_grad", [f, argnums, hasAux, createGraph],
      "The function that gives f's value and its gradient.",
      details: argumentsText + " With has_aux=true: ((value, aux), gradient).",
      example: "value_and_grad(x -> x^2)(3.0)  #=> (9.0, 6.0)", family: "Gradients"
    ) { call throws(Failure) in
      let options = GradientOptions(hasAux: try call.bool(2), createGraph: try call.bool(3))
      return .object(
        TransformObject("value_and_grad", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          let (value, gradient) = try Transform.valueAndGradient(work, given, machine, options)
          return .tuple([value, gradient])
        })
    },
    Builtin(
      "jacobian", [f, argnums], "The function that gives all partial derivatives of f's results.",
      details:
        "Shape: the result's, then the argument's; one walk back for each number of the result. "
        + argumentsText,
      example: "jacobian(x -> x * 2)(tensor([1.0]))\n#=> [[2.0]]  f32[1, 1]", family: "Gradients"
    ) { call throws(Failure) in
      .object(
        TransformObject("jacobian", try call.function(0), call.value(1)) {
          work, given, machine throws(Failure) in
          try Transform.jacobian(work, given, machine)
        })
    },
    Builtin(
      "hessian", [f, argnums], "The function that gives all second derivatives of f.",
      details: "The jacobian of the gradient. " + argumentsText,
      example:
        "hessian(x -> x[0] * x[1])(tensor([1.0, 2.0]))\n#=> [[0.0, 1.0],\n#=>  [1.0, 0.0]]  f32[2, 2]",
      family: "Gradients"
    ) { call throws(Failure) in
      let first = TransformObject("hessian", try call.function(0), call.value(1)) {
        work, given, machine throws(Failure) in
        try Transform.valueAndGradient(work, given, machine, GradientOptions()).gradient
      }
      return .object(
        TransformObject("hessian", .object(first), call.value(1)) {
          work, given, machine throws(Failure) in
          try Transform.jacobian(work, given, machine)
        })
    },
    Builtin(
      "vjp", [f, Parameter("primals", .any, variadic: true)],
      "(y, back): the value, and the function from a cotangent to gradients.",
      details: "As torch.func's. With one primal `back` gives its gradient, with several a tuple.",
      example: "y, back = vjp(x -> x * x, tensor([3.0]))\nback(tensor([1.0]))  #=> [6.0]  f32[1]",
      family: "Gradients"
    ) { call throws(Failure) in try Transform.vjp(call) },
    Builtin(
      "jvp", [f, Parameter("primals", .any), Parameter("tangents", .any)],
      "(y, tangent): the value and its change along a direction.",
      details: "As torch.func's. For a function of several arguments both are tuples.",
      example: "jvp(x -> x * x, 3.0, 1.0)  #=> (9.0, 6.0)", family: "Gradients"
    ) { call throws(Failure) in try Transform.jvp(call) },
    Builtin(
      "vmap",
      [f, Parameter("in_dims", .any, .int(0)), Parameter("out_dims", .any, .int(0))],
      "The function that applies f to every slice along a dimension, and stacks.",
      details:
        "in_dims is the dimension to run along, or one for each argument, `none` for those that every call gets whole; "
        + "models and numbers always are. Runs f once a slice, so it costs what the loop costs: where an op takes a "
        + "batch, the op on the batch is faster.",
      example: "vmap(x -> x.sum())(ones(2, 3))  #=> [3.0, 3.0]  f32[2]", family: "Gradients"
    ) { call throws(Failure) in
      let map = VectorMap(
        function: try call.function(0), inDims: call.value(1), outDims: call.value(2))
      return .object(
        TransformObject("vmap", map.function) { _, given, machine throws(Failure) in
          try map.run(given, machine)
        })
    },
  ]
}
