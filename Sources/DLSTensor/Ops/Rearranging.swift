// rearrange and reduce by patterns (einops; Rogozhnikov, 2022), and the sizes that patterns imply.

/// A pattern read against a tensor: its left side as single axes with their sizes.
package struct AxisPlan {
  /// Every name of the left side, in order; those of `...` are "...0", "...1".
  private(set) var names: [String] = []
  private(set) var sizes: [Int] = []
  /// Where each name stands in the pattern.
  private var places: [String: Int] = [:]
  private let pattern: Pattern
  private let right: PatternSide

  package init(_ word: String, _ x: Tensor, _ text: String, _ given: [(String, Int)])
    throws(TensorError)
  {
    pattern = Pattern(word, text, argument: 1)
    let (left, rightRange) = try pattern.sides()
    guard left.count == 1, let rightRange else {
      throw pattern.error(
        "the pattern needs one `->`", at: text.utf8.count,
        help: ["for example `\(word)({0}, \"a b -> b a\")`"])
    }
    let side = try pattern.side(left[0])
    right = try pattern.side(rightRange)
    try read(side, x, given)
    for (name, size) in given where !side.atoms.contains(where: { $0.name == name }) {
      throw pattern.error(
        "`\(name)=\(size)` is no name of the left side", at: 0, length: max(left[0].count, 1))
    }
  }

  private mutating func read(_ side: PatternSide, _ x: Tensor, _ given: [(String, Int)])
    throws(TensorError)
  {
    let hasEllipsis = side.groups.contains { !$0.isBracketed && $0.atoms[0].isEllipsis }
    let free = x.rank - (side.groups.count - (hasEllipsis ? 1 : 0))
    if free < 0 || free > 0 && !hasEllipsis {
      throw pattern.error(
        "the left side names \(side.groups.count) dimensions, the tensor has \(x.rank)", at: 0,
        length: max(side.groups.last.map { ($0.atoms.last?.at ?? $0.at) + 1 } ?? 1, 1),
        code: "shape-mismatch")
    }
    var axis = 0
    for group in side.groups {
      if !group.isBracketed, group.atoms[0].isEllipsis {
        for i in 0..<free {
          names.append("...\(i)")
          sizes.append(x.shape[axis])
          axis += 1
        }
        continue
      }
      try split(group, x.shape[axis], given)
      axis += 1
    }
  }

  /// Gives the names of a group their sizes; one of them may be unknown.
  private mutating func split(
    _ group: PatternSide.Group, _ size: Int, _ given: [(String, Int)]
  ) throws(TensorError) {
    var known: [Int?] = []
    for atom in group.atoms {
      if atom.isEllipsis {
        throw pattern.error("`...` cannot stand in brackets on the left", at: atom.at, length: 3)
      }
      if names.contains(atom.name), atom.number == nil {
        throw pattern.error("`\(atom.name)` stands twice", at: atom.at, length: atom.name.count)
      }
      let own = atom.number ?? given.first { $0.0 == atom.name }?.1
      if let own, own < 0 {
        throw pattern.error("a size cannot be negative", at: atom.at, length: atom.name.count)
      }
      known.append(own)
      let name = atom.number == nil ? atom.name : "\(atom.name)@\(names.count)"
      names.append(name)
      places[name] = atom.at
    }
    let product = try Tensor.count(of: known.compactMap { $0 })
    let holes = known.indices.filter { known[$0] == nil }
    if holes.count > 1 {
      let second = group.atoms[holes[1]]
      throw pattern.error(
        "the sizes in these brackets are not known", at: second.at, length: second.name.count,
        help: ["name one of them: `\(second.name)=2`"])
    }
    if let hole = holes.first {
      if product == 0 ? size != 0 : size % product != 0 {
        throw pattern.error(
          "a dimension of size \(size) does not split into parts of \(product)", at: group.at,
          code: "shape-mismatch")
      }
      known[hole] = product == 0 ? 0 : size / product
    } else if product != size {
      throw pattern.error(
        "this dimension has size \(size), not \(product)", at: group.at, code: "shape-mismatch")
    }
    sizes += known.map { $0 ?? 1 }
  }

  /// Names of the right side in order, with `...` replaced; checked against the left side.
  private func target() throws(TensorError) -> [[String]] {
    var groups: [[String]] = []
    var seen: Set<String> = []
    let free = names.filter { $0.hasPrefix("...") }
    for group in right.groups {
      var found: [String] = []
      for atom in group.atoms {
        if atom.number == 1 { continue }
        if atom.isEllipsis {
          if group.isBracketed { found += free } else { groups += free.map { [$0] } }
          seen.formUnion(free)
          if free.isEmpty, !names.contains("...") { continue }
          continue
        }
        guard names.contains(atom.name) else {
          throw pattern.error(
            "`\(atom.name)` is not on the left side", at: atom.at, length: atom.name.count)
        }
        if !seen.insert(atom.name).inserted {
          throw pattern.error("`\(atom.name)` stands twice", at: atom.at, length: atom.name.count)
        }
        found.append(atom.name)
      }
      if group.isBracketed || !group.atoms[0].isEllipsis { groups.append(found) }
    }
    return groups
  }

  private func axis(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }

  /// The tensor in the order of the right side; every name must stand there.
  package func rearranged(_ x: Tensor) throws(TensorError) -> Tensor {
    try arranged(x) { whole, dropped throws(TensorError) in
      if let name = dropped.first(where: { sizes[axis($0)] != 1 || !$0.hasPrefix("1@") }) {
        throw pattern.error(
          "`\(name.hasPrefix("...") ? "..." : name)` is missing on the right side",
          at: places[name] ?? 0, length: max(name.count, 1), help: ["`reduce` drops dimensions"])
      }
      return try whole.sum(dropped.map(axis))
    }
  }

  /// The same, with the names that the right side lacks reduced by `f(tensor, axes)`.
  package func reduced(
    _ x: Tensor, _ f: (Tensor, [Int]) throws(TensorError) -> Tensor
  ) throws(TensorError) -> Tensor {
    try arranged(x) { whole, dropped throws(TensorError) in
      dropped.isEmpty ? whole : try f(whole, dropped.map(axis))
    }
  }

  private func arranged(
    _ x: Tensor, _ drop: (Tensor, [String]) throws(TensorError) -> Tensor
  ) throws(TensorError) -> Tensor {
    let groups = try target()
    let kept = groups.flatMap { $0 }
    let dropped = names.filter { !kept.contains($0) }
    var y = try x.reshape(sizes)
    if !dropped.isEmpty { y = try drop(y, dropped) }
    let left = names.filter { kept.contains($0) }
    y = try y.permute(kept.map { name in left.firstIndex(of: name) ?? 0 })
    return try y.reshape(
      groups.map { group in group.reduce(1) { $0 * sizes[axis($1)] } })
  }
}
