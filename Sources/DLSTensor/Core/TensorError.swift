// What a user can do wrong with tensors. The runtime adds the place in the script.

/// An error of an op, told in terms of its arguments.
package struct TensorError: Error, Sendable {
  /// The diagnostic's stable name, such as `shape-mismatch`; see the catalog.
  package var code: String
  package var message: String
  /// Index of the argument at fault, when one is; its text is underlined.
  package var argument: Int?
  /// Words to write under arguments, such as their shapes: (argument index, text).
  package var labels: [(argument: Int, text: String)]
  package var notes: [String]
  package var help: [String]
  /// The script's own error, where a function of the script stood inside of the op.
  package var cause: (any Error)?

  package init(
    _ code: String, _ message: String, argument: Int? = nil,
    labels: [(argument: Int, text: String)] = [], notes: [String] = [], help: [String] = []
  ) {
    self.code = code
    self.message = message
    self.argument = argument
    self.labels = labels
    self.notes = notes
    self.help = help
  }
}
