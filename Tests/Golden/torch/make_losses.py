"""Losses with all their options."""

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("losses")
T = torch
RED = ("mean", "sum", "none")


def same(name, shape=(3, 4), low=-1.0, high=1.0, t_low=None, t_high=None, **options):
    x = g.tensor(*shape, low=low, high=high)
    t = g.tensor(*shape, low=low if t_low is None else t_low, high=high if t_high is None else t_high)
    fixed = [options[k] for k in ("weight", "pos_weight") if k in options and "binary" in name]
    g.case(name, getattr(F, name), [x, t], nograd=fixed, **options)


for r in RED:
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        same(name, reduction=r, low=-2, high=2)
    same("smooth_l1_loss", reduction=r, beta=0.5)
    same("smooth_l1_loss", reduction=r, beta=0.0)
    same("huber_loss", reduction=r, delta=0.3)
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        same(name, reduction=r, weight=g.tensor(3, 4, low=0.1, high=1))
    same("binary_cross_entropy", low=0.05, high=0.95, reduction=r)
    same("binary_cross_entropy", low=0.05, high=0.95, reduction=r, weight=g.tensor(3, 4, low=0.1))
    same("binary_cross_entropy", low=0.05, high=0.95, reduction=r, weight=g.tensor(4, low=0.1))
    same("binary_cross_entropy_with_logits", t_low=0, reduction=r)
    same("binary_cross_entropy_with_logits", t_low=0, reduction=r, weight=g.tensor(3, 4, low=0.1))
    same("binary_cross_entropy_with_logits", t_low=0, reduction=r, pos_weight=g.tensor(4, low=0.5, high=3))
    same("kl_div", t_low=0.1, reduction=r)
    same("kl_div", t_low=-2, t_high=0, reduction=r, log_target=True)
    x = g.tensor(3, 4)
    sign = T.where(g.tensor(3, 4) > 0, 1, -1).to(T.int64)
    g.case("hinge_embedding_loss", F.hinge_embedding_loss, [x, sign], reduction=r)
    g.case("hinge_embedding_loss", F.hinge_embedding_loss, [x, sign], margin=0.2, reduction=r)
    y = g.ints([2, 0, 3])
    for p in (1, 2):
        g.case("multi_margin_loss", F.multi_margin_loss, [x, y], p=p, reduction=r)
        w = g.tensor(4, low=0.2)
        g.case("multi_margin_loss", F.multi_margin_loss, [x, y], p=p, margin=0.3, weight=w, nograd=[w], reduction=r)
    one = g.ints([1, -1, 1])
    for m in (0.0, 0.2, -0.5):
        g.case("cosine_embedding_loss", F.cosine_embedding_loss, [g.tensor(3, 4), g.tensor(3, 4), one], margin=m, reduction=r)
    for options in ({}, {"margin": 2.0, "p": 1.0}, {"margin": 0.5, "swap": True}, {"p": 3.0, "eps": 1e-3}):
        g.case("triplet_margin_loss", F.triplet_margin_loss, [g.tensor(3, 4), g.tensor(3, 4), g.tensor(3, 4)], reduction=r, **options)
    # Classes.
    for shape, labels in [((3, 4), [2, 0, 3]), ((4,), 1), ((2, 3, 4), [[0, 1, 2, 2], [2, 0, 1, 1]]), ((2, 3, 2, 2), [[[0, 1], [2, 2]], [[1, 1], [0, 2]]])]:
        x, y = g.tensor(*shape, low=-3, high=3), g.ints(labels)
        classes = shape[1] if len(shape) > 1 else shape[0]
        w = g.tensor(classes, low=0.2)
        for f in ("cross_entropy", "nll_loss"):
            fn = getattr(F, f)
            g.case(f, fn, [x, y], reduction=r)
            g.case(f, fn, [x, y], weight=w, nograd=[w], reduction=r)
            g.case(f, fn, [x, y], ignore_index=1, reduction=r, **({"grad": False} if shape == (4,) else {}))
            g.case(f, fn, [x, y], ignore_index=2, weight=w, nograd=[w], reduction=r)
        g.case("cross_entropy", F.cross_entropy, [x, y], label_smoothing=0.1, reduction=r)
        g.case("cross_entropy", F.cross_entropy, [x, y], label_smoothing=0.3, weight=w, nograd=[w], reduction=r)
        g.case("cross_entropy", F.cross_entropy, [x, y], label_smoothing=0.3, weight=w, ignore_index=2, nograd=[w], reduction=r)
        soft = T.softmax(g.tensor(*shape), 1 if len(shape) > 1 else 0).round(decimals=4)
        g.case("cross_entropy", F.cross_entropy, [x, soft], reduction=r)
        g.case("cross_entropy", F.cross_entropy, [x, soft], label_smoothing=0.2, weight=w, nograd=[w], reduction=r)
x, y = g.tensor(3, 4), g.ints([2, -100, 3])
g.case("cross_entropy", F.cross_entropy, [x, y])
g.case("cross_entropy", F.cross_entropy, [x, y], reduction="none")
g.case("nll_loss", F.nll_loss, [x, y])
g.case("cross_entropy", F.cross_entropy, [x, g.ints([-100, -100, -100])])
g.case("cross_entropy", F.cross_entropy, [x, g.ints([-100, -100, -100])], reduction="sum")
g.case("cross_entropy", F.cross_entropy, [g.of([[1000.0, -1000.0], [-1000.0, 1000.0], [500.0, 1000.0]]), g.ints([0, 0, 1])])
g.case("cross_entropy", F.cross_entropy, [g.tensor(0, 3), g.ints([])], grad=False)
g.case("cross_entropy", F.cross_entropy, [g.tensor(0, 3), g.ints([])], reduction="sum")
g.case("binary_cross_entropy", F.binary_cross_entropy, [g.of([0.0, 1.0, 0.0, 1.0]), g.of([0.0, 1.0, 1.0, 0.0])], grad=False)
g.case("binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits, [g.of([1000.0, -1000.0, 0.0]), g.of([0.0, 0.0, 1.0])])
g.case("kl_div", F.kl_div, [g.tensor(3, 4), g.tensor(3, 4, low=0.1)], reduction="batchmean")
g.case("kl_div", F.kl_div, [g.of([-1.0, -2.0]), g.of([0.0, 1.0])], reduction="sum", grad=False)
g.case("l1_loss", F.l1_loss, [g.of([1.0, 2.0]), g.of([1.0, 1.0])])
for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
    g.case(name, getattr(F, name), [g.tensor(), g.tensor()])
    g.case(name, getattr(F, name), [g.tensor(0, 2), g.tensor(0, 2)], reduction="sum")
    g.case(name, getattr(F, name), [g.tensor(0, 2), g.tensor(0, 2)], grad=False)
g.case("triplet_margin_loss", F.triplet_margin_loss, [g.tensor(4), g.tensor(4), g.tensor(4)])
g.case("cosine_embedding_loss", F.cosine_embedding_loss, [g.tensor(4), g.tensor(4), g.ints(1)])
g.case("multi_margin_loss", F.multi_margin_loss, [g.tensor(4), g.ints(1)])
g.save()
