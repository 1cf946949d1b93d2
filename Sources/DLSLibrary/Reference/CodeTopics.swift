// The language reference: functions, models, control and gradients.

extension LanguageTopics {
  static let code: [Topic] = [
    Topic(
      "names", "Names and scopes", ["assignment", "global", "scopes", "="],
      """
      A name is bound by assignment; `x += v`, `-=`, `*=`, `/=` bind it anew. Functions and models make
      a scope, `if`, `for`, `while`, `try` and blocks do not. An assignment binds in the function around
      it; where an enclosing function has the name already, that one is changed, so that closures can
      count. Globals are read freely; to bind one, a function says `global name`. Words of the language
      may be bound to something else. `model`, `plugin` and `global` are plain names wherever they
      could be, and any keyword may follow a point.
      """,
      example: """
        fn counter() { n = 0; () -> { n += 1; n } }
        c = counter(); c(); c()  #=> 2
        total = 0
        fn add(x) { global total; total += x }
        add(5); total  #=> 5
        """),
    Topic(
      "functions", "Functions", ["fn", "return", "->", "lambda"],
      """
      `f(x, k=2) = e`, or `fn f(x) { … }` with a block whose last value is the result; `return` leaves
      at once. Anonymous: `x -> e`, `(x, y=2) -> e`, `() -> { … }`, `fn(x) { … }`; beside `|>` and `>>`
      they need brackets. `...rest` gathers the remaining arguments, `f(...xs)` spreads a list, and a
      dict spreads into named ones. Defaults are computed where the function is defined. `## text`
      above a definition is what `?f` shows.
      """,
      example: """
        f(x, k=2) = x ^ k
        f(3), f(2, k=3), f(...[2, 5])  #=> (9, 8, 32)
        fn area(r) { a = pi * r ^ 2; a }
        adder(n) = x -> x + n
        adder(2)(3)  #=> 5
        fn count(first, ...rest) { len(rest) }
        count(1, 2, 3)  #=> 2
        """),
    Topic(
      "annotations", "Shapes of arguments", ["shapes"],
      """
      `fn f(x: [n, d], y: [n]) -> [d]` states shapes: names must agree in a call and hold the sizes
      inside, numbers are exact, `_` is any size and `...` any number of dimensions. They are checked
      on the way in and out. A type's name may stand there too: `n: int`.
      """,
      example: """
        fn attend(q: [b, t, d], k: [b, s, d]) -> [b, t, s] { softmax(q @ k' / sqrt(d), dim=-1) }
        attend(ones(2, 3, 4), ones(2, 5, 4)).shape  #=> [2, 3, 5]
        try { attend(ones(2, 3, 4), ones(1, 5, 4)) } catch e { e.code }  #=> "shape-mismatch"
        """),
    Topic(
      "calls", "Calls, members and pipes", ["|>", ">>", ".", "pipes"],
      """
      Where x has no member f, `x.f(a)` is `f(x, a)`: any function can be called behind its first
      argument. `x |> f` is `f(x)`, and `f >> g` composes: layers so composed are a network. Arguments
      are given by position or name, as in Python.
      """,
      example: """
        arange(6).reshape(2, 3).sum(dim=0)  #=> [3, 5, 7]  i64[3]
        4 |> sqrt |> (x -> x + 1)  #=> 3.0
        net = Linear(4, 8) >> relu >> Linear(8, 2)
        net(ones(3, 4)).shape, len(net)  #=> ([3, 2], 3)
        """),
    Topic(
      "conditions", "Conditions", ["if", "else"],
      """
      `if c { a } else if d { b } else { c }` is an expression. A condition is a bool or a 0-d bool
      tensor, nothing else: a number is compared, a tensor reduced by `.all()` or `.any()`.
      """,
      example: """
        x = 5
        if x > 3 { "big" } else { "small" }  #=> "big"
        if (tensor([1, 2]) > 0).all() { "all" } else { "some" }  #=> "all"
        """),
    Topic(
      "loops", "Loops", ["for", "while", "break", "continue"],
      """
      `for x in e { … }` runs over lists, ranges, strings, the keys of dicts, the rows of tensors,
      batches; `for i, (a, b) in e` takes the items apart. `while c { … }`, `break`, `continue`.
      """,
      example: """
        for i, word in enumerate(["a", "b"]) { print(i, word) }
        #=> 0 a
        #=> 1 b
        n = 1
        while n < 100 { n *= 2; if n == 64 { break } }
        n  #=> 64
        """),
    Topic(
      "comprehensions", "Comprehensions", [],
      """
      `[e for x in xs if c]` makes a list; more `for` and `if` may follow, as in Python. Its variables
      are its own.
      """,
      example: """
        [x ^ 2 for x in 0..6 if x % 2 == 0]  #=> [0, 4, 16]
        [(i, j) for i in 0..2 for j in 0..i + 1]  #=> [(0, 0), (1, 0), (1, 1)]
        """),
    Topic(
      "errors", "Errors", ["try", "catch", "throw", "assert"],
      """
      `try { … } catch e { … }` is an expression; `e.message`, `e.code`, `e.line`, `e.help` and, for
      what a script threw, `e.value`. `throw "what is wrong"`, `assert cond, "why"`. Every error has a
      code that `dls explain CODE` explains.
      """,
      example: """
        try { 1 // 0 } catch e { e.code }  #=> "division-by-zero"
        fn half(n) { assert n % 2 == 0, "{n} is odd"; n // 2 }
        try { half(3) } catch e { e.message }  #=> "assertion failed: 3 is odd"
        """),
    Topic(
      "modules", "Modules and plugins", ["import", "as", "plugin"],
      """
      `import name` runs a script once, from beside the importing file or from the library, and its
      names are `name.x`; `import "path/file.dls" as f` takes one by its path. `plugin "name"` loads
      ops written in C as words.
      """,
      example: """
        import lecture as l
        type(l)  #=> "module"
        """),
    Topic(
      "models", "Models", ["model"],
      """
      `model Name(a, b) { … }` is a function whose scope is kept: the names assigned in it are fields,
      the functions in it methods, and calling an instance runs `forward`. Params, layers and models
      among the fields, in lists and dicts too, are its parameters, under dotted names. Layers,
      compositions and models are all called the same way.
      """,
      example: """
        model Tied(n, h) {
          W = param(xavier_uniform(n, h))
          encode(x) = tanh(x @ W)
          decode(z) = z @ W'
          forward(x) = x |> encode |> decode
        }
        net = Tied(4, 2)
        net(ones(3, 4)).shape, net.encode(ones(3, 4)).shape  #=> ([3, 4], [3, 2])
        named_params(net).keys(), count_params(net), net.n  #=> (["W"], 8, 4)
        """),
    Topic(
      "parameters", "Params", ["param", "params"],
      """
      `param(t)` is a cell that is trained: its bare name passes the cell, operators and ops read its
      tensor. `w += v`, `w[i] = v` and `w.set(t)` change the cell; inside a method, plain `w = t` is
      refused. `w.grad` is the gradient that `backward` has added up.
      """,
      example: """
        w = param(tensor([3.0]))
        (w * w).sum().backward()
        w.grad  #=> [6.0]  f32[1]
        w -= 0.5 * w.grad
        w * 1  #=> [0.0]  f32[1]
        """),
    Topic(
      "gradients", "Gradients", ["no_grad", "autograd"],
      """
      `loss.backward()` adds to `p.grad` of every param; `opt.step()` and `opt.zero_grad()`, or
      `opt.minimize(loss)` for all three. `grad(f)`, `value_and_grad`, `vjp`, `jvp`, `jacobian`,
      `hessian` and `vmap` make functions of functions and can be nested; `argnums=` says of which
      argument. `no_grad { … }` records nothing, `detach(x)` cuts one tensor off.
      """,
      example: """
        grad(x -> x ^ 3)(2.0), grad(grad(x -> x ^ 3))(2.0)  #=> (12.0, 12.0)
        w = param(tensor([5.0]))
        opt = SGD([w], lr=0.1)
        for step in 0..100 { opt.minimize((w * w).sum()) }
        abs(w.item()) < 0.001  #=> true
        """),
    Topic(
      "training", "Training", [],
      """
      A loop over batches with `opt.minimize(loss)`, or one word: `fit(net, (x, y), loss=…, opt=…,
      epochs=…)`, which gives the history. `net.train()` and `net.eval()` switch dropout and batch
      norm.
      """,
      example: """
        seed(0)
        net = Linear(1, 1)
        x = linspace(-1, 1, 32)[:, none]
        history = fit(net, (x, 2 * x), loss=mse_loss, opt=Adam(net, lr=0.1), epochs=60, verbose=false)
        history.loss[-1] < 0.01  #=> true
        """),
  ]
}
