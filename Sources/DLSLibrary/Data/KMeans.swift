// Lloyd's k-means, once, from one k-means++ start.

import DLSTensor

struct KMeans {
  private(set) var centers: [[Float]]
  private(set) var labels: [Int]
  private(set) var inertia = Double.infinity

  init(_ rows: [[Float]], _ k: Int, iterations: Int, _ random: inout SplitMix64) {
    centers = KMeans.start(rows, k, &random)
    labels = [Int](repeating: -1, count: rows.count)
    for _ in 0..<iterations {
      var changed = false
      var total = 0.0
      for (i, row) in rows.enumerated() {
        if i & 0xFFF == 0 && Interrupt.isSet { return }
        let (label, distance) = KMeans.nearest(row, centers)
        total += Double(distance)
        if labels[i] != label {
          labels[i] = label
          changed = true
        }
      }
      inertia = total
      if !changed { break }
      moveCenters(rows)
    }
  }

  private static func nearest(_ row: [Float], _ centers: [[Float]]) -> (Int, Float) {
    var best = (0, Float.infinity)
    for (c, center) in centers.enumerated() {
      let distance = squaredDistance(row, center)
      if distance < best.1 { best = (c, distance) }
    }
    return best
  }

  /// A cluster that lost all its rows keeps its centre.
  private mutating func moveCenters(_ rows: [[Float]]) {
    var sums = centers.map { [Float](repeating: 0, count: $0.count) }
    var counts = [Float](repeating: 0, count: centers.count)
    for (row, label) in zip(rows, labels) {
      counts[label] += 1
      for j in row.indices { sums[label][j] += row[j] }
    }
    for c in centers.indices where counts[c] > 0 {
      centers[c] = sums[c].map { $0 / counts[c] }
    }
  }

  /// Each further centre is a row, drawn in proportion to its squared distance from the others.
  private static func start(_ rows: [[Float]], _ k: Int, _ random: inout SplitMix64) -> [[Float]] {
    var centers = [rows[Int.random(in: 0..<rows.count, using: &random)]]
    var distances = rows.map { squaredDistance($0, centers[0]) }
    while centers.count < k {
      let total = distances.reduce(0) { $0 + Double($1) }
      var left = Double(random.uniform()) * total
      var pick = rows.count - 1
      for (i, distance) in distances.enumerated() {
        left -= Double(distance)
        if left < 0 {
          pick = i
          break
        }
      }
      centers.append(rows[pick])
      for (i, row) in rows.enumerated() {
        distances[i] = min(distances[i], squaredDistance(row, rows[pick]))
      }
    }
    return centers
  }
}
