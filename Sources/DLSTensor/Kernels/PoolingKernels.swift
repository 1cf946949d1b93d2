// Pooling over planes: the largest of each window with its position, averages, and their adjoints.

/// Windows of a max-pool over planes of one size.
struct PoolGeometry {
  var planes: Int
  var height: Int
  var width: Int
  var kernel: [Int]
  var slide: Sliding
  var outHeight: Int
  var outWidth: Int
  var pixels: Int { outHeight * outWidth }
  /// Windows of 2x2 side by side, without padding.
  var isPairs: Bool {
    kernel == [2, 2] && slide.stride == [2, 2] && slide.before == [0, 0]
      && slide.dilation == [1, 1] && outHeight == height / 2 && outWidth == width / 2
  }
}

enum PoolKernels {
  /// The largest of every window (nan wins, the first of equals) and where it lies in its plane.
  static func largest<T: KernelScalar>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ at: UnsafeMutablePointer<Int>,
    _ g: PoolGeometry
  ) {
    Parallel.forEach(g.planes, grain: grain(g.height * g.width)) { begin, end in
      for plane in begin..<end {
        if Interrupt.isSet { return }
        let source = x + plane * g.height * g.width
        var to = plane * g.pixels
        for oy in 0..<g.outHeight {
          let top = oy * g.slide.stride[0] - g.slide.before[0]
          for ox in 0..<g.outWidth {
            let left = ox * g.slide.stride[1] - g.slide.before[1]
            var best = -T.infinity
            var position = -1
            for i in 0..<g.kernel[0] {
              let iy = top + i * g.slide.dilation[0]
              if iy < 0 || iy >= g.height { continue }
              for j in 0..<g.kernel[1] {
                let ix = left + j * g.slide.dilation[1]
                if ix < 0 || ix >= g.width { continue }
                let v = source[iy * g.width + ix]
                if position < 0 || v > best || (v != v && best == best) {
                  best = v
                  position = iy * g.width + ix
                }
              }
            }
            y[to] = best
            at[to] = max(position, 0)
            to += 1
          }
        }
      }
    }
  }

  /// x[at] += y, plane by plane; x is zero before.
  static func put<T: KernelScalar>(
    _ y: UnsafePointer<T>, _ at: UnsafePointer<Int>, _ x: UnsafeMutablePointer<T>, _ planes: Int,
    _ size: Int, _ pixels: Int
  ) {
    Parallel.forEach(planes, grain: grain(size)) { begin, end in
      for plane in begin..<end {
        let target = x + plane * size
        for i in plane * pixels..<(plane + 1) * pixels { target[at[i]] += y[i] }
      }
    }
  }

  /// y = x[at], plane by plane.
  static func take<T: KernelScalar>(
    _ x: UnsafePointer<T>, _ at: UnsafePointer<Int>, _ y: UnsafeMutablePointer<T>, _ planes: Int,
    _ size: Int, _ pixels: Int
  ) {
    Parallel.forEach(planes, grain: grain(size)) { begin, end in
      for plane in begin..<end {
        let source = x + plane * size
        for i in plane * pixels..<(plane + 1) * pixels { y[i] = source[at[i]] }
      }
    }
  }

  static func grain(_ plane: Int) -> Int { max(1, elementGrain / max(plane, 1)) }
}

/// Windows of an average along one axis: from, to (within the input) and what to divide by.
struct AverageAxis {
  var from: [Int]
  var to: [Int]
  var size: [Int]
}

/// Averages over separable windows, and the adjoint that spreads them back.
struct AverageKernels<T: KernelScalar> {
  let planes: Int
  let height: Int
  let width: Int
  let rows: AverageAxis
  let columns: AverageAxis
  /// Divides in place of the window's size where given.
  let divisor: Int?

  @inline(__always)
  private func scale(_ oy: Int, _ ox: Int) -> T {
    1 / T(divisor ?? rows.size[oy] * columns.size[ox])
  }

  func average(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>) {
    let (outHeight, outWidth) = (rows.from.count, columns.from.count)
    Parallel.forEach(planes, grain: PoolKernels.grain(height * width)) { begin, end in
      for plane in begin..<end {
        let source = x + plane * height * width
        var target = y + plane * outHeight * outWidth
        for oy in 0..<outHeight {
          for ox in 0..<outWidth {
            var s: T = 0
            for iy in rows.from[oy]..<rows.to[oy] {
              for ix in columns.from[ox]..<columns.to[ox] { s += source[iy * width + ix] }
            }
            target[0] = s * scale(oy, ox)
            target += 1
          }
        }
      }
    }
  }

  /// x is zero before.
  func spread(_ y: UnsafePointer<T>, _ x: UnsafeMutablePointer<T>) {
    let (outHeight, outWidth) = (rows.from.count, columns.from.count)
    Parallel.forEach(planes, grain: PoolKernels.grain(height * width)) { begin, end in
      for plane in begin..<end {
        let target = x + plane * height * width
        var source = y + plane * outHeight * outWidth
        for oy in 0..<outHeight {
          for ox in 0..<outWidth {
            let share = source[0] * scale(oy, ox)
            for iy in rows.from[oy]..<rows.to[oy] {
              for ix in columns.from[ox]..<columns.to[ox] { target[iy * width + ix] += share }
            }
            source += 1
          }
        }
      }
    }
  }
}
