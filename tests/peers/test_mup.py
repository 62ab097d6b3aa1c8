"""The maximal update parametrisation of Microsoft's `mup`: the same network after the same steps."""

from functools import partial

import pytest
import torch
from torch import nn

from nasbook.tasks.mup import parametrise

mup = pytest.importorskip("mup", reason="`pip install --no-deps mup` brings it; its own dependencies are not needed")


def network(width, kind, output=nn.Linear):
    """mup's output layer is one of its own, which multiplies what comes in."""
    if kind == "mlp":
        body = [nn.Linear(12, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
    else:
        conv = partial(nn.Conv2d, kernel_size=3, padding=1)
        norm = nn.BatchNorm2d(width)
        body = [conv(1, width), norm, nn.ReLU(), conv(width, width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*body, output(width, 5)).double()


@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_network_is_that_of_mup_after_each_step(kind, optimizer):
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(8, *((12,) if kind == "mlp" else (1, 4, 4)), generator=rng).double()
    y, rate, decay = torch.arange(8) % 5, 0.01, 0.0 if optimizer == "adam" else 0.1
    torch.manual_seed(1)
    own = network(32, kind)
    theirs = network(32, kind, mup.MuReadout)
    theirs.load_state_dict(own.state_dict())

    groups = parametrise(own, network(8, kind), rate, optimizer, decay)
    mup.set_base_shapes(theirs, network(8, kind, mup.MuReadout), delta=network(16, kind, mup.MuReadout))
    tiny = {"eps": 1e-30}  # mup multiplies behind the last layer, where its ε is another
    if optimizer == "sgd":
        ours = torch.optim.SGD(groups, momentum=0.9)
        other = mup.MuSGD(theirs.parameters(), lr=rate, momentum=0.9, weight_decay=decay)
    elif optimizer == "adam":
        ours, other = torch.optim.Adam(groups, **tiny), mup.MuAdam(theirs.parameters(), lr=rate, **tiny)
    else:
        ours = torch.optim.AdamW(groups, **tiny)
        other = mup.MuAdamW(theirs.parameters(), lr=rate, weight_decay=decay, **tiny)
    for _ in range(5):
        logits = [net(x) for net in (own, theirs)]
        torch.testing.assert_close(logits[0], logits[1], rtol=1e-8, atol=1e-9)
        for net, out, step in zip((own, theirs), logits, (ours, other), strict=True):
            net.zero_grad()
            nn.functional.cross_entropy(out, y).backward()
            step.step()
