// Whole files in and out: sizes are checked before memory is taken, and writing is all or nothing.

import DLSRuntime
import DLSTensor
import Glibc

package enum Files {
  /// No single data file may be larger; beyond it lies a mistake more often than data.
  package static var largest: Int { min(8 << 30, Storage.limit / 3) }
  /// A pipe does not say how long it is.
  private static let largestPipe = 1 << 30

  /// Throws where a file's first bytes are not those of the format that is expected; it is given
  /// `headSize` bytes, or all of a shorter file.
  package typealias HeadCheck = (_ head: [UInt8], _ path: String) throws(DataError) -> Void
  static let headSize = 1 << 16

  /// The bytes of a regular file, or of a pipe (`/dev/stdin`, `<(…)`), as they are. Where the head is
  /// wrong the rest is not read.
  package static func read(
    _ path: String, head check: HeadCheck = { (_, _) throws(DataError) in }
  ) throws(DataError) -> [UInt8] {
    let file = try open(path)
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable(path, reason(errno)) }
    let isPipe: Bool
    switch status.st_mode & S_IFMT {
    case S_IFREG: isPipe = false
    case S_IFIFO: isPipe = true
    case S_IFDIR: throw .unreadable(path, "it is a folder")
    default: throw .unreadable(path, "it is a device, not a file")
    }
    let limit = isPipe ? min(largestPipe, largest) : largest
    let size = isPipe ? 0 : Int(status.st_size)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: headSize)
    var isChecked = false
    while true {
      if Interrupt.isSet { throw DataError("interrupted", "interrupted") }
      let got = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if got < 0 && errno == EAGAIN { waitABit(file) }
      if got < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard got >= 0 else { throw .unreadable(path, reason(errno)) }
      if got == 0 && isPipe && bytes.isEmpty {
        throw .unreadable(path, "it is a pipe that nothing comes out of")
      }
      guard bytes.count + got <= limit else { throw tooLarge(path, "goes on", limit) }
      bytes.append(contentsOf: chunk[0..<got])
      if !isChecked && (got == 0 || bytes.count >= headSize) {
        try check(bytes, path)
        isChecked = true
        guard size <= limit else { throw tooLarge(path, "has \(size) bytes", limit) }
        bytes.reserveCapacity(size)
        if got > 0 { chunk = [UInt8](repeating: 0, count: min(max(size, headSize), 1 << 20)) }
      }
      if got == 0 { return bytes }
    }
  }

  private static func tooLarge(_ path: String, _ what: String, _ limit: Int) -> DataError {
    .unreadable(path, "it \(what), and at most \(limit) bytes are read")
  }

  /// Waits a little for a pipe, so that Ctrl-C is heard between.
  private static func waitABit(_ file: Int32) {
    var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    poll(&request, 1, 100)
    errno = EAGAIN
  }

  /// The bytes of a file, decompressed where they are gzip.
  package static func readPlain(
    _ path: String, head check: HeadCheck = { (_, _) throws(DataError) in }
  ) throws(DataError) -> [UInt8] {
    let bytes = try read(path) { (head, path) throws(DataError) in
      // What is damaged from the start is told when it is expanded.
      if let plain = Gzip.isGzip(head) ? Gzip.head(head) : head { try check(plain, path) }
    }
    return Gzip.isGzip(bytes) ? try Gzip.expand(bytes, path) : bytes
  }

  /// The text of a file, decompressed where it is gzip; it must be UTF-8.
  package static func readText(_ path: String) throws(DataError) -> String {
    var bytes = try readPlain(path, head: checkTextHead)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return try text(bytes[...], path)
  }

  /// Bytes as text, or an error that says where they stop being UTF-8.
  package static func text(_ bytes: ArraySlice<UInt8>, _ path: String) throws(DataError) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let offset = firstInvalid(bytes)
    let line = bytes[bytes.startIndex..<offset].reduce(1) { $1 == 10 ? $0 + 1 : $0 }
    throw .broken(
      path, line: line,
      "byte \(offset) (0x\(String(bytes[offset], radix: 16))) is not UTF-8 text",
      help: ["save the file as UTF-8, e.g. `iconv -f latin1 -t utf8`"])
  }

  /// A head may end within a character.
  private static func checkTextHead(_ head: [UInt8], _ path: String) throws(DataError) {
    if firstInvalid(head[...]) < head.count - 4 { _ = try text(head[...], path) }
  }

  /// Where invalid UTF-8 begins, or the last byte where all is valid.
  private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Int {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = bytes.startIndex
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput, .error: return min(offset, bytes.endIndex - 1)
      }
    }
  }

  /// Writes a file as a whole: a crash or a full disk leaves the old one as it was. Its permissions
  /// stay, a link keeps pointing to it; a device or a pipe is written into.
  package static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    if let wrong = wrongName(path) { throw .unwritable(path, wrong) }
    let content = path.hasSuffix(".gz") ? try Gzip.compress(bytes, path) : bytes
    var status = stat()
    let exists = stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists && kind == S_IFDIR { throw .unwritable(path, "it is a folder") }
    let problem =
      exists && kind != S_IFREG
      ? writeInto(path, content)
      : replace(exists ? FilePath.absolute(path) : path, content, exists ? status.st_mode : 0o666)
    if problem != 0 { throw .unwritable(path, reason(problem)) }
  }

  /// To a file beside it, synced, and renamed over it; gives the system's error number.
  private static func replace(_ path: String, _ bytes: [UInt8], _ mode: mode_t) -> Int32 {
    let temporary = path + ".\(getpid()).tmp"
    let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 0o777)
    guard file >= 0 else { return errno }
    var problem = writeAll(bytes, file)
    if problem == 0 && fsync(file) != 0 && errno != EINVAL { problem = errno }
    if close(file) != 0 && problem == 0 { problem = errno }
    if problem == 0 && rename(temporary, path) != 0 { problem = errno }
    if problem != 0 { unlink(temporary) } else { syncFolder(of: path) }
    return problem
  }

  /// So that the new name survives a power failure too; where a folder cannot be synced, it is as safe
  /// as the file system makes it.
  private static func syncFolder(of path: String) {
    let folder = Glibc.open(FilePath.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private static func writeInto(_ path: String, _ bytes: [UInt8]) -> Int32 {
    // Without O_NONBLOCK a pipe that nobody reads would stop us here.
    let file = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return errno }
    defer { close(file) }
    return writeAll(bytes, file)
  }

  private static func writeAll(_ bytes: [UInt8], _ file: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        let put = Glibc.write(file, rest.baseAddress, min(rest.count, 1 << 24))
        if Interrupt.isSet { return EINTR }
        if put < 0 && errno == EAGAIN { usleep(10_000) }
        if put < 0 && (errno == EINTR || errno == EAGAIN) { continue }
        if put < 0 { return errno }
        done += put
      }
      return 0
    }
  }

  private static func open(_ path: String) throws(DataError) -> Int32 {
    if let wrong = wrongName(path) { throw .unreadable(path, wrong) }
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file < 0 else { return file }
    let problem = errno
    guard problem == ENOENT else { throw .unreadable(path, reason(problem)) }
    throw DataError(
      "missing-file", "there is no file \(quoted(path))", help: Folders.suggestion(for: path))
  }

  static func wrongName(_ path: String) -> String? {
    if path.isEmpty { return "the name is empty" }
    return path.utf8.contains(0) ? "the name holds a zero byte" : nil
  }

  /// What the system says of an error number.
  package static func reason(_ problem: Int32) -> String {
    String(cString: strerror(problem)).lowercased()
  }
}
