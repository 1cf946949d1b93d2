// Scaled dot-product attention, and the bilinear form.

extension Tensor {
  /// softmax(q kᵀ scale + mask) v (Vaswani et al., 2017), and the weights.
  package static func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor?, dropout: Double, isCausal: Bool,
    scale: Double?, _ generator: Generator
  ) throws(TensorError) -> (y: Tensor, weights: Tensor) {
    if q.rank < 2 || k.rank < 2 || v.rank < 2 || q.shape[q.rank - 1] != k.shape[k.rank - 1]
      || k.shape[k.rank - 2] != v.shape[v.rank - 2]
    {
      throw TensorError(
        "shape-mismatch",
        "attention takes query [..., L, E], key [..., S, E] and value [..., S, V], got "
          + "\(q.describeShape), \(k.describeShape) and \(v.describeShape)",
        labels: [(0, q.describeShape), (1, k.describeShape), (2, v.describeShape)])
    }
    if mask != nil, isCausal {
      throw TensorError("bad-argument", "give attn_mask or is_causal, not both", argument: 5)
    }
    if !(dropout >= 0 && dropout <= 1) {
      throw TensorError(
        "bad-argument", "dropout_p must be from 0 to 1, got \(dropout)", argument: 4)
    }
    let size = q.shape[q.rank - 1]
    let factor = scale ?? (size == 0 ? 1 : 1 / Double(size).squareRoot())
    let query = try q.floating()
    var scores = try (query * query.number(factor)).matmul(k.transposed())
    let lowest = try scores.number(-.infinity)
    if isCausal {
      let (rows, columns) = (q.shape[q.rank - 2], k.shape[k.rank - 2])
      _ = try Tensor.count(of: [rows, columns])
      let seen = try Tensor.full([rows, columns], 1, .bool).triangle(upper: false, 0)
      scores = try Tensor.select(seen, scores, lowest)
    }
    var dead: Tensor?
    if let mask {
      scores =
        mask.dtype == .bool
        ? try Tensor.select(mask, scores, lowest) : try scores + mask.to(scores.dtype)
      // Rows that may look at nothing: zero, where a softmax would give nan.
      if !scores.isMeta, scores.count > 0 {
        let top = try scores.detached.amax([-1], keepdim: true)
        let rows = try top.equal(lowest)
        if rows.bools().contains(true) {
          dead = rows
          scores = try Tensor.select(rows, scores.number(0), scores)
        }
      }
    }
    var weights = try scores.softmax(-1)
    if let dead { weights = try Tensor.select(dead, weights.number(0), weights) }
    if dropout > 0 { weights = try weights.dropout(dropout, generator) }
    return (try weights.matmul(v), weights)
  }

  /// y_o = x1 W_o x2ᵀ + b_o, with W [out, in1, in2].
  package static func bilinear(_ a: Tensor, _ b: Tensor, _ weight: Tensor, _ bias: Tensor?)
    throws(TensorError) -> Tensor
  {
    let lead = Array(a.shape.dropLast())
    if weight.rank != 3 || a.rank < 1 || b.rank != a.rank || Array(b.shape.dropLast()) != lead
      || a.shape[a.rank - 1] != weight.shape[1] || b.shape[b.rank - 1] != weight.shape[2]
    {
      throw TensorError(
        "shape-mismatch",
        "bilinear takes [..., in1], [..., in2] and a weight [out, in1, in2], got "
          + "\(a.describeShape), \(b.describeShape) and \(weight.describeShape)",
        labels: [(0, a.describeShape), (1, b.describeShape), (2, weight.describeShape)])
    }
    let (out, n, m) = (weight.shape[0], weight.shape[1], weight.shape[2])
    let rows = lead.reduce(1, *)
    let left = try a.reshape([rows, n]).matmul(
      weight.permute([1, 0, 2]).reshape([n, out * m]))
    let both = try left.reshape([rows, out, m]) * b.reshape([rows, 1, m])
    var y = try both.sum([2])
    if let bias { y = try y + bias }
    return try y.reshape(lead + [out])
  }
}
