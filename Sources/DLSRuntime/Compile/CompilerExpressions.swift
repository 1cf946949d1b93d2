// Trees to code: expressions.

import DLSSyntax
import DLSTensor

extension Compiler {
  func expression(_ e: Expression) throws(Failure) -> Code {
    switch e.kind {
    case .none: return Constant(.none, e.span)
    case .bool(let x): return Constant(.bool(x), e.span)
    case .int(let x): return Constant(.int(x), e.span)
    case .float(let x): return Constant(.float(x), e.span)
    case .placeholder: return Constant(Placeholder.value, e.span)
    case .string(let parts): return try text(parts, e.span)
    case .name(let name): return nameCode(name, e.span)
    case .list(let items): return SequenceCode(try self.items(items), isTuple: false, e.span)
    case .tuple(let items): return SequenceCode(try self.items(items), isTuple: true, e.span)
    case .dict(let entries):
      var result: [(key: Code, value: Code)] = []
      for entry in entries {
        result.append((try expression(entry.key), try expression(entry.value)))
      }
      return DictCode(result, e.span)
    case .comprehension(let body, let clauses): return try comprehension(body, clauses, e.span)
    case .spread:
      throw fail("bad-spread", "`...` spreads inside a list, a tuple or a call only", e.span)
    case .unary(.negate, let operand):
      let code = try expression(operand)
      if let constant = code as? Constant {
        if case .int(let x) = constant.value, x != Int.min { return Constant(.int(-x), e.span) }
        if case .float(let x) = constant.value { return Constant(.float(-x), e.span) }
      }
      return NegateCode(code, e.span)
    case .binary(let sign, let a, let b, let signSpan):
      return binaryCode(sign, try expression(a), try expression(b), signSpan, e.span)
    case .comparison(let first, let rest):
      let left = try expression(first)
      if rest.count == 1 {
        return CompareCode(
          rest[0].comparison, left, try expression(rest[0].operand), rest[0].operatorSpan, e.span)
      }
      var links: [(sign: ComparisonOperator, signSpan: Span, operand: Code)] = []
      for link in rest {
        links.append((link.comparison, link.operatorSpan, try expression(link.operand)))
      }
      return ChainCode(left, links, e.span)
    case .and(let a, let b):
      return LogicCode(try expression(a), try expression(b), isAnd: true, e.span)
    case .or(let a, let b):
      return LogicCode(try expression(a), try expression(b), isAnd: false, e.span)
    case .not(let a): return NotCode(try expression(a), e.span)
    case .range(let a, let b): return RangeCode(try expression(a), try expression(b), e.span)
    case .pipe(let a, let b): return PipeCode(try expression(a), try expression(b), e.span)
    case .compose(let a, let b): return ComposeCode(try expression(a), try expression(b), e.span)
    case .call(let callee, let arguments): return try call(callee, arguments, e.span)
    case .index(let base, let items):
      return IndexCode(try expression(base), try subscripts(items), e.span)
    case .member(let base, let name, let nameSpan):
      return MemberCode(try expression(base), name, nameSpan, candidates(name, nameSpan), e.span)
    case .transpose(let operand): return TransposeCode(try expression(operand), e.span)
    case .function(let function): return FunctionCreate(try self.function(function), e.span)
    case .if(let condition, let then, let otherwise):
      return IfCode(
        try expression(condition), try block(then),
        try otherwise.map { b throws(Failure) in try block(b) }, e.span)
    case .block(let b): return try block(b)
    case .try(let body, let name, let handler):
      let bodyCode = try block(body)
      let store = name.map { NameStore(bind($0.text), $0.text, $0.span) }
      return TryCode(bodyCode, store, try block(handler), e.span)
    case .noGrad(let body): return NoGradCode(try block(body), e.span)
    case .error: throw fail("syntax", "this could not be read", e.span)
    }
  }

  func binaryCode(_ sign: BinaryOperator, _ a: Code, _ b: Code, _ signSpan: Span, _ span: Span)
    -> BinaryCode
  {
    if sign == .add || sign == .subtract, let constant = b as? Constant,
      case .int(let x) = constant.value,
      x != Int.min
    {
      return AddConstant(sign, a, b, x, signSpan, span)
    }
    switch sign {
    case .add: return AddCode(sign, a, b, signSpan, span)
    case .subtract: return SubtractCode(sign, a, b, signSpan, span)
    case .multiply: return MultiplyCode(sign, a, b, signSpan, span)
    case .divide: return DivideCode(sign, a, b, signSpan, span)
    case .remainder: return RemainderCode(sign, a, b, signSpan, span)
    case .floorDivide, .matrixMultiply, .power, .concatenate:
      return BinaryCode(sign, a, b, signSpan, span)
    }
  }

  func nameCode(_ name: String, _ span: Span) -> Code {
    if let variable = scope.find(name) { return get(variable, name, span) }
    if let place = scope.methodPlace(name) { return MethodGet(place, name, span) }
    return GlobalGet(module.cell(name), span)
  }

  private func get(_ variable: Variable, _ name: String, _ span: Span) -> Code {
    switch variable {
    case .local(let slot): LocalGet(slot, name, span)
    case .boxed(let slot): BoxGet(slot, name, span)
    case .capture(let index): CaptureGet(index, name, span)
    case .field(let place, let slot): FieldGet(place, slot, name, span)
    case .global(let cell): GlobalGet(cell, span)
    }
  }

  /// What a uniform call's name could mean, nearest first.
  private func candidates(_ name: String, _ span: Span) -> [Code] {
    var result: [Code] = []
    let own = nameCode(name, span)
    result.append(own)
    let cell = module.cell(name)
    if !(own is GlobalGet) { result.append(GlobalGet(cell, span)) }
    if let builtin = cell.builtin { result.append(Constant(builtin, span)) }
    return result
  }

  private func items(_ items: [Expression]) throws(Failure) -> [ItemCode] {
    var result: [ItemCode] = []
    for item in items {
      if case .spread(let inner) = item.kind {
        result.append(ItemCode(value: try expression(inner), isSpread: true))
      } else {
        result.append(ItemCode(value: try expression(item), isSpread: false))
      }
    }
    return result
  }

  func subscripts(_ items: [Subscript]) throws(Failure) -> [SubscriptCode] {
    var result: [SubscriptCode] = []
    for item in items {
      switch item {
      case .item(let e): result.append(.item(try expression(e)))
      case .ellipsis: result.append(.ellipsis)
      case .slice(let from, let to, let step, let span):
        result.append(
          .slice(
            from: try from.map { e throws(Failure) in try expression(e) },
            to: try to.map { e throws(Failure) in try expression(e) },
            step: try step.map { e throws(Failure) in try expression(e) }, span: span))
      }
    }
    return result
  }

  private func call(_ callee: Expression, _ arguments: [Argument], _ span: Span) throws(Failure)
    -> Code
  {
    var codes: [ArgumentCode] = []
    for argument in arguments {
      if case .spread(let inner) = argument.value.kind {
        codes.append(
          ArgumentCode(
            name: nil, value: try expression(inner), isSpread: true, span: argument.value.span))
      } else {
        if let name = argument.name, codes.contains(where: { $0.name == name.text }) {
          throw fail("duplicate-argument", "the argument `\(name.text)` is given twice", name.span)
        }
        codes.append(
          ArgumentCode(
            name: argument.name?.text, value: try expression(argument.value),
            span: argument.value.span))
      }
    }
    if case .member(let base, let name, let nameSpan) = callee.kind {
      return MethodCallCode(
        try expression(base), name, nameSpan, codes, candidates(name, nameSpan), span)
    }
    return CallCode(try expression(callee), codes, span)
  }

  private func text(_ parts: [StringPart], _ span: Span) throws(Failure) -> Code {
    let codes = try textParts(parts)
    if codes.isEmpty { return Constant(.string(""), span) }
    if codes.count == 1, case .text(let text) = codes[0] { return Constant(.string(text), span) }
    return TextCode(codes, span)
  }

  private func textParts(_ parts: [StringPart]) throws(Failure) -> [TextCode.Part] {
    var result: [TextCode.Part] = []
    for part in parts {
      switch part {
      case .text(let text): result.append(.text(text))
      case .interpolation(let e, let format):
        result.append(.value(try expression(e), format: try textParts(format)))
      }
    }
    return result
  }

  private func comprehension(_ body: Expression, _ clauses: [ComprehensionClause], _ span: Span)
    throws(Failure) -> Code
  {
    // Variables of a comprehension are its own; boxed when a function in it may keep them.
    var reader = NameReader(Block([], span))
    reader.read(body)
    for case .if(let condition) in clauses { reader.read(condition) }
    let kept = reader.mentionedInside()
    let depth = scope.overlays.count
    defer { while scope.overlays.count > depth { scope.overlays.removeLast() } }
    var codes: [ComprehensionCode.Clause] = []
    for clause in clauses {
      switch clause {
      case .if(let condition): codes.append(.when(try expression(condition)))
      case .for(let pattern, let sequence):
        let sequenceCode = try expression(sequence)
        var overlay: [String: Variable] = [:]
        var boxes: [Int] = []
        for name in names(pattern) {
          let slot = scope.newSlot()
          if kept.contains(name) {
            boxes.append(slot)
            overlay[name] = .boxed(slot)
          } else {
            overlay[name] = .local(slot)
          }
        }
        scope.overlays.append(overlay)
        codes.append(.each(store(pattern), sequenceCode, boxes: boxes))
      }
    }
    return ComprehensionCode(try expression(body), codes, span)
  }

  private func names(_ pattern: Pattern) -> [String] {
    switch pattern {
    case .name(let name): [name.text]
    case .ignore: []
    case .tuple(let parts, _): parts.flatMap { names($0) }
    }
  }
}

/// `_`: what is left out.
package final class Placeholder: Object {
  private init() { super.init(.other) }
  package nonisolated(unsafe) static let shared = Placeholder()
  package static var value: Value { .object(shared) }
  package override var typeName: String { "placeholder" }
  package override func describe(_ printer: inout Printer) { printer.write("_") }
}
