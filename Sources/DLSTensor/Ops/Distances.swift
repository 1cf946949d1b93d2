// Norms of matrices, distances between rows, and what is made of them.

extension Tensor {
  package func trace() throws(TensorError) -> Tensor {
    if rank != 2 {
      throw TensorError(
        "shape-mismatch", "`trace` needs a matrix, got \(typeText)", argument: 0,
        labels: [(0, typeText)])
    }
    return try diagonals().sum()
  }

  /// The Kronecker product: blocks of b, each times an element of a.
  package func kron(_ b: Tensor) throws(TensorError) -> Tensor {
    let rank = max(self.rank, b.rank)
    let p = [Int](repeating: 1, count: rank - self.rank) + shape
    let q = [Int](repeating: 1, count: rank - b.rank) + b.shape
    var (left, right, shape) = ([Int](), [Int](), [Int]())
    for (m, n) in zip(p, q) {
      left += [m, 1]
      right += [1, n]
      let (size, overflow) = m.multipliedReportingOverflow(by: n)
      if overflow { throw TensorError("bad-size", "the result has too many elements to hold") }
      shape.append(size)
    }
    return try (reshape(left) * b.reshape(right)).reshape(shape)
  }

  /// ‖A‖ over the last two dims (or `dims`): "fro", "nuc", inf, -inf, 1, -1, 2, -2.
  package func matrixNorm(_ order: MatrixNorm, _ dims: [Int], keepdim: Bool) throws(TensorError)
    -> Tensor
  {
    if rank < 2 || dims.count != 2 {
      throw TensorError(
        "shape-mismatch", "`matrix_norm` needs a matrix and two dims, got \(typeText)", argument: 0,
        labels: [(0, typeText)])
    }
    let axes = try self.axes(dims)
    let x = try floating()
    switch order {
    case .frobenius: return try x.norm(2, axes, keepdim: keepdim)
    case .sum(let along, let largest):
      let sums = try x.abs().sum([axes[along]], keepdim: true)
      let y = try sums.amax([axes[1 - along]], keepdim: true, largest: largest)
      return keepdim ? y : try y.squeeze(axes)
    case .nuclear, .spectral:
      let rest = (0..<rank).filter { !axes.contains($0) }
      let s = try x.permute(rest + axes).singularValues(full: false).1
      var y: Tensor
      switch order {
      case .spectral(let largest): y = try s.amax([-1], largest: largest)
      case .nuclear, .frobenius, .sum: y = try s.sum([-1])
      }
      if keepdim { for axis in axes.sorted() { y = try y.unsqueeze(axis) } }
      return y
    }
  }

  /// Distances between the rows of [..., p, m] and [..., r, m]: [..., p, r].
  package func cdist(_ b: Tensor, _ p: Double) throws(TensorError) -> Tensor {
    let dtype = try DType.promoted(floating(), b.floating())
    let (x, y) = (try to(dtype), try b.to(dtype))
    if x.rank < 2 || y.rank < 2 || x.shape[x.rank - 1] != y.shape[y.rank - 1] {
      throw TensorError(
        "shape-mismatch",
        "`cdist` needs rows of one length, got \(describeShape) and \(b.describeShape)",
        argument: 1, labels: [(0, describeShape), (1, b.describeShape)])
    }
    if !(p >= 0) { throw TensorError("bad-argument", "cdist's p cannot be negative", argument: 2) }
    let lead = try Tensor.commonLead(x, y, "cdist")
    let (u, v) = (
      try x.expand(lead + x.shape.suffix(2)).contiguous(),
      try y.expand(lead + y.shape.suffix(2)).contiguous()
    )
    return try u.distances(v, p)
  }

  private func distances(_ b: Tensor, _ p: Double) throws(TensorError) -> Tensor {
    let (rows, columns, width) = (shape[rank - 2], b.shape[b.rank - 2], shape[rank - 1])
    let y = try Tensor.empty(Array(shape.dropLast()) + [columns], dtype, meta: isMeta || b.isMeta)
    if !y.isMeta {
      if dtype == .f32 {
        DistanceKernels.floats(self, b, y, rows, columns, width, Float(p))
      } else {
        DistanceKernels.doubles(self, b, y, rows, columns, width, p)
      }
      try Interrupt.check()
    }
    let x = self
    return Autograd.record("cdist", [x, b], y) { g, d throws(TensorError) in
      if p == 2 { return try Tensor.euclideanGradient(g, d, x, b) }
      // Σ over pairs of g sign(δ) (|δ| / d)^(p - 1), δ = a - b.
      let delta = try x.unsqueeze(-2).freely(b.unsqueeze(-3)) { a, b throws(TensorError) in
        try a - b
      }
      let slope = try Tensor.distanceSlope(delta, d, p)
      let spread = try g.unsqueeze(-1).freely(slope) { a, b throws(TensorError) in try a * b }
      return [try spread.sum([-2]), try spread.sum([-3]).negate()]
    }
  }

  private static func distanceSlope(_ delta: Tensor, _ d: Tensor, _ p: Double)
    throws(TensorError) -> Tensor
  {
    let wide = try d.unsqueeze(-1).expand(delta.shape)
    let zero = try wide.detached.equal(scalar(0, d.dtype))
    if p == 0 { return try zeros(like: delta) }
    if p == 1 { return try delta.sign() }
    if p == .infinity {
      let hits = try delta.abs().detached.equal(wide.detached).to(d.dtype)
      return try delta.sign() * hits
    }
    let safe = try select(zero, wide.number(1), wide)
    let still = try delta.detached.equal(scalar(0, d.dtype))
    let ratio = try select(still, delta.number(1), delta).abs() / safe
    let slope = try delta.sign() * ratio.power(delta.number(p - 1))
    return try select(zero, delta.number(0), slope)
  }

  /// With w = g / d (0 where d is): dA = A Σw - w B, as products of matrices.
  private static func euclideanGradient(_ g: Tensor, _ d: Tensor, _ a: Tensor, _ b: Tensor)
    throws(TensorError) -> [Tensor?]
  {
    let zero = try d.detached.equal(scalar(0, d.dtype))
    let w = try select(zero, d.number(0), g / select(zero, d.number(1), d))
    let product: (Tensor, Tensor) throws(TensorError) -> Tensor = { x, y throws(TensorError) in
      try x * y
    }
    return [
      a.isTracked ? try w.sum([-1], keepdim: true).freely(a, product) - w.matmul(b) : nil,
      b.isTracked
        ? try w.sum([-2]).unsqueeze(-1).freely(b, product) - w.transposed().matmul(a) : nil,
    ]
  }

  /// x₁·x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along a dim.
  package func cosineSimilarity(_ b: Tensor, _ dim: Int, _ eps: Double) throws(TensorError)
    -> Tensor
  {
    let dtype = try DType.promoted(floating(), b.floating())
    let rank = max(self.rank, b.rank)
    for (m, n) in zip(shape.reversed(), b.shape.reversed()) where m != n && m != 1 && n != 1 {
      throw TensorError(
        "shape-mismatch",
        "`cosine_similarity` cannot pair \(describeShape) with \(b.describeShape)", argument: 1,
        labels: [(0, describeShape), (1, b.describeShape)])
    }
    let (x, y) = try to(dtype).expandTogether(b.to(dtype))
    let axis = rank == 0 ? 0 : try x.axis(dim)
    let axes = rank == 0 ? [] : [axis]
    return try (x.heldUnit(axes, eps) * y.heldUnit(axes, eps)).sum(axes)
  }

  /// x / max(‖x‖, ε), the gradient as if nothing held the norm: PyTorch's in cosine_similarity.
  private func heldUnit(_ axes: [Int], _ eps: Double) throws(TensorError) -> Tensor {
    let length = try norm(2, axes, keepdim: true)
    return try self / (length + (length.detached.clamp(eps, nil) - length.detached))
  }

  /// x / max(‖x‖, ε) along dims.
  package func unitVector(_ p: Double, _ dims: [Int], _ eps: Double) throws(TensorError) -> Tensor {
    let x = try floating()
    let length = try x.norm(p, dims, keepdim: true)
    return try x / length.clamp(eps, nil)
  }
}

package enum MatrixNorm {
  case frobenius
  case nuclear
  case spectral(largest: Bool)
  /// Sums of absolute values along the rows (0) or the columns (1), and their extreme.
  case sum(along: Int, largest: Bool)

  init(_ value: OpValue) throws(TensorError) {
    switch value {
    case .string("fro"), .none: self = .frobenius
    case .string("nuc"): self = .nuclear
    case .int(1): self = .sum(along: 0, largest: true)
    case .int(-1): self = .sum(along: 0, largest: false)
    case .int(2): self = .spectral(largest: true)
    case .int(-2): self = .spectral(largest: false)
    case .float(.infinity): self = .sum(along: 1, largest: true)
    case .float(-.infinity): self = .sum(along: 1, largest: false)
    default:
      if case .float(let x) = value, let whole = Int(exactly: x) {
        self = try MatrixNorm(.int(whole))
        return
      }
      throw TensorError(
        "bad-argument", "matrix_norm's ord is \"fro\", \"nuc\", inf, -inf, 1, -1, 2 or -2",
        argument: 1)
    }
  }
}

enum DistanceKernels {
  static func floats(
    _ a: Tensor, _ b: Tensor, _ y: Tensor, _ rows: Int, _ columns: Int, _ width: Int, _ p: Float
  ) { run(a, b, y, F16.self, rows, columns, width, p) }
  static func doubles(
    _ a: Tensor, _ b: Tensor, _ y: Tensor, _ rows: Int, _ columns: Int, _ width: Int, _ p: Double
  ) { run(a, b, y, D8.self, rows, columns, width, p) }

  @inline(__always)
  private static func run<V: SIMD>(
    _ a: Tensor, _ b: Tensor, _ y: Tensor, _ type: V.Type, _ rows: Int, _ columns: Int,
    _ width: Int, _ p: V.Scalar
  ) where V.Scalar: BinaryFloatingPoint {
    let (u, v, q) = (
      a.pointer(V.Scalar.self), b.pointer(V.Scalar.self), y.pointer(V.Scalar.self)
    )
    if y.count == 0 { return }
    let grain = max(1, elementGrain / max(columns * width, 1))
    Parallel.forEach(y.count / columns, grain: grain) { begin, end in
      for row in begin..<end {
        if Interrupt.isSet { return }
        let base = row / rows * columns * width
        let (s, out) = (u + row * width, q + row * columns)
        var j = 0
        while p == 2, j + 4 <= columns {
          euclidean4(V.self, s, v + base + j * width, width, out + j)
          j += 4
        }
        while j < columns {
          let t = v + base + j * width
          out[j] = p == 2 ? euclidean(V.self, s, t, width) : power(s, t, width, p)
          j += 1
        }
      }
    }
  }

  /// To four neighbouring rows: their sums do not wait for each other.
  @inline(__always)
  private static func euclidean4<V: SIMD>(
    _ type: V.Type, _ a: UnsafePointer<V.Scalar>, _ b: UnsafePointer<V.Scalar>, _ n: Int,
    _ out: UnsafeMutablePointer<V.Scalar>
  ) where V.Scalar: BinaryFloatingPoint {
    var (s0, s1, s2, s3) = (V(), V(), V(), V())
    let (b1, b2, b3) = (b + n, b + 2 * n, b + 3 * n)
    var i = 0
    while i + V.scalarCount <= n {
      let x = UnsafeRawPointer(a + i).loadUnaligned(as: V.self)
      let d0 = x - UnsafeRawPointer(b + i).loadUnaligned(as: V.self)
      let d1 = x - UnsafeRawPointer(b1 + i).loadUnaligned(as: V.self)
      let d2 = x - UnsafeRawPointer(b2 + i).loadUnaligned(as: V.self)
      let d3 = x - UnsafeRawPointer(b3 + i).loadUnaligned(as: V.self)
      s0 = s0.addingProduct(d0, d0)
      s1 = s1.addingProduct(d1, d1)
      s2 = s2.addingProduct(d2, d2)
      s3 = s3.addingProduct(d3, d3)
      i += V.scalarCount
    }
    var (t0, t1, t2, t3) = (s0.sum(), s1.sum(), s2.sum(), s3.sum())
    while i < n {
      let (d0, d1) = (a[i] - b[i], a[i] - b1[i])
      let (d2, d3) = (a[i] - b2[i], a[i] - b3[i])
      t0 += d0 * d0
      t1 += d1 * d1
      t2 += d2 * d2
      t3 += d3 * d3
      i += 1
    }
    out[0] = t0.squareRoot()
    out[1] = t1.squareRoot()
    out[2] = t2.squareRoot()
    out[3] = t3.squareRoot()
  }

  @inline(__always)
  private static func euclidean<V: SIMD>(
    _ type: V.Type, _ a: UnsafePointer<V.Scalar>, _ b: UnsafePointer<V.Scalar>, _ n: Int
  ) -> V.Scalar where V.Scalar: BinaryFloatingPoint {
    var lanes = V()
    var i = 0
    while i + V.scalarCount <= n {
      let d =
        UnsafeRawPointer(a + i).loadUnaligned(as: V.self)
        - UnsafeRawPointer(b + i).loadUnaligned(as: V.self)
      lanes += d * d
      i += V.scalarCount
    }
    var sum = lanes.sum()
    while i < n {
      let d = a[i] - b[i]
      sum += d * d
      i += 1
    }
    return sum.squareRoot()
  }

  private static func power<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ n: Int, _ p: T
  ) -> T {
    var sum = 0.0
    for i in 0..<n {
      let d = Double((a[i] - b[i]).magnitude)
      if p == 0 {
        sum += d == 0 ? 0 : 1
      } else if p == 1 {
        sum += d
      } else if p == .infinity {
        sum = d > sum || d.isNaN ? d : sum
      } else {
        sum += Scalar.pow(d, Double(p))
      }
    }
    return T(p == 0 || p == 1 || p == .infinity ? sum : Scalar.pow(sum, 1 / Double(p)))
  }
}
