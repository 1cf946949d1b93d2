// What lies in a folder, in an order that does not depend on the machine.

import DLSTensor
import Glibc

package enum Folders {
  /// Names in a folder, sorted, without hidden ones.
  package static func list(_ path: String) throws(DataError) -> [String] {
    guard let folder = opendir(path) else {
      let problem = errno
      throw .unreadable(path, problem == ENOENT ? "there is no such folder" : Files.reason(problem))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a folder, and those above it that are not there.
  static func make(_ path: String) throws(DataError) {
    if let wrong = Files.wrongName(path) { throw .unwritable(path, wrong) }
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part + "/"
      guard mkdir(made, 0o777) != 0, identity(made) == nil else { continue }
      let problem = errno
      throw .unwritable(
        path, problem == EEXIST ? "a file stands in its way" : Files.reason(problem))
    }
  }

  /// What tells a folder from all others; nil where the path is none.
  private static func identity(_ path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  /// The files under a folder that `accepts`, with their paths relative to it. A folder that links
  /// lead to twice is entered once, so that one that leads back cannot go on for ever.
  package static func files(under root: String, accepts: (String) -> Bool) throws(DataError)
    -> [String]
  {
    var found: [String] = []
    var waiting = [""]
    var entered: Set<[UInt64]> = identity(root).map { [$0] } ?? []
    while let folder = waiting.popLast() {
      if Interrupt.isSet { throw DataError("interrupted", "interrupted") }
      for name in try list(folder.isEmpty ? root : root + "/" + folder) {
        let path = folder.isEmpty ? name : folder + "/" + name
        if let identity = identity(root + "/" + path) {
          if entered.insert(identity).inserted { waiting.append(path) }
        } else if accepts(name) {
          found.append(path)
        }
        guard found.count <= 1_000_000 else {
          throw .unreadable(root, "it holds more than a million files")
        }
      }
    }
    return found.sorted()
  }

  /// "did you mean" for a file that is not there: the nearest name in the same folder.
  static func suggestion(for path: String) -> [String] {
    let cut = path.lastIndex(of: "/")
    let folder = cut.map { String(path[..<$0]) } ?? "."
    let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
    guard name.count < 100, let names = try? list(folder.isEmpty ? "/" : folder) else { return [] }
    let limit = max(1, name.count / 3)
    let near = names.prefix(2000).map { (distance(Array(name), Array($0)), $0) }
      .filter { $0.0 <= limit }.min { $0.0 < $1.0 }
    guard let near else { return [] }
    let prefix = cut.map { String(path[...$0]) } ?? ""
    return ["did you mean `\(prefix)\(near.1)`?"]
  }

  /// The number of letters to insert, remove or replace.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let cost = min(diagonal + (a[i] == b[j] ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[b.count]
  }
}
