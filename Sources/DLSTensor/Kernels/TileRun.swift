// Runs an elementwise program over tiles of some hundred floats that stay in the nearest caches.

/// A program with places in memory for its results: buffers are used again once a result has had
/// its last use.
struct TilePlan {
  enum Place {
    case input(Int)
    case constant(Int)
    case buffer(Int)
    case output(Int)
  }

  struct Step {
    var function: ElementwiseProgram.Function
    var a: Place
    var b: Place
    var y: Place
  }

  private(set) var steps: [Step] = []
  private(set) var constants: [Float] = []
  private(set) var buffers = 0
  /// Outputs that no instruction makes: an input or a constant as it is.
  private(set) var copies: [(from: Place, output: Int)] = []

  init(_ program: ElementwiseProgram) {
    let instructions = program.instructions
    var lastUse = [Int](repeating: -1, count: instructions.count)
    var outputOf = [Int](repeating: -1, count: instructions.count)
    var isAlive = [Bool](repeating: false, count: instructions.count)
    var extra: [(ElementwiseProgram.Operand, Int)] = []
    for (k, output) in program.outputs.enumerated() {
      if case .result(let i) = output, outputOf[i] < 0 {
        outputOf[i] = k
        isAlive[i] = true
      } else {
        extra.append((output, k))
      }
    }
    for i in instructions.indices.reversed() where isAlive[i] {
      for case .result(let j) in [instructions[i].a, instructions[i].b] {
        isAlive[j] = true
        lastUse[j] = max(lastUse[j], i)
      }
    }
    var places = [Place?](repeating: nil, count: instructions.count)
    var free: [Int] = []
    for (i, instruction) in instructions.enumerated() where isAlive[i] {
      let a = place(instruction.a, places)
      let b = place(instruction.b, places)
      for case .result(let j) in Set([instruction.a, instruction.b]) where lastUse[j] == i {
        if case .buffer(let k)? = places[j] { free.append(k) }
      }
      if outputOf[i] >= 0 {
        places[i] = .output(outputOf[i])
      } else if let k = free.popLast() {
        places[i] = .buffer(k)
      } else {
        places[i] = .buffer(buffers)
        buffers += 1
      }
      steps.append(Step(function: instruction.function, a: a, b: b, y: places[i] ?? .buffer(0)))
    }
    for (operand, k) in extra { copies.append((place(operand, places), k)) }
  }

  private mutating func place(_ operand: ElementwiseProgram.Operand, _ places: [Place?]) -> Place {
    switch operand {
    case .input(let i): return .input(i)
    case .result(let i): return places[i] ?? .buffer(0)
    case .constant(let x):
      if let known = constants.firstIndex(where: { $0.bitPattern == x.bitPattern }) {
        return .constant(known)
      }
      constants.append(x)
      return .constant(constants.count - 1)
    }
  }
}

/// One run of a plan over n elements.
struct TileRun {
  static let tile = 512

  let plan: TilePlan
  /// Dense inputs; where `isNumber` says so, one number.
  let inputs: [UnsafePointer<Float>]
  let isNumber: [Bool]
  let outputs: [UnsafeMutablePointer<Float>]

  /// Floats of scratch that one thread needs.
  var scratch: Int {
    (plan.buffers + plan.constants.count + isNumber.count(where: { $0 })) * TileRun.tile
  }

  func run(_ n: Int) throws(TensorError) {
    let tiles = (n + TileRun.tile - 1) / TileRun.tile
    let slots = n * plan.steps.count < 1 << 17 ? 1 : Parallel.threads
    let memory = try Storage.allocate(bytes: 4 * max(1, slots * scratch))
    let room = memory.pointer.assumingMemoryBound(to: Float.self)
    Parallel.slots(tiles, slots) { slot, begin, end in
      tiled(n, begin, end, room + slot * scratch)
    }
    withExtendedLifetime(memory) {}
  }

  private func tiled(_ n: Int, _ begin: Int, _ end: Int, _ room: UnsafeMutablePointer<Float>) {
    let tile = TileRun.tile
    // Constants and numbers are spread over tiles of their own, once.
    let constants = room + plan.buffers * tile
    for (i, x) in plan.constants.enumerated() {
      (constants + i * tile).update(repeating: x, count: tile)
    }
    var numbers: [UnsafePointer<Float>?] = []
    var next = constants + plan.constants.count * tile
    for (i, isNumber) in isNumber.enumerated() {
      numbers.append(isNumber ? UnsafePointer(next) : nil)
      if isNumber {
        next.update(repeating: inputs[i][0], count: tile)
        next += tile
      }
    }
    for t in begin..<end {
      if t & 255 == 0, Interrupt.isSet { return }
      let at = t * tile
      let count = min(tile, n - at)
      func source(_ place: TilePlan.Place) -> UnsafePointer<Float> {
        switch place {
        case .input(let i): numbers[i] ?? inputs[i] + at
        case .constant(let i): UnsafePointer(constants + i * tile)
        case .buffer(let i): UnsafePointer(room + i * tile)
        case .output(let i): UnsafePointer(outputs[i] + at)
        }
      }
      for step in plan.steps {
        let y: UnsafeMutablePointer<Float>
        switch step.y {
        case .output(let i): y = outputs[i] + at
        case .buffer(let i): y = room + i * tile
        case .input, .constant: continue
        }
        TileRun.apply(step.function, source(step.a), source(step.b), y, count)
      }
      for copy in plan.copies {
        (outputs[copy.output] + at).update(from: source(copy.from), count: count)
      }
    }
  }

  private static func apply(
    _ function: ElementwiseProgram.Function, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ n: Int
  ) {
    switch function {
    case .add: Loop.binaryRun(a, b, y, n) { (u: F16, v: F16) in u + v }
    case .subtract: Loop.binaryRun(a, b, y, n) { (u: F16, v: F16) in u - v }
    case .multiply: Loop.binaryRun(a, b, y, n) { (u: F16, v: F16) in u * v }
    case .divide: Loop.binaryRun(a, b, y, n) { (u: F16, v: F16) in u / v }
    case .negate: Loop.unaryRun(a, y, n) { (u: F16) in -u }
    case .exp: Loop.unaryRun(a, y, n) { (u: F16) in VectorMath.exp(u) }
    case .log: Loop.unaryRun(a, y, n) { (u: F16) in VectorMath.log(u) }
    case .tanh: Loop.unaryRun(a, y, n) { (u: F16) in VectorMath.tanh(u) }
    case .sigmoid: Loop.unaryRun(a, y, n) { (u: F16) in VectorMath.sigmoid(u) }
    case .relu: Loop.unaryRun(a, y, n) { (u: F16) in u.replacing(with: 0, where: u .< 0) }
    case .sqrt: Loop.unaryRun(a, y, n) { (u: F16) in u.root() }
    case .abs: Loop.unaryRun(a, y, n) { (u: F16) in u.replacing(with: -u, where: u .< 0) }
    case .tanhSlope: Loop.binaryRun(a, b, y, n) { (g: F16, v: F16) in g * (1 - v * v) }
    case .sigmoidSlope: Loop.binaryRun(a, b, y, n) { (g: F16, v: F16) in g * v * (1 - v) }
    case .reluSlope:
      Loop.binaryRun(a, b, y, n) { (g: F16, v: F16) in g.replacing(with: 0, where: v .<= 0) }
    case .sqrtSlope: Loop.binaryRun(a, b, y, n) { (g: F16, v: F16) in g / (v + v) }
    case .absSlope:
      Loop.binaryRun(a, b, y, n) { (g: F16, v: F16) in
        g.replacing(with: -g, where: v .< 0).replacing(with: 0, where: v .== 0)
      }
    }
  }
}
