"""Hypergradients of every length at once: against the modes themselves, the closed form, and the edge of stability."""

import threading
from functools import partial

import numpy as np
import pytest
import torch
from hpo.test_hypergradient import RIDGE, closed_form

from nasbook.hpo.parts.unroll_length import by_length, central, optimum
from nasbook.hpo.parts.unrolling import forward, implicit, reverse, step
from nasbook.kit.memory import peak_bytes
from nasbook.tasks.differentiable import LogisticCancer, MLPDecays, RidgeDigits


@pytest.mark.parametrize("cls", [RidgeDigits, LogisticCancer, MLPDecays], ids=lambda c: c.name)
def test_every_length_is_what_its_mode_gives(cls):
    task, T = cls(train=60), 12
    h, w = task.logs({name: 0.03 for name in task.space.parameters} | {"lr": 1.5}), task.start(1)
    found = by_length(task, w, h, T)
    w_T = reverse(task, w, h, T)[0]
    for k in (1, 5, 12):
        same = {
            "reverse": reverse(task, w, h, k)[1],
            "truncated": reverse(task, w, h, T, last=k)[1],
            "implicit": implicit(task, w_T, h, k),
        }
        for mode, d in same.items():
            assert found[mode].shape == (T, len(h))
            assert found[mode][k - 1] == pytest.approx(d.numpy(), rel=1e-9, abs=1e-14)


def test_the_optimum_of_ridge_is_its_closed_form():
    task = RidgeDigits()
    W, _, slope, _ = closed_form(task, RIDGE)
    w, d = optimum(task, task.start(0), task.logs(RIDGE))
    assert w.numpy().reshape(64, 10) == pytest.approx(W, abs=1e-12)
    assert d.tolist() == pytest.approx([0.0, slope], rel=1e-9)


def test_the_optimum_of_logistic_regression_is_where_a_long_training_ends():
    task = LogisticCancer()
    h = task.logs({"lr": 10.0, "decay_mean": 0.03, "decay_error": 0.1, "decay_worst": 0.05})
    w, d = optimum(task, task.start(0), h)
    w_T, long = reverse(task, task.start(0), h, 300)
    assert torch.allclose(w, w_T, atol=1e-10) and torch.allclose(d, long, atol=1e-9)


def test_central_differences_of_a_training():
    task, h = LogisticCancer(train=60), torch.tensor([1.5, 0.03, 0.02, 0.01]).double().log()

    def value(h):
        w = task.start(0)
        for _ in range(10):
            w = step(task, w, h)
        return float(task.val_loss(w))

    assert central(value, h).tolist() == pytest.approx(reverse(task, task.start(0), h, 10)[1].tolist(), rel=1e-6)


def test_ridge_agrees_below_the_edge_of_stability_and_explodes_above_it():
    """|1 - η μ| < 1 for the largest eigenvalue μ of the Hessian means η < 2/μ."""
    task = RidgeDigits()
    W, _, slope, kernel = closed_form(task, {"lr": 1.0, "weight_decay": 0.03})
    edge = 2 / kernel.max()
    for factor in (0.9, 1.1):
        h = task.logs({"lr": factor * edge, "weight_decay": 0.03})
        norm = np.linalg.norm(by_length(task, task.start(0), h, 100)["reverse"] - [0, slope], axis=1)
        grown = (factor * edge * kernel.max() - 1) ** np.array([50, 99])  # |1 - ημ|^T
        assert (norm[-1] < 1e-6) if factor < 1 else (norm[-1] > 1e4)
        if factor > 1:  # T |1 - ημ|^(2T), as the loss is quadratic
            assert np.log(norm[99] / norm[49]) == pytest.approx(2 * 50 * np.log(grown[0]) / 50 + np.log(2), rel=0.1)


def test_reverse_mode_keeps_a_weight_vector_for_every_step_and_forward_mode_does_not():
    task = RidgeDigits()
    h, w = task.logs(RIDGE), task.start(0)
    size = 8 * len(w)
    at = lambda run: [peak_bytes(partial(run, T)) for T in (10, 60)]  # noqa: E731
    few, many = at(lambda T: reverse(task, w, h, T))
    assert many - few == 50 * size
    few, many = at(lambda T: reverse(task, w, h, T + 5, last=10))
    assert many == few
    few, many = at(lambda T: forward(task, w, h, T))
    assert many == few
    few, many = at(lambda T: implicit(task, w, h, T))
    assert many == few


def test_derivatives_in_several_threads():
    """Two labs may differentiate at the same time."""
    task = RidgeDigits()
    w, h = task.start(0), task.logs({name: 0.03 for name in task.space.parameters})
    alone = forward(task, w, h, 12)[1]
    found, wrong = [], []

    def work():
        try:
            for _ in range(4):
                found.append(forward(task, w, h, 12)[1])
                optimum(task, w, h)
                implicit(task, w, h, 5)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert wrong == [] and len(found) == 16
    assert all(torch.allclose(d, alone) for d in found)
