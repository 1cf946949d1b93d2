// The weight's gradient by the same tiles: dw = Gᵀ [Σ (A g Aᵀ) (Bᵀ x B)ᵀ] G.

/// Sixteen rows of sixteen numbers, turned over.
enum Transpose16 {
  typealias V = SIMD16<Float>

  /// In place, through a second buffer of 256 numbers: four perfect shuffles.
  @inline(__always)
  static func run(_ a: UnsafeMutablePointer<V>, _ b: UnsafeMutablePointer<V>) {
    shuffle(a, b)
    shuffle(b, a)
    shuffle(a, b)
    shuffle(b, a)
  }

  @inline(__always)
  private static func shuffle(_ from: UnsafePointer<V>, _ to: UnsafeMutablePointer<V>) {
    for k in 0..<8 {
      let (x, y) = (from[k], from[k + 8])
      var low = V()
      low.evenHalf = x.lowHalf
      low.oddHalf = y.lowHalf
      var high = V()
      high.evenHalf = x.highHalf
      high.oddHalf = y.highHalf
      to[2 * k] = low
      to[2 * k + 1] = high
    }
  }
}

extension WinogradKernels {
  /// Channels in whole vectors.
  var channelStep: Int { (channels + 15) / 16 * 16 }
  var filterGroups: Int { (filters + 15) / 16 }
  /// Most tiles in a block.
  var blockTiles: Int { blockRows * tileColumns }
  var turnedPlace: Int { blockTiles * channelStep + 16 }
  var gradientPlace: Int { blockTiles * filterGroups * 16 + 16 }
  var sumPlace: Int { filterGroups * 16 * channelStep + 16 }
  var turnedScratch: Int { 16 * turnedPlace }
  var gradientScratch: Int { 16 * gradientPlace }
  var sumScratch: Int { 16 * sumPlace }
  /// Four matrices of 16 x 16 and one to turn them through.
  var turnScratch: Int { 5 * 256 }

  /// Bᵀ x B for the tile rows in [from, to), as [16][tile][channel].
  func transformTurned(
    _ x: UnsafePointer<Float>, _ from: Int, _ to: Int, _ first: Int,
    _ v: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    typealias V = SIMD16<Float>
    let place = turnedPlace
    let spare = UnsafeMutableRawPointer(scratch + 4 * 256).assumingMemoryBound(to: V.self)
    let four = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: V.self)
    for row in from..<to {
      let (n, ty) = (row / tileRows, row % tileRows)
      for group in stride(from: 0, to: channelStep, by: 16) {
        for at in stride(from: 0, to: tileColumns, by: 7) {
          for lane in 0..<16 {
            let c = group + lane
            let s =
              c < channels
              ? sums(x, (n * channels + c) * height * width, 2 * ty - padTop, 2 * at)
              : (V(), V(), V(), V())
            four[lane] = s.0
            four[16 + lane] = s.1
            four[32 + lane] = s.2
            four[48 + lane] = s.3
          }
          let tiles = min(7, tileColumns - at)
          for i in 0..<4 {
            let r = four + 16 * i
            Transpose16.run(r, spare)
            var target =
              v + 4 * i * place + ((row - first) * tileColumns + at) * channelStep + group
            for tx in 0..<tiles {
              let (e0, o0, e1, o1) = (r[2 * tx], r[2 * tx + 1], r[2 * tx + 2], r[2 * tx + 3])
              store(e0 - e1, target)
              store(o0 + e1, target + place)
              store(e1 - o0, target + 2 * place)
              store(o0 - o1, target + 3 * place)
              target += channelStep
            }
          }
        }
      }
    }
  }

  /// A g Aᵀ for the tile rows in [from, to), as [16][tile][filter], filters in groups of 16.
  func transformGradients(
    _ g: UnsafePointer<Float>, _ from: Int, _ to: Int, _ first: Int,
    _ d: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    typealias V = SIMD16<Float>
    let place = gradientPlace
    let spare = UnsafeMutableRawPointer(scratch + 4 * 256).assumingMemoryBound(to: V.self)
    let two = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: V.self)
    let total = batch * filters * outHeight * outWidth
    for row in from..<to {
      let (n, ty) = (row / tileRows, row % tileRows)
      for group in 0..<filterGroups {
        for at in stride(from: 0, to: tileColumns, by: 8) {
          let mask = Self.inside(0, min(16, outWidth - 2 * at))
          for lane in 0..<16 {
            let f = group * 16 + lane
            if f >= filters {
              two[lane] = V()
              two[16 + lane] = V()
              continue
            }
            let from = ((n * filters + f) * outHeight + 2 * ty) * outWidth + 2 * at
            two[lane] = Self.masked(g, from, total, mask)
            two[16 + lane] =
              2 * ty + 1 < outHeight ? Self.masked(g, from + outWidth, total, mask) : V()
          }
          Transpose16.run(two, spare)
          Transpose16.run(two + 16, spare)
          let tiles = min(8, tileColumns - at)
          var target = d + (((row - first) * tileColumns + at) * filterGroups + group) * 16
          for tx in 0..<tiles {
            let (a, b) = (two[2 * tx], two[2 * tx + 1])
            let (c, e) = (two[16 + 2 * tx], two[16 + 2 * tx + 1])
            spread(a, b, target, place)
            spread(a + c, b + e, target + 4 * place, place)
            spread(a - c, b - e, target + 8 * place, place)
            spread(V() - c, V() - e, target + 12 * place, place)
            target += filterGroups * 16
          }
        }
      }
    }
  }

  @inline(__always)
  private func spread(
    _ a: SIMD16<Float>, _ b: SIMD16<Float>, _ to: UnsafeMutablePointer<Float>, _ place: Int
  ) {
    store(a, to)
    store(a + b, to + place)
    store(a - b, to + 2 * place)
    store(SIMD16<Float>() - b, to + 3 * place)
  }

  /// sums [place][filter][channel] = or += gradients × turned images over some tiles, for places in
  /// [begin, end).
  func accumulate(
    _ d: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
    _ tiles: Int, _ begin: Int, _ end: Int, adds: Bool = true
  ) {
    let wide = filterGroups * 16
    for i in begin..<end {
      for c in stride(from: 0, to: channelStep, by: 48) {
        let left = min(48, channelStep - c)
        let b = v + i * turnedPlace + c
        for f in stride(from: 0, to: filters, by: 8) {
          let a = d + i * gradientPlace + f
          let target = sums + i * sumPlace + f * channelStep + c
          if left == 48 {
            WinogradTiles.run3(a, wide, b, channelStep, target, channelStep, tiles, adds: adds)
          } else if left == 32 {
            WinogradTiles.run2(a, wide, b, channelStep, target, channelStep, tiles, adds: adds)
          } else {
            WinogradTiles.run1(a, wide, b, channelStep, target, channelStep, tiles, adds: adds)
          }
        }
      }
    }
  }

  /// dw = Gᵀ sums G for filters in [begin, end).
  func weightGradient(
    _ sums: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
  ) {
    typealias V = SIMD16<Float>
    for f in begin..<end {
      for group in stride(from: 0, to: channelStep, by: 16) {
        let from = sums + f * channelStep + group
        var r = InlineArray<12, V>(repeating: V())
        for j in 0..<4 {
          let (a, b) = (load(from + j * sumPlace), load(from + (4 + j) * sumPlace))
          let (c, d) = (load(from + (8 + j) * sumPlace), load(from + (12 + j) * sumPlace))
          r[j] = a + (b + c) * 0.5
          r[4 + j] = (b - c) * 0.5
          r[8 + j] = (b + c) * 0.5 + d
        }
        for i in 0..<3 {
          let (a, b, c, d) = (r[4 * i], r[4 * i + 1], r[4 * i + 2], r[4 * i + 3])
          let three = (a + (b + c) * 0.5, (b - c) * 0.5, (b + c) * 0.5 + d)
          for lane in 0..<min(16, channels - group) {
            let to = dw + (f * channels + group + lane) * 9 + 3 * i
            to[0] = three.0[lane]
            to[1] = three.1[lane]
            to[2] = three.2[lane]
          }
        }
      }
    }
  }
}
