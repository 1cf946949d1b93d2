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
      "cat([tensor([1]), tensor([2])])  #=> [1, 2]  i64[2]"
    ) { a throws(TensorError) in try Tensor.cat(a.tensors(0), a.int(1)) },
    op(
      "stack", [Parameter("tensors", .tensors), Parameter("dim", .int, .int(0))],
      "Tensors joined along a new dimension.",
      "stack([tensor([1]), tensor([2])]).shape  #=> [2, 1]"
    ) { a throws(TensorError) in try Tensor.stack(a.tensors(0), a.int(1)) },
    Op(
      "split", [input, Parameter("split_size", .ints), Parameter("dim", .int, .int(0))],
      "Parts of a size, or of the sizes of a list, along a dimension.",
      example: "len(split(zeros(5), 2))  #=> 3",
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        guard case .int(let size) = a.values[1] else {
          return .tensors(try x.split(a.ints(1), a.int(2)))
        }
        let whole = x.shape[try x.axis(a.int(2))]
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
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        let whole = x.shape[try x.axis(a.int(2))]
        if a.int(1) < 1 {
          throw TensorError("bad-argument", "chunk needs at least 1 part", argument: 1)
        }
        let size = max(1, (whole + a.int(1) - 1) / a.int(1))
        return .tensors(
          try x.split(stride(from: 0, to: whole, by: size).map { min(size, whole - $0) }, a.int(2)))
      }),
    op(
      "flip", [input, Parameter("dims", .ints, variadic: true)],
      "The order along dimensions turned round.",
      "tensor([1, 2]).flip(0)  #=> [2, 1]  i64[2]", { [[x(), .ints([0, 1])]] }
    ) { a throws(TensorError) in
      var y = try a.tensor(0)
      for axis in try y.axes(a.ints(1)) where y.shape[axis] > 0 {
        y = try y.slice(axis: axis, from: y.shape[axis] - 1, count: y.shape[axis], step: -1)
      }
      return try y.contiguous()
    },
    op(
      "roll", [input, Parameter("shifts", .int), Parameter("dim", .int, .int(0))],
      "Elements shifted round along a dimension.",
      "tensor([1, 2, 3]).roll(1)  #=> [3, 1, 2]  i64[3]", { [[x(), .int(1), .int(1)]] }
    ) { a throws(TensorError) in
      let y = try a.tensor(0)
      let axis = try y.axis(a.int(2))
      let n = y.shape[axis]
      if n == 0 { return y }
      let k = ((a.int(1) % n) + n) % n
      return try Tensor.cat(
        [
          y.slice(axis: axis, from: n - k, count: k, step: 1),
          y.slice(axis: axis, from: 0, count: n - k, step: 1),
        ], axis)
    },
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
      "gather(tensor([5, 6]), 0, tensor([1, 1]))  #=> [6, 6]  i64[2]"
    ) { a throws(TensorError) in try a.tensor(0).gather(a.int(1), a.tensor(2)) },
    op(
      "scatter_add", [input, dimParameter, Parameter("index", .tensor), Parameter("src", .tensor)],
      "Elements added where an index says.",
      "scatter_add(zeros(2), 0, tensor([1, 1]), ones(2))  #=> [0.0, 2.0]  f32[2]"
    ) { a throws(TensorError) in try a.tensor(0).scatterAdd(a.int(1), a.tensor(2), a.tensor(3)) },
    op(
      "index_select", [input, dimParameter, Parameter("index", .tensor)],
      "Slices that an index names along a dimension.",
      "index_select(tensor([5, 6, 7]), 0, tensor([2, 0]))  #=> [7, 5]  i64[2]"
    ) { a throws(TensorError) in
      let y = try a.tensor(0)
      let axis = try y.axis(a.int(1))
      return try y.index(
        Array(repeating: .slice(from: nil, to: nil, step: 1), count: axis) + [.tensor(a.tensor(2))])
    },
    op(
      "take_along_dim", [input, Parameter("indices", .tensor), dimParameter],
      "The same as gather, indices first.",
      "take_along_dim(tensor([5, 6]), tensor([1]), 0)  #=> [6]  i64[1]"
    ) { a throws(TensorError) in try a.tensor(0).gather(a.int(2), a.tensor(1)) },
    op(
      "masked_select", [input, Parameter("mask", .tensor)],
      "The elements where a mask holds, in one row.",
      "masked_select(tensor([1, 2]), tensor([false, true]))  #=> [2]  i64[1]"
    ) { a throws(TensorError) in try a.tensor(0).index([.tensor(a.tensor(1))]) },
    op(
      "tril", [input, Parameter("diagonal", .int, .int(0))], "The lower triangle; zeros above.",
      "tril(ones(2, 2))\n#=> [[1.0, 0.0],\n#=>  [1.0, 1.0]]  f32[2, 2]",
      { [[x([3, 3]), .int(0)]] }
    ) { a throws(TensorError) in
      let k = a.int(1); return try a.tensor(0).triangle { $1 - $0 <= k }
    },
    op(
      "triu", [input, Parameter("diagonal", .int, .int(0))], "The upper triangle; zeros below.",
      "triu(ones(2, 2))\n#=> [[1.0, 1.0],\n#=>  [0.0, 1.0]]  f32[2, 2]",
      { [[x([3, 3]), .int(0)]] }
    ) { a throws(TensorError) in
      let k = a.int(1); return try a.tensor(0).triangle { $1 - $0 >= k }
    },
    op(
      "diag", [input], "A vector's diagonal matrix, or a matrix's diagonal.",
      "diag(tensor([1.0, 2.0]))\n#=> [[1.0, 0.0],\n#=>  [0.0, 2.0]]  f32[2, 2]",
      { [[x([3])], [x([3, 3])]] }
    ) { a throws(TensorError) in try a.tensor(0).diagonal() },
    Op(
      "nonzero", [input], "Positions of what is not zero, one a row.",
      example: "nonzero(tensor([0, 3]))\n#=> [[1]]  i64[1, 1]",
      gradient: .none(because: "its result is ints"),
      body: .general { a throws(TensorError) in
        .tensor(try Tensor.stack(a.tensor(0).nonzeroColumns(), 1))
      }),
    op(
      "to", [input, Parameter("dtype", .dtype)], "The same numbers in another dtype.",
      "tensor([1, 2]).to(f32)  #=> [1.0, 2.0]  f32[2]"
    ) { a throws(TensorError) in try a.tensor(0).to(a.dtype(1) ?? .f32) },
    op(
      "contiguous", [input], "The elements in row-major order.",
      "tensor([1]).contiguous()  #=> [1]  i64[1]", { [[x()]] }
    ) { a throws(TensorError) in try a.tensor(0).contiguous() },
  ]
}

extension Tensor {
  package func tiled(_ repeats: [Int]) throws(TensorError) -> Tensor {
    if repeats.count < rank || repeats.contains(where: { $0 < 0 }) {
      throw TensorError(
        "bad-argument", "repeat needs a count for each of the \(rank) dims", argument: 1)
    }
    var y = try reshape([Int](repeating: 1, count: repeats.count - rank) + shape)
    for (axis, n) in repeats.enumerated() where n != 1 {
      y =
        n == 0
        ? try y.slice(axis: axis, from: 0, count: 0, step: 1)
        : try Tensor.cat(Array(repeating: y, count: n), axis)
    }
    return y
  }

  /// PyTorch's pad: pairs from the last dimension backwards.
  package func padded(_ sizes: [Int], _ mode: String, _ value: Double) throws(TensorError) -> Tensor
  {
    if sizes.count % 2 != 0 || sizes.count / 2 > rank {
      throw TensorError(
        "bad-argument", "pad needs two numbers a dimension, got \(sizes.count)", argument: 1)
    }
    if !["constant", "reflect", "replicate", "circular"].contains(mode) {
      throw TensorError(
        "bad-argument", "pad's mode must be constant, reflect, replicate or circular", argument: 2)
    }
    var y = self
    for k in 0..<(sizes.count / 2) {
      let axis = rank - 1 - k
      let (before, after) = (sizes[2 * k], sizes[2 * k + 1])
      let n = y.shape[axis]
      let positions = Array(-before..<max(n + after, -before))
      if n + before + after < 0 {
        throw TensorError("bad-argument", "pad takes more away than there is", argument: 1)
      }
      if mode == "constant" {
        let low = max(-before, 0)
        let kept = max(0, n - low - max(-after, 0))
        let core = try y.slice(axis: axis, from: min(low, max(n - 1, 0)), count: kept, step: 1)
        var shape = y.shape
        func block(_ size: Int) throws(TensorError) -> Tensor {
          shape[axis] = max(size, 0)
          return try Tensor.full(shape, value, dtype, meta: isMeta)
        }
        y = try Tensor.cat([block(before), core, block(after)], axis)
        continue
      }
      var index: [Int] = []
      for p in positions {
        switch mode {
        case "replicate": index.append(min(max(p, 0), n - 1))
        case "circular": index.append(((p % n) + n) % n)
        default:
          if p < -(n - 1) || p > 2 * (n - 1) {
            throw TensorError("bad-argument", "reflect pads less than the size", argument: 1)
          }
          index.append(p < 0 ? -p : p >= n ? 2 * (n - 1) - p : p)
        }
      }
      y = try y.index(
        Array(repeating: .slice(from: nil, to: nil, step: 1), count: axis) + [
          .tensor(Tensor.of(index))
        ])
    }
    return y
  }

  package func triangle(_ keeps: (_ row: Int, _ column: Int) -> Bool) throws(TensorError) -> Tensor
  {
    if rank < 2 {
      throw TensorError("bad-argument", "a triangle needs a matrix, got \(typeText)", argument: 0)
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let mask = try Tensor.of(
      (0..<rows * columns).map { keeps($0 / columns, $0 % columns) }, shape: [rows, columns])
    return try Tensor.select(mask.expand(shape), self, Tensor.scalar(0, dtype))
  }

  func diagonal() throws(TensorError) -> Tensor {
    let size = rank == 1 ? shape[0] : min(shape.first ?? 0, shape.last ?? 0)
    let at = try Tensor.of(Array(0..<size))
    if rank == 2 { return try index([.tensor(at), .tensor(at)]) }
    if rank != 1 {
      throw TensorError(
        "bad-argument", "diag needs a vector or a matrix, got \(typeText)", argument: 0)
    }
    return try Tensor.assigning(
      Tensor.full([size, size], 0, dtype, meta: isMeta), at: [.tensor(at), .tensor(at)], self)
  }
}
