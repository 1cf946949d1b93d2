// `import` and `plugin`.

import DLSSyntax
import DLSTensor

final class ImportCode: StatementCode {
  let path: String
  let isPath: Bool
  let store: Store
  let pathSpan: Span
  init(_ path: String, isPath: Bool, _ store: Store, _ pathSpan: Span, _ span: Span) {
    self.path = path
    self.isPath = isPath
    self.store = store
    self.pathSpan = pathSpan
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    do {
      try store.store(.object(try f.machine.load(path, isPath: isPath, from: f.module)), f)
    } catch { throw f.locate(error, pathSpan) }
    return .normal
  }
}

final class PluginCode: StatementCode {
  let name: String
  let nameSpan: Span
  init(_ name: String, _ nameSpan: Span, _ span: Span) {
    self.name = name
    self.nameSpan = nameSpan
    super.init(span)
  }
  override func exec(_ f: Frame) throws(Failure) -> Signal {
    do { try f.machine.loadPlugin(name, from: f.module) } catch { throw f.locate(error, nameSpan) }
    return .normal
  }
}
