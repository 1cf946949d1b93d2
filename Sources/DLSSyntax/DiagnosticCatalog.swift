// What each error code means: read by `explain`, checked by the tests.

package struct DiagnosticEntry: Sendable {
  package var code: String
  package var explanation: String
  /// A script that provokes it; empty where none can be written.
  package var example: String
  package var mend: String

  package var page: String {
    var text = "\(code)\n\n\(explanation)\n"
    if !example.isEmpty {
      text +=
        "\nFor example:\n\n  " + example.split(separator: "\n").joined(separator: "\n  ") + "\n"
    }
    if !mend.isEmpty { text += "\n\(mend)" }
    return text
  }
}

package enum DiagnosticCatalog {
  package static func named(_ code: String) -> DiagnosticEntry? { all.first { $0.code == code } }

  private static func entry(
    _ code: String, _ explanation: String, _ example: String, _ mend: String
  ) -> DiagnosticEntry {
    DiagnosticEntry(code: code, explanation: explanation, example: example, mend: mend)
  }

  package static let all: [DiagnosticEntry] = [
    entry(
      "unknown-name",
      "A name was reached that nobody has given and that is no word of the language.", "prnt(1)",
      "Check the spelling; a name must be assigned before it is read."),
    entry(
      "word-hidden",
      "A name given at the prompt is also a built-in word, which it hides until `:reset`.", "",
      "Give the value another name; `x.sum()` still finds the word where yours cannot be called."),
    entry(
      "unknown-member", "A value has no member of that name, and no function has that name either.",
      "[1].foo",
      "Members of a tensor are shape, dtype, ndim, T and grad; any function can be called as x.f()."
    ),
    entry(
      "unknown-argument",
      "A function was given an argument by a name that none of its parameters has.",
      "zeros(2, typ=f32)", "`?name` shows a function's parameters."),
    entry(
      "unknown-key", "A dict has no such key.", "{a: 1}[\"b\"]",
      "`d.get(key, default)` gives a default instead."),
    entry(
      "unknown-column",
      "A table has no column of that name.",
      "load_csv(\"scripts/data/iris.csv\").column(\"petal\")", "`table.names` lists the columns."),
    entry(
      "missing-argument", "A parameter without a default was left out.", "map([1])",
      "`?name` shows what a function takes."),
    entry(
      "too-many-arguments", "A function was given more arguments than it takes.", "len([1], 2)",
      "`?name` shows what a function takes."),
    entry(
      "duplicate-argument", "An argument was given twice.", "round(1.5, 1, decimals=2)",
      "Give it once, by position or by name."),
    entry(
      "argument-order",
      "Data comes first: map(xs, f), filter(xs, f), fold(xs, init, f), join(xs, separator).",
      "map(x -> x, [1])", "Swap the arguments."),
    entry(
      "bad-argument", "An argument has a value that the function cannot take.",
      "randint(3, 1, [2])", "The message says what is needed."),
    entry(
      "bad-dim", "A dimension is not there, or is given twice.", "ones(2).sum(dim=3)",
      "dims run from -ndim to ndim - 1."),
    entry(
      "bad-size", "A size is negative or too large to hold.", "zeros(-1)",
      "Sizes are whole numbers from 0."),
    entry(
      "shape-mismatch", "Shapes do not fit together.", "ones(2, 3) @ ones(2, 3)",
      "The shapes stand under the operands; x' transposes, reshape and x[:, none] rearrange."),
    entry(
      "dtype-mismatch", "A tensor has an element type that the op cannot use.",
      "cross_entropy(ones(2, 3), ones(2))", "Convert it: x.to(i64), x.to(f32)."),
    entry(
      "type-mismatch", "A value of another type is needed.", "\"a\" + \"b\"",
      "`type(x)` names a value's type; strings are joined by ++."),
    entry(
      "not-callable",
      "What stands before the brackets is no function, layer or model.",
      "x = 3\nx(1)", "A product needs its sign, `x * (1)`; a list is indexed by square brackets."),
    entry(
      "not-called",
      "A statement in a loop or a function names a function, and does nothing with it.",
      "opt = SGD(Linear(1, 1))\nfor i in 0..1 { opt.step }", "Calls have brackets: `opt.step()`."),
    entry(
      "not-indexable",
      "The value has no parts.",
      "x = 3\nx[0]", "Lists, tuples, dicts, strings, tensors and compositions have parts."),
    entry(
      "not-iterable", "The value cannot be run over.", "for i in 3 { }", "To count: for i in 0..3."),
    entry(
      "index-out-of-range", "An index lies beyond the end.", "[1, 2][5]",
      "Indices run from 0 to len - 1; negative ones count from the end."),
    entry(
      "bad-index",
      "The value cannot be indexed so.",
      "[1, 2][0.5]",
      "An index is an int, a slice such as 1:3, a list of ints, or for tensors a mask; `//` divides ints to an int."
    ),
    entry(
      "too-many-indices",
      "More indices than dimensions.",
      "ones(2)[0, 0]", "`x.shape` tells the dimensions; `...` stands for all that are not named."),
    entry(
      "bad-key",
      "A key of a dict is a string, an int, a bool or a tuple of them.",
      "{}[[1]]", "Make a tuple of a list: `d[(1, 2)]`."),
    entry("bad-target", "This cannot be assigned to.", "f(1) + 2 = 3", "To compare, write ==."),
    entry(
      "bad-condition", "A condition is one bool.", "if 1 { }",
      "Compare: x != 0, len(xs) > 0; reduce tensors by .all() or .any()."),
    entry(
      "bad-format", "The text after : in an interpolation is no format.", "\"{1.5:q}\"",
      "A format is width, precision and type, as in 8.3f."),
    entry(
      "unpack", "A value has another number of parts than there are names.", "a, b = (1, 2, 3)",
      "`_` stands for a part that is not wanted."),
    entry(
      "ragged-list",
      "Rows of a list have different lengths, so it is no tensor.",
      "tensor([[1, 2], [3]])", "Fill the short rows up, or keep a list of tensors."),
    entry("division-by-zero", "// or % by zero on ints.", "1 // 0", "/ gives inf instead."),
    entry(
      "int-overflow", "A whole number does not fit 64 bits.", "2 ^ 70", "Use floats: 2.0 ^ 70."),
    entry(
      "singular-matrix", "A matrix has no inverse, as far as its digits tell.", "inv(ones(2, 2))",
      "`pinv(A)` is the pseudo-inverse, `lstsq(A, b)` the best solution."),
    entry(
      "not-positive-definite", "A Cholesky factor needs a positive definite matrix.",
      "cholesky(-eye(2))", "A small number on the diagonal may help: `A + 1e-6 * eye(n)`."),
    entry(
      "not-finite", "A factorisation was given nan or an infinity.", "svd(tensor([[nan]]))",
      "`isfinite(A)` shows where."),
    entry(
      "not-converged", "An iteration of LAPACK found no end.", "",
      "Scale the matrix, or look for rows that differ by many orders of magnitude."),
    entry(
      "bad-pattern", "A pattern of dimension names says something that cannot be.",
      "rearrange(ones(2, 3), \"a b -> a\")", "The caret shows where in the pattern."),
    entry(
      "empty-reduction", "There is no largest or smallest of nothing.", "max([])",
      "Ask `len(xs) > 0` before."),
    entry(
      "no-gradient", "No gradient can flow here.", "ones(2).backward()",
      "A gradient needs a param on the way, and a result of one number."),
    entry(
      "gradient-mismatch", "A gradient differs from the finite differences that check it.",
      "gradcheck(custom_grad(x -> x * x, (g, y, x) -> g), 3.0)",
      "The message names the worst partial derivative."),
    entry(
      "loss-not-finite", "A loss became nan or infinite while fit trained.", "",
      "The message names the op that gave the first one, where it is known."),
    entry(
      "graph-freed", "The graph behind a value was used and freed by an earlier backward.",
      "w = param(ones(1)); y = (w * w).sum(); y.backward(); y.backward()",
      "Compute the value again, or backward(retain_graph=true)."),
    entry(
      "param-assignment",
      "`=` inside a method would replace a param by a plain tensor.",
      "model M() {\n  w = param(ones(1))\n  reset() = { w = zeros(1) }\n  forward(x) = x * w\n}\nM().reset()",
      "Change its value: `w.set(zeros(1))`, `w -= lr * w.grad`, `w[0] = 1`."),
    entry(
      "param-lost",
      "The result of arithmetic with a param was put in its place: it is a plain tensor, not trained.",
      "w = param(ones(1))\nw = w - 0.1", "`w -= 0.1` changes the param; another name keeps both."),
    entry(
      "list-sum",
      "`+=` between two lists: `+` adds their numbers and makes a tensor; it joins nothing.",
      "losses = [1.0]\nlosses += [0.5]",
      "`losses.append(0.5)`, or `losses = losses ++ [0.5]`; for a sum name a tensor first."),
    entry(
      "param-set",
      "A param cannot be set to a value that gradients flow through.",
      "w = param(ones(1)); w.set(w * 2)",
      "Detach it, `w.set(detach(w * 2))`, or wrap the update in `no_grad { }`."),
    entry(
      "state-mismatch",
      "The names or shapes of a state dict and of a network differ.",
      "load_state_dict(Linear(1, 1), {})",
      "`state_dict(net).keys()` tells the names that a network has."),
    entry(
      "global-assignment", "A part of a global tensor was assigned inside a function.",
      "t = ones(2)\nfn f() { t[0] = 5 }\nf()", "Say `global t` at the top of the function."),
    entry(
      "dimension-name", "A dimension's name in an annotation is taken already.",
      "fn f(x: [x]) { x }", "Give the dimension another name."),
    entry(
      "out-of-memory",
      "A tensor would not fit the memory that there is, or --max-memory.",
      "zeros(1000000, 1000000)",
      "Use smaller batches, or a sum in place of a table of all pairs; it is asked before it is made, so nothing is lost."
    ),
    entry(
      "recursion-limit", "Calls nest too deep.", "f(n) = f(n + 1)\nf(0)",
      "A recursion needs an end; a loop may do."),
    entry(
      "nested-too-deep",
      "The source, or a value, nests too deep.",
      "x = []\nfor i in 0..60000 { x = [x] }\ndeepcopy(x)", "Keep a flat list, and positions in it."
    ),
    entry(
      "interrupted",
      "Ctrl-C was pressed.",
      "", "All names are as they were; run the cell again."),
    entry(
      "out-of-time",
      "The script ran longer than --max-time.",
      "", "Give it more seconds, or less to do."),
    entry(
      "assertion-failed",
      "What an assert states does not hold.",
      "assert 1 > 2, \"why\"",
      "The text after the comma is shown; put the values in it: `assert n > 0, \"n is {n}\"`."),
    entry(
      "thrown", "The script threw an error of its own.", "throw \"oops\"",
      "try { } catch e { } handles it."),
    entry(
      "missing-file",
      "There is no such file, module or plugin.",
      "import fewshots",
      "A script is looked for beside the importing one, then in the library; a file from where dls was started."
    ),
    entry(
      "bad-file",
      "A file's content is not what it should be.",
      "parse_json(\"[1, 2\")", "The message says where in the file the trouble is."),
    entry(
      "import-cycle",
      "Modules import each other in a ring.",
      "", "Move what both need into a third."),
    entry(
      "name-exists",
      "A plugin declares a word that exists.",
      "", "Rename the op in the plugin."),
    entry(
      "no-plugins",
      "Plugins are not available here.",
      "", "Run the script by `dls`."),
    entry(
      "bad-plugin",
      "A plugin could not be loaded, or declares an op badly.",
      "", "Build it again with this version: `dls plugin build FILE.c`."),
    entry(
      "plugin-failed",
      "A plugin refused its arguments.",
      "", "The plugin's own message tells why."),
    entry(
      "plot-failed",
      "gnuplot could not draw the figure, or not write it.",
      "", "The message holds gnuplot's own words. Debian has gnuplot as gnuplot-nox."),
    entry(
      "syntax",
      "The text could not be read.",
      "", "An error before this one tells what is wrong."),
    entry(
      "expected-token",
      "A sign or word is missing.",
      "(1", "The message says which, and the underline where."),
    entry(
      "expected-expression",
      "An expression is missing.",
      "x = ", "Write the value; at the prompt the line goes on below."),
    entry(
      "unmatched-bracket",
      "A closing bracket closes nothing.",
      "1)", "Take it away, or open it before."),
    entry("unclosed-string", "A string is not closed on its line.", "\"abc", "\"\"\" spans lines."),
    entry(
      "bad-escape", "A backslash with what follows means nothing.", "\"\\q\"",
      "A backslash itself is \\\\."),
    entry(
      "empty-interpolation", "Braces in a string hold no expression.", "\"{}\"",
      "A brace itself is written \\{."),
    entry(
      "bad-number", "This is not how a number is written.", "1.",
      "A digit stands on both sides of the point."),
    entry(
      "unexpected-character",
      "A character has no meaning here.",
      "a $ b", "Names are made of letters, digits and `_`."),
    entry(
      "python-habit",
      "This is Python's way.",
      "def f(x): x", "The help line says how it is written here."),
    entry(
      "c-habit",
      "This is C's or JavaScript's way.",
      "true && false",
      "`and`, `or`, `not`; `#` begins a comment; `if c { a } else { b }` is an expression."),
    entry("declaration-habit", "Names are not declared.", "let x = 1", "Assign alone: x = 1."),
    entry("increment-habit", "++ joins lists and strings.", "i = 1\ni++", "To add one: i += 1."),
    entry(
      "assign-in-condition",
      "= assigns; a condition compares.",
      "if x = 1 { }", "Write ==."),
    entry(
      "chained-assignment",
      "One assignment at a time.",
      "a = b = 1", "Write `b = 1; a = b`."),
    entry(
      "duplicate-name",
      "Two parameters have one name.",
      "f(x, x) = 1", "Give each its own; `_` may stand more than once."),
    entry(
      "lambda-operand",
      "An anonymous function needs brackets beside |> and >>.",
      "1 |> x -> x", "Write `1 |> (x -> x)`."),
    entry(
      "prompt-only",
      "This works at the prompt only.",
      "?print", "In a script: `print(doc(print))`."),
    entry(
      "outside-loop",
      "break and continue stand inside loops.",
      "break", "`return` leaves a function."),
    entry(
      "outside-function",
      "return stands inside a function.",
      "return 1", "A script ends with its last line, or by `exit()`."),
    entry(
      "bad-parameter",
      "A parameter list is not well formed.",
      "f(...xs, y) = 1", "`...rest` stands last."),
    entry(
      "bad-spread",
      "... spreads inside a list, a tuple or a call.",
      "x = ...[1]", "Write `x = [...[1]]`."),
    entry(
      "looks-continued",
      "A line that begins with - or [ begins a new statement, though it looks as if it went on.",
      "x = 3\nx\n  - 1", "Put brackets around, or end the line above with the operator."),
    entry(
      "exit",
      "The script asked to end.",
      "exit(1)", "No error: the number is the exit status."),
    entry(
      "memory-limit",
      "All values together outgrew the memory that there is, or --max-memory.",
      "",
      "Keep less: a running sum in place of a list, `no_grad { }` where no gradient is wanted. The prompt keeps all names."
    ),
    entry(
      "unknown-word",
      "A word is not in the vocabulary.",
      "embeddings([\"cat\"], [[1.0, 2.0]])[\"wug\"]",
      "Rare words may have been left out by min_count; `nearest` finds a known one."),
    entry(
      "internal",
      "Something went wrong inside dls.",
      "", "This is a mistake of dls, not of the script; please report it."),
    entry(
      "softmax-twice",
      "A loss that takes logits was given probabilities: the softmax would be taken twice. A warning.",
      "cross_entropy(softmax(tensor([[1.0, 2.0]]), dim=1), tensor([0]))",
      "Leave the softmax out; take it for what you show or measure."),
    entry(
      "stale-gradient",
      "An optimizer stepped by gradients in which those of its last step still were. A warning.",
      "w = param(ones(1)); opt = SGD([w], lr=0.1)\nfor i in 0..2 { (w * w).sum().backward(); opt.step() }",
      "`opt.zero_grad()` before `loss.backward()`, or `opt.minimize(loss)` for all three."),
    entry(
      "too-large", "A function or statement is too large for the machine.", "",
      "Take it apart into functions."),
    entry(
      "meta-tensor", "An op whose result depends on numbers was given a shape without numbers.", "",
      "`summary` and shape checks pass such tensors: give the op a real one."),
  ]
}
