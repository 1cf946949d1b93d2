// Words that sort, scan and count: declarations.

private let input = Parameter("input", .tensor)
private let keepdim = Parameter("keepdim", .bool, .bool(false))
private let dimension = Parameter("dim", .int, .int(-1))
private let descending = Parameter("descending", .bool, .bool(false))
private let ints = Op.GradientRule.none(because: "its result is ints")

/// Numbers that differ by more than the checks move them.
private nonisolated(unsafe) let x = Samples.tensor([2, 3], -1, 1)

enum SortingOps {
  static let all: [Op] = sorting + statistics + scans + counting

  private static let sorting: [Op] = [
    Op(
      "sort",
      [input, dimension, descending, Parameter("stable", .bool, .bool(false), namedOnly: true)],
      "The elements in order along a dim: `(values, indices)`.",
      details: "Equal elements keep their order; nan counts as the largest.",
      example: "sort(tensor([3, 1, 2]))  #=> ([1, 2, 3]  i64[3], [1, 2, 0]  i64[3])",
      samples: {
        [[x, .int(-1), .bool(false), .bool(false)], [x, .int(0), .bool(true), .bool(false)]]
      },
      body: .general { a throws(TensorError) in
        let (values, indices) = try a.tensor(0).sort(a.int(1), descending: a.bool(2))
        return .tensors([values, indices])
      }),
    Op(
      "argsort",
      [input, dimension, descending, Parameter("stable", .bool, .bool(false), namedOnly: true)],
      "The positions of the elements in their order along a dim.",
      example: "argsort(tensor([3, 1, 2]))  #=> [1, 2, 0]  i64[3]", gradient: ints,
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).argsort(a.int(1), descending: a.bool(2)))
      }),
    Op(
      "topk",
      [
        input, Parameter("k", .int), dimension, Parameter("largest", .bool, .bool(true)),
        Parameter("sorted", .bool, .bool(true)),
      ], "The k largest elements along a dim, the largest first: `(values, indices)`.",
      details: "`largest=false` gives the smallest. The result is sorted in any case.",
      example: "topk(tensor([3, 1, 2]), 2)  #=> ([3, 2]  i64[2], [0, 2]  i64[2])",
      samples: {
        [
          [x, .int(2), .int(-1), .bool(true), .bool(true)],
          [x, .int(1), .int(0), .bool(false), .bool(true)],
        ]
      },
      body: .general { a throws(TensorError) in
        let (values, indices) = try a.tensor(0).topk(a.int(1), a.int(2), largest: a.bool(3))
        return .tensors([values, indices])
      }),
    Op(
      "unique",
      [
        input, Parameter("sorted", .bool, .bool(true)),
        Parameter("return_inverse", .bool, .bool(false)),
        Parameter("return_counts", .bool, .bool(false)), Parameter("dim", .int, .none),
      ], "The different elements in rising order; with `dim`, the different slices.",
      details:
        "`return_inverse` adds which of them each element is, `return_counts` how often each stands.",
      example: "unique(tensor([3, 1, 3]))  #=> [1, 3]  i64[2]",
      gradient: .none(because: "which elements are different changes by jumps"),
      body: .general { a throws(TensorError) in
        let (values, inverse, counts) = try a.tensor(0).unique(a.optionalInt(4))
        let more = (a.bool(2) ? [inverse] : []) + (a.bool(3) ? [counts] : [])
        return more.isEmpty ? .tensor(values) : .tensors([values] + more)
      }),
  ]

  private static let statistics: [Op] = [
    Op(
      "median", [input, Parameter("dim", .int, .none), keepdim],
      "The middle element in order, the lower of two; with `dim`, `(values, indices)`.",
      details: "nan where there is one. Without `dim`, equal elements share the gradient.",
      example: "median(tensor([3.0, 1.0, 2.0]))  #=> 2.0",
      samples: {
        [[x, .none, .bool(false)], [x, .int(1), .bool(true)], [x, .int(0), .bool(false)]]
      },
      body: .general { a throws(TensorError) in
        guard let dim = a.optionalInt(1) else { return .tensor(try a.tensor(0).median()) }
        let (values, indices) = try a.tensor(0).median(dim, keepdim: a.bool(2))
        return .tensors([values, indices])
      }),
    Op(
      "quantile",
      [
        input, Parameter("q", .tensor), Parameter("dim", .int, .none), keepdim,
        Parameter("interpolation", .string, .string("linear"), namedOnly: true),
      ], "The number below which a share q of the elements lies; for a vector of shares, one each.",
      details:
        "Between two elements by `interpolation`: linear, lower, higher, midpoint or nearest.",
      example: "quantile(tensor([0.0, 1.0, 2.0]), 0.25)  #=> 0.5",
      samples: {
        let share = Samples.tensor([], 0.3, 0.4)
        return [
          [x, share, .none, .bool(false), .string("linear")],
          [x, share, .int(1), .bool(true), .string("midpoint")],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).quantile(
            a.tensor(1), a.optionalInt(2), keepdim: a.bool(3), a.string(4)))
      }),
  ]

  private static let scans: [Op] = [
    Op(
      "cumsum",
      [input, Parameter("dim", .int), Parameter("dtype", .dtype, .none, namedOnly: true)],
      "Running sums along a dim.", example: "cumsum(tensor([1, 2, 3]), 0)  #=> [1, 3, 6]  i64[3]",
      samples: { [[x, .int(1), .none], [x, .int(0), .none]] },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).cast(a.dtype(2)).cumsum(a.int(1)))
      }),
    Op(
      "cumprod",
      [input, Parameter("dim", .int), Parameter("dtype", .dtype, .none, namedOnly: true)],
      "Running products along a dim.",
      example: "cumprod(tensor([1, 2, 3]), 0)  #=> [1, 2, 6]  i64[3]",
      samples: {
        let zeros = try? Tensor.of([0.5, 0, -1.5, 2, 0, 0.0], shape: [2, 3])
        return [[x, .int(1), .none], [zeros.map { .tensor($0) } ?? .none, .int(1), .none]]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).cast(a.dtype(2)).cumprod(a.int(1)))
      }),
  ]

  private static let counting: [Op] = [
    Op(
      "count_nonzero", [input, Parameter("dim", .ints, .none)],
      "How many elements are not 0, in all or along dims.",
      example: "count_nonzero(tensor([0, 2, 3]))  #=> 2", gradient: ints,
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).detached.to(.bool).sum(a.optionalInts(1)))
      }),
    Op(
      "bincount",
      [input, Parameter("weights", .tensor, .none), Parameter("minlength", .int, .int(0))],
      "How often each int from 0 up stands in a vector; with weights, the sums of them.",
      example: "bincount(tensor([0, 2, 2]))  #=> [1, 0, 2]  i64[3]", gradient: ints,
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).bincount(a.optionalTensor(1), a.int(2)))
      }),
    Op(
      "histc",
      [
        input, Parameter("bins", .int, .int(100)), Parameter("min", .float, .int(0)),
        Parameter("max", .float, .int(0)),
      ], "Counts of the elements in equal bins between two bounds; the extremes where both are 0.",
      details: "Elements outside are left out; the last bin holds the upper bound.",
      example: "histc(tensor([0.0, 1.0, 1.0]), bins=2)  #=> [1.0, 2.0]  f32[2]",
      gradient: .none(because: "counts change by jumps"),
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).histogram(a.int(1), a.float(2), a.float(3)))
      }),
  ]
}

extension Tensor {
  /// In another dtype where one is given.
  func cast(_ dtype: DType?) throws(TensorError) -> Tensor {
    guard let dtype else { return self }
    return try to(dtype)
  }
}
