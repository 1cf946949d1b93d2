// A computation graph as a picture: vertices in layers, arrows down from arguments to results.

import DLSPlot

/// Where everything lies, in units of boxes; y grows upwards.
struct GraphLayout {
  /// A vertex, or a bend of an arrow that passes a layer.
  private struct Item {
    var layer: Int
    var x = 0.0
    var width: Double
    var above: [Int] = []
    var below: [Int] = []
  }
  private var items: [Item] = []
  private var layers: [[Int]] = []
  /// For each arrow the items that it passes, first and last included.
  private(set) var arrows: [[Int]] = []

  init(_ vertices: [GraphVertex], widths: [Double]) {
    var depth = vertices.map { _ in 0 }
    for (i, v) in vertices.enumerated() {
      for case .vertex(let from) in v.arguments { depth[i] = max(depth[i], depth[from] + 1) }
    }
    // Everything stands right above the first op that uses it.
    var latest = vertices.map { _ in Int.max }
    for (i, v) in vertices.enumerated().reversed() {
      if latest[i] != .max { depth[i] = latest[i] }
      for case .vertex(let from) in v.arguments { latest[from] = min(latest[from], depth[i] - 1) }
    }
    for (i, width) in widths.enumerated() { items.append(Item(layer: depth[i], width: width)) }
    for (i, v) in vertices.enumerated() {
      for case .vertex(let from) in v.arguments { connect(from, i) }
    }
    layers = (0...(items.map(\.layer).max() ?? 0)).map { layer in
      items.indices.filter { items[$0].layer == layer }
    }
    arrange()
  }

  private mutating func connect(_ from: Int, _ to: Int) {
    var path = [from]
    var last = from
    for layer in stride(from: items[from].layer + 1, to: items[to].layer, by: 1) {
      items.append(Item(layer: layer, width: 0.2))
      link(last, items.count - 1)
      last = items.count - 1
      path.append(last)
    }
    link(last, to)
    arrows.append(path + [to])
  }

  private mutating func link(_ a: Int, _ b: Int) {
    items[a].below.append(b)
    items[b].above.append(a)
  }

  /// Sweeps down and up: each layer in the order of its neighbours, then as close to them as the
  /// boxes leave room.
  private mutating func arrange() {
    for layer in layers.indices { place(layer) { _, k in Double(k) * 1.5 } }
    for sweep in 0..<24 {
      let down = sweep % 2 == 0
      for layer in down ? Array(layers.indices) : layers.indices.reversed() {
        let wanted = layers[layer].map { i -> Double in
          let near =
            sweep > 16 ? items[i].above + items[i].below : down ? items[i].above : items[i].below
          return near.isEmpty
            ? items[i].x : near.map { items[$0].x }.reduce(0, +) / Double(near.count)
        }
        let order = layers[layer].indices.sorted { wanted[$0] < wanted[$1] }
        let moved = order.map { layers[layer][$0] }
        let aims = order.map { wanted[$0] }
        layers[layer] = moved
        place(layer) { _, k in aims[k] }
      }
    }
    let left = items.map { $0.x - $0.width / 2 }.min() ?? 0
    for i in items.indices { items[i].x -= left }
  }

  /// Puts a layer's items where they want to be, apart by their widths; a crowded run is centred on
  /// what its members want.
  private mutating func place(_ layer: Int, _ wanted: (Int, Int) -> Double) {
    let row = layers[layer]
    let gap = 0.35
    // Runs of items that touch: (first, count, position of the first, sum of what each wants of it).
    var runs: [(first: Int, count: Int, start: Double, sum: Double)] = []
    var offsets: [Double] = [0]
    for k in row.indices.dropFirst() {
      offsets.append(offsets[k - 1] + (items[row[k - 1]].width + items[row[k]].width) / 2 + gap)
    }
    for k in row.indices {
      let aim = wanted(row[k], k) - offsets[k]
      runs.append((k, 1, aim, aim))
      while runs.count > 1, runs[runs.count - 1].start < runs[runs.count - 2].start {
        let last = runs.removeLast()
        var run = runs.removeLast()
        run.count += last.count
        run.sum += last.sum
        run.start = run.sum / Double(run.count)
        runs.append(run)
      }
    }
    for run in runs {
      for k in run.first..<(run.first + run.count) { items[row[k]].x = run.start + offsets[k] }
    }
  }

  var layerCount: Int { layers.count }
  var width: Double { items.map { $0.x + $0.width / 2 }.max() ?? 1 }
  func x(_ item: Int) -> Double { items[item].x }
  func y(_ item: Int) -> Double { -Double(items[item].layer) }
  func halfWidth(_ item: Int) -> Double { items[item].width / 2 }
}

extension GraphObject {
  private static let boxHeight = 0.62
  /// Pixels of one unit.
  private static let unit = (x: 84.0, y: 104.0)

  private var layout: GraphLayout {
    GraphLayout(
      vertices,
      widths: vertices.map { max(1, Double(label($0).map(\.count).max() ?? 1) * 0.115 + 0.3) })
  }

  /// Width and height in pixels.
  var pictureSize: (Int, Int) {
    let layout = layout
    func pixels(_ x: Double) -> Int { min(max(Int(x), 240), 6000) }
    return (
      pixels((layout.width + 0.6) * GraphObject.unit.x),
      pixels((Double(layout.layerCount) + 0.3) * GraphObject.unit.y)
    )
  }

  func draw(into panel: inout Panel) {
    let layout = layout
    panel.hasAxes = false
    panel.hasGrid = false
    panel.hasLegend = false
    panel.xRange = (-0.3, layout.width + 0.3)
    panel.yRange = (-Double(layout.layerCount) + 0.4, 0.6)
    for path in layout.arrows { draw(path, layout, &panel) }
    for (i, v) in vertices.enumerated() { draw(v, i, layout, &panel) }
  }

  private func draw(_ path: [Int], _ layout: GraphLayout, _ panel: inout Panel) {
    let half = GraphObject.boxHeight / 2
    var xs = path.map { layout.x($0) }
    var ys = path.map { layout.y($0) }
    ys[0] -= half
    ys[ys.count - 1] += half
    // Arrows that come from the side end on that side of the box.
    let last = xs.count - 1
    let reach = layout.halfWidth(path[last]) * 0.6
    xs[last] += min(max((xs[last - 1] - xs[last]) * 0.4, -reach), reach)
    let grey = "#8a8a8a"
    if xs.count > 2 {
      panel.series.append(
        Series(.lines, x: Array(xs.dropLast()), y: Array(ys.dropLast()), colour: grey, width: 1.4))
    }
    panel.series.append(
      Series(
        .arrows, x: [xs[last - 1]], y: [ys[last - 1]], z: [xs[last] - xs[last - 1]],
        w: [ys[last] - ys[last - 1]], colour: grey, width: 1.4))
  }

  private func draw(_ v: GraphVertex, _ i: Int, _ layout: GraphLayout, _ panel: inout Panel) {
    let (x, y) = (layout.x(i), layout.y(i))
    let (w, h) = (layout.halfWidth(i), GraphObject.boxHeight / 2)
    panel.series.append(
      Series(
        .filled, x: [x - w, x + w], y: [y - h, y - h], z: [y + h, y + h], colour: v.role.line))
    panel.series.append(
      Series(
        .lines, x: [x - w, x + w, x + w, x - w, x - w], y: [y - h, y - h, y + h, y + h, y - h],
        colour: v.role.line, width: i + 1 == vertices.count ? 2.5 : 1.5))
    let lines = label(v)
    let step = 0.19
    let top = y + step * Double(lines.count - 1) / 2
    for (k, line) in lines.enumerated() {
      panel.series.append(
        Series(
          .words([line]), x: [x], y: [top - step * Double(k)],
          colour: k == 0 ? "#111111" : line.hasPrefix("grad") ? "#a33b2a" : "#555555"))
    }
  }
}
