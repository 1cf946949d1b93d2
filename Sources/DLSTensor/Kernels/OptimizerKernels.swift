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
  package var amsgrad = false
  package init() {}
}

package struct SGDSettings: Sendable {
  package var lr = 1e-2
  package var momentum = 0.0
  package var dampening = 0.0
  package var weightDecay = 0.0
  package var nesterov = false
  package init() {}
}

extension Tensor {
  /// One step of Adam (Kingma and Ba, 2014) on this tensor, in place; m and v are changed too.
  package func adamStep(_ g: Tensor, _ m: Tensor, _ v: Tensor, _ step: Int, _ s: AdamSettings) {
    let c1 = 1 - pow(s.beta1, Double(step))
    let c2 = (1 - pow(s.beta2, Double(step))).squareRoot()
    if dtype == .f32 {
      let (p, gp) = (pointer(Float.self), g.pointer(Float.self))
      let (mp, vp) = (m.pointer(Float.self), v.pointer(Float.self))
      adam(p, gp, mp, vp, Float(c1), Float(c2), s, F16.self)
    } else {
      let (p, gp) = (pointer(Double.self), g.pointer(Double.self))
      let (mp, vp) = (m.pointer(Double.self), v.pointer(Double.self))
      adam(p, gp, mp, vp, c1, c2, s, D8.self)
    }
  }

  @inline(__always)
  private func adam<V: SIMD>(
    _ p: UnsafeMutablePointer<V.Scalar>, _ g: UnsafePointer<V.Scalar>,
    _ m: UnsafeMutablePointer<V.Scalar>, _ v: UnsafeMutablePointer<V.Scalar>, _ c1: V.Scalar,
    _ c2: V.Scalar, _ s: AdamSettings, _ type: V.Type
  ) where V.Scalar: BinaryFloatingPoint {
    let (b1, b2) = (V.Scalar(s.beta1), V.Scalar(s.beta2))
    let (k1, k2) = (V.Scalar(1 - s.beta1), V.Scalar(1 - s.beta2))
    let rate = V.Scalar(s.lr) / c1
    let eps = V.Scalar(s.eps)
    let decay = V.Scalar(s.isDecoupled ? 0 : s.weightDecay)
    let shrink = V.Scalar(s.isDecoupled ? 1 - s.lr * s.weightDecay : 1)
    let inverse = 1 / c2
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      for i in begin..<end {
        let d = g[i] + decay * p[i]
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
    let nesterov = s.nesterov
    Parallel.forEach(count, grain: elementGrain) { begin, end in
      guard let b else {
        for i in begin..<end { p[i] -= lr * (g[i] + decay * p[i]) }
        return
      }
      for i in begin..<end {
        let d = g[i] + decay * p[i]
        let m = isFirst ? d : momentum * b[i] + keep * d
        b[i] = m
        p[i] -= lr * (nesterov ? d + momentum * m : m)
      }
    }
  }
}
