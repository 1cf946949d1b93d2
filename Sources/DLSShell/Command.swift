// The command line: the quick forms here, the others by the argument parser.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Glibc

package enum Command {
  /// Runs the program on a thread with room for deep recursion, and ends the process.
  package static func main(_ arguments: [String]) -> Never {
    let box = ArgumentBox(arguments)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // Address space only: pages are taken as they are touched.
    pthread_attr_setstacksize(&attributes, 2 << 30)
    var thread = pthread_t()
    let started = pthread_create(
      &thread, &attributes,
      { raw in
        guard let raw else { return nil }
        exit(Command.run(Unmanaged<ArgumentBox>.fromOpaque(raw).takeRetainedValue().arguments))
      }, Unmanaged.passRetained(box).toOpaque())
    if started != 0 { exit(run(arguments)) }
    pthread_join(thread, nil)
    exit(0)
  }

  private final class ArgumentBox {
    let arguments: [String]
    init(_ arguments: [String]) { self.arguments = arguments }
  }

  static let verbs: Set<String> = [
    "test", "highlight", "explain", "help", "bench", "notebook", "plugin", "completions",
  ]

  static func run(_ arguments: [String]) -> Int32 {
    var options = RunOptions()
    var rest = arguments[...]
    while let flag = rest.first, flag.hasPrefix("-"), flag != "-", flag != "-e", flag != "-h",
      flag != "--help", flag != "--version"
    {
      rest.removeFirst()
      switch options.take(flag, &rest) {
      case .taken: continue
      case .unknown: return misuse("unknown option `\(flag)`")
      case .bad(let why): return misuse(why)
      }
    }
    guard let first = rest.popFirst() else {
      return isatty(0) != 0 ? Prompt(options).run() : Runner(options).runStandardInput([])
    }
    switch first {
    case "-e":
      guard let text = rest.popFirst() else { return misuse("-e needs an expression") }
      return Runner(options).runExpression(text, Array(rest))
    case "-": return Runner(options).runStandardInput(Array(rest))
    case "-h", "--help":
      Terminal.write(Usage.text)
      return 0
    case "--version":
      Terminal.write("dls \(Version.text)\n")
      return 0
    default:
      if verbs.contains(first), !FilePathCheck.isFile(first) {
        return Verbs.run(first, Array(rest), options)
      }
      return Runner(options).runFile(first, Array(rest))
    }
  }

  static func misuse(_ text: String) -> Int32 {
    Terminal.writeError("error: \(text)\n = help: `dls --help` shows the uses\n")
    return 2
  }
}

enum FilePathCheck {
  static func isFile(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }
}

/// What may stand before the script's name.
package struct RunOptions {
  var maxMemory: Int?
  var maxTime: Double?
  var threads: Int?
  var seed: UInt64?

  package init() {}

  enum Taken {
    case taken
    case unknown
    case bad(String)
  }

  mutating func take(_ flag: String, _ rest: inout ArraySlice<String>) -> Taken {
    var name = flag
    var value: String?
    if let equals = flag.firstIndex(of: "=") {
      name = String(flag[..<equals])
      value = String(flag[flag.index(after: equals)...])
    }
    guard ["--max-memory", "--max-time", "--threads", "--seed"].contains(name) else {
      return .unknown
    }
    guard let text = value ?? rest.popFirst() else { return .bad("\(name) needs a value") }
    switch name {
    case "--max-memory":
      guard let bytes = RunOptions.bytes(text) else {
        return .bad("\(name) needs a size such as 500M or 2G, not `\(text)`")
      }
      maxMemory = bytes
    case "--max-time":
      guard let seconds = Double(text), seconds > 0 else {
        return .bad("\(name) needs seconds, not `\(text)`")
      }
      maxTime = seconds
    case "--threads":
      guard let n = Int(text), n >= 1, n <= 64 else {
        return .bad("\(name) needs a number from 1 to 64, not `\(text)`")
      }
      threads = n
    default:
      guard let n = UInt64(text) else { return .bad("\(name) needs a whole number, not `\(text)`") }
      seed = n
    }
    return .taken
  }

  static func bytes(_ text: String) -> Int? {
    let scales: [Character: Int] = ["k": 1000, "m": 1_000_000, "g": 1_000_000_000]
    guard let last = text.lowercased().last else { return nil }
    if let scale = scales[last] {
      guard let n = Double(text.dropLast()), n > 0, n * Double(scale) < 9e18 else { return nil }
      return Int(n * Double(scale))
    }
    return Int(text).flatMap { $0 > 0 ? $0 : nil }
  }
}

enum Usage {
  static let text = """
    dls, the deep learning shell

      dls                      the prompt
      dls FILE [ARGUMENTS]     runs a script
      dls -e EXPRESSION        shows the value of an expression
      dls -                    runs what comes in
      dls test FILE…           compares outputs with the `#=>` lines (--update rewrites them)
      dls help [TOPIC]         the words, or one of them
      dls explain CODE         what an error means and what mends it
      dls highlight FILE       the script in colours (--html for a page)
      dls notebook FILE -o P   runs cell by cell into one page
      dls bench [NAME…]        measures (--against DIR runs the peers beside)

    options before FILE: --seed N  --threads N  --max-memory SIZE  --max-time SECONDS

    """
}
