// The line search of L-BFGS: Wolfe's strong conditions by cubic interpolation (Nocedal and Wright,
// Numerical Optimization, algorithms 3.5 and 3.6), with the choices that PyTorch makes.

import DLSRuntime
import DLSTensor

struct StrongWolfe {
  /// Loss and gradient at a length along the direction.
  let evaluate: (Double) throws(Failure) -> (loss: Double, gradient: Tensor)
  let tolerance: Double
  /// How many evaluations may be made.
  let limit: Int
  private let c1 = 1e-4
  private let c2 = 0.9

  init(
    tolerance: Double, limit: Int,
    evaluate: @escaping (Double) throws(Failure) -> (loss: Double, gradient: Tensor)
  ) {
    self.evaluate = evaluate
    self.tolerance = tolerance
    self.limit = limit
  }

  private struct Trial {
    var t: Double
    var loss: Double
    var gradient: Tensor
    var slope: Double
  }

  struct Found {
    var t: Double
    var loss: Double
    var gradient: Tensor
    var evaluations: Int
  }

  private func trial(_ t: Double, _ d: Tensor) throws(Failure) -> Trial {
    let (loss, gradient) = try evaluate(t)
    return Trial(t: t, loss: loss, gradient: gradient, slope: try gradient.dotted(d))
  }

  func run(
    _ first: Double, _ d: Tensor, loss: Double, gradient: Tensor, slope: Double, _ machine: Machine
  ) throws(Failure) -> Found {
    let start = Trial(t: 0, loss: loss, gradient: gradient, slope: slope)
    var now = try trial(first, d)
    var (iterations, evaluations) = (0, 1)
    // An interval that holds a point with Wolfe's conditions.
    var previous = start
    var bracket: [Trial] = []
    var isDone = false
    while iterations < limit {
      try machine.checkInterrupt()
      if now.loss > loss + c1 * now.t * slope || iterations > 1 && now.loss >= previous.loss {
        bracket = [previous, now]
        break
      }
      if abs(now.slope) <= -c2 * slope {
        bracket = [now]
        isDone = true
        break
      }
      if now.slope >= 0 {
        bracket = [previous, now]
        break
      }
      let next = Self.cubic(
        previous.t, previous.loss, previous.slope, now.t, now.loss, now.slope,
        bounds: (now.t + 0.01 * (now.t - previous.t), now.t * 10))
      previous = now
      now = try trial(next, d)
      evaluations += 1
      iterations += 1
    }
    if bracket.isEmpty { bracket = [start, now] }
    // The interval is narrowed around that point.
    let norm = try d.largest()
    var isSlow = false
    var low = bracket[0].loss <= bracket[bracket.count - 1].loss ? 0 : 1
    while !isDone, iterations < limit, bracket.count == 2 {
      try machine.checkInterrupt()
      let (a, b) = (bracket[0], bracket[1])
      if abs(b.t - a.t) * norm < tolerance { break }
      var t = Self.cubic(a.t, a.loss, a.slope, b.t, b.loss, b.slope)
      let (left, right) = (min(a.t, b.t), max(a.t, b.t))
      let margin = 0.1 * (right - left)
      if min(right - t, t - left) < margin {
        if isSlow || t >= right || t <= left {
          t = abs(t - right) < abs(t - left) ? right - margin : left + margin
          isSlow = false
        } else {
          isSlow = true
        }
      } else {
        isSlow = false
      }
      now = try trial(t, d)
      evaluations += 1
      iterations += 1
      if now.loss > loss + c1 * t * slope || now.loss >= bracket[low].loss {
        bracket[1 - low] = now
        low = bracket[0].loss <= bracket[1].loss ? 0 : 1
      } else {
        if abs(now.slope) <= -c2 * slope {
          isDone = true
        } else if now.slope * (bracket[1 - low].t - bracket[low].t) >= 0 {
          bracket[1 - low] = bracket[low]
        }
        bracket[low] = now
      }
    }
    let best = bracket[bracket.count == 1 ? 0 : low]
    return Found(t: best.t, loss: best.loss, gradient: best.gradient, evaluations: evaluations)
  }

  /// Where the cubic through two points with their slopes is least.
  private static func cubic(
    _ x1: Double, _ f1: Double, _ g1: Double, _ x2: Double, _ f2: Double, _ g2: Double,
    bounds: (Double, Double)? = nil
  ) -> Double {
    let (low, high) = bounds ?? (min(x1, x2), max(x1, x2))
    let d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    let square = d1 * d1 - g1 * g2
    if !(square >= 0) { return (low + high) / 2 }
    let d2 = square.squareRoot()
    let position =
      x1 <= x2
      ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
      : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(position, low), high)
  }
}
