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
      var value = slots[argument.slot]
      if argument.isBoxed, case .object(let box as Box) = value { value = box.value }
      try ShapeChecks.check(
        value, check.annotation, &sizes, "\(code.name): the argument `\(argument.name)`",
        code.source)
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
              throw mismatch("\(name.text) is \(known) already, and \(t.shape[axis]) here")
            }
          } else {
            sizes[name.text] = t.shape[axis]
          }
        }
      }
    }
  }
}
