// Parts of tensors: x[…] with numbers, slices, lists and masks; its assignment; gather and scatter.

/// One item between the brackets.
package enum TensorIndex {
  case int(Int)
  case slice(from: Int?, to: Int?, step: Int)
  case ellipsis
  case newAxis
  /// i64 positions, or a bool mask over as many dims as it has.
  case tensor(Tensor)
}

/// What the brackets come to: a view by numbers and slices, and the axes of it that lists pick from.
private struct Selection {
  var view: Tensor
  /// Axis of the view and the positions along it, for every list or mask.
  var lists: [(axis: Int, positions: Tensor)] = []

  init(_ x: Tensor, _ items: [TensorIndex]) throws(TensorError) {
    var taken = 0
    for item in items {
      switch item {
      case .int, .slice: taken += 1
      case .tensor(let t): taken += t.dtype == .bool ? max(t.rank, 1) : 1
      case .ellipsis, .newAxis: break
      }
    }
    if taken > x.rank {
      throw TensorError(
        "too-many-indices",
        "\(taken) indices for a tensor of \(x.rank) dimension\(x.rank == 1 ? "" : "s")",
        labels: [(0, x.typeText)])
    }
    view = x
    var axis = 0
    var source = 0
    var sawEllipsis = false
    for item in items {
      switch item {
      case .int(let i):
        let size = view.shape[axis]
        let at = i < 0 ? i + size : i
        if at < 0 || at >= size {
          throw TensorError(
            "index-out-of-range",
            "index \(i) is out of range for a dimension of size \(size)",
            labels: [(0, x.typeText)],
            notes: [
              size == 0
                ? "it is empty" : "indices run from 0 to \(size - 1), or from -\(size) to -1"
            ])
        }
        view = try view.slice(axis: axis, from: at, count: 1, step: 1).squeeze([axis])
        source += 1
      case .slice(let from, let to, let step):
        let range = try Selection.resolve(from, to, step, view.shape[axis])
        view = try view.slice(axis: axis, from: range.from, count: range.count, step: step)
        axis += 1
        source += 1
      case .ellipsis:
        if sawEllipsis { throw TensorError("bad-index", "`...` may stand once in an index") }
        sawEllipsis = true
        axis += x.rank - taken
        source += x.rank - taken
      case .newAxis:
        view = try view.unsqueeze(axis)
        axis += 1
      case .tensor(let t) where t.dtype == .bool:
        let sizes = Array(view.shape[axis..<min(axis + t.rank, view.rank)])
        if t.shape != sizes || t.rank == 0 {
          throw TensorError(
            "shape-mismatch",
            "a mask of shape \(t.describeShape) does not fit dimensions \(Tensor.describe(sizes))",
            labels: [(0, x.typeText)])
        }
        for column in try t.nonzeroColumns() {
          lists.append((axis, column))
          axis += 1
        }
        source += t.rank
      case .tensor(let t):
        if t.dtype != .i64 {
          throw TensorError(
            "dtype-mismatch", "an index must be ints or bools, not \(t.dtype.name)",
            help: ["convert it: `.to(i64)`"])
        }
        lists.append((axis, t))
        axis += 1
        source += 1
      }
    }
  }

  /// Where a slice begins and how many elements it has, as Python counts.
  static func resolve(_ from: Int?, _ to: Int?, _ step: Int, _ size: Int) throws(TensorError)
    -> (from: Int, count: Int)
  {
    if step == 0 { throw TensorError("bad-index", "a slice's step cannot be 0") }
    func clip(_ i: Int, _ low: Int, _ high: Int) -> Int {
      let at = i < 0 ? i &+ size : i
      return min(max(at, low), high)
    }
    if step > 0 {
      let a = clip(from ?? 0, 0, size)
      let b = clip(to ?? size, 0, size)
      return (a, b > a ? (b - a - 1) / step + 1 : 0)
    }
    let a = from.map { clip($0, -1, size - 1) } ?? size - 1
    let b = to.map { clip($0, -1, size - 1) } ?? -1
    return (max(a, 0), a > b ? (a - b - 1) / (0 - max(step, -Int.max)) + 1 : 0)
  }

  /// The view with the listed axes in front: the rows that `flat` positions count.
  func rows() throws(TensorError) -> (rows: Tensor, positions: Tensor, shape: [Int]) {
    let axes = lists.map(\.axis)
    var common: [Int] = []
    for list in lists {
      let rank = max(common.count, list.positions.rank)
      let p = [Int](repeating: 1, count: rank - common.count) + common
      let q = [Int](repeating: 1, count: rank - list.positions.rank) + list.positions.shape
      for (a, b) in zip(p, q) where a != b && a != 1 && b != 1 {
        throw TensorError(
          "shape-mismatch",
          "index lists of shapes \(Tensor.describe(common)) and "
            + "\(list.positions.describeShape) do not go together")
      }
      common = zip(p, q).map { $0 == 1 ? $1 : $0 }
    }
    let count = common.reduce(1, *)
    var flat = [Int](repeating: 0, count: view.isMeta ? 0 : count)
    for list in lists where !view.isMeta {
      let size = view.shape[list.axis]
      let wide = list.positions.view(
        [Int](repeating: 1, count: common.count - list.positions.rank) + list.positions.shape,
        [Int](repeating: 0, count: common.count - list.positions.rank) + list.positions.strides)
      let values = wide.view(
        common, (0..<common.count).map { wide.shape[$0] == common[$0] ? wide.strides[$0] : 0 }
      ).ints()
      for i in 0..<count {
        let v = values[i] < 0 ? values[i] + size : values[i]
        if v < 0 || v >= size {
          throw TensorError(
            "index-out-of-range",
            "index \(values[i]) (at position \(i) of the list) is out of range for a dimension "
              + "of size \(size)")
        }
        flat[i] = flat[i] * size + v
      }
    }
    let order = axes + (0..<view.rank).filter { !axes.contains($0) }
    let moved = try view.permute(order)
    let listed = moved.shape[..<axes.count].reduce(1, *)
    let rest = Array(moved.shape[axes.count...])
    let rows = try moved.reshape([listed, rest.reduce(1, *)])
    let positions =
      view.isMeta ? try Tensor.meta([count], .i64) : try Tensor.of(flat)
    // NumPy's rule: neighbouring lists leave their place, others move to the front.
    let together = axes.last.map { $0 - axes[0] == axes.count - 1 } ?? true
    let before = together ? axes[0] : 0
    return (rows, positions, Array(rest[..<before]) + common + Array(rest[before...]))
  }

  /// How many dims of the rest stand before the listed ones, and how many the lists make.
  func arrangement(_ shape: [Int]) -> (before: Int, listed: Int) {
    let axes = lists.map(\.axis)
    let together = axes[axes.count - 1] - axes[0] == axes.count - 1
    return (together ? axes[0] : 0, shape.count - (view.rank - axes.count))
  }
}

extension Tensor {
  package func index(_ items: [TensorIndex]) throws(TensorError) -> Tensor {
    if items.count == 1, case .tensor(let t) = items[0], let rows = try picked(by: t) {
      return rows
    }
    let selection = try Selection(self, items)
    if selection.lists.isEmpty { return selection.view }
    let (rows, positions, shape) = try selection.rows()
    let picked = try rows.rows(at: positions)
    let (before, listed) = selection.arrangement(shape)
    if before == 0 { return try picked.reshape(shape) }
    let front = Array(shape[before..<(before + listed)])
    let rest = Array(shape[..<before]) + Array(shape[(before + listed)...])
    let order =
      Array(listed..<(listed + before)) + Array(0..<listed)
      + Array((listed + before)..<shape.count)
    return try picked.reshape(front + rest).permute(order)
  }

  /// Rows of a matrix; the gradient adds back into them.
  package func rows(at positions: Tensor) throws(TensorError) -> Tensor {
    let (n, width) = (positions.count, shape[1])
    let y = try Tensor.empty([n, width], dtype, meta: isMeta || positions.isMeta)
    if !y.isMeta {
      let x = packed()
      let places = positions.packed()
      let at = places.pointer(Int.self)
      if width == 1 {
        GatherKernels.take(x, at, n, y)
      } else {
        let size = width * dtype.size
        let from = x.storage.pointer + x.offset * dtype.size
        for i in 0..<n {
          (y.storage.pointer + i * size).copyMemory(from: from + at[i] * size, byteCount: size)
        }
      }
      withExtendedLifetime((x, places)) {}
    }
    let height = shape[0]
    return Autograd.record("rows", [self], y) { g, _ throws(TensorError) in
      [try g.scattered(rows: height, at: positions)]
    }
  }

  /// Zeros [rows, width] with this matrix's rows added at positions.
  package func scattered(rows: Int, at positions: Tensor) throws(TensorError) -> Tensor {
    let y = try Tensor.full([rows, shape[1]], 0, dtype, meta: isMeta || positions.isMeta)
    if !y.isMeta {
      let x = packed()
      let places = positions.packed()
      let at = places.pointer(Int.self)
      let width = shape[1]
      switch dtype {
      case .f32: Tensor.addRows(x.pointer(Float.self), at, y.pointer(Float.self), shape[0], width)
      case .f64: Tensor.addRows(x.pointer(Double.self), at, y.pointer(Double.self), shape[0], width)
      case .i64, .bool:
        for i in 0..<count {
          let to = at[i / max(width, 1)] * width + i % max(width, 1)
          y.store(y.element(to) + x.element(i), to)
        }
      }
      withExtendedLifetime((x, places)) {}
    }
    return Autograd.record("scatter", [self], y) { g, _ throws(TensorError) in
      [try g.rows(at: positions)]
    }
  }

  private static func addRows<T: FloatingPoint>(
    _ x: UnsafePointer<T>, _ at: UnsafePointer<Int>, _ y: UnsafeMutablePointer<T>, _ n: Int,
    _ width: Int
  ) {
    for i in 0..<n {
      let (from, to) = (x + i * width, y + at[i] * width)
      for j in 0..<width { to[j] += from[j] }
    }
  }

  /// `x` with a part replaced.
  package static func assigning(_ x: Tensor, at items: [TensorIndex], _ value: Tensor)
    throws(TensorError) -> Tensor
  {
    var y = x
    try assign(&y, at: items, value)
    return y
  }

  /// Replaces a part of `x`: in its own memory when nothing else can see it, else in a copy.
  package static func assign(_ x: inout Tensor, at items: [TensorIndex], _ value: Tensor)
    throws(TensorError)
  {
    let source = try value.to(x.dtype).fitted(to: x.partShape(items))
    let tracked = Autograd.isRecording && (x.isTracked || source.isTracked)
    if !tracked, x.isContiguous, !x.isMeta, isKnownUniquelyReferenced(&x), x.isOnlyView {
      try x.overwrite(items, source.detached)
      x = x.detached
      return
    }
    let old = x
    let target = try Tensor.empty(old.shape, old.dtype, meta: old.isMeta)
    x = target
    if !target.isMeta {
      Strided.assign(target, old)
      try target.overwrite(items, source.detached)
    }
    if !tracked { return }
    x = Autograd.record("assign", [old, source], target) { g, _ throws(TensorError) in
      let zero = try Tensor.scalar(0, g.dtype)
      return [
        old.isTracked ? try assigning(g, at: items, zero) : nil,
        source.isTracked ? try g.index(items).reshape(source.shape) : nil,
      ]
    }
  }

  private func partShape(_ items: [TensorIndex]) throws(TensorError) -> [Int] {
    let selection = try Selection(detached, items)
    return selection.lists.isEmpty ? selection.view.shape : try selection.rows().shape
  }

  /// A value stretched to a part's shape, as NumPy's assignment does.
  private func fitted(to target: [Int]) throws(TensorError) -> Tensor {
    if shape == target { return self }
    var x = self
    while x.rank > target.count, x.shape[0] == 1 { x = try x.squeeze([0]) }
    do { return try x.expand(target) } catch {
      throw TensorError(
        "shape-mismatch",
        "a value of shape \(describeShape) does not fit the part of shape "
          + Tensor.describe(target), labels: [(1, describeShape)])
    }
  }

  private func overwrite(_ items: [TensorIndex], _ value: Tensor) throws(TensorError) {
    let selection = try Selection(self, items)
    if selection.lists.isEmpty { return Strided.assign(selection.view, value) }
    let source = value.packed()
    switch dtype.size {
    case 1: try write(items, source, UInt8.self)
    case 4: try write(items, source, UInt32.self)
    default: try write(items, source, UInt64.self)
    }
  }

  private func write<T>(_ items: [TensorIndex], _ source: Tensor, _ type: T.Type)
    throws(TensorError)
  {
    let (p, q) = (source.pointer(type), pointer(type))
    if items.count == 1, case .tensor(let mask) = items[0], mask.dtype == .bool {
      // A mask over the first dims: its true rows, one after the other.
      let (truth, width) = (mask.packed(), count / max(mask.count, 1))
      let t = truth.pointer(Bool.self)
      var row = 0
      for i in 0..<mask.count where t[i] {
        for j in 0..<width { q[i * width + j] = p[row * width + j] }
        row += 1
      }
      return
    }
    // Positions of the part in a tensor that numbers its elements.
    let numbers = try Tensor.of(Array(0..<count), shape: shape)
    let places = try numbers.index(items).packed()
    let at = places.pointer(Int.self)
    for i in 0..<places.count { q[at[i]] = p[i] }
  }

  /// PyTorch's gather: y[i][j] = x[index[i][j]][j] for dim 0.
  package func gather(_ dim: Int, _ index: Tensor) throws(TensorError) -> Tensor {
    let axis = try self.axis(dim)
    let plan = try GatherPlan(self.shape, axis, index, "gather")
    let y = try Tensor.empty(index.shape, dtype, meta: isMeta || index.isMeta)
    if !y.isMeta { GatherKernels.take(packed(), plan.positions, y) }
    let shape = self.shape
    return Autograd.record("gather", [self], y) { g, _ throws(TensorError) in
      let zeros = try Tensor.full(shape, 0, g.dtype, meta: g.isMeta)
      return [try zeros.scatterAdd(axis, index, g)]
    }
  }

  package func scatterAdd(_ dim: Int, _ index: Tensor, _ source: Tensor) throws(TensorError)
    -> Tensor
  {
    let axis = try self.axis(dim)
    let plan = try GatherPlan(self.shape, axis, index, "scatter_add")
    // What the index does not reach of src is left out, as PyTorch does.
    var source = source
    if source.rank != index.rank || zip(source.shape, index.shape).contains(where: { $0 < $1 }) {
      throw TensorError(
        "shape-mismatch",
        "scatter_add needs a src as large as its index, got \(source.describeShape) and "
          + index.describeShape, argument: 3,
        labels: [(2, index.describeShape), (3, source.describeShape)])
    }
    for (a, size) in index.shape.enumerated() {
      source = try source.slice(axis: a, from: 0, count: size, step: 1)
    }
    let y = try Tensor.empty(shape, dtype, meta: isMeta || index.isMeta || source.isMeta)
    if !y.isMeta {
      Strided.assign(y, self)
      GatherKernels.add(try source.to(dtype).packed(), plan.positions, y)
    }
    return Autograd.record("scatter_add", [self, source], y) { g, _ throws(TensorError) in
      [g, try g.gather(axis, index)]
    }
  }
}
