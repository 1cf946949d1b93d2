// Words about optimizers: their kinds, their steps, and the clipping of gradients.

import DLSRuntime
import DLSTensor

extension Call {
  func optimizer(_ i: Int) throws(Failure) -> Optimizer {
    if case .object(let opt as Optimizer) = value(i) { return opt }
    throw fail(
      i, code: "type-mismatch",
      "\(name) needs an optimizer for `\(parameters[i].name)`, got \(value(i).kindText)",
      help: ["`opt = Adam(net, lr=1e-3)`"])
  }
}

enum OptimizerWords {
  static let all: [Builtin] = OptimizerKinds.all.map(\.builtin) + methods + ScheduleWords.all

  /// One step with a function that computes the loss; `goesBack` where it does not do so itself.
  private static func step(
    _ opt: Optimizer, _ closure: Value, goesBack: Bool, _ machine: Machine
  ) throws(Failure) -> Value {
    func loss() throws(Failure) -> Value {
      try Autograd.recording { () throws(Failure) in
        if goesBack { opt.zeroGrad() }
        let loss = try machine.call(closure, [])
        if goesBack {
          let t = try loss.asTensor()
          try tensorWork { () throws(TensorError) in try Autograd.backward(t) }
        }
        return loss.tensorView.map { .tensor($0.detached) } ?? loss
      }
    }
    if opt.declared.rule == nil {
      return try LBFGSStep(optimizer: opt, machine: machine, closure: loss).run()
    }
    let value = try loss()
    try opt.step()
    return value
  }

  private static let methods: [Builtin] = [
    Builtin(
      ".step", [Parameter("opt", .any), Parameter("closure", .any, .none)],
      "Updates the params by their gradients; a schedule's step changes the learning rate.",
      details:
        "With a closure, which zeroes gradients, goes back and gives the loss, as LBFGS needs. A ReduceLROnPlateau takes "
        + "its metric: `schedule.step(loss)`.",
      example:
        "w = param(tensor([1.0]))\nopt = SGD([w], lr=0.5)\n(w * w).sum().backward()\nopt.step()\nw  #=> param [0.0]  f32[1]",
      family: "Optimizers"
    ) { call throws(Failure) in
      if case .object(let schedule as Schedule) = call.value(0) {
        try schedule.advance(call.value(1), call.machine)
        return .none
      }
      let opt = try call.optimizer(0)
      if call.value(1).isCallable {
        return try step(opt, call.value(1), goesBack: false, call.machine)
      }
      if !call.isNone(1) {
        throw call.fail(
          1, "step takes a function that gives the loss, not \(call.value(1).kindText)")
      }
      if try opt.step() {
        call.machine.warn(
          "stale-gradient", "the gradients of the last step are still in these",
          help: ["call `opt.zero_grad()` before `loss.backward()`, or `opt.minimize(loss)` for all"]
        )
      }
      return .none
    },
    Builtin(
      "zero_grad", [Parameter("opt", .any)],
      "Forgets the gradients of an optimizer's params, or of a network's.",
      example:
        "w = param(tensor([1.0]))\n(w * w).sum().backward()\nzero_grad(w)\nw.grad == none  #=> true",
      family: "Optimizers"
    ) {
      call throws(Failure) in
      if case .object(let opt as Optimizer) = call.value(0) {
        opt.zeroGrad()
        return .none
      }
      let params = ModuleTree.parameters(call.value(0))
      if params.isEmpty {
        throw call.fail(0, "zero_grad found no params in \(call.value(0).kindText)")
      }
      for param in params { param.cell.gradient = nil }
      return .none
    },
    Builtin(
      "minimize", [Parameter("opt", .any), Parameter("loss", .any)],
      "Zeroes gradients, goes back from the loss, and steps.",
      details:
        "The loss is a tensor of one number, or a function that computes it; its value comes back.",
      example:
        "w = param(tensor([4.0]))\nopt = SGD([w], lr=0.25)\nopt.minimize((w * w).sum())  #=> 16.0\nw  #=> param [2.0]  f32[1]",
      family: "Optimizers"
    ) {
      call throws(Failure) in
      let opt = try call.optimizer(0)
      if call.value(1).isCallable {
        return try step(opt, call.value(1), goesBack: true, call.machine)
      }
      let loss = try call.tensor(1)
      opt.zeroGrad()
      do throws(TensorError) { try Autograd.backward(loss) } catch {
        let failure = Failure(error)
        failure.argument = 1
        failure.labels = failure.labels.map { (1, $0.text) }
        if loss.count != 1 { failure.help = ["reduce it first: `{0}.minimize({1}.mean())`"] }
        throw failure
      }
      try opt.step()
      return .tensor(loss.detached)
    },
    Builtin(
      "add_param_group", [Parameter("opt", .any), Parameter("group", .dict)],
      "Gives an optimizer more params, with settings of their own.",
      example:
        "opt = SGD([param(ones(1))], lr=0.1)\nadd_param_group(opt, {params: [param(ones(2))], lr: 0.01})\nopt.param_groups[1].lr  #=> 0.01",
      family: "Optimizers"
    ) { call throws(Failure) in
      let opt = try call.optimizer(0)
      guard let first = opt.groups.first else { return .none }
      var defaults = Settings()
      for name in first.settings.names { defaults[name] = first.settings[name] }
      do throws(Failure) {
        try opt.add(try ParamGroup.read(group: call.value(1), defaults, opt.declared))
      } catch {
        error.argument = 1
        throw error
      }
      return .none
    },
    Builtin(
      "clip_grad_norm",
      [
        Parameter("params", .any), Parameter("max_norm", .float),
        Parameter("norm_type", .float, .float(2)),
        Parameter("error_if_nonfinite", .bool, .bool(false)),
      ],
      "Scales gradients down to a total norm; gives the norm before.",
      details:
        "All gradients count as one vector (Pascanu et al., 2013): each is multiplied by max_norm / (norm + 1e-6) where "
        + "that is below 1. norm_type may be inf.",
      example:
        "w = param(tensor([3.0, 4.0]))\n(w * w).sum().backward()\nclip_grad_norm(w, 1.0)  #=> 10.0\nw.grad  #=> [0.6, 0.8]  f32[2]",
      family: "Optimizers"
    ) { call throws(Failure) in .float(try Clipping(call).byNorm()) },
    Builtin(
      "clip_grad_value", [Parameter("params", .any), Parameter("clip_value", .float)],
      "Holds every gradient within ±value.",
      example:
        "w = param(tensor([3.0, -1.0]))\n(w * w).sum().backward()\nclip_grad_value(w, 4.0)\nw.grad  #=> [4.0, -2.0]  f32[2]",
      family: "Optimizers"
    ) {
      call throws(Failure) in
      try Clipping(call).byValue()
      return .none
    },
  ]
}

/// The gradients of params, a network or an optimizer, to be clipped.
private struct Clipping {
  let call: Call
  let cells: [ParameterCell]
  let most: Double

  init(_ call: Call) throws(Failure) {
    self.call = call
    if case .object(let opt as Optimizer) = call.value(0) {
      cells = opt.params.map(\.cell)
    } else {
      cells = ModuleTree.parameters(call.value(0)).map(\.cell)
    }
    if cells.isEmpty {
      throw call.fail(0, "\(call.name) found no params in \(call.value(0).kindText)")
    }
    most = try call.float(1)
    if !(most >= 0) {
      throw call.fail(
        1, "`\(call.parameters[1].name)` must not be below 0, got \(NumberText.shortest(most))")
    }
  }

  func byNorm() throws(Failure) -> Double {
    let p = try call.float(2)
    if !(p > 0) { throw call.fail(2, "norm_type must be above 0") }
    let gradients = cells.compactMap(\.gradient)
    let norm = try tensorWork { () throws(TensorError) in
      try Autograd.withoutRecording { () throws(TensorError) in
        var parts: [Double] = []
        for g in gradients {
          let x = try g.detached.abs()
          if g.count == 0 { continue }
          if p == .infinity {
            parts.append(try x.amax().packedElement)
          } else if p == 2 {
            parts.append(try (x * x).sum().packedElement)
          } else {
            parts.append(try x.power(x.number(p)).sum().packedElement)
          }
        }
        if p == .infinity { return parts.max() ?? 0 }
        return Scalar64.pow(parts.reduce(0, +), 1 / p)
      }
    }
    if !norm.isFinite, try call.bool(3) {
      throw call.fail(0, "the norm of the gradients is \(NumberText.shortest(norm))")
    }
    let scale = most / (norm + 1e-6)
    if scale < 1 || scale.isNaN {
      try change { g throws(TensorError) in try g * g.number(scale) }
    }
    return norm
  }

  func byValue() throws(Failure) {
    try change { g throws(TensorError) in try g.clamp(-most, most) }
  }

  private func change(_ f: (Tensor) throws(TensorError) -> Tensor) throws(Failure) {
    for cell in cells {
      guard let g = cell.gradient else { continue }
      cell.gradient = try tensorWork { () throws(TensorError) in
        try Autograd.withoutRecording { () throws(TensorError) in try f(g) }
      }
    }
  }
}
