// Running sums and products along a dim, and the recurrence that carries their gradients.

extension Tensor {
  /// y_i = x_0 + … + x_i; from the end when `reverse`.
  package func cumsum(_ dim: Int, reverse: Bool = false) throws(TensorError) -> Tensor {
    let axis = try self.axis(dim)
    let x = dtype == .bool ? try to(.i64) : self
    if rank == 0 { return x }
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !y.isMeta {
      let r = try Reduction(x.detached, [axis])
      switch x.dtype {
      case .f32:
        // Added up in f64, so that long sums keep their digits.
        Scan.run(r, y.pointer(Float.self), reverse) { (s: inout Double, v: Float) in
          s += Double(v)
          return Float(s)
        }
      case .f64:
        Scan.run(r, y.pointer(Double.self), reverse) { (s: inout Double, v: Double) in
          s += v
          return s
        }
      case .i64, .bool:
        Scan.run(r, y.pointer(Int.self), reverse) { (s: inout Int, v: Int) in
          s &+= v
          return s
        }
      }
    }
    return Autograd.record("cumsum", [x], y) { g, _ throws(TensorError) in
      [try g.cumsum(axis, reverse: !reverse)]
    }
  }

  /// y_i = x_0 · … · x_i. The gradient needs no division, so zeros among the factors are no harm:
  /// dx_i = (x_0 … x_{i-1}) r_i, where r_i = g_i + x_{i+1} r_{i+1}.
  package func cumprod(_ dim: Int) throws(TensorError) -> Tensor {
    let axis = try self.axis(dim)
    let x = dtype == .bool ? try to(.i64) : self
    if rank == 0 { return x }
    let y = try Tensor.empty(shape, x.dtype, meta: isMeta)
    if !y.isMeta {
      let r = try Reduction(x.detached, [axis])
      switch x.dtype {
      case .f32:
        Scan.run(r, y.pointer(Float.self), false, 1) { (s: inout Double, v: Float) in
          s *= Double(v)
          return Float(s)
        }
      case .f64:
        Scan.run(r, y.pointer(Double.self), false, 1) { (s: inout Double, v: Double) in
          s *= v
          return s
        }
      case .i64, .bool:
        Scan.run(r, y.pointer(Int.self), false, 1) { (s: inout Int, v: Int) in
          s = s &* v
          return s
        }
      }
    }
    return Autograd.record("cumprod", [x], y) { g, y throws(TensorError) in
      let before = try y.shifted(axis, by: 1, filling: 1)
      let after = try x.shifted(axis, by: -1, filling: 0)
      return [try before * g.recurrence(after, axis, reverse: true)]
    }
  }

  /// r_i = g_i + a_i r_{i-1} along an axis, or g_i + a_i r_{i+1} when `reverse`.
  func recurrence(_ a: Tensor, _ axis: Int, reverse: Bool) throws(TensorError) -> Tensor {
    let y = try Tensor.empty(shape, dtype, meta: isMeta)
    if !y.isMeta, y.count > 0 {
      let r = try Reduction(detached, [axis])
      let factors = a.packed()
      func fill<T: BinaryFloatingPoint>(_ type: T.Type) {
        let (g, f, q) = (r.x.pointer(type), factors.pointer(type), y.pointer(type))
        r.forEach { _, from in
          var s: T = 0
          for k in 0..<r.n {
            let at = from + (reverse ? r.n - 1 - k : k) * r.inner
            s = g[at] + f[at] * s
            q[at] = s
          }
        }
      }
      dtype == .f32 ? fill(Float.self) : fill(Double.self)
    }
    let step = reverse ? -1 : 1
    return Autograd.record("recurrence", [self, a], y) { h, y throws(TensorError) in
      let dg = try h.recurrence(a.shifted(axis, by: -step, filling: 0), axis, reverse: !reverse)
      return [dg, a.isTracked ? try dg * y.shifted(axis, by: step, filling: 0) : nil]
    }
  }

  /// Moved by one place along an axis (1 to the end, -1 to the front), a number in the free place.
  func shifted(_ axis: Int, by step: Int, filling value: Double) throws(TensorError) -> Tensor {
    let n = shape[axis]
    if n == 0 { return self }
    var one = shape
    one[axis] = 1
    let edge = try Tensor.full(one, value, dtype, meta: isMeta)
    let rest = try slice(axis: axis, from: step > 0 ? 0 : 1, count: n - 1, step: 1)
    return try Tensor.cat(step > 0 ? [edge, rest] : [rest, edge], axis)
  }
}

private enum Scan {
  @inline(__always)
  static func run<T, S>(
    _ r: Reduction, _ q: UnsafeMutablePointer<T>, _ reverse: Bool, _ start: S = 0,
    _ step: @escaping (inout S, T) -> T
  ) where S: Numeric {
    let p = r.x.pointer(T.self)
    let (n, inner) = (r.n, r.inner)
    if inner == 1 {
      r.forEach { _, from in
        var s = start
        for k in 0..<n {
          let at = from + (reverse ? n - 1 - k : k)
          q[at] = step(&s, p[at])
        }
      }
      return
    }
    // Some columns at once, so that memory is read in the order in which it lies.
    let width = 64
    let blocks = (inner + width - 1) / width
    Parallel.forEach(r.outer * blocks, grain: max(1, elementGrain / max(n * width, 1))) {
      begin, end in
      var sums = [S](repeating: start, count: width)
      for item in begin..<end {
        if Interrupt.isSet { return }
        let (outer, block) = (item / blocks, item % blocks)
        let from = outer * n * inner + block * width
        let count = min(width, inner - block * width)
        sums.withUnsafeMutableBufferPointer { s in
          s.update(repeating: start)
          for k in 0..<n {
            let at = from + (reverse ? n - 1 - k : k) * inner
            for j in 0..<count { q[at + j] = step(&s[j], p[at + j]) }
          }
        }
      }
    }
  }
}
