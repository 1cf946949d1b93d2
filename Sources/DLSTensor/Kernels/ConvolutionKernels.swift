// Convolution by column matrices: each image becomes a matrix of windows that stays in cache.

import COpenBLAS

/// One image at a time: windows to columns (im2col), a product, and columns back (col2im).
struct ConvKernels<T: KernelScalar> {
  let g: ConvGeometry

  /// Floats or doubles of scratch that one worker needs.
  var scratch: Int { g.isPointwise ? 1 : g.depth * g.pixels }

  /// How many workers share the images; with one image OpenBLAS has the threads to itself.
  static func workers(_ g: ConvGeometry) -> Int {
    let work = g.batch * g.filters * g.depth * g.pixels
    return work < 1 << 18 ? 1 : max(1, min(Parallel.threads, g.batch))
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

  /// The windows of one image and group, one a column.
  func columns(_ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>) {
    var row = out
    let step = g.slide.stride[1]
    for c in 0..<g.groupChannels {
      let plane = x + c * g.height * g.width
      for i in 0..<g.kernel[0] {
        for j in 0..<g.kernel[1] {
          let (from, to, shift) = inside(j)
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
  func scatter(_ columns: UnsafePointer<T>, _ x: UnsafeMutablePointer<T>) {
    var row = columns
    let step = g.slide.stride[1]
    for c in 0..<g.groupChannels {
      let plane = x + c * g.height * g.width
      for i in 0..<g.kernel[0] {
        for j in 0..<g.kernel[1] {
          let (from, to, shift) = inside(j)
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

  /// y = w * x + bias.
  func forward(
    _ x: UnsafePointer<T>, _ w: UnsafePointer<T>, _ bias: UnsafePointer<T>?,
    _ y: UnsafeMutablePointer<T>, _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, p, m) = (g.depth, g.pixels, g.groupFilters)
    let inPlane = g.groupChannels * g.height * g.width
    BLASThreads.set(workers > 1 ? 1 : Parallel.threads)
    Parallel.slots(g.batch * g.groups, workers) { slot, begin, end in
      let matrix = buffer + slot * scratch
      for item in begin..<end {
        if Interrupt.isSet { return }
        let group = item % g.groups
        let image = x + item * inPlane
        let target = y + item * m * p
        if let bias {
          for f in 0..<m { (target + f * p).update(repeating: bias[group * m + f], count: p) }
        }
        if !g.isPointwise { columns(image, matrix) }
        T.gemm(
          false, false, m, p, k, w + group * m * k, k,
          g.isPointwise ? image : UnsafePointer(matrix),
          p, bias == nil ? 0 : 1, target, p)
      }
    }
  }

  /// x += the windows' share of y, through w; x is zero before.
  func input(
    _ y: UnsafePointer<T>, _ w: UnsafePointer<T>, _ x: UnsafeMutablePointer<T>,
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, p, m) = (g.depth, g.pixels, g.groupFilters)
    let inPlane = g.groupChannels * g.height * g.width
    BLASThreads.set(workers > 1 ? 1 : Parallel.threads)
    Parallel.slots(g.batch * g.groups, workers) { slot, begin, end in
      let matrix = buffer + slot * scratch
      for item in begin..<end {
        if Interrupt.isSet { return }
        let group = item % g.groups
        let image = x + item * inPlane
        T.gemm(
          true, false, k, p, m, w + group * m * k, k, y + item * m * p, p, 0,
          g.isPointwise ? image : matrix, p)
        if !g.isPointwise { scatter(matrix, image) }
      }
    }
  }

  /// dw = Σ over images of y xᵀ; `sums` holds one weight for each worker, zero before.
  func weight(
    _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ sums: UnsafeMutablePointer<T>,
    _ buffer: UnsafeMutablePointer<T>, _ workers: Int
  ) {
    let (k, p, m) = (g.depth, g.pixels, g.groupFilters)
    let inPlane = g.groupChannels * g.height * g.width
    let size = g.filters * k
    BLASThreads.set(workers > 1 ? 1 : Parallel.threads)
    Parallel.slots(g.batch * g.groups, workers) { slot, begin, end in
      let matrix = buffer + slot * scratch
      for item in begin..<end {
        if Interrupt.isSet { return }
        let group = item % g.groups
        let image = x + item * inPlane
        if !g.isPointwise { columns(image, matrix) }
        T.gemm(
          false, true, m, k, p, y + item * m * p, p, g.isPointwise ? image : UnsafePointer(matrix),
          p, 1, sums + slot * size + group * m * k, k)
      }
    }
    for slot in 1..<max(workers, 1) {
      let part = sums + slot * size
      for i in 0..<size { sums[i] += part[i] }
    }
  }
}
