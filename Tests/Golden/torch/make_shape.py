"""Shapes, views, indexing, joining and picking; making."""

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("shape")
T = torch
x = g.tensor(2, 3, 4)

for call, f in [
    ("x -> x.reshape(4, -1)", lambda x: x.reshape(4, -1)),
    ("x -> x'.reshape(6, 4)", lambda x: x.mT.reshape(6, 4)),
    ("x -> x.view(24)", lambda x: x.view(24)),
    ("x -> x.permute(2, 0, 1)", lambda x: x.permute(2, 0, 1)),
    ("x -> x.permute(-1, 0, 1)", lambda x: x.permute(-1, 0, 1)),
    ("x -> x.transpose(0, 2)", lambda x: x.transpose(0, 2)),
    ("x -> x.flatten()", lambda x: x.flatten()),
    ("x -> x.flatten(1)", lambda x: x.flatten(1)),
    ("x -> x.flatten(0, 1)", lambda x: x.flatten(0, 1)),
    ("x -> x.unsqueeze(1).squeeze(1)", lambda x: x),
    ("x -> x.unsqueeze(-1)", lambda x: x.unsqueeze(-1)),
    ("x -> x[:, :1].squeeze()", lambda x: x[:, :1].squeeze()),
    ("x -> x[:1].squeeze(0)", lambda x: x[:1].squeeze(0)),
    ("x -> x[:, :1].expand(2, 5, 4)", lambda x: x[:, :1].expand(2, 5, 4)),
    ("x -> x[:1].expand(3, -1, -1)", lambda x: x[:1].expand(3, -1, -1)),
    ("x -> x.repeat(2, 1, 3)", lambda x: x.repeat(2, 1, 3)),
    ("x -> x.repeat(2, 1, 1, 2)", lambda x: x.repeat(2, 1, 1, 2)),
    ("x -> x.flip(0, 2)", lambda x: x.flip(0, 2)),
    ("x -> x.flip([1])", lambda x: x.flip([1])),
    ("x -> x.roll(1)", lambda x: x.roll(1)),
    ("x -> x.roll(2, 1)", lambda x: x.roll(2, 1)),
    ("x -> x.roll([1, -2], [0, 2])", lambda x: x.roll([1, -2], [0, 2])),
    ("x -> x.roll(-5, dims=2)", lambda x: x.roll(-5, dims=2)),
    ("x -> split(x, 2, 2)", lambda x: tuple(x.split(2, 2))),
    ("x -> split(x, [1, 3], dim=2)", lambda x: tuple(x.split([1, 3], 2))),
    ("x -> chunk(x, 2, 2)", lambda x: tuple(x.chunk(2, 2))),
    ("x -> chunk(x, 3, 2)", lambda x: tuple(x.chunk(3, 2))),
    ("x -> tril(x)", T.tril), ("x -> triu(x)", T.triu),
    ("x -> tril(x, 1)", lambda x: T.tril(x, 1)), ("x -> triu(x, -1)", lambda x: T.triu(x, -1)),
    ("x -> pad(x, [1, 2])", lambda x: F.pad(x, [1, 2])),
    ("x -> pad(x, [1, 2, 0, 1], value=3.5)", lambda x: F.pad(x, [1, 2, 0, 1], value=3.5)),
    ("x -> pad(x, [-1, 2, 1, -1])", lambda x: F.pad(x, [-1, 2, 1, -1])),
    ("x -> pad(x, [2, 1], mode=\"reflect\")", lambda x: F.pad(x, [2, 1], mode="reflect")),
    ("x -> pad(x, [2, 1], mode=\"replicate\")", lambda x: F.pad(x, [2, 1], mode="replicate")),
    ("x -> pad(x, [2, 1], mode=\"circular\")", lambda x: F.pad(x, [2, 1], mode="circular")),
    ("x -> x[0]", lambda x: x[0]), ("x -> x[-1, 1]", lambda x: x[-1, 1]),
    ("x -> x[:, 1:]", lambda x: x[:, 1:]), ("x -> x[..., 1]", lambda x: x[..., 1]),
    ("x -> x[:, none, 0]", lambda x: x[:, None, 0]), ("x -> x[:, ::2, 1:3]", lambda x: x[:, ::2, 1:3]),
    ("x -> x[:, ::-1]", lambda x: x.flip(1)),
    ("x -> x[:, [2, 0, 2]]", lambda x: x[:, [2, 0, 2]]),
    ("x -> x[[1, 0], [2, 1]]", lambda x: x[[1, 0], [2, 1]]),
    ("x -> x[[1, 0], :, [2, 1]]", lambda x: x[[1, 0], :, [2, 1]]),
    ("x -> x[:, [[0, 1], [2, 0]]]", lambda x: x[:, T.tensor([[0, 1], [2, 0]])]),
    ("x -> x[:, [-1]]", lambda x: x[:, [-1]]),
    ("x -> x[x > 0]", lambda x: x[x > 0]),
    ("x -> x[1, x[1] > 0]", lambda x: x[1, x[1] > 0]),
    ("x -> masked_select(x, x > 0)", lambda x: T.masked_select(x, x > 0)),
    ("x -> windows(x, 2, 2, 1)", lambda x: x.unfold(2, 2, 1)),
    ("x -> windows(x, 1, 2, 2)", lambda x: x.unfold(1, 2, 2)),
    ("x -> windows(x', 1, 3)", lambda x: x.mT.unfold(1, 3, 1)),
    ("x -> x.contiguous()", lambda x: x.contiguous()),
    ("x -> x.to(f32).to(f64)", lambda x: x.to(T.float32).to(T.float64)),
    ("x -> cat([x, x[:1], x * 2])", lambda x: T.cat([x, x[:1], x * 2])),
    ("x -> stack([x, x * 2], 1)", lambda x: T.stack([x, x * 2], 1)),
    ("x -> stack([x, x * 2], -1)", lambda x: T.stack([x, x * 2], -1)),
]:
    g.case(call, f, [x], f32=".to(f" not in call)
for shape in ((0, 3), (3, 0), (0,)):
    for call, f in [("x -> x.flatten()", lambda x: x.flatten()), ("x -> x'", lambda x: x.mT if x.dim() > 1 else x),
                    ("x -> x.flip(0)", lambda x: x.flip(0)), ("x -> cat([x, x])", lambda x: T.cat([x, x])),
                    ("x -> x.roll(1, 0)", lambda x: x.roll(1, 0)), ("x -> x.repeat(2, 2)", lambda x: x.repeat(2, 2)),
                    ("x -> x[[]]", lambda x: x[T.zeros(0, dtype=T.int64)])]:
        g.case(call, f, [g.tensor(*shape)])
for call, f in [("x -> x.reshape(1, 1)", lambda x: x.reshape(1, 1)), ("x -> x.flatten()", lambda x: x.flatten()),
                ("x -> x.unsqueeze(0)", lambda x: x.unsqueeze(0)), ("x -> x.expand(2, 3)", lambda x: x.expand(2, 3)),
                ("x -> stack([x, x])", lambda x: T.stack([x, x])), ("x -> x.repeat(3)", lambda x: x.repeat(3)),
                ("x -> x.squeeze()", lambda x: x.squeeze())]:
    g.case(call, f, [g.tensor()])

g.case("cat", T.cat, [[g.tensor(2, 3), g.tensor(1, 3)]])
g.case("cat", T.cat, [[g.tensor(2, 3), g.tensor(2, 1)]], dim=-1)
g.case("cat", T.cat, [[g.tensor(2, 3), g.tensor(2, 0)]], dim=1)
g.case("cat", T.cat, [[g.ints([1, 2]), g.tensor(2)]])
g.case("cat", T.cat, [[g.bools([True]), g.ints([3])]])
g.case("stack", T.stack, [[g.tensor(2, 3), g.tensor(2, 3)]], dim=1)
for d in (0, 1, -1):
    g.case("diag", T.diag, [g.tensor(3)], diagonal=d)
    g.case("diag", T.diag, [g.tensor(3, 4)], diagonal=d)
g.case("nonzero", T.nonzero, [g.ints([[0, 2], [3, 0]])])
g.case("nonzero", T.nonzero, [g.ints([0, 0])])
i = g.ints([[0, 2, 1], [1, 0, 0]])
g.case("gather", T.gather, [g.tensor(2, 3), 1, i])
g.case("gather", T.gather, [g.tensor(3, 3), 0, i])
g.case("gather", T.gather, [g.ints([[1, 2, 3], [4, 5, 6]]), 1, i])
g.case("(x, i) -> gather(x', 0, i')", lambda x, i: T.gather(x.mT, 0, i.mT), [g.tensor(2, 3), i])
g.case("gather", T.gather, [g.tensor(2, 3), 1, g.ints([[], []])])
g.case("take_along_dim", T.take_along_dim, [g.tensor(2, 3), i], dim=1)
g.case("take_along_dim", T.take_along_dim, [g.tensor(2, 3), g.ints([[1], [0]])], dim=1)
g.case("take_along_dim", T.take_along_dim, [g.tensor(2, 3), g.ints([[1, 0, 1]])], dim=0)
g.case("scatter_add", T.scatter_add, [g.tensor(2, 3), 1, i, g.tensor(2, 3)])
g.case("scatter_add", T.scatter_add, [g.tensor(3, 3), 0, i, g.tensor(2, 3)])
g.case("scatter_add", T.scatter_add, [g.tensor(3, 4), 0, i, g.tensor(3, 4)], grad=False)
g.case("scatter_add", T.scatter_add, [g.ints([[0, 0, 0]]), 1, g.ints([[1, 1]]), g.ints([[5, 7]])])
g.case("index_select", T.index_select, [g.tensor(2, 3), 1, g.ints([2, 0, 2])])
g.case("index_select", T.index_select, [g.tensor(3), 0, g.ints([1])])
g.case("index_select", T.index_select, [g.tensor(3, 2), 0, g.ints([])])
g.case("index_select", T.index_select, [g.ints([[1, 2], [3, 4]]), -1, g.ints([1, 1])])


def put(x, v, where):
    y = x.clone()
    y[where] = v
    return y


for text, where, shape in [("0", 0, (3,)), (":, 1", (slice(None), 1), (2,)), ("..., ::2", (..., slice(None, None, 2)), (2, 2)),
                           ("[1, 0], [2, 1]", (T.tensor([1, 0]), T.tensor([2, 1])), (2,)), ("0, 1:", (0, slice(1, None)), ()),
                           (":, 1", (slice(None), 1), (1,))]:
    g.case("(x, v) -> { x[%s] = v; x }" % text, lambda x, v: put(x, v, where), [g.tensor(2, 3), g.tensor(*shape)])
g.case("(x, v) -> { x[x > 0] = v; x }", lambda x, v: put(x, v, x > 0), [g.tensor(2, 3), g.tensor()])

g.case("unfold", F.unfold, [g.tensor(2, 3, 5, 4)], kernel_size=2)
g.case("unfold", F.unfold, [g.tensor(2, 3, 5, 4)], kernel_size=[3, 2], padding=1, stride=2)
g.case("unfold", F.unfold, [g.tensor(1, 2, 6, 6)], kernel_size=[2, 3], dilation=2, padding=[1, 0], stride=[1, 2])
g.case("unfold", F.unfold, [g.tensor(2, 4, 4)], kernel_size=2)
g.case("meshgrid", lambda a, b: T.meshgrid(a, b, indexing="ij"), [g.tensor(2), g.tensor(3)])
g.case("(a, b, c) -> meshgrid(a, b, c, indexing=\"xy\")", lambda a, b, c: T.meshgrid(a, b, c, indexing="xy"), [g.tensor(2), g.tensor(3), g.tensor(2)])
g.case("meshgrid", lambda a: T.meshgrid(*a, indexing="ij"), [[g.tensor(2), g.tensor(3)]])

at = g.ints([[2, 0, 2], [1, 1, 2]])
for options in ({}, {"padding_idx": 2}, {"padding_idx": -3}, {"scale_grad_by_freq": True}):
    g.case("embedding", F.embedding, [at, g.tensor(3, 4)], **options)
table = g.tensor(3, 4)
g.case("embedding", lambda i, w, max_norm: F.embedding(i, w.detach().clone(), max_norm=max_norm), [at, table], max_norm=0.5, grad=False, tol=1e-6)
g.case("embedding", F.embedding, [g.ints([]), g.tensor(3, 4)])
g.case("embedding", F.embedding, [g.ints(1), g.tensor(3, 4)])
g.case("dropout", F.dropout, [g.tensor(2, 3)], p=0.5, training=False)
g.case("dropout", F.dropout, [g.tensor(2, 3)], p=0.0)
g.case("dropout", F.dropout, [g.tensor(2, 3)], p=1.0)
q, k = g.tensor(2, 3, 4), g.tensor(2, 5, 4)
for text, ops in [
    ("bid,bjd->bij", [q, k]), ("ij->ji", [g.tensor(2, 3)]), ("ij->", [g.tensor(2, 3)]), ("ii->i", [g.tensor(3, 3)]),
    ("ii->", [g.tensor(3, 3)]), ("i,j->ij", [g.tensor(2), g.tensor(3)]), ("ij,j->i", [g.tensor(2, 3), g.tensor(3)]),
    ("ij,jk,kl->il", [g.tensor(2, 3), g.tensor(3, 4), g.tensor(4, 2)]), ("i,i,i->", [g.tensor(3), g.tensor(3), g.tensor(3)]),
    ("...ij,...jk->...ik", [g.tensor(2, 3, 4), g.tensor(1, 4, 2)]), ("ij,jk", [g.tensor(2, 3), g.tensor(3, 2)]),
    ("b...->...b", [g.tensor(2, 3, 4)]), ("bij,bj->b", [g.tensor(2, 3, 4), g.tensor(2, 4)]), ("ijk,il,jl->kl", [g.tensor(2, 3, 4), g.tensor(2, 5), g.tensor(3, 5)]),
    ("iij->j", [g.tensor(2, 2, 3)]), ("bhqd,bhkd->bhqk", [g.tensor(2, 2, 3, 4), g.tensor(2, 2, 5, 4)]), ("ij,ij->ij", [g.tensor(2, 3), g.tensor(2, 3)]),
    ("i,->i", [g.tensor(3), g.tensor()]), ("ij,kj->ik", [g.tensor(0, 3), g.tensor(2, 3)]), ("ij,jk->ik", [g.tensor(2, 0), g.tensor(0, 3)]),
    ("ij,jk->ik", [g.ints([[1, 2]]), g.ints([[3], [4]])])]:
    g.case("einsum", T.einsum, [text, *ops])
g.case("(q, k) -> einsum(\"b i d, b j d -> b i j\", q, k)", lambda q, k: T.einsum("bid,bjd->bij", q, k), [q, k])
g.case("(q, k) -> einsum(\"batch query dim, batch key dim -> batch query key\", q, k)", lambda q, k: T.einsum("bid,bjd->bij", q, k), [q, k])
y = g.tensor(2, 3, 4, 6)
for text, f in [
    ("rearrange(y, \"b c h w -> b h w c\")", lambda y: y.permute(0, 2, 3, 1)),
    ("rearrange(y, \"b c h w -> b (c h w)\")", lambda y: y.flatten(1)),
    ("rearrange(y, \"b c (h p) (w q) -> (b h w) (p q c)\", p=2, q=3)", lambda y: y.reshape(2, 3, 2, 2, 2, 3).permute(0, 2, 4, 3, 5, 1).reshape(8, 18)),
    ("rearrange(y, \"... h w -> ... w h\")", lambda y: y.mT),
    ("rearrange(y, \"b ... -> (b ...)\")", lambda y: y.flatten()),
    ("rearrange(y, \"b c h w -> b 1 c h w 1\")", lambda y: y[:, None, ..., None]),
    ("reduce(y, \"b c h w -> b c\", mean)", lambda y: y.mean((2, 3))),
    ("reduce(y, \"b c h w -> c () w\", sum)", lambda y: y.sum((0, 2))[:, None]),
    ("reduce(y, \"b c (h h2) (w w2) -> b c h w\", max, h2=2, w2=2)", lambda y: F.max_pool2d(y, 2)),
    ("reduce(y, \"... w -> ...\", prod)", lambda y: y.prod(-1)),
    ("reduce(y, \"b c h w -> \", x -> 2 * mean(x))", None),
]:
    if f:
        g.case("y -> " + text, f, [y])
g.save()
