// Gradients that are not the usual: supplied by the script, or computed again to save memory.

import DLSRuntime
import DLSTensor

enum CustomGradient {
  /// Calls f without recording, and ties the result to the arguments by the script's own rule.
  static func apply(_ f: Value, _ rule: Value, _ given: CallArguments, _ machine: Machine)
    throws(Failure) -> Value
  {
    let y = try Autograd.withoutRecording { () throws(Failure) in
      try machine.call(f, given.positional, named: given.named.map { ($0.name, $0.value) })
        .asTensor(like: .f32)
    }
    let values = given.positional
    let positions = values.indices.filter { values[$0].tensorView?.isTracked ?? false }
    let inputs = positions.compactMap { values[$0].tensorView }
    return .tensor(
      Autograd.record("custom_grad", inputs, y) { g, y throws(TensorError) in
        do throws(Failure) {
          let parts = Transform.several(
            try machine.call(rule, [.tensor(g), .tensor(y)] + values))
          if parts.count != values.count {
            throw Failure(
              "bad-argument",
              "the rule of custom_grad gave \(parts.count) gradient\(parts.count == 1 ? "" : "s") for \(values.count) arguments",
              help: ["give a tuple with one for each argument, `none` where none flows"])
          }
          var gradients: [Tensor?] = []
          for (at, x) in zip(positions, inputs) { gradients.append(try fitted(parts[at], x, at)) }
          return gradients
        } catch { throw error.asTensorError }
      })
  }

  private static func fitted(_ part: Value, _ x: Tensor, _ at: Int) throws(Failure) -> Tensor? {
    if case .none = part { return nil }
    let gradient = try part.asTensor(like: x.dtype)
    if gradient.shape != x.shape {
      throw Failure(
        "shape-mismatch",
        "the gradient for argument \(at) has shape \(Tensor.describe(gradient.shape)), the argument \(Tensor.describe(x.shape))"
      )
    }
    return try tensorWork { () throws(TensorError) in try gradient.to(x.dtype) }
  }

  /// Calls f and forgets what it recorded; the walk back calls f again, with the same random
  /// numbers. What f depends on from outside, params in closures too, is found from the record.
  static func checkpoint(_ f: Value, _ arguments: [Value], _ machine: Machine) throws(Failure)
    -> Value
  {
    let since = Autograd.now
    let random = machine.generator.state
    let result = try machine.call(f, arguments)
    if !Autograd.isRecording { return result }
    let tree = try Tree(result: result)
    let ys = tree.leaves.map(\.tensor)
    let inputs = GradientWalk(roots: ys, targets: nil, since: since).outside
    if inputs.isEmpty { return result }
    let shapes = ys.map(\.shape)
    let outputs = Autograd.record("checkpoint", inputs, outputs: ys) {
      gradients, _ throws(TensorError) in
      let (keeps, now) = (Autograd.isRecording, machine.generator.state)
      machine.generator.state = random
      defer { machine.generator.state = now }
      let start = Autograd.now
      let again: [Tensor]
      do throws(Failure) {
        again = try Autograd.recording { () throws(Failure) in
          try Tree(result: try machine.call(f, arguments)).leaves.map(\.tensor)
        }
      } catch { throw error.asTensorError }
      if again.map(\.shape) != shapes {
        throw TensorError("shape-mismatch", "the function of checkpoint gave other shapes again")
      }
      var walk = GradientWalk(roots: again, targets: inputs, since: start)
      return try walk.gradients(gradients, wrt: inputs, createGraph: keeps)
    }
    return tree.rebuilt(outputs.map { .tensor($0) })
  }
}
