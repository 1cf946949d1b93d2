// Words about networks as a whole: params, modes, state.

import DLSRuntime
import DLSTensor

private let net = Parameter("net", .any)

enum NetworkWords {
  static let all: [Builtin] = [
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
      family: "Networks"
    ) { call throws(Failure) in
      for param in ModuleTree.parameters(call.value(0)) { param.cell.isFrozen = true }
      return call.value(0)
    },
    Builtin("unfreeze", [net], "Gradients flow to the params again.", family: "Networks") {
      call throws(Failure) in
      for param in ModuleTree.parameters(call.value(0)) { param.cell.isFrozen = false }
      return call.value(0)
    },
    Builtin(
      ".train", [net, Parameter("mode", .bool, .bool(true))],
      "Training mode: dropout drops, batch norm counts.", family: "Networks"
    ) {
      call throws(Failure) in
      ModuleTree.setTraining(call.value(0), try call.bool(1))
      return call.value(0)
    },
    Builtin(
      ".eval", [net],
      "Evaluation mode: dropout does nothing, batch norm uses its running statistics.",
      family: "Networks"
    ) {
      call throws(Failure) in
      ModuleTree.setTraining(call.value(0), false)
      return call.value(0)
    },
    Builtin(
      "state_dict", [net], "Params and buffers by name, as PyTorch names them.", family: "Networks"
    ) { call throws(Failure) in
      .dict(state(call.value(0)).map { ($0.name, .tensor($0.tensor)) })
    },
    Builtin(
      "load_state_dict", [net, Parameter("state", .dict)],
      "Gives a network the numbers of a state dict; names and shapes must agree.",
      family: "Networks"
    ) {
      call throws(Failure) in
      let given = try call.dict(1)
      var tensors: [String: Tensor] = [:]
      for (key, value) in given.entries {
        if case .string(let name) = key { tensors[name] = try value.asTensor() }
      }
      try load(tensors, into: call.value(0))
      return .none
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
      "Fills every weight matrix of a network by an initialiser.", family: "Networks"
    ) {
      call throws(Failure) in
      for (_, param) in ModuleTree.namedParameters(call.value(0)) where param.cell.value.rank > 1 {
        let shape = Value.ints(param.cell.value.shape)
        try param.set(.tensor(try call.machine.call(call.function(1), [shape]).asTensor().detached))
      }
      return call.value(0)
    },
  ]

  /// Every number that belongs to a network, by name.
  static func state(_ value: Value) -> [(name: String, tensor: Tensor)] {
    ModuleTree.namedParameters(value).map { ($0.0, $0.1.cell.value.detached) }
      + ModuleTree.buffers(value).compactMap { buffer in
        buffer.owner.buffers.first { $0.name == buffer.key }.map { (buffer.name, $0.value) }
      }
  }

  /// All is checked before anything is changed.
  static func load(_ tensors: [String: Tensor], into value: Value) throws(Failure) {
    let own = ModuleTree.namedParameters(value)
    let buffers = ModuleTree.buffers(value)
    let names = Set(own.map(\.0) + buffers.map(\.name))
    let missing = names.filter { tensors[$0] == nil }.sorted()
    let extra = tensors.keys.filter { !names.contains($0) }.sorted()
    if !missing.isEmpty || !extra.isEmpty {
      var notes: [String] = []
      if !missing.isEmpty { notes.append("missing: " + missing.prefix(8).joined(separator: ", ")) }
      if !extra.isEmpty {
        notes.append("not in the network: " + extra.prefix(8).joined(separator: ", "))
      }
      throw Failure("state-mismatch", "the names do not agree with the network's", notes: notes)
    }
    for (name, param) in own {
      guard let t = tensors[name] else { continue }
      if t.shape != param.cell.value.shape {
        throw Failure(
          "shape-mismatch",
          "`\(name)` has shape \(Tensor.describe(t.shape)), the network's is \(Tensor.describe(param.cell.value.shape))"
        )
      }
    }
    for (name, param) in own {
      guard let t = tensors[name] else { continue }
      let dtype = param.cell.value.dtype
      param.cell.set(
        try tensorWork { () throws(TensorError) in try t.detached.to(dtype).contiguous() })
    }
    for buffer in buffers {
      if let t = tensors[buffer.name] { buffer.owner.setBuffer(buffer.key, t) }
    }
  }
}
