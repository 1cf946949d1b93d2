// Trees to code: functions and models.

import DLSSyntax
import DLSTensor

extension Compiler {
  // MARK: Functions

  /// A function that a statement names: a method in a model's body.
  func define(_ function: Function, _ span: Span) throws(Failure) {
    guard let name = function.name else { return }
    if scope.kind == .model, let model = currentModel {
      let code = try self.function(function)
      model.methods[name.text] = code
      let first = try defaults(function.parameters)
      if first.count > 0 {
        out.step(
          MethodDefaultsStep(span, code, .slot(scope.modelSlot)), to: out.scratch(),
          first: first.register, count: first.count)
      }
      return
    }
    let variable = try bind(name.text, name.span)
    let register = out.scratch()
    try closure(function, span, to: register)
    store(variable, name.text, name.span, from: register)
  }

  /// The value of a function, with its defaults computed here.
  func closure(_ function: Function, _ span: Span, to r: Int) throws(Failure) {
    let first = try defaults(function.parameters)
    let code = try self.function(function)
    out.step(FunctionStep(span, code), to: r, first: first.register, count: first.count)
  }

  private func defaults(_ parameters: [FunctionParameter]) throws(Failure) -> (
    register: Int, count: Int
  ) {
    let values = parameters.compactMap(\.defaultValue)
    return (try operands(values), values.count)
  }

  /// Compiles a function in a scope of its own.
  func function(_ function: Function) throws(Failure) -> FunctionCode {
    let name = function.name?.text ?? "function"
    let code = FunctionCode(name: name, source: source, span: function.span, module: module)
    code.documentation = function.documentation
    code.parameterText = parameterText(function.parameters)
    let names = NameReader(function.body)
    let inner = Scope(.function, parent: scope, module: module)
    inner.shared = names.mentionedInside()
    inner.globals = names.globals
    try inside(inner, function.span) { () throws(Failure) in
      try arguments(function.parameters, code, inner)
      try shapes(function, code, inner)
      for name in names.assigned
      where !inner.globals.contains(name) && inner.variables[name] == nil
        && !inner.enclosingHas(name)
      {
        _ = inner.declare(name)
      }
      for (name, variable) in inner.variables {
        if case .local(let register) = variable { out.addVariable(register) }
        if case .boxed(let register) = variable { out.addVariable(register) }
        _ = name
      }
      for argument in code.arguments where !argument.isBoxed {
        out.definite.insert(argument.slot)
      }
      for dimension in code.checks?.dimensions ?? [] { out.touch(.local(dimension.slot)) }
      if code.checks != nil { out.sizes = out.scratch() }
      try block(function.body, to: nil, isTail: true)
      out.finish(
        boxes: inner.boxedSlots, boxedArguments: code.arguments.filter(\.isBoxed).map(\.slot),
        checks: code.checks != nil)
      try seal(code)
    }
    code.captureSources = inner.captureSources
    code.captureNames = inner.captureNames
    return code
  }

  /// Compiles something in another scope, with registers of its own.
  private func inside(_ inner: Scope, _ span: Span, _ body: () throws(Failure) -> Void)
    throws(Failure)
  {
    let outer = (scope, out)
    scope = inner
    out = Emitter(span)
    defer { (scope, out) = outer }
    try body()
  }

  private func arguments(
    _ parameters: [FunctionParameter], _ code: FunctionCode, _ inner: Scope
  ) throws(Failure) {
    var defaults = 0
    for p in parameters {
      let slot = inner.newSlot()
      let isBoxed = inner.shared.contains(p.name.text)
      inner.variables[p.name.text] = isBoxed ? .boxed(slot) : .local(slot)
      code.arguments.append(
        .init(
          name: p.name.text, slot: slot, isBoxed: isBoxed,
          defaultIndex: p.defaultValue == nil ? nil : defaults, isRest: p.isRest))
      if p.defaultValue != nil { defaults += 1 }
      if let rest = code.arguments.dropLast().first(where: \.isRest) {
        throw fail(
          "bad-parameter", "`...\(rest.name)` must be the last parameter", p.name.span)
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
        case .capture, .field, .global, .method: break
        }
      }
    }
    if !checks.arguments.isEmpty || checks.result != nil { code.checks = checks }
  }

  func parameterText(_ parameters: [FunctionParameter]) -> String {
    parameters.map { p in
      var text = (p.isRest ? "..." : "") + p.name.text
      if let a = p.annotation { text += ": " + source.text(in: a.span) }
      if let d = p.defaultValue { text += "=" + source.text(in: d.span) }
      return text
    }.joined(separator: ", ")
  }

  // MARK: Models

  /// A model is a function whose locals are fields.
  func define(_ model: Model, _ span: Span) throws(Failure) {
    let variable = try bind(model.name.text, model.name.span)
    let constructor = FunctionCode(
      name: model.name.text, source: source, span: model.span, module: module)
    constructor.documentation = model.documentation
    constructor.parameterText = parameterText(model.parameters)
    let code = ModelCode(model.name.text, constructor: constructor)
    code.documentation = model.documentation
    let first = try defaults(model.parameters)
    let names = NameReader(model.body)
    let inner = Scope(.model, parent: scope, module: module)
    inner.globals = names.globals
    inner.modelSlot = inner.newSlot()
    func field(_ name: String) {
      if code.slots[name] != nil { return }
      code.slots[name] = code.fields.count
      inner.variables[name] = .field(.slot(inner.modelSlot), code.fields.count)
      code.fields.append(name)
    }
    var defaultCount = 0
    for p in model.parameters {
      field(p.name.text)
      constructor.arguments.append(
        .init(
          name: p.name.text, slot: code.slots[p.name.text] ?? 0,
          defaultIndex: p.defaultValue == nil ? nil : defaultCount, isRest: p.isRest))
      if p.defaultValue != nil { defaultCount += 1 }
    }
    for case .function(let function) in model.body.statements.map(\.kind) {
      if let name = function.name { inner.methods.insert(name.text) }
    }
    for name in names.assigned where !inner.globals.contains(name) && !inner.methods.contains(name)
    {
      if scope.kind == .module || !inner.enclosingHas(name) { field(name) }
    }
    let outer = currentModel
    currentModel = code
    defer { currentModel = outer }
    try inside(inner, model.span) { () throws(Failure) in
      out.addVariable(inner.modelSlot)
      try block(model.body, to: nil, isTail: true)
      out.finish(boxes: inner.boxedSlots, boxedArguments: [], checks: false)
      try seal(constructor)
    }
    constructor.captureSources = inner.captureSources
    constructor.captureNames = inner.captureNames
    constructor.keep()
    let register = out.scratch()
    out.step(
      ModelStep(span, code), to: register, first: first.register, count: first.count)
    store(variable, model.name.text, model.name.span, from: register)
  }
}
