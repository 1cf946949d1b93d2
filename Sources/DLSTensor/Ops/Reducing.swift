// Sums, means, extremes and spreads over some or all dimensions.

import Glibc

/// A tensor seen as [outer, n, inner], n being what is reduced.
struct Reduction {
  let x: Tensor
  let outer: Int
  let n: Int
  let inner: Int
  /// The shape without, and with 1s for, what is reduced.
  let shape: [Int]
  let kept: [Int]

  /// Moves the reduced axes together where they are not neighbours.
  init(_ tensor: Tensor, _ dims: [Int]?) throws(TensorError) {
    if dims == nil {
      kept = tensor.rank == 0 ? [] : [Int](repeating: 1, count: tensor.rank)
      (shape, outer, n, inner) = ([], 1, tensor.count, 1)
      x = tensor.packed()
      return
    }
    let all = Array(0..<tensor.rank)
    let axes = try dims.map { d throws(TensorError) in try tensor.axes(d).sorted() } ?? all
    kept = all.map { axes.contains($0) ? 1 : tensor.shape[$0] }
    shape = all.filter { !axes.contains($0) }.map { tensor.shape[$0] }
    n = axes.map { tensor.shape[$0] }.reduce(1, *)
    if let first = axes.first, let last = axes.last, last - first == axes.count - 1 {
      outer = tensor.shape[..<first].reduce(1, *)
      inner = tensor.shape[(last + 1)...].reduce(1, *)
      x = tensor.packed()
    } else if axes.isEmpty {
      outer = tensor.count
      inner = 1
      x = tensor.packed()
    } else {
      let order = all.filter { !axes.contains($0) } + axes
      outer = shape.reduce(1, *)
      inner = 1
      x = tensor.view(order.map { tensor.shape[$0] }, order.map { tensor.strides[$0] }).packed()
    }
  }

  func result(_ keepdim: Bool, _ dtype: DType) throws(TensorError) -> Tensor {
    try Tensor.empty(keepdim ? kept : shape, dtype, meta: x.isMeta)
  }

  /// Calls `body(position of the result, offset of the first element)` for every result.
  func forEach(_ body: @escaping (_ at: Int, _ from: Int) -> Void) {
    let (inner, n) = (inner, n)
    Parallel.forEach(outer * inner, grain: max(1, elementGrain / max(n, 1))) { begin, end in
      for at in begin..<end { body(at, at / inner * n * inner + at % inner) }
    }
  }
}

extension Tensor {
  package func sum(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    let x = dtype == .bool ? try to(.i64) : self
    let r = try Reduction(x, dims)
    let y = try r.result(keepdim, x.dtype)
    if !y.isMeta { ReduceKernels.sum(r, y) }
    let (kept, shape) = (r.kept, self.shape)
    return Autograd.record("sum", [x], y) { g, _ throws(TensorError) in
      [try g.reshape(kept).expand(shape)]
    }
  }

  package func mean(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    let x = try floating()
    let r = try Reduction(x, dims)
    let y = try r.result(keepdim, x.dtype)
    let scale = 1 / Double(r.n)
    if !y.isMeta {
      ReduceKernels.sum(r, y)
      y.scale(by: scale)
    }
    let (kept, shape) = (r.kept, self.shape)
    return Autograd.record("mean", [x], y) { g, _ throws(TensorError) in
      [try (g * g.number(scale)).reshape(kept).expand(shape)]
    }
  }

  /// Multiplies the elements of a tensor that nobody else has seen yet.
  func scale(by factor: Double) {
    if dtype == .f32 {
      let p = pointer(Float.self)
      Loop.withScalar(p, Float(factor), p, count) { (x: F16, s: F16) in x * s }
    } else {
      let p = pointer(Double.self)
      Loop.withScalar(p, factor, p, count) { (x: D8, s: D8) in x * s }
    }
  }

  package func prod(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    let x = dtype == .bool ? try to(.i64) : self
    let r = try Reduction(x, dims)
    let y = try r.result(keepdim, x.dtype)
    if !y.isMeta {
      r.forEach { at, from in
        if x.dtype == .i64 {
          var p = 1
          for i in 0..<r.n { p = p &* r.x.pointer(Int.self)[from + i * r.inner] }
          y.pointer(Int.self)[at] = p
        } else {
          var p = 1.0
          for i in 0..<r.n { p *= r.x.element(from + i * r.inner) }
          y.store(p, at)
        }
      }
    }
    let (kept, shape, n) = (r.kept, self.shape, r.n)
    return Autograd.record("prod", [x], y) { g, _ throws(TensorError) in
      // d/dx_i = product of the others, which stays right where elements are zero.
      let r = try Reduction(x.detached, dims)
      if !Autograd.isRecording || n == 0 {
        let others = try Tensor.empty(r.x.shape, x.dtype, meta: x.isMeta)
        if !x.isMeta { r.othersProduct(others) }
        let spread = try g.reshape(kept).expand(shape)
        if r.x.shape == shape { return [try spread * others] }
      }
      let others = try x.productOfOthers(dims)
      return [try g.reshape(kept).expand(shape) * others]
    }
  }

  /// For each element, the product of the others along the reduced dims, made of ops.
  private func productOfOthers(_ dims: [Int]?) throws(TensorError) -> Tensor {
    let axes =
      try dims.map { d throws(TensorError) in try self.axes(d).sorted() }
      ?? Array(0..<rank)
    let order = (0..<rank).filter { !axes.contains($0) } + axes
    let moved = try permute(order)
    let n = axes.map { shape[$0] }.reduce(1, *)
    let flat = try moved.reshape([n == 0 ? 0 : count / max(n, 1), n])
    var parts: [Tensor] = []
    for i in 0..<n {
      let left = try flat.slice(axis: 1, from: 0, count: i, step: 1).prod([1])
      let right = try flat.slice(axis: 1, from: i + 1, count: n - i - 1, step: 1).prod([1])
      parts.append(try left * right)
    }
    let stacked = try Tensor.stack(parts, 1).reshape(moved.shape)
    var inverse = order
    for (to, from) in order.enumerated() { inverse[from] = to }
    return try stacked.permute(inverse)
  }

  /// Writes a number into this just made tensor.
  func store(_ value: Double, _ at: Int) {
    switch dtype {
    case .bool: pointer(Bool.self)[at] = value != 0
    case .i64: pointer(Int.self)[at] = Convert.whole(value)
    case .f32: pointer(Float.self)[at] = Float(value)
    case .f64: pointer(Double.self)[at] = value
    }
  }

  /// Positions of the extreme along the reduced dims, counted within them; nan wins as in PyTorch.
  func extremes(_ r: Reduction, largest: Bool) throws(TensorError) -> [Int] {
    if r.n == 0 {
      throw TensorError(
        "empty-reduction", "an empty tensor has no \(largest ? "largest" : "smallest") element",
        labels: [(0, typeText)])
    }
    if x0Meta { return [] }
    var best = [Int](repeating: 0, count: r.outer * r.inner)
    for at in best.indices {
      let from = at / max(r.inner, 1) * r.n * r.inner + at % max(r.inner, 1)
      var top = r.x.element(from)
      for i in 1..<max(r.n, 1) {
        let v = r.x.element(from + i * r.inner)
        if top.isNaN { break }
        if v.isNaN || (largest ? v > top : v < top) {
          top = v
          best[at] = i
        }
      }
    }
    return best
  }

  private var x0Meta: Bool { isMeta }

  /// `(values, indices)` of the extremes along one dim.
  package func extreme(_ dim: Int, keepdim: Bool, largest: Bool) throws(TensorError)
    -> (Tensor, Tensor)
  {
    let axis = try self.axis(dim)
    let r = try Reduction(self, rank == 0 ? [] : [axis])
    let found = try extremes(r, largest: largest)
    let indices = try r.result(true, .i64)
    if !isMeta { for (i, v) in found.enumerated() { indices.pointer(Int.self)[i] = v } }
    let shaped = rank == 0 ? indices : try indices.reshape(r.kept)
    let values = rank == 0 ? self : try gather(axis, shaped)
    if keepdim || rank == 0 { return (values, shaped) }
    return (try values.squeeze([axis]), try shaped.squeeze([axis]))
  }

  package func argExtreme(_ dim: Int?, keepdim: Bool, largest: Bool) throws(TensorError) -> Tensor {
    if let dim { return try detached.extreme(dim, keepdim: keepdim, largest: largest).1 }
    let flat = try detached.reshape([count])
    return try flat.extreme(0, keepdim: false, largest: largest).1
  }

  /// The extreme over dims; equal elements share the gradient (PyTorch's amax).
  package func amax(_ dims: [Int]? = nil, keepdim: Bool = false, largest: Bool = true)
    throws(TensorError) -> Tensor
  {
    let r = try Reduction(self, dims)
    let found = try extremes(r, largest: largest)
    let y = try r.result(keepdim, dtype)
    for (at, i) in found.enumerated() {
      let from = at / max(r.inner, 1) * r.n * r.inner + at % max(r.inner, 1)
      if dtype == .i64 {
        y.pointer(Int.self)[at] = r.x.pointer(Int.self)[from + i * r.inner]
      } else {
        y.store(r.x.element(from + i * r.inner), at)
      }
    }
    let kept = r.kept
    let x = self
    return Autograd.record(largest ? "amax" : "amin", [x], y) { g, y throws(TensorError) in
      let hits = try x.equal(y.detached.reshape(kept)).to(g.dtype)
      let share = try hits / hits.sum(dims, keepdim: true)
      return [try g.reshape(kept) * share]
    }
  }

  package func variance(_ dims: [Int]? = nil, correction: Int = 1, keepdim: Bool = false)
    throws(TensorError) -> Tensor
  {
    let x = try floating()
    let centred = try x - x.mean(dims, keepdim: true).expand(x.shape)
    let s = try (centred * centred).sum(dims, keepdim: keepdim)
    let n = s.count == 0 ? 0 : x.count / s.count
    return try s * x.number(1 / Double(max(0, n - correction)))
  }

  package func logsumexp(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor
  {
    let x = try floating()
    let top = try x.detached.amax(dims, keepdim: true)
    let safe = try Tensor.select(top.isfinite(), top, Tensor.scalar(0, top.dtype))
    let s = try (x - safe).exp().sum(dims, keepdim: true).log() + safe
    if keepdim { return s }
    return try s.reshape(Reduction(x, dims).shape)
  }

  package func all(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    let zeros = try test { $0 == 0 }.sum(dims, keepdim: keepdim)
    return try zeros.equal(Tensor.scalar(0))
  }

  package func any(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    let hits = try test { $0 != 0 }.sum(dims, keepdim: keepdim)
    return try hits.notEqual(Tensor.scalar(0))
  }
}

extension Reduction {
  /// For each element, the product of the others of its group.
  func othersProduct(_ y: Tensor) {
    forEach { at, from in
      for i in 0..<n {
        var p = 1.0
        for j in 0..<n where j != i { p *= x.element(from + j * inner) }
        y.store(p, from + i * inner)
      }
    }
  }
}
