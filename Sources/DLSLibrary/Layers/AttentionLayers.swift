// MultiheadAttention, Bilinear and EmbeddingBag.

import DLSRuntime
import DLSTensor

package struct AttentionSettings: Sendable {
  package var width = 1
  package var heads = 1
  package var dropout = 0.0
  package var hasBias = true
  package var keyWidth: Int?
  package var valueWidth: Int?
  package var isBatchFirst = false
  package init() {}
  var isJoined: Bool { (keyWidth ?? width) == width && (valueWidth ?? width) == width }
}

/// Attention with several heads (Vaswani et al., 2017), with PyTorch's params.
package final class AttentionLayer: ParamLayer {
  private let given: AttentionSettings
  private var output: Value = .none

  package init(_ settings: AttentionSettings) {
    given = settings
    super.init("MultiheadAttention")
    for name in settings.isJoined
      ? ["in_proj_weight"] : ["q_proj_weight", "k_proj_weight", "v_proj_weight"]
    {
      _ = declare(name)
    }
    if settings.hasBias { _ = declare("in_proj_bias") }
  }

  package func build(_ machine: Machine) throws(TensorError) {
    let e = given.width
    for (name, param) in slots {
      switch name {
      case "in_proj_bias": param.make(try Tensor.full([3 * e], 0, .f32))
      default:
        let columns =
          name == "k_proj_weight"
          ? given.keyWidth ?? e : name == "v_proj_weight" ? given.valueWidth ?? e : e
        let rows = name == "in_proj_weight" ? 3 * e : e
        param.make(
          try Layer.uniform(
            [rows, columns], (6 / Double(rows + columns)).squareRoot(), machine))
      }
    }
    let last = try LinearLayer(e, e, bias: given.hasBias, machine)
    if given.hasBias, let bias = last.parts.last?.value.objectValue as? ParamObject {
      bias.cell.set(try Tensor.full([e], 0, .f32))
    }
    output = .object(last)
  }

  package override var parts: [(name: String, value: Value)] {
    super.parts + [("out_proj", output)]
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(given.width)
    s.size(given.heads)
    s.number("dropout", given.dropout, unless: 0)
    s.flag("bias", given.hasBias, unless: true)
    s.int("kdim", given.keyWidth ?? given.width, unless: given.width)
    s.int("vdim", given.valueWidth ?? given.width, unless: given.width)
    s.flag("batch_first", given.isBatchFirst, unless: false)
    return s.text
  }

  package override func twin() -> ParamLayer? { AttentionLayer(given) }
  package override func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure)
    -> Value?
  {
    let copy = try super.duplicate(part)
    (copy?.objectValue as? AttentionLayer)?.output = try part(output)
    return copy
  }

  private static let parameters = [
    Parameter("query", .tensor), Parameter("key", .tensor, .none),
    Parameter("value", .tensor, .none), Parameter("key_padding_mask", .tensor, .none),
    Parameter("need_weights", .bool, .bool(true)), Parameter("attn_mask", .tensor, .none),
    Parameter("average_attn_weights", .bool, .bool(true)),
    Parameter("is_causal", .bool, .bool(false)),
  ]
  package override var signature: [Parameter]? { AttentionLayer.parameters }

  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let call = Call(
      machine: machine, name: name, parameters: AttentionLayer.parameters,
      arguments: try Signature.bind(name, AttentionLayer.parameters, arguments))
    let query = try call.tensor(0)
    let key = try call.optionalTensor(1) ?? query
    let value = try call.optionalTensor(2) ?? key
    let padding = try call.optionalTensor(3)
    let mask = try call.optionalTensor(5)
    let (needsWeights, averages) = (try call.bool(4), try call.bool(6))
    let isCausal = try call.bool(7)
    let result: (y: Tensor, weights: Tensor)
    do throws(TensorError) {
      result = try attend(query, key, value, padding, mask, isCausal, averages, machine)
    } catch {
      throw failed(error)
    }
    let y = try machine.callTensor(output, result.y)
    return .tuple([.tensor(y), needsWeights ? .tensor(result.weights) : .none])
  }

  private func attend(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, _ padding: Tensor?, _ attentionMask: Tensor?,
    _ isCausal: Bool, _ averages: Bool, _ machine: Machine
  ) throws(TensorError) -> (y: Tensor, weights: Tensor) {
    let widths = [given.width, given.keyWidth ?? given.width, given.valueWidth ?? given.width]
    for (i, (t, width)) in zip([query, key, value], widths).enumerated()
    where t.rank != query.rank || t.rank < 2 || t.rank > 3 || t.shape[t.rank - 1] != width {
      throw TensorError(
        "shape-mismatch",
        "MultiheadAttention takes [\(given.isBatchFirst ? "batch, steps" : "steps, batch"), \(width)]"
          + " or [steps, \(width)], got \(Tensor.describe(t.shape))", argument: i)
    }
    let isBatch = query.rank == 3
    let e = given.width
    let size = e / given.heads
    func heads(_ t: Tensor, _ i: Int) throws(TensorError) -> Tensor {
      // [N, steps, E] through its part of the projection to [N, heads, steps, size].
      let x = isBatch ? (given.isBatchFirst ? t : try t.transpose(0, 1)) : try t.unsqueeze(0)
      let all = slots[given.isJoined ? 0 : i].param.tensor
      guard let all else { return x }
      let w = given.isJoined ? try all.slice(axis: 0, from: i * e, count: e, step: 1) : all
      let b =
        try given.hasBias
        ? slots[slots.count - 1].param.tensor?.slice(axis: 0, from: i * e, count: e, step: 1) : nil
      return try x.linear(w, b).reshape([x.shape[0], x.shape[1], given.heads, size]).transpose(1, 2)
    }
    let (q, k, v) = (try heads(query, 0), try heads(key, 1), try heads(value, 2))
    let mask = try AttentionLayer.joined(
      attentionMask, padding, q, k, isCausal: isCausal && attentionMask == nil)
    let (y, weights) = try Tensor.attention(
      q, k, v, mask: mask, dropout: isTraining ? given.dropout : 0,
      isCausal: isCausal && mask == nil, scale: nil, machine.generator)
    var out = try y.transpose(1, 2).reshape([y.shape[0], y.shape[2], e])
    var shown = averages ? try weights.mean([1]) : weights
    if !isBatch {
      out = try out.squeeze([0])
      shown = try shown.squeeze([0])
    } else if !given.isBatchFirst {
      out = try out.transpose(0, 1)
    }
    return (out, shown)
  }

  /// PyTorch's masks of this layer say what is left out (or are added): one float mask.
  private static func joined(
    _ mask: Tensor?, _ padding: Tensor?, _ q: Tensor, _ k: Tensor, isCausal: Bool
  ) throws(TensorError) -> Tensor? {
    func additive(_ t: Tensor) throws(TensorError) -> Tensor {
      if t.dtype != .bool { return try t.to(q.dtype) }
      return try Tensor.select(t, q.number(-.infinity), q.number(0))
    }
    let (n, h, l, s) = (q.shape[0], q.shape[1], q.shape[2], k.shape[2])
    var result: Tensor?
    if var mask {
      if mask.shape == [n * h, l, s] {
        mask = try mask.reshape([n, h, l, s])
      } else if mask.shape != [l, s] {
        throw TensorError(
          "shape-mismatch",
          "attn_mask has shape [\(l), \(s)] or [\(n * h), \(l), \(s)], got "
            + Tensor.describe(mask.shape), argument: 5)
      }
      result = try additive(mask)
    }
    guard let padding else { return result }
    let rows = padding.rank == 1 ? try padding.unsqueeze(0) : padding
    if rows.shape != [n, s] {
      throw TensorError(
        "shape-mismatch",
        "key_padding_mask has shape [\(n), \(s)], got \(Tensor.describe(padding.shape))",
        argument: 3)
    }
    var whole = try additive(rows).reshape([n, 1, 1, s]).expand([n, h, l, s])
    if isCausal {
      let later = try Tensor.full([l, s], 1, .bool).triangle(upper: true, 1)
      result = try additive(later)
    }
    if let result { whole = try whole + result }
    return whole
  }
}

/// x1 W x2ᵀ + b.
package final class BilinearLayer: ParamLayer {
  private let sizes: [Int]
  private lazy var weight = declare("weight")
  private let hasBias: Bool
  private lazy var bias = hasBias ? declare("bias") : nil

  package init(_ first: Int, _ second: Int, _ outputs: Int, bias hasBias: Bool) {
    sizes = [first, second, outputs]
    self.hasBias = hasBias
    super.init("Bilinear")
    _ = (weight, bias)
  }

  package func build(_ machine: Machine) throws(TensorError) {
    let bound = 1 / Double(sizes[0]).squareRoot()
    weight.make(try Layer.uniform([sizes[2], sizes[0], sizes[1]], bound, machine))
    bias?.make(try Layer.uniform([sizes[2]], bound, machine))
  }

  package override var settings: String {
    sizes.map(String.init).joined(separator: ", ") + (hasBias ? "" : ", bias=false")
  }

  private static let parameters = [Parameter("input1", .tensor), Parameter("input2", .tensor)]
  package override var signature: [Parameter]? { BilinearLayer.parameters }

  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let call = Call(
      machine: machine, name: name, parameters: BilinearLayer.parameters,
      arguments: try Signature.bind(name, BilinearLayer.parameters, arguments))
    let (a, b) = (try call.tensor(0), try call.tensor(1))
    guard let w = weight.tensor else { return .none }
    return .tensor(
      try tensorWork { () throws(TensorError) in try Tensor.bilinear(a, b, w, bias?.tensor) })
  }

  package override func twin() -> ParamLayer? {
    BilinearLayer(sizes[0], sizes[1], sizes[2], bias: hasBias)
  }
}

/// Bags of a table's rows, each reduced to one vector.
package final class EmbeddingBagLayer: ParamLayer {
  private let rows: Int
  private let width: Int
  private let mode: String
  private let padding: Int?
  private lazy var weight = declare("weight")

  package init(_ rows: Int, _ width: Int, mode: String, padding: Int?) {
    self.rows = rows
    self.width = width
    self.mode = mode
    self.padding = padding
    super.init("EmbeddingBag")
    _ = weight
  }

  package func build(_ machine: Machine) throws(TensorError) {
    weight.make(try EmbeddingLayer.table(rows, width, padding, machine))
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(rows)
    s.size(width)
    s.word("mode", mode, unless: "mean")
    if let padding { s.int("padding_idx", padding, unless: -1) }
    return s.text
  }

  private static let parameters = [
    Parameter("input", .tensor), Parameter("offsets", .tensor, .none),
    Parameter("per_sample_weights", .tensor, .none),
  ]
  package override var signature: [Parameter]? { EmbeddingBagLayer.parameters }

  package override func run(_ arguments: CallArguments, _ machine: Machine) throws(Failure)
    -> Value
  {
    let call = Call(
      machine: machine, name: name, parameters: EmbeddingBagLayer.parameters,
      arguments: try Signature.bind(name, EmbeddingBagLayer.parameters, arguments))
    let x = try call.tensor(0)
    let (offsets, weights) = (try call.optionalTensor(1), try call.optionalTensor(2))
    guard let table = weight.tensor else { return .none }
    return .tensor(
      try tensorWork { () throws(TensorError) in
        try x.embeddingBag(table, offsets: offsets, mode: mode, weights: weights, padding: padding)
      })
  }

  package override func twin() -> ParamLayer? {
    EmbeddingBagLayer(rows, width, mode: mode, padding: padding)
  }
}
