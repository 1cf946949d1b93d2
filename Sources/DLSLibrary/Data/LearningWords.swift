// Small classical methods to compare networks with: PCA, k-means, nearest neighbours.

import DLSRuntime
import DLSTensor

enum LearningWords {
  static let all: [Builtin] = [
    Builtin(
      "pca", [Parameter("x", .tensor), Parameter("k", .int, .int(2))],
      "Principal components: the rows of x on the k directions of largest variance.",
      details: """
        Reads as the matrix of scores [n, k]; `.components` [k, d], `.mean` [d], `.variance` [k] \
        and `.ratio` (shares of the whole variance) are its members. The sign of a component is \
        such that its largest entry is positive. `x ≈ p @ p.components + p.mean`.
        """,
      example: """
        p = pca([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 1)
        p.shape
        #=> [3, 1]
        """,
      family: "Data"
    ) { call throws(Failure) in
      try pca(call)
    },
    Builtin(
      "kmeans",
      [
        Parameter("x", .tensor), Parameter("k", .int), Parameter("iterations", .int, .int(100)),
        Parameter("restarts", .int, .int(5)),
      ],
      "Clusters rows about k centres (Lloyd's method from k-means++ starts, the best of several).",
      details: """
        Reads as the labels (i64); `.centers` [k, d], `.labels` and `.inertia` (the sum of squared \
        distances) are its members. Arthur and Vassilvitskii, k-means++ (2007).
        """,
      example: """
        kmeans([[0.0], [0.1], [9.0]], 2).inertia < 0.01
        #=> true
        """,
      family: "Data"
    ) { call throws(Failure) in
      let (rows, x) = try matrix(call, 0)
      let k = try call.int(1)
      guard k > 0, k <= rows.count else {
        throw call.fail(1, "between 1 and \(rows.count) centres can be found, not \(k)")
      }
      var best: KMeans?
      var random = SplitMix64(seed: call.machine.drawSeed())
      for _ in 0..<max(1, try call.int(3)) {
        try call.machine.checkInterrupt()
        let found = KMeans(rows, k, iterations: max(1, try call.int(2)), &random)
        if found.inertia < best?.inertia ?? .infinity { best = found }
      }
      guard let best else { throw call.fail(0, "the rows hold nan or inf: no distances exist") }
      return try tensorWork { () throws(TensorError) in
        let labels = try Tensor.of(best.labels, shape: [rows.count])
        let centers = try Tensor.of(best.centers.flatMap { $0 }, shape: [k, x.shape[1]]).to(x.dtype)
        return .object(
          TensorObject(
            labels,
            parts: [
              ("labels", .tensor(labels)), ("centers", .tensor(centers)),
              ("inertia", .float(best.inertia)),
            ]))
      }
    },
    Builtin(
      "knn",
      [
        Parameter("x", .tensor), Parameter("y", .tensor), Parameter("query", .tensor),
        Parameter("k", .int, .int(1)),
      ],
      "Labels of query rows by a vote of their k nearest rows in x (Euclidean distance).",
      details: "Ties go to the label of the nearest of the tied rows.",
      example: """
        knn([[0.0], [1.0], [5.0]], [0, 0, 1], [[4.0], [0.2]])
        #=> [1, 0]  i64[2]
        """,
      family: "Data"
    ) { call throws(Failure) in
      let (rows, _) = try matrix(call, 0)
      let labels = try call.tensor(1).labels(call, 1, count: rows.count)
      let (queries, _) = try matrix(call, 2)
      let k = try call.int(3)
      guard k > 0, k <= rows.count else {
        throw call.fail(3, "between 1 and \(rows.count) neighbours can vote, not \(k)")
      }
      if let a = rows.first, let b = queries.first, a.count != b.count {
        throw call.fail(2, "query rows have \(b.count) numbers, the rows of x \(a.count)")
      }
      var answers: [Int] = []
      for query in queries {
        try call.machine.checkInterrupt()
        answers.append(vote(rows, labels, query, k))
      }
      let found = answers
      return .tensor(
        try tensorWork { () throws(TensorError) in try Tensor.of(found, shape: [found.count]) })
    },
  ]

  private static func matrix(_ call: Call, _ argument: Int) throws(Failure) -> ([[Float]], Tensor) {
    let x = try call.tensor(argument)
    guard x.rank >= 2, x.count > 0 else {
      throw call.fail(argument, "rows of numbers are expected, not shape \(x.shape)")
    }
    let flat = try tensorWork { () throws(TensorError) in
      try x.reshape([x.shape[0], -1]).to(x.dtype.isFloating ? x.dtype : .f32)
    }
    let values = flat.floats()
    let width = flat.shape[1]
    return ((0..<flat.shape[0]).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }, flat)
  }

  private static func vote(_ rows: [[Float]], _ labels: [Int], _ query: [Float], _ k: Int) -> Int {
    var nearest: [(distance: Float, row: Int)] = []
    for (i, row) in rows.enumerated() {
      let distance = squaredDistance(row, query)
      if nearest.count == k, let last = nearest.last, distance >= last.distance { continue }
      let at = nearest.firstIndex { $0.distance > distance } ?? nearest.count
      nearest.insert((distance, i), at: at)
      if nearest.count > k { nearest.removeLast() }
    }
    var counts: [Int: Int] = [:]
    for entry in nearest { counts[labels[entry.row], default: 0] += 1 }
    let most = counts.values.max() ?? 0
    let winner = nearest.first { counts[labels[$0.row]] == most }
    return winner.map { labels[$0.row] } ?? labels[0]
  }

  private static func pca(_ call: Call) throws(Failure) -> Value {
    let x = try call.tensor(0)
    let k = try call.int(1)
    guard x.rank == 2, x.shape[0] > 0 else {
      throw call.fail(0, "a matrix of rows is expected, not shape \(x.shape)")
    }
    guard k > 0, k <= min(x.shape[0], x.shape[1]) else {
      throw call.fail(1, "between 1 and \(min(x.shape[0], x.shape[1])) components exist, not \(k)")
    }
    return try tensorWork { () throws(TensorError) in
      let data = try x.detached.to(.f64)
      let mean = try data.mean([0], keepdim: true)
      let centred = try data - mean
      let divisor = try Tensor.scalar(Double(max(1, x.shape[0] - 1)), .f64)
      let covariance = try centred.transposed().matmul(centred) / divisor
      let (values, vectors) = try principalAxes(covariance)
      let total = max(values.reduce(0, +), .leastNormalMagnitude)
      let type: DType = x.dtype == .f64 ? .f64 : .f32
      let basis = try Tensor.of(Array(vectors.prefix(k * x.shape[1])), shape: [k, x.shape[1]])
      let scores = try centred.matmul(basis.transposed()).to(type)
      let variance = try Tensor.of(Array(values.prefix(k)), shape: [k]).to(type)
      let ratio = try Tensor.of(values.prefix(k).map { $0 / total }, shape: [k]).to(type)
      return .object(
        TensorObject(
          scores,
          parts: [
            ("scores", .tensor(scores)), ("components", .tensor(try basis.to(type))),
            ("mean", .tensor(try mean.reshape([x.shape[1]]).to(type))),
            ("variance", .tensor(variance)), ("ratio", .tensor(ratio)),
          ]))
    }
  }
}

/// Eigenvalues in falling order and their vectors, row after row, the largest entry positive.
private func principalAxes(_ covariance: Tensor) throws(TensorError) -> ([Double], [Double]) {
  let (rising, columns) = try covariance.eigh(lower: true)
  let (values, rows, n) = (rising.doubles(), try columns.transposed().doubles(), rising.count)
  var vectors: [Double] = []
  for i in stride(from: n - 1, through: 0, by: -1) {
    let row = rows[i * n..<(i + 1) * n]
    let largest = row.max { abs($0) < abs($1) } ?? 1
    vectors += largest < 0 ? row.map { -$0 } : Array(row)
  }
  return (values.reversed(), vectors)
}

/// The sum of squared differences of two rows of equal length.
func squaredDistance(_ a: [Float], _ b: [Float]) -> Float {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let count = min(a.count, b.count) / 4
      var lanes = SIMD8<Float>.zero
      var i = 0
      while i + 8 <= count {
        let difference =
          a.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
          - b.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
        lanes += difference * difference
        i += 8
      }
      var sum = lanes.sum()
      while i < count {
        let difference =
          a.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          - b.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
        sum += difference * difference
        i += 1
      }
      return sum
    }
  }
}
