// Fewer points that look the same: a picture has some thousand pixels, data may have millions.

extension Series {
  /// The series as a picture of that size needs it.
  func thinned(_ panel: Panel) -> Series {
    switch kind {
    case .lines, .filled: thinnedCurve()
    case .linesPoints, .points: thinnedPoints(panel)
    case .image(let rows, let columns, let flips):
      thinnedGrid(rows, columns, channels: 1, most: 500) {
        .image(rows: $0, columns: $1, flips: flips)
      }
    case .colourImage(let rows, let columns, let flips):
      thinnedGrid(rows, columns, channels: 3, most: 500) {
        .colourImage(rows: $0, columns: $1, flips: flips)
      }
    case .contour(let rows, let columns, let levels):
      thinnedGrid(rows, columns, channels: 1, most: 200) {
        .contour(rows: $0, columns: $1, levels: levels)
      }
    case .surface(let rows, let columns):
      thinnedGrid(rows, columns, channels: 1, most: 120) { .surface(rows: $0, columns: $1) }
    case .bars, .arrows, .box, .words: self
    }
  }

  private static let pieces = 2000

  /// Of each of 2000 pieces the lowest and the highest point, in order: peaks stay.
  private func thinnedCurve() -> Series {
    let count = min(x.count, y.count)
    guard count > 4 * Series.pieces else { return self }
    var kept: [Int] = []
    for piece in 0..<Series.pieces {
      let range = (piece * count / Series.pieces)..<((piece + 1) * count / Series.pieces)
      var (low, high, gap) = (-1, -1, -1)
      for i in range {
        if !y[i].isFinite {
          gap = i
        } else {
          if low < 0 || y[i] < y[low] { low = i }
          if high < 0 || y[i] > y[high] { high = i }
        }
      }
      kept += Set([low, high, gap].filter { $0 >= 0 }).sorted()
    }
    return at(kept)
  }

  /// One point for each cell of a fine net over the panel.
  private func thinnedPoints(_ panel: Panel) -> Series {
    let count = min(x.count, y.count)
    guard count > 20_000 else { return self }
    let (xAxis, yAxis) = panel.axes
    var taken: Set<Int> = []
    var kept: [Int] = []
    for i in 0..<count {
      guard let u = xAxis.place(x[i]), let v = yAxis.place(y[i]), (0...1).contains(u),
        (0...1).contains(v)
      else { continue }
      if taken.insert(Int(u * 400) * 1000 + Int(v * 400)).inserted { kept.append(i) }
    }
    return at(kept)
  }

  private func at(_ kept: [Int]) -> Series {
    var result = self
    result.x = kept.map { x[$0] }
    result.y = kept.map { y[$0] }
    result.z = z.count >= x.count ? kept.map { z[$0] } : z
    return result
  }

  /// Means of blocks, so that a grid has at most so many rows and columns.
  private func thinnedGrid(
    _ rows: Int, _ columns: Int, channels: Int, most: Int, _ kind: (Int, Int) -> Kind
  ) -> Series {
    guard rows > most || columns > most, z.count >= rows * columns * channels else { return self }
    let (newRows, newColumns) = (min(rows, most), min(columns, most))
    var result = self
    result.kind = kind(newRows, newColumns)
    result.z = []
    result.z.reserveCapacity(newRows * newColumns * channels)
    for i in 0..<newRows {
      let high = (i * rows / newRows)..<((i + 1) * rows / newRows)
      for j in 0..<newColumns {
        let wide = (j * columns / newColumns)..<((j + 1) * columns / newColumns)
        for c in 0..<channels {
          var (sum, count) = (0.0, 0.0)
          for r in high {
            for k in wide where z[(r * columns + k) * channels + c].isFinite {
              sum += z[(r * columns + k) * channels + c]
              count += 1
            }
          }
          result.z.append(sum / count)
        }
      }
    }
    // Without places of their own the pixels keep the span that they had.
    func centres(_ given: [Double], _ old: Int, _ new: Int) -> [Double] {
      let step = Double(old) / Double(new)
      return (0..<new).map { i in
        let place = (Double(i) + 0.5) * step - 0.5
        guard given.count == old, old > 1 else { return place }
        let k = min(max(Int(place), 0), old - 2)
        return given[k] + (given[k + 1] - given[k]) * (place - Double(k))
      }
    }
    result.x = centres(x, columns, newColumns)
    result.y = centres(y, rows, newRows)
    return result
  }
}
