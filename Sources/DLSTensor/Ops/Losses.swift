// Losses of classification and regression.

/// What is done with the losses of a batch.
package enum LossReduction: String, Sendable {
  case mean
  case sum
  case none

  package static func named(_ name: String) throws(TensorError) -> LossReduction {
    if let found = LossReduction(rawValue: name) { return found }
    throw TensorError(
      "bad-argument", "reduction must be \"mean\", \"sum\" or \"none\", not \"\(name)\"")
  }

  func apply(_ x: Tensor) throws(TensorError) -> Tensor {
    switch self {
    case .mean: try x.mean()
    case .sum: try x.sum()
    case .none: x
    }
  }
}

extension Tensor {
  /// Mean of -log softmax(x)[target], over classes in dim 1 (dim 0 for one sample).
  package func crossEntropy(
    _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100,
    reduction: LossReduction = .mean, labelSmoothing: Double = 0
  ) throws(TensorError) -> Tensor {
    let axis = rank > 1 ? 1 : 0
    if rank == 0 {
      throw TensorError("shape-mismatch", "cross_entropy needs logits [n, classes]", argument: 0)
    }
    if target.dtype.isFloating, target.shape == shape {
      return try softTargets(target, weight, reduction, labelSmoothing, axis)
    }
    try checkLabels(target, "cross_entropy", axis, ignoreIndex)
    if let weight { try checkClassWeight(weight, axis, 2) }
    if rank == 2, weight == nil, labelSmoothing == 0, reduction == .mean, dtype == .f32 {
      return try fusedCrossEntropy(target, ignoreIndex)
    }
    let logs = try logSoftmax(axis)
    let plain = try logs.nllLoss(
      target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
    if labelSmoothing == 0 { return plain }
    // (1 - ε) nll + ε / C times the sum over all classes, weighted as PyTorch weights it.
    let classes = shape[axis]
    var smooth = try logs.negate()
    if let weight {
      var sizes = [Int](repeating: 1, count: rank)
      sizes[axis] = classes
      smooth = try smooth * weight.reshape(sizes)
    }
    smooth = try smooth.sum([axis])
    let keep = try target.notEqual(Tensor.scalar(ignoreIndex)).to(dtype)
    smooth = try smooth * keep
    switch reduction {
    case .none: break
    case .sum: smooth = try smooth.sum()
    case .mean:
      var scale = try keep.sum()
      if let weight { scale = try (weight.rows(target, ignoreIndex) * keep).sum() }
      smooth = try smooth.sum() / scale
    }
    return try plain * number(1 - labelSmoothing)
      + smooth * number(labelSmoothing / Double(classes))
  }

  private func softTargets(
    _ target: Tensor, _ weight: Tensor?, _ reduction: LossReduction, _ smoothing: Double,
    _ axis: Int
  ) throws(TensorError) -> Tensor {
    var p = target
    let classes = Double(shape[axis])
    if smoothing > 0 { p = try p * number(1 - smoothing) + number(smoothing / classes) }
    var terms = try (logSoftmax(axis) * p).negate()
    if let weight {
      var sizes = [Int](repeating: 1, count: rank)
      sizes[axis] = shape[axis]
      terms = try terms * weight.reshape(sizes)
    }
    let losses = try terms.sum([axis])
    // PyTorch's mean divides by the batch, whatever the weights.
    return try reduction.apply(losses)
  }

  /// Weights of the classes that labels name (0 for the ignored).
  private func rows(_ labels: Tensor, _ ignoreIndex: Int) throws(TensorError) -> Tensor {
    let safe = try Tensor.select(
      labels.equal(Tensor.scalar(ignoreIndex)), Tensor.scalar(0), labels)
    return try index([.tensor(safe)])
  }

  /// Negative log likelihood: -x[target], for x that already holds log probabilities.
  package func nllLoss(
    _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100,
    reduction: LossReduction = .mean
  ) throws(TensorError) -> Tensor {
    let axis = rank > 1 ? 1 : 0
    if rank == 0 {
      throw TensorError(
        "shape-mismatch", "nll_loss needs log probabilities [n, classes]", argument: 0)
    }
    try checkLabels(target, "nll_loss", axis, ignoreIndex)
    let zero = try Tensor.scalar(0)
    let ignored = try target.equal(Tensor.scalar(ignoreIndex))
    let safe = try Tensor.select(ignored, zero, target)
    let none = try Tensor.scalar(0, dtype)
    var picked = try gather(axis, safe.unsqueeze(axis)).squeeze([axis]).negate()
    var keep = try ignored.logicalNot().to(dtype)
    if let weight {
      try checkClassWeight(weight, axis, 2)
      keep = try Tensor.select(ignored, none, weight.to(dtype).index([.tensor(safe)]))
      picked = try picked * keep
    }
    // Chosen, not multiplied: what is ignored has no gradient even where the mean is 0 / 0.
    picked = try Tensor.select(ignored, none, picked)
    switch reduction {
    case .none: return picked
    case .sum: return try picked.sum()
    case .mean: return try picked.sum() / keep.sum()
    }
  }

  /// The common case in one pass over the logits forward and one back.
  private func fusedCrossEntropy(_ target: Tensor, _ ignoreIndex: Int) throws(TensorError) -> Tensor
  {
    let (n, classes) = (shape[0], shape[1])
    let logs = try Tensor.empty(shape, .f32, meta: isMeta)
    let loss = try Tensor.empty([], .f32, meta: isMeta)
    let labels = target.packed()
    var kept = 0
    if !isMeta {
      let x = packed()
      let (p, q) = (x.pointer(Float.self), logs.pointer(Float.self))
      Parallel.forEach(n, grain: max(1, elementGrain / 4 / max(classes, 1))) { begin, end in
        for i in begin..<end { SoftmaxKernels.row(p + i * classes, q + i * classes, classes, true) }
      }
      var total = 0.0
      let at = labels.pointer(Int.self)
      for i in 0..<n where at[i] != ignoreIndex {
        total -= Double(q[i * classes + at[i]])
        kept += 1
      }
      loss.pointer(Float.self)[0] = Float(total / Double(kept))
    }
    let x = self
    let count = kept
    return Autograd.record("cross_entropy", [self], loss) { g, _ throws(TensorError) in
      if Autograd.isRecording {
        let p = try x.softmax(1)
        let hits = try target.equal(Tensor.scalar(ignoreIndex)).logicalNot()
        let safe = try Tensor.select(hits, target, Tensor.scalar(0))
        let onehot = try safe.oneHot(classes).to(.f32)
        let keep = try hits.to(.f32).unsqueeze(1)
        return [try (p - onehot) * keep * (g * g.number(1 / Double(count)))]
      }
      let dx = try Tensor.empty([n, classes], .f32, meta: g.isMeta)
      if g.isMeta { return [dx] }
      let scale = Float(g.element(0)) / Float(count)
      let (q, d, at) = (
        logs.pointer(Float.self), dx.pointer(Float.self), labels.pointer(Int.self)
      )
      Parallel.forEach(n, grain: max(1, elementGrain / 4 / max(classes, 1))) { begin, end in
        for i in begin..<end {
          let row = i * classes
          if at[i] == ignoreIndex {
            for j in 0..<classes { d[row + j] = 0 }
            continue
          }
          let spread = F16(repeating: scale)
          Loop.unaryRun(q + row, d + row, classes) { (v: F16) in VectorMath.exp(v) * spread }
          d[row + at[i]] -= scale
        }
      }
      return [dx]
    }
  }

  package func mseLoss(_ target: Tensor, reduction: LossReduction = .mean) throws(TensorError)
    -> Tensor
  {
    try Tensor.requireSameShape(self, target, "mse_loss")
    if let loss = try fused(SquareLoss.self, target, reduction) { return loss }
    let d = try self - target
    return try reduction.apply(d * d)
  }

  /// -(t ln p + (1 - t) ln(1 - p)), the logarithms held above -100 as PyTorch does.
  package func binaryCrossEntropy(
    _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) throws(TensorError) -> Tensor {
    try Tensor.requireSameShape(self, target, "binary_cross_entropy")
    let p = try floating()
    try p.requireProbabilities()
    let t = try target.to(p.dtype)
    if weight == nil, let loss = try p.fused(ProbabilityLoss.self, t, reduction) { return loss }
    var loss = try Tensor.crossEntropyTerms(p, t)
    if let weight { loss = try loss * weight }
    return try reduction.apply(loss)
  }

  /// max(x, 0) - x t + ln(1 + e^-|x|), which holds for large logits.
  package func binaryCrossEntropyWithLogits(
    _ target: Tensor, weight: Tensor? = nil, posWeight: Tensor? = nil,
    reduction: LossReduction = .mean
  ) throws(TensorError) -> Tensor {
    try Tensor.requireSameShape(self, target, "binary_cross_entropy_with_logits")
    let x = try floating()
    let t = try target.to(x.dtype)
    if weight == nil, posWeight == nil, let loss = try x.fused(LogitLoss.self, t, reduction) {
      return loss
    }
    var loss: Tensor
    if let posWeight {
      let one = try x.number(1)
      let w = try (posWeight - one) * t + one
      loss = try (one - t) * x + w * x.negate().softplus()
    } else {
      loss = try x.softplus() - x * t
    }
    if let weight { loss = try loss * weight }
    return try reduction.apply(loss)
  }

  /// ln(1 + e^(βx)) / β; x itself beyond the threshold.
  package func softplus(_ beta: Double = 1, _ threshold: Double = 20) throws(TensorError) -> Tensor
  {
    let b = Float(beta)
    let t = Float(threshold)
    return try unary(
      "softplus",
      f32: { x in
        let z = x * b
        var negative = z.replacing(with: -z, where: z .> 0)
        negative = VectorMath.log(1 + VectorMath.exp(negative))
        let y = (z.replacing(with: 0, where: z .< 0) + negative) / b
        return y.replacing(with: x, where: z .> t)
      },
      f64: { v in
        VectorMath.each(v) {
          let z = $0 * beta
          return z > threshold ? $0 : (max(z, 0) + Scalar.log(1 + Scalar.exp(-Swift.abs(z)))) / beta
        }
      }
    ) { g, x, _ throws(TensorError) in
      let z = try x * x.number(beta)
      let slope = try g * z.sigmoid()
      // Beyond the threshold the line's slope: for f32 the default is past all difference.
      if x.dtype == .f32, threshold >= 17 { return slope }
      return try Tensor.select(z.detached.greater(z.number(threshold)), g, slope)
    }
  }

  private func requireProbabilities() throws(TensorError) {
    if isMeta { return }
    let x = packed()
    if dtype == .f32 {
      // One pass without branches; the place is looked for only when something is wrong.
      let values = x.pointer(Float.self)
      var isRight = true
      for i in 0..<count { isRight = isRight && values[i] >= 0 && values[i] <= 1 }
      if isRight { return }
    }
    for i in 0..<count where !(x.element(i) >= 0 && x.element(i) <= 1) {
      throw TensorError(
        "bad-argument",
        "binary_cross_entropy needs probabilities from 0 to 1, got \(x.element(i)) at position \(i)",
        argument: 0, help: ["for logits: `binary_cross_entropy_with_logits({0}, {1})`"])
    }
  }

  /// Element by element; see ProbabilityLoss.
  private static func crossEntropyTerms(_ p: Tensor, _ t: Tensor) throws(TensorError) -> Tensor {
    let r = try binary(
      "binary_cross_entropy", p, t, f32: { ProbabilityLoss.value($0, $1) },
      f64: { eachPair($0, $1) { ProbabilityLoss.value($0, $1) } }, i64: { a, _ in a })
    return Autograd.record("binary_cross_entropy", [r.a, r.b], r.y) { g, _ throws(TensorError) in
      var dt: Tensor?
      if t.isTracked { dt = try g * ((p.number(1) - p).log() - p.log()) }
      return [try g * ProbabilityLoss.slope(p, t), dt]
    }
  }
}
