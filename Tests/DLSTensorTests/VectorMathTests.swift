// The vector functions of f32 against the C library's of f64, from tiny numbers to infinity.

import Testing

import DLSTensor

@Suite struct VectorMathTests {
  /// Both signs, powers of ten, neighbours of the places where a formula gives way to another.
  private static let numbers: [Float] = {
    var result: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 1, 4, 0.625, 8192, 8193, 1e6]
    for k in -30...6 {
      for m: Float in [1, 1.7, 3.1, 5.9, 8.3] {
        var power: Float = 1
        for _ in 0..<abs(k) { power *= k < 0 ? 0.1 : 10 }
        result += [m * power, -m * power]
      }
    }
    for i in 0..<4000 { result.append(Float(i - 2000) * 0.0173) }
    return result
  }()

  private static let functions:
    [(name: String, f: @Sendable (Tensor) throws(TensorError) -> Tensor)] =
      [
        ("exp", { x throws(TensorError) in try x.exp() }),
        ("log", { x throws(TensorError) in try x.log() }),
        ("tanh", { x throws(TensorError) in try x.tanh() }),
        ("sigmoid", { x throws(TensorError) in try x.sigmoid() }),
        ("erf", { x throws(TensorError) in try x.erf() }),
        ("sin", { x throws(TensorError) in try x.sin() }),
        ("cos", { x throws(TensorError) in try x.cos() }),
        ("round", { x throws(TensorError) in try x.round() }),
        ("gelu", { x throws(TensorError) in try x.gelu() }),
        ("sqrt", { x throws(TensorError) in try x.sqrt() }),
      ]

  @Test(arguments: functions.indices)
  func agreesWithTheLibrary(_ k: Int) throws {
    let (name, f) = Self.functions[k]
    let x = try Tensor.of(Self.numbers, shape: [Self.numbers.count])
    let own = try f(x).doubles()
    let exact = try f(x.to(.f64)).doubles()
    for (i, v) in Self.numbers.enumerated() {
      let (a, b) = (own[i], exact[i])
      if b.isNaN {
        #expect(a.isNaN, "\(name)(\(v)) = \(a)")
        continue
      }
      // Beyond what a float holds, infinity or nothing.
      let nearest = Double(Float(b))
      if a == nearest { continue }
      let size = max(abs(b), name == "exp" ? abs(b) : 0.25)
      #expect(abs(a - b) <= 6e-7 * size, "\(name)(\(v)) = \(a), not \(b)")
    }
  }
}
