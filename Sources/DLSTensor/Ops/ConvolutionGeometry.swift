// The sizes of a convolution: kernel, stride, padding, dilation, groups, and what follows from them.

/// How windows slide, per axis (height, width); a 1-d convolution has height 1.
package struct Sliding: Sendable {
  package var stride = [1, 1]
  package var before = [0, 0]
  package var after = [0, 0]
  package var dilation = [1, 1]
  package init() {}
}

/// All sizes of one convolution. `x` is its input and `y` its output, also where y is given and x is
/// wanted, as in a transposed convolution.
struct ConvGeometry {
  var batch: Int
  var channels: Int
  var height: Int
  var width: Int
  var filters: Int
  var kernel: [Int]
  var slide: Sliding
  var groups: Int
  var outHeight: Int
  var outWidth: Int

  var inputShape: [Int] { [batch, channels, height, width] }
  var outputShape: [Int] { [batch, filters, outHeight, outWidth] }
  var weightShape: [Int] { [filters, groupChannels] + kernel }
  var groupChannels: Int { channels / groups }
  var groupFilters: Int { filters / groups }
  /// Rows and columns of the column matrix of one image and group.
  var depth: Int { groupChannels * kernel[0] * kernel[1] }
  var pixels: Int { outHeight * outWidth }
  /// The input itself is the column matrix.
  var isPointwise: Bool {
    kernel == [1, 1] && slide.stride == [1, 1] && slide.before == [0, 0] && slide.after == [0, 0]
  }
}

extension Sliding {
  /// One number for all axes, or one for each; within bounds that no product of sizes overflows.
  static func axes(
    _ values: [Int]?, _ fallback: Int, least: Int, _ name: String, _ word: String, _ rank: Int,
    _ argument: Int
  ) throws(TensorError) -> [Int] {
    var given = values ?? [fallback]
    if given.count == 1 { given = [Int](repeating: given[0], count: rank) }
    if given.count != rank {
      throw TensorError(
        "bad-argument",
        "\(word)'s \(name) is one number\(rank == 1 ? "" : " or \(rank)"), got \(given.count)",
        argument: argument)
    }
    for value in given where value < least || value > 1 << 31 {
      throw TensorError(
        "bad-argument",
        value < least
          ? "\(word)'s \(name) must be at least \(least), got \(value)"
          : "\(word)'s \(name) is too large: \(value)", argument: argument)
    }
    return rank == 1 ? [least == 0 ? 0 : 1, given[0]] : given
  }

  /// How many windows of a kernel fit along an axis.
  func windows(_ size: Int, _ kernel: Int, _ axis: Int, ceil: Bool = false) -> Int {
    let room = size + before[axis] + after[axis] - dilation[axis] * (kernel - 1) - 1
    if room < 0 { return 0 }
    if !ceil { return room / stride[axis] + 1 }
    // The last window must begin inside of the input or its left padding.
    let count = (room + stride[axis] - 1) / stride[axis] + 1
    return (count - 1) * stride[axis] >= size + before[axis] ? count - 1 : count
  }
}

extension Tensor {
  /// `input` [N, C, H, W] (or [N, C, L]) as four dimensions, and whether a batch was added.
  func asImages(_ rank: Int, _ word: String) throws(TensorError) -> (x: Tensor, isBatch: Bool) {
    let sizes = rank == 1 ? "[channels, length]" : "[channels, height, width]"
    if self.rank != rank + 1, self.rank != rank + 2 {
      var help: [String] = []
      if self.rank == rank {
        help = ["one image without its channel: `{0}.unsqueeze(0)`"]
      }
      throw TensorError(
        "shape-mismatch",
        "\(word) takes \(sizes) or the same with a batch in front, got \(describeShape)",
        argument: 0, labels: [(0, typeText)], help: help)
    }
    var x = try floating()
    let isBatch = self.rank == rank + 2
    if !isBatch { x = try x.unsqueeze(0) }
    if rank == 1 { x = try x.unsqueeze(2) }
    return (x, isBatch)
  }

  /// The inverse of `asImages`.
  func fromImages(_ rank: Int, isBatch: Bool) throws(TensorError) -> Tensor {
    var y = self
    if rank == 1 { y = try y.squeeze([2]) }
    return isBatch ? y : try y.squeeze([0])
  }
}
