// What PyTorch computed, kept as JSON under Golden/torch: reading the files, and who runs which kind.
//
// A file `{"torch": version, "cases": [...]}` is made by the `make_*.py` beside it; adding a file
// adds tests. A case's "kind" says who runs it: see `TorchGolden.runners`.

import DLSLibrary
import DLSRuntime
import DLSTensor
import Foundation
import Testing

/// One file, its cases as dicts of the language.
struct TorchGolden {
  var version: String
  var cases: [DictObject]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/torch")

  static var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasSuffix(".json") }.sorted()
  }

  init(_ file: String, _ session: Session) throws {
    let text = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
    let parse = try #require(session.machine.word("parse_json"))
    let value = try session.machine.call(parse, [.string(text)])
    guard case .object(let dict as DictObject) = value else { throw GoldenError("no dict") }
    version = try #require(dict["torch"]?.text)
    cases = try #require(dict["cases"]?.sequenceItems).compactMap {
      if case .object(let one as DictObject) = $0 { return one }
      return nil
    }
  }

  /// Runs one case and says what is wrong; an empty list means nothing.
  typealias Runner = @Sendable (DictObject, Session) throws -> [String]

  static let runners: [String: Runner] = [
    "op": { try OpGolden.run($0, $1) },
    "signature": { try SignatureGolden.run($0, $1) },
    "layer": { try LayerGolden.run($0, $1) },
  ]
}

struct GoldenError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension DictObject {
  subscript(_ name: String) -> Value? { entries[.string(name)] }
}

@Suite(.serialized) struct TorchGoldenTests {
  @Test(arguments: TorchGolden.files) func agreesWithPyTorch(_ file: String) throws {
    var options = Library.options
    options.seed = 0
    let session = Session(
      builtins: Library.builtins, constants: Library.constants, options: options)
    let golden = try TorchGolden(file, session)
    #expect(!golden.cases.isEmpty)
    #expect(golden.version.first?.isNumber == true, "the file names no version")
    for (i, one) in golden.cases.enumerated() {
      let kind = one["kind"]?.text ?? ""
      let name = one["name"]?.text ?? one["call"]?.text ?? "?"
      guard let runner = TorchGolden.runners[kind] else {
        Issue.record("\(file) case \(i): nobody runs the kind `\(kind)`")
        continue
      }
      var wrong: [String]
      do { wrong = try runner(one, session) } catch let failure as Failure {
        wrong = ["\(failure.code): \(failure.message)"]
      } catch { wrong = ["\(error)"] }
      #expect(wrong.isEmpty, "\(file) case \(i) `\(name)`: \(wrong.joined(separator: "; "))")
    }
  }
}
