// Trees to code: expressions.

import DLSSyntax
import DLSTensor

extension Compiler {
  /// Compiles an expression to a register, which is written last.
  func emitParts(_ e: Expression, to r: Int) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    switch e.kind {
    case .none, .bool, .int, .float, .placeholder:
      if let value = literal(e) { out.emit(.constant, a: r, d: out.constant(value)) }
    case .string(let parts): try text(parts, e.span, to: r)
    case .name(let name): try get(variable(name), name, e.span, to: r)
    case .list(let items): try sequence(items, isTuple: false, e.span, to: r)
    case .tuple(let items): try sequence(items, isTuple: true, e.span, to: r)
    case .dict(let entries): try dict(entries, e.span, to: r)
    case .comprehension(let body, let clauses): try comprehension(body, clauses, e.span, to: r)
    case .spread:
      throw fail("bad-spread", "`...` spreads inside a list, a tuple or a call only", e.span)
    case .unary(.negate, let operand):
      if let value = literal(e) { return _ = out.emit(.constant, a: r, d: out.constant(value)) }
      let x = try register(of: operand, prefer: r)
      out.emit(
        .negate, flags: consumed(x, r, Instruction.consumesFirst), a: r, b: x.register,
        site: out.site(e.span, e.span, [operand.span]))
    case .binary(let sign, let a, let b, let signSpan):
      try binary(sign, a, b, signSpan, e.span, to: r)
    case .comparison(let first, let rest): try comparison(first, rest, e.span, to: r)
    case .and, .or, .not: try logic(e, to: r)
    case .range(let a, let b):
      let first = try operands([a, b])
      out.step(RangeStep(e.span, a.span, b.span), to: r, first: first, count: 2)
    case .pipe(let a, let b): try pipe(a, b, e.span, to: r)
    case .compose(let a, let b):
      let first = try operands([a, b])
      out.step(ComposeStep(e.span, a.span, b.span), to: r, first: first, count: 2)
    case .call(let callee, let arguments): try call(callee, arguments, e.span, to: r)
    case .index(let base, let items): try index(base, items, e.span, to: r)
    case .member(let base, let name, let nameSpan):
      let first = try operands([base])
      let site = MethodSite(name, try candidates(name), shape: nil)
      out.step(MemberStep(e.span, site, nameSpan, base.span), to: r, first: first, count: 1)
    case .transpose(let operand):
      let first = try operands([operand])
      out.step(TransposeStep(e.span, operand.span), to: r, first: first, count: 1)
    case .function(let function): try closure(function, e.span, to: r)
    case .if(let condition, let then, let otherwise):
      try branches(condition, then, otherwise, to: r, isTail: false)
    case .block(let inner): try block(inner, to: r)
    case .try(let body, let name, let handler): try tryCatch(body, name, handler, to: r)
    case .noGrad(let body): try noGrad(body, to: r)
    case .error: throw fail("syntax", "this could not be read", e.span)
    }
  }

  /// Evaluates expressions into neighbouring scratch registers; the first of them.
  func operands(_ expressions: [Expression]) throws(Failure) -> Int {
    let first = out.free
    for e in expressions {
      let next = out.scratch()
      try emit(e, to: next)
    }
    return first
  }

  // MARK: Operands

  func literal(_ e: Expression) -> Value? {
    switch e.kind {
    case .none: return Value.none
    case .bool(let x): return .bool(x)
    case .int(let x): return .int(x)
    case .float(let x): return .float(x)
    case .placeholder: return Placeholder.value
    case .unary(.negate, let inner):
      if case .int(let x) = inner.kind, x != Int.min { return .int(-x) }
      if case .float(let x) = inner.kind { return .float(-x) }
      return nil
    default: return nil
    }
  }

  /// Where an instruction can read an expression: a constant, a variable's own register, or a scratch
  /// register that it is computed to (`prefer`, when that is one).
  func operand(_ e: Expression, prefer: Int? = nil) throws(Failure) -> Operand {
    if let value = literal(e) {
      let index = out.constant(value)
      if index <= Int(UInt16.max) { return .constant(index) }
    }
    let (register, isScratch) = try register(of: e, prefer: prefer)
    return .register(register, isScratch: isScratch)
  }

  func register(of e: Expression, prefer: Int? = nil) throws(Failure) -> (
    register: Int, isScratch: Bool
  ) {
    if case .name(let name) = e.kind, case .local(let register) = variable(name),
      out.definite.contains(register)
    {
      return (register, false)
    }
    let to: Int
    if let prefer, out.isScratch(prefer) { to = prefer } else { to = out.scratch() }
    try emit(e, to: to)
    return (to, true)
  }

  /// Two operands in order; the first is copied when the second could assign its variable.
  func pair(_ a: Expression, _ b: Expression, prefer: Int?) throws(Failure) -> (Operand, Operand) {
    var x = try operand(a, prefer: prefer)
    if case .register(let register, isScratch: false) = x, b.holdsBlock {
      let copy = out.scratch()
      out.emit(.move, a: copy, b: register)
      x = .register(copy, isScratch: true)
    }
    return (x, try operand(b))
  }

  func loaded(_ operand: Operand) -> (register: Int, isScratch: Bool) {
    switch operand {
    case .register(let register, let isScratch): return (register, isScratch)
    case .constant(let index):
      let register = out.scratch()
      out.emit(.constant, a: register, d: index)
      return (register, true)
    }
  }

  /// The flag for an operand that the instruction uses up.
  func consumed(_ x: (register: Int, isScratch: Bool), _ result: Int?, _ flag: UInt8) -> UInt8 {
    x.isScratch && x.register != result ? flag : 0
  }

  // MARK: Arithmetic

  private struct Forms {
    let registers: Opcode
    let withConstant: Opcode?
    let ofConstant: Opcode?
  }

  private func forms(_ sign: BinaryOperator) -> Forms {
    switch sign {
    case .add: Forms(registers: .add, withConstant: .addK, ofConstant: .kAdd)
    case .subtract: Forms(registers: .subtract, withConstant: .subtractK, ofConstant: .kSubtract)
    case .multiply: Forms(registers: .multiply, withConstant: .multiplyK, ofConstant: .kMultiply)
    case .divide: Forms(registers: .divide, withConstant: .divideK, ofConstant: .kDivide)
    case .remainder: Forms(registers: .remainder, withConstant: .remainderK, ofConstant: nil)
    case .concatenate: Forms(registers: .concatenate, withConstant: nil, ofConstant: nil)
    case .floorDivide, .matrixMultiply, .power:
      Forms(registers: .binary, withConstant: nil, ofConstant: nil)
    }
  }

  private func binary(
    _ sign: BinaryOperator, _ a: Expression, _ b: Expression, _ signSpan: Span, _ span: Span,
    to r: Int
  ) throws(Failure) {
    let site = out.site(span, signSpan, [a.span, b.span], .binary(sign))
    if sign == .concatenate, try appendText(a, b, site, to: r) { return }
    if let small = smallConstant(sign, b) {
      let x = try register(of: a, prefer: r)
      out.emit(
        .addInt, flags: consumed(x, r, Instruction.consumesFirst), a: r, b: x.register, d: small,
        site: site)
      return
    }
    let (x, y) = try pair(a, b, prefer: r)
    apply(sign, x, y, flags: 0, site, to: r)
  }

  /// `x ++ str(y)`: the commonest way to build text. False for all else.
  private func appendText(_ a: Expression, _ b: Expression, _ site: Int, to r: Int) throws(Failure)
    -> Bool
  {
    guard case .call(let callee, let arguments) = b.kind, case .name("str") = callee.kind,
      arguments.count == 1, arguments[0].name == nil, !arguments[0].value.isSpread,
      !arguments[0].value.holdsBlock, case .global(let cell) = variable("str"), cell.builtin != nil
    else { return false }
    let x = try register(of: a, prefer: r)
    let function = out.scratch()
    let y = out.scratch()
    try emit(arguments[0].value, to: y)
    let done = Label()
    let flags = consumed(x, r, Instruction.consumesFirst)
    out.jump(
      .concatenateText, flags: flags, a: r, b: x.register, c: y, to: done, site: out.global(cell))
    out.emit(
      .callGlobal, a: function, b: function, c: 1, d: out.global(cell),
      site: out.site(b.span, callee.span, [arguments[0].value.span]))
    out.emit(
      .concatenate, flags: flags | Instruction.consumesSecond, a: r, b: x.register, c: function,
      site: site)
    out.place(done)
    return true
  }

  /// `x + 1` and `x - 1` carry their constant.
  private func smallConstant(_ sign: BinaryOperator, _ b: Expression) -> Int? {
    guard sign == .add || sign == .subtract, case .int(let x)? = literal(b),
      let small = Int32(exactly: x), small != .min
    else { return nil }
    return sign == .add ? Int(small) : -Int(small)
  }

  func apply(
    _ sign: BinaryOperator, _ x: Operand, _ y: Operand, flags: UInt8, _ site: Int, to r: Int
  ) {
    let forms = forms(sign)
    switch (x, y, forms.withConstant, forms.ofConstant) {
    case (.register(let b, let isScratch), .constant(let c), .some(let op), _):
      let own = consumed((b, isScratch), r, Instruction.consumesFirst)
      out.emit(op, flags: flags | own, a: r, b: b, c: c, site: site)
    case (.constant(let b), .register(let c, let isScratch), _, .some(let op)):
      let own = consumed((c, isScratch), r, Instruction.consumesSecond)
      out.emit(op, flags: flags | own, a: r, b: b, c: c, site: site)
    default:
      let (p, q) = (loaded(x), loaded(y))
      let own =
        consumed(p, r, Instruction.consumesFirst) | consumed(q, r, Instruction.consumesSecond)
      out.emit(
        forms.registers, flags: flags | own, a: r, b: p.register, c: q.register, site: site)
    }
  }

  // MARK: Conditions

  /// Jumps when the expression's truth is the one given; goes on otherwise.
  func branch(_ e: Expression, ifTrue sense: Bool, to label: Label) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    switch e.kind {
    case .bool(let x): if x == sense { out.jump(.jump, to: label) }
    case .not(let inner): try branch(inner, ifTrue: !sense, to: label)
    case .and(let a, let b), .or(let a, let b):
      var isAnd = false
      if case .and = e.kind { isAnd = true }
      let before: Set<Int>
      if isAnd == sense {
        // Both must agree: the first sends the other answer past the second.
        let past = Label()
        try branch(a, ifTrue: !sense, to: past)
        before = out.definite
        try branch(b, ifTrue: sense, to: label)
        out.place(past)
      } else {
        try branch(a, ifTrue: sense, to: label)
        before = out.definite
        try branch(b, ifTrue: sense, to: label)
      }
      out.definite = before
    case .comparison(let first, let rest) where rest.count == 1:
      if let ops = jumps(rest[0].comparison) {
        return try compareAndJump(e, first, rest[0], ops, sense, label)
      }
      try test(e, sense, label)
    default: try test(e, sense, label)
    }
  }

  private func test(_ e: Expression, _ sense: Bool, _ label: Label) throws(Failure) {
    let x = try register(of: e)
    out.jump(
      .jumpIf,
      flags: consumed(x, nil, Instruction.consumesFirst) | (sense ? Instruction.whenTrue : 0),
      a: x.register, to: label, site: out.site(e.span, e.span))
  }

  private func jumps(_ sign: ComparisonOperator) -> (Opcode, Opcode)? {
    switch sign {
    case .less: (.jumpLess, .jumpLessK)
    case .lessEqual: (.jumpLessEqual, .jumpLessEqualK)
    case .greater: (.jumpGreater, .jumpGreaterK)
    case .greaterEqual: (.jumpGreaterEqual, .jumpGreaterEqualK)
    case .equal: (.jumpEqual, .jumpEqualK)
    case .notEqual: (.jumpNotEqual, .jumpNotEqualK)
    case .in, .notIn: nil
    }
  }

  private func compareAndJump(
    _ e: Expression, _ a: Expression, _ link: ComparisonLink, _ ops: (Opcode, Opcode),
    _ sense: Bool, _ label: Label
  ) throws(Failure) {
    let (left, y) = try pair(a, link.operand, prefer: nil)
    let x = loaded(left)
    let site = out.site(
      e.span, link.operatorSpan, [a.span, link.operand.span], .comparison(link.comparison))
    var flags =
      consumed(x, nil, Instruction.consumesFirst) | (sense ? Instruction.whenTrue : 0)
    switch y {
    case .constant(let k):
      out.jump(ops.1, flags: flags, a: x.register, b: k, to: label, site: site)
    case .register(let b, let isScratch):
      flags |= consumed((b, isScratch), nil, Instruction.consumesSecond)
      out.jump(ops.0, flags: flags, a: x.register, b: b, to: label, site: site)
    }
  }

  /// A comparison as a value; a chain evaluates every operand once, and no more than it needs.
  private func comparison(
    _ first: Expression, _ rest: [ComparisonLink], _ span: Span, to r: Int
  ) throws(Failure) {
    if rest.count == 1 {
      let link = rest[0]
      let (a, b) = try pair(first, link.operand, prefer: r)
      let (x, y) = (loaded(a), loaded(b))
      out.emit(
        .compare,
        flags: consumed(x, r, Instruction.consumesFirst)
          | consumed(y, r, Instruction.consumesSecond),
        a: r, b: x.register, c: y.register,
        site: out.site(
          span, link.operatorSpan, [first.span, link.operand.span], .comparison(link.comparison)))
      return
    }
    let done = Label()
    let before = out.definite
    let (soFar, next) = (out.scratch(), out.scratch())
    var left = out.scratch()
    var right = out.scratch()
    try emit(first, to: left)
    var leftSpan = first.span
    for (i, link) in rest.enumerated() {
      try emit(link.operand, to: right)
      let site = out.site(
        span, link.operatorSpan, [leftSpan, link.operand.span], .comparison(link.comparison))
      out.emit(
        .compare, flags: Instruction.consumesFirst, a: i == 0 ? soFar : next, b: left, c: right,
        site: site)
      if i > 0 { out.emit(.chain, a: soFar, b: soFar, c: next, site: site) }
      if i + 1 < rest.count { out.jump(.jumpIfFalseBool, a: soFar, to: done) }
      (left, right) = (right, left)
      leftSpan = link.operand.span
    }
    out.place(done)
    out.emit(.clear, a: left)
    out.emit(.clear, a: right)
    out.definite = before
    out.emit(.take, a: r, b: soFar)
  }

  private func logic(_ e: Expression, to r: Int) throws(Failure) {
    let (no, end) = (Label(), Label())
    try branch(e, ifTrue: false, to: no)
    out.emit(.constant, a: r, d: out.constant(.bool(true)))
    out.jump(.jump, to: end)
    out.place(no)
    out.emit(.constant, a: r, d: out.constant(.bool(false)))
    out.place(end)
  }
}

extension Expression {
  /// True when evaluating it may assign variables around it: a block stands in it.
  var holdsBlock: Bool {
    switch kind {
    case .if, .block, .try, .noGrad: true
    case .none, .bool, .int, .float, .name, .placeholder, .function, .error: false
    case .string(let parts): parts.contains { $0.holdsBlock }
    case .list(let items), .tuple(let items): items.contains { $0.holdsBlock }
    case .dict(let entries): entries.contains { $0.key.holdsBlock || $0.value.holdsBlock }
    case .comprehension: true
    case .spread(let x), .unary(_, let x), .not(let x), .transpose(let x), .member(let x, _, _):
      x.holdsBlock
    case .binary(_, let a, let b, _), .and(let a, let b), .or(let a, let b), .range(let a, let b),
      .pipe(let a, let b), .compose(let a, let b):
      a.holdsBlock || b.holdsBlock
    case .comparison(let first, let rest):
      first.holdsBlock || rest.contains { $0.operand.holdsBlock }
    case .call(let callee, let arguments):
      callee.holdsBlock || arguments.contains { $0.value.holdsBlock }
    case .index(let base, let items): base.holdsBlock || items.contains { $0.holdsBlock }
    }
  }
}

extension StringPart {
  fileprivate var holdsBlock: Bool {
    switch self {
    case .text: false
    case .interpolation(let e, let format): e.holdsBlock || format.contains { $0.holdsBlock }
    }
  }
}

extension Subscript {
  fileprivate var holdsBlock: Bool {
    switch self {
    case .item(let e): e.holdsBlock
    case .slice(let a, let b, let c, _): [a, b, c].contains { $0?.holdsBlock ?? false }
    case .ellipsis: false
    }
  }
}
