"""The second file of Digits-201 against the networks themselves, and its page of statistics against the table."""

import re

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

import nasbook
from nasbook.data.make.digits201 import costs
from nasbook.data.make.digits201.statistics import PAGE, page
from nasbook.estimate.zero_cost import PROXIES
from nasbook.kit.start import init_weights
from nasbook.nas.spaces.cost import flops, parameters
from nasbook.nas.spaces.nb201.cell import all_cells, classes, to_config
from nasbook.nas.spaces.networks import CellNet
from nasbook.tasks.digits201 import COSTS, TABLE, Digits201

TASKS = ("digits", "messy", "textures")
CELLS = classes()[0]


def test_the_table_is_complete_and_small():
    assert COSTS.stat().st_size <= 1_000_000 and COSTS.stat().st_size + TABLE.stat().st_size <= 5_000_000
    with np.load(COSTS) as table:
        wanted = {"parameters", "flops", "latency", "step", "latency_measured", "step_measured", "synflow"}
        wanted |= {f"{t}_{name}" for t in TASKS for name in costs.SCORES}
        assert set(table.files) == wanted
        for name in table.files:
            assert table[name].shape == (5044,) and not np.isnan(table[name]).any(), name
            lost = ~np.isfinite(table[name])  # one class ignores its input: all images look alike
            assert lost.sum() == (1 if name.endswith(("jacov", "naswot")) else 0) and not lost[1:].any(), name


def test_every_row_counts_what_its_network_has():
    """Parameters by the arithmetic of the recipe for all rows; FLOPs, too, where all operations run."""
    task, cells = Digits201(), np.array(CELLS)
    n1, n3, pool = ((cells == op).sum(1) for op in (2, 3, 4))
    stem, reduce, end = 9 * 8 + 16, 9 * 8 * 16 + 32, 32 + 170
    conv = lambda k: k * k * 64 + 16 + k * k * 256 + 32  # noqa: E731
    assert (task.columns["parameters"] == stem + reduce + end + n1 * conv(1) + n3 * conv(3)).all()
    # multiply-adds; norms 2 an element, ReLUs 1, pooling 9; 64 pixels in the first cell, 16 in the second
    fixed = 64 * 8 * (9 + 2) + 64 * 8 + 16 * 16 * (9 * 8 + 2) + 16 * 16 * 3 + 160
    cell = lambda k: 64 * 8 * (1 + 8 * k * k + 2) + 16 * 16 * (1 + 16 * k * k + 2)  # noqa: E731
    by_hand = fixed + n1 * cell(1) + n3 * cell(3) + pool * 9 * (64 * 8 + 16 * 16)
    assert (task.columns["flops"] == by_hand).all()


@pytest.mark.parametrize("row", [0, 7, 1500, 3333, 5043])
def test_rows_recomputed_with_the_readable_proxies(row):
    cell = CELLS[row]
    for name in TASKS:
        task, (x, y) = Digits201(name), costs.batch(name)
        for proxy, function in PROXIES.items():
            expected = function(costs.network(cell), x, y)
            assert task.proxy(proxy, cell) == pytest.approx(expected, rel=2e-3, abs=2e-4), (name, proxy)
        net = CellNet(cell)
        found = task.cost(cell)
        assert (found["parameters"], found["flops"]) == (parameters(net), flops(net, (1, 8, 8)))


def test_seconds_tell_dear_cells_from_cheap_ones():
    task, cells = Digits201(), np.array(CELLS)
    c, order = task.columns, np.argsort(task.columns["step"], kind="stable")
    cheap, dear = order[100:108], order[-108:-100]
    for key in ("latency", "step"):
        measured = c[f"{key}_measured"]
        assert np.median(measured[dear]) > 1.2 * np.median(measured[cheap])
        assert (c[key] > 0).all() and spearmanr(c[key], c[f"{key}_measured"]).statistic > 0.6
        assert np.median(np.abs(c[f"{key}_measured"] / c[key] - 1)) < 0.15
    assert (c["step"] > c["latency"]).all()
    same = (np.sort(cells, 1) == [0, 0, 2, 3, 3, 4]).all(1)  # one of each of these, two 3×3: the same work but for sums
    assert same.sum() > 10 and np.ptp(c["step"][same]) < 0.2 * c["step"][same].mean()


def test_what_is_timed_is_a_pass_of_one_image_and_a_step_of_training(monkeypatch):
    """The clock is replaced by one that looks at the work: what a machine's seconds are says nothing about the work."""
    passes, net = [], CellNet("333333")
    init_weights(net, np.random.default_rng(0))
    net.register_forward_hook(
        lambda net, given, scores: passes.append((len(given[0]), net.training, scores.requires_grad))
    )
    monkeypatch.setattr(costs, "network", lambda cell: net)

    def work_of(work, repeats, wait=False):
        before = [p.detach().clone() for p in net.parameters()]
        work()
        return float(all((p != b).any() for p, b in zip(net.parameters(), before, strict=True)))

    monkeypatch.setattr(costs, "seconds", work_of)
    monkeypatch.setattr("nasbook.nas.spaces.cost.seconds", work_of)
    assert costs.clock("333333") == {"latency": 0, "step": 1}  # only a step changes weights, and it changes all
    assert passes == [(1, False, False), (50, True, True)]


def test_the_model_of_seconds_is_not_moved_by_disturbed_measurements():
    rng, cells = np.random.default_rng(0), np.array(CELLS)[::4]
    true = 2.0 + (cells[:, :] == 3).sum(1) * 1.5 + (cells == 4).sum(1) * 0.5
    measured = true * (1 + 0.01 * rng.standard_normal(len(cells)))
    measured[rng.random(len(cells)) < 0.3] *= 3  # another program was running
    assert np.abs(costs.model(cells, measured) / true - 1).max() < 0.02


def test_all_cells_of_a_class_share_its_costs():
    task, (_, of), every = Digits201("messy"), classes(), list(all_cells())
    rng = np.random.default_rng(1)
    for cell in (every[i] for i in rng.integers(len(every), size=50)):
        assert task.cost(cell) == task.cost(CELLS[of[cell]]) == task.cost(to_config(cell))
        assert task.proxy("snip", cell) == task.scores["snip"][of[cell]]


def test_time_is_simulated_from_epochs_and_seconds():
    task = nasbook.task("digits201-messy", run=1)
    trace = nasbook.search("hyperband", task, trials=15, seed=0)
    seconds = {t.id: task.cost(t.config)["epoch_seconds"] for t in trace.trials}
    first = [t for t in trace.trials if "continues" not in t.info]
    assert first and all(t.cost == pytest.approx(t.fidelity * seconds[t.id]) for t in first)
    full = task.evaluate(to_config("333333"))
    assert full.cost == pytest.approx(12 * 20 * task.columns["step"][task.row("333333")])  # 20 steps an epoch
    told = []
    task.evaluate(to_config("333333"), fidelity=3, report=lambda *told_now: told.append(told_now))
    assert [t[2] for t in told] == pytest.approx([full.cost / 12 * e for e in (1, 2, 3)])


def test_costs_can_be_objectives():
    task = nasbook.task("digits201-digits", objectives=("error", "latency", "seconds", "flops"))
    answer, row = task.evaluate(to_config("333333")), task.row("333333")
    c = task.columns
    assert answer.values[1:] == pytest.approx((1e3 * c["latency"][row], 72 * c["step"][row], c["flops"][row] / 1e6))
    assert task.outcomes()[int("333333", 5), 1:] == pytest.approx(answer.values[1:])


def test_wrong_names_are_refused():
    with pytest.raises(ValueError, match="no proxy 'zen'; it can be parameters, flops, synflow"):
        Digits201().proxy("zen", "333333")
    with pytest.raises(ValueError, match="a cell has six operations"):
        Digits201().cost("33333")


# ---- the page --------------------------------------------------------------------------------------------


def numbers(label, text=None):
    """The numbers of the rows of STATISTICS.md that begin with this label, one list a row."""
    lines = re.findall(rf"^\| {re.escape(label)} \|(.*)\|$", text or PAGE.read_text(), re.M)
    return [[float(n.replace(",", "")) for n in re.findall(r"-?[\d,]+\.?\d*", line)] for line in lines]


def test_the_committed_page_is_the_one_that_the_table_gives():
    assert PAGE.read_text() == page()


def test_key_numbers_of_the_page_by_another_way():
    """From the raw counts, with SciPy's rank correlations."""
    with np.load(TABLE) as table:
        for column, name in enumerate(TASKS):
            n_val, n_test = {"digits": (300, 1197), "messy": (500, 2000), "textures": (500, 2000)}[name]
            val, test = table[f"{name}_val"] / n_val, table[f"{name}_test"][..., 4] / n_test
            truth = test.mean(1)
            assert numbers("truth: the best class")[0][column] == pytest.approx(100 * truth.max(), abs=0.051)
            sd = 100 * np.sqrt(np.mean([np.var(t, ddof=1) for t in test]))
            assert numbers("standard deviation between seeds, test")[0][column] == pytest.approx(sd, abs=0.0051)
            pairs = [(test[:, i], test[:, j]) for i, j in ((0, 1), (1, 2), (2, 0))]
            rho = np.mean([spearmanr(a, b).statistic for a, b in pairs])
            tau = np.mean([kendalltau(a, b).statistic for a, b in pairs])
            assert numbers("two seeds, test")[0][2 * column :][:2] == pytest.approx([rho, tau], abs=0.0051)
            early = [spearmanr(val[:, s, 3], (test.sum(1) - test[:, s]) / 2).statistic for s in range(3)]
            row = numbers("validation after epoch 4, truth of the other seeds")[0]
            assert row[2 * column] == pytest.approx(np.mean(early), abs=0.0051)
            # a regression with one column an operation: the same main effects as the page's means
            cells = np.array(list(all_cells()))
            first = truth[table["index"]][cells[:, 0] == 3].mean() - truth[table["index"]].mean()
            assert numbers("0 → 1")[column][3] == pytest.approx(100 * first, abs=0.051)
            task = Digits201(name)
            for proxy in PROXIES:
                rho = spearmanr(task.scores[proxy], truth).statistic
                assert numbers(f"`{proxy}`")[0][2 * column] == pytest.approx(rho, abs=0.0051), proxy


def test_the_parameter_count_stands_first_among_the_proxies():
    text = PAGE.read_text()
    assert list(PROXIES)[0] == "parameters" and text.index("| `parameters` |") < text.index("| `flops` |")
