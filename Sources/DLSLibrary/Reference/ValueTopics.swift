// The language reference: values and what is done with them.

enum LanguageTopics {
  static let values: [Topic] = [
    Topic(
      "syntax", "Lines, comments and cells", [";", "#", "cells"],
      """
      A statement ends at a newline or `;`. A line goes on inside brackets, after a binary operator,
      `=`, `->` or `,`, and when the next line begins with `|>`, `>>`, `and`, `or` or `.name`. Inside
      a block newlines count again. `# text` is a comment, `## text` above a definition documents it,
      `# %% Title` begins a cell, and `#=> text` states what the statement before it shows: `dls test`
      compares, and numbers may differ by a thousandth.
      """,
      example: """
        total = 1 +
          2
        [3, 1, 2]
          |> sorted
          |> sum
        #=> 6
        total; total * 2  #=> 6
        """),
    Topic(
      "numbers", "Numbers", ["int", "float"],
      """
      `3` is an int of 64 bits, `3.0` and `1e-3` are floats of 64 bits; `1_000`, `0xff` and `0b101`
      are ints. A digit stands on both sides of the point. `/` gives a float, `//` and `%` round down
      as Python's, `^` is the power. An int that grows beyond 64 bits is an error; a tensor of ints
      wraps, as PyTorch's. `1 / 0` is inf, `1 // 0` an error.
      """,
      example: """
        7 / 2, 7 // 2, -7 // 2, -7 % 3  #=> (3.5, 3, -4, 2)
        2 ^ 10, 2 ^ -1, -2 ^ 2  #=> (1024, 0.5, -4)
        1 / 0, type(3), type(3.0)  #=> (inf, "int", "float")
        """),
    Topic(
      "strings", "Strings", ["str", "interpolation"],
      """
      Text stands in double quotes. Braces hold any expression, `{x}`, with Python's format after a
      colon, `{x:.3f}`; a brace itself is `\\{`. Escapes are `\\n \\t \\" \\\\ \\u{e9}`. Three quotes
      span lines, and `r"…"` takes everything as it stands. Texts are joined by `++`; they are read
      by position, and cannot be changed.
      """,
      example: """
        loss = 0.12345
        "loss {loss:.3f}, twice {2 * loss:.1f}"  #=> "loss 0.123, twice 0.2"
        "ab" ++ "cd", "hello"[1:3], "a,b".split(",")  #=> ("abcd", "el", ["a", "b"])
        """),
    Topic(
      "formats", "Formats", [],
      """
      After the colon of an interpolation: fill and alignment (`<` left, `>` right, `^` middle), sign,
      `0` for zeros in front, width, `,` for thousands, `.` and a precision, and a type: `f` fixed,
      `e` with an exponent, `g` the shorter, `%` per cent, `d` whole, `x` `b` `o` in other bases.
      Parts of a format may be interpolated: `{x:{width}.2f}`.
      """,
      example: """
        "{pi:.2f}|{7:3d}|{7:<3}|{7:03d}|{0.5:.0%}|{1234567:,}"  #=> "3.14|  7|7  |007|50%|1,234,567"
        w = 8
        "{pi:{w}.3f}|{"ab":*^6}"  #=> "   3.142|**ab**"
        """),
    Topic(
      "operators", "Operators",
      ["+", "-", "*", "/", "//", "%", "@", "^", "++", "==", "..", "and", "or", "not", "in"],
      """
      From the loosest to the tightest:

      \(LanguageReference.operatorTable)

      Comparisons chain as in Python. `and`, `or` and `not` take bools and 0-d bool tensors only.
      Arithmetic on a list of numbers treats it as a tensor.
      """,
      example: """
        1 < 2 <= 2, not 1 > 2, 3 in [1, 2]  #=> (true, true, false)
        -2 ^ 2, 2 ^ 3 ^ 2  #=> (-4, 512)
        [1, 2] * 2  #=> [2, 4]  i64[2]
        """),
    Topic(
      "lists", "Lists", ["list", "[]"],
      """
      `[1, 2]` holds anything, in order; `[...a, 3]` spreads another in. Lists are shared: what one
      name changes the other sees; `xs.copy()` makes another. `==` compares all parts. Joined by
      `++`. The words `append extend insert pop remove index count sorted reversed map filter fold
      zip enumerate` take the list first, so that they read as `xs.map(f)`. Given pairs, a function
      of two arguments gets them spread.
      """,
      example: """
        xs = [3, 1, 2]
        xs.append(5); xs  #=> [3, 1, 2, 5]
        xs[0], xs[-1], xs[1:3], xs[::-1]  #=> (3, 5, [1, 2], [5, 2, 1, 3])
        xs.map(x -> x * 2).filter(x -> x > 2)  #=> [6, 4, 10]
        fold(xs, 0, (a, b) -> a + b)  #=> 11
        [("a", 1), ("b", 2)].map((k, v) -> "{k}{v}")  #=> ["a1", "b2"]
        """),
    Topic(
      "tuples", "Tuples", ["tuple", "()", ","],
      """
      Values with commas between are a tuple, which cannot be changed; brackets are needed only where
      a comma would mean something else. An assignment takes a tuple, a list or a tensor apart; `_`
      drops a part.
      """,
      example: """
        a, b = 1, (2, 3)
        a, b = b, a
        a  #=> (2, 3)
        _, best = max(tensor([3.0, 7.0]), dim=0)
        best  #=> 1
        """),
    Topic(
      "dicts", "Dicts", ["dict", "{}"],
      """
      `{lr: 0.1, "name": "x"}`: keys are strings, ints, bools and tuples of them; a bare word is a
      string. `d.lr` and `d["lr"]` are the same. Dicts keep the order of insertion and are shared, as
      lists are. `{` begins a dict when `}` follows, or a name, string or number and a colon; otherwise
      it begins a block. There is no dict comprehension: `dict([(k, v) for …])`.
      """,
      example: """
        d = {lr: 0.1, "name": "x"}
        d.lr, d["name"], "lr" in d, d.get("momentum", 0)  #=> (0.1, "x", true, 0)
        d.epochs = 5
        [k for k, v in d.items() if type(v) == "int"]  #=> ["epochs"]
        dict(zip(["a", "b"], [1, 2]))  #=> {a: 1, b: 2}
        """),
    Topic(
      "ranges", "Ranges", ["range", "..."],
      """
      `a..b` are the ints from a up to b, b left out; `range(a, b, step)` has a step. A range costs
      nothing however long it is.
      """,
      example: """
        list(0..4), list(range(5, 0, -2)), len(0..10 ^ 15)  #=> ([0, 1, 2, 3], [5, 3, 1], 1000000000000000)
        """),
    Topic(
      "tensors", "Tensors", ["tensor", "dtypes"],
      """
      `tensor([[1.0, 2.0], [3.0, 4.0]])`: numbers in any number of dimensions, of dtype f32, f64, i64
      or bool. Ints make i64, bools bool, and with a float among them f32, as PyTorch; `dtype=` says
      otherwise and `x.to(f64)` converts. Members are `shape dtype ndim T grad`. Tensors are values:
      nothing that is done to one changes another name's. A list or number beside a tensor takes its
      dtype.
      """,
      example: """
        x = tensor([[1.0, 2.0], [3.0, 4.0]])
        x.shape, x.dtype, x.sum(), x.mean(dim=0)  #=> ([2, 2], f32, 10.0, [2.0, 3.0]  f32[2])
        x @ x'
        #=> [[ 5.0, 11.0],
        #=>  [11.0, 25.0]]  f32[2, 2]
        y = x; y[0, 0] = 9
        x[0, 0]  #=> 1.0
        """),
    Topic(
      "indexing", "Indexing", ["slices", "masks", ":"],
      """
      `x[i]`, `x[-1]`, `x[1:5]`, `x[::2]`, `x[:, 0]`, `x[..., 1]`; `x[a..b]` is `x[a:b]`. A mask, a
      list of positions or a tensor of them picks several; `none` makes a new dimension of size 1.
      `x[i] = v` binds x to a tensor with that part replaced, and gradients flow through it; lists and
      dicts change in place. In a function, a part of a global tensor is assigned after `global x`.
      """,
      example: """
        x = arange(12).reshape(3, 4)
        x[1], x[:, 0], x[0, ::2]  #=> ([4, 5, 6, 7]  i64[4], [0, 4, 8]  i64[3], [0, 2]  i64[2])
        x[x > 8], x[[0, 2], 1], x[:, none].shape  #=> ([9, 10, 11]  i64[3], [1, 9]  i64[2], [3, 1, 4])
        x[0] = 7
        x[0]  #=> [7, 7, 7, 7]  i64[4]
        """),
    Topic(
      "broadcasting", "Broadcasting", [],
      """
      Shapes meet from the right. Sizes of 1 stretch when both have equal many dimensions; where they
      have not, the larger must already have the result's shape, so that `[n, d] + [d]` works and
      `[n, 1] - [n]` is an error instead of a table nobody meant. Losses take equal shapes only.
      """,
      example: """
        (ones(4, 3) + ones(3)).shape  #=> [4, 3]
        (arange(3)[:, none] - arange(2)[none, :]).shape  #=> [3, 2]
        try { ones(3, 1) - ones(3) } catch e { e.code }  #=> "shape-mismatch"
        """),
    Topic(
      "printing", "What is shown", ["output"],
      """
      A script shows what `print` prints; the prompt and pages show the last value of each cell, unless
      it ends in `;`. Numbers print shortest, tensors with four digits, their dtype and shape. Strings
      stand in quotes, except where `print` prints them.
      """,
      example: """
        print("a", 1, [2, "b"])  #=> a 1 [2, "b"]
        tensor([1 / 3, 2])  #=> [0.3333, 2.0]  f32[2]
        """),
  ]
}
