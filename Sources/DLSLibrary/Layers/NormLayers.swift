// BatchNorm, LayerNorm, GroupNorm.

import DLSRuntime
import DLSTensor

/// Batch norm with running statistics (Ioffe and Szegedy, 2015).
package final class BatchNormLayer: ParamLayer {
  private let ranks: ClosedRange<Int>
  private var features: Int?
  private let eps: Double
  private let momentum: Double?
  private let affine: Bool
  private let tracksStatistics: Bool
  private lazy var weight = affine ? declare("weight") : nil
  private lazy var bias = affine ? declare("bias") : nil

  package init(
    _ name: String, ranks: ClosedRange<Int>, _ features: Int?, eps: Double, momentum: Double?,
    affine: Bool, tracksStatistics: Bool
  ) {
    self.ranks = ranks
    self.features = features
    self.eps = eps
    self.momentum = momentum
    self.affine = affine
    self.tracksStatistics = tracksStatistics
    super.init(name)
    _ = (weight, bias)
  }

  package func build(_ n: Int) throws(TensorError) {
    features = n
    weight?.make(try Tensor.full([n], 1, .f32))
    bias?.make(try Tensor.full([n], 0, .f32))
    if tracksStatistics {
      setBuffer("running_mean", try Tensor.full([n], 0, .f32))
      setBuffer("running_var", try Tensor.full([n], 1, .f32))
      setBuffer("num_batches_tracked", try Tensor.scalar(0))
    }
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(features)
    s.number("eps", eps, unless: 1e-5)
    if let momentum { s.number("momentum", momentum, unless: 0.1) }
    s.flag("affine", affine, unless: true)
    s.flag("track_running_stats", tracksStatistics, unless: true)
    return s.text + (momentum == nil ? ", momentum=none" : "")
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    try forward(x, relu: false)
  }

  /// With `relu` what comes after it in a composition is done in the same pass.
  package func forward(_ x: Tensor, relu: Bool) throws(TensorError) -> Tensor {
    if !ranks.contains(x.rank) {
      let words =
        ranks.lowerBound == 2
        ? "[batch, features] or [batch, channels, length]"
        : "[batch, channels, height, width]"
      throw TensorError(
        "shape-mismatch", "\(name) takes \(words), got \(Tensor.describe(x.shape))", argument: 0,
        help: x.rank + 1 == ranks.lowerBound ? ["a batch of one: `{0}.unsqueeze(0)`"] : [])
    }
    if features == nil { try build(x.shape[1]) }
    if let features, x.shape[1] != features {
      throw TensorError(
        "shape-mismatch",
        "\(name) takes \(features) channels, got \(x.shape[1]) in \(Tensor.describe(x.shape))",
        argument: 0)
    }
    let mean = buffer("running_mean")
    let variance = buffer("running_var")
    let usesBatch = isTraining || mean == nil
    let result = try x.batchNorm(
      mean: mean, variance: variance, weight: weight?.tensor, bias: bias?.tensor,
      training: usesBatch, eps: eps, relu: relu)
    if isTraining, let mean, let variance, let m = result.mean, let v = result.variance, !m.isMeta {
      let seen = (buffer("num_batches_tracked")?.element(0) ?? 0) + 1
      let share = momentum ?? 1 / seen
      setBuffer("running_mean", try mean.moved(towards: m, by: share))
      setBuffer("running_var", try variance.moved(towards: v, by: share))
      setBuffer("num_batches_tracked", try Tensor.scalar(Int(seen)))
    }
    return result.y
  }

  package override func twin() -> ParamLayer? {
    BatchNormLayer(
      name, ranks: ranks, features, eps: eps, momentum: momentum, affine: affine,
      tracksStatistics: tracksStatistics)
  }
}

/// Normalises the last dimensions (Ba et al., 2016).
package final class LayerNormLayer: ParamLayer {
  private var sizes: [Int]?
  private let eps: Double
  private let affine: Bool
  private let hasBias: Bool
  private lazy var weight = affine ? declare("weight") : nil
  private lazy var bias = affine && hasBias ? declare("bias") : nil

  package init(_ sizes: [Int]?, eps: Double, affine: Bool, bias: Bool) {
    self.sizes = sizes
    self.eps = eps
    self.affine = affine
    hasBias = bias
    super.init("LayerNorm")
    _ = (weight, self.bias)
  }

  package func build(_ sizes: [Int]) throws(TensorError) {
    self.sizes = sizes
    weight?.make(try Tensor.full(sizes, 1, .f32))
    bias?.make(try Tensor.full(sizes, 0, .f32))
  }

  package override var settings: String {
    var s = SettingsText()
    if let sizes, sizes.count > 1 {
      s.list(sizes)
    } else {
      s.size(sizes?.first)
    }
    s.number("eps", eps, unless: 1e-5)
    s.flag("elementwise_affine", affine, unless: true)
    s.flag("bias", hasBias, unless: true)
    return s.text
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    if sizes == nil { try build([x.shape.last ?? 1]) }
    return try x.layerNorm(
      sizes ?? [], weight: weight?.tensor, bias: bias?.tensor, eps: eps)
  }

  package override func twin() -> ParamLayer? {
    LayerNormLayer(sizes, eps: eps, affine: affine, bias: hasBias)
  }
}

/// Normalises groups of channels (Wu and He, 2018).
package final class GroupNormLayer: ParamLayer {
  private let groups: Int
  private var channels: Int?
  private let eps: Double
  private let affine: Bool
  private lazy var weight = affine ? declare("weight") : nil
  private lazy var bias = affine ? declare("bias") : nil

  package init(_ groups: Int, _ channels: Int?, eps: Double, affine: Bool) {
    self.groups = groups
    self.channels = channels
    self.eps = eps
    self.affine = affine
    super.init("GroupNorm")
    _ = (weight, bias)
  }

  package func build(_ n: Int) throws(TensorError) {
    channels = n
    weight?.make(try Tensor.full([n], 1, .f32))
    bias?.make(try Tensor.full([n], 0, .f32))
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(groups)
    s.size(channels)
    s.number("eps", eps, unless: 1e-5)
    s.flag("affine", affine, unless: true)
    return s.text
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    if channels == nil, x.rank > 1 { try build(x.shape[1]) }
    if let channels, x.rank > 1, x.shape[1] != channels {
      throw TensorError(
        "shape-mismatch",
        "GroupNorm takes \(channels) channels, got \(x.shape[1]) in \(Tensor.describe(x.shape))",
        argument: 0)
    }
    return try x.groupNorm(groups, weight: weight?.tensor, bias: bias?.tensor, eps: eps)
  }

  package override func twin() -> ParamLayer? {
    GroupNormLayer(groups, channels, eps: eps, affine: affine)
  }
}

/// A table of vectors, one a row, looked up by ints.
package final class EmbeddingLayer: ParamLayer {
  private let rows: Int
  private let width: Int
  private let padding: Int?
  private lazy var weight = declare("weight")

  package init(_ rows: Int, _ width: Int, padding: Int?) {
    self.rows = rows
    self.width = width
    self.padding = padding
    super.init("Embedding")
    _ = weight
  }

  package func build(_ machine: Machine) throws(TensorError) {
    weight.make(try EmbeddingLayer.table(rows, width, padding, machine))
  }

  /// Normal numbers; the padding row is 0.
  static func table(_ rows: Int, _ width: Int, _ padding: Int?, _ machine: Machine)
    throws(TensorError) -> Tensor
  {
    let t = try Tensor.empty([rows, width], .f32)
    machine.generator.fillNormal(t)
    if let padding {
      t.withMutableBytes { bytes in
        for i in (padding * width * 4)..<((padding + 1) * width * 4) { bytes[i] = 0 }
      }
    }
    return t
  }

  package override var settings: String {
    "\(rows), \(width)" + (padding.map { ", padding_idx=\($0)" } ?? "")
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    guard let table = weight.tensor else { return x }
    return try x.embedding(table, padding: padding)
  }

  package override func twin() -> ParamLayer? { EmbeddingLayer(rows, width, padding: padding) }
}
