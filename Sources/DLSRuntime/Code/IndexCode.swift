// `x[…]`, read and written.

import DLSSyntax
import DLSTensor

/// One item between the brackets, compiled.
enum SubscriptCode {
  case item(Code)
  case slice(from: Code?, to: Code?, step: Code?, span: Span)
  case ellipsis
}

extension Frame {
  func items(_ codes: [SubscriptCode]) throws(Failure) -> [IndexItem] {
    var result: [IndexItem] = []
    for code in codes {
      switch code {
      case .item(let item): result.append(.value(try item.eval(self)))
      case .ellipsis: result.append(.ellipsis)
      case .slice(let from, let to, let step, let span):
        var parts: [Value] = []
        for part in [from, to, step] {
          let value = try part?.eval(self) ?? Value.none
          switch value {
          case .int, .none: parts.append(value)
          case .tensor(let t) where t.rank == 0 && t.dtype == .i64: parts.append(.int(t.ints()[0]))
          default:
            throw locate(
              Failure("type-mismatch", "a slice needs ints, got \(value.kindText)"),
              part?.span ?? span)
          }
        }
        result.append(.slice(from: parts[0], to: parts[1], step: parts[2]))
      }
    }
    return result
  }
}

final class IndexCode: Code {
  let base: Ref
  let items: [SubscriptCode]
  init(_ base: Code, _ items: [SubscriptCode], _ span: Span) {
    self.base = Ref(base)
    self.items = items
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let holder = try base.eval(f)
    if items.count == 1, case .item(let code) = items[0], case .object(let object) = holder,
      object.kind == .list
    {
      let index = try code.eval(f)
      let list = unsafeDowncast(object, to: ListObject.self)
      if case .int(let i) = index, i >= 0, i < list.items.count { return list.items[i] }
      do { return try Indexing.get(holder, [.value(index)], f.machine) } catch {
        throw f.locate(error, span, operands: [base.span])
      }
    }
    let given = try f.items(items)
    do { return try Indexing.get(holder, given, f.machine) } catch {
      throw f.locate(error, span, operands: [base.span])
    }
  }
}

/// `x[i] = v`: containers change in place; a tensor's name is bound to the changed tensor.
final class IndexStore: Store {
  /// Rebinds the base when it is a tensor: nil when the base is no name, index or member.
  let base: Code
  let rebind: Store?
  let items: [SubscriptCode]
  let span: Span
  /// Why the base cannot be rebound, when it is a global read inside a function.
  let refusal: String?
  init(_ base: Code, _ rebind: Store?, _ items: [SubscriptCode], _ span: Span, refusal: String?) {
    self.base = base
    self.rebind = rebind
    self.items = items
    self.span = span
    self.refusal = refusal
  }

  override func store(_ value: Value, _ f: Frame) throws(Failure) {
    var holder = try base.eval(f)
    let given = try f.items(items)
    do throws(Failure) {
      switch holder {
      case .tensor:
        if let refusal {
          throw Failure(
            "global-assignment", "`\(refusal)` is a global: this would bind a local",
            help: ["say `global \(refusal)` at the top of the function"])
        }
        if let name = rebind as? NameStore {
          // Taken out of its variable, the tensor may be changed in place.
          holder = .none
          guard case .tensor(let x) = name.take(f) else { return }
          do throws(Failure) {
            let y = try Indexing.assign(x, given, value, f.machine)
            name.putBack(.tensor(y), f)
          } catch {
            name.putBack(.tensor(x), f)
            throw error
          }
          return
        }
        guard case .tensor(let x) = holder, let rebind else {
          throw Failure("bad-target", "a part of a value without a name cannot be assigned")
        }
        let y = try Indexing.assign(x, given, value, f.machine)
        try rebind.store(.tensor(y), f)
      case .object(let object):
        try Indexing.set(object, given, value, f.machine)
      case .int, .float, .bool, .none:
        throw Failure("not-indexable", "\(holder.kindText) has no parts to assign")
      }
    } catch { throw f.locate(error, span, operands: [base.span]) }
  }
}
