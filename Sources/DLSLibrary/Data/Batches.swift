// Mini-batches, splits and folds: data in pieces.

import DLSRuntime
import DLSTensor

/// Tensors that belong together row by row, given out in pieces; shuffled anew at every pass.
package final class Batches: Object {
  let tensors: [Tensor]
  let size: Int
  let isShuffled: Bool
  let dropsLast: Bool

  init(_ tensors: [Tensor], size: Int, isShuffled: Bool, dropsLast: Bool) {
    self.tensors = tensors
    self.size = size
    self.isShuffled = isShuffled
    self.dropsLast = dropsLast
    super.init(.other)
  }

  var rowCount: Int { tensors.first?.shape.first ?? 0 }

  package override var typeName: String { "batches" }
  package override var length: Int? { dropsLast ? rowCount / size : (rowCount + size - 1) / size }
  package override var memberNames: [String] { ["batch_size", "rows"] }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    switch name {
    case "batch_size": .int(size)
    case "rows": .int(rowCount)
    default: nil
    }
  }

  package override func describe(_ printer: inout Printer) {
    printer.write("<\(length ?? 0) batches of \(size) from \(rowCount) rows>")
  }

  package override func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    BatchIterator(self, order: isShuffled ? machine.permutation(rowCount) : nil)
  }

  package override func forEachReference(_ visit: (Value) -> Void) {
    for tensor in tensors { visit(.tensor(tensor)) }
  }
}

private final class BatchIterator: ValueIterator {
  private let batches: Batches
  private let order: [Int]?
  private var at = 0

  init(_ batches: Batches, order: [Int]?) {
    self.batches = batches
    self.order = order
  }

  package override var remaining: Int? {
    let left = batches.rowCount - at
    return batches.dropsLast ? left / batches.size : (left + batches.size - 1) / batches.size
  }

  package override func next(_ machine: Machine) throws(Failure) -> Value? {
    guard let left = remaining, left > 0 else { return nil }
    let end = min(at + batches.size, batches.rowCount)
    let range = at..<end
    at = end
    return try tensorWork { () throws(TensorError) in
      var parts: [Value] = []
      if let order {
        let positions = try Tensor.of(Array(order[range]), shape: [range.count])
        for tensor in batches.tensors {
          parts.append(.tensor(try tensor.index([.tensor(positions)])))
        }
      } else {
        let items: [TensorIndex] = [.slice(from: range.lowerBound, to: range.upperBound, step: 1)]
        for tensor in batches.tensors { parts.append(.tensor(try tensor.index(items))) }
      }
      return parts.count == 1 ? parts[0] : .tuple(parts)
    }
  }
}

/// The words that cut data into pieces.
enum BatchWords {
  static let all: [Builtin] = [
    Builtin(
      "batches",
      [
        Parameter("data", .any, variadic: true),
        Parameter("batch_size", .int, .none, namedOnly: true),
        Parameter("shuffle", .bool, .bool(false), namedOnly: true),
        Parameter("drop_last", .bool, .bool(false), namedOnly: true),
      ],
      "Gives tensors that belong together in batches of rows: `batches(x, y, 64, shuffle=true)`.",
      details: "With `shuffle` every pass has a new order. The last batch may be smaller.",
      example: """
        for x, y in batches(arange(5), arange(5) * 10, 2) { print(y) }
        #=> [0, 10]  i64[2]
        #=> [20, 30]  i64[2]
        #=> [40]  i64[1]
        """,
      family: "Data"
    ) { call throws(Failure) in
      var (tensors, rest) = try call.tensorsThenOptions()
      var size = try call.optionalInt(1)
      if size == nil, rest.count == 1, case .int(let given) = rest[0] {
        size = given
        rest = []
      }
      guard rest.isEmpty, let size else {
        throw call.fail(0, "a batch size is expected after the tensors, as in batches(x, y, 64)")
      }
      guard size > 0 else { throw call.fail(0, "a batch has at least one row, not \(size)") }
      return .object(
        Batches(
          tensors, size: size, isShuffled: try call.bool(2), dropsLast: try call.bool(3)))
    },
    Builtin(
      "random_split", [Parameter("data", .any, variadic: true)],
      "Splits rows at random: `train, test = random_split(x, y, 0.8)`.",
      details: """
        The last argument is the share of the first part, or a list of shares or of row counts. \
        With several tensors each part is a tuple of them.
        """,
      example: """
        a, b = random_split(arange(10), 0.8)
        len(a), len(b)
        #=> (8, 2)
        """,
      family: "Data"
    ) { call throws(Failure) in
      let (tensors, rest) = try call.tensorsThenOptions()
      let count = tensors[0].shape[0]
      let sizes = try splitSizes(call, rest, count)
      let order = call.machine.permutation(count)
      var parts: [Value] = []
      var at = 0
      for size in sizes {
        parts.append(try take(tensors, Array(order[at..<(at + size)])))
        at += size
      }
      return .tuple(parts)
    },
    Builtin(
      "k_fold", [Parameter("data", .any, variadic: true)],
      "Cross-validation: `for train, valid in k_fold(x, y, 5)`, each row once in `valid`.",
      example: """
        len(k_fold(arange(10), 5))
        #=> 5
        """,
      family: "Data"
    ) { call throws(Failure) in
      let (tensors, rest) = try call.tensorsThenOptions()
      let count = tensors[0].shape[0]
      guard rest.count == 1, case .int(let folds) = rest[0], folds >= 2, folds <= count else {
        throw call.fail(0, "a number of folds between 2 and the \(count) rows is expected last")
      }
      let order = call.machine.permutation(count)
      var result: [Value] = []
      for fold in 0..<folds {
        let range = (count * fold / folds)..<(count * (fold + 1) / folds)
        let train = try take(
          tensors, Array(order[..<range.lowerBound] + order[range.upperBound...]))
        result.append(.tuple([train, try take(tensors, Array(order[range]))]))
      }
      return .list(result)
    },
  ]

  /// Rows of all tensors: one tensor, or a tuple.
  private static func take(_ tensors: [Tensor], _ rows: [Int]) throws(Failure) -> Value {
    try tensorWork { () throws(TensorError) in
      var parts: [Value] = []
      for tensor in tensors { parts.append(.tensor(try tensor.rows(rows))) }
      return parts.count == 1 ? parts[0] : .tuple(parts)
    }
  }

  private static func splitSizes(_ call: Call, _ rest: [Value], _ count: Int) throws(Failure)
    -> [Int]
  {
    let wrong = call.fail(
      0, "the share of the first part is expected last, such as 0.8, or a list of sizes")
    guard rest.count <= 1 else { throw wrong }
    let parts: [Value]
    switch rest.first {
    case nil: parts = [.float(0.8)]
    case .object(let object): parts = (object as? ListObject)?.items ?? []
    case .some(let value): parts = [value]
    }
    var sizes: [Int] = []
    for part in parts {
      switch part {
      case .int(let n) where n >= 0 && n <= count: sizes.append(n)
      case .float(let share) where share >= 0 && share <= 1:
        sizes.append(Int((share * Double(count)).rounded()))
      default: throw wrong
      }
    }
    guard !sizes.isEmpty else { throw wrong }
    let total = sizes.reduce(0, +)
    if parts.count == 1 { return [sizes[0], count - sizes[0]] }
    // Rounding may leave a row over or want one too many; the last part takes the difference.
    if case .float = parts[0] { sizes[sizes.count - 1] += count - total }
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) <= count else {
      throw call.fail(0, "the parts ask for \(total) rows, there are \(count)")
    }
    return sizes
  }
}

extension Call {
  /// The tensors at the front of a variadic first parameter, with equal numbers of rows, and what
  /// stands behind them (sizes, shares).
  func tensorsThenOptions() throws(Failure) -> ([Tensor], [Value]) {
    var tensors: [Tensor] = []
    var rest: [Value] = []
    for value in try list(0) {
      let isData: Bool
      switch value {
      case .tensor: isData = true
      case .object(let object):
        isData = object.tensorValue != nil || (rest.isEmpty && tensors.isEmpty)
      case .int, .float, .bool, .none: isData = false
      }
      if isData && rest.isEmpty { tensors.append(try value.asTensor()) } else { rest.append(value) }
    }
    guard let first = tensors.first else {
      throw fail(0, "a tensor is expected first, as in \(name)(x, y, …)")
    }
    for tensor in tensors {
      guard tensor.rank > 0 else { throw fail(0, "a single number has no rows") }
      guard tensor.shape[0] == first.shape[0] else {
        throw fail(
          0, "the tensors have \(first.shape[0]) and \(tensor.shape[0]) rows; they must agree")
      }
    }
    return (tensors, rest)
  }
}
