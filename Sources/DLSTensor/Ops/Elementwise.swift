// Functions of one tensor, element by element, each with its derivative made of ops.

import CThreadState
import Glibc

extension Tensor {
  @inline(__always)
  func unary(
    _ name: String, f32: @escaping (F16) -> F16, f64: @escaping (D8) -> D8,
    _ pullback: @escaping (_ g: Tensor, _ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor?
  ) throws(TensorError) -> Tensor {
    let x = try floating()
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !y.isMeta {
      let source = x.packed()
      // The loops stand here, where the functions are known and can be written into them.
      if x.dtype == .f32 {
        let (p, q) = (source.pointer(Float.self), y.pointer(Float.self))
        Parallel.forEach(y.count, grain: elementGrain) { begin, end in
          Loop.unaryRun(p + begin, q + begin, end - begin, f32)
        }
      } else {
        let (p, q) = (source.pointer(Double.self), y.pointer(Double.self))
        Parallel.forEach(y.count, grain: elementGrain) { begin, end in
          Loop.unaryRun(p + begin, q + begin, end - begin, f64)
        }
      }
    }
    return Autograd.record(name, [x], y) { g, y throws(TensorError) in [try pullback(g, x, y)] }
  }

  /// A function from the C library, lane by lane.
  @inline(__always)
  func unary(
    _ name: String, _ f: @escaping (Double) -> Double,
    _ pullback: @escaping (_ g: Tensor, _ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor?
  ) throws(TensorError) -> Tensor {
    try unary(
      name, f32: { v in VectorMath.each(v) { Float(f(Double($0))) } },
      f64: { v in VectorMath.each(v, f) }, pullback)
  }

  /// The number 1 (or another) in this tensor's dtype.
  package func number(_ value: Double) throws(TensorError) -> Tensor {
    try Tensor.scalar(value, dtype.isFloating ? dtype : .f32)
  }

  package func negate() throws(TensorError) -> Tensor {
    if !dtype.isFloating { return try Tensor.scalar(0) - self }
    return try unary("neg", f32: { -$0 }, f64: { -$0 }) { g, _, _ throws(TensorError) in
      try g.negate()
    }
  }

  package func exp() throws(TensorError) -> Tensor {
    try unary(
      "exp", f32: { VectorMath.exp($0) }, f64: { v in VectorMath.each(v) { Glibc.exp($0) } }
    ) { g, _, y throws(TensorError) in try g * y }
  }

  package func log() throws(TensorError) -> Tensor {
    try unary(
      "log", f32: { VectorMath.log($0) }, f64: { v in VectorMath.each(v) { Glibc.log($0) } }
    ) { g, x, _ throws(TensorError) in try g / x }
  }

  package func expm1() throws(TensorError) -> Tensor {
    try unary("expm1", { Glibc.expm1($0) }) { g, x, _ throws(TensorError) in try g * x.exp() }
  }

  package func log1p() throws(TensorError) -> Tensor {
    try unary("log1p", { Glibc.log1p($0) }) { g, x, _ throws(TensorError) in
      try g / (x + x.number(1))
    }
  }

  package func log2() throws(TensorError) -> Tensor {
    try unary("log2", { Glibc.log2($0) }) { g, x, _ throws(TensorError) in
      try g / (x * x.number(M_LN2))
    }
  }

  package func log10() throws(TensorError) -> Tensor {
    try unary("log10", { Glibc.log10($0) }) { g, x, _ throws(TensorError) in
      try g / (x * x.number(M_LN10))
    }
  }

  package func sqrt() throws(TensorError) -> Tensor {
    try unary("sqrt", f32: { $0.root() }, f64: { $0.root() }) {
      g, _, y throws(TensorError) in try g / (y + y)
    }
  }

  package func rsqrt() throws(TensorError) -> Tensor {
    try unary("rsqrt", f32: { 1 / $0.root() }, f64: { 1 / $0.root() }) {
      g, x, y throws(TensorError) in try g * y / x * x.number(-0.5)
    }
  }

  package func reciprocal() throws(TensorError) -> Tensor {
    try unary("reciprocal", f32: { 1 / $0 }, f64: { 1 / $0 }) { g, _, y throws(TensorError) in
      try (g * y * y).negate()
    }
  }

  package func square() throws(TensorError) -> Tensor { try self * self }

  package func sin() throws(TensorError) -> Tensor {
    try unary(
      "sin", f32: { VectorMath.sin($0) }, f64: { v in VectorMath.each(v) { Glibc.sin($0) } }
    ) { g, x, _ throws(TensorError) in try g * x.cos() }
  }

  package func cos() throws(TensorError) -> Tensor {
    try unary(
      "cos", f32: { VectorMath.cos($0) }, f64: { v in VectorMath.each(v) { Glibc.cos($0) } }
    ) { g, x, _ throws(TensorError) in
      try (g * x.sin()).negate()
    }
  }

  package func tan() throws(TensorError) -> Tensor {
    try unary("tan", { Glibc.tan($0) }) { g, _, y throws(TensorError) in
      try g * (y * y + y.number(1))
    }
  }

  package func asin() throws(TensorError) -> Tensor {
    try unary("asin", { Glibc.asin($0) }) { g, x, _ throws(TensorError) in
      try g / (x.number(1) - x * x).sqrt()
    }
  }

  package func acos() throws(TensorError) -> Tensor {
    try unary("acos", { Glibc.acos($0) }) { g, x, _ throws(TensorError) in
      try (g / (x.number(1) - x * x).sqrt()).negate()
    }
  }

  package func atan() throws(TensorError) -> Tensor {
    try unary("atan", { Glibc.atan($0) }) { g, x, _ throws(TensorError) in
      try g / (x * x + x.number(1))
    }
  }

  package func sinh() throws(TensorError) -> Tensor {
    try unary("sinh", { Glibc.sinh($0) }) { g, x, _ throws(TensorError) in try g * x.cosh() }
  }

  package func cosh() throws(TensorError) -> Tensor {
    try unary("cosh", { Glibc.cosh($0) }) { g, x, _ throws(TensorError) in try g * x.sinh() }
  }

  package func tanh() throws(TensorError) -> Tensor {
    try unary(
      "tanh", f32: { VectorMath.tanh($0) }, f64: { v in VectorMath.each(v) { Glibc.tanh($0) } }
    ) { g, _, y throws(TensorError) in try Tensor.tanhGradient(g, y) }
  }

  private static func tanhGradient(_ g: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
    if !Autograd.isRecording, g.dtype == y.dtype, g.shape == y.shape {
      return try binary(
        "*", g, y, f32: { $0 * (1 - $1 * $1) }, f64: { $0 * (1 - $1 * $1) }, i64: { a, _ in a }
      ).y
    }
    return try g * (y.number(1) - y * y)
  }

  package func sigmoid() throws(TensorError) -> Tensor {
    try unary(
      "sigmoid", f32: { VectorMath.sigmoid($0) },
      f64: { v in VectorMath.each(v) { 1 / (1 + Glibc.exp(-$0)) } }
    ) { g, _, y throws(TensorError) in
      if !Autograd.isRecording, g.dtype == y.dtype, g.shape == y.shape {
        return try Tensor.binary(
          "*", g, y, f32: { $0 * $1 * (1 - $1) }, f64: { $0 * $1 * (1 - $1) }, i64: { a, _ in a }
        ).y
      }
      return try g * y * (y.number(1) - y)
    }
  }

  package func erf() throws(TensorError) -> Tensor {
    try unary(
      "erf", f32: { VectorMath.erf($0) }, f64: { v in VectorMath.each(v) { Glibc.erf($0) } }
    ) { g, x, _ throws(TensorError) in
      try g * (x * x).negate().exp() * x.number(M_2_SQRTPI)
    }
  }

  package func lgamma() throws(TensorError) -> Tensor {
    try unary("lgamma", { Glibc.lgamma($0) }) { g, x, _ throws(TensorError) in
      try g * x.digamma()
    }
  }

  /// ψ(x), the derivative of ln Γ: recurrence up to 6, then the asymptotic series.
  func digamma() throws(TensorError) -> Tensor {
    try unary("digamma", Tensor.digamma) { g, x, _ throws(TensorError) in
      // ψ'(x) by a central difference of ψ: only second derivatives of lgamma come here.
      let h = try x.number(1e-4)
      return try g * ((x + h).digamma() - (x - h).digamma()) / (h + h)
    }
  }

  private static func digamma(_ value: Double) -> Double {
    var (x, sum) = (value, 0.0)
    if x <= 0, x == x.rounded() { return .nan }
    if x < 0 { return digamma(1 - x) - .pi / Glibc.tan(.pi * x) }
    while x < 6 {
      sum -= 1 / x
      x += 1
    }
    let i = 1 / (x * x)
    return sum + Glibc.log(x) - 0.5 / x
      - i * (1.0 / 12 - i * (1.0 / 120 - i * (1.0 / 252 - i * (1.0 / 240 - i / 132))))
  }

  /// A rounding or a sign: constant between jumps, so its gradient is 0. `whole` is its exact
  /// meaning for ints, which stay ints.
  @inline(__always)
  func step(
    _ name: String, _ f: @escaping (Double) -> Double,
    whole: @escaping (SIMD8<Int>) -> SIMD8<Int> = { $0 }
  ) throws(TensorError) -> Tensor {
    if !dtype.isFloating { return try mapInts(whole) }
    return try unary(name, f) { g, _, _ throws(TensorError) in try Tensor.zeros(like: g) }
  }

  /// Ints to ints, eight at a time.
  @inline(__always)
  func mapInts(_ f: @escaping (SIMD8<Int>) -> SIMD8<Int>) throws(TensorError) -> Tensor {
    let x = try detached.to(.i64)
    let y = try Tensor.empty(shape, .i64, meta: isMeta)
    if isMeta { return y }
    let whole = x.packed()
    Loop.unary(whole.pointer(Int.self), y.pointer(Int.self), count, f)
    withExtendedLifetime((whole, y)) {}
    return y
  }

  package func sign() throws(TensorError) -> Tensor {
    try step(
      "sign", { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
      whole: { v in
        SIMD8<Int>.zero.replacing(with: 1, where: v .> 0).replacing(with: -1, where: v .< 0)
      })
  }
  package func floor() throws(TensorError) -> Tensor { try step("floor", { $0.rounded(.down) }) }
  package func ceil() throws(TensorError) -> Tensor { try step("ceil", { $0.rounded(.up) }) }
  package func trunc() throws(TensorError) -> Tensor {
    try step("trunc", { $0.rounded(.towardZero) })
  }

  /// To the nearest, halves to even; `decimals` digits after the point.
  package func round(_ decimals: Int = 0) throws(TensorError) -> Tensor {
    let scale = Glibc.pow(10, Double(max(-300, min(300, decimals))))
    if !dtype.isFloating, decimals < 0 {
      throw TensorError("dtype-mismatch", "ints are rounded to whole numbers only", argument: 1)
    }
    if decimals != 0 {
      return try step("round", { ($0 * scale).rounded(.toNearestOrEven) / scale })
    }
    if !dtype.isFloating { return try mapInts { $0 } }
    return try unary(
      "round", f32: { dls_round_f16($0) },
      f64: { v in VectorMath.each(v) { $0.rounded(.toNearestOrEven) } }
    ) { g, _, _ throws(TensorError) in try Tensor.zeros(like: g) }
  }

  package func frac() throws(TensorError) -> Tensor { try self - trunc() }

  package func abs() throws(TensorError) -> Tensor {
    if !dtype.isFloating { return try mapInts { $0.replacing(with: 0 &- $0, where: $0 .< 0) } }
    return try unary(
      "abs", f32: { $0.replacing(with: -$0, where: $0 .< 0) },
      f64: { $0.replacing(with: -$0, where: $0 .< 0) }
    ) { g, x, _ throws(TensorError) in try g * x.sign() }
  }

  package func relu() throws(TensorError) -> Tensor {
    if !dtype.isFloating { return try mapInts { $0.replacing(with: 0, where: $0 .< 0) } }
    return try unary(
      "relu", f32: { $0.replacing(with: 0, where: $0 .< 0) },
      f64: { $0.replacing(with: 0, where: $0 .< 0) }
    ) { g, _, y throws(TensorError) in try g.passing(where: y) }
  }

  /// The gradient where y > 0, else 0.
  func passing(where y: Tensor) throws(TensorError) -> Tensor {
    let r = try Tensor.binary(
      "*", self, y.detached, f32: { $0.replacing(with: 0, where: $1 .<= 0) },
      f64: { $0.replacing(with: 0, where: $1 .<= 0) }, i64: { a, _ in a })
    return Autograd.record("relu'", [self], r.y) { g, _ throws(TensorError) in
      [try g.passing(where: y)]
    }
  }

  /// The larger (smaller) of two; ties share the gradient.
  package static func maximum(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    if a.dtype == .bool, b.dtype == .bool {
      return try maximum(a.to(.i64), b.to(.i64)).to(.bool)
    }
    let r = try binary(
      "maximum", a, b, f32: { $0.replacing(with: $1, where: $0 .< $1 .| ($1 .!= $1)) },
      f64: { $0.replacing(with: $1, where: $0 .< $1 .| ($1 .!= $1)) },
      i64: { $0.replacing(with: $1, where: $0 .< $1) })
    return try chosen("maximum", r.a, r.b, r.y)
  }

  package static func minimum(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    if a.dtype == .bool, b.dtype == .bool {
      return try minimum(a.to(.i64), b.to(.i64)).to(.bool)
    }
    let r = try binary(
      "minimum", a, b, f32: { $0.replacing(with: $1, where: $0 .> $1 .| ($1 .!= $1)) },
      f64: { $0.replacing(with: $1, where: $0 .> $1 .| ($1 .!= $1)) },
      i64: { $0.replacing(with: $1, where: $0 .> $1) })
    return try chosen("minimum", r.a, r.b, r.y)
  }

  private static func chosen(_ name: String, _ a: Tensor, _ b: Tensor, _ y: Tensor)
    throws(TensorError) -> Tensor
  {
    Autograd.record(name, [a, b], y) { g, y throws(TensorError) in
      let tie = try a.equal(b).to(g.dtype) * g.number(0.5)
      let wa = try a.detached.equal(y.detached).to(g.dtype) - tie
      let wb = try b.detached.equal(y.detached).to(g.dtype) - tie
      return [try (g * wa).reduced(to: a.shape), try (g * wb).reduced(to: b.shape)]
    }
  }

  /// Bounds given as numbers or tensors; the upper one wins where they cross.
  func clamp(_ low: OpValue, _ high: OpValue) throws(TensorError) -> Tensor {
    func bound(_ value: OpValue) throws(TensorError) -> Tensor? {
      switch value {
      case .none: return nil
      case .tensor(let t): return t
      case .int(let x): return try Tensor.scalar(x)
      case .float(let x): return try number(x)
      case .tensors, .ints, .bool, .string, .dtype:
        throw TensorError("bad-argument", "clamp's bounds are numbers or tensors", argument: 1)
      }
    }
    switch (low, high) {
    case (.none, .none):
      throw TensorError("missing-argument", "clamp needs `min`, `max` or both")
    case (.tensor, _), (_, .tensor):
      var y = self
      if let low = try bound(low) { y = try Tensor.maximum(y, low) }
      if let high = try bound(high) { y = try Tensor.minimum(y, high) }
      return y
    default:
      let a = OpArguments([low, high], generator: Generator(seed: 0))
      var x = self
      if case .float = low, !dtype.isFloating { x = try to(.f32) }
      if case .float = high, !dtype.isFloating { x = try to(.f32) }
      return try x.clamp(a.optionalFloat(0), a.optionalFloat(1))
    }
  }

  package func clamp(_ low: Double?, _ high: Double?) throws(TensorError) -> Tensor {
    if !dtype.isFloating {
      let (l, h) = (low.map(Convert.whole) ?? Int.min, high.map(Convert.whole) ?? Int.max)
      return try mapInts { v in
        let held = v.replacing(with: l, where: v .< l)
        return held.replacing(with: h, where: held .> h)
      }
    }
    let (l, h) = (low ?? -.infinity, high ?? .infinity)
    let (fl, fh) = (Float(l), Float(h))
    return try unary(
      "clamp",
      f32: {
        let v = $0.replacing(with: fl, where: $0 .< fl)
        return v.replacing(with: fh, where: v .> fh)
      },
      f64: {
        let v = $0.replacing(with: l, where: $0 .< l)
        return v.replacing(with: h, where: v .> h)
      }
    ) { g, x, _ throws(TensorError) in
      // At a bound nothing flows, as in PyTorch.
      let inside = try x.test { $0 > l && $0 < h }
      return try Tensor.select(inside, g, Tensor.scalar(0, g.dtype))
    }
  }
}
