// What the machine runs: sixteen bytes an instruction, over registers.

import DLSSyntax

/// `a` is nearly always the register that gets the result; `b` and `c` are operands.
struct Instruction {
  var op: Opcode
  /// Which operands are scratch registers, to be let go of once used; what else an opcode says.
  var flags: UInt8 = 0
  var a: UInt16 = 0
  var b: UInt16 = 0
  var c: UInt16 = 0
  /// A jump's distance, a constant's or a step's index, a small int.
  var d: Int32 = 0
  /// Where it stands in the text: an index into the code's sites.
  var site: Int32 = 0

  /// The first, second or third operand is a scratch register.
  static let consumesFirst: UInt8 = 1
  static let consumesSecond: UInt8 = 2
  static let consumesThird: UInt8 = 64
  /// `x += v`: a param is set, and stays what it is.
  static let augments: UInt8 = 4
  /// A jump is taken when the condition holds, not when it fails.
  static let whenTrue: UInt8 = 8
  /// The function of a pipe, which has errors of its own.
  static let pipes: UInt8 = 16
  /// A field's model is a captured one.
  static let fromCapture: UInt8 = 32
}

/// Of the arithmetic and the comparing ones there are three forms: two registers, a register and a
/// constant (K), a constant and a register.
enum Opcode: UInt8 {
  // Values
  case constant, move, take, none, clear
  case getGlobal, setGlobal, getBox, setBox, getCapture, setCapture, getField, setField
  case newBox, box, unset, checkSet
  // Numbers
  case addInt
  case add, addK, kAdd
  case subtract, subtractK, kSubtract
  case multiply, multiplyK, kMultiply
  case divide, divideK, kDivide
  case remainder, remainderK
  case binary, concatenateText, concatenate, negate
  // Conditions
  case compare
  case jumpLess, jumpLessK
  case jumpLessEqual, jumpLessEqualK
  case jumpGreater, jumpGreaterK
  case jumpGreaterEqual, jumpGreaterEqualK
  case jumpEqual, jumpEqualK
  case jumpNotEqual, jumpNotEqualK
  case jumpIf, jumpIfFalseBool, chain
  // Control
  case jump, loop
  case prepareFor, prepareRange, forNext
  case saveNoGrad, enterNoGrad, leaveNoGrad
  // Calls
  case call, callGlobal, callNamed, findMethod, callMethod, callMethodNamed
  case giveBack, halt
  case checkShapes, checkResult
  // Parts
  case getIndex, setIndex, setPlace, unpack, appendItem
  case step
}

/// What an instruction needs to know when it goes the long way or fails.
struct Site {
  /// The whole expression or statement.
  var span: Span
  /// The operator, the member's name, the callee.
  var place: Span
  var operands: [Span] = []
  var detail = Detail.none
  /// The whole expression, where this is the first of its operators.
  var fusion: Fusion?

  enum Detail {
    case none
    case binary(BinaryOperator)
    case comparison(ComparisonOperator)
    /// A variable's name.
    case name(String)
    case call(CallShape)
    case method(MethodSite)
  }
}

/// How arguments were written: by position, by name, or spread.
final class CallShape {
  let names: [String?]
  let isSpread: [Bool]
  /// Which parameters of `knownCallee` the arguments belong to: found once, since a place in the
  /// text nearly always calls the same word.
  var knownCallee: Unmanaged<BuiltinObject>?
  var knownPlaces: [Int] = []

  init(names: [String?], isSpread: [Bool]) {
    self.names = names
    self.isSpread = isSpread
  }

  var hasSpread: Bool { isSpread.contains(true) }
}

/// What the name after a point could mean, apart from a member.
final class MethodSite {
  let name: String
  /// Nearest first.
  let candidates: [Candidate]
  /// Tensors have few members of their own; most names are words.
  let isTensorMember: Bool
  /// The word that is a method only, declared as `.name`.
  var method: Value?
  var knowsMethod = false
  let shape: CallShape?
  /// `xs.append(x)` with nothing else: the commonest of all.
  let isAppend: Bool
  /// The global that the name means first.
  let global: GlobalCell?

  enum Candidate {
    case variable(Variable)
    case value(Value)
  }

  init(_ name: String, _ candidates: [Candidate], shape: CallShape?) {
    self.name = name
    self.candidates = candidates
    self.shape = shape
    isTensorMember = Machine.tensorMembers.contains(name)
    isAppend = name == "append" && shape == nil
    if case .variable(.global(let cell))? = candidates.first { global = cell } else { global = nil }
  }

  var hasNoMethod: Bool { knowsMethod && method == nil }

  /// False for values that have no members, whatever the name.
  @inline(__always) func mayBeMember(of x: Slot) -> Bool {
    switch x.tag {
    case Slot.Tag.tensor: isTensorMember
    case Slot.Tag.object: x.kind != .list && x.kind != .string
    default: false
    }
  }
}
