// Eigenvectors of a small symmetric matrix by Jacobi's rotations.

import Glibc

/// Plain and exact enough for covariance matrices of a few hundred columns; `eigh` is LAPACK's.
enum SymmetricEigen {
  /// Eigenvalues in falling order and their vectors, row after row, largest entry positive.
  static func solve(_ matrix: [Double], _ n: Int) -> ([Double], [Double]) {
    var a = matrix
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    for _ in 0..<60 {
      var off = 0.0
      var all = 0.0
      for i in 0..<n {
        for j in 0..<n {
          all += a[i * n + j] * a[i * n + j]
          if i != j { off += a[i * n + j] * a[i * n + j] }
        }
      }
      if !(off > 1e-22 * all) { break }
      for p in 0..<n { for q in (p + 1)..<max(n, p + 1) { rotate(&a, &v, n, p, q) } }
    }
    let order = (0..<n).sorted { a[$0 * n + $0] > a[$1 * n + $1] }
    var vectors: [Double] = []
    for i in order {
      let row = (0..<n).map { v[i * n + $0] }
      let largest = row.max { abs($0) < abs($1) } ?? 1
      vectors += largest < 0 ? row.map { -$0 } : row
    }
    return (order.map { a[$0 * n + $0] }, vectors)
  }

  /// Makes a[p][q] zero. The rows of `v` are the eigenvectors so far.
  private static func rotate(_ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int)
  {
    let apq = a[p * n + q]
    if abs(apq) < 1e-300 { return }
    let theta = (a[q * n + q] - a[p * n + p]) / (2 * apq)
    let t = (theta >= 0 ? 1.0 : -1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (x, y) = (a[k * n + p], a[k * n + q])
      a[k * n + p] = c * x - s * y
      a[k * n + q] = s * x + c * y
    }
    for k in 0..<n {
      let (x, y) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * x - s * y
      a[q * n + k] = s * x + c * y
    }
    for k in 0..<n {
      let (x, y) = (v[p * n + k], v[q * n + k])
      v[p * n + k] = c * x - s * y
      v[q * n + k] = s * x + c * y
    }
  }
}
