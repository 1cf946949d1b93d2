// How good predictions are: accuracy, top-k accuracy, confusion matrix.

import DLSRuntime
import DLSTensor

enum ScoreWords {
  static let all: [Builtin] = [
    Builtin(
      "accuracy", [Parameter("predictions", .tensor), Parameter("labels", .tensor)],
      "The share of right predictions: labels against labels, or rows of scores by their largest.",
      details:
        "With scores of shape [n] or [n, 1] against labels 0 and 1, a positive score means 1.",
      example: """
        accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
        #=> 0.5
        """,
      family: "Training"
    ) { call throws(Failure) in
      let labels = try call.tensor(1).flatLabels(call, 1)
      let predicted = try predictions(call, labels)
      guard !labels.isEmpty else { return .float(.nan) }
      let right = zip(predicted, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      return .float(Double(right) / Double(labels.count))
    },
    Builtin(
      "topk_accuracy",
      [Parameter("scores", .tensor), Parameter("labels", .tensor), Parameter("k", .int, .int(5))],
      "The share of rows whose label is among the k largest scores.",
      example: """
        topk_accuracy([[0.1, 0.5, 0.4], [0.7, 0.2, 0.1]], [2, 2], k=2)
        #=> 0.5
        """,
      family: "Training"
    ) { call throws(Failure) in
      let scores = try call.tensor(0)
      guard scores.rank == 2 else {
        throw call.fail(0, "scores of shape [rows, classes] are expected, not \(scores.shape)")
      }
      let labels = try call.tensor(1).labels(call, 1, count: scores.shape[0])
      let (values, width, k) = (scores.doubles(), scores.shape[1], try call.int(2))
      guard k >= 1 else { throw call.fail(2, "k is at least 1, not \(k)") }
      try check(call, labels, width)
      var hits = 0
      for (i, label) in labels.enumerated() {
        let own = values[i * width + label]
        let better = (0..<width).reduce(0) { $0 + (values[i * width + $1] > own ? 1 : 0) }
        if better < k { hits += 1 }
      }
      return .float(labels.isEmpty ? .nan : Double(hits) / Double(labels.count))
    },
    Builtin(
      "confusion_matrix",
      [
        Parameter("predictions", .tensor), Parameter("labels", .tensor),
        Parameter("classes", .int, .none),
      ],
      "How often label i (row) was predicted as j (column): i64 of shape [classes, classes].",
      example: """
        confusion_matrix([0, 1, 1], [0, 1, 0])
        #=> [[1, 1],
        #=>  [0, 1]]  i64[2, 2]
        """,
      family: "Training"
    ) { call throws(Failure) in
      let scores = try call.tensor(0)
      let labels = try call.tensor(1).flatLabels(call, 1)
      let predicted = try predictions(call, labels)
      let width = scores.rank == 2 && scores.shape[1] > 1 ? scores.shape[1] : 0
      let largest = max(labels.max() ?? 0, predicted.max() ?? 0, width - 1)
      let classes = try call.optionalInt(2) ?? largest + 1
      guard classes > 0, classes <= 10_000 else {
        throw call.fail(2, "a matrix for \(classes) classes is not made")
      }
      try check(call, labels, classes)
      if let wrong = predicted.first(where: { $0 < 0 || $0 >= classes }) {
        throw call.fail(0, "prediction \(wrong) is not one of \(classes) classes")
      }
      var counts = [Int](repeating: 0, count: classes * classes)
      for (label, guess) in zip(labels, predicted) { counts[label * classes + guess] += 1 }
      let final = counts
      return .tensor(
        try tensorWork { () throws(TensorError) in try Tensor.of(final, shape: [classes, classes]) }
      )
    },
  ]

  private static func check(_ call: Call, _ labels: [Int], _ classes: Int) throws(Failure) {
    if let at = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw call.fail(1, "label \(labels[at]) at position \(at) is not in 0 ..< \(classes)")
    }
  }

  /// The classes that the first argument names, one for each label.
  private static func predictions(_ call: Call, _ labels: [Int]) throws(Failure) -> [Int] {
    let x = try call.tensor(0)
    guard x.rank >= 1, x.shape[0] == labels.count, x.rank <= 2 else {
      throw call.fail(0, "\(labels.count) labels stand against predictions of shape \(x.shape)")
    }
    if x.rank == 2 && x.shape[1] > 1 {
      let (values, width) = (x.doubles(), x.shape[1])
      return labels.indices.map { row in
        var best = 0
        for j in 1..<width where values[row * width + j] > values[row * width + best] { best = j }
        return best
      }
    }
    let values = x.doubles()
    if x.dtype.isFloating && values.contains(where: { $0 != $0.rounded() }) {
      return values.map { $0 > 0 ? 1 : 0 }
    }
    guard values.allSatisfy({ abs($0) < 1e15 }) else {
      throw call.fail(0, "predictions are class numbers or scores; these hold nan or inf")
    }
    return x.rank == 2 && x.dtype.isFloating
      ? values.map { $0 > 0 ? 1 : 0 } : values.map { Int($0) }
  }
}

extension Tensor {
  /// Labels of shape [n] or [n, 1].
  func flatLabels(_ call: Call, _ argument: Int) throws(Failure) -> [Int] {
    guard rank == 2, shape[1] == 1 else { return try labels(call, argument) }
    return try tensorWork { () throws(TensorError) in try reshape([shape[0]]) }.labels(
      call, argument)
  }
}
