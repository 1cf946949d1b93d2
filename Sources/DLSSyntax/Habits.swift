// What newcomers write out of habit from other languages, and what to write here.

/// A habit met in the text: the diagnostic that answers it.
struct Habit {
  var code: String
  var message: String
  var help: [String]

  init(_ code: String, _ message: String, _ help: String...) {
    self.code = code
    self.message = message
    self.help = help
  }
}

extension Parser {
  /// A word of another language at the start of a statement.
  func habitOfStatement(_ word: String) -> Habit? {
    let next = peek()
    let isFollowed = isOperand(next) && !next.startsLine
    let isNamed: Bool
    if case .name = next.kind { isNamed = isFollowed } else { isNamed = false }
    switch word {
    case "def", "function", "func":
      return isNamed
        ? Habit(
          "python-habit", "`\(word)` is not a word here",
          "a function is `f(x) = x^2`, or `fn f(x) { … }` with a block") : nil
    case "class", "struct":
      return isNamed
        ? Habit("python-habit", "`\(word)` is not a word here", "a model is `model Name(…) { … }`")
        : nil
    case "let", "var", "const":
      return isNamed
        ? Habit("declaration-habit", "`\(word)` is not needed", "assign alone: `x = 1`") : nil
    case "from":
      return isNamed
        ? Habit(
          "python-habit", "`from … import` is not there",
          "tensors, layers and plots need no import; a script is imported by `import name`") : nil
    case "elif":
      return Habit("python-habit", "`elif` is written `else if`", "write `else if`")
    case "raise":
      return isFollowed
        ? Habit("python-habit", "`raise` is written `throw`", "write `throw \"what is wrong\"`")
        : nil
    case "except":
      return Habit("python-habit", "`except` is written `catch`", "write `try { … } catch e { … }`")
    case "with":
      if isKeyword(.noGrad, 1) {
        return Habit("python-habit", "`with` is not a word here", "write `no_grad { … }`")
      }
      return isNamed
        ? Habit(
          "python-habit", "`with` is not a word here",
          "without gradients: `no_grad { … }`; files are read at once: `read_file(path)`") : nil
    case "pass":
      return next.startsLine || isSign(.rightBrace, 1)
        ? Habit("python-habit", "`pass` is not a word here", "an empty block is `{ }`") : nil
    case "del":
      return isNamed
        ? Habit(
          "python-habit", "`del` is not a word here",
          "a name goes by itself; an entry of a dict by `d.remove(key)`") : nil
    case "yield", "async", "await":
      return isNamed
        ? Habit(
          "python-habit", "`\(word)` is not a word here",
          "gather in a list: `xs.append(x)`, or write `[f(x) for x in xs]`") : nil
    case "switch", "match":
      return isNamed
        ? Habit(
          "c-habit", "`\(word)` is not there", "write `if x == 1 { … } else if x == 2 { … }`") : nil
    case "print", "println", "echo":
      return isFollowed
        ? Habit("python-habit", "print is a function", "write `print(\(lineText(after: next)))`")
        : nil
    default: return nil
    }
  }

  /// What follows a finished statement on its line, and cannot.
  func habitAfter(_ statement: Statement) -> Habit? {
    let text = source.text(in: statement.span)
    if let habit = habitOfComment(statement) { return habit }
    switch token.kind {
    case .name("is"):
      return isKeyword(.not, 1)
        ? Habit("python-habit", "`is not` is not an operator", "write `\(text) != …`")
        : Habit("python-habit", "`is` is not an operator", "write `\(text) == …`")
    case .keyword(.if):
      return Habit(
        "python-habit", "a value with a condition begins with `if`",
        "write `if c { a } else { b }`, which is an expression")
    case .sign(.question):
      return Habit(
        "c-habit", "`?` is not an operator", "write `if c { a } else { b }`, which is an expression"
      )
    case .sign(.colon) where isSign(.assign, 1) && !peek().hasSpaceBefore:
      return Habit("c-habit", "`:=` is not an operator", "assignment is `=`")
    case .sign(.colon):
      if case .expression(let e) = statement.kind, case .call = e.kind {
        return Habit(
          "python-habit", "`:` does not begin a block", "a function is `\(text) = …`")
      }
      return Habit("python-habit", "`:` does not begin a block", "blocks stand in braces: `{ … }`")
    case .sign(.arrow):
      if case .expression(let e) = statement.kind, case .call = e.kind {
        return Habit(
          "expected-token", "the statement is over here, but `->` follows",
          "a function is `\(text) = …`; an anonymous one `(x) -> …`")
      }
      return nil
    case .sign(.leftParen):
      return Habit(
        "expected-token", "the statement is over here, but `(` follows",
        "a product needs its sign: `\(text) * (…)`")
    case .name, .string, .int, .float:
      return habitOfOperand(after: text, statement)
    case .keyword, .sign, .bad, .end: return nil
    }
  }

  /// `x = 3 // words`: what follows the sign was meant as a comment.
  private func habitOfComment(_ statement: Statement) -> Habit? {
    var i = index - 1
    while i > 0, tokens[i].span.start > statement.span.start, !tokens[i].startsLine {
      if case .sign(.floorDivide) = tokens[i].kind {
        return Habit(
          "c-habit", "the statement is over here, but \(describe(token)) follows",
          "a comment begins with `#`; `//` divides and rounds down")
      }
      i -= 1
    }
    return nil
  }

  private func habitOfOperand(after text: String, _ statement: Statement) -> Habit? {
    guard case .expression(let e) = statement.kind else { return nil }
    switch e.kind {
    case .name, .member:
      return Habit(
        "expected-token", "the statement is over here, but \(describe(token)) follows",
        "to call `\(text)`: `\(text)(\(source.text(in: token.span)))`")
    default: return nil
    }
  }

  /// An operator of another language where an expression should begin.
  func habitOfExpression() -> Habit? {
    switch token.kind {
    case .sign(.greater):
      if index > 0, case .sign(.assign) = tokens[index - 1].kind, !token.hasSpaceBefore {
        return Habit("c-habit", "`=>` is not an operator", "an anonymous function is `x -> …`")
      }
    case .sign(.floorDivide):
      if token.startsLine {
        return Habit("c-habit", "`//` does not begin a comment", "a comment begins with `#`")
      }
    case .sign(.slash):
      if isSign(.star, 1) {
        return Habit("c-habit", "`/*` does not begin a comment", "a comment begins with `#`")
      }
    case .sign(.ampersand): return Habit("c-habit", "`&` is not an operator", "write `and`")
    case .sign(.bar): return Habit("c-habit", "`|` is not an operator", "write `or`, or `|>`")
    default: break
    }
    return nil
  }

  /// True for what can begin an operand: `print x`, `[1 2]`.
  func isOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .name, .string, .int, .float: true
    case .keyword, .sign, .bad, .end: false
    }
  }

  /// The rest of a line from a token on, for a mend that repeats it.
  private func lineText(after token: Token) -> String {
    let line = source.position(of: Int(token.span.start)).line
    let start = Int(token.span.start)
    let end = line < source.lineStarts.count ? source.lineStarts[line] - 1 : source.bytes.count
    let text = trimmed(source.text(in: Span(start, end)))
    return text.count > 40 || text.contains("#") || text.contains(";") ? "…" : text
  }
}

package enum Habits {
  /// Names of other languages and libraries, as unknown names.
  package static func ofUnknownName(_ name: String) -> String? {
    switch name {
    case "True": "write `true`"
    case "False": "write `false`"
    case "None", "nil", "null", "NULL", "undefined", "Nothing": "write `none`"
    case "self", "this": "a model's fields and methods are read by their bare names"
    case "torch", "np", "numpy", "tf", "jax", "jnp", "keras":
      "tensor words stand by themselves: `tensor(…)`, `zeros(2, 3)`, without `\(name).`"
    case "nn": "layers stand by themselves: `Linear(4, 2)`, without `nn.`"
    case "F": "functions stand by themselves: `relu(x)`, without `F.`"
    case "optim": "optimizers stand by themselves: `Adam(net, lr=1e-3)`, without `optim.`"
    case "math", "Math": "`sqrt(x)`, `pi` and the rest stand by themselves, without `\(name).`"
    case "plt", "pyplot", "matplotlib": "figures stand by themselves: `plot(x, y)`, without `plt.`"
    case "pd", "pandas": "a table is read by `load_csv(path)`"
    case "array", "Tensor", "as_tensor", "from_numpy": "a tensor is made by `tensor([1.0, 2.0])`"
    case "float32", "Float32": "the dtype is `f32`"
    case "float64", "Float64", "double": "the dtype is `f64`"
    case "int64", "Int64", "long": "the dtype is `i64`"
    case "println", "printf", "console", "puts", "cout": "write `print(…)`"
    case "end", "fi", "done": "blocks stand in braces: `{ … }`"
    case "string", "String": "the type is `str`"
    case "MSELoss": "a loss is a function: `mse_loss(input, target)`"
    case "CrossEntropyLoss": "a loss is a function: `cross_entropy(logits, labels)`"
    case "NLLLoss": "a loss is a function: `nll_loss(log_probabilities, labels)`"
    case "L1Loss": "a loss is a function: `l1_loss(input, target)`"
    case "BCELoss": "a loss is a function: `binary_cross_entropy(input, target)`"
    case "BCEWithLogitsLoss":
      "a loss is a function: `binary_cross_entropy_with_logits(input, target)`"
    case "DataLoader": "batches are made by `batches(x, y, 64, shuffle=true)`"
    case "manual_seed": "write `seed(0)`"
    case "Module": "a model is `model Name(…) { … forward(x) = … }`"
    case "isinstance": "write `type(x) == \"int\"`"
    default: nil
    }
  }

  /// Members of other languages' and libraries' values.
  package static func ofUnknownMember(_ name: String, isTensor: Bool) -> String? {
    switch name {
    case "size": isTensor ? "the sizes are `x.shape`, one of them `x.shape[0]`" : "write `len(x)`"
    case "length": "write `len(x)`"
    case "push", "add", "push_back": isTensor ? nil : "write `xs.append(x)`"
    case "includes", "contains": "write `x in xs`"
    case "concat": "write `a ++ b`; for tensors `cat([a, b])`"
    case "toString": "write `str(x)`"
    case "forEach", "each": "write `for x in xs { … }`"
    case "parameters": "write `params(net)`"
    case "named_parameters": "write `named_params(net)`"
    case "half", "double": "write `x.to(f64)`"
    case "long": "write `x.to(i64)`"
    case "cuda", "cpu", "device": "there is one device: leave it out"
    case "numpy", "data": isTensor ? "a tensor is used as it is; `detach(x)` cuts gradients" : nil
    case "clone": "tensors are values: `y = x` is enough; `copy(x)` copies containers"
    case "requires_grad", "requires_grad_": "what is trained is made by `param(x)`"
    case "dim": "the number of dimensions is `x.ndim`"
    case "shape", "dtype", "ndim", "T": isTensor ? nil : "only a tensor has that: `tensor(x)`"
    case "format": "write `\"{x:.3f}\"`"
    default: nil
    }
  }

  /// Modules of Python's world, as names to import.
  package static func ofModule(_ name: String) -> String? {
    switch name {
    case "torch", "numpy", "jax", "math", "tensorflow", "sklearn", "scipy", "pandas", "torchvision",
      "random", "os", "sys", "time", "matplotlib":
      "tensors, layers, data and plots are words here: there is nothing to import"
    default: nil
    }
  }
}
