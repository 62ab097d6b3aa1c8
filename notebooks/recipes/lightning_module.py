"""A LightningModule: a callback reports each epoch, and Lightning's own checkpoint lets a trial go on.

nasbook run lightning_module.yaml --out runs/lightning
"""

import logging
import warnings

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="lightning")


class Net(L.LightningModule):
    def __init__(self, lr, width):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def training_step(self, batch):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch):
        self.log("error", (self.net(batch[0]).argmax(1) != batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


class Report(L.Callback):
    def __init__(self, report, checkpoint):
        self.report, self.checkpoint = report, checkpoint

    def on_train_epoch_end(self, trainer, module):
        if self.report:
            self.report(trainer.current_epoch + 1, trainer.callback_metrics["error"].item())
        if self.checkpoint:
            trainer.save_checkpoint(self.checkpoint)


def train(config, fidelity=4, seed=0, report=None, checkpoint=None):
    L.seed_everything(seed, verbose=False)
    x, y = (torch.tensor(a) for a in load_digits(return_X_y=True))
    x = x.float() / 16
    trainer = L.Trainer(
        max_epochs=fidelity, accelerator="auto", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, callbacks=[Report(report, checkpoint)],
    )  # fmt: skip
    loaders = (DataLoader(TensorDataset(x[i::2], y[i::2]), 64, shuffle=i == 0) for i in (0, 1))
    start = str(checkpoint) if checkpoint and checkpoint.exists() else None
    trainer.fit(Net(**config), *loaders, ckpt_path=start)
    return trainer.callback_metrics["error"].item()
