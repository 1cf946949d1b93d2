// Values that are a tensor and know something more about it: tables, fits, word vectors.

import DLSRuntime
import DLSSyntax
import DLSTensor

/// Reads as its tensor wherever one is asked for, and has members beside.
package class TensorObject: Object {
  package let tensor: Tensor
  let parts: [(name: String, value: Value)]

  package init(_ tensor: Tensor, parts: [(name: String, value: Value)] = []) {
    self.tensor = tensor
    self.parts = parts
    super.init(.other)
  }

  override package var tensorValue: Tensor? { tensor }
  override package var length: Int? { tensor.shape.first }

  override package var memberNames: [String] { parts.map(\.name) }

  override package func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    if let part = parts.first(where: { $0.name == name }) { return part.value }
    return nil
  }

  override package func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    try Indexing.get(.tensor(tensor), items, machine)
  }

  override package func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? {
    try machine.iterate(.tensor(tensor))
  }

  override package func describe(_ printer: inout Printer) {
    printer.value(.tensor(tensor))
  }

  override package func forEachReference(_ visit: (Value) -> Void) {
    for part in parts { visit(part.value) }
  }
}

/// What `load_csv` gives: the matrix of the numeric columns, and the columns by name.
package final class Table: TensorObject {
  let data: CSVData
  /// The names of the matrix's columns, where a header stands.
  let names: [String]

  package init(_ data: CSVData, dtype: DType) throws(TensorError) {
    self.data = data
    var numeric: [[Double]] = []
    var names: [String] = []
    for (i, column) in data.columns.enumerated() {
      guard case .numbers(let values) = column else { continue }
      numeric.append(values)
      if let header = data.names { names.append(header[i]) }
    }
    self.names = names
    let width = numeric.count
    var values = [Double](repeating: 0, count: data.rowCount * width)
    for (j, column) in numeric.enumerated() {
      for i in 0..<data.rowCount { values[i * width + j] = column[i] }
    }
    let matrix = try Tensor.of(values, shape: [data.rowCount, width]).to(dtype)
    let all = data.names ?? []
    super.init(
      matrix,
      parts: [
        ("names", .list(names.map { .string($0) })),
        ("columns", .list(all.map { .string($0) })),
      ])
  }

  override package var typeName: String { "table" }

  /// A column by its name or its place: numbers as a tensor, text as a list.
  func column(_ key: Value, _ call: Call) throws(Failure) -> Value {
    let index = try place(key, call)
    switch data.columns[index] {
    case .numbers(let values):
      return .tensor(
        try tensorWork { () throws(TensorError) in
          try Tensor.of(values, shape: [values.count]).to(tensor.dtype)
        })
    case .texts(let texts): return .list(texts.map { .string($0) })
    }
  }

  private func place(_ key: Value, _ call: Call) throws(Failure) -> Int {
    if case .int(let i) = key {
      let count = data.columns.count
      let index = i < 0 ? i + count : i
      guard (0..<count).contains(index) else {
        throw call.fail(1, "column \(i) is not there: the table has \(count)")
      }
      return index
    }
    let name = try call.string(1)
    let known = data.names ?? []
    if let index = known.firstIndex(of: name) { return index }
    let list = known.isEmpty ? "it has no header" : "it has " + known.joined(separator: ", ")
    let near = known.first { $0.hasPrefix(name) } ?? Spelling.nearest(to: name, in: known)
    throw call.fail(
      1, code: "unknown-column", "the table has no column `\(name)`: \(list)",
      help: near.map { ["did you mean `\($0)`?"] } ?? [])
  }
}
