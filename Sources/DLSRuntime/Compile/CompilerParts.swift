// Trees to code: calls, literals of containers, strings, comprehensions.

import DLSSyntax
import DLSTensor

extension Compiler {
  // MARK: Calls

  func call(_ callee: Expression, _ arguments: [Argument], _ span: Span, to r: Int)
    throws(Failure)
  {
    var names: [String?] = []
    var spans: [Span] = []
    var values: [Expression] = []
    var spreads: [Bool] = []
    for argument in arguments {
      if let name = argument.name, names.contains(name.text) {
        throw fail("duplicate-argument", "the argument `\(name.text)` is given twice", name.span)
      }
      names.append(argument.name?.text)
      spans.append(argument.value.span)
      if case .spread(let inner) = argument.value.kind {
        spreads.append(true)
        values.append(inner)
      } else {
        spreads.append(false)
        values.append(argument.value)
      }
    }
    let isPlain = !spreads.contains(true) && !names.contains { $0 != nil }
    let shape = isPlain ? nil : CallShape(names: names, isSpread: spreads)
    if case .member(let base, let name, let nameSpan) = callee.kind {
      let site = out.site(
        span, nameSpan, [base.span] + spans,
        .method(MethodSite(name, try candidates(name), shape: shape)))
      let first = out.scratch()
      _ = try operands([base])
      out.emit(.findMethod, b: first, c: values.count, site: site)
      _ = try operands(values)
      out.emit(
        isPlain ? .callMethod : .callMethodNamed, a: r, b: first, c: values.count, site: site)
      return
    }
    let site = out.site(span, callee.span, spans, shape.map { .call($0) } ?? .none)
    let first = out.scratch()
    if isPlain, case .name(let name) = callee.kind, case .global(let cell) = variable(name),
      cell.current != nil || !values.contains(where: { $0.holdsCall })
    {
      _ = try operands(values)
      out.emit(
        .callGlobal, a: r, b: first, c: values.count, d: out.global(cell), site: site)
      return
    }
    try emit(callee, to: first)
    _ = try operands(values)
    out.emit(isPlain ? .call : .callNamed, a: r, b: first, c: values.count, site: site)
  }

  /// `x |> f` is f(x): x first.
  func pipe(_ x: Expression, _ function: Expression, _ span: Span, to r: Int) throws(Failure) {
    let first = out.scratch()
    _ = try operands([x])
    try emit(function, to: first)
    out.emit(
      .call, flags: Instruction.pipes, a: r, b: first, c: 1,
      site: out.site(span, function.span, [x.span]))
  }

  /// What a uniform call's name could mean, nearest first.
  func candidates(_ name: String) throws(Failure) -> [MethodSite.Candidate] {
    let own = variable(name)
    out.touch(own)
    var result = [MethodSite.Candidate.variable(own)]
    let cell = module.cell(name)
    if case .global = own {} else { result.append(.variable(.global(cell))) }
    if let builtin = cell.builtin { result.append(.value(builtin)) }
    return result
  }

  // MARK: Containers

  /// Long literals are made piece by piece, so that they need few registers.
  private static let piece = 64

  func sequence(_ items: [Expression], isTuple: Bool, _ span: Span, to r: Int) throws(Failure) {
    var spreads: [Bool] = []
    var values: [Expression] = []
    for item in items {
      if case .spread(let inner) = item.kind {
        spreads.append(true)
        values.append(inner)
      } else {
        spreads.append(false)
        values.append(item)
      }
    }
    let spans = values.map(\.span)
    if items.count <= Compiler.piece {
      let first = try operands(values)
      out.step(
        SequenceStep(span, isTuple: isTuple, spreads: spreads, itemSpans: spans), to: r,
        first: first, count: values.count)
      return
    }
    let list = out.scratch()
    out.step(SequenceStep(span, isTuple: false, spreads: [], itemSpans: []), to: list)
    for start in stride(from: 0, to: values.count, by: Compiler.piece) {
      let range = start..<min(start + Compiler.piece, values.count)
      let mark = out.free
      _ = try operands(Array(values[range]))
      out.step(
        ExtendStep(span, spreads: Array(spreads[range]), itemSpans: Array(spans[range])),
        to: list, first: list, count: 1 + range.count)
      out.free = mark
    }
    if isTuple {
      out.step(TupleStep(span), to: r, first: list, count: 1)
    } else {
      out.emit(.take, a: r, b: list)
    }
  }

  func dict(_ entries: [DictEntry], _ span: Span, to r: Int) throws(Failure) {
    let dict = out.scratch()
    out.step(DictStep(span, keySpans: [], extends: false), to: dict)
    for start in stride(from: 0, to: entries.count, by: Compiler.piece / 2) {
      let range = entries[start..<min(start + Compiler.piece / 2, entries.count)]
      let mark = out.free
      _ = try operands(range.flatMap { [$0.key, $0.value] })
      out.step(
        DictStep(span, keySpans: range.map(\.key.span), extends: true), to: dict, first: dict,
        count: 1 + 2 * range.count)
      out.free = mark
    }
    out.emit(.take, a: r, b: dict)
  }

  func comprehension(
    _ body: Expression, _ clauses: [ComprehensionClause], _ span: Span, to r: Int
  ) throws(Failure) {
    // Variables of a comprehension are its own; boxed when a function in it may keep them.
    var reader = NameReader(Block([], span))
    reader.read(body)
    for clause in clauses {
      switch clause {
      case .if(let condition): reader.read(condition)
      case .for(_, let sequence): reader.read(sequence)
      }
    }
    let list = out.scratch()
    out.step(SequenceStep(span, isTuple: false, spreads: [], itemSpans: []), to: list)
    let before = out.definite
    try clause(clauses[...], body, list, reader.mentionedInside())
    out.definite = before
    out.emit(.take, a: r, b: list)
  }

  private func clause(
    _ clauses: ArraySlice<ComprehensionClause>, _ body: Expression, _ list: Int,
    _ kept: Set<String>
  ) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    guard let first = clauses.first else {
      let item = out.scratch()
      try emit(body, to: item)
      out.emit(.appendItem, a: list, b: item)
      return
    }
    let rest = clauses.dropFirst()
    switch first {
    case .if(let condition):
      let past = Label()
      try branch(condition, ifTrue: false, to: past)
      try clause(rest, body, list, kept)
      out.place(past)
    case .for(let pattern, let sequence):
      let state = out.scratch()
      _ = (out.scratch(), out.scratch())
      var overlay: [String: Variable] = [:]
      var boxes: [Int] = []
      var registers: [Int] = []
      for name in names(pattern) {
        let register = out.scratch()
        registers.append(register)
        if kept.contains(name) {
          boxes.append(register)
          overlay[name] = .boxed(register)
        } else {
          overlay[name] = .local(register)
        }
      }
      for register in registers { out.addVariable(register) }
      try each(pattern, sequence, boxes: boxes, state: state, overlay: overlay) {
        () throws(Failure) in
        try clause(rest, body, list, kept)
      }
      for register in registers { out.removeVariable(register) }
    }
  }

  private func names(_ pattern: Pattern) -> [String] {
    switch pattern {
    case .name(let name): [name.text]
    case .ignore: []
    case .tuple(let parts, _): parts.flatMap { names($0) }
    }
  }

  // MARK: Text

  func text(_ parts: [StringPart], _ span: Span, to r: Int) throws(Failure) {
    var texts: [String] = []
    for case .text(let text) in parts { texts.append(text) }
    if texts.count == parts.count {
      out.emit(.constant, a: r, d: out.constant(.string(texts.joined())))
      return
    }
    var values: [Expression] = []
    let plan = textParts(parts, &values)
    let first = try operands(values)
    out.step(TextStep(span, plan), to: r, first: first, count: values.count)
  }

  private func textParts(_ parts: [StringPart], _ values: inout [Expression]) -> [TextStep.Part] {
    var result: [TextStep.Part] = []
    for part in parts {
      switch part {
      case .text(let text): result.append(.text(text))
      case .interpolation(let e, let format):
        values.append(e)
        result.append(.value(e.span, format: textParts(format, &values)))
      }
    }
    return result
  }
}

extension Expression {
  /// True when evaluating it may run a function of the script.
  var holdsCall: Bool {
    switch kind {
    case .none, .bool, .int, .float, .name, .placeholder, .function, .error: false
    case .unary(_, let x), .not(let x), .transpose(let x), .member(let x, _, _): x.holdsCall
    case .binary(_, let a, let b, _): a.holdsCall || b.holdsCall
    case .comparison(let first, let rest):
      first.holdsCall || rest.contains { $0.operand.holdsCall }
    default: true
    }
  }
}
