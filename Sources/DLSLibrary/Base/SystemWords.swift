// Words about time, files and the process.

import DLSRuntime
import DLSSyntax
import DLSTensor
import Glibc

private let path = Parameter("path", .string)

enum SystemWords {
  static let all: [Builtin] = [
    Builtin("time", [], "Seconds since 1970.", family: "System") { _ throws(Failure) in
      var t = timespec()
      clock_gettime(CLOCK_REALTIME, &t)
      return .float(Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9)
    },
    Builtin(
      "clock", [], "Seconds of a clock that only runs forward, to measure with.", family: "System"
    ) { _ throws(Failure) in
      .float(Scalar64.now())
    },
    Builtin("sleep", [Parameter("seconds", .float)], "Waits.", family: "System") {
      call throws(Failure) in
      let end = Scalar64.now() + (try call.float(0))
      while Scalar64.now() < end {
        try call.machine.checkInterrupt()
        usleep(UInt32(max(0, min((end - Scalar64.now()) * 1e6, 20_000))))
      }
      return .none
    },
    Builtin("args", [], "The arguments after the script's name.", family: "System") {
      call throws(Failure) in
      .list(call.machine.options.arguments.map { .string($0) })
    },
    Builtin("version", [], "The version of dls.", family: "System") { _ throws(Failure) in
      .string(Version.text)
    },
    Builtin(
      "set_num_threads", [Parameter("n", .int)], "How many threads kernels use.", family: "System"
    ) { call throws(Failure) in
      let n = try call.int(0)
      if n < 1 || n > 64 { throw call.fail(0, "threads must be from 1 to 64") }
      Parallel.threads = n
      return .none
    },
    Builtin("exit", [Parameter("status", .int, .int(0))], "Ends the script.", family: "System") {
      call throws(Failure) in
      let failure = Failure("exit", "exit")
      failure.thrown = .int(try call.int(0))
      throw failure
    },
    Builtin(
      "input", [Parameter("prompt", .string, .string(""))],
      "A line typed by the user; none at the end of input.", family: "System"
    ) {
      call throws(Failure) in
      call.machine.print(try call.string(0))
      return readLine().map { .string($0) } ?? Value.none
    },
    Builtin(
      "help", [Parameter("topic", .any, .none)], "Prints what is known about a word.",
      family: "System"
    ) { call throws(Failure) in
      let text =
        call.isNone(0)
        ? Documentation.index
        : Documentation.of(call.value(0)) ?? Documentation.topic(call.value(0).text ?? "")
      call.machine.print((text ?? "nothing is known about \(call.value(0).describe())") + "\n")
      return .none
    },
    Builtin(
      "data_path", [Parameter("name", .string)],
      "The path of a data set that comes with dls, such as \"digits.csv\".", family: "Files"
    ) { call throws(Failure) in
      let name = try call.string(0)
      let places = call.machine.options.searchPaths.map { FilePath.directory(of: $0) + "/data" }
      for place in places where FilePath.exists(place + "/" + name) {
        return .string(place + "/" + name)
      }
      let near = Spelling.nearest(to: name, in: places.flatMap { FilePath.list($0) })
      throw call.fail(
        0, code: "missing-file", "there is no data set `\(name)`",
        help: near.map { ["did you mean `\($0)`?"] } ?? [])
    },
    Builtin("exists", [path], "True when there is such a file or folder.", family: "Files") {
      call throws(Failure) in
      .bool(FilePath.exists(try call.string(0)))
    },
    Builtin("list_dir", [path], "The names in a folder, in order.", family: "Files") {
      call throws(Failure) in
      let path = try call.string(0)
      if !FilePath.exists(path) {
        throw call.fail(0, code: "missing-file", "there is no folder `\(path)`")
      }
      return .list(FilePath.list(path).map { .string($0) })
    },
    Builtin("read_file", [path], "A file's text.", family: "Files") { call throws(Failure) in
      .string(try TextFile.read(call.string(0)))
    },
    Builtin(
      "write_file", [path, Parameter("text", .string)],
      "Writes a text to a file, which is whole or as it was before.", family: "Files"
    ) {
      call throws(Failure) in
      try SafeFile.write(call.string(0), Array(try call.string(1).utf8))
      return .none
    },
  ]
}

package enum Version {
  package static let text = "0.1.0"
}

package enum TextFile {
  package static func read(_ path: String) throws(Failure) -> String {
    let bytes = try SafeFile.read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      var offset = 0
      while offset < bytes.count,
        String(validating: bytes[...offset], as: UTF8.self) != nil || bytes[offset] & 0xC0 == 0x80
          || bytes[offset] >= 0xC0
      {
        offset += 1
        if offset > 4096 { break }
      }
      throw Failure("bad-file", "`\(path)` is not UTF-8 text")
    }
    return text
  }
}

/// Files read whole, and written so that a crash leaves the old one.
package enum SafeFile {
  package static let limit = 4 << 30

  package static func error(_ path: String, _ doing: String) -> Failure {
    let missing = errno == ENOENT
    return Failure(
      missing ? "missing-file" : "bad-file",
      missing
        ? "there is no file `\(path)`"
        : "cannot \(doing) `\(path)`: \(String(cString: strerror(errno)))",
      help: near(path).map { ["did you mean `\($0)`?"] } ?? [])
  }

  private static func near(_ path: String) -> String? {
    let directory = FilePath.directory(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let found = Spelling.nearest(to: name, in: FilePath.list(directory)) else { return nil }
    return directory == "." && !path.hasPrefix("./") ? found : directory + "/" + found
  }

  package static func read(_ path: String) throws(Failure) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw error(path, "open") }
    defer { fclose(file) }
    var info = stat()
    if fstat(fileno(file), &info) == 0, info.st_mode & S_IFMT == S_IFDIR {
      throw Failure("bad-file", "`\(path)` is a folder")
    }
    if info.st_size > limit { throw Failure("bad-file", "`\(path)` is larger than 4 GB") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(info.st_size))
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
      if bytes.count > limit { throw Failure("bad-file", "`\(path)` is larger than 4 GB") }
    }
    if ferror(file) != 0 { throw error(path, "read") }
    return bytes
  }

  /// To a file beside it, synced, and renamed over it.
  package static func write(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    let temporary = path + ".\(getpid()).tmp"
    guard let file = fopen(temporary, "wb") else { throw error(path, "write") }
    let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    let flushed = fflush(file) == 0 && fsync(fileno(file)) == 0
    fclose(file)
    if written != bytes.count || !flushed || rename(temporary, path) != 0 {
      let failure = error(path, "write")
      unlink(temporary)
      throw failure
    }
  }
}
