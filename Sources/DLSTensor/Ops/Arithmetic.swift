// + - * / // % ^ and comparisons: the operators of the language.

import Glibc

extension Tensor {
  /// Runs a kernel over two broadcast operands, in the promoted dtype (`result` where given).
  @inline(__always)
  static func binary(
    _ symbol: String, _ a: Tensor, _ b: Tensor, toFloat: Bool = false,
    f32: @escaping (F16, F16) -> F16, f64: @escaping (D8, D8) -> D8,
    i64: @escaping (SIMD8<Int>, SIMD8<Int>) -> SIMD8<Int>
  ) throws(TensorError) -> (a: Tensor, b: Tensor, y: Tensor) {
    let shape = try broadcast(a, b, symbol)
    var dtype = a.dtype == b.dtype ? a.dtype : DType.promoted(a, b)
    if !dtype.isFloating { dtype = toFloat ? .f32 : .i64 }
    let x = try a.to(dtype)
    let z = try b.to(dtype)
    let y = try empty(shape, dtype, meta: x.isMeta || z.isMeta)
    if !y.isMeta {
      switch dtype {
      case .f32: Broadcast.run(Float.self, x, z, y) { $0.fill(f32) }
      case .f64: Broadcast.run(Double.self, x, z, y) { $0.fill(f64) }
      case .i64, .bool: Broadcast.run(Int.self, x, z, y) { $0.fill(i64) }
      }
    }
    return (x, z, y)
  }

  package static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    // Bools stay bools, as PyTorch's: a sum is "or", a product "and".
    if a.dtype == .bool, b.dtype == .bool { return try maximum(a, b) }
    let r = try binary(
      "+", a, b, f32: { $0 + $1 }, f64: { $0 + $1 }, i64: { $0 &+ $1 })
    let (p, q) = (r.a.shape, r.b.shape)
    return Autograd.record("add", [r.a, r.b], r.y) { g, _ throws(TensorError) in
      [try g.reduced(to: p), try g.reduced(to: q)]
    }
  }

  package static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    let r = try binary(
      "-", a, b, f32: { $0 - $1 }, f64: { $0 - $1 }, i64: { $0 &- $1 })
    let (p, q, tracked) = (r.a.shape, r.b.shape, r.b.isTracked)
    return Autograd.record("sub", [r.a, r.b], r.y) { g, _ throws(TensorError) in
      [try g.reduced(to: p), tracked ? try g.negate().reduced(to: q) : nil]
    }
  }

  package static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    if a.dtype == .bool, b.dtype == .bool { return try minimum(a, b) }
    let r = try binary(
      "*", a, b, f32: { $0 * $1 }, f64: { $0 * $1 }, i64: { $0 &* $1 })
    let (x, z) = (r.a, r.b)
    return Autograd.record("mul", [x, z], r.y) { g, _ throws(TensorError) in
      [
        x.isTracked ? try (g * z).reduced(to: x.shape) : nil,
        z.isTracked ? try (g * x).reduced(to: z.shape) : nil,
      ]
    }
  }

  package static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    let r = try binary(
      "/", a, b, toFloat: true, f32: { $0 / $1 }, f64: { $0 / $1 }, i64: { x, _ in x })
    let (x, z) = (r.a, r.b)
    return Autograd.record("div", [x, z], r.y) { g, y throws(TensorError) in
      let scaled = try g / z
      return [
        x.isTracked ? try scaled.reduced(to: x.shape) : nil,
        z.isTracked ? try (scaled * y).negate().reduced(to: z.shape) : nil,
      ]
    }
  }

  package func floorDivide(_ b: Tensor) throws(TensorError) -> Tensor {
    try checkDivisor(b, "//")
    return try Tensor.binary(
      "//", self, b, f32: { ($0 / $1).floored() }, f64: { ($0 / $1).floored() },
      i64: { x, z in Tensor.eachInt(x, z) { Tensor.floorDivide($0, $1) } }
    ).y
  }

  /// The remainder with the divisor's sign.
  package func remainder(_ b: Tensor) throws(TensorError) -> Tensor {
    try checkDivisor(b, "%")
    let r = try Tensor.binary(
      "%", self, b, f32: { $0 - ($0 / $1).floored() * $1 },
      f64: { $0 - ($0 / $1).floored() * $1 },
      i64: { x, z in Tensor.eachInt(x, z) { $0 &- Tensor.floorDivide($0, $1) &* $1 } })
    let (x, z) = (r.a, r.b)
    return Autograd.record("remainder", [x, z], r.y) { g, _ throws(TensorError) in
      [
        try g.reduced(to: x.shape),
        z.isTracked ? try (g * x.floorDivide(z)).negate().reduced(to: z.shape) : nil,
      ]
    }
  }

  /// The remainder with the dividend's sign.
  package func fmod(_ b: Tensor) throws(TensorError) -> Tensor {
    try checkDivisor(b, "fmod")
    let r = try Tensor.binary(
      "fmod", self, b, f32: { Tensor.eachPair($0, $1) { fmodf($0, $1) } },
      f64: { Tensor.eachPair($0, $1) { Glibc.fmod($0, $1) } },
      i64: { x, z in Tensor.eachInt(x, z) { $1 == 0 || $1 == -1 ? 0 : $0 % $1 } })
    let (x, z) = (r.a, r.b)
    return Autograd.record("fmod", [x, z], r.y) { g, _ throws(TensorError) in
      [
        try g.reduced(to: x.shape),
        z.isTracked
          ? try (g * (x.detached / z.detached).trunc()).negate().reduced(to: z.shape) : nil,
      ]
    }
  }

  /// ln(e^a + e^b), by the larger of the two.
  package static func logaddexp(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    let r = try binary(
      "logaddexp", a, b, toFloat: true,
      f32: { eachPair($0, $1) { Float(Scalar.logaddexp(Double($0), Double($1))) } },
      f64: { eachPair($0, $1) { Scalar.logaddexp($0, $1) } }, i64: { a, _ in a })
    let (x, z) = (r.a, r.b)
    return Autograd.record("logaddexp", [x, z], r.y) { g, _ throws(TensorError) in
      let share = try (x - z).sigmoid()
      return [
        try (g * share).reduced(to: x.shape), try (g - g * share).reduced(to: z.shape),
      ]
    }
  }

  private func checkDivisor(_ b: Tensor, _ symbol: String) throws(TensorError) {
    if !dtype.isFloating, !b.dtype.isFloating, !b.isMeta, b.ints().contains(0) {
      throw TensorError("division-by-zero", "`\(symbol)` by zero on ints", argument: 1)
    }
  }

  static func floorDivide(_ a: Int, _ b: Int) -> Int {
    if b == 0 { return 0 }
    if b == -1 { return 0 &- a }
    let q = a / b
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q
  }

  @inline(__always)
  private static func eachInt(_ x: SIMD8<Int>, _ z: SIMD8<Int>, _ f: (Int, Int) -> Int)
    -> SIMD8<Int>
  {
    var y = SIMD8<Int>()
    for i in 0..<8 { y[i] = f(x[i], z[i]) }
    return y
  }

  @inline(__always)
  static func eachPair(_ x: F16, _ z: F16, _ f: (Float, Float) -> Float) -> F16 {
    var y = F16()
    for i in 0..<16 { y[i] = f(x[i], z[i]) }
    return y
  }

  @inline(__always)
  static func eachPair(_ x: D8, _ z: D8, _ f: (Double, Double) -> Double) -> D8 {
    var y = D8()
    for i in 0..<8 { y[i] = f(x[i], z[i]) }
    return y
  }

  /// x^p. Small whole exponents become products.
  package func power(_ p: Tensor) throws(TensorError) -> Tensor {
    if p.rank == 0, !p.isTracked, !p.isMeta, dtype.isFloating || !p.dtype.isFloating {
      let exponent = p.element(0)
      if exponent == 2 { return try self * self }
      if exponent == 1 { return self }
      if exponent == 3 { return try (self * self) * self }
      if exponent == 0.5, dtype.isFloating { return try sqrt() }
    }
    if !dtype.isFloating, !p.dtype.isFloating, !p.isMeta, p.count > 0,
      p.packed().ints().contains(where: { $0 < 0 })
    {
      throw TensorError(
        "bad-argument", "whole numbers have no negative powers among whole numbers", argument: 1,
        labels: [(0, typeText), (1, p.typeText)], help: ["as floats: `{0}.to(f32) ^ {1}`"])
    }
    let r = try Tensor.binary(
      "^", self, p, f32: { Tensor.eachPair($0, $1) { powf($0, $1) } },
      f64: { Tensor.eachPair($0, $1) { pow($0, $1) } },
      i64: { x, z in Tensor.eachInt(x, z) { Tensor.wholePower($0, $1) } })
    let (x, z) = (r.a, r.b)
    return Autograd.record("pow", [x, z], r.y) { g, y throws(TensorError) in
      let one = try Tensor.scalar(1, z.dtype)
      var dz: Tensor?
      if z.isTracked {
        // Where x = 0 the limit is 0 for positive exponents.
        let safe = try Tensor.select(x.equal(Tensor.scalar(0, x.dtype)), one, x)
        dz = try (g * y * safe.log()).reduced(to: z.shape)
      }
      var dx: Tensor?
      if x.isTracked {
        let slope = try z * x.power(z - one)
        let flat = try z.equal(Tensor.scalar(0, z.dtype))
        dx = try (g * Tensor.select(flat, Tensor.scalar(0, z.dtype), slope)).reduced(to: x.shape)
      }
      return [dx, dz]
    }
  }

  static func wholePower(_ base: Int, _ exponent: Int) -> Int {
    var (result, square, rest) = (1, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }

  /// a + b, into a's memory when nobody else can see it.
  static func accumulate(_ a: Tensor, _ b: Tensor) throws(TensorError) -> Tensor {
    if !Autograd.isRecording, a.dtype == b.dtype, a.shape == b.shape, a.isContiguous,
      b.isContiguous, !a.isMeta, a.isUniquelyHeld(references: 1)
    {
      let n = a.count
      if a.dtype == .f32 {
        let p = a.pointer(Float.self)
        Loop.binary(p, b.pointer(Float.self), p, n) { (x: F16, y: F16) in x + y }
        return a
      } else if a.dtype == .f64 {
        let p = a.pointer(Double.self)
        Loop.binary(p, b.pointer(Double.self), p, n) { (x: D8, y: D8) in x + y }
        return a
      }
    }
    return try a + b
  }
}
