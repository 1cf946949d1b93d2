// What calling a tensor op from a script costs on top of the op itself.

import DLSRuntime
import DLSTensor

/// One call in a loop, and the same work done directly.
private struct OpCall {
  /// As a script writes it.
  var text: String
  var direct: (Operands, Generator) throws(TensorError) -> Void

  /// Tensors so small that the op is nearly nothing.
  struct Operands {
    var x: Tensor
    var y: Tensor
    var w: Tensor
    var labels: Tensor
  }
}

enum OpCallBench {
  static func run() throws(Failure) -> [Measurement] {
    let operands = try tensorWork { () throws(TensorError) in
      OpCall.Operands(
        x: try Tensor.full([2, 3], 0.5, .f32), y: try Tensor.full([2, 3], 0.25, .f32),
        w: try Tensor.full([3, 2], 0.5, .f32), labels: try Tensor.of([2, 0]))
    }
    var overheads: [Double] = []
    var result: [Measurement] = []
    for call in calls {
      let session = Runner(RunOptions()).session([])
      session.set("x", .tensor(operands.x))
      session.set("y", .tensor(operands.y))
      session.set("W", .tensor(operands.w))
      session.set("labels", .tensor(operands.labels))
      // Parameters are locals, as in a training function.
      let loop = "fn k(n, x, y, W, labels) { for i in 0..n { \(call.text) } }"
      let empty = "fn e(n) { for i in 0..n { } }"
      _ = session.run(loop + "\n" + empty, name: "op call", mode: .script)
      guard let script = session.value(of: "k"), let nothing = session.value(of: "e") else {
        continue
      }
      let given = ["x", "y", "W", "labels"].compactMap { session.value(of: $0) }
      let count = 100_000
      var samples: [Double] = []
      for _ in 0..<7 {
        let inScript = try seconds { () throws(Failure) in
          _ = try session.machine.call(script, [.int(count)] + given)
        }
        let around = try seconds { () throws(Failure) in
          _ = try session.machine.call(nothing, [.int(count)])
        }
        let alone = try seconds { () throws(Failure) in
          for _ in 0..<count {
            do throws(TensorError) {
              try call.direct(operands, session.machine.generator)
            } catch {
              throw Failure(error)
            }
          }
        }
        samples.append((inScript - around - alone) / Double(count))
      }
      let line = Measurement(
        "op call \(call.text)", unit: "µs", isRate: false, seconds: samples, scale: 1e6)
      overheads.append(Measurement.median(line.samples))
      result.append(line)
    }
    let mean = overheads.reduce(0, +) / Double(max(1, overheads.count))
    result.append(Measurement("op call", unit: "µs", isRate: false, seconds: [mean]))
    return result
  }

  private static func seconds(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    let start = Scalar64.processorTime()
    try body()
    return Scalar64.processorTime() - start
  }

  /// An op with some of its arguments; the others are left out.
  private static func general(
    _ name: String, _ values: [OpValue], _ generator: Generator
  ) throws(TensorError) {
    guard let op = OpTable.named[name], case .general(let body) = op.body else { return }
    let missing = max(0, op.parameters.count - values.count)
    let all = values + [OpValue](repeating: .none, count: missing)
    _ = try body(OpArguments(all, generator: generator))
  }

  private static var calls: [OpCall] {
    [
      OpCall(text: "relu(x)") { o, _ throws(TensorError) in
        guard let op = OpTable.named["relu"], case .unary(let body) = op.body else { return }
        _ = try body(o.x)
      },
      OpCall(text: "x + y") { o, _ throws(TensorError) in _ = try o.x + o.y },
      OpCall(text: "x @ W") { o, _ throws(TensorError) in _ = try o.x.matmul(o.w) },
      OpCall(text: "x.sum(dim=0)") { o, generator throws(TensorError) in
        try general("sum", [.tensor(o.x), .int(0), .bool(false)], generator)
      },
      OpCall(text: "cross_entropy(x, labels, reduction=\"mean\")") {
        o, generator throws(TensorError) in
        try general(
          "cross_entropy",
          [.tensor(o.x), .tensor(o.labels), .none, .int(-100), .string("mean"), .float(0)],
          generator)
      },
    ]
  }
}
