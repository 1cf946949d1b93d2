// Expressions of several elementwise operators over large tensors, evaluated in one go.

import DLSSyntax
import DLSTensor

/// A tree of elementwise operators and words whose leaves are variables and numbers.
///
/// Its instructions stand as ever. The first of them that goes the long way tries this instead, and
/// jumps behind them all; what is not the common case, errors included, goes on instruction by
/// instruction. Leaves have no effects, so reading them early or twice changes nothing.
final class Fusion {
  indirect enum Tree {
    case number(Float)
    case variable(Leaf)
    case unary(ElementwiseProgram.Function, Tree)
    case binary(ElementwiseProgram.Function, Tree, Tree)
  }

  enum Leaf: Equatable {
    case register(Int)
    case global(GlobalCell)

    static func == (a: Leaf, b: Leaf) -> Bool {
      switch (a, b) {
      case (.register(let x), .register(let y)): x == y
      case (.global(let x), .global(let y)): x === y
      case (.register, .global), (.global, .register): false
      }
    }
  }

  /// Words that have an instruction in elementwise programs.
  static let words: [String: ElementwiseProgram.Function] = [
    "exp": .exp, "log": .log, "tanh": .tanh, "sigmoid": .sigmoid, "relu": .relu, "sqrt": .sqrt,
    "abs": .abs, "neg": .negate,
  ]

  private let tree: Tree
  private let leaves: [Leaf]
  /// Globals that must still be the words that they were.
  private let words: [GlobalCell]
  private let program: ElementwiseProgram
  /// Which register gets the value, and the scratch registers that the skipped code may have filled.
  private let target: Int
  private let scratch: Range<Int>
  /// Instructions from the one that tries to the end of the expression.
  let distance: Int

  /// nil when the tree has too many parts for a program.
  init?(_ tree: Tree, words: [GlobalCell], target: Int, scratch: Range<Int>, distance: Int) {
    var leaves: [Leaf] = []
    Fusion.collect(tree, &leaves)
    let program = ElementwiseProgram(inputs: leaves.count)
    let output = Fusion.add(tree, leaves, to: program)
    program.outputs = [output]
    guard leaves.count <= ElementwiseProgram.mostInputs, !leaves.isEmpty,
      program.count <= ElementwiseProgram.mostInstructions
    else { return nil }
    self.tree = tree
    self.leaves = leaves
    self.words = words
    self.program = program
    self.target = target
    self.scratch = scratch
    self.distance = distance
  }

  private static func collect(_ tree: Tree, _ leaves: inout [Leaf]) {
    switch tree {
    case .number: break
    case .variable(let leaf): if !leaves.contains(leaf) { leaves.append(leaf) }
    case .unary(_, let x): collect(x, &leaves)
    case .binary(_, let a, let b):
      collect(a, &leaves)
      collect(b, &leaves)
    }
  }

  private static func add(_ tree: Tree, _ leaves: [Leaf], to program: ElementwiseProgram)
    -> ElementwiseProgram.Operand
  {
    switch tree {
    case .number(let x): return .constant(x)
    case .variable(let leaf): return .input(leaves.firstIndex(of: leaf) ?? 0)
    case .unary(let function, let x): return program.emit(function, add(x, leaves, to: program))
    case .binary(let function, let a, let b):
      let left = add(a, leaves, to: program)
      return program.emit(function, left, add(b, leaves, to: program))
    }
  }

  /// Puts the value in its register and lets go of what the skipped code had loaded; false where
  /// this is not the common case.
  func run(_ f: Frame) throws(TensorError) -> Bool {
    var inputs: [Tensor?] = []
    var isWorthIt = false
    for leaf in leaves {
      let value = value(of: leaf, f)
      let tensor = value.tensorView
      if tensor == nil, value.number == nil { return false }
      isWorthIt = isWorthIt || tensor.map { $0.count >= Tensor.fusedFrom } ?? false
      inputs.append(tensor)
    }
    if !isWorthIt || words.contains(where: \.isSet) || !isTensor(tree, inputs) { return false }
    var all: [Tensor] = []
    for (leaf, tensor) in zip(leaves, inputs) {
      if let tensor {
        all.append(tensor)
      } else {
        all.append(try Tensor.scalar(value(of: leaf, f).number ?? 0, .f32))
      }
    }
    if !Tensor.canFuse(all) { return false }
    let result = try Tensor.elementwise(program, all)
    for register in scratch { f.slot(register).clear() }
    f.slot(target).value = .tensor(result)
    return true
  }

  private func value(of leaf: Leaf, _ f: Frame) -> Value {
    switch leaf {
    case .register(let register): f.slot(register).value
    case .global(let cell): cell.value
    }
  }

  /// True when the value is a tensor, and that of every operator below: numbers alone are computed
  /// as numbers.
  private func isTensor(_ tree: Tree, _ inputs: [Tensor?]) -> Bool {
    switch tree {
    case .number: false
    case .variable(let leaf): leaves.firstIndex(of: leaf).flatMap { inputs[$0] } != nil
    case .unary(_, let x): isTensor(x, inputs)
    case .binary(_, let a, let b):
      isSound(a, inputs) && isSound(b, inputs) && (isTensor(a, inputs) || isTensor(b, inputs))
    }
  }

  /// True for a leaf, and for an operator that gives a tensor.
  private func isSound(_ tree: Tree, _ inputs: [Tensor?]) -> Bool {
    switch tree {
    case .number, .variable: true
    case .unary, .binary: isTensor(tree, inputs)
    }
  }
}

extension Machine {
  /// The way that an instruction goes on after a fused expression: its distance; nil where the
  /// instruction has to be done itself.
  @inline(never)
  func fused(_ f: Frame, _ i: Instruction) throws(Failure) -> Int? {
    guard let fusion = f.code.sites[Int(i.site)].fusion else { return nil }
    do throws(TensorError) { return try fusion.run(f) ? fusion.distance : nil } catch {
      throw f.locate(Failure(error), f.site(i).span)
    }
  }
}
