// einsum: sums of products over named dimensions, operand by operand as batched matrix products.

/// A tensor whose dimensions have names.
private struct Named {
  var tensor: Tensor
  var names: [String]

  func axis(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }
  func size(_ name: String) -> Int { tensor.shape[axis(name)] }

  /// Names that nobody asks for any more, summed away.
  func summing(_ wanted: Set<String>) throws(TensorError) -> Named {
    let gone = names.filter { !wanted.contains($0) }
    if gone.isEmpty { return self }
    return Named(
      tensor: try tensor.sum(gone.map(axis)), names: names.filter { wanted.contains($0) })
  }

  func ordered(_ order: [String]) throws(TensorError) -> Tensor {
    if order == names { return tensor }
    return try tensor.permute(order.map(axis))
  }
}

extension Tensor {
  /// "b i d, b j d -> b i j" over the operands; single letters need no spaces ("ij,jk->ik"), and
  /// without an arrow the result has the letters that stand once, in alphabetic order.
  package static func einsum(_ text: String, _ operands: [Tensor]) throws(TensorError) -> Tensor {
    let pattern = Pattern("einsum", text, argument: 0)
    let (left, right) = try pattern.sides()
    if left.count != operands.count {
      throw pattern.error(
        "the pattern names \(left.count) operand\(left.count == 1 ? "" : "s"), "
          + "\(operands.count) are given", at: left[min(operands.count, left.count - 1)].lowerBound)
    }
    let isLetters = left.indices.allSatisfy { usesLetters(text, left[$0], operands[$0]) }
    var sizes: [String: Int] = [:]
    var terms: [Named] = []
    var dtype = operands[0].dtype
    for operand in operands { dtype = max(dtype, operand.dtype) }
    if dtype == .bool { dtype = .i64 }
    for (i, range) in left.enumerated() {
      let side = try pattern.side(range, letters: isLetters)
      terms.append(try term(pattern, side, range, operands[i].to(dtype), i, &sizes))
    }
    let output = try outputNames(pattern, right, isLetters, terms, sizes)
    for i in terms.indices { terms[i] = try terms[i].stretched(sizes) }
    var result = terms[0]
    for i in 1..<max(terms.count, 1) {
      var wanted = Set(output)
      for later in terms[(i + 1)...] { wanted.formUnion(later.names) }
      result = try product(result, terms[i], wanted)
    }
    return try result.summing(Set(output)).ordered(output)
  }

  /// A term without spaces that has a letter for each dimension.
  private static func usesLetters(_ text: String, _ range: Range<Int>, _ x: Tensor) -> Bool {
    let bytes = Array(text.utf8)[range].drop { $0 == 0x20 }
    let term = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    if term.count > 1 { return false }
    guard let only = term.first else { return true }
    let letters = only.filter { $0 != "." }
    let isOpen = only.contains("...")
    if letters.contains(where: { !$0.isLetter }) { return false }
    return isOpen ? letters.count <= x.rank : letters.count == x.rank
  }

  private static func term(
    _ pattern: Pattern, _ side: PatternSide, _ range: Range<Int>, _ x: Tensor, _ operand: Int,
    _ sizes: inout [String: Int]
  ) throws(TensorError) -> Named {
    let hasEllipsis = side.atoms.contains { $0.isEllipsis }
    let free = x.rank - side.atoms.count + (hasEllipsis ? 1 : 0)
    if free < 0 || free > 0 && !hasEllipsis {
      throw pattern.error(
        "operand \(operand + 1) has shape \(x.describeShape), its part names \(side.atoms.count) "
          + "dimension\(side.atoms.count == 1 ? "" : "s")",
        at: range.lowerBound, length: range.count, code: "shape-mismatch")
    }
    var names: [String] = []
    var y = x
    for group in side.groups {
      if group.isBracketed {
        throw pattern.error("einsum has no brackets", at: group.at)
      }
      let atom = group.atoms[0]
      if atom.isEllipsis {
        // Counted from the right, so that batches align as in broadcasting.
        names += (0..<free).map { "...\(free - 1 - $0)" }
        continue
      }
      if let twice = names.firstIndex(of: atom.name) {
        // A diagonal: the later axis is folded into the earlier.
        y = try y.diagonal(twice, names.count, pattern, atom)
        continue
      }
      names.append(atom.name)
    }
    for (axis, name) in names.enumerated() {
      let size = y.shape[axis]
      let known = sizes[name] ?? 1
      if known != 1, size != 1, known != size {
        let at = side.atoms.first { $0.name == name }?.at ?? range.lowerBound
        throw pattern.error(
          name.hasPrefix("...")
            ? "the operands' dimensions under `...` differ: \(known) and \(size)"
            : "`\(name)` is \(known) in one operand and \(size) in operand \(operand + 1)",
          at: at, length: name.hasPrefix("...") ? 3 : name.count, code: "shape-mismatch")
      }
      sizes[name] = known == 1 ? size : known
    }
    return Named(tensor: y, names: names)
  }

  /// Two axes of one size made one, the elements where both positions agree.
  private func diagonal(_ a: Int, _ b: Int, _ pattern: Pattern, _ atom: PatternSide.Atom)
    throws(TensorError) -> Tensor
  {
    if shape[a] != shape[b] {
      throw pattern.error(
        "`\(atom.name)` is \(shape[a]) and \(shape[b]) in one operand", at: atom.at,
        length: atom.name.count, code: "shape-mismatch")
    }
    let rest = (0..<rank).filter { $0 != a && $0 != b }
    let square = try permute(rest + [a, b])
    let y = try square.diagonals()
    // The diagonal is last; it belongs where `a` was.
    var order = Array(0..<rest.count)
    order.insert(rest.count, at: a)
    return try y.permute(order)
  }

  private static func outputNames(
    _ pattern: Pattern, _ range: Range<Int>?, _ letters: Bool, _ terms: [Named],
    _ sizes: [String: Int]
  ) throws(TensorError) -> [String] {
    let free = sizes.keys.filter { $0.hasPrefix("...") }.sorted {
      (Int($0.dropFirst(3)) ?? 0) > (Int($1.dropFirst(3)) ?? 0)
    }
    guard let range else {
      let all = terms.flatMap(\.names).filter { !$0.hasPrefix("...") }
      return free + Set(all).filter { name in all.filter { $0 == name }.count == 1 }.sorted()
    }
    var output: [String] = []
    for atom in try pattern.side(range, letters: letters).atoms {
      if atom.isEllipsis {
        output += free
        continue
      }
      if sizes[atom.name] == nil {
        throw pattern.error(
          "`\(atom.name)` is in no operand", at: atom.at, length: atom.name.count)
      }
      if output.contains(atom.name) {
        throw pattern.error(
          "`\(atom.name)` stands twice in the result", at: atom.at, length: atom.name.count)
      }
      output.append(atom.name)
    }
    return output
  }

  /// Two terms into one: names of both that are still wanted are batches, those that are not are
  /// summed by the matrix product.
  private static func product(_ a: Named, _ b: Named, _ wanted: Set<String>) throws(TensorError)
    -> Named
  {
    let x = try a.summing(wanted.union(b.names))
    let y = try b.summing(wanted.union(a.names))
    let both = x.names.filter { y.names.contains($0) }
    let batch = both.filter { wanted.contains($0) }
    let inner = both.filter { !wanted.contains($0) }
    let left = x.names.filter { !both.contains($0) }
    let right = y.names.filter { !both.contains($0) }
    func size(_ names: [String], _ term: Named) -> Int {
      names.reduce(1) { $0 * term.size($1) }
    }
    let (n, k) = (size(batch, x), size(inner, x))
    let p = try x.ordered(batch + left + inner).reshape([n, size(left, x), k])
    let q = try y.ordered(batch + inner + right).reshape([n, k, size(right, y)])
    let z: Tensor
    if k == 1 || !p.dtype.isFloating {
      z = try p.unsqueeze(-1).freely(q.unsqueeze(-3)) { u, v throws(TensorError) in try u * v }
        .sum([-2])
    } else if n == 1 {
      z = try p.squeeze([0]).matmul(q.squeeze([0]))
    } else {
      z = try p.matmul(q)
    }
    let shape = batch.map(x.size) + left.map(x.size) + right.map(y.size)
    return Named(tensor: try z.reshape(shape), names: batch + left + right)
  }
}

extension Named {
  /// Axes of size 1 that are larger elsewhere, stretched.
  fileprivate func stretched(_ sizes: [String: Int]) throws(TensorError) -> Named {
    Named(tensor: try tensor.expand(names.map { sizes[$0] ?? 1 }), names: names)
  }
}
