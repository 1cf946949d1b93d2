// `w = w - lr * w.grad` over a param: nothing is trained from there on, which is said.

import DLSSyntax

extension Machine {
  /// Warns where a statement about to run puts the result of arithmetic with a param in its place.
  func tellLostParams(_ statement: Statement, _ module: Module, _ source: Source) {
    switch statement.kind {
    case .assign(.name(let name), let value):
      guard case .binary = value.kind, case .object(let old)? = module.cells[name.text]?.current,
        old.kind == .param, module.cells[name.text]?.isSet ?? false
      else { return }
      var reader = NameReader(Block([], value.span))
      reader.read(value)
      guard reader.mentioned.contains(name.text) else { return }
      let key = "param-lost \(source.name) \(statement.span.start)"
      if !warned.insert(key).inserted { return }
      options.sink(
        .diagnostic(
          Diagnostic(
            severity: .warning, code: "param-lost",
            message: "`\(name.text)` was a param, and is a plain tensor from here on",
            source: source,
            span: statement.span,
            help: ["to change the param: `\(name.text) -= …`, `\(name.text).set(…)`"])))
    case .for(_, _, let body), .while(_, let body): tellLostParams(body, module, source)
    case .expression(let e):
      switch e.kind {
      case .if(_, let then, let otherwise):
        tellLostParams(then, module, source)
        if let otherwise { tellLostParams(otherwise, module, source) }
      case .block(let body), .noGrad(let body): tellLostParams(body, module, source)
      case .try(let body, _, _): tellLostParams(body, module, source)
      default: break
      }
    default: break
    }
  }

  private func tellLostParams(_ block: Block, _ module: Module, _ source: Source) {
    for statement in block.statements { tellLostParams(statement, module, source) }
  }
}
