// Sums along rows and along columns: in vector lanes, over blocks cut by sizes alone, so that the
// digits do not depend on how many threads there are.

enum ReduceKernels {
  /// Elements that are added up in lanes before the sum goes on in f64.
  private static let run = 2048
  /// Elements of a piece of a long sum.
  private static let piece = 1 << 16

  static func sum(_ r: Reduction, _ y: Tensor) {
    if y.count == 0 { return }
    switch r.x.dtype {
    case .f32: sum(F16.self, r, r.x.pointer(Float.self), y.pointer(Float.self))
    case .f64: sum(D8.self, r, r.x.pointer(Double.self), y.pointer(Double.self))
    case .i64:
      let (p, q, n, inner) = (r.x.pointer(Int.self), y.pointer(Int.self), r.n, r.inner)
      r.forEach { at, from in
        var s = 0
        for i in 0..<n { s &+= p[from + i * inner] }
        q[at] = s
      }
    case .bool: break
    }
  }

  /// Sums of the columns of a contiguous [n, inner].
  static func columns(_ x: Tensor, _ y: Tensor, n: Int, inner: Int) {
    if x.dtype == .f32 {
      columns(F16.self, x.pointer(Float.self), y.pointer(Float.self), 1, n, inner)
    } else {
      columns(D8.self, x.pointer(Double.self), y.pointer(Double.self), 1, n, inner)
    }
  }

  private static func sum<V: SIMD>(
    _ type: V.Type, _ r: Reduction, _ p: UnsafePointer<V.Scalar>,
    _ q: UnsafeMutablePointer<V.Scalar>
  ) where V.Scalar: BinaryFloatingPoint {
    let n = r.n
    if r.inner > 1 { return columns(type, p, q, r.outer, n, r.inner) }
    if n < 4 * piece || r.outer > 16 {
      return r.forEach { at, from in q[at] = V.Scalar(total(type, p + from, n)) }
    }
    let pieces = (n + piece - 1) / piece
    var parts = [Double](repeating: 0, count: pieces)
    for o in 0..<r.outer {
      let row = p + o * n
      parts.withUnsafeMutableBufferPointer { parts in
        guard let out = parts.baseAddress else { return }
        Parallel.forEach(pieces, grain: 1) { begin, end in
          for i in begin..<end {
            out[i] = total(type, row + i * piece, min(piece, n - i * piece))
          }
        }
      }
      q[o] = V.Scalar(parts.reduce(0, +))
    }
  }

  static func sum(_ p: UnsafePointer<Float>, _ n: Int) -> Float { Float(total(F16.self, p, n)) }

  /// The sum of `n` neighbours.
  @inline(__always)
  private static func total<V: SIMD>(_ type: V.Type, _ p: UnsafePointer<V.Scalar>, _ n: Int)
    -> Double where V.Scalar: BinaryFloatingPoint
  {
    let width = V.scalarCount
    var total = 0.0
    var i = 0
    while i < n {
      let end = min(i + run, n)
      var (a, b) = (V(), V())
      while i + 2 * width <= end {
        a += UnsafeRawPointer(p + i).loadUnaligned(as: V.self)
        b += UnsafeRawPointer(p + i + width).loadUnaligned(as: V.self)
        i += 2 * width
      }
      var s = (a + b).sum()
      while i < end {
        s += p[i]
        i += 1
      }
      total += Double(s)
    }
    return total
  }

  /// For each of `outer` matrices [n, inner] the sums of its columns.
  private static func columns<V: SIMD>(
    _ type: V.Type, _ p: UnsafePointer<V.Scalar>, _ q: UnsafeMutablePointer<V.Scalar>,
    _ outer: Int, _ n: Int, _ inner: Int
  ) where V.Scalar: BinaryFloatingPoint {
    let band = 4 * V.scalarCount
    let bands = (inner + band - 1) / band
    if outer * bands < 4, n * inner > 4 * piece {
      // Few columns and many rows: sums of pieces of rows, then the sum of those.
      let rows = max(1, piece / inner)
      let pieces = (n + rows - 1) / rows
      var parts = [V.Scalar](repeating: 0, count: pieces * inner)
      parts.withUnsafeMutableBufferPointer { parts in
        guard let out = parts.baseAddress else { return }
        for o in 0..<outer {
          let matrix = p + o * n * inner
          Parallel.forEach(pieces, grain: 1) { begin, end in
            for i in begin..<end {
              columnBand(
                type, matrix + i * rows * inner, out + i * inner, min(rows, n - i * rows), inner, 0,
                inner)
            }
          }
          columnBand(type, out, q + o * inner, pieces, inner, 0, inner)
        }
      }
      return
    }
    Parallel.forEach(outer * bands, grain: max(1, elementGrain / max(n * band, 1))) { begin, end in
      for item in begin..<end {
        let (o, first) = (item / bands, item % bands * band)
        columnBand(
          type, p + o * n * inner, q + o * inner, n, inner, first, min(first + band, inner))
      }
    }
  }

  /// Sums of the columns from `first` to `last`, four vectors of them at a time in registers.
  @inline(__always)
  private static func columnBand<V: SIMD>(
    _ type: V.Type, _ p: UnsafePointer<V.Scalar>, _ q: UnsafeMutablePointer<V.Scalar>, _ n: Int,
    _ inner: Int, _ first: Int, _ last: Int
  ) where V.Scalar: BinaryFloatingPoint {
    let width = V.scalarCount
    var j = first
    func load(_ at: Int) -> V { UnsafeRawPointer(p + at).loadUnaligned(as: V.self) }
    while j + 4 * width <= last {
      var (a, b, c, d) = (V(), V(), V(), V())
      var at = j
      for _ in 0..<n {
        a += load(at)
        b += load(at + width)
        c += load(at + 2 * width)
        d += load(at + 3 * width)
        at += inner
      }
      let out = UnsafeMutableRawPointer(q + j)
      let step = MemoryLayout<V.Scalar>.stride * width
      out.storeBytes(of: a, as: V.self)
      out.storeBytes(of: b, toByteOffset: step, as: V.self)
      out.storeBytes(of: c, toByteOffset: 2 * step, as: V.self)
      out.storeBytes(of: d, toByteOffset: 3 * step, as: V.self)
      j += 4 * width
    }
    while j + width <= last {
      var a = V()
      for i in 0..<n { a += load(j + i * inner) }
      UnsafeMutableRawPointer(q + j).storeBytes(of: a, as: V.self)
      j += width
    }
    if j == last { return }
    for k in j..<last { q[k] = 0 }
    for i in 0..<n {
      let row = p + i * inner
      for k in j..<last { q[k] += row[k] }
    }
  }
}
