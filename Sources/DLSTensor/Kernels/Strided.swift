// Walking strided tensors: merged dimensions, an inner loop, and odometers for the rest.

/// A walk over up to three operands of one shape with their own strides.
struct Walk {
  var shape: [Int]
  var steps: [[Int]]

  /// Merges neighbouring dimensions wherever every operand allows it.
  init(_ shape: [Int], _ operands: [[Int]]) {
    var sizes: [Int] = []
    var steps = operands.map { _ in [Int]() }
    for axis in 0..<shape.count where shape[axis] != 1 {
      let merges =
        !sizes.isEmpty
        && operands.indices.allSatisfy {
          steps[$0][sizes.count - 1] == operands[$0][axis] * shape[axis]
        }
      if merges {
        sizes[sizes.count - 1] *= shape[axis]
        for operand in operands.indices {
          steps[operand][sizes.count - 1] = operands[operand][axis]
        }
      } else {
        sizes.append(shape[axis])
        for operand in operands.indices { steps[operand].append(operands[operand][axis]) }
      }
    }
    if sizes.isEmpty {
      sizes = [1]
      steps = operands.map { _ in [0] }
    }
    self.shape = sizes
    self.steps = steps
  }

  var inner: Int { shape[shape.count - 1] }
  var outer: Int { shape.dropLast().reduce(1, *) }

  /// Calls `body` with the operands' offsets at the start of every inner run in [from, to).
  @inline(__always)
  func run(_ from: Int, _ to: Int, _ body: (_ run: Int, _ a: Int, _ b: Int, _ c: Int) -> Void) {
    let rank = shape.count - 1
    let operands = steps.count
    var index = [Int](repeating: 0, count: max(rank, 1))
    var offsets = (0, 0, 0)
    var rest = from
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
      offsets.0 += index[axis] * steps[0][axis]
      if operands > 1 { offsets.1 += index[axis] * steps[1][axis] }
      if operands > 2 { offsets.2 += index[axis] * steps[2][axis] }
    }
    for run in from..<to {
      body(run, offsets.0, offsets.1, offsets.2)
      var axis = rank - 1
      while axis >= 0 {
        index[axis] += 1
        offsets.0 += steps[0][axis]
        if operands > 1 { offsets.1 += steps[1][axis] }
        if operands > 2 { offsets.2 += steps[2][axis] }
        if index[axis] < shape[axis] { break }
        offsets.0 -= shape[axis] * steps[0][axis]
        if operands > 1 { offsets.1 -= shape[axis] * steps[1][axis] }
        if operands > 2 { offsets.2 -= shape[axis] * steps[2][axis] }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

enum Strided {
  /// Copies a strided tensor into a contiguous one of the same shape.
  static func copy<T>(_ type: T.Type, from source: Tensor, to target: Tensor) {
    move(
      type, source.pointer(type), source.strides, target.pointer(type), target.strides,
      target.shape)
  }

  static func move<T>(
    _ type: T.Type, _ source: UnsafeMutablePointer<T>, _ sourceSteps: [Int],
    _ target: UnsafeMutablePointer<T>, _ targetSteps: [Int], _ shape: [Int]
  ) {
    if shape.contains(0) { return }
    let walk = Walk(shape, [sourceSteps, targetSteps])
    let inner = walk.inner
    let from = walk.steps[0][walk.shape.count - 1]
    let to = walk.steps[1][walk.shape.count - 1]
    let rank = walk.shape.count
    if to == 1, from != 1, rank > 1, walk.steps[0][rank - 2] == 1, inner > 7 {
      return transpose(walk, source, target)
    }
    let grain = max(1, 1 << 15 / max(inner, 1))
    Parallel.forEach(walk.outer, grain: grain) { begin, end in
      walk.run(begin, end) { _, a, b, _ in
        let x = source + a
        let y = target + b
        if from == 1, to == 1 {
          y.update(from: x, count: inner)
        } else {
          for i in 0..<inner { y[i * to] = x[i * from] }
        }
      }
    }
  }

  /// Copies matrices that lie transposed in squares, whose lines stay in the nearest cache.
  private static func transpose<T>(
    _ walk: Walk, _ source: UnsafeMutablePointer<T>, _ target: UnsafeMutablePointer<T>
  ) {
    let rank = walk.shape.count
    let (rows, columns) = (walk.shape[rank - 2], walk.shape[rank - 1])
    let (from, to) = (walk.steps[0][rank - 1], walk.steps[1][rank - 2])
    var outer = walk
    outer.shape[rank - 1] = 1
    outer.shape[rank - 2] = 1
    let matrices = outer.shape.reduce(1, *)
    let square = 32
    let bands = (rows + square - 1) / square
    let grain = max(1, 1 << 15 / (square * columns))
    Parallel.forEach(matrices * bands, grain: grain) { begin, end in
      for item in begin..<end {
        let first = item % bands * square
        let last = min(first + square, rows)
        outer.run(item / bands, item / bands + 1) { _, a, b, _ in
          for left in stride(from: 0, to: columns, by: square) {
            let right = min(left + square, columns)
            for i in first..<last {
              let x = source + a + i
              let y = target + b + i * to
              for j in left..<right { y[j] = x[j * from] }
            }
          }
        }
      }
    }
  }

  /// Adds a strided tensor into another of the same shape.
  static func add(_ source: Tensor, to target: Tensor) {
    switch target.dtype {
    case .f32: add(source, to: target, Float.self) { $0 + $1 }
    case .f64: add(source, to: target, Double.self) { $0 + $1 }
    case .i64: add(source, to: target, Int.self) { $0 &+ $1 }
    case .bool: add(source, to: target, Bool.self) { $0 || $1 }
    }
  }

  @inline(__always)
  private static func add<T>(
    _ source: Tensor, to target: Tensor, _ type: T.Type, _ plus: @escaping (T, T) -> T
  ) {
    if target.shape.contains(0) { return }
    let walk = Walk(target.shape, [source.strides, target.strides])
    let inner = walk.inner
    let (from, to) = (walk.steps[0][walk.shape.count - 1], walk.steps[1][walk.shape.count - 1])
    let (p, q) = (source.pointer(type), target.pointer(type))
    Parallel.forEach(walk.outer, grain: max(1, 1 << 15 / max(inner, 1))) { begin, end in
      walk.run(begin, end) { _, a, b, _ in
        let (x, y) = (p + a, q + b)
        for i in 0..<inner { y[i * to] = plus(y[i * to], x[i * from]) }
      }
    }
  }

  /// Writes `value` (any strides, shapes equal) over the part of a storage that `part` views.
  static func assign(_ part: Tensor, _ value: Tensor) {
    switch part.dtype.size {
    case 1:
      move(
        UInt8.self, value.pointer(UInt8.self), value.strides, part.pointer(UInt8.self),
        part.strides, part.shape)
    case 4:
      move(
        UInt32.self, value.pointer(UInt32.self), value.strides, part.pointer(UInt32.self),
        part.strides, part.shape)
    default:
      move(
        UInt64.self, value.pointer(UInt64.self), value.strides, part.pointer(UInt64.self),
        part.strides, part.shape)
    }
  }
}
