// Draws a glyph's strokes as a gray picture, each time a little differently.

import Glibc

/// How much one drawing of a glyph differs from the next; lengths in 28ths of the picture.
package struct GlyphJitter: Sendable {
  /// Turned by up to this many degrees, either way.
  package var rotation: Float = 15
  /// Slanted by up to this much, either way.
  package var shear: Float = 0.25
  /// Scaled by a factor from this range, x and y apart.
  package var scale: ClosedRange<Float> = 0.75...1.1
  /// Moved by up to this much, either way.
  package var shift: Float = 2
  /// Standard deviations of what moves a stroke as a whole, and each of its points.
  package var stroke: Float = 0.6
  package var point: Float = 0.35
  package var width: ClosedRange<Float> = 1.2...2.4

  package init() {}

  /// Always the same drawing, with strokes two pixels wide.
  package static var none: GlyphJitter {
    var jitter = GlyphJitter()
    (jitter.rotation, jitter.shear, jitter.shift, jitter.stroke, jitter.point) = (0, 0, 0, 0, 0)
    (jitter.scale, jitter.width) = (1...1, 2...2)
    return jitter
  }
}

/// Draws instance after instance of one glyph; the k-th of a seed is always the same.
package struct GlyphArtist {
  private let glyph: Glyph
  private let jitter: GlyphJitter
  private let size: Int
  private var random: SplitMix64
  private var nearest: [Float]

  /// `glyph` must be normalized; pictures are `size` x `size`.
  package init(_ glyph: Glyph, _ jitter: GlyphJitter, size: Int, seed: UInt64) {
    self.glyph = glyph
    self.jitter = jitter
    self.size = size
    random = SplitMix64(seed: seed)
    nearest = [Float](repeating: 0, count: size * size)
  }

  /// Draws the next instance into `pixels`, which has size * size places: ink 1, paper 0.
  ///
  /// A point p becomes A p + t with A = rotation · shear · scale; a pixel's ink is
  /// clip(w/2 + 1/2 - d, 0, 1), d its distance to the nearest stroke and w the strokes' width.
  package mutating func draw(into pixels: UnsafeMutableBufferPointer<Float>) {
    let unit = Float(size) / 28
    let strokes = moved(unit)
    let width = uniform(jitter.width) * unit
    let reach = width / 2 + 0.5
    for i in nearest.indices { nearest[i] = reach * reach }
    for stroke in strokes {
      if stroke.count == 1 { mark(stroke[0], stroke[0], reach) }
      for k in 1..<max(1, stroke.count) { mark(stroke[k - 1], stroke[k], reach) }
    }
    for i in 0..<min(pixels.count, nearest.count) {
      pixels[i] = min(max(reach - nearest[i].squareRoot(), 0), 1)
    }
  }

  /// The strokes where this instance has them, in pixels.
  private mutating func moved(_ unit: Float) -> [[Glyph.Point]] {
    let angle = uniform(-jitter.rotation...jitter.rotation) * .pi / 180
    let slant = uniform(-jitter.shear...jitter.shear)
    let (sx, sy) = (uniform(jitter.scale) * unit, uniform(jitter.scale) * unit)
    let middle = Float(size - 1) / 2
    let tx = middle + uniform(-jitter.shift...jitter.shift) * unit
    let ty = middle + uniform(-jitter.shift...jitter.shift) * unit
    let (c, s) = (cos(angle), sin(angle))
    var result: [[Glyph.Point]] = []
    for stroke in glyph.strokes {
      let (dx, dy) = normals(jitter.stroke * unit)
      var points: [Glyph.Point] = []
      for point in stroke {
        let (x, y) = (sx * point.x + slant * sy * point.y, sy * point.y)
        let (ex, ey) = normals(jitter.point * unit)
        points.append(
          Glyph.Point(x: c * x - s * y + tx + dx + ex, y: s * x + c * y + ty + dy + ey))
      }
      result.append(points)
    }
    return result
  }

  /// Notes the squared distance to the segment a–b at every pixel that it may reach.
  private mutating func mark(_ a: Glyph.Point, _ b: Glyph.Point, _ reach: Float) {
    let (top, bottom) = pixels(min(a.y, b.y) - reach, max(a.y, b.y) + reach)
    let (left, right) = pixels(min(a.x, b.x) - reach, max(a.x, b.x) + reach)
    guard top <= bottom, left <= right else { return }
    let (ux, uy) = (b.x - a.x, b.y - a.y)
    let length = ux * ux + uy * uy
    let inverse = length > 0 ? 1 / length : 0
    for row in top...bottom {
      let vy = Float(row) - a.y
      for column in left...right {
        let vx = Float(column) - a.x
        let along = min(max((vx * ux + vy * uy) * inverse, 0), 1)
        let (ex, ey) = (vx - along * ux, vy - along * uy)
        let at = row * size + column
        nearest[at] = min(nearest[at], ex * ex + ey * ey)
      }
    }
  }

  /// The pixels between two coordinates, within the picture.
  private func pixels(_ low: Float, _ high: Float) -> (Int, Int) {
    let last = Float(size - 1)
    return (Int(min(max(low.rounded(.up), 0), last + 1)), Int(max(min(high, last), -1)))
  }

  private mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform()
  }

  /// Two independent normal numbers (Box and Muller).
  private mutating func normals(_ deviation: Float) -> (Float, Float) {
    let radius = deviation * (-2 * log(1 - random.uniform())).squareRoot()
    let angle = 2 * Float.pi * random.uniform()
    return (radius * cos(angle), radius * sin(angle))
  }
}
