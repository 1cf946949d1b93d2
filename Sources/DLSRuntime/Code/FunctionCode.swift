// Compiled functions and models, and the globals of a module.

import DLSSyntax
import DLSTensor

/// What a call reads of a function's code, in one block of memory.
struct CodeHeader {
  var instructions: UnsafeMutablePointer<Instruction>
  /// Constants, as the registers hold values.
  var constants: UnsafeMutablePointer<Value>
  var globals: UnsafeMutablePointer<Unmanaged<GlobalCell>>
  var registerCount = 0
  var argumentCount = 0
  /// Positional parameters only: arguments lie where they are evaluated.
  var isSimple = true
  unowned(unsafe) var code: FunctionCode
}

/// The code of a function, shared by all its closures.
///
/// Code that a function value has used lives as long as the process: calls under way hold it without
/// counting.
final class FunctionCode {
  struct Argument {
    var name: String
    /// The register of a function's argument, the field of a model's.
    var slot: Int
    var isBoxed = false
    /// Which of the function value's defaults is its own.
    var defaultIndex: Int?
    var isRest = false
  }

  enum CaptureSource {
    case slot(Int)
    case capture(Int)
  }

  /// Where an error of a range of instructions is caught; inner ranges stand first.
  struct Handler {
    var range: Range<Int>
    var target: Int
    /// Gets the error; scratch registers from here on are let go of.
    var register: Int
    /// Holds how many `no_grad` were open.
    var noGrad: Int
  }

  var name: String
  let source: Source
  let span: Span
  let module: Module
  var arguments: [Argument] = []
  var captureSources: [CaptureSource] = []
  var captureNames: [String] = []
  var documentation: String?
  var parameterText = ""
  var checks: ShapeChecks?
  /// Read through a pointer: a copy of a site counts all that it holds.
  private(set) var sites: UnsafeMutableBufferPointer<Site> = .init(start: nil, count: 0)
  var steps: [Step] = []
  var handlers: [Handler] = []
  /// Names of registers, for errors about variables without a value.
  var registerNames: [Int: String] = [:]
  /// A model's body: its arguments are fields, not registers.
  var isConstructor = false
  /// A statement of a script, which nobody calls.
  var isScript = false
  let header: UnsafeMutablePointer<CodeHeader>
  private var constantCount = 0

  init(name: String, source: Source, span: Span, module: Module) {
    self.name = name
    self.source = source
    self.span = span
    self.module = module
    header = .allocate(capacity: 1)
    header.initialize(
      to: CodeHeader(
        instructions: .allocate(capacity: 1), constants: .allocate(capacity: 1),
        globals: .allocate(capacity: 1), code: self))
  }

  deinit {
    sites.deinitialize()
    sites.deallocate()
    header.pointee.instructions.deallocate()
    header.pointee.constants.deinitialize(count: constantCount)
    header.pointee.constants.deallocate()
    header.pointee.globals.deallocate()
    header.deallocate()
  }

  /// Takes what the emitter has made.
  func finish(_ out: Emitter) {
    sites = .allocate(capacity: out.sites.count)
    _ = sites.initialize(from: out.sites)
    steps = out.steps
    handlers = out.handlers
    registerNames = out.registerNames
    func block<T>(_ items: [T], _ old: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
      old.deallocate()
      let new = UnsafeMutablePointer<T>.allocate(capacity: max(1, items.count))
      new.initialize(from: items, count: items.count)
      return new
    }
    header.pointee.instructions = block(out.instructions, header.pointee.instructions)
    header.pointee.constants = block(out.constants, header.pointee.constants)
    constantCount = out.constants.count
    // Cells belong to their module, which the code holds.
    header.pointee.globals = block(
      out.globals.map { Unmanaged.passUnretained($0) }, header.pointee.globals)
    header.pointee.registerCount = out.registerCount
    header.pointee.argumentCount = arguments.count
    header.pointee.isSimple = !arguments.contains { $0.isRest }
  }

  private var isKept = false

  /// Called when a function value is made of it: from then on it is never freed.
  func keep() {
    if isKept { return }
    isKept = true
    _ = Unmanaged.passRetained(self)
  }

  var signature: [Parameter] {
    arguments.map {
      Parameter(
        $0.name, .any, $0.defaultIndex != nil || $0.isRest ? .none : .required, variadic: $0.isRest)
    }
  }
}

/// The code of a model: a constructor whose locals are fields, and methods.
final class ModelCode {
  let name: String
  var fields: [String] = []
  var slots: [String: Int] = [:]
  var methods: [String: FunctionCode] = [:]
  let constructor: FunctionCode
  var documentation: String?

  init(_ name: String, constructor: FunctionCode) {
    self.name = name
    self.constructor = constructor
    constructor.isConstructor = true
  }
}

/// One source's globals.
package final class Module {
  package let path: String?
  var cells: [String: GlobalCell] = [:]
  private let builtin: (String) -> Value?

  init(path: String?, builtin: @escaping (String) -> Value?) {
    self.path = path
    self.builtin = builtin
  }

  func cell(_ name: String) -> GlobalCell {
    if let cell = cells[name] { return cell }
    let cell = GlobalCell(name, builtin: builtin(name))
    cells[name] = cell
    return cell
  }

  package var names: [String] { cells.values.filter(\.isSet).map(\.name).sorted() }
}
