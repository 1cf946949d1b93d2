// The long ways of instructions: what is not two plain numbers, and what can fail.

import DLSSyntax
import DLSTensor

extension Frame {
  @inline(__always) func site(_ i: Instruction) -> Site { code.sites[Int(i.site)] }

  /// Lets go of scratch registers that an instruction has used up.
  @inline(__always) func consume(_ i: Instruction, _ first: Slot, _ second: Slot) {
    if i.flags & Instruction.consumesFirst != 0 { first.clear() }
    if i.flags & Instruction.consumesSecond != 0 { second.clear() }
  }
}

extension Slot {
  /// The variable in a box.
  @inline(__always) static func inBox(_ object: Unmanaged<Object>) -> Slot {
    Unmanaged<Box>.fromOpaque(object.toOpaque())._withUnsafeGuaranteedRef { box in
      withUnsafeMutablePointer(to: &box.value) { Slot($0) }
    }
  }

  /// Copies a list's item; false when the index is not inside.
  @inline(__always)
  static func item(_ list: Unmanaged<Object>, _ i: Int, into: Slot) -> Bool {
    Unmanaged<ListObject>.fromOpaque(list.toOpaque())._withUnsafeGuaranteedRef { list in
      list.items.withUnsafeBufferPointer { items in
        guard i >= 0, i < items.count, let base = items.baseAddress else { return false }
        into.copy(Slot(UnsafeMutablePointer(mutating: base + i)))
        return true
      }
    }
  }

  @inline(__always)
  static func setItem(_ list: Unmanaged<Object>, _ i: Int, _ value: Slot) -> Bool {
    Unmanaged<ListObject>.fromOpaque(list.toOpaque())._withUnsafeGuaranteedRef { list in
      guard i >= 0, i < list.items.count else { return false }
      withUnsafeMutablePointer(to: &list.items[i]) { Slot($0).copy(value) }
      return true
    }
  }

  /// The text of the i-th value, when it is one.
  @inline(__always)
  static func text(_ values: UnsafeBufferPointer<Value>, _ i: Int) -> String? {
    guard let base = values.baseAddress else { return nil }
    let slot = Slot(UnsafeMutablePointer(mutating: base + i))
    return slot.isObject(.string) ? slot.text : nil
  }

  /// The dict that the slot holds, for as long as `body` runs.
  @inline(__always)
  func withDict<R>(_ body: (DictObject) -> R) -> R {
    Unmanaged<DictObject>.fromOpaque(object.toOpaque())._withUnsafeGuaranteedRef(body)
  }
}

extension Machine {
  func internalError() -> Failure { Failure("internal", "the machine lost a variable") }

  // MARK: Variables

  @inline(never)
  func global(_ f: Frame, _ i: Instruction, _ cell: Unmanaged<GlobalCell>) throws(Failure) {
    let value = cell._withUnsafeGuaranteedRef { $0.storage.pointee }
    if case .object(let object) = value, object.kind == .unset {
      let name = cell._withUnsafeGuaranteedRef { $0.name }
      guard let plugin = registered[name] else { throw f.unknown(name, f.site(i).span) }
      f.slot(Int(i.a)).value = plugin
      return
    }
    f.slot(Int(i.a)).value = value
  }

  @inline(never)
  func setGlobal(_ cell: Unmanaged<GlobalCell>, _ from: Slot) {
    cell._withUnsafeGuaranteedRef { $0.set(from.take()) }
  }

  /// Copies a variable that may have no value.
  @inline(never)
  func variable(_ f: Frame, _ i: Instruction, _ from: Slot) throws(Failure) {
    if from.isObject(.unset) {
      let site = f.site(i)
      guard case .name(let name) = site.detail else { throw internalError() }
      throw f.unknown(name, site.span)
    }
    f.slot(Int(i.a)).value = from.value
  }

  private func place(_ i: Instruction) -> Variable.ModelPlace {
    i.flags & Instruction.fromCapture != 0 ? .capture(Int(i.b)) : .slot(Int(i.b))
  }

  @inline(never)
  func getField(_ f: Frame, _ i: Instruction) throws(Failure) {
    let holder =
      i.flags & Instruction.fromCapture != 0
      ? f.captures?[Int(i.b)] : f.slot(Int(i.b)).object
    guard let holder else { throw internalError() }
    let value = Unmanaged<ModelObject>.fromOpaque(holder.toOpaque())
      ._withUnsafeGuaranteedRef { $0.values[Int(i.d)] }
    if case .object(let object) = value, object.kind == .unset {
      let site = f.site(i)
      guard case .name(let name) = site.detail else { throw internalError() }
      throw f.unknown(name, site.span, f.model(place(i))?.memberNames ?? [])
    }
    f.slot(Int(i.a)).value = value
  }

  @inline(never)
  func setField(_ f: Frame, _ i: Instruction) throws(Failure) {
    let site = f.site(i)
    guard case .name(let name) = site.detail else { throw internalError() }
    try f.set(.field(place(i), Int(i.d)), f.slot(Int(i.a)).take(), name, site.span)
  }

  // MARK: Operators

  /// Gives how many instructions to go on: more than one after a fused expression.
  @inline(never)
  func binary(_ f: Frame, _ i: Instruction, _ x: Slot, _ y: Slot) throws(Failure) -> Int {
    guard case .binary(let sign) = f.code.sites[Int(i.site)].detail else { throw internalError() }
    if let distance = try fused(f, i) {
      try heard(f, i)
      return distance
    }
    do {
      if i.flags & Instruction.augments != 0,
        case .object(let param as ParamObject) = x.value
      {
        let new = try Autograd.withoutRecording { () throws(Failure) in
          try Operators.binary(sign, .tensor(param.cell.value.detached), y.value, self)
        }
        try param.set(new)
        f.slot(Int(i.a)).value = .object(param)
      } else {
        if i.flags & Instruction.augments != 0, sign == .add, x.isObject(.list), y.isObject(.list) {
          warn(
            "list-sum", "`+=` adds the numbers of lists, and makes a tensor of them",
            help: ["to put items at the end: `xs.append(x)`, `xs = xs ++ ys`"])
        }
        f.slot(Int(i.a)).value = try Operators.binary(sign, x.value, y.value, self)
        if hasCaution { tellCaution(f.source, f.site(i).span) }
      }
    } catch {
      let site = f.site(i)
      for (value, span) in zip([x.value, y.value], site.operands) {
        if case .none = value, f.source.text(in: span).hasSuffix(".grad") {
          error.help.append(
            "a gradient is `none` before `loss.backward()`, and after `opt.zero_grad()`")
        }
      }
      throw f.locate(error, site.place, operands: site.operands)
    }
    try heard(f, i)
    f.consume(i, x, y)
    return 1
  }

  /// After an interrupt a kernel's result is not whole: nobody may see it.
  @inline(__always)
  func heard(_ f: Frame, _ i: Instruction) throws(Failure) {
    if isInterrupted { throw f.locate(interruption(), f.site(i).span) }
  }

  /// `x ++ str(y)` where x is text and `str` the word: the text of y needs no string of its own. True
  /// when done; otherwise the call follows.
  @inline(never)
  func concatenateText(_ f: Frame, _ i: Instruction) -> Bool {
    let (x, y) = (f.slot(Int(i.b)), f.slot(Int(i.c)))
    let cell = f.header.pointee.globals[Int(i.site)]
    guard x.isObject(.string), y.tag == Slot.Tag.int,
      cell._withUnsafeGuaranteedRef({ !$0.isSet })
    else { return false }
    f.slot(Int(i.a)).put(StringObject(Value.digits(y.int, after: x.text)))
    f.consume(i, x, y)
    return true
  }

  @inline(never)
  func concatenate(_ f: Frame, _ i: Instruction) throws(Failure) {
    let (x, y) = (f.slot(Int(i.b)), f.slot(Int(i.c)))
    if x.isObject(.string), y.isObject(.string) {
      f.slot(Int(i.a)).put(StringObject(x.text + y.text))
      return f.consume(i, x, y)
    }
    _ = try binary(f, i, x, y)
  }

  /// `x + 1`: the constant is in the instruction, the sign in its site.
  @inline(never)
  func addInt(_ f: Frame, _ i: Instruction) throws(Failure) -> Int {
    guard case .binary(let sign) = f.code.sites[Int(i.site)].detail else { throw internalError() }
    let constant = sign == .subtract ? 0 - Int(i.d) : Int(i.d)
    let x = f.slot(Int(i.b))
    if x.tag == Slot.Tag.float {
      f.slot(Int(i.a)).put(x.float + Double(i.d))
      return 1
    }
    var operand = Value.int(constant)
    return try withUnsafeMutablePointer(to: &operand) { pointer throws(Failure) in
      try binary(f, i, x, Slot(pointer))
    }
  }

  @inline(never)
  func negate(_ f: Frame, _ i: Instruction) throws(Failure) -> Int {
    let x = f.slot(Int(i.b))
    if x.tag == Slot.Tag.float {
      f.slot(Int(i.a)).put(-x.float)
      return 1
    }
    if x.tag == Slot.Tag.int, x.int != Int.min {
      f.slot(Int(i.a)).put(-x.int)
      return 1
    }
    if let distance = try fused(f, i) {
      try heard(f, i)
      return distance
    }
    do { f.slot(Int(i.a)).value = try Operators.negate(x.value) } catch {
      let site = f.site(i)
      throw f.locate(error, site.span, operands: site.operands)
    }
    try heard(f, i)
    f.consume(i, x, x)
    return 1
  }

  private func compared(_ f: Frame, _ i: Instruction, _ x: Slot, _ y: Slot) throws(Failure) -> Value
  {
    guard case .comparison(let sign) = f.code.sites[Int(i.site)].detail else {
      throw internalError()
    }
    do {
      let value = try Operators.compare(sign, x.value, y.value, self)
      f.consume(i, x, y)
      return value
    } catch {
      let site = f.site(i)
      throw f.locate(error, site.place, operands: site.operands)
    }
  }

  @inline(never)
  func condition(_ f: Frame, _ i: Instruction, _ x: Slot, _ y: Slot) throws(Failure) -> Bool {
    let value = try compared(f, i, x, y)
    if case .bool(let holds) = value { return holds }
    return try f.truth(value, f.site(i).span)
  }

  @inline(never)
  func condition(_ f: Frame, _ i: Instruction) throws(Failure) -> Bool {
    let x = f.slot(Int(i.a))
    let holds = try f.truth(x.value, f.site(i).span)
    f.consume(i, x, x)
    return holds
  }

  @inline(never)
  func compare(_ f: Frame, _ i: Instruction) throws(Failure) {
    let (x, y) = (f.slot(Int(i.b)), f.slot(Int(i.c)))
    if case .comparison(let sign) = f.code.sites[Int(i.site)].detail {
      let quick: Bool? =
        switch sign {
        case .less: Slot.comparison(x, y, <, <)
        case .lessEqual: Slot.comparison(x, y, <=, <=)
        case .greater: Slot.comparison(x, y, >, >)
        case .greaterEqual: Slot.comparison(x, y, >=, >=)
        case .equal: Slot.comparison(x, y, ==, ==)
        case .notEqual: Slot.comparison(x, y, !=, !=)
        case .in, .notIn: nil
        }
      if let quick { return f.slot(Int(i.a)).put(quick) }
    }
    f.slot(Int(i.a)).value = try compared(f, i, f.slot(Int(i.b)), f.slot(Int(i.c)))
  }

  /// Joins two links of a chained comparison: the last when both are bools, elementwise otherwise.
  @inline(never)
  func chain(_ f: Frame, _ i: Instruction) throws(Failure) {
    let (a, b) = (f.slot(Int(i.b)).take(), f.slot(Int(i.c)).take())
    if case .bool = a, case .bool = b {
      f.slot(Int(i.a)).value = b
      return
    }
    do {
      let (p, q) = (try a.asTensor(like: .bool), try b.asTensor(like: .bool))
      f.slot(Int(i.a)).value = .tensor(
        try tensorWork { () throws(TensorError) in try (p.to(.i64) * q.to(.i64)).to(.bool) })
    } catch {
      let site = f.site(i)
      throw f.locate(error, site.place, operands: site.operands)
    }
  }

  // MARK: Loops

  @inline(never)
  func prepareFor(_ f: Frame, _ i: Instruction) throws(Failure) {
    let at = Int(i.b)
    let state = f.slot(at)
    let value = state.value
    if case .object(let range as RangeObject) = value {
      state.put(range.from)
      f.slot(at + 1).put(range.count)
      f.slot(at + 2).put(range.step)
      return
    }
    f.slot(at + 1).put(0)
    if state.isObject(.list) { return }
    do { state.value = .object(IteratorObject(try iterate(value))) } catch {
      throw f.locate(error, f.site(i).span)
    }
  }

  @inline(never)
  func prepareRange(_ f: Frame, _ i: Instruction) throws(Failure) {
    let at = Int(i.b)
    let site = f.site(i)
    let from = try bound(f, at, site.operands[0])
    let to = try bound(f, at + 1, site.operands[1])
    f.slot(at).put(from)
    f.slot(at + 1).put(RangeObject.count(from: from, to: to, step: 1))
    f.slot(at + 2).put(1)
  }

  func bound(_ f: Frame, _ register: Int, _ span: Span) throws(Failure) -> Int {
    let value = f.slot(register).value
    if case .int(let x) = value { return x }
    if case .tensor(let t) = value, t.rank == 0, t.dtype == .i64, !t.isMeta { return t.ints()[0] }
    throw f.locate(Failure("type-mismatch", "`..` needs ints, got \(value.kindText)"), span)
  }

  /// Gives a loop its next item; false at the end.
  @inline(never)
  func forNext(_ f: Frame, _ i: Instruction) throws(Failure) -> Bool {
    let state = f.slot(Int(i.b))
    let to = f.slot(Int(i.a))
    if state.isObject(.list) {
      let at = f.slot(Int(i.b) + 1)
      if Slot.item(state.object, at.int, into: to) {
        at.put(at.int + 1)
        return true
      }
    } else if case .object(let iterator as IteratorObject) = state.value {
      do {
        if let next = try iterator.iterator.next(self) {
          to.value = next
          return true
        }
      } catch { throw f.locate(error, f.site(i).span) }
    }
    state.clear()
    return false
  }

  @inline(never)
  func enterNoGrad(_ register: Slot) {
    register.put(noGradDepth)
    Autograd.enterNoGrad()
  }
}

/// What a `for` runs over, kept in a register.
package final class IteratorObject: Object {
  let iterator: ValueIterator
  init(_ iterator: ValueIterator) {
    self.iterator = iterator
    super.init(.other)
  }
}

/// The sizes that a call's annotations have bound, kept for its result.
package final class SizesObject: Object {
  let sizes: [String: Int]
  init(_ sizes: [String: Int]) {
    self.sizes = sizes
    super.init(.other)
  }
}
