// Products of groups, each dtype in its own loop.

extension ReduceKernels {
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
