// The largest or smallest elements of groups, with their places; nan wins, the first of equals stays.

enum ExtremeKernels {
  /// For every group of `r`, where its extreme is, into `at` (and the extreme itself into `y`).
  static func run(_ r: Reduction, largest: Bool, places: Tensor?, values: Tensor?) {
    switch r.x.dtype {
    case .bool: run(r, UInt8.self, largest, places, values) { _ in false }
    case .i64: run(r, Int.self, largest, places, values) { _ in false }
    case .f32: run(r, Float.self, largest, places, values) { $0 != $0 }
    case .f64: run(r, Double.self, largest, places, values) { $0 != $0 }
    }
  }

  @inline(__always)
  private static func run<T: Comparable>(
    _ r: Reduction, _ type: T.Type, _ largest: Bool, _ places: Tensor?, _ values: Tensor?,
    _ isNaN: @escaping (T) -> Bool
  ) {
    let p = r.x.pointer(type)
    let (at, y) = (places?.pointer(Int.self), values?.pointer(type))
    if r.inner == 1 {
      r.forEach { row, from in
        let (place, value) = scan(p + from, r.n, largest, isNaN)
        at?[row] = place
        y?[row] = value
      }
      return
    }
    // Whole rows at a time: the memory is walked in its order.
    let (n, inner) = (r.n, r.inner)
    Parallel.forEach(inner, grain: max(64, elementGrain / max(n * r.outer, 1))) { begin, end in
      var best = [T](unsafeUninitializedCapacity: end - begin) { buffer, count in
        buffer.initialize(repeating: p[begin])
        count = end - begin
      }
      var spot = [Int](repeating: 0, count: end - begin)
      for o in 0..<r.outer {
        let block = p + o * n * inner
        for j in begin..<end {
          best[j - begin] = block[j]
          spot[j - begin] = 0
        }
        for i in 1..<max(n, 1) {
          let row = block + i * inner
          for j in begin..<end {
            let (v, top) = (row[j], best[j - begin])
            if (largest ? v > top : v < top) || isNaN(v) && !isNaN(top) {
              best[j - begin] = v
              spot[j - begin] = i
            }
          }
        }
        for j in begin..<end {
          at?[o * inner + j] = spot[j - begin]
          y?[o * inner + j] = best[j - begin]
        }
      }
    }
  }

  /// One contiguous row: first the extreme in eight lanes, then where it stands first.
  @inline(__always)
  private static func scan<T: Comparable>(
    _ p: UnsafePointer<T>, _ n: Int, _ largest: Bool, _ isNaN: (T) -> Bool
  ) -> (Int, T) {
    var top = p[0]
    if n >= 16 {
      var lanes = (p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7])
      var bad = false
      var i = 0
      @inline(__always) func better(_ a: inout T, _ v: T) {
        bad = bad || isNaN(v)
        if largest ? v > a : v < a { a = v }
      }
      while i + 8 <= n {
        better(&lanes.0, p[i])
        better(&lanes.1, p[i + 1])
        better(&lanes.2, p[i + 2])
        better(&lanes.3, p[i + 3])
        better(&lanes.4, p[i + 4])
        better(&lanes.5, p[i + 5])
        better(&lanes.6, p[i + 6])
        better(&lanes.7, p[i + 7])
        i += 8
      }
      while i < n {
        better(&lanes.0, p[i])
        i += 1
      }
      if !bad {
        top = lanes.0
        for v in [lanes.1, lanes.2, lanes.3, lanes.4, lanes.5, lanes.6, lanes.7]
        where largest ? v > top : v < top { top = v }
        var place = 0
        while p[place] != top { place += 1 }
        return (place, p[place])
      }
    }
    var place = 0
    top = p[0]
    for i in 1..<max(n, 1) {
      if isNaN(top) { break }
      let v = p[i]
      if isNaN(v) || (largest ? v > top : v < top) {
        top = v
        place = i
      }
    }
    return (place, top)
  }
}
