// The heap values' common face: what the machine asks of anything that is not a number or tensor.

import DLSTensor

/// Base of every heap value. The library adds its own (layers, optimizers, figures) by overriding.
open class Object {
  package let kind: ObjectKind
  /// True for a `Container`.
  fileprivate let isContainer: Bool
  /// References found by the collector; beside the kind, where it takes no room.
  var collectorCount: Int32 = 0

  package init(_ kind: ObjectKind) {
    self.kind = kind
    isContainer = false
  }

  fileprivate init(containerOf kind: ObjectKind) {
    self.kind = kind
    isContainer = true
  }

  /// This object, when it can hold itself.
  @inline(__always) final var container: Container? {
    isContainer ? unsafeDowncast(self, to: Container.self) : nil
  }

  /// What `type(x)` gives.
  open var typeName: String { "object" }

  /// The value as text, as the prompt and `print` show it; `depth` guards against endless nesting.
  open func describe(_ printer: inout Printer) { printer.write("<\(typeName)>") }

  /// A member, or nil when there is none of that name (a uniform call is tried then).
  open func member(_ name: String, _ machine: Machine) throws(Failure) -> Value? { nil }

  /// Assigns `x.name = value`; false when the object has no such member to assign.
  open func setMember(_ name: String, _ value: Value, _ machine: Machine) throws(Failure)
    -> Bool
  { false }

  /// What help shows for it.
  open var documentationText: String? { nil }

  /// Names for completion and for "did you mean".
  open var memberNames: [String] { [] }

  open var isCallable: Bool { false }

  /// Calls it. `arguments` are as written: positional first, then named.
  open func call(_ arguments: CallArguments, _ machine: Machine) throws(Failure) -> Value {
    throw Failure("not-callable", "a \(typeName) cannot be called")
  }

  /// Its parameters, where it is callable and they are known; for errors, help and completion.
  open var signature: [Parameter]? { nil }

  /// `x[…]`, for what is not a list, tuple, dict, string or tensor.
  open func index(_ items: [IndexItem], _ machine: Machine) throws(Failure) -> Value {
    throw Failure(
      "not-indexable", "a \(typeName) cannot be indexed",
      help: isCallable ? ["it is called by round brackets: `{0}(…)`"] : [])
  }

  /// What `for` runs over; nil when it cannot be iterated.
  open func makeIterator(_ machine: Machine) throws(Failure) -> ValueIterator? { nil }

  /// `len(x)`; nil when it has no length.
  open var length: Int? { nil }

  /// The tensor that operators and ops read in its place (a param's value, a table's matrix).
  open var tensorValue: Tensor? { nil }

  /// Every value that it holds, for the cycle collector and for walks over parameters.
  open func forEachReference(_ visit: (Value) -> Void) {}

  /// Lets go of everything that it holds, to break a cycle that nothing else reaches.
  open func clearReferences() {}

  /// The parts that a walk over parameters enters, by name: fields of a model, layers of a
  /// composition, items of a list (named by their index). Empty for anything without params.
  open var children: [(name: String, value: Value)] { [] }

  /// Tensors that belong to a network's state without being trained (running means).
  open var buffers: [(name: String, value: Tensor)] { [] }

  open func setBuffer(_ name: String, _ value: Tensor) {}

  /// A copy whose parts are copied by `part`; nil for what is not copied.
  open func duplicate(_ part: (Value) throws(Failure) -> Value) throws(Failure) -> Value? { nil }

  /// Told by `net.train()` and `net.eval()`.
  open func setTraining(_ on: Bool) {}
}

/// Base of what can hold itself, if by many steps: lists, closures, models. The links are the
/// collector's; strings and numbers are spared them.
open class Container: Object {
  var collectorNext: Unmanaged<Container>?
  var collectorPrevious: Unmanaged<Container>?

  package override init(_ kind: ObjectKind) {
    super.init(containerOf: kind)
    Collector.add(self)
  }

  /// The collector's own end of its list.
  init(endOfList: Void) { super.init(containerOf: .other) }

  deinit { Collector.remove(self) }
}

/// Gives values one after another.
open class ValueIterator {
  package init() {}

  /// The next value, or nil at the end.
  open func next(_ machine: Machine) throws(Failure) -> Value? { nil }

  /// How many are left, when that is known (for progress lines).
  open var remaining: Int? { nil }
}

/// One item between the brackets of `x[…]`, evaluated.
public enum IndexItem {
  case value(Value)
  case slice(from: Value, to: Value, step: Value)
  case ellipsis
}
