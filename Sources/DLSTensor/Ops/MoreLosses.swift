// Losses of regression, of rankings and of pairs.

extension Tensor {
  private func pair(_ target: Tensor, _ name: String, at argument: Int = 1) throws(TensorError)
    -> (Tensor, Tensor)
  {
    try Tensor.requireSameShape(self, target, name, arguments: (0, argument))
    let dtype = try DType.promoted(floating(), target.floating())
    return (try to(dtype), try target.to(dtype))
  }

  /// The weighted mean divides by the sum of the weights, as PyTorch's.
  private func reduced(_ reduction: LossReduction, _ weight: Tensor?) throws(TensorError) -> Tensor
  {
    guard let weight else { return try reduction.apply(self) }
    let w = try weight.to(dtype)
    let weighted = try self * w
    if reduction != .mean { return try reduction.apply(weighted) }
    return try weighted.sum() / w.expand(shape).sum()
  }

  package func l1Loss(_ target: Tensor, _ reduction: LossReduction, _ weight: Tensor?)
    throws(TensorError) -> Tensor
  {
    let (x, t) = try pair(target, "l1_loss")
    return try (x - t).abs().reduced(reduction, weight)
  }

  package func weightedSquares(_ target: Tensor, _ reduction: LossReduction, _ weight: Tensor?)
    throws(TensorError) -> Tensor
  {
    guard let weight else { return try mseLoss(target, reduction: reduction) }
    let (x, t) = try pair(target, "mse_loss")
    let d = try x - t
    return try (d * d).reduced(reduction, weight)
  }

  /// d² / 2 within δ, δ (|d| - δ / 2) beyond.
  package func huberLoss(
    _ target: Tensor, _ delta: Double, _ reduction: LossReduction, _ weight: Tensor?
  ) throws(TensorError) -> Tensor {
    if !(delta > 0) {
      throw TensorError("bad-argument", "huber_loss needs a delta above 0", argument: 3)
    }
    let (x, t) = try pair(target, "huber_loss")
    // Unlike its kin, PyTorch's weighted mean divides by the count here.
    let terms = try (x - t).huber(delta)
    guard let weight else { return try reduction.apply(terms) }
    return try reduction.apply(terms * weight.to(terms.dtype))
  }

  /// Huber's loss divided by β; |d| where β is 0.
  package func smoothL1Loss(_ target: Tensor, _ beta: Double, _ reduction: LossReduction)
    throws(TensorError) -> Tensor
  {
    if !(beta >= 0) {
      throw TensorError("bad-argument", "smooth_l1_loss needs a beta of at least 0", argument: 3)
    }
    let (x, t) = try pair(target, "smooth_l1_loss")
    let d = try x - t
    return try reduction.apply(beta == 0 ? d.abs() : d.huber(beta) * d.number(1 / beta))
  }

  private func huber(_ delta: Double) throws(TensorError) -> Tensor {
    // c (|d| - c / 2) with c = |d| held below δ is both branches at once, and smooth at δ.
    let size = try abs()
    let held = try size.clamp(nil, delta)
    return try held * (size - held * held.number(0.5))
  }

  /// t (ln t - x), 0 where t is 0; for a logarithmic target e^t (t - x).
  package func klDivergence(_ target: Tensor, _ reduction: String, logTarget: Bool)
    throws(TensorError) -> Tensor
  {
    let (x, t) = try pair(target, "kl_div")
    let terms: Tensor
    if logTarget {
      terms = try t.exp() * (t - x)
    } else {
      let zero = try t.detached.equal(Tensor.scalar(0, t.dtype))
      let log = try Tensor.select(zero, t.number(1), t).log()
      terms = try t * log - t * x
    }
    if reduction == "batchmean" {
      return try terms.sum() * terms.number(1 / Double(rank == 0 ? 1 : shape[0]))
    }
    return try LossReduction.named(reduction).apply(terms)
  }

  /// x where the target is 1, max(0, margin - x) where it is -1.
  package func hingeEmbeddingLoss(_ target: Tensor, _ margin: Double, _ reduction: LossReduction)
    throws(TensorError) -> Tensor
  {
    let (x, t) = try pair(target, "hinge_embedding_loss")
    let none = try x.number(0)
    let near = try Tensor.select(t.equal(t.number(-1)), none, x)
    let far = try (x.number(margin) - x).relu()
    return try reduction.apply(near + Tensor.select(t.equal(t.number(1)), none, far))
  }

  /// Σ over the other classes of max(0, margin - x[target] + x[i])^p / classes.
  package func multiMarginLoss(
    _ target: Tensor, _ p: Int, _ margin: Double, _ weight: Tensor?, _ reduction: LossReduction
  ) throws(TensorError) -> Tensor {
    if rank == 1 {
      return try unsqueeze(0).multiMarginLoss(
        target.reshape([1]), p, margin, weight, reduction == .none ? .sum : reduction)
    }
    if p != 1 && p != 2 {
      throw TensorError("bad-argument", "multi_margin_loss's p is 1 or 2, not \(p)", argument: 2)
    }
    if rank != 2 {
      throw TensorError(
        "shape-mismatch", "multi_margin_loss needs scores [n, classes], got \(describeShape)",
        argument: 0, labels: [(0, describeShape)])
    }
    let x = try floating()
    try x.checkLabels(target, "multi_margin_loss", 1, nil)
    let classes = shape[1]
    let index = try target.unsqueeze(1)
    let own = try x.gather(1, index)
    var terms = try (x - own + x.number(margin)).relu()
    if p == 2 { terms = try terms * terms }
    if let weight {
      try x.checkClassWeight(weight, 1, 4)
      terms = try terms * weight.to(x.dtype).index([.tensor(target)]).unsqueeze(1)
    }
    let others = try terms.number(1) - target.oneHot(classes).to(x.dtype)
    let losses = try (terms * others).sum([1]) * x.number(1 / Double(classes))
    return try reduction.apply(losses)
  }

  /// 1 - cos where the target is 1, max(0, cos - margin) where it is -1.
  package static func cosineEmbeddingLoss(
    _ a: Tensor, _ b: Tensor, _ target: Tensor, _ margin: Double, _ reduction: LossReduction
  ) throws(TensorError) -> Tensor {
    let (x, y) = try a.pair(b, "cosine_embedding_loss")
    if x.rank == 0 || x.rank > 2 || target.shape != Array(x.shape.dropLast()) {
      throw TensorError(
        "shape-mismatch",
        "cosine_embedding_loss needs rows [n, d], [n, d] and targets [n], got "
          + "\(a.describeShape), \(b.describeShape) and \(target.describeShape)", argument: 2,
        labels: [(0, a.describeShape), (1, b.describeShape), (2, target.describeShape)])
    }
    // PyTorch adds ε = 1e-12 to the squared norms.
    let axis = x.rank - 1
    let eps = try x.number(1e-12)
    let dot = try (x * y).sum([axis])
    let lengths = try ((x * x).sum([axis]) + eps) * ((y * y).sum([axis]) + eps)
    let cosine = try dot / lengths.sqrt()
    let none = try x.number(0)
    let near = try select(target.equal(scalar(1)), x.number(1) - cosine, none)
    let far = try select(target.equal(scalar(-1)), (cosine - x.number(margin)).relu(), none)
    return try reduction.apply(near + far)
  }

  /// max(0, ‖a - p‖ - ‖a - n‖ + margin); with `swap`, ‖p - n‖ where that is nearer.
  package static func tripletMarginLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, _ margin: Double, _ p: Double,
    _ eps: Double, swap: Bool, _ reduction: LossReduction
  ) throws(TensorError) -> Tensor {
    let (a, b) = try anchor.pair(positive, "triplet_margin_loss")
    let (_, c) = try anchor.pair(negative, "triplet_margin_loss", at: 2)
    if !(margin > 0) {
      throw TensorError("bad-argument", "triplet_margin_loss needs a margin above 0", argument: 3)
    }
    func distance(_ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
      try (x - y + x.number(eps)).norm(p, x.rank == 0 ? [] : [x.rank - 1], keepdim: false)
    }
    let near = try distance(a, b)
    var far = try distance(a, c)
    if swap { far = try minimum(far, distance(b, c)) }
    return try reduction.apply((near - far + near.number(margin)).relu())
  }
}
