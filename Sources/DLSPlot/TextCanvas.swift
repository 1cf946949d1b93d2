// A grid of coloured characters to draw on: fine lines in braille, pixels in half blocks, words.

/// How many colours the terminal shows.
package enum ColourDepth: Sendable { case none, ansi256, full }

struct TextCanvas {
  private struct Cell {
    var scalar: Unicode.Scalar = " "
    /// Dots of a braille sign; drawn where they are not 0.
    var dots: UInt8 = 0
    var ink: Colour?
    var paper: Colour?
  }

  let columns: Int
  let rows: Int
  private var cells: [Cell]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = [Cell](repeating: Cell(), count: columns * rows)
  }

  private func index(_ column: Int, _ row: Int) -> Int? {
    column >= 0 && column < columns && row >= 0 && row < rows ? row * columns + column : nil
  }

  mutating func put(_ scalar: Unicode.Scalar, _ column: Int, _ row: Int, _ ink: Colour? = nil) {
    guard let at = index(column, row) else { return }
    cells[at].scalar = scalar
    cells[at].dots = 0
    cells[at].ink = ink
  }

  /// Text from a place on; control characters become blanks.
  mutating func write(_ text: String, _ column: Int, _ row: Int, _ ink: Colour? = nil) {
    for (i, scalar) in TextCanvas.printable(text).unicodeScalars.enumerated() {
      put(scalar, column + i, row, ink)
    }
  }

  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
      result.unicodeScalars.append(isControl ? " " : scalar)
    }
    return result
  }

  /// A dot of braille, in 2 x 4 dots a cell.
  mutating func dot(_ x: Int, _ y: Int, _ ink: Colour) {
    guard x >= 0, y >= 0, let at = index(x / 2, y / 4) else { return }
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    if cells[at].dots == 0 { cells[at].scalar = " " }
    cells[at].dots |= bits[y % 4][x % 2]
    cells[at].ink = ink
  }

  /// A pixel that is half a cell high.
  mutating func pixel(_ column: Int, _ half: Int, _ colour: Colour) {
    guard half >= 0, let at = index(column, half / 2) else { return }
    cells[at].scalar = "▀"
    cells[at].dots = 0
    if half % 2 == 0 { cells[at].ink = colour } else { cells[at].paper = colour }
  }

  /// Puts another canvas into this one.
  mutating func place(_ other: TextCanvas, _ column: Int, _ row: Int) {
    for r in 0..<other.rows {
      for c in 0..<other.columns {
        if let at = index(column + c, row + r) { cells[at] = other.cells[r * other.columns + c] }
      }
    }
  }

  /// Lines of text, with the terminal's colour codes.
  func text(_ depth: ColourDepth) -> String {
    var result = ""
    for row in 0..<rows {
      var line = ""
      var state = ""
      for cell in cells[(row * columns)..<((row + 1) * columns)] {
        let code = depth == .none ? "" : TextCanvas.code(cell, depth)
        if code != state {
          line += "\u{1b}[0" + code + "m"
          state = code
        }
        line.unicodeScalars.append(scalar(cell, depth))
      }
      if !state.isEmpty { line += "\u{1b}[0m" }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
    }
    return result
  }

  private func scalar(_ cell: Cell, _ depth: ColourDepth) -> Unicode.Scalar {
    if cell.dots != 0 { return Unicode.Scalar(0x2800 + UInt32(cell.dots)) ?? " " }
    guard depth == .none, cell.scalar == "▀" else { return cell.scalar }
    // Without colours a pixel is a shade of gray.
    let light = [cell.ink, cell.paper].compactMap { $0?.brightness }
    let mean = light.reduce(0, +) / Double(max(1, light.count))
    let shades: [Unicode.Scalar] = [" ", "░", "▒", "▓", "█"]
    return shades[min(4, max(0, Int(mean * 5)))]
  }

  private static func code(_ cell: Cell, _ depth: ColourDepth) -> String {
    var code = ""
    if let ink = cell.ink, cell.scalar != " " || cell.dots != 0 {
      code += ";38;" + name(ink, depth)
    }
    if let paper = cell.paper { code += ";48;" + name(paper, depth) }
    return code
  }

  private static func name(_ colour: Colour, _ depth: ColourDepth) -> String {
    if depth == .full { return "2;\(colour.red);\(colour.green);\(colour.blue)" }
    func step(_ value: UInt8) -> Int { (Int(value) * 5 + 127) / 255 }
    let (r, g, b) = (step(colour.red), step(colour.green), step(colour.blue))
    if r == g && g == b { return "5;\(232 + min(23, Int(colour.green) * 24 / 256))" }
    return "5;\(16 + 36 * r + 6 * g + b)"
  }
}
