// Means and variances of channels and of rows, and the passes that normalise by them.

/// Sums over a contiguous run, in vector lanes; blocks are added up in the wider `Double`.
enum LaneSums<V: SIMD> where V.Scalar: KernelScalar {
  typealias T = V.Scalar

  /// Σ f(i) for blocks of a vector's width and the rest one by one.
  @inline(__always)
  static func sum(_ n: Int, _ vector: (Int) -> V, _ scalar: (Int) -> T) -> Double {
    let width = V.scalarCount
    var total = 0.0
    var i = 0
    while i + width <= n {
      let end = min(n, i + 128 * width)
      var lanes = V()
      while i + width <= end {
        lanes += vector(i)
        i += width
      }
      var s: T = 0
      for k in 0..<width { s += lanes[k] }
      total += Double(s)
    }
    while i < n {
      total += Double(scalar(i))
      i += 1
    }
    return total
  }

  @inline(__always)
  static func load(_ p: UnsafePointer<T>, _ i: Int) -> V {
    UnsafeRawPointer(p + i).loadUnaligned(as: V.self)
  }
}

extension LaneSums where V.Scalar: FloatingPoint {
  @inline(__always)
  static func plain(_ x: UnsafePointer<T>, _ n: Int) -> Double {
    sum(n, { load(x, $0) }, { x[$0] })
  }
  /// Σ (x - m)².
  @inline(__always)
  static func squares(_ x: UnsafePointer<T>, _ m: T, _ n: Int) -> Double {
    sum(
      n,
      {
        let d = load(x, $0) - m
        return d * d
      },
      {
        let d = x[$0] - m
        return d * d
      })
  }
  /// Σ g (x - m).
  @inline(__always)
  static func products(
    _ g: UnsafePointer<T>, _ x: UnsafePointer<T>, _ m: T, _ n: Int
  ) -> Double {
    sum(n, { load(g, $0) * (load(x, $0) - m) }, { g[$0] * (x[$0] - m) })
  }
}

/// Batch norm over [batch, channels, pixels].
struct BatchNormKernels<V: SIMD> where V.Scalar: KernelScalar {
  typealias T = V.Scalar
  let batch: Int
  let channels: Int
  let pixels: Int

  private var grain: Int { max(1, elementGrain / max(batch * pixels, 1)) }
  private func plane(_ n: Int, _ c: Int) -> Int { (n * channels + c) * pixels }

  /// The sum of every channel.
  func plainSums(_ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>) {
    Parallel.forEach(channels, grain: grain) { begin, end in
      for c in begin..<end {
        var s = 0.0
        for n in 0..<batch { s += LaneSums<V>.plain(x + plane(n, c), pixels) }
        y[c] = T(s)
      }
    }
  }

  /// Mean, (biased) variance and normalised numbers, channel by channel: the second and third look at
  /// a channel find it in cache.
  func train(
    _ x: UnsafePointer<T>, _ w: UnsafePointer<T>?, _ b: UnsafePointer<T>?, _ eps: Double,
    _ mean: UnsafeMutablePointer<T>, _ variance: UnsafeMutablePointer<T>,
    _ y: UnsafeMutablePointer<T>, relu: Bool
  ) {
    let count = Double(batch * pixels)
    Parallel.forEach(channels, grain: grain) { begin, end in
      for c in begin..<end {
        if Interrupt.isSet { return }
        var s = 0.0
        for n in 0..<batch { s += LaneSums<V>.plain(x + plane(n, c), pixels) }
        let m = T(s / count)
        var q = 0.0
        for n in 0..<batch { q += LaneSums<V>.squares(x + plane(n, c), m, pixels) }
        mean[c] = m
        variance[c] = T(q / count)
        let scale = T(1 / (Double(variance[c]) + eps).squareRoot()) * (w?[c] ?? 1)
        let shift = b?[c] ?? 0
        for n in 0..<batch {
          let (p, r) = (x + plane(n, c), y + plane(n, c))
          if relu {
            for i in 0..<pixels {
              let v = (p[i] - m) * scale + shift
              r[i] = v < 0 ? 0 : v
            }
          } else {
            for i in 0..<pixels { r[i] = (p[i] - m) * scale + shift }
          }
        }
      }
    }
  }

  /// The gradients of x, w and b, channel by channel; where `y` is given, through the relu that made
  /// it.
  func backward(
    _ g: UnsafePointer<T>, _ x: UnsafePointer<T>, _ mean: UnsafePointer<T>,
    _ variance: UnsafePointer<T>, _ w: UnsafePointer<T>?, _ eps: Double,
    _ dx: UnsafeMutablePointer<T>, _ dw: UnsafeMutablePointer<T>, _ db: UnsafeMutablePointer<T>,
    relu y: UnsafePointer<T>?
  ) {
    let count = Double(batch * pixels)
    Parallel.forEach(channels, grain: grain) { begin, end in
      for c in begin..<end {
        if Interrupt.isSet { return }
        let m = mean[c]
        var (s, q) = (0.0, 0.0)
        for n in 0..<batch {
          let at = plane(n, c)
          if let y {
            for i in at..<(at + pixels) { dx[i] = y[i] <= 0 ? 0 : g[i] }
          }
          let u = y == nil ? g : UnsafePointer(dx)
          s += LaneSums<V>.plain(u + at, pixels)
          q += LaneSums<V>.products(u + at, x + at, m, pixels)
        }
        let inverse = 1 / (Double(variance[c]) + eps).squareRoot()
        db[c] = T(s)
        dw[c] = T(q * inverse)
        let scale = T(inverse) * (w?[c] ?? 1)
        let (k, l) = (T(s / count), T(q / count * inverse * inverse))
        for n in 0..<batch {
          let at = plane(n, c)
          let (p, r) = (x + at, dx + at)
          let u = y == nil ? g + at : UnsafePointer(r)
          for i in 0..<pixels { r[i] = scale * (u[i] - k - (p[i] - m) * l) }
        }
      }
    }
  }

  /// Means and variances where a row holds one number of each channel.
  func columnStatistics(
    _ x: UnsafePointer<T>, _ mean: UnsafeMutablePointer<T>, _ variance: UnsafeMutablePointer<T>
  ) {
    let count = T(batch)
    Parallel.forEach(channels, grain: max(64, grain)) { begin, end in
      for c in begin..<end { mean[c] = 0 }
      for n in 0..<batch {
        let row = x + n * channels
        for c in begin..<end { mean[c] += row[c] }
      }
      for c in begin..<end { mean[c] /= count }
      for c in begin..<end { variance[c] = 0 }
      for n in 0..<batch {
        let row = x + n * channels
        for c in begin..<end {
          let d = row[c] - mean[c]
          variance[c] += d * d
        }
      }
      for c in begin..<end { variance[c] /= count }
    }
  }

  /// y = (x - mean) scale + shift.
  func normalise(
    _ x: UnsafePointer<T>, _ mean: UnsafePointer<T>, _ scale: UnsafePointer<T>,
    _ shift: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>
  ) {
    Parallel.forEach(batch, grain: max(1, elementGrain / max(channels * pixels, 1))) { begin, end in
      for n in begin..<end {
        if pixels == 1 {
          let (p, q) = (x + n * channels, y + n * channels)
          for c in 0..<channels { q[c] = (p[c] - mean[c]) * scale[c] + shift[c] }
          continue
        }
        for c in 0..<channels {
          let (p, q) = (x + plane(n, c), y + plane(n, c))
          let (m, s, b) = (mean[c], scale[c], shift[c])
          for i in 0..<pixels { q[i] = (p[i] - m) * s + b }
        }
      }
    }
  }

  /// Σ g and Σ g (x - mean) of every channel, where a row holds one number of each.
  func columnSums(
    _ g: UnsafePointer<T>, _ x: UnsafePointer<T>, _ mean: UnsafePointer<T>,
    _ plain: UnsafeMutablePointer<T>, _ centred: UnsafeMutablePointer<T>
  ) {
    Parallel.forEach(channels, grain: max(64, grain)) { begin, end in
      for c in begin..<end {
        plain[c] = 0
        centred[c] = 0
      }
      for n in 0..<batch {
        let (u, p) = (g + n * channels, x + n * channels)
        for c in begin..<end {
          plain[c] += u[c]
          centred[c] += u[c] * (p[c] - mean[c])
        }
      }
    }
  }

  /// dx = scale (g - a - (x - mean) b), with a number of each for every channel of a row.
  func columnGradient(
    _ g: UnsafePointer<T>, _ x: UnsafePointer<T>, _ mean: UnsafePointer<T>,
    _ scale: UnsafePointer<T>, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>,
    _ dx: UnsafeMutablePointer<T>
  ) {
    Parallel.forEach(batch, grain: max(1, elementGrain / max(channels, 1))) { begin, end in
      for n in begin..<end {
        let at = n * channels
        let (u, p, q) = (g + at, x + at, dx + at)
        for c in 0..<channels { q[c] = scale[c] * (u[c] - a[c] - (p[c] - mean[c]) * b[c]) }
      }
    }
  }
}

/// Layer norm over rows of `n` numbers.
struct LayerNormKernels<V: SIMD> where V.Scalar: KernelScalar {
  typealias T = V.Scalar
  let rows: Int
  let n: Int
  let eps: Double

  private var grain: Int { max(1, elementGrain / max(n, 1)) }

  /// y = (x - mean) / √(var + eps) w + b; keeps each row's mean and 1 / √(var + eps).
  func forward(
    _ x: UnsafePointer<T>, _ w: UnsafePointer<T>?, _ b: UnsafePointer<T>?,
    _ y: UnsafeMutablePointer<T>, _ mean: UnsafeMutablePointer<T>,
    _ inverse: UnsafeMutablePointer<T>
  ) {
    Parallel.forEach(rows, grain: grain) { begin, end in
      for r in begin..<end {
        let (p, q) = (x + r * n, y + r * n)
        let m = T(LaneSums<V>.plain(p, n) / Double(n))
        let v = LaneSums<V>.squares(p, m, n) / Double(n)
        let s = T(1 / (v + eps).squareRoot())
        mean[r] = m
        inverse[r] = s
        switch (w, b) {
        case (let w?, let b?): for i in 0..<n { q[i] = (p[i] - m) * s * w[i] + b[i] }
        case (let w?, nil): for i in 0..<n { q[i] = (p[i] - m) * s * w[i] }
        case (nil, let b?): for i in 0..<n { q[i] = (p[i] - m) * s + b[i] }
        case (nil, nil): for i in 0..<n { q[i] = (p[i] - m) * s }
        }
      }
    }
  }

  /// dx, and dw and db added up over the rows (zero before).
  func backward(
    _ g: UnsafePointer<T>, _ x: UnsafePointer<T>, _ w: UnsafePointer<T>?,
    _ mean: UnsafePointer<T>, _ inverse: UnsafePointer<T>, _ dx: UnsafeMutablePointer<T>,
    _ dw: UnsafeMutablePointer<T>, _ db: UnsafeMutablePointer<T>
  ) {
    let count = Double(n)
    Parallel.forEach(rows, grain: grain) { begin, end in
      for r in begin..<end {
        let (u, p, q) = (g + r * n, x + r * n, dx + r * n)
        let (m, s) = (mean[r], inverse[r])
        if let w { for i in 0..<n { q[i] = u[i] * w[i] } } else { q.update(from: u, count: n) }
        let a = T(LaneSums<V>.plain(q, n) / count)
        let b = T(LaneSums<V>.products(q, p, m, n) / count) * s * s
        for i in 0..<n { q[i] = s * (q[i] - a - (p[i] - m) * b) }
      }
    }
    for r in 0..<rows {
      let (u, p) = (g + r * n, x + r * n)
      let (m, s) = (mean[r], inverse[r])
      for i in 0..<n {
        dw[i] += u[i] * (p[i] - m) * s
        db[i] += u[i]
      }
    }
  }
}
