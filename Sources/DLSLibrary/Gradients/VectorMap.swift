// vmap: a function applied to every slice along a dimension.

import DLSRuntime
import DLSTensor

/// One call of vmap(f): the slices of the arguments, and the results stacked.
struct VectorMap {
  let function: Value
  /// Which argument runs along which dimension: an int or none for all, or one for each.
  let inDims: Value
  let outDims: Value

  private struct Mapped {
    let tree: Tree
    let dim: Int

    func slice(_ i: Int) throws(Failure) -> Value {
      let dim = dim
      var parts: [Value] = []
      for leaf in tree.leaves {
        parts.append(
          .tensor(
            try tensorWork { () throws(TensorError) in
              let axis = try leaf.tensor.axis(dim)
              return try leaf.tensor.slice(axis: axis, from: i, count: 1, step: 1).squeeze([axis])
            }))
      }
      return tree.rebuilt(parts)
    }
  }

  func run(_ given: CallArguments, _ machine: Machine) throws(Failure) -> Value {
    let dims = try dims(given.positional.count)
    var mapped: [Int: Mapped] = [:]
    var size: Int?
    for (i, value) in given.positional.enumerated() {
      guard let dim = dims[i], let tree = try tree(value, dims: inDims, i) else { continue }
      mapped[i] = Mapped(tree: tree, dim: dim)
      for leaf in tree.leaves {
        if leaf.tensor.rank == 0 {
          throw Failure(
            "shape-mismatch", "vmap needs a dimension to run over, got a 0-d tensor", argument: i,
            help: ["give it to every call whole: `in_dims=` with `none` in its place"])
        }
        let n = try tensorWork { () throws(TensorError) in
          leaf.tensor.shape[try leaf.tensor.axis(dim)]
        }
        if let size, size != n {
          throw Failure(
            "shape-mismatch", "vmap's arguments have \(size) and \(n) slices", argument: i)
        }
        size = n
      }
    }
    guard let size else {
      throw Failure("shape-mismatch", "vmap has nothing to run over: no argument is a tensor")
    }
    if size == 0 { throw Failure("shape-mismatch", "vmap has no slices to run over") }
    var results: [Value] = []
    for i in 0..<size {
      try machine.checkInterrupt()
      var arguments = given.positional
      for (k, one) in mapped { arguments[k] = try one.slice(i) }
      results.append(
        try machine.call(function, arguments, named: given.named.map { ($0.name, $0.value) }))
    }
    return try stacked(results, outDims)
  }

  private func dims(_ count: Int) throws(Failure) -> [Int?] {
    func dim(_ value: Value) throws(Failure) -> Int? {
      switch value {
      case .int(let x): return x
      case .none: return nil
      default: throw Failure("bad-argument", "in_dims takes ints and none, not \(value.kindText)")
      }
    }
    guard let items = inDims.sequenceItems else {
      let all = try dim(inDims)
      return Array(repeating: all, count: count)
    }
    if items.count != count {
      throw Failure(
        "bad-argument", "in_dims has \(items.count) entries, but \(count) arguments are given")
    }
    var result: [Int?] = []
    for item in items { result.append(try dim(item)) }
    return result
  }

  /// What is sliced of an argument; nil for what has no tensors, such as a number or a model.
  private func tree(_ value: Value, dims: Value, _ i: Int) throws(Failure) -> Tree? {
    switch value {
    case .tensor: return try Tree(result: value)
    case .int, .float, .bool, .none:
      if dims.sequenceItems == nil { return nil }
      throw Failure("bad-argument", "vmap cannot run over \(value.kindText)", argument: i)
    case .object(let object):
      if object.kind == .list || object.kind == .tuple || object.kind == .dict
        || object.tensorValue != nil
      {
        return try Tree(result: value)
      }
      return nil
    }
  }

  private func stacked(_ results: [Value], _ out: Value) throws(Failure) -> Value {
    let trees = try results.mapped { r throws(Failure) in try Tree(result: r) }
    let first = trees[0]
    var dims: [Int] = []
    if let items = out.sequenceItems {
      for item in items { dims.append(item.number.flatMap { Int(exactly: $0) } ?? 0) }
    } else if case .int(let dim) = out {
      dims = Array(repeating: dim, count: first.leaves.count)
    } else {
      throw Failure("bad-argument", "out_dims takes an int or several, not \(out.kindText)")
    }
    if dims.count != first.leaves.count || trees.contains(where: { $0.leaves.count != dims.count })
    {
      throw Failure(
        "bad-argument",
        "the function gives \(first.leaves.count) tensors, out_dims names \(dims.count)"
      )
    }
    var values: [Value] = []
    for k in dims.indices {
      let dim = dims[k]
      let parts = trees.map { $0.leaves[k].tensor }
      values.append(
        .tensor(try tensorWork { () throws(TensorError) in try Tensor.stack(parts, dim) }))
    }
    return first.rebuilt(values)
  }
}
