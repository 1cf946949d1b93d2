// The inner products of Winograd's tiles: eight rows by some vectors, all sums in registers.

/// c [8, 16 n] = or += aᵀ b, with a as [depth][aStep] of which eight are taken, and b as
/// [depth][bStep]. Written out, so that the sums stay in registers.
enum WinogradTiles {
  private typealias V = SIMD16<Float>

  @inline(__always)
  private static func load(_ p: UnsafePointer<Float>) -> V {
    UnsafeRawPointer(p).loadUnaligned(as: V.self)
  }

  @inline(__always)
  private static func put(_ v: V, _ to: UnsafeMutablePointer<Float>, _ adds: Bool) {
    UnsafeMutableRawPointer(to).storeBytes(of: adds ? v + load(to) : v, as: V.self)
  }

  /// 8 rows by 48 columns.
  @inline(never)
  static func run3(
    _ a: UnsafePointer<Float>, _ aStep: Int, _ b: UnsafePointer<Float>, _ bStep: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStep: Int, _ depth: Int, adds: Bool
  ) {
    var (c00, c01, c02) = (V(), V(), V())
    var (c10, c11, c12) = (V(), V(), V())
    var (c20, c21, c22) = (V(), V(), V())
    var (c30, c31, c32) = (V(), V(), V())
    var (c40, c41, c42) = (V(), V(), V())
    var (c50, c51, c52) = (V(), V(), V())
    var (c60, c61, c62) = (V(), V(), V())
    var (c70, c71, c72) = (V(), V(), V())
    var (p, q) = (a, b)
    for _ in 0..<depth {
      let b0 = load(q)
      let b1 = load(q + 16)
      let b2 = load(q + 32)
      let a0 = V(repeating: p[0])
      c00 = c00.addingProduct(a0, b0)
      c01 = c01.addingProduct(a0, b1)
      c02 = c02.addingProduct(a0, b2)
      let a1 = V(repeating: p[1])
      c10 = c10.addingProduct(a1, b0)
      c11 = c11.addingProduct(a1, b1)
      c12 = c12.addingProduct(a1, b2)
      let a2 = V(repeating: p[2])
      c20 = c20.addingProduct(a2, b0)
      c21 = c21.addingProduct(a2, b1)
      c22 = c22.addingProduct(a2, b2)
      let a3 = V(repeating: p[3])
      c30 = c30.addingProduct(a3, b0)
      c31 = c31.addingProduct(a3, b1)
      c32 = c32.addingProduct(a3, b2)
      let a4 = V(repeating: p[4])
      c40 = c40.addingProduct(a4, b0)
      c41 = c41.addingProduct(a4, b1)
      c42 = c42.addingProduct(a4, b2)
      let a5 = V(repeating: p[5])
      c50 = c50.addingProduct(a5, b0)
      c51 = c51.addingProduct(a5, b1)
      c52 = c52.addingProduct(a5, b2)
      let a6 = V(repeating: p[6])
      c60 = c60.addingProduct(a6, b0)
      c61 = c61.addingProduct(a6, b1)
      c62 = c62.addingProduct(a6, b2)
      let a7 = V(repeating: p[7])
      c70 = c70.addingProduct(a7, b0)
      c71 = c71.addingProduct(a7, b1)
      c72 = c72.addingProduct(a7, b2)
      p += aStep
      q += bStep
    }
    put(c00, c, adds)
    put(c01, c + 16, adds)
    put(c02, c + 32, adds)
    put(c10, c + 1 * cStep, adds)
    put(c11, c + 1 * cStep + 16, adds)
    put(c12, c + 1 * cStep + 32, adds)
    put(c20, c + 2 * cStep, adds)
    put(c21, c + 2 * cStep + 16, adds)
    put(c22, c + 2 * cStep + 32, adds)
    put(c30, c + 3 * cStep, adds)
    put(c31, c + 3 * cStep + 16, adds)
    put(c32, c + 3 * cStep + 32, adds)
    put(c40, c + 4 * cStep, adds)
    put(c41, c + 4 * cStep + 16, adds)
    put(c42, c + 4 * cStep + 32, adds)
    put(c50, c + 5 * cStep, adds)
    put(c51, c + 5 * cStep + 16, adds)
    put(c52, c + 5 * cStep + 32, adds)
    put(c60, c + 6 * cStep, adds)
    put(c61, c + 6 * cStep + 16, adds)
    put(c62, c + 6 * cStep + 32, adds)
    put(c70, c + 7 * cStep, adds)
    put(c71, c + 7 * cStep + 16, adds)
    put(c72, c + 7 * cStep + 32, adds)
  }

  /// 8 rows by 32 columns.
  @inline(never)
  static func run2(
    _ a: UnsafePointer<Float>, _ aStep: Int, _ b: UnsafePointer<Float>, _ bStep: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStep: Int, _ depth: Int, adds: Bool
  ) {
    var (c00, c01) = (V(), V())
    var (c10, c11) = (V(), V())
    var (c20, c21) = (V(), V())
    var (c30, c31) = (V(), V())
    var (c40, c41) = (V(), V())
    var (c50, c51) = (V(), V())
    var (c60, c61) = (V(), V())
    var (c70, c71) = (V(), V())
    var (p, q) = (a, b)
    for _ in 0..<depth {
      let b0 = load(q)
      let b1 = load(q + 16)
      let a0 = V(repeating: p[0])
      c00 = c00.addingProduct(a0, b0)
      c01 = c01.addingProduct(a0, b1)
      let a1 = V(repeating: p[1])
      c10 = c10.addingProduct(a1, b0)
      c11 = c11.addingProduct(a1, b1)
      let a2 = V(repeating: p[2])
      c20 = c20.addingProduct(a2, b0)
      c21 = c21.addingProduct(a2, b1)
      let a3 = V(repeating: p[3])
      c30 = c30.addingProduct(a3, b0)
      c31 = c31.addingProduct(a3, b1)
      let a4 = V(repeating: p[4])
      c40 = c40.addingProduct(a4, b0)
      c41 = c41.addingProduct(a4, b1)
      let a5 = V(repeating: p[5])
      c50 = c50.addingProduct(a5, b0)
      c51 = c51.addingProduct(a5, b1)
      let a6 = V(repeating: p[6])
      c60 = c60.addingProduct(a6, b0)
      c61 = c61.addingProduct(a6, b1)
      let a7 = V(repeating: p[7])
      c70 = c70.addingProduct(a7, b0)
      c71 = c71.addingProduct(a7, b1)
      p += aStep
      q += bStep
    }
    put(c00, c, adds)
    put(c01, c + 16, adds)
    put(c10, c + 1 * cStep, adds)
    put(c11, c + 1 * cStep + 16, adds)
    put(c20, c + 2 * cStep, adds)
    put(c21, c + 2 * cStep + 16, adds)
    put(c30, c + 3 * cStep, adds)
    put(c31, c + 3 * cStep + 16, adds)
    put(c40, c + 4 * cStep, adds)
    put(c41, c + 4 * cStep + 16, adds)
    put(c50, c + 5 * cStep, adds)
    put(c51, c + 5 * cStep + 16, adds)
    put(c60, c + 6 * cStep, adds)
    put(c61, c + 6 * cStep + 16, adds)
    put(c70, c + 7 * cStep, adds)
    put(c71, c + 7 * cStep + 16, adds)
  }

  /// 8 rows by 16 columns.
  @inline(never)
  static func run1(
    _ a: UnsafePointer<Float>, _ aStep: Int, _ b: UnsafePointer<Float>, _ bStep: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStep: Int, _ depth: Int, adds: Bool
  ) {
    var c00 = V()
    var c10 = V()
    var c20 = V()
    var c30 = V()
    var c40 = V()
    var c50 = V()
    var c60 = V()
    var c70 = V()
    var (p, q) = (a, b)
    for _ in 0..<depth {
      let b0 = load(q)
      let a0 = V(repeating: p[0])
      c00 = c00.addingProduct(a0, b0)
      let a1 = V(repeating: p[1])
      c10 = c10.addingProduct(a1, b0)
      let a2 = V(repeating: p[2])
      c20 = c20.addingProduct(a2, b0)
      let a3 = V(repeating: p[3])
      c30 = c30.addingProduct(a3, b0)
      let a4 = V(repeating: p[4])
      c40 = c40.addingProduct(a4, b0)
      let a5 = V(repeating: p[5])
      c50 = c50.addingProduct(a5, b0)
      let a6 = V(repeating: p[6])
      c60 = c60.addingProduct(a6, b0)
      let a7 = V(repeating: p[7])
      c70 = c70.addingProduct(a7, b0)
      p += aStep
      q += bStep
    }
    put(c00, c, adds)
    put(c10, c + 1 * cStep, adds)
    put(c20, c + 2 * cStep, adds)
    put(c30, c + 3 * cStep, adds)
    put(c40, c + 4 * cStep, adds)
    put(c50, c + 5 * cStep, adds)
    put(c60, c + 6 * cStep, adds)
    put(c70, c + 7 * cStep, adds)
  }
}
