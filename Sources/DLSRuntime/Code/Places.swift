// `x[…]`, read in full, and the places that an assignment can reach.

import DLSSyntax
import DLSTensor

/// One item between brackets; its operands stand in registers.
enum SubscriptPlan {
  case item(Int)
  case slice(from: Part?, to: Part?, step: Part?)
  case ellipsis

  struct Part {
    var register: Int
    var span: Span
  }
}

extension Frame {
  func items(_ plans: [SubscriptPlan]) throws(Failure) -> [IndexItem] {
    var result: [IndexItem] = []
    for plan in plans {
      switch plan {
      case .item(let register): result.append(.value(slot(register).value))
      case .ellipsis: result.append(.ellipsis)
      case .slice(let from, let to, let step):
        result.append(
          .slice(from: try bound(from), to: try bound(to), step: try bound(step)))
      }
    }
    return result
  }

  private func bound(_ part: SubscriptPlan.Part?) throws(Failure) -> Value {
    guard let part else { return .none }
    let value = slot(part.register).value
    switch value {
    case .int, .none: return value
    case .tensor(let t) where t.rank == 0 && t.dtype == .i64 && !t.isMeta: return .int(t.ints()[0])
    case .float, .bool, .object, .tensor:
      throw locate(
        Failure("type-mismatch", "a slice needs ints, got \(value.kindText)"), part.span)
    }
  }
}

/// Reads `x[…]` with slices or several items: the holder is the first operand.
final class IndexStep: Step {
  let items: [SubscriptPlan]
  let holderSpan: Span
  init(_ span: Span, _ items: [SubscriptPlan], _ holderSpan: Span) {
    self.items = items
    self.holderSpan = holderSpan
    super.init(span)
  }
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    let given = try f.items(items)
    do { return try Indexing.get(operands[0], given, f.machine) } catch {
      throw f.locate(error, span, operands: [holderSpan])
    }
  }
}

/// Where an assignment goes. What the text evaluates on the way stands in registers, so that it is
/// evaluated once however often the place is read and written.
indirect enum Place {
  case variable(Variable, name: String, Span)
  /// A value without a name, in a register.
  case value(Int)
  case member(holder: Int, MemberStep)
  case index(Place, [SubscriptPlan], Span, holderSpan: Span, refusal: String?)
}

/// Writes to a place.
final class PlaceStep: Step {
  let place: Place
  /// The holder in the register is a copy, to be let go of before a tensor is changed in place.
  let holderIsCopy: Bool
  init(_ span: Span, _ place: Place, holderIsCopy: Bool) {
    self.place = place
    self.holderIsCopy = holderIsCopy
    super.init(span)
  }

  /// Reads the place, for `+=` and its kin.
  override func run(_ f: Frame, _ operands: Operands) throws(Failure) -> Value {
    try load(place, f)
  }

  override func store(_ f: Frame, _ value: Value) throws(Failure) { try store(place, value, f) }

  override func store(_ f: Frame, _ holder: Slot, _ index: Slot, _ value: Value) throws(Failure) {
    guard case .object(let object) = holder.value else {
      if holderIsCopy { holder.clear() }
      return try store(place, value, f)
    }
    do { try Indexing.set(object, [.value(index.value)], value, f.machine) } catch {
      guard case .index(_, _, let span, let holderSpan, _) = place else { throw error }
      throw f.locate(error, span, operands: [holderSpan])
    }
  }

  private func load(_ place: Place, _ f: Frame) throws(Failure) -> Value {
    switch place {
    case .variable(let variable, let name, let span): return try f.get(variable, name, span)
    case .value(let register): return f.slot(register).value
    case .member(let holder, let step): return try step.member(f, f.slot(holder).value)
    case .index(let base, let items, let span, let holderSpan, _):
      let holder = try load(base, f)
      let given = try f.items(items)
      do { return try Indexing.get(holder, given, f.machine) } catch {
        throw f.locate(error, span, operands: [holderSpan])
      }
    }
  }

  private func store(_ place: Place, _ value: Value, _ f: Frame) throws(Failure) {
    switch place {
    case .variable(let variable, let name, let span): try f.set(variable, value, name, span)
    case .value:
      throw f.locate(
        Failure("bad-target", "a part of a value without a name cannot be assigned"), span)
    case .member(let holder, let step): try setMember(f.slot(holder).value, step, value, f)
    case .index(let base, let items, let span, let holderSpan, let refusal):
      var holder = try load(base, f)
      let given = try f.items(items)
      do throws(Failure) {
        switch holder {
        case .tensor:
          if let refusal {
            throw Failure(
              "global-assignment", "`\(refusal)` is a global: this would bind a local",
              help: ["say `global \(refusal)` at the top of the function"])
          }
          holder = .none
          try replace(base, given, value, f)
        case .object(let object): try Indexing.set(object, given, value, f.machine)
        case .int, .float, .bool, .none:
          throw Failure("not-indexable", "\(holder.kindText) has no parts to assign")
        }
      } catch { throw f.locate(error, span, operands: [holderSpan]) }
    }
  }

  @inline(never)
  private func replace(_ base: Place, _ items: [IndexItem], _ value: Value, _ f: Frame)
    throws(Failure)
  {
    guard case .tensor(var x) = try taken(base, f) else { return }
    do throws(Failure) { try Indexing.assign(&x, items, value) } catch {
      try store(base, .tensor(x), f)
      throw error
    }
    try store(base, .tensor(x), f)
  }

  /// A tensor taken out of its place, where that is possible: what nothing else holds may be changed
  /// in place.
  private func taken(_ place: Place, _ f: Frame) throws(Failure) -> Value {
    switch place {
    case .variable(let variable, _, _): return f.take(variable)
    case .value: return try load(place, f)
    case .member(let holder, _):
      let value = try load(place, f)
      if let kind = f.slot(holder).value.objectValue?.kind, kind == .dict || kind == .model {
        try store(place, .none, f)
      }
      return value
    case .index(let base, _, _, _, _):
      let value = try load(place, f)
      if let kind = try load(base, f).objectValue?.kind, kind == .dict || kind == .list {
        try store(place, .none, f)
      }
      return value
    }
  }

  private func setMember(_ holder: Value, _ step: MemberStep, _ value: Value, _ f: Frame)
    throws(Failure)
  {
    guard case .object(let object) = holder else {
      throw f.locate(
        Failure(
          "bad-target", "\(holder.kindText) has no member to assign",
          help: Habits.ofAssignedMember(step.site.name, isTensor: holder.tensorView != nil)
            .map { [$0] } ?? []), step.span)
    }
    do {
      try refuse(value, over: try object.member(step.site.name, f.machine), step, f)
      if try object.setMember(step.site.name, value, f.machine) { return }
    } catch { throw f.locate(error, step.span) }
    let near = Spelling.nearest(to: step.site.name, in: object.memberNames)
    throw f.locate(
      Failure(
        "unknown-member", "\(object.articleName) has no member `\(step.site.name)` to assign",
        help: near.map { ["did you mean `\($0)`?"] } ?? known(object)), step.span)
  }

  /// A param is not replaced by a plain value: what trains it would go on with the old one.
  private func refuse(_ value: Value, over old: Value?, _ step: MemberStep, _ f: Frame)
    throws(Failure)
  {
    guard case .object(let param)? = old, param.kind == .param else { return }
    if case .object(let new) = value, new.kind == .param { return }
    let text = f.source.text(in: step.span)
    throw Failure(
      "param-assignment", "`\(text)` is a param: `=` would replace it",
      help: ["to change its value: `\(text).set(…)`"])
  }

  private func known(_ object: Object) -> [String] {
    let names = object.memberNames
    if names.isEmpty || names.count > 12 { return [] }
    return ["it has " + names.map { "`\($0)`" }.joined(separator: ", ")]
  }
}
