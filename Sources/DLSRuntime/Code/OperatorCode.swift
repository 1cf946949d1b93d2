// The operators as nodes: numbers on the spot, everything else by `Operators`.

import DLSSyntax
import DLSTensor

class BinaryCode: Code {
  final let left: Ref
  final let right: Ref
  final let sign: BinaryOperator
  final let signSpan: Span

  init(_ sign: BinaryOperator, _ left: Code, _ right: Code, _ signSpan: Span, _ span: Span) {
    self.sign = sign
    self.left = Ref(left)
    self.right = Ref(right)
    self.signSpan = signSpan
    super.init(span)
  }

  @inline(never)
  final func general(_ a: Value, _ b: Value, _ f: Frame) throws(Failure) -> Value {
    do { return try Operators.binary(sign, a, b, f.machine) } catch {
      throw f.locate(error, signSpan, operands: [left.span, right.span])
    }
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    return try general(a, try right.eval(f), f)
  }
}

final class AddCode: BinaryCode {
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if case .int(let x) = a, case .int(let y) = b {
      let (sum, overflow) = x.addingReportingOverflow(y)
      if !overflow { return .int(sum) }
    } else if case .float(let x) = a {
      if case .float(let y) = b { return .float(x + y) }
    }
    return try general(a, b, f)
  }
}

final class SubtractCode: BinaryCode {
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if case .int(let x) = a, case .int(let y) = b {
      let (difference, overflow) = x.subtractingReportingOverflow(y)
      if !overflow { return .int(difference) }
    } else if case .float(let x) = a {
      if case .float(let y) = b { return .float(x - y) }
    }
    return try general(a, b, f)
  }
}

final class MultiplyCode: BinaryCode {
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if case .int(let x) = a, case .int(let y) = b {
      let (product, overflow) = x.multipliedReportingOverflow(by: y)
      if !overflow { return .int(product) }
    } else if case .float(let x) = a {
      if case .float(let y) = b { return .float(x * y) }
    }
    return try general(a, b, f)
  }
}

final class DivideCode: BinaryCode {
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if case .float(let x) = a, case .float(let y) = b { return .float(x / y) }
    return try general(a, b, f)
  }
}

/// An int plus or minus a constant, the commonest of all.
final class AddConstant: BinaryCode {
  let constant: Int

  init(
    _ sign: BinaryOperator, _ left: Code, _ right: Code, _ constant: Int, _ signSpan: Span,
    _ span: Span
  ) {
    self.constant = sign == .subtract ? 0 &- constant : constant
    super.init(sign, left, right, signSpan, span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    if case .int(let x) = a {
      let (sum, overflow) = x.addingReportingOverflow(constant)
      if !overflow { return .int(sum) }
    }
    return try general(a, try right.eval(f), f)
  }
}

final class RemainderCode: BinaryCode {
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if case .int(let x) = a, case .int(let y) = b, y > 0 {
      let r = x % y
      return .int(r < 0 ? r + y : r)
    }
    return try general(a, b, f)
  }
}

final class NegateCode: Code {
  let operand: Ref
  init(_ operand: Code, _ span: Span) {
    self.operand = Ref(operand)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try operand.eval(f)
    if case .int(let x) = a, x != Int.min { return .int(-x) }
    if case .float(let x) = a { return .float(-x) }
    do { return try Operators.negate(a) } catch {
      throw f.locate(error, span, operands: [operand.span])
    }
  }
}

/// One comparison of two values.
class CompareCode: Code {
  final let left: Ref
  final let right: Ref
  final let sign: ComparisonOperator
  final let signSpan: Span

  init(_ sign: ComparisonOperator, _ left: Code, _ right: Code, _ signSpan: Span, _ span: Span) {
    self.sign = sign
    self.left = Ref(left)
    self.right = Ref(right)
    self.signSpan = signSpan
    super.init(span)
  }

  @inline(__always)
  private final func quick(_ a: Value, _ b: Value) -> Bool? {
    if case .int(let x) = a, case .int(let y) = b {
      switch sign {
      case .less: return x < y
      case .lessEqual: return x <= y
      case .greater: return x > y
      case .greaterEqual: return x >= y
      case .equal: return x == y
      case .notEqual: return x != y
      case .in, .notIn: return nil
      }
    }
    if case .float(let x) = a, case .float(let y) = b {
      switch sign {
      case .less: return x < y
      case .lessEqual: return x <= y
      case .greater: return x > y
      case .greaterEqual: return x >= y
      case .equal: return x == y
      case .notEqual: return x != y
      case .in, .notIn: return nil
      }
    }
    return nil
  }

  @inline(never)
  private final func general(_ a: Value, _ b: Value, _ f: Frame) throws(Failure) -> Value {
    do { return try Operators.compare(sign, a, b, f.machine) } catch {
      throw f.locate(error, signSpan, operands: [left.span, right.span])
    }
  }

  override final func eval(_ f: Frame) throws(Failure) -> Value {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if let result = quick(a, b) { return .bool(result) }
    return try general(a, b, f)
  }

  override final func test(_ f: Frame) throws(Failure) -> Bool {
    let a = try left.eval(f)
    let b = try right.eval(f)
    if let result = quick(a, b) { return result }
    return try f.truth(try general(a, b, f), span)
  }
}

/// `a < b <= c`: every operand once; elementwise on tensors.
final class ChainCode: Code {
  let first: Ref
  let links: [(sign: ComparisonOperator, signSpan: Span, operand: Code)]
  init(
    _ first: Code, _ links: [(sign: ComparisonOperator, signSpan: Span, operand: Code)],
    _ span: Span
  ) {
    self.first = Ref(first)
    self.links = links
    super.init(span)
  }

  override func eval(_ f: Frame) throws(Failure) -> Value {
    var left = try first.eval(f)
    var leftSpan = first.span
    var result = Value.bool(true)
    for link in links {
      let right = try link.operand.eval(f)
      do {
        let next = try Operators.compare(link.sign, left, right, f.machine)
        if case .bool(let x) = next, case .bool = result {
          if !x { return next }
          result = next
        } else {
          let (p, q) = (try result.asTensor(like: .bool), try next.asTensor(like: .bool))
          result = .tensor(
            try tensorWork { () throws(TensorError) in
              try (p.to(.i64) * q.to(.i64)).to(.bool)
            })
        }
      } catch { throw f.locate(error, link.signSpan, operands: [leftSpan, link.operand.span]) }
      left = right
      leftSpan = link.operand.span
    }
    return result
  }
}

final class LogicCode: Code {
  let left: Ref
  let right: Ref
  let isAnd: Bool
  init(_ left: Code, _ right: Code, isAnd: Bool, _ span: Span) {
    self.left = Ref(left)
    self.right = Ref(right)
    self.isAnd = isAnd
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value { .bool(try test(f)) }
  override func test(_ f: Frame) throws(Failure) -> Bool {
    let a = try left.test(f)
    return isAnd ? a ? try right.test(f) : false : a ? true : try right.test(f)
  }
}

final class NotCode: Code {
  let operand: Ref
  init(_ operand: Code, _ span: Span) {
    self.operand = Ref(operand)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value { .bool(try !operand.test(f)) }
  override func test(_ f: Frame) throws(Failure) -> Bool { try !operand.test(f) }
}

final class TransposeCode: Code {
  let operand: Ref
  init(_ operand: Code, _ span: Span) {
    self.operand = Ref(operand)
    super.init(span)
  }
  override func eval(_ f: Frame) throws(Failure) -> Value {
    let value = try operand.eval(f)
    do {
      let x = try value.asTensor()
      return .tensor(try tensorWork { () throws(TensorError) in try x.transposed() })
    } catch { throw f.locate(error, span, operands: [operand.span]) }
  }
}
