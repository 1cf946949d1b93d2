// The usual indices, `x[mask]` and `x[positions]`, without the general machinery.

extension Tensor {
  /// Rows by one mask over the first dims or by one list of ints; nil for all else.
  func picked(by t: Tensor) throws(TensorError) -> Tensor? {
    if rank == 0 || t.isMeta { return nil }
    if t.dtype == .bool, t.rank > 0, t.rank <= rank, t.shape == Array(shape.prefix(t.rank)) {
      let rest = Array(shape[t.rank...])
      let rows = try reshape([t.count, rest.reduce(1, *)]).rows(at: t.truePositions())
      return try rows.reshape([rows.shape[0]] + rest)
    }
    guard t.dtype == .i64 else { return nil }
    let rest = Array(shape[1...])
    let at = try t.detached.positions(in: shape[0])
    let rows = try reshape([shape[0], rest.reduce(1, *)]).rows(at: at)
    return try rows.reshape(t.shape + rest)
  }

  /// Ints as positions from 0, each checked against a size before anything is read with it.
  private func positions(in size: Int) throws(TensorError) -> Tensor {
    let list = packed()
    let p = list.pointer(Int.self)
    var isPlain = true
    for i in 0..<count {
      if p[i] >= size || p[i] < -size {
        throw TensorError(
          "index-out-of-range",
          "index \(p[i]) (at position \(i) of the list) is out of range for a dimension of size "
            + "\(size)")
      }
      isPlain = isPlain && p[i] >= 0
    }
    if isPlain { return try list.reshape([count]) }
    let y = try Tensor.empty([count], .i64)
    let q = y.pointer(Int.self)
    for i in 0..<count { q[i] = p[i] < 0 ? p[i] + size : p[i] }
    withExtendedLifetime(list) {}
    return y
  }

  /// Row-major positions of a mask's true elements.
  func truePositions() throws(TensorError) -> Tensor {
    let mask = try detached.to(.bool).packed()
    if isMeta { return try Tensor.empty([0], .i64) }
    let p = mask.pointer(UInt8.self)
    var total = 0
    for i in 0..<count { total &+= Int(p[i]) }
    let y = try Tensor.empty([total], .i64)
    let q = y.pointer(Int.self)
    var (i, k) = (0, 0)
    // Written always, counted when true: no branch to guess wrong.
    while k < total {
      q[k] = i
      k &+= Int(p[i])
      i &+= 1
    }
    withExtendedLifetime((mask, y)) {}
    return y
  }

  /// For a mask: the positions of its true elements, one list a dimension.
  func nonzeroColumns() throws(TensorError) -> [Tensor] {
    let found = try truePositions()
    if rank == 1 { return [found] }
    let p = found.pointer(Int.self)
    let steps = Tensor.rowMajor(shape)
    var columns: [Tensor] = []
    for axis in 0..<rank {
      let (step, size) = (steps[axis], shape[axis])
      let y = try Tensor.empty([found.count], .i64)
      let q = y.pointer(Int.self)
      for i in 0..<found.count { q[i] = p[i] / step % size }
      columns.append(y)
    }
    withExtendedLifetime(found) {}
    return columns
  }
}
