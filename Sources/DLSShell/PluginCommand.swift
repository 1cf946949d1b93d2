// `dls plugin build FILE.c`: one cc line, with the header that this dls carries.

import DLSRuntime
import Glibc

enum PluginCommand {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2, arguments[0] == "build" else {
      return Command.misuse("the use is `dls plugin build FILE.c`")
    }
    let source = arguments[1]
    guard source.hasSuffix(".c"), FilePath.exists(source) else {
      return Command.misuse("`\(source)` is no C file")
    }
    guard let include = headerFolder() else {
      return Command.misuse("dls_plugin.h is not beside this program")
    }
    let target = String(source.dropLast(2)) + ".so"
    let line = [
      "cc", "-O3", "-march=native", "-Wall", "-shared", "-fPIC", "-I", include, "-o", target,
      source, "-lm",
    ]
    Terminal.write(line.joined(separator: " ") + "\n")
    return spawn(line)
  }

  private static func headerFolder() -> String? {
    var directory = FilePath.directory(of: FilePath.absolute("/proc/self/exe"))
    for _ in 0..<5 {
      for place in [directory + "/include", directory + "/Sources/CDLSPlugin/include"]
      where FilePath.exists(place + "/dls_plugin.h") {
        return place
      }
      directory = FilePath.directory(of: directory)
    }
    return nil
  }

  /// Runs a program without a shell between.
  private static func spawn(_ arguments: [String]) -> Int32 {
    var raw: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    raw.append(nil)
    defer { for pointer in raw { free(pointer) } }
    var child = pid_t()
    guard posix_spawnp(&child, arguments[0], nil, nil, raw, environ) == 0 else {
      Terminal.writeError("error: \(arguments[0]) cannot be started\n")
      return 1
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return status == 0 ? 0 : 1
  }
}
