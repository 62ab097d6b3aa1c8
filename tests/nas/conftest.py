"""What the tests of several strategies share."""

import pytest
import torch
from nas.policies import TINY, everything, moved, reward_of


@pytest.fixture
def tiny():
    """A controller of 12 configurations: itself, their actions, their rewards R and their probabilities."""
    controller = moved(TINY)
    configs = everything(TINY)
    actions = controller.actions(configs)
    R = torch.tensor([reward_of(c) for c in configs], dtype=torch.float64)
    return controller, actions, R, controller.read(actions).log_p.exp().detach()
