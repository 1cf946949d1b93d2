// progress(xs): the same items, with a line that shows how far it is.

import DLSRuntime
import DLSTensor

package final class ProgressObject: Object {
  let inner: Value
  let label: String
  init(_ inner: Value, _ label: String) {
    self.inner = inner
    self.label = label
    super.init(.other)
  }

  package override var typeName: String { "progress" }
  package override var length: Int? { inner.objectValue?.length ?? inner.tensorView?.shape.first }
  package override func forEachReference(_ visit: (Value) -> Void) { visit(inner) }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    let iterator = try machine.iterate(inner)
    let total = length ?? iterator.remaining
    let lead = label.isEmpty ? "" : label + " "
    let start = Scalar64.now()
    var (done, shown) = (0, 0.0)
    return ClosureIterator(left: { iterator.remaining }) { () throws(Failure) in
      let next = try iterator.next(machine)
      let now = Scalar64.now()
      if next == nil {
        machine.status(nil)
      } else if now - shown > 0.1 {
        shown = now
        let part = total.map { "/\($0)" } ?? ""
        let spent = NumberText.brief(now - start)
        let left =
          total.map { n in
            done == 0
              ? "" : ", \(NumberText.brief((now - start) / Double(done) * Double(n - done))) s left"
          } ?? ""
        machine.status("\(lead)\(done)\(part)  \(spent) s\(left)")
      }
      done += 1
      return next
    }
  }
}

extension NumberText {
  /// Four significant digits.
  static func brief(_ x: Double) -> String { x == 0 ? "0" : FormatSpec.significant(x, 4) }
}
