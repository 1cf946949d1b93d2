// The lecture's scripts on data of one's own: `--data` with small files of the formats in which the
// large sets come. Bars are of the scripts' own data, so that only what was read is held here.

import DLSLibrary
import Foundation
import Testing

/// A script's run with `--short --data`: what it printed, its errors, and its status.
private func run(_ script: String, data: String) throws -> (output: String, status: Int32) {
  let process = Process()
  let output = Pipe()
  process.executableURL = try dlsProgram()
  process.arguments = [
    "--threads", "1", repository.appending(path: "scripts/\(script).dls").path, "--short", "--data",
    data,
  ]
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (text, process.terminationStatus)
}

/// Runs it and wants it to end well, to say that bars are not held, and to print what only these data
/// make it print.
private func expect(_ script: String, data: String, prints parts: [String] = []) throws {
  let (output, status) = try run(script, data: data)
  #expect(status == 0, "\(script): \(output.suffix(2000))")
  for part in ["data from \(data): the bars are of the script's own data"] + parts {
    #expect(output.contains(part), "\(script) does not print \(part): \(output.prefix(2000))")
  }
}

/// Pictures of ten classes that a linear map tells apart: a pattern of 7 x 7 blocks each, with noise.
private struct Patterns {
  var random = SplitMix64(seed: 7)
  let classes: [[Bool]]

  init(count: Int) {
    var random = SplitMix64(seed: 1)
    classes = (0..<count).map { _ in (0..<49).map { _ in random.next() % 5 < 2 } }
  }

  /// A picture with `side` a multiple of 7, dark 0 and bright 200 with noise below 40.
  mutating func picture(_ label: Int, side: Int) -> [UInt8] {
    let block = side / 7
    return (0..<(side * side)).map { at in
      let isOn = classes[label][at / side / block * 7 + at % side / block]
      return (isOn ? 200 : 0) + UInt8(random.next() % 40)
    }
  }
}

/// MNIST's four files, of so many pictures; gzipped as they are distributed, or plain.
private func mnist(train: Int, test: Int, zipped: Bool) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  var patterns = Patterns(count: 10)
  func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
  for (part, count) in [("train", train), ("t10k", test)] {
    let labels = (0..<count).map { $0 % 10 }
    let files: [(String, [UInt8])] = [
      (
        "\(part)-images-idx3-ubyte",
        [0, 0, 8, 3] + big(count) + big(28) + big(28)
          + labels.flatMap { patterns.picture($0, side: 28) }
      ),
      ("\(part)-labels-idx1-ubyte", [0, 0, 8, 1] + big(count) + labels.map { UInt8($0) }),
    ]
    for (name, bytes) in files {
      _ =
        try zipped
        ? folder.file(name + ".gz", Gzip.compress(bytes, name)) : folder.file(name, bytes)
    }
  }
  return folder
}

@Suite(.serialized) struct ScriptDataTests {
  /// The scripts that take digits, and what each prints of them alone.
  static let digits: [(script: String, parts: [String])] = [
    ("mlp_digits", ["300 digits to train with, 100 to test with"]), ("autoencoder", []),
    ("batchnorm", []), ("dropout", []), ("gan", []), ("multitask", []), ("pretraining", []),
    ("representations", []), ("residual", []), ("svm", []), ("vanishing_gradient", []),
    ("adversarial", []), ("convnet", []), ("domain_adaptation", []), ("transfer_learning", []),
    ("conditional_gan", []),
  ]

  @Test(arguments: digits.indices) func digitsComeFromIDXFiles(_ at: Int) throws {
    let (script, parts) = Self.digits[at]
    let folder = try mnist(train: 300, test: 100, zipped: at % 2 == 0)
    try expect(script, data: folder.url.path, prints: parts)
  }

  @Test func everyScriptThatTakesDigitsIsTried() throws {
    let scripts = repository.appending(path: "scripts")
    let names = try FileManager.default.contentsOfDirectory(atPath: scripts.path)
      .filter { $0.hasSuffix(".dls") }
      .filter {
        try String(contentsOf: scripts.appending(path: $0), encoding: .utf8).contains("l.digits()")
      }
    #expect(Set(names) == Set(Self.digits.map { $0.script + ".dls" }))
  }

  @Test func aFolderWithoutTheFilesIsAnError() throws {
    let folder = try TemporaryFolder()
    let (output, status) = try run("mlp_digits", data: folder.url.path)
    #expect(status == 1)
    #expect(output.contains("there is no file"), "\(output)")
  }

  /// Omniglot: a folder for each alphabet, in it one for each character, in it 105 x 105 pixels dark
  /// on light.
  @Test func prototypicalTakesOmniglot() throws {
    let folder = try TemporaryFolder()
    var patterns = Patterns(count: 44)
    var next = 0
    for (set, alphabets) in [
      ("images_background", ["Alphabet_of_the_Magi", "Greek"]),
      ("images_evaluation", ["Glagolitic"]),
    ] {
      for alphabet in alphabets {
        for character in 1...(set == "images_background" ? 11 : 22) {
          for drawing in 1...10 {
            let name = String(
              format: "%@/%@/character%02d/%04d_%02d.png", set, alphabet, character, next, drawing)
            let bytes = patterns.picture(next, side: 105).map { 255 - $0 }
            _ = try folder.file(
              name,
              Images.encodePNG(Picture(width: 105, height: 105, channels: 1, bytes: bytes), name))
          }
          next += 1
        }
      }
    }
    try expect(
      "prototypical", data: folder.url.path,
      prints: ["22 classes to learn from, 22 to be asked about"])
  }

  /// Words on which relations can be learned, as one long line, and as a file of its own.
  private func text8(_ count: Int) -> String {
    var random = SplitMix64(seed: 3)
    return (0..<count).map { _ in "word" + String(UnicodeScalar(UInt8(97 + random.next() % 20))) }
      .joined(separator: " ")
  }

  @Test func wordsComeFromText8() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("text8", " " + text8(5_400))
    for data in [path, folder.url.path] {
      try expect(
        "word_embeddings", data: data,
        prints: ["5400 words in 6 sentences", "CBOW: 20 words of 100 numbers"])
    }
  }

  /// Vectors in which the relations hold: a word's is the sum of its country's and its kind's.
  private static let vectors: EmbeddingData = {
    var random = SplitMix64(seed: 5)
    func direction() -> [Float] { (0..<16).map { _ in Float(random.next() % 2000) / 1000 - 1 } }
    let lands = (0..<8).map { _ in direction() }
    let kinds = (0..<2).map { _ in direction() }
    var data = EmbeddingData(words: [], dim: 16, vectors: [])
    for (l, land) in lands.enumerated() {
      for (k, kind) in kinds.enumerated() {
        data.words.append(["land", "city"][k] + String(UnicodeScalar(UInt8(97 + l))))
        data.vectors += zip(land, kind).map { $0 + $1 }
      }
    }
    return data
  }()

  /// GloVe's text has no header; word2vec's has one, and its binary format too.
  static let formats = ["glove.toy.16d.txt", "vectors.txt", "vectors.bin", "toy-vectors.bin.gz"]

  @Test(arguments: formats) func vectorsComeFromFiles(_ name: String) throws {
    let folder = try TemporaryFolder()
    var bytes = EmbeddingFiles.encode(Self.vectors, binary: name.contains(".bin"))
    if name.hasPrefix("glove") { bytes = Array(bytes.drop { $0 != 10 }.dropFirst()) }
    let path = try folder.file(name, name.hasSuffix(".gz") ? Gzip.compress(bytes, name) : bytes)
    let pairs = ["a", "b", "c", "d"]
    let questions = pairs.flatMap { a in
      pairs.filter { $0 != a }.map { "Land\(a) City\(a) Land\($0) City\($0)" }
    }
    _ = try folder.file(
      "questions-words.txt", ": capital-common-countries\n" + questions.joined(separator: "\n"))
    try expect(
      "word_embeddings", data: folder.url.path,
      prints: [
        "\(path): 16 words of 16 numbers; 12 questions can be asked",
        "right at first 1.000, among the best five 1.000",
      ])
  }
}
