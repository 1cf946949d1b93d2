// An error of the running script.

import DLSSyntax
import DLSTensor

/// What went wrong, before and after the machine has found its place in the script.
///
/// A class, so that typed throws pass one word; made and read by one interpreter thread only, which
/// is what the unchecked conformance (that `Error` asks for) rests on.
public final class Failure: Error, @unchecked Sendable {
  package var code: String
  package var message: String
  /// Index of the argument (or operand) at fault; the machine underlines its text.
  package var argument: Int?
  /// Words to write under arguments, such as their shapes.
  package var labels: [(argument: Int, text: String)]
  package var notes: [String]
  package var help: [String]
  /// The value of a `throw`, for `catch e`; nil for errors of the language itself.
  package var thrown: Value?
  /// Filled in by the machine: where, and how the script came there.
  package var diagnostic: Diagnostic?

  /// The layer in which it arose, and the note that names it.
  package var layer: Object?
  package var layerNote: String?

  /// The dimension of an annotation to which two sizes were given.
  var clash: String?
  /// Calls by a builtin on the way out, whose place is that of the builtin's own call.
  var pendingCalls: [String] = []

  /// Adds a line of the call stack. Calls from one place are counted; of very many, the first and the
  /// last are told.
  func addFrame(_ source: Source, _ span: Span, _ text: String) {
    guard let known = diagnostic?.frames else { return }
    if let last = known.last, last.span == span, last.source === source {
      diagnostic?.frames[known.count - 1].repeats += 1
      return
    }
    let frame = Diagnostic.Frame(source: source, span: span, description: text)
    if known.count < 10 {
      diagnostic?.frames.append(frame)
    } else {
      diagnostic?.frames[8] = known[9]
      diagnostic?.frames[9] = frame
      diagnostic?.omittedFrames += 1 + known[8].repeats
    }
  }

  /// Gives the calls that wait for it their place.
  func placeCalls(_ source: Source, _ span: Span) {
    if pendingCalls.isEmpty { return }
    for text in pendingCalls { addFrame(source, span, text) }
    pendingCalls = []
  }

  package init(
    _ code: String, _ message: String, argument: Int? = nil,
    labels: [(argument: Int, text: String)] = [], notes: [String] = [], help: [String] = [],
    thrown: Value? = nil
  ) {
    self.code = code
    self.message = message
    self.argument = argument
    self.labels = labels
    self.notes = notes
    self.help = help
    self.thrown = thrown
  }

  package convenience init(_ error: TensorError) {
    self.init(
      error.code, error.message, argument: error.argument, labels: error.labels,
      notes: error.notes, help: error.help)
    guard let cause = error.cause as? Failure else { return }
    thrown = cause.thrown
    diagnostic = cause.diagnostic
    layer = cause.layer
    layerNote = cause.layerNote
    pendingCalls = cause.pendingCalls
  }

  /// For its way out of tensor work, such as the rule of a gradient; keeps its place in the script.
  package var asTensorError: TensorError {
    var error = TensorError(
      code, message, argument: argument, labels: labels, notes: notes, help: help)
    error.cause = self
    return error
  }
}

/// Runs tensor work, turning its error into one of the script.
package func tensorWork<R>(_ body: () throws(TensorError) -> R) throws(Failure) -> R {
  do { return try body() } catch { throw Failure(error) }
}
