// The one kind of error that reading and writing files can bring, and its wording.

import DLSRuntime

/// What is wrong with a file: which one, where in it, and what would mend it.
///
/// Every loader throws this and nothing else, so that a message always names the file and, for a
/// broken one, the line or the byte.
package struct DataError: Error, Sendable, Equatable {
  package var code: String
  package var message: String
  package var help: [String] = []

  package init(_ code: String, _ message: String, help: [String] = []) {
    self.code = code
    self.message = message
    self.help = help
  }

  /// The file cannot be opened or read at all.
  package static func unreadable(_ path: String, _ reason: String, help: [String] = []) -> DataError
  {
    DataError("bad-file", "cannot read \(quoted(path)): \(reason)", help: help)
  }

  /// The file cannot be written.
  package static func unwritable(_ path: String, _ reason: String) -> DataError {
    DataError("bad-file", "cannot write \(quoted(path)): \(reason)")
  }

  /// The file is there, but a line of it is not what it should be. Lines count from 1.
  package static func broken(_ path: String, line: Int, _ reason: String, help: [String] = [])
    -> DataError
  {
    DataError("bad-file", "\(quoted(path)), line \(line): \(reason)", help: help)
  }

  /// The file is there, but a byte of it is not what it should be. Bytes count from 0.
  package static func broken(_ path: String, byte: Int, _ reason: String, help: [String] = [])
    -> DataError
  {
    DataError("bad-file", "\(quoted(path)), byte \(byte): \(reason)", help: help)
  }

  /// The same as an error of the script, about argument `argument` of the running call.
  package func failure(argument: Int? = 0) -> Failure {
    Failure(code, message, argument: argument, help: help)
  }
}

/// A file name as messages show it, cut where a script made it absurdly long, on one line.
package func quoted(_ path: String) -> String {
  let shown = path.count > 120 ? "…" + path.suffix(120) : path
  return "`" + shown.replacing("\n", with: "\\n") + "`"
}

/// Runs file work, turning its error into one of the script.
package func fileWork<R>(argument: Int? = 0, _ body: () throws(DataError) -> R) throws(Failure) -> R
{
  do { return try body() } catch { throw error.failure(argument: argument) }
}
