// The 256 layers under the normal curve, as NumPy's float32 ziggurat has them.

import Glibc

/// Marsaglia & Tsang, "The Ziggurat Method for Generating Random Variables" (2000), 23-bit scale.
struct ZigguratTables {
  /// Where the tail begins.
  static let start = 3.6541528853610087963519472518

  private(set) var limits = [UInt32](repeating: 0, count: 256)
  private(set) var widths = [Float](repeating: 0, count: 256)
  private(set) var heights = [Float](repeating: 0, count: 256)

  init() {
    let scale = 0x1p23
    var edge = Self.start
    var height = exp(-0.5 * edge * edge)
    // The tail's area closes the first layer: v = r f(r) + ∫ f.
    let volume = edge * height + (Double.pi / 2).squareRoot() * erfc(edge / 2.0.squareRoot())
    let base = volume / height
    limits[0] = UInt32(edge / base * scale)
    widths[0] = Float(base / scale)
    heights[0] = 1
    widths[255] = Float(edge / scale)
    heights[255] = Float(height)
    for layer in stride(from: 254, through: 1, by: -1) {
      let next = (-2 * log(volume / edge + height)).squareRoot()
      limits[layer + 1] = UInt32(next / edge * scale)
      edge = next
      height = exp(-0.5 * edge * edge)
      heights[layer] = Float(height)
      widths[layer] = Float(edge / scale)
    }
  }
}

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm1p(_ x: Float) -> Float { log1pf(x) }
