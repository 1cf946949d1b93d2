// Words that make tensors. Shapes are sizes one after another or a list.

private let size = Parameter("size", .ints, variadic: true)
private let type = Parameter("dtype", .dtype, .string("f32"), namedOnly: true)
private let none = Op.GradientRule.none(because: "it makes a tensor from nothing")

private func make(
  _ name: String, _ parameters: [Parameter], _ summary: String, _ example: String,
  _ body: @escaping @Sendable (OpArguments) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, parameters, summary,
    details: "Takes sizes, `\(name)(2, 3)`, or a list, `\(name)([2, 3])`.",
    example: example, gradient: none,
    body: .general { a throws(TensorError) in .tensor(try body(a)) })
}

private func like(
  _ name: String, _ summary: String, _ example: String,
  _ body: @escaping @Sendable (Tensor, OpArguments) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, [Parameter("input", .tensor), Parameter("dtype", .dtype, .none, namedOnly: true)],
    summary, example: example, gradient: none,
    body: .general { a throws(TensorError) in
      .tensor(try body(a.tensor(0).detached, a).cast(a.dtype(1)))
    })
}

enum MakingOps {
  static let all: [Op] = [
    make("zeros", [size, type], "A tensor of zeros.", "zeros(2)  #=> [0.0, 0.0]  f32[2]") {
      a throws(TensorError) in try Tensor.full(a.ints(0), 0, a.dtype(1) ?? .f32)
    },
    make("ones", [size, type], "A tensor of ones.", "ones(2)  #=> [1.0, 1.0]  f32[2]") {
      a throws(TensorError) in try Tensor.full(a.ints(0), 1, a.dtype(1) ?? .f32)
    },
    Op(
      "full",
      [
        size, Parameter("value", .float, namedOnly: true),
        Parameter("dtype", .dtype, .none, namedOnly: true),
      ], "A tensor of one value: `full([2, 3], 1.0)` or `full(2, 3, value=1.0)`.",
      example: "full([2], 0.5)  #=> [0.5, 0.5]  f32[2]", gradient: none,
      body: .general { a throws(TensorError) in
        var dtype = a.dtype(2) ?? .f32
        if a.dtype(2) == nil, case .int = a.values[1] { dtype = .i64 }
        return .tensor(try Tensor.full(a.ints(0), a.float(1), dtype))
      }),
    make(
      "eye", [Parameter("n", .int), Parameter("m", .int, .none), type], "Ones on the diagonal.",
      "eye(2)\n#=> [[1.0, 0.0],\n#=>  [0.0, 1.0]]  f32[2, 2]"
    ) { a throws(TensorError) in
      let (n, m) = (a.int(0), a.optionalInt(1) ?? a.int(0))
      let y = try Tensor.full([n, m], 0, a.dtype(2) ?? .f32)
      for i in 0..<min(n, m) { y.store(1, i * m + i) }
      return y
    },
    make(
      "arange",
      [
        Parameter("start", .float), Parameter("end", .float, .none),
        Parameter("step", .float, .int(1)),
        Parameter("dtype", .dtype, .none, namedOnly: true),
      ], "Numbers from start up to end, end left out.", "arange(3)  #=> [0, 1, 2]  i64[3]"
    ) { a throws(TensorError) in
      var whole = true
      for i in 0..<3 { if case .float = a.values[i] { whole = false } }
      let start = a.optionalFloat(1) == nil ? 0 : a.float(0)
      let end = a.optionalFloat(1) ?? a.float(0)
      let step = a.float(2)
      if step == 0 || !(end - start).isFinite {
        throw TensorError("bad-argument", "arange needs finite bounds and a step other than 0")
      }
      let count = max(0, ((end - start) / step).rounded(.up))
      if count > 0x1p46 { throw TensorError("bad-size", "arange would make \(count) numbers") }
      let y = try Tensor.empty([Int(count)], a.dtype(3) ?? (whole ? .i64 : .f32))
      for i in 0..<y.count { y.store(start + Double(i) * step, i) }
      return y
    },
    make(
      "linspace",
      [Parameter("start", .float), Parameter("end", .float), Parameter("steps", .int), type],
      "Numbers evenly spaced, both ends among them.",
      "linspace(0, 1, 3)  #=> [0.0, 0.5, 1.0]  f32[3]"
    ) { a throws(TensorError) in
      let y = try Tensor.empty([a.int(2)], a.dtype(3) ?? .f32)
      let n = y.count
      for i in 0..<n {
        let t = n == 1 ? 0 : Double(i) / Double(n - 1)
        y.store(a.float(0) + (a.float(1) - a.float(0)) * t, i)
      }
      return y
    },
    make(
      "logspace",
      [
        Parameter("start", .float), Parameter("end", .float), Parameter("steps", .int),
        Parameter("base", .float, .float(10)), type,
      ], "Powers of a base, their exponents evenly spaced.",
      "logspace(0, 2, 3)  #=> [1.0, 10.0, 100.0]  f32[3]"
    ) { a throws(TensorError) in
      let y = try Tensor.empty([a.int(2)], a.dtype(4) ?? .f32)
      let n = y.count
      for i in 0..<n {
        let t = n == 1 ? 0 : Double(i) / Double(n - 1)
        y.store(Scalar.pow(a.float(3), a.float(0) + (a.float(1) - a.float(0)) * t), i)
      }
      return y
    },
    like(
      "zeros_like", "Zeros of another tensor's shape and dtype.",
      "zeros_like(tensor([1.0]))  #=> [0.0]  f32[1]"
    ) {
      x, _ throws(TensorError) in try Tensor.zeros(like: x)
    },
    like(
      "ones_like", "Ones of another tensor's shape and dtype.",
      "ones_like(tensor([2.0]))  #=> [1.0]  f32[1]"
    ) {
      x, _ throws(TensorError) in try Tensor.full(x.shape, 1, x.dtype, meta: x.isMeta)
    },
    make("rand", [size, type], "Uniform random numbers from [0, 1).", "") { a throws(TensorError) in
      let y = try Tensor.empty(a.ints(0), a.dtype(1) ?? .f32)
      a.generator.fillUniform(y)
      return y
    },
    make("randn", [size, type], "Random numbers of the standard normal distribution.", "") {
      a throws(TensorError) in
      let y = try Tensor.empty(a.ints(0), a.dtype(1) ?? .f32)
      a.generator.fillNormal(y)
      return y
    },
    make(
      "randint",
      [
        Parameter("low", .int), Parameter("high", .any, .none), Parameter("size", .ints, .none),
        Parameter("dtype", .dtype, .none, namedOnly: true),
      ], "Random ints from low up to high, high left out; `randint(high, size)` begins at 0.", ""
    ) { a throws(TensorError) in
      var (low, high, size) = (a.int(0), a.optionalInt(1), a.optionalInts(2))
      if size == nil, case .ints(let given) = a.values[1] { size = given }
      if high == nil || a.optionalInts(2) == nil { (low, high) = (0, low) }
      guard let high, let size, high > low else {
        throw TensorError(
          "bad-argument", "randint needs high above low, and a size", argument: 1,
          help: ["`randint(0, 10, [2, 3])`"])
      }
      let (width, overflow) = high.subtractingReportingOverflow(low)
      if overflow {
        throw TensorError("bad-argument", "randint's range does not fit an int", argument: 1)
      }
      let y = try Tensor.empty(size, .i64)
      let q = y.pointer(Int.self)
      for i in 0..<y.count { q[i] = low + a.generator.nextInt(width) }
      return try y.cast(a.dtype(3))
    },
    make("randperm", [Parameter("n", .int)], "The ints below n in random order.", "") {
      a throws(TensorError) in
      // Asked for first, so that what does not fit is refused.
      let y = try Tensor.empty([a.int(0)], .i64)
      let q = y.pointer(Int.self)
      for i in 0..<y.count { q[i] = i }
      for i in stride(from: y.count - 1, to: 0, by: -1) {
        let j = a.generator.nextInt(i + 1)
        (q[i], q[j]) = (q[j], q[i])
      }
      return y
    },
    like(
      "bernoulli", "1 with the probability that each element gives, else 0.",
      "bernoulli(tensor([0.0, 1.0]))  #=> [0.0, 1.0]  f32[2]"
    ) {
      x, a throws(TensorError) in
      let p = try x.floating().packed()
      let y = try Tensor.empty(x.shape, p.dtype, meta: x.isMeta)
      if !y.isMeta {
        for i in 0..<y.count {
          let v = p.element(i)
          if !(v >= 0 && v <= 1) {
            throw TensorError(
              "bad-argument", "bernoulli needs probabilities, got \(v)", argument: 0)
          }
          y.store(a.generator.nextDouble() < v ? 1 : 0, i)
        }
      }
      return y
    },
    make(
      "multinomial",
      [
        Parameter("input", .tensor), Parameter("num_samples", .int),
        Parameter("replacement", .bool, .bool(false)),
      ], "Positions drawn in proportion to weights.",
      "multinomial(tensor([0.0, 1.0]), 1)  #=> [1]  i64[1]"
    ) { a throws(TensorError) in
      try a.tensor(0).multinomial(a.int(1), a.bool(2), a.generator)
    },
    Op(
      "one_hot", [Parameter("input", .tensor), Parameter("num_classes", .int, .int(-1))],
      "A row of zeros with a 1 at each label.",
      example: "one_hot(tensor([1]), 3)\n#=> [[0, 1, 0]]  i64[1, 3]",
      gradient: .none(because: "its input is ints"),
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).oneHot(a.int(1) < 0 ? nil : a.int(1)))
      }),
  ]
}

extension Tensor {
  func multinomial(_ samples: Int, _ replacement: Bool, _ generator: Generator)
    throws(TensorError) -> Tensor
  {
    if rank == 0 || rank > 2 || samples < 1 {
      throw TensorError("bad-argument", "multinomial needs weights [n] or [rows, n] and a count")
    }
    let width = shape[rank - 1]
    if isMeta { return try Tensor.meta(Array(shape.dropLast()) + [samples], .i64) }
    if !replacement, samples > width {
      throw TensorError(
        "bad-argument", "multinomial cannot draw \(samples) of \(width) without replacement",
        argument: 1)
    }
    let y = try Tensor.empty(Array(shape.dropLast()) + [samples], .i64)
    let q = y.pointer(Int.self)
    let values = doubles()
    for row in 0..<(rank == 2 ? shape[0] : 1) {
      var weights = Array(values[row * width..<(row + 1) * width])
      for draw in 0..<samples {
        if draw & 0xfff == 0 { try Interrupt.check() }
        let total = weights.reduce(0, +)
        if !(total > 0) || !total.isFinite || weights.contains(where: { $0 < 0 }) {
          throw TensorError(
            "bad-argument", "multinomial needs weights that are not negative, with enough above 0",
            argument: 0)
        }
        var rest = generator.nextDouble() * total
        var at = weights.lastIndex { $0 > 0 } ?? 0
        for (i, w) in weights.enumerated() where w > 0 {
          rest -= w
          if rest < 0 {
            at = i
            break
          }
        }
        q[row * samples + draw] = at
        if !replacement { weights[at] = 0 }
      }
    }
    return y
  }
}
