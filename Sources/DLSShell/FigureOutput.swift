// Figures on their way to a window or the terminal.

import DLSLibrary
import DLSPlot
import DLSRuntime
import Glibc

enum FigureOutput {
  static func isFigure(_ object: Object) -> Bool { object is FigureObject }

  /// A window where there is a display; else the terminal: sixels where it shows them, coloured text
  /// where it does not; nothing where output is no terminal.
  static func show(_ object: Object) {
    guard let figure = object as? FigureObject else { return }
    if figure.isLive { return showLive(figure) }
    do throws(PlotError) {
      if getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil {
        try Plotter.draw(figure.data, .window)
        return
      }
      guard isatty(1) != 0 else { return }
      if hasSixels() && Plotter.isInstalled {
        Terminal.write(
          String(decoding: try Plotter.draw(figure.data, .sixel), as: UTF8.self) + "\n")
        return
      }
      Terminal.write(text(figure))
    } catch { Terminal.writeError("error: \(error.message)\n") }
  }

  private static func text(_ figure: FigureObject) -> String {
    let size = terminalSize()
    return TextFigure.text(
      figure.data, columns: max(40, min(size.columns - 1, 120)),
      rows: max(12, min(size.rows - 4, 32)), colours)
  }

  /// The live figure that was shown last, its height, and the lines written by then.
  private nonisolated(unsafe) static var last: (figure: FigureObject, height: Int, lines: Int)?

  /// What is typed at the prompt stands below the figure.
  static func forgetLive() { last = nil }

  /// As text, over what it was before where nothing has been written below it since.
  private static func showLive(_ figure: FigureObject) {
    guard isatty(1) != 0 else { return }
    var text = text(figure)
    if let last, last.figure === figure, last.lines == Terminal.lines {
      text = "\u{1b}[\(last.height)A" + text.replacing("\n", with: "\u{1b}[K\n")
    }
    Terminal.write(text)
    last = (figure, text.utf8.count { $0 == 10 }, Terminal.lines)
  }

  /// What the terminal says of its colours.
  private static var colours: ColourDepth {
    if let no = getenv("NO_COLOR"), no.pointee != 0 { return .none }
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    if variable("TERM") == "dumb" { return .none }
    return ["truecolor", "24bit"].contains(variable("COLORTERM")) ? .full : .ansi256
  }

  static func terminalSize() -> (columns: Int, rows: Int) {
    var size = winsize()
    if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return (Int(size.ws_col), Int(size.ws_row))
    }
    return (80, 24)
  }

  private nonisolated(unsafe) static var sixels: Bool?

  /// Asks the terminal what it can do (primary device attributes: 4 stands for sixels), once.
  private static func hasSixels() -> Bool {
    if let sixels { return sixels }
    var found = false
    var old = termios()
    if isatty(0) != 0, tcgetattr(0, &old) == 0 {
      var raw = old
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(0, TCSANOW, &raw)
      Terminal.write("\u{1b}[c")
      var answer: [UInt8] = []
      var request = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      while answer.count < 64, poll(&request, 1, 200) > 0 {
        var byte: UInt8 = 0
        if read(0, &byte, 1) != 1 { break }
        answer.append(byte)
        if byte == 0x63 { break }
      }
      tcsetattr(0, TCSANOW, &old)
      let parts = String(decoding: answer, as: UTF8.self).split { !$0.isNumber }
      found = parts.dropFirst().contains("4")
    }
    sixels = found
    return found
  }
}
