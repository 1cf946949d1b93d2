// What part of the plane a panel shows, and where its ticks stand.

import Glibc

/// A closed interval of numbers that is never empty.
package struct Span: Sendable, Equatable {
  package var low: Double
  package var high: Double

  package init(_ low: Double, _ high: Double) {
    self.low = low
    self.high = high
  }

  /// The finite numbers' span, widened where it is a single point; nil where there are none.
  package init?(of values: [Double]) {
    guard let exact = Span(exactly: values) else { return nil }
    self = exact.notEmpty(isLog: false)
  }

  /// The finite numbers' span, which may be a single point.
  init?(exactly values: [Double]) {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return nil }
    self.init(low, high)
  }

  /// Widened where it is a single point.
  func notEmpty(isLog: Bool) -> Span {
    guard low == high else { return self }
    if isLog { return Span(low / 2, high * 2) }
    var span = self
    span.widen(max(abs(low) * 0.1, 0.5))
    return span
  }

  package mutating func widen(_ by: Double) {
    low = max(low - by, -1e308)
    high = min(high + by, 1e308)
  }

  package var size: Double { high - low }

  func joined(_ other: Span?) -> Span {
    guard let other else { return self }
    return Span(min(low, other.low), max(high, other.high))
  }
}

/// One axis of a panel: what it shows, on which scale.
package struct Axis: Sendable {
  package var span: Span
  package var isLog: Bool
  package var isReversed: Bool

  package init(span: Span, isLog: Bool, isReversed: Bool = false) {
    self.span = span
    self.isLog = isLog
    self.isReversed = isReversed
  }

  /// Where a number lies, 0 … 1; nil where the axis cannot show it.
  func place(_ value: Double) -> Double? {
    guard value.isFinite, !isLog || value > 0 else { return nil }
    let share =
      isLog
      ? (log10(value) - log10(span.low)) / (log10(span.high) - log10(span.low))
      : (value - span.low) / span.size
    guard share.isFinite else { return nil }
    return isReversed ? 1 - share : share
  }

  /// Round numbers (1, 2, 5 times a power of ten), at most about `count` of them.
  package func ticks(_ count: Int) -> [Double] {
    if isLog { return logTicks(count) }
    let raw = span.size / Double(max(count, 1))
    guard raw > 0, raw.isFinite else { return [] }
    let power = pow(10, floor(log10(raw)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw * 0.999 } ?? raw
    let first = (span.low / step).rounded(.up)
    return (0...(2 * count + 2)).map { (first + Double($0)) * step }
      .filter { $0 <= span.high + step * 1e-9 }
  }

  private func logTicks(_ count: Int) -> [Double] {
    guard span.low > 0, span.low.isFinite, span.high.isFinite else { return [] }
    let first = Int(log10(span.low).rounded(.up))
    let last = Int(log10(span.high).rounded(.down))
    guard last > first + 1 else {
      return [1, 2, 3, 5, 7].flatMap { m in
        [first - 1, first, first + 1, first + 2].map { m * pow(10, Double($0)) }
      }
      .filter { $0 >= span.low && $0 <= span.high }.sorted()
    }
    let step = max(1, (last - first + 1) / max(count, 1))
    return stride(from: first, through: last, by: step).map { pow(10, Double($0)) }
  }
}

extension Panel {
  /// The axes that show everything in the panel, or what its ranges say.
  package var axes: (x: Axis, y: Axis) {
    var (xs, ys): (Span?, Span?) = (nil, nil)
    var flips = false
    for one in series {
      let part = one.extent(isXLog: isXLog, isYLog: isYLog)
      if let x = part.x { xs = x.joined(xs) }
      if let y = part.y { ys = y.joined(ys) }
      if case .image(_, _, true) = one.kind { flips = true }
      if case .colourImage(_, _, true) = one.kind { flips = true }
    }
    (xs, ys) = (xs?.notEmpty(isLog: isXLog), ys?.notEmpty(isLog: isYLog))
    let x = xRange.map { Span($0.0, $0.1) } ?? xs ?? Span(isXLog ? 1 : 0, isXLog ? 10 : 1)
    let y = yRange.map { Span($0.0, $0.1) } ?? ys ?? Span(isYLog ? 1 : 0, isYLog ? 10 : 1)
    return (Axis(span: x, isLog: isXLog), Axis(span: y, isLog: isYLog, isReversed: flips))
  }
}

extension Series {
  /// What pixels cover along one axis: half a pixel more than their middles on each side.
  private static func pixels(_ places: [Double], _ count: Int) -> Span? {
    guard places.count == count else { return Span(-0.5, Double(max(count, 1)) - 0.5) }
    var span = Span(of: places)
    if count > 1, let size = span?.size { span?.widen(size / Double(count - 1) / 2) }
    return span
  }

  /// What the series covers, a single point where that is all; numbers that a logarithmic axis cannot
  /// show are left out.
  package func extent(isXLog: Bool, isYLog: Bool) -> (x: Span?, y: Span?) {
    func span(_ values: [Double], _ isLog: Bool) -> Span? {
      Span(exactly: isLog ? values.filter { $0 > 0 } : values)
    }
    switch kind {
    case .image(let rows, let columns, _), .colourImage(let rows, let columns, _):
      return (Series.pixels(x, columns), Series.pixels(y, rows))
    case .bars(let width):
      var x = span(x, isXLog)
      if !isXLog { x?.widen(width / 2) }
      return (x, span(isYLog ? y : y + [0], isYLog))
    case .box:
      var x = span(x, false)
      x?.widen(0.5)
      return (x, span(y, isYLog))
    case .arrows:
      return (
        span(self.x + zip(self.x, z).map(+), isXLog), span(self.y + zip(self.y, w).map(+), isYLog)
      )
    case .filled: return (span(x, isXLog), span(y + z, isYLog))
    case .lines, .points, .linesPoints, .contour, .surface, .words:
      return (span(x, isXLog), span(y, isYLog))
    }
  }
}
