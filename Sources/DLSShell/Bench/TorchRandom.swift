// PyTorch's default generator on the CPU, for a workload whose peer draws its own first weights.

/// MT19937 (Matsumoto and Nishimura, 1998), as `torch.manual_seed` sets it up.
struct TorchRandom {
  private var state: [UInt32]
  private var position = 624

  init(seed: UInt32) {
    state = [seed]
    for i in 1..<624 {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(i))
    }
  }

  private mutating func next() -> UInt32 {
    if position == 624 {
      for k in 0..<624 {
        let y = state[k] & 0x8000_0000 | state[(k + 1) % 624] & 0x7fff_ffff
        state[k] = state[(k + 397) % 624] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
      }
      position = 0
    }
    var y = state[position]
    position += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9d2c_5680
    y ^= y << 15 & 0xefc6_0000
    return y ^ y >> 18
  }

  /// `t.uniform_(-bound, bound)`: 24 bits a number.
  mutating func uniform(_ bound: Double, count: Int) -> [Float] {
    let (low, high) = (Float(-bound), Float(bound))
    return (0..<count).map { _ in Float(next() & 0xff_ffff) * 0x1p-24 * (high - low) + low }
  }
}
