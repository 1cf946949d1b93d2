// Comparisons and tests to bools, and the choice between two tensors by one.

extension Tensor {
  package func equal(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, "==", { Choice.bytes($0 .== $1) }, { Choice.bytes($0 .== $1) }, { Choice.bytes($0 .== $1) }
    )
  }
  package func notEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, "!=", { Choice.bytes($0 .!= $1) }, { Choice.bytes($0 .!= $1) }, { Choice.bytes($0 .!= $1) }
    )
  }
  package func less(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, "<", { Choice.bytes($0 .< $1) }, { Choice.bytes($0 .< $1) }, { Choice.bytes($0 .< $1) })
  }
  package func lessEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, "<=", { Choice.bytes($0 .<= $1) }, { Choice.bytes($0 .<= $1) }, { Choice.bytes($0 .<= $1) }
    )
  }
  package func greater(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, ">", { Choice.bytes($0 .> $1) }, { Choice.bytes($0 .> $1) }, { Choice.bytes($0 .> $1) })
  }
  package func greaterEqual(_ b: Tensor) throws(TensorError) -> Tensor {
    try compare(
      b, ">=", { Choice.bytes($0 .>= $1) }, { Choice.bytes($0 .>= $1) }, { Choice.bytes($0 .>= $1) }
    )
  }

  @inline(__always)
  private func compare(
    _ b: Tensor, _ symbol: String, _ f32: @escaping (F16, F16) -> SIMD16<UInt8>,
    _ f64: @escaping (D8, D8) -> SIMD8<UInt8>,
    _ i64: @escaping (SIMD8<Int>, SIMD8<Int>) -> SIMD8<UInt8>
  ) throws(TensorError) -> Tensor {
    let shape = try Tensor.broadcast(self, b, symbol)
    let result = try Tensor.empty(shape, .bool, meta: isMeta || b.isMeta)
    if result.isMeta || result.count == 0 { return result }
    var dtype = DType.promoted(self, b)
    if dtype == .bool { dtype = .i64 }
    let x = try detached.to(dtype).operand(in: shape)
    let y = try b.detached.to(dtype).operand(in: shape)
    switch dtype {
    case .f32: Choice.compare(x, y, result, f32)
    case .f64: Choice.compare(x, y, result, f64)
    case .i64, .bool: Choice.compare(x, y, result, i64)
    }
    withExtendedLifetime((x, y, result)) {}
    return result
  }

  /// Untracked and contiguous in a larger shape.
  func stretched(to shape: [Int]) -> Tensor {
    if self.shape == shape { return packed() }
    return view(shape, steps(in: shape)).packed()
  }

  /// The same, but one number stays one.
  private func operand(in shape: [Int]) -> Tensor {
    count == 1 ? packed() : stretched(to: shape)
  }

  /// A bool for each element; ints are tested as the doubles that they are.
  @inline(__always)
  func test(_ f: @escaping (Double) -> Bool) throws(TensorError) -> Tensor {
    let result = try Tensor.empty(shape, .bool, meta: isMeta)
    if isMeta { return result }
    let (x, q, n) = (packed(), result.pointer(Bool.self), count)
    switch dtype {
    case .bool: Choice.test(x.pointer(UInt8.self), q, n) { f(Double($0)) }
    case .i64: Choice.test(x.pointer(Int.self), q, n) { f(Double($0)) }
    case .f32: Choice.test(x.pointer(Float.self), q, n) { f(Double($0)) }
    case .f64: Choice.test(x.pointer(Double.self), q, n, f)
    }
    return result
  }

  package func isnan() throws(TensorError) -> Tensor { try test { $0 != $0 } }
  package func isinf() throws(TensorError) -> Tensor {
    try test { $0 == .infinity || $0 == -.infinity }
  }
  package func isfinite() throws(TensorError) -> Tensor { try test { $0 - $0 == 0 } }
  package func logicalNot() throws(TensorError) -> Tensor { try test { $0 == 0 } }

  /// `condition ? a : b`, element by element (PyTorch's where).
  package static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor)
    throws(TensorError) -> Tensor
  {
    if condition.dtype != .bool {
      throw TensorError(
        "dtype-mismatch", "the condition must be a bool tensor, got \(condition.typeText)",
        argument: 0, labels: [(0, condition.typeText)],
        help: ["a comparison makes one: `{0} != 0`"])
    }
    let dtype = DType.promoted(a, b)
    let x = try a.to(dtype)
    let z = try b.to(dtype)
    let pair = try broadcast(x, z, "where")
    let shape = try broadcast(condition, try meta(pair, dtype), "where")
    let y = try empty(shape, dtype, meta: condition.isMeta || x.isMeta || z.isMeta)
    if !y.isMeta {
      let c = condition.stretched(to: shape)
      let (p, q) = (x.detached.operand(in: shape), z.detached.operand(in: shape))
      switch dtype.size {
      case 1: Choice.pick(c, p, q, y, UInt8.self)
      case 4: Choice.pick(c, p, q, y, UInt32.self)
      default: Choice.pick(c, p, q, y, UInt64.self)
      }
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
}

extension Tensor {
  /// Truth of two broadcast operands, one byte each: 0 or 1.
  @inline(__always)
  func logical(_ other: Tensor, _ word: String, _ f: @escaping (UInt8, UInt8) -> UInt8)
    throws(TensorError) -> Tensor
  {
    let (a, b) = (try detached.to(.bool), try other.detached.to(.bool))
    let y = try Tensor.empty(
      try Tensor.broadcast(a, b, word), .bool, meta: a.isMeta || b.isMeta)
    if !y.isMeta {
      Broadcast.run(UInt8.self, a, b, y) { run in
        if run.stepA == 1, run.stepB == 1 {
          for i in 0..<run.count { run.y[i] = f(run.a[i], run.b[i]) }
        } else {
          for i in 0..<run.count { run.y[i] = f(run.a[i * run.stepA], run.b[i * run.stepB]) }
        }
      }
    }
    return y
  }
}

/// Loops to bools and by bools; an operand of one element is held in a register.
private enum Choice {
  /// One byte a lane, 1 where the mask holds.
  @inline(__always)
  static func bytes(_ mask: SIMDMask<SIMD16<Int32>>) -> SIMD16<UInt8> {
    SIMD16<UInt8>(truncatingIfNeeded: SIMD16<Int32>.zero.replacing(with: 1, where: mask))
  }
  @inline(__always)
  static func bytes(_ mask: SIMDMask<SIMD8<Int64>>) -> SIMD8<UInt8> {
    SIMD8<UInt8>(truncatingIfNeeded: SIMD8<Int64>.zero.replacing(with: 1, where: mask))
  }
  @inline(__always)
  static func bytes(_ mask: SIMDMask<SIMD8<Int>>) -> SIMD8<UInt8> {
    SIMD8<UInt8>(truncatingIfNeeded: SIMD8<Int>.zero.replacing(with: 1, where: mask))
  }

  @inline(__always)
  static func compare<V: SIMD, B: SIMD>(
    _ x: Tensor, _ y: Tensor, _ result: Tensor, _ f: @escaping (V, V) -> B
  ) where B.Scalar == UInt8 {
    let (p, q) = (x.pointer(V.Scalar.self), y.pointer(V.Scalar.self))
    let out = result.pointer(UInt8.self)
    let (dx, dy) = (x.count == 1 ? 0 : 1, y.count == 1 ? 0 : 1)
    let width = V.scalarCount
    Parallel.forEach(result.count, grain: lightGrain) { begin, end in
      var i = begin
      let (u, v) = (V(repeating: p[0]), V(repeating: q[0]))
      while i + width <= end {
        let a = dx == 0 ? u : UnsafeRawPointer(p + i).loadUnaligned(as: V.self)
        let b = dy == 0 ? v : UnsafeRawPointer(q + i).loadUnaligned(as: V.self)
        UnsafeMutableRawPointer(out + i).storeBytes(of: f(a, b), as: B.self)
        i += width
      }
      while i < end {
        out[i] = f(V(repeating: p[i * dx]), V(repeating: q[i * dy]))[0]
        i += 1
      }
    }
  }

  @inline(__always)
  static func test<T>(
    _ p: UnsafePointer<T>, _ q: UnsafeMutablePointer<Bool>, _ n: Int,
    _ f: @escaping (T) -> Bool
  ) {
    Parallel.forEach(n, grain: lightGrain) { begin, end in
      for i in begin..<end { q[i] = f(p[i]) }
    }
  }

  static func pick<T>(_ c: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor, _ type: T.Type) {
    let (t, p, q, out) = (
      c.pointer(Bool.self), a.pointer(type), b.pointer(type), y.pointer(type)
    )
    let (isOneA, isOneB) = (a.count == 1, b.count == 1)
    if y.count == 0 { return }
    let (u, v) = (p[0], q[0])
    Parallel.forEach(y.count, grain: lightGrain) { begin, end in
      if isOneA, isOneB {
        for i in begin..<end { out[i] = t[i] ? u : v }
      } else if isOneA {
        for i in begin..<end { out[i] = t[i] ? u : q[i] }
      } else if isOneB {
        for i in begin..<end { out[i] = t[i] ? p[i] : v }
      } else {
        for i in begin..<end { out[i] = t[i] ? p[i] : q[i] }
      }
    }
  }
}
