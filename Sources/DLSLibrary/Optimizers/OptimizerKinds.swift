// The optimizers: declarations, each with its update rule. The formulas are PyTorch's.

import DLSRuntime
import DLSTensor

private func number(_ name: String, _ value: Double) -> Parameter {
  Parameter(name, .float, .float(value))
}
private func flag(_ name: String, namedOnly: Bool = false) -> Parameter {
  Parameter(name, .bool, .bool(false), namedOnly: namedOnly)
}
private let maximize = flag("maximize", namedOnly: true)

enum OptimizerKinds {
  static let all: [OptimizerKind] = [
    OptimizerKind(
      name: "SGD",
      parameters: [
        number("lr", 1e-3), number("momentum", 0), number("dampening", 0),
        number("weight_decay", 0), flag("nesterov"), maximize,
      ],
      summary: "Gradient descent, with momentum where asked.",
      details:
        "d = g + λ p; b = μ b + (1 - dampening) d (the first b is d); p = p - lr b, with nesterov p - lr (d + μ b).",
      example:
        "w = param(tensor([1.0]))\nopt = SGD([w], lr=0.5)\nopt.minimize((w * w).sum())\nw  #=> param [0.0]  f32[1]",
      check: { s throws(Failure) in
        if s.flag("nesterov"), s.number("momentum") <= 0 || s.number("dampening") != 0 {
          throw Failure(
            "bad-argument", "nesterov needs a momentum above 0 and no dampening")
        }
      },
      rule: { s in
        var settings = SGDSettings()
        settings.lr = s.number("lr")
        settings.momentum = s.number("momentum")
        settings.dampening = s.number("dampening")
        settings.weightDecay = s.number("weight_decay")
        settings.nesterov = s.flag("nesterov")
        settings.maximize = s.flag("maximize")
        return { [settings] steps throws(TensorError) in
          var updates: [OptimizerUpdate] = []
          for step in steps {
            let (g, state) = (step.gradient, step.state)
            let isFirst = state.tensors["momentum_buffer"] == nil
            let buffer =
              settings.momentum == 0 ? nil : try state.tensor("momentum_buffer", like: g)
            updates.append(
              OptimizerUpdate(
                value: try step.cell.writable(), gradient: g, first: buffer, second: nil,
                step: isFirst ? 1 : max(2, state.step)))
          }
          OptimizerKernels.sgd(updates, settings)
        }
      }),
    adam(
      "Adam", decay: 0, isDecoupled: false,
      "Kingma and Ba (2014): m and v are running means of g and g², corrected for their start; "
        + "p = p - lr m / (√v + eps). weight_decay is added to g. amsgrad takes the largest v so far."
    ),
    adam(
      "AdamW", decay: 1e-2, isDecoupled: true,
      "Loshchilov and Hutter (2017): Adam, but the decay acts on the weights, p = p - lr λ p."),
    OptimizerKind(
      name: "RMSprop",
      parameters: [
        number("lr", 1e-2), number("alpha", 0.99), number("eps", 1e-8), number("weight_decay", 0),
        number("momentum", 0), flag("centered"), maximize,
      ],
      summary: "Gradients divided by a running root mean square.",
      details:
        "Tieleman and Hinton (2012): v = α v + (1 - α) g²; p = p - lr g / (√v + eps). centered subtracts the square of "
        + "the running mean of g from v.",
      example:
        "w = param(tensor([1.0]))\nopt = RMSprop([w], lr=0.01)\nopt.minimize((w * w).sum())\nw  #=> param [0.9]  f32[1]",
      rule: { s in
        var settings = RMSpropSettings()
        settings.lr = s.number("lr")
        settings.alpha = s.number("alpha")
        settings.eps = s.number("eps")
        settings.weightDecay = s.number("weight_decay")
        settings.momentum = s.number("momentum")
        settings.maximize = s.flag("maximize")
        let isCentered = s.flag("centered")
        return each { [settings] cell, g, state throws(TensorError) in
          let v = try state.tensor("square_avg", like: g)
          let mean = isCentered ? try state.tensor("grad_avg", like: g) : nil
          let buffer =
            settings.momentum > 0 ? try state.tensor("momentum_buffer", like: g) : nil
          try cell.update { p in p.rmspropStep(g, v, mean, buffer, settings) }
        }
      }),
    OptimizerKind(
      name: "Adagrad",
      parameters: [
        number("lr", 1e-2), number("lr_decay", 0), number("weight_decay", 0),
        number("initial_accumulator_value", 0), number("eps", 1e-10), maximize,
      ],
      summary: "Gradients divided by the root of the sum of their squares.",
      details:
        "Duchi et al. (2011): s = s + g²; p = p - lr / (1 + (t - 1) lr_decay) g / (√s + eps).",
      example:
        "w = param(tensor([1.0]))\nopt = Adagrad([w], lr=0.1)\nopt.minimize((w * w).sum())\nw  #=> param [0.9]  f32[1]",
      rule: { s in
        let (lr, slower, start) = (
          s.number("lr"), s.number("lr_decay"), s.number("initial_accumulator_value")
        )
        let (decay, eps, sign) = (
          s.number("weight_decay"), s.number("eps"), s.flag("maximize") ? -1.0 : 1
        )
        return each { cell, g, state throws(TensorError) in
          let sum = try state.tensor("sum", like: g, value: start)
          let rate = lr / (1 + Double(state.step - 1) * slower)
          try cell.update { p in p.adagradStep(g, sum, rate, decay, eps, sign) }
        }
      }),
    OptimizerKind(
      name: "Adadelta",
      parameters: [
        number("lr", 1), number("rho", 0.9), number("eps", 1e-6), number("weight_decay", 0),
        maximize,
      ],
      summary: "Steps scaled by the ratio of running changes to running gradients.",
      details:
        "Zeiler (2012): v = ρ v + (1 - ρ) g²; d = √(u + eps) / √(v + eps) g; u = ρ u + (1 - ρ) d²; p = p - lr d.",
      example:
        "w = param(tensor([1.0]))\nopt = Adadelta([w])\nopt.minimize((w * w).sum())\nw  #=> param [0.9968]  f32[1]",
      rule: { s in
        let (lr, rho, eps) = (s.number("lr"), s.number("rho"), s.number("eps"))
        let (decay, sign) = (s.number("weight_decay"), s.flag("maximize") ? -1.0 : 1)
        return each { cell, g, state throws(TensorError) in
          let v = try state.tensor("square_avg", like: g)
          let u = try state.tensor("acc_delta", like: g)
          try cell.update { p in p.adadeltaStep(g, v, u, lr, rho, eps, decay, sign) }
        }
      }),
    OptimizerKind(
      name: "LBFGS",
      parameters: [
        number("lr", 1), Parameter("max_iter", .int, .int(20)), Parameter("max_eval", .int, .none),
        number("tolerance_grad", 1e-7), number("tolerance_change", 1e-9),
        Parameter("history_size", .int, .int(100)), Parameter("line_search_fn", .string, .none),
        maximize,
      ],
      summary: "A quasi-Newton method that remembers its last steps.",
      details:
        "Nocedal (1980). Each step computes the loss several times, so it takes a function: `opt.minimize(() -> "
        + "loss(net(x), y))`, or `opt.step(closure)` where the closure itself zeroes gradients and goes back, as in "
        + "PyTorch. line_search_fn is none or \"strong_wolfe\".",
      example:
        "w = param(tensor([3.0, 4.0]))\nopt = LBFGS([w])\nopt.minimize(() -> (w * w).sum());\n(w.abs() < 1e-5).all()  #=> true",
      check: { s throws(Failure) in
        if let name = s.text("line_search_fn"), name != "strong_wolfe" {
          throw Failure(
            "bad-argument", "line_search_fn is none or \"strong_wolfe\", not \"\(name)\"")
        }
        if s.int("history_size") < 1 {
          throw Failure("bad-argument", "history_size must be at least 1")
        }
      }, rule: nil),
  ]

  private static func adam(_ name: String, decay: Double, isDecoupled: Bool, _ paper: String)
    -> OptimizerKind
  {
    OptimizerKind(
      name: name,
      parameters: [
        number("lr", 1e-3), Parameter("betas", .list, .floats([0.9, 0.999])), number("eps", 1e-8),
        number("weight_decay", decay), flag("amsgrad"), maximize,
      ],
      summary: "Steps by running means of the gradient and of its square.", details: paper,
      example:
        "w = param(tensor([1.0]))\nopt = \(name)([w], lr=0.1)\nopt.minimize((w * w).sum())\nw  #=> param [\(isDecoupled ? "0.899" : "0.9")]  f32[1]",
      rule: { s in
        var settings = AdamSettings()
        let betas = s.numbers("betas")
        settings.lr = s.number("lr")
        (settings.beta1, settings.beta2) = (betas.first ?? 0.9, betas.last ?? 0.999)
        settings.eps = s.number("eps")
        settings.weightDecay = s.number("weight_decay")
        settings.isDecoupled = isDecoupled
        settings.maximize = s.flag("maximize")
        let isLargest = s.flag("amsgrad")
        return { [settings] steps throws(TensorError) in
          var updates: [OptimizerUpdate] = []
          updates.reserveCapacity(steps.count)
          for step in steps {
            let (g, state) = (step.gradient, step.state)
            let m = try state.tensor("exp_avg", like: g)
            let v = try state.tensor("exp_avg_sq", like: g)
            let largest = isLargest ? try state.tensor("max_exp_avg_sq", like: g) : nil
            updates.append(
              OptimizerUpdate(
                value: try step.cell.writable(), gradient: g, first: m, second: v, third: largest,
                step: state.step))
          }
          OptimizerKernels.adam(updates, settings)
        }
      })
  }
}
