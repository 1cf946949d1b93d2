// A word of the language that is written in Swift.

import DLSTensor

/// Declared once: signature, help, completion, arity and type errors follow from this value.
package struct Builtin: Sendable {
  package var name: String
  package var parameters: [Parameter]
  /// One sentence that ends with a full stop.
  package var summary: String
  package var details: String
  /// Lines of dls with their `#=>` outputs, run by the tests; empty where none makes sense.
  package var example: String
  /// The heading under which help lists it ("Shape", "Losses", "Base").
  package var family: String
  package var body: Body
  /// A short way for the commonest plain arguments, where packing them would cost more than the work.
  package var direct: Direct?

  /// Nil sends the call the long way, which also tells what is wrong with it.
  package typealias Direct = @Sendable (UnsafeMutableBufferPointer<Value>) -> Value?

  package enum Body: Sendable {
    case run(@Sendable (inout Call) throws(Failure) -> Value)
    /// A tensor op; the machine calls unary and binary ones without packing arguments.
    case op(Op)
  }

  package init(
    _ name: String, _ parameters: [Parameter], _ summary: String, details: String = "",
    example: String = "", family: String, direct: Direct? = nil,
    run: @escaping @Sendable (inout Call) throws(Failure) -> Value
  ) {
    self.name = name
    self.parameters = parameters
    self.summary = summary
    self.details = details
    self.example = example
    self.family = family
    self.direct = direct
    body = .run(run)
  }

  package init(_ op: Op, family: String) {
    name = op.name
    parameters = op.parameters
    summary = op.summary
    details = op.details
    example = op.example
    self.family = family
    body = .op(op)
  }

  /// As messages name it: without the point of a word that is a method only.
  package var shownName: String { name.hasPrefix(".") ? String(name.dropFirst()) : name }
}
