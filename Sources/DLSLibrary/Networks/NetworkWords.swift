// Words about networks as a whole: params, modes, state.

import DLSRuntime
import DLSTensor

private let net = Parameter("net", .any)

enum NetworkWords {
  static let all: [Builtin] = [
    Summary.word,
    Builtin(
      "params", [net], "The trained params of a network, as a list.",
      example: "len(params(Linear(2, 3)))  #=> 2", family: "Networks"
    ) {
      call throws(Failure) in .list(ModuleTree.parameters(call.value(0)).map { .object($0) })
    },
    Builtin(
      "named_params", [net], "The params by their dotted names, as a dict.",
      example: "keys(named_params(Linear(2, 3)))  #=> [\"weight\", \"bias\"]", family: "Networks"
    ) {
      call throws(Failure) in
      .dict(ModuleTree.namedParameters(call.value(0)).map { ($0.0, .object($0.1)) })
    },
    Builtin(
      "count_params", [net], "How many numbers are trained.",
      example: "count_params(Linear(2, 3))  #=> 9", family: "Networks"
    ) {
      call throws(Failure) in
      .int(
        ModuleTree.parameters(call.value(0)).filter { !$0.cell.isFrozen }.reduce(0) {
          $0 + $1.cell.value.count
        })
    },
    Builtin(
      "freeze", [net], "No gradient flows to the params of a network from now on.",
      details: "Optimizers leave frozen params as they are. Gives the network.",
      example: "net = Linear(2, 3)\nfreeze(net)\ncount_params(net)  #=> 0", family: "Networks"
    ) { call throws(Failure) in
      for param in try call.params(0) { param.cell.isFrozen = true }
      return call.value(0)
    },
    Builtin(
      "unfreeze", [net], "Gradients flow to the params again.",
      example: "net = unfreeze(freeze(Linear(2, 3)))\ncount_params(net)  #=> 9",
      family: "Networks"
    ) {
      call throws(Failure) in
      for param in try call.params(0) { param.cell.isFrozen = false }
      return call.value(0)
    },
    Builtin(
      ".train", [net, Parameter("mode", .bool, .bool(true))],
      "Training mode: dropout drops, batch norm counts.",
      details: "Gives the network.",
      example: "net = Dropout(0.5).eval()\nnet.train().training  #=> true", family: "Networks"
    ) {
      call throws(Failure) in
      ModuleTree.setTraining(call.value(0), try call.bool(1))
      return call.value(0)
    },
    Builtin(
      ".eval", [net],
      "Evaluation mode: dropout does nothing, batch norm uses its running statistics.",
      details: "Gives the network.",
      example: "net = Dropout(0.5).eval()\nnet(ones(2))  #=> [1.0, 1.0]  f32[2]", family: "Networks"
    ) {
      call throws(Failure) in
      ModuleTree.setTraining(call.value(0), false)
      return call.value(0)
    },
    Builtin(
      "state_dict", [net],
      "Params and buffers by name, as PyTorch names them; also the state of an optimizer or a schedule.",
      details:
        "Nested models and lists give dotted names, `layers.0.weight`; layers of a composition are numbered.",
      example:
        "keys(state_dict(Linear(2, 2) >> relu >> Linear(2, 1, bias=false)))\n#=> [\"0.weight\", \"0.bias\", \"2.weight\"]",
      family: "Networks"
    ) { call throws(Failure) in
      if let holder = call.value(0).objectValue as? StateHolder { return holder.state }
      let state = NetworkState.of(call.value(0))
      if state.isEmpty {
        throw call.fail(0, "there are no params in \(call.value(0).kindText)")
      }
      return .dict(
        try state.mapped { one throws(Failure) in
          (one.name, .tensor(try tensorWork { () throws(TensorError) in try one.tensor.copied() }))
        })
    },
    Builtin(
      "load_state_dict",
      [net, Parameter("state", .dict), Parameter("strict", .bool, .bool(true))],
      "Gives a network the numbers of a state dict; names and shapes must agree.",
      details:
        "With strict=false, names that only one side has are passed over, and come back as (missing, unexpected). "
        + "Optimizers and schedules take their own state.",
      example:
        "a = Linear(2, 2)\nb = Linear(2, 2)\nload_state_dict(a, state_dict(b))\n(a.weight == b.weight).all()  #=> true",
      family: "Networks"
    ) {
      call throws(Failure) in
      let given = try call.dict(1)
      if let holder = call.value(0).objectValue as? StateHolder {
        try holder.load(given)
        return .none
      }
      var tensors: [String: Tensor] = [:]
      for (key, value) in given.entries {
        guard case .string(let name) = key else {
          throw call.fail(1, "a state dict has names as keys, not \(key.value.describe())")
        }
        guard let t = value.tensorView else {
          throw call.fail(1, "`\(name)` is \(value.kindText), not a tensor")
        }
        tensors[name] = t
      }
      let strict = try call.bool(2)
      let (missing, unexpected) = try NetworkState.load(
        tensors, into: call.value(0), strict: strict)
      if strict { return .none }
      return .tuple([
        .list(missing.map { .string($0) }), .list(unexpected.map { .string($0) }),
      ])
    },
    Builtin(
      "to", [Parameter("input", .any), Parameter("dtype", .dtype)],
      "A tensor in another dtype; a network is converted in place.",
      example: "tensor([1, 2]).to(f32)  #=> [1.0, 2.0]  f32[2]", family: "Shape"
    ) { call throws(Failure) in
      let dtype = try call.dtype(1)
      if case .object(let object) = call.value(0), object.tensorValue == nil,
        call.value(0).sequenceItems == nil
      {
        for param in ModuleTree.parameters(call.value(0)) {
          let old = param.cell.value.detached
          param.cell.set(try tensorWork { () throws(TensorError) in try old.to(dtype) })
        }
        for buffer in ModuleTree.buffers(call.value(0)) {
          guard let old = buffer.owner.buffers.first(where: { $0.name == buffer.key })?.value,
            old.dtype.isFloating
          else { continue }
          buffer.owner.setBuffer(
            buffer.key, try tensorWork { () throws(TensorError) in try old.to(dtype) })
        }
        return call.value(0)
      }
      let t = try call.tensor(0)
      return .tensor(try tensorWork { () throws(TensorError) in try t.to(dtype) })
    },
    Builtin(
      "init", [net, Parameter("f", .function)],
      "Fills every weight matrix of a network by an initialiser.",
      details:
        "f is called with the shape of each param of two dimensions or more; biases stay. Gives the network.",
      example:
        "net = init(Linear(2, 1), shape -> zeros(shape))\nnet.weight  #=> param [[0.0, 0.0]]  f32[1, 2]",
      family: "Networks"
    ) {
      call throws(Failure) in
      let params = ModuleTree.namedParameters(call.value(0))
      if params.isEmpty { throw call.fail(0, "init found no params in \(call.value(0).kindText)") }
      var made: [(ParamObject, Tensor)] = []
      for (name, param) in params where param.cell.value.rank > 1 {
        let shape = param.cell.value.shape
        let t = try call.machine.call(call.function(1), [.ints(shape)]).asTensor().detached
        if t.shape != shape {
          throw call.fail(
            1, code: "shape-mismatch",
            "the initialiser gave \(t.typeText) for `\(name)` of shape \(Tensor.describe(shape))")
        }
        made.append((param, t))
      }
      for (param, t) in made { try param.set(.tensor(t)) }
      return call.value(0)
    },
  ]
}

extension Call {
  /// The params in an argument; that there are none is an error.
  func params(_ i: Int) throws(Failure) -> [ParamObject] {
    let found = ModuleTree.parameters(value(i))
    if found.isEmpty { throw fail(i, "\(name) found no params in \(value(i).kindText)") }
    return found
  }
}
