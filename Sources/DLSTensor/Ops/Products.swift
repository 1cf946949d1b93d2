// Matrix products over OpenBLAS.

import COpenBLAS

/// A matrix as BLAS takes it: where it begins, its row distance, and whether it lies transposed.
private struct BLASMatrix {
  let tensor: Tensor
  let transposed: CBLAS_TRANSPOSE
  let lead: Int32

  /// The last two dimensions, without a copy when one of them has stride 1.
  init(_ x: Tensor) {
    let rows = x.shape[x.rank - 2]
    let columns = x.shape[x.rank - 1]
    let rowStep = x.strides[x.rank - 2]
    let columnStep = x.strides[x.rank - 1]
    if columnStep == 1 || columns == 1, rowStep >= max(columns, 1), rowStep <= Int(Int32.max) {
      (tensor, transposed, lead) = (x, CblasNoTrans, Int32(rowStep))
    } else if rowStep == 1 || rows == 1, columnStep >= max(rows, 1), columnStep <= Int(Int32.max) {
      (tensor, transposed, lead) = (x, CblasTrans, Int32(columnStep))
    } else {
      tensor = x.packed()
      (transposed, lead) = (CblasNoTrans, Int32(clamping: max(columns, 1)))
    }
  }
}

extension Tensor {
  /// Batches of [m, k] @ [k, n]; batch dims already equal, or one operand without them.
  private static func product(_ a: Tensor, _ b: Tensor, _ y: Tensor) throws(TensorError) {
    let (m, n, k) = (y.shape[y.rank - 2], y.shape[y.rank - 1], a.shape[a.rank - 1])
    if y.count == 0 { return }
    if k == 0 { return y.fill(0) }
    guard let rows = Int32(exactly: m), let columns = Int32(exactly: n),
      let depth = Int32(exactly: k)
    else { throw TensorError("bad-size", "a matrix of this size is beyond OpenBLAS") }
    let batches = y.count / (m * n)
    let left = batches > 1 && a.rank > 2 ? a.packed() : a
    let right = batches > 1 && b.rank > 2 ? b.packed() : b
    let p = BLASMatrix(left)
    let q = BLASMatrix(right)
    let stepA = a.rank > 2 ? m * k : 0
    let stepB = b.rank > 2 ? k * n : 0
    openblas_set_num_threads(m * n * k >= 1 << 19 ? Int32(Parallel.threads) : 1)
    for batch in 0..<batches {
      if y.dtype == .f32 {
        cblas_sgemm(
          CblasRowMajor, p.transposed, q.transposed, rows, columns, depth, 1,
          p.tensor.pointer(Float.self) + batch * stepA, p.lead,
          q.tensor.pointer(Float.self) + batch * stepB, q.lead, 0,
          y.pointer(Float.self) + batch * m * n, columns)
      } else {
        cblas_dgemm(
          CblasRowMajor, p.transposed, q.transposed, rows, columns, depth, 1,
          p.tensor.pointer(Double.self) + batch * stepA, p.lead,
          q.tensor.pointer(Double.self) + batch * stepB, q.lead, 0,
          y.pointer(Double.self) + batch * m * n, columns)
      }
    }
  }

  /// PyTorch's matmul: vectors, matrices and batches of them.
  package func matmul(_ b: Tensor) throws(TensorError) -> Tensor {
    let a = self
    if a.rank == 0 || b.rank == 0 {
      throw TensorError(
        "shape-mismatch", "`@` needs vectors or matrices, not numbers",
        labels: [(0, describeShape), (1, b.describeShape)], help: ["`{0} * {1}` scales"])
    }
    let k = a.shape[a.rank - 1]
    let kb = b.rank == 1 ? b.shape[0] : b.shape[b.rank - 2]
    if k != kb { throw Tensor.productMismatch(a, b, k, kb) }
    let dtype = DType.promoted(a, b)
    if !dtype.isFloating { return try wholeMatmul(b) }
    if a.rank == 1 || b.rank == 1 {
      let left = a.rank == 1 ? try a.unsqueeze(0) : a
      let right = b.rank == 1 ? try b.unsqueeze(1) : b
      let y = try left.matmul(right)
      var shape = y.shape
      if b.rank == 1 { shape.removeLast() }
      if a.rank == 1 { shape.remove(at: shape.count - (b.rank == 1 ? 1 : 2)) }
      return try y.reshape(shape)
    }
    var x = try a.to(dtype)
    var z = try b.to(dtype)
    if x.rank > 2, z.rank == 2 {
      // One product over all rows instead of one a batch.
      let rows = x.shape.dropLast()
      let y = try x.reshape([rows.reduce(1, *), k]).matmul(z)
      return try y.reshape(Array(rows) + [z.shape[1]])
    }
    if x.rank > 2 || z.rank > 2 {
      let lead = try Tensor.batchShape(x, z)
      x = try x.expand(lead + x.shape.suffix(2))
      z = try z.expand(lead + z.shape.suffix(2))
    }
    let shape = x.shape.dropLast() + [z.shape[z.rank - 1]]
    let y = try Tensor.empty(Array(shape), dtype, meta: x.isMeta || z.isMeta)
    if !y.isMeta { try Tensor.product(x, z, y) }
    return Autograd.record("matmul", [x, z], y) { g, _ throws(TensorError) in
      [
        x.isTracked ? try g.matmul(z.transposed()) : nil,
        z.isTracked ? try x.transposed().matmul(g) : nil,
      ]
    }
  }

  var describeShape: String { Tensor.describe(shape) }

  private static func batchShape(_ a: Tensor, _ b: Tensor) throws(TensorError) -> [Int] {
    let m = Array(a.shape.dropLast(2))
    let n = Array(b.shape.dropLast(2))
    if m.isEmpty { return n }
    if n.isEmpty { return m }
    return try broadcast(meta(m), meta(n), "@")
  }

  private static func productMismatch(_ a: Tensor, _ b: Tensor, _ k: Int, _ kb: Int) -> TensorError
  {
    var help: [String] = []
    if b.rank == 2, b.shape[1] == k {
      help.append("`{0} @ {1}'` has shape \(describe(a.shape.dropLast() + [b.shape[0]]))")
    } else if a.rank == 2, a.shape[0] == kb {
      let tail = b.rank == 1 ? [] : [b.shape[b.rank - 1]]
      help.append("`{0}' @ {1}` has shape \(describe([a.shape[1]] + tail))")
    } else if a.rank > 2, a.shape.dropFirst().reduce(1, *) == kb {
      help.append("`{0}.flatten(1) @ {1}`")
    }
    return TensorError(
      "shape-mismatch", "`@` cannot multiply \(describe(a.shape)) by \(describe(b.shape))",
      labels: [(0, describe(a.shape)), (1, describe(b.shape))],
      notes: ["the inner sizes differ: \(k) and \(kb)"], help: help)
  }

  /// Products of ints, which BLAS does not have; they wrap as PyTorch's do.
  private func wholeMatmul(_ b: Tensor) throws(TensorError) -> Tensor {
    let left = rank == 1 ? try unsqueeze(0) : self
    let right = b.rank == 1 ? try b.unsqueeze(1) : b
    let x = try left.to(.i64).unsqueeze(-1)
    let z = try right.to(.i64).unsqueeze(-3)
    let pairs = try x.expandTogether(z)
    let y = try (pairs.0 * pairs.1).sum([-2])
    var shape = y.shape
    if b.rank == 1 { shape.removeLast() }
    if rank == 1 { shape.remove(at: shape.count - (b.rank == 1 ? 1 : 2)) }
    return try y.reshape(shape)
  }

  /// Both stretched to a common shape by the free rule (NumPy's), for ops that mean it.
  package func expandTogether(_ b: Tensor) throws(TensorError) -> (Tensor, Tensor) {
    let rank = max(self.rank, b.rank)
    let p = [Int](repeating: 1, count: rank - self.rank) + shape
    let q = [Int](repeating: 1, count: rank - b.rank) + b.shape
    let common = zip(p, q).map { $0 == 1 ? $1 : $0 }
    return (try expand(common), try b.expand(common))
  }

  /// y = x Wᵀ + b, with W [out, in] as PyTorch keeps it; the bias is added in the same pass.
  package func linear(_ weight: Tensor, _ bias: Tensor?) throws(TensorError) -> Tensor {
    if weight.rank == 2, rank >= 1, shape[rank - 1] != weight.shape[1] {
      throw TensorError(
        "shape-mismatch",
        "linear takes \(weight.shape[1]) features, got \(describeShape)", argument: 0,
        labels: [(0, describeShape), (1, weight.describeShape)],
        notes: ["the last dimension is \(shape[rank - 1]), the weight is \(weight.describeShape)"],
        help: rank > 2 && shape.dropFirst().reduce(1, *) == weight.shape[1]
          ? ["`{0}.flatten(1)` has shape [\(shape[0]), \(weight.shape[1])]"] : [])
    }
    if weight.rank != 2 || rank == 0 {
      throw TensorError("shape-mismatch", "linear needs a weight [out, in] and an input [..., in]")
    }
    let y = try matmul(weight.transposed())
    guard let bias else { return y }
    return try y + bias
  }
}
