// The loops that elementwise kernels run in: vectors of 16 floats or 8 doubles, on threads when large.

typealias F16 = SIMD16<Float>
typealias D8 = SIMD8<Double>

/// How many elements a thread should at least have.
let elementGrain = 1 << 15

/// The same where an element costs less than the memory that it lies in.
let lightGrain = 1 << 17

enum Loop {
  @inline(__always)
  static func unary<V: SIMD>(
    _ x: UnsafePointer<V.Scalar>, _ y: UnsafeMutablePointer<V.Scalar>, _ n: Int,
    _ f: @escaping (V) -> V
  ) {
    Parallel.forEach(n, grain: elementGrain) { begin, end in
      unaryRun(x + begin, y + begin, end - begin, f)
    }
  }

  @inline(__always)
  static func unaryRun<V: SIMD>(
    _ x: UnsafePointer<V.Scalar>, _ y: UnsafeMutablePointer<V.Scalar>, _ n: Int, _ f: (V) -> V
  ) {
    let width = V.scalarCount
    var i = 0
    while i + width <= n {
      let v = UnsafeRawPointer(x + i).loadUnaligned(as: V.self)
      UnsafeMutableRawPointer(y + i).storeBytes(of: f(v), as: V.self)
      i += width
    }
    if i < n {
      var v = V()
      for k in 0..<(n - i) { v[k] = x[i + k] }
      let r = f(v)
      for k in 0..<(n - i) { y[i + k] = r[k] }
    }
  }

  @inline(__always)
  static func binary<V: SIMD>(
    _ a: UnsafePointer<V.Scalar>, _ b: UnsafePointer<V.Scalar>,
    _ y: UnsafeMutablePointer<V.Scalar>, _ n: Int, _ f: @escaping (V, V) -> V
  ) {
    Parallel.forEach(n, grain: elementGrain) { begin, end in
      binaryRun(a + begin, b + begin, y + begin, end - begin, f)
    }
  }

  @inline(__always)
  static func binaryRun<V: SIMD>(
    _ a: UnsafePointer<V.Scalar>, _ b: UnsafePointer<V.Scalar>,
    _ y: UnsafeMutablePointer<V.Scalar>, _ n: Int, _ f: (V, V) -> V
  ) {
    let width = V.scalarCount
    var i = 0
    while i + width <= n {
      let u = UnsafeRawPointer(a + i).loadUnaligned(as: V.self)
      let v = UnsafeRawPointer(b + i).loadUnaligned(as: V.self)
      UnsafeMutableRawPointer(y + i).storeBytes(of: f(u, v), as: V.self)
      i += width
    }
    if i < n {
      var u = V()
      var v = V()
      for k in 0..<(n - i) {
        u[k] = a[i + k]
        v[k] = b[i + k]
      }
      let r = f(u, v)
      for k in 0..<(n - i) { y[i + k] = r[k] }
    }
  }

  /// One operand is a single number; `f` takes the vector and the number spread.
  @inline(__always)
  static func withScalar<V: SIMD>(
    _ a: UnsafePointer<V.Scalar>, _ s: V.Scalar, _ y: UnsafeMutablePointer<V.Scalar>, _ n: Int,
    _ f: @escaping (V, V) -> V
  ) {
    let spread = V(repeating: s)
    Parallel.forEach(n, grain: elementGrain) { begin, end in
      unaryRun(a + begin, y + begin, end - begin) { f($0, spread) }
    }
  }
}

/// `tensor (op) tensor` with broadcasting, over any element type.
enum Broadcast {
  /// Fills `y` (contiguous, of the result's shape) from operands that broadcast to it.
  @inline(__always)
  static func run<V: SIMD>(
    _ a: Tensor, _ b: Tensor, _ y: Tensor, _ f: @escaping (V, V) -> V
  ) {
    let n = y.count
    let pa = a.pointer(V.Scalar.self)
    let pb = b.pointer(V.Scalar.self)
    let py = y.pointer(V.Scalar.self)
    if a.isContiguous, b.isContiguous {
      if a.count == n, b.count == n { return Loop.binary(pa, pb, py, n, f) }
      if b.count == 1, a.count == n { return Loop.withScalar(pa, pb[0], py, n, f) }
      if a.count == 1, b.count == n {
        return Loop.withScalar(pb, pa[0], py, n) { v, s in f(s, v) }
      }
    }
    if n == 0 { return }
    // A gradient that was stretched over a shape is one number too.
    if a.isContiguous, a.count == n, b.isSpread { return Loop.withScalar(pa, pb[0], py, n, f) }
    if b.isContiguous, b.count == n, a.isSpread {
      return Loop.withScalar(pb, pa[0], py, n) { v, s in f(s, v) }
    }
    let walk = Walk(y.shape, [a.steps(in: y.shape), b.steps(in: y.shape)])
    let inner = walk.inner
    let da = walk.steps[0][walk.shape.count - 1]
    let db = walk.steps[1][walk.shape.count - 1]
    // A transposed operand is laid out anew: that is quicker than to pick its elements one by one.
    if da | db > 1 || da | db < 0 {
      let (p, q) = (a.packed(), b.packed())
      if p.isContiguous, q.isContiguous { return run(p, q, y, f) }
    }
    Parallel.forEach(walk.outer, grain: max(1, elementGrain / max(inner, 1))) { begin, end in
      walk.run(begin, end) { run, ia, ib, _ in
        let out = py + run * inner
        if da == 1, db == 1 {
          Loop.binaryRun(pa + ia, pb + ib, out, inner, f)
        } else if da == 1, db == 0 {
          let s = V(repeating: pb[ib])
          Loop.unaryRun(pa + ia, out, inner) { f($0, s) }
        } else if da == 0, db == 1 {
          let s = V(repeating: pa[ia])
          Loop.unaryRun(pb + ib, out, inner) { f(s, $0) }
        } else {
          for i in 0..<inner {
            out[i] = f(V(repeating: pa[ia + i * da]), V(repeating: pb[ib + i * db]))[0]
          }
        }
      }
    }
  }
}
