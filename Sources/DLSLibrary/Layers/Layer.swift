// Layers: what they have in common, and the composition of them.

import DLSRuntime
import DLSTensor

/// A callable with params. Kinds of layers subclass it; `LayerWords` declares them.
package class Layer: Container {
  package let name: String
  package var isTraining = true

  package init(_ name: String) {
    self.name = name
    super.init(.layer)
  }

  package override var typeName: String { name }
  package override var isCallable: Bool { true }
  package override func setTraining(_ on: Bool) { isTraining = on }

  /// Params and inner layers by name, in PyTorch's order.
  package var parts: [(name: String, value: Value)] { [] }
  /// What stands between the brackets when the layer is shown.
  package var settings: String { "" }
  package override var children: [(name: String, value: Value)] { parts }
  package override var memberNames: [String] { parts.map(\.name) + ["training"] }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if name == "training" { return .bool(isTraining) }
    return parts.first { $0.name == name }?.value
  }
  package override func describe(_ printer: inout Printer) { printer.write("\(name)(\(settings))") }
  package override func forEachReference(_ visit: (Value) -> Void) {
    for part in parts { visit(part.value) }
  }

  package final override func call(_ arguments: CallArguments, _ machine: Machine)
    throws(Failure) -> Value
  {
    guard let watcher = machine.callWatcher else { return try run(arguments, machine) }
    return try watcher.watch(self, step: nil) { () throws(Failure) in try run(arguments, machine) }
  }

  /// What a call does; layers of one tensor override `forward` instead.
  package func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure) -> Value {
    guard let first = arguments.positional.first, arguments.positional.count == 1,
      arguments.named.isEmpty
    else {
      throw Failure("bad-argument", "\(name) takes one input")
    }
    let x = try first.asTensor(like: .f32)
    do throws(TensorError) { return .tensor(try forward(x, machine)) } catch {
      let failure = Failure(error)
      if let line = mend(for: x) {
        failure.help.insert(line, at: 0)
      } else if error.code == "shape-mismatch", error.help.isEmpty, buffers.isEmpty {
        let line = Repairs.help([(0, x)]) { trial throws(TensorError) in
          try self.forward(trial[0], machine)
        }
        if let line { failure.help = [line] }
      }
      failure.arose(in: self)
      throw failure
    }
  }

  /// An error of this layer's own work, which says so.
  func failed(_ error: TensorError) -> Failure {
    let failure = Failure(error)
    failure.arose(in: self)
    return failure
  }

  /// A line of help for an input that the layer cannot take.
  package func mend(for x: Tensor) -> String? { nil }

  package func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor { x }

  /// The first layer of a network whose params the first use has yet to make.
  package static func firstOpen(in net: Value) -> Layer? {
    var found: Layer?
    ModuleTree.visit(net) { _, object in
      guard found == nil, let layer = object as? Layer else { return }
      for part in layer.parts { if case .none = part.value { found = layer } }
    }
    return found
  }
}

/// A param of a layer, made when its size is known.
package final class LateParam {
  package private(set) var param: ParamObject?
  package init() {}
  package init(_ tensor: Tensor) { param = ParamObject(ParameterCell(tensor)) }
  package func make(_ tensor: Tensor) { param = ParamObject(ParameterCell(tensor)) }
  package func replace(_ new: ParamObject) { param = new }
  package var value: Value { param.map { .object($0) } ?? .none }
  package var tensor: Tensor? { param?.cell.value }
}

extension Layer {
  /// Uniform numbers from ±bound, as PyTorch fills its layers.
  static func uniform(_ shape: [Int], _ bound: Double, _ machine: Machine) throws(TensorError)
    -> Tensor
  {
    let t = try Tensor.empty(shape, .f32)
    machine.generator.fillUniform(t, -bound, bound)
    return t
  }
}

extension Failure {
  fileprivate func arose(in layer: Layer) {
    self.layer = layer
    name(layer: "in \(LayerPath.short(layer))")
  }

  /// Inside a composition an op's argument is no text of the script: what it said of that is said of
  /// the layer's input, and the composition's own input is labelled.
  fileprivate func speakOfInput(_ input: Value?) {
    help = help.map { $0.replacing("{0}", with: "input") }
    notes = notes.map { $0.replacing("{0}", with: "input") }
    labels = input?.tensorView.map { [(0, $0.typeText)] } ?? []
    argument = 0
  }
}

/// Layers and functions one after another: `f >> g`, `Sequential(f, g)`.
package final class SequentialLayer: Layer {
  package private(set) var steps: [Value]

  package init(_ steps: [Value]) {
    self.steps = steps
    super.init("Sequential")
  }

  package static func composed(_ a: Value, _ b: Value) -> Value {
    func steps(_ value: Value) -> [Value] {
      if case .object(let layer as SequentialLayer) = value { return layer.steps }
      return [value]
    }
    return .object(SequentialLayer(steps(a) + steps(b)))
  }

  package override var parts: [(name: String, value: Value)] {
    steps.enumerated().map { (String($0), $1) }
  }
  package override var length: Int? { steps.count }
  package override func clearReferences() { steps = [] }

  package override func describe(_ printer: inout Printer) {
    printer.enter(self, "Sequential(…)") { printer in
      for (i, step) in steps.enumerated() {
        if i > 0 { printer.write(" >> ") }
        switch step.objectValue {
        case let word as BuiltinObject: printer.write(word.builtin.name)
        case let function as FunctionObject: printer.write(function.name)
        default: printer.value(step)
        }
      }
    }
  }

  private static func short(_ step: Object) -> String {
    switch step {
    case let word as BuiltinObject: word.builtin.name
    case let function as FunctionObject: function.name
    default: LayerPath.short(step)
    }
  }

  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    var given = arguments
    var isDone = false
    for (i, step) in steps.enumerated() {
      if isDone {
        isDone = false
        continue
      }
      do throws(Failure) {
        if let y = try SequentialLayer.normalisedAndCut(steps, i, given, machine) {
          given = CallArguments([.tensor(y)])
          isDone = true
          continue
        }
        guard case .object(let object) = step else { continue }
        if let watcher = machine.callWatcher, !(object is Layer) {
          let inner = given
          given = CallArguments([
            try watcher.watch(object, step: i) { () throws(Failure) in
              try object.call(inner, machine)
            }
          ])
        } else {
          given = CallArguments([try object.call(given, machine)])
        }
      } catch {
        if i > 0, error.diagnostic == nil { error.speakOfInput(arguments.positional.first) }
        // An op or a function among the layers has no name of its own in the network.
        if error.layer == nil, error.diagnostic == nil, let own = step.objectValue {
          error.layer = own
          error.name(layer: "in layer \(i) of the composition: \(SequentialLayer.short(own))")
        }
        throw error
      }
    }
    return given.positional[0]
  }

  /// Batch norm and the relu after it in one pass, where a composition has them so; else nil.
  private static func normalisedAndCut(
    _ steps: [Value], _ i: Int, _ given: CallArguments, _ machine: Machine
  ) throws(Failure) -> Tensor? {
    guard i + 1 < steps.count, machine.callWatcher == nil, given.named.isEmpty,
      given.positional.count == 1,
      let norm = steps[i].objectValue as? BatchNormLayer,
      let x = given.positional[0].tensorView
    else { return nil }
    switch steps[i + 1].objectValue {
    case let word as BuiltinObject where word.builtin.name == "relu": break
    case let layer as FunctionLayer where layer.name == "ReLU": break
    default: return nil
    }
    do throws(TensorError) { return try norm.forward(x, relu: true) } catch {
      throw norm.failed(error)
    }
  }

  package override func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    let part = try Indexing.get(.list(steps), items, machine)
    if let list = part.objectValue as? ListObject { return .object(SequentialLayer(list.items)) }
    return part
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    try machine.iterate(.list(steps))
  }

  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    .object(SequentialLayer(try steps.mapped(part)))
  }
}
