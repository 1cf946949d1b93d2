// The machine: one session's stack, calls, and what builtins may ask of it.

import CThreadState
import DLSSyntax
import DLSTensor
import Glibc

package enum Output {
  case text(String)
  case value(Value, String)
  case figure(Object)
  case diagnostic(Diagnostic)
  /// One line that overwrites itself; nil clears it.
  case status(String?)
}

public final class Machine {
  package let options: SessionOptions
  package let generator: Generator
  /// Registers of all frames. What no frame uses holds plain numbers, so that nothing must be set up
  /// or let go of there.
  private let stack: UnsafeMutableRawPointer
  let stackEnd: UnsafeMutableRawPointer
  /// Where the next frame that Swift makes begins.
  var top: UnsafeMutableRawPointer
  /// Callers under way; the limit keeps runaway recursion from the end of the real stack.
  let calls: UnsafeMutablePointer<LoopState>
  var callTop: UnsafeMutablePointer<LoopState>
  /// Comes down with every call of a builtin, which may call a script's function again.
  var callLimit: UnsafeMutablePointer<LoopState>
  static let maxDepth = 10_000
  /// Where the loop goes on after a call that it did not make itself.
  var next: LoopState
  /// A call that a frame made by Swift gives its result to, and the end of the loop.
  let boundary: PC
  private let boundaryHeader: UnsafeMutablePointer<CodeHeader>
  private let boundaryCode: FunctionCode
  let unset = Value.object(Unset())
  var builtins: [String: Value] = [:]
  /// Words that plugins have added.
  var registered: [String: Value] = [:]
  var modules: [String: Module] = [:]
  /// Paths being imported now, outermost first.
  var importing: [String] = []
  var warned: Set<String> = []
  /// What the call under way has to say besides its value.
  var caution: Diagnostic?
  var hasCaution = false
  weak var mainModule: Module?
  /// Told of every call of a layer, while someone looks at a network (`summary`).
  package var callWatcher: CallWatcher?
  /// Where the statement under way stands, for warnings.
  var currentSource: Source?

  init(_ options: SessionOptions) {
    dls_keep_memory()
    self.options = options
    generator = Generator(seed: options.seed ?? UInt64(Scalar64.now() * 1e9))
    stack = Machine.registers()
    stackEnd = stack + (Machine.capacity - 64) * Slot.stride
    top = stack
    calls = .allocate(capacity: Machine.maxDepth + 1)
    callTop = calls
    callLimit = calls + Machine.maxDepth
    boundary = .allocate(capacity: 2)
    (boundary).initialize(to: Instruction(op: .call))
    (boundary + 1).initialize(to: Instruction(op: .halt))
    let source = Source(name: "", text: "")
    boundaryCode = FunctionCode(
      name: "", source: source, span: Span(0, 0), module: Module(path: nil) { _ in nil })
    boundaryHeader = boundaryCode.header
    next = LoopState(pc: boundary, registers: stack, header: boundaryHeader, captures: nil)
  }

  private static let capacity = 1 << 20

  /// Zeros are ints, and cost nothing until they are touched.
  private static func registers() -> UnsafeMutableRawPointer {
    calloc(capacity, Slot.stride) ?? .allocate(byteCount: capacity * Slot.stride, alignment: 16)
  }

  deinit {
    free(stack)
    calls.deallocate()
    boundary.deallocate()
  }

  // MARK: Calls

  /// Runs code in a frame of its own; `fill` puts values into its registers.
  func execute(
    _ code: FunctionCode, _ captures: Captures?, _ fill: (Frame) -> Void
  ) throws(Failure) -> Value {
    let result = top
    let registers = result + Slot.stride
    let end = registers + code.header.pointee.registerCount * Slot.stride
    if callTop >= callLimit || end > stackEnd { throw tooDeep(code) }
    if Interrupt.isSet { throw interruption() }
    let frame = Frame(
      registers: registers, header: code.header, captures: captures, machine: self)
    let noGrad = noGradDepth
    callTop.initialize(
      to: LoopState(pc: boundary, registers: result, header: boundaryHeader, captures: nil))
    callTop += 1
    top = end
    defer { top = result }
    fill(frame)
    do {
      try loop(
        LoopState(
          pc: code.header.pointee.instructions, registers: registers, header: code.header,
          captures: captures))
    } catch {
      restore(noGrad)
      throw error
    }
    return Slot(result).take()
  }

  /// Calls a function of the script with arguments as given.
  func invoke(_ function: FunctionObject, _ arguments: CallArguments) throws(Failure) -> Value {
    let code = function.code
    let values: [Value]
    if code.header.pointee.isSimple, arguments.named.isEmpty,
      arguments.positional.count == code.arguments.count
    {
      values = arguments.positional
    } else {
      values = try bind(arguments, code, function.defaults)
    }
    return try execute(code, function.capturePointer) { frame in
      for (i, value) in values.enumerated() { frame.slot(i).value = value }
    }
  }

  /// One value a parameter of the script's function: positional, named, defaults, the rest.
  func bind(_ given: CallArguments, _ code: FunctionCode, _ defaults: [Value]) throws(Failure)
    -> [Value]
  {
    let parameters = code.arguments
    var values = [Value?](repeating: nil, count: parameters.count)
    var next = 0
    for (i, p) in parameters.enumerated() {
      if p.isRest {
        values[i] = .list(Array(given.positional[min(next, given.positional.count)...]))
        next = given.positional.count
      } else if next < given.positional.count {
        values[i] = given.positional[next]
        next += 1
      }
    }
    let text = "\(code.name)(\(code.parameterText))"
    if next < given.positional.count {
      throw Failure(
        "too-many-arguments",
        "\(code.name) takes \(parameters.count) argument\(parameters.count == 1 ? "" : "s"), got \(given.positional.count)",
        argument: next, help: ["it is `\(text)`"])
    }
    for (i, argument) in given.named.enumerated() {
      guard let at = parameters.firstIndex(where: { $0.name == argument.name && !$0.isRest }) else {
        throw Failure.unknownArgument(
          argument.name, at: given.positional.count + i, of: code.name, parameters.map(\.name),
          signature: text)
      }
      if values[at] != nil {
        throw Failure(
          "duplicate-argument", "\(code.name) got `\(argument.name)` twice",
          argument: given.positional.count + i)
      }
      values[at] = argument.value
    }
    var result: [Value] = []
    for (i, p) in parameters.enumerated() {
      if let value = values[i] {
        result.append(value)
      } else if let k = p.defaultIndex {
        result.append(k < defaults.count ? defaults[k] : .none)
      } else {
        throw Failure(
          "missing-argument", "\(code.name) needs `\(p.name)`",
          help: parameters[0].name == "self"
            ? ["leave `self` out: a method reads the model's fields by their bare names"]
            : ["it is `\(text)`"])
      }
    }
    return result
  }

  /// Makes an instance of a model by running its body.
  func construct(_ definition: ModelClassObject, _ arguments: CallArguments) throws(Failure)
    -> Value
  {
    Collector.collectIfDue()
    let constructor = definition.code.constructor
    let model = ModelObject(definition.code, definition.captures, unset: unset)
    let values = try bind(arguments, constructor, definition.defaults)
    for (argument, value) in zip(constructor.arguments, values) {
      model.values[argument.slot] = value
    }
    let pointers = definition.captures.map { Unmanaged.passUnretained($0) }
    do throws(Failure) {
      _ = try pointers.withUnsafeBufferPointer { captures throws(Failure) in
        try execute(constructor, captures.baseAddress.map { Captures(mutating: $0) }) { frame in
          frame.slot(0).value = .object(model)
        }
      }
    } catch {
      if error.diagnostic != nil {
        let given = zip(constructor.arguments, values).map { ($0.name, $1) }
        error.pendingCalls.append(Machine.callText(definition.code.name, given))
      }
      throw error
    }
    model.isBuilt = true
    return .object(model)
  }

  /// Calls anything callable.
  package func call(_ function: Value, _ arguments: [Value], named: [(String, Value)] = [])
    throws(Failure) -> Value
  {
    guard case .object(let object) = function else {
      throw Failure("not-callable", "\(function.kindText) cannot be called")
    }
    let given = CallArguments(arguments, named: named.map { (name: $0.0, value: $0.1) })
    if callTop >= callLimit {
      let name = (object as? FunctionObject)?.name ?? object.typeName
      throw Failure(
        "recursion-limit", "`\(name)` calls itself too deep: \(callTop - calls) calls are under way"
      )
    }
    return try object.call(given, self)
  }

  package func callTensor(_ function: Value, _ x: Tensor) throws(Failure) -> Tensor {
    try call(function, [.tensor(x)]).asTensor()
  }

  /// Runs a builtin, given one value a parameter.
  func run(_ builtin: Builtin, _ values: [Value]) throws(Failure) -> Value {
    var call = Call(
      machine: self, name: builtin.shownName, parameters: builtin.parameters, arguments: values)
    callLimit -= 1
    defer { callLimit += 1 }
    switch builtin.body {
    case .run(let body): return try body(&call)
    case .op(let op): return try apply(op, call)
    }
  }

  /// Runs an op. Of several tensors, weak numbers and lists take the dtype of the others.
  package func apply(_ op: Op, _ call: Call) throws(Failure) -> Value {
    var given: [OpValue] = []
    do throws(TensorError) {
      switch op.body {
      case .unary(let body):
        let x: Tensor
        do { x = try call.tensor(0) } catch { throw error.asTensorError }
        given = [.tensor(x)]
        return .tensor(try body(x))
      case .binary(let body):
        let pair: (Tensor, Tensor)
        do { pair = try Operators.pair(call.arguments[0], call.arguments[1], op.name) } catch {
          throw error.asTensorError
        }
        given = [.tensor(pair.0), .tensor(pair.1)]
        return .tensor(try body(pair.0, pair.1))
      case .general(let body):
        for i in call.arguments.indices {
          do { given.append(try call.opValue(i)) } catch { throw error.asTensorError }
        }
        if let caution = op.caution?(given) {
          warn(caution.code, caution.message, help: caution.help)
        }
        return Value.from(try body(OpArguments(given, generator: generator)))
      }
    } catch { throw Failure(Repairs.mend(error, op, given, generator)) }
  }

  // MARK: What builtins ask

  package func print(_ text: String) { options.sink(.text(text)) }
  package func emit(_ output: Output) { options.sink(output) }
  package func status(_ line: String?) { options.sink(.status(line)) }

  /// `Interrupt.isSet`, read without a call.
  @inline(__always) var isInterrupted: Bool { dls_is_interrupted() }

  package func checkInterrupt() throws(Failure) {
    if Interrupt.isSet { throw interruption() }
  }

  func interruption() -> Failure { Failure(Interrupt.stopped) }

  var noGradDepth: Int { Int(dls_get_no_grad_depth()) }
  func restore(_ depth: Int) { dls_set_no_grad_depth(Int32(depth)) }

  /// A word of warning about the call under way; shown at its place, once.
  package func warn(_ code: String, _ message: String, help: [String] = []) {
    hasCaution = true
    caution = Diagnostic(severity: .warning, code: code, message: message, help: help)
  }

  /// Called when the call is done, by who knows its place.
  @inline(never)
  func tellCaution(_ source: Source, _ span: Span) {
    guard var told = caution else { return }
    caution = nil
    hasCaution = false
    if !warned.insert("\(told.code) \(source.name) \(span.start)").inserted { return }
    told.source = source
    told.span = span
    options.sink(.diagnostic(told))
  }

  /// Adds words, as plugins do; a name that exists is refused.
  package func register(_ words: [Builtin]) throws(Failure) {
    for word in words where builtins[word.name] != nil || registered[word.name] != nil {
      throw Failure("name-exists", "the word `\(word.name)` exists already and is not replaced")
    }
    for word in words { registered[word.name] = .object(BuiltinObject(word)) }
  }

  package func allNames(_ module: Module?) -> [String] {
    Array(builtins.keys) + Array(registered.keys) + (module?.names ?? [])
  }

  /// The names that the script under way has given.
  package var globalNames: [String] { mainModule?.names ?? [] }

  package func word(_ name: String) -> Value? { builtins[name] ?? registered[name] }
}
