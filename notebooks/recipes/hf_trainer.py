"""Hugging Face's Trainer on a tiny BERT made from a config: nothing is downloaded.

    nasbook run hf_trainer.yaml --out runs/trainer

The task is made up: does a sequence of 12 tokens hold more small than large ones? A callback reports each epoch. With
`checkpoint` the Trainer keeps its own checkpoints there, the last one, and goes on from it.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainerCallback, TrainingArguments


def data(n, seed):
    tokens = np.random.default_rng(seed).integers(2, 40, (n, 12))
    labels = ((tokens < 21).sum(1) > 6).astype(int)
    return [{"input_ids": torch.tensor(t), "labels": torch.tensor(y)} for t, y in zip(tokens, labels, strict=True)]


class Report(TrainerCallback):
    def __init__(self, report):
        self.report = report

    def on_evaluate(self, args, state, control, metrics, **_):
        self.report(round(state.epoch), metrics["eval_loss"])


def train(config, fidelity=4, seed=0, report=None, checkpoint=None):
    torch.manual_seed(seed)
    width = 8 * config["heads"]
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=40, hidden_size=width, num_hidden_layers=1, num_attention_heads=config["heads"],
            intermediate_size=2 * width, max_position_embeddings=12, num_labels=2,
        )
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(checkpoint or scratch)
        arguments = TrainingArguments(
            output_dir=folder, num_train_epochs=fidelity, learning_rate=config["lr"], per_device_train_batch_size=32,
            lr_scheduler_type="constant", eval_strategy="epoch", save_strategy="epoch" if checkpoint else "no",
            save_total_limit=1, report_to=[], disable_tqdm=True, seed=seed,
        )  # fmt: skip
        trainer = Trainer(
            model, arguments, train_dataset=data(256, 0), eval_dataset=data(128, 1),
            callbacks=[Report(report)] if report else [],
        )  # fmt: skip
        trainer.train(resume_from_checkpoint=any(folder.glob("checkpoint-*")))
        return next(row["eval_loss"] for row in reversed(trainer.state.log_history) if "eval_loss" in row)
