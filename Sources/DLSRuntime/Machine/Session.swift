// A session: the one way into the layer, for prompt, scripts, notebooks and tests alike.

import DLSSyntax
import DLSTensor
import Glibc

package struct SessionOptions {
  /// Where `import name` looks, after the importing file's own directory.
  package var searchPaths: [String] = []
  package var seed: UInt64?
  package var arguments: [String] = []
  package var sink: (Output) -> Void = { _ in }
  /// Makes the composition `f >> g`.
  package var compose: (Value, Value) -> Value = { a, b in
    .object(ComposedObject(a, b))
  }
  /// Loads a plugin's ops: its name, and the directory of the script that asks.
  package var plugins: (String, String?, Machine) throws(Failure) -> [Builtin] = {
    name, _, _ throws(Failure) in
    throw Failure("no-plugins", "plugins are not available here")
  }

  package init() {}
}

/// f >> g without a library: calls one after the other.
package final class ComposedObject: Object {
  let first: Value
  let second: Value
  init(_ first: Value, _ second: Value) {
    self.first = first
    self.second = second
    super.init(.other)
  }
  package override var isCallable: Bool { true }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    try machine.call(
      second, [try machine.call(first, arguments.positional, named: arguments.named)])
  }
}

/// What came of one cell.
package struct CellResult {
  package var value: Value?
  package var diagnostics: [Diagnostic] = []
  package var isUnfinished = false
  package var seconds = 0.0
  package var hasFailed: Bool { diagnostics.contains { $0.severity == .error } }
}

package final class Session {
  package enum Mode {
    /// Shows the last value of a cell.
    case prompt
    /// Shows nothing but what is printed.
    case script
  }

  package let machine: Machine
  let module: Module
  private let compilerScope: Scope
  /// Values of cells, by number.
  package private(set) var outputs: [Int: Value] = [:]
  package var cell = 1
  private let outputDict = DictObject()

  package init(builtins: [Builtin], constants: [(String, Value)], options: SessionOptions) {
    machine = Machine(options)
    for builtin in builtins { machine.builtins[builtin.name] = .object(BuiltinObject(builtin)) }
    for (name, value) in constants { machine.builtins[name] = value }
    let machine = machine
    module = Module(path: nil) { machine.builtins[$0] }
    machine.mainModule = module
    compilerScope = Scope(.module, parent: nil, module: module)
  }

  /// Runs a text. Never throws: what went wrong is in the result.
  package func run(_ text: String, name: String, mode: Mode = .prompt, path: String? = nil)
    -> CellResult
  {
    let start = Scalar64.now()
    let parse = Parser.parse(
      Source(name: name, text: text), mode: mode == .prompt ? .prompt : .file)
    var result = CellResult()
    result.diagnostics = parse.diagnostics.filter { $0.severity == .error }
    if parse.hasErrors {
      result.isUnfinished = parse.isUnfinished
      result.seconds = Scalar64.now() - start
      return result
    }
    let hidden = mode == .prompt ? Set(module.names) : []
    do { result.value = try run(parse, mode, path) } catch {
      result.diagnostics.append(diagnostic(error, parse.source))
    }
    if mode == .prompt { tellHidden(since: hidden) }
    result.seconds = Scalar64.now() - start
    return result
  }

  /// A built-in word may be rebound; at the prompt that is said once.
  private func tellHidden(since before: Set<String>) {
    for name in module.names where !before.contains(name) && machine.builtins[name] != nil {
      machine.emit(
        .diagnostic(
          Diagnostic(
            severity: .note, code: "word-hidden",
            message: "`\(name)` is a built-in word, which your value hides from here on",
            help: ["`:reset` gives all words back, and forgets your names"])))
    }
  }

  /// Runs a parsed source statement by statement; `after` hears of each.
  package func run(
    _ parse: Parse, _ mode: Mode, _ path: String?, after: ((Int, Value?) -> Void)? = nil
  )
    throws(Failure) -> Value?
  {
    for warning in parse.diagnostics where warning.severity != .error {
      machine.emit(.diagnostic(warning))
    }
    let target = path == nil ? module : Module(path: path) { [machine] in machine.builtins[$0] }
    machine.mainModule = target
    return try machine.execute(parse, target, path == nil ? compilerScope : nil, after: after)
  }

  /// Runs a parsed source as a script; `after` hears of each statement and its value.
  package func run(_ parse: Parse, path: String?, after: @escaping (Int, Value?) -> Void)
    -> CellResult
  {
    var result = CellResult()
    do { result.value = try run(parse, .script, path, after: after) } catch {
      result.diagnostics.append(diagnostic(error, parse.source))
    }
    return result
  }

  func diagnostic(_ failure: Failure, _ source: Source?) -> Diagnostic {
    if failure.code == "exit" {
      return Diagnostic(code: "exit", message: failure.thrown?.describe() ?? "0")
    }
    if let d = failure.diagnostic { return d }
    return Diagnostic(
      code: failure.code, message: failure.message, source: nil, notes: failure.notes,
      help: failure.help)
  }

  /// Keeps a cell's value as `ans` and `out[n]`.
  package func remember(_ value: Value) {
    outputs[cell] = value
    outputDict.entries[.int(cell)] = value
    for (name, v) in [("ans", value), ("out", Value.object(outputDict))] {
      module.cell(name).set(v)
    }
  }

  package var names: [String] { module.names }
  package func value(of name: String) -> Value? {
    if let cell = module.cells[name], cell.isSet { return cell.value }
    return machine.word(name)
  }
  package func set(_ name: String, _ value: Value) {
    module.cell(name).set(value)
  }
  package func reset() {
    for cell in module.cells.values { cell.reset() }
  }
}

extension Machine {
  /// Compiles and runs statements one by one: a mistake in the fifth leaves the first four done.
  func execute(
    _ parse: Parse, _ module: Module, _ scope: Scope?, after: ((Int, Value?) -> Void)? = nil
  )
    throws(Failure) -> Value?
  {
    let compiler = Compiler(parse.source, module)
    if let scope { compiler.scope = scope }
    var last: Value?
    for (i, statement) in parse.program.statements.enumerated() {
      last = nil
      tellLostParams(statement, module, parse.source)
      let code = try compiler.top(statement)
      let before = currentSource
      currentSource = parse.source
      defer { currentSource = before }
      do {
        let value = try execute(code, nil) { _ in }
        try checkInterrupt()
        if case .expression = statement.kind, !statement.isSilent { last = value }
        if case .none? = last { last = nil }
      } catch { throw error.located(parse.source, statement.span) }
      after?(i, last)
      Collector.collectIfDue()
    }
    return last
  }

  /// The value of an expression, in a scope of its own.
  package func evaluate(_ text: String, name: String) throws(Failure) -> Value {
    let parse = Parser.parse(Source(name: name, text: text), mode: .file)
    if let first = parse.diagnostics.first(where: { $0.severity == .error }) {
      throw Failure(first.code, first.message)
    }
    let module = Module(path: nil) { [unowned self] in self.builtins[$0] }
    return try execute(parse, module, nil) ?? .none
  }

  func loadPlugin(_ name: String, from module: Module) throws(Failure) {
    let directory = module.path.map { FilePath.directory(of: $0) }
    try register(try options.plugins(name, directory, self))
  }

  /// Finds, runs once and keeps a module.
  func load(_ name: String, isPath: Bool, from module: Module) throws(Failure) -> ModuleObject {
    let path = try find(name, isPath: isPath, from: module)
    let title = ModuleName.of(name)
    if let known = modules[path] {
      if let at = importing.firstIndex(of: path) {
        let ring = (importing[at...] + [path]).map { ModuleName.of($0) }.joined(separator: " -> ")
        throw Failure("import-cycle", "these modules import each other: \(ring)")
      }
      return ModuleObject(title, known)
    }
    guard let text = FilePath.read(path) else {
      throw Failure("missing-file", "cannot read `\(path)`")
    }
    let parse = Parser.parse(Source(name: FilePath.shown(path), text: text), mode: .file)
    if let first = parse.diagnostics.first(where: { $0.severity == .error }) {
      let failure = Failure(first.code, first.message)
      failure.diagnostic = first
      throw failure
    }
    let fresh = Module(path: path) { [unowned self] in self.builtins[$0] }
    modules[path] = fresh
    importing.append(path)
    defer { importing.removeLast() }
    do { _ = try execute(parse, fresh, nil) } catch {
      modules[path] = nil
      throw error
    }
    return ModuleObject(title, fresh)
  }

  private func find(_ name: String, isPath: Bool, from module: Module) throws(Failure) -> String {
    let file = isPath && name.hasSuffix(".dls") ? name : name + ".dls"
    if file.hasPrefix("/") {
      if FilePath.exists(file) { return FilePath.absolute(file) }
      throw Failure("missing-file", "there is no file `\(file)`")
    }
    let beside = module.path.map { FilePath.directory(of: $0) } ?? "."
    let places = [beside] + options.searchPaths
    for place in places where FilePath.exists(place + "/" + file) {
      return FilePath.absolute(place + "/" + file)
    }
    let known = places.flatMap { FilePath.list($0) }.filter { $0.hasSuffix(".dls") }
      .map { String($0.dropLast(4)) }
    if let habit = Habits.ofModule(name) {
      throw Failure("missing-file", "there is no module `\(name)`", help: [habit])
    }
    let near = Spelling.nearest(to: name, in: known)
    var looked: [String] = []
    for place in places.map(FilePath.absolute) where !looked.contains(place) {
      looked.append(place)
    }
    throw Failure(
      "missing-file", "there is no module `\(name)`",
      notes: [FilePath.looked(in: places)],
      help: near.map { ["did you mean `\($0)`?"] } ?? [])
  }
}

/// Paths and files, as far as modules need them.
package enum FilePath {
  package static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// As messages name it: from the current folder, where it lies below that.
  package static func shown(_ path: String) -> String {
    let here = absolute(".") + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }

  /// A note of the folders that were searched.
  package static func looked(in places: [String]) -> String {
    var told: [String] = []
    for place in places.map(absolute) where !told.contains(place) { told.append(place) }
    return "looked in " + told.joined(separator: ", ")
  }

  package static func absolute(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// A file's text; nil when it cannot be read or is no UTF-8. At most 64 MB: a script is not larger.
  package static func read(_ path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
      if bytes.count > 64 << 20 { return nil }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  package static func list(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
