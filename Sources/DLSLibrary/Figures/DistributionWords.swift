// Words that draw amounts and samples: histograms, bars, boxes.

import DLSPlot
import DLSRuntime
import DLSTensor

extension FigureWords {
  static let distributions: [Builtin] = [
    drawing(
      "hist", [Parameter("bins", .int, .int(30), namedOnly: true)],
      "How often values fall into bins: `hist(x)`.",
      details:
        "`bins` bins of equal width from the least to the greatest; nan and inf are left out.",
      example: """
        hist(randn(1000), bins=20, title="normal")
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      let v = try call.numbers(values[0], 0).filter(\.isFinite)
      let bins = try call.int(option(call, "bins"))
      if bins < 1 || bins > 100_000 {
        throw call.fail(option(call, "bins"), "bins must be from 1 to 100000, not \(bins)")
      }
      let low = v.min() ?? 0
      let range = (v.max() ?? 0) - low
      let width = range > 0 && range.isFinite ? range / Double(bins) : 1
      var counts = [Double](repeating: 0, count: bins)
      for x in v {
        let place = (x - low) / width
        counts[place.isFinite ? min(bins - 1, max(0, Int(min(place, 1e9)))) : bins - 1] += 1
      }
      let centres = counts.indices.map { low + (Double($0) + 0.5) * width }
      panel.series.append(try styled(Series(.bars(width: width), x: centres, y: counts), call))
    },
    drawing(
      "bar", [labels], "Bars: `bar(heights)` or `bar(names, heights)`.",
      example: """
        bar(["mlp", "cnn"], [0.911, 0.944])
        #=> <figure: 1 panel, 1 series>
        """
    ) { panel, values, call throws(Failure) in
      var names = try texts(call, "labels") ?? []
      if values.count > 1, let items = values[0].sequenceItems, items.first?.text != nil {
        names = items.map { $0.printed() }
      }
      let heights = try call.numbers(values[values.count - 1], 0)
      var x = heights.indices.map(Double.init)
      if names.isEmpty, values.count > 1 { x = try call.numbers(values[0], 0) }
      let given = names.isEmpty ? x.count : names.count
      if given != heights.count {
        throw Failure(
          "shape-mismatch", "bar needs as many names as heights, got \(given) and \(heights.count)")
      }
      panel.xTicks = names.enumerated().map { (Double($0), $1) }
      let gaps = zip(x.sorted().dropFirst(), x.sorted()).map { $0 - $1 }.filter { $0 > 0 }
      let width = 0.8 * (gaps.min() ?? 1)
      panel.series.append(try styled(Series(.bars(width: width), x: x, y: heights), call))
    },
    drawing(
      "boxplot", [labels],
      "Medians and quartiles of samples: `boxplot([a, b])` or `boxplot(a, b)`.",
      details: "Whiskers reach to the last value within 1.5 boxes; the rest are points.",
      example: """
        boxplot(randn(100), randn(100) + 1, labels=["a", "b"])
        #=> <figure: 1 panel, 2 series>
        """
    ) { panel, values, call throws(Failure) in
      let groups = samples(values)
      for (k, group) in groups.enumerated() {
        let v = try call.numbers(group, 0)
        panel.series.append(Series(.box, x: v.map { _ in Double(k) }, y: v))
      }
      let names = try texts(call, "labels") ?? groups.indices.map(String.init)
      panel.xTicks = names.enumerated().map { (Double($0), $1) }
    },
  ]

  /// One list of samples, or the samples themselves.
  private static func samples(_ values: [Value]) -> [Value] {
    guard values.count == 1, let items = values[0].sequenceItems, let first = items.first,
      first.sequenceItems != nil || (first.tensorView?.rank ?? 0) > 0
    else { return values }
    return items
  }
}
