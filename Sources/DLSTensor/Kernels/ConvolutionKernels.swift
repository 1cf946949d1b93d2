// Convolution by column matrices: images become matrices of windows that stay in cache.

/// Windows to columns (im2col), a product, and columns back (col2im): one image at a time, or several
/// side by side where one has few windows.
struct ConvKernels<T: KernelScalar> {
  let g: ConvGeometry

  /// Images in one product.
  var images: Int { g.groups == 1 ? max(1, min(g.batch, 64 / max(g.pixels, 1))) : 1 }
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
    let items = (g.batch + ConvKernels(g: g).images - 1) / ConvKernels(g: g).images * g.groups
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

  /// The windows of one image and group, one a column of rows that are `lead` apart.
  private func columns(_ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ lead: Int) {
    var tap = 0
    let step = g.slide.stride[1]
    for c in 0..<g.groupChannels {
      let plane = x + c * g.height * g.width
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
                for ox in from..<to { row[ox] = source[ox * step] }
              }
              for ox in to..<g.outWidth { row[ox] = 0 }
            }
            row += g.outWidth
          }
        }
      }
    }
  }

  /// Adds columns back to where the windows took them from.
  private func scatter(_ columns: UnsafePointer<T>, _ lead: Int, _ x: UnsafeMutablePointer<T>) {
    var tap = 0
    let step = g.slide.stride[1]
    for c in 0..<g.groupChannels {
      let plane = x + c * g.height * g.width
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
    for i in 0..<item.count {
      columns(input(x, item, i), out + i * g.pixels, item.count * g.pixels)
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
      T.gemm(
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
      T.gemm(
        true, false, k, n, m, w + item.group * m * k, k, outputs(y, item, side), n, 0,
        isDirect ? image : matrix, n)
      if isDirect { return }
      for i in 0..<item.count {
        scatter(matrix + i * g.pixels, n, image + i * g.groups * inPlane)
      }
    }
  }

  /// dw = Σ over images of y xᵀ; `sums` holds one weight for each worker, zero before.
  func weight(
    _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ sums: UnsafeMutablePointer<T>,
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, m) = (g.depth, g.groupFilters)
    let size = g.filters * k
    forEach(buffer, workers) { item, matrix, side, slot in
      let n = item.count * g.pixels
      T.gemm(
        false, true, m, k, n, outputs(y, item, side), n, columns(x, item, matrix), n, 1,
        sums + slot * size + item.group * m * k, k)
    }
    for slot in 1..<max(workers, 1) {
      let part = sums + slot * size
      for i in 0..<size { sums[i] += part[i] }
    }
  }
}
