// Arguments of losses that compute and are hardly meant: probabilities where logits belong.

enum LossCautions {
  /// Softmax before cross-entropy, the commonest mistake of all: it trains, slowly and badly.
  static func crossEntropy(_ arguments: [OpValue]) -> TensorError? {
    guard case .tensor(let x)? = arguments.first, x.rank == 2, isDistribution(x) else { return nil }
    return TensorError(
      "softmax-twice", "cross_entropy takes logits, and these look like probabilities",
      help: ["leave the softmax out: cross_entropy does it itself"])
  }

  /// nll_loss without the logarithm.
  static func nll(_ arguments: [OpValue]) -> TensorError? {
    guard case .tensor(let x)? = arguments.first, x.rank == 2, isDistribution(x) else { return nil }
    return TensorError(
      "softmax-twice", "nll_loss takes log-probabilities, and these look like probabilities",
      help: ["take `log_softmax` instead of `softmax`, or cross_entropy of the logits"])
  }

  /// Rows of numbers from 0 to 1 that add up to 1 and are not all 0 or 1. The first row settles it
  /// nearly always, so that a training pays nothing.
  private static func isDistribution(_ x: Tensor) -> Bool {
    if x.isMeta || !x.dtype.isFloating || x.count == 0 || x.shape[1] < 2 { return false }
    guard isDistribution(row: 0, x) else { return false }
    return (1..<max(x.shape[0], 1)).allSatisfy { isDistribution(row: $0, x) }
  }

  private static func isDistribution(row: Int, _ x: Tensor) -> Bool {
    var sum = 0.0
    var isOneHot = true
    for column in 0..<x.shape[1] {
      let p = x.element(at: row, column)
      if !(p >= 0 && p <= 1) { return false }
      if p > 0, p < 1 { isOneHot = false }
      sum += p
    }
    return !isOneHot && abs(sum - 1) < 1e-4
  }
}

extension Tensor {
  fileprivate func element(at row: Int, _ column: Int) -> Double {
    let at = offset + row * strides[0] + column * strides[1]
    return dtype == .f32
      ? Double((storage.pointer + at * 4).load(as: Float.self))
      : (storage.pointer + at * 8).load(as: Double.self)
  }
}
