// A plugin's op as a word: shapes, forward and gradient through the C functions.

import CDLSPlugin
import DLSRuntime
import DLSTensor

/// One op of a loaded plugin. The plugin stays loaded for the life of the process.
struct PluginOp: @unchecked Sendable {
  let op: dls_op
  let name: String
  let parameters: [Parameter]
  private let kinds: [Int32]

  init(_ op: dls_op, plugin: String) throws(Failure) {
    func bad(_ what: String) -> Failure {
      Failure("bad-plugin", "the plugin `\(plugin)` declares an op badly: \(what)")
    }
    self.op = op
    guard let raw = op.name else { throw bad("it has no name") }
    name = String(cString: raw)
    if name.isEmpty || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
      || name.first?.isNumber == true
    {
      throw bad("`\(name)` is no name")
    }
    if op.forward == nil { throw bad("`\(name)` has no forward") }
    if op.output_count < 1 || op.output_count > 16 || op.param_count < 0 || op.param_count > 64 {
      throw bad("`\(name)` has an impossible number of outputs or parameters")
    }
    let ways =
      (op.vjp != nil ? 1 : 0) + (op.gradient_source != nil ? 1 : 0)
      + (op.not_differentiable_why != nil ? 1 : 0)
    if ways != 1 {
      throw bad(
        "`\(name)` needs exactly one of: a vjp, the source of a gradient, or a reason why it has none"
      )
    }
    if op.param_count > 0, op.params == nil {
      throw bad("`\(name)` has no parameters where it claims some")
    }
    var parameters: [Parameter] = []
    var kinds: [Int32] = []
    for i in 0..<Int(op.param_count) {
      let p = op.params[i]
      guard let raw = p.name else { throw bad("a parameter of `\(name)` has no name") }
      let isOptional = p.presence == Int32(DLS_OPTIONAL)
      let own = String(cString: raw)
      switch p.kind {
      case Int32(DLS_TENSOR): parameters.append(Parameter(own, .tensor))
      case Int32(DLS_INT64):
        parameters.append(
          Parameter(own, .int, isOptional ? .int(Int(p.fallback.integer)) : .required))
      case Int32(DLS_DOUBLE):
        parameters.append(
          Parameter(own, .float, isOptional ? .float(p.fallback.number) : .required))
      case Int32(DLS_BOOLEAN):
        parameters.append(
          Parameter(own, .bool, isOptional ? .bool(p.fallback.integer != 0) : .required))
      case Int32(DLS_STRING):
        let text = p.fallback.text.map { String(cString: $0) } ?? ""
        parameters.append(Parameter(own, .string, isOptional ? .string(text) : .required))
      default: throw bad("the parameter `\(own)` of `\(name)` has an unknown kind")
      }
      kinds.append(p.kind)
    }
    self.parameters = parameters
    self.kinds = kinds
  }

  private static func text(_ raw: UnsafePointer<CChar>?) -> String {
    raw.map { String(cString: $0) } ?? ""
  }

  /// The word that scripts call.
  var builtin: Builtin {
    let own = self
    var details = PluginOp.text(op.documentation)
    if let why = op.not_differentiable_why {
      details += (details.isEmpty ? "" : "\n") + "No gradient: \(String(cString: why))."
    }
    return Builtin(
      name, parameters, PluginOp.text(op.summary), details: details,
      example: PluginOp.text(op.example), family: "Plugins"
    ) { call throws(Failure) in try own.run(call) }
  }

  private func run(_ call: Call) throws(Failure) -> Value {
    var tensors: [Tensor] = []
    var values: [dls_value] = []
    var texts: [[CChar]] = []
    for (i, kind) in kinds.enumerated() {
      var value = dls_value()
      switch kind {
      case Int32(DLS_TENSOR):
        let t = try call.tensor(i)
        tensors.append(try tensorWork { () throws(TensorError) in try t.contiguous() })
        continue
      case Int32(DLS_INT64): value.integer = Int64(try call.int(i))
      case Int32(DLS_DOUBLE): value.number = try call.float(i)
      case Int32(DLS_BOOLEAN): value.integer = try call.bool(i) ? 1 : 0
      default: texts.append(Array(try call.string(i).utf8CString))
      }
      values.append(value)
    }
    let work = PluginWork(self, tensors, values, texts, kinds, call.machine)
    let outputs = try tensorWork { () throws(TensorError) in try work.forward() }
    return outputs.count == 1 ? .tensor(outputs[0]) : .tuple(outputs.map { .tensor($0) })
  }
}

/// One call of a plugin's op, and what its gradient needs later.
final class PluginWork {
  private let own: PluginOp
  private let tensors: [Tensor]
  private var values: [dls_value]
  private let texts: [[CChar]]
  private let kinds: [Int32]
  private let machine: Machine

  init(
    _ own: PluginOp, _ tensors: [Tensor], _ values: [dls_value], _ texts: [[CChar]],
    _ kinds: [Int32], _ machine: Machine
  ) {
    self.own = own
    self.tensors = tensors
    self.values = values
    self.texts = texts
    self.kinds = kinds
    self.machine = machine
  }

  /// Fills a call's struct, runs the body with it, and turns a refusal into an error.
  private func withCall(
    outputs: PluginTensors?, gradients: PluginTensors?,
    results: [UnsafeMutablePointer<dls_tensor>?],
    _ body: (UnsafeMutablePointer<dls_call>) -> Int32
  ) throws(TensorError) {
    let inputs = PluginTensors(tensors)
    let side = PluginCall(machine.generator)
    var status: Int32 = 0
    var textIndex = 0
    var holders: [UnsafeMutablePointer<CChar>] = []
    defer { for holder in holders { holder.deallocate() } }
    var given = values
    var at = 0
    for kind in kinds where kind != Int32(DLS_TENSOR) {
      if kind == Int32(DLS_STRING) {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: texts[textIndex].count)
        copy.initialize(from: texts[textIndex], count: texts[textIndex].count)
        given[at].text = UnsafePointer(copy)
        holders.append(copy)
        textIndex += 1
      }
      at += 1
    }
    inputs.pointers.withUnsafeBufferPointer { ins in
      (outputs?.mutablePointers ?? []).withUnsafeBufferPointer { outs in
        (gradients?.pointers ?? []).withUnsafeBufferPointer { grads in
          results.withUnsafeBufferPointer { wanted in
            given.withUnsafeBufferPointer { numbers in
              var call = dls_call()
              call.size = UInt32(MemoryLayout<dls_call>.size)
              call.tensor_count = Int32(tensors.count)
              call.host = UnsafePointer(PluginHost.table)
              call.tensors = ins.baseAddress
              call.values = numbers.baseAddress
              call.value_count = Int32(given.count)
              call.output_count = own.op.output_count
              call.outputs = outs.baseAddress
              call.output_gradients = grads.baseAddress
              call.tensor_gradients = wanted.baseAddress
              call.session = Unmanaged.passUnretained(side).toOpaque()
              status = body(&call)
            }
          }
        }
      }
    }
    try Interrupt.check()
    if status != 0 { throw side.error(own.name) }
  }

  private func shapes() throws(TensorError) -> [(shape: [Int], dtype: DType)] {
    guard let rule = own.op.shape else {
      guard let first = tensors.first else {
        throw TensorError("bad-plugin", "\(own.name) has neither a shape rule nor a tensor")
      }
      return Array(repeating: (first.shape, first.dtype), count: Int(own.op.output_count))
    }
    let room = UnsafeMutablePointer<dls_shape>.allocate(capacity: Int(own.op.output_count))
    defer { room.deallocate() }
    room.initialize(repeating: dls_shape(), count: Int(own.op.output_count))
    try withCall(outputs: nil, gradients: nil, results: []) { rule($0, room) }
    var result: [(shape: [Int], dtype: DType)] = []
    for i in 0..<Int(own.op.output_count) {
      let shape = room[i]
      guard shape.ndim >= 0, shape.ndim <= 16, let dtype = PluginTensors.dtype(shape.dtype) else {
        throw TensorError("bad-plugin", "the shape rule of \(own.name) gives no shape")
      }
      let sizes = withUnsafeBytes(of: shape.sizes) {
        Array($0.bindMemory(to: Int64.self)[0..<Int(shape.ndim)])
      }
      result.append((sizes.map { Int($0) }, dtype))
    }
    return result
  }

  func forward() throws(TensorError) -> [Tensor] {
    let isMeta = tensors.contains(where: \.isMeta)
    var outputs: [Tensor] = []
    for (shape, dtype) in try shapes() {
      outputs.append(try Tensor.full(shape, .nan, dtype, meta: isMeta))
    }
    if !isMeta, let forward = own.op.forward {
      try withCall(outputs: PluginTensors(outputs), gradients: nil, results: []) { forward($0) }
    }
    let inputs = tensors
    if own.op.not_differentiable_why != nil { return outputs }
    return Autograd.record(own.name, inputs, outputs: outputs) {
      gradients, outputs throws(TensorError) in
      try self.backward(gradients, outputs)
    }
  }

  private func backward(_ gradients: [Tensor?], _ outputs: [Tensor]) throws(TensorError)
    -> [Tensor?]
  {
    if let source = own.op.gradient_source {
      return try composed(String(cString: source), gradients, outputs)
    }
    guard let vjp = own.op.vjp else { return tensors.map { _ in nil } }
    if Autograd.isRecording {
      throw TensorError(
        "no-gradient",
        "\(own.name) is differentiated by its plugin's own code, which has no second derivative",
        help: ["the plugin may give its gradient as a composition of words instead"])
    }
    var given: [Tensor] = []
    for (g, y) in zip(gradients, outputs) {
      if let g {
        given.append(try g.to(y.dtype).contiguous())
      } else {
        given.append(try Tensor.zeros(like: y))
      }
    }
    var results: [Tensor?] = []
    for t in tensors {
      if t.isTracked {
        results.append(try Tensor.full(t.shape, .nan, t.dtype))
      } else {
        results.append(nil)
      }
    }
    let wanted = PluginTensors(results.compactMap { $0 })
    var next = wanted.mutablePointers.makeIterator()
    let pointers = results.map { $0 == nil ? nil : next.next() ?? nil }
    try withCall(
      outputs: PluginTensors(outputs.map(\.detached)), gradients: PluginTensors(given),
      results: pointers
    ) { vjp($0) }
    return results
  }

  /// The gradient as a function of the language: differentiable again.
  private func composed(_ source: String, _ gradients: [Tensor?], _ outputs: [Tensor])
    throws(TensorError) -> [Tensor?]
  {
    do throws(Failure) {
      let function = try machine.evaluate(source, name: own.name + "'s gradient")
      var arguments: [Value] = []
      for (g, y) in zip(gradients, outputs) {
        if let g {
          arguments.append(.tensor(g))
        } else {
          arguments.append(
            .tensor(try tensorWork { () throws(TensorError) in try Tensor.zeros(like: y) }))
        }
      }
      arguments += outputs.map { .tensor($0) } + tensors.map { .tensor($0) }
      var at = 0
      var text = 0
      for kind in kinds where kind != Int32(DLS_TENSOR) {
        switch kind {
        case Int32(DLS_INT64): arguments.append(.int(Int(values[at].integer)))
        case Int32(DLS_DOUBLE): arguments.append(.float(values[at].number))
        case Int32(DLS_BOOLEAN): arguments.append(.bool(values[at].integer != 0))
        default:
          arguments.append(
            .string(
              String(decoding: texts[text].dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
          )
          text += 1
        }
        at += 1
      }
      let result = try machine.call(function, arguments)
      let parts = tensors.count == 1 ? [result] : result.sequenceItems ?? [result]
      return try parts.mapped { part throws(Failure) -> Tensor? in
        if case .none = part { return nil }
        return try part.asTensor()
      }
    } catch { throw error.asTensorError }
  }
}
