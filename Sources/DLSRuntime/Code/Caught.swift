// What happens when an instruction fails: a `catch` goes on, or the frames are left one by one.

import DLSSyntax
import DLSTensor

extension Machine {
  /// Where the script goes on after a failure; nil when no `catch` of this run wants it.
  @inline(never)
  func caught(
    _ failure: Failure, _ pc: PC, _ registers: UnsafeMutableRawPointer,
    _ header: UnsafeMutablePointer<CodeHeader>, _ captures: Captures?,
    _ bottom: UnsafeMutablePointer<LoopState>
  ) -> LoopState? {
    var state = LoopState(pc: pc, registers: registers, header: header, captures: captures)
    let first = state.header.pointee.code
    if pc.pointee.op != .checkShapes, pc.pointee.site < first.sites.count {
      _ = failure.located(first.source, first.sites[Int(pc.pointee.site)].span)
    }
    while true {
      let frame = Frame(
        registers: state.registers, header: state.header, captures: state.captures, machine: self)
      let code = frame.code
      let at = state.pc - state.header.pointee.instructions
      if failure.canBeCaught,
        let handler = code.handlers.first(where: { $0.range.contains(at) })
      {
        restore(frame.slot(handler.noGrad).int)
        for k in handler.register..<max(handler.register, state.header.pointee.registerCount) {
          frame.slot(k).clear()
        }
        frame.slot(handler.register).value = .object(ErrorObject(failure))
        top = state.registers + state.header.pointee.registerCount * Slot.stride
        state.pc = state.header.pointee.instructions + handler.target
        return state
      }
      let isLast = callTop - 1 == bottom
      let caller = (callTop - 1).pointee
      // A call with wrong shapes never began: its place is the error's own.
      if state.pc.pointee.op != .checkShapes { trace(failure, frame, isLast ? nil : caller) }
      for k in (-1)..<state.header.pointee.registerCount { frame.slot(k).clear() }
      callTop -= 1
      if isLast { return nil }
      state = caller
    }
  }

  /// Adds a line of the call stack to a failure on its way out. Where a builtin called the function,
  /// the place of that builtin's own call will be told by who knows it.
  private func trace(_ failure: Failure, _ frame: Frame, _ caller: LoopState?) {
    let code = frame.code
    if failure.diagnostic == nil || code.isConstructor || code.isScript { return }
    if let caller { nameModel(failure, frame, caller) }
    let arguments = code.arguments.map { argument -> (String, Value) in
      var value = frame.slot(argument.slot).value
      if case .object(let box as Box) = value { value = box.value }
      return (argument.name, value)
    }
    let text = Machine.callText(code.name, arguments)
    guard let caller else { return failure.pendingCalls.append(text) }
    let outer = caller.header.pointee.code
    failure.addFrame(outer.source, outer.sites[Int(caller.pc.pointee.site)].span, text)
  }

  /// In `net.encode(x)` the path of the layer that failed begins at `net`, as in `net(x)`.
  private func nameModel(_ failure: Failure, _ frame: Frame, _ caller: LoopState) {
    let op = caller.pc.pointee.op
    guard failure.layer != nil, op == .callMethod || op == .callMethodNamed else { return }
    let outer = caller.header.pointee.code
    guard let receiver = outer.sites[Int(caller.pc.pointee.site)].operands.first else { return }
    for i in frame.code.captureSources.indices {
      if case .object(let object)? = frame.captures.map({
        Value.object($0[i].takeUnretainedValue())
      }),
        let model = object as? ModelObject,
        model.code.methods[frame.code.name] === frame.code
      {
        return nameLayer(failure, in: model, outer.source.text(in: receiver))
      }
    }
  }

  /// `f(x: f32[3, 4], k: 2)`.
  static func callText(_ name: String, _ arguments: [(String, Value)]) -> String {
    let parts = arguments.map { name, value in
      if let t = value.tensorView { return "\(name): \(t.typeText)" }
      switch value {
      case .int, .float, .bool, .none: return "\(name): \(value.describe())"
      case .tensor, .object: return "\(name): \(value.typeName)"
      }
    }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }
}

extension Source {
  /// True when a keyword stands right before a place.
  func connective(before span: Span, _ word: String) -> Bool {
    var at = Int(span.start)
    while at > 0, bytes[at - 1] == 0x20 { at -= 1 }
    let count = word.utf8.count
    return at >= count && text(in: Span(at - count, at)) == word
  }

  /// The `not`, `and` or `or` whose operand stands at a place, as far as the text beside it tells.
  func connective(around span: Span) -> String? {
    var before = Int(span.start)
    while before > 0, [0x20, 0x28].contains(bytes[before - 1]) { before -= 1 }
    var after = Int(span.end)
    while after < bytes.count, [0x20, 0x29].contains(bytes[after]) { after += 1 }
    func isName(_ at: Int) -> Bool {
      at >= 0 && at < bytes.count
        && (bytes[at] == 0x5f || bytes[at] >= 0x80 || Character(UnicodeScalar(bytes[at])).isLetter)
    }
    for word in ["not", "and", "or"] {
      let count = word.utf8.count
      if before >= count, !isName(before - count - 1),
        text(in: Span(before - count, before)) == word
      {
        return word
      }
      if word != "not", after + count <= bytes.count, !isName(after + count),
        text(in: Span(after, after + count)) == word
      {
        return word
      }
    }
    return nil
  }

  /// The `name` of `name=value`, from the value's place.
  func argumentName(before value: Span) -> Span? {
    var at = Int(value.start) - 1
    func skipSpaces() { while at >= 0, bytes[at] == 0x20 { at -= 1 } }
    skipSpaces()
    guard at >= 0, bytes[at] == UInt8(ascii: "=") else { return nil }
    at -= 1
    skipSpaces()
    let end = at + 1
    while at >= 0, bytes[at] == 0x5f || bytes[at] >= 0x30 && bytes[at] <= 0x39 || bytes[at] >= 0x41
    {
      at -= 1
    }
    return at + 1 < end ? Span(at + 1, end) : nil
  }
}
