// Shape annotations: sizes are bound on the way in and checked there and on the way out.

import DLSSyntax
import DLSTensor

struct ShapeChecks {
  /// Argument index and what its annotation says.
  var arguments: [(index: Int, annotation: ShapeAnnotation)] = []
  var result: ShapeAnnotation?
  /// Where the function's body finds each dimension's size.
  var dimensions: [(name: String, slot: Int, isBoxed: Bool)] = []

  func enter(_ f: Frame) throws(Failure) -> [String: Int] {
    let code = f.code
    let slots = f.values(0)
    var sizes: [String: Int] = [:]
    for check in arguments {
      let argument = code.arguments[check.index]
      let value = self.value(argument, slots)
      do {
        try ShapeChecks.check(
          value, check.annotation, &sizes, "\(code.name): the argument `\(argument.name)`",
          code.source)
      } catch {
        error.argument = check.index
        tell(error, code, slots, upTo: check.index, sizes)
        throw error
      }
    }
    for dimension in dimensions {
      guard let size = sizes[dimension.name] else { continue }
      if dimension.isBoxed, case .object(let box as Box) = slots[dimension.slot] {
        box.value = .int(size)
      } else {
        slots[dimension.slot] = .int(size)
      }
    }
    return sizes
  }

  private func value(_ argument: FunctionCode.Argument, _ slots: UnsafeMutablePointer<Value>)
    -> Value
  {
    let value = slots[argument.slot]
    if argument.isBoxed, case .object(let box as Box) = value { return box.value }
    return value
  }

  /// Writes the shapes under the arguments; a dimension that two of them give is told with both.
  private func tell(
    _ failure: Failure, _ code: FunctionCode, _ slots: UnsafeMutablePointer<Value>, upTo last: Int,
    _ sizes: [String: Int]
  ) {
    guard let own = value(code.arguments[last], slots).tensorView else { return }
    failure.labels = [(last, Tensor.describe(own.shape))]
    guard let clash = failure.clash else { return }
    for check in arguments where check.index < last {
      guard case .shape(let dimensions) = check.annotation.kind,
        dimensions.contains(where: { if case .name(let n) = $0 { n.text == clash } else { false } }
        ),
        let other = value(code.arguments[check.index], slots).tensorView
      else { continue }
      let (a, b) = (code.arguments[check.index].name, code.arguments[last].name)
      failure.labels.insert((check.index, Tensor.describe(other.shape)), at: 0)
      if let known = sizes[clash], let note = failure.notes.first {
        let new = note.split(separator: " ").last ?? ""
        failure.notes = ["\(clash): \(known) from `\(a)`, but \(new) from `\(b)`"]
      }
      return
    }
  }

  static func check(
    _ value: Value, _ annotation: ShapeAnnotation, _ sizes: inout [String: Int], _ what: String,
    _ source: Source
  ) throws(Failure) {
    switch annotation.kind {
    case .type(let name):
      let own = value.typeName
      if own == name || name == "tensor" && value.tensorView != nil
        || name == "float" && own == "int"
      {
        return
      }
      if name == "any" || name == "function" && value.isCallable { return }
      throw Failure("type-mismatch", "\(what) is \(value.kindText), not \(name)")
    case .shape(let dimensions):
      guard let t = value.tensorView ?? (try? value.asTensor()) else {
        throw Failure(
          "type-mismatch",
          "\(what) is \(value.kindText), not a tensor \(source.text(in: annotation.span))")
      }
      let text = source.text(in: annotation.span)
      func mismatch(_ note: String) -> Failure {
        Failure(
          "shape-mismatch", "\(what) has shape \(Tensor.describe(t.shape)), not \(text)",
          notes: [note])
      }
      let open = dimensions.firstIndex { if case .ellipsis = $0 { true } else { false } }
      let fixed = dimensions.count - (open == nil ? 0 : 1)
      if open == nil ? t.rank != fixed : t.rank < fixed {
        throw mismatch("it has \(t.rank) dimension\(t.rank == 1 ? "" : "s")")
      }
      for (i, dimension) in dimensions.enumerated() {
        let axis = open.map { i > $0 ? t.rank - dimensions.count + i : i } ?? i
        switch dimension {
        case .ellipsis, .any: continue
        case .size(let size, _):
          if t.shape[axis] != size {
            throw mismatch("dimension \(axis) is \(t.shape[axis]), not \(size)")
          }
        case .name(let name):
          if let known = sizes[name.text] {
            if known != t.shape[axis] {
              let failure = mismatch("\(name.text) is \(known) already, but here \(t.shape[axis])")
              failure.clash = name.text
              throw failure
            }
          } else {
            sizes[name.text] = t.shape[axis]
          }
        }
      }
    }
  }
}
