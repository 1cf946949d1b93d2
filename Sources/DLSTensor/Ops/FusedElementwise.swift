// Elementwise programs on tensors: in tiles where that is the common case, op by op where gradients
// are to be recorded again.

extension Tensor {
  /// From so many elements on, tiles pay for the program's making.
  package static let fusedFrom = 2048

  /// True where `elementwise` takes these inputs: dense f32 of one shape, and f32 numbers.
  package static func canFuse(_ inputs: [Tensor]) -> Bool {
    var shape: [Int]?
    for x in inputs {
      if x.dtype != .f32 || x.isMeta { return false }
      if x.rank == 0 { continue }
      if let shape, shape != x.shape { return false }
      shape = x.shape
      if x.count < fusedFrom { return false }
    }
    return shape != nil
  }

  /// What the program makes of inputs that `canFuse` accepts; recorded as one op.
  package static func elementwise(_ program: ElementwiseProgram, _ inputs: [Tensor])
    throws(TensorError) -> Tensor
  {
    guard let whole = inputs.first(where: { $0.rank > 0 }) else {
      throw TensorError("bad-argument", "an elementwise program needs a tensor")
    }
    let y = try empty(whole.shape, .f32)
    try run(program, inputs, [y])
    return Autograd.record("elementwise", inputs, y) { g, _ throws(TensorError) in
      try program.gradients(g, inputs)
    }
  }

  fileprivate static func run(
    _ program: ElementwiseProgram, _ inputs: [Tensor], _ outputs: [Tensor]
  ) throws(TensorError) {
    let dense = inputs.map { $0.isSpread ? $0 : $0.packed() }
    try TileRun(
      plan: program.plan, inputs: dense.map { UnsafePointer($0.pointer(Float.self)) },
      isNumber: dense.map(\.isSpread), outputs: outputs.map { $0.pointer(Float.self) }
    ).run(outputs[0].count)
    withExtendedLifetime(dense) {}
  }
}

extension ElementwiseProgram {
  /// Gradients of the tracked inputs, nil for the others.
  fileprivate func gradients(_ g: Tensor, _ inputs: [Tensor]) throws(TensorError) -> [Tensor?] {
    var mask: UInt64 = 0
    for (i, x) in inputs.enumerated() where x.isTracked { mask |= 1 << UInt64(i) }
    let program = derivative(by: mask)
    var found: [Tensor]
    if Autograd.isRecording || g.dtype != .f32 || g.isMeta {
      found = try program.inOps(inputs + [g])
    } else {
      found = []
      for _ in program.outputs { found.append(try Tensor.empty(g.shape, .f32)) }
      try Tensor.run(program, inputs + [g], found)
    }
    found.reverse()
    return try inputs.mapped { x throws(TensorError) in
      x.isTracked ? try found.popLast()?.reduced(to: x.shape) : nil
    }
  }

  /// The outputs by one op an instruction, which record themselves.
  package func inOps(_ inputs: [Tensor]) throws(TensorError) -> [Tensor] {
    var results: [Tensor] = []
    func value(_ operand: Operand) throws(TensorError) -> Tensor {
      switch operand {
      case .input(let i): inputs[i]
      case .result(let i): results[i]
      case .constant(let x): try Tensor.scalar(Double(x), inputs[0].dtype)
      }
    }
    for i in instructions {
      results.append(try ElementwiseProgram.op(i.function, try value(i.a), try value(i.b)))
    }
    let shape = inputs.first { $0.rank > 0 }?.shape ?? []
    return try outputs.mapped { output throws(TensorError) in
      let x = try value(output)
      return x.shape == shape ? x : try x.expand(shape)
    }
  }

  private static func op(_ function: Function, _ a: Tensor, _ b: Tensor) throws(TensorError)
    -> Tensor
  {
    switch function {
    case .add: try a + b
    case .subtract: try a - b
    case .multiply: try a * b
    case .divide: try a / b
    case .negate: try a.negate()
    case .exp: try a.exp()
    case .log: try a.log()
    case .tanh: try a.tanh()
    case .sigmoid: try a.sigmoid()
    case .relu: try a.relu()
    case .sqrt: try a.sqrt()
    case .abs: try a.abs()
    case .tanhSlope: try a * (b.number(1) - b * b)
    case .sigmoidSlope: try a * b * (b.number(1) - b)
    case .reluSlope: try a.passing(where: b)
    case .sqrtSlope: try a / (b + b)
    case .absSlope: try a * b.sign()
    }
  }
}

extension Array {
  /// `map` for closures that throw a TensorError.
  fileprivate func mapped<T>(_ body: (Element) throws(TensorError) -> T) throws(TensorError) -> [T]
  {
    var result: [T] = []
    result.reserveCapacity(count)
    for element in self { result.append(try body(element)) }
    return result
  }
}
