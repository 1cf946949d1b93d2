// Max-pooling by 2x2 windows that do not overlap, the usual case: eight windows at a time.

/// Which of its four numbers each window chose: 0 and 1 above, 2 and 3 below. As wide as the numbers,
/// so that masks need no conversion.
final class PairChoices {
  let storage: Storage
  init(_ count: Int) throws(TensorError) { storage = try Storage.allocate(bytes: 4 * count + 64) }
  var codes: UnsafeMutablePointer<Int32> { storage.pointer.assumingMemoryBound(to: Int32.self) }
}

/// Planes [height, width] pooled to [height / 2, width / 2]; an odd last row or column is left out.
struct PairPoolKernels {
  let planes: Int
  let height: Int
  let width: Int
  var outHeight: Int { height / 2 }
  var outWidth: Int { width / 2 }

  private typealias V = SIMD8<Float>
  private typealias Codes = SIMD8<Int32>

  /// Sixteen numbers from a row, zeros past the end of all planes.
  @inline(__always)
  private func load(_ x: UnsafePointer<Float>, _ at: Int) -> SIMD16<Float> {
    let total = planes * height * width
    if at + 16 <= total {
      return UnsafeRawPointer(x + at).loadUnaligned(as: SIMD16<Float>.self)
    }
    var r = SIMD16<Float>()
    for i in 0..<(total - at) { r[i] = x[at + i] }
    return r
  }

  /// The largest of every window (nan wins, the first of equals), and which it was.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ codes: UnsafeMutablePointer<Int32>
  ) {
    Parallel.forEach(planes, grain: PoolKernels.grain(height * width)) { begin, end in
      for plane in begin..<end {
        if Interrupt.isSet { return }
        for oy in 0..<outHeight {
          let above = plane * height * width + 2 * oy * width
          let to = (plane * outHeight + oy) * outWidth
          var ox = 0
          while ox < outWidth {
            let (r, s) = (load(x, above + 2 * ox), load(x, above + width + 2 * ox))
            var best = r.evenHalf
            var code = Codes(repeating: 0)
            choose(r.oddHalf, 1, &best, &code)
            choose(s.evenHalf, 2, &best, &code)
            choose(s.oddHalf, 3, &best, &code)
            let count = min(8, outWidth - ox)
            // What a vector writes too much is written again by the windows that follow it.
            let left = ((end - plane) * outHeight - oy - 1) * outWidth
            if count == 8 || left + count >= 8 {
              UnsafeMutableRawPointer(y + to + ox).storeBytes(of: best, as: V.self)
              UnsafeMutableRawPointer(codes + to + ox).storeBytes(of: code, as: Codes.self)
            } else {
              for i in 0..<count {
                y[to + ox + i] = best[i]
                codes[to + ox + i] = code[i]
              }
            }
            ox += 8
          }
        }
      }
    }
  }

  @inline(__always)
  private func choose(_ v: SIMD8<Float>, _ number: Int32, _ best: inout V, _ code: inout Codes) {
    let wins = (v .> best) .| ((v .!= v) .& (best .== best))
    best.replace(with: v, where: wins)
    code.replace(with: Codes(repeating: number), where: wins)
  }

  /// x: each gradient at the number that its window chose, zeros elsewhere.
  func backward(
    _ g: UnsafePointer<Float>, _ codes: UnsafePointer<Int32>, _ x: UnsafeMutablePointer<Float>
  ) {
    let total = planes * outHeight * outWidth
    Parallel.forEach(planes, grain: PoolKernels.grain(height * width)) { begin, end in
      let last = end * height * width
      let lanes = Codes(0, 1, 2, 3, 4, 5, 6, 7)
      for plane in begin..<end {
        let base = plane * height * width
        for oy in 0..<outHeight {
          let from = (plane * outHeight + oy) * outWidth
          let above = base + 2 * oy * width
          var ox = 0
          while 2 * ox < width {
            let count = max(0, min(8, outWidth - ox))
            var v = V()
            var code = Codes(repeating: -1)
            if from + ox + 8 <= total {
              v = UnsafeRawPointer(g + from + ox).loadUnaligned(as: V.self)
              code = UnsafeRawPointer(codes + from + ox).loadUnaligned(as: Codes.self)
            } else {
              for i in 0..<count {
                v[i] = g[from + ox + i]
                code[i] = codes[from + ox + i]
              }
            }
            code.replace(
              with: Codes(repeating: -1), where: lanes .>= Codes(repeating: Int32(count)))
            let to = above + 2 * ox
            // What a vector writes too much lies in rows that are still to be written.
            let fits = 2 * ox + 16 <= width
            let left = width - 2 * ox
            put(v, code, 0, x + to, (fits || ox == 0) && to + 16 <= last, left)
            put(v, code, 2, x + to + width, to + width + 16 <= last, left)
            ox += 8
          }
        }
        if height % 2 == 1 {
          (x + base + (height - 1) * width).update(repeating: 0, count: width)
        }
      }
    }
  }

  /// One row of windows: gradients where the code is `number` or the next, zeros between.
  @inline(__always)
  private func put(
    _ v: V, _ code: Codes, _ number: Int32, _ to: UnsafeMutablePointer<Float>, _ isWhole: Bool,
    _ count: Int
  ) {
    var even = V()
    var odd = V()
    even.replace(with: v, where: code .== Codes(repeating: number))
    odd.replace(with: v, where: code .== Codes(repeating: number + 1))
    var out = SIMD16<Float>()
    out.evenHalf = even
    out.oddHalf = odd
    if isWhole {
      UnsafeMutableRawPointer(to).storeBytes(of: out, as: SIMD16<Float>.self)
    } else {
      withUnsafeBytes(of: out) { bytes in
        guard let from = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: 4 * min(16, count))
      }
    }
  }

  /// Positions in the planes, for what asks for them.
  func positions(_ codes: UnsafePointer<Int32>, _ at: UnsafeMutablePointer<Int>) {
    for plane in 0..<planes {
      for oy in 0..<outHeight {
        for ox in 0..<outWidth {
          let i = (plane * outHeight + oy) * outWidth + ox
          let code = Int(codes[i])
          at[i] = (2 * oy + code / 2) * width + 2 * ox + code % 2
        }
      }
    }
  }
}
