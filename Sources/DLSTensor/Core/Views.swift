// Shapes seen differently: views that share storage, and the copy that makes one contiguous.

extension Tensor {
  static func isRowMajor(_ shape: [Int], _ strides: [Int]) -> Bool {
    var step = 1
    for axis in stride(from: shape.count - 1, through: 0, by: -1) {
      if shape[axis] == 0 { return true }
      if shape[axis] != 1 {
        if strides[axis] != step { return false }
        step *= shape[axis]
      }
    }
    return true
  }

  /// Another look at the same storage. Untracked; the caller records.
  func view(_ shape: [Int], _ strides: [Int], offset: Int? = nil) -> Tensor {
    let isRowMajor = Tensor.isRowMajor(shape, strides)
    return Tensor(
      storage: storage, offset: offset ?? self.offset, shape: shape,
      strides: isRowMajor ? nil : strides, dtype: dtype, count: shape.reduce(1, *),
      isContiguous: isRowMajor)
  }

  /// The same row-major elements in another shape of as many. Untracked; the caller records.
  func reshaped(_ shape: [Int]) -> Tensor {
    Tensor(
      storage: storage, offset: offset, shape: shape, strides: nil, dtype: dtype, count: count,
      isContiguous: true)
  }

  /// Row-major elements without gaps; itself when it already is. Untracked.
  func packed() -> Tensor {
    if isContiguous { return self }
    if isMeta { return reshaped(shape) }
    guard let result = try? Tensor.empty(shape, dtype) else { return self }
    switch dtype.size {
    case 1: Strided.copy(UInt8.self, from: self, to: result)
    case 4: Strided.copy(UInt32.self, from: self, to: result)
    default: Strided.copy(UInt64.self, from: self, to: result)
    }
    return result
  }

  package func contiguous() throws(TensorError) -> Tensor {
    if isContiguous { return self }
    return Autograd.record("contiguous", [self], packed()) { g, _ in [g] }
  }

  /// Counts an axis from the end when negative; an error names the range.
  package func axis(_ dim: Int, argument: Int? = nil) throws(TensorError) -> Int {
    let rank = max(self.rank, 1)
    let axis = dim < 0 ? dim + rank : dim
    if axis < 0 || axis >= rank {
      throw TensorError(
        "bad-dim",
        "dim \(dim) is out of range for a tensor of \(self.rank) dimension\(self.rank == 1 ? "" : "s")",
        argument: argument, labels: [(0, typeText)],
        notes: ["dims run from \(-rank) to \(rank - 1)"])
    }
    return axis
  }

  /// The same where the axis is to be cut or walked: a number has none.
  func wholeAxis(_ dim: Int, _ word: String) throws(TensorError) -> Int {
    if rank == 0 {
      throw TensorError(
        "bad-dim", "`\(word)` needs at least one dimension, and a number has none", argument: 0,
        labels: [(0, typeText)], help: ["`{0}.reshape(1)` is a vector"])
    }
    return try axis(dim)
  }

  package func axes(_ dims: [Int]) throws(TensorError) -> [Int] {
    var result: [Int] = []
    for dim in dims {
      let axis = try axis(dim)
      if result.contains(axis) {
        throw TensorError("bad-dim", "dim \(dim) is given twice", labels: [(0, typeText)])
      }
      result.append(axis)
    }
    return result
  }

  package func reshape(_ sizes: [Int]) throws(TensorError) -> Tensor {
    var shape = sizes
    if let hole = sizes.firstIndex(of: -1) {
      shape[hole] = 1
      let rest = try Tensor.count(of: shape)
      if rest == 0 || count % rest != 0 || sizes.lastIndex(of: -1) != hole {
        throw misfit(sizes)
      }
      shape[hole] = count / rest
    }
    if try Tensor.count(of: shape) != count { throw misfit(sizes) }
    if shape == self.shape { return self }
    let whole = isContiguous ? self : packed()
    let old = self.shape
    return Autograd.record("reshape", [self], whole.reshaped(shape)) { g, _ throws(TensorError) in
      [try g.reshape(old)]
    }
  }

  private func misfit(_ sizes: [Int]) -> TensorError {
    TensorError(
      "shape-mismatch",
      "cannot reshape \(Tensor.describe(shape)) to \(Tensor.describe(sizes))",
      labels: [(0, Tensor.describe(shape))],
      notes: ["it has \(count) elements"],
      help: ["at most one size may be -1, and is then worked out from the others"])
  }

  package func permute(_ dims: [Int]) throws(TensorError) -> Tensor {
    let order = try axes(dims)
    if order.count != rank {
      throw TensorError(
        "bad-dim", "permute needs all \(rank) dims, got \(dims.count)", labels: [(0, typeText)])
    }
    var inverse = order
    for (to, from) in order.enumerated() { inverse[from] = to }
    return Autograd.record(
      "permute", [self], view(order.map { shape[$0] }, order.map { strides[$0] })
    ) { g, _ throws(TensorError) in [try g.permute(inverse)] }
  }

  package func transpose(_ a: Int, _ b: Int) throws(TensorError) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(try axis(a), try axis(b))
    return try permute(order)
  }

  /// `x'`: the last two dimensions swapped; a vector stays as it is.
  package func transposed() throws(TensorError) -> Tensor {
    if rank < 2 { return self }
    var (sizes, steps) = (shape, strides)
    sizes.swapAt(rank - 2, rank - 1)
    steps.swapAt(rank - 2, rank - 1)
    return Autograd.record("permute", [self], view(sizes, steps)) { g, _ throws(TensorError) in
      [try g.transposed()]
    }
  }

  /// Stretches size-1 axes to `sizes` (-1 keeps one), adding axes in front.
  package func expand(_ sizes: [Int]) throws(TensorError) -> Tensor {
    let added = sizes.count - rank
    var shape = sizes
    var strides = [Int](repeating: 0, count: sizes.count)
    var fits = added >= 0
    if fits {
      for axis in 0..<sizes.count {
        let own = axis < added ? 1 : self.shape[axis - added]
        if sizes[axis] == -1, axis >= added { shape[axis] = own }
        if shape[axis] == own, axis >= added {
          strides[axis] = self.strides[axis - added]
        } else if own != 1 {
          fits = false
        }
      }
    }
    if !fits {
      throw TensorError(
        "shape-mismatch",
        "cannot expand \(Tensor.describe(self.shape)) to \(Tensor.describe(sizes))",
        labels: [(0, Tensor.describe(self.shape))], notes: ["only axes of size 1 stretch"])
    }
    _ = try Tensor.count(of: shape)
    if shape == self.shape { return self }
    let old = self.shape
    return Autograd.record("expand", [self], view(shape, strides)) { g, _ throws(TensorError) in
      [try g.reduced(to: old)]
    }
  }

  /// Sums a gradient of a stretched shape back to the shape that was stretched.
  package func reduced(to target: [Int]) throws(TensorError) -> Tensor {
    if shape == target { return self }
    let added = rank - target.count
    var axes = Array(0..<max(added, 0))
    for axis in max(added, 0)..<rank where target[axis - added] == 1 && shape[axis] != 1 {
      axes.append(axis)
    }
    return try sum(axes, keepdim: true).reshape(target)
  }

  package func squeeze(_ dims: [Int]?) throws(TensorError) -> Tensor {
    let chosen = try dims.map { d throws(TensorError) in try axes(d) } ?? Array(0..<rank)
    if rank == 0 { return self }
    let kept = (0..<rank).filter { !(chosen.contains($0) && shape[$0] == 1) }
    if kept.count == rank { return self }
    // A view even where the strides are not row-major: `x[:, 1] = v` writes through it.
    let old = shape
    return Autograd.record(
      "squeeze", [self], view(kept.map { shape[$0] }, kept.map { strides[$0] })
    ) { g, _ throws(TensorError) in [try g.reshape(old)] }
  }

  package func unsqueeze(_ dim: Int) throws(TensorError) -> Tensor {
    let axis = dim < 0 ? dim + rank + 1 : dim
    if axis < 0 || axis > rank {
      throw TensorError(
        "bad-dim", "dim \(dim) is out of range: unsqueeze takes \(-rank - 1) to \(rank)",
        labels: [(0, typeText)])
    }
    var sizes = shape
    sizes.insert(1, at: axis)
    var steps = strides
    steps.insert(axis < rank ? shape[axis] * strides[axis] : 1, at: axis)
    return Autograd.record("unsqueeze", [self], view(sizes, steps)) { g, _ throws(TensorError) in
      [try g.squeeze([axis])]
    }
  }

  package func flatten(_ from: Int = 0, _ to: Int = -1) throws(TensorError) -> Tensor {
    if rank == 0 { return try reshape([1]) }
    let first = try axis(from)
    let last = try axis(to)
    if first > last { throw TensorError("bad-dim", "flatten's start_dim lies after its end_dim") }
    let middle = shape[first...last].reduce(1, *)
    return try reshape(Array(shape[..<first]) + [middle] + Array(shape[(last + 1)...]))
  }

  /// A part along one axis: elements from, from + step, … (`count` of them); step may be negative.
  package func slice(axis: Int, from: Int, count: Int, step: Int) throws(TensorError) -> Tensor {
    if from == 0, count == shape[axis], step == 1 { return self }
    var sizes = shape
    sizes[axis] = count
    var steps = strides
    // One element has no next: any step will do, however far it would lead.
    if count > 1 { steps[axis] *= step }
    let part = view(sizes, steps, offset: count == 0 ? offset : offset + from * strides[axis])
    let whole = shape
    return Autograd.record("slice", [self], part) { g, _ throws(TensorError) in
      [try g.unsliced(into: whole, axis: axis, from: from, step: step)]
    }
  }

  /// Zeros of a shape with this tensor in the part that `slice` would take.
  func unsliced(into whole: [Int], axis: Int, from: Int, step: Int) throws(TensorError) -> Tensor {
    let result = try Tensor.full(whole, 0, dtype, meta: isMeta)
    var steps = result.strides
    if shape[axis] > 1 { steps[axis] *= step }
    let part = result.view(shape, steps, offset: count == 0 ? 0 : from * result.strides[axis])
    if !isMeta { Strided.assign(part, self) }
    let count = shape[axis]
    return Autograd.record("unslice", [self], result) { g, _ throws(TensorError) in
      [try g.slice(axis: axis, from: from, count: count, step: step)]
    }
  }
}
