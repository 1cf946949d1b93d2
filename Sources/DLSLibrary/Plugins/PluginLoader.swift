// Finding and opening plugins. Nothing is loaded that a script did not ask for.

import CDLSPlugin
import DLSRuntime
import DLSSyntax
import Glibc

package enum PluginLoader {
  /// Beside the script, in DLS_PLUGIN_PATH, in the user's data directory, and among those of dls.
  static func places(_ directory: String?, _ machine: Machine) -> [String] {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    var places = [directory ?? "."]
    places += variable("DLS_PLUGIN_PATH")?.split(separator: ":").map(String.init) ?? []
    if let base = variable("XDG_DATA_HOME") ?? variable("HOME").map({ $0 + "/.local/share" }) {
      places.append(base + "/dls/plugins")
    }
    for path in machine.options.searchPaths {
      let home = FilePath.directory(of: path)
      places.append(home + "/plugins")
      places.append(FilePath.directory(of: home) + "/plugins")
    }
    return places
  }

  static func find(_ name: String, _ directory: String?, _ machine: Machine) throws(Failure)
    -> String
  {
    if name.contains("/") {
      let path = name.hasPrefix("/") ? name : (directory ?? ".") + "/" + name
      for candidate in [path, path + ".so"] where isFile(candidate) {
        return FilePath.absolute(candidate)
      }
      throw Failure("missing-file", "there is no plugin at `\(name)`")
    }
    let places = places(directory, machine)
    for place in places {
      for candidate in ["\(place)/\(name).so", "\(place)/\(name)/\(name).so", "\(place)/\(name)"]
      where isFile(candidate) {
        return FilePath.absolute(candidate)
      }
      if isFile("\(place)/\(name)/\(name).c") {
        throw Failure(
          "missing-file", "the plugin `\(name)` is not built yet",
          help: ["`dls plugin build \(FilePath.absolute("\(place)/\(name)/\(name).c"))`"])
      }
    }
    let known = places.flatMap { FilePath.list($0) }.filter { !$0.hasPrefix(".") }.map {
      $0.hasSuffix(".so") ? String($0.dropLast(3)) : $0
    }
    let near = Spelling.nearest(to: name, in: known)
    throw Failure(
      "missing-file", "there is no plugin `\(name)`", notes: [FilePath.looked(in: places)],
      help: near.map { ["did you mean `\($0)`?"] } ?? [])
  }

  private static func isFile(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }

  /// Opens a plugin and reads its declaration; everything is checked before a word is made.
  package static func load(_ name: String, _ directory: String?, _ machine: Machine) throws(Failure)
    -> [Builtin]
  {
    let path = try find(name, directory, machine)
    guard let file = fopen(path, "rb") else {
      throw Failure("bad-plugin", "`\(path)` cannot be opened: \(Files.reason(errno))")
    }
    var magic = [UInt8](repeating: 0, count: 4)
    let count = fread(&magic, 1, 4, file)
    fclose(file)
    if count != 4 || magic != [0x7f, 0x45, 0x4c, 0x46] {
      throw Failure("bad-plugin", "`\(path)` is no shared object")
    }
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(
        "bad-plugin",
        "`\(path)` cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "no reason is given")"
      )
    }
    guard let symbol = dlsym(handle, "dls_plugin_entry") else {
      dlclose(handle)
      throw Failure("bad-plugin", "`\(path)` is no plugin of dls: it exports no `dls_plugin_entry`")
    }
    // The version stands first, and nothing else is read before it has been checked.
    let abi = symbol.load(as: UInt32.self)
    if abi >> 16 != DLS_PLUGIN_ABI >> 16 {
      dlclose(handle)
      throw Failure(
        "bad-plugin",
        "the plugin speaks version \(abi >> 16).\(abi & 0xffff), this dls \(DLS_PLUGIN_ABI >> 16).\(DLS_PLUGIN_ABI & 0xffff)",
        help: ["build it again with this dls's dls_plugin.h"])
    }
    let plugin = symbol.load(as: dls_plugin.self)
    guard plugin.size >= UInt32(MemoryLayout<dls_plugin>.size), plugin.op_count >= 0,
      plugin.op_count <= 10_000, plugin.op_size >= 8,
      let ops = UnsafeRawPointer(plugin.ops)
    else { throw Failure("bad-plugin", "the declaration in `\(path)` is broken") }
    var words: [Builtin] = []
    for i in 0..<Int(plugin.op_count) {
      // A plugin of an older minor version has smaller structs: what they lack stays zero.
      var op = dls_op()
      let size = min(Int(plugin.op_size), MemoryLayout<dls_op>.size)
      withUnsafeMutableBytes(of: &op) {
        $0.copyMemory(
          from: UnsafeRawBufferPointer(start: ops + i * Int(plugin.op_size), count: size))
      }
      words.append(try PluginOp(op, plugin: name).builtin)
    }
    return words
  }
}
