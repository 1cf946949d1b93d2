// Convolution by column matrices: images become matrices of windows that stay in cache.

/// Windows to columns (im2col), a product, and columns back (col2im): one image at a time, or several
/// side by side where one has few windows. Large weights over few windows are read once for all
/// images, each thread its rows (`isWide`); else each thread has images of its own.
struct ConvKernels<T: KernelScalar> {
  let g: ConvGeometry
  /// Small planes: where each tap reads for each output pixel, -1 outside of the image.
  private let places: [Int32]

  init(g: ConvGeometry) {
    self.g = g
    places = g.pixels <= 64 && g.kernel[0] * g.kernel[1] <= 256 ? Self.places(g) : []
  }

  private static func places(_ g: ConvGeometry) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(g.kernel[0] * g.kernel[1] * g.pixels)
    for i in 0..<g.kernel[0] {
      for j in 0..<g.kernel[1] {
        for oy in 0..<g.outHeight {
          let y = oy * g.slide.stride[0] - g.slide.before[0] + i * g.slide.dilation[0]
          for ox in 0..<g.outWidth {
            let x = ox * g.slide.stride[1] - g.slide.before[1] + j * g.slide.dilation[1]
            let isInside = y >= 0 && y < g.height && x >= 0 && x < g.width
            result.append(isInside ? Int32(clamping: y * g.width + x) : -1)
          }
        }
      }
    }
    return result
  }

  /// Images in one product.
  var images: Int {
    g.groups == 1 ? max(1, min(g.batch, (isWide ? 256 : 64) / max(g.pixels, 1))) : 1
  }
  /// The weights exceed what a thread's cache holds, and an image's windows are few.
  private var isWide: Bool { g.groups == 1 && g.pixels <= 64 && g.filters * g.depth >= 1 << 17 }
  /// The input itself is the column matrix.
  private var isDirect: Bool { g.isPointwise && images == 1 }
  private var matrix: Int { isDirect ? 1 : g.depth * g.pixels * images }
  private var side: Int { images == 1 ? 0 : g.groupFilters * g.pixels * images }
  /// Floats or doubles of scratch that one worker needs: columns, and outputs side by side.
  var scratch: Int { matrix + side }
  private var inPlane: Int { g.groupChannels * g.height * g.width }

  /// How many workers share the images.
  static func workers(_ g: ConvGeometry) -> Int {
    let work = g.batch * g.filters * g.depth * g.pixels
    let kernels = ConvKernels(g: g)
    if kernels.isWide { return 1 }
    let items = (g.batch + kernels.images - 1) / kernels.images * g.groups
    return work < 1 << 18 ? 1 : max(1, min(Parallel.threads, items))
  }

  /// The range of output columns whose tap lies inside of the image, for tap `k`.
  @inline(__always)
  private func inside(_ k: Int) -> (from: Int, to: Int, shift: Int) {
    let shift = k * g.slide.dilation[1] - g.slide.before[1]
    let step = g.slide.stride[1]
    let from = shift >= 0 ? 0 : (-shift + step - 1) / step
    let last = g.width - 1 - shift
    let to = last < 0 ? 0 : min(g.outWidth, last / step + 1)
    return (min(from, max(to, 0)), to, shift)
  }

  /// Channels of an image, by threads where the threads have no images of their own.
  private func forChannels(_ body: (_ channels: Range<Int>) -> Void) {
    if !isWide { return body(0..<g.groupChannels) }
    Parallel.forEach(g.groupChannels, grain: 8) { body($0..<$1) }
  }

  /// The product of an item; its rows by threads where the threads have no images of their own.
  private func product(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<T>, _ lda: Int,
    _ b: UnsafePointer<T>, _ ldb: Int, _ beta: T, _ c: UnsafeMutablePointer<T>, _ ldc: Int
  ) {
    if !isWide { return T.gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc) }
    let tile = 16
    Parallel.forEach((m + tile - 1) / tile, grain: 1) { begin, end in
      let (from, to) = (begin * tile, min(end * tile, m))
      T.gemm(
        ta, tb, to - from, n, k, a + from * (ta ? 1 : lda), lda, b, ldb, beta, c + from * ldc, ldc)
    }
  }

  /// The column matrix's rows of one channel of a small plane: every row and pixel, and where in the
  /// plane it is taken from, -1 for outside.
  @inline(__always)
  private func forPlaces(_ channel: Int, _ body: (_ row: Int, _ pixel: Int, _ at: Int) -> Void) {
    let (taps, pixels) = (g.kernel[0] * g.kernel[1], g.pixels)
    places.withUnsafeBufferPointer { places in
      for k in 0..<taps {
        for q in 0..<pixels { body(channel &* taps &+ k, q, Int(places[k &* pixels &+ q])) }
      }
    }
  }

  /// The windows of one image and group, one a column of rows that are `lead` apart.
  private func columns(
    _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ lead: Int, _ channels: Range<Int>
  ) {
    var tap = channels.lowerBound * g.kernel[0] * g.kernel[1]
    let step = g.slide.stride[1]
    for c in channels {
      let plane = x + c * g.height * g.width
      if !places.isEmpty {
        forPlaces(c) { row, pixel, at in out[row &* lead &+ pixel] = at < 0 ? 0 : plane[at] }
        continue
      }
      for i in 0..<g.kernel[0] {
        for j in 0..<g.kernel[1] {
          let (from, to, shift) = inside(j)
          var row = out + tap * lead
          tap += 1
          for oy in 0..<g.outHeight {
            let iy = oy * g.slide.stride[0] - g.slide.before[0] + i * g.slide.dilation[0]
            if iy < 0 || iy >= g.height || from >= to {
              row.update(repeating: 0, count: g.outWidth)
            } else {
              let source = plane + iy * g.width + shift
              for ox in 0..<from { row[ox] = 0 }
              if step == 1 {
                for ox in from..<to { row[ox] = source[ox] }
              } else {
                Self.copy(source, step, row, from, to)
              }
              for ox in to..<g.outWidth { row[ox] = 0 }
            }
            row += g.outWidth
          }
        }
      }
    }
  }

  /// Every `step`-th number; of every second one, eight at a time.
  @inline(__always)
  private static func copy(
    _ source: UnsafePointer<T>, _ step: Int, _ row: UnsafeMutablePointer<T>, _ from: Int, _ to: Int
  ) {
    var ox = from
    if step == 2 {
      // The vector's last number comes before the one that the next window needs.
      while ox + 8 < to {
        let v = UnsafeRawPointer(source + 2 * ox).loadUnaligned(as: SIMD16<T>.self)
        UnsafeMutableRawPointer(row + ox).storeBytes(of: v.evenHalf, as: SIMD8<T>.self)
        ox += 8
      }
    }
    while ox < to {
      row[ox] = source[ox * step]
      ox += 1
    }
  }

  /// Adds columns back to where the windows took them from.
  private func scatter(
    _ columns: UnsafePointer<T>, _ lead: Int, _ x: UnsafeMutablePointer<T>, _ channels: Range<Int>
  ) {
    var tap = channels.lowerBound * g.kernel[0] * g.kernel[1]
    let step = g.slide.stride[1]
    for c in channels {
      let plane = x + c * g.height * g.width
      if !places.isEmpty {
        forPlaces(c) { row, pixel, at in
          if at >= 0 { plane[at] += columns[row &* lead &+ pixel] }
        }
        continue
      }
      for i in 0..<g.kernel[0] {
        for j in 0..<g.kernel[1] {
          let (from, to, shift) = inside(j)
          var row = columns + tap * lead
          tap += 1
          for oy in 0..<g.outHeight {
            let iy = oy * g.slide.stride[0] - g.slide.before[0] + i * g.slide.dilation[0]
            if iy >= 0, iy < g.height, from < to {
              let target = plane + iy * g.width + shift
              if step == 1 {
                for ox in from..<to { target[ox] += row[ox] }
              } else {
                for ox in from..<to { target[ox * step] += row[ox] }
              }
            }
            row += g.outWidth
          }
        }
      }
    }
  }

  /// One product's share: its group, first image, how many images, and columns.
  private struct Item {
    let group: Int
    let first: Int
    let count: Int
  }

  /// Calls `body` for every product, the products shared out among workers with scratch of their own.
  private func forEach(
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int,
    _ body: (Item, _ matrix: UnsafeMutablePointer<T>, _ side: UnsafeMutablePointer<T>, Int) -> Void
  ) {
    let items = (g.batch + images - 1) / images * g.groups
    Parallel.slots(items, workers) { slot, begin, end in
      let own = buffer + slot * scratch
      for i in begin..<end {
        if Interrupt.isSet { return }
        let first = i / g.groups * images
        let item = Item(group: i % g.groups, first: first, count: min(images, g.batch - first))
        body(item, own, own + matrix, slot)
      }
    }
  }

  private func input(_ x: UnsafePointer<T>, _ item: Item, _ i: Int) -> UnsafePointer<T> {
    x + ((item.first + i) * g.groups + item.group) * inPlane
  }
  private func output(_ y: UnsafePointer<T>, _ item: Item, _ i: Int) -> UnsafePointer<T> {
    y + ((item.first + i) * g.groups + item.group) * g.groupFilters * g.pixels
  }

  /// The column matrix of an item, [depth, count · pixels].
  private func columns(_ x: UnsafePointer<T>, _ item: Item, _ out: UnsafeMutablePointer<T>)
    -> UnsafePointer<T>
  {
    if isDirect { return input(x, item, 0) }
    forChannels { channels in
      for i in 0..<item.count {
        columns(input(x, item, i), out + i * g.pixels, item.count * g.pixels, channels)
      }
    }
    return UnsafePointer(out)
  }

  /// The outputs of an item side by side, [filters, count · pixels].
  private func outputs(_ y: UnsafePointer<T>, _ item: Item, _ out: UnsafeMutablePointer<T>)
    -> UnsafePointer<T>
  {
    if images == 1 { return output(y, item, 0) }
    let p = g.pixels
    for i in 0..<item.count {
      let from = output(y, item, i)
      for f in 0..<g.groupFilters {
        let (a, b) = (from + f * p, out + f * item.count * p + i * p)
        for k in 0..<p { b[k] = a[k] }
      }
    }
    return UnsafePointer(out)
  }

  /// y = w * x + bias.
  func forward(
    _ x: UnsafePointer<T>, _ w: UnsafePointer<T>, _ bias: UnsafePointer<T>?,
    _ y: UnsafeMutablePointer<T>, _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, p, m) = (g.depth, g.pixels, g.groupFilters)
    forEach(buffer, workers) { item, matrix, side, _ in
      let n = item.count * p
      let target =
        images == 1 ? y + (item.first * g.groups + item.group) * m * p : side
      if let bias {
        for f in 0..<m { (target + f * n).update(repeating: bias[item.group * m + f], count: n) }
      }
      product(
        false, false, m, n, k, w + item.group * m * k, k, columns(x, item, matrix), n,
        bias == nil ? 0 : 1, target, n)
      if images == 1 { return }
      for i in 0..<item.count {
        let to = y + (item.first + i) * m * p
        for f in 0..<m {
          let (a, b) = (side + f * n + i * p, to + f * p)
          for c in 0..<p { b[c] = a[c] }
        }
      }
    }
  }

  /// x += the windows' share of y, through w; x is zero before.
  func input(
    _ y: UnsafePointer<T>, _ w: UnsafePointer<T>, _ x: UnsafeMutablePointer<T>,
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, m) = (g.depth, g.groupFilters)
    forEach(buffer, workers) { item, matrix, side, _ in
      let n = item.count * g.pixels
      let image = x + (item.first * g.groups + item.group) * inPlane
      product(
        true, false, k, n, m, w + item.group * m * k, k, outputs(y, item, side), n, 0,
        isDirect ? image : matrix, n)
      if isDirect { return }
      forChannels { channels in
        for i in 0..<item.count {
          scatter(matrix + i * g.pixels, n, image + i * g.groups * inPlane, channels)
        }
      }
    }
  }

  /// dw = Σ over images of y xᵀ; `sums` holds one weight for each worker, zero before where there are
  /// several.
  func weight(
    _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ sums: UnsafeMutablePointer<T>,
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, m) = (g.depth, g.groupFilters)
    let size = g.filters * k
    forEach(buffer, workers) { item, matrix, side, slot in
      let n = item.count * g.pixels
      product(
        false, true, m, k, n, outputs(y, item, side), n, columns(x, item, matrix), n,
        workers == 1 && item.first == 0 ? 0 : 1, sums + slot * size + item.group * m * k, k)
    }
    for slot in 1..<max(workers, 1) {
      let part = sums + slot * size
      for i in 0..<size { sums[i] += part[i] }
    }
  }
}
