"""What every make_*.py shares: cases of PyTorch's own numbers, in f64, written as compact JSON.

A case says how a script would call the word, with which arguments, and what PyTorch gives:

    g = Golden("reducing")
    g.case("sum", torch.sum, [g.tensor(2, 3)], dim=1)
    g.case("(x, y) -> x // y", lambda x, y: x // y, [g.ints([7, -7]), g.ints([2, 2])])
    g.save()

Gradients are those of sum(w * y) over all float results y, w = 0.5 + (i % 7) / 5 by row-major
position, with respect to every f64 tensor among the arguments (but those under `nograd`).
"""

import json
import math
import os
import sys

import numpy
import torch

NAMES = {torch.float64: "f64", torch.float32: "f32", torch.int64: "i64", torch.bool: "bool"}


def numbers(t):
    """A tensor's elements; what JSON has no number for as text."""
    out = []
    for v in t.detach().reshape(-1).tolist():
        if isinstance(v, float) and not math.isfinite(v):
            out.append("nan" if math.isnan(v) else "inf" if v > 0 else "-inf")
        else:
            out.append(v)
    return out


def encode(value, gradients):
    if isinstance(value, torch.Tensor):
        result = {"dtype": NAMES[value.dtype], "shape": list(value.shape), "data": numbers(value)}
        for tensor, g in gradients:
            if tensor is value:
                result["grad"] = numbers(torch.zeros_like(value) if g is None else g)
        return result
    if isinstance(value, (list, tuple)):
        return [encode(v, gradients) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a plain nan or inf: write it into the call")
    return value


def tensors(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in tensors(v)]
    if isinstance(value, dict):
        return [t for v in value.values() for t in tensors(v)]
    return []


def weights(y):
    return (0.5 + (torch.arange(y.numel()) % 7).to(torch.float64) / 5).reshape(y.shape)


class Golden:
    def __init__(self, name, seed=1):
        self.name = name
        self.random = numpy.random.RandomState(seed)
        self.cases = []

    def tensor(self, *shape, low=-1.0, high=1.0):
        """Random f64 numbers of few digits."""
        values = self.random.uniform(low, high, shape)
        return torch.tensor(numpy.round(values, 3), dtype=torch.float64)

    def of(self, values):
        return torch.tensor(values, dtype=torch.float64)

    def ints(self, values):
        return torch.tensor(values, dtype=torch.int64)

    def bools(self, values):
        return torch.tensor(values, dtype=torch.bool)

    def case(self, call, function, args, kwargs=None, nograd=(), grad=True, torch_kwargs=None,
             name=None, f32=True, tol=None, tol32=None, **named):
        """`nograd` lists tensors that PyTorch gives no gradient for; `torch_kwargs` replaces the
        named arguments where PyTorch's differ from the language's."""
        named = {**(kwargs or {}), **named}
        leaves = [t for t in tensors(args) + tensors(named)
                  if t.dtype == torch.float64 and grad and not any(t is n for n in nograd)]
        for leaf in leaves:
            leaf.requires_grad_(True)
        try:
            y = function(*args, **(named if torch_kwargs is None else torch_kwargs))
            outputs = tensors(tuple(y) if isinstance(y, tuple) else y)
            total = sum((weights(o) * o).sum() for o in outputs if o.dtype == torch.float64)
            gradients = []
            if leaves and isinstance(total, torch.Tensor) and total.requires_grad:
                found = torch.autograd.grad(total, leaves, allow_unused=True)
                gradients = list(zip(leaves, found))
        finally:
            for leaf in leaves:
                leaf.requires_grad_(False)
        case = {"kind": "op", "call": call, "args": encode(args, gradients)}
        if named:
            case["kwargs"] = {k: encode(v, gradients) for k, v in named.items()}
        case["out"] = [encode(o, []) for o in outputs]
        if name:
            case["name"] = name
        if not f32:
            case["f32"] = False
        if tol:
            case["tol"] = tol
        if tol32:
            case["tol32"] = tol32
        self.cases.append(case)

    def add(self, case):
        """A case of another kind (layer, optimizer, …), as its test reads it."""
        self.cases.append(case)

    def save(self):
        path = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), self.name + ".json")
        lines = [json.dumps(c, separators=(",", ":"), allow_nan=False) for c in self.cases]
        with open(path, "w") as file:
            file.write('{"torch":"%s","cases":[\n%s\n]}\n'
                       % (torch.__version__, ",\n".join(lines)))
        print(self.name, len(self.cases), os.path.getsize(path))
