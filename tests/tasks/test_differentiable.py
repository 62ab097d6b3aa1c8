"""What a differentiable task evaluates is the training that is differentiated."""

from nasbook.hpo.parts.unrolling import reverse
from nasbook.tasks.differentiable import RidgeDigits


def test_evaluate_is_the_same_training():
    task, config = RidgeDigits(steps=12), {"lr": 1.0, "weight_decay": 0.01}
    w, _ = reverse(task, task.start(0), task.logs(config), 12)
    found = task.evaluate(config)
    assert found.value == float(task.val_loss(w)) and 0 < found.metrics["error"] < 0.9
    assert 0 < task.test(config) < 0.9
