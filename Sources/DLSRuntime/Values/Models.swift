// Params, models and modules as values.

import DLSTensor

/// `param(t)`: passed by its bare name as a cell, read by operators as its tensor.
package final class ParamObject: Object {
  package let cell: ParameterCell

  package init(_ cell: ParameterCell) {
    self.cell = cell
    super.init(.param)
  }

  package override var typeName: String { "param" }
  package override var tensorValue: Tensor? { cell.value }
  package override var length: Int? { cell.value.shape.first }
  package override func describe(_ printer: inout Printer) {
    printer.write("param ")
    printer.write(cell.value.format())
  }
  package override var memberNames: [String] { ["grad", "set"] }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    name == "grad" ? (cell.gradient.map { .tensor($0) } ?? Value.none) : nil
  }
  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    guard name == "grad" else { return false }
    if case .none = value {
      cell.gradient = nil
    } else {
      let g = try value.asTensor(like: cell.value.dtype)
      if g.shape != cell.value.shape {
        throw Failure(
          "shape-mismatch",
          "the gradient has shape \(Tensor.describe(g.shape)), the param \(Tensor.describe(cell.value.shape))"
        )
      }
      cell.gradient = g
    }
    return true
  }

  /// Replaces the value, as `w.set(t)` does.
  package func set(_ value: Value) throws(Failure) {
    let t = try value.asTensor(like: cell.value.dtype)
    if t.isTracked, Autograd.isRecording {
      throw Failure(
        "param-set", "a param cannot be set to a value that gradients flow through",
        help: ["detach it, `w.set(detach(v))`, or wrap the update in `no_grad { … }`"])
    }
    let old = cell.value
    if t.shape != old.shape {
      throw Failure(
        "shape-mismatch",
        "a param of shape \(Tensor.describe(old.shape)) takes no value of shape "
          + Tensor.describe(t.shape), labels: [(1, Tensor.describe(t.shape))])
    }
    cell.set(try tensorWork { () throws(TensorError) in try t.detached.to(old.dtype) })
  }
}

/// An instance of a `model`: the scope of its body, kept.
package final class ModelObject: Container {
  let code: ModelCode
  var values: [Value]
  /// Set once the body has run: from then on a param is not replaced by `=`.
  var isBuilt = false
  /// Fields added from outside.
  var extra: [String: Value] = [:]
  /// Values of the defaults of methods that have some.
  var methodDefaults: [ObjectIdentifier: [Value]] = [:]

  /// What the model's body took along from around it.
  let captures: [Object]

  init(_ code: ModelCode, _ captures: [Object], unset: Value) {
    self.code = code
    self.captures = captures
    values = Array(repeating: unset, count: code.fields.count)
    super.init(.model)
  }

  deinit {
    Collector.free(&values)
    if extra.isEmpty { return }
    var items = Array(extra.values)
    extra = [:]
    Collector.free(&items)
  }

  package override var typeName: String { "model" }
  package var modelName: String { code.name }
  package override var memberNames: [String] {
    code.fields + code.methods.keys.sorted() + extra.keys.sorted()
  }
  package override var isCallable: Bool { true }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if let method = code.methods[name] { return .object(bind(method)) }
    if let slot = code.slots[name] {
      if case .object(let object) = values[slot], object.kind == .unset { return nil }
      return values[slot]
    }
    return extra[name]
  }

  /// A method of this model; made when looked up, so that a model does not hold itself.
  func bind(_ method: FunctionCode) -> FunctionObject {
    FunctionObject(
      method,
      method.captureSources.map { source in
        switch source {
        case .slot: self
        case .capture(let i): captures[i]
        }
      },
      defaults: methodDefaults[ObjectIdentifier(method)] ?? [])
  }

  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    if let slot = code.slots[name] { values[slot] = value } else { extra[name] = value }
    return true
  }

  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    if let forward = code.methods["forward"] { return try machine.invoke(bind(forward), arguments) }
    if let forward = try member("forward", machine), forward.isCallable {
      return try machine.call(forward, arguments.positional, named: arguments.named)
    }
    throw Failure(
      "not-callable", "the model \(code.name) has no `forward`, which a call runs",
      help: ["add `forward(x) = …` to the model"])
  }

  package override func describe(_ printer: inout Printer) {
    printer.enter(self, "\(code.name)(…)") { printer in
      printer.write(code.name + "(")
      var first = true
      for (name, value) in children {
        guard ModuleTree.holdsParams(value) else { continue }
        printer.write(first ? "" : ", ")
        first = false
        printer.write(name + ": ")
        if let t = (value.objectValue as? ParamObject)?.cell.value {
          printer.write("param " + t.typeText)
        } else {
          printer.value(value)
        }
      }
      printer.write(")")
    }
  }

  package override func forEachReference(_ visit: (Value) -> Void) {
    values.forEach(visit)
    extra.values.forEach(visit)
    for defaults in methodDefaults.values { defaults.forEach(visit) }
  }
  package override func clearReferences() {
    values = values.map { _ in .none }
    extra = [:]
    methodDefaults = [:]
  }
  package override var children: [(name: String, value: Value)] {
    zip(code.fields, values).map { ($0, $1) } + extra.sorted { $0.key < $1.key }.map { ($0, $1) }
  }
}

extension Value {
  package var objectValue: Object? {
    if case .object(let object) = self { return object }
    return nil
  }
}

/// A `model` definition: called to make an instance.
package final class ModelClassObject: Container {
  let code: ModelCode
  let captures: [Object]
  /// Values of the parameters' defaults, computed where the model was defined.
  let defaults: [Value]

  init(_ code: ModelCode, _ captures: [Object], defaults: [Value]) {
    self.code = code
    self.captures = captures
    self.defaults = defaults
    super.init(.other)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { code.constructor.signature }
  package override var documentationText: String? {
    "model \(code.name)(\(code.constructor.parameterText))"
      + (code.documentation.map { "\n" + $0 } ?? "")
  }
  package override func describe(_ printer: inout Printer) {
    printer.write("<model \(code.name)(\(code.constructor.parameterText))>")
  }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    try machine.construct(self, arguments)
  }
  package override func forEachReference(_ visit: (Value) -> Void) {
    for capture in captures { visit(.object(capture)) }
    defaults.forEach(visit)
  }
}

/// An imported script: its globals are its members.
package final class ModuleObject: Object {
  package let name: String
  let module: Module

  init(_ name: String, _ module: Module) {
    self.name = name
    self.module = module
    super.init(.module)
  }

  package override var typeName: String { "module" }
  package override var memberNames: [String] { module.names }
  package override func describe(_ printer: inout Printer) { printer.write("<module \(name)>") }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    guard let cell = module.cells[name], cell.isSet else { return nil }
    return cell.value
  }
  package override func setMember(_ name: String, _ value: Value, _ machine: Machine)
    throws(Failure) -> Bool
  {
    module.cell(name).set(value)
    return true
  }
}

/// Walks over what is trained in a value: params, layers, models, and containers of them.
package enum ModuleTree {
  /// Dotted names as in PyTorch's state dicts; a shared param stands once, under its first name.
  package static func namedParameters(_ value: Value) -> [(String, ParamObject)] {
    var result: [(String, ParamObject)] = []
    var cells: Set<ObjectIdentifier> = []
    visit(value) { name, object in
      if let param = object as? ParamObject, cells.insert(ObjectIdentifier(param.cell)).inserted {
        result.append((name, param))
      }
    }
    return result
  }

  package static func parameters(_ value: Value) -> [ParamObject] {
    namedParameters(value).map(\.1)
  }

  package static func buffers(_ value: Value) -> [(name: String, owner: Object, key: String)] {
    var result: [(name: String, owner: Object, key: String)] = []
    visit(value) { name, object in
      for buffer in object.buffers {
        result.append((name.isEmpty ? buffer.name : name + "." + buffer.name, object, buffer.name))
      }
    }
    return result
  }

  package static func setTraining(_ value: Value, _ on: Bool) {
    visit(value) { _, object in object.setTraining(on) }
  }

  static func holdsParams(_ value: Value) -> Bool {
    var found = false
    visit(value) { _, object in
      if object.kind == .param || object.kind == .layer || object.kind == .model { found = true }
    }
    return found
  }

  /// Every object reachable by `children`, once, with its dotted name.
  package static func visit(_ value: Value, _ body: (String, Object) -> Void) {
    var seen: Set<ObjectIdentifier> = []
    var pending: [(String, Value)] = [("", value)]
    while let (name, next) = pending.popLast() {
      guard case .object(let object) = next else { continue }
      switch object.kind {
      case .param, .layer, .model, .list, .tuple, .dict, .function, .boundMethod, .other: break
      case .string, .range, .builtin, .module, .type, .unset: continue
      }
      // A name longer than this is no network's.
      if name.utf8.count > 4096 { continue }
      if !seen.insert(ObjectIdentifier(object)).inserted { continue }
      body(name, object)
      if let bound = object as? BoundMethodObject {
        pending.append((name, bound.receiver))
        pending.append((name, bound.function))
        continue
      }
      if let function = object as? FunctionObject {
        for case let model as ModelObject in function.captures {
          pending.append((name, .object(model)))
        }
      }
      for child in object.children.reversed() {
        pending.append((name.isEmpty ? child.name : name + "." + child.name, child.value))
      }
    }
  }
}
