// summary(net, shape): a network run on shapes alone, told layer by layer.

import CThreadState
import DLSRuntime
import DLSTensor

/// One line of the table.
private struct SummaryRow {
  var name: String
  var layer: String
  var shape: String
  var params: Int
  var products: Int
  var isAgain = false
}

/// Writes down what every layer made of its input.
private final class SummaryWatcher: CallWatcher {
  private let names: [ObjectIdentifier: String]
  var rows: [SummaryRow] = []
  /// The innermost layer that failed.
  var failed: (name: String, layer: String)?
  private var seen: Set<ObjectIdentifier> = []
  /// Names of the layers that are being called, outermost first.
  private var containers: [String] = []
  private var counted: Set<ObjectIdentifier> = []

  init(_ net: Value) {
    var names: [ObjectIdentifier: String] = [:]
    ModuleTree.visit(net) { name, object in names[ObjectIdentifier(object)] = name }
    self.names = names
  }

  override func watch(_ callee: Object, step: Int?, _ run: () throws(Failure) -> Value)
    throws(Failure) -> Value
  {
    let before = rows.count
    let name = name(callee, step)
    containers.append(name)
    defer { containers.removeLast() }
    let start = Int(dls_next_sequence())
    let result: Value
    do { result = try run() } catch {
      if failed == nil { failed = (name, text(callee)) }
      throw error
    }
    // What consists of layers is told by them.
    if rows.count > before { return result }
    if callee.kind == .model { return result }
    rows.append(
      SummaryRow(
        name: name, layer: text(callee), shape: SummaryWatcher.shapes(result),
        params: params(of: .object(callee)), products: Products.count(result, since: start),
        isAgain: callee is Layer && !seen.insert(ObjectIdentifier(callee)).inserted))
    return result
  }

  /// Numbers of the params that no row has counted yet.
  func params(of value: Value) -> Int {
    ModuleTree.parameters(value).reduce(0) { sum, param in
      counted.insert(ObjectIdentifier(param.cell)).inserted ? sum + param.cell.value.count : sum
    }
  }

  private func name(_ object: Object, _ step: Int?) -> String {
    if let known = names[ObjectIdentifier(object)] { return known }
    guard let step, let outer = containers.last else { return "" }
    return outer.isEmpty ? String(step) : "\(outer).\(step)"
  }

  private func text(_ object: Object) -> String {
    switch object {
    case let word as BuiltinObject: return word.builtin.name
    case let function as FunctionObject: return function.name
    default:
      var printer = Printer()
      object.describe(&printer)
      let text = printer.text
      return text.count <= 48 ? text : String(text.prefix(45)) + "..."
    }
  }

  static func shapes(_ value: Value) -> String {
    if let t = value.tensorView { return Tensor.describe(t.shape) }
    if let items = value.sequenceItems {
      return "(" + items.map(shapes).joined(separator: ", ") + ")"
    }
    return value.typeName
  }
}

/// Multiply-adds of products and convolutions, read from the record of how a value came about.
private enum Products {
  static func count(_ value: Value, since start: Int) -> Int {
    var total = 0
    var seen: Set<ObjectIdentifier> = []
    var pending: [Node] = []
    func enter(_ t: Tensor) {
      if let node = t.node, node.sequence > start, seen.insert(ObjectIdentifier(node)).inserted {
        pending.append(node)
      }
    }
    func enter(_ value: Value) {
      if let t = value.tensorView { return enter(t) }
      for item in value.sequenceItems ?? [] { enter(item) }
    }
    enter(value)
    while let node = pending.popLast() {
      total += multiplyAdds(node)
      node.inputs.forEach { enter($0) }
    }
    return total
  }

  private static func multiplyAdds(_ node: Node) -> Int {
    guard node.inputs.count > 1, let y = node.outputs.first else { return 0 }
    let (x, w) = (node.inputs[0], node.inputs[1])
    switch node.name {
    case "matmul", "linear": return y.count * (x.shape.last ?? 0)
    case "conv": return y.count * (w.count / max(w.shape[0], 1))
    case "conv_input": return x.count * (w.count / max(w.shape[0], 1))
    default: return 0
    }
  }
}

enum Summary {
  static let word = Builtin(
    "summary",
    [
      Parameter("net", .any), Parameter("shape", .ints, variadic: true),
      Parameter("dtype", .dtype, .string("f32"), namedOnly: true),
    ], "A table of a network's layers: output shapes, params, multiply-adds.",
    details:
      "shape is the whole shape of the input, the batch included: `summary(net, [64, 1, 28, 28])`. Only "
      + "shapes are computed, in evaluation mode; sizes left open by `_` are decided by it. Where a layer "
      + "does not fit, the table goes down to it, and the error says why. dtype=i64 for ints.",
    example: "summary(Linear(4, 2) >> relu, [8, 4])\n"
      + "#=> layer            output  params  multiply-adds\n"
      + "#=> 0  Linear(4, 2)  [8, 2]      10             64\n"
      + "#=> 1  relu          [8, 2]       0              0\n"
      + "#=> total                        10             64\n",
    family: "Networks"
  ) { call throws(Failure) in
    let net = call.value(0)
    if !net.isCallable {
      throw call.fail(0, "summary needs a network or a layer, got \(net.kindText)")
    }
    let (shape, dtype) = (try call.ints(1), try call.dtype(2))
    if shape.isEmpty {
      throw call.fail(
        1, code: "missing-argument", "summary needs the input's shape",
        help: ["with the batch: `summary(net, [64, 784])`"])
    }
    let input = try tensorWork { () throws(TensorError) in
      let meta = try Tensor.meta(shape, dtype)
      return dtype.isFloating ? Autograd.leaf(meta) : meta
    }
    let table = try run(net, input, call.machine)
    call.machine.print(table)
    return .none
  }

  private static func run(_ net: Value, _ input: Tensor, _ machine: Machine) throws(Failure)
    -> String
  {
    let watcher = SummaryWatcher(net)
    var training: [(Layer, Bool)] = []
    ModuleTree.visit(net) { _, object in
      if let layer = object as? Layer {
        training.append((layer, layer.isTraining))
        layer.isTraining = false
      }
    }
    let outer = machine.callWatcher
    machine.callWatcher = watcher
    defer {
      machine.callWatcher = outer
      for (layer, on) in training { layer.isTraining = on }
    }
    let start = Int(dls_next_sequence())
    do throws(Failure) {
      let result = try machine.call(net, [.tensor(input)])
      let whole = Products.count(result, since: start)
      let rest = whole - watcher.rows.reduce(0) { $0 + $1.products }
      let own = watcher.params(of: net)
      if own > 0 || rest > 0 || watcher.rows.isEmpty {
        watcher.rows.append(
          SummaryRow(
            name: "", layer: watcher.rows.isEmpty ? "the network" : "beside the layers",
            shape: SummaryWatcher.shapes(result), params: own, products: max(rest, 0)))
      }
    } catch {
      if let (name, layer) = watcher.failed {
        watcher.rows.append(
          SummaryRow(name: name, layer: layer, shape: "does not fit", params: 0, products: 0))
      }
      machine.print(text(watcher.rows, isWhole: false))
      throw error
    }
    return text(watcher.rows, isWhole: true)
  }

  /// 14,450,688.
  private static func grouped(_ n: Int) -> String {
    let digits = Array(String(n))
    var result = ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  private static func text(_ rows: [SummaryRow], isWhole: Bool) -> String {
    let width = rows.map(\.name.count).max() ?? 0
    func label(_ row: SummaryRow) -> String {
      let pad = String(repeating: " ", count: width - row.name.count)
      return (width == 0 ? "" : row.name + pad + "  ") + row.layer + (row.isAgain ? " again" : "")
    }
    var lines = [["layer", "output", "params", "multiply-adds"]]
    for row in rows {
      lines.append([label(row), row.shape, grouped(row.params), grouped(row.products)])
    }
    if isWhole {
      lines.append([
        "total", "", grouped(rows.reduce(0) { $0 + $1.params }),
        grouped(rows.reduce(0) { $0 + $1.products }),
      ])
    }
    let widths = (0..<4).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        text += (column == 0 ? "" : "  ") + (column < 2 ? cell + pad : pad + cell)
      }
      return text
    }.joined(separator: "\n") + "\n"
  }
}
