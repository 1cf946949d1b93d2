// Sums and products of groups, each dtype in its own loop.

enum ReduceKernels {
  /// Long f32 sums are added up in f64 blocks, so that they keep their digits.
  static func sum(_ r: Reduction, _ y: Tensor) {
    switch r.x.dtype {
    case .f32:
      let (p, q, n) = (r.x.pointer(Float.self), y.pointer(Float.self), r.n)
      if r.inner == 1 { return r.forEach { at, from in q[at] = sum(p + from, n) } }
      columns(r, p, q) { $0 + $1 }
    case .f64:
      let (p, q, n) = (r.x.pointer(Double.self), y.pointer(Double.self), r.n)
      if r.inner == 1 {
        return r.forEach { at, from in q[at] = LaneSums<D8>.plain(p + from, n) }
      }
      columns(r, p, q) { $0 + $1 }
    case .i64, .bool:
      let (p, q, n) = (r.x.pointer(Int.self), y.pointer(Int.self), r.n)
      if r.inner == 1 {
        return r.forEach { at, from in
          var s = 0
          for i in 0..<n { s &+= p[from + i] }
          q[at] = s
        }
      }
      columns(r, p, q) { $0 &+ $1 }
    }
  }

  /// Column sums of blocks [n, inner], row after row as the memory lies.
  @inline(__always)
  private static func columns<T: Numeric>(
    _ r: Reduction, _ p: UnsafePointer<T>, _ q: UnsafeMutablePointer<T>,
    _ plus: @escaping (T, T) -> T
  ) {
    let (n, inner) = (r.n, r.inner)
    Parallel.forEach(inner, grain: max(256, elementGrain / max(n * r.outer, 1))) { begin, end in
      for o in 0..<r.outer {
        let (block, out) = (p + o * n * inner, q + o * inner)
        for j in begin..<end { out[j] = 0 }
        for i in 0..<n {
          let row = block + i * inner
          for j in begin..<end { out[j] = plus(out[j], row[j]) }
        }
      }
    }
  }

  static func sum(_ p: UnsafePointer<Float>, _ n: Int) -> Float {
    var total = 0.0
    var i = 0
    while i < n {
      let end = min(i + 2048, n)
      var lanes = F16()
      var lanes2 = F16()
      while i + 32 <= end {
        lanes += UnsafeRawPointer(p + i).loadUnaligned(as: F16.self)
        lanes2 += UnsafeRawPointer(p + i + 16).loadUnaligned(as: F16.self)
        i += 32
      }
      var s = (lanes + lanes2).sum()
      while i < end {
        s += p[i]
        i += 1
      }
      total += Double(s)
    }
    return Float(total)
  }

  static func product(_ r: Reduction, _ y: Tensor) {
    switch r.x.dtype {
    case .f32:
      product(r, y.pointer(Float.self), 1.0) {
        $0 * Double($1)
      } _: {
        Float($0)
      }
    case .f64:
      product(r, y.pointer(Double.self), 1.0) {
        $0 * $1
      } _: {
        $0
      }
    case .i64, .bool:
      product(r, y.pointer(Int.self), 1) {
        $0 &* $1
      } _: {
        $0
      }
    }
  }

  @inline(__always)
  private static func product<T, S>(
    _ r: Reduction, _ q: UnsafeMutablePointer<T>, _ one: S, _ times: @escaping (S, T) -> S,
    _ narrow: @escaping (S) -> T
  ) {
    let (p, n, inner) = (r.x.pointer(T.self), r.n, r.inner)
    r.forEach { at, from in
      var s = one
      for i in 0..<n { s = times(s, p[from + i * inner]) }
      q[at] = narrow(s)
    }
  }
}
