// Lines from the terminal, with history and completion.

import CLineEditor
import DLSRuntime
import Glibc

/// The editor on the terminal.
final class LineReader {
  enum Line {
    case text(String)
    case end
    case interrupted
  }

  private let editor: OpaquePointer
  private let context: Context

  private final class Context {
    let complete: (String) -> (there: Int, words: [String])
    init(_ complete: @escaping (String) -> (there: Int, words: [String])) {
      self.complete = complete
    }
  }

  init?(complete: @escaping (String) -> (there: Int, words: [String])) {
    context = Context(complete)
    let opened = dls_editor_open(
      LineReader.historyPath,
      { raw, line, cursor in
        guard let raw, let line else { return nil }
        let context = Unmanaged<Context>.fromOpaque(raw).takeUnretainedValue()
        let text = String(
          decoding: UnsafeRawBufferPointer(start: line, count: Int(cursor)), as: UTF8.self)
        let (there, words) = context.complete(text)
        return strdup(([String(there)] + words).joined(separator: "\n"))
      }, Unmanaged.passUnretained(context).toOpaque())
    guard let opened else { return nil }
    editor = opened
  }

  deinit { dls_editor_close(editor) }

  /// `$XDG_STATE_HOME/dls/history`, else `~/.local/state/dls/history`; folders are made.
  private static var historyPath: String? {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let base = variable("XDG_STATE_HOME") ?? variable("HOME").map({ $0 + "/.local/state" })
    else { return nil }
    var path = ""
    for part in (base + "/dls").split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o700)
    }
    return base + "/dls/history"
  }

  func read(_ prompt: String) -> Line {
    var status: Int32 = 0
    guard let raw = dls_editor_read(editor, prompt, &status) else {
      return status == Int32(DLS_INTERRUPTED) ? .interrupted : .end
    }
    defer { free(raw) }
    return .text(String(cString: raw))
  }

  func remember(_ text: String) { dls_editor_remember(editor, text) }
}
