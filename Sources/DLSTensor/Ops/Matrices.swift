// Batches of matrices for the factorisations: their shapes, their numbers in f64, their errors.

/// Square or not, the matrices of a tensor [..., m, n], checked before LAPACK sees them.
struct Matrices {
  let rows: Int
  let columns: Int
  /// The leading dimensions, and how many matrices they make.
  let lead: [Int]
  let count: Int
  let dtype: DType
  private(set) var isMeta: Bool
  private let data: Tensor

  init(_ x: Tensor, _ name: String, square: Bool = false, argument: Int = 0) throws(TensorError) {
    if x.rank < 2 {
      throw TensorError(
        "shape-mismatch", "`\(name)` needs a matrix, got \(x.typeText)", argument: argument,
        labels: [(argument, x.typeText)])
    }
    rows = x.shape[x.rank - 2]
    columns = x.shape[x.rank - 1]
    if square, rows != columns {
      throw TensorError(
        "shape-mismatch", "`\(name)` needs a square matrix, got \(x.describeShape)",
        argument: argument, labels: [(argument, x.describeShape)],
        help: name == "inv"
          ? ["`pinv({0})` is the pseudo-inverse"]
          : name == "solve" ? ["`lstsq({0}, {1})` finds the best x"] : [])
    }
    if Int32(exactly: max(rows, columns)) == nil {
      throw TensorError("bad-size", "a matrix of this size is beyond LAPACK", argument: argument)
    }
    lead = Array(x.shape.dropLast(2))
    count = lead.reduce(1, *)
    dtype = x.dtype.isFloating ? x.dtype : .f32
    isMeta = x.isMeta
    data = try x.detached.to(.f64).contiguous()
    if isMeta { return }
    let p = data.pointer(Double.self)
    for i in 0..<data.count where !p[i].isFinite {
      let (row, column) = (i / columns % rows, i % columns)
      throw TensorError(
        "not-finite", "`\(name)` needs finite numbers; element [\(row), \(column)] is \(p[i])",
        argument: argument, labels: [(argument, x.typeText)])
    }
  }

  func pointer(_ i: Int) -> UnsafeMutablePointer<Double> {
    data.pointer(Double.self) + i * rows * columns
  }

  func columnMajor(_ i: Int) -> ColumnMajor { ColumnMajor(rows, columns, pointer(i)) }

  /// A result for every matrix, in f64 for the kernel to fill.
  func result(_ shape: [Int]) throws(TensorError) -> Tensor {
    try Tensor.empty(lead + shape, .f64, meta: isMeta)
  }

  /// The same matrices, or none where another operand has only a shape.
  func beside(_ other: Matrices) -> Matrices {
    var result = self
    result.isMeta = isMeta || other.isMeta
    return result
  }

  /// Calls `body` for every matrix; Ctrl-C is heard between them.
  func forEach(_ body: (_ i: Int) throws(TensorError) -> Void) throws(TensorError) {
    if isMeta { return }
    for i in 0..<count {
      try Interrupt.check()
      try body(i)
    }
  }

  /// " (matrix 3 of the batch)" where there are several.
  func which(_ i: Int) -> String { lead.isEmpty ? "" : " (matrix \(i) of the batch)" }

  /// LU factors, or an error where the matrix is singular as far as its digits tell.
  func factors(_ i: Int, _ name: String) throws(TensorError) -> (ColumnMajor, [Int32]) {
    let given = columnMajor(i)
    let norm =
      (0..<columns).map { j in
        (0..<rows).reduce(0) { $0 + given.data[j * rows + $1].magnitude }
      }.max() ?? 0
    let (lu, pivots, info) = try LAPACK.lu(given)
    let smallest = dtype == .f32 ? 0x1p-24 : 0x1p-53
    if rows > 0, info > 0 || !(LAPACK.reciprocalCondition(lu, norm: norm) > smallest) {
      throw TensorError(
        "singular-matrix", "`\(name)` needs an invertible matrix; this one is singular\(which(i))",
        argument: 0,
        notes: info > 0
          ? ["pivot \(info) of its factorisation is 0"]
          : ["as far as the digits of \(dtype.name) tell, its columns depend on each other"],
        help: name == "inv"
          ? ["`pinv({0})` is the pseudo-inverse"]
          : name == "solve" ? ["`lstsq({0}, {1})` finds the best x"] : [])
    }
    return (lu, pivots)
  }

  func notConverged(_ name: String, _ i: Int) -> TensorError {
    TensorError("not-converged", "`\(name)` did not converge\(which(i))", argument: 0)
  }
}

extension Tensor {
  /// Ones on the diagonal of a batch of square matrices' shape.
  func identity(_ n: Int) throws(TensorError) -> Tensor {
    let y = try Tensor.full([n, n], 0, dtype, meta: isMeta)
    if !isMeta { for i in 0..<n { y.store(1, i * n + i) } }
    return y
  }

  /// Vectors [..., n] on the diagonals of matrices [..., n, n].
  func diagonalMatrices() throws(TensorError) -> Tensor {
    let n = shape[rank - 1]
    return try unsqueeze(-1).freely(identity(n)) { a, b throws(TensorError) in try a * b }
  }

  /// The diagonals [..., n] of square matrices.
  func diagonals() throws(TensorError) -> Tensor {
    let n = min(shape[rank - 1], shape[rank - 2])
    let square = try slice(axis: rank - 1, from: 0, count: n, step: 1)
      .slice(axis: rank - 2, from: 0, count: n, step: 1)
    return try square.freely(identity(n)) { a, b throws(TensorError) in try a * b }.sum([-1])
  }

  /// Both operands stretched by NumPy's rule, then `f`.
  func freely(_ b: Tensor, _ f: (Tensor, Tensor) throws(TensorError) -> Tensor)
    throws(TensorError) -> Tensor
  {
    let pair = try expandTogether(b)
    return try f(pair.0, pair.1)
  }

  /// The lower triangle (`offset` 0 with the diagonal, -1 without), made of ops.
  func lower(_ offset: Int = 0) throws(TensorError) -> Tensor {
    try triangle(upper: false, offset)
  }
}
