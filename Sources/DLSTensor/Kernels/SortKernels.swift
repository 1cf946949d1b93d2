// Sorting positions by their elements: a stable radix sort over keys whose order is that of numbers.

/// Elements as unsigned keys: the order of the keys is that of the numbers, nan above all, and
/// both zeros alike.
enum SortKey {
  @inline(__always) static func of(_ x: Float) -> UInt64 {
    if x.isNaN { return 0xffff_ffff }
    let bits = (x == 0 ? 0 : x).bitPattern
    return UInt64(bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000)
  }
  @inline(__always) static func of(_ x: Double) -> UInt64 {
    if x.isNaN { return .max }
    let bits = (x == 0 ? 0 : x).bitPattern
    return bits & 1 << 63 != 0 ? ~bits : bits | 1 << 63
  }
  @inline(__always) static func of(_ x: Int) -> UInt64 { UInt64(bitPattern: Int64(x)) ^ 1 << 63 }
  @inline(__always) static func of(_ x: UInt8) -> UInt64 { UInt64(x) }

  /// How many bytes of a key can differ.
  static func bytes(_ dtype: DType) -> Int { dtype.size }
}

/// One key and where it came from.
struct Keyed {
  var key: UInt64
  var at: Int
}

enum SortKernels {
  /// The positions along the reduced axis in the order of their elements, into `y` (i64), for every
  /// row of `r`. Equal elements keep their order, also when `descending`.
  static func run(_ r: Reduction, _ y: UnsafeMutablePointer<Int>, descending: Bool) {
    let (n, inner, bytes) = (r.n, r.inner, SortKey.bytes(r.x.dtype))
    if n == 0 { return }
    let rows = r.outer * inner
    Parallel.forEach(rows, grain: max(1, 4096 / n)) { begin, end in
      var a = [Keyed](repeating: Keyed(key: 0, at: 0), count: n)
      var b = n > 48 ? a : []
      for row in begin..<end {
        if Interrupt.isSet { return }
        let from = row / inner * n * inner + row % inner
        keys(r.x, from, inner, descending, &a)
        if n > 48 { radix(&a, &b, bytes) } else { insertion(&a) }
        for i in 0..<n { y[from + i * inner] = a[i].at }
      }
    }
  }

  /// The positions of the k largest (smallest) of every row, in order, into `y` [outer, k, inner];
  /// for few of many: a sorted list of the best so far, and one comparison for all others.
  static func best(_ r: Reduction, _ k: Int, _ y: UnsafeMutablePointer<Int>, largest: Bool) {
    let (n, inner) = (r.n, r.inner)
    if n == 0 || k == 0 { return }
    Parallel.forEach(r.outer * inner, grain: max(1, elementGrain / n)) { begin, end in
      var a = [Keyed](repeating: Keyed(key: 0, at: 0), count: n)
      var list = [Keyed](repeating: Keyed(key: 0, at: 0), count: k)
      for row in begin..<end {
        if Interrupt.isSet { return }
        keys(r.x, row / inner * n * inner + row % inner, inner, largest, &a)
        var filled = 0
        for item in a where filled < k || item.key < list[k - 1].key {
          var at = min(filled, k - 1)
          while at > 0, list[at - 1].key > item.key {
            list[at] = list[at - 1]
            at -= 1
          }
          list[at] = item
          filled = min(filled + 1, k)
        }
        let to = row / inner * k * inner + row % inner
        for i in 0..<k { y[to + i * inner] = list[i].at }
      }
    }
  }

  private static func keys(
    _ x: Tensor, _ from: Int, _ step: Int, _ descending: Bool, _ a: inout [Keyed]
  ) {
    let flip: UInt64 = descending ? .max : 0
    func fill<T>(_ type: T.Type, _ key: (T) -> UInt64) {
      let p = x.pointer(type) + from
      for i in a.indices { a[i] = Keyed(key: key(p[i * step]) ^ flip, at: i) }
    }
    switch x.dtype {
    case .bool: fill(UInt8.self) { SortKey.of($0) }
    case .i64: fill(Int.self) { SortKey.of($0) }
    case .f32: fill(Float.self) { SortKey.of($0) }
    case .f64: fill(Double.self) { SortKey.of($0) }
    }
  }

  private static func insertion(_ a: inout [Keyed]) {
    for i in 1..<max(a.count, 1) {
      let item = a[i]
      var j = i
      while j > 0, a[j - 1].key > item.key {
        a[j] = a[j - 1]
        j -= 1
      }
      a[j] = item
    }
  }

  /// Byte by byte from the lowest; bytes that are the same everywhere cost nothing.
  private static func radix(_ a: inout [Keyed], _ b: inout [Keyed], _ bytes: Int) {
    var counts = [Int](repeating: 0, count: 256 * bytes)
    for item in a {
      var key = item.key
      for byte in 0..<bytes {
        counts[byte << 8 | Int(key & 0xff)] += 1
        key >>= 8
      }
    }
    for byte in 0..<bytes {
      let base = byte << 8
      if counts[base..<base + 256].contains(a.count) { continue }
      var sum = 0
      for i in base..<base + 256 {
        let own = counts[i]
        counts[i] = sum
        sum += own
      }
      let shift = UInt64(byte * 8)
      for item in a {
        let slot = base | Int(item.key >> shift & 0xff)
        b[counts[slot]] = item
        counts[slot] += 1
      }
      swap(&a, &b)
    }
  }
}
