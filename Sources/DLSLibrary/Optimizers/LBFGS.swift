// L-BFGS as PyTorch has it: directions from the last steps, and a line search with Wolfe's conditions.

import DLSRuntime
import DLSTensor

/// What L-BFGS keeps between steps.
struct LBFGSHistory {
  var direction: Tensor?
  var length = 0.0
  /// Differences of gradients, of params, and 1 / (y·s).
  var old: [(y: Tensor, s: Tensor, rho: Double)] = []
  var scale = 1.0
  var previousGradient: Tensor?
  var iterations = 0
  var evaluations = 0
}

/// One `step(closure)`. Params are seen as one long vector.
struct LBFGSStep {
  let optimizer: Optimizer
  let machine: Machine
  /// Computes the loss and leaves gradients in the params.
  let closure: () throws(Failure) -> Value

  /// -1 where the function is to be made large.
  private var sign: Double { optimizer.groups[0].settings.flag("maximize") ? -1 : 1 }
  private var params: [ParamObject] { optimizer.params.filter { !$0.cell.isFrozen } }
  private struct Point {
    var loss: Double
    var gradient: Tensor
  }

  func run() throws(Failure) -> Value {
    if optimizer.groups.count != 1 {
      throw Failure("bad-argument", "LBFGS takes one group of params", argument: 0)
    }
    let s = optimizer.groups[0].settings
    let (lr, most) = (s.number("lr"), s.int("max_iter"))
    let limit = s["max_eval"]?.number.map { Int($0) } ?? most * 5 / 4
    let (smallGradient, smallChange) = (s.number("tolerance_grad"), s.number("tolerance_change"))
    let searches = s.text("line_search_fn") != nil
    var h = optimizer.history
    defer { optimizer.history = h }

    let first = try closure()
    var now = Point(loss: try lossNumber(first), gradient: try gatheredGradient())
    var evaluations = 1
    h.evaluations += 1
    if try now.gradient.largest() <= smallGradient { return first }
    var (d, t) = (h.direction, h.length)
    var previous = h.previousGradient
    var previousLoss = now.loss
    var iterations = 0
    while iterations < most {
      try machine.checkInterrupt()
      iterations += 1
      h.iterations += 1
      // The direction: the gradient turned by what the last steps say of the curvature.
      if h.iterations == 1 {
        d = try work { () throws(TensorError) in try now.gradient.negate() }
        (h.old, h.scale) = ([], 1)
      } else if let direction = d, let last = previous {
        try remember(&h, now.gradient, last, direction, t, s.int("history_size"))
        d = try self.direction(h, now.gradient)
      }
      guard let direction = d else { break }
      previous = now.gradient
      previousLoss = now.loss
      // The length of the step.
      let sum = try work { () throws(TensorError) in
        try now.gradient.abs().sum().packedElement
      }
      t = h.iterations == 1 ? min(1, 1 / sum) * lr : lr
      let slope = try now.gradient.dotted(direction)
      if slope > -smallChange { break }
      var used = 0
      if searches {
        let start = try savedParams()
        let search = StrongWolfe(tolerance: smallChange, limit: limit - evaluations) {
          length throws(Failure) in
          try self.move(from: start, direction, length)
          return (try self.lossNumber(try self.closure()), try self.gatheredGradient())
        }
        let found = try search.run(
          t, direction, loss: now.loss, gradient: now.gradient, slope: slope, machine)
        try move(from: start, direction, found.t)
        t = found.t
        now = Point(loss: found.loss, gradient: found.gradient)
        used = found.evaluations
      } else {
        try move(from: try savedParams(), direction, t)
        if iterations != most {
          now = Point(loss: try lossNumber(try closure()), gradient: try gatheredGradient())
          used = 1
        }
      }
      evaluations += used
      h.evaluations += used
      if iterations == most || evaluations >= limit { break }
      if try now.gradient.largest() <= smallGradient { break }
      if try direction.largest() * abs(t) <= smallChange { break }
      if abs(now.loss - previousLoss) < smallChange { break }
    }
    (h.direction, h.length, h.previousGradient) = (d, t, previous)
    return first
  }

  private func remember(
    _ h: inout LBFGSHistory, _ g: Tensor, _ last: Tensor, _ d: Tensor, _ t: Double, _ size: Int
  ) throws(Failure) {
    let (y, s) = try work { () throws(TensorError) in (try g - last, try d * d.number(t)) }
    let ys = try y.dotted(s)
    if ys <= 1e-10 { return }
    if h.old.count >= size { h.old.removeFirst() }
    h.old.append((y, s, 1 / ys))
    h.scale = ys / (try y.dotted(y))
  }

  /// The two loops of Nocedal (1980).
  private func direction(_ h: LBFGSHistory, _ g: Tensor) throws(Failure) -> Tensor {
    var q = try work { () throws(TensorError) in try g.negate() }
    var alphas: [Double] = []
    for one in h.old.reversed() {
      let alpha = try one.s.dotted(q) * one.rho
      alphas.append(alpha)
      q = try q.plus(one.y, times: -alpha)
    }
    let scaled = q
    q = try work { () throws(TensorError) in try scaled * scaled.number(h.scale) }
    for (one, alpha) in zip(h.old, alphas.reversed()) {
      q = try q.plus(one.s, times: alpha - (try one.y.dotted(q)) * one.rho)
    }
    return q
  }

  private func lossNumber(_ value: Value) throws(Failure) -> Double {
    guard let x = value.number else {
      throw Failure(
        "type-mismatch", "the closure of LBFGS gives the loss, one number, not \(value.kindText)",
        help: ["end the function with the loss"])
    }
    return sign * x
  }

  private func savedParams() throws(Failure) -> [Tensor] { params.map { $0.cell.value.detached } }

  private func gatheredGradient() throws(Failure) -> Tensor {
    let (params, sign) = (params, sign)
    return try work { () throws(TensorError) in
      var parts: [Tensor] = []
      for param in params {
        if let g = param.cell.gradient {
          parts.append(try g.detached.reshape([-1]))
        } else {
          parts.append(try Tensor.zeros(like: param.cell.value).reshape([-1]))
        }
      }
      let whole = try Tensor.cat(parts, 0)
      return sign < 0 ? try whole.negate() : whole
    }
  }

  private func move(from start: [Tensor], _ d: Tensor, _ t: Double) throws(Failure) {
    let params = params
    try work { () throws(TensorError) in
      let step = try d * d.number(t)
      let parts = try step.split(start.map(\.count), 0)
      for (param, (x, part)) in zip(params, zip(start, parts)) {
        param.cell.set(try (x + part.reshape(x.shape).to(x.dtype)).contiguous())
      }
    }
  }
}

private func work<R>(_ body: () throws(TensorError) -> R) throws(Failure) -> R {
  try tensorWork { () throws(TensorError) in
    try Autograd.withoutRecording { () throws(TensorError) in try body() }
  }
}

extension Tensor {
  func dotted(_ other: Tensor) throws(Failure) -> Double {
    try work { () throws(TensorError) in try (self * other).sum().packedElement }
  }
  func largest() throws(Failure) -> Double {
    try work { () throws(TensorError) in try abs().amax().packedElement }
  }
  fileprivate func plus(_ other: Tensor, times x: Double) throws(Failure) -> Tensor {
    try work { () throws(TensorError) in try self + other * other.number(x) }
  }
}
