// Convolution with 3x3 kernels by Winograd's F(2x2, 3x3): 16 small products instead of 36.
// Lavin and Gray (2015).

/// Filters and images in the form in which they are multiplied element by element.
///
/// An output tile of 2x2 comes from an input tile of 4x4: Y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A, summed over
/// channels; so each of the 16 places is a matrix product [filters, channels] @ [channels, tiles].
/// Rows of tiles are taken in blocks whose transformed images stay in L2.
struct WinogradKernels {
  let batch: Int
  let channels: Int
  let height: Int
  let width: Int
  let filters: Int
  let padTop: Int
  let padLeft: Int
  let outHeight: Int
  let outWidth: Int

  var tileRows: Int { (outHeight + 1) / 2 }
  var tileColumns: Int { (outWidth + 1) / 2 }
  var filterBlocks: Int { (filters + 7) / 8 }
  /// Tile rows in a block.
  var blockRows: Int {
    let tiles = channels <= 96 ? 144 : channels <= 192 ? 96 : 48
    return max(1, min(tiles / tileColumns, batch * tileRows))
  }
  /// Distance between rows of transformed tiles: whole vectors, and one that stores may spill into.
  var step: Int { (blockRows * tileColumns + 15) / 16 * 16 + 16 }

  /// From one of the 16 places to the next: a cache line off, so that they share no cache set.
  var imagePlace: Int { channels * step + 16 }
  var filterPlace: Int { filterBlocks * 8 * channels + 16 }
  var imageScratch: Int { 16 * imagePlace }
  var productScratch: Int { 16 * 8 * step }
  /// Two rows of a padded image, even and odd columns apart, for four row sums.
  var rowScratch: Int { 8 * ((outWidth + 2) / 2 + 40) }
  var filterSize: Int { 16 * filterPlace }

  // MARK: filters

  /// U = G w Gᵀ, as [16][filter block][channel][8]; `flipped` takes w as [channels, filters, 3, 3]
  /// turned around, which is what the input's gradient multiplies by.
  func transformFilters(
    _ w: UnsafePointer<Float>, flipped: Bool, _ u: UnsafeMutablePointer<Float>, _ begin: Int,
    _ end: Int
  ) {
    typealias V = SIMD8<Float>
    let place = filterPlace
    for block in begin..<end {
      let lanes = min(8, filters - block * 8)
      for c in 0..<channels {
        var k = InlineArray<9, V>(repeating: V())
        for lane in 0..<lanes {
          let f = block * 8 + lane
          let source = flipped ? w + (c * filters + f) * 9 : w + (f * channels + c) * 9
          for i in 0..<9 { k[i][lane] = source[flipped ? 8 - i : i] }
        }
        var to = u + (block * channels + c) * 8
        for i in 0..<4 {
          let row = Self.combine(k[0], k[3], k[6], i)
          let row1 = Self.combine(k[1], k[4], k[7], i)
          let row2 = Self.combine(k[2], k[5], k[8], i)
          for j in 0..<4 {
            UnsafeMutableRawPointer(to).storeBytes(
              of: Self.combine(row, row1, row2, j), as: V.self)
            to += place
          }
        }
      }
    }
  }

  /// Row i of G times three numbers.
  @inline(__always)
  private static func combine<V: SIMD>(_ a: V, _ b: V, _ d: V, _ i: Int) -> V
  where V.Scalar == Float {
    switch i {
    case 0: a
    case 1: (a + b + d) * 0.5
    case 2: (a - b + d) * 0.5
    default: d
    }
  }

  // MARK: images

  @inline(__always)
  func load(_ p: UnsafePointer<Float>) -> SIMD16<Float> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD16<Float>.self)
  }
  @inline(__always)
  func store(_ v: SIMD16<Float>, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD16<Float>.self)
  }

  /// V = Bᵀ x B for the tile rows in [from, to) of the block that begins at `first`, as
  /// [16][channel][tile].
  func transformImages(
    _ x: UnsafePointer<Float>, _ from: Int, _ to: Int, _ first: Int,
    _ v: UnsafeMutablePointer<Float>, _ rows: UnsafeMutablePointer<Float>,
    channels part: Range<Int>? = nil
  ) {
    let place = imagePlace
    let columns = tileColumns
    let half = (outWidth + 2) / 2 + 40
    for row in from..<to {
      let (n, ty) = (row / tileRows, row % tileRows)
      for c in part ?? 0..<channels {
        let plane = (n * channels + c) * height * width
        var target = v + c * step + (row - first) * columns
        if columns <= 7 {
          let s = sums(x, plane, 2 * ty - padTop, 0)
          narrow(s.0, target, place)
          narrow(s.1, target + 4 * place, place)
          narrow(s.2, target + 8 * place, place)
          narrow(s.3, target + 12 * place, place)
          continue
        }
        sumRows(x, plane, 2 * ty - padTop, rows, half)
        for i in 0..<4 {
          let even = rows + 2 * i * half
          let odd = even + half
          var tx = 0
          while tx < columns {
            let (e0, e1) = (load(even + tx), load(even + tx + 1))
            let (o0, o1) = (load(odd + tx), load(odd + tx + 1))
            store(e0 - e1, target + tx)
            store(o0 + e1, target + place + tx)
            store(e1 - o0, target + 2 * place + tx)
            store(o0 - o1, target + 3 * place + tx)
            tx += 16
          }
          target += 4 * place
        }
      }
    }
  }

  /// B applied to the columns of at most seven tiles.
  @inline(__always)
  private func narrow(_ v: SIMD16<Float>, _ to: UnsafeMutablePointer<Float>, _ place: Int) {
    let (e0, o0) = (v.evenHalf, v.oddHalf)
    let e1 = SIMD8<Float>(v[2], v[4], v[6], v[8], v[10], v[12], v[14], 0)
    let o1 = SIMD8<Float>(v[3], v[5], v[7], v[9], v[11], v[13], v[15], 0)
    func put(_ r: SIMD8<Float>, _ i: Int) {
      UnsafeMutableRawPointer(to + i * place).storeBytes(of: r, as: SIMD8<Float>.self)
    }
    put(e0 - e1, 0)
    put(o0 + e1, 1)
    put(e1 - o0, 2)
    put(o0 - o1, 3)
  }

  /// The four sums of rows top … top + 3 of a plane, columns from -padLeft on, even and odd apart.
  @inline(__always)
  private func sumRows(
    _ x: UnsafePointer<Float>, _ plane: Int, _ top: Int, _ out: UnsafeMutablePointer<Float>,
    _ half: Int
  ) {
    let wanted = 2 * tileColumns + 2
    var at = 0
    while at < wanted {
      let s = sums(x, plane, top, at)
      let to = out + at / 2
      split(s.0, to, half)
      split(s.1, to + 2 * half, half)
      split(s.2, to + 4 * half, half)
      split(s.3, to + 6 * half, half)
      at += 16
    }
  }

  /// Bᵀ applied to four rows, for the 16 columns from `at` of the padded image on.
  @inline(__always)
  func sums(_ x: UnsafePointer<Float>, _ plane: Int, _ top: Int, _ at: Int) -> (
    SIMD16<Float>, SIMD16<Float>, SIMD16<Float>, SIMD16<Float>
  ) {
    let first = at - padLeft
    let mask = Self.inside(max(0, -first), min(16, width - first))
    let r0 = self.row(x, plane, top, first, mask)
    let r1 = self.row(x, plane, top + 1, first, mask)
    let r2 = self.row(x, plane, top + 2, first, mask)
    let r3 = self.row(x, plane, top + 3, first, mask)
    return (r0 - r2, r1 + r2, r2 - r1, r1 - r3)
  }

  /// All bits set in lanes low ..< high.
  @inline(__always)
  static func inside(_ low: Int, _ high: Int) -> SIMD16<UInt32> {
    let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let on =
      (lanes .>= Int32(truncatingIfNeeded: low)) .& (lanes .< Int32(truncatingIfNeeded: high))
    return SIMD16<UInt32>(repeating: 0).replacing(with: .max, where: on)
  }

  /// Sixteen columns of one row of a plane, zero outside of it. What the mask takes away is still
  /// memory of the images, but at their two ends.
  @inline(__always)
  private func row(
    _ x: UnsafePointer<Float>, _ plane: Int, _ row: Int, _ first: Int, _ mask: SIMD16<UInt32>
  ) -> SIMD16<Float> {
    if row < 0 || row >= height { return SIMD16<Float>() }
    return Self.masked(
      x, plane + row * width + first, batch * channels * height * width, mask)
  }

  @inline(__always)
  static func masked(
    _ x: UnsafePointer<Float>, _ from: Int, _ total: Int, _ mask: SIMD16<UInt32>
  ) -> SIMD16<Float> {
    if from >= 0, from + 16 <= total {
      let bits = UnsafeRawPointer(x + from).loadUnaligned(as: SIMD16<UInt32>.self)
      return unsafeBitCast(bits & mask, to: SIMD16<Float>.self)
    }
    var r = SIMD16<Float>()
    for i in 0..<16 where mask[i] != 0 { r[i] = x[from + i] }
    return r
  }

  @inline(__always)
  private func split(_ v: SIMD16<Float>, _ to: UnsafeMutablePointer<Float>, _ half: Int) {
    UnsafeMutableRawPointer(to).storeBytes(of: v.evenHalf, as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(to + half).storeBytes(of: v.oddHalf, as: SIMD8<Float>.self)
  }

  // MARK: products

  /// m [16][8][tile] = the 8 filters of a block times the transformed images.
  func multiply(
    _ u: UnsafePointer<Float>, _ block: Int, _ v: UnsafePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ tiles: Int
  ) {
    let place = filterPlace
    for i in 0..<16 {
      let a = u + i * place + block * channels * 8
      let b = v + i * imagePlace
      let c = m + i * 8 * step
      var at = 0
      while at + 32 < tiles {
        WinogradTiles.run3(a, 8, b + at, step, c + at, step, channels, adds: false)
        at += 48
      }
      if at + 16 < tiles {
        WinogradTiles.run2(a, 8, b + at, step, c + at, step, channels, adds: false)
      } else if at < tiles {
        WinogradTiles.run1(a, 8, b + at, step, c + at, step, channels, adds: false)
      }
    }
  }

  // MARK: outputs

  /// Y = Aᵀ m A + bias for one filter block and the tile rows in [from, to); the rows from `limit` on
  /// are somebody else's.
  func transformOutputs(
    _ m: UnsafePointer<Float>, _ block: Int, _ from: Int, _ to: Int, _ limit: Int,
    _ bias: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>
  ) {
    let place = 8 * step
    let columns = tileColumns
    for lane in 0..<min(8, filters - block * 8) {
      let f = block * 8 + lane
      let shift = SIMD16<Float>(repeating: bias?[f] ?? 0)
      for row in from..<to {
        let (n, ty) = (row / tileRows, row % tileRows)
        let source = m + lane * step + (row - from) * columns
        let plane = y + (n * filters + f) * outHeight * outWidth
        let isLast = 2 * ty + 2 >= outHeight || row == limit - 1
        var tx = 0
        while tx < columns {
          let p = source + tx
          var top: InlineArray<4, SIMD16<Float>> = [shift, shift, shift, shift]
          var low: InlineArray<4, SIMD16<Float>> = [shift, shift, shift, shift]
          for j in 0..<4 {
            let m0 = load(p + j * place)
            let m1 = load(p + (4 + j) * place)
            let m2 = load(p + (8 + j) * place)
            let m3 = load(p + (12 + j) * place)
            top[j] = m0 + m1 + m2
            low[j] = m1 - m2 - m3
          }
          let out = plane + 2 * ty * outWidth + 2 * tx
          let count = min(32, outWidth - 2 * tx)
          write(
            top[0] + top[1] + top[2] + shift, top[1] - top[2] - top[3] + shift, out, count,
            mayExceed: 2 * ty + 1 < outHeight && columns <= 16)
          if 2 * ty + 1 < outHeight {
            write(
              low[0] + low[1] + low[2] + shift, low[1] - low[2] - low[3] + shift, out + outWidth,
              count, mayExceed: !isLast && columns <= 16)
          }
          tx += 16
        }
      }
    }
  }

  /// Even and odd columns put together; what exceeds `count` may be written where rows follow.
  @inline(__always)
  private func write(
    _ even: SIMD16<Float>, _ odd: SIMD16<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int,
    mayExceed: Bool
  ) {
    var first = SIMD16<Float>()
    first.evenHalf = even.lowHalf
    first.oddHalf = odd.lowHalf
    if count >= 16 || mayExceed && count + outWidth >= 16 {
      store(first, to)
    } else {
      put(first, to, count)
    }
    if count <= 16 { return }
    var second = SIMD16<Float>()
    second.evenHalf = even.highHalf
    second.oddHalf = odd.highHalf
    if count >= 32 || mayExceed && count + outWidth >= 32 {
      store(second, to + 16)
    } else {
      put(second, to + 16, count - 16)
    }
  }

  /// The first numbers of a vector.
  @inline(__always)
  private func put(_ v: SIMD16<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int) {
    withUnsafeBytes(of: v) { bytes in
      guard let from = bytes.baseAddress else { return }
      UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: count * 4)
    }
  }
}
