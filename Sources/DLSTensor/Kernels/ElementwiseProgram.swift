// A chain of elementwise functions as a short list of instructions, and its derivative as another.

/// What an expression such as `tanh(a * x + b) * sigmoid(x)` computes for every element: each
/// instruction makes a new result from earlier ones, from inputs and from constants. It is run tile
/// by tile (TileRun), so that what lies between never leaves the nearest caches, or op by op where
/// gradients are recorded again.
package final class ElementwiseProgram {
  package enum Function: UInt8, Sendable {
    case add, subtract, multiply, divide
    case negate, exp, log, tanh, sigmoid, relu, sqrt, abs
    // Gradients: the first operand is the gradient, the second the result (for abs: the argument).
    case tanhSlope, sigmoidSlope, reluSlope, sqrtSlope, absSlope
  }

  package enum Operand: Hashable, Sendable {
    case input(Int)
    case result(Int)
    case constant(Float)
  }

  package struct Instruction: Hashable, Sendable {
    var function: Function
    var a: Operand
    /// The same as `a` for functions of one number.
    var b: Operand
  }

  private(set) var instructions: [Instruction] = []
  private(set) var inputCount: Int
  package var outputs: [Operand] = []
  package var count: Int { instructions.count }
  /// Derivatives by some of the inputs, made at the first use; the key has a bit for each input.
  private var derivatives: [UInt64: ElementwiseProgram] = [:]
  private(set) lazy var plan = TilePlan(self)

  /// Beyond this a program is not made: registers would outgrow the cache.
  package static let mostInstructions = 40
  package static let mostInputs = 16

  package init(inputs: Int) { inputCount = inputs }

  /// Adds an instruction; one that is already there is found again.
  @discardableResult
  package func emit(_ function: Function, _ a: Operand, _ b: Operand? = nil) -> Operand {
    let new = Instruction(function: function, a: a, b: b ?? a)
    if let known = instructions.firstIndex(of: new) { return .result(known) }
    instructions.append(new)
    return .result(instructions.count - 1)
  }

  /// The program of the gradients by the inputs whose bit is set: its last input is the gradient of
  /// this program's only output.
  func derivative(by mask: UInt64) -> ElementwiseProgram {
    if let known = derivatives[mask] { return known }
    let made = Differentiation(self, mask).program
    derivatives[mask] = made
    return made
  }
}

/// Reverse mode over the instructions.
private struct Differentiation {
  let program: ElementwiseProgram
  private var needed: [Bool] = []
  private var gradients: [ElementwiseProgram.Operand: ElementwiseProgram.Operand] = [:]
  private let mask: UInt64

  init(_ source: ElementwiseProgram, _ mask: UInt64) {
    self.mask = mask
    program = ElementwiseProgram(inputs: source.inputCount + 1)
    for instruction in source.instructions {
      program.emit(instruction.function, instruction.a, instruction.b)
      needed.append(isNeeded(instruction.a) || isNeeded(instruction.b))
    }
    if let output = source.outputs.first { add(.input(source.inputCount), to: output) }
    for i in source.instructions.indices.reversed() where needed[i] {
      guard let g = gradients[.result(i)] else { continue }
      step(source.instructions[i], .result(i), g)
    }
    for i in 0..<source.inputCount where mask >> UInt64(i) & 1 == 1 {
      program.outputs.append(gradients[.input(i)] ?? .constant(0))
    }
  }

  private func isNeeded(_ x: ElementwiseProgram.Operand) -> Bool {
    switch x {
    case .input(let i): mask >> UInt64(i) & 1 == 1
    case .result(let i): needed[i]
    case .constant: false
    }
  }

  private mutating func add(_ g: ElementwiseProgram.Operand, to x: ElementwiseProgram.Operand) {
    if !isNeeded(x) { return }
    gradients[x] = gradients[x].map { program.emit(.add, $0, g) } ?? g
  }

  private mutating func step(
    _ i: ElementwiseProgram.Instruction, _ y: ElementwiseProgram.Operand,
    _ g: ElementwiseProgram.Operand
  ) {
    switch i.function {
    case .add:
      add(g, to: i.a)
      add(g, to: i.b)
    case .subtract:
      add(g, to: i.a)
      if isNeeded(i.b) { add(program.emit(.negate, g), to: i.b) }
    case .multiply:
      if isNeeded(i.a) { add(program.emit(.multiply, g, i.b), to: i.a) }
      if isNeeded(i.b) { add(program.emit(.multiply, g, i.a), to: i.b) }
    case .divide:
      let scaled = program.emit(.divide, g, i.b)
      add(scaled, to: i.a)
      if isNeeded(i.b) {
        add(program.emit(.negate, program.emit(.multiply, scaled, y)), to: i.b)
      }
    case .negate: add(program.emit(.negate, g), to: i.a)
    case .exp: add(program.emit(.multiply, g, y), to: i.a)
    case .log: add(program.emit(.divide, g, i.a), to: i.a)
    case .tanh: add(program.emit(.tanhSlope, g, y), to: i.a)
    case .sigmoid: add(program.emit(.sigmoidSlope, g, y), to: i.a)
    case .relu: add(program.emit(.reluSlope, g, y), to: i.a)
    case .sqrt: add(program.emit(.sqrtSlope, g, y), to: i.a)
    case .abs: add(program.emit(.absSlope, g, i.a), to: i.a)
    // Only programs of gradients have these, and those are differentiated as ops.
    case .tanhSlope, .sigmoidSlope, .reluSlope, .sqrtSlope, .absSlope: break
    }
  }
}
