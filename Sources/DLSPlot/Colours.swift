// Colours by name, the order in which series take them, and maps from numbers to colours.

package struct Colour: Sendable, Hashable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ hex: UInt32) {
    red = UInt8(hex >> 16 & 255)
    green = UInt8(hex >> 8 & 255)
    blue = UInt8(hex & 255)
  }

  /// `#rrggbb`, a name, a letter as in MATLAB, or `C0` … `C7` for the colour of that series.
  package init?(_ text: String) {
    let name = text.lowercased()
    if let known = Colour.names[name] {
      self.init(known)
    } else if name.hasPrefix("c"), name.count == 2, let i = name.last?.wholeNumberValue {
      self = Colour.series(i)
    } else if name.hasPrefix("#"), name.count == 7, let hex = UInt32(name.dropFirst(), radix: 16) {
      self.init(hex)
    } else {
      return nil
    }
  }

  /// `#rrggbb`
  package var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// 0 … 1, as the eye weighs the parts.
  package var brightness: Double {
    let sum: Double = 0.3 * Double(red) + 0.6 * Double(green) + 0.1 * Double(blue)
    return sum / 256
  }

  /// Nearer to white: 1 is white.
  package func paler(_ share: Double) -> Colour {
    mixed(Colour(0xFFFFFF), share.isFinite ? min(max(share, 0), 1) : 0.5)
  }

  /// Red, green and blue, 0 … 1.
  package var shares: [Double] { [red, green, blue].map { Double($0) / 255 } }

  /// Between two colours: 0 is this one, 1 the other.
  func mixed(_ other: Colour, _ share: Double) -> Colour {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + (Double(b) - Double(a)) * share).rounded())
    }
    var result = self
    result.red = mix(red, other.red)
    result.green = mix(green, other.green)
    result.blue = mix(blue, other.blue)
    return result
  }

  package static let names: [String: UInt32] = [
    "black": 0x000000, "k": 0x000000, "white": 0xFFFFFF, "w": 0xFFFFFF, "gray": 0x7F7F7F,
    "grey": 0x7F7F7F, "lightgray": 0xCCCCCC, "lightgrey": 0xCCCCCC, "blue": 0x1F77B4,
    "b": 0x1F77B4, "orange": 0xFF7F0E, "green": 0x2CA02C, "g": 0x2CA02C, "red": 0xD62728,
    "r": 0xD62728, "purple": 0x9467BD, "brown": 0x8C564B, "pink": 0xE377C2, "olive": 0xBCBD22,
    "cyan": 0x17BECF, "c": 0x17BECF, "magenta": 0xC71585, "m": 0xC71585, "yellow": 0xE6C200,
    "y": 0xE6C200, "navy": 0x1B2A6B, "teal": 0x117A65,
  ]

  private static let cycle: [UInt32] = [
    0x1F77B4, 0xFF7F0E, 0x2CA02C, 0xD62728, 0x9467BD, 0x8C564B, 0xE377C2, 0x17BECF, 0xBCBD22,
    0x7F7F7F,
  ]

  /// The colour of the i-th series of a panel.
  package static func series(_ i: Int) -> Colour { Colour(cycle[i % cycle.count]) }
}

/// A map from 0 … 1 to colours, by stops at equal distances.
package struct ColourMap: Sendable {
  let stops: [Colour]

  package init?(_ name: String) {
    guard let found = ColourMap.all.first(where: { $0.names.contains(name) }) else { return nil }
    stops = found.stops.map { Colour($0) }
  }

  package static let names = all.map { $0.names[0] }

  /// Sampled from matplotlib's maps of these names, but for the two gray ones.
  private static let all: [(names: [String], stops: [UInt32])] = [
    (
      ["viridis"],
      [0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725]
    ),
    (
      ["magma"],
      [0x000004, 0x1D1147, 0x51127C, 0x832681, 0xB73779, 0xE75263, 0xFC8961, 0xFEC488, 0xFCFDBF]
    ),
    (
      ["plasma"],
      [0x0D0887, 0x4C02A1, 0x7E03A8, 0xAA2395, 0xCC4778, 0xE66C5C, 0xF89540, 0xFDC527, 0xF0F921]
    ),
    (
      ["coolwarm", "diverging"],
      [0x3B4CC0, 0x6788EE, 0x9ABBFF, 0xC9D7F0, 0xEDD1C2, 0xF7A889, 0xE26952, 0xB40426]
    ),
    (["gray", "grey"], [0x000000, 0xFFFFFF]),
    (["gray_r", "grey_r", "binary"], [0xFFFFFF, 0x000000]),
  ]

  package func colour(_ share: Double) -> Colour {
    guard share.isFinite else { return Colour(0xCCCCCC) }
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let i = min(Int(place), stops.count - 2)
    return stops[i].mixed(stops[i + 1], place - Double(i))
  }

  /// gnuplot's words for it.
  package var gnuplot: String {
    let last = Double(stops.count - 1)
    let parts = stops.enumerated().map { "\(Double($0) / last) '\($1.hex)'" }
    return "set palette defined (" + parts.joined(separator: ", ") + ")\n"
  }
}
