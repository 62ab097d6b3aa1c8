"""A plain PyTorch loop with checkpoints: a small network learns a curve (regression).

    nasbook run torch_loop.yaml --out runs/torch

`report` tells the search each epoch and may end the trial; what it raises must pass. With `checkpoint` a promoted or
killed training goes on where it was.
"""

import torch
from torch import nn

torch.set_num_threads(1)


def data(n=256):
    x = torch.linspace(-1, 1, n)[:, None]
    return x, torch.sin(6 * x) + 0.1 * torch.randn(n, 1, generator=torch.Generator().manual_seed(0))


def train(config, fidelity=9, seed=0, report=None, checkpoint=None):
    torch.manual_seed(seed)
    x, y = data()
    held_out = torch.arange(len(x)) % 4 == 0
    net = nn.Sequential(nn.Linear(1, config["width"]), nn.Tanh(), nn.Linear(config["width"], 1))
    optimiser = torch.optim.Adam(net.parameters(), lr=config["lr"])
    epoch = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["rng"])
        epoch = state["epoch"]
    while epoch < fidelity:
        for batch in torch.randperm(int((~held_out).sum())).split(32):
            loss = nn.functional.mse_loss(net(x[~held_out][batch]), y[~held_out][batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        epoch += 1
        with torch.no_grad():
            value = nn.functional.mse_loss(net(x[held_out]), y[held_out]).item()
        if report:
            report(epoch, value)
        if checkpoint:
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "rng": torch.get_rng_state()}
            torch.save({**state, "epoch": epoch}, f"{checkpoint}.tmp")
            type(checkpoint)(f"{checkpoint}.tmp").replace(checkpoint)
    with torch.no_grad():
        return nn.functional.mse_loss(net(x[held_out]), y[held_out]).item()
