// Order: sort, topk, unique, median, quantile. Positions come from a kernel, values by `gather`, so
// that gradients flow back to where the values came from.

extension Tensor {
  /// Positions along a dim in the order of their elements; equals keep their order, nan is largest.
  package func argsort(_ dim: Int = -1, descending: Bool = false) throws(TensorError) -> Tensor {
    let axis = try self.axis(dim)
    let y = try Tensor.empty(shape, .i64, meta: isMeta)
    if isMeta { return y }
    if rank == 0 {
      y.fill(0)
      return y
    }
    let r = try Reduction(detached, [axis])
    try Storage.require(bytes: 2 * MemoryLayout<Keyed>.stride * r.n)
    SortKernels.run(r, y.pointer(Int.self), descending: descending)
    try Interrupt.check()
    return y
  }

  /// `(values, indices)` along a dim.
  package func sort(_ dim: Int = -1, descending: Bool = false) throws(TensorError)
    -> (Tensor, Tensor)
  {
    let order = try argsort(dim, descending: descending)
    return (rank == 0 ? self : try gather(dim, order), order)
  }

  /// The k largest (smallest) along a dim, in order: `(values, indices)`.
  package func topk(_ k: Int, _ dim: Int, largest: Bool) throws(TensorError) -> (Tensor, Tensor) {
    let axis = try self.axis(dim)
    let size = rank == 0 ? 1 : shape[axis]
    if k < 0 || k > size {
      throw TensorError(
        "bad-argument", "topk cannot take \(k) of the \(size) elements of dim \(axis)",
        argument: 1, labels: [(0, typeText)])
    }
    if rank > 0, k <= 64, k * 4 <= size, !isMeta {
      var few = shape
      few[axis] = k
      let places = try Tensor.empty(few, .i64)
      SortKernels.best(
        try Reduction(detached, [axis]), k, places.pointer(Int.self), largest: largest)
      try Interrupt.check()
      return (try gather(axis, places), places)
    }
    let order = try argsort(axis, descending: largest)
    if rank == 0 { return (self, order) }
    let best = try order.slice(axis: axis, from: 0, count: k, step: 1).contiguous()
    return (try gather(axis, best), best)
  }

  /// The lower median of all elements; equal elements share the gradient.
  package func median() throws(TensorError) -> Tensor {
    let flat = try reshape([count])
    if count == 0 { return try Tensor.full([], .nan, dtype, meta: isMeta) }
    let value = try flat.detached.median(0, keepdim: false).0
    let x = self
    return Autograd.record("median", [x], value) { g, y throws(TensorError) in
      let hits = try x.detached.matches(y.detached).to(g.dtype)
      return [try g * hits / hits.sum()]
    }
  }

  /// Where the elements are this number; nan counts as itself.
  private func matches(_ value: Tensor) throws(TensorError) -> Tensor {
    !isMeta && value.element(0).isNaN ? try isnan() : try equal(value)
  }

  /// The lower median along a dim: `(values, indices)`; nan where there is one.
  package func median(_ dim: Int, keepdim: Bool) throws(TensorError) -> (Tensor, Tensor) {
    let axis = try self.axis(dim)
    if rank == 0 { return (self, try Tensor.full([], 0, .i64, meta: isMeta)) }
    let n = shape[axis]
    try requireElements("median", axis)
    let order = try argsort(axis)
    var place = try order.slice(axis: axis, from: (n - 1) / 2, count: 1, step: 1).contiguous()
    if dtype.isFloating {
      // nan is sorted to the end: a row that has one gives it.
      let last = try order.slice(axis: axis, from: n - 1, count: 1, step: 1).contiguous()
      place = try Tensor.select(detached.gather(axis, last).isnan(), last, place)
    }
    let values = try gather(axis, place)
    if keepdim { return (values, place) }
    return (try values.squeeze([axis]), try place.squeeze([axis]))
  }

  func requireElements(_ name: String, _ axis: Int) throws(TensorError) {
    if rank > 0, shape[axis] == 0, count == 0,
      !shape.enumerated().contains(where: {
        $0.offset != axis && $0.element == 0
      })
    {
      throw TensorError(
        "empty-reduction", "\(name) of no elements: dim \(axis) has size 0", argument: 0,
        labels: [(0, typeText)])
    }
  }

  /// The elements below which shares q (a number or [k]) of the others lie, between two of them by
  /// `interpolation`. The result has q's dimension in front.
  package func quantile(_ q: Tensor, _ dim: Int?, keepdim: Bool, _ interpolation: String)
    throws(TensorError) -> Tensor
  {
    if q.rank > 1 {
      throw TensorError("shape-mismatch", "q is a number or a vector", argument: 1)
    }
    let shares = q.isMeta ? [Double](repeating: 0, count: q.count) : q.doubles()
    if let at = shares.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
      throw TensorError("bad-argument", "q lies from 0 to 1, not \(shares[at])", argument: 1)
    }
    let x = try floating()
    let axis = dim == nil ? 0 : try x.axis(dim ?? 0)
    let flat = dim == nil || rank == 0 ? try x.reshape([count]) : x
    let n = flat.shape[axis]
    if n == 0 {
      throw TensorError("empty-reduction", "quantile of no elements", argument: 0)
    }
    let sorted = try flat.sort(axis).0
    // A row with nan gives nan: its last element, added times 0.
    let spoiled = try sorted.slice(axis: axis, from: n - 1, count: 1, step: 1)
    let isSpoiled = try spoiled.isnan()
    var parts: [Tensor] = []
    for (i, share) in shares.enumerated() {
      let (low, high, fixed) = try Tensor.between(share * Double(n - 1), interpolation)
      let a = try sorted.slice(axis: axis, from: low, count: 1, step: 1)
      let b = try sorted.slice(axis: axis, from: high, count: 1, step: 1)
      var weight = try a.number(fixed)
      if interpolation == "linear", q.isTracked {
        let own = q.rank == 0 ? q : try q.slice(axis: 0, from: i, count: 1, step: 1).reshape([])
        weight = try own.to(a.dtype) * a.number(Double(n - 1)) - a.number(Double(low))
      }
      let y = low == high && !weight.isTracked ? a : try a + (b - a) * weight
      let clean = try Tensor.select(isSpoiled, spoiled, y)
      parts.append(
        dim == nil
          ? try clean.reshape(keepdim ? [Int](repeating: 1, count: rank) : [])
          : keepdim || rank == 0
            ? try clean.reshape(rank == 0 ? [] : clean.shape)
            : try clean.squeeze([axis]))
    }
    if q.rank == 0 { return parts[0] }
    if parts.isEmpty {
      throw TensorError("bad-argument", "q holds at least one number", argument: 1)
    }
    return try Tensor.stack(parts, 0)
  }

  /// The two neighbours of a rank and how far the second counts.
  private static func between(_ rank: Double, _ interpolation: String) throws(TensorError)
    -> (Int, Int, Double)
  {
    let (low, high) = (rank.rounded(.down), rank.rounded(.up))
    switch interpolation {
    case "linear": return (Int(low), Int(high), rank - low)
    case "lower": return (Int(low), Int(low), 0)
    case "higher": return (Int(high), Int(high), 0)
    case "midpoint": return (Int(low), Int(high), low == high ? 0 : 0.5)
    case "nearest":
      let near = Int(rank.rounded(.toNearestOrEven))
      return (near, near, 0)
    default:
      throw TensorError(
        "bad-argument",
        "interpolation is \"linear\", \"lower\", \"higher\", \"midpoint\" or \"nearest\", not "
          + "\"\(interpolation)\"", argument: 4)
    }
  }
}
