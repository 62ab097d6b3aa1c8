"""What the tests of several strategies share."""

import pytest
import torch
from nas.policies import TINY, everything, moved, reward_of
from torch import nn


@pytest.fixture
def tiny():
    """A controller of 12 configurations: itself, their actions, their rewards R and their probabilities."""
    controller = moved(TINY)
    configs = everything(TINY)
    actions = controller.actions(configs)
    R = torch.tensor([reward_of(c) for c in configs], dtype=torch.float64)
    return controller, actions, R, controller.read(actions).log_p.exp().detach()


@pytest.fixture(autouse=True)
def undrawn_weights_are_nan(monkeypatch):
    """Not whatever lies in memory, with which a test that forgot to draw them mostly passes."""
    empty = nn.Module.to_empty

    def nan(module, **options):
        module = empty(module, **options)
        for parameter in module.parameters():
            nn.init.constant_(parameter, torch.nan)
        return module

    monkeypatch.setattr(nn.Module, "to_empty", nan)
