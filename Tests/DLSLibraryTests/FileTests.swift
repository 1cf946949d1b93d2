// Data files read as they are written, and written so that others read them.

import DLSLibrary
import Foundation
import Testing

@Suite struct FileTests {
  private func table(_ text: String, header: Bool? = nil) throws -> CSVData {
    try CSVParser.parse(Array(text.utf8), path: "a.csv", header: header)
  }

  @Test func tablesHaveNamesNumbersAndText() throws {
    let data = try table("\u{FEFF}name,age,city\r\nada,36,\"Lon\"\"don, W\"\r\nalan,,Wilmslow\r\n")
    #expect(data.names == ["name", "age", "city"])
    #expect(data.columns[0] == .texts(["ada", "alan"]))
    #expect(data.columns[2] == .texts(["Lon\"don, W", "Wilmslow"]))
    guard case .numbers(let ages) = data.columns[1] else {
      Issue.record("ages are numbers")
      return
    }
    #expect(ages[0] == 36 && ages[1].isNaN)
  }

  @Test func missingNumbersAreNaN() throws {
    let data = try table("1,NA\n2,null\n3,-1.5e3\n4, nan \n5,inf\n")
    #expect(data.names == nil)
    guard case .numbers(let values) = data.columns[1] else {
      Issue.record("values are numbers")
      return
    }
    #expect(values[0].isNaN && values[1].isNaN && values[3].isNaN)
    #expect(values[2] == -1500 && values[4] == .infinity)
  }

  @Test func rowsEndInEveryWayAndQuotesHoldThem() throws {
    for end in ["\n", "\r\n", "\r"] {
      let data = try table("1,2\(end)3,4\(end)\(end)")
      #expect(data.rowCount == 2, "\(end.debugDescription)")
    }
    #expect(try table("\"a\nb\",1\n\"c\",2").columns[0] == .texts(["a\nb", "c"]))
    // The line of an error counts those inside quotes.
    #expect { try table("\"a\nb\",1\n1,2,3\n") } throws: {
      ($0 as? DataError)?.message.contains("line 3: row 2 has 3 cells") == true
    }
  }

  @Test func numbersAreReadExactly() {
    for text in ["0.1", "-12345.678", "1e-320", "123456789012345678", "3.", "+7", "4.35", "1e400"] {
      let bytes = Array(text.utf8)
      #expect(CSVParser.number(bytes, 0, bytes.count) == Double(text), "\(text)")
    }
    for text in ["", "0x10", "1.2.3", "--1", "nan(1)", "1 2", "e5"] {
      let bytes = Array(text.utf8)
      #expect(CSVParser.number(bytes, 0, bytes.count) == nil, "\(text)")
    }
  }

  @Test func compressedFilesAreReadAsTheyAre() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.txt.gz")
    let text = String(repeating: "in the beginning\n", count: 5000)
    try Files.write(Array(text.utf8), to: path)
    #expect(try Files.read(path).count < 1000)
    #expect(try Files.readText(path) == text)
    // Members that follow each other are one text.
    let twice = try Files.read(path) + Files.read(path)
    #expect(try Gzip.expand(twice, "a").count == 2 * text.utf8.count)
  }

  @Test func writingKeepsWhatWasThereUntilItIsDone() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.txt", "old")
    chmod(path, 0o640)
    let link = folder.path("link.txt")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try Files.write(Array("new".utf8), to: link)
    #expect(try Files.readText(path) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(throws: DataError.self) { try Files.write([1], to: folder.url.path) }
    #expect(throws: DataError.self) { try Files.write([1], to: folder.path("none/a.txt")) }
    try Files.write([1], to: "/dev/null")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 2)
  }

  @Test func arraysGoThereAndBack() throws {
    for array in [
      ArrayData(shape: [2, 3], .f32([1, -2.5, .infinity, 0, 5, 6])),
      ArrayData(shape: [], .f64([7])),
      ArrayData(shape: [0, 4], .f32([])), ArrayData(shape: [2], .i64([.min, .max])),
      ArrayData(shape: [3], .bool([true, false, true])),
    ] {
      let bytes = NPY.encode(array)
      #expect(try NPY.decode(bytes, "a") == array)
      let header = try #require(bytes.firstIndex(of: 10)) + 1
      #expect(header % 64 == 0)
      let archive = try NPZ.encode([("x", array), ("y", array)], "a")
      let found = try NPZ.decode(archive, "a")
      #expect(found.map(\.name) == ["x", "y"] && found.allSatisfy { $0.array == array })
    }
  }

  /// NumPy's own bytes: `np.save(f, np.asfortranarray([[1, 2, 3], [4, 5, 6]]).astype(t))`.
  @Test(arguments: [
    "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "|u1", "|i1", "<u2", ">u4", "<f4", ">f4", "<f8",
    ">f8", "<f2",
  ])
  func elementTypesOfNumPyAreRead(_ type: String) throws {
    let header = "{'descr': '\(type)', 'fortran_order': True, 'shape': (2, 3), }"
    let width = try #require(Int(type.dropFirst(2)))
    var data: [UInt8] = []
    for value in [1, 4, 2, 5, 3, 6] {
      let bits: UInt64 =
        switch type.dropFirst() {
        case "f2": UInt64(Float16(value).bitPattern)
        case "f4": UInt64(Float(value).bitPattern)
        case "f8": Double(value).bitPattern
        default: UInt64(value)
        }
      let bytes = (0..<width).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
      data += type.hasPrefix(">") ? bytes.reversed() : bytes
    }
    let text = header + String(repeating: " ", count: 117 - header.count) + "\n"
    let file = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8) + data
    let array = try NPY.decode(file, "a")
    #expect(array.shape == [2, 3])
    switch array.elements {
    case .f32(let values): #expect(values == [1, 2, 3, 4, 5, 6] && type.contains("f"))
    case .f64(let values): #expect(values == [1, 2, 3, 4, 5, 6] && type.contains("f8"))
    case .i64(let values): #expect(values == [1, 2, 3, 4, 5, 6] && !type.contains("f"))
    case .bool: Issue.record("no bools were written")
    }
  }

  @Test func mnistFilesAreRead() throws {
    let folder = try TemporaryFolder()
    let pictures: [UInt8] =
      [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] + (0..<8).map { $0 * 30 }
    let path = folder.path("train-images-idx3-ubyte.gz")
    try Files.write(pictures, to: path)
    let read = try IDX.decode(Files.readPlain(path), path)
    #expect(read == ArrayData(shape: [2, 2, 2], .f32((0..<8).map { Float($0 * 30) })))
    let labels = try IDX.decode([0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9], "labels")
    #expect(labels == ArrayData(shape: [3], .i64([7, 0, 9])))
  }

  @Test func picturesGoThereAndBack() throws {
    let colour = Picture(width: 3, height: 2, channels: 3, bytes: (0..<18).map { $0 * 14 })
    let gray = Picture(width: 3, height: 2, channels: 1, bytes: (0..<6).map { $0 * 50 })
    for (picture, name) in [
      (colour, "a.png"), (gray, "a.png"), (colour, "a.ppm"), (gray, "a.pgm"),
    ] {
      #expect(try Images.decode(Images.encode(picture, name), name) == picture)
    }
    #expect(try Images.decode(Array("P2 # a\n2 1\n# b\n15\n0 15\n".utf8), "a").bytes == [0, 255])
  }

  @Test func wordVectorsAreReadInAllThreeFormats() throws {
    let data = EmbeddingData(words: ["the", "größe"], dim: 3, vectors: [1, -2.5, 3, 0.125, 5, 6])
    for binary in [false, true] {
      let bytes = EmbeddingFiles.encode(data, binary: binary)
      #expect(try EmbeddingFiles.decode(bytes, "a", limit: nil) == data)
      #expect(try EmbeddingFiles.decode(bytes, "a", limit: 1).words == ["the"])
    }
    // GloVe has no header, and a few words with blanks.
    let glove = try EmbeddingFiles.decode(Array("the 1 2\n. . 3 4\n".utf8), "a", limit: nil)
    #expect(glove.words == ["the", ". ."] && glove.vectors == [1, 2, 3, 4])
  }

  @Test func foldersOfPicturesAreClasses() throws {
    let folder = try TemporaryFolder()
    for (name, value) in [
      ("Latin/b/1.png", 1.0), ("Latin/a/2.png", 0.5), ("Greek/a/1.png", 0.25), ("Latin/a/1.png", 0),
    ] {
      let picture = Picture(
        width: 2, height: 2, channels: 1, bytes: .init(repeating: UInt8(value * 255), count: 4))
      _ = try folder.file(name, try Images.encode(picture, name))
    }
    // A link that leads back to where it came from.
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("Latin/back"), withDestinationPath: folder.url.path)
    let result = script(
      """
      d = load_images("\(folder.url.path)")
      print(d.images.shape, d.labels.tolist(), d.names, d.files)
      print(d.images[:, 0, 0, 0].tolist())
      """)
    #expect(result.error == nil)
    #expect(
      result.printed == """
        [4, 1, 2, 2] [0, 1, 1, 2] ["Greek/a", "Latin/a", "Latin/b"] \
        ["Greek/a/1.png", "Latin/a/1.png", "Latin/a/2.png", "Latin/b/1.png"]
        [0.24705882370471954, 0.0, 0.49803921580314636, 1.0]

        """)
  }
}
