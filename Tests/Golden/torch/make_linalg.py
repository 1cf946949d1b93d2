"""Linear algebra. Factors that are free in sign are compared by what does not depend on it."""

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("linalg")
T, L = torch, torch.linalg


def regular(*shape):
    x = g.tensor(*shape)
    n = min(shape[-2:])
    return x + 2 * T.eye(*shape[-2:], dtype=T.float64)


def positive(n, *lead):
    x = g.tensor(*lead, n, n)
    return (x @ x.mT + T.eye(n, dtype=T.float64)).round(decimals=4)


for shape in ((1, 1), (3, 3), (5, 5), (2, 3, 3), (0, 3, 3), (0, 0)):
    g.case("det", L.det, [regular(*shape)])
    g.case("slogdet", lambda a: tuple(L.slogdet(a)), [regular(*shape)])
    g.case("inv", L.inv, [regular(*shape)])
# PyTorch gives 0 for the gradient at a singular matrix, which it is not: finite differences hold it.
g.case("det", L.det, [g.of([[1.0, 2.0], [2.0, 4.0]])], grad=False)
g.case("det", L.det, [g.of([[0.0, 0.0], [0.0, 4.0]])], grad=False)
g.case("det", L.det, [-regular(3, 3)])
g.case("slogdet", lambda a: tuple(L.slogdet(a)), [g.of([[1.0, 2.0], [2.0, 4.0]])], grad=False)
g.case("slogdet", lambda a: tuple(L.slogdet(a)), [-1000 * regular(3, 3)])
g.case("x -> inv(x.flip(0)')", lambda x: L.inv(x.flip(0).mT), [regular(3, 3).flip(0)])
for a, b in [((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 2)), ((2, 3, 3), (2, 3)), ((3, 3), (2, 3, 2)), ((2, 3, 3), (3, 2)), ((2, 1, 3, 3), (4, 3, 1)), ((0, 0), (0, 2))]:
    g.case("solve", L.solve, [regular(*a), g.tensor(*b)])
g.case("solve", L.solve, [regular(3, 3), g.tensor(2, 3)], left=False)
for a, b in [((4, 2), (4, 3)), ((4, 2), (4,)), ((2, 4), (2, 3)), ((3, 3), (3, 1)), ((2, 4, 2), (2, 4, 3))]:
    B = g.tensor(*b)
    vec = len(b) == 1
    g.case("lstsq", lambda A, B: L.lstsq(A, B[:, None] if vec else B).solution.squeeze(-1 if vec else 99) if vec else L.lstsq(A, B).solution, [regular(*a), B], tol=1e-8)
g.case("lstsq", lambda A, B: L.lstsq(A, B, driver="gelsd").solution, [g.of([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]]), g.tensor(3, 1)], grad=False, f32=False)
for shape in ((3, 2), (2, 3), (3, 3), (2, 3, 2), (0, 3)):
    g.case("pinv", L.pinv, [regular(*shape)], tol=1e-8)
g.case("pinv", L.pinv, [g.of([[1.0, 2.0], [2.0, 4.0]])], grad=False)
g.case("pinv", L.pinv, [g.of([[3.0, 0.0], [0.0, 0.1]])], atol=0.5, grad=False)
g.case("pinv", L.pinv, [g.of([[3.0, 0.0], [0.0, 0.1]])], rtol=0.5, grad=False)
for args in ((1,), (3,), (4, 2), (0,)):
    g.case("cholesky", L.cholesky, [positive(*args)])
g.case("cholesky", L.cholesky, [positive(3)], upper=True)
fix = "{ q, r = qr(a%s); s = sign(r.diagonal_()).unsqueeze(-2); (q * s, r * s') }"


def qr_abs(a, **k):
    q, r = L.qr(a, **k)
    return q @ r, q @ q.mT, r.mT @ r, q.abs(), r.abs()


CALL = "a -> { q, r = qr(a%s); (q @ r, q @ q', r' @ r, abs(q), abs(r)) }"
for shape in ((3, 2), (2, 3), (3, 3), (2, 4, 2), (2, 2, 3), (5, 1), (1, 4)):
    g.case(CALL % "", qr_abs, [regular(*shape)], tol=1e-9, tol32=5e-3)
g.case(CALL % ", mode=\"complete\"", lambda a: qr_abs(a, mode="complete"), [regular(2, 3)], tol=1e-9, tol32=5e-3)
g.case("a -> { q, r = qr(a, mode=\"complete\"); (q @ r, abs(r)) }", lambda a: (lambda q, r: (q @ r, r.abs()))(*L.qr(a, mode="complete")), [regular(4, 2)], grad=False)
g.case("a -> abs(qr(a, mode=\"r\")[1])", lambda a: L.qr(a, mode="r").R.abs(), [regular(3, 2)], grad=False)


def svd_parts(a, full):
    u, s, vh = L.svd(a, full_matrices=full)
    k = s.shape[-1]
    return s, u[..., :k].abs(), vh[..., :k, :].abs(), (u[..., :k] * s[..., None, :] ** 2) @ vh[..., :k, :]


SVD = "a -> { u, s, v = svd(a, full_matrices=%s); k = s.shape[-1]; u = u[..., :k]; v = v[..., :k, :]; (s, abs(u), abs(v), (u * (s ^ 2).unsqueeze(-2).expand(u.shape)) @ v) }"
for shape in ((3, 2), (2, 3), (3, 3), (2, 4, 3), (1, 5), (5, 1)):
    for full in (False, True):
        g.case(SVD % str(full).lower(), lambda a: svd_parts(a, full), [regular(*shape)], tol=1e-8, tol32=1e-2)
g.case("a -> svd(a)[1]", lambda a: L.svdvals(a), [g.of([[2.0, 0.0], [0.0, 2.0]])])


def eigh_parts(a, **k):
    w, v = L.eigh(a, **k)
    return w, v.abs(), (v * w[..., None, :] ** 3) @ v.mT


EIGH = "a -> { w, v = eigh(a%s); (w, abs(v), (v * (w ^ 3).unsqueeze(-2).expand(v.shape)) @ v') }"
for args in ((1,), (3,), (4, 2)):
    g.case(EIGH % "", eigh_parts, [positive(*args)], tol=1e-8, tol32=2e-2)
g.case(EIGH % ", UPLO=\"U\"", lambda a: eigh_parts(a, UPLO="U"), [positive(3)], tol=1e-8, tol32=2e-2)
g.case("a -> eigh(a)[0]", lambda a: L.eigh(a).eigenvalues, [g.of([[2.0, 9.0], [1.0, 3.0]])], grad=False)
g.case("a -> eigh(a, UPLO=\"U\")[0]", lambda a: L.eigh(a, UPLO="U").eigenvalues, [g.of([[2.0, 9.0], [1.0, 3.0]])], grad=False)

g.case("trace", T.trace, [g.tensor(3, 3)])
g.case("trace", T.trace, [g.tensor(2, 4)])
g.case("trace", T.trace, [g.ints([[1, 2], [3, 4]])])
g.case("trace", T.trace, [g.tensor(0, 3)])
for a, b in [((2, 2), (3, 1)), ((2,), (3,)), ((2,), (2, 2)), ((2, 1, 2), (1, 3)), ((), (2, 2)), ((0, 2), (2, 2))]:
    g.case("kron", T.kron, [g.tensor(*a), g.tensor(*b)])
for o in ("fro", "nuc", 1, -1, 2, -2):
    g.case("matrix_norm", L.matrix_norm, [regular(3, 4)], ord=o, tol=1e-9, tol32=5e-3)
    g.case("matrix_norm", L.matrix_norm, [regular(2, 3, 4)], ord=o, dim=[0, 2], keepdim=True, tol=1e-9, tol32=5e-3)
g.case("x -> matrix_norm(x, inf)", lambda x: L.matrix_norm(x, float("inf")), [regular(3, 4)])
g.case("x -> matrix_norm(x, -inf)", lambda x: L.matrix_norm(x, -float("inf")), [regular(3, 4)])
for p in (2.0, 1.0, 3.0, 0.0, 1.5):
    g.case("cdist", T.cdist, [g.tensor(3, 4), g.tensor(5, 4)], p=p, tol=1e-9)
    g.case("cdist", T.cdist, [g.tensor(2, 3, 4), g.tensor(5, 4)], p=p, tol=1e-9)
g.case("(a, b) -> cdist(a, b, p=inf)", lambda a, b: T.cdist(a, b, p=float("inf")), [g.tensor(3, 4), g.tensor(5, 4)])
same = g.tensor(3, 4)
g.case("cdist", T.cdist, [same, same.clone()], tol=1e-7)
g.case("cdist", T.cdist, [g.tensor(0, 4), g.tensor(5, 4)])
g.case("cdist", T.cdist, [g.tensor(3, 0), g.tensor(5, 0)], grad=False)
g.case("cdist", T.cdist, [g.tensor(40, 35), g.tensor(30, 35)], tol=1e-8)
g.case("cosine_similarity", F.cosine_similarity, [g.tensor(3, 4), g.tensor(3, 4)])
g.case("cosine_similarity", F.cosine_similarity, [g.tensor(3, 4), g.tensor(1, 4)], dim=-1)
g.case("cosine_similarity", F.cosine_similarity, [g.tensor(4), g.tensor(4)], dim=0)
g.case("cosine_similarity", F.cosine_similarity, [g.tensor(2, 3, 4), g.tensor(2, 3, 4)], dim=1, eps=3.0)
g.case("cosine_similarity", F.cosine_similarity, [g.of([[0.0, 0.0]]), g.of([[1.0, 2.0]])], grad=False)
for p in (1.0, 2.0, 3.0):
    for dim in (0, 1):
        g.case("normalize", F.normalize, [g.tensor(3, 4)], p=p, dim=dim)
g.case("normalize", F.normalize, [g.of([[0.0, 0.0], [3.0, 4.0]])])
g.case("normalize", F.normalize, [g.tensor(3, 4)], eps=100.0)

for a, b in [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)),
             ((1, 2, 3), (5, 3, 4)), ((4, 1, 2, 3), (4, 5, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2)), ((2, 3), (3, 0)), ((1, 1), (1, 1)), ((5, 2, 3), (1, 3, 4))]:
    g.case("(a, b) -> a @ b", T.matmul, [g.tensor(*a), g.tensor(*b)])
g.case("(a, b) -> a' @ b[::-1]", lambda a, b: a.mT @ b.flip(0), [g.tensor(3, 2), g.tensor(3, 4)])
g.case("(a, b) -> a[:, ::2] @ b'", lambda a, b: a[:, ::2] @ b.mT, [g.tensor(2, 6), g.tensor(4, 3)])
g.case("(a, b) -> a @ b", T.matmul, [g.ints([[1, 2], [3, 4]]), g.ints([[5], [6]])])
g.case("bmm", T.bmm, [g.tensor(2, 3, 4), g.tensor(2, 4, 2)])
g.case("mv", T.mv, [g.tensor(2, 3), g.tensor(3)])
g.case("dot", T.dot, [g.tensor(3), g.tensor(3)])
g.case("dot", T.dot, [g.ints([1, 2]), g.ints([3, 4])])
g.case("outer", T.outer, [g.tensor(2), g.tensor(3)])
for shape in ((2, 3), (3,), (2, 5, 3), (0, 3)):
    g.case("linear", F.linear, [g.tensor(*shape), g.tensor(4, 3), g.tensor(4)])
    g.case("linear", F.linear, [g.tensor(*shape), g.tensor(4, 3)])
g.save()
