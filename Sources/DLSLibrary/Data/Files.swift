// Whole files in and out: sizes are checked before memory is taken, and writing is all or nothing.

import Glibc

package enum Files {
  /// No single data file may be larger; beyond it lies a mistake more often than data.
  package static let largest = 8 << 30

  /// The bytes of a regular file (or of a pipe), as they are.
  package static func read(_ path: String, largest: Int = Files.largest) throws(DataError)
    -> [UInt8]
  {
    let file = try open(path)
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable(path, reason(errno)) }
    if status.st_mode & S_IFMT == S_IFDIR { throw .unreadable(path, "it is a folder") }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    let size = isRegular ? Int(status.st_size) : 0
    guard size <= largest else {
      throw .unreadable(path, "it has \(size) bytes, and at most \(largest) are read")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var chunk = [UInt8](repeating: 0, count: min(max(size, 1 << 16), 1 << 20))
    while true {
      let got = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path, reason(errno)) }
      if got == 0 { return bytes }
      guard bytes.count + got <= largest else {
        throw .unreadable(path, "it goes on beyond \(largest) bytes")
      }
      bytes.append(contentsOf: chunk[0..<got])
    }
  }

  /// The bytes of a file, decompressed where they are gzip.
  package static func readPlain(_ path: String) throws(DataError) -> [UInt8] {
    let bytes = try read(path)
    return Gzip.isGzip(bytes) ? try Gzip.expand(bytes, path) : bytes
  }

  /// The text of a file, decompressed where it is gzip; it must be UTF-8.
  package static func readText(_ path: String) throws(DataError) -> String {
    var bytes = try readPlain(path)
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

  /// Where invalid UTF-8 begins; the slice is known not to be valid.
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

  /// Writes a file as a whole: a crash or a full disk leaves the old one as it was.
  package static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    let compressed = path.hasSuffix(".gz") ? Gzip.compress(bytes) : bytes
    let temporary = path + ".\(getpid()).tmp"
    let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .unwritable(path, reason(errno)) }
    var problem = writeAll(compressed, file)
    if problem == 0 && fsync(file) != 0 && errno != EINVAL { problem = errno }
    if close(file) != 0 && problem == 0 { problem = errno }
    if problem == 0 && rename(temporary, path) != 0 { problem = errno }
    if problem == 0 { return }
    unlink(temporary)
    throw .unwritable(path, reason(problem))
  }

  private static func writeAll(_ bytes: [UInt8], _ file: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        let put = Glibc.write(file, rest.baseAddress, min(rest.count, 1 << 24))
        if put < 0 && errno == EINTR { continue }
        if put < 0 { return errno }
        done += put
      }
      return 0
    }
  }

  private static func open(_ path: String) throws(DataError) -> Int32 {
    if path.isEmpty { throw .unreadable(path, "the name is empty") }
    if path.utf8.contains(0) { throw .unreadable(path, "the name holds a zero byte") }
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file < 0 else { return file }
    let problem = errno
    guard problem == ENOENT else { throw .unreadable(path, reason(problem)) }
    throw .unreadable(path, "there is no such file", help: Folders.suggestion(for: path))
  }

  /// What the system says of an error number.
  package static func reason(_ problem: Int32) -> String {
    String(cString: strerror(problem)).lowercased()
  }
}
