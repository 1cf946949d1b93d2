// A word as a value, and how it is called without packing its arguments.

import DLSTensor

package final class BuiltinObject: Object {
  package let builtin: Builtin
  private let unary: (@Sendable (Tensor) throws(TensorError) -> Tensor)?
  private let binary: (@Sendable (Tensor, Tensor) throws(TensorError) -> Tensor)?
  private let general: (@Sendable (OpArguments) throws(TensorError) -> OpValue)?
  /// Defaults in the order of the parameters; nil where variadic ones ask for the general way.
  private let defaults: [Value]?
  /// The same as an op takes them.
  private let opDefaults: [OpValue]
  private let isRequired: [Bool]
  /// How many can be given by position.
  private let positional: Int
  private let direct: Builtin.Direct?
  private let op: Op?

  package init(_ builtin: Builtin) {
    self.builtin = builtin
    var bodies: Op.Body?
    if case .op(let declared) = builtin.body {
      bodies = declared.body
      op = declared
    } else {
      op = nil
    }
    if case .unary(let body)? = bodies { unary = body } else { unary = nil }
    if case .binary(let body)? = bodies { binary = body } else { binary = nil }
    if case .general(let body)? = bodies { general = body } else { general = nil }
    positional =
      builtin.parameters.firstIndex(where: \.isNamedOnly) ?? builtin.parameters.count
    // Named ones stand last, or the general way sorts them out.
    let isPlain =
      !builtin.parameters.contains(where: \.isVariadic)
      && builtin.parameters[positional...].allSatisfy(\.isNamedOnly)
    defaults =
      isPlain ? builtin.parameters.map { Signature.value($0.defaultValue, $0.kind) } : nil
    opDefaults = builtin.parameters.map { OpValue($0.defaultValue, $0.kind) }
    isRequired = builtin.parameters.map { $0.defaultValue == .required }
    direct = builtin.direct
    super.init(.builtin)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { builtin.parameters }
  package override func describe(_ printer: inout Printer) {
    printer.write("<function \(builtin.name)(\(Signature.text(builtin.parameters)))>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let values = try Signature.bind(builtin.name, builtin.parameters, arguments)
    do throws(Failure) { return try machine.run(builtin, values) } catch {
      if !arguments.named.isEmpty || builtin.parameters.contains(where: \.isVariadic) {
        error.place { Signature.written($0, builtin.parameters, arguments) }
      }
      throw error
    }
  }

  /// Calls it without packing the arguments first; nil when they need a closer look.
  func quick(_ operands: Operands, _ shape: CallShape?, _ machine: Machine) throws(Failure)
    -> Value?
  {
    if shape == nil {
      if let direct, let value = direct(operands) { return value }
      if let unary, operands.count == 1, case .tensor(let x) = operands[0] {
        do throws(TensorError) { return .tensor(try unary(x)) } catch {
          throw mended(error, [.tensor(x)], machine)
        }
      }
      if let binary, operands.count == 2, case .tensor(let x) = operands[0],
        case .tensor(let y) = operands[1]
      {
        do throws(TensorError) { return .tensor(try binary(x, y)) } catch {
          throw mended(error, [.tensor(x), .tensor(y)], machine)
        }
      }
    }
    guard let defaults, let places = places(operands.count, shape) else { return nil }
    do throws(Failure) { return try run(operands, places, defaults, machine) } catch {
      if !places.isEmpty { error.place { places.firstIndex(of: $0) } }
      throw error
    }
  }

  private func run(
    _ operands: Operands, _ places: [Int], _ defaults: [Value], _ machine: Machine
  ) throws(Failure) -> Value {
    if let general, let values = opValues(operands, places) {
      if let caution = op?.caution?(values) {
        machine.warn(caution.code, caution.message, help: caution.help)
      }
      do throws(TensorError) {
        return Value.from(try general(OpArguments(values, generator: machine.generator)))
      } catch { throw mended(error, values, machine) }
    }
    var values = defaults
    for k in operands.indices { values[places.isEmpty ? k : places[k]] = operands[k] }
    return try machine.run(builtin, values)
  }

  @inline(never)
  private func mended(_ error: TensorError, _ arguments: [OpValue], _ machine: Machine) -> Failure {
    guard let op else { return Failure(error) }
    return Failure(Repairs.mend(error, op, arguments, machine.generator))
  }

  /// The arguments of an op, as far as they need no conversion worth the name.
  private func opValues(_ operands: Operands, _ places: [Int]) -> [OpValue]? {
    var values = opDefaults
    for k in operands.indices {
      let place = places.isEmpty ? k : places[k]
      let parameter = builtin.parameters[place]
      switch (operands[k], parameter.kind) {
      case (.tensor(let x), .tensor): values[place] = .tensor(x)
      case (.int(let x), .int), (.int(let x), .ints), (.int(let x), .float):
        values[place] = .int(x)
      case (.float(let x), .float): values[place] = .float(x)
      case (.bool(let x), .bool): values[place] = .bool(x)
      case (.none, _) where parameter.isOptional: values[place] = .none
      case (.object, .string):
        guard let text = operands[k].text else { return nil }
        values[place] = .string(text)
      default: return nil
      }
    }
    return values
  }

  // MARK: Which argument is which

  /// The parameters that a call's arguments belong to, empty when in order; nil when something is
  /// missing or misspelt, for the general way to say so.
  private func places(_ count: Int, _ shape: CallShape?) -> [Int]? {
    guard let shape else {
      if count > positional { return nil }
      for k in count..<isRequired.count where isRequired[k] { return nil }
      return []
    }
    if shape.knownCallee?.toOpaque() == Unmanaged.passUnretained(self).toOpaque(),
      shape.knownPlaces.count == count
    {
      return shape.knownPlaces
    }
    guard let places = places(shape, plain: count - shape.names.count) else { return nil }
    shape.knownPlaces = places
    // Words live as long as the session that runs them.
    shape.knownCallee = .passUnretained(self)
    return places
  }

  /// `plain` arguments stand before the written ones: the receiver of a method call.
  private func places(_ shape: CallShape, plain: Int) -> [Int]? {
    if shape.hasSpread || plain > positional { return nil }
    var result = Array(0..<plain)
    for (k, name) in shape.names.enumerated() {
      let place: Int?
      if let name {
        place = builtin.parameters.firstIndex { $0.name == name }
      } else {
        // Names stand last.
        place = k > 0 && shape.names[k - 1] != nil ? nil : plain + k
      }
      guard let place, name != nil || place < positional, !result.contains(place) else {
        return nil
      }
      result.append(place)
    }
    for k in isRequired.indices where isRequired[k] && !result.contains(k) { return nil }
    return result
  }
}

extension OpValue {
  /// A parameter's default, as ops take it.
  init(_ value: Parameter.Default, _ kind: Parameter.Kind) {
    switch value {
    // No op takes a tuple of numbers.
    case .required, .none, .floats: self = .none
    case .int(let x): self = .int(x)
    case .ints(let x): self = .ints(x)
    case .float(let x): self = .float(x)
    case .bool(let x): self = .bool(x)
    case .string(let x):
      self = kind == .dtype ? DType.named(x).map { .dtype($0) } ?? .none : .string(x)
    }
  }
}
