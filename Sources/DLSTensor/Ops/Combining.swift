// Several tensors into one, and one into several.

extension Tensor {
  package static func cat(_ parts: [Tensor], _ dim: Int = 0) throws(TensorError) -> Tensor {
    guard let first = parts.first else {
      throw TensorError("bad-argument", "cat needs at least one tensor", argument: 0)
    }
    if first.rank == 0 {
      throw TensorError(
        "bad-argument", "numbers cannot be concatenated", argument: 0,
        help: ["`stack` makes a vector of them"])
    }
    let axis = try first.axis(dim)
    var dtype = first.dtype
    var shape = first.shape
    shape[axis] = 0
    for (i, part) in parts.enumerated() {
      dtype = max(dtype, part.dtype)
      var (a, b) = (part.shape, first.shape)
      if a.count == b.count {
        (a[axis], b[axis]) = (0, 0)
        shape[axis] += part.shape[axis]
      }
      if a != b {
        throw TensorError(
          "shape-mismatch",
          "cat along dim \(axis): tensor \(i) has shape \(part.describeShape), the first "
            + first.describeShape, argument: 0,
          notes: ["all dimensions but dim \(axis) must agree"])
      }
    }
    var inputs: [Tensor] = []
    for part in parts { inputs.append(try part.to(dtype)) }
    let y = try empty(shape, dtype, meta: inputs.contains(where: \.isMeta))
    var from = 0
    var starts: [Int] = []
    for part in inputs {
      starts.append(from)
      if !y.isMeta {
        let target = y.view(part.shape, y.strides, offset: from * y.strides[axis])
        if part.count > 0 { Strided.assign(target, part) }
      }
      from += part.shape[axis]
    }
    let sizes = inputs.map { $0.shape[axis] }
    return Autograd.record("cat", inputs, y) { g, _ throws(TensorError) in
      var result: [Tensor?] = []
      for (start, size) in zip(starts, sizes) {
        result.append(try g.slice(axis: axis, from: start, count: size, step: 1))
      }
      return result
    }
  }

  package static func stack(_ parts: [Tensor], _ dim: Int = 0) throws(TensorError) -> Tensor {
    guard let first = parts.first else {
      throw TensorError("bad-argument", "stack needs at least one tensor", argument: 0)
    }
    let axis = dim < 0 ? dim + first.rank + 1 : dim
    var raised: [Tensor] = []
    for (i, part) in parts.enumerated() {
      if part.shape != first.shape {
        throw TensorError(
          "shape-mismatch",
          "stack needs equal shapes: tensor \(i) is \(part.describeShape), the first "
            + first.describeShape, argument: 0)
      }
      raised.append(try part.unsqueeze(axis))
    }
    return try cat(raised, axis)
  }

  package func split(_ sizes: [Int], _ dim: Int) throws(TensorError) -> [Tensor] {
    let axis = try wholeAxis(dim, "split")
    if sizes.contains(where: { $0 < 0 || $0 > shape[axis] }) || sizes.count > 1 << 32
      || sizes.reduce(0, +) != shape[axis]
    {
      throw TensorError(
        "shape-mismatch",
        "split sizes \(Tensor.describe(sizes)) do not add up to \(shape[axis])", argument: 1,
        labels: [(0, typeText)])
    }
    var result: [Tensor] = []
    var from = 0
    for size in sizes {
      result.append(try slice(axis: axis, from: from, count: size, step: 1))
      from += size
    }
    return result
  }

  /// Rows of zeros with a 1 at each label.
  package func oneHot(_ classes: Int?) throws(TensorError) -> Tensor {
    if dtype != .i64 {
      throw TensorError(
        "dtype-mismatch", "one_hot needs int labels, got \(typeText)", argument: 0,
        help: ["convert them: `{0}.to(i64)`"])
    }
    let labels = ints()
    let largest = labels.max() ?? -1
    if classes == nil, largest == Int.max {
      throw TensorError("bad-size", "\(largest) is too large for a label", argument: 0)
    }
    let width = classes ?? largest + 1
    let y = try Tensor.full(shape + [max(width, 0)], 0, .i64, meta: isMeta)
    for (i, label) in labels.enumerated() {
      if label < 0 || label >= width {
        throw TensorError(
          "index-out-of-range",
          "label \(label) at position \(i) is out of range for \(width) classes", argument: 0)
      }
      y.pointer(Int.self)[i * width + label] = 1
    }
    return y
  }
}
