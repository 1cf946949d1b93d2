// Matrix products over OpenBLAS.

extension Tensor {
  /// Batches of [m, k] @ [k, n]; batch dims already equal, or one operand without them.
  private static func product(_ a: Tensor, _ b: Tensor, _ y: Tensor) throws(TensorError) {
    let (m, n, k) = (y.shape[y.rank - 2], y.shape[y.rank - 1], a.shape[a.rank - 1])
    if y.count == 0 { return }
    if k == 0 { return y.fill(0) }
    try MatrixProduct.check(m, n, k)
    let batches = y.count / (m * n)
    let left = BLASMatrix(batches > 1 && a.rank > 2 ? a.packed() : a)
    let right = BLASMatrix(batches > 1 && b.rank > 2 ? b.packed() : b)
    if batches == 1 {
      MatrixProduct.run(left, right, y, m, n, k)
    } else {
      MatrixProduct.batches(
        batches, left, a.rank > 2 ? m * k : 0, right, b.rank > 2 ? k * n : 0, y, m, n, k)
    }
    try Interrupt.check()
  }

  /// PyTorch's matmul: vectors, matrices and batches of them.
  package func matmul(_ b: Tensor) throws(TensorError) -> Tensor {
    let a = self
    if a.rank == 0 || b.rank == 0 {
      throw TensorError(
        "shape-mismatch", "`@` needs vectors or matrices, not numbers",
        labels: [(0, describeShape), (1, b.describeShape)], help: ["`{0} * {1}` scales"])
    }
    if a.rank == 2, b.rank == 2, a.dtype == b.dtype, a.dtype.isFloating, a.shape[1] == b.shape[0] {
      return try Tensor.matrices(a, b)
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
    return try Tensor.matrices(x, z)
  }

  /// Operands of one dtype that fit: two matrices, or batches of them with equal leading sizes.
  private static func matrices(_ x: Tensor, _ z: Tensor) throws(TensorError) -> Tensor {
    var shape = x.shape
    shape[x.rank - 1] = z.shape[z.rank - 1]
    let y = try Tensor.empty(shape, x.dtype, meta: x.isMeta || z.isMeta)
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
    do { return try broadcast(meta(m), meta(n), "@") } catch {
      throw TensorError(
        "shape-mismatch",
        "`@` cannot pair the matrices of \(a.describeShape) with \(b.describeShape)",
        labels: [(0, a.describeShape), (1, b.describeShape)],
        notes: ["before the last two dimensions, sizes must agree or be 1"])
    }
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
    var x = try (rank == 1 ? unsqueeze(0) : self).detached.to(.i64)
    var z = try (b.rank == 1 ? b.unsqueeze(1) : b).detached.to(.i64)
    let lead = try Tensor.batchShape(x, z)
    x = try x.expand(lead + x.shape.suffix(2)).contiguous()
    z = try z.expand(lead + z.shape.suffix(2)).contiguous()
    let (m, k, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1], z.shape[z.rank - 1])
    let y = try Tensor.full(lead + [m, n], 0, .i64, meta: isMeta || b.isMeta)
    if !y.isMeta, y.count > 0 {
      let (p, q, out) = (x.pointer(Int.self), z.pointer(Int.self), y.pointer(Int.self))
      Parallel.forEach(y.count / n, grain: max(1, elementGrain / max(n * k, 1))) { begin, end in
        for row in begin..<end {
          if Interrupt.isSet { return }
          let (right, to) = (q + row / m * k * n, out + row * n)
          for i in 0..<k {
            let (s, from) = (p[row * k + i], right + i * n)
            for j in 0..<n { to[j] &+= s &* from[j] }
          }
        }
      }
      try Interrupt.check()
    }
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
    if weight.rank == 2, rank == 0 {
      throw TensorError(
        "shape-mismatch", "linear takes \(weight.shape[1]) features, got one number", argument: 0,
        help: ["a row is a list, a batch a list of rows: [n, \(weight.shape[1])]"])
    }
    if weight.rank != 2 {
      throw TensorError("shape-mismatch", "linear needs a weight [out, in] and an input [..., in]")
    }
    if dtype.isFloating, weight.dtype == dtype, bias?.dtype ?? dtype == dtype,
      bias?.shape ?? [weight.shape[0]] == [weight.shape[0]]
    {
      return try denseLinear(weight, bias)
    }
    let y = try matmul(weight.transposed())
    guard let bias else { return y }
    return try y + bias
  }

  /// One record for product and bias, and gradients that go straight to where they are wanted.
  private func denseLinear(_ weight: Tensor, _ bias: Tensor?) throws(TensorError) -> Tensor {
    let (n, k) = (weight.shape[0], weight.shape[1])
    var sizes = shape
    sizes[rank - 1] = n
    let y = try Tensor.empty(sizes, dtype, meta: isMeta || weight.isMeta)
    let m = sizes.dropLast().reduce(1, *)
    try MatrixProduct.check(m, n, k)
    let x = self
    if !y.isMeta {
      if let bias { y.fillRows(bias.packed()) } else if k == 0 { y.fill(0) }
      MatrixProduct.run(
        x.rows(m), BLASMatrix(weight).transposed, y, m, n, k, beta: bias == nil ? 0 : 1)
      try Interrupt.check()
    }
    let inputs = bias.map { [x, weight, $0] } ?? [x, weight]
    return Autograd.record("linear", inputs, y) { g, _ throws(TensorError) in
      if Autograd.isRecording || g.isMeta || m == 0 {
        let flat = try g.reshape([m, n])
        return [
          x.isTracked ? try g.matmul(weight) : nil,
          weight.isTracked ? try flat.transposed().matmul(x.reshape([m, k])) : nil,
          try flat.sum([0]),
        ]
      }
      let rows = g.rows(m)
      var (dx, dw, db): (Tensor?, Tensor?, Tensor?)
      if x.isTracked {
        let d = try Tensor.empty(x.shape, x.dtype)
        MatrixProduct.run(rows, BLASMatrix(weight), d, m, k, n)
        dx = d
      }
      if weight.isTracked {
        let d = try Tensor.empty(weight.shape, x.dtype)
        MatrixProduct.run(rows.transposed, x.rows(m), d, n, k, m)
        dw = d
      }
      if let bias, bias.isTracked {
        let d = try Tensor.empty(bias.shape, x.dtype)
        ReduceKernels.columns(rows.tensor.packed(), d, n: m, inner: n)
        db = d
      }
      try Interrupt.check()
      return [dx, dw, db]
    }
  }

  /// Seen as a matrix of `m` rows, the last dimension being the columns.
  private func rows(_ m: Int) -> BLASMatrix {
    BLASMatrix(rank == 2 ? self : packed().reshaped([m, shape[rank - 1]]))
  }

  /// Every row of this just made tensor becomes a copy of `row`.
  private func fillRows(_ row: Tensor) {
    let bytes = row.count * dtype.size
    if bytes == 0 { return }
    row.withBytes { from in
      withMutableBytes { to in
        guard let source = from.baseAddress, let target = to.baseAddress else { return }
        for i in 0..<(count / row.count) {
          (target + i * bytes).copyMemory(from: source, byteCount: bytes)
        }
      }
    }
  }
}
