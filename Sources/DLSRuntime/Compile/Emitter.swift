// Instructions under construction: registers, constants, labels.

import DLSSyntax

/// A place in the code that jumps lead to, known or yet to come.
final class Label {
  fileprivate var target: Int?
  fileprivate var uses: [Int] = []
}

/// Where an operand lies.
enum Operand {
  /// A scratch register is let go of by the instruction that uses it.
  case register(Int, isScratch: Bool)
  case constant(Int)
}

/// One function's code while it is made.
final class Emitter {
  struct Loop {
    let onBreak: Label
    let onContinue: Label
    /// How many `no_grad` were open around it.
    let noGrads: Int
  }

  private(set) var instructions: [Instruction] = []
  private(set) var constants: [Value] = []
  private(set) var globals: [GlobalCell] = []
  var sites: [Site]
  private(set) var steps: [Step] = []
  private(set) var registerCount = 0
  private(set) var registerNames: [Int: String] = [:]
  private(set) var handlers: [FunctionCode.Handler] = []

  /// The first scratch register that is free.
  var free = 0 { didSet { registerCount = max(registerCount, free) } }
  /// Registers that hold variables, not intermediate results.
  private var variables: Set<Int> = []
  /// Variables that have a value here, whichever way the code came.
  var definite: Set<Int> = []
  /// Variables that may be read before they have one.
  private var mayBeUnset: Set<Int> = []
  var loops: [Loop] = []
  /// Registers that keep the depth outside of each open `no_grad`, outermost first.
  var noGrads: [Int] = []
  /// Holds the sizes of annotations, where the result is checked.
  var sizes: Int?
  private var globalIndex: [ObjectIdentifier: Int] = [:]
  private var lastLabel = -1
  /// True inside of an expression that is tried as a whole.
  var isFusing = false

  /// Site 0 is the whole: for instructions that need no place of their own.
  init(_ span: Span) { sites = [Site(span: span, place: span)] }

  // MARK: Registers

  func scratch() -> Int {
    free += 1
    return free - 1
  }

  func isScratch(_ register: Int) -> Bool { !variables.contains(register) }

  func addVariable(_ register: Int) {
    variables.insert(register)
    free = max(free, register + 1)
  }

  /// The end of a comprehension's variable.
  func removeVariable(_ register: Int) {
    variables.remove(register)
    definite.remove(register)
    emit(.clear, a: register)
  }

  /// Sees that a variable which is looked at can be told to have no value.
  func touch(_ variable: Variable) {
    if case .local(let register) = variable, !definite.contains(register) {
      mayBeUnset.insert(register)
    }
  }

  // MARK: Instructions

  @discardableResult
  func emit(
    _ op: Opcode, flags: UInt8 = 0, a: Int = 0, b: Int = 0, c: Int = 0, d: Int = 0, site: Int = 0
  ) -> Int {
    instructions.append(
      Instruction(
        op: op, flags: flags, a: UInt16(truncatingIfNeeded: a), b: UInt16(truncatingIfNeeded: b),
        c: UInt16(truncatingIfNeeded: c), d: Int32(truncatingIfNeeded: d),
        site: Int32(truncatingIfNeeded: site)))
    return instructions.count - 1
  }

  func jump(
    _ op: Opcode, flags: UInt8 = 0, a: Int = 0, b: Int = 0, c: Int = 0, to label: Label,
    site: Int = 0
  ) {
    let at = emit(op, flags: flags, a: a, b: b, c: c, site: site)
    if let target = label.target {
      instructions[at].d = Int32(truncatingIfNeeded: target - at)
    } else {
      label.uses.append(at)
    }
  }

  func place(_ label: Label) {
    let here = instructions.count
    label.target = here
    lastLabel = here
    for at in label.uses { instructions[at].d = Int32(truncatingIfNeeded: here - at) }
    label.uses = []
  }

  /// True when the code here cannot be reached.
  var isDead: Bool {
    guard let last = instructions.last, lastLabel != instructions.count else { return false }
    return last.op == .giveBack || last.op == .jump
  }

  var position: Int { instructions.count }

  func step(_ step: Step, to register: Int, first: Int = 0, count: Int = 0) {
    emit(.step, a: register, b: first, c: count, d: add(step), site: site(step.span, step.span))
  }

  func add(_ step: Step) -> Int {
    steps.append(step)
    return steps.count - 1
  }

  func site(_ span: Span, _ place: Span, _ operands: [Span] = [], _ detail: Site.Detail = .none)
    -> Int
  {
    sites.append(Site(span: span, place: place, operands: operands, detail: detail))
    return sites.count - 1
  }

  func constant(_ value: Value) -> Int {
    for (i, known) in constants.enumerated().suffix(16) {
      switch (known, value) {
      case (.int(let x), .int(let y)) where x == y: return i
      case (.float(let x), .float(let y)) where x.bitPattern == y.bitPattern: return i
      case (.bool(let x), .bool(let y)) where x == y: return i
      default: continue
      }
    }
    constants.append(value)
    return constants.count - 1
  }

  func global(_ cell: GlobalCell) -> Int {
    let id = ObjectIdentifier(cell)
    if let known = globalIndex[id] { return known }
    globals.append(cell)
    globalIndex[id] = globals.count - 1
    return globals.count - 1
  }

  /// Inner ranges are added before the ones around them.
  func addHandler(_ range: Range<Int>, target: Int, register: Int, noGrad: Int) {
    handlers.append(.init(range: range, target: target, register: register, noGrad: noGrad))
  }

  // MARK: The beginning

  /// Puts the making of boxes and unset variables in front, now that it is known which are needed.
  func finish(boxes: [Int], boxedArguments: [Int], checks: Bool) {
    let body = instructions
    instructions = []
    for register in mayBeUnset.sorted() where !boxes.contains(register) {
      emit(.unset, a: register)
    }
    for register in boxes { emit(.newBox, a: register) }
    for register in boxedArguments { emit(.box, a: register) }
    if checks, let sizes { emit(.checkShapes, a: sizes) }
    let shift = instructions.count
    instructions += body
    handlers = handlers.map {
      .init(
        range: ($0.range.lowerBound + shift)..<($0.range.upperBound + shift),
        target: $0.target + shift, register: $0.register, noGrad: $0.noGrad)
    }
  }
}
