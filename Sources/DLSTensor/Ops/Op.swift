// One op, whole: its name, signature, help, example, computation and how its gradient is known.

/// Nothing about an op lives anywhere else: help, completion, arity errors, the reference, the
/// gradient check against finite differences and the example check are made from these values.
package struct Op: Sendable {
  package var name: String
  package var parameters: [Parameter]
  /// One sentence that ends with a full stop.
  package var summary: String
  /// The formula or the paper, and shapes: shown by `?name`.
  package var details: String
  /// A line of dls with its `#=>` output, run by the tests.
  package var example: String
  package var gradient: GradientRule
  /// Arguments at which the op is smooth, for the checks; made from a seed, in f64.
  package var samples: @Sendable () -> [[OpValue]]
  package var body: Body
  /// A word of warning about arguments that can be computed but are hardly meant; nil when all is well.
  package var caution: (@Sendable ([OpValue]) -> TensorError?)?

  /// How the op is computed. Every body records its own gradient (through `Autograd.record`, or
  /// because it is written with other ops) and works on meta tensors, where only shapes count.
  package enum Body: Sendable {
    case unary(@Sendable (Tensor) throws(TensorError) -> Tensor)
    case binary(@Sendable (Tensor, Tensor) throws(TensorError) -> Tensor)
    case general(@Sendable (OpArguments) throws(TensorError) -> OpValue)
  }

  package enum GradientRule: Sendable {
    /// Flows to every floating tensor argument.
    case flows
    /// A stated decision, with its reason for help.
    case none(because: String)
  }

  package init(
    _ name: String, _ parameters: [Parameter], _ summary: String, details: String = "",
    example: String, gradient: GradientRule = .flows,
    samples: @escaping @Sendable () -> [[OpValue]] = { [] }, body: Body,
    caution: (@Sendable ([OpValue]) -> TensorError?)? = nil
  ) {
    self.name = name
    self.parameters = parameters
    self.summary = summary
    self.details = details
    self.example = example
    self.gradient = gradient
    self.samples = samples
    self.body = body
    self.caution = caution
  }
}

/// A value that goes into an op or comes out of it.
package enum OpValue {
  case none
  case tensor(Tensor)
  /// Several tensors: a list argument, or a tuple result such as `(values, indices)`.
  case tensors([Tensor])
  case int(Int)
  case ints([Int])
  case float(Double)
  case bool(Bool)
  case string(String)
  case dtype(DType)
}

/// Arguments in the order of the op's parameters, defaults filled in, kinds already checked.
package struct OpArguments {
  package var values: [OpValue]
  /// Random numbers for ops that need them (dropout, randn); the session's own.
  package var generator: Generator

  package init(_ values: [OpValue], generator: Generator) {
    self.values = values
    self.generator = generator
  }
}
