"""Reductions, order, scans and counts."""

import torch

from common import Golden

g = Golden("reducing")
T = torch
INF, NAN = float("inf"), float("nan")

for name in ["sum", "mean", "prod", "amax", "amin", "var", "std", "logsumexp"]:
    f = getattr(T, name)
    every = {} if name != "logsumexp" else {"dim": [0, 1, 2]}
    g.case(name, f, [g.tensor(2, 3, 4)], **every)
    for dim in (0, 1, -1, [0, 2], [1], [0, 1, 2], [-1, 0]):
        if name == "prod" and isinstance(dim, list):
            continue
        for keep in (False, True):
            g.case(name, f, [g.tensor(2, 3, 4)], dim=dim, keepdim=keep)
    if name not in ("var", "std"):
        g.case(name, f, [g.tensor()], **({"dim": 0} if name == "logsumexp" else {}))
    g.case(f"x -> {name}(flip(x, 0)', dim=0)", lambda x: f(x.flip(0).mT, dim=0), [g.tensor(4, 3)])
    g.case(f"x -> {name}(x.expand(4, 3), dim=1)", lambda x: f(x.expand(4, 3), dim=1), [g.tensor(1, 3)])
    g.case(name, f, [g.tensor(0, 3)], dim=1)
    g.case(name, f, [g.of([[1.0, NAN], [INF, 2.0]])], dim=1, grad=False)
    g.case(name, f, [g.tensor(1, 33)], dim=1)
    g.case(name, f, [g.tensor(33, 2)], dim=0)
for name in ["sum", "prod"]:
    f = getattr(T, name)
    g.case(name, f, [g.tensor(3, 0)], dim=1)
    g.case(name, f, [g.tensor(0)])
    g.case(name, f, [g.ints([[1, 2], [3, -4]])])
    g.case(name, f, [g.ints([[1, 2], [3, -4]])], dim=0)
    g.case(name, f, [g.bools([[True, False], [True, True]])], dim=1)
    g.case(name, f, [g.bools([True, True])])
g.case("mean", T.mean, [g.tensor(0)], grad=False)
g.case("mean", T.mean, [g.tensor(2, 0)], dim=1, grad=False)
g.case("logsumexp", T.logsumexp, [g.of([[1000.0, 1000.0], [-1000.0, -INF], [-INF, -INF]])], dim=1, grad=False)
g.case("logsumexp", T.logsumexp, [g.of([[1000.0, 1000.0], [-1000.0, 0.0]])], dim=1)
for correction in (0, 1, 2):
    for name in ["var", "std"]:
        g.case(name, getattr(T, name), [g.tensor(3, 4)], dim=1, correction=correction)
g.case("var", T.var, [g.tensor(3, 1)], dim=1, grad=False)
# Zeros among the factors.
for values in ([2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [0.0], [1.5, -2.0]):
    g.case("prod", T.prod, [g.of(values)])
    g.case("cumprod", T.cumprod, [g.of(values)], dim=0)
g.case("prod", T.prod, [g.of([[1.0, 0.0], [0.0, 0.0], [2.0, 3.0]])], dim=1)
g.case("cumprod", T.cumprod, [g.of([[1.0, 0.0, 4.0], [0.0, 2.0, 0.0], [2.0, 3.0, 0.5]])], dim=0)
g.case("cumprod", T.cumprod, [g.of([[1.0, 0.0, 4.0], [0.0, 2.0, 0.0], [2.0, 3.0, 0.5]])], dim=1)
for name in ["cumsum", "cumprod"]:
    f = getattr(T, name)
    for dim in (0, 1, -1):
        g.case(name, f, [g.tensor(2, 5)], dim=dim)
    g.case(name, f, [g.tensor()], dim=0)
    g.case(name, f, [g.tensor(0, 2)], dim=0)
    g.case(name, f, [g.ints([1, 2, 3, 4])], dim=0)
    g.case(name, f, [g.bools([True, True, False])], dim=0)
    g.case(f"x -> {name}(x.flip(0)', dim=1)", lambda x: f(x.flip(0).mT, dim=1), [g.tensor(4, 3)])

# Norms, at 0 too.
for p in (1, 2, 3, 0.5):
    g.case("norm", T.norm, [g.tensor(2, 3)], p=p)
    g.case("norm", T.norm, [g.tensor(2, 3)], p=p, dim=1, keepdim=True)
g.case("x -> norm(x, inf)", lambda x: T.norm(x, INF), [g.tensor(2, 3)])
g.case("x -> norm(x, -inf)", lambda x: T.norm(x, -INF), [g.tensor(2, 3)])
g.case("norm", T.norm, [g.of([0.0, 2.0, 0.0])], p=0, grad=False)
g.case("norm", T.norm, [g.of([0.0, 0.0])])
g.case("norm", T.norm, [g.of([[0.0, 0.0], [3.0, 4.0]])], p=2, dim=1)
g.case("norm", T.norm, [g.of([0.0, 0.0])], p=1)
g.case("norm", T.norm, [g.of([0.0, 3.0])], p=3)
g.case("norm", T.norm, [g.tensor(0)], grad=False)

# Extremes: ties, nan, positions.
tie = g.of([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]])
for name in ["max", "min", "median"]:
    f = getattr(T, name)
    g.case(name, f, [g.tensor(2, 3)])
    g.case(name, f, [g.tensor(4)])
    g.case(name, f, [tie])
    for dim in (0, 1, -1):
        for keep in (False, True):
            g.case(name, lambda x, dim, keepdim: tuple(f(x, dim=dim, keepdim=keepdim)), [g.tensor(3, 4)], dim=dim, keepdim=keep)
    g.case(name, lambda x, dim: tuple(f(x, dim=dim)), [g.tensor()], dim=0)
    g.case(name, f, [g.tensor()])
    g.case(name, f, [g.of([1.0, NAN, 2.0])], grad=False)
    g.case(name, lambda x, dim: tuple(f(x, dim=dim)), [g.of([[1.0, NAN, 2.0], [3.0, 1.0, 2.0]])], dim=1, grad=False)
    g.case(name, lambda x, dim: tuple(f(x, dim=dim)), [g.ints([[4, 1, 9], [3, 8, 2]])], dim=1)
    g.case(name, f, [g.ints([5, 2, 9])])
for name in ["max", "min"]:
    f = getattr(T, name)
    g.case(name, lambda x, dim: tuple(f(x, dim=dim)), [tie], dim=1)
    g.case(name, f, [g.tensor(2, 3), g.tensor(2, 3)])
    g.case(name, f, [g.of([1.0, 2.0]), g.of([1.0, 1.0])])
    g.case(name, lambda x, dim: tuple(f(x, dim=dim)), [g.bools([[True, False], [False, False]])], dim=1)
for name in ["amax", "amin"]:
    f = getattr(T, name)
    g.case(name, f, [tie])
    g.case(name, f, [tie], dim=1)
    g.case(name, f, [g.ints([[4, 1], [3, 8]])], dim=0)
    g.case(name, f, [g.bools([[True, False], [False, False]])], dim=0)
for name in ["argmax", "argmin"]:
    f = getattr(T, name)
    g.case(name, f, [g.tensor(3, 4)], grad=False)
    for dim in (0, 1):
        g.case(name, f, [g.tensor(3, 4)], dim=dim, keepdim=True, grad=False)
    g.case(name, f, [tie], dim=1, grad=False)
    g.case(name, f, [g.of([1.0, NAN, 2.0, NAN])], grad=False)
    g.case(name, f, [g.ints([[4, 1], [3, 8]])], dim=0)
    g.case(name, f, [g.tensor()], grad=False)
    g.case(f"x -> {name}(x[::-1]', dim=1)", lambda x: f(x.flip(0).mT, dim=1), [g.tensor(3, 4)], grad=False)

for name in ["all", "any"]:
    f = getattr(T, name)
    g.case(name, f, [g.bools([[True, False], [True, True]])])
    g.case(name, f, [g.bools([[True, False], [True, True]])], dim=1)
    g.case(name, f, [g.bools([[True, False], [True, True]])], dim=0, keepdim=True)
    g.case(name, f, [g.ints([[0, 1], [2, 3]])], dim=1)
    g.case(name, f, [g.of([0.0, NAN])], grad=False)
    g.case(name, f, [g.bools([])])
    g.case(name, f, [g.tensor(2, 0)], dim=1, grad=False)
g.case("count_nonzero", T.count_nonzero, [g.of([[0.0, 1.0], [NAN, 0.0]])], grad=False)
g.case("count_nonzero", T.count_nonzero, [g.ints([[0, 1], [2, 0]])], dim=1)
g.case("count_nonzero", T.count_nonzero, [g.bools([[True, False], [True, True]])], dim=[0, 1])

# Order.
for name in ["sort", "argsort"]:
    f = getattr(T, name)
    pick = (lambda *a, **k: tuple(f(*a, stable=True, **k))) if name == "sort" else (lambda *a, **k: f(*a, stable=True, **k))
    for shape in ((5,), (3, 4), (2, 3, 4), (), (0,), (3, 0), (2, 200)):
        for dim in {0, -1}:
            for down in (False, True):
                g.case(name, pick, [g.tensor(*shape)], dim=dim, descending=down, grad=name == "sort")
    g.case(name, pick, [g.of([2.0, NAN, -INF, INF, -0.0, 0.0, 2.0, 1.0])], grad=False)
    g.case(name, pick, [g.of([2.0, NAN, -INF, INF, -0.0, 0.0, 2.0, 1.0])], descending=True, grad=False)
    g.case(name, pick, [g.ints([3, -1, 3, 7, 0, -9])])
    g.case(name, pick, [g.ints([3, -1, 3, 7, 0, -9])], descending=True)
    g.case(name, pick, [g.bools([True, False, True])])
    g.case(f"x -> {name}(x', dim=0)", lambda x: pick(x.mT, dim=0), [g.tensor(3, 4)], grad=name == "sort")
for k in (0, 1, 3):
    for largest in (True, False):
        g.case("topk", lambda x, k, dim, largest: tuple(T.topk(x, k, dim, largest)), [g.tensor(3, 4)], k=k, dim=0, largest=largest, grad=k > 0)
        g.case("topk", lambda x, k, largest: tuple(T.topk(x, k, largest=largest)), [g.tensor(3, 5)], k=k, largest=largest, grad=k > 0)
g.case("topk", lambda x, k: tuple(T.topk(x, k)), [g.of([1.0, NAN, 3.0])], k=2, grad=False)
g.case("topk", lambda x, k: tuple(T.topk(x, k)), [g.ints([5, 1, 7, 3])], k=2)
u = g.ints([3, 1, 3, 2, 1, 1])
g.case("unique", T.unique, [u])
g.case("unique", T.unique, [u], return_inverse=True, return_counts=True)
g.case("unique", T.unique, [g.of([[0.5, 2.0], [0.5, -1.0]])], return_counts=True, grad=False)
g.case("unique", T.unique, [g.ints([[1, 2], [0, 5], [1, 2]])], dim=0, return_inverse=True, return_counts=True)
g.case("unique", T.unique, [g.ints([[1, 2, 1], [0, 5, 0]])], dim=1, return_inverse=True)
g.case("unique", T.unique, [g.ints([])])
g.case("unique", T.unique, [g.bools([True, False, True])], return_counts=True)
for mode in ["linear", "lower", "higher", "midpoint", "nearest"]:
    g.case("quantile", T.quantile, [g.tensor(7)], q=0.3, interpolation=mode, f32=mode == "linear",
           torch_kwargs=None)
    q = g.of([0.1, 0.5, 0.9])
    g.case("(x, q) -> quantile(x, q, dim=1, interpolation=\"%s\")" % mode,
           lambda x, q: T.quantile(x, q, dim=1, interpolation=mode), [g.tensor(3, 6), q],
           nograd=[q] if mode != "linear" else [], f32=mode == "linear")
g.case("quantile", T.quantile, [g.tensor(3, 4), g.of(0.4)], dim=0, keepdim=True)
g.case("quantile", T.quantile, [g.tensor(3, 4), g.of([0.0, 1.0])], keepdim=True, nograd=[])
g.case("quantile", T.quantile, [g.of([1.0, NAN, 2.0]), g.of(0.5)], grad=False)
g.case("bincount", T.bincount, [g.ints([0, 3, 1, 3])])
g.case("bincount", T.bincount, [g.ints([0, 3, 1, 3])], minlength=6)
g.case("bincount", T.bincount, [g.ints([0, 3, 1, 3]), g.of([0.5, 1.0, 2.0, 0.25])], grad=False)
g.case("bincount", T.bincount, [g.ints([])])
g.case("histc", T.histc, [g.of([0.0, 0.1, 0.5, 0.99, 1.0, 2.0])], bins=4, min=0, max=1, grad=False)
g.case("histc", T.histc, [g.of([3.0, 1.0, 2.0, 2.0])], bins=3, grad=False)
g.save()
