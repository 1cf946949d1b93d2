// Broken and hostile files: each is an error that says where, and takes no memory worth the name.

import DLSLibrary
import Foundation
import Glibc
import Testing

/// A file that some loader must refuse, and a part of what it then says.
struct BadFile: Sendable, CustomTestStringConvertible {
  var loader: String
  var what: String
  var bytes: [UInt8]
  var message: String

  init(_ loader: String, _ what: String, _ bytes: [UInt8], _ message: String) {
    (self.loader, self.what, self.bytes, self.message) = (loader, what, bytes, message)
  }

  init(_ loader: String, _ what: String, _ text: String, _ message: String) {
    self.init(loader, what, Array(text.utf8), message)
  }

  var testDescription: String { "\(loader): \(what)" }
}

private func load(_ loader: String, _ path: String) throws(DataError) {
  switch loader {
  case "csv": _ = try CSVParser.load(path)
  case "npy": _ = try NPY.load(path)
  case "npz": _ = try NPZ.load(path)
  case "idx": _ = try IDX.load(path)
  case "image": _ = try Images.load(path)
  case "embeddings": _ = try EmbeddingFiles.load(path)
  case "text": _ = try Files.readText(path)
  case "glyphs": _ = try Hershey.load(path)
  default: preconditionFailure("there is no loader \(loader)")
  }
}

private func npy(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  let text = header + "\n"
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8) + data
}

private func little(_ value: Int, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func idx(_ sizes: [Int], _ data: Int = 0) -> [UInt8] {
  [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { little($0, 4).reversed() }
    + [UInt8](repeating: 1, count: data)
}

/// A zip archive with one member that says of its sizes what it is told to.
private func zip(method: Int, packed: Int, size: Int, data: [UInt8], count: Int = 1) -> [UInt8] {
  let common =
    little(0, 2) + little(method, 2) + little(0, 4) + little(0, 4) + little(packed, 4)
    + little(size, 4) + little(5, 2) + little(0, 2)
  let name = Array("a.npy".utf8)
  let head = little(0x0403_4B50, 4) + little(20, 2) + common + name + data
  let entry =
    little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + common + little(0, 10) + little(0, 4)
    + name
  let entries = (0..<count).flatMap { _ in entry }
  return head + entries + little(0x0605_4B50, 4) + little(0, 4) + little(count, 2)
    + little(count, 2) + little(entries.count, 4) + little(head.count, 4) + little(0, 2)
}

private func gzip(_ bytes: [UInt8]) -> [UInt8] { (try? Gzip.compress(bytes, "a.gz")) ?? [] }

/// Gzip that expands far beyond its size, after a beginning that is right.
private func endless(_ head: [UInt8], _ rest: UInt8) -> [UInt8] {
  gzip(head + [UInt8](repeating: rest, count: 80 << 20))
}
private let plainPNG =
  (try? Images.encodePNG(
    Picture(width: 8, height: 8, channels: 1, bytes: .init(repeating: 9, count: 64)), "a"))
  ?? []

/// The picture with another size in its head and the right checksum, over the same data.
private func png(width: Int, height: Int) -> [UInt8] {
  var bytes = plainPNG
  bytes.replaceSubrange(16..<24, with: little(width, 4).reversed() + little(height, 4).reversed())
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes[12..<29] {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  bytes.replaceSubrange(29..<33, with: little(Int(~crc), 4).reversed())
  return bytes
}

private let badFiles: [BadFile] =
  [
    BadFile("csv", "empty", "", "line 1: the file is empty"),
    BadFile("csv", "ragged", "a,b\n1,2\n3\n", "line 3: row 3 has 1 cell, the first row 2"),
    BadFile("csv", "open quote", "a,b\n1,\"x\n", "line 2: a quoted cell has no closing"),
    BadFile("csv", "text behind a quote", "\"a\"b,c\n", "line 1: text follows the closing"),
    BadFile("csv", "zero bytes", "a,b\n1,\0\n", "line 2: byte 6 is zero"),
    BadFile(
      "csv", "not UTF-8", Array("n\n".utf8) + [0xE4, 0x62, 10], "line 2: column 1 is not UTF-8"),
    BadFile("csv", "UTF-16", [0xFF, 0xFE, 0x61, 0], "byte 0: this is UTF-16"),
    BadFile(
      "text", "not UTF-8", Array("ab\ncd".utf8) + [0xFF], "line 2: byte 5 (0xff) is not UTF-8"),
    BadFile("npy", "empty", "", "byte 0: this is not a NumPy array"),
    BadFile("npy", "wrong magic", "PK\u{3}\u{4}", "byte 0: this is not a NumPy array"),
    BadFile("npy", "unknown version", [0x93] + Array("NUMPY".utf8) + [9, 0], "byte 6: version 9"),
    BadFile(
      "npy", "cut header", [0x93] + Array("NUMPY".utf8) + [1, 0, 200, 0], "byte 10: the file ends"),
    BadFile(
      "npy", "2^40 rows",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"),
      "the header claims shape [1099511627776]"),
    BadFile(
      "npy", "a size beyond Int",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
      "the header has no shape made of sizes"),
    BadFile(
      "npy", "a product beyond Int",
      npy(
        "{'descr': '<f4', 'fortran_order': True, 'shape': (281474976710656, 281474976710656, 2), }"),
      "the header claims shape"),
    BadFile(
      "npy", "negative size", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
      "the header has no shape made of sizes"),
    BadFile(
      "npy", "truncated",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", [0, 0, 0]),
      "but 3 bytes follow"),
    BadFile(
      "npy", "objects", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
      "elements of type `|O` have no counterpart"),
    BadFile(
      "npy", "u64 too large",
      npy(
        "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", .init(repeating: 255, count: 8)
      ),
      "exceeds an i64"),
    BadFile("npz", "empty", "", "byte 0: this is not a NumPy archive"),
    BadFile("npz", "no directory", "PK\u{3}\u{4}xxxx", "directory is missing"),
    BadFile(
      "npz", "a size that lies", zip(method: 8, packed: 4, size: 1 << 31, data: [1, 2, 3, 4]),
      "`a.npy` would take the arrays beyond"),
    BadFile(
      "npz", "a stored size that lies", zip(method: 0, packed: 4, size: 5, data: [1, 2, 3, 4]),
      "the sizes of `a.npy` disagree"),
    BadFile(
      "npz", "many members over one",
      zip(
        method: 0, packed: 1 << 20, size: 1 << 20, data: .init(repeating: 0, count: 1 << 20),
        count: 60_000),
      "damaged"),
    BadFile(
      "npz", "unknown packing", zip(method: 99, packed: 4, size: 4, data: [1, 2, 3, 4]), "method 99"
    ),
    BadFile(
      "npz", "wrong checksum", zip(method: 0, packed: 4, size: 4, data: [1, 2, 3, 4]), "checksum"),
    BadFile("idx", "empty", "", "byte 0: the file ends too early"),
    BadFile("idx", "wrong magic", [1, 2, 3, 4, 5, 6, 7, 8], "byte 0: this is not an IDX file"),
    BadFile("idx", "2^32 pictures", idx([0xFFFF_FFFF, 28, 28]), "the header claims shape"),
    BadFile("idx", "truncated", idx([2, 3], 5), "but 5 bytes follow"),
    BadFile(
      "idx", "255 dimensions", idx(.init(repeating: 0xFFFF_FFFF, count: 255)), "claims shape"),
    BadFile("image", "empty", "", "neither a PNG nor"),
    BadFile("image", "JPEG", [0xFF, 0xD8, 0xFF], "JPEG pictures are not read"),
    BadFile("image", "truncated PNG", Array(plainPNG.prefix(40)), "the PNG picture is damaged"),
    BadFile("image", "enormous PNG", png(width: 30_000, height: 30_000), "is not read"),
    BadFile("image", "a PNG larger than its data", png(width: 8000, height: 8000), "damaged"),
    BadFile("image", "PGM without end", "P5 30000 2000 255\nx", "the picture takes 60000000 bytes"),
    BadFile("image", "PGM of no size", "P5 0 5 255\n", "is not read"),
    BadFile("image", "PGM without numbers", "P5 x", "byte 3: a number is expected"),
    BadFile("embeddings", "empty", "", "line 1: the file holds no vectors"),
    BadFile(
      "embeddings", "a header that lies", "1099511627776 100\na 1\n",
      "the header claims 1099511627776"),
    BadFile("embeddings", "a negative count", "-5 2\na 1 2\n", "the header claims -5"),
    BadFile("embeddings", "wide vectors", "1 1099511627776\na 1\n", "are not read"),
    BadFile("embeddings", "ragged", "a 1 2 3\nb 1 2\n", "line 2: 2 numbers, where 3 are expected"),
    BadFile("embeddings", "no number", "a 1 2\nb 1 x\n", "line 2: `x` is not a number"),
    BadFile("embeddings", "truncated", "3 2\na 1 2\nb 3 4\n", "2 are there"),
    BadFile(
      "embeddings", "truncated binary",
      Array("2 2\na ".utf8) + little(1, 4) + little(2, 4) + Array("b ".utf8) + [0, 0, 0],
      "the file ends too early"),
    BadFile(
      "text", "gzip that ends early", Array(gzip(Array("abcdefgh".utf8)).dropLast(10)),
      "end too early"),
    BadFile(
      "text", "damaged gzip", gzip([1, 2, 3]).prefix(10) + [0xFF, 0xFF, 0xFF, 0xFF], "are damaged"),
    BadFile("csv", "gzip without end", endless([49, 10], 32), "far more than"),
    BadFile("idx", "gzip without end", endless(idx([1]), 0), "far more than"),
    BadFile("idx", "gzip of something else", endless([], 0), "byte 0: this is not an IDX file"),
  ]

@Suite(.serialized) struct BadFileTests {
  @Test(arguments: badFiles)
  func isAnErrorThatSaysWhere(_ bad: BadFile) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("bad file.dat", bad.bytes)
    let before = peakMegabytes()
    var message = "no error"
    do { try load(bad.loader, path) } catch { message = error.message }
    #expect(message.contains(bad.message), "\(message)")
    #expect(message.contains("bad file.dat"), "\(message)")
    #expect(peakMegabytes() - before < 200)
  }

  private func peakMegabytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  static let loaders = ["csv", "npy", "npz", "idx", "image", "embeddings", "text", "glyphs"]

  @Test(arguments: loaders)
  func whatIsNoFileIsRefused(_ loader: String) throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path("pipe.csv")
    try #require(mkfifo(pipe, 0o600) == 0)
    for (path, part) in [
      (folder.url.path, "it is a folder"), ("/dev/zero", "it is a device"),
      (pipe, "nothing comes out of"), ("", "the name is empty"), ("a\0b", "zero byte"),
      (folder.path("nowhere.csv"), "there is no file"),
    ] {
      var message = "no error"
      do { try load(loader, path) } catch { message = error.message }
      #expect(message.contains(part), "\(path): \(message)")
    }
  }

  /// The head tells: of a file of five gigabytes no more than that is read.
  @Test(arguments: loaders)
  func aWrongHeadIsEnough(_ loader: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("huge", [0xFF, 0xD8, 0xFF, 0xE0] + Array("JFIF x y ".utf8))
    try #require(truncate(path, 5 << 30) == 0)
    let before = peakMegabytes()
    let start = ContinuousClock.now
    #expect(throws: DataError.self) { try load(loader, path) }
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(peakMegabytes() - before < 50)
  }

  /// Cut anywhere, a good file is an error or a shorter file, never a crash.
  @Test func everyPrefixOfAGoodFileIsHandled() throws {
    let folder = try TemporaryFolder()
    let array = ArrayData(shape: [2, 2], .f32([1, 2, 3, 4]))
    let good: [(String, [UInt8])] = [
      ("npy", NPY.encode(array)), ("npz", try NPZ.encode([("a", array)], "a.npz")),
      ("idx", idx([2, 2], 4)), ("image", plainPNG), ("text", gzip(Array("some text".utf8))),
      ("embeddings", Array("2 2\na 1 2\nb 3 4\n".utf8)),
      ("image", Array("P2 2 2 255\n1 2 3 4\n".utf8)),
    ]
    for (loader, bytes) in good {
      for length in 0..<bytes.count {
        let path = try folder.file("cut", Array(bytes.prefix(length)))
        try? load(loader, path)
      }
      #expect(throws: Never.self) { try load(loader, try folder.file("whole", bytes)) }
    }
  }

  /// A random byte changed: an error or another content, never a crash.
  @Test func everyChangedByteIsHandled() throws {
    let folder = try TemporaryFolder()
    let array = ArrayData(shape: [3], .i64([1, 2, 3]))
    var random = SplitMix64(seed: 1)
    for (loader, bytes) in [
      ("npy", NPY.encode(array)), ("npz", try NPZ.encode([("a", array)], "a.npz")),
      ("idx", idx([2, 2], 4)), ("image", plainPNG), ("csv", Array("a,\"b\"\n1,2\n".utf8)),
      ("embeddings", Array("2 2\na 1 2\nb 3 4\n".utf8)), ("glyphs", Array("  714  3JZRFRT\n".utf8)),
    ] {
      for _ in 0..<300 {
        var changed = bytes
        let at = Int.random(in: changed.indices, using: &random)
        changed[at] = UInt8.random(in: 0...255, using: &random)
        try? load(loader, try folder.file("changed", changed))
      }
    }
  }
}
