// Calls that are not of a script's function with plain arguments; and what happens when one fails.

import DLSSyntax
import DLSTensor

extension Machine {
  // MARK: Methods

  /// Register b gets the function of `x.f(…)`, where x stands in the next register. A member of its
  /// own takes the place of x, and register b says so by holding a number.
  @inline(never)
  func findMethod(_ f: Frame, _ i: Instruction) throws(Failure) {
    guard case .method(let method) = f.code.sites[Int(i.site)].detail else { throw internalError() }
    let to = f.slot(Int(i.b))
    let receiver = f.slot(Int(i.b) + 1)
    var uncalled: Value?
    if method.isAppend, i.c == 1, receiver.isObject(.list), method.hasNoMethod,
      method.global?.isSet == false
    {
      // The register's `none` tells `callMethod` what it is.
      to.clear()
      return to.setNone()
    }
    if method.mayBeMember(of: receiver) {
      let x = receiver.value
      let member: Value?
      do { member = try ownMember(x, method.name) } catch {
        throw f.locate(error, f.site(i).place)
      }
      if let member {
        if member.isCallable {
          receiver.value = member
          return to.put(0)
        }
        if case .object(let object) = x, object.kind != .dict {
          throw f.locate(
            Failure(
              "not-callable",
              "the member `\(method.name)` is \(member.kindText) and cannot be called"),
            f.site(i).place)
        }
        uncalled = member
      }
    }
    if method.hasNoMethod, let cell = method.global {
      // The commonest: a word, or a global of the script.
      let global = Slot(cell.storage)
      if global.isObject(.builtin) { return to.lend(global.object) }
      if global.isObject(.function) { return to.copy(global) }
    }
    guard let function = f.word(method) else {
      let site = f.site(i)
      if let uncalled {
        let text = "\(f.source.text(in: site.operands[0])).\(method.name)"
        throw f.locate(
          Failure(
            "not-callable", "the member `\(method.name)` is \(uncalled.kindText) and is not called",
            help: [
              site.operands.count == 1
                ? "without the brackets: `\(text)`" : "one of its items: `\(text)[0]`"
            ]), site.place)
      }
      throw f.locate(
        noMember(receiver.value, method.name, f.module), site.place, operands: [site.operands[0]])
    }
    to.value = function
  }

  /// Calls what `findMethod` has found.
  @inline(never)
  func callMethod(_ f: Frame, _ pc: PC) throws(Failure) -> Bool {
    let i = pc.pointee
    let (at, count) = (Int(i.b), Int(i.c))
    switch f.slot(at).tag {
    case Slot.Tag.bool:
      let builtin = Unmanaged<BuiltinObject>.fromOpaque(f.slot(at).object.toOpaque())
      let shape = i.op == .callMethodNamed ? shape(f.code.sites[Int(i.site)].detail) : nil
      try callBuiltin(f, i, builtin, at, at + 1, count + 1, shape)
      return false
    case Slot.Tag.int: return try call(f, pc, at + 1, first: at + 2, count: count)
    default: return try call(f, pc, at, first: at + 1, count: count + 1)
    }
  }

  // MARK: Calls

  @inline(never)
  func callGlobal(_ f: Frame, _ pc: PC, _ cell: Unmanaged<GlobalCell>) throws(Failure) -> Bool {
    let i = pc.pointee
    let global = Slot(cell._withUnsafeGuaranteedRef { $0.storage })
    if global.isObject(.builtin) {
      if i.c == 1, let distance = try fused(f, i) {
        try checkInterrupt()
        next = LoopState(
          pc: pc + distance, registers: f.registers, header: f.header, captures: f.captures)
        return true
      }
      let builtin = Unmanaged<BuiltinObject>.fromOpaque(global.object.toOpaque())
      try callBuiltin(f, i, builtin, Int(i.b), Int(i.b) + 1, Int(i.c), nil)
      return false
    }
    if global.isObject(.type), i.c == 1 {
      let type = Unmanaged<TypeObject>.fromOpaque(global.object.toOpaque())
      if try convert(f, i, type, Int(i.b)) { return false }
    }
    guard let value = f.peek(.global(cell.takeUnretainedValue())) else {
      throw f.unknown(cell._withUnsafeGuaranteedRef { $0.name }, f.site(i).place)
    }
    f.slot(Int(i.b)).value = value
    return try call(f, pc, Int(i.b), first: Int(i.b) + 1, count: Int(i.c))
  }

  /// Calls what stands in a register with the arguments after it. True when a frame was made, to be
  /// run from `next`; false when the result stands in its register already.
  @inline(never)
  func call(_ f: Frame, _ pc: PC, _ register: Int, first: Int, count: Int) throws(Failure) -> Bool {
    let i = pc.pointee
    let callee = f.slot(register)
    var shape: CallShape?
    if i.op == .callNamed || i.op == .callMethodNamed {
      shape = self.shape(f.code.sites[Int(i.site)].detail)
    }
    if callee.isObject(.builtin) {
      let builtin = Unmanaged<BuiltinObject>.fromOpaque(callee.object.toOpaque())
      try callBuiltin(f, i, builtin, register, first, count, shape)
      return false
    }
    guard case .object(let object) = callee.value, object.isCallable else {
      throw notCallable(f, i, callee.value)
    }
    if object.kind == .function {
      let function = unsafeDowncast(object, to: FunctionObject.self)
      try place(f, i, function, first, count, shape)
      try push(f, pc, function, first)
      return true
    }
    if object.kind == .type, count == 1, shape == nil,
      try convert(f, i, .passUnretained(unsafeDowncast(object, to: TypeObject.self)), register)
    {
      return false
    }
    do throws(Failure) {
      let result = try object.call(try gathered(f, i, first, count, shape), self)
      if isInterrupted { throw interruption() }
      finish(f, i, register, count, result)
    } catch {
      nameLayer(error, in: object, f.source.text(in: f.site(i).place))
      throw atCall(f, i, error, register)
    }
    return false
  }

  /// A word: the machine holds it, whatever the script does with its name.
  private func callBuiltin(
    _ f: Frame, _ i: Instruction, _ builtin: Unmanaged<BuiltinObject>, _ register: Int,
    _ first: Int, _ count: Int, _ shape: CallShape?
  ) throws(Failure) {
    let operands = Operands(start: f.values(first), count: count)
    do {
      let result: Value
      if let quick = try builtin._withUnsafeGuaranteedRef({ builtin throws(Failure) in
        try builtin.quick(operands, shape, self)
      }) {
        result = quick
      } else {
        let given = try gathered(f, i, first, count, shape)
        result = try builtin.takeUnretainedValue().call(given, self)
      }
      // After an interrupt a kernel's result is not whole.
      if isInterrupted { throw interruption() }
      finish(f, i, register, count, result)
    } catch { throw atCall(f, i, Failure.known(error), register) }
  }

  /// `str(x)` and its kin.
  private func convert(
    _ f: Frame, _ i: Instruction, _ type: Unmanaged<TypeObject>, _ register: Int
  ) throws(Failure) -> Bool {
    let operands = Operands(start: f.values(register + 1), count: 1)
    do {
      guard
        let result = try type._withUnsafeGuaranteedRef({ type throws(Failure) in
          try type.quick(operands, self)
        })
      else { return false }
      finish(f, i, register, 1, result)
      return true
    } catch { throw atCall(f, i, Failure.known(error), register) }
  }

  @inline(__always)
  private func shape(_ detail: Site.Detail) -> CallShape? {
    switch detail {
    case .call(let shape): shape
    case .method(let method): method.shape
    case .none, .binary, .comparison, .name: nil
    }
  }

  /// Lets go of function and arguments, and puts the result.
  @inline(__always)
  private func finish(_ f: Frame, _ i: Instruction, _ register: Int, _ count: Int, _ result: Value)
  {
    for k in Int(i.b)...(register + count) { f.slot(k).clear() }
    f.slot(Int(i.a)).value = result
    if hasCaution { tellCaution(f.source, f.site(i).span) }
  }

  @inline(never)
  private func atCall(_ f: Frame, _ i: Instruction, _ error: Failure, _ register: Int) -> Failure {
    let site = f.site(i)
    // A member of its own was called without the receiver.
    var operands = register > Int(i.b) ? Array(site.operands.dropFirst()) : site.operands
    if error.code == "unknown-argument" || error.code == "duplicate-argument" {
      // A wrong name is underlined itself, not its value.
      operands = operands.map { f.source.argumentName(before: $0) ?? $0 }
    }
    error.placeCalls(f.source, site.span)
    return f.locate(error, site.span, operands: operands)
  }

  private func notCallable(_ f: Frame, _ i: Instruction, _ callee: Value) -> Failure {
    let place = f.site(i).place
    if i.flags & Instruction.pipes != 0 {
      return f.locate(
        Failure(
          "not-callable", "`|>` needs a function on its right, got \(callee.kindText)",
          help: ["with more arguments: `x |> (t -> f(t, 1))` or `x.f(1)`"]), place)
    }
    let text = f.source.text(in: place)
    var help: [String] = []
    if builtins[text] != nil {
      help = ["`\(text)` is your value here and hides the word: give it another name"]
    } else if let items = callee.sequenceItems, !items.isEmpty, items.allSatisfy(\.isCallable) {
      help = ["layers in a row: `Sequential(\(text))`, or `f >> g`"]
    } else if callee.sequenceItems != nil || callee.tensorView != nil || callee.text != nil {
      help = ["parts are taken by square brackets: `\(text)[…]`"]
    } else if callee.number != nil {
      help = ["a product needs its sign: `\(text) * (…)`"]
    }
    return f.locate(
      Failure(
        "not-callable", "\(callee.kindText) cannot be called",
        help: help.filter { $0.utf8.count < 120 }), place)
  }

  /// The arguments as a list, taken out of their registers.
  private func gathered(
    _ f: Frame, _ i: Instruction, _ first: Int, _ count: Int, _ shape: CallShape?
  )
    throws(Failure) -> CallArguments
  {
    var given = CallArguments()
    given.positional.reserveCapacity(count)
    let plain = count - (shape?.names.count ?? count)
    for k in 0..<count {
      let value = f.slot(first + k).value
      guard let shape, k >= plain else {
        given.positional.append(value)
        continue
      }
      if shape.isSpread[k - plain] {
        if case .object(let dict as DictObject) = value {
          for (key, item) in dict.entries {
            if case .string(let name) = key { given.named.append((name, item)) }
          }
        } else if let items = try spread(value) {
          given.positional += items
        } else {
          throw f.locate(
            Failure("type-mismatch", "`...` spreads lists and tuples, not \(value.kindText)"),
            argumentSpan(f, i, k - plain, shape))
        }
      } else if let name = shape.names[k - plain] {
        given.named.append((name, value))
      } else if given.named.isEmpty {
        given.positional.append(value)
      } else {
        throw f.locate(
          Failure("bad-argument", "arguments without a name stand before named ones"),
          argumentSpan(f, i, k - plain, shape))
      }
    }
    return given
  }

  private func argumentSpan(_ f: Frame, _ i: Instruction, _ k: Int, _ shape: CallShape) -> Span {
    let operands = f.site(i).operands
    return operands[operands.count - shape.names.count + k]
  }

  // MARK: Functions of the script

  /// Brings the arguments of a script's function into its registers.
  private func place(
    _ f: Frame, _ i: Instruction, _ function: FunctionObject, _ first: Int, _ count: Int,
    _ shape: CallShape?
  ) throws(Failure) {
    let header = function.header.pointee
    if f.slot(first + header.argumentCount).raw > stackEnd { throw tooDeep(header.code) }
    if shape == nil, header.isSimple, count <= header.argumentCount,
      function.fills(from: count)
    {
      for k in count..<max(count, header.argumentCount) {
        f.slot(first + k).value = function.defaultValue(k)
      }
      return
    }
    do {
      let given = try gathered(f, i, first, count, shape)
      let values = try bind(given, header.code, function.defaults)
      for k in 0..<count { f.slot(first + k).clear() }
      for (k, value) in values.enumerated() { f.slot(first + k).value = value }
    } catch { throw atCall(f, i, error, first - 1) }
  }

  private func push(_ f: Frame, _ pc: PC, _ function: FunctionObject, _ first: Int) throws(Failure)
  {
    let at = f.registers + first * Slot.stride
    let end = at + function.header.pointee.registerCount * Slot.stride
    if callTop >= callLimit || end > stackEnd { throw tooDeep(function.code) }
    if Interrupt.isSet { throw interruption() }
    callTop.initialize(
      to: LoopState(pc: pc, registers: f.registers, header: f.header, captures: f.captures))
    callTop += 1
    top = end
    next = LoopState(
      pc: function.header.pointee.instructions, registers: at, header: function.header,
      captures: function.capturePointer)
  }

  @inline(never)
  func tooDeep(_ code: FunctionCode) -> Failure {
    Failure(
      "recursion-limit",
      "`\(code.name)` calls itself too deep: \(callTop - calls) calls are under way")
  }
}
