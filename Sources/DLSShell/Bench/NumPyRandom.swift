// NumPy's default generator, so that a workload starts from the same numbers as its peers do.

/// `numpy.random.default_rng(seed)`: PCG64 (O'Neill 2014, XSL-RR 128/64) seeded by SeedSequence.
package struct NumPyRandom {
  private var state: UInt128
  private let increment: UInt128
  /// PCG64 gives 32-bit numbers in pairs, the low half first.
  private var spareHalf: UInt32?
  private let normal = ZigguratTables()

  package init(seed: UInt32) {
    let words = Self.seedWords(seed)
    let start = UInt128(words[0]) << 64 | UInt128(words[1])
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    state = 0
    step()
    state &+= start
    step()
  }

  private mutating func step() {
    let multiplier = UInt128(0x2360_ED05_1FC6_5DA4) << 64 | UInt128(0x4385_DF64_9FCC_F645)
    state = state &* multiplier &+ increment
  }

  mutating func nextUInt64() -> UInt64 {
    step()
    let mixed = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turn = UInt64(truncatingIfNeeded: state >> 122)
    return mixed >> turn | mixed << ((64 &- turn) & 63)
  }

  mutating func nextUInt32() -> UInt32 {
    if let half = spareHalf {
      spareHalf = nil
      return half
    }
    let whole = nextUInt64()
    spareHalf = UInt32(truncatingIfNeeded: whole >> 32)
    return UInt32(truncatingIfNeeded: whole)
  }

  package mutating func nextDouble() -> Double { Double(nextUInt64() >> 11) * 0x1p-53 }

  private mutating func nextFloat() -> Float { Float(nextUInt32() >> 8) * 0x1p-24 }

  /// `rng.uniform(-bound, bound, count).astype(float32)`.
  mutating func uniform(_ bound: Double, count: Int) -> [Float] {
    (0..<count).map { _ in Float(-bound + (bound - -bound) * nextDouble()) }
  }

  /// `rng.integers(0, limit, count)`: Lemire's method on 32-bit numbers.
  mutating func integers(below limit: UInt32, count: Int) -> [Int] {
    (0..<count).map { _ in
      var product = UInt64(nextUInt32()) * UInt64(limit)
      if UInt32(truncatingIfNeeded: product) < limit {
        let threshold = (0 &- limit) % limit
        while UInt32(truncatingIfNeeded: product) < threshold {
          product = UInt64(nextUInt32()) * UInt64(limit)
        }
      }
      return Int(product >> 32)
    }
  }

  /// `rng.standard_normal(count, dtype=float32)`: the ziggurat of Marsaglia and Tsang (2000).
  package mutating func standardNormal(count: Int) -> [Float] {
    (0..<count).map { _ in nextNormal() }
  }

  private mutating func nextNormal() -> Float {
    while true {
      let bits = nextUInt32()
      let layer = Int(bits & 0xFF)
      let distance = (bits >> 9) & 0x007F_FFFF
      var x = Float(distance) * normal.widths[layer]
      if (bits >> 8) & 1 == 1 { x = -x }
      if distance < normal.limits[layer] { return x }
      if layer == 0 { return nextTail(isNegative: (distance >> 8) & 1 == 1) }
      let slope = (normal.heights[layer - 1] - normal.heights[layer]) * nextFloat()
      if Double(slope + normal.heights[layer]) < exponential(-0.5 * Double(x) * Double(x)) {
        return x
      }
    }
  }

  private mutating func nextTail(isNegative: Bool) -> Float {
    let start = Float(ZigguratTables.start)
    while true {
      let across = -Float(0.27366123732975827203338247596) * logarithm1p(-nextFloat())
      let down = -logarithm1p(-nextFloat())
      if down + down > across * across { return isNegative ? -(start + across) : start + across }
    }
  }

  /// SeedSequence(seed).generate_state(4, uint64), for a seed that fits 32 bits.
  private static func seedWords(_ seed: UInt32) -> [UInt64] {
    var hash: UInt32 = 0x43B0_D7E5
    func hashed(_ value: UInt32) -> UInt32 {
      var v = value ^ hash
      hash = hash &* 0x931E_8875
      v = v &* hash
      return v ^ v >> 16
    }
    func mixed(_ x: UInt32, _ y: UInt32) -> UInt32 {
      let result = 0xCA01_F9DD &* x &- 0x4973_F715 &* y
      return result ^ result >> 16
    }
    var pool = [hashed(seed), hashed(0), hashed(0), hashed(0)]
    for source in 0..<4 {
      for target in 0..<4 where source != target {
        pool[target] = mixed(pool[target], hashed(pool[source]))
      }
    }
    var state: UInt32 = 0x8B51_F9DD
    let halves = (0..<8).map { i -> UInt64 in
      var v = pool[i % 4] ^ state
      state = state &* 0x58F3_8DED
      v = v &* state
      return UInt64(v ^ v >> 16)
    }
    return (0..<4).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
  }
}
