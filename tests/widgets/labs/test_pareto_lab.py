"""The Pareto lab: the same search as without it, the true front by brute force, clicks, and sentences that count."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.hpo.parts.pareto import dominance, hypervolume
from nasbook.nas.spaces.nb201.cell import to_cell, to_config
from nasbook.tasks.nb201 import NB201
from nasbook.widgets.labs.pareto import ParetoLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value).replace("&#x27;", "'")


def click(lab, x, y):
    """Where the axes have (x, y): as the page sends it."""
    px, py = lab.plane.ax.transData.transform((x, y))
    w, h = lab.live.picture.fig.canvas.get_width_height()
    lab._clicked(px / w, 1 - py / h)


@pytest.mark.parametrize("method", ["nsga2", "parego", "random"])
def test_the_run_is_the_search_with_the_same_settings(method):
    lab = ParetoLab(method=method, trials=30, seed=3, population=10, cost="flops")
    lab.run()
    task = nasbook.task("nb201-cifar10", run=0, objectives=("error", "flops"))
    settings = {"population": 10} if method == "nsga2" else {}
    assert lab.trace.digest == nasbook.search(method, task, trials=30, seed=3, **settings).digest
    for n in range(0, 31, 5):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 20


def test_the_true_front_is_that_of_the_table_and_the_share_is_measured_by_it():
    lab = ParetoLab(trials=40, cost="parameters")
    table = NB201("cifar10", run=0)
    Y = np.column_stack([table.parameters, 1 - table.accuracies[:, 0]])
    by_size = {p: Y[Y[:, 0] == p, 1].min() for p in np.unique(Y[:, 0])}  # 28 sizes: the best of each
    rows = np.array(list(by_size.items()))
    true = rows[~dominance(rows).any(0)]
    assert np.unique(lab.plane.true, axis=0) == pytest.approx(true)
    lab.run()
    values = [t.values[::-1] for t in lab.trace.trials]
    expected = hypervolume(values, lab.reference) / hypervolume(true, lab.reference)
    assert lab.share(40) == pytest.approx(expected) and 0.3 < expected < 1
    assert f"{100 * expected:.1f} % of the true front's hypervolume" in words(lab._sentence)
    shares = [lab.share(n) for n in range(41)]
    assert all(a <= b + 1e-12 for a, b in zip(shares, shares[1:], strict=False))


def test_a_table_searched_whole_covers_everything():
    lab = ParetoLab(trials=20)
    lab.run()
    everything = lab.table
    assert hypervolume(everything[np.isfinite(everything).all(1)], lab.reference) == pytest.approx(lab.whole)


def test_sentences_count_who_dominates():
    lab = ParetoLab(trials=60, seed=1)
    lab.run()
    told = {"dominated": 0, "front": 0, "replaces": 0}
    for n in range(1, 61):
        Y = np.array([t.values for t in lab.trace.trials[:n]])
        better = int(((Y[-1] >= Y).all(1) & (Y[-1] > Y).any(1)).sum())
        text = lab.sentence(n)
        if better:
            assert f"dominated by {better} trial" in text
            told["dominated"] += 1
        else:
            assert "on the front" in text
            told["front"] += 1
            told["replaces"] += "replaces" in text
    assert min(told.values()) > 2
    child = next(s.trial for s in lab.steps if s.trial.info.get("parents"))
    first = min(child.info["parents"]) + 1
    assert f"Trial {child.id + 1}, a child of {first}" in lab.sentence(child.id + 1)


def test_a_click_shows_a_trial_or_a_row_of_the_true_front():
    lab = ParetoLab(trials=30, seed=2)
    lab.run()
    best = min(lab.trace.trials, key=lambda t: t.value)
    click(lab, best.values[1], 100 * best.values[0])
    assert f"Trial {best.id + 1}: " in lab.detail.sentence() and lab.detail.cell == to_cell(best.config)
    inside = lab.plane.true[(lab.plane.true < lab.reference).all(1)]
    untried = [y for y in inside if lab.plane.nearest(y[0], 100 * y[1])[0] is None]
    assert untried, "no point of the true front stands alone"
    for hidden in untried[:3]:
        click(lab, hidden[0], 100 * hidden[1])
        assert "On the true front" in lab.detail.sentence()
        again = lab.task.evaluate(to_config(lab.detail.cell))
        assert tuple(again.values[::-1]) in {tuple(y) for y in inside}
    (left, _), (_, top) = lab.plane.ax.get_xlim(), lab.plane.ax.get_ylim()
    click(lab, left + 0.01, top - 0.1)  # nothing there: the newest again
    assert f"Trial {lab.trace.trials[-1].id + 1}: " in lab.detail.sentence()


def test_a_click_on_a_network_lists_its_settings():
    lab = ParetoLab(task="digits-hpo-messy", cost="seconds", method="random", trials=25)
    lab.run()
    point = lab.plane.true[len(lab.plane.true) // 2]
    config = lab._row(point)
    assert lab.task.evaluate(config).values == pytest.approx(tuple(point[::-1]))
    trial = next(t for t in lab.trace.trials if t.values)
    click(lab, trial.values[1], 100 * trial.values[0])
    assert lab.error is None


def test_a_weighted_sum_misses_the_hollow_part():
    lab = ParetoLab(trials=20)
    before = bytes(lab.image.png)
    assert lab.controls["weight"].disabled
    lab.set(weighted=True)
    assert bytes(lab.image.png) != before and not lab.controls["weight"].disabled and lab.steps == []
    w = np.linspace(0, 1, 4001)[:, None]
    scaled = (lab.plane.true - lab.plane.low) / lab.plane.span
    reached = {int(np.argmin(row)) for row in w * scaled[:, 0] + (1 - w) * scaled[:, 1]}
    assert reached <= set(lab.plane.reachable.tolist()) and len(lab.plane.reachable) < len(lab.plane.true)
    assert f"reaches {len(lab.plane.reachable)} of the true front's" in lab.plane.sentence()
    lab.set(weight=1.0)
    assert lab.plane.lowest[0] == lab.plane.true[:, 0].min()


def test_buttons_and_the_costs_that_a_table_has():
    lab = ParetoLab(trials=20)
    lab._step.click()
    lab.wait()
    assert len(lab.steps) == 1
    lab.controls["task"].value = "digits-hpo-messy"
    assert lab.steps == [] and "starts again" in words(lab._status) and lab.error is None
    assert lab.values["cost"] == "parameters" and lab.controls["cost"]._options_values == ("parameters", "seconds")
    lab.controls["cost"].value = "seconds"
    lab.controls["method"].value = "parego"
    assert lab.task.objectives[1] == "training time (s)" and lab.controls["population"].disabled
    lab._play.click()
    lab.wait()
    assert "Done: 20 trials" in words(lab._status)
    lab.controls["task"].value = "nb201-imagenet16"
    assert len(lab.controls["cost"]._options_values) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "tpe"}, "must be one of"),
        (
            {"task": "digits-hpo-messy", "cost": "latency"},
            "digits-hpo-messy has no latency; cost can be 'parameters', 's",
        ),
        ({"cost": "watts"}, "cost must be one of"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        ParetoLab(**arguments)


def test_export_gives_a_study_with_both_objectives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = ParetoLab(trials=20, task="digits201-textures", cost="parameters")
    lab.run()
    assert "objectives: [error, parameters]" in lab.trace.export("study.yaml", trials=40).read_text()
