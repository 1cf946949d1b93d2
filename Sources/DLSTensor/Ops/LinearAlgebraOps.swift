// Linear algebra beyond products: declarations.

private let matrix = Parameter("A", .tensor)
private let input = Parameter("input", .tensor)
private let batches = "Over the last two dims; those before them make a batch."

/// A matrix away from singular ones: random numbers, with more on the diagonal.
private func regular(_ shape: [Int], _ more: Double = 2, seed: UInt64 = 1) -> OpValue {
  guard case .tensor(let x) = Samples.tensor(shape, -1, 1, seed: seed) else { return .none }
  let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
  var values = x.doubles()
  for i in values.indices where i / n % m == i % n { values[i] += more + Double(i % n) / 2 }
  guard let made = try? Tensor.of(values, shape: shape) else { return .none }
  return .tensor(made)
}

/// L Lᵀ + 1, which is symmetric and positive definite.
private func positive(_ n: Int) -> OpValue {
  guard case .tensor(let x) = regular([n, n], 1),
    let y = try? x.matmul(x.transposed())
  else { return .none }
  return .tensor(y)
}

enum LinearAlgebraOps {
  static let all: [Op] = solving + factorisations + norms

  private static let solving: [Op] = [
    Op(
      "det", [matrix], "The determinant.", details: batches,
      example: "det(tensor([[1.0, 2.0], [3.0, 4.0]]))  #=> -2.0",
      samples: {
        guard let flat = try? Tensor.of([1.0, 2, 3, 2, 4, 6, 0, 1, 5], shape: [3, 3]) else {
          return []
        }
        return [[regular([3, 3])], [regular([2, 2, 2])], [.tensor(flat)]]
      },
      body: .unary { x throws(TensorError) in try x.determinant() }),
    Op(
      "slogdet", [matrix], "`(sign, ln |det|)`, which neither overflows nor vanishes.",
      details: batches, example: "slogdet(2 * eye(2))  #=> (1.0, 1.3862944)",
      samples: { [[regular([3, 3])], [regular([2, 2, 2])]] },
      body: .general { a throws(TensorError) in
        let (sign, log) = try a.tensor(0).slogdet()
        return .tensors([sign, log])
      }),
    Op(
      "inv", [matrix], "The inverse; an error where there is none.", details: batches,
      example: "inv(2 * eye(2))\n#=> [[0.5, 0.0],\n#=>  [0.0, 0.5]]  f32[2, 2]",
      samples: { [[regular([3, 3])], [regular([2, 2, 2])]] },
      body: .unary { x throws(TensorError) in try x.inverse() }),
    Op(
      "solve",
      [matrix, Parameter("B", .tensor), Parameter("left", .bool, .bool(true), namedOnly: true)],
      "The X with A X = B; with `left=false`, X A = B.",
      details: batches + " B is a matrix, or a vector.",
      example: "solve(2 * eye(2), tensor([2.0, 4.0]))  #=> [1.0, 2.0]  f32[2]",
      samples: {
        [
          [regular([3, 3]), Samples.tensor([3, 2], -1, 1, seed: 2), .bool(true)],
          [regular([3, 3]), Samples.tensor([3], -1, 1, seed: 2), .bool(true)],
          [regular([2, 2]), Samples.tensor([3, 2], -1, 1, seed: 2), .bool(false)],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).solve(a.tensor(1), left: a.bool(2)))
      }),
    Op(
      "lstsq", [matrix, Parameter("B", .tensor), Parameter("rcond", .float, .none)],
      "The X that makes ‖A X - B‖ smallest; of several the shortest.",
      details: batches + " The gradient takes A to have full rank.",
      example: "lstsq(tensor([[1.0], [1.0]]), tensor([1.0, 3.0]))  #=> [2.0]  f32[1]",
      samples: {
        [
          [regular([4, 2]), Samples.tensor([4, 2], -1, 1, seed: 2), .none],
          [regular([2, 3]), Samples.tensor([2], -1, 1, seed: 2), .none],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).leastSquares(a.tensor(1), a.optionalFloat(2)))
      }),
    Op(
      "pinv",
      [
        matrix, Parameter("atol", .float, .none, namedOnly: true),
        Parameter("rtol", .float, .none, namedOnly: true),
        Parameter("hermitian", .bool, .bool(false), namedOnly: true),
      ], "The pseudo-inverse of Moore and Penrose.",
      details: batches
        + " Singular values up to max(atol, rtol · largest) count as 0; rtol is ε max(m, n).",
      example: "pinv(tensor([[1.0], [1.0]]))\n#=> [[0.5, 0.5]]  f32[1, 2]",
      samples: {
        [
          [regular([3, 2]), .none, .none, .bool(false)],
          [regular([2, 3]), .none, .none, .bool(false)],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).pseudoInverse(a.optionalFloat(1), a.optionalFloat(2)))
      }),
  ]

  private static let factorisations: [Op] = [
    Op(
      "cholesky", [matrix, Parameter("upper", .bool, .bool(false), namedOnly: true)],
      "L with A = L Lᵀ, for a symmetric positive definite A; with `upper`, its transpose.",
      details: batches + " Only the lower triangle is read.",
      example: "cholesky(4 * eye(1))\n#=> [[2.0]]  f32[1, 1]",
      samples: { [[positive(3), .bool(false)], [positive(2), .bool(true)]] },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).cholesky(upper: a.bool(1)))
      }),
    Op(
      "qr", [matrix, Parameter("mode", .string, .string("reduced"))],
      "`(Q, R)` with A = Q R, Q's columns orthonormal, R upper triangular.",
      details: batches + " Modes: reduced, complete, r (R alone; Q is empty).",
      example: "qr(eye(2))[1].shape  #=> [2, 2]",
      samples: {
        [[regular([3, 2]), .string("reduced")], [regular([2, 3]), .string("reduced")]]
      },
      body: .general { a throws(TensorError) in
        let (q, r) = try a.tensor(0).qr(a.string(1))
        return .tensors([q, r])
      }),
    Op(
      "svd", [matrix, Parameter("full_matrices", .bool, .bool(true))],
      "`(U, S, Vh)` with A = U diag(S) Vh, S in falling order.",
      details: batches
        + " The gradient is defined where the singular values differ, and leaves out the columns of U and rows of Vh beyond min(m, n).",
      example: "svd(3 * eye(1))[1]  #=> [3.0]  f32[1]",
      samples: {
        [
          [regular([3, 2]), .bool(false)], [regular([2, 3]), .bool(false)],
          [regular([2, 2]), .bool(true)],
        ]
      },
      body: .general { a throws(TensorError) in
        let (u, s, v) = try a.tensor(0).singularValues(full: a.bool(1))
        return .tensors([u, s, v])
      }),
    Op(
      "eigh", [matrix, Parameter("UPLO", .string, .string("L"))],
      "`(L, V)`: a symmetric matrix's eigenvalues in rising order, and its eigenvectors as columns.",
      details: batches
        + " Only one triangle is read, the lower (\"L\") or the upper (\"U\"). The gradient is defined where the eigenvalues differ.",
      example: "eigh(tensor([[2.0, 0.0], [0.0, 1.0]]))[0]  #=> [1.0, 2.0]  f32[2]",
      samples: { [[positive(3), .string("L")], [positive(2), .string("U")]] },
      body: .general { a throws(TensorError) in
        guard ["L", "U", "l", "u"].contains(a.string(1)) else {
          throw TensorError("bad-argument", "UPLO is \"L\" or \"U\"", argument: 1)
        }
        let (l, v) = try a.tensor(0).eigh(lower: a.string(1).uppercased() == "L")
        return .tensors([l, v])
      }),
  ]

  private static let norms: [Op] = [
    Op(
      "trace", [input], "The sum of a matrix's diagonal.",
      example: "trace(tensor([[1.0, 2.0], [3.0, 4.0]]))  #=> 5.0",
      samples: { [[Samples.tensor([2, 3], -1, 1)]] },
      body: .unary { x throws(TensorError) in try x.trace() }),
    Op(
      "kron", [input, Parameter("other", .tensor)],
      "The Kronecker product: blocks of `other`, each times an element of `input`.",
      example: "kron(tensor([1, 2]), tensor([1, 10]))  #=> [1, 10, 2, 20]  i64[4]",
      samples: {
        [
          [Samples.tensor([2, 2], -1, 1), Samples.tensor([1, 3], -1, 1, seed: 2)],
          [Samples.tensor([2], -1, 1), Samples.tensor([2, 2], -1, 1, seed: 2)],
        ]
      },
      body: .binary { a, b throws(TensorError) in try a.kron(b) }),
    Op(
      "matrix_norm",
      [
        matrix, Parameter("ord", .any, .string("fro")),
        Parameter("dim", .ints, .ints([-2, -1])),
        Parameter("keepdim", .bool, .bool(false)),
      ], "A norm of a matrix.",
      details:
        "ord: \"fro\" √Σx², \"nuc\" the sum of the singular values, 2 and -2 the largest and the smallest of them, 1 and -1 the largest and the smallest sum of a column, inf and -inf of a row.",
      example: "matrix_norm(tensor([[3.0, 4.0]]))  #=> 5.0",
      samples: {
        ([.string("fro"), .string("nuc"), .int(1), .int(-2), .float(.infinity)] as [OpValue]).map {
          [regular([3, 2]), $0, .ints([-2, -1]), .bool(false)]
        }
      },
      body: .general { a throws(TensorError) in
        .tensor(
          try a.tensor(0).matrixNorm(
            MatrixNorm(a.values[1]), a.ints(2), keepdim: a.bool(3)))
      }),
    Op(
      "cdist",
      [Parameter("x1", .tensor), Parameter("x2", .tensor), Parameter("p", .float, .float(2))],
      "The distances ‖a - b‖ between all rows of two matrices.",
      details: "[..., p, m] and [..., r, m] give [..., p, r].",
      example: "cdist(tensor([[0.0, 0.0]]), tensor([[3.0, 4.0]]))\n#=> [[5.0]]  f32[1, 1]",
      samples: {
        [2, 1, 3, .infinity].map {
          [
            Samples.tensor([2, 3], 0, 1), Samples.tensor([2, 3], 1.2, 2, seed: 2), .float($0),
          ]
        }
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).cdist(a.tensor(1), a.float(2)))
      }),
    Op(
      "cosine_similarity",
      [
        Parameter("x1", .tensor), Parameter("x2", .tensor), Parameter("dim", .int, .int(1)),
        Parameter("eps", .float, .float(1e-8)),
      ], "x₁·x₂ / (‖x₁‖ ‖x₂‖) along a dim, each norm at least eps.",
      example: "cosine_similarity(tensor([[1.0, 0.0]]), tensor([[2.0, 0.0]]))  #=> [1.0]  f32[1]",
      samples: {
        [
          [
            Samples.tensor([2, 3], -1, 1), Samples.tensor([2, 3], 0.2, 1, seed: 2), .int(1),
            .float(1e-8),
          ]
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).cosineSimilarity(a.tensor(1), a.int(2), a.float(3)))
      }),
    Op(
      "normalize",
      [
        input, Parameter("p", .float, .float(2)), Parameter("dim", .ints, .int(1)),
        Parameter("eps", .float, .float(1e-12)),
      ], "x / ‖x‖ along a dim, the norm at least eps.",
      example: "normalize(tensor([[3.0, 4.0]]))\n#=> [[0.6, 0.8]]  f32[1, 2]",
      samples: {
        [
          [Samples.tensor([2, 3], 0.2, 1), .float(2), .int(1), .float(1e-12)],
          [Samples.tensor([2, 3], 0.2, 1), .float(3), .int(0), .float(1e-12)],
        ]
      },
      body: .general { a throws(TensorError) in
        .tensor(try a.tensor(0).unitVector(a.float(1), a.ints(2), a.float(3)))
      }),
  ]
}
