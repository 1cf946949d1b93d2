// The shape words: declarations.

private let input = Parameter("input", .tensor)
private let dimParameter = Parameter("dim", .int)

private func op(
  _ name: String, _ parameters: [Parameter], _ summary: String, _ example: String,
  _ samples: @escaping @Sendable () -> [[OpValue]] = { [] },
  _ body: @escaping @Sendable (OpArguments) throws(TensorError) -> Tensor
) -> Op {
  Op(
    name, parameters, summary, example: example, samples: samples,
    body: .general { a throws(TensorError) in .tensor(try body(a)) })
}

private func x(_ shape: [Int] = [2, 3]) -> OpValue { Samples.tensor(shape, -1, 1) }

/// Ints as a tensor argument.
private func ints(_ values: [Int], _ shape: [Int]) -> OpValue {
  guard let made = try? Tensor.of(values, shape: shape) else { return .none }
  return .tensor(made)
}

/// Two tensors as a list argument.
private func list(_ a: [Int], _ b: [Int]) -> OpValue {
  guard case .tensor(let p) = Samples.tensor(a, -1, 1),
    case .tensor(let q) = Samples.tensor(b, -1, 1, seed: 2)
  else { return .none }
  return .tensors([p, q])
}

enum ShapeOps {
  static let all: [Op] = [
    op(
      "reshape", [input, Parameter("shape", .ints, variadic: true)],
      "The same elements in another shape; -1 is worked out.",
      "arange(4).reshape(2, -1)\n#=> [[0, 1],\n#=>  [2, 3]]  i64[2, 2]",
      { [[x(), .ints([3, -1])]] }
    ) { a throws(TensorError) in try a.tensor(0).reshape(a.ints(1)) },
    op(
      "view", [input, Parameter("shape", .ints, variadic: true)], "The same as reshape.",
      "arange(2).view(1, 2)\n#=> [[0, 1]]  i64[1, 2]", { [[x(), .ints([6])]] }
    ) { a throws(TensorError) in try a.tensor(0).reshape(a.ints(1)) },
    op(
      "permute", [input, Parameter("dims", .ints, variadic: true)], "Dimensions in another order.",
      "zeros(2, 3, 4).permute(2, 0, 1).shape  #=> [4, 2, 3]",
      { [[x([2, 3, 2]), .ints([2, 0, 1])]] }
    ) { a throws(TensorError) in try a.tensor(0).permute(a.ints(1)) },
    op(
      "transpose", [input, Parameter("dim0", .int, .int(-2)), Parameter("dim1", .int, .int(-1))],
      "Two dimensions swapped.", "zeros(2, 3).transpose(0, 1).shape  #=> [3, 2]",
      { [[x(), .int(0), .int(1)]] }
    ) { a throws(TensorError) in try a.tensor(0).transpose(a.int(1), a.int(2)) },
    op(
      "flatten",
      [input, Parameter("start_dim", .int, .int(0)), Parameter("end_dim", .int, .int(-1))],
      "Several dimensions made one.", "zeros(2, 3, 4).flatten(1).shape  #=> [2, 12]",
      { [[x([2, 3, 2]), .int(1), .int(-1)]] }
    ) { a throws(TensorError) in try a.tensor(0).flatten(a.int(1), a.int(2)) },
    op(
      "squeeze", [input, Parameter("dim", .ints, .none)], "Dimensions of size 1 dropped.",
      "zeros(2, 1).squeeze().shape  #=> [2]", { [[x([2, 1]), .none]] }
    ) { a throws(TensorError) in try a.tensor(0).squeeze(a.optionalInts(1)) },
    op(
      "unsqueeze", [input, dimParameter], "A dimension of size 1 put in.",
      "zeros(3).unsqueeze(0).shape  #=> [1, 3]", { [[x(), .int(1)]] }
    ) { a throws(TensorError) in try a.tensor(0).unsqueeze(a.int(1)) },
    op(
      "expand", [input, Parameter("size", .ints, variadic: true)],
      "Dimensions of size 1 stretched, without a copy.",
      "ones(1, 2).expand(3, 2).shape  #=> [3, 2]", { [[x([1, 3]), .ints([2, 3])]] }
    ) { a throws(TensorError) in try a.tensor(0).expand(a.ints(1)) },
    op(
      "repeat", [input, Parameter("repeats", .ints, variadic: true)], "Copies laid side by side.",
      "tensor([1, 2]).repeat(2)  #=> [1, 2, 1, 2]  i64[4]", { [[x(), .ints([2, 2])]] }
    ) { a throws(TensorError) in try a.tensor(0).tiled(a.ints(1)) },
    op(
      "cat", [Parameter("tensors", .tensors), Parameter("dim", .int, .int(0))],
      "Tensors joined along a dimension.",
      "cat([tensor([1]), tensor([2])])  #=> [1, 2]  i64[2]",
      { [[list([2, 3], [1, 3]), .int(0)], [list([2, 3], [2, 1]), .int(-1)]] }
    ) { a throws(TensorError) in try Tensor.cat(a.tensors(0), a.int(1)) },
    op(
      "stack", [Parameter("tensors", .tensors), Parameter("dim", .int, .int(0))],
      "Tensors joined along a new dimension.",
      "stack([tensor([1]), tensor([2])]).shape  #=> [2, 1]",
      { [[list([2, 3], [2, 3]), .int(1)]] }
    ) { a throws(TensorError) in try Tensor.stack(a.tensors(0), a.int(1)) },
    Op(
      "split", [input, Parameter("split_size", .ints), Parameter("dim", .int, .int(0))],
      "Parts of a size, or of the sizes of a list, along a dimension.",
      example: "len(split(zeros(5), 2))  #=> 3",
      samples: { [[x(), .int(2), .int(1)], [x(), .ints([1, 2]), .int(1)]] },
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        guard case .int(let size) = a.values[1] else {
          return .tensors(try x.split(a.ints(1), a.int(2)))
        }
        let whole = x.shape[try x.wholeAxis(a.int(2), "split")]
        if size < 1 {
          throw TensorError("bad-argument", "split needs a size of at least 1", argument: 1)
        }
        return .tensors(
          try x.split(stride(from: 0, to: whole, by: size).map { min(size, whole - $0) }, a.int(2)))
      }),
    Op(
      "chunk", [input, Parameter("chunks", .int), Parameter("dim", .int, .int(0))],
      "A number of parts along a dimension.",
      example: "len(chunk(zeros(6), 3))  #=> 3",
      samples: { [[x(), .int(2), .int(1)]] },
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        let whole = x.shape[try x.wholeAxis(a.int(2), "chunk")]
        if a.int(1) < 1 {
          throw TensorError("bad-argument", "chunk needs at least 1 part", argument: 1)
        }
        let parts = min(a.int(1), max(whole, 1))
        let size = max(1, (whole + parts - 1) / parts)
        return .tensors(
          try x.split(stride(from: 0, to: whole, by: size).map { min(size, whole - $0) }, a.int(2)))
      }),
    op(
      "flip", [input, Parameter("dims", .ints, variadic: true)],
      "The order along dimensions turned round.",
      "tensor([1, 2]).flip(0)  #=> [2, 1]  i64[2]", { [[x(), .ints([0, 1])]] }
    ) { a throws(TensorError) in
      var y = try a.tensor(0)
      for axis in try y.axes(a.ints(1)) where y.rank > 0 && y.shape[axis] > 0 {
        y = try y.slice(axis: axis, from: y.shape[axis] - 1, count: y.shape[axis], step: -1)
      }
      return try y.contiguous()
    },
    op(
      "roll", [input, Parameter("shifts", .ints), Parameter("dims", .ints, .none)],
      "Elements shifted round along dimensions, or along all of them as one row.",
      "tensor([1, 2, 3]).roll(1)  #=> [3, 1, 2]  i64[3]",
      {
        [[x(), .int(1), .int(1)], [x(), .int(2), .none], [x(), .ints([1, 1]), .ints([0, 1])]]
      }
    ) { a throws(TensorError) in try a.tensor(0).rolled(a.ints(1), a.optionalInts(2)) },
    op(
      "pad",
      [
        input, Parameter("pad", .ints), Parameter("mode", .string, .string("constant")),
        Parameter("value", .float, .float(0)),
      ],
      "Values put around; a list goes from the last dimension backwards, two numbers each.",
      "pad(tensor([1.0]), 1)  #=> [0.0, 1.0, 0.0]  f32[3]",
      { [[x(), .ints([1, 2]), .string("constant"), .float(0)]] }
    ) { a throws(TensorError) in
      var sizes = a.ints(1)
      if case .int(let n) = a.values[1] { sizes = [n, n] }
      return try a.tensor(0).padded(sizes, a.string(2), a.float(3))
    },
    op(
      "gather", [input, dimParameter, Parameter("index", .tensor)],
      "Elements that an index names along a dimension.",
      "gather(tensor([5, 6]), 0, tensor([1, 1]))  #=> [6, 6]  i64[2]",
      { [[x(), .int(1), ints([2, 0, 0, 1], [2, 2])]] }
    ) { a throws(TensorError) in try a.tensor(0).gather(a.int(1), a.tensor(2)) },
    op(
      "scatter_add", [input, dimParameter, Parameter("index", .tensor), Parameter("src", .tensor)],
      "Elements added where an index says.",
      "scatter_add(zeros(2), 0, tensor([1, 1]), ones(2))  #=> [0.0, 2.0]  f32[2]",
      {
        [[x(), .int(1), ints([2, 0, 0, 0], [2, 2]), Samples.tensor([2, 3], -1, 1, seed: 2)]]
      }
    ) { a throws(TensorError) in try a.tensor(0).scatterAdd(a.int(1), a.tensor(2), a.tensor(3)) },
    op(
      "index_select", [input, dimParameter, Parameter("index", .tensor)],
      "Slices that an index names along a dimension.",
      "index_select(tensor([5, 6, 7]), 0, tensor([2, 0]))  #=> [7, 5]  i64[2]",
      { [[x(), .int(1), ints([2, 0, 2], [3])]] }
    ) { a throws(TensorError) in
      let y = try a.tensor(0)
      let axis = try y.axis(a.int(1))
      return try y.index(
        Array(repeating: .slice(from: nil, to: nil, step: 1), count: axis) + [.tensor(a.tensor(2))])
    },
    op(
      "take_along_dim", [input, Parameter("indices", .tensor), Parameter("dim", .int, .none)],
      "Elements that indices name along a dimension; the other dimensions stretch to meet.",
      "take_along_dim(tensor([5, 6]), tensor([1]), 0)  #=> [6]  i64[1]",
      { [[x(), ints([2, 0], [2, 1]), .int(1)], [x(), ints([5, 0], [2]), .none]] }
    ) { a throws(TensorError) in try a.tensor(0).taken(a.tensor(1), a.optionalInt(2)) },
    op(
      "masked_select", [input, Parameter("mask", .tensor)],
      "The elements where a mask holds, in one row.",
      "masked_select(tensor([1, 2]), tensor([false, true]))  #=> [2]  i64[1]",
      {
        guard let mask = try? Tensor.of([true, false, true, true, false, false], shape: [2, 3])
        else { return [] }
        return [[x(), .tensor(mask)]]
      }
    ) { a throws(TensorError) in try a.tensor(0).maskedSelect(a.tensor(1)) },
    op(
      "tril", [input, Parameter("diagonal", .int, .int(0))], "The lower triangle; zeros above.",
      "tril(ones(2, 2))\n#=> [[1.0, 0.0],\n#=>  [1.0, 1.0]]  f32[2, 2]",
      { [[x([3, 3]), .int(0)]] }
    ) { a throws(TensorError) in
      try a.tensor(0).triangle(upper: false, a.int(1))
    },
    op(
      "triu", [input, Parameter("diagonal", .int, .int(0))], "The upper triangle; zeros below.",
      "triu(ones(2, 2))\n#=> [[1.0, 1.0],\n#=>  [0.0, 1.0]]  f32[2, 2]",
      { [[x([3, 3]), .int(0)]] }
    ) { a throws(TensorError) in
      try a.tensor(0).triangle(upper: true, a.int(1))
    },
    op(
      "diag", [input, Parameter("diagonal", .int, .int(0))],
      "A vector's diagonal matrix, or a matrix's diagonal; `diagonal` above (or below) the main one.",
      "diag(tensor([1.0, 2.0]))\n#=> [[1.0, 0.0],\n#=>  [0.0, 2.0]]  f32[2, 2]",
      { [[x([3]), .int(0)], [x([3, 3]), .int(0)], [x([2]), .int(1)], [x([3, 2]), .int(-1)]] }
    ) { a throws(TensorError) in try a.tensor(0).diagonal(a.int(1)) },
    Op(
      "nonzero", [input, Parameter("as_tuple", .bool, .bool(false), namedOnly: true)],
      "Positions of what is not zero, one a row; with `as_tuple`, one vector a dimension.",
      example: "nonzero(tensor([0, 3]))\n#=> [[1]]  i64[1, 1]",
      gradient: .none(because: "its result is ints"),
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        if x.rank == 0, a.bool(1) { return .tensors(try x.reshape([1]).nonzeroColumns()) }
        if x.rank == 0 { return .tensor(try Tensor.full([x.element(0) == 0 ? 0 : 1, 0], 0, .i64)) }
        let columns = try x.nonzeroColumns()
        return a.bool(1) ? .tensors(columns) : .tensor(try Tensor.stack(columns, 1))
      }),
    op(
      "to", [input, Parameter("dtype", .dtype)], "The same numbers in another dtype.",
      "tensor([1, 2]).to(f32)  #=> [1.0, 2.0]  f32[2]", { [[x(), .dtype(.f64)]] }
    ) { a throws(TensorError) in try a.tensor(0).to(a.dtype(1) ?? .f32) },
    op(
      "contiguous", [input], "The elements in row-major order.",
      "tensor([1]).contiguous()  #=> [1]  i64[1]", { [[x()]] }
    ) { a throws(TensorError) in try a.tensor(0).contiguous() },
  ]
}
