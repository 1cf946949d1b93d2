// How much memory the machine, and the control groups that this process lives in, leave to it.

import Glibc

package enum MemoryLimits {
  /// The smallest of the machine's memory and the limits of the groups around the process.
  static var available: Int {
    let groups = text(of: "/proc/self/cgroup") ?? ""
    let mounts = text(of: "/proc/self/mountinfo") ?? ""
    let limits = files(groups, mounts).compactMap { text(of: $0).flatMap(bytes) }
    return limits.reduce(physical, min)
  }

  private static var physical: Int {
    max(sysconf(Int32(_SC_PHYS_PAGES)), 1 << 18) * max(sysconf(Int32(_SC_PAGESIZE)), 4096)
  }

  /// A limit as its file holds it; `max`, and numbers beyond any memory, are none. At least 64 MB: a
  /// smaller one could hold no program.
  package static func bytes(_ text: String) -> Int? {
    let digits = text.filter { !$0.isWhitespace }
    guard let n = Int(digits), n > 0, n < 1 << 60 else { return nil }
    return max(n, 64 << 20)
  }

  /// The files that may hold a limit: of the process's group and of each group above it, for version
  /// 1 (`memory.limit_in_bytes`) and version 2 (`memory.max`). Inside a container the group's own path
  /// may not be visible, and the mount's root is the group.
  package static func files(_ groups: String, _ mounts: String) -> [String] {
    var result: [String] = []
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      for mount in mounts.split(separator: "\n") {
        let fields = mount.split(separator: " ")
        guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count
        else {
          continue
        }
        let isMemory =
          isSecond
          ? fields[dash + 1] == "cgroup2"
          : fields[dash + 1] == "cgroup"
            && fields[dash + 3].split(separator: ",").contains("memory")
        if !isMemory { continue }
        let name = isSecond ? "memory.max" : "memory.limit_in_bytes"
        var path = String(parts[2])
        let root = String(fields[3])
        if root != "/", path.hasPrefix(root) { path = String(path.dropFirst(root.count)) }
        while true {
          result.append(fields[4] + (path == "/" ? "" : path) + "/" + name)
          guard let slash = path.lastIndex(of: "/") else { break }
          if path == "/" || path.isEmpty { break }
          path = String(path[..<slash])
        }
      }
    }
    return result
  }

  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
