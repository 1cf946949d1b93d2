// The machine: one session's stack, calls, and what builtins may ask of it.

import CThreadState
import DLSSyntax
import DLSTensor

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
  let stack: UnsafeMutablePointer<Value>
  private let capacity: Int
  private var top = 0
  /// Calls under way; the limit keeps runaway recursion from the end of the real stack.
  var depth = 0
  static let maxDepth = 10_000
  let unset = Value.object(Unset())
  var builtins: [String: Value] = [:]
  /// Words that plugins have added.
  var registered: [String: Value] = [:]
  var modules: [String: Module] = [:]
  /// Paths being imported now, outermost first.
  var importing: [String] = []
  var warned: Set<String> = []
  var isOutOfTime = false
  weak var mainModule: Module?
  /// Where the statement under way stands, for warnings.
  var currentSource: Source?

  init(_ options: SessionOptions) {
    self.options = options
    generator = Generator(seed: options.seed ?? UInt64(Scalar64.now() * 1e9))
    capacity = 1 << 20
    stack = .allocate(capacity: capacity)
  }

  deinit { stack.deallocate() }

  // MARK: Frames

  /// Room for a call's variables, all without values.
  @inline(__always)
  func enter(_ code: FunctionCode, _ f: Frame?, _ span: Span) throws(Failure) -> Int {
    let base = top
    if depth >= Machine.maxDepth || base + code.slotCount + 16 > capacity {
      throw tooDeep(code, f, span)
    }
    top = base + code.slotCount
    for i in base..<top { (stack + i).initialize(to: unset) }
    return base
  }

  @inline(never)
  private func tooDeep(_ code: FunctionCode, _ f: Frame?, _ span: Span) -> Failure {
    let failure = Failure(
      "recursion-limit", "`\(code.name)` calls itself too deep: \(depth) calls are under way")
    return f?.locate(failure, span) ?? failure
  }

  @inline(__always)
  func leave(_ code: FunctionCode, _ base: Int) {
    (stack + base).deinitialize(count: top - base)
    top = base
  }

  /// Runs a function whose arguments stand in its slots.
  func execute(_ function: FunctionObject, _ base: Int, _ caller: Frame?, _ span: Span)
    throws(Failure) -> Value
  {
    let code = function.code
    if Interrupt.isSet {
      leave(code, base)
      throw caller?.locate(interruption(), span) ?? interruption()
    }
    let frame = Frame(
      slots: stack + base, captures: function.captures, source: code.source, machine: self,
      module: code.module)
    depth += 1
    defer {
      depth -= 1
      leave(code, base)
    }
    do throws(Failure) {
      for slot in code.boxedSlots { frame.slots[slot] = .object(Box(unset)) }
      var sizes: [String: Int] = [:]
      if let checks = code.checks {
        do { sizes = try checks.enter(code, frame.slots) } catch {
          throw caller?.locate(error, span) ?? error
        }
      }
      var value = Value.none
      if try code.body.run(frame, into: &value) == .returned { value = frame.result }
      if let result = code.checks?.result {
        do {
          try ShapeChecks.check(value, result, &sizes, "\(code.name): the result", code.source)
        } catch {
          throw frame.locate(error, code.span)
        }
      }
      return value
    } catch {
      if error.signal == .returned { return frame.result }
      trace(error, function, frame, caller, span)
      throw error
    }
  }

  /// Adds a line of the call stack to a failure on its way out.
  @inline(never)
  private func trace(
    _ failure: Failure, _ function: FunctionObject, _ frame: Frame, _ caller: Frame?, _ span: Span
  ) {
    guard var d = failure.diagnostic, let caller, d.frames.count < 12 else { return }
    let arguments = function.code.arguments.map { argument -> String in
      var value = frame.slots[argument.slot]
      if case .object(let box as Box) = value { value = box.value }
      if let t = value.tensorView { return "\(argument.name): \(t.typeText)" }
      switch value {
      case .int, .float, .bool, .none: return "\(argument.name): \(value.describe())"
      case .tensor, .object: return "\(argument.name): \(value.typeName)"
      }
    }
    d.frames.append(
      .init(
        source: caller.source, span: span,
        description: "\(function.code.name)(\(arguments.joined(separator: ", ")))"))
    failure.diagnostic = d
  }

  // MARK: Calls

  /// Calls a function of the script with arguments as given.
  func invoke(_ function: FunctionObject, _ arguments: CallArguments) throws(Failure) -> Value {
    let code = function.code
    let base = try enter(code, nil, code.span)
    do { try place(arguments, code, function, base) } catch {
      leave(code, base)
      throw error
    }
    return try execute(function, base, nil, code.span)
  }

  /// Puts arguments into slots: positional, named, defaults, the rest.
  private func place(
    _ given: CallArguments, _ code: FunctionCode, _ function: FunctionObject, _ base: Int
  ) throws(Failure) {
    let values = try bind(
      given, code,
      Frame(
        slots: stack + base, captures: function.captures, source: code.source, machine: self,
        module: code.module))
    for (argument, value) in zip(code.arguments, values) {
      stack[base + argument.slot] = argument.isBoxed ? .object(Box(value)) : value
    }
  }

  /// One value a parameter of the script's function.
  func bind(_ given: CallArguments, _ code: FunctionCode, _ frame: Frame) throws(Failure) -> [Value]
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
        let near = Spelling.nearest(to: argument.name, in: parameters.map(\.name))
        throw Failure(
          "unknown-argument", "\(code.name) has no argument `\(argument.name)`",
          argument: given.positional.count + i,
          help: near.map { ["did you mean `\($0)`?"] } ?? ["it is `\(text)`"])
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
      } else if let code = p.defaultValue {
        result.append(try code.eval(frame))
      } else {
        throw Failure(
          "missing-argument", "\(code.name) needs `\(p.name)`", help: ["it is `\(text)`"])
      }
    }
    return result
  }

  /// Makes an instance of a model by running its body.
  func construct(_ definition: ModelClassObject, _ arguments: CallArguments) throws(Failure)
    -> Value
  {
    Collector.collectIfDue()
    let code = definition.code
    let constructor = code.constructor
    let model = ModelObject(code, definition.captures, unset: unset)
    let base = try enter(constructor, nil, constructor.span)
    let frame = Frame(
      slots: stack + base, captures: definition.captures, source: constructor.source, machine: self,
      module: constructor.module)
    depth += 1
    defer {
      depth -= 1
      leave(constructor, base)
    }
    stack[base] = .object(model)
    for slot in constructor.boxedSlots { frame.slots[slot] = .object(Box(unset)) }
    let values = try bind(arguments, constructor, frame)
    for (argument, value) in zip(constructor.arguments, values) {
      model.values[argument.slot] = value
    }
    let signal: Signal
    do { signal = try constructor.body.exec(frame) } catch { throw error }
    _ = signal
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
    if depth > Machine.maxDepth { throw Failure("recursion-limit", "calls nest too deep") }
    return try object.call(given, self)
  }

  package func callTensor(_ function: Value, _ x: Tensor) throws(Failure) -> Tensor {
    try call(function, [.tensor(x)]).asTensor()
  }

  func run(_ builtin: Builtin, _ arguments: CallArguments) throws(Failure) -> Value {
    let values = try Signature.bind(builtin.name, builtin.parameters, arguments)
    var call = Call(
      machine: self, name: builtin.name, parameters: builtin.parameters, arguments: values)
    depth += 1
    defer { depth -= 1 }
    switch builtin.body {
    case .run(let body): return try body(&call)
    case .op(let op): return try apply(op, call)
    }
  }

  /// Runs an op. Of several tensors, weak numbers and lists take the dtype of the others.
  package func apply(_ op: Op, _ call: Call) throws(Failure) -> Value {
    do throws(TensorError) {
      switch op.body {
      case .unary(let body):
        let x: Tensor
        do { x = try call.tensor(0) } catch { throw error.asTensorError }
        return .tensor(try body(x))
      case .binary(let body):
        let pair: (Tensor, Tensor)
        do { pair = try Operators.pair(call.arguments[0], call.arguments[1], op.name) } catch {
          throw error.asTensorError
        }
        return .tensor(try body(pair.0, pair.1))
      case .general(let body):
        var values: [OpValue] = []
        for i in call.arguments.indices {
          do { values.append(try call.opValue(i)) } catch { throw error.asTensorError }
        }
        return Value.from(try body(OpArguments(values, generator: generator)))
      }
    } catch { throw Failure(error) }
  }

  // MARK: What builtins ask

  package func print(_ text: String) { options.sink(.text(text)) }
  package func emit(_ output: Output) { options.sink(output) }
  package func status(_ line: String?) { options.sink(.status(line)) }

  package func checkInterrupt() throws(Failure) {
    if Interrupt.isSet { throw interruption() }
  }

  /// Called from another thread when the time is over.
  package func expire() {
    isOutOfTime = true
    Interrupt.set()
  }

  func interruption() -> Failure {
    isOutOfTime
      ? Failure(
        "out-of-time",
        "stopped after \(options.maxTime.map { "\($0)" } ?? "its") seconds (--max-time)")
      : Failure("interrupted", "interrupted")
  }

  var noGradDepth: Int { Int(dls_get_no_grad_depth()) }
  func restore(_ depth: Int) { dls_set_no_grad_depth(Int32(depth)) }

  /// A warning at the statement under way, once a place.
  package func warn(_ code: String, _ message: String, help: [String] = []) {
    if !warned.insert(code + message).inserted { return }
    options.sink(
      .diagnostic(Diagnostic(severity: .warning, code: code, message: message, help: help)))
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

extension Failure {
  /// As a tensor error, where a body throws those; place and value are kept by `Failure(error)`.
  var asTensorError: TensorError {
    TensorError(code, message, argument: argument, labels: labels, notes: notes, help: help)
  }
}
