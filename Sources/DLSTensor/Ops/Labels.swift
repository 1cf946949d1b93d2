// Labels and class weights, checked before any memory is read with them.

extension Tensor {
  /// Labels must be ints in range: asked before any memory is read.
  func checkLabels(_ target: Tensor, _ name: String, _ axis: Int, _ ignoreIndex: Int?)
    throws(TensorError)
  {
    var expected = shape
    expected.remove(at: axis)
    if target.dtype != .i64 {
      var error = TensorError(
        "dtype-mismatch", "\(name) needs int labels, got \(target.typeText)", argument: 1,
        labels: [(0, typeText), (1, target.typeText)], help: ["labels as ints: `{1}.to(i64)`"])
      if target.dtype.isFloating, target.rank == rank {
        error.help.append("class probabilities need the shape of the logits, \(describeShape)")
      }
      if dtype == .i64, target.dtype.isFloating {
        error.help = ["the scores come first: `\(name)({1}, {0})`"]
      }
      throw error
    }
    if target.shape != expected {
      throw TensorError(
        "shape-mismatch",
        "\(name) needs labels \(Tensor.describe(expected)) for logits \(describeShape), got "
          + target.describeShape, argument: 1,
        labels: [(0, describeShape), (1, target.describeShape)],
        help: target.shape == shape
          ? [
            "as numbers of classes: `{1}.argmax(dim=\(axis))`",
            "as probabilities of classes: `{1}.to(f32)`",
          ]
          : target.count == expected.reduce(1, *)
            ? ["`{1}.reshape(\(Tensor.describe(expected)))`"] : [])
    }
    if target.isMeta { return }
    let whole = target.packed()
    let labels = whole.pointer(Int.self)
    for i in 0..<target.count where labels[i] != ignoreIndex {
      if labels[i] < 0 || labels[i] >= shape[axis] {
        throw TensorError(
          "index-out-of-range",
          "label \(labels[i]) at position \(i) is out of range for \(shape[axis]) classes",
          argument: 1, notes: ["labels run from 0 to \(shape[axis] - 1)"])
      }
    }
  }

  /// One weight a class.
  func checkClassWeight(_ weight: Tensor, _ axis: Int, _ argument: Int) throws(TensorError) {
    if weight.shape == [shape[axis]] { return }
    throw TensorError(
      "shape-mismatch",
      "a weight for each of \(shape[axis]) classes is needed, got \(weight.describeShape)",
      argument: argument, labels: [(0, describeShape), (argument, weight.describeShape)])
  }
}
