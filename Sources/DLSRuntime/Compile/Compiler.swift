// Trees to code: statements and functions.

import DLSSyntax
import DLSTensor

/// Compiles one source. Errors that the text alone shows are thrown as located failures.
final class Compiler {
  let source: Source
  let module: Module
  let unset: Value
  var scope: Scope
  var isInLoop = false

  init(_ source: Source, _ module: Module, unset: Value) {
    self.source = source
    self.module = module
    self.unset = unset
    scope = Scope(.module, parent: nil, module: module)
  }

  func fail(_ code: String, _ message: String, _ span: Span, help: [String] = []) -> Failure {
    let failure = Failure(code, message, help: help)
    failure.diagnostic = Diagnostic(
      code: code, message: message, source: source, span: span, help: help)
    return failure
  }

  /// The code of one top-level statement.
  func top(_ statement: Statement) throws(Failure) -> Code { try self.statement(statement) }

  func block(_ block: Block) throws(Failure) -> Code {
    if block.statements.count == 1, case .expression(let e) = block.statements[0].kind {
      return try expression(e)
    }
    var result: [Code] = []
    for statement in block.statements { result.append(try self.statement(statement)) }
    return BlockCode(result, block.span)
  }

  func statement(_ s: Statement) throws(Failure) -> Code {
    switch s.kind {
    case .expression(let e): return try expression(e)
    case .assign(let target, let value):
      let code = try expression(value)
      let store = try store(target)
      if let name = store as? NameStore, case .local(let slot) = name.variable {
        return LocalAssign(slot, code, s.span)
      }
      return AssignCode(store, code, s.span)
    case .augment(let target, let sign, let value, let signSpan):
      return try augment(target, sign, value, signSpan, s.span)
    case .function(let function):
      guard let name = function.name else { return Constant(.none, s.span) }
      if scope.kind == .model { return try method(function, name, s.span) }
      let variable = bind(name.text)
      let code = try self.function(function)
      return AssignCode(
        NameStore(variable, name.text, name.span), FunctionCreate(code, s.span), s.span)
    case .model(let model): return try self.model(model, s.span)
    case .for(let pattern, let sequence, let body):
      let sequenceCode = try expression(sequence)
      let store = store(pattern)
      var slot: Int?
      if let name = store as? NameStore, case .local(let i) = name.variable { slot = i }
      let bodyCode = try loop { () throws(Failure) in try block(body) }
      return ForCode(store, sequenceCode, bodyCode, slot: slot, s.span)
    case .while(let condition, let body):
      let conditionCode = try expression(condition)
      return WhileCode(conditionCode, try loop { () throws(Failure) in try block(body) }, s.span)
    case .break, .continue:
      var isBreak = false
      if case .break = s.kind { isBreak = true }
      if !isInLoop {
        throw fail(
          "outside-loop", "`\(isBreak ? "break" : "continue")` stands outside of a loop", s.span)
      }
      return JumpCode(isBreak ? .breakLoop : .continueLoop, s.span)
    case .return(let value):
      if scope.kind == .module {
        throw fail("outside-function", "`return` stands outside of a function", s.span)
      }
      return ReturnCode(try value.map { e throws(Failure) in try expression(e) }, s.span)
    case .throw(let value): return ThrowCode(try expression(value), s.span)
    case .assert(let condition, let message):
      return AssertCode(
        try expression(condition), try message.map { e throws(Failure) in try expression(e) },
        s.span)
    case .import(let what, let alias): return importCode(what, alias, s.span)
    case .plugin(let name, let nameSpan): return PluginCode(name, nameSpan, s.span)
    case .global(let names):
      for name in names { scope.globals.insert(name.text) }
      return Constant(.none, s.span)
    case .error: throw fail("syntax", "this could not be read", s.span)
    }
  }

  private func loop(_ body: () throws(Failure) -> Code) throws(Failure) -> Code {
    let before = isInLoop
    isInLoop = true
    defer { isInLoop = before }
    return try body()
  }

  private func importCode(_ what: ImportSource, _ alias: Name?, _ span: Span) -> Code {
    switch what {
    case .library(let name):
      let bound = alias?.text ?? name.text
      return ImportCode(
        name.text, isPath: false, NameStore(bind(bound), bound, span), name.span, span)
    case .path(let path, let place):
      let bound = alias?.text ?? ModuleName.of(path)
      return ImportCode(path, isPath: true, NameStore(bind(bound), bound, span), place, span)
    }
  }

  private func augment(
    _ target: Target, _ sign: BinaryOperator, _ value: Expression, _ signSpan: Span, _ span: Span
  ) throws(Failure) -> Code {
    let right = try expression(value)
    let get: Code
    switch target {
    case .name(let name): get = try expression(Expression(.name(name.text), name.span))
    case .index(let base, let items, let place):
      get = try expression(Expression(.index(base, items), place))
    case .member(let base, let name, let place):
      get = try expression(Expression(.member(base, name: name.text, nameSpan: name.span), place))
    case .ignore(let place), .tuple(_, let place):
      throw fail("bad-target", "`\(sign.rawValue)=` changes one thing", place)
    }
    let isList = sign == .add
    let sum: BinaryCode =
      isList
      ? AddCode(sign, get, right, signSpan, span) : binaryCode(sign, get, right, signSpan, span)
    return AugmentCode(get, try store(target), sum, span)
  }

  // MARK: Names

  /// The variable that an assignment to `name` binds here.
  func bind(_ name: String) -> Variable {
    for overlay in scope.overlays.reversed() { if let found = overlay[name] { return found } }
    if scope.kind == .module || scope.globals.contains(name) { return .global(module.cell(name)) }
    return scope.find(name) ?? scope.declare(name)
  }

  func store(_ target: Target) throws(Failure) -> Store {
    switch target {
    case .name(let name): return NameStore(bind(name.text), name.text, name.span)
    case .ignore: return IgnoreStore()
    case .tuple(let parts, let span):
      var stores: [Store] = []
      for part in parts { stores.append(try store(part)) }
      return TupleStore(stores, span)
    case .member(let base, let name, let span):
      return MemberStore(try expression(base), name.text, span)
    case .index(let base, let items, let span):
      let baseCode = try expression(base)
      var rebind: Store?
      var refusal: String?
      switch base.kind {
      case .name(let name):
        let variable = scope.find(name) ?? .global(module.cell(name))
        if case .global = variable, scope.kind != .module, !scope.globals.contains(name) {
          refusal = name
        }
        rebind = NameStore(variable, name, base.span)
      case .index(let inner, let innerItems):
        rebind = try store(.index(inner, innerItems, base.span))
      case .member(let inner, let name, let nameSpan):
        rebind = MemberStore(try expression(inner), name, nameSpan)
      default: break
      }
      return IndexStore(baseCode, rebind, try subscripts(items), span, refusal: refusal)
    }
  }

  func store(_ pattern: Pattern) -> Store {
    switch pattern {
    case .name(let name): NameStore(bind(name.text), name.text, name.span)
    case .ignore: IgnoreStore()
    case .tuple(let parts, let span): TupleStore(parts.map { store($0) }, span)
    }
  }

  // MARK: Functions and models

  /// Compiles a function in a scope of its own.
  func function(_ function: Function) throws(Failure) -> FunctionCode {
    let name = function.name?.text ?? "function"
    let code = FunctionCode(
      name: name, source: source, span: function.span, module: module, unset: unset)
    code.documentation = function.documentation
    code.parameterText = parameterText(function.parameters)
    var defaults: [Code?] = []
    for p in function.parameters {
      defaults.append(try p.defaultValue.map { e throws(Failure) in try expression(e) })
    }
    let names = NameReader(function.body)
    let inner = Scope(.function, parent: scope, module: module)
    inner.shared = names.mentionedInside()
    inner.globals = names.globals
    let outer = scope
    let wasInLoop = isInLoop
    scope = inner
    isInLoop = false
    defer {
      scope = outer
      isInLoop = wasInLoop
    }
    try arguments(function.parameters, defaults, code, inner)
    try shapes(function, code, inner)
    for name in names.assigned where !inner.globals.contains(name) && inner.variables[name] == nil {
      if !inner.enclosingHas(name) { _ = inner.declare(name) }
    }
    code.body = try block(function.body)
    finish(code, inner)
    return code
  }

  private func arguments(
    _ parameters: [FunctionParameter], _ defaults: [Code?], _ code: FunctionCode, _ inner: Scope
  ) throws(Failure) {
    for (p, defaultValue) in zip(parameters, defaults) {
      let slot = inner.newSlot()
      let isBoxed = inner.shared.contains(p.name.text)
      inner.variables[p.name.text] = isBoxed ? .boxed(slot) : .local(slot)
      code.arguments.append(
        .init(
          name: p.name.text, slot: slot, isBoxed: isBoxed, defaultValue: defaultValue,
          isRest: p.isRest))
      if p.isRest || defaultValue != nil || isBoxed { code.isSimple = false }
      if code.arguments.dropLast().contains(where: { $0.isRest }) {
        throw fail(
          "bad-parameter",
          "`...\(code.arguments.first { $0.isRest }?.name ?? "")` must be the last parameter",
          p.name.span)
      }
    }
  }

  private func shapes(_ function: Function, _ code: FunctionCode, _ inner: Scope) throws(Failure) {
    var checks = ShapeChecks()
    checks.result = function.result
    for (i, p) in function.parameters.enumerated() {
      guard let annotation = p.annotation else { continue }
      checks.arguments.append((i, annotation))
      guard case .shape(let dimensions) = annotation.kind else { continue }
      for case .name(let name) in dimensions
      where !checks.dimensions.contains(where: { $0.name == name.text }) {
        if inner.variables[name.text] != nil {
          throw fail(
            "dimension-name", "the dimension `\(name.text)` has the name of a parameter", name.span)
        }
        if inner.enclosingHas(name.text) {
          throw fail(
            "dimension-name",
            "the dimension `\(name.text)` is a name of an enclosing function already", name.span,
            help: ["give the dimension another name"])
        }
        switch inner.declare(name.text) {
        case .local(let slot): checks.dimensions.append((name.text, slot, false))
        case .boxed(let slot): checks.dimensions.append((name.text, slot, true))
        case .capture, .field, .global: break
        }
      }
    }
    if !checks.arguments.isEmpty || checks.result != nil {
      code.checks = checks
      code.isSimple = false
    }
  }

  private func finish(_ code: FunctionCode, _ inner: Scope) {
    code.slotCount = inner.slotCount
    code.boxedSlots = inner.boxedSlots
    code.captureSources = inner.captureSources
    code.captureNames = inner.captureNames
  }

  func parameterText(_ parameters: [FunctionParameter]) -> String {
    parameters.map { p in
      var text = (p.isRest ? "..." : "") + p.name.text
      if let a = p.annotation { text += ": " + source.text(in: a.span) }
      if let d = p.defaultValue { text += "=" + source.text(in: d.span) }
      return text
    }.joined(separator: ", ")
  }

  /// Methods are made after the fields are known, so that they may stand in any order.
  private var pendingMethods: [(Function, ModelCode)] = []
  private var currentModel: ModelCode?

  private func method(_ function: Function, _ name: Name, _ span: Span) throws(Failure) -> Code {
    guard let model = currentModel else { return Constant(.none, span) }
    model.methods[name.text] = try self.function(function)
    return Constant(.none, span)
  }

  private func model(_ model: Model, _ span: Span) throws(Failure) -> Code {
    let variable = bind(model.name.text)
    let constructor = FunctionCode(
      name: model.name.text, source: source, span: model.span, module: module, unset: unset)
    constructor.documentation = model.documentation
    constructor.parameterText = parameterText(model.parameters)
    constructor.isSimple = false
    let code = ModelCode(model.name.text, constructor: constructor)
    code.documentation = model.documentation
    var defaults: [Code?] = []
    for p in model.parameters {
      defaults.append(try p.defaultValue.map { e throws(Failure) in try expression(e) })
    }
    let names = NameReader(model.body)
    let inner = Scope(.model, parent: scope, module: module)
    inner.globals = names.globals
    inner.modelSlot = inner.newSlot()
    let outer = (scope, currentModel, isInLoop)
    scope = inner
    currentModel = code
    isInLoop = false
    defer { (scope, currentModel, isInLoop) = outer }
    func field(_ name: String) {
      if code.slots[name] != nil { return }
      code.slots[name] = code.fields.count
      inner.variables[name] = .field(.slot(inner.modelSlot), code.fields.count)
      code.fields.append(name)
    }
    for (p, defaultValue) in zip(model.parameters, defaults) {
      field(p.name.text)
      constructor.arguments.append(
        .init(
          name: p.name.text, slot: code.slots[p.name.text] ?? 0, isBoxed: false,
          defaultValue: defaultValue, isRest: p.isRest))
    }
    for case .function(let function) in model.body.statements.map(\.kind) {
      if let name = function.name { inner.methods.insert(name.text) }
    }
    for name in names.assigned where !inner.globals.contains(name) && !inner.methods.contains(name)
    {
      if outer.0.kind == .module || !inner.enclosingHas(name) { field(name) }
    }
    constructor.body = try block(model.body)
    finish(constructor, inner)
    return ModelCreate(code, NameStore(variable, model.name.text, model.name.span), span)
  }
}
