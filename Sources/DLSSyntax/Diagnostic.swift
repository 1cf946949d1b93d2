// What is said when something is wrong: one shape for syntax errors, runtime errors and warnings.

/// A mistake, its place, and what would mend it. Rendered by `DiagnosticRenderer`.
package struct Diagnostic: Sendable {
  package enum Severity: String, Sendable {
    case error
    case warning
    case note
  }

  /// A piece of source with a word under it, such as an operand's shape.
  package struct Label: Sendable {
    package var span: Span
    package var text: String

    package init(_ span: Span, _ text: String) {
      self.span = span
      self.text = text
    }
  }

  /// One line of the script's call stack, innermost first: `in f(x: f32[3, 4]) at a.dls:3:5`.
  package struct Frame: Sendable {
    package var source: Source
    package var span: Span
    package var description: String
    /// How many calls from the same place follow this one outwards, as a recursion makes them.
    package var repeats = 0

    package init(source: Source, span: Span, description: String) {
      self.source = source
      self.span = span
      self.description = description
    }
  }

  package var severity: Severity
  /// The stable name of the diagnostic (`shape-mismatch`), explained by `:explain`.
  package var code: String
  package var message: String
  package var source: Source?
  package var span: Span
  /// More places on which a word is written; when empty, the span alone is underlined.
  package var labels: [Label]
  /// Reasons: `= the inner sizes differ`.
  package var notes: [String]
  /// Mends: `= help: …`.
  package var help: [String]
  package var frames: [Frame]
  /// Calls left out before the last two frames, when there were too many to tell.
  package var omittedFrames = 0
  /// The text after it was read with the wrong structure: what else is wrong there is not told.
  package var hidesRest = false

  package init(
    severity: Severity = .error, code: String, message: String, source: Source? = nil,
    span: Span = Span(0, 0), labels: [Label] = [], notes: [String] = [], help: [String] = [],
    frames: [Frame] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.source = source
    self.span = span
    self.labels = labels
    self.notes = notes
    self.help = help
    self.frames = frames
  }
}
