// The different elements, or rows, of a tensor; and counts of them.

extension Tensor {
  /// Different elements in rising order, which of them each element is, and how often each stands.
  package func unique(_ dim: Int?) throws(TensorError)
    -> (values: Tensor, inverse: Tensor, counts: Tensor)
  {
    if isMeta {
      throw TensorError("meta-tensor", "how many different elements there are needs the elements")
    }
    if let dim, rank > 0 { return try uniqueSlices(axis(dim)) }
    let flat = try detached.reshape([count]).packed()
    let places = try flat.argsort(0)
    let sorted = try flat.gather(0, places)
    let differs =
      count < 2
      ? nil
      : try sorted.slice(axis: 0, from: 1, count: count - 1, step: 1)
        .notEqual(sorted.slice(axis: 0, from: 0, count: count - 1, step: 1))
    let starts = differs.map { $0.pointer(Bool.self) }
    let groups = Groups(places.ints()) { i in starts.map { !$0[i - 1] } ?? false }
    withExtendedLifetime(differs) {}
    let values = try flat.reshape([count, 1]).rows(at: Tensor.of(groups.first))
      .reshape([groups.first.count])
    return (
      values, try Tensor.of(groups.inverse, shape: shape), try Tensor.of(groups.counts)
    )
  }

  /// As PyTorch counts them: every nan is different from all others.
  private func sameElement(_ a: Int, _ b: Int) -> Bool {
    dtype == .i64 ? pointer(Int.self)[a] == pointer(Int.self)[b] : element(a) == element(b)
  }

  private func uniqueSlices(_ axis: Int) throws(TensorError)
    -> (values: Tensor, inverse: Tensor, counts: Tensor)
  {
    let moved = try detached.transpose(0, axis)
    let n = moved.shape[0]
    let rows = try moved.reshape([n, n == 0 ? 0 : count / n]).packed()
    let width = rows.shape[1]
    // Sorted by the last column first and stably, the rows end in lexicographic order.
    var order = Array(0..<n)
    for column in stride(from: width - 1, through: 0, by: -1) {
      try Interrupt.check()
      let keys = try rows.slice(axis: 1, from: column, count: 1, step: 1)
        .rows(at: Tensor.of(order)).reshape([n])
      order = try keys.argsort(0).ints().map { order[$0] }
    }
    let groups = Groups(order) { i in
      (0..<width).allSatisfy { rows.sameElement(order[i - 1] * width + $0, order[i] * width + $0) }
    }
    let picked = try rows.rows(at: Tensor.of(groups.first))
      .reshape([groups.first.count] + moved.shape.dropFirst()).transpose(0, axis).contiguous()
    return (picked, try Tensor.of(groups.inverse), try Tensor.of(groups.counts))
  }

  /// How often each int from 0 up stands in a vector; with weights, the sums of them.
  package func bincount(_ weights: Tensor?, _ minimum: Int) throws(TensorError) -> Tensor {
    if rank != 1 || dtype.isFloating {
      throw TensorError(
        "dtype-mismatch", "bincount needs a vector of ints, got \(typeText)", argument: 0,
        help: ["`{0}.flatten().to(i64)`"])
    }
    if minimum < 0 {
      throw TensorError("bad-argument", "minlength cannot be negative", argument: 2)
    }
    if let weights, weights.shape != shape {
      throw TensorError(
        "shape-mismatch",
        "bincount needs a weight for every element: \(describeShape) and \(weights.describeShape)",
        argument: 1, labels: [(0, describeShape), (1, weights.describeShape)])
    }
    let values = ints()
    if let at = values.firstIndex(where: { $0 < 0 }) {
      throw TensorError(
        "index-out-of-range", "bincount counts ints from 0; element \(at) is \(values[at])",
        argument: 0)
    }
    let largest = values.max() ?? -1
    if largest == Int.max { throw TensorError("bad-size", "\(largest) is too large to count to") }
    let size = max(minimum, largest + 1)
    guard let weights else {
      let y = try Tensor.full([size], 0, .i64)
      let q = y.pointer(Int.self)
      for value in values { q[value] += 1 }
      return y
    }
    let y = try Tensor.full([size], 0, weights.dtype == .f32 ? .f32 : .f64)
    let shares = weights.doubles()
    for (value, share) in zip(values, shares) { y.store(y.element(value) + share, value) }
    return y
  }

  /// Counts of elements in equal bins from `low` to `high` (the extremes where both are 0).
  package func histogram(_ bins: Int, _ low: Double, _ high: Double) throws(TensorError) -> Tensor {
    if bins < 1 { throw TensorError("bad-argument", "histc needs at least 1 bin", argument: 1) }
    let x = try floating().packed()
    var (from, to) = (low, high)
    if from == to, x.count > 0, !isMeta {
      let values = x.doubles()
      from = values.min() ?? 0
      to = values.max() ?? 0
    }
    if from == to { (from, to) = (from - 1, to + 1) }
    if !(from.isFinite && to.isFinite && from < to) {
      throw TensorError(
        "bad-argument", "histc needs finite bounds in rising order, got \(from) and \(to)",
        argument: 2)
    }
    let y = try Tensor.full([bins], 0, x.dtype, meta: isMeta)
    if isMeta { return y }
    let counts = try Tensor.full([bins], 0, .i64)
    let q = counts.pointer(Int.self)
    for i in 0..<x.count {
      let v = x.element(i)
      if v >= from && v <= to {
        q[min(bins - 1, Int((v - from) / (to - from) * Double(bins)))] += 1
      }
    }
    return try counts.to(x.dtype)
  }
}

/// Runs of equals in an order.
private struct Groups {
  /// The first member of each run, the run of each element, the sizes.
  var first: [Int] = []
  var inverse: [Int]
  var counts: [Int] = []

  /// `continues` says whether the element at a place of the order equals the one before it.
  init(_ order: [Int], _ continues: (Int) -> Bool) {
    inverse = [Int](repeating: 0, count: order.count)
    for (i, at) in order.enumerated() {
      if i > 0, continues(i) {
        counts[counts.count - 1] += 1
      } else {
        first.append(at)
        counts.append(1)
      }
      inverse[at] = first.count - 1
    }
  }
}
