// A builtin made on the spot, such as the `back` of vjp.

import DLSRuntime
import DLSTensor

package final class NativeFunction: Object {
  let name: String
  let parameters: [Parameter]
  let body: (Call) throws(Failure) -> Value

  init(_ name: String, _ parameters: [Parameter], _ body: @escaping (Call) throws(Failure) -> Value)
  {
    self.name = name
    self.parameters = parameters
    self.body = body
    super.init(.other)
  }

  package override var typeName: String { "function" }
  package override var isCallable: Bool { true }
  package override var signature: [Parameter]? { parameters }
  package override func describe(_ printer: inout Printer) { printer.write("<function \(name)>") }
  package override func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let values = try Signature.bind(name, parameters, arguments)
    return try body(Call(machine: machine, name: name, parameters: parameters, arguments: values))
  }
}
