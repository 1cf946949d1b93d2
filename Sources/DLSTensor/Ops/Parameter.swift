// What a callable takes: names, types and defaults, as signatures, help and checks read them.

/// One parameter of an op, builtin, layer or optimizer.
public struct Parameter: Sendable {
  /// What may stand for it. Errors name it by `description`.
  package enum Kind: String, Sendable {
    case tensor
    /// A list of tensors (`cat([a, b])`).
    case tensors
    case int
    /// An int or a list of ints; also several trailing ints where the parameter is variadic.
    case ints
    /// The same, where `none` leaves a size open; ops see it as -1.
    case openInts
    case float
    case bool
    case string
    case dtype
    /// Something to call: function, layer, model.
    case function
    /// A layer, a model, a param, or a list or dict of those.
    case model
    case list
    case dict
    case any
  }

  /// What it is when left out.
  package enum Default: Sendable, Equatable {
    case required
    case none
    case int(Int)
    case ints([Int])
    case float(Double)
    /// A tuple of numbers, such as Adam's betas.
    case floats([Double])
    case bool(Bool)
    case string(String)
  }

  package var name: String
  package var kind: Kind
  package var defaultValue: Default
  /// Takes all remaining positional arguments, as `zeros(2, 3)` does.
  package var isVariadic: Bool
  /// Only by name, as in `full(2, 3, value=1.0)`.
  package var isNamedOnly: Bool

  package init(
    _ name: String, _ kind: Kind, _ defaultValue: Default = .required, variadic: Bool = false,
    namedOnly: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    isVariadic = variadic
    isNamedOnly = namedOnly
  }

  /// A parameter that may be left out.
  package var isOptional: Bool { defaultValue != .required }
}
