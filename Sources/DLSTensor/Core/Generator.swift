// Random numbers: Philox 4x32-10 (Salmon et al., 2011), a counter through a keyed mix, so that the
// n-th number of a seed is the same however many threads fill a tensor.

import CThreadState
import Glibc

/// The session's source of randomness: a key (the seed) and a counter.
package final class Generator {
  private var key: UInt64
  private var counter: UInt64 = 0
  /// The next sixteen words that `nextWord` gives, from one block, and the counter of the first.
  private var ahead = (Lanes(), Lanes())
  private var aheadKey: UInt64 = 0
  private var aheadFirst = UInt64.max

  package init(seed: UInt64) { key = seed }

  package func reseed(_ seed: UInt64) {
    key = seed
    counter = 0
  }

  /// Where it stands, to be put back later.
  package var state: (key: UInt64, counter: UInt64) {
    get { (key, counter) }
    set { (key, counter) = newValue }
  }

  typealias Lanes = SIMD16<UInt32>

  /// Ten rounds over 16 counters at once, `step` apart: 64 random words.
  @inline(__always)
  private static func block(_ key: UInt64, _ first: UInt64, step: UInt64 = 1)
    -> (Lanes, Lanes, Lanes, Lanes)
  {
    var low = Lanes()
    var high = Lanes()
    for i in 0..<16 {
      let n = first &+ UInt64(i) &* step
      low[i] = UInt32(truncatingIfNeeded: n)
      high[i] = UInt32(truncatingIfNeeded: n >> 32)
    }
    var (c0, c1, c2, c3) = (low, high, Lanes(), Lanes())
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p = multiply(c0, 0xD251_1F53)
      let q = multiply(c2, 0xCD9E_8D57)
      c0 = q.high ^ c1 ^ Lanes(repeating: k0)
      c2 = p.high ^ c3 ^ Lanes(repeating: k1)
      c1 = q.low
      c3 = p.low
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }

  @inline(__always)
  private static func multiply(_ x: Lanes, _ m: UInt32) -> (high: Lanes, low: Lanes) {
    let wide = SIMD16<UInt64>(truncatingIfNeeded: x) &* SIMD16<UInt64>(repeating: UInt64(m))
    return (Lanes(truncatingIfNeeded: wide &>> 32), Lanes(truncatingIfNeeded: wide))
  }

  /// Fills with random words, in the order of the counter.
  private func words(_ count: Int, _ body: @escaping (_ at: Int, _ words: Lanes) -> Void) {
    let groups = (count + 63) / 64
    let (key, first) = (key, counter)
    counter &+= UInt64(groups * 16)
    Parallel.forEach(groups, grain: 64) { begin, end in
      for group in begin..<end {
        let b = Generator.block(key, first &+ UInt64(group * 16))
        body(group * 64, b.0)
        body(group * 64 + 16, b.1)
        body(group * 64 + 32, b.2)
        body(group * 64 + 48, b.3)
      }
    }
  }

  package func nextWord() -> UInt64 {
    let distance = counter &- aheadFirst
    if aheadKey != key || distance >= 256 || distance % 16 != 0 {
      let b = Generator.block(key, counter, step: 16)
      (ahead, aheadKey, aheadFirst) = ((b.0, b.1), key, counter)
    }
    let lane = Int((counter &- aheadFirst) / 16)
    counter &+= 16
    return UInt64(ahead.0[lane]) << 32 | UInt64(ahead.1[lane])
  }

  /// From [0, 1).
  package func nextDouble() -> Double { Double(nextWord() >> 11) * 0x1p-53 }

  /// From 0 ..< n, without bias worth the name (Lemire's multiplication).
  package func nextInt(_ n: Int) -> Int {
    n <= 1 ? 0 : Int(UInt64(n).multipliedFullWidth(by: nextWord()).high)
  }

  package func fillUniform(_ y: Tensor, _ low: Double = 0, _ high: Double = 1) {
    let n = y.count
    if y.dtype == .f64 {
      let q = y.pointer(Double.self)
      for i in 0..<n { q[i] = low + (high - low) * nextDouble() }
      return
    }
    let q = y.pointer(Float.self)
    let (l, range) = (Float(low), Float(high - low))
    words(n) { at, words in
      let u = unsafeBitCast((words &>> 9) | 0x3f80_0000, to: F16.self) - 1
      let v = u * range + l
      if at + 16 <= n {
        UnsafeMutableRawPointer(q + at).storeBytes(of: v, as: F16.self)
      } else if at < n {
        for i in 0..<(n - at) { q[at + i] = v[i] }
      }
    }
  }

  /// Box–Muller on pairs of uniforms.
  package func fillNormal(_ y: Tensor, _ mean: Double = 0, _ std: Double = 1) {
    let n = y.count
    let (key, start) = (key, counter)
    let pairs = (n + 31) / 32
    counter &+= UInt64(pairs * 16)
    Parallel.forEach(pairs, grain: 64) { begin, end in
      for pair in begin..<end {
        Generator.normal(y, pair * 32, Generator.block(key, start &+ UInt64(pair * 16)), mean, std)
      }
    }
  }

  @inline(__always)
  private static func normal(
    _ y: Tensor, _ at: Int, _ b: (Lanes, Lanes, Lanes, Lanes), _ mean: Double, _ std: Double
  ) {
    let n = y.count
    for i in 0..<16 {
      let u = (Double(b.0[i]) + 0.5 + Double(b.2[i] >> 8) * 0x1p-24) * 0x1p-32
      let angle = 2 * Double.pi * (Double(b.1[i]) * 0x1p-32)
      let radius = (-2 * log(u)).squareRoot()
      if at + i < n { y.store(mean + std * radius * cos(angle), at + i) }
      if at + 16 + i < n { y.store(mean + std * radius * sin(angle), at + 16 + i) }
    }
  }

  /// 1 with probability `keep`, times `scale`, else 0: dropout's mask.
  package func fillMask(_ y: Tensor, keep: Double, scale: Double) {
    let n = y.count
    let limit = UInt32(min(keep * 0x1p32, 0xffff_ffff))
    if y.dtype == .f64 {
      let q = y.pointer(Double.self)
      words(n) { at, words in
        for i in 0..<min(16, max(0, n - at)) { q[at + i] = words[i] < limit ? scale : 0 }
      }
      return
    }
    let q = y.pointer(Float.self)
    let value = Float(scale)
    words(n) { at, words in
      let v = dls_keep_f16(words, limit, value)
      if at + 16 <= n {
        UnsafeMutableRawPointer(q + at).storeBytes(of: v, as: F16.self)
      } else if at < n {
        for i in 0..<(n - at) { q[at + i] = v[i] }
      }
    }
  }

  package func permutation(_ n: Int) -> [Int] {
    var order = Array(0..<n)
    if n > 1 {
      for i in stride(from: n - 1, through: 1, by: -1) { order.swapAt(i, nextInt(i + 1)) }
    }
    return order
  }
}
