"""What PyTorch's functions take: names in order, and defaults that are plain numbers and strings.

Read from the functions where Python knows their signature, else from the first line of their
documentation. Arguments that are about storage (`out`, `layout`, …) or deprecated are left out.
"""

import inspect
import re

import torch
import torch.nn.functional as F

from common import Golden

g = Golden("signatures")
SKIP = {"out", "layout", "device", "requires_grad", "pin_memory", "memory_format", "generator",
        "size_average", "reduce", "inplace", "_stacklevel", "sparse", "compute_mode", "driver",
        "names", "async_op", "non_blocking", "sparse_grad"}
WORDS = {
    torch: """argsort sort topk unique median quantile cumsum cumprod count_nonzero bincount histc
        trace kron exp log sqrt sin tanh abs sign floor round clamp pow atan2 maximum minimum
        logaddexp fmod remainder logical_and logical_not where masked_fill masked_select sum mean
        prod amax amin argmax argmin var std logsumexp all any matmul bmm mv outer permute
        transpose flatten squeeze unsqueeze cat stack chunk flip roll gather scatter_add
        index_select take_along_dim tril triu diag cosine_similarity isnan erf lgamma eye linspace
        logspace multinomial""",
    torch.linalg: "det slogdet inv solve lstsq cholesky qr svd eigh pinv matrix_norm",
    F: """cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
        binary_cross_entropy_with_logits kl_div hinge_embedding_loss multi_margin_loss
        cosine_embedding_loss triplet_margin_loss normalize unfold embedding dropout leaky_relu elu
        gelu softplus hardtanh linear pad""",
}


def documented(f):
    """(name -> default, names after `*`) of the first call in the documentation."""
    text = inspect.getdoc(f) or ""
    line = re.search(r"^\s*(?:torch\.|linalg\.|nn\.functional\.)*\w+\((.*?)\)\s*->", text, re.M)
    if not line:
        line = re.search(r"^\s*(?:torch\.|linalg\.)*\w+\((.*)\)", text, re.M)
    found, named = {}, []
    for part in re.split(r",\s*(?![^()]*\))", line.group(1)) if line else []:
        part = part.strip()
        if part == "*":
            named = [None]
        if part in ("*", "/", "") or "[" in part:
            continue
        name, _, default = part.partition("=")
        name = name.split(":")[0].strip().lstrip("*")
        found[name] = default.strip() or None
        if named:
            named.append(name)
    return found, named


def inspected(f):
    found, named = {}, []
    for p in inspect.signature(f).parameters.values():
        found[p.name] = None if p.default is inspect.Parameter.empty else repr(p.default)
        if p.kind is inspect.Parameter.KEYWORD_ONLY:
            named.append(p.name)
    return found, named


for module, names in WORDS.items():
    for name in names.split():
        f = getattr(module, name)
        try:
            found, named = inspected(f)
            if set(found) <= {"args", "kwargs"}:
                raise ValueError
        except (ValueError, TypeError):
            found, named = documented(f)
        found = {k: v for k, v in found.items() if k not in SKIP}
        if not found:
            print("nothing known of", name)
            continue
        defaults = {}
        for k, v in found.items():
            if v is None or k == "dtype":
                continue
            try:
                value = eval(v, {"None": None, "inf": None})
            except Exception:
                continue
            if isinstance(value, (bool, int, float, str)):
                defaults[k] = value
        g.add({"kind": "signature", "call": name, "names": [k for k in found if k not in named],
               "named": [k for k in found if k in named and k != "dtype"], "defaults": defaults})
g.save()
