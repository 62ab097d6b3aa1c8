"""Configurations of trainings on digits, made small."""

from nasbook.tasks.training import DigitsCNN, DigitsMLP

MLP = {
    "optimizer": "sgd",
    "lr": 0.03,
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "batch": 32,
    "width": 32,
    "depth": 2,
    "dropout": 0.2,
    "activation": "relu",
}
ADAM = {k: v for k, v in MLP.items() if k != "momentum"} | {"optimizer": "adamw", "lr": 0.003, "activation": "tanh"}
CNN = {
    "optimizer": "adamw",
    "lr": 0.01,
    "weight_decay": 1e-4,
    "batch": 32,
    "channels": 8,
    "depth": 2,
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.1,
}
CASES = [(DigitsMLP, MLP), (DigitsMLP, ADAM), (DigitsCNN, CNN)]
IDS = ["mlp-sgd", "mlp-adamw", "cnn"]


def small(cls, **k):
    return cls(**{"epochs": 5, "train": 200, **k})


def answer(task, config, **k):
    evaluation = task.evaluate(config, **k)
    return evaluation.value, evaluation.curve, evaluation.metrics
