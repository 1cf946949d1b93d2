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
    Builtin(
      "mkdir", [path], "Makes a folder, and those above it; one that is there stays as it is.",
      example:
        "mkdir(\"/tmp/dls-example/pictures\")\nexists(\"/tmp/dls-example/pictures\")  #=> true",
      family: "Files"
    ) { call throws(Failure) in
      let path = try call.string(0)
      try fileWork { () throws(DataError) in try Folders.make(path) }
      return .none
    },
    Builtin("read_file", [path], "A file's text.", family: "Files") { call throws(Failure) in
      let path = try call.string(0)
      return .string(try fileWork { () throws(DataError) in try Files.readText(path) })
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

/// Whole files for the words that are not about data; errors are the script's.
package enum SafeFile {
  package static func write(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    try fileWork(argument: nil) { () throws(DataError) in try Files.write(bytes, to: path) }
  }
}
