"""The weight-sharing lab: what it trains, judges and finds is what the method does, counted and measured again."""

import re

import numpy as np
import pytest
from plots.legible import assert_legible
from scipy.stats import kendalltau

import nasbook
from nasbook.widgets.labs import weight_sharing
from nasbook.widgets.labs.weight_sharing import WeightSharingLab, tau
from nasbook.widgets.random_on_table import found_by_random

SMALL, CELLS = {"data": "digits", "seed": 1}, 24


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module", params=[("spos", 1), ("fairnas", 2), ("enas", 1)], ids=lambda p: p[0])
def lab(request):
    """A lab that judges fewer cells than usual, and searches less."""
    sampling, epochs = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weight_sharing, "CELLS", CELLS)
        patch.setattr(weight_sharing, "POPULATION", 4)
        made = WeightSharingLab(sampling=sampling, epochs=epochs, **SMALL)
        assert f"along {30 * epochs} paths" in words(made._sentence)
        assert f"{epochs} time" in words(made._sentence)
        made._play.click()
        made.wait()
        assert made.error is None and len(made.steps) == made.total
        yield made


def test_every_path_is_a_step_and_the_counts_are_those_of_the_method(lab):
    trained = [s for s in lab.steps if s.doing == "train"]
    assert [s.updates for s in trained] == list(range(1, 1 + 30 * lab.values["epochs"]))
    assert (lab.steps[-1].counts == lab.method.counts.numpy()).all()
    for before, now in zip(trained, trained[1:], strict=False):
        more = now.counts - before.counts
        assert (more.sum(1) == 1).all() and (more.argmax(1) == now.path).all()
    if lab.values["sampling"] == "fairnas":
        assert all(np.ptp(s.counts) == 0 for s in trained[4::5]) and np.ptp(trained[5].counts) == 1


def test_the_picture_of_a_step_is_the_same_whenever_it_is_looked_at(lab):
    looks = lab.values["epochs"]
    n = next(k for k, s in enumerate(lab.steps, 1) if s.look == looks and s.judged == 20)
    state = lab.frame(n)
    assert len(state.scores) == 20 and len(state.truth) == CELLS and len(state.taus) == looks - 1
    assert len(state.before) == CELLS * (looks > 1)
    last = lab.frame(lab.total).taus[-1]
    assert np.allclose(last[1:], [kendalltau(-lab.looks[-1][:, k, 0], lab.truth).statistic for k in (0, 1)])
    lab.scrub(n)
    assert "Judging cell 20 of 24" in lab.image.alt and "Cell 20 of 24" in words(lab._sentence)
    assert f"{100 * lab.truth[19]:.1f} %" in words(lab._sentence)
    assert_legible(lab.live.picture.fig)
    lab.scrub(lab.total)


def test_what_is_only_a_view_starts_nothing_anew(lab):
    steps = len(lab.steps)
    seen = [lab.image.alt]
    for change in ({"recalibrate": False}, {"score": "accuracy"}):
        lab.set(**change)
        seen.append(lab.image.alt)
        assert len(lab.steps) == steps and lab.error is None
        assert_legible(lab.live.picture.fig)
    lab.set(recalibrate=True, score="loss")
    assert len(set(seen)) == 3 and lab.image.alt == seen[0]


def test_judged_cells_are_those_of_the_supernet_as_it_stands(lab):
    """The last look, again, with the estimator's own means; for ENAS the weights at the end are those of the look."""
    assert lab.looks[-1].shape == (CELLS, 2, 2) and np.isfinite(lab.looks[-1]).all()
    path = lab.method.places.path(lab.cells[7])
    assert np.allclose(lab._judge(path), lab.looks[-1][7])
    assert not np.allclose(lab.looks[-1][7, 0], lab.looks[-1][7, 1])  # recalibrated and running differ


def test_what_is_found_is_the_best_by_shared_weights_at_its_cost(lab):
    end = lab.steps[-1]
    if lab.values["sampling"] == "enas":
        cost = (30 + 5 * 3 * 5 / 3 + 10 * 300 / 150) / 72
        assert end.found == pytest.approx((cost, lab.table.test_accuracy(lab.trace.trials[-1].config)))
        return
    assert end.searched == 20 and end.found is not None
    best = min(lab.method.judged, key=lambda path: lab.method.judged[path][0])
    cost = (30 * lab.values["epochs"] + 20 * 400 / 150) / 72
    assert end.found == pytest.approx((cost, lab.table.test_accuracy(lab.method.places.config(best))))
    told = words(lab._sentence)
    assert f"for the same cost, {cost:.1f} cells" in told
    assert any(word in told for word in ("would pay from", "This time the search has paid"))


def test_a_saved_trace_goes_on_without_the_lab(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trace = nasbook.Trace.load(lab.files.save_trace())
    assert f"{len(trace)} epochs saved in" in lab.files.said.value
    assert trace.digest == lab.trace.digest and trace.header.method == lab.values["sampling"]
    assert "Updates of an operation: " in trace.plot().alt
    study = trace.export("study.yaml", settings={"epochs": 1})
    assert lab.values["sampling"] in study.read_text()


def test_random_search_on_a_table_is_what_many_draws_give():
    mean, low, high = found_by_random("digits201-digits", 10)
    table, rng = nasbook.task("digits201-digits"), np.random.default_rng(0)
    rows, runs = table.index[rng.integers(15625, size=(20000, 10))], rng.integers(3, size=(20000, 10))
    values, test = table.val[rows, runs, -1], table.test[..., -1].mean(1)
    for n in (1, 4, 10):
        best = rows[np.arange(len(rows)), values[:, :n].argmax(1)]
        assert abs(test[best].mean() - mean[n - 1]) < 4 * test[best].std() / len(best) ** 0.5
        assert (test[best] < low[n - 1]).mean() <= 0.06 and (test[best] > high[n - 1]).mean() <= 0.06
    assert (np.diff(mean) > 0).all()


def test_scores_that_are_not_finite_are_the_worst():
    assert tau(np.array([np.nan, 1.0, 2.0]), np.array([0.1, 0.2, 0.3])) == pytest.approx(1.0)


def test_the_ratio_at_which_it_would_pay(lab):
    if lab.values["sampling"] == "enas":
        return
    n, end = lab.total, lab.steps[-1]
    worth = np.interp(end.found[1], lab.random[0], np.arange(1, len(lab.random[0]) + 1))
    alone = lab.breaks_even(n) * lab.steps_judged  # steps of a training alone, so that both cost the same
    assert worth * alone == pytest.approx(end.updates + end.searched * lab.steps_judged)
    assert ("has paid" in lab.sentence(n)) == (alone <= lab.steps_alone)
