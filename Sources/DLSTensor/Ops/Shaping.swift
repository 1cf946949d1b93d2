// What the shape words do: tiling, padding, triangles, diagonals, rolling, picking.

extension Tensor {
  package func tiled(_ repeats: [Int]) throws(TensorError) -> Tensor {
    if repeats.count < rank || repeats.contains(where: { $0 < 0 }) {
      throw TensorError(
        "bad-argument", "repeat needs a count for each of the \(rank) dims", argument: 1)
    }
    // [r, s] for every dim, r stretched: one copy makes the whole.
    var (pairs, wide, whole) = ([Int](), [Int](), [Int]())
    for (axis, n) in repeats.enumerated() {
      let own = axis < repeats.count - rank ? 1 : shape[axis - repeats.count + rank]
      pairs += [1, own]
      wide += [n, own]
      let (size, overflow) = n.multipliedReportingOverflow(by: own)
      if overflow { throw TensorError("bad-size", "the result has too many elements to hold") }
      whole.append(size)
    }
    _ = try Tensor.count(of: whole)
    return try reshape(pairs).expand(wide).reshape(whole)
  }

  /// PyTorch's pad: pairs from the last dimension backwards.
  package func padded(_ sizes: [Int], _ mode: String, _ value: Double) throws(TensorError) -> Tensor
  {
    if sizes.count % 2 != 0 || sizes.count / 2 > rank {
      throw TensorError(
        "bad-argument", "pad needs two numbers a dimension, got \(sizes.count)", argument: 1)
    }
    if let far = sizes.first(where: { $0.magnitude > 1 << 40 }) {
      throw TensorError("bad-size", "pad cannot add \(far) elements", argument: 1)
    }
    if !["constant", "reflect", "replicate", "circular"].contains(mode) {
      throw TensorError(
        "bad-argument", "pad's mode must be constant, reflect, replicate or circular", argument: 2)
    }
    var y = self
    for k in 0..<(sizes.count / 2) {
      let axis = rank - 1 - k
      let (before, after) = (sizes[2 * k], sizes[2 * k + 1])
      let n = y.shape[axis]
      if n + before + after < 0 {
        throw TensorError("bad-argument", "pad takes more away than there is", argument: 1)
      }
      if mode == "constant" {
        let low = max(-before, 0)
        let kept = max(0, n - low - max(-after, 0))
        let core = try y.slice(axis: axis, from: min(low, max(n - 1, 0)), count: kept, step: 1)
        var shape = y.shape
        func block(_ size: Int) throws(TensorError) -> Tensor {
          shape[axis] = max(size, 0)
          return try Tensor.full(shape, value, dtype, meta: isMeta)
        }
        y = try Tensor.cat([block(before), core, block(after)], axis)
        continue
      }
      if n == 0, before + after > 0 {
        throw TensorError(
          "bad-argument", "pad has nothing to repeat in dim \(axis) of size 0", argument: 1)
      }
      if mode == "circular", max(before, after) > n {
        throw TensorError("bad-argument", "circular pads at most the size, \(n)", argument: 1)
      }
      _ = try Tensor.count(of: [n + before + after])
      var index: [Int] = []
      for p in -before..<(n + after) {
        switch mode {
        case "replicate": index.append(min(max(p, 0), n - 1))
        case "circular": index.append(((p % n) + n) % n)
        default:
          if p < -(n - 1) || p > 2 * (n - 1) {
            throw TensorError("bad-argument", "reflect pads less than the size", argument: 1)
          }
          index.append(p < 0 ? -p : p >= n ? 2 * (n - 1) - p : p)
        }
      }
      y = try y.index(
        Array(repeating: .slice(from: nil, to: nil, step: 1), count: axis) + [
          .tensor(Tensor.of(index))
        ])
    }
    return y
  }

  /// What lies on and under (over, when `upper`) a diagonal; zeros elsewhere.
  package func triangle(upper: Bool, _ offset: Int) throws(TensorError) -> Tensor {
    if rank < 2 {
      throw TensorError(
        "shape-mismatch", "a triangle needs a matrix, got \(typeText)", argument: 0,
        labels: [(0, typeText)])
    }
    let y = try Tensor.full(shape, 0, dtype, meta: isMeta)
    if !isMeta, y.count > 0 {
      let x = packed()
      let (rows, columns, size) = (shape[rank - 2], shape[rank - 1], dtype.size)
      for row in 0..<(count / columns) {
        let edge = min(max(row % rows + min(max(offset, -1 << 48), 1 << 48), -1), columns)
        let (from, to) = upper ? (max(edge, 0), columns) : (0, min(edge + 1, columns))
        if from >= to { continue }
        let at = (row * columns + from) * size
        (y.storage.pointer + at).copyMemory(
          from: x.storage.pointer + x.offset * size + at, byteCount: (to - from) * size)
      }
    }
    return Autograd.record("triangle", [self], y) { g, _ throws(TensorError) in
      [try g.triangle(upper: upper, offset)]
    }
  }

  /// A vector on a diagonal of a matrix of zeros, or the diagonal of a matrix.
  func diagonal(_ offset: Int) throws(TensorError) -> Tensor {
    if rank == 0 || rank > 2 || offset.magnitude > 1 << 40 {
      throw TensorError(
        "bad-argument", "diag needs a vector or a matrix, got \(typeText)", argument: 0,
        labels: [(0, typeText)])
    }
    let (down, right) = (max(-offset, 0), max(offset, 0))
    let size =
      rank == 1 ? shape[0] : max(0, min(shape[0] - down, shape[1] - right))
    let rows = try Tensor.of((0..<size).map { $0 + down })
    let columns = try Tensor.of((0..<size).map { $0 + right })
    if rank == 2 { return try index([.tensor(rows), .tensor(columns)]) }
    let side = size + down + right
    return try Tensor.assigning(
      Tensor.full([side, side], 0, dtype, meta: isMeta),
      at: [.tensor(rows), .tensor(columns)], self)
  }

  /// Shifted round along dims, or all elements as one row.
  func rolled(_ shifts: [Int], _ dims: [Int]?) throws(TensorError) -> Tensor {
    guard let dims, !dims.isEmpty else {
      if shifts.count != 1 {
        throw TensorError(
          "bad-argument", "roll needs a dim for each shift, got \(shifts.count) shifts", argument: 1
        )
      }
      return try reshape([count]).rolled(shifts, [0]).reshape(shape)
    }
    if dims.count != shifts.count {
      throw TensorError(
        "bad-argument", "roll needs as many dims as shifts, got \(dims.count) and \(shifts.count)",
        argument: 2)
    }
    var y = self
    for (shift, dim) in zip(shifts, dims) {
      let axis = try y.axis(dim, argument: 2)
      let n = y.rank == 0 ? 1 : y.shape[axis]
      if n < 2 { continue }
      let k = ((shift % n) + n) % n
      y = try Tensor.cat(
        [
          y.slice(axis: axis, from: n - k, count: k, step: 1),
          y.slice(axis: axis, from: 0, count: n - k, step: 1),
        ], axis)
    }
    return y
  }

  /// Where the mask holds, in one row; tensor and mask stretch to meet.
  func maskedSelect(_ mask: Tensor) throws(TensorError) -> Tensor {
    if mask.dtype != .bool {
      throw TensorError(
        "dtype-mismatch", "the mask must be a bool tensor, got \(mask.typeText)", argument: 1,
        labels: [(1, mask.typeText)], help: ["a comparison makes one: `{1} != 0`"])
    }
    if mask.rank == 0 || shape != mask.shape {
      let common = try Tensor.broadcast(self, mask, "masked_select")
      let (x, m) = try (expand(common), mask.expand(common))
      return try x.reshape([x.count]).index([.tensor(m.reshape([m.count]))])
    }
    return try index([.tensor(mask)])
  }

  /// `gather` with dimensions that stretch; over all elements as one row without a dim.
  func taken(_ indices: Tensor, _ dim: Int?) throws(TensorError) -> Tensor {
    guard let dim else { return try reshape([count]).gather(0, indices.reshape([indices.count])) }
    let axis = try self.axis(dim, argument: 2)
    if indices.rank != rank || rank == 0 { return try gather(axis, indices) }
    var (own, other) = (shape, indices.shape)
    for a in 0..<rank where a != axis {
      if own[a] != other[a], own[a] != 1, other[a] != 1 {
        throw TensorError(
          "shape-mismatch",
          "take_along_dim cannot pair \(describeShape) with indices \(indices.describeShape)",
          argument: 1, labels: [(0, describeShape), (1, indices.describeShape)])
      }
      own[a] = max(own[a], other[a] == 0 ? 0 : other[a])
      if other[a] == 0 { own[a] = 0 }
      other[a] = own[a]
    }
    return try expand(own).gather(axis, indices.expand(other))
  }
}
