// Two operands meet: the result's shape and dtype, and the error when they do not fit.

extension Tensor {
  /// The shape of `a (op) b`. Where ranks differ, the higher one must already have the result's
  /// shape; equal ranks stretch axes of size 1.
  static func broadcast(_ a: Tensor, _ b: Tensor, _ symbol: String) throws(TensorError) -> [Int] {
    if a.shape == b.shape || b.rank == 0 { return a.shape }
    if a.rank == 0 { return b.shape }
    let rank = max(a.rank, b.rank)
    var result = [Int](repeating: 0, count: rank)
    var fits = true
    for axis in 0..<rank {
      let m = axis < rank - a.rank ? 1 : a.shape[axis - rank + a.rank]
      let n = axis < rank - b.rank ? 1 : b.shape[axis - rank + b.rank]
      if m != n, m != 1, n != 1 { fits = false }
      result[axis] = m == 1 ? n : m
    }
    if fits, a.rank == b.rank { return result }
    if fits, result == (a.rank > b.rank ? a.shape : b.shape) { return result }
    throw mismatch(a, b, symbol, bothGrow: fits)
  }

  private static func mismatch(_ a: Tensor, _ b: Tensor, _ symbol: String, bothGrow: Bool)
    -> TensorError
  {
    let (left, right) = (describe(a.shape), describe(b.shape))
    var error = TensorError(
      "shape-mismatch", "`\(symbol)` cannot combine \(left) with \(right)",
      labels: [(0, left), (1, right)])
    if bothGrow {
      // [n, 1] with [n]: a column meets a row, or both are meant to be the same.
      let lowIsRight = b.rank < a.rank
      let low = lowIsRight ? b : a
      let name = lowIsRight ? "{1}" : "{0}"
      let other = lowIsRight ? "{0}" : "{1}"
      error.notes = [
        "ranks differ, and then \(lowIsRight ? left : right) would have to have the result's "
          + "shape already"
      ]
      error.help = [
        "to pair them element by element: `\(other).squeeze()` or `\(name)[:, none]`",
        "to make a table of all pairs: "
          + "`\(name)[none\(String(repeating: ", :", count: low.rank))]`",
      ]
      return error
    }
    if a.rank == 2, b.rank == 2, a.shape == b.shape.reversed() {
      error.help = ["`{1}'` has shape \(left)"]
    } else if a.rank > b.rank, b.rank == 1, a.shape.contains(b.shape[0]) {
      error.help = ["`{1}[:, none]` has shape [\(b.shape[0]), 1]"]
    }
    let longer = max(a.rank, b.rank)
    for axis in 1...longer {
      let m = axis <= a.rank ? a.shape[a.rank - axis] : 1
      let n = axis <= b.rank ? b.shape[b.rank - axis] : 1
      if m != n, m != 1, n != 1 {
        error.notes = ["the sizes \(m) and \(n) differ and neither is 1"]
        break
      }
    }
    return error
  }

  /// Strides of an operand as seen in a larger shape: 0 where it is stretched.
  func steps(in shape: [Int]) -> [Int] {
    if self.shape == shape { return strides }
    let added = shape.count - rank
    return (0..<shape.count).map { axis in
      axis < added || self.shape[axis - added] != shape[axis] ? 0 : strides[axis - added]
    }
  }

  /// Shapes must be equal, as losses ask.
  static func requireSameShape(
    _ a: Tensor, _ b: Tensor, _ name: String, arguments: (Int, Int) = (0, 1)
  ) throws(TensorError) {
    if a.shape == b.shape { return }
    var help: [String] = []
    if a.count == b.count {
      help = [
        a.rank > b.rank
          ? "`{\(arguments.0)}.squeeze()` or `{\(arguments.1)}.reshape(\(describe(a.shape)))`"
          : "`{\(arguments.1)}.squeeze()` or `{\(arguments.0)}.reshape(\(describe(b.shape)))`"
      ]
    }
    throw TensorError(
      "shape-mismatch",
      "`\(name)` needs two equal shapes, got \(describe(a.shape)) and \(describe(b.shape))",
      labels: [(arguments.0, describe(a.shape)), (arguments.1, describe(b.shape))],
      notes: ["a loss does not broadcast: that would average over pairs nobody meant"], help: help)
  }

  package func to(_ target: DType) throws(TensorError) -> Tensor {
    if dtype == target { return self }
    let result = try Tensor.empty(shape, target, meta: isMeta)
    if !isMeta { Convert.run(packed(), result) }
    let old = dtype
    return Autograd.record("to", [self], result) { g, _ throws(TensorError) in [try g.to(old)] }
  }

  /// As a float tensor: ints and bools become f32.
  func floating() throws(TensorError) -> Tensor { dtype.isFloating ? self : try to(.f32) }
}

enum Convert {
  static func run(_ x: Tensor, _ y: Tensor) {
    switch x.dtype {
    case .bool: from(x.pointer(UInt8.self), x.count, y)
    case .i64: from(x.pointer(Int.self), x.count, y)
    case .f32: fromFloat(x.pointer(Float.self), x.count, y)
    case .f64: fromFloat(x.pointer(Double.self), x.count, y)
    }
    withExtendedLifetime((x, y)) {}
  }

  private static func from<T: BinaryInteger>(_ p: UnsafePointer<T>, _ n: Int, _ y: Tensor) {
    switch y.dtype {
    case .bool:
      let q = y.pointer(Bool.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in for i in from..<to { q[i] = p[i] != 0 } }
    case .i64:
      let q = y.pointer(Int.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = Int(truncatingIfNeeded: p[i]) }
      }
    case .f32:
      let q = y.pointer(Float.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = Float(p[i]) }
      }
    case .f64:
      let q = y.pointer(Double.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = Double(p[i]) }
      }
    }
  }

  private static func fromFloat<T: BinaryFloatingPoint>(
    _ p: UnsafePointer<T>, _ n: Int, _ y: Tensor
  ) {
    switch y.dtype {
    case .bool:
      let q = y.pointer(Bool.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in for i in from..<to { q[i] = p[i] != 0 } }
    case .i64:
      let q = y.pointer(Int.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = whole(Double(p[i])) }
      }
    case .f32:
      let q = y.pointer(Float.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = Float(p[i]) }
      }
    case .f64:
      let q = y.pointer(Double.self)
      Parallel.forEach(n, grain: lightGrain) { from, to in
        for i in from..<to { q[i] = Double(p[i]) }
      }
    }
  }

  /// Towards zero; beyond the range of i64, and for nan, the smallest int as C gives.
  static func whole(_ x: Double) -> Int {
    x > -9.2e18 && x < 9.2e18 ? Int(x) : Int.min
  }
}
