// A computation graph as a value: text, Graphviz text, and a picture.

import DLSPlot
import DLSRuntime
import DLSTensor

package final class GraphObject: Object {
  let vertices: [GraphVertex]

  init(_ vertices: [GraphVertex]) {
    self.vertices = vertices
    super.init(.other)
  }

  package override var typeName: String { "graph" }
  package override var length: Int? { vertices.count }
  package override var memberNames: [String] { ["dot"] }

  package override func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? {
    guard name == "dot" else { return nil }
    let text = dotText
    return .object(NativeFunction("dot", []) { _ in .string(text) })
  }

  /// One line a vertex: what it is, its shape, value and gradient, in columns.
  package override func describe(_ printer: inout Printer) {
    let rows = vertices.map { v -> [String] in
      let what = v.op.isEmpty ? v.name : "\(v.name) = \(v.formula(vertices))"
      return [
        what, v.typeText, GraphVertex.brief(v.tensor),
        v.gradient.map { "grad \(GraphVertex.brief($0))" } ?? "",
      ]
    }
    let widths = (0..<3).map { k in rows.map { $0[k].count }.max() ?? 0 }
    for (i, row) in rows.enumerated() {
      var line = ""
      for k in 0..<3 {
        line += row[k] + String(repeating: " ", count: widths[k] - row[k].count + 2)
      }
      line += row[3]
      while line.hasSuffix(" ") { line.removeLast() }
      printer.write((i > 0 ? "\n" : "") + line)
    }
  }

  /// The lines of a box.
  func label(_ v: GraphVertex) -> [String] {
    let head = v.op.isEmpty ? v.name : v.isNamed ? "\(v.name) = \(v.shortOp)" : v.shortOp
    var lines = [head]
    if let t = v.tensor, !t.isMeta, t.rank == 0 {
      lines.append(GraphVertex.brief(t))
    } else {
      lines.append(v.typeText)
    }
    if let g = v.gradient {
      lines.append(g.rank == 0 ? "grad \(GraphVertex.brief(g))" : "")
    }
    return lines.filter { !$0.isEmpty }
  }

  /// For `dot -Tsvg` and other readers of Graphviz.
  private var dotText: String {
    func quoted(_ text: String) -> String {
      "\"" + text.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : String($0) }.joined() + "\""
    }
    var text = "digraph {\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"]\n"
    for (i, v) in vertices.enumerated() {
      let lines = label(v).map { quoted($0).dropFirst().dropLast() }.joined(separator: "\\n")
      text += "  n\(i) [label=\"\(lines)\", fillcolor=\"\(v.role.fill)\"]\n"
    }
    for (i, v) in vertices.enumerated() {
      for case .vertex(let from) in v.arguments { text += "  n\(from) -> n\(i)\n" }
    }
    return text + "}\n"
  }
}

extension GraphVertex {
  /// What a box stands for, by its colour.
  enum Role {
    case param, input, op
    var fill: String {
      switch self {
      case .param: "#fde2c8"
      case .input: "#d9ecd3"
      case .op: "#d6e4f2"
      }
    }
    var line: String {
      switch self {
      case .param: "#d9822b"
      case .input: "#4f9a3d"
      case .op: "#3b78b5"
      }
    }
  }
  var role: Role { !op.isEmpty ? .op : isParam ? .param : .input }
}

enum GraphWords {
  static let all: [Builtin] = [
    Builtin(
      "graph", [Parameter("y", .any), Parameter("args", .any, variadic: true)],
      "The computation graph of a value: its ops with shapes, values and gradients.",
      details:
        "`graph(y)` of a value that depends on params, before `backward` frees its record; or `graph(f, ...args)` of a "
        + "function, with its arguments' names. Gradients are those of y (of its sum where it has several numbers). "
        + "`plot(graph(y))` draws it; `.dot()` is Graphviz text.",
      example: """
        graph((x1, x2) -> sin(x1) + x1 * x2, 2.0, 5.0)
        #=> x1            f64[]  2.0     grad 4.584
        #=> %1 = sin(x1)  f64[]  0.9093  grad 1.0
        #=> x2            f64[]  5.0     grad 2.0
        #=> %2 = x1 * x2  f64[]  10.0    grad 1.0
        #=> y = %1 + %2   f64[]  10.91   grad 1.0
        """,
      family: "Gradients"
    ) { call throws(Failure) in .object(try graph(call)) }
  ]

  private static func graph(_ call: Call) throws(Failure) -> GraphObject {
    var names = KnownNames()
    let given = call.value(1).sequenceItems ?? []
    guard given.isEmpty, !call.value(0).isCallable || call.value(0).objectValue is ParamObject
    else {
      return try graph(of: call.function(0), given, names, call.machine)
    }
    let y = try call.tensor(0)
    for name in call.machine.globalNames.sorted() {
      if name == "ans" { continue }
      if let value = call.machine.globalValue(name) { names.add(name, value) }
    }
    return GraphObject(try named(GraphReader.read(y, names)))
  }

  private static func graph(
    of f: Value, _ given: [Value], _ known: KnownNames, _ machine: Machine
  ) throws(Failure) -> GraphObject {
    let places = given.indices.filter { i in
      (try? Tree(argument: given[i]))?.leaves.isEmpty == false
    }
    let own = f.objectValue?.signature?.map(\.name) ?? []
    return try Transform.differentiate(f, CallArguments(given), places, machine) {
      result, lift, _ throws(Failure) in
      var names = known
      for name in machine.globalNames.sorted() where name != "ans" {
        if let value = machine.globalValue(name) { names.add(name, value) }
      }
      var next = 0
      for (tree, place) in zip(lift.trees, places) {
        let name = place < own.count ? own[place] : "x\(place + 1)"
        for path in tree.leafNames {
          names.add(path.isEmpty ? name : name + "." + path, lift.leaves[next], isParam: false)
          next += 1
        }
      }
      let y = try result.asTensor(like: .f32)
      return GraphObject(try named(GraphReader.read(y, names)))
    }
  }

  /// The last vertex is called y where the script has no name for it.
  private static func named(_ vertices: [GraphVertex]) throws(Failure) -> [GraphVertex] {
    var result = vertices
    if let last = result.indices.last, !result[last].isNamed {
      result[last].name = "y"
      result[last].isNamed = true
    }
    return result
  }
}
