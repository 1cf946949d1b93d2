"""Layers: several steps in training, then in evaluation, beside torch.nn.

A case: `make` builds the layer, `state` is loaded into it, `input` are its arguments (under `floats`
those whose gradient is compared). `steps` holds, for each call in training, the results, and after the
first also the gradients; `buffers` the state after all steps; `eval` the results in evaluation.
"""

import torch
from torch import nn

from common import Golden, encode, tensors, weights

g = Golden("layers", seed=7)
t = g.tensor
torch.set_default_dtype(torch.float64)


def flat(y):
    return [v.detach() for v in tensors(y)]


def case(make, layer, *inputs, steps=3, call=None, tol32=None):
    call = call or layer
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(g.tensor(*p.shape))
    state = {k: v.clone() for k, v in layer.state_dict().items()}
    floats = [v for v in tensors(list(inputs)) if v.dtype == torch.float64]
    for v in floats:
        v.requires_grad_(True)
    layer.train()
    done = []
    for i in range(steps):
        y = call(*inputs)
        step = {"out": [encode(v, []) for v in flat(y)]}
        if i == 0:
            total = sum((weights(v) * v).sum() for v in tensors(y) if v.requires_grad)
            names = [n for n, _ in layer.named_parameters()]
            found = torch.autograd.grad(total, floats + list(layer.parameters()), allow_unused=True)
            zero = lambda v, of: torch.zeros_like(of) if v is None else v
            found = [zero(v, of) for v, of in zip(found, floats + list(layer.parameters()))]
            step["input_grads"] = [encode(v, []) for v in found[:len(floats)]]
            step["grads"] = {n: encode(v, []) for n, v in zip(names, found[len(floats):])}
        done.append(step)
    layer.eval()
    after = {k: encode(v, []) for k, v in layer.state_dict().items()}
    out = [encode(v, []) for v in flat(call(*inputs))]
    for v in floats:
        v.requires_grad_(False)
    one = {"kind": "layer", "make": make, "state": {k: encode(v, []) for k, v in state.items()},
           "input": encode(list(inputs), []), "steps": done, "after": after, "eval": out}
    if tol32:
        one["tol32"] = tol32
    g.add(one)


case("Linear(3, 4)", nn.Linear(3, 4), t(2, 3), steps=1)
case("Linear(3, 4, bias=false)", nn.Linear(3, 4, bias=False), t(2, 5, 3), steps=1)
case("Bilinear(2, 3, 4)", nn.Bilinear(2, 3, 4), t(5, 2), t(5, 3), steps=1)
case("Conv1d(2, 4, 3, padding=1, stride=2)", nn.Conv1d(2, 4, 3, padding=1, stride=2), t(2, 2, 7),
     steps=1)
case("Conv2d(3, 4, 3, padding=1)", nn.Conv2d(3, 4, 3, padding=1), t(2, 3, 5, 4), steps=1)
case("Conv2d(8, 8, 3, padding=1)", nn.Conv2d(8, 8, 3, padding=1), t(2, 8, 5, 6), steps=1)
case("Conv2d(4, 6, [3, 2], 2, [1, 0], [1, 2], 2, false)",
     nn.Conv2d(4, 6, (3, 2), 2, (1, 0), (1, 2), 2, False), t(2, 4, 6, 6), steps=1)
for mode in ["reflect", "replicate", "circular"]:
    case(f'Conv2d(2, 3, 3, padding=1, padding_mode="{mode}")',
         nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode), t(1, 2, 4, 4), steps=1)
case("ConvTranspose2d(3, 4, 3, 2, 1, 1)", nn.ConvTranspose2d(3, 4, 3, 2, 1, 1), t(2, 3, 3, 4), steps=1)
case("ConvTranspose1d(2, 3, 3, 2)", nn.ConvTranspose1d(2, 3, 3, 2), t(2, 2, 4), steps=1)
for shape in [(6, 3), (4, 3, 5)]:
    case("BatchNorm1d(3)", nn.BatchNorm1d(3), t(*shape))
case("BatchNorm1d(3, momentum=none, eps=0.01)", nn.BatchNorm1d(3, momentum=None, eps=0.01), t(6, 3))
case("BatchNorm1d(3, affine=false)", nn.BatchNorm1d(3, affine=False), t(6, 3))
case("BatchNorm1d(3, track_running_stats=false)", nn.BatchNorm1d(3, track_running_stats=False), t(6, 3))
case("BatchNorm2d(3, momentum=0.3)", nn.BatchNorm2d(3, momentum=0.3), t(2, 3, 4, 5))
case("LayerNorm(4)", nn.LayerNorm(4), t(2, 3, 4), steps=1)
case("LayerNorm([3, 4], eps=0.1, bias=false)", nn.LayerNorm([3, 4], eps=0.1, bias=False), t(2, 3, 4),
     steps=1)
case("GroupNorm(2, 4)", nn.GroupNorm(2, 4), t(2, 4, 3, 2), steps=1)
at = g.ints([[2, 0, 1], [1, 1, 3]])
case("Embedding(4, 3)", nn.Embedding(4, 3), at, steps=1)
case("Embedding(4, 3, padding_idx=1)", nn.Embedding(4, 3, padding_idx=1), at, steps=1)
for mode in ["sum", "mean", "max"]:
    case(f'EmbeddingBag(4, 3, mode="{mode}")', nn.EmbeddingBag(4, 3, mode=mode), at, steps=1)
for name, kind in [("RNN", nn.RNN), ("LSTM", nn.LSTM), ("GRU", nn.GRU)]:
    case(f"{name}(3, 4)", kind(3, 4), t(5, 2, 3), steps=1)
    case(f"{name}(3, 4, num_layers=2, batch_first=true, bidirectional=true)",
         kind(3, 4, num_layers=2, batch_first=True, bidirectional=True), t(2, 5, 3), steps=1)
    case(f"{name}(3, 4, bias=false)", kind(3, 4, bias=False), t(5, 3), steps=1)
case('RNN(3, 4, nonlinearity="relu")', nn.RNN(3, 4, nonlinearity="relu"), t(4, 2, 3), t(1, 2, 4), steps=1)
case("GRU(3, 4)", nn.GRU(3, 4), t(4, 2, 3), t(1, 2, 4), steps=1)
case("LSTM(3, 4)", nn.LSTM(3, 4), t(4, 2, 3), [t(1, 2, 4), t(1, 2, 4)], steps=1)
m = nn.MultiheadAttention(4, 2)
case("MultiheadAttention(4, 2)", m, t(3, 2, 4), t(5, 2, 4), t(5, 2, 4), steps=1)
m = nn.MultiheadAttention(4, 2, batch_first=True, kdim=3, vdim=5)
case("MultiheadAttention(4, 2, batch_first=true, kdim=3, vdim=5)", m, t(2, 3, 4), t(2, 4, 3),
     t(2, 4, 5), steps=1)
m2 = nn.MultiheadAttention(4, 2, bias=False)
case("MultiheadAttention(4, 2, bias=false)", m2, t(3, 4), t(5, 4), t(5, 4), steps=1)
m3 = nn.MultiheadAttention(4, 2)
case("MultiheadAttention(4, 2)", m3, t(3, 2, 4), t(3, 2, 4), t(3, 2, 4),
     g.bools([[0, 0, 1], [0, 0, 0]]), steps=1)
net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Flatten(), nn.Linear(12, 2))
case("Conv2d(1, 3, 3, padding=1) >> BatchNorm2d(3) >> ReLU() >> MaxPool2d(2) >> Flatten() >> Linear(12, 2)",
     net, t(4, 1, 4, 4), tol32=2e-3)
g.save()
