// The parser's answer: it never throws.

/// A tree, what was wrong, and whether more text could still make it right.
package struct Parse: Sendable {
  package var source: Source
  package var program: Program
  package var diagnostics: [Diagnostic]
  /// True when the input merely stops too early (an open bracket, a trailing operator).
  package var isUnfinished: Bool

  package init(
    source: Source, program: Program, diagnostics: [Diagnostic], isUnfinished: Bool
  ) {
    self.source = source
    self.program = program
    self.diagnostics = diagnostics
    self.isUnfinished = isUnfinished
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
