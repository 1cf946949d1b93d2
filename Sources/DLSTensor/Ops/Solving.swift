// det, slogdet, inv, solve, lstsq, pinv: through LU factors and singular values.

extension Tensor {
  package func inverse() throws(TensorError) -> Tensor {
    let x = try floating()
    let m = try Matrices(x, "inv", square: true)
    let n = m.rows
    let y = try m.result([n, n])
    try m.forEach { i throws(TensorError) in
      let (lu, pivots) = try m.factors(i, "inv")
      var unit = ColumnMajor(n, n)
      for k in 0..<n { unit.data[k * n + k] = 1 }
      try LAPACK.solve(lu, pivots, unit).write(y.pointer(Double.self) + i * n * n)
    }
    return Autograd.record("inv", [x], try y.to(x.dtype)) { g, y throws(TensorError) in
      let t = try y.transposed()
      return [try t.matmul(g).matmul(t).negate()]
    }
  }

  /// X with A X = B (X A = B when not `left`); B may be a vector.
  package func solve(_ b: Tensor, left: Bool = true) throws(TensorError) -> Tensor {
    let dtype = try DType.promoted(floating(), b.floating())
    let (a, given) = (try to(dtype), try b.to(dtype))
    let isVector =
      given.rank == 1 || a.rank == given.rank + 1 && given.shape == Array(a.shape.dropLast())
    if isVector {
      let x = try a.solve(given.unsqueeze(-1), left: true)
      return try x.squeeze([x.rank - 1])
    }
    if !left { return try a.transposed().solve(given.transposed()).transposed() }
    let m = try Matrices(a, "solve", square: true)
    if given.rank < 2 || given.shape[given.rank - 2] != m.rows {
      throw TensorError(
        "shape-mismatch",
        "`solve` needs a right side of \(m.rows) rows, got \(b.describeShape)", argument: 1,
        labels: [(0, describeShape), (1, b.describeShape)])
    }
    // Leading dims meet as in a product.
    let lead = try Tensor.commonLead(a, given, "solve")
    let (p, q) = (
      try a.expand(lead + a.shape.suffix(2)), try given.expand(lead + given.shape.suffix(2))
    )
    return try p.solveSame(q)
  }

  static func commonLead(_ a: Tensor, _ b: Tensor, _ name: String) throws(TensorError) -> [Int] {
    var (p, q) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    while p.count < q.count { p.insert(1, at: 0) }
    while q.count < p.count { q.insert(1, at: 0) }
    for (m, n) in zip(p, q) where m != n && m != 1 && n != 1 {
      throw TensorError(
        "shape-mismatch",
        "`\(name)`: the batches of \(a.describeShape) and \(b.describeShape) differ",
        labels: [(0, a.describeShape), (1, b.describeShape)])
    }
    return zip(p, q).map { $0 == 1 ? $1 : $0 }
  }

  private func solveSame(_ b: Tensor) throws(TensorError) -> Tensor {
    let right = try Matrices(b, "solve", argument: 1)
    let m = try Matrices(self, "solve", square: true).beside(right)
    let (n, k) = (m.rows, right.columns)
    let y = try m.result([n, k])
    try m.forEach { i throws(TensorError) in
      let (lu, pivots) = try m.factors(i, "solve")
      try LAPACK.solve(lu, pivots, right.columnMajor(i)).write(y.pointer(Double.self) + i * n * k)
    }
    let a = self
    return Autograd.record("solve", [a, b], try y.to(dtype)) { g, x throws(TensorError) in
      let db = try a.transposed().solve(g)
      return [a.isTracked ? try db.matmul(x.transposed()).negate() : nil, db]
    }
  }

  /// The determinant: the product of the LU pivots, by sign.
  package func determinant() throws(TensorError) -> Tensor {
    let x = try floating()
    let (sign, log) = try x.detached.signAndLog("det")
    let y = try sign * log.exp()
    return Autograd.record("det", [x], try y.to(x.dtype)) { g, y throws(TensorError) in
      let spread = try g.unsqueeze(-1).unsqueeze(-1)
      if !x.isMeta, y.doubles().contains(0) {
        // The matrix of cofactors, by singular values: right where no inverse exists.
        return [try spread.freely(x.detached.cofactors()) { a, b throws(TensorError) in try a * b }]
      }
      let factor = try (g * y).unsqueeze(-1).unsqueeze(-1)
      return [
        try factor.freely(x.inverse().transposed()) { a, b throws(TensorError) in try a * b }
      ]
    }
  }

  /// `(sign, ln |det|)`, which neither overflows nor vanishes.
  package func slogdet() throws(TensorError) -> (Tensor, Tensor) {
    let x = try floating()
    let (sign, log) = try x.detached.signAndLog("slogdet")
    let value = try Autograd.record("slogdet", [x], log.to(x.dtype)) { g, _ throws(TensorError) in
      let inverse = try x.inverse().transposed()
      return [
        try g.unsqueeze(-1).unsqueeze(-1).freely(inverse) { a, b throws(TensorError) in try a * b }
      ]
    }
    return (try sign.to(x.dtype), value)
  }

  private func signAndLog(_ name: String) throws(TensorError) -> (Tensor, Tensor) {
    let m = try Matrices(self, name, square: true)
    let (sign, log) = (try m.result([]), try m.result([]))
    try m.forEach { i throws(TensorError) in
      let (lu, pivots, _) = try LAPACK.lu(m.columnMajor(i))
      var (s, l) = (1.0, 0.0)
      for k in 0..<m.rows {
        let d = lu.data[k * m.rows + k]
        if pivots[k] != Int32(k + 1) { s = -s }
        s *= d > 0 ? 1 : d < 0 ? -1 : 0
        l += Scalar.log(d.magnitude)
      }
      sign.store(s, i)
      log.store(l, i)
    }
    return (sign, log)
  }

  /// det(U) det(V) U diag(Π of the other σ) Vᵀ.
  private func cofactors() throws(TensorError) -> Tensor {
    let (u, s, vt) = try singularValues(full: false)
    let n = shape[rank - 1]
    let wide = try s.unsqueeze(-2).expand(s.shape.dropLast() + [n, n])
    let eye = try s.identity(n)
    let others = try wide.freely(eye) { a, e throws(TensorError) in
      try Tensor.select(e.equal(Tensor.scalar(1, e.dtype)), e, a)
    }.prod([-1])
    let sign = try (u.determinant() * vt.determinant()).unsqueeze(-1).unsqueeze(-1)
    let y = try u.freely(others.unsqueeze(-2)) { a, b throws(TensorError) in try a * b }.matmul(vt)
    return try y.freely(sign) { a, b throws(TensorError) in try a * b }
  }

  /// The pseudo-inverse: singular values below rtol times the largest count as 0.
  package func pseudoInverse(_ atol: Double?, _ rtol: Double?) throws(TensorError) -> Tensor {
    let x = try floating()
    let m = try Matrices(x, "pinv")
    let y = try m.result([m.columns, m.rows])
    let eps = x.dtype == .f32 ? 0x1p-23 : 0x1p-52
    let relative = rtol ?? (atol ?? 0 > 0 ? 0 : eps * Double(max(m.rows, m.columns)))
    try m.forEach { i throws(TensorError) in
      let (u, s, vt, info) = try LAPACK.svd(m.columnMajor(i), full: false)
      if info > 0 { throw m.notConverged("pinv", i) }
      let limit = max(atol ?? 0, relative * (s.first ?? 0))
      let q = y.pointer(Double.self) + i * m.rows * m.columns
      for c in 0..<m.columns {
        for r in 0..<m.rows {
          var sum = 0.0
          for k in s.indices where s[k] > limit {
            sum += vt.data[c * vt.rows + k] / s[k] * u.data[k * u.rows + r]
          }
          q[c * m.rows + r] = sum
        }
      }
    }
    return Autograd.record("pinv", [x], try y.to(x.dtype)) { g, p throws(TensorError) in
      [try Tensor.pseudoInverseGradient(g, x, p)]
    }
  }

  /// Golub and Pereyra (1973), in PyTorch's order of products.
  private static func pseudoInverseGradient(_ g: Tensor, _ a: Tensor, _ p: Tensor)
    throws(TensorError) -> Tensor
  {
    let (gt, pt) = (try g.transposed(), try p.transposed())
    if a.shape[a.rank - 2] <= a.shape[a.rank - 1] {
      let k = try gt.matmul(p)
      let kpt = try k.matmul(pt)
      let first = try p.matmul(k).transposed().negate() + kpt
      return try first - a.matmul(p).matmul(kpt) + pt.matmul(p).matmul(gt - k.matmul(a))
    }
    let k = try p.matmul(gt)
    let ptk = try pt.matmul(k)
    let first = try k.matmul(p).transposed().negate() + (gt - a.matmul(k)).matmul(p).matmul(pt)
    return try first + ptk - ptk.matmul(p).matmul(a)
  }

  /// The x that makes ‖A x - b‖ smallest; of several the shortest.
  package func leastSquares(_ b: Tensor, _ rcond: Double?) throws(TensorError) -> Tensor {
    let dtype = try DType.promoted(floating(), b.floating())
    let (a, given) = (try to(dtype), try b.to(dtype))
    let isVector =
      given.rank == 1 || a.rank == given.rank + 1 && given.shape == Array(a.shape.dropLast())
    if isVector {
      let x = try a.leastSquares(given.unsqueeze(-1), rcond)
      return try x.squeeze([x.rank - 1])
    }
    let right = try Matrices(given, "lstsq", argument: 1)
    let m = try Matrices(a, "lstsq").beside(right)
    if right.rows != m.rows || right.lead != m.lead {
      throw TensorError(
        "shape-mismatch",
        "`lstsq` needs a right side of \(m.rows) rows, got \(b.describeShape)", argument: 1,
        labels: [(0, describeShape), (1, b.describeShape)])
    }
    let k = right.columns
    let y = try m.result([m.columns, k])
    let eps = dtype == .f32 ? 0x1p-23 : 0x1p-52
    try m.forEach { i throws(TensorError) in
      var x = ColumnMajor(max(m.rows, m.columns), k)
      let p = right.pointer(i)
      for r in 0..<m.rows { for c in 0..<k { x.data[c * x.rows + r] = p[r * k + c] } }
      let limit = rcond ?? eps * Double(max(m.rows, m.columns))
      if min(m.rows, m.columns) > 0, k > 0 {
        let found = try LAPACK.leastSquares(m.columnMajor(i), x, rcond: limit)
        if found.info > 0 { throw m.notConverged("lstsq", i) }
        x = found.x
      }
      let q = y.pointer(Double.self) + i * m.columns * k
      for r in 0..<m.columns {
        for c in 0..<k { q[r * k + c] = m.rows == 0 ? 0 : x.data[c * x.rows + r] }
      }
    }
    return Autograd.record("lstsq", [a, given], try y.to(dtype)) { g, _ throws(TensorError) in
      // x = A⁺ b.
      let p = try a.pseudoInverse(nil, rcond)
      let dp = try g.matmul(given.transposed())
      return [
        a.isTracked ? try Tensor.pseudoInverseGradient(dp, a, p) : nil,
        given.isTracked ? try p.transposed().matmul(g) : nil,
      ]
    }
  }
}
