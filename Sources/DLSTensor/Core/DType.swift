// The element types, and how two of them meet.

/// What a tensor's elements are. The order is that of promotion.
package enum DType: UInt8, Sendable, CaseIterable, Comparable {
  case bool
  case i64
  case f32
  case f64

  package var name: String {
    switch self {
    case .bool: "bool"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    }
  }

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .bool: 1
    case .f32: 4
    case .i64, .f64: 8
    }
  }

  package var isFloating: Bool { self == .f32 || self == .f64 }

  /// How high the kind stands: bool 0, int 1, float 2.
  package var kind: Int {
    switch self {
    case .bool: 0
    case .i64: 1
    case .f32, .f64: 2
    }
  }

  package static func < (a: DType, b: DType) -> Bool { a.rawValue < b.rawValue }

  /// PyTorch's rule: a 0-d operand only counts when its kind (bool < int < float) is higher.
  package static func promoted(_ a: Tensor, _ b: Tensor) -> DType {
    if a.dtype == b.dtype { return a.dtype }
    if a.shape.isEmpty != b.shape.isEmpty {
      let (whole, scalar) = a.shape.isEmpty ? (b.dtype, a.dtype) : (a.dtype, b.dtype)
      return scalar.kind <= whole.kind ? whole : scalar
    }
    return max(a.dtype, b.dtype)
  }
}
