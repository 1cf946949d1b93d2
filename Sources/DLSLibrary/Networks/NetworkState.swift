// The numbers that belong to a network, by PyTorch's names: taken out, and put in again.

import DLSRuntime
import DLSTensor

enum NetworkState {
  /// Params, then buffers such as running means.
  static func of(_ value: Value) -> [(name: String, tensor: Tensor)] {
    ModuleTree.namedParameters(value).map { ($0.0, $0.1.cell.value.detached) }
      + ModuleTree.buffers(value).compactMap { buffer in
        buffer.owner.buffers.first { $0.name == buffer.key }.map { (buffer.name, $0.value) }
      }
  }

  /// Puts numbers in. All is checked before anything is changed. Without `strict`, names that only
  /// one side has are passed over; they come back as (missing, unexpected).
  @discardableResult
  static func load(_ tensors: [String: Tensor], into value: Value, strict: Bool = true)
    throws(Failure) -> (missing: [String], unexpected: [String])
  {
    let own = ModuleTree.namedParameters(value)
    let buffers = ModuleTree.buffers(value)
    let current = of(value)
    if current.isEmpty {
      var help: [String] = []
      if value.isCallable {
        help = ["sizes left open by `_` are decided by a first call: run the network once before"]
      }
      throw Failure(
        "state-mismatch", "there are no params to load into \(value.kindText)", argument: 0,
        help: help)
    }
    let names = Set(current.map(\.name))
    let missing = current.map(\.name).filter { tensors[$0] == nil }
    let unexpected = tensors.keys.filter { !names.contains($0) }.sorted()
    let misfits = current.compactMap { one -> String? in
      guard let t = tensors[one.name], t.shape != one.tensor.shape else { return nil }
      return
        "`\(one.name)` is \(Tensor.describe(t.shape)) there, \(Tensor.describe(one.tensor.shape)) in the network"
    }
    if strict && !(missing.isEmpty && unexpected.isEmpty) || !misfits.isEmpty {
      throw mismatch(strict ? missing : [], strict ? unexpected : [], misfits)
    }
    for (name, param) in own {
      guard let t = tensors[name] else { continue }
      let dtype = param.cell.value.dtype
      param.cell.set(
        try tensorWork { () throws(TensorError) in try t.detached.to(dtype).copied() })
    }
    for buffer in buffers {
      guard let t = tensors[buffer.name],
        let old = buffer.owner.buffers.first(where: { $0.name == buffer.key })?.value
      else { continue }
      buffer.owner.setBuffer(
        buffer.key,
        try tensorWork { () throws(TensorError) in try t.detached.to(old.dtype).copied() })
    }
    return (missing, unexpected)
  }

  private static func mismatch(_ missing: [String], _ unexpected: [String], _ misfits: [String])
    -> Failure
  {
    func list(_ names: [String]) -> String {
      names.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
    var notes: [String] = []
    if !missing.isEmpty { notes.append("missing: \(list(missing))") }
    if !unexpected.isEmpty { notes.append("unexpected: \(list(unexpected))") }
    notes += misfits.prefix(8)
    let onlyNames = misfits.isEmpty
    return Failure(
      onlyNames ? "state-mismatch" : "shape-mismatch",
      onlyNames
        ? "the names do not agree with the network's"
        : "the shapes do not agree with the network's",
      argument: 1, notes: notes,
      help: onlyNames ? ["`strict=false` takes what fits and leaves the rest"] : [])
  }
}

extension Tensor {
  /// The same numbers in memory of their own.
  func copied() throws(TensorError) -> Tensor {
    let t = try Tensor.empty(shape, dtype, meta: isMeta)
    let whole = try detached.contiguous()
    t.withMutableBytes { target in whole.withBytes { target.copyMemory(from: $0) } }
    return t
  }
}

/// What else has a state: optimizers and schedules.
protocol StateHolder {
  var state: Value { get }
  func load(_ state: DictObject) throws(Failure)
}
