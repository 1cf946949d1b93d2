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

/// What an optimizer's kernel changes: a param's elements, and what is kept beside them. All are
/// contiguous, of one shape and one dtype, and seen by nobody else.
package struct OptimizerUpdate {
  package var value: Tensor
  package var gradient: Tensor
  /// Adam's running means of the gradient and of its square; SGD's momentum comes first.
  package var first: Tensor?
  package var second: Tensor?
  /// Adam's largest mean square so far, where amsgrad asks for it.
  package var third: Tensor?
  /// How many steps this param has made, with this one.
  package var step: Int

  package init(
    value: Tensor, gradient: Tensor, first: Tensor?, second: Tensor?, third: Tensor? = nil,
    step: Int
  ) {
    self.value = value
    self.gradient = gradient
    self.first = first
    self.second = second
    self.third = third
    self.step = step
  }
}

/// Updates of many params in one go over the threads, so that small ones cost next to nothing.
package enum OptimizerKernels {
  /// One step of Adam (Kingma and Ba, 2014), in place.
  package static func adam(_ updates: [OptimizerUpdate], _ s: AdamSettings) {
    let parts = updates.compactMap { u -> AdamPart? in
      guard let m = u.first, let v = u.second else { return nil }
      return AdamPart(
        count: u.value.count, isDouble: u.value.dtype == .f64, value: u.value.address,
        gradient: u.gradient.address, first: m.address, second: v.address,
        third: u.third?.address,
        c1: 1 - pow(s.beta1, Double(u.step)), c2: (1 - pow(s.beta2, Double(u.step))).squareRoot())
    }
    overPieces(parts.map(\.count)) { i, begin, end in
      let part = parts[i]
      if part.isDouble {
        adam(D8.self, part, s, begin, end)
      } else {
        adam(F16.self, part, s, begin, end)
      }
    }
  }

  private struct AdamPart {
    var count: Int
    var isDouble: Bool
    var value: UnsafeMutableRawPointer
    var gradient: UnsafeMutableRawPointer
    var first: UnsafeMutableRawPointer
    var second: UnsafeMutableRawPointer
    var third: UnsafeMutableRawPointer?
    /// 1 - β₁ᵗ, and the root of 1 - β₂ᵗ.
    var c1: Double
    var c2: Double
  }

  @inline(__always)
  private static func adam<V: RealVector>(
    _ type: V.Type, _ part: AdamPart, _ s: AdamSettings, _ begin: Int, _ end: Int
  ) {
    func spread(_ x: Double) -> V { V(repeating: V.Scalar(x)) }
    let (b1, b2) = (spread(s.beta1), spread(s.beta2))
    let (k1, k2) = (spread(1 - s.beta1), spread(1 - s.beta2))
    let rate = spread(s.lr / part.c1)
    let eps = spread(s.eps)
    let decay = spread(s.isDecoupled ? 0 : s.weightDecay)
    let shrink = spread(s.isDecoupled ? 1 - s.lr * s.weightDecay : 1)
    let inverse = spread(1 / part.c2)
    let sign = spread(s.maximize ? -1 : 1)
    let isAMSGrad = part.third != nil
    inVectors(type, part.value, part.gradient, part.first, part.second, part.third, begin, end) {
      p, g, m, v, top in
      let d = (g * sign).addingProduct(p, decay)
      m = (m * b1).addingProduct(k1, d)
      v = (v * b2).addingProduct(k2 * d, d)
      var root = v
      // Comparisons of a generic vector go lane by lane: only amsgrad pays for one.
      if isAMSGrad {
        top.replace(with: v, where: top .< v)
        root = top
      }
      root = root.root()
      p = p * shrink - rate * m / eps.addingProduct(root, inverse)
    }
  }

  /// One step of SGD, in place; a momentum that is there for the first time is filled.
  package static func sgd(_ updates: [OptimizerUpdate], _ s: SGDSettings) {
    overPieces(updates.map(\.value.count)) { i, begin, end in
      if updates[i].value.dtype == .f64 {
        sgd(D8.self, updates[i], s, begin, end)
      } else {
        sgd(F16.self, updates[i], s, begin, end)
      }
    }
  }

  @inline(__always)
  private static func sgd<V: SIMD>(
    _ type: V.Type, _ u: OptimizerUpdate, _ s: SGDSettings, _ begin: Int, _ end: Int
  ) where V.Scalar: BinaryFloatingPoint {
    func spread(_ x: Double) -> V { V(repeating: V.Scalar(x)) }
    let (lr, decay, momentum) = (spread(s.lr), spread(s.weightDecay), spread(s.momentum))
    let (keep, sign) = (spread(1 - s.dampening), spread(s.maximize ? -1 : 1))
    let (p, g) = (u.value.address, u.gradient.address)
    guard let b = u.first?.address else {
      return inVectors(type, p, g, p, g, nil, begin, end) { p, g, _, _, _ in
        p -= lr * (g * sign).addingProduct(p, decay)
      }
    }
    let (isFirst, isNesterov) = (u.step == 1, s.nesterov)
    inVectors(type, p, g, b, b, nil, begin, end) { p, g, b, _, _ in
      let d = (g * sign).addingProduct(p, decay)
      b = isFirst ? d : (b * momentum).addingProduct(keep, d)
      p -= lr * (isNesterov ? d.addingProduct(momentum, b) : b)
    }
  }

  /// Runs `body(part, begin, end)` over all elements of all parts, cut into equal pieces.
  private static func overPieces(_ counts: [Int], _ body: (Int, Int, Int) -> Void) {
    Parallel.forEach(counts.reduce(0, +), grain: elementGrain / 2) { begin, end in
      var start = 0
      for (i, count) in counts.enumerated() {
        let (from, to) = (max(begin, start), min(end, start + count))
        if from < to { body(i, from - start, to - start) }
        start += count
      }
    }
  }

  /// Changes a, and c, d and e where they are arrays of their own, by `body`, a vector of each at a
  /// time; the last one is filled up.
  @inline(__always)
  private static func inVectors<V: SIMD>(
    _ type: V.Type, _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer,
    _ c: UnsafeMutableRawPointer, _ d: UnsafeMutableRawPointer, _ e: UnsafeMutableRawPointer?,
    _ begin: Int, _ end: Int, _ body: (inout V, V, inout V, inout V, inout V) -> Void
  ) where V.Scalar: BinaryFloatingPoint {
    let (width, size) = (V.scalarCount, MemoryLayout<V.Scalar>.stride)
    func step(_ load: (UnsafeMutableRawPointer) -> V, _ store: (V, UnsafeMutableRawPointer) -> Void)
    {
      var (x, y, z) = (load(a), load(c), load(d))
      var w = e.map { load($0) } ?? z
      body(&x, load(b), &y, &z, &w)
      if let e { store(w, e) }
      if d != b, d != c { store(z, d) }
      if c != a { store(y, c) }
      store(x, a)
    }
    var i = begin
    while i + width <= end {
      let at = i * size
      step(
        { $0.loadUnaligned(fromByteOffset: at, as: V.self) },
        { $1.storeBytes(of: $0, toByteOffset: at, as: V.self) })
      i += width
    }
    if i == end { return }
    step(
      { p in
        var v = V(repeating: 1)
        for k in 0..<(end - i) { v[k] = p.load(fromByteOffset: (i + k) * size, as: V.Scalar.self) }
        return v
      },
      { v, p in
        for k in 0..<(end - i) {
          p.storeBytes(of: v[k], toByteOffset: (i + k) * size, as: V.Scalar.self)
        }
      })
  }
}

extension Tensor {
  /// Where the first element lies.
  fileprivate var address: UnsafeMutableRawPointer { storage.pointer + offset * dtype.size }

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
