// What a name can hold.

import DLSTensor

/// A value of the language. Numbers never allocate; everything else is one reference.
///
/// The order of the cases fixes the tag byte that the machine's fast paths read (see `Machine`).
public enum Value {
  case int(Int)
  case float(Double)
  case bool(Bool)
  case object(Object)
  case tensor(Tensor)
  case none
}

/// What kind of heap value an object is, for switches and quick casts.
public enum ObjectKind: UInt8, Sendable {
  case string
  case list
  case tuple
  case dict
  case range
  case function
  case builtin
  case boundMethod
  case model
  /// A trainable cell: `param(t)`.
  case param
  /// A layer, or a composition of them, of the library.
  case layer
  case module
  case type
  /// Anything else that the library makes: optimizers, figures, batches, tables.
  case other
  /// A variable without a value yet; never seen by scripts.
  case unset
}
