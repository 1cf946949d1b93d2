// The house rules, held by reading the sources.

import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private func sources(_ folder: String) -> [(path: String, text: String)] {
  let base = root.appending(path: folder)
  guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
  var result: [(path: String, text: String)] = []
  for case let name as String in walk {
    guard ["swift", "c", "h", "cpp"].contains(where: { name.hasSuffix("." + $0) }) else { continue }
    let text = (try? String(contentsOf: base.appending(path: name), encoding: .utf8)) ?? ""
    result.append((folder + "/" + name, text))
  }
  return result
}

@Suite struct TidyTests {
  /// What each target may import of the project's own; imports only point down.
  private static let below: [String: Set<String>] = [
    "dls": ["DLSShell"],
    "DLSShell": [
      "DLSLibrary", "DLSPlot", "DLSRuntime", "DLSSyntax", "DLSTensor", "CLineEditor", "CDLSPlugin",
      "CThreadState", "COpenBLAS",
    ],
    "DLSLibrary": [
      "DLSPlot", "CDLSPlugin", "CPNG", "CZlib", "CThreadState", "COpenBLAS", "DLSRuntime",
      "DLSSyntax", "DLSTensor",
    ],
    "DLSPlot": ["GnuplotStream", "CThreadState"],
    "DLSRuntime": ["DLSSyntax", "DLSTensor", "CThreadState"],
    "DLSSyntax": [],
    "DLSTensor": ["COpenBLAS", "CThreadState"],
  ]

  @Test func importsPointDown() {
    let own = Set(Self.below.keys).union([
      "COpenBLAS", "CThreadState", "CLineEditor", "CDLSPlugin", "CPNG", "CZlib", "GnuplotStream",
    ])
    for (path, text) in sources("Sources") where path.hasSuffix(".swift") {
      let target = String(path.split(separator: "/")[1])
      for line in text.split(separator: "\n") where line.hasPrefix("import ") {
        let module = line.dropFirst(7).trimmingCharacters(in: .whitespaces)
        guard own.contains(module) else { continue }
        #expect(Self.below[target]?.contains(module) == true, "\(path) imports \(module)")
      }
    }
  }

  @Test func filesAreSmall() {
    for (path, text) in sources("Sources") + sources("Tests") {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
      #expect(lines <= 400, "\(path) has \(lines) lines")
    }
  }

  @Test func filesSayWhatTheyAreFor() {
    for (path, text) in sources("Sources") where path.hasSuffix(".swift") {
      #expect(text.hasPrefix("// "), "\(path) does not begin with a comment")
    }
  }

  @Test func nothingIsForced() {
    for (path, text) in sources("Sources") where path.hasSuffix(".swift") {
      for word in ["try" + "!", "as" + "! ", "fatal" + "Error(", "TO" + "DO", "FIX" + "ME"] {
        #expect(!text.contains(word), "\(path) holds \(word)")
      }
    }
  }

  @Test func theTopLevelIsWhatItShouldBe() throws {
    let visible = try FileManager.default.contentsOfDirectory(atPath: root.path).filter {
      !$0.hasPrefix(".")
    }
    #expect(
      Set(visible).subtracting(["Package.resolved"]) == [
        "Package.swift", "Sources", "Tests", "scripts", "plugins", "README.md",
      ])
  }
}
