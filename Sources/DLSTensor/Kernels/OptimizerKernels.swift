// Updates of params in one pass over the numbers: the formulas are PyTorch's.

import Glibc

package struct AdamSettings: Sendable {
  package var lr = 1e-3
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var eps = 1e-8
  package var weightDecay = 0.0
  /// AdamW: the decay acts on the weights, not through the gradient.
  package var isDecoupled = false
  package var maximize = false
  package init() {}
}

package struct SGDSettings: Sendable {
  package var lr = 1e-2
  package var momentum = 0.0
  package var dampening = 0.0
  package var weightDecay = 0.0
  package var nesterov = false
  package var maximize = false
  package init() {}
}

package struct RMSpropSettings: Sendable {
  package var lr = 1e-2
  package var alpha = 0.99
  package var eps = 1e-8
  package var weightDecay = 0.0
  package var momentum = 0.0
  package var maximize = false
  package init() {}
}

extension Tensor {
  /// One step of Adam (Kingma and Ba, 2014) on this tensor, in place; m and v are changed too, and
  /// `largest` where amsgrad keeps the largest v.
  package func adamStep(
    _ g: Tensor, _ m: Tensor, _ v: Tensor, _ largest: Tensor?, _ step: Int, _ s: AdamSettings
  ) {
    let c1 = 1 - pow(s.beta1, Double(step))
    let c2 = (1 - pow(s.beta2, Double(step))).squareRoot()
    if dtype == .f32 {
      let (p, gp) = (pointer(Float.self), g.pointer(Float.self))
      let (mp, vp) = (m.pointer(Float.self), v.pointer(Float.self))
      adam(p, gp, mp, vp, largest?.pointer(Float.self), Float(c1), Float(c2), s)
    } else {
      let (p, gp) = (pointer(Double.self), g.pointer(Double.self))
      let (mp, vp) = (m.pointer(Double.self), v.pointer(Double.self))
      adam(p, gp, mp, vp, largest?.pointer(Double.self), c1, c2, s)
    }
  }

  @inline(__always)
  private func adam<T: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ m: UnsafeMutablePointer<T>,
    _ v: UnsafeMutablePointer<T>, _ largest: UnsafeMutablePointer<T>?, _ c1: T, _ c2: T,
    _ s: AdamSettings
  ) {
    let (b1, b2) = (T(s.beta1), T(s.beta2))
    let (k1, k2) = (T(1 - s.beta1), T(1 - s.beta2))
    let rate = T(s.lr) / c1
    let eps = T(s.eps)
    let sign: T = s.maximize ? -1 : 1
    let decay = T(s.isDecoupled ? 0 : s.weightDecay)
    let shrink = T(s.isDecoupled ? 1 - s.lr * s.weightDecay : 1)
    let inverse = 1 / c2
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      if let largest {
        for i in begin..<end {
          let d = sign * g[i] + decay * p[i]
          m[i] = b1 * m[i] + k1 * d
          v[i] = b2 * v[i] + k2 * d * d
          largest[i] = max(largest[i], v[i])
          p[i] = p[i] * shrink - rate * m[i] / (largest[i].squareRoot() * inverse + eps)
        }
        return
      }
      for i in begin..<end {
        let d = sign * g[i] + decay * p[i]
        let mi = b1 * m[i] + k1 * d
        let vi = b2 * v[i] + k2 * d * d
        m[i] = mi
        v[i] = vi
        p[i] = p[i] * shrink - rate * mi / (vi.squareRoot() * inverse + eps)
      }
    }
  }

  /// One step of SGD, in place; `buffer` holds the momentum, and `isFirst` fills it.
  package func sgdStep(_ g: Tensor, _ buffer: Tensor?, isFirst: Bool, _ s: SGDSettings) {
    if dtype == .f32 {
      sgd(pointer(Float.self), g.pointer(Float.self), buffer?.pointer(Float.self), isFirst, s)
    } else {
      sgd(pointer(Double.self), g.pointer(Double.self), buffer?.pointer(Double.self), isFirst, s)
    }
  }

  @inline(__always)
  private func sgd<T: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ b: UnsafeMutablePointer<T>?,
    _ isFirst: Bool, _ s: SGDSettings
  ) {
    let (lr, decay) = (T(s.lr), T(s.weightDecay))
    let (momentum, keep) = (T(s.momentum), T(1 - s.dampening))
    let sign: T = s.maximize ? -1 : 1
    let nesterov = s.nesterov
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      guard let b else {
        for i in begin..<end { p[i] -= lr * (sign * g[i] + decay * p[i]) }
        return
      }
      for i in begin..<end {
        let d = sign * g[i] + decay * p[i]
        let m = isFirst ? d : momentum * b[i] + keep * d
        b[i] = m
        p[i] -= lr * (nesterov ? d + momentum * m : m)
      }
    }
  }

  /// One step of RMSprop (Tieleman and Hinton, 2012); `mean` where centered, `buffer` with momentum.
  package func rmspropStep(
    _ g: Tensor, _ v: Tensor, _ mean: Tensor?, _ buffer: Tensor?, _ s: RMSpropSettings
  ) {
    if dtype == .f32 {
      rmsprop(
        pointer(Float.self), g.pointer(Float.self), v.pointer(Float.self),
        mean?.pointer(Float.self), buffer?.pointer(Float.self), s)
    } else {
      rmsprop(
        pointer(Double.self), g.pointer(Double.self), v.pointer(Double.self),
        mean?.pointer(Double.self), buffer?.pointer(Double.self), s)
    }
  }

  @inline(__always)
  private func rmsprop<T: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ v: UnsafeMutablePointer<T>,
    _ mean: UnsafeMutablePointer<T>?, _ buffer: UnsafeMutablePointer<T>?, _ s: RMSpropSettings
  ) {
    let (lr, alpha, rest, eps) = (T(s.lr), T(s.alpha), T(1 - s.alpha), T(s.eps))
    let (decay, momentum) = (T(s.weightDecay), T(s.momentum))
    let sign: T = s.maximize ? -1 : 1
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      for i in begin..<end {
        let d = sign * g[i] + decay * p[i]
        v[i] = alpha * v[i] + rest * d * d
        var spread = v[i]
        if let mean {
          mean[i] = alpha * mean[i] + rest * d
          spread -= mean[i] * mean[i]
        }
        var change = d / (spread.squareRoot() + eps)
        if let buffer {
          buffer[i] = momentum * buffer[i] + change
          change = buffer[i]
        }
        p[i] -= lr * change
      }
    }
  }

  /// One step of Adagrad (Duchi et al., 2011).
  package func adagradStep(
    _ g: Tensor, _ sum: Tensor, _ rate: Double, _ decay: Double, _ eps: Double, _ sign: Double
  ) {
    if dtype == .f32 {
      let (p, gp, s) = (pointer(Float.self), g.pointer(Float.self), sum.pointer(Float.self))
      adagrad(p, gp, s, Float(rate), Float(decay), Float(eps), Float(sign))
    } else {
      let (p, gp, s) = (pointer(Double.self), g.pointer(Double.self), sum.pointer(Double.self))
      adagrad(p, gp, s, rate, decay, eps, sign)
    }
  }

  @inline(__always)
  private func adagrad<T: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ s: UnsafeMutablePointer<T>, _ rate: T,
    _ decay: T, _ eps: T, _ sign: T
  ) {
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      for i in begin..<end {
        let d = sign * g[i] + decay * p[i]
        s[i] += d * d
        p[i] -= rate * d / (s[i].squareRoot() + eps)
      }
    }
  }

  /// One step of Adadelta (Zeiler, 2012).
  package func adadeltaStep(
    _ g: Tensor, _ v: Tensor, _ u: Tensor, _ lr: Double, _ rho: Double, _ eps: Double,
    _ decay: Double, _ sign: Double
  ) {
    if dtype == .f32 {
      let (p, gp) = (pointer(Float.self), g.pointer(Float.self))
      let (vp, up) = (v.pointer(Float.self), u.pointer(Float.self))
      adadelta(p, gp, vp, up, Float(lr), Float(rho), Float(eps), Float(decay), Float(sign))
    } else {
      let (p, gp) = (pointer(Double.self), g.pointer(Double.self))
      let (vp, up) = (v.pointer(Double.self), u.pointer(Double.self))
      adadelta(p, gp, vp, up, lr, rho, eps, decay, sign)
    }
  }

  @inline(__always)
  private func adadelta<T: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ v: UnsafeMutablePointer<T>,
    _ u: UnsafeMutablePointer<T>, _ lr: T, _ rho: T, _ eps: T, _ decay: T, _ sign: T
  ) {
    let rest = 1 - rho
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      for i in begin..<end {
        let d = sign * g[i] + decay * p[i]
        v[i] = rho * v[i] + rest * d * d
        let change = (u[i] + eps).squareRoot() / (v[i] + eps).squareRoot() * d
        u[i] = rho * u[i] + rest * change * change
        p[i] -= lr * change
      }
    }
  }
}
