// Reading and writing names, each by the way that the compiler found.

import DLSSyntax
import DLSTensor

final class Constant: Code {
  let value: Value
  init(_ value: Value, _ span: Span) {
    self.value = value
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value { value }
  override func test(_ f: Frame) throws(Failure) -> Bool {
    if case .bool(let x) = value { return x }
    return try f.truth(value, span)
  }
}

/// Where a variable lies.
enum Variable {
  case local(Int)
  case boxed(Int)
  case capture(Int)
  case field(ModelPlace, Int)
  case global(GlobalCell)

  enum ModelPlace {
    case slot(Int)
    case capture(Int)
  }
}

extension Frame {
  @inline(__always)
  func box(_ slot: Int) -> Box? {
    if case .object(let object) = slots[slot] { return unsafeDowncast(object, to: Box.self) }
    return nil
  }

  @inline(__always)
  func model(_ place: Variable.ModelPlace) -> ModelObject? {
    switch place {
    case .slot(let slot): slots[slot].objectValue as? ModelObject
    case .capture(let i): captures[i] as? ModelObject
    }
  }

  @inline(never)
  func unknown(_ name: String, _ span: Span, _ names: [String] = []) -> Failure {
    var help: [String] = []
    if let habit = Habits.ofUnknownName(name) {
      help = [habit]
    } else if let near = Spelling.nearest(to: name, in: names + machine.allNames(module)) {
      help = ["did you mean `\(near)`?"]
    }
    return locate(Failure("unknown-name", "unknown name `\(name)`", help: help), span)
  }
}

/// A local that may be read before it has a value.
final class LocalGet: Code {
  let slot: Int
  let name: String
  init(_ slot: Int, _ name: String, _ span: Span) {
    self.slot = slot
    self.name = name
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let value = f.slots[slot]
    if case .object(let object) = value, object.kind == .unset { throw f.unknown(name, span) }
    return value
  }
}

final class BoxGet: Code {
  let slot: Int
  let name: String
  init(_ slot: Int, _ name: String, _ span: Span) {
    self.slot = slot
    self.name = name
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    guard let box = f.box(slot) else { throw f.unknown(name, span) }
    let value = box.value
    if case .object(let object) = value, object.kind == .unset { throw f.unknown(name, span) }
    return value
  }
}

final class CaptureGet: Code {
  let index: Int
  let name: String
  init(_ index: Int, _ name: String, _ span: Span) {
    self.index = index
    self.name = name
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let value = unsafeDowncast(f.captures[index], to: Box.self).value
    if case .object(let object) = value, object.kind == .unset { throw f.unknown(name, span) }
    return value
  }
}

final class FieldGet: Code {
  let place: Variable.ModelPlace
  let slot: Int
  let name: String
  init(_ place: Variable.ModelPlace, _ slot: Int, _ name: String, _ span: Span) {
    self.place = place
    self.slot = slot
    self.name = name
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    guard let model = f.model(place) else { throw f.unknown(name, span) }
    let value = model.values[slot]
    if case .object(let object) = value, object.kind == .unset {
      throw f.unknown(name, span, model.memberNames)
    }
    return value
  }
}

/// A method of the model around, by its bare name.
final class MethodGet: Code {
  let place: Variable.ModelPlace
  let name: String
  init(_ place: Variable.ModelPlace, _ name: String, _ span: Span) {
    self.place = place
    self.name = name
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    guard let model = f.model(place), let method = model.code.methods[name] else {
      throw f.unknown(name, span)
    }
    return .object(model.bind(method))
  }
}

final class GlobalGet: Code {
  let cell: GlobalCell
  init(_ cell: GlobalCell, _ span: Span) {
    self.cell = cell
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    if cell.isSet { return cell.value }
    if let builtin = cell.builtin { return builtin }
    if let plugin = f.machine.registered[cell.name] { return plugin }
    throw f.unknown(cell.name, span)
  }
}

/// Writes to a place: a name, an index, a member, or several at once.
class Store {
  func store(_ value: Value, _ f: Frame) throws(Failure) {}
}

final class NameStore: Store {
  let variable: Variable
  let name: String
  let span: Span
  init(_ variable: Variable, _ name: String, _ span: Span) {
    self.variable = variable
    self.name = name
    self.span = span
  }

  override func store(_ value: Value, _ f: Frame) throws(Failure) {
    switch variable {
    case .local(let slot): f.slots[slot] = value
    case .boxed(let slot): f.box(slot)?.value = value
    case .capture(let index): unsafeDowncast(f.captures[index], to: Box.self).value = value
    case .global(let cell):
      cell.value = value
      cell.isSet = true
    case .field(let place, let slot):
      guard let model = f.model(place) else { return }
      if model.isBuilt, case .object(let old) = model.values[slot], old.kind == .param {
        guard case .object(let new) = value, new.kind == .param else {
          throw f.locate(
            Failure(
              "param-assignment",
              "`\(name)` is a param of \(model.code.name): `=` would replace it",
              help: ["to change its value: `\(name).set(…)`"]), span)
        }
      }
      model.values[slot] = value
    }
  }

  /// Takes the value out, so that an update in place can own it.
  func take(_ f: Frame) -> Value {
    switch variable {
    case .local(let slot):
      let value = f.slots[slot]
      f.slots[slot] = .none
      return value
    case .boxed(let slot):
      guard let box = f.box(slot) else { return .none }
      let value = box.value
      box.value = .none
      return value
    case .capture(let index):
      let box = unsafeDowncast(f.captures[index], to: Box.self)
      let value = box.value
      box.value = .none
      return value
    case .global(let cell):
      let value = cell.value
      cell.value = .none
      return value
    case .field(let place, let slot):
      guard let model = f.model(place) else { return .none }
      let value = model.values[slot]
      model.values[slot] = .none
      return value
    }
  }

  func putBack(_ value: Value, _ f: Frame) {
    switch variable {
    case .local(let slot): f.slots[slot] = value
    case .boxed(let slot): f.box(slot)?.value = value
    case .capture(let index): unsafeDowncast(f.captures[index], to: Box.self).value = value
    case .global(let cell): cell.value = value
    case .field(let place, let slot): f.model(place)?.values[slot] = value
    }
  }
}

final class IgnoreStore: Store {}

final class TupleStore: Store {
  let parts: [Store]
  let span: Span
  init(_ parts: [Store], _ span: Span) {
    self.parts = parts
    self.span = span
  }

  override func store(_ value: Value, _ f: Frame) throws(Failure) {
    var items = value.sequenceItems
    if items == nil, let t = value.tensorView, t.rank > 0, t.shape[0] == parts.count {
      items = try f.machine.rows(t)
    }
    guard let items else {
      throw f.locate(
        Failure("unpack", "\(value.kindText) cannot be taken apart into \(parts.count) names"), span
      )
    }
    if items.count != parts.count {
      throw f.locate(
        Failure(
          "unpack", "\(parts.count) names, but \(items.count) value\(items.count == 1 ? "" : "s")"),
        span)
    }
    for (part, item) in zip(parts, items) { try part.store(item, f) }
  }
}

final class MemberStore: Store {
  let base: Code
  let name: String
  let span: Span
  init(_ base: Code, _ name: String, _ span: Span) {
    self.base = base
    self.name = name
    self.span = span
  }

  override func store(_ value: Value, _ f: Frame) throws(Failure) {
    let holder = try base.eval(f)
    guard case .object(let object) = holder else {
      throw f.locate(
        Failure("bad-target", "\(holder.kindText) has no member to assign"), span)
    }
    do {
      if try object.setMember(name, value, f.machine) { return }
    } catch { throw f.locate(error, span) }
    let near = Spelling.nearest(to: name, in: object.memberNames)
    throw f.locate(
      Failure(
        "unknown-member", "\(object.articleName) has no member `\(name)` to assign",
        help: near.map { ["did you mean `\($0)`?"] } ?? []), span)
  }
}
