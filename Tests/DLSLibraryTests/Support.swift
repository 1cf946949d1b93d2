// What the tests of files and words share: a folder of their own, and scripts in a session.

import DLSLibrary
import DLSRuntime
import Foundation
import Testing

/// A folder that is gone when the test is.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "dls-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in it, whether it is there or not.
  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file and gives its path; folders in the name are made.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let target = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: target)
    return target.path
  }

  func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }
}

/// The repository, whose data sets tests read.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

func dataPath(_ name: String) -> String {
  repository.appending(path: "scripts/data/" + name).path
}

/// The program, which is built beside the tests.
func dlsProgram() throws -> URL {
  let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  let program = URL(filePath: tests).deletingLastPathComponent().appending(path: "dls")
  try #require(
    FileManager.default.isExecutableFile(atPath: program.path), "no program beside \(tests)")
  return program
}

private final class Held<R>: @unchecked Sendable { var value: R? }

/// Runs a script on a thread with room, as the program does, and gives what it printed, or the
/// message of the error that ended it.
func script(_ text: String) -> (printed: String, error: String?) {
  let held = Held<(String, String?)>()
  let thread = Thread {
    var printed = ""
    var options = Library.options
    options.searchPaths = [repository.appending(path: "scripts/lib").path]
    options.sink = { if case .text(let text) = $0 { printed += text } }
    let session = Session(
      builtins: Library.builtins, constants: Library.constants, options: options)
    let result = session.run(text, name: "test", mode: .script)
    let error = result.diagnostics.first { $0.severity == .error }
    held.value = (printed, error.map { ([$0.message] + $0.help).joined(separator: " | ") })
  }
  thread.stackSize = 1 << 28
  thread.start()
  while !thread.isFinished { usleep(500) }
  return held.value ?? ("", "the script did not end")
}
