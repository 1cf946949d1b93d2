// Finds the expressions that may be evaluated in one go; see Fusion.

import DLSSyntax
import DLSTensor

extension Compiler {
  /// Compiles an expression as ever; where it is a tree of two or more elementwise operators, the
  /// first instruction that goes the long way will try the whole.
  func emit(_ e: Expression, to r: Int) throws(Failure) {
    var words: [GlobalCell] = []
    var operators = 0
    guard !out.isFusing, e.isOperator, let tree = part(e, &words, &operators), operators > 1 else {
      return try emitParts(e, to: r)
    }
    let (start, firstScratch) = (out.position, out.free)
    out.isFusing = true
    defer { out.isFusing = false }
    try emitParts(e, to: r)
    out.attach(from: start, firstScratch: firstScratch) { scratch, distance in
      Fusion(tree, words: words, target: r, scratch: scratch, distance: distance)
    }
  }

  private func part(_ e: Expression, _ words: inout [GlobalCell], _ operators: inout Int)
    -> Fusion.Tree?
  {
    if let value = literal(e) {
      switch value {
      case .int(let x): return .number(Float(Double(x)))
      case .float(let x): return .number(Float(x))
      case .bool, .object, .tensor, .none: return nil
      }
    }
    switch e.kind {
    case .name(let name):
      switch variable(name) {
      case .local(let register): return .variable(.register(register))
      case .global(let cell): return .variable(.global(cell))
      case .boxed, .capture, .field, .method: return nil
      }
    case .unary(.negate, let x):
      operators += 1
      return part(x, &words, &operators).map { .unary(.negate, $0) }
    case .binary(let sign, let a, let b, _):
      operators += 1
      guard let left = part(a, &words, &operators) else { return nil }
      if sign == .power {
        // As the op does it: small powers are products.
        guard case .int(let n)? = literal(b), n == 2 || n == 3 else { return nil }
        let square = Fusion.Tree.binary(.multiply, left, left)
        return n == 2 ? square : .binary(.multiply, square, left)
      }
      guard let function = sign.elementwise, let right = part(b, &words, &operators) else {
        return nil
      }
      return .binary(function, left, right)
    case .call(let callee, let arguments):
      guard arguments.count == 1, arguments[0].name == nil, case .name(let name) = callee.kind,
        let function = Fusion.words[name], case .global(let cell) = variable(name), !cell.isSet
      else { return nil }
      operators += 1
      words.append(cell)
      return part(arguments[0].value, &words, &operators).map { .unary(function, $0) }
    default: return nil
    }
  }
}

extension Expression {
  fileprivate var isOperator: Bool {
    switch kind {
    case .unary, .binary, .call: true
    default: false
    }
  }
}

extension BinaryOperator {
  fileprivate var elementwise: ElementwiseProgram.Function? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide, .remainder, .matrixMultiply, .power, .concatenate: nil
    }
  }
}

extension Emitter {
  /// Gives the first instruction since `start` that can go the long way a fusion to try.
  func attach(
    from start: Int, firstScratch: Int, _ make: (_ scratch: Range<Int>, _ distance: Int) -> Fusion?
  ) {
    var last = firstScratch - 1
    var first: Int?
    for at in start..<position {
      let i = instructions[at]
      last = max(last, Int(i.a), i.op == .callGlobal ? Int(i.b) + Int(i.c) : 0)
      if first == nil, i.op.canFuse { first = at }
    }
    guard let first else { return }
    sites[Int(instructions[first].site)].fusion = make(
      firstScratch..<max(firstScratch, last + 1), position - first)
  }
}

extension Opcode {
  fileprivate var canFuse: Bool {
    switch self {
    case .add, .addK, .kAdd, .subtract, .subtractK, .kSubtract, .multiply, .multiplyK, .kMultiply,
      .divide, .divideK, .kDivide, .addInt, .binary, .negate, .callGlobal:
      true
    default: false
    }
  }
}
