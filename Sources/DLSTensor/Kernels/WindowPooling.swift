// Max-pooling by windows that go one or two columns at a time, padded or not: eight windows at once.

/// The same answers as `PoolKernels.largest`, for f32.
struct WindowPoolKernels {
  let g: PoolGeometry

  static func takes(_ g: PoolGeometry) -> Bool {
    g.slide.stride[1] <= 2 && g.outWidth >= 4 && g.height * g.width < 1 << 30
  }

  private typealias V = SIMD8<Float>
  private typealias Places = SIMD8<Int32>

  /// The largest of every window (nan wins, the first of equals) and where it lies in its plane.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ at: UnsafeMutablePointer<Int>
  ) {
    Parallel.forEach(g.planes, grain: PoolKernels.grain(g.height * g.width)) { begin, end in
      for plane in begin..<end {
        if Interrupt.isSet { return }
        for oy in 0..<g.outHeight {
          let to = (plane * g.outHeight + oy) * g.outWidth
          for ox in stride(from: 0, to: g.outWidth, by: 8) {
            let (best, place) = windows(x, plane, oy, ox)
            for lane in 0..<min(8, g.outWidth - ox) {
              y[to + ox + lane] = best[lane]
              at[to + ox + lane] =
                place[lane] < 0 ? firstPlace(oy, ox + lane) : Int(place[lane])
            }
          }
        }
      }
    }
  }

  /// Eight windows of one row, from column `ox` on.
  @inline(__always)
  private func windows(_ x: UnsafePointer<Float>, _ plane: Int, _ oy: Int, _ ox: Int)
    -> (V, Places)
  {
    let step = g.slide.stride[1]
    let lanes = Places(0, 1, 2, 3, 4, 5, 6, 7) &* Int32(step)
    let base = plane * g.height * g.width
    let total = g.planes * g.height * g.width
    var best = V(repeating: -.infinity)
    var place = Places(repeating: -1)
    for i in 0..<g.kernel[0] {
      let iy = oy * g.slide.stride[0] - g.slide.before[0] + i * g.slide.dilation[0]
      if iy < 0 || iy >= g.height { continue }
      for j in 0..<g.kernel[1] {
        let first = ox * step - g.slide.before[1] + j * g.slide.dilation[1]
        let mask = WinogradKernels.inside(max(0, -first), min(16, g.width - first))
        let row = WinogradKernels.masked(x, base + iy * g.width + first, total, mask)
        // Least of all outside, by bits: Swift compares vectors of ints lane by lane.
        let least = SIMD16<UInt32>(repeating: (-Float.infinity).bitPattern) & ~mask
        let held = unsafeBitCast(
          unsafeBitCast(row, to: SIMD16<UInt32>.self) | least, to: SIMD16<Float>.self)
        let v = step == 2 ? held.evenHalf : held.lowHalf
        let wins = (v .> best) .| ((v .!= v) .& (best .== best))
        best.replace(with: v, where: wins)
        place.replace(
          with: lanes &+ Int32(truncatingIfNeeded: iy * g.width + first), where: wins)
      }
    }
    return (best, place)
  }

  /// The first number of a window, which stands for it when all are least; 0 when there is none.
  private func firstPlace(_ oy: Int, _ ox: Int) -> Int {
    for i in 0..<g.kernel[0] {
      let iy = oy * g.slide.stride[0] - g.slide.before[0] + i * g.slide.dilation[0]
      if iy < 0 || iy >= g.height { continue }
      for j in 0..<g.kernel[1] {
        let ix = ox * g.slide.stride[1] - g.slide.before[1] + j * g.slide.dilation[1]
        if ix >= 0, ix < g.width { return iy * g.width + ix }
      }
    }
    return 0
  }
}
