// Losses of pairs of numbers in one pass forward and one back, for the common case: two dense float
// tensors, mean or sum, and a target that needs no gradient. The others are made of ops.

import Glibc

/// How one pair counts, in vectors and in f64, and its derivative by the first of the pair.
protocol PairLoss {
  static var name: String { get }
  static func value(_ x: F16, _ t: F16) -> F16
  static func slope(_ x: F16, _ t: F16) -> F16
  static func value(_ x: Double, _ t: Double) -> Double
  static func slope(_ x: Double, _ t: Double) -> Double
  /// The same derivative made of ops, for gradients of gradients.
  static func slope(_ x: Tensor, _ t: Tensor) throws(TensorError) -> Tensor
}

extension Tensor {
  /// The loss, or nil where the common case is not given.
  func fused<L: PairLoss>(_ loss: L.Type, _ target: Tensor, _ reduction: LossReduction)
    throws(TensorError)
    -> Tensor?
  {
    guard dtype.isFloating, target.dtype == dtype, reduction != .none, !target.isTracked,
      isContiguous, target.isContiguous, !isMeta, !target.isMeta, count > 0
    else { return nil }
    let n = count
    let y = try Tensor.empty([], dtype)
    let scale = reduction == .mean ? 1 / Double(n) : 1
    if dtype == .f32 {
      let total = PairLoops.sum(pointer(Float.self), target.pointer(Float.self), n) {
        loss.value($0, $1)
      }
      y.pointer(Float.self)[0] = Float(total * scale)
    } else {
      let (p, t) = (pointer(Double.self), target.pointer(Double.self))
      var total = 0.0
      for i in 0..<n { total += loss.value(p[i], t[i]) }
      y.pointer(Double.self)[0] = total * scale
    }
    let x = self
    return Autograd.record(loss.name, [self], y) { g, _ throws(TensorError) in
      if Autograd.isRecording {
        return [try loss.slope(x, target) * (g * g.number(scale)).to(x.dtype)]
      }
      let dx = try Tensor.empty(x.shape, x.dtype)
      let factor = g.element(0) * scale
      if x.dtype == .f32 {
        let spread = F16(repeating: Float(factor))
        Loop.binary(x.pointer(Float.self), target.pointer(Float.self), dx.pointer(Float.self), n) {
          (u: F16, t: F16) in loss.slope(u, t) * spread
        }
      } else {
        let (p, t, q) = (
          x.pointer(Double.self), target.pointer(Double.self), dx.pointer(Double.self)
        )
        for i in 0..<n { q[i] = loss.slope(p[i], t[i]) * factor }
      }
      return [dx]
    }
  }
}

enum PairLoops {
  /// Σ f(a, b): lanes over blocks, the blocks in f64.
  @inline(__always)
  static func sum(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ n: Int, _ f: (F16, F16) -> F16
  ) -> Double {
    var total = 0.0
    var i = 0
    while i + 16 <= n {
      let end = min(n, i + 2048)
      var lanes = F16()
      while i + 16 <= end {
        lanes += f(
          UnsafeRawPointer(a + i).loadUnaligned(as: F16.self),
          UnsafeRawPointer(b + i).loadUnaligned(as: F16.self))
        i += 16
      }
      total += Double(lanes.sum())
    }
    if i == n { return total }
    var (u, v) = (F16(repeating: 0.5), F16(repeating: 0.5))
    for k in 0..<(n - i) {
      u[k] = a[i + k]
      v[k] = b[i + k]
    }
    let r = f(u, v)
    for k in 0..<(n - i) { total += Double(r[k]) }
    return total
  }
}

/// (x - t)².
enum SquareLoss: PairLoss {
  static let name = "mse_loss"
  static func value(_ x: F16, _ t: F16) -> F16 { (x - t) * (x - t) }
  static func slope(_ x: F16, _ t: F16) -> F16 { 2 * (x - t) }
  static func value(_ x: Double, _ t: Double) -> Double { (x - t) * (x - t) }
  static func slope(_ x: Double, _ t: Double) -> Double { 2 * (x - t) }
  static func slope(_ x: Tensor, _ t: Tensor) throws(TensorError) -> Tensor {
    let d = try x - t
    return try d + d
  }
}

/// -(t ln p + (1 - t) ln(1 - p)), the logarithms held above -100 and the slope's divisor above
/// 1e-12, as PyTorch does.
enum ProbabilityLoss: PairLoss {
  static let name = "binary_cross_entropy"
  static func value(_ p: F16, _ t: F16) -> F16 {
    let floor = F16(repeating: -100)
    var a = VectorMath.log(p)
    a.replace(with: floor, where: a .< floor)
    var b = VectorMath.log(1 - p)
    b.replace(with: floor, where: b .< floor)
    return -(t * a + (1 - t) * b)
  }
  static func slope(_ p: F16, _ t: F16) -> F16 {
    let least = F16(repeating: 1e-12)
    var q = p * (1 - p)
    q.replace(with: least, where: q .< least)
    return (p - t) / q
  }
  static func value(_ p: Double, _ t: Double) -> Double {
    -(t * max(log(p), -100) + (1 - t) * max(log(1 - p), -100))
  }
  static func slope(_ p: Double, _ t: Double) -> Double { (p - t) / max(p * (1 - p), 1e-12) }
  static func slope(_ p: Tensor, _ t: Tensor) throws(TensorError) -> Tensor {
    try (p - t) / Tensor.maximum(p * (p.number(1) - p), p.number(1e-12))
  }
}

/// max(x, 0) - x t + ln(1 + e^-|x|), which holds for large logits.
enum LogitLoss: PairLoss {
  static let name = "binary_cross_entropy_with_logits"
  static func value(_ x: F16, _ t: F16) -> F16 {
    let zero = F16(repeating: 0)
    let below = x.replacing(with: -x, where: x .> zero)
    let tail = VectorMath.log(1 + VectorMath.exp(below))
    return x.replacing(with: zero, where: x .< zero) - x * t + tail
  }
  static func slope(_ x: F16, _ t: F16) -> F16 { VectorMath.sigmoid(x) - t }
  static func value(_ x: Double, _ t: Double) -> Double {
    max(x, 0) - x * t + log1p(exp(-Swift.abs(x)))
  }
  static func slope(_ x: Double, _ t: Double) -> Double { 1 / (1 + exp(-x)) - t }
  static func slope(_ x: Tensor, _ t: Tensor) throws(TensorError) -> Tensor {
    try x.sigmoid() - t
  }
}
