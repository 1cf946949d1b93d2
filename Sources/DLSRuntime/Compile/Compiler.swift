// Trees to code: statements.

import DLSSyntax
import DLSTensor

/// Compiles one source. Errors that the text alone shows are thrown as located failures.
///
/// Every expression is compiled to a register that it writes last, so that a variable can be both
/// target and operand.
final class Compiler {
  let source: Source
  let module: Module
  var scope: Scope
  var out: Emitter
  /// The model whose body is being compiled; methods belong to it.
  var currentModel: ModelCode?

  init(_ source: Source, _ module: Module) {
    self.source = source
    self.module = module
    scope = Scope(.module, parent: nil, module: module)
    out = Emitter(Span(0, 0))
  }

  func fail(_ code: String, _ message: String, _ span: Span, help: [String] = []) -> Failure {
    Failure(code, message, help: help).located(source, span)
  }

  /// The code of one top-level statement.
  func top(_ statement: Statement) throws(Failure) -> FunctionCode {
    let code = FunctionCode(
      name: source.name, source: source, span: statement.span, module: module)
    code.isScript = true
    out = Emitter(statement.span)
    let result = out.scratch()
    try self.statement(statement, to: result)
    out.emit(.giveBack, a: result)
    try seal(code)
    return code
  }

  /// Hands the emitted instructions to the code.
  func seal(_ code: FunctionCode) throws(Failure) {
    if out.registerCount > Int(UInt16.max) - 64 {
      throw fail("too-large", "`\(code.name)` needs too many registers", code.span)
    }
    code.finish(out)
  }

  // MARK: Blocks

  /// Compiles a block, whose last value goes to a register; or, as a tail, out of the function.
  func block(_ block: Block, to register: Int?, isTail: Bool = false) throws(Failure) {
    guard let last = block.statements.last else {
      if let register { out.emit(.none, a: register) }
      if isTail { try giveBackNone(block.span) }
      return
    }
    for statement in block.statements.dropLast() { try self.statement(statement, to: nil) }
    if isTail {
      try tail(last)
    } else {
      try statement(last, to: register)
    }
  }

  /// The last statement of a function: its value is the result.
  private func tail(_ s: Statement) throws(Failure) {
    guard case .expression(let e) = s.kind else {
      try statement(s, to: nil)
      if !out.isDead { try giveBackNone(s.span) }
      return
    }
    switch e.kind {
    case .if(let condition, let then, let otherwise):
      try branches(condition, then, otherwise, to: nil, isTail: true)
    case .block(let inner): try block(inner, to: nil, isTail: true)
    default: try giveBack(e)
    }
  }

  func giveBack(_ e: Expression) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    giveBack(try register(of: e).register)
  }

  private func giveBackNone(_ span: Span) throws(Failure) {
    try giveBack(Expression(.none, span))
  }

  private func giveBack(_ register: Int) {
    if let outermost = out.noGrads.first { out.emit(.leaveNoGrad, a: outermost) }
    if let sizes = out.sizes { out.emit(.checkResult, a: sizes, b: register) }
    out.emit(.giveBack, a: register)
  }

  // MARK: Statements

  /// Compiles a statement; what has no value gives none.
  func statement(_ s: Statement, to register: Int?) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    if case .expression(let e) = s.kind { return try effect(e, to: register) }
    switch s.kind {
    case .expression: break
    case .assign(let target, let value): try assign(target, value)
    case .augment(let target, let sign, let value, let signSpan):
      try augment(target, sign, value, signSpan, s.span)
    case .function(let function): try define(function, s.span)
    case .model(let model): try define(model, s.span)
    case .for(let pattern, let sequence, let body): try forLoop(pattern, sequence, body)
    case .while(let condition, let body): try whileLoop(condition, body)
    case .break: try leaveLoop("break", s.span) { $0.onBreak }
    case .continue: try leaveLoop("continue", s.span) { $0.onContinue }
    case .return(let value):
      if scope.kind == .module {
        throw fail(
          "outside-function", "`return` stands outside of a function", s.span,
          help: ["a script ends with its last line, or by `exit()`"])
      }
      if let value { try giveBack(value) } else { try giveBackNone(s.span) }
    case .throw(let value):
      let operand = out.scratch()
      try emit(value, to: operand)
      out.step(ThrowStep(s.span), to: operand, first: operand, count: 1)
    case .assert(let condition, let message): try assertion(condition, message)
    case .import(let what, let alias): try importModule(what, alias)
    case .plugin(let name, let nameSpan):
      out.step(PluginStep(nameSpan, name), to: out.scratch())
    case .global(let names): for name in names { scope.globals.insert(name.text) }
    case .error: throw fail("syntax", "this could not be read", s.span)
    }
    if let register { out.emit(.none, a: register) }
  }

  /// An expression as a statement: branches and loops need no register for a value nobody wants.
  private func effect(_ e: Expression, to register: Int?) throws(Failure) {
    if let register { return try emit(e, to: register) }
    switch e.kind {
    case .if(let condition, let then, let otherwise):
      try branches(condition, then, otherwise, to: nil, isTail: false)
    case .block(let inner): try block(inner, to: nil)
    case .try(let body, let name, let handler): try tryCatch(body, name, handler, to: nil)
    case .noGrad(let body): try noGrad(body, to: nil)
    default:
      let unused = out.scratch()
      try emit(e, to: unused)
      if case .member = e.kind { (out.steps.last as? MemberStep)?.isDiscarded = true }
      out.emit(.clear, a: unused)
    }
  }

  private func assertion(_ condition: Expression, _ message: Expression?) throws(Failure) {
    let holds = Label()
    try branch(condition, ifTrue: true, to: holds)
    let text = out.scratch()
    if let message { try emit(message, to: text) }
    out.step(
      AssertStep(condition.span), to: text, first: text, count: message == nil ? 0 : 1)
    out.place(holds)
  }

  private func importModule(_ what: ImportSource, _ alias: Name?) throws(Failure) {
    let (path, isPath, span, name): (String, Bool, Span, String) =
      switch what {
      case .library(let name): (name.text, false, name.span, alias?.text ?? name.text)
      case .path(let path, let place): (path, true, place, alias?.text ?? ModuleName.of(path))
      }
    let variable = try bind(name, span)
    let value = out.scratch()
    out.step(ImportStep(span, path, isPath: isPath), to: value)
    store(variable, name, span, from: value)
  }

  // MARK: Control

  func branches(
    _ condition: Expression, _ then: Block, _ otherwise: Block?, to register: Int?, isTail: Bool
  ) throws(Failure) {
    let (elseLabel, end) = (Label(), Label())
    try branch(condition, ifTrue: false, to: elseLabel)
    let before = out.definite
    try block(then, to: register, isTail: isTail)
    let thenEnds = out.isDead
    let afterThen = out.definite
    out.definite = before
    if otherwise == nil, register == nil, !isTail {
      out.place(elseLabel)
      return
    }
    if !thenEnds { out.jump(.jump, to: end) }
    out.place(elseLabel)
    try block(
      otherwise ?? Block([], condition.span), to: register, isTail: isTail)
    let elseEnds = out.isDead
    out.place(end)
    if elseEnds {
      out.definite = afterThen
    } else if !thenEnds {
      out.definite.formIntersection(afterThen)
    }
  }

  private func forLoop(_ pattern: Pattern, _ sequence: Expression, _ body: Block) throws(Failure) {
    try each(pattern, sequence) { () throws(Failure) in try block(body, to: nil) }
  }

  /// Runs `body` for every item of a sequence; `boxes` get a fresh box each time.
  func each(
    _ pattern: Pattern, _ sequence: Expression, boxes: [Int] = [], state given: Int? = nil,
    overlay: [String: Variable]? = nil, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    let state: Int
    if let given { state = given } else { state = out.scratch() }
    if given == nil { _ = (out.scratch(), out.scratch()) }
    let (start, next) = (Label(), Label())
    try prepare(sequence, state, next)
    // A comprehension's variables are not seen in the sequence that they run over.
    if let overlay { scope.overlays.append(overlay) }
    defer { if overlay != nil { scope.overlays.removeLast() } }
    let loop = Emitter.Loop(onBreak: Label(), onContinue: next, noGrads: out.noGrads.count)
    out.loops.append(loop)
    let before = out.definite
    out.place(start)
    var item = out.scratch()
    for box in boxes { out.emit(.newBox, a: box) }
    if case .name(let name) = pattern, case .local(let register) = try bind(name.text, name.span) {
      item = register
      out.definite.insert(register)
    } else {
      try store(pattern, from: item)
    }
    try body()
    out.definite = before
    out.loops.removeLast()
    out.place(next)
    out.jump(
      .forNext, a: item, b: state, to: start, site: out.site(sequence.span, sequence.span))
    out.place(loop.onBreak)
    out.emit(.clear, a: state)
  }

  private func prepare(_ sequence: Expression, _ state: Int, _ next: Label) throws(Failure) {
    guard case .range(let from, let to) = sequence.kind else {
      try emit(sequence, to: state)
      out.jump(.prepareFor, b: state, to: next, site: out.site(sequence.span, sequence.span))
      return
    }
    try emit(from, to: state)
    try emit(to, to: state + 1)
    out.jump(
      .prepareRange, b: state, to: next,
      site: out.site(sequence.span, sequence.span, [from.span, to.span]))
  }

  private func whileLoop(_ condition: Expression, _ body: Block) throws(Failure) {
    let start = Label()
    let loop = Emitter.Loop(onBreak: Label(), onContinue: Label(), noGrads: out.noGrads.count)
    let before = out.definite
    out.jump(.jump, to: loop.onContinue)
    out.loops.append(loop)
    out.place(start)
    try block(body, to: nil)
    out.loops.removeLast()
    out.definite = before
    out.place(loop.onContinue)
    try branch(condition, ifTrue: true, to: start)
    out.place(loop.onBreak)
  }

  private func leaveLoop(_ word: String, _ span: Span, _ label: (Emitter.Loop) -> Label)
    throws(Failure)
  {
    guard let loop = out.loops.last else {
      throw fail("outside-loop", "`\(word)` stands outside of a loop", span)
    }
    if out.noGrads.count > loop.noGrads { out.emit(.leaveNoGrad, a: out.noGrads[loop.noGrads]) }
    out.jump(.jump, to: label(loop))
  }

  func tryCatch(_ body: Block, _ name: Name?, _ handler: Block, to register: Int?) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    let depth = out.scratch()
    out.emit(.saveNoGrad, a: depth)
    let before = out.definite
    let start = out.position
    try block(body, to: register)
    let afterBody = out.definite
    let bodyEnds = out.isDead
    let range = start..<out.position
    let done = Label()
    if !bodyEnds { out.jump(.jump, to: done) }
    out.definite = before
    let error = out.scratch()
    let target = Label()
    out.place(target)
    out.addHandler(range, target: out.position, register: error, noGrad: depth)
    if let name {
      store(try bind(name.text, name.span), name.text, name.span, from: error)
    } else {
      out.emit(.clear, a: error)
    }
    try block(handler, to: register)
    if out.isDead {
      out.definite = afterBody
    } else if !bodyEnds {
      out.definite.formIntersection(afterBody)
    }
    out.place(done)
  }

  func noGrad(_ body: Block, to register: Int?) throws(Failure) {
    let mark = out.free
    defer { out.free = mark }
    let depth = out.scratch()
    out.emit(.enterNoGrad, a: depth)
    out.noGrads.append(depth)
    try block(body, to: register)
    out.noGrads.removeLast()
    out.emit(.leaveNoGrad, a: depth)
  }
}
