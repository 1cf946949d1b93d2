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
    var axes = try dims.map { d throws(TensorError) in try tensor.axes(d).sorted() } ?? all
    // A number has no axis, but dim 0 may name it.
    if tensor.rank == 0 { axes = [] }
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
    if !y.isMeta { ReduceKernels.product(r, y) }
    let (kept, shape) = (r.kept, self.shape)
    return Autograd.record("prod", [x], y) { g, _ throws(TensorError) in
      // The product of the others stays right where elements are zero.
      [try g.reshape(kept).expand(shape) * x.productOfOthers(dims)]
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
    // Those before, times those after.
    let before = try flat.shifted(1, by: 1, filling: 1).cumprod(1)
    let turned = try flat.index([
      .slice(from: nil, to: nil, step: 1), .slice(from: nil, to: nil, step: -1),
    ])
    let after = try turned.shifted(1, by: 1, filling: 1).cumprod(1)
    let back = try after.index([
      .slice(from: nil, to: nil, step: 1), .slice(from: nil, to: nil, step: -1),
    ])
    let stacked = try (before * back).reshape(moved.shape)
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

  /// There must be something to take the largest of.
  private func requireExtreme(_ r: Reduction, largest: Bool) throws(TensorError) {
    if r.n == 0, r.outer * r.inner > 0 {
      throw TensorError(
        "empty-reduction", "an empty tensor has no \(largest ? "largest" : "smallest") element",
        argument: 0, labels: [(0, typeText)])
    }
  }

  /// `(values, indices)` of the extremes along one dim.
  package func extreme(_ dim: Int, keepdim: Bool, largest: Bool) throws(TensorError)
    -> (Tensor, Tensor)
  {
    let axis = try self.axis(dim)
    let r = try Reduction(detached, rank == 0 ? [] : [axis])
    try requireExtreme(r, largest: largest)
    let indices = try r.result(true, .i64)
    if !isMeta, indices.count > 0 {
      ExtremeKernels.run(r, largest: largest, places: indices, values: nil)
    }
    let values = rank == 0 ? self : try gather(axis, indices)
    if keepdim || rank == 0 { return (values, indices) }
    return (try values.squeeze([axis]), try indices.squeeze([axis]))
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
    let r = try Reduction(detached, dims)
    try requireExtreme(r, largest: largest)
    let y = try r.result(keepdim, dtype)
    if !isMeta, y.count > 0 {
      ExtremeKernels.run(r, largest: largest, places: nil, values: y)
    }
    let kept = r.kept
    let x = self
    return Autograd.record(largest ? "amax" : "amin", [x], y) { g, y throws(TensorError) in
      let hits = try x.detached.equal(y.detached.reshape(kept)).to(g.dtype)
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
    return try s * x.number(1 / max(0, Double(n) - Double(correction)))
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
    try test { $0 == 0 }.someTrue(dims, keepdim).logicalNot()
  }

  package func any(_ dims: [Int]? = nil, keepdim: Bool = false) throws(TensorError) -> Tensor {
    try (dtype == .bool ? self : test { $0 != 0 }).someTrue(dims, keepdim)
  }

  /// Of bools; over all dims the search ends at the first.
  private func someTrue(_ dims: [Int]?, _ keepdim: Bool) throws(TensorError) -> Tensor {
    if dims == nil, !isMeta {
      let x = packed()
      let found = memchr(x.pointer(UInt8.self), 1, x.count) != nil
      return try Tensor.full(
        keepdim ? Array(repeating: 1, count: rank) : [], found ? 1 : 0, .bool)
    }
    return try sum(dims, keepdim: keepdim).notEqual(Tensor.scalar(0))
  }
}
