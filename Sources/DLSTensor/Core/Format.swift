// What a tensor shows: four significant digits, columns aligned, the middle left out when long.

import Glibc

extension Tensor {
  /// `[[1.0, 2.5],\n [3.0, 4.0]]  f32[2, 2]`; a 0-d tensor shows as its number.
  package func format() -> String {
    if isMeta { return typeText }
    if rank == 0 { return Tensor.show(packed(), 0) }
    let whole = packed()
    let shown = Shown(whole)
    var text = ""
    shown.write(0, 0, 1, &text)
    return text + "  " + typeText
  }

  /// One element, shortest.
  private static func show(_ x: Tensor, _ at: Int) -> String {
    switch x.dtype {
    case .bool: x.pointer(Bool.self)[at] ? "true" : "false"
    case .i64: String(x.pointer(Int.self)[at])
    case .f32: NumberText.shortest(x.pointer(Float.self)[at])
    case .f64: NumberText.shortest(x.pointer(Double.self)[at])
    }
  }

  private struct Shown {
    let x: Tensor
    let steps: [Int]
    let isElided: Bool
    var texts: [Int: String] = [:]
    var width = 0

    init(_ x: Tensor) {
      self.x = x
      steps = Tensor.rowMajor(x.shape)
      // A tensor without elements may have many empty rows.
      isElided = x.shape.reduce(1) { $0 > 1000 ? $0 : $0 * min(max($1, 1), 1001) } > 1000
      var values: [(Int, Double)] = []
      Shown.visit(x, steps, 0, 0, isElided) { values.append(($0, x.element($0))) }
      if x.dtype.isFloating {
        let finite = values.map { Swift.abs($0.1) }.filter { $0.isFinite && $0 > 0 }
        let scientific =
          (finite.max() ?? 1) >= 1e5
          || (finite.min() ?? 1) < 1e-4
            && (finite.max() ?? 1) < 1e5 && (finite.max() ?? 1) / (finite.min() ?? 1) > 1e4
          || (finite.max() ?? 1) < 1e-3
        for (at, v) in values { texts[at] = NumberText.four(v, scientific: scientific) }
      } else {
        for (at, _) in values { texts[at] = Tensor.show(x, at) }
      }
      width = texts.values.map(\.count).max() ?? 0
    }

    private static func positions(_ size: Int, _ isElided: Bool) -> [Int?] {
      if !isElided || size <= 6 { return Array(0..<size) }
      return [0, 1, 2, nil, size - 3, size - 2, size - 1]
    }

    private static func visit(
      _ x: Tensor, _ steps: [Int], _ axis: Int, _ at: Int, _ isElided: Bool, _ body: (Int) -> Void
    ) {
      if axis == x.rank { return body(at) }
      for case let i? in positions(x.shape[axis], isElided) {
        visit(x, steps, axis + 1, at + i * steps[axis], isElided, body)
      }
    }

    func write(_ axis: Int, _ at: Int, _ indent: Int, _ text: inout String) {
      if axis == x.rank {
        let own = texts[at] ?? ""
        text += (x.rank > 1 ? String(repeating: " ", count: width - own.count) : "") + own
        return
      }
      text += "["
      let isLast = axis == x.rank - 1
      for (k, position) in Shown.positions(x.shape[axis], isElided).enumerated() {
        if k > 0 {
          text +=
            isLast
            ? ", "
            : "," + String(repeating: "\n", count: x.rank - axis - 1)
              + String(repeating: " ", count: indent)
        }
        guard let i = position else {
          text += "..."
          continue
        }
        write(axis + 1, at + i * steps[axis], indent + 1, &text)
      }
      text += "]"
    }
  }
}

/// Numbers as text.
package enum NumberText {
  /// The shortest text that reads back the same, with a point or an exponent as Python writes it.
  package static func shortest(_ x: Double) -> String { python(x.description, x) }
  package static func shortest(_ x: Float) -> String { python(x.description, Double(x)) }

  private static func python(_ text: String, _ x: Double) -> String {
    if x.isNaN { return "nan" }
    if x.isInfinite { return x < 0 ? "-inf" : "inf" }
    // Digits and exponent of Swift's shortest text, set again as Python's repr does.
    var mantissa = text
    var exponent = 0
    if let e = text.firstIndex(of: "e") {
      mantissa = String(text[..<e])
      exponent = Int(text[text.index(after: e)...]) ?? 0
    }
    let negative = mantissa.hasPrefix("-")
    if negative { mantissa.removeFirst() }
    let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    var digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
    var point = parts[0].count + exponent
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      point -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    let sign = negative ? "-" : ""
    if digits == "0" { return sign + "0.0" }
    let power = point - 1
    if power < -4 || power >= 16 {
      let head = digits.prefix(1)
      let tail = digits.dropFirst()
      let size = Swift.abs(power) < 10 ? "0\(Swift.abs(power))" : "\(Swift.abs(power))"
      return sign + head + (tail.isEmpty ? "" : "." + tail) + "e" + (power < 0 ? "-" : "+") + size
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if digits.count <= point {
      return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }

  /// Four significant digits, without trailing zeros: 0.3333, 1.5, 12.35, 1234.0.
  static func four(_ x: Double, scientific: Bool) -> String {
    if !x.isFinite || x == 0 { return shortest(x) }
    if scientific {
      let power = Int(Scalar.log10(Swift.abs(x)).rounded(.down))
      var m = x / Scalar.pow(10, Double(power))
      m = (m * 1000).rounded() / 1000
      var p = power
      if Swift.abs(m) >= 10 { (m, p) = (m / 10, p + 1) }
      let size = Swift.abs(p) < 10 ? "0\(Swift.abs(p))" : "\(Swift.abs(p))"
      return shortest(m) + "e" + (p < 0 ? "-" : "+") + size
    }
    let power = Int(Scalar.log10(Swift.abs(x)).rounded(.down))
    let places = 3 - power
    if places <= 0 { return shortest(x.rounded()) }
    let scale = Scalar.pow(10, Double(min(places, 300)))
    return shortest((x * scale).rounded(.toNearestOrEven) / scale)
  }
}
