"""Several objectives: what the tasks tell agrees with networks that are built and with published numbers."""

import numpy as np
import pytest
import torch
from torch import nn

import nasbook
from nasbook import registry
from nasbook.cli import main
from nasbook.hpo.parts.pareto import best_trials, dominance, front
from nasbook.nas.spaces.networks import CellNet
from nasbook.scale.study import load_study
from nasbook.task import trial_seed
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.nb201 import NB201, count_flops
from nasbook.tasks.training import DigitsCNN, DigitsMLP
from nasbook.trace import Trace, Trial

CONFIG = {
    "edge_0_1": "conv3x3",
    "edge_0_2": "skip",
    "edge_1_2": "conv1x1",
    "edge_0_3": "none",
    "edge_1_3": "avgpool",
    "edge_2_3": "conv3x3",
}


def multiply_adds(net: nn.Module, x: torch.Tensor) -> int:
    """Counted while the network runs, layer by layer."""
    total = 0

    def hook(layer, _inputs, out):
        nonlocal total
        pixels = out[0, 0].numel() if out.ndim == 4 else 1
        total += layer.weight.numel() * pixels + (0 if layer.bias is None else out[0].numel())

    handles = [m.register_forward_hook(hook) for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        net.eval()(x)
    for handle in handles:
        handle.remove()
    return total


def test_flops_of_nas_bench_201_are_the_published_ones():
    """NATS-Bench tells 15.64737 million for CIFAR-10 cells with two 1×1 convolutions and 0.129306 M parameters."""
    task = NB201("cifar10")
    row = task.row("220000")
    assert task.flops[row] == 15_647_370 and task.parameters[row] == 129_306
    assert NB201("cifar100").flops[row] == 15_647_370 + 65 * 90
    small = NB201("imagenet16").flops[row] - 65 * 120  # images of half the side: a quarter of the convolutions
    assert 4 * small == 15_647_370 - 65 * 10


class Stage(nn.Module):
    """One stage of the benchmark's network, written down as its paper draws it, for the count alone."""

    def __init__(self, c, n3, n1):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(c, c, k, padding=k // 2, bias=False) for k in [3] * n3 + [1] * n1)

    def forward(self, x):
        for conv in self.convs:
            x = conv(x)
        return x


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1, bias=False)
        self.b = nn.Conv2d(2 * c, 2 * c, 3, padding=1, bias=False)
        self.short = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(c, 2 * c, 1, bias=False))

    def forward(self, x):
        return self.b(self.a(x)) + self.short(x)


@pytest.mark.parametrize(("cell", "side", "classes"), [("333132", 32, 10), ("022341", 16, 120)])
def test_flops_are_those_of_a_network_of_that_shape(cell, side, classes):
    n3, n1 = cell.count("3"), cell.count("2")
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        Stage(16, 5 * n3, 5 * n1),
        Block(16),
        Stage(32, 5 * n3, 5 * n1),
        Block(32),
        Stage(64, 5 * n3, 5 * n1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, classes),
    )
    counted = multiply_adds(net, torch.zeros(1, 3, side, side))
    assert count_flops(np.array([[int(op) for op in cell]]), side, classes).tolist() == [counted]


@pytest.mark.parametrize("cell", ["333333", "213402", "000000", "404321"])
def test_digits201_costs_are_those_of_the_network(cell):
    net, task = CellNet(cell), Digits201()
    assert task.outcomes(("error", "parameters"))[int(cell, 5), 1] == sum(p.numel() for p in net.parameters())
    convs = multiply_adds(net, torch.zeros(1, 1, 8, 8))  # norms, ReLUs and pooling are on top
    assert convs < 1e6 * task.outcomes(("error", "flops"))[int(cell, 5), 1] < 1.5 * convs + 30_000
    assert len(task.outcomes(("error", "flops"))) == 15_625


def test_digits_hpo_parameters_are_those_of_the_network():
    table, mlp = nasbook.task("digits-hpo-digits"), DigitsMLP()
    rng = np.random.default_rng(0)
    for _ in range(20):
        config = table.space.sample(rng)
        net = mlp.build(config, torch.Generator())
        assert table.parameters[table.row(config)] == sum(p.numel() for p in net.parameters())


def test_values_are_the_error_and_then_the_costs():
    task = NB201("cifar10", run=1, objectives=("error", "latency", "flops", "parameters"))
    assert task.objectives == ("validation error", "latency (ms)", "FLOPs (millions)", "parameters")
    answer, row = task.evaluate(CONFIG), task.row(CONFIG)
    assert answer.value == answer.values[0] == 1 - task.accuracies[row, 1]
    assert answer.values[1:] == (1e3 * task.latency_seconds[row], task.flops[row] / 1e6, task.parameters[row])
    assert answer.values == tuple(task.outcomes()[row])
    assert NB201("cifar10").evaluate(CONFIG).values is None and NB201("cifar10").objectives == ()


def test_the_outcomes_of_a_table_are_what_its_search_sees():
    task = nasbook.task("digits-hpo-messy", run=0, objectives=("error", "seconds"))
    Y = task.outcomes()
    trace = nasbook.search("random", task, trials=60, seed=3)
    for trial in trace.trials:
        seen = Y[task.row(trial.config)]
        if trial.status == "done":
            assert trial.values == pytest.approx(tuple(seen))
        else:
            assert np.isnan(seen[0])
    table = nasbook.task("digits201-textures", run=2, objectives=("error", "parameters"))
    for trial in nasbook.search("random", table, trials=20, seed=3).trials:
        row = int("".join(map(str, nasbook.nas.spaces.nb201.cell.to_cell(trial.config))), 5)
        assert trial.values == pytest.approx(tuple(table.outcomes()[row]))
    mean = nasbook.task("digits201-textures").outcomes()[:, 0]
    assert mean.min() == pytest.approx(1 - max(table.accuracy(c) for c in _best_cells(table)))


def _best_cells(table):
    from nasbook.nas.spaces.nb201.cell import classes

    cells, _ = classes()
    return [cells[i] for i in np.argsort(-table.val[..., -1].mean(1))[:3]]


@pytest.mark.parametrize("make", [DigitsMLP, DigitsCNN])
def test_a_real_training_tells_its_size(make):
    task = make(epochs=1, objectives=["error", "parameters"])
    trace = nasbook.search("random", task, trials=2, seed=0)
    for trial in trace.trials:
        net = task.build(trial.config, torch.Generator())
        assert trial.values == (trial.value, sum(p.numel() for p in net.parameters()))
    plain = make(epochs=1).evaluate(trace.trials[0].config, seed=trial_seed(0, 0))
    assert plain.value == trace.trials[0].value and plain.values is None


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        (
            ("error", "latenzy"),
            "nb201-cifar10: there is no objective 'latenzy'; it can be any of 'error', 'parameters'",
        ),
        (("latency", "error"), "'error' must be the first objective, not 'latency'"),
        (("error", "flops", "flops"), "each objective once"),
        ("error", "objectives is a list such as \\('error', 'parameters'\\), not 'error'"),
        (3, "objectives is a list"),
    ],
)
def test_bad_objectives_get_a_sentence(objectives, message):
    with pytest.raises(ValueError, match=message):
        nasbook.task("nb201-cifar10", objectives=objectives)


def test_a_cost_that_a_task_cannot_tell_is_refused():
    for name in ("digits-mlp", "digits-cells", "digits-hpo-messy"):
        with pytest.raises(ValueError, match=f"{name}: there is no objective 'latency'; it can be any of"):
            nasbook.task(name, objectives=("error", "latency"))


def test_methods_of_one_objective_refuse_such_a_task():
    with pytest.raises(ValueError, match="has 2 objectives and tpe minimises one; nsga2 and parego"):
        nasbook.search("tpe", nasbook.task("nb201-cifar10", objectives=("error", "latency")), trials=3)


SEVERAL = [e for e in registry.TASKS if e.family == "multi-objective"]


@pytest.mark.parametrize("entry", SEVERAL, ids=lambda e: e.name)
def test_an_entry_of_several_objectives_says_so(entry):
    task = nasbook.task(entry.name)
    assert len(task.objectives) > 1 and task.objectives[0] == "validation error"
    trial = nasbook.search("nsga2", task, trials=1, seed=0).trials[0]
    assert trial.status == "done" and len(trial.values) == len(task.objectives)


def test_the_arguments_make_the_task_again(tmp_path):
    task = nasbook.task("nb201-cifar100", run=0, objectives=("error", "flops"))
    trace = nasbook.search("nsga2", task, trials=25, seed=5, population=8)
    back = Trace.load(trace.save(tmp_path / "t.jsonl"))
    assert back.header.arguments == {"run": 0, "objectives": ["error", "flops"]}
    again = nasbook.task(back.header.task, **back.header.arguments)
    assert nasbook.search("nsga2", again, trials=25, seed=5, population=8).digest == back.digest
    assert [t.values for t in back.trials] == [t.values for t in trace.trials]


def test_the_front_of_a_table_is_that_of_all_pairs():
    rng = np.random.default_rng(0)
    for m in (1, 2, 3, 4):
        Y = rng.integers(0, 6, (200, m)).astype(float)  # with many equals
        assert (front(Y) == ~dominance(Y).any(0)).all()
    assert front(np.empty((0, 2))).shape == (0,)
    Y = NB201("cifar10").outcomes(("error", "flops"))
    on = front(Y)
    for y in Y[on]:  # nothing in the table dominates a member
        assert not ((y >= Y).all(1) & (y > Y).any(1)).any()
    assert all((Y[on] <= y).all(1).any() for y in Y[::7])  # and every cell is covered by one


# ---- a study of several objectives ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["nsga2", "parego"])
def test_the_exported_study_gives_the_same_trace(method, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    task = nasbook.task("digits-hpo-messy", run=0, objectives=("error", "seconds"))
    trace = nasbook.search(method, task, trials=24, seed=2)
    trace.export("study.yaml", best=0)
    assert main(["run", "study.yaml", "--out", "out"]) == 0
    again = Trace.load("out/trace.jsonl")
    assert again.digest == trace.digest and [t.values for t in again.trials] == [t.values for t in trace.trials]
    told = capsys.readouterr().out
    front_ = best_trials(trace.trials)
    assert f"{len(front_)} of 24 trials" in told and 'plot("pareto")' in told
    for t in front_:
        assert f"trial {t.id}: {t.values[0]:.6g}, {t.values[1]:.6g}" in told


def test_a_study_of_a_method_for_one_objective_is_refused(tmp_path):
    trace = nasbook.search("tpe", "nb201-cifar10", trials=3)
    with pytest.raises(ValueError, match="nb201-cifar10 has 2 objectives and tpe minimises one; take nsga2 or parego"):
        trace.export(tmp_path / "study.yaml", objectives=["error", "flops"])


def test_a_study_begins_with_the_front(tmp_path):
    trace = nasbook.search("random", nasbook.task("nb201-cifar10-latency"), trials=80, seed=0)
    study = load_study(trace.export(tmp_path / "study.yaml", best=3))
    on = {tuple(t.config.values()): t.values for t in best_trials(trace.trials)}
    first = [on[tuple(c.values())] for c in study.first]  # KeyError for one that is dominated
    assert {min(on.values()), min(on.values(), key=lambda v: v[1])} <= set(first)  # both ends


def test_the_front_of_a_trace_by_hand():
    Y = [(3, 1), (1, 4), (2, 2), (2, 3), (1.9, 3.5)]
    trials = [Trial(i, {}, status="done", value=y[0], values=y) for i, y in enumerate(Y)]
    trials += [Trial(9, {}, status="failed"), Trial(10, {}, status="done", value=0.0)]
    assert {t.id for t in best_trials(trials)} == {0, 1, 2, 4}
    assert {t.id for t in best_trials(trials)[:2]} == {0, 1} and best_trials([]) == []


def test_what_a_name_fixes_cannot_be_given():
    with pytest.raises(ValueError, match="task nb201-cifar10-latency: its name fixes objectives, so it takes no other"):
        nasbook.task("nb201-cifar10-latency", objectives=("error", "flops"))
