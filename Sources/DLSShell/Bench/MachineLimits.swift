// What this machine can do at most: the floors that workloads are held against.

import DLSRuntime
import DLSTensor
import Glibc

/// Arithmetic and memory, on all threads, as measured at the first use.
struct MachineLimits: Sendable {
  /// Fused multiply-adds in float32, counted as two, in FLOP/s.
  var flops: Double
  /// a = b + s c over arrays of 12 MB together, and over ones that no cache holds, in bytes/s.
  var cache: Double
  var memory: Double

  static let here = MachineLimits(
    flops: (0..<5).map { _ in multiplyAdds() }.max() ?? .nan, cache: triad(1 << 20),
    memory: triad(1 << 24))

  private typealias Lanes = SIMD16<Float>

  private static func multiplyAdds() -> Double {
    let turns = 4_000_000
    let threads = Parallel.threads
    var sums = [Float](repeating: 0, count: threads)
    let start = Scalar64.now()
    sums.withUnsafeMutableBufferPointer { out in
      let out = Shared(out)
      Parallel.forEach(threads, grain: 1) { begin, end in
        for i in begin..<end { out.pointer[i] = chain(turns) }
      }
    }
    let seconds = Scalar64.now() - start
    // The sums are used, so that the work cannot be left out.
    return sums.contains(where: \.isNaN) ? 0 : Double(turns * threads) * 12 * 16 * 2 / seconds
  }

  private struct Shared: @unchecked Sendable {
    let pointer: UnsafeMutableBufferPointer<Float>
    init(_ pointer: UnsafeMutableBufferPointer<Float>) { self.pointer = pointer }
  }

  /// Twelve sums that do not wait for each other.
  @inline(never)
  private static func chain(_ turns: Int) -> Float {
    let (b, c) = (Lanes(repeating: 0.999), Lanes(repeating: 1e-3))
    var (a0, a1, a2) = (Lanes(repeating: 1), Lanes(repeating: 2), Lanes(repeating: 3))
    var (a3, a4, a5) = (a0 + 3, a1 + 3, a2 + 3)
    var (a6, a7, a8) = (a0 + 6, a1 + 6, a2 + 6)
    var (a9, a10, a11) = (a0 + 9, a1 + 9, a2 + 9)
    for _ in 0..<turns {
      a0 = c.addingProduct(a0, b)
      a1 = c.addingProduct(a1, b)
      a2 = c.addingProduct(a2, b)
      a3 = c.addingProduct(a3, b)
      a4 = c.addingProduct(a4, b)
      a5 = c.addingProduct(a5, b)
      a6 = c.addingProduct(a6, b)
      a7 = c.addingProduct(a7, b)
      a8 = c.addingProduct(a8, b)
      a9 = c.addingProduct(a9, b)
      a10 = c.addingProduct(a10, b)
      a11 = c.addingProduct(a11, b)
    }
    let x = a0 + a1 + a2 + a3 + a4 + a5
    return (x + a6 + a7 + a8 + a9 + a10 + a11).sum()
  }

  /// The best of five, over three arrays of `count` floats; STREAM's rule of 12 bytes an element.
  private static func triad(_ count: Int) -> Double {
    var (a, b, c) = (
      [Float](repeating: 0, count: count), [Float](repeating: 1, count: count),
      [Float](repeating: 2, count: count)
    )
    let passes = max(1, (1 << 24) / count)
    var best = 0.0
    a.withUnsafeMutableBufferPointer { a in
      b.withUnsafeMutableBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          let (x, y, z) = (Shared(a), Shared(b), Shared(c))
          for _ in 0..<5 {
            let start = Scalar64.now()
            for _ in 0..<passes {
              Parallel.forEach(count, grain: count / Parallel.threads) { begin, end in
                let (p, q, r) = (x.pointer, y.pointer, z.pointer)
                for i in begin..<end { p[i] = q[i] + 3 * r[i] }
              }
            }
            let rate = Double(12 * count * passes) / (Scalar64.now() - start)
            best = max(best, rate)
          }
        }
      }
    }
    return best
  }
}

/// What a call has to do at least, by count: the floor is the time that the machine's limits give it.
struct Work: Sendable {
  var flops = 0.0
  /// Bytes that have to move at least once within the caches (optimizer state, activations).
  var cacheBytes = 0.0
  /// Bytes that have to come from memory and go there.
  var memoryBytes = 0.0

  func seconds(_ limits: MachineLimits) -> (value: Double, source: String) {
    var sources: [String] = []
    if flops > 0 { sources.append("\(FormatSpec.significant(limits.flops * 1e-9, 3)) GFLOP/s") }
    if cacheBytes > 0 {
      sources.append("\(FormatSpec.significant(limits.cache * 1e-9, 3)) GB/s cached")
    }
    if memoryBytes > 0 {
      sources.append("\(FormatSpec.significant(limits.memory * 1e-9, 3)) GB/s from memory")
    }
    let seconds =
      flops / limits.flops + cacheBytes / limits.cache + memoryBytes / limits.memory
    return (seconds, sources.joined(separator: ", "))
  }

  /// Forward and both backward products of dense layers (no gradient of the input), and Adam's 28
  /// bytes a weight.
  static func dense(_ batch: Int, _ sizes: [Int]) -> Work {
    let products = zip(sizes, sizes.dropFirst()).map { 2.0 * Double(batch * $0 * $1) }
    let weights = zip(sizes, sizes.dropFirst()).map { Double($0 * $1 + $1) }.reduce(0, +)
    return Work(
      flops: 3 * products.reduce(0, +) - (products.first ?? 0), cacheBytes: 28 * weights)
  }
}
