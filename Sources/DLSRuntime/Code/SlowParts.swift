// The long ways of instructions about parts of containers, steps and annotations.

import DLSSyntax
import DLSTensor

extension Machine {
  // MARK: Parts

  @inline(never)
  func getIndex(_ f: Frame, _ i: Instruction) throws(Failure) {
    let (holder, index) = (f.slot(Int(i.b)), f.slot(Int(i.c)))
    if holder.isObject(.dict), holder.withDict({ $0.copy(index, to: f.slot(Int(i.a))) }) {
      return f.consume(i, holder, index)
    }
    do {
      f.slot(Int(i.a)).value = try Indexing.get(holder.value, [.value(index.value)], self)
    } catch {
      let site = f.site(i)
      throw f.locate(error, site.span, operands: site.operands)
    }
    f.consume(i, holder, index)
  }

  /// `x[i] = v` where x is no tensor; one is rebound by `setPlace`, to which the site leads.
  @inline(never)
  func setIndex(_ f: Frame, _ i: Instruction) throws(Failure) {
    let (holder, index, value) = (f.slot(Int(i.a)), f.slot(Int(i.b)), f.slot(Int(i.c)))
    if !holder.isObject(.dict) || !holder.withDict({ $0.store(index, value) }) {
      try f.code.steps[Int(i.d)].store(f, holder, index, value.value)
    }
    f.consume(i, holder, index)
    if i.flags & Instruction.consumesThird != 0 { value.clear() }
  }

  /// Stores register a in the place that step d describes.
  @inline(never)
  func setPlace(_ f: Frame, _ i: Instruction) throws(Failure) {
    try f.code.steps[Int(i.d)].store(f, f.slot(Int(i.a)).take())
  }

  /// Takes register b apart into c registers from a on.
  /// `for i, x in xs` and `for k, v in d` as other languages mean them.
  private func helpForPairs(_ f: Frame, _ value: Value, _ span: Span) -> [String] {
    let names = f.source.text(in: span)
    guard names.utf8.count < 40 else { return [] }
    if f.source.bytes[max(0, Int(span.start) - 1)] == 0x28, value.tensorView != nil {
      return ["to count along: `for i, (\(names)) in enumerate(…)`"]
    }
    guard f.source.connective(before: span, "for") else { return [] }
    return [
      value.text == nil
        ? "to count along: `for \(names) in enumerate(…)`"
        : "the entries of a dict: `for \(names) in d.items()`"
    ]
  }

  @inline(never)
  func unpack(_ f: Frame, _ i: Instruction) throws(Failure) {
    let value = f.slot(Int(i.b)).take()
    let count = Int(i.c)
    let span = f.site(i).span
    var items = value.sequenceItems
    if items == nil, let t = value.tensorView, t.rank > 0, t.shape[0] == count {
      items = try rows(t)
    }
    guard let items else {
      throw f.locate(
        Failure(
          "unpack", "\(value.kindText) cannot be taken apart into \(count) names",
          help: helpForPairs(f, value, span)), span)
    }
    if items.count != count {
      throw f.locate(
        Failure(
          "unpack", "\(count) names, but \(items.count) value\(items.count == 1 ? "" : "s")",
          help: items.count > count ? ["`_` takes a value that is not wanted"] : []), span)
    }
    for (k, item) in items.enumerated() { f.slot(Int(i.a) + k).value = item }
  }

  @inline(never)
  func appendItem(_ list: Slot, _ item: Slot) {
    guard list.isObject(.list) else { return }
    Unmanaged<ListObject>.fromOpaque(list.object.toOpaque())
      ._withUnsafeGuaranteedRef { $0.items.append(item.take()) }
  }

  /// `xs.append(x)`: what `findMethod` left in three registers from `at` on.
  @inline(never)
  func appendMethod(_ to: Slot, _ at: Slot) {
    let list = Slot(at.raw + Slot.stride)
    appendItem(list, Slot(at.raw + 2 * Slot.stride))
    list.clear()
    to.clear()
    to.setNone()
  }

  @inline(never)
  func step(_ f: Frame, _ i: Instruction) throws(Failure) {
    let arguments = f.values(Int(i.b))
    let value = try f.code.steps[Int(i.d)].run(
      f, UnsafeMutableBufferPointer(start: arguments, count: Int(i.c)))
    for k in 0..<Int(i.c) { Slot(arguments + k).clear() }
    f.slot(Int(i.a)).value = value
  }

  // MARK: Shapes

  @inline(never)
  func checkShapes(_ f: Frame, _ i: Instruction) throws(Failure) {
    guard let checks = f.code.checks else { return }
    do { f.slot(Int(i.a)).value = .object(SizesObject(try checks.enter(f))) } catch {
      // The call is at fault, where there is one in a script.
      let caller = (callTop - 1).pointee
      if caller.pc == boundary {
        // A builtin gave the arguments: they have no text.
        (error.labels, error.argument) = ([], nil)
        throw error
      }
      let code = caller.header.pointee.code
      let site = code.sites[Int(caller.pc.pointee.site)]
      // A member of its own was called without the receiver.
      let first = (f.registers - caller.registers) / Slot.stride
      let isMember = first - 1 > Int(caller.pc.pointee.b)
      throw error.located(
        code.source, site.span, isMember ? Array(site.operands.dropFirst()) : site.operands)
    }
  }

  @inline(never)
  func checkResult(_ f: Frame, _ i: Instruction) throws(Failure) {
    guard let result = f.code.checks?.result else { return }
    var sizes = (f.slot(Int(i.a)).value.objectValue as? SizesObject)?.sizes ?? [:]
    do {
      try ShapeChecks.check(
        f.slot(Int(i.b)).value, result, &sizes, "\(f.code.name): the result", f.source)
    } catch { throw f.locate(error, result.span) }
  }
}
