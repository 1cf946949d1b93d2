// The word that shows what a classifier says over the plane.

import DLSPlot
import DLSRuntime
import DLSTensor
import Glibc

extension FigureWords {
  static let decisionBoundary = Builtin(
    "decision_boundary",
    [
      Parameter("net", .function), Parameter("x", .tensor), Parameter("y", .tensor, .none),
      Parameter("steps", .int, .int(200)),
    ] + FigureOptions.parameters,
    "What a classifier of two numbers says over the plane, with the points.",
    details: """
      `net` maps points [n, 2] to scores: [n, k] for k classes, whose largest is shown, or [n] or \
      [n, 1] for two, as logits (above 0 is class 1) or, where all lie in 0 … 1, as probabilities. \
      The plane has the colours of the classes, paler where two classes are; `x` [n, 2] and their \
      labels `y` [n] are the points.
      """,
    example: """
      decision_boundary(p -> p[:, 0] - p[:, 1], randn(20, 2), arange(20) % 2)
      #=> <figure: 1 panel, 3 series>
      """,
    family: "Figures"
  ) { call throws(Failure) in
    let x = try call.tensor(1)
    if x.rank != 2 || x.shape[1] != 2 || x.shape[0] == 0 || x.isMeta {
      throw call.fail(
        1, code: "shape-mismatch", "decision_boundary needs points [n, 2], got \(x.typeText)")
    }
    let v = x.doubles()
    let places = 0..<x.shape[0]
    let (xs, ys) = (places.map { v[2 * $0] }, places.map { v[2 * $0 + 1] })
    let labels = try call.optionalTensor(2)?.doubles() ?? xs.map { _ in 0 }
    if labels.count != xs.count {
      throw call.fail(
        2, code: "shape-mismatch", "\(xs.count) points have \(labels.count) labels")
    }
    guard var wide = Span(of: xs), var high = Span(of: ys) else {
      throw call.fail(1, "decision_boundary needs points that are finite")
    }
    wide.widen(wide.size * 0.1)
    high.widen(high.size * 0.1)
    let steps = min(max(try call.int(3), 2), 1000)
    var panel = Panel()
    try FigureOptions.apply(call, &panel)
    let field = try Plane(call, wide, high, steps, x.dtype)
    panel.series.append(field.series)
    panel.series += classSeries(xs, ys, labels, 3)
    for (i, k) in Set(labels).sorted().enumerated() {
      panel.series[i + 1].colour = field.colour(k).hex
      if call.isNone(2) { panel.series[i + 1].label = "" }
    }
    let figure = try call.figure(.none)
    figure.panel = panel
    figure.wasDrawn(call.machine)
    return .object(figure)
  }
}

/// A net's answers on a grid of points, as the colours of its classes.
private struct Plane {
  let series: Series
  private let lowest: Double

  /// The colour of a class; class numbers may begin at -1 (a perceptron's) or 0.
  func colour(_ label: Double) -> Colour {
    .series(max(0, Int(exactly: label - lowest) ?? 0))
  }

  init(_ call: Call, _ wide: Span, _ high: Span, _ n: Int, _ dtype: DType) throws(Failure) {
    func middles(_ span: Span) -> [Double] {
      (0..<n).map { span.low + span.size * (Double($0) + 0.5) / Double(n) }
    }
    let (columns, rows) = (middles(wide), middles(high))
    let points = rows.flatMap { y in columns.flatMap { [$0, y] } }
    let grid = try tensorWork { () throws(TensorError) in
      try Tensor.of(points, shape: [n * n, 2], as: dtype.isFloating ? dtype : .f32)
    }
    let out = try Autograd.withoutRecording { () throws(Failure) in
      try call.machine.callTensor(call.function(0), grid)
    }
    let scores = out.doubles()
    let k = scores.count / (n * n)
    guard k >= 1, scores.count == k * n * n else {
      throw call.fail(
        0, code: "shape-mismatch",
        "the net should give scores for \(n * n) points, it gives \(out.typeText)")
    }
    let labels = try call.optionalTensor(2)?.doubles() ?? []
    lowest = k == 1 && labels.contains(-1) ? -1 : 0
    // -1 and 1 are neighbours in the list of colours only if they stand for 0 and 1.
    let second = lowest < 0 ? 2 : 1
    let isShare = scores.allSatisfy { $0 >= 0 && $0 <= 1 } && lowest == 0
    var z: [Double] = []
    z.reserveCapacity(3 * n * n)
    for p in 0..<(n * n) {
      let colour: Colour
      if k == 1 {
        let share = isShare ? scores[p] : 1 / (1 + exp(-scores[p]))
        colour = Colour.series(share > 0.5 ? second : 0).paler(
          0.45 + 0.4 * (1 - abs(2 * share - 1)))
      } else {
        let own = scores[(p * k)..<((p + 1) * k)]
        let best = own.indices.max { own[$0] < own[$1] } ?? p * k
        colour = Colour.series(best - p * k).paler(0.6)
      }
      z += colour.shares
    }
    series = Series(.colourImage(rows: n, columns: n, flips: false), x: columns, y: rows, z: z)
  }
}
