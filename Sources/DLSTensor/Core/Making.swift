// Making tensors from sizes and numbers, and reading their elements back.

extension Tensor {
  /// Row-major strides of a shape.
  static func rowMajor(_ shape: [Int]) -> [Int] {
    if shape.count == 1 { return [1] }
    var strides = shape
    var step = 1
    for axis in stride(from: shape.count - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= max(shape[axis], 1)
    }
    return strides
  }

  /// The number of elements of a shape; negative sizes and overflow are errors.
  package static func count(of shape: [Int]) throws(TensorError) -> Int {
    var count = 1
    var overflow = false
    for size in shape {
      if size < 0 {
        throw TensorError("bad-size", "a size cannot be negative: \(describe(shape))")
      }
      // A size of 0 does not hide the others: strides are made of them too.
      if !overflow { (count, overflow) = count.multipliedReportingOverflow(by: max(size, 1)) }
    }
    if overflow || count > 1 << 48 {
      throw TensorError("bad-size", "\(describe(shape)) has too many elements to hold")
    }
    return shape.contains(0) ? 0 : count
  }

  /// `[2, 3]`, as errors write shapes.
  package static func describe(_ shape: [Int]) -> String {
    "[" + shape.map(String.init).joined(separator: ", ") + "]"
  }

  /// `f32[2, 3]`.
  package var typeText: String { dtype.name + Tensor.describe(shape) }

  /// A tensor without contents; meta when `like` is.
  package static func empty(_ shape: [Int], _ dtype: DType, meta: Bool = false)
    throws(TensorError) -> Tensor
  {
    let count = try count(of: shape)
    let storage = meta ? Storage.meta : try Storage.allocate(bytes: count * dtype.size)
    return Tensor(
      storage: storage, shape: shape, strides: nil, dtype: dtype, count: count,
      isContiguous: true)
  }

  package static func meta(_ shape: [Int], _ dtype: DType = .f32) throws(TensorError) -> Tensor {
    try empty(shape, dtype, meta: true)
  }

  package static func full(_ shape: [Int], _ value: Double, _ dtype: DType, meta: Bool = false)
    throws(TensorError) -> Tensor
  {
    let result = try empty(shape, dtype, meta: meta)
    if !meta { result.fill(value) }
    return result
  }

  package static func zeros(like x: Tensor) throws(TensorError) -> Tensor {
    try full(x.shape, 0, x.dtype, meta: x.isMeta)
  }

  /// Overwrites every element of a tensor that nobody else has seen yet.
  func fill(_ value: Double) {
    switch dtype {
    case .bool: pointer(Bool.self).update(repeating: value != 0, count: count)
    case .i64: pointer(Int.self).update(repeating: Convert.whole(value), count: count)
    case .f32: pointer(Float.self).update(repeating: Float(value), count: count)
    case .f64: pointer(Double.self).update(repeating: value, count: count)
    }
  }

  package static func scalar(_ value: Double, _ dtype: DType) throws(TensorError) -> Tensor {
    try full([], value, dtype)
  }

  package static func scalar(_ value: Int) throws(TensorError) -> Tensor {
    try of([value], shape: [])
  }

  package static func scalar(_ value: Bool) throws(TensorError) -> Tensor {
    try of([value], shape: [])
  }

  private static func of<T>(_ elements: [T], _ shape: [Int], _ dtype: DType)
    throws(TensorError) -> Tensor
  {
    let result = try empty(shape, dtype)
    precondition(result.count == elements.count, "elements do not fill the shape")
    elements.withUnsafeBufferPointer { source in
      if let start = source.baseAddress {
        result.pointer(T.self).update(from: start, count: source.count)
      }
    }
    return result
  }

  package static func of(_ elements: [Float], shape: [Int]? = nil) throws(TensorError) -> Tensor {
    try of(elements, shape ?? [elements.count], .f32)
  }
  package static func of(_ elements: [Double], shape: [Int]? = nil) throws(TensorError) -> Tensor {
    try of(elements, shape ?? [elements.count], .f64)
  }
  package static func of(_ elements: [Int], shape: [Int]? = nil) throws(TensorError) -> Tensor {
    try of(elements, shape ?? [elements.count], .i64)
  }
  /// `count` ints from one on, by a step.
  package static func arange(from: Int, count: Int, step: Int) throws(TensorError) -> Tensor {
    let t = try Tensor.empty([count], .i64)
    let to = t.pointer(Int.self)
    for i in 0..<count { to[i] = from &+ i &* step }
    return t
  }
  package static func of(_ elements: [Bool], shape: [Int]? = nil) throws(TensorError) -> Tensor {
    try of(elements, shape ?? [elements.count], .bool)
  }

  /// Elements given as doubles, rounded into `dtype`.
  package static func of(_ elements: [Double], shape: [Int], as dtype: DType)
    throws(TensorError) -> Tensor
  {
    switch dtype {
    case .bool: try of(elements.map { $0 != 0 }, shape: shape)
    case .i64: try of(elements.map { Int(exactly: $0.rounded(.towardZero)) ?? 0 }, shape: shape)
    case .f32: try of(elements.map(Float.init), shape: shape)
    case .f64: try of(elements, shape: shape)
    }
  }

  /// The first element, as the dtype's own Swift type.
  @inline(__always)
  func pointer<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
    (storage.pointer + offset * MemoryLayout<T>.stride).assumingMemoryBound(to: type)
  }

  /// Raw bytes of a contiguous tensor, for files.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(
      UnsafeRawBufferPointer(
        start: storage.pointer + offset * dtype.size, count: isMeta ? 0 : count * dtype.size))
  }

  /// The same for writing, by whoever just made it.
  package func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
    body(
      UnsafeMutableRawBufferPointer(
        start: storage.pointer + offset * dtype.size, count: isMeta ? 0 : count * dtype.size))
  }

  /// The element at a row-major position of a contiguous tensor.
  package func element(_ position: Int) -> Double {
    switch dtype {
    case .bool: pointer(Bool.self)[position] ? 1 : 0
    case .i64: Double(pointer(Int.self)[position])
    case .f32: Double(pointer(Float.self)[position])
    case .f64: pointer(Double.self)[position]
    }
  }

  /// Row-major copy of the elements.
  package func doubles() -> [Double] {
    let whole = packed()
    return (0..<(isMeta ? 0 : count)).map(whole.element)
  }

  package func ints() -> [Int] {
    let whole = packed()
    if dtype == .i64, !isMeta {
      return Array(UnsafeBufferPointer(start: whole.pointer(Int.self), count: count))
    }
    return doubles().map { Int(exactly: $0.rounded(.towardZero)) ?? 0 }
  }

  package func floats() -> [Float] { doubles().map(Float.init) }

  package func bools() -> [Bool] { doubles().map { $0 != 0 } }
}
