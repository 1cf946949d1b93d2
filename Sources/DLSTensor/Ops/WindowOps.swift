// Windows, grids and sums over named dimensions: declarations.

private let input = Parameter("input", .tensor)

/// One number for both directions, or one each.
private func two(_ a: OpArguments, _ i: Int) throws(TensorError) -> [Int] {
  let given = a.ints(i)
  if given.count == 1 { return [given[0], given[0]] }
  if given.count == 2 { return given }
  throw TensorError("bad-argument", "one number or two are needed here", argument: i)
}

enum WindowOps {
  static let grids: [Op] = [
    Op(
      "meshgrid",
      [
        Parameter("tensors", .tensors, variadic: true),
        Parameter("indexing", .string, .string("ij"), namedOnly: true),
      ], "Grids of coordinates: one tensor for each vector, all of one shape.",
      details: "\"ij\" puts the first vector along dim 0, \"xy\" along dim 1.",
      example: "meshgrid(arange(2), arange(3))[0].shape  #=> [2, 3]",
      samples: {
        guard case .tensor(let x) = Samples.tensor([2], -1, 1),
          case .tensor(let y) = Samples.tensor([3], -1, 1, seed: 2)
        else { return [] }
        return [[.tensors([x, y]), .string("ij")], [.tensors([x, y]), .string("xy")]]
      },
      body: .general { a throws(TensorError) in
        .tensors(try Tensor.meshgrid(a.tensors(0), a.string(1)))
      })
  ]

  static let all: [Op] = [
    Op(
      "unfold",
      [
        input, Parameter("kernel_size", .ints), Parameter("dilation", .ints, .int(1)),
        Parameter("padding", .ints, .int(0)), Parameter("stride", .ints, .int(1)),
      ], "The patches of images as columns (im2col): [n, c, h, w] gives [n, c·kh·kw, patches].",
      details: "`windows` gives windows along one dim.",
      example: "unfold(ones(1, 1, 3, 3), 2).shape  #=> [1, 4, 4]",
      samples: {
        [
          [Samples.tensor([1, 2, 3, 3], -1, 1), .int(2), .int(1), .int(0), .int(1)],
          [Samples.tensor([2, 1, 4, 3], -1, 1), .ints([2, 1]), .int(2), .int(1), .ints([1, 2])],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).unfold(two(a, 1), two(a, 2), two(a, 3), two(a, 4)))
      }),
    Op(
      "windows",
      [input, Parameter("dim", .int), Parameter("size", .int), Parameter("step", .int, .int(1))],
      "Windows of a size along a dim, as a new last dim.",
      details: "What PyTorch calls `x.unfold(dim, size, step)`.",
      example: "windows(tensor([1, 2, 3]), 0, 2)\n#=> [[1, 2],\n#=>  [2, 3]]  i64[2, 2]",
      samples: { [[Samples.tensor([2, 5], -1, 1), .int(1), .int(3), .int(2)]] },
      body: .general { a throws(TensorError) in
        let x = try a.tensor(0)
        if x.rank == 0 {
          throw TensorError("shape-mismatch", "a number has no windows", argument: 0)
        }
        return .tensor(
          try x.windows(axis: x.axis(a.int(1), argument: 1), size: a.int(2), step: a.int(3)))
      }),
    Op(
      "einsum",
      [Parameter("equation", .string), Parameter("operands", .tensors, variadic: true)],
      "Sums of products over named dimensions: those that the result lacks are summed.",
      details:
        "Names stand apart (\"b i d, b j d -> b i j\"), or are single letters (\"bid,bjd->bij\"); `...` stands for batches.",
      example:
        "einsum(\"i k, k j -> i j\", eye(2), tensor([[1.0], [2.0]]))\n#=> [[1.0],\n#=>  [2.0]]  f32[2, 1]",
      samples: {
        guard case .tensor(let x) = Samples.tensor([2, 3, 2], -1, 1),
          case .tensor(let y) = Samples.tensor([2, 2, 2], -1, 1, seed: 2)
        else { return [] }
        return [
          [.string("b i d, b j d -> b i j"), .tensors([x, y])],
          [.string("bid,bdd->i"), .tensors([x, y])],
        ]
      },
      body: .general { a throws(TensorError) in
        let operands = try a.tensors(1)
        if operands.isEmpty {
          throw TensorError("missing-argument", "einsum needs tensors after its pattern")
        }
        return .tensor(try Tensor.einsum(a.string(0), operands))
      }),
  ]
}
