// Softmax and its logarithm along one dimension, shifted by the maximum so that nothing overflows.

extension Tensor {
  package func softmax(_ dim: Int) throws(TensorError) -> Tensor {
    let x = try floating()
    let axis = try self.axis(dim)
    if rank == 0 { return try x.reshape([1]).softmax(0).reshape([]) }
    let r = try Reduction(x, [axis])
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !y.isMeta { SoftmaxKernels.run(r, y, log: false) }
    return Autograd.record("softmax", [x], y) { g, y throws(TensorError) in
      let inner = try (g * y).sum([axis], keepdim: true)
      return [try y * (g - inner)]
    }
  }

  package func logSoftmax(_ dim: Int) throws(TensorError) -> Tensor {
    let x = try floating()
    let axis = try self.axis(dim)
    if rank == 0 { return try x.reshape([1]).logSoftmax(0).reshape([]) }
    let r = try Reduction(x, [axis])
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !y.isMeta { SoftmaxKernels.run(r, y, log: true) }
    return Autograd.record("log_softmax", [x], y) { g, y throws(TensorError) in
      [try g - y.exp() * g.sum([axis], keepdim: true)]
    }
  }
}

enum SoftmaxKernels {
  static func run(_ r: Reduction, _ y: Tensor, log: Bool) {
    if r.n == 0 { return }
    if r.x.dtype == .f32, r.inner == 1 {
      let (p, q, n) = (r.x.pointer(Float.self), y.pointer(Float.self), r.n)
      r.forEach { _, from in row(p + from, q + from, n, log) }
      return
    }
    if r.x.dtype == .f32 {
      columns(r, y.pointer(Float.self), log)
    } else {
      strided(r, y.pointer(Double.self), log)
    }
  }

  /// Along a dim with others after it: whole rows at a time, as the memory lies.
  private static func columns(_ r: Reduction, _ q: UnsafeMutablePointer<Float>, _ log: Bool) {
    let (p, n, inner) = (r.x.pointer(Float.self), r.n, r.inner)
    let pieces = (inner + 255) / 256
    Parallel.forEach(r.outer * pieces, grain: max(1, elementGrain / (n * 256))) { begin, end in
      var top = [Float](repeating: 0, count: 256)
      var sum = [Float](repeating: 0, count: 256)
      for piece in begin..<end {
        let from = piece / pieces * n * inner + piece % pieces * 256
        let width = min(256, inner - piece % pieces * 256)
        for j in 0..<width { top[j] = p[from + j] }
        for i in 1..<max(n, 1) {
          let row = p + from + i * inner
          for j in 0..<width where row[j] > top[j] || row[j].isNaN { top[j] = row[j] }
        }
        for j in 0..<width { sum[j] = 0 }
        for i in 0..<n {
          let (row, out) = (p + from + i * inner, q + from + i * inner)
          for j in 0..<width { out[j] = row[j] - top[j] }
          Loop.unaryRun(out, out, width) { (v: F16) in VectorMath.exp(v) }
          for j in 0..<width { sum[j] += out[j] }
        }
        if log {
          for j in 0..<width { sum[j] = top[j] + Float(Scalar.log(Double(sum[j]))) }
          for i in 0..<n {
            let (row, out) = (p + from + i * inner, q + from + i * inner)
            for j in 0..<width { out[j] = row[j] - sum[j] }
          }
        } else {
          for j in 0..<width { sum[j] = 1 / sum[j] }
          for i in 0..<n {
            let out = q + from + i * inner
            for j in 0..<width { out[j] *= sum[j] }
          }
        }
      }
    }
  }

  private static func strided<T: BinaryFloatingPoint>(
    _ r: Reduction, _ q: UnsafeMutablePointer<T>, _ log: Bool
  ) {
    let (p, n, inner) = (r.x.pointer(T.self), r.n, r.inner)
    r.forEach { _, from in
      var top = -Double.infinity
      for i in 0..<n {
        let v = Double(p[from + i * inner])
        if v > top || v.isNaN { top = v }
      }
      var s = 0.0
      for i in 0..<n { s += Scalar.exp(Double(p[from + i * inner]) - top) }
      let shift = log ? Scalar.log(s) : 1 / s
      for i in 0..<n {
        let v = Double(p[from + i * inner]) - top
        q[from + i * inner] = T(log ? v - shift : Scalar.exp(v) * shift)
      }
    }
  }

  /// One row of floats.
  static func row(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ log: Bool
  ) {
    var top = -Float.infinity
    for i in 0..<n where x[i] > top || x[i].isNaN { top = x[i] }
    let shift = F16(repeating: top)
    Loop.unaryRun(x, y, n) { (v: F16) in VectorMath.exp(v - shift) }
    let s = ReduceKernels.sum(y, n)
    if log {
      let shift = F16(repeating: top + Float(Scalar.log(Double(s))))
      Loop.unaryRun(x, y, n) { (v: F16) in v - shift }
    } else {
      let scale = F16(repeating: 1 / s)
      Loop.unaryRun(y, y, n) { (v: F16) in v * scale }
    }
  }
}

extension Tensor {
  /// Inverted dropout: zero with probability p, the rest times 1 / (1 - p).
  package func dropout(_ p: Double, _ generator: Generator, byChannel: Bool = false)
    throws(TensorError) -> Tensor
  {
    if p == 0 { return self }
    let x = try floating()
    if p >= 1 { return try x * x.number(0) }
    let shape =
      byChannel && rank > 2
      ? Array(x.shape.prefix(2)) + [Int](repeating: 1, count: rank - 2) : x.shape
    let mask = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !isMeta { generator.fillMask(mask, keep: 1 - p, scale: 1 / (1 - p)) }
    return try x * mask
  }
}
