"""torch's optimisers, unwrapped: the same numbers and states, and no compiler."""

import subprocess
import sys
from copy import deepcopy

import pytest
import torch
from torch import nn

from nasbook.kit import optimisers

WAYS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "fused": True}),
    ("Adam", {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 1e-2}),
    ("Adam", {"lr": 0.01, "foreach": True}),
    ("Adam", {"lr": 0.01, "fused": True}),
    ("AdamW", {"lr": 0.01, "amsgrad": True}),
]


def trained(kind, options, steps, state=None):
    """The weights after some steps on one batch, and the optimiser's state."""
    net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
    x, y = torch.randn(16, 5), torch.randn(16, 3)
    optimiser = kind(net[0].parameters(), **options)
    optimiser.add_param_group({"params": list(net[2].parameters()), "lr": 0.02})
    if state is not None:
        net.load_state_dict(state[0])
        optimiser.load_state_dict(deepcopy(state[1]))
    for _ in range(steps):
        optimiser.zero_grad()
        (net(x) - y).square().mean().backward()
        optimiser.step()
    return net.state_dict(), optimiser.state_dict()


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


@pytest.mark.parametrize(("name", "options"), WAYS)
def test_they_are_torchs_bit_for_bit_and_go_on_from_each_others_states(name, options):
    ours, torchs = getattr(optimisers, name), getattr(torch.optim, name)
    assert issubclass(ours, torchs)
    ends = []
    for first, then in ((torchs, torchs), (ours, ours), (torchs, ours), (ours, torchs)):
        torch.manual_seed(1)
        half = trained(first, options, 4)
        torch.manual_seed(1)
        ends.append(trained(then, options, 3, half))
    assert all(equal(ends[0], end) for end in ends[1:])
    torch.manual_seed(1)
    assert not equal(ends[0], trained(ours, options, 6))  # each step counts


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_what_is_unwrapped_is_the_bases_and_is_not_written_anew_by_torch(name):
    taken = {n for n in vars(optimisers.Optimiser) if not n.startswith("_")}
    assert taken == {"add_param_group", "zero_grad", "state_dict", "load_state_dict"}
    for parent in getattr(torch.optim, name).__mro__:
        assert parent in (torch.optim.Optimizer, object) or not taken & set(vars(parent)), parent


def test_a_step_is_not_differentiated_and_its_closure_is():
    w = nn.Parameter(torch.ones(2))
    optimiser = optimisers.SGD([w], lr=0.5)

    def closure():
        optimiser.zero_grad()
        loss = w.square().sum()
        loss.backward()
        return loss

    assert optimiser.step(closure).item() == 2 and not w.any() and w.requires_grad and torch.is_grad_enabled()


@pytest.mark.parametrize(
    "training",
    [
        'nasbook.search("random", "digits-mlp", trials=1)',
        'nasbook.search("random", nasbook.task("digits-cells", train=60), trials=1)',
        'nasbook.search("darts", nasbook.task("digits-cells", train=60), epochs=1, channels=2)',
        'nasbook.search("spos", nasbook.task("digits-cells", train=60), epochs=1, channels=2, population=2, rounds=1)',
        'nasbook.search("hypergradient", "logistic-cancer", trials=1)',
    ],
)
def test_no_training_loads_torchs_compiler(training):
    code = f"import sys, nasbook\ntrace = {training}\nprint(trace.trials[0].status, 'torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["done", "False"], done.stderr
