// exp, log, tanh and their kin for vectors: range reduction and polynomials, near the last bit.

import CThreadState
import Glibc

/// What Swift's own functions of vectors do lane by lane.
protocol RealVector: SIMD where Scalar: BinaryFloatingPoint {
  func root() -> Self
  func floored() -> Self
}

extension SIMD16: RealVector where Scalar == Float {
  @inline(__always) func root() -> SIMD16<Float> { dls_root_f16(self) }
  @inline(__always) func floored() -> SIMD16<Float> { dls_floor_f16(self) }
}

extension SIMD8: RealVector where Scalar == Double {
  @inline(__always) func root() -> SIMD8<Double> { dls_root_d8(self) }
  @inline(__always) func floored() -> SIMD8<Double> { dls_floor_d8(self) }
}

/// Transcendental functions on vectors. f32 is computed 16 at a time; f64, which serves checks more
/// than training, calls the C library lane by lane.
enum VectorMath {
  /// e^x: x = n ln2 + r with |r| ≤ ln2 / 2, a polynomial for e^r, and n put into the exponent.
  @inline(__always)
  static func exp(_ input: F16) -> F16 {
    var x = input
    x.replace(with: F16(repeating: -104), where: x .< -104)
    x.replace(with: F16(repeating: 89), where: x .> 89)
    let shift = F16(repeating: 12_582_912)
    let biased = shift.addingProduct(x, F16(repeating: 1.442695041))
    let n = biased - shift
    var r = x.addingProduct(n, F16(repeating: -0.693359375))
    r = r.addingProduct(n, F16(repeating: 2.12194440e-4))
    var p = F16(repeating: 1.0 / 5040)
    p = F16(repeating: 1.0 / 720).addingProduct(p, r)
    p = F16(repeating: 1.0 / 120).addingProduct(p, r)
    p = F16(repeating: 1.0 / 24).addingProduct(p, r)
    p = F16(repeating: 1.0 / 6).addingProduct(p, r)
    p = F16(repeating: 0.5).addingProduct(p, r)
    p = F16(repeating: 1).addingProduct(p, r)
    p = F16(repeating: 1).addingProduct(p, r)
    // 2^n in two steps, so that subnormal results and 2^128 come out right.
    let whole = unsafeBitCast(biased, to: SIMD16<Int32>.self) &- 0x4b40_0000
    let half = whole &>> 1
    let rest = whole &- half
    let a = unsafeBitCast((half &+ 127) &<< 23, to: F16.self)
    let b = unsafeBitCast((rest &+ 127) &<< 23, to: F16.self)
    var y = p * a * b
    y.replace(with: input, where: input .!= input)
    return y
  }

  /// ln x: x = 2^e m with m in [√½, √2), and a polynomial in m - 1 (Cephes logf).
  @inline(__always)
  static func log(_ input: F16) -> F16 {
    // Subnormal numbers are scaled up first.
    var x = input
    var e = F16(repeating: 0)
    let tiny = x .< Float.leastNormalMagnitude
    x.replace(with: x * 16_777_216, where: tiny)
    e.replace(with: F16(repeating: -24), where: tiny)
    let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
    let exponent = (bits &>> 23) &- 126
    let mantissa = (bits & 0x007f_ffff) | 0x3f00_0000
    var m = unsafeBitCast(mantissa, to: F16.self)
    // Small ints as floats by their bits: 12582912 + n holds n in its last digits.
    e += unsafeBitCast(exponent &+ 0x4b40_0000, to: F16.self) - 12_582_912
    let low = m .< 0.707106781
    e.replace(with: e - 1, where: low)
    m.replace(with: m + m, where: low)
    let z = m - 1
    let z2 = z * z
    var p = F16(repeating: 7.0376836292e-2)
    p = F16(repeating: -1.1514610310e-1).addingProduct(p, z)
    p = F16(repeating: 1.1676998740e-1).addingProduct(p, z)
    p = F16(repeating: -1.2420140846e-1).addingProduct(p, z)
    p = F16(repeating: 1.4249322787e-1).addingProduct(p, z)
    p = F16(repeating: -1.6668057665e-1).addingProduct(p, z)
    p = F16(repeating: 2.0000714765e-1).addingProduct(p, z)
    p = F16(repeating: -2.4999993993e-1).addingProduct(p, z)
    p = F16(repeating: 3.3333331174e-1).addingProduct(p, z)
    var y = p * z * z2
    y = y.addingProduct(e, F16(repeating: -2.12194440e-4))
    y = y.addingProduct(z2, F16(repeating: -0.5))
    y = (z + y).addingProduct(e, F16(repeating: 0.693359375))
    y.replace(with: F16(repeating: .infinity), where: input .== .infinity)
    y.replace(with: F16(repeating: -.infinity), where: input .== 0)
    y.replace(with: F16(repeating: .nan), where: input .< 0)
    y.replace(with: input, where: input .!= input)
    return y
  }

  @inline(__always)
  static func sigmoid(_ x: F16) -> F16 { 1 / (1 + exp(-x)) }

  /// tanh x: an odd polynomial near 0, 1 - 2 / (e^2x + 1) elsewhere.
  @inline(__always)
  static func tanh(_ x: F16) -> F16 {
    var magnitude = x
    magnitude.replace(with: -x, where: x .< 0)
    let far = 1 - 2 / (exp(magnitude + magnitude) + 1)
    let s = x * x
    var p = F16(repeating: -5.70498872745e-3)
    p = F16(repeating: 2.06390887954e-2).addingProduct(p, s)
    p = F16(repeating: -5.37397155531e-2).addingProduct(p, s)
    p = F16(repeating: 1.33314422036e-1).addingProduct(p, s)
    p = F16(repeating: -3.33332819422e-1).addingProduct(p, s)
    let near = x.addingProduct(p * s, x)
    var y = far
    y.replace(with: -far, where: x .< 0)
    y.replace(with: near, where: magnitude .< 0.625)
    y.replace(with: x, where: x .!= x)
    return y
  }

  /// erf x: an odd polynomial up to 1, 1 - exp(-x² + p(x)) beyond; both fitted at Chebyshev's points,
  /// 1.4e-7 from the true value at most.
  @inline(__always)
  static func erf(_ x: F16) -> F16 {
    var a = x
    a.replace(with: -x, where: x .< 0)
    a.replace(with: F16(repeating: 4), where: a .> 4)
    let s = a * a
    let near =
      x
      * horner(
        s,
        [
          1.12837917, -3.76126267e-1, 1.12835947e-1, -2.68542120e-2, 5.18908742e-3,
          -8.01686429e-4, 7.87587508e-5,
        ])
    let p = horner(
      a,
      [
        2.99821324e-4, -1.13014882, 3.68025041e-1, -1.09935446e-1, 2.63362657e-2,
        -4.72875155e-3, 5.90014363e-4, -4.52283147e-5, 1.59400124e-6,
      ])
    var y = 1 - exp(p - s)
    y.replace(with: -y, where: x .< 0)
    y.replace(with: near, where: a .< 1)
    return y.replacing(with: x, where: x .!= x)
  }

  @inline(__always) static func sin(_ x: F16) -> F16 { turned(x, quarter: 0) }
  @inline(__always) static func cos(_ x: F16) -> F16 { turned(x, quarter: 1) }

  /// sin(x + quarter π/2): x less whole quarters (Cody and Waite, 1980), Taylor's polynomials on what
  /// is left; the C library's functions where a lane lies further out than that is exact.
  @inline(__always)
  private static func turned(_ x: F16, quarter: UInt32) -> F16 {
    if dls_reach_f16(x) > 8192 {
      return quarter == 0
        ? each(x) { Float(Glibc.sin(Double($0))) } : each(x) { Float(Glibc.cos(Double($0))) }
    }
    let shift = F16(repeating: 12_582_912)
    let biased = shift.addingProduct(x, F16(repeating: 0.6366197723675814))
    let n = biased - shift
    var r = x.addingProduct(n, F16(repeating: -1.5703125))
    r = r.addingProduct(n, F16(repeating: -4.837512969970703e-4))
    r = r.addingProduct(n, F16(repeating: -7.549789948768648e-8))
    let s = r * r
    let sine = r.addingProduct(
      r * s, horner(s, [-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362_880]))
    let cosine = F16(repeating: 1).addingProduct(
      s, horner(s, [-0.5, 1.0 / 24, -1.0 / 720, 1.0 / 40_320]))
    // By bits: Swift compares vectors of ints lane by lane.
    typealias Bits = SIMD16<UInt32>
    let turn = unsafeBitCast(biased, to: Bits.self) &+ quarter
    let isOdd = Bits(repeating: 0) &- (turn & 1)
    let (p, q) = (unsafeBitCast(sine, to: Bits.self), unsafeBitCast(cosine, to: Bits.self))
    return unsafeBitCast((p & ~isOdd | q & isOdd) ^ ((turn & 2) &<< 30), to: F16.self)
  }

  /// A polynomial, lowest coefficient first.
  @inline(__always)
  private static func horner<let n: Int>(_ x: F16, _ c: InlineArray<n, Float>) -> F16 {
    var r = F16(repeating: c[n - 1])
    var i = n - 2
    while i >= 0 {
      r = F16(repeating: c[i]).addingProduct(r, x)
      i -= 1
    }
    return r
  }

  /// A C function, lane by lane.
  @inline(__always)
  static func each(_ x: F16, _ f: (Float) -> Float) -> F16 {
    var y = F16()
    for i in 0..<16 { y[i] = f(x[i]) }
    return y
  }

  @inline(__always)
  static func each(_ x: D8, _ f: (Double) -> Double) -> D8 {
    var y = D8()
    for i in 0..<8 { y[i] = f(x[i]) }
    return y
  }
}
