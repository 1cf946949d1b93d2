// Numbers on their way between a file and a tensor.

/// Elements in row-major order with a shape, in one of the element types that tensors have.
package struct ArrayData: Sendable, Equatable {
  package enum Elements: Sendable, Equatable {
    case f32([Float])
    case f64([Double])
    case i64([Int])
    case bool([Bool])

    package var count: Int {
      switch self {
      case .f32(let values): values.count
      case .f64(let values): values.count
      case .i64(let values): values.count
      case .bool(let values): values.count
      }
    }
  }

  package var shape: [Int]
  package var elements: Elements

  package init(shape: [Int], _ elements: Elements) {
    self.shape = shape
    self.elements = elements
  }
}
