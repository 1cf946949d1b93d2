// Scripts, expressions and standard input: a session, run once.

import DLSLibrary
import DLSRuntime
import DLSSyntax
import DLSTensor
import Glibc

/// Makes sessions and shows what comes out of them.
final class Runner {
  let options: RunOptions
  private var hasStatus = false

  init(_ options: RunOptions) { self.options = options }

  func session(_ arguments: [String], sink: ((Output) -> Void)? = nil) -> Session {
    if let threads = options.threads { Parallel.threads = threads }
    if let limit = options.maxMemory { Storage.limit = limit }
    var settings = Library.options
    settings.arguments = arguments
    settings.seed = options.seed
    settings.searchPaths = Home.libraryPaths
    settings.sink = sink ?? { [unowned self] in self.show($0) }
    let session = Session(
      builtins: Library.builtins, constants: Library.constants, options: settings)
    Watch.start(options.maxTime)
    Signals.install()
    return session
  }

  func show(_ output: Output) {
    switch output {
    case .text(let text):
      clearStatus()
      Terminal.write(text)
    case .value(_, let text):
      clearStatus()
      Terminal.write(text + "\n")
    case .figure(let figure):
      clearStatus()
      FigureOutput.show(figure)
    case .diagnostic(let d):
      clearStatus()
      Runner.report(d)
    case .status(let line):
      guard isatty(2) != 0 else { return }
      clearStatus()
      if let line {
        Terminal.writeError(line)
        hasStatus = true
      }
    }
  }

  private func clearStatus() {
    if !hasStatus { return }
    Terminal.writeError("\r\u{1b}[K")
    hasStatus = false
  }

  static func report(_ d: Diagnostic) {
    Terminal.writeError(DiagnosticRenderer(isColoured: Terminal.isColoured(2)).render(d))
  }

  /// Reports what went wrong; the exit status.
  func finish(_ result: CellResult) -> Int32 {
    clearStatus()
    if let d = result.diagnostics.first(where: { $0.code == "exit" }) {
      return Int32(d.message) ?? 0
    }
    let errors = result.diagnostics.filter { $0.severity == .error }
    for d in errors.prefix(10) { Runner.report(d) }
    return errors.isEmpty ? 0 : errors.contains { $0.code == "interrupted" } ? 130 : 1
  }

  func runExpression(_ text: String, _ arguments: [String]) -> Int32 {
    let session = session(arguments)
    let result = session.run(text, name: "-e", mode: .script)
    if let value = result.value, !result.hasFailed {
      if case .object(let object) = value, FigureOutput.isFigure(object) {
        FigureOutput.show(object)
      } else {
        show(.text(value.describe() + "\n"))
      }
    }
    return finish(result)
  }

  func runStandardInput(_ arguments: [String]) -> Int32 {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let n = read(0, &buffer, buffer.count)
      if n < 0, errno == EINTR { continue }
      if n <= 0 { break }
      bytes += buffer[..<n]
    }
    return finish(
      session(arguments).run(String(decoding: bytes, as: UTF8.self), name: "-", mode: .script))
  }

  func runFile(_ path: String, _ arguments: [String]) -> Int32 {
    guard let text = FilePath.read(path) else {
      let why = FilePath.exists(path) ? "cannot be read as UTF-8 text" : "is not there"
      let near = Spelling.nearest(to: path, in: FilePath.list(".") + Command.verbs)
      Terminal.writeError(
        "error: the file `\(path)` \(why)\n"
          + (near.map { " = help: did you mean `\($0)`?\n" } ?? ""))
      return FilePath.exists(path) ? 1 : path.hasSuffix(".dls") ? 1 : 2
    }
    return finish(
      session(arguments).run(text, name: path, mode: .script, path: FilePath.absolute(path)))
  }
}

/// Ctrl-C sets the flag that loops and kernels poll. Pressed again when nothing has heard it for two
/// seconds, it ends the process.
enum Signals {
  private nonisolated(unsafe) static var since = timespec()

  static func install() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      if !Interrupt.isSet {
        Signals.since = now
      } else if now.tv_sec - Signals.since.tv_sec >= 2 {
        _exit(130)
      }
      Interrupt.set()
    }
    sigaction(SIGINT, &action, nil)
    signal(SIGPIPE, SIG_IGN)
  }
}

/// Where the library's scripts lie: beside the program, then DLS_HOME.
enum Home {
  /// The lecture's scripts, which lie above their library.
  static var scriptFolders: [String] {
    var result: [String] = []
    for path in libraryPaths {
      let folder = FilePath.directory(of: FilePath.absolute(path))
      if !result.contains(folder) { result.append(folder) }
    }
    return result
  }

  static var libraryPaths: [String] {
    var result: [String] = []
    let program = FilePath.absolute("/proc/self/exe")
    if program != "/proc/self/exe" {
      var directory = FilePath.directory(of: program)
      result.append(FilePath.directory(of: directory) + "/share/dls/lib")
      for _ in 0..<4 {
        if FilePath.exists(directory + "/scripts/lib") { result.append(directory + "/scripts/lib") }
        directory = FilePath.directory(of: directory)
      }
    }
    if let home = getenv("DLS_HOME") { result.append(String(cString: home) + "/lib") }
    return result.filter { FilePath.exists($0) }
  }
}
