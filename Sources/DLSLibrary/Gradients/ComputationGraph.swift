// graph(y): how a value was computed, op by op, with values and gradients.

import DLSRuntime
import DLSTensor

/// One value on the way: an input, or the result of an op.
struct GraphVertex {
  /// The variable's name where it is known, else `%1`, `%2`, ….
  var name: String
  var isNamed: Bool
  /// Empty for an input.
  var op: String
  /// Places of the arguments among the vertices; a number that stands in the formula has none.
  var arguments: [GraphArgument]
  var tensor: Tensor?
  var gradient: Tensor?
  var isParam = false
  var typeText: String
}

enum GraphArgument {
  case vertex(Int)
  case number(String)
}

/// The names that a script has given to tensors: its globals, and the params of its networks.
struct KnownNames {
  private struct Key: Hashable {
    let node: ObjectIdentifier
    let output: Int
  }
  private var nodes: [Key: String] = [:]
  private var storages: [ObjectIdentifier: String] = [:]
  private var params: Set<ObjectIdentifier> = []

  mutating func add(_ name: String, _ value: Value) {
    if let t = value.tensorView { add(name, t, isParam: value.objectValue is ParamObject) }
    guard case .object(let object) = value, object.kind == .model || object.kind == .layer else {
      return
    }
    for (path, param) in ModuleTree.namedParameters(value) {
      add(path.isEmpty ? name : name + "." + path, param.cell.value, isParam: true)
    }
  }

  mutating func add(_ name: String, _ t: Tensor, isParam: Bool) {
    guard let node = t.node else {
      if t.rank > 0 { storages[ObjectIdentifier(t.storage)] = name }
      return
    }
    let key = Key(node: ObjectIdentifier(node), output: t.outputIndex)
    if nodes[key] == nil { nodes[key] = name }
    if isParam { params.insert(ObjectIdentifier(node)) }
  }

  func name(of node: Node, _ output: Int) -> String? {
    nodes[Key(node: ObjectIdentifier(node), output: output)]
  }
  func name(of constant: Tensor) -> String? { storages[ObjectIdentifier(constant.storage)] }
  func isParam(_ node: Node) -> Bool {
    node.name == "param" || params.contains(ObjectIdentifier(node))
  }
}

/// Reads a record into vertices, the oldest first.
struct GraphReader {
  private let names: KnownNames
  private var walk: GradientWalk
  private var vertices: [GraphVertex] = []
  private var places: [ObjectIdentifier: Int] = [:]
  private var unnamed = 0
  private let roots: Int
  static let limit = 5000

  static func read(_ y: Tensor, _ names: KnownNames) throws(Failure) -> [GraphVertex] {
    guard y.isTracked else {
      throw Failure(
        "no-gradient", "nothing is recorded of how this value was computed", argument: 0,
        help: ["make its inputs params, `x = param(2.0)`, or give the function: `graph(f, 2.0)`"])
    }
    var walk = GradientWalk(roots: [y], targets: nil)
    if walk.nodes.count > limit {
      throw Failure(
        "bad-argument", "this graph has \(walk.nodes.count) ops; at most \(limit) are shown",
        argument: 0)
    }
    if y.dtype.isFloating, !y.isMeta {
      try tensorWork { () throws(TensorError) in
        try Autograd.withoutRecording { () throws(TensorError) in
          try walk.run([try Tensor.full(y.shape, 1, y.dtype)], retainGraph: true)
        }
      }
    }
    var reader = GraphReader(names, walk)
    for node in walk.nodes.reversed() { reader.add(node) }
    if walk.nodes.isEmpty, let node = y.node { _ = reader.input(node, y) }
    return reader.vertices
  }

  private init(_ names: KnownNames, _ walk: GradientWalk) {
    self.names = names
    self.walk = walk
    roots = 1
  }

  private mutating func freshName() -> String {
    unnamed += 1
    return "%\(unnamed)"
  }

  private mutating func add(_ node: Node) {
    // A link from an argument to what was given is not an op of the script's.
    if node.name == "argument", let input = node.inputs.first, let inner = input.node,
      let place = places[ObjectIdentifier(inner)]
    {
      places[ObjectIdentifier(node)] = place
      return
    }
    let arguments = node.inputs.map { argument($0) }
    let known = names.name(of: node, 0)
    let output = node.outputs.first
    places[ObjectIdentifier(node)] = vertices.count
    vertices.append(
      GraphVertex(
        name: known ?? freshName(), isNamed: known != nil,
        op: node.name == "argument" ? "" : node.name, arguments: arguments, tensor: output,
        gradient: walk.gradient(at: node, 0), typeText: output?.typeText ?? ""))
  }

  private mutating func argument(_ t: Tensor) -> GraphArgument {
    guard let node = t.node else { return constant(t) }
    if let place = places[ObjectIdentifier(node)] { return .vertex(place) }
    return .vertex(input(node, t))
  }

  private mutating func constant(_ t: Tensor) -> GraphArgument {
    let known = names.name(of: t)
    if t.count == 1, known == nil, !t.isMeta { return .number(t.briefElement) }
    let id = ObjectIdentifier(t.storage)
    if let place = places[id] { return .vertex(place) }
    places[id] = vertices.count
    vertices.append(
      GraphVertex(
        name: known ?? "constant", isNamed: known != nil, op: "", arguments: [], tensor: t,
        typeText: t.typeText))
    return .vertex(vertices.count - 1)
  }

  private mutating func input(_ node: Node, _ t: Tensor) -> Int {
    let known = names.name(of: node, t.outputIndex)
    places[ObjectIdentifier(node)] = vertices.count
    vertices.append(
      GraphVertex(
        name: known ?? freshName(), isNamed: known != nil, op: "", arguments: [],
        tensor: t.detached, gradient: walk.gradient(at: node, t.outputIndex),
        isParam: names.isParam(node), typeText: t.typeText))
    return vertices.count - 1
  }
}

extension GraphVertex {
  private static let signs = [
    "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "matmul": "@",
  ]

  /// The op as it stands in a box: `+`, `sin`, `* 2`.
  var shortOp: String {
    let sign = GraphVertex.signs[op] ?? op
    guard arguments.count == 2, GraphVertex.signs[op] != nil else { return sign }
    if case .number(let x) = arguments[1] { return "\(sign) \(x)" }
    if case .number(let x) = arguments[0] { return "\(x) \(sign)" }
    return sign
  }

  /// `%1 * x2`, `sin(x1)`.
  func formula(_ vertices: [GraphVertex]) -> String {
    let parts = arguments.map { argument in
      switch argument {
      case .vertex(let i): vertices[i].name
      case .number(let x): x
      }
    }
    if let sign = GraphVertex.signs[op], parts.count == 2 {
      return "\(parts[0]) \(sign) \(parts[1])"
    }
    return "\(op)(\(parts.joined(separator: ", ")))"
  }

  /// The first few numbers.
  static func brief(_ t: Tensor?) -> String {
    guard let t, !t.isMeta else { return "" }
    if t.rank == 0 { return t.briefElement }
    let most = 3
    let flat = t.count <= 64 ? t.doubles() : firstNumbers(t, most)
    let shown = flat.prefix(most).map { t.brief($0) }
    return "[" + shown.joined(separator: ", ") + (t.count > most ? ", …" : "") + "]"
  }

  private static func firstNumbers(_ t: Tensor, _ most: Int) -> [Double] {
    let head = try? Autograd.withoutRecording { () throws(TensorError) in
      var part = t.detached
      for axis in 0..<t.rank {
        part = try part.slice(axis: axis, from: 0, count: min(most, t.shape[axis]), step: 1)
      }
      return part
    }
    return head?.doubles() ?? []
  }
}

extension Tensor {
  /// Four digits, with a point where the tensor holds floats.
  fileprivate func brief(_ x: Double) -> String {
    let text = NumberText.brief(x)
    return dtype.isFloating && text.allSatisfy { $0.isNumber || $0 == "-" } ? text + ".0" : text
  }
  fileprivate var briefElement: String { brief(packedElement) }
}
