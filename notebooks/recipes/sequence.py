"""A sequence model by command line: a GRU reads a noisy wave and says the next value.

    nasbook run sequence.yaml --out runs/sequence

It prints a JSON line an epoch, and keeps its state in the file --state.
"""

import argparse
import json
import os

import torch
from torch import nn

torch.set_num_threads(1)
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, required=True)
p.add_argument("--hidden", type=int, required=True)
p.add_argument("--epochs", type=int, default=8)
p.add_argument("--seed", type=int, default=0)
p.add_argument("--state", default="")
a = p.parse_args()

torch.manual_seed(0)
wave = torch.sin(torch.arange(600) * 0.3) + 0.1 * torch.randn(600)
windows = wave.unfold(0, 21, 1)[..., None]  # (n, 21, 1): twenty values and the next one
train, held_out = windows[:400], windows[420:]

torch.manual_seed(a.seed)
gru, head = nn.GRU(1, a.hidden, batch_first=True), nn.Linear(a.hidden, 1)
net = nn.ModuleList([gru, head])
optimiser = torch.optim.Adam(net.parameters(), lr=a.lr)
done = 0
if os.path.exists(a.state):
    state = torch.load(a.state, weights_only=True)
    net.load_state_dict(state["net"])
    optimiser.load_state_dict(state["optimiser"])
    done = state["epoch"]


def loss(batch):
    return nn.functional.mse_loss(head(gru(batch[:, :-1])[0][:, -1]), batch[:, -1])


for epoch in range(done + 1, a.epochs + 1):
    order = torch.Generator().manual_seed(a.seed * 1000 + epoch)  # so that a resumed training sees the same batches
    for batch in train[torch.randperm(len(train), generator=order)].split(50):
        optimiser.zero_grad()
        loss(batch).backward()
        optimiser.step()
    with torch.no_grad():
        print(json.dumps({"epoch": epoch, "value": loss(held_out).item()}))
    if a.state:
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "epoch": epoch}, a.state + ".tmp")
        os.replace(a.state + ".tmp", a.state)
