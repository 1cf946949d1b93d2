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
  /// Numbers of two operands, steps 0 or 1 apart but for odd layouts, and where the results go.
  struct Run<T> {
    var a: UnsafePointer<T>
    var stepA: Int
    var b: UnsafePointer<T>
    var stepB: Int
    var y: UnsafeMutablePointer<T>
    var count: Int

    /// The results of `f`, which is written into each of the loops.
    @inline(__always)
    func fill<V: SIMD>(_ f: (V, V) -> V) where V.Scalar == T {
      if stepA == 1, stepB == 1 {
        Loop.binaryRun(a, b, y, count, f)
      } else if stepA == 1, stepB == 0 {
        let s = V(repeating: b[0])
        Loop.unaryRun(a, y, count) { f($0, s) }
      } else if stepA == 0, stepB == 1 {
        let s = V(repeating: a[0])
        Loop.unaryRun(b, y, count) { f(s, $0) }
      } else {
        for i in 0..<count {
          y[i] = f(V(repeating: a[i * stepA]), V(repeating: b[i * stepB]))[0]
        }
      }
    }
  }

  /// Fills `y` (contiguous, of the result's shape) from operands that broadcast to it, run by run: a
  /// function of single vectors would be called for each, and those calls took longer than the sums.
  static func run<T>(
    _ type: T.Type, _ a: Tensor, _ b: Tensor, _ y: Tensor, _ body: @escaping (Run<T>) -> Void
  ) {
    let n = y.count
    if n == 0 { return }
    let (pa, pb, py) = (a.pointer(type), b.pointer(type), y.pointer(type))
    // One number may also be a gradient that was stretched over a shape.
    let isOneA = a.count == 1 || a.isSpread
    let isOneB = b.count == 1 || b.isSpread
    let isPlainA = a.isContiguous && a.count == n
    let isPlainB = b.isContiguous && b.count == n
    if isPlainA && isPlainB || isPlainA && isOneB || isOneA && isPlainB {
      let (da, db) = (isPlainA ? 1 : 0, isPlainB ? 1 : 0)
      Parallel.forEach(n, grain: elementGrain) { begin, end in
        body(
          Run(
            a: pa + begin * da, stepA: da, b: pb + begin * db, stepB: db, y: py + begin,
            count: end - begin))
      }
      return
    }
    let walk = Walk(y.shape, [a.steps(in: y.shape), b.steps(in: y.shape)])
    let inner = walk.inner
    let da = walk.steps[0][walk.shape.count - 1]
    let db = walk.steps[1][walk.shape.count - 1]
    // A transposed operand is laid out anew: that is quicker than to pick its elements one by one.
    if da | db > 1 || da | db < 0 {
      let (p, q) = (a.packed(), b.packed())
      if p.isContiguous, q.isContiguous { return run(type, p, q, y, body) }
    }
    Parallel.forEach(walk.outer, grain: max(1, elementGrain / max(inner, 1))) { begin, end in
      walk.run(begin, end) { run, ia, ib, _ in
        body(
          Run(
            a: pa + ia, stepA: da, b: pb + ib, stepB: db, y: py + run * inner, count: inner))
      }
    }
  }
}
