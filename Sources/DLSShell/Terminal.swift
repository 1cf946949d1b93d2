// Writing to the terminal, whole and at once.

import Glibc

enum Terminal {
  /// Lines written so far; tells whether something stands below a figure that wants to be redrawn.
  private(set) nonisolated(unsafe) static var lines = 0

  static func write(_ text: String) { put(text, 1) }
  static func writeError(_ text: String) { put(text, 2) }

  private static func put(_ text: String, _ descriptor: Int32) {
    for byte in text.utf8 where byte == 10 { lines += 1 }
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let n = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if n < 0 {
          if errno == EINTR || errno == EAGAIN { continue }
          return
        }
        done += n
      }
    }
  }

  /// Colours only where a terminal shows them and nobody asked for none.
  static func isColoured(_ descriptor: Int32) -> Bool {
    isatty(descriptor) != 0 && getenv("NO_COLOR") == nil
  }
}
