// What `catch e` binds.

import DLSSyntax
import DLSTensor

/// An error as a value: the message, the code, the line.
package final class ErrorObject: Object {
  let failure: Failure

  init(_ failure: Failure) {
    self.failure = failure
    super.init(.other)
  }

  package override var typeName: String { "error" }
  package override var memberNames: [String] { ["message", "code", "value", "line", "help"] }
  package override func describe(_ printer: inout Printer) {
    printer.write("error: " + failure.message)
  }
  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "message": return .string(failure.message)
    case "code": return .string(failure.code)
    case "value": return failure.thrown ?? .string(failure.message)
    case "line":
      guard let d = failure.diagnostic, let source = d.source else { return Value.none }
      return .int(source.position(of: Int(d.span.start)).line)
    case "help": return .list((failure.diagnostic?.help ?? failure.help).map { .string($0) })
    default: return nil
    }
  }
}
