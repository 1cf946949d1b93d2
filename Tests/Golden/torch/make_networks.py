"""Functions of networks: convolution, pooling, normalising, resizing, attention, tables."""

import itertools

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("networks", seed=4)
t = g.tensor


def spread(*shape):
    """Numbers of which no two are equal."""
    n = 1
    for s in shape:
        n *= s
    return g.of([(i * 37 % n) / n + 0.001 * i for i in range(n)]).reshape(shape)


# convolutions: (stride, padding, dilation, groups)
for s, p, d, k in [(1, 0, 1, 1), (2, 1, 1, 1), ([2, 1], [1, 2], [1, 2], 2), (1, "same", 1, 1),
                   (1, "same", 2, 4), (3, 2, 2, 1), (1, "valid", 1, 2), (2, 0, 1, 4)]:
    g.case("conv2d", F.conv2d, [t(2, 4, 6, 5), t(4, 4 // k, 3, 2), t(4)], stride=s, padding=p,
           dilation=d, groups=k)
g.case("conv2d", F.conv2d, [t(2, 3, 5, 5), t(2, 3, 1, 1)])
g.case("conv2d", F.conv2d, [t(3, 5, 5), t(2, 3, 3, 3), t(2)], padding=1)
g.case("conv2d", F.conv2d, [t(2, 3, 8, 8), t(4, 3, 3, 3), t(4)], padding=1)
g.case("conv2d", F.conv2d, [t(1, 2, 7, 9), t(3, 2, 3, 3)], padding=1)
g.case("conv2d", F.conv2d, [t(0, 2, 4, 4), t(3, 2, 3, 3), t(3)])
for s, p, d, k in [(1, 0, 1, 1), (2, 1, 2, 2), (1, "same", 1, 1)]:
    g.case("conv1d", F.conv1d, [t(2, 4, 7), t(4, 4 // k, 3), t(4)], stride=s, padding=p,
           dilation=d, groups=k)
for s, p, o, k, d in [(1, 0, 0, 1, 1), (2, 1, 1, 1, 1), ([3, 2], [1, 0], [2, 1], 2, 1),
                      (1, 1, 1, 4, 2)]:
    g.case("conv_transpose2d", F.conv_transpose2d, [t(2, 4, 3, 4), t(4, 2, 3, 2), t(2 * k)],
           stride=s, padding=p, output_padding=o, groups=k, dilation=d)
g.case("conv_transpose1d", F.conv_transpose1d, [t(2, 2, 4), t(2, 3, 3)], stride=2,
       output_padding=1)

# pooling
for k, s, p, d, c in [(2, None, 0, 1, False), (3, 2, 1, 1, True), ([3, 2], [1, 2], [1, 0], 1, False),
                      (3, 2, 1, 2, True), (2, 1, 0, 1, False), (3, 3, 1, 1, True)]:
    g.case("max_pool2d", F.max_pool2d, [spread(2, 2, 7, 8), k, s, p, d, c])
g.case("(x) -> max_pool2d(x, 2, return_indices=true)",
       lambda x: F.max_pool2d(x, 2, return_indices=True), [spread(1, 2, 4, 6)])
g.case("max_pool2d", F.max_pool2d, [g.of([[[[1.0, 1, 2, 2], [1, 1, 2, 2], [3, 3, 0, 0],
                                             [3, 3, 0, 0]]]]), 2], name="ties go to the first")
g.case("(x) -> max_pool2d(where(x > 2, nan, x), 2)",
       lambda x: F.max_pool2d(torch.where(x > 2, float("nan"), x), 2),
       [g.of([[[[1.0, 3], [2.5, 0]]]])], grad=False, name="nan wins")
g.case("max_pool1d", F.max_pool1d, [spread(2, 3, 9), 3, 2, 1])
for k, s, p, c, i, v in [(2, None, 0, False, True, None), (3, 2, 1, True, True, None),
                         (3, 2, 1, True, False, None), ([3, 2], [1, 2], [1, 0], False, True, 5)]:
    g.case("avg_pool2d", F.avg_pool2d, [t(2, 2, 7, 8), k, s, p, c, i, v])
g.case("avg_pool1d", F.avg_pool1d, [t(2, 3, 9), 3, 2, 1, True, False])
for o in [1, [2, 3], [7, 8], 4, [9, 3]]:
    g.case("adaptive_avg_pool2d", F.adaptive_avg_pool2d, [t(2, 2, 7, 8), o])
g.case("adaptive_avg_pool1d", F.adaptive_avg_pool1d, [t(2, 3, 7), 3])

# normalising
for shape in [(5, 3), (4, 3, 5), (2, 3, 4, 5), (3, 2, 6, 6)]:
    c = shape[1]
    g.case("batch_norm", F.batch_norm, [t(*shape), None, None, t(c), t(c)], training=True)
mean, var = t(3), t(3, low=0.5, high=2)
g.case("batch_norm", F.batch_norm, [t(4, 3, 2, 2), mean, var, t(3), t(3)], eps=0.01,
       nograd=(mean, var))
g.case("batch_norm", F.batch_norm, [t(4, 3), mean, var], nograd=(mean, var))
g.case("layer_norm", F.layer_norm, [t(2, 3, 4), [4], t(4), t(4)])
g.case("layer_norm", F.layer_norm, [t(2, 3, 20), [3, 20], t(3, 20), t(3, 20)], eps=0.1)
g.case("layer_norm", F.layer_norm, [t(6, 5), [5]])
g.case("group_norm", F.group_norm, [t(2, 6, 3, 4), 3, t(6), t(6)])
g.case("group_norm", F.group_norm, [t(3, 4), 2])

# resizing
for size, mode, corners in [([5, 7], "bilinear", False), ([5, 7], "bilinear", True),
                            ([2, 2], "bilinear", False), ([1, 1], "bilinear", True)]:
    g.case("interpolate", F.interpolate, [t(1, 2, 3, 4)], size=size, mode=mode,
           align_corners=corners)
for size, mode in [([5, 7], "nearest"), ([2, 3], "nearest"), ([2, 2], "area")]:
    g.case("interpolate", F.interpolate, [t(1, 2, 3, 4)], size=size, mode=mode)
g.case("interpolate", F.interpolate, [t(1, 2, 3, 4)], scale_factor=2, mode="nearest")
g.case("interpolate", F.interpolate, [t(1, 2, 3, 4)], scale_factor=1.7, mode="bilinear",
       torch_kwargs=dict(scale_factor=1.7, mode="bilinear", align_corners=False))
g.case("interpolate", F.interpolate, [t(1, 2, 5)], size=8, mode="linear", align_corners=True)
g.case("interpolate", F.interpolate, [t(1, 2, 5)], scale_factor=0.5, mode="linear",
       torch_kwargs=dict(scale_factor=0.5, mode="linear", align_corners=False))

# attention
A = F.scaled_dot_product_attention
q, k, v = (lambda: t(2, 2, 3, 4)), (lambda: t(2, 2, 5, 4)), (lambda: t(2, 2, 5, 3))
g.case("scaled_dot_product_attention", A, [q(), k(), v()])
g.case("scaled_dot_product_attention", A, [q(), k(), v()], scale=0.3)
g.case("scaled_dot_product_attention", A, [q(), k(), v()], is_causal=True)
g.case("scaled_dot_product_attention", A, [q(), k(), v(), t(3, 5)])
g.case("scaled_dot_product_attention", A, [
    q(), k(), v(), g.bools([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]])])
g.case("scaled_dot_product_attention", A, [
    t(3, 4), t(5, 4), t(5, 2), g.bools([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])],
    name="a row that may look at nothing")
g.case("bilinear", F.bilinear, [t(3, 2), t(3, 4), t(5, 2, 4), t(5)])

# tables
at = g.ints([[2, 0, 1], [1, 1, 3]])
g.case("embedding", F.embedding, [at, t(4, 3)])
g.case("embedding", F.embedding, [at, t(4, 3)], padding_idx=1)
for mode in ["sum", "mean", "max"]:
    g.case("embedding_bag", F.embedding_bag, [at, t(4, 3)], mode=mode)
    g.case("embedding_bag", F.embedding_bag, [g.ints([2, 0, 1, 1]), t(4, 3), g.ints([0, 1, 1])],
           mode=mode)
    g.case("embedding_bag", F.embedding_bag, [at, t(4, 3)], mode=mode, padding_idx=1)
g.case("embedding_bag", F.embedding_bag, [at, t(4, 3)], mode="sum", per_sample_weights=t(2, 3))
g.save()
