// cholesky, qr, svd, eigh: LAPACK's factors, their gradients made of ops.

extension Tensor {
  /// L with A = L Lᵀ, from A's lower triangle (U with A = Uᵀ U when `upper`).
  package func cholesky(upper: Bool = false) throws(TensorError) -> Tensor {
    if upper { return try transposed().cholesky().transposed() }
    let x = try floating()
    let m = try Matrices(x, "cholesky", square: true)
    let n = m.rows
    let y = try m.result([n, n])
    try m.forEach { i throws(TensorError) in
      let (a, info) = try LAPACK.cholesky(m.columnMajor(i))
      if info > 0 {
        throw TensorError(
          "not-positive-definite",
          "`cholesky` needs a positive definite matrix\(m.which(i))", argument: 0,
          notes: ["its leading minor of order \(info) is not positive"],
          help: ["a small number on the diagonal may help: `{0} + 1e-6 * eye(\(n))`"])
      }
      a.write(y.pointer(Double.self) + i * n * n)
    }
    return Autograd.record("cholesky", [x], try y.to(x.dtype)) { g, l throws(TensorError) in
      // L⁻ᵀ S L⁻¹, S the symmetric half of tril(Lᵀ g).
      let lt = try l.transposed()
      let t = try lt.matmul(g).lower()
      let s = try (t + t.lower(-1).transposed()) * t.number(0.5)
      return [try lt.solve(s).solveRight(l)]
    }
  }

  /// X with X A = this.
  private func solveRight(_ a: Tensor) throws(TensorError) -> Tensor {
    try a.transposed().solve(transposed()).transposed()
  }

  /// A = Q R; "reduced" with min(m, n) columns of Q, "complete" with m, "r" without Q.
  package func qr(_ mode: String) throws(TensorError) -> (Tensor, Tensor) {
    guard ["reduced", "complete", "r"].contains(mode) else {
      throw TensorError(
        "bad-argument", "qr's mode is \"reduced\", \"complete\" or \"r\", not \"\(mode)\"",
        argument: 1)
    }
    let x = try floating()
    let m = try Matrices(x, "qr")
    let k = mode == "complete" ? m.rows : min(m.rows, m.columns)
    let (q, r) = (try m.result([m.rows, k]), try m.result([k, m.columns]))
    try m.forEach { i throws(TensorError) in
      let factors = try LAPACK.qr(m.columnMajor(i), columns: k)
      factors.q.write(q.pointer(Double.self) + i * m.rows * k)
      factors.r.write(r.pointer(Double.self) + i * k * m.columns)
    }
    let hasGradient = mode == "reduced" || mode == "complete" && m.rows <= m.columns
    let outputs = [try q.to(x.dtype), try r.to(x.dtype)]
    let made = Autograd.record("qr", [x], outputs: outputs) { g, y throws(TensorError) in
      guard hasGradient else {
        throw TensorError(
          "no-gradient", "no gradient flows through qr in mode \"\(mode)\"",
          notes: ["Q is not determined, or not computed"], help: ["mode \"reduced\" has one"])
      }
      return [try Tensor.qrGradient(g[0], g[1], x, y[0], y[1])]
    }
    return (mode == "r" ? try Tensor.full([0], 0, x.dtype, meta: x.isMeta) : made[0], made[1])
  }

  private static func qrGradient(
    _ gq: Tensor?, _ gr: Tensor?, _ a: Tensor, _ q: Tensor, _ r: Tensor
  ) throws(TensorError) -> Tensor {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    if m >= n { return try tallGradient(gq, gr, q, r) }
    // A = [X Y] = Q [U V]: V = Qᵀ Y, and X = Q U is square.
    let axis = a.rank - 1
    let y = try a.slice(axis: axis, from: m, count: n - m, step: 1)
    let u = try r.slice(axis: axis, from: 0, count: m, step: 1)
    let gu = try gr?.slice(axis: axis, from: 0, count: m, step: 1)
    let gv = try gr?.slice(axis: axis, from: m, count: n - m, step: 1)
    var all = gq
    if let gv {
      let through = try y.matmul(gv.transposed())
      if let own = gq { all = try own + through } else { all = through }
    }
    let left = try tallGradient(all, gu, q, u)
    guard let gv else { return try cat([left, zeros(like: y)], axis) }
    return try cat([left, q.matmul(gv)], axis)
  }

  private static func tallGradient(_ gq: Tensor?, _ gr: Tensor?, _ q: Tensor, _ r: Tensor)
    throws(TensorError) -> Tensor
  {
    var inner = try Tensor.zeros(like: r)
    if let gr { inner = try inner + gr.matmul(r.transposed()) }
    if let gq { inner = try inner - q.transposed().matmul(gq) }
    // The upper triangle made symmetric.
    let upper = try inner.transposed().lower()
    let symmetric = try upper + upper.lower(-1).transposed()
    var g = try q.matmul(symmetric)
    if let gq { g = try g + gq }
    return try g.solveRight(r.transposed())
  }

  /// A = U diag(S) Vh, S in falling order.
  package func singularValues(full: Bool) throws(TensorError) -> (Tensor, Tensor, Tensor) {
    let x = try floating()
    let m = try Matrices(x, "svd")
    let k = min(m.rows, m.columns)
    let (wide, tall) = (full ? m.rows : k, full ? m.columns : k)
    let (u, s, vt) = (
      try m.result([m.rows, wide]), try m.result([k]), try m.result([tall, m.columns])
    )
    try m.forEach { i throws(TensorError) in
      let found = try LAPACK.svd(m.columnMajor(i), full: full)
      if found.info > 0 { throw m.notConverged("svd", i) }
      found.u.write(u.pointer(Double.self) + i * m.rows * wide)
      for j in 0..<k { s.store(found.s[j], i * k + j) }
      found.vt.write(vt.pointer(Double.self) + i * tall * m.columns)
    }
    let outputs = [try u.to(x.dtype), try s.to(x.dtype), try vt.to(x.dtype)]
    let made = Autograd.record("svd", [x], outputs: outputs) { g, y throws(TensorError) in
      // What belongs to the columns beyond min(m, n) is not determined, and is left out.
      func cut(_ t: Tensor?, _ axis: Int) throws(TensorError) -> Tensor? {
        try t.map { t throws(TensorError) in try t.slice(axis: axis, from: 0, count: k, step: 1) }
      }
      let (column, row) = (x.rank - 1, x.rank - 2)
      guard let u = try cut(y[0], column), let vt = try cut(y[2], row) else { return [nil] }
      return [try Tensor.svdGradient(cut(g[0], column), g[1], cut(g[2], row), u, y[1], vt)]
    }
    return (made[0], made[1], made[2])
  }

  /// Townsend (2016), as PyTorch computes it.
  private static func svdGradient(
    _ gu: Tensor?, _ gs: Tensor?, _ gv: Tensor?, _ u: Tensor, _ s: Tensor, _ vt: Tensor
  ) throws(TensorError) -> Tensor {
    let times: (Tensor, Tensor) throws(TensorError) -> Tensor = { a, b throws(TensorError) in
      try a * b
    }
    let (rows, columns) = (try s.unsqueeze(-1), try s.unsqueeze(-2))
    let k = s.shape[s.rank - 1]
    let gap = try (columns * columns).freely(rows * rows) { a, b throws(TensorError) in try a - b }
      .freely(s.identity(k)) { a, b throws(TensorError) in try a + b }
    func skew(_ t: Tensor) throws(TensorError) -> Tensor { try (t - t.transposed()) / gap }
    var inner = try full(s.shape + [k], 0, s.dtype, meta: s.isMeta)
    if let gs { inner = try gs.diagonalMatrices() }
    if let gu { inner = try inner + skew(u.transposed().matmul(gu)).freely(columns, times) }
    if let gv { inner = try inner + skew(vt.matmul(gv.transposed())).freely(rows, times) }
    let (m, n) = (u.shape[u.rank - 2], vt.shape[vt.rank - 1])
    if m > n, let gu {
      let scaled = try gu.freely(columns) { a, b throws(TensorError) in try a / b }
      let rest = try scaled - u.matmul(u.transposed().matmul(scaled))
      return try (u.matmul(inner) + rest).matmul(vt)
    }
    if m < n, let gv {
      let scaled = try gv.freely(rows) { a, b throws(TensorError) in try a / b }
      let rest = try scaled - scaled.matmul(vt.transposed()).matmul(vt)
      return try u.matmul(inner.matmul(vt) + rest)
    }
    return try u.matmul(inner).matmul(vt)
  }

  /// Eigenvalues in rising order and eigenvectors (columns) of a symmetric matrix, from one triangle.
  package func eigh(lower: Bool) throws(TensorError) -> (Tensor, Tensor) {
    let x = try floating()
    let m = try Matrices(x, "eigh", square: true)
    let n = m.rows
    let (values, vectors) = (try m.result([n]), try m.result([n, n]))
    try m.forEach { i throws(TensorError) in
      let found = try LAPACK.eigh(m.columnMajor(i), lower: lower)
      if found.info > 0 { throw m.notConverged("eigh", i) }
      for j in 0..<n { values.store(found.values[j], i * n + j) }
      found.vectors.write(vectors.pointer(Double.self) + i * n * n)
    }
    let outputs = [try values.to(x.dtype), try vectors.to(x.dtype)]
    let made = Autograd.record("eigh", [x], outputs: outputs) { g, y throws(TensorError) in
      let (l, v) = (y[0], y[1])
      var inner = try Tensor.zeros(like: v)
      if let gl = g[0] { inner = try gl.diagonalMatrices() }
      if let gv = g[1] {
        let gap = try l.unsqueeze(-2).freely(l.unsqueeze(-1)) { a, b throws(TensorError) in
          try a - b
        }.freely(l.identity(n)) { a, b throws(TensorError) in try a + b }
        let turned = try v.transposed().matmul(gv)
        let off = try turned.freely(l.identity(n)) { a, e throws(TensorError) in
          try a * (e.negate() + e.number(1))
        }
        inner = try inner + off / gap
      }
      // A symmetric matrix has a symmetric gradient.
      let whole = try v.matmul(inner).matmul(v.transposed())
      return [try (whole + whole.transposed()) * whole.number(0.5)]
    }
    return (made[0], made[1])
  }
}
