// Carries a figure to gnuplot, and its complaints back.

import CThreadState
import GnuplotStream

package enum Plotter {
  /// Whether there is a gnuplot to carry figures to.
  package static let isInstalled = dls_gnuplot_exists() != 0

  /// Draws; gives what gnuplot wrote (terminal text or sixels).
  @discardableResult
  package static func draw(_ figure: FigureData, _ target: GnuplotScript.Target) throws(PlotError)
    -> [UInt8]
  {
    var stays = false
    if case .window = target { stays = true }
    guard isInstalled else {
      throw PlotError(
        message: "gnuplot is not installed",
        help: ["Debian's package is gnuplot-nox; in the terminal figures are drawn without it"])
    }
    var script = try GnuplotScript.text(figure, target)
    let result = script.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        dls_gnuplot_run($0.baseAddress, $0.count, stays ? 1 : 0, 60, dls_interrupt_pointer())
      }
    }
    defer { dls_gnuplot_free(result) }
    let errors = result.errors.map { String(cString: $0) } ?? ""
    if result.status != 0 {
      throw PlotError(
        message: "gnuplot: " + (complaint(errors) ?? "it ended with status \(result.status)"))
    }
    if let text = complaint(errors), text.lowercased().contains("error") || text.contains("cannot")
    {
      throw PlotError(message: "gnuplot: " + text)
    }
    guard let output = result.output else { return [] }
    return UnsafeRawBufferPointer(start: output, count: result.output_size).map { $0 }
  }

  /// The line that says what is wrong, without gnuplot's echo of the script.
  private static func complaint(_ text: String) -> String? {
    let lines = text.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { line in
      !line.allSatisfy { $0 == " " || $0 == "^" } && !line.hasPrefix("gnuplot>")
    }
    guard
      let line = lines.last(where: {
        $0.contains("line ") || $0.lowercased().contains("error") || $0.contains("cannot")
      }) ?? lines.last
    else { return nil }
    if let colon = line.range(of: ": "), line.hasPrefix("\"") || line.contains(", line ") {
      return String(line[colon.upperBound...])
    }
    return line
  }
}

extension String {
  /// The first place of a text, without Foundation.
  fileprivate func range(of part: String) -> Range<String.Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(part) { return at..<index(at, offsetBy: part.count) }
      at = index(after: at)
    }
    return nil
  }
}
