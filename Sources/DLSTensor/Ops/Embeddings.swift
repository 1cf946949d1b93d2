// Rows of tables at positions.

extension Tensor {
  /// Positions counted from 0, checked against a table's height before memory is touched.
  func checkedPositions(_ rows: Int, _ word: String) throws(TensorError) -> Tensor {
    if dtype != .i64 {
      throw TensorError(
        "dtype-mismatch", "\(word) needs int positions, got \(typeText)", argument: 0,
        help: ["convert them: `{0}.to(i64)`"])
    }
    if isMeta { return self }
    let whole = packed()
    let at = whole.pointer(Int.self)
    for i in 0..<count where at[i] < 0 || at[i] >= rows {
      throw TensorError(
        "index-out-of-range",
        "\(word): position \(at[i]) at \(i) is out of range for a table of \(rows) rows",
        argument: 0)
    }
    return whole
  }

  /// weight[self], without gradient to the row `padding`.
  package func embedding(_ weight: Tensor, padding: Int?) throws(TensorError) -> Tensor {
    if weight.rank != 2 {
      throw TensorError(
        "shape-mismatch", "embedding needs a table [rows, dim], got \(weight.describeShape)",
        argument: 1, labels: [(1, weight.typeText)])
    }
    let at = try checkedPositions(weight.shape[0], "embedding").reshape([count])
    var picked = try weight.rows(at: at)
    if let padding {
      let row = padding < 0 ? padding + weight.shape[0] : padding
      if row < 0 || row >= weight.shape[0] {
        throw TensorError(
          "index-out-of-range",
          "padding_idx \(padding) is out of range for a table of \(weight.shape[0]) rows",
          argument: 2)
      }
      if picked.isTracked {
        let isPadding = try at.equal(Tensor.scalar(row)).unsqueeze(1)
        picked = try Tensor.select(isPadding, picked.detached, picked)
      }
    }
    return try picked.reshape(shape + [weight.shape[1]])
  }
}
