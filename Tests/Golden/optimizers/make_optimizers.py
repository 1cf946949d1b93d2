"""Steps of every optimizer and schedule with every option, as PyTorch takes them, in f64."""

import json
import os
import sys

import torch

X = [[0.5, -1.0, 0.3], [1.5, 0.2, -0.7], [-0.4, 0.9, 1.1], [0.1, -0.3, 2.0]]
T = [[1.0, 0.0], [0.5, -0.5], [-1.0, 0.3], [0.2, 0.8]]
W = [[0.3, -0.2, 0.5], [-0.7, 0.1, 0.4]]
B = [0.1, -0.3]


def f64(values):
    return torch.tensor(values, dtype=torch.float64)


def loss_of(w, b):
    """As the test's script has it: neither quadratic nor convex."""
    h = torch.tanh(f64(X) @ w.T + b)
    return ((h - f64(T)) ** 2).mean() + 0.1 * (w ** 4).sum() + 0.05 * torch.sin(3 * b).sum()


def script(kwargs):
    def text(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, str):
            return '"%s"' % v
        if isinstance(v, tuple):
            return "(%s)" % ", ".join(text(x) for x in v)
        return repr(v)
    return "".join(", %s=%s" % (k, text(v)) for k, v in kwargs.items())


cases = []


def numbers(t):
    return t.detach().reshape(-1).tolist()


def optimizer(name, steps=6, groups=None, **kwargs):
    w, b = f64(W).requires_grad_(True), f64(B).requires_grad_(True)
    if groups:
        given = [dict(params=[w], **groups[0]), dict(params=[b], **groups[1])]
        args = "[{params: w%s}, {params: b%s}]" % tuple(
            "".join(", %s: %s" % (k, script({"x": v})[4:]) for k, v in one.items()) for one in groups)
    else:
        given, args = [w, b], "[w, b]"
    opt = getattr(torch.optim, name)(given, **kwargs)

    def closure():
        opt.zero_grad()
        loss = loss_of(w, b)
        loss.backward()
        return loss

    out = []
    for _ in range(steps):
        opt.step(closure)
        out.append(numbers(w) + numbers(b))
    cases.append({"kind": "optimizer", "name": name, "call": "%s(%s%s)" % (name, args, script(kwargs)),
           "steps": out})


optimizer("SGD")
optimizer("SGD", lr=0.1)
optimizer("SGD", lr=0.1, momentum=0.9)
optimizer("SGD", lr=0.1, momentum=0.9, dampening=0.3)
optimizer("SGD", lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True)
optimizer("SGD", lr=0.1, maximize=True, weight_decay=0.2)
optimizer("SGD", lr=0.1, groups=[{"lr": 0.5}, {"momentum": 0.5}])
for name in ["Adam", "AdamW"]:
    optimizer(name)
    optimizer(name, lr=0.05)
    optimizer(name, lr=0.05, betas=(0.8, 0.95), eps=1e-4)
    optimizer(name, lr=0.05, weight_decay=0.3)
    optimizer(name, lr=0.3, amsgrad=True, steps=12)
    optimizer(name, lr=0.05, amsgrad=True, weight_decay=0.1, maximize=True)
    optimizer(name, lr=0.05, groups=[{"betas": (0.5, 0.9)}, {"weight_decay": 0.5, "amsgrad": True}])
optimizer("RMSprop")
optimizer("RMSprop", lr=0.02, alpha=0.9, eps=1e-3)
optimizer("RMSprop", lr=0.02, weight_decay=0.1, momentum=0.8)
optimizer("RMSprop", lr=0.02, centered=True)
optimizer("RMSprop", lr=0.02, centered=True, momentum=0.5, maximize=True)
optimizer("Adagrad")
optimizer("Adagrad", lr=0.1, lr_decay=0.2)
optimizer("Adagrad", lr=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3)
optimizer("Adagrad", lr=0.1, maximize=True)
optimizer("Adadelta")
optimizer("Adadelta", lr=0.5, rho=0.8, eps=1e-3)
optimizer("Adadelta", lr=0.5, weight_decay=0.2, maximize=True)
optimizer("LBFGS", steps=3)
optimizer("LBFGS", steps=4, lr=0.5, max_iter=4)
optimizer("LBFGS", steps=3, max_iter=3, max_eval=6, history_size=2)
optimizer("LBFGS", steps=3, max_iter=5, line_search_fn="strong_wolfe")
optimizer("LBFGS", steps=3, lr=0.8, history_size=3, max_iter=8, line_search_fn="strong_wolfe")
optimizer("LBFGS", steps=2, tolerance_grad=0.05, tolerance_change=1e-3, max_iter=50)
optimizer("LBFGS", steps=2, lr=0.01, max_iter=2, maximize=True)


def schedule(name, text, make, epochs=14, optimizer="SGD", metrics=None, groups=1, **settings):
    """The rates (and momenta) of each epoch, epoch 0 first."""
    ps = [torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(groups)]
    settings = {"lr": 0.1, **settings}
    given = ps if groups == 1 else [{"params": [p], "lr": 0.1 * (i + 1)} for i, p in enumerate(ps)]
    opt = getattr(torch.optim, optimizer)(given, **settings)
    s = make(opt)

    def now():
        out = [group["lr"] for group in opt.param_groups]
        group = opt.param_groups[0]
        return out + [group["betas"][0] if "betas" in group else group["momentum"]]

    rates = [now()]
    for i in range(epochs):
        opt.step()
        s.step(metrics[i]) if metrics else s.step()
        rates.append(now())
    params = "[p]" if groups == 1 else "[{params: [p], lr: 0.1}, {params: [q], lr: 0.2}]"
    case = {"kind": "schedule", "name": name, "call": "%s(opt%s)" % (name, text),
            "optimizer": "%s(%s%s)" % (optimizer, params, script(settings)), "rates": rates}
    if metrics:
        case["metrics"] = metrics
    cases.append(case)


R = torch.optim.lr_scheduler
schedule("StepLR", ", 3", lambda o: R.StepLR(o, 3))
schedule("StepLR", ", step_size=4, gamma=0.5", lambda o: R.StepLR(o, 4, 0.5), groups=2)
schedule("MultiStepLR", ", [2, 5, 5, 9], gamma=0.3", lambda o: R.MultiStepLR(o, [2, 5, 5, 9], 0.3))
schedule("ExponentialLR", ", 0.9", lambda o: R.ExponentialLR(o, 0.9), groups=2)
schedule("CosineAnnealingLR", ", T_max=5", lambda o: R.CosineAnnealingLR(o, 5))
schedule("CosineAnnealingLR", ", 4, eta_min=0.01", lambda o: R.CosineAnnealingLR(o, 4, 0.01), epochs=20, groups=2)
schedule("LinearLR", "", lambda o: R.LinearLR(o))
schedule("LinearLR", ", start_factor=0.2, end_factor=0.7, total_iters=8",
         lambda o: R.LinearLR(o, 0.2, 0.7, 8), groups=2)
schedule("LambdaLR", ", e -> 0.5 ^ e", lambda o: R.LambdaLR(o, lambda e: 0.5 ** e))
schedule("LambdaLR", ", [e -> 1 / (1 + e), e -> 0.9 ^ e]",
         lambda o: R.LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: 0.9 ** e]), groups=2)
schedule("OneCycleLR", ", 0.5, total_steps=14", lambda o: R.OneCycleLR(o, 0.5, 14), momentum=0.9)
schedule("OneCycleLR", ", max_lr=0.5, epochs=7, steps_per_epoch=2, pct_start=0.4, anneal_strategy=\"linear\"",
         lambda o: R.OneCycleLR(o, 0.5, epochs=7, steps_per_epoch=2, pct_start=0.4, anneal_strategy="linear"),
         optimizer="Adam")
schedule("OneCycleLR", ", [0.5, 0.3], 14, three_phase=true, div_factor=10, final_div_factor=100",
         lambda o: R.OneCycleLR(o, [0.5, 0.3], 14, three_phase=True, div_factor=10, final_div_factor=100),
         groups=2)
schedule("OneCycleLR", ", 0.5, 14, cycle_momentum=false, base_momentum=0.7, max_momentum=0.8",
         lambda o: R.OneCycleLR(o, 0.5, 14, cycle_momentum=False, base_momentum=0.7, max_momentum=0.8))
M = [1.0, 0.9, 0.9, 0.91, 0.92, 0.9, 0.8, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.79]
schedule("ReduceLROnPlateau", ", patience=2", lambda o: R.ReduceLROnPlateau(o, patience=2), metrics=M)
schedule("ReduceLROnPlateau", ", mode=\"max\", factor=0.5, patience=1, cooldown=2",
         lambda o: R.ReduceLROnPlateau(o, "max", 0.5, 1, cooldown=2), metrics=M, groups=2)
schedule("ReduceLROnPlateau", ", patience=0, threshold=0.15, threshold_mode=\"abs\", min_lr=0.02, eps=0.001",
         lambda o: R.ReduceLROnPlateau(o, patience=0, threshold=0.15, threshold_mode="abs", min_lr=0.02, eps=0.001),
         metrics=M)
path = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "optimizers.json")
with open(path, "w") as file:
    lines = [json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases]
    file.write('{"torch":"%s","cases":[\n%s\n]}\n' % (torch.__version__, ",\n".join(lines)))
print(len(cases), "cases,", os.path.getsize(path), "bytes")
