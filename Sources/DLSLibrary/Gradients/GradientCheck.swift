// gradcheck: a gradient against finite differences.

import DLSRuntime
import DLSTensor

struct GradientCheck {
  private let call: Call
  private let function: Value
  private let inputs: [Value]
  private let (eps, atol, rtol): (Double, Double, Double)

  init(_ call: Call) throws(Failure) {
    self.call = call
    function = try call.function(0)
    inputs = Transform.several(call.value(1))
    (eps, atol, rtol) = (try call.float(2), try call.float(3), try call.float(4))
    if !(eps > 0) { throw call.fail(2, "eps must be above 0, got \(NumberText.shortest(eps))") }
  }

  private struct Entry {
    var error = -Double.infinity
    var text = ""
  }

  func run() throws(Failure) -> Value {
    let machine = call.machine
    let random = machine.generator.state
    let raises = try call.bool(5)
    var worst = Entry()
    try Transform.differentiate(
      function, CallArguments(inputs), Array(inputs.indices), machine, dtype: .f64
    ) { result, lift, _ throws(Failure) in
      let ys = try Tree(result: result).leaves.map(\.tensor)
      let names = lift.leafNames
      for (k, y) in ys.enumerated() where y.dtype.isFloating {
        let exact = try analytic(ys, k, lift, machine)
        for (j, leaf) in lift.leaves.enumerated() {
          for i in 0..<leaf.count {
            try machine.checkInterrupt()
            machine.generator.state = random
            let numeric = try difference(lift, j, i, k, count: y.count, machine)
            for (o, n) in numeric.enumerated() {
              let a = exact[j].map { $0[o * leaf.count + i] } ?? 0
              let excess = abs(a - n) - (atol + rtol * abs(n))
              let error = excess.isNaN ? .infinity : excess
              if error <= worst.error { continue }
              worst.error = error
              worst.text =
                "the derivative of result\(place(o, y.shape)) by \(names[j])\(place(i, leaf.shape)) "
                + "is \(NumberText.brief(a)), finite differences give \(NumberText.brief(n))"
            }
          }
        }
      }
    }
    if worst.error <= 0 { return .bool(true) }
    if !raises { return .bool(false) }
    throw Failure(
      "gradient-mismatch", worst.text, argument: 0,
      help: [
        "data of f32 inside the function makes differences coarse: `.to(f64)`, or a larger eps"
      ])
  }

  /// For each leaf the derivatives of result k: a row for each of its elements.
  private func analytic(_ ys: [Tensor], _ k: Int, _ lift: Lift, _ machine: Machine)
    throws(Failure) -> [[Double]?]
  {
    var walk = GradientWalk(roots: ys, targets: lift.leaves, since: lift.since)
    return try Transform.rows(of: ys[k], k, ys.count, &walk, lift.leaves, false, machine)
      .enumerated().map { ($0.offset, $0.element) }.mapped { pair throws(Failure) in
        let (j, rows) = pair
        if rows.isEmpty { return nil }
        return rows.flatMap { $0?.doubles() ?? [Double](repeating: 0, count: lift.leaves[j].count) }
      }
  }

  /// (f(x + ε) - f(x - ε)) / 2ε for one element of one leaf.
  private func difference(
    _ lift: Lift, _ leaf: Int, _ element: Int, _ k: Int, count: Int, _ machine: Machine
  ) throws(Failure) -> [Double] {
    var ends: [[Double]] = []
    let random = machine.generator.state
    defer { lift.lendAgain() }
    for step in [eps, -eps] {
      machine.generator.state = random
      let arguments = try lift.moved(inputs, leaf, element, step)
      let results = try Autograd.withoutRecording { () throws(Failure) in
        try Tree(result: try machine.call(function, arguments)).leaves
      }
      ends.append(k < results.count ? results[k].tensor.doubles() : [])
    }
    if ends[0].count != count || ends[1].count != count {
      throw Failure(
        "shape-mismatch", "the function of gradcheck gives results of another form nearby",
        argument: 0)
    }
    return zip(ends[0], ends[1]).map { ($0 - $1) / (2 * eps) }
  }

  private func place(_ position: Int, _ shape: [Int]) -> String {
    if shape.isEmpty { return "" }
    var (rest, parts) = (position, [Int]())
    for size in shape.reversed() {
      parts.append(rest % max(size, 1))
      rest /= max(size, 1)
    }
    return Tensor.describe(parts.reversed())
  }
}
