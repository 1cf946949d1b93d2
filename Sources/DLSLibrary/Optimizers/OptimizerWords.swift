// The optimizers: declarations, each with its update rule.

import DLSRuntime
import DLSTensor

private let paramsParameter = Parameter("params", .any)

/// Declares an optimizer: float and bool parameters become settings and flags.
private func optimizer(
  _ name: String, _ parameters: [Parameter], _ summary: String, _ formula: String,
  _ rule:
    @escaping @Sendable (ParameterCell, Tensor, OptimizerState, [String: Double], [String: Bool])
    throws(TensorError) -> Void
) -> Builtin {
  Builtin(
    name, [paramsParameter] + parameters, summary,
    details: formula
      + "\nTakes params, a network, or groups: `\(name)([{params: a, lr: 0.1}, {params: b}])`.",
    family: "Optimizers"
  ) { call throws(Failure) in
    var settings: [String: Double] = [:]
    var flags: [String: Bool] = [:]
    for (i, p) in parameters.enumerated() {
      switch p.kind {
      case .bool: flags[p.name] = try call.bool(i + 1)
      case .list:
        if call.isNone(i + 1) { continue }
        for (k, item) in try call.list(i + 1).enumerated() {
          settings["\(p.name)\(k + 1)"] = item.number ?? 0
        }
      default: settings[p.name] = try call.float(i + 1)
      }
    }
    for (key, value) in settings where !(value >= 0) {
      throw Failure("bad-argument", "\(name) needs `\(key)` not below 0, got \(value)")
    }
    return .object(Optimizer(name, try OptimizerWords.groups(call, settings), flags, rule))
  }
}

private func number(_ name: String, _ value: Double) -> Parameter {
  Parameter(name, .float, .float(value))
}
private func flag(_ name: String) -> Parameter { Parameter(name, .bool, .bool(false)) }

enum OptimizerWords {
  static let all: [Builtin] = rules + methods

  private static let rules: [Builtin] = [
    optimizer(
      "SGD",
      [
        number("lr", 1e-3), number("momentum", 0), number("dampening", 0),
        number("weight_decay", 0), flag("nesterov"),
      ],
      "Gradient descent, with momentum where asked.", "b = μ b + g; p = p - lr b."
    ) { cell, g, state, s, flags throws(TensorError) in
      var settings = SGDSettings()
      settings.lr = s["lr"] ?? 0
      settings.momentum = s["momentum"] ?? 0
      settings.dampening = s["dampening"] ?? 0
      settings.weightDecay = s["weight_decay"] ?? 0
      settings.nesterov = flags["nesterov"] ?? false
      let buffer = settings.momentum == 0 ? nil : try state.zeros("momentum", like: g)
      try cell.update { p in p.sgdStep(g, buffer, isFirst: state.step == 1, settings) }
    },
    adam("Adam", decay: 0, decoupled: false, "Kingma and Ba (2014)."),
    adam(
      "AdamW", decay: 1e-2, decoupled: true,
      "Loshchilov and Hutter (2017): the decay acts on the weights."),
    optimizer(
      "RMSprop",
      [
        number("lr", 1e-2), number("alpha", 0.99), number("eps", 1e-8), number("weight_decay", 0),
        number("momentum", 0), flag("centered"),
      ],
      "Gradients divided by a running root mean square.", "Tieleman and Hinton (2012)."
    ) { cell, g, state, s, flags throws(TensorError) in
      let d = try decayed(g, cell, s)
      let a = try g.number(s["alpha"] ?? 0.99)
      let b = try g.number(1 - (s["alpha"] ?? 0.99))
      let v = try state.zeros("square", like: g) * a + d * d * b
      state.tensors["square"] = v
      var mean = v
      if flags["centered"] ?? false {
        let m = try state.zeros("mean", like: g) * a + d * b
        state.tensors["mean"] = m
        mean = try v - m * m
      }
      var change = try d / (mean.sqrt() + g.number(s["eps"] ?? 0))
      if let momentum = s["momentum"], momentum > 0 {
        change = try state.zeros("momentum", like: g) * g.number(momentum) + change
        state.tensors["momentum"] = change
      }
      cell.set(try cell.value.detached - change * g.number(s["lr"] ?? 0))
    },
    optimizer(
      "Adagrad",
      [
        number("lr", 1e-2), number("lr_decay", 0), number("weight_decay", 0),
        number("initial_accumulator_value", 0), number("eps", 1e-10),
      ],
      "Gradients divided by the root of the sum of their squares.", "Duchi et al. (2011)."
    ) { cell, g, state, s, _ throws(TensorError) in
      let d = try decayed(g, cell, s)
      let v = try state.zeros("sum", like: g, value: s["initial_accumulator_value"] ?? 0) + d * d
      state.tensors["sum"] = v
      let rate = (s["lr"] ?? 0) / (1 + Double(state.step - 1) * (s["lr_decay"] ?? 0))
      cell.set(try cell.value.detached - d / (v.sqrt() + g.number(s["eps"] ?? 0)) * g.number(rate))
    },
    optimizer(
      "Adadelta",
      [number("lr", 1), number("rho", 0.9), number("eps", 1e-6), number("weight_decay", 0)],
      "Steps scaled by the ratio of running changes to running gradients.", "Zeiler (2012)."
    ) { cell, g, state, s, _ throws(TensorError) in
      let d = try decayed(g, cell, s)
      let (rho, rest, eps) = (
        try g.number(s["rho"] ?? 0.9), try g.number(1 - (s["rho"] ?? 0.9)),
        try g.number(s["eps"] ?? 0)
      )
      let v = try state.zeros("square", like: g) * rho + d * d * rest
      state.tensors["square"] = v
      let u = try state.zeros("delta", like: g)
      let change = try (u + eps).sqrt() / (v + eps).sqrt() * d
      state.tensors["delta"] = try u * rho + change * change * rest
      cell.set(try cell.value.detached - change * g.number(s["lr"] ?? 1))
    },
  ]

  private static func adam(_ name: String, decay: Double, decoupled: Bool, _ paper: String)
    -> Builtin
  {
    optimizer(
      name,
      [
        number("lr", 1e-3), Parameter("betas", .list, .none), number("eps", 1e-8),
        number("weight_decay", decay), flag("amsgrad"),
      ],
      "Steps by running means of the gradient and of its square.",
      paper + " betas are (0.9, 0.999)."
    ) { cell, g, state, s, flags throws(TensorError) in
      var settings = AdamSettings()
      settings.lr = s["lr"] ?? 0
      settings.beta1 = s["betas1"] ?? 0.9
      settings.beta2 = s["betas2"] ?? 0.999
      settings.eps = s["eps"] ?? 1e-8
      settings.weightDecay = s["weight_decay"] ?? 0
      settings.isDecoupled = decoupled
      if flags["amsgrad"] ?? false { throw TensorError("bad-argument", "amsgrad is not there") }
      let m = try state.zeros("m", like: g)
      let v = try state.zeros("v", like: g)
      try cell.update { p in p.adamStep(g, m, v, state.step, settings) }
    }
  }

  private static func decayed(_ g: Tensor, _ cell: ParameterCell, _ s: [String: Double])
    throws(TensorError) -> Tensor
  {
    guard let decay = s["weight_decay"], decay > 0 else { return g }
    return try g + cell.value.detached * g.number(decay)
  }

  /// Params, a network, or groups with settings of their own.
  static func groups(_ call: Call, _ settings: [String: Double]) throws(Failure) -> [ParamGroup] {
    let given = call.value(0)
    if let items = given.sequenceItems, let first = items.first?.objectValue as? DictObject,
      first.get("params") != nil
    {
      var result: [ParamGroup] = []
      for item in items {
        guard let dict = item.objectValue as? DictObject, let inner = dict.get("params") else {
          throw call.fail(0, "a group is a dict with `params`")
        }
        var own = settings
        for name in dict.memberNames where name != "params" {
          guard own[name] != nil, let x = dict.get(name)?.number else {
            throw call.fail(0, "\(call.name) has no setting `\(name)`")
          }
          own[name] = x
        }
        result.append(ParamGroup(ModuleTree.parameters(inner), own))
      }
      return result
    }
    let params = ModuleTree.parameters(given)
    if params.isEmpty {
      throw call.fail(
        0, "\(call.name) got no params to train",
        help: ["sizes left open by `_` are decided by a first call: run the network once before"])
    }
    return [ParamGroup(params, settings)]
  }

  private static func given(_ call: Call) throws(Failure) -> Optimizer {
    guard case .object(let opt as Optimizer) = call.value(0) else {
      throw call.fail(
        0, code: "type-mismatch", "\(call.name) needs an optimizer, got \(call.value(0).kindText)")
    }
    return opt
  }

  private static let methods: [Builtin] =
    [
      Builtin(
        ".step", [Parameter("opt", .any)], "Updates the params by their gradients.",
        family: "Optimizers"
      ) { call throws(Failure) in
        if case .object(let schedule as Schedule) = call.value(0) {
          try schedule.advance(.none, call.machine)
          return .none
        }
        try given(call).step()
        return .none
      },
      Builtin(
        "zero_grad", [Parameter("opt", .any)],
        "Forgets the gradients of an optimizer's params, or of a network's.", family: "Optimizers"
      ) {
        call throws(Failure) in
        if case .object(let opt as Optimizer) = call.value(0) {
          opt.zeroGrad()
        } else {
          for param in ModuleTree.parameters(call.value(0)) { param.cell.gradient = nil }
        }
        return .none
      },
      Builtin(
        "minimize", [Parameter("opt", .any), Parameter("loss", .tensor)],
        "Zeroes gradients, goes back from the loss, and steps.", family: "Optimizers"
      ) {
        call throws(Failure) in
        let opt = try given(call)
        let loss = try call.tensor(1)
        opt.zeroGrad()
        try tensorWork { () throws(TensorError) in try Autograd.backward(loss) }
        try opt.step()
        return .none
      },
      Builtin(
        "clip_grad_norm", [Parameter("params", .any), Parameter("max_norm", .float)],
        "Scales gradients down to a total norm; gives the norm before.", family: "Optimizers"
      ) {
        call throws(Failure) in
        let cells = ModuleTree.parameters(call.value(0)).map(\.cell)
        let most = try call.float(1)
        var square = 0.0
        for cell in cells { for x in cell.gradient?.doubles() ?? [] { square += x * x } }
        let norm = square.squareRoot()
        let scale = most / (norm + 1e-6)
        if scale < 1 {
          for cell in cells {
            guard let g = cell.gradient else { continue }
            cell.gradient = try tensorWork { () throws(TensorError) in try g * g.number(scale) }
          }
        }
        return .float(norm)
      },
      Builtin(
        "clip_grad_value", [Parameter("params", .any), Parameter("clip_value", .float)],
        "Holds every gradient within ±value.", family: "Optimizers"
      ) {
        call throws(Failure) in
        let most = try call.float(1)
        for cell in ModuleTree.parameters(call.value(0)).map(\.cell) {
          guard let g = cell.gradient else { continue }
          cell.gradient = try tensorWork { () throws(TensorError) in try g.clamp(-most, most) }
        }
        return .none
      },
    ] + ScheduleWords.all
}
