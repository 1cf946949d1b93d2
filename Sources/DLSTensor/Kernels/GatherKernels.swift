// Elements that an index names along one axis: checked first, then moved without a division each.

/// Where the elements of an index point to in a row-major tensor of another shape.
struct GatherPlan {
  /// The positions, one for each element of the index, row after row.
  private(set) var positions: [Int] = []

  init(_ shape: [Int], _ axis: Int, _ index: Tensor, _ name: String) throws(TensorError) {
    if index.dtype != .i64 || index.rank != shape.count {
      throw TensorError(
        "bad-argument",
        "\(name) needs an i64 index of \(shape.count) dimensions, got " + index.typeText,
        argument: 2, labels: [(0, Tensor.describe(shape)), (2, index.typeText)],
        help: index.dtype != .i64 ? ["as ints: `.to(i64)`"] : [])
    }
    for a in shape.indices where a != axis && index.shape[a] > shape[a] {
      throw TensorError(
        "shape-mismatch",
        "\(name)'s index \(index.describeShape) is larger than "
          + "\(Tensor.describe(shape)) in dim \(a)", argument: 2,
        labels: [(0, Tensor.describe(shape)), (2, index.describeShape)])
    }
    if index.isMeta || index.count == 0 { return }
    let values = index.detached.packed()
    let p = values.pointer(Int.self)
    let size = shape.isEmpty ? 1 : shape[axis]
    for i in 0..<index.count where p[i] >= size || p[i] < -size {
      throw TensorError(
        "index-out-of-range",
        "\(name): index \(p[i]) at position \(i) is out of range for a dimension of size \(size)",
        argument: 2)
    }
    fill(p, index.shape, Tensor.rowMajor(shape), axis, size)
  }

  /// Each index times the axis's stride, on top of where its own row and column begin.
  private mutating func fill(
    _ p: UnsafePointer<Int>, _ shape: [Int], _ strides: [Int], _ axis: Int, _ size: Int
  ) {
    let count = shape.reduce(1, *)
    var steps = strides
    let along = shape.isEmpty ? 0 : strides[axis]
    if !shape.isEmpty { steps[axis] = 0 }
    // The walk tells where each inner run begins when the axis itself does not count.
    let walk = Walk(shape, [steps, Tensor.rowMajor(shape)])
    let (inner, step) = (walk.inner, walk.steps[0][walk.shape.count - 1])
    positions = [Int](unsafeUninitializedCapacity: count) { buffer, filled in
      let out = buffer.baseAddress.unsafelyUnwrapped
      let grain = max(1, elementGrain / max(inner, 1))
      Parallel.forEach(walk.outer, grain: grain) { begin, end in
        walk.run(begin, end) { _, base, from, _ in
          for i in 0..<inner {
            let v = p[from + i]
            out[from + i] = base + i * step + (v < 0 ? v + size : v) * along
          }
        }
      }
      filled = count
    }
  }
}

enum GatherKernels {
  /// y[i] = x[positions[i]].
  static func take(_ x: Tensor, _ positions: [Int], _ y: Tensor) {
    positions.withUnsafeBufferPointer { at in
      if let start = at.baseAddress { take(x, start, at.count, y) }
    }
  }

  static func take(_ x: Tensor, _ at: UnsafePointer<Int>, _ n: Int, _ y: Tensor) {
    switch x.dtype.size {
    case 1: take(x.pointer(UInt8.self), at, n, y.pointer(UInt8.self))
    case 4: take(x.pointer(UInt32.self), at, n, y.pointer(UInt32.self))
    default: take(x.pointer(UInt64.self), at, n, y.pointer(UInt64.self))
    }
    withExtendedLifetime((x, y)) {}
  }

  private static func take<T>(
    _ p: UnsafePointer<T>, _ at: UnsafePointer<Int>, _ n: Int, _ q: UnsafeMutablePointer<T>
  ) {
    Parallel.forEach(n, grain: elementGrain) { begin, end in
      for i in begin..<end { q[i] = p[at[i]] }
    }
  }

  /// y[positions[i]] += x[i]; on one thread, so that repeated positions add up in one order.
  static func add(_ x: Tensor, _ positions: [Int], _ y: Tensor) {
    switch y.dtype {
    case .bool: for (i, at) in positions.enumerated() where x.element(i) != 0 { y.store(1, at) }
    case .i64: add(x.pointer(Int.self), positions, y.pointer(Int.self)) { $0 &+ $1 }
    case .f32: add(x.pointer(Float.self), positions, y.pointer(Float.self)) { $0 + $1 }
    case .f64: add(x.pointer(Double.self), positions, y.pointer(Double.self)) { $0 + $1 }
    }
  }

  @inline(__always)
  private static func add<T>(
    _ p: UnsafePointer<T>, _ positions: [Int], _ q: UnsafeMutablePointer<T>, _ plus: (T, T) -> T
  ) {
    positions.withUnsafeBufferPointer { at in
      for i in 0..<at.count { q[at[i]] = plus(q[at[i]], p[i]) }
    }
  }
}
