"""Elementwise words, activations and the arithmetic operators."""

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("elementwise")
T = torch

POSITIVE = ["log", "log2", "log10", "sqrt", "rsqrt", "lgamma", "log1p", "reciprocal"]
ANY = ["neg", "exp", "expm1", "square", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "erf",
       "abs", "sign", "floor", "ceil", "trunc", "frac", "round", "sigmoid", "relu"]
INSIDE = ["asin", "acos"]
F_ANY = ["logsigmoid", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "softsign",
         "hardtanh", "mish"]


def shapes(name, f, low, high):
    # A plain tensor, a 0-d one, an empty one, a flipped and transposed view, a stretched one.
    g.case(name, f, [g.tensor(2, 3, low=low, high=high)])
    g.case(name, f, [g.tensor(low=low, high=high)])
    g.case(name, f, [g.tensor(0, 3)])
    g.case(f"x -> {name}(flip(x, 0)')", lambda x: f(x.flip(0).mT), [g.tensor(3, 4, low=low, high=high)])
    g.case(f"x -> {name}(x[::2, ::-1])", lambda x: f(x[::2].flip(1)), [g.tensor(5, 3, low=low, high=high)])
    g.case(f"x -> {name}(x.expand(3, 4))", lambda x: f(x.expand(3, 4)), [g.tensor(3, 1, low=low, high=high)])
    g.case(name, f, [g.tensor(37, low=low, high=high)])


for name in POSITIVE:
    shapes(name, getattr(T, name), 0.3, 3.0)
for name in ANY:
    shapes(name, getattr(T, name), -2.0, 2.0)
for name in INSIDE:
    shapes(name, getattr(T, name), -0.9, 0.9)
for name in F_ANY:
    shapes(name, getattr(F, name), -3.0, 3.0)

# Ints and bools are taken as PyTorch takes them (its f32 is what a script gets too).
whole = g.ints([-3, -1, 0, 2, 7])
for name in ["neg", "abs", "sign", "square", "floor", "ceil", "round", "trunc", "relu"]:
    g.case(name, getattr(T, name), [whole])
for name in ["exp", "sin", "tanh", "sigmoid", "atan", "expm1", "erf"]:
    g.case(name, getattr(T, name), [whole], tol=1e-6)
    g.case(name, getattr(T, name), [g.bools([True, False])], tol=1e-6)
g.case("sqrt", T.sqrt, [g.ints([0, 4, 9])], tol=1e-6)

# Kinks, ends and what is no number.
edge = g.of([0.0, -0.0, 1.0, -1.0, float("inf"), -float("inf"), float("nan")])
for name in ["sqrt", "log", "exp", "abs", "sign", "relu", "sigmoid", "tanh", "reciprocal", "floor",
             "round", "trunc", "square", "log1p", "expm1", "rsqrt"]:
    g.case(name, getattr(T, name), [edge], tol=1e-9)
for name in ["isnan", "isinf", "isfinite", "logical_not"]:
    g.case(name, getattr(T, name), [edge])
    g.case(name, getattr(T, name), [whole])
    g.case(name, getattr(T, name), [g.bools([True, False])])
    g.case(name, getattr(T, name), [g.tensor(0)])
large = g.of([-1000.0, -90.0, -20.0, 0.0, 20.0, 90.0, 1000.0])
for name in ["sigmoid", "tanh"]:
    g.case(name, getattr(T, name), [large])
for name in ["logsigmoid", "softplus", "elu", "gelu", "silu", "mish", "softsign", "hardtanh", "selu",
             "leaky_relu"]:
    g.case(name, getattr(F, name), [large])
    g.case(name, getattr(F, name), [g.of([0.0])])
halves = g.of([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
g.case("round", T.round, [halves])
g.case("round", T.round, [g.of([1.2345, -1.2355, 123.456])], decimals=2)
g.case("round", T.round, [g.of([1234.5, -1250.0])], decimals=-2)

# Options.
x = g.tensor(3, 4, low=-3, high=3)
g.case("leaky_relu", F.leaky_relu, [x], negative_slope=0.2)
g.case("elu", F.elu, [x], alpha=0.5)
g.case("gelu", F.gelu, [x], approximate="tanh")
g.case("softplus", F.softplus, [x], beta=2.0, threshold=1.0)
g.case("hardtanh", F.hardtanh, [x], min_val=-0.5, max_val=0.7)
for dim in (0, 1, -1):
    g.case("softmax", F.softmax, [x], dim=dim)
    g.case("log_softmax", F.log_softmax, [x], dim=dim)
g.case("softmax", F.softmax, [g.of([[1e3, -1e3, 999.0], [0.0, -float("inf"), 1.0]])], dim=1)
g.case("log_softmax", F.log_softmax, [g.of([[1e3, -1e3, 999.0], [0.0, -50.0, 1.0]])], dim=1)
g.case("softmax", F.softmax, [g.tensor(2, 3, 4)], dim=1)
g.case("log_softmax", F.log_softmax, [g.tensor(2, 3, 4)], dim=0)
g.case("softmax", F.softmax, [g.tensor()], dim=0)
g.case("log_softmax", F.log_softmax, [g.tensor()], dim=0)
g.case("softmax", F.softmax, [g.tensor(0, 3)], dim=1)
g.case("softmax", F.softmax, [g.tensor(3, 0)], dim=1)
g.case("softmax", F.softmax, [g.tensor(2, 40)], dim=1)
g.case("x -> softmax(x', dim=0)", lambda x: F.softmax(x.mT, 0), [g.tensor(2, 5)])
g.case("clamp", T.clamp, [x], min=-1.0, max=0.5)
g.case("clamp", T.clamp, [x], min=-1.0)
g.case("clamp", T.clamp, [x], max=0.5)
g.case("clamp", T.clamp, [g.of([-1.0, 0.0, 0.5, float("nan")])], min=-1.0, max=0.5)
g.case("clamp", T.clamp, [x, g.tensor(3, 4), g.tensor(3, 4, low=1, high=2)])
g.case("clamp", T.clamp, [x, g.tensor(4)])
g.case("clamp", T.clamp, [whole], min=-1, max=3)
g.case("clamp", T.clamp, [whole], min=0.5)

# Two operands: broadcasting in all its forms, with gradients.
PAIRS = [("(a, b) -> a + b", T.add), ("(a, b) -> a - b", T.sub), ("(a, b) -> a * b", T.mul),
         ("(a, b) -> a / b", T.div), ("maximum", T.maximum), ("minimum", T.minimum),
         ("atan2", T.atan2), ("logaddexp", T.logaddexp), ("fmod", T.fmod),
         ("remainder", T.remainder), ("(a, b) -> a % b", T.remainder),
         ("(a, b) -> a // b", T.floor_divide)]
for call, f in PAIRS:
    for p, q in [((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((2, 3), (1, 3)),
                 ((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ()), ((), ()), ((0, 3), (1, 3)),
                 ((2, 1, 4), (2, 3, 1))]:
        a, b = g.tensor(*p, low=-3, high=3), g.tensor(*q, low=0.5, high=3)
        grad = "//" not in call
        g.case(call, f, [a, b], grad=grad)
    flip = call if "->" in call else f"(a, b) -> {call}(a, b)"
    head, body = ("a, b", flip.split("-> ")[1])
    g.case(f"(a, b) -> {{ p = a'; q = flip(b, 0); (((a, b) -> {body})(p, q)) }}",
           lambda a, b: f(a.mT, b.flip(0)), [g.tensor(4, 3, low=-2), g.tensor(3, 4, low=0.5)],
           grad="//" not in call)
for call, f in PAIRS[4:8]:
    g.case(call, f, [g.of([1.0, 2.0, -1.0]), g.of([1.0, 1.0, 3.0])])
nans = [g.of([float("nan"), 1.0, 2.0]), g.of([1.0, float("nan"), 2.0])]
g.case("maximum", T.maximum, nans, grad=False)
g.case("minimum", T.minimum, nans, grad=False)
g.case("logaddexp", T.logaddexp, [g.of([1000.0, -1000.0, 0.0]), g.of([1000.0, -999.0, 800.0])])
g.case("logaddexp", T.logaddexp, [g.of([float("inf"), -float("inf")]), g.of([1.0, -float("inf")])], grad=False)

g.case("pow", T.pow, [g.tensor(2, 3, low=0.2, high=2), g.tensor(2, 3)])
g.case("pow", T.pow, [g.tensor(2, 3, low=0.2, high=2), g.tensor(3)])
g.case("pow", T.pow, [g.tensor(low=0.2, high=2), g.tensor(2, 3)])
for p in [0, 1, 2, 3, 4, -1, -2, 0.5, 1.5, -0.5, 2.0]:
    g.case("pow", T.pow, [g.tensor(2, 3, low=0.2, high=2)], exponent=p)
for p in [0, 1, 2, 3, -1, -2, 5]:
    g.case("pow", T.pow, [g.of([-2.0, -0.5, 3.0])], exponent=p)
g.case("pow", T.pow, [g.of([-2.0, -0.5]), g.of([3.0, 2.0])], nograd=[], grad=False)
g.case("pow", T.pow, [g.of([-8.0, 0.0]), g.of([1 / 3, 0.0])], grad=False)
zero = g.of([0.0, 0.0, 0.0, 0.0])
g.case("pow", T.pow, [zero, g.of([0.0, 1.0, 2.0, 3.0])])
g.case("pow", T.pow, [g.of([0.0, 1.0])], exponent=0)
g.case("pow", T.pow, [g.of([0.0, 1.0])], exponent=2)
g.case("pow", T.pow, [g.ints([-2, 0, 3]), g.ints([3, 0, 2])])
g.case("pow", T.pow, [g.ints([-2, 0, 3])], exponent=2)
g.case("(x, p) -> x ^ p", T.pow, [g.ints([2, 3]), g.of([0.5, -1.0])])
g.case("x -> 2 ^ x", lambda x: 2 ** x, [g.tensor(3)])
g.case("x -> 2.5 ^ x", lambda x: 2.5 ** x, [g.tensor(3)])

# Ints, bools and floats together: values and the promoted dtype.
i, j = g.ints([-7, -1, 0, 5, 7]), g.ints([2, -2, 3, -3, 4])
b = g.bools([True, False, True, True, False])
f = g.tensor(5)
for call, fn in PAIRS[:4] + [PAIRS[-1], PAIRS[-2], PAIRS[-4], PAIRS[4]]:
    g.case(call, fn, [i, j], tol=1e-6)
    g.case(call, fn, [i, g.tensor(5, low=0.5, high=2)], grad=False)
    g.case(call, fn, [g.ints([3, -3, 4]).reshape(3, 1), g.ints([2]).reshape(1, 1)], tol=1e-6)
for call, fn in [PAIRS[0], PAIRS[2], PAIRS[4]]:
    g.case(call, fn, [b, i])
    g.case(call, fn, [b, f])
g.case("(a, b) -> a + b", T.add, [b, ~b])
g.case("(a, b) -> a * b", T.mul, [b, b])
g.case("maximum", T.maximum, [b, ~b])
g.case("(a, b) -> a / b", T.div, [b, T.ones_like(b)], tol=1e-6)
scalars = [("1", 1), ("2.5", 2.5), ("true", True)]
for text, s in scalars:
    for sign, fn in [("+", T.add), ("*", T.mul), ("/", T.div)]:
        for operand in (i, f, b):
            g.case(f"x -> x {sign} {text}", lambda x: fn(x, s), [operand], tol=1e-6,
                   f32=not (operand is i and s == 2.5))
g.case("x -> x // 2", lambda x: x // 2, [i])
g.case("x -> x % 3", lambda x: x % 3, [i])
g.case("x -> x % -3", lambda x: x % -3, [i])
g.case("x -> x // -2", lambda x: x // -2, [i])
g.case("x -> x % 1.5", lambda x: x % 1.5, [g.of([-4.0, -1.0, 0.0, 2.0, 5.5])])
g.case("x -> x // 1.5", lambda x: x // 1.5, [g.of([-4.0, -1.0, 0.0, 2.0, 5.5])], grad=False)

for call, fn in [("==", T.eq), ("!=", T.ne), ("<", T.lt), ("<=", T.le), (">", T.gt), (">=", T.ge)]:
    text = f"(a, b) -> a {call} b"
    g.case(text, fn, [g.of([1.0, 2.0, float("nan")]), g.of([1.0, 3.0, float("nan")])], grad=False)
    g.case(text, fn, [i, j])
    g.case(text, fn, [b, ~b])
    g.case(text, fn, [i, g.tensor(5)], grad=False)
    g.case(text, fn, [g.tensor(2, 1), g.tensor(2, 3)], grad=False)
    g.case(text, fn, [g.tensor(0, 2), g.tensor(0, 2)], grad=False)
    g.case(f"x -> x {call} 0.5", lambda x: fn(x, 0.5), [g.of([0.1, 0.5, 0.9])], grad=False)
    g.case(f"x -> x' {call} x[::-1]'", lambda x: fn(x.mT, x.flip(0).mT), [g.tensor(2, 3)], grad=False)
for name in ["logical_and", "logical_or", "logical_xor"]:
    fn = getattr(T, name)
    g.case(name, fn, [b, ~b])
    g.case(name, fn, [i, j])
    g.case(name, fn, [g.of([0.0, 0.5, float("nan")]), g.of([1.0, 0.0, 0.0])], grad=False)
    g.case(name, fn, [g.bools([[True], [False]]), g.bools([[True, False]])])

mask = g.bools([[True, False, True], [False, False, True]])
g.case("where", T.where, [mask, g.tensor(2, 3), g.tensor(2, 3)])
g.case("where", T.where, [mask, g.tensor(2, 3), g.tensor(3)])
g.case("where", T.where, [mask, g.tensor(), g.tensor(2, 3)])
g.case("where", T.where, [mask, g.tensor(2, 3)], torch_kwargs={"other": T.tensor(0.1, dtype=T.float64)}, other=0.1)
g.case("where", T.where, [mask[0], g.tensor(2, 3), g.tensor(2, 3)])
g.case("where", T.where, [mask, g.ints([1, 2, 3]), g.ints([4, 5, 6])])
g.case("where", T.where, [mask[:, :1], g.tensor(2, 3), g.tensor(2, 3)])
g.case("where", T.where, [mask[:0], g.tensor(0, 3), g.tensor(0, 3)])
g.case("masked_fill", T.masked_fill, [g.tensor(2, 3), mask], value=7.5)
g.case("masked_fill", T.masked_fill, [g.tensor(2, 3), mask[0]], value=-1)
g.case("masked_fill", T.masked_fill, [g.ints([[1, 2, 3], [4, 5, 6]]), mask], value=9)
g.case("x -> masked_fill(x, x > 0, -inf)", lambda x: x.masked_fill(x > 0, -float("inf")), [g.tensor(4)])
g.save()
