// A tensor: a strided view of a storage, and where it came from when gradients are recorded.

/// An n-dimensional array. Immutable to everyone but the kernels that fill it and the few in-place
/// updates that first make sure that nothing else holds the storage.
public final class Tensor {
  package let storage: Storage
  /// Where the first element lies, in elements.
  package let offset: Int
  package let shape: [Int]
  /// The strides, where they are not those of the row-major order.
  private let steps: [Int]?
  package let dtype: DType
  /// The number of elements.
  package let count: Int
  /// True when the elements lie in row-major order without gaps.
  package let isContiguous: Bool
  /// How it was computed; nil when no gradient flows through it.
  package let node: Node?
  /// Which of the node's outputs it is.
  package let outputIndex: Int

  package init(
    storage: Storage, offset: Int = 0, shape: [Int], strides: [Int]?, dtype: DType, count: Int,
    isContiguous: Bool, node: Node? = nil, outputIndex: Int = 0
  ) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
    steps = strides
    self.dtype = dtype
    self.count = count
    self.isContiguous = isContiguous
    self.node = node
    self.outputIndex = outputIndex
  }

  package var rank: Int { shape.count }

  /// Distance between neighbours along each dimension, in elements; 0 where it is stretched.
  package var strides: [Int] { steps ?? Tensor.rowMajor(shape) }

  /// True when it is one number, stretched over its shape.
  var isSpread: Bool { steps?.allSatisfy { $0 == 0 } ?? (count == 1) }

  /// True when a gradient can flow through it.
  package var isTracked: Bool { node != nil }

  /// True for a tensor that has a shape but no elements to compute with (see `Storage.meta`).
  package var isMeta: Bool { storage.isMeta }

  /// The same elements under another node.
  package func with(node: Node?, outputIndex: Int = 0) -> Tensor {
    Tensor(
      storage: storage, offset: offset, shape: shape, strides: steps, dtype: dtype, count: count,
      isContiguous: isContiguous, node: node, outputIndex: outputIndex)
  }

  /// The same elements, out of reach of gradients.
  package var detached: Tensor { node == nil ? self : with(node: nil) }
}
