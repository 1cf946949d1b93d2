// What lies in a folder, in an order that does not depend on the machine.

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

  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The files under a folder that `accepts`, with their paths relative to it; depth and number are
  /// bounded, so that a link that leads back cannot go on for ever.
  package static func files(under root: String, accepts: (String) -> Bool) throws(DataError)
    -> [String]
  {
    var found: [String] = []
    var waiting = [(path: "", depth: 0)]
    while let (folder, depth) = waiting.popLast() {
      for name in try list(folder.isEmpty ? root : root + "/" + folder) {
        let path = folder.isEmpty ? name : folder + "/" + name
        if isFolder(root + "/" + path) {
          if depth < 16 { waiting.append((path, depth + 1)) }
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
