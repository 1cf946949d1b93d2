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

  package enum Body: Sendable {
    case run(@Sendable (inout Call) throws(Failure) -> Value)
    /// A tensor op; the machine calls unary and binary ones without packing arguments.
    case op(Op)
  }

  package init(
    _ name: String, _ parameters: [Parameter], _ summary: String, details: String = "",
    example: String = "", family: String,
    run: @escaping @Sendable (inout Call) throws(Failure) -> Value
  ) {
    self.name = name
    self.parameters = parameters
    self.summary = summary
    self.details = details
    self.example = example
    self.family = family
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
}
