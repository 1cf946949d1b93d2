// Rows of tables at positions.

extension Tensor {
  /// Positions counted from 0, checked against a table's height before memory is touched.
  func checkedPositions(_ rows: Int, _ word: String) throws(TensorError) -> Tensor {
    if dtype != .i64 {
      throw TensorError(
        "dtype-mismatch", "\(word) needs int positions, got \(typeText)", argument: 0,
        help: ["convert them: `{0}.to(i64)`"])
    }
    if isMeta { return self }
    let whole = packed()
    let at = whole.pointer(Int.self)
    for i in 0..<count where at[i] < 0 || at[i] >= rows {
      throw TensorError(
        "index-out-of-range",
        "\(word): position \(at[i]) at \(i) is out of range for a table of \(rows) rows",
        argument: 0)
    }
    return whole
  }

  /// weight[self], without gradient to the row `padding`; rows longer than `maxNorm` shortened.
  package func embedding(
    _ weight: Tensor, padding: Int?, maxNorm: Double? = nil, normType: Double = 2,
    byFrequency: Bool = false
  ) throws(TensorError) -> Tensor {
    if weight.rank != 2 {
      throw TensorError(
        "shape-mismatch", "embedding needs a table [rows, dim], got \(weight.describeShape)",
        argument: 1, labels: [(1, weight.typeText)])
    }
    let at = try checkedPositions(weight.shape[0], "embedding").reshape([count])
    let table = byFrequency && !isMeta ? try weight.gradientDivided(by: at) : weight
    var picked = try table.rows(at: at)
    if let maxNorm {
      let lengths = try picked.detached.norm(normType, [1], keepdim: true)
      let limit = try lengths.number(maxNorm)
      let scale = try Tensor.select(
        lengths.greater(limit), limit / (lengths + lengths.number(1e-7)), lengths.number(1))
      // PyTorch shortens the table itself first, so the gradient is that of what it holds then.
      picked = try picked + (picked.detached * scale - picked.detached)
    }
    if let padding {
      let row = padding < 0 ? padding + weight.shape[0] : padding
      if row < 0 || row >= weight.shape[0] {
        throw TensorError(
          "index-out-of-range",
          "padding_idx \(padding) is out of range for a table of \(weight.shape[0]) rows",
          argument: 2)
      }
      if picked.isTracked {
        let isPadding = try at.equal(Tensor.scalar(row)).unsqueeze(1)
        picked = try Tensor.select(isPadding, picked.detached, picked)
      }
    }
    return try picked.reshape(shape + [weight.shape[1]])
  }

  /// The same table, the gradient of each row divided by how often it was asked for.
  private func gradientDivided(by positions: Tensor) throws(TensorError) -> Tensor {
    let counts = try positions.bincount(nil, shape[0])
    return Autograd.record("embedding", [self], self) { g, _ throws(TensorError) in
      [try g / Tensor.maximum(counts, Tensor.scalar(1)).to(g.dtype).unsqueeze(1)]
    }
  }
}

extension Tensor {
  /// Bags of rows reduced to one vector each: input [bags, n], or [n] with the bags' first positions.
  package func embeddingBag(
    _ weight: Tensor, offsets: Tensor?, mode: String, weights: Tensor?, padding: Int?
  ) throws(TensorError) -> Tensor {
    guard ["sum", "mean", "max"].contains(mode) else {
      throw TensorError(
        "bad-argument", "embedding_bag's mode is sum, mean or max, not \"\(mode)\"", argument: 3)
    }
    if weights != nil, mode != "sum" {
      throw TensorError(
        "bad-argument", "per_sample_weights go with mode=\"sum\" only", argument: 4)
    }
    let starts = try bagStarts(offsets)
    let row = padding.map { $0 < 0 ? $0 &+ (weight.shape.first ?? 0) : $0 }
    let at = try checkedPositions(weight.shape.first ?? 0, "embedding_bag").reshape([count])
    // What each bag holds, padding left out.
    var kept: [Int] = []
    var bags: [Int] = []
    var sizes = [Int](repeating: 0, count: starts.count)
    if !isMeta {
      let positions = at.ints()
      for (bag, start) in starts.enumerated() {
        let end = bag + 1 < starts.count ? starts[bag + 1] : count
        for i in start..<end where positions[i] != row {
          kept.append(i)
          bags.append(bag)
          sizes[bag] += 1
        }
      }
    }
    var picked = try embedding(weight, padding: padding).reshape([count, weight.shape[1]])
    if isMeta { return try Tensor.meta([starts.count, weight.shape[1]], weight.dtype) }
    if let weights {
      if weights.shape != shape {
        throw TensorError(
          "shape-mismatch",
          "per_sample_weights need the input's shape \(describeShape), got "
            + weights.describeShape, argument: 4)
      }
      picked = try picked * weights.reshape([count, 1])
    }
    if kept.count != count { picked = try picked.rows(at: Tensor.of(kept)) }
    if mode == "max" {
      var parts: [Tensor] = []
      var from = 0
      for size in sizes {
        parts.append(
          size == 0
            ? try Tensor.full([weight.shape[1]], 0, picked.dtype)
            : try picked.slice(axis: 0, from: from, count: size, step: 1).extreme(
              0, keepdim: false, largest: true
            ).0)
        from += size
      }
      return parts.isEmpty
        ? try Tensor.full([0, weight.shape[1]], 0, picked.dtype) : try Tensor.stack(parts, 0)
    }
    let sums = try picked.scattered(rows: starts.count, at: Tensor.of(bags))
    if mode == "sum" { return sums }
    let scale = try Tensor.of(
      sizes.map { 1 / Double(max($0, 1)) }, shape: [sizes.count, 1], as: picked.dtype)
    return try sums * scale
  }

  private func bagStarts(_ offsets: Tensor?) throws(TensorError) -> [Int] {
    guard let offsets else {
      if rank == 2 { return (0..<shape[0]).map { $0 * shape[1] } }
      throw TensorError(
        "shape-mismatch",
        "embedding_bag takes [bags, n], or [n] with offsets, got \(describeShape)",
        argument: 0, labels: [(0, typeText)])
    }
    if rank != 1 || offsets.rank != 1 || offsets.dtype != .i64 {
      throw TensorError(
        "shape-mismatch",
        "embedding_bag with offsets takes [n] and int offsets [bags], got "
          + "\(describeShape) and \(offsets.typeText)", argument: 2)
    }
    let starts = offsets.ints()
    for (i, start) in starts.enumerated()
    where start < 0 || start > count || (i == 0 ? start != 0 : start < starts[i - 1]) {
      throw TensorError(
        "bad-argument",
        "offsets begin at 0 and grow up to \(count), got \(start) at \(i)", argument: 2)
    }
    return starts
  }
}
