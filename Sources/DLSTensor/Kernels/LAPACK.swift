// LAPACK's factorisations of one matrix, in f64 and row after row.
//
// LAPACK reads columns: a row-major matrix is its transpose there. Symmetric inputs do not mind;
// the others are transposed on the way in and out. f32 tensors are computed in f64 as well, which
// costs half the speed and gives full f32 accuracy.

import COpenBLAS

/// A matrix of doubles, column-major as LAPACK wants it.
struct ColumnMajor {
  var rows: Int
  var columns: Int
  var data: [Double]

  init(_ rows: Int, _ columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    data = [Double](repeating: 0, count: rows * columns)
  }

  /// From a row-major pointer.
  init(_ rows: Int, _ columns: Int, _ p: UnsafePointer<Double>) {
    self.init(rows, columns)
    for i in 0..<rows { for j in 0..<columns { data[j * rows + i] = p[i * columns + j] } }
  }

  func write(_ q: UnsafeMutablePointer<Double>) {
    for i in 0..<rows { for j in 0..<columns { q[i * columns + j] = data[j * rows + i] } }
  }

  func write(_ q: UnsafeMutablePointer<Double>, columns count: Int) {
    for i in 0..<rows { for j in 0..<count { q[i * count + j] = data[j * rows + i] } }
  }
}

extension ColumnMajor {
  /// Roughly the multiplications of a factorisation.
  fileprivate var cost: Int { rows * columns * min(rows, columns) }
  /// The same with square factors on both sides.
  fileprivate var largestCost: Int {
    let side = max(rows, columns)
    return 8 * side * side * min(rows, columns)
  }
}

enum LAPACK {
  /// P A = L U. `info` > 0 says that a pivot is exactly 0.
  static func lu(_ given: ColumnMajor) throws(TensorError)
    -> (factors: ColumnMajor, pivots: [Int32], info: Int32)
  {
    try Aside.run(given.cost) {
      var (a, info) = (given, Int32(0))
      var (m, n) = (Int32(a.rows), Int32(a.columns))
      var lead = max(m, 1)
      var pivots = [Int32](repeating: 0, count: max(1, min(a.rows, a.columns)))
      dgetrf_(&m, &n, &a.data, &lead, &pivots, &info)
      return (a, pivots, info)
    }
  }

  /// 1 / (‖A‖ ‖A⁻¹‖) in the 1-norm, estimated from the LU factors.
  static func reciprocalCondition(_ lu: ColumnMajor, norm: Double) -> Double {
    var (n, info, result, norm) = (Int32(lu.rows), Int32(0), 0.0, norm)
    var lead = max(n, 1)
    var work = [Double](repeating: 0, count: 4 * max(lu.rows, 1))
    var whole = [Int32](repeating: 0, count: max(lu.rows, 1))
    var data = lu.data
    var kind = CChar(UInt8(ascii: "1"))
    dgecon_(&kind, &n, &data, &lead, &norm, &result, &work, &whole, &info)
    return result
  }

  /// The x of A x = b, from the factors of `lu`.
  static func solve(_ lu: ColumnMajor, _ pivots: [Int32], _ b: ColumnMajor) throws(TensorError)
    -> ColumnMajor
  {
    try Aside.run(lu.rows * lu.rows * b.columns) {
      var (n, nrhs, info) = (Int32(lu.rows), Int32(b.columns), Int32(0))
      var lead = max(n, 1)
      var (data, order, x) = (lu.data, pivots, b)
      var kind = CChar(UInt8(ascii: "N"))
      dgetrs_(&kind, &n, &nrhs, &data, &lead, &order, &x.data, &lead, &info)
      return x
    }
  }

  /// A = L Lᵀ from the lower triangle; the minor that is not positive, or 0.
  static func cholesky(_ given: ColumnMajor) throws(TensorError) -> (l: ColumnMajor, info: Int32) {
    try Aside.run(given.cost) {
      var (a, info) = (given, Int32(0))
      var n = Int32(a.rows)
      var lead = max(n, 1)
      var kind = CChar(UInt8(ascii: "L"))
      dpotrf_(&kind, &n, &a.data, &lead, &info)
      for j in 0..<a.columns { for i in 0..<j { a.data[j * a.rows + i] = 0 } }
      return (a, info)
    }
  }

  /// A = Q R with `k` columns of Q; gives Q [m, k] and R [k, n].
  static func qr(_ a: ColumnMajor, columns k: Int) throws(TensorError)
    -> (q: ColumnMajor, r: ColumnMajor)
  {
    try Aside.run(a.rows * max(a.columns, k) * min(a.rows, max(a.columns, k))) {
      let (m, n) = (a.rows, a.columns)
      let small = min(m, n)
      var (rows, columns, info) = (Int32(m), Int32(n), Int32(0))
      var lead = max(rows, 1)
      var factors = a
      var tau = [Double](repeating: 0, count: max(small, 1))
      if small > 0 {
        withWork { work, size in
          dgeqrf_(&rows, &columns, &factors.data, &lead, &tau, work, size, &info)
        }
      }
      var r = ColumnMajor(k, n)
      for j in 0..<n {
        for i in 0...min(j, max(k - 1, 0)) where i < k {
          r.data[j * k + i] = factors.data[j * m + i]
        }
      }
      var q = ColumnMajor(m, k)
      for j in 0..<min(k, n) { for i in 0..<m { q.data[j * m + i] = factors.data[j * m + i] } }
      if k > 0, m > 0 {
        var (width, reflectors) = (Int32(k), Int32(min(small, k)))
        withWork { work, size in
          dorgqr_(&rows, &width, &reflectors, &q.data, &lead, &tau, work, size, &info)
        }
      }
      return (q, r)
    }
  }

  /// A = U diag(s) Vᵀ, whole or with min(m, n) columns; `info` > 0 when it does not converge.
  static func svd(_ a: ColumnMajor, full: Bool) throws(TensorError)
    -> (u: ColumnMajor, s: [Double], vt: ColumnMajor, info: Int32)
  {
    try Aside.run(full ? a.largestCost : 8 * a.cost) {
      let (m, n, k) = (a.rows, a.columns, min(a.rows, a.columns))
      var (rows, columns, info) = (Int32(m), Int32(n), Int32(0))
      var lead = max(rows, 1)
      var data = a.data
      var s = [Double](repeating: 0, count: k)
      var u = ColumnMajor(m, full ? m : k)
      var vt = ColumnMajor(full ? n : k, n)
      if k == 0 {
        for i in 0..<min(u.rows, u.columns) { u.data[i * u.rows + i] = 1 }
        for i in 0..<min(vt.rows, vt.columns) { vt.data[i * vt.rows + i] = 1 }
        return (u, s, vt, 0)
      }
      var leadV = Int32(max(vt.rows, 1))
      var whole = [Int32](repeating: 0, count: 8 * k)
      var kind = CChar(UInt8(ascii: full ? "A" : "S"))
      withWork { work, size in
        dgesdd_(
          &kind, &rows, &columns, &data, &lead, &s, &u.data, &lead, &vt.data, &leadV, work, size,
          &whole, &info)
      }
      return (u, s, vt, info)
    }
  }

  /// Eigenvalues in rising order and eigenvectors as columns, of a symmetric matrix of which one
  /// triangle is read.
  static func eigh(_ given: ColumnMajor, lower: Bool) throws(TensorError)
    -> (vectors: ColumnMajor, values: [Double], info: Int32)
  {
    try Aside.run(8 * given.cost) {
      var (a, info) = (given, Int32(0))
      var n = Int32(a.rows)
      var lead = max(n, 1)
      var values = [Double](repeating: 0, count: a.rows)
      if a.rows == 0 { return (a, values, 0) }
      var (job, kind) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: lower ? "L" : "U")))
      var whole = [Int32](repeating: 0, count: 3 + 5 * a.rows)
      var wholeSize = Int32(whole.count)
      withWork { work, size in
        dsyevd_(&job, &kind, &n, &a.data, &lead, &values, work, size, &whole, &wholeSize, &info)
      }
      return (a, values, info)
    }
  }

  /// The shortest x that makes ‖A x - b‖ smallest, by singular values above rcond times the largest.
  static func leastSquares(_ a: ColumnMajor, _ right: ColumnMajor, rcond: Double)
    throws(TensorError) -> (x: ColumnMajor, info: Int32)
  {
    try Aside.run(8 * a.cost) {
      var b = right
      let small = max(1, min(a.rows, a.columns))
      var (m, n, nrhs, info) = (Int32(a.rows), Int32(a.columns), Int32(b.columns), Int32(0))
      var (leadA, leadB) = (max(m, 1), Int32(max(b.rows, 1)))
      var data = a.data
      var s = [Double](repeating: 0, count: small)
      var (rank, limit) = (Int32(0), rcond)
      var levels = 1
      while small >> levels > 8 { levels += 1 }
      var whole = [Int32](repeating: 0, count: 3 * small * (levels + 2) + 11 * small + 16)
      withWork { work, size in
        dgelsd_(
          &m, &n, &nrhs, &data, &leadA, &b.data, &leadB, &s, &limit, &rank, work, size, &whole,
          &info)
      }
      return (b, info)
    }
  }

  /// Calls a routine twice: for the size of its work space, and with it.
  private static func withWork(
    _ body: (_ work: UnsafeMutablePointer<Double>, _ size: UnsafeMutablePointer<Int32>) -> Void
  ) {
    var (needed, size) = (0.0, Int32(-1))
    body(&needed, &size)
    size = Int32(clamping: Int(max(needed, 1)))
    var work = [Double](repeating: 0, count: Int(size))
    work.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start, &size) }
    }
  }
}
