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
      case .f32: Broadcast.run(x, z, y, f32)
      case .f64: Broadcast.run(x, z, y, f64)
      case .i64, .bool: Broadcast.run(x, z, y, i64)
      }
    }
    return (x, z, y)
  }

  package static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
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
      if exponent < 0, !dtype.isFloating { return try to(.f32).power(p) }
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
    if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
    var (result, square, rest) = (1, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }

  // Comparisons, element by element, to bool.

  package func equal(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(b, "==") { $0 == $1 }
  }
  package func notEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(b, "!=") { $0 != $1 }
  }
  package func less(_ b: Tensor) throws(TensorError) -> Tensor { try compare(b, "<") { $0 < $1 } }
  package func lessEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(b, "<=") { $0 <= $1 }
  }
  package func greater(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(b, ">") { $0 > $1 }
  }
  package func greaterEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(b, ">=") { $0 >= $1 }
  }

  @inline(__always)
  private func compare(_ b: Tensor, _ symbol: String, _ f: @escaping (Double, Double) -> Bool)
    throws(TensorError) -> Tensor
  {
    let shape = try Tensor.broadcast(self, b, symbol)
    let result = try Tensor.empty(shape, .bool, meta: isMeta || b.isMeta)
    if result.isMeta { return result }
    let dtype = DType.promoted(self, b)
    let x = try self.to(dtype).stretched(to: shape)
    let y = try b.to(dtype).stretched(to: shape)
    let out = result.pointer(Bool.self)
    let n = result.count
    switch dtype {
    case .f32:
      let (p, q) = (x.pointer(Float.self), y.pointer(Float.self))
      Parallel.forEach(n, grain: elementGrain) { begin, end in
        for i in begin..<end { out[i] = f(Double(p[i]), Double(q[i])) }
      }
    case .f64:
      let (p, q) = (x.pointer(Double.self), y.pointer(Double.self))
      for i in 0..<n { out[i] = f(p[i], q[i]) }
    case .i64:
      let (p, q) = (x.pointer(Int.self), y.pointer(Int.self))
      for i in 0..<n {
        let order = p[i] < q[i] ? -1.0 : p[i] > q[i] ? 1.0 : 0.0
        out[i] = f(order, 0)
      }
    case .bool:
      let (p, q) = (x.pointer(Bool.self), y.pointer(Bool.self))
      for i in 0..<n { out[i] = f(p[i] ? 1 : 0, q[i] ? 1 : 0) }
    }
    return result
  }

  /// Untracked and contiguous in a larger shape.
  func stretched(to shape: [Int]) -> Tensor {
    if self.shape == shape { return packed() }
    return view(shape, steps(in: shape)).packed()
  }

  /// `condition ? a : b`, element by element (PyTorch's where).
  package static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor)
    throws(TensorError) -> Tensor
  {
    if condition.dtype != .bool {
      throw TensorError(
        "dtype-mismatch", "the condition must be a bool tensor, got \(condition.dtype.name)",
        argument: 0)
    }
    let dtype = DType.promoted(a, b)
    let x = try a.to(dtype)
    let z = try b.to(dtype)
    let pair = try broadcast(x, z, "where")
    let shape = try broadcast(condition, try meta(pair, dtype), "where")
    let y = try empty(shape, dtype, meta: condition.isMeta || x.isMeta || z.isMeta)
    if !y.isMeta {
      let mask = condition.stretched(to: shape)
      let c = mask.pointer(Bool.self)
      let (p, q) = (x.stretched(to: shape), z.stretched(to: shape))
      switch dtype {
      case .bool:
        pick(c, p.pointer(UInt8.self), q.pointer(UInt8.self), y.pointer(UInt8.self), y.count)
      case .f32:
        pick(c, p.pointer(Float.self), q.pointer(Float.self), y.pointer(Float.self), y.count)
      case .i64: pick(c, p.pointer(Int.self), q.pointer(Int.self), y.pointer(Int.self), y.count)
      case .f64:
        pick(c, p.pointer(Double.self), q.pointer(Double.self), y.pointer(Double.self), y.count)
      }
      withExtendedLifetime((mask, p, q)) {}
    }
    return Autograd.record("where", [condition, x, z], y) { g, _ throws(TensorError) in
      let none = try scalar(0, g.dtype)
      return [
        nil,
        x.isTracked ? try select(condition, g, none).reduced(to: x.shape) : nil,
        z.isTracked ? try select(condition, none, g).reduced(to: z.shape) : nil,
      ]
    }
  }

  private static func pick<T>(
    _ c: UnsafePointer<Bool>, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>,
    _ y: UnsafeMutablePointer<T>, _ n: Int
  ) {
    for i in 0..<n { y[i] = c[i] ? a[i] : b[i] }
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
