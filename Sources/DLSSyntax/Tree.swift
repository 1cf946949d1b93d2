// The syntax tree: what the parser makes and the compiler reads. Every node knows its span.

/// An expression and its place.
package struct Expression: Sendable {
  package var span: Span
  package var kind: Kind

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  package indirect enum Kind: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    /// A string; without interpolations it is one `.text` part (or none when empty).
    case string([StringPart])
    case name(String)
    /// `_`, for what is left out.
    case placeholder
    case list([Expression])
    case tuple([Expression])
    case dict([DictEntry])
    /// `[body for pattern in sequence if condition …]`.
    case comprehension(body: Expression, clauses: [ComprehensionClause])
    /// `...e` inside a list, a tuple or a call.
    case spread(Expression)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    /// `a < b <= c`: one comparison or a chain.
    case comparison(first: Expression, rest: [ComparisonLink])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case not(Expression)
    /// `a..b`, half open.
    case range(Expression, Expression)
    /// `x |> f`.
    case pipe(Expression, Expression)
    /// `f >> g`.
    case compose(Expression, Expression)
    case call(Expression, [Argument])
    case index(Expression, [Subscript])
    case member(Expression, name: String, nameSpan: Span)
    /// `x'`.
    case transpose(Expression)
    case function(Function)
    case `if`(condition: Expression, then: Block, otherwise: Block?)
    case block(Block)
    case `try`(body: Block, name: Name?, handler: Block)
    case noGrad(Block)
    /// Where the parser could not make sense of the text; a diagnostic was given.
    case error
  }
}

/// A name with its place.
package struct Name: Sendable {
  package var text: String
  package var span: Span

  package init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

package enum StringPart: Sendable {
  case text(String)
  case interpolation(Expression, format: [StringPart])
}

package struct DictEntry: Sendable {
  package var key: Expression
  package var value: Expression

  package init(key: Expression, value: Expression) {
    self.key = key
    self.value = value
  }
}

package enum ComprehensionClause: Sendable {
  case `for`(Pattern, in: Expression)
  case `if`(Expression)
}

package enum UnaryOperator: String, Sendable {
  case negate = "-"
}

package enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case matrixMultiply = "@"
  case power = "^"
  case concatenate = "++"
}

package enum ComparisonOperator: String, Sendable, CaseIterable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessEqual = "<="
  case greater = ">"
  case greaterEqual = ">="
  case `in` = "in"
  case notIn = "not in"
}

package struct ComparisonLink: Sendable {
  package var comparison: ComparisonOperator
  package var operatorSpan: Span
  package var operand: Expression

  package init(_ comparison: ComparisonOperator, _ operatorSpan: Span, _ operand: Expression) {
    self.comparison = comparison
    self.operatorSpan = operatorSpan
    self.operand = operand
  }
}

/// One argument of a call: positional, named, or `...spread` (a `.spread` expression).
package struct Argument: Sendable {
  package var name: Name?
  package var value: Expression

  package init(name: Name? = nil, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// One item between the brackets of `x[…]`.
package enum Subscript: Sendable {
  case item(Expression)
  /// `a:b:c`, each part optional.
  case slice(from: Expression?, to: Expression?, step: Expression?, span: Span)
  /// `...`
  case ellipsis(Span)
}

/// What an assignment, a `for` or a comprehension binds.
package indirect enum Pattern: Sendable {
  case name(Name)
  /// `_`: the value is dropped.
  case ignore(Span)
  case tuple([Pattern], Span)
}

/// A function's parts: `f(x, k=2) = e`, `fn f(x) { … }`, `x -> e`, `fn(x) { … }`.
package struct Function: Sendable {
  /// Empty for an anonymous function.
  package var name: Name?
  package var parameters: [FunctionParameter]
  /// The shape after `->` of a declaration, if there is one.
  package var result: ShapeAnnotation?
  package var body: Block
  package var documentation: String?
  package var span: Span

  package init(
    name: Name?, parameters: [FunctionParameter], result: ShapeAnnotation? = nil, body: Block,
    documentation: String? = nil, span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.body = body
    self.documentation = documentation
    self.span = span
  }
}

package struct FunctionParameter: Sendable {
  package var name: Name
  package var annotation: ShapeAnnotation?
  package var defaultValue: Expression?
  /// `...rest`: gathers the remaining positional arguments in a list.
  package var isRest: Bool

  package init(
    name: Name, annotation: ShapeAnnotation? = nil, defaultValue: Expression? = nil,
    isRest: Bool = false
  ) {
    self.name = name
    self.annotation = annotation
    self.defaultValue = defaultValue
    self.isRest = isRest
  }
}

/// `[b, t, 64]`, `[..., d]`, or the name of a type such as `int`.
package struct ShapeAnnotation: Sendable {
  package enum Kind: Sendable {
    case shape([Dimension])
    case type(String)
  }
  package enum Dimension: Sendable {
    case name(Name)
    case size(Int, Span)
    /// `...`: any number of dimensions.
    case ellipsis(Span)
    /// `_`: any size.
    case any(Span)
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// Statements in braces, or the single expression that stands for them.
package struct Block: Sendable {
  package var statements: [Statement]
  package var span: Span

  package init(_ statements: [Statement], _ span: Span) {
    self.statements = statements
    self.span = span
  }
}

package struct Statement: Sendable {
  package var span: Span
  package var kind: Kind
  /// True when a `;` follows, so that the prompt shows nothing.
  package var isSilent: Bool

  package init(_ kind: Kind, _ span: Span, isSilent: Bool = false) {
    self.kind = kind
    self.span = span
    self.isSilent = isSilent
  }

  package indirect enum Kind: Sendable {
    case expression(Expression)
    /// `a = e`, `a, b = e`, `x[i] = e`, `m.n = e`.
    case assign(Target, Expression)
    /// `x += e` and its kin; the operator is the binary one.
    case augment(Target, BinaryOperator, Expression, operatorSpan: Span)
    /// A named function.
    case function(Function)
    case model(Model)
    case `for`(Pattern, in: Expression, body: Block)
    case `while`(condition: Expression, body: Block)
    case `break`
    case `continue`
    case `return`(Expression?)
    case `throw`(Expression)
    case assert(condition: Expression, message: Expression?)
    /// `import fewshot` (a name) or `import "path.dls" as f` (a path).
    case `import`(ImportSource, as: Name?)
    case plugin(name: String, nameSpan: Span)
    case global([Name])
    case error
  }
}

package enum ImportSource: Sendable {
  case library(Name)
  case path(String, Span)
}

/// The left side of an assignment.
package indirect enum Target: Sendable {
  case name(Name)
  case ignore(Span)
  case tuple([Target], Span)
  /// `e[…]`; the base is itself a target when it can be rebound.
  case index(Expression, [Subscript], Span)
  case member(Expression, name: Name, Span)
}

/// `model Tied(n_in, n_hidden) { … }`.
package struct Model: Sendable {
  package var name: Name
  package var parameters: [FunctionParameter]
  package var body: Block
  package var documentation: String?
  package var span: Span

  package init(
    name: Name, parameters: [FunctionParameter], body: Block, documentation: String? = nil,
    span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.documentation = documentation
    self.span = span
  }
}

/// A whole source: its statements, its cells, and the outputs that it says to expect.
package struct Program: Sendable {
  package var statements: [Statement]
  package var cells: [Cell]
  package var expectations: [Expectation]

  package init(
    statements: [Statement] = [], cells: [Cell] = [], expectations: [Expectation] = []
  ) {
    self.statements = statements
    self.cells = cells
    self.expectations = expectations
  }

  /// A `# %%` cell; text before the first marker is an untitled cell.
  package struct Cell: Sendable {
    package enum Kind: Sendable {
      case code
      case markdown
    }
    package var kind: Kind
    package var title: String
    /// The text of a markdown cell without its comment signs; empty for code.
    package var text: String
    /// The cell's whole text in the source, marker included.
    package var span: Span
    /// Which of the program's statements stand in it.
    package var statements: Range<Int>

    package init(kind: Kind, title: String, text: String, span: Span, statements: Range<Int>) {
      self.kind = kind
      self.title = title
      self.text = text
      self.span = span
      self.statements = statements
    }
  }

  /// The `#=>` text that follows a statement, several lines joined.
  package struct Expectation: Sendable {
    package var text: String
    /// All the `#=>` lines, comment signs included, for `dls test --update`.
    package var span: Span
    /// Index of the top-level statement that it follows (-1 when none precedes it).
    package var statement: Int

    package init(text: String, span: Span, statement: Int) {
      self.text = text
      self.span = span
      self.statement = statement
    }
  }
}
