// Trees to code: names and places, read and written.

import DLSSyntax
import DLSTensor

extension Compiler {
  /// What a name means here.
  func variable(_ name: String) -> Variable {
    if let variable = scope.find(name) { return variable }
    if let place = scope.methodPlace(name) { return .method(place, name) }
    return .global(module.cell(name))
  }

  /// The variable that an assignment to `name` binds here.
  func bind(_ name: String, _ span: Span) throws(Failure) -> Variable {
    for overlay in scope.overlays.reversed() { if let found = overlay[name] { return found } }
    if scope.kind == .module || scope.globals.contains(name) { return .global(module.cell(name)) }
    if let found = scope.find(name) { return found }
    throw fail("internal", "the name `\(name)` was not foreseen", span)
  }

  func get(_ variable: Variable, _ name: String, _ span: Span, to r: Int) throws(Failure) {
    func site() -> Int { out.site(span, span, [], .name(name)) }
    switch variable {
    case .local(let register):
      if out.definite.contains(register) {
        if register != r { out.emit(.move, a: r, b: register) }
      } else {
        out.touch(variable)
        out.emit(.checkSet, a: r, b: register, site: site())
      }
    case .boxed(let register): out.emit(.getBox, a: r, b: register, site: site())
    case .capture(let i): out.emit(.getCapture, a: r, b: i, site: site())
    case .global(let cell): out.emit(.getGlobal, a: r, d: out.global(cell), site: site())
    case .field(.slot(let register), let field):
      out.emit(.getField, a: r, b: register, d: field, site: site())
    case .field(.capture(let i), let field):
      out.emit(
        .getField, flags: Instruction.fromCapture, a: r, b: i, d: field, site: site())
    case .method: out.step(MethodStep(span, variable, name), to: r)
    }
  }

  /// Moves a scratch register's value to a variable.
  func store(_ variable: Variable, _ name: String, _ span: Span, from r: Int) {
    func site() -> Int { out.site(span, span, [], .name(name)) }
    switch variable {
    case .local(let register):
      out.emit(.take, a: register, b: r)
      out.definite.insert(register)
    case .boxed(let register): out.emit(.setBox, a: r, b: register)
    case .capture(let i): out.emit(.setCapture, a: r, b: i)
    case .global(let cell): out.emit(.setGlobal, a: r, d: out.global(cell))
    case .field(.slot(let register), let field):
      out.emit(.setField, a: r, b: register, d: field, site: site())
    case .field(.capture(let i), let field):
      out.emit(
        .setField, flags: Instruction.fromCapture, a: r, b: i, d: field, site: site())
    case .method: out.emit(.clear, a: r)
    }
  }

  func store(_ pattern: Pattern, from r: Int) throws(Failure) {
    switch pattern {
    case .name(let name):
      store(try bind(name.text, name.span), name.text, name.span, from: r)
    case .ignore: out.emit(.clear, a: r)
    case .tuple(let parts, let span):
      let first = unpack(parts.count, span, from: r)
      for (k, part) in parts.enumerated() { try store(part, from: first + k) }
    }
  }

  private func unpack(_ count: Int, _ span: Span, from r: Int) -> Int {
    let first = out.free
    for _ in 0..<count { _ = out.scratch() }
    out.emit(.unpack, a: first, b: r, c: count, site: out.site(span, span))
    return first
  }

  // MARK: Assignment

  func assign(_ target: Target, _ value: Expression) throws(Failure) {
    if case .name(let name) = target, case .local(let register) = try bind(name.text, name.span) {
      try emit(value, to: register)
      out.definite.insert(register)
      return
    }
    if case .tuple(let parts, _) = target, case .tuple(let items) = value.kind,
      parts.count == items.count, !items.contains(where: { $0.isSpread })
    {
      let first = try operands(items)
      for (k, part) in parts.enumerated() { try store(part, from: first + k) }
      return
    }
    let register = out.scratch()
    try emit(value, to: register)
    try store(target, from: register)
  }

  /// Moves a scratch register's value to where a target says.
  private func store(_ target: Target, from r: Int) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    switch target {
    case .name(let name): store(try bind(name.text, name.span), name.text, name.span, from: r)
    case .ignore: out.emit(.clear, a: r)
    case .tuple(let parts, let span):
      let first = unpack(parts.count, span, from: r)
      for (k, part) in parts.enumerated() { try store(part, from: first + k) }
    case .member, .index: write(try reach(target), from: r)
    }
  }

  /// `x += v`: on a param it sets the cell, on all else it rebinds.
  func augment(
    _ target: Target, _ sign: BinaryOperator, _ value: Expression, _ signSpan: Span, _ span: Span
  ) throws(Failure) {
    switch target {
    case .ignore(let place), .tuple(_, let place):
      throw fail("bad-target", "`\(sign.rawValue)=` changes one thing", place)
    case .name(let name):
      let site = out.site(span, signSpan, [name.span, value.span], .binary(sign))
      let variable = try bind(name.text, name.span)
      let old: Int
      if case .local(let register) = variable, out.definite.contains(register), !value.holdsBlock {
        old = register
      } else {
        old = out.scratch()
        try get(variable, name.text, name.span, to: old)
      }
      let right = try operand(value)
      apply(
        sign, .register(old, isScratch: out.isScratch(old)), right, flags: Instruction.augments,
        site, to: old)
      if out.isScratch(old) { store(variable, name.text, name.span, from: old) }
    case .member(_, _, let place), .index(_, _, let place):
      let site = out.site(span, signSpan, [place, value.span], .binary(sign))
      let reached = try reach(target)
      let old = out.scratch()
      read(reached, to: old)
      let right = try operand(value)
      apply(
        sign, .register(old, isScratch: true), right, flags: Instruction.augments, site, to: old)
      write(reached, from: old)
    }
  }

  // MARK: Places

  /// A place whose operands stand in registers, ready to be read and written.
  private struct Reached {
    var place: Place
    var span: Span
    /// Of `x[i]`: where x and i stand.
    var holder: (register: Int, isScratch: Bool)?
    var index: (register: Int, isScratch: Bool)?
    var holderSpan: Span
    /// Scratch registers to be let go of at the end.
    var scratch: Range<Int>
  }

  private func reach(_ target: Target) throws(Failure) -> Reached {
    let start = out.free
    switch target {
    case .member(let base, let name, let span):
      let holder = out.scratch()
      try emit(base, to: holder)
      let step = MemberStep(
        span, MethodSite(name.text, try candidates(name.text), shape: nil), name.span, base.span)
      return Reached(
        place: .member(holder: holder, step), span: span, holderSpan: base.span,
        scratch: start..<out.free)
    case .index(let base, let items, let span):
      let inner = try reach(base)
      var refusal: String?
      if case .name(let name) = base.kind, case .global = variable(name), scope.kind != .module,
        !scope.globals.contains(name)
      {
        refusal = name
      }
      var result = Reached(
        place: inner.place, span: span, holderSpan: base.span, scratch: start..<start)
      if items.count == 1, case .item(let e) = items[0] {
        result.holder = try holder(base, inner, e)
        result.index = try register(of: e)
      }
      let plans: [SubscriptPlan]
      if let index = result.index {
        plans = [.item(index.register)]
      } else {
        plans = try self.plans(items)
      }
      result.place = .index(
        inner.place, plans, span, holderSpan: base.span, refusal: refusal)
      result.scratch = start..<out.free
      return result
    case .name, .ignore, .tuple:
      return Reached(
        place: .value(start), span: Span(0, 0), holderSpan: Span(0, 0), scratch: start..<start)
    }
  }

  /// The base of an index as a place of its own.
  private func reach(_ base: Expression) throws(Failure) -> Reached {
    switch base.kind {
    case .name(let name):
      let variable = variable(name)
      out.touch(variable)
      let here = out.free
      return Reached(
        place: .variable(variable, name: name, base.span), span: base.span, holderSpan: base.span,
        scratch: here..<here)
    case .index(let inner, let items): return try reach(.index(inner, items, base.span))
    case .member(let inner, let name, let nameSpan):
      return try reach(.member(inner, name: Name(name, nameSpan), base.span))
    default:
      let value = out.scratch()
      try emit(base, to: value)
      return Reached(
        place: .value(value), span: base.span, holderSpan: base.span, scratch: value..<(value + 1))
    }
  }

  /// What is indexed, in a register: a variable's own where it can be.
  private func holder(_ base: Expression, _ inner: Reached, _ index: Expression) throws(Failure)
    -> (
      register: Int, isScratch: Bool
    )
  {
    switch inner.place {
    case .variable:
      if index.holdsBlock {
        let copy = out.scratch()
        try emit(base, to: copy)
        return (copy, true)
      }
      return try register(of: base)
    case .value(let register): return (register, false)
    case .member, .index:
      let copy = out.scratch()
      read(inner, to: copy)
      return (copy, true)
    }
  }

  private func read(_ reached: Reached, to r: Int) {
    if let holder = reached.holder, let index = reached.index {
      out.emit(
        .getIndex, a: r, b: holder.register, c: index.register,
        site: out.site(reached.span, reached.span, [reached.holderSpan]))
    } else {
      out.step(PlaceStep(reached.span, reached.place, holderIsCopy: false), to: r)
    }
  }

  /// Moves a scratch register's value there.
  private func write(_ reached: Reached, from r: Int) {
    let site = out.site(reached.span, reached.span, [reached.holderSpan])
    if let holder = reached.holder, let index = reached.index {
      let step = PlaceStep(reached.span, reached.place, holderIsCopy: holder.isScratch)
      out.emit(
        .setIndex,
        flags: consumed(holder, nil, Instruction.consumesFirst)
          | consumed(index, nil, Instruction.consumesSecond) | Instruction.consumesThird,
        a: holder.register, b: index.register, c: r, d: out.add(step), site: site)
      let used = [holder, index].filter(\.isScratch).map(\.register)
      for register in reached.scratch where !used.contains(register) {
        out.emit(.clear, a: register)
      }
    } else {
      let step = PlaceStep(reached.span, reached.place, holderIsCopy: false)
      out.emit(.setPlace, a: r, d: out.add(step), site: site)
      for register in reached.scratch { out.emit(.clear, a: register) }
    }
  }

  // MARK: Brackets

  func index(_ base: Expression, _ items: [Subscript], _ span: Span, to r: Int) throws(Failure) {
    if items.count == 1, case .item(let e) = items[0] {
      let (a, b) = try pair(base, e, prefer: r)
      let (x, y) = (loaded(a), loaded(b))
      out.emit(
        .getIndex,
        flags: consumed(x, r, Instruction.consumesFirst)
          | consumed(y, r, Instruction.consumesSecond),
        a: r, b: x.register, c: y.register, site: out.site(span, span, [base.span]))
      return
    }
    let first = try operands([base])
    let plans = try self.plans(items)
    out.step(
      IndexStep(span, plans, base.span), to: r, first: first, count: out.free - first)
  }

  private func plans(_ items: [Subscript]) throws(Failure) -> [SubscriptPlan] {
    var result: [SubscriptPlan] = []
    func part(_ e: Expression?) throws(Failure) -> SubscriptPlan.Part? {
      guard let e else { return nil }
      return SubscriptPlan.Part(register: try operands([e]), span: e.span)
    }
    for item in items {
      switch item {
      case .item(let e): result.append(.item(try operands([e])))
      case .ellipsis: result.append(.ellipsis)
      case .slice(let from, let to, let step, _):
        result.append(.slice(from: try part(from), to: try part(to), step: try part(step)))
      }
    }
    return result
  }
}

extension Expression {
  var isSpread: Bool {
    if case .spread = kind { return true }
    return false
  }
}
