// Conv1d, Conv2d and their transposes.

import DLSRuntime
import DLSTensor

/// Convolution with a learned kernel; PyTorch's initialisation: uniform within ±1/√fan-in.
package final class ConvLayer: ParamLayer {
  private let rank: Int
  private var inputs: Int?
  private let outputs: Int
  private let kernel: [Int]
  private let options: ConvOptions
  private let paddingMode: String
  private let hasBias: Bool
  private lazy var weight = declare("weight")
  private lazy var bias = hasBias ? declare("bias") : nil

  package init(
    rank: Int, _ inputs: Int?, _ outputs: Int, kernel: [Int], _ options: ConvOptions, bias: Bool,
    paddingMode: String
  ) {
    self.rank = rank
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel.count == 1 ? [Int](repeating: kernel[0], count: rank) : kernel
    self.options = options
    self.paddingMode = paddingMode
    hasBias = bias
    super.init("Conv\(rank)d")
    _ = (weight, self.bias)
  }

  package func build(_ channels: Int, _ machine: Machine) throws(TensorError) {
    if channels % options.groups != 0 || outputs % options.groups != 0 {
      throw TensorError(
        "bad-argument",
        "\(name)'s groups must divide \(channels) in and \(outputs) out channels, got "
          + "\(options.groups)")
    }
    let shape = [outputs, channels / options.groups] + kernel
    _ = try Tensor.count(of: shape)
    let fan = shape.dropFirst().reduce(1.0) { $0 * Double($1) }
    let bound = fan == 0 ? 0 : 1 / fan.squareRoot()
    weight.make(try Layer.uniform(shape, bound, machine))
    bias?.make(try Layer.uniform([outputs], bound, machine))
    inputs = channels
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(inputs)
    s.size(outputs)
    s.sizes(kernel)
    s.sizes("stride", options.stride ?? [1], unless: [1])
    switch options.padding {
    case .sizes(let n): s.sizes("padding", n, unless: [0])
    case .same: s.word("padding", "same", unless: "")
    case .valid: s.word("padding", "valid", unless: "")
    }
    s.sizes("dilation", options.dilation ?? [1], unless: [1])
    s.int("groups", options.groups, unless: 1)
    s.flag("bias", hasBias, unless: true)
    s.word("padding_mode", paddingMode, unless: "zeros")
    return s.text
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    if weight.param == nil {
      guard x.rank == rank + 1 || x.rank == rank + 2 else {
        throw TensorError(
          "shape-mismatch",
          "\(name) takes \(rank + 2) dimensions (or \(rank + 1) without a batch), got "
            + Tensor.describe(x.shape), argument: 0)
      }
      try build(x.shape[x.rank - rank - 1], machine)
    }
    guard let w = weight.tensor else { return x }
    if paddingMode == "zeros" { return try x.convolution(w, bias?.tensor, options, rank: rank) }
    var inner = options
    inner.padding = .valid
    if margins().contains(where: { $0 > 1 << 20 }) {
      throw TensorError(
        "bad-size", "\(name)'s padding is too large for padding_mode=\"\(paddingMode)\"")
    }
    return try x.padded(margins(), ConvLayer.modes[paddingMode] ?? paddingMode, 0).convolution(
      w, bias?.tensor, inner, rank: rank)
  }

  /// PyTorch's names of padding modes beside those of `pad`.
  package static let modes = [
    "zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular",
  ]

  /// The padding as `pad` takes it: pairs from the last dimension backwards.
  private func margins() -> [Int] {
    var result: [Int] = []
    for axis in (0..<rank).reversed() {
      switch options.padding {
      case .valid: result += [0, 0]
      case .sizes(let n): result += [Int](repeating: n.count == 1 ? n[0] : n[axis], count: 2)
      case .same:
        let dilation = options.dilation ?? [1]
        let total = (dilation.count == 1 ? dilation[0] : dilation[axis]) * (kernel[axis] - 1)
        result += [total / 2, total - total / 2]
      }
    }
    return result
  }

  package override func twin() -> ParamLayer? {
    ConvLayer(
      rank: rank, inputs, outputs, kernel: kernel, options, bias: hasBias,
      paddingMode: paddingMode)
  }
}

/// Transposed convolution with a learned kernel [in, out / groups, …].
package final class ConvTransposeLayer: ParamLayer {
  private let rank: Int
  private var inputs: Int?
  private let outputs: Int
  private let kernel: [Int]
  private let options: ConvOptions
  private let outputPadding: [Int]
  private let hasBias: Bool
  private lazy var weight = declare("weight")
  private lazy var bias = hasBias ? declare("bias") : nil

  package init(
    rank: Int, _ inputs: Int?, _ outputs: Int, kernel: [Int], _ options: ConvOptions,
    outputPadding: [Int], bias: Bool
  ) {
    self.rank = rank
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel.count == 1 ? [Int](repeating: kernel[0], count: rank) : kernel
    self.options = options
    self.outputPadding = outputPadding
    hasBias = bias
    super.init("ConvTranspose\(rank)d")
    _ = (weight, self.bias)
  }

  package func build(_ channels: Int, _ machine: Machine) throws(TensorError) {
    let shape = [channels, outputs / options.groups] + kernel
    _ = try Tensor.count(of: shape)
    let fan = shape.dropFirst().reduce(1.0) { $0 * Double($1) }
    let bound = fan == 0 ? 0 : 1 / fan.squareRoot()
    weight.make(try Layer.uniform(shape, bound, machine))
    bias?.make(try Layer.uniform([outputs], bound, machine))
    inputs = channels
  }

  package override var settings: String {
    var s = SettingsText()
    s.size(inputs)
    s.size(outputs)
    s.sizes(kernel)
    s.sizes("stride", options.stride ?? [1], unless: [1])
    if case .sizes(let n) = options.padding { s.sizes("padding", n, unless: [0]) }
    s.sizes("output_padding", outputPadding, unless: [0])
    s.int("groups", options.groups, unless: 1)
    s.flag("bias", hasBias, unless: true)
    s.sizes("dilation", options.dilation ?? [1], unless: [1])
    return s.text
  }

  package override func forward(_ x: Tensor, _ machine: Machine) throws(TensorError) -> Tensor {
    if weight.param == nil {
      guard x.rank == rank + 1 || x.rank == rank + 2 else {
        throw TensorError(
          "shape-mismatch",
          "\(name) takes \(rank + 2) dimensions (or \(rank + 1) without a batch), got "
            + Tensor.describe(x.shape), argument: 0)
      }
      try build(x.shape[x.rank - rank - 1], machine)
    }
    guard let w = weight.tensor else { return x }
    return try x.transposedConvolution(
      w, bias?.tensor, options, outputPadding: outputPadding, rank: rank)
  }

  package override func twin() -> ParamLayer? {
    ConvTransposeLayer(
      rank: rank, inputs, outputs, kernel: kernel, options, outputPadding: outputPadding,
      bias: hasBias)
  }
}
