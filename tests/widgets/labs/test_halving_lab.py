"""The halving lab: its search is the library's, and what it calls wrong is counted again from the table."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.task import trial_seed
from nasbook.widgets.labs.halving import HalvingLab


@pytest.mark.parametrize("method", ["successive-halving", "hyperband", "asha", "bohb", "dehb", "median-stopping"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_search_is_the_one_that_nasbook_makes(method, workers):
    lab = HalvingLab(method=method, workers=workers, trials=50, seed=2)
    trace = lab.run()
    peer = nasbook.search(method, "digits-hpo-messy", trials=50, seed=2, workers=workers)
    assert [(t.id, t.config, t.fidelity, t.value, t.worker, t.end) for t in trace.trials] == [
        (t.id, t.config, t.fidelity, t.value, t.worker, t.end) for t in peer.trials
    ]


def test_the_wrong_ones_are_those_of_the_table():
    lab = HalvingLab(seed=0)
    trace, task = lab.run(), nasbook.task("digits-hpo-messy")
    reached = {t.info.get("continues", t.id): t for t in sorted(trace.trials, key=lambda t: t.fidelity)}
    ends = {k: 1 - task.val[task.row(t.config), trial_seed(0, k) % 2, -1] for k, t in reached.items()}
    (winner,) = [k for k, t in reached.items() if t.fidelity == 27]
    wrong = {k for k in reached if k != winner and ends[k] < ends[winner]}
    assert set(lab.curves.wrong) == wrong and len(wrong) >= 4
    assert len(lab.curves.stopped) == 26
    assert f"{len(wrong)} of the stopped" in lab.image.alt or f"{len(wrong)} of the stopped" in lab.curves.sentence()


@pytest.mark.parametrize("task", ["digits201-messy", "digits201-textures"])
def test_cells_are_trained_for_twelve_epochs_and_judged_by_their_table(task):
    lab = HalvingLab(task=task, seed=1, trials=13)
    assert lab.levels == (1, 4, 12)
    trace, table = lab.run(), nasbook.task(task)
    assert trace.digest == nasbook.search("successive-halving", task, trials=13, seed=1, workers=4).digest
    (winner,) = [t for t in trace.trials if t.fidelity == 12]
    assert lab.curves.best is winner and lab.timeline.best is winner
    ends = {
        t.id: 1 - table.val[table.row(t.config), trial_seed(1, t.id) % 3, -1]
        for t in trace.trials
        if "continues" not in t.info
    }
    root = winner.info["continues"]
    assert ends[root] == winner.value and len(lab.curves.stopped) == 8
    assert set(lab.curves.wrong) == {k for k, end in ends.items() if end < winner.value}


def test_parents_of_dehb_do_not_go_on_and_count_as_stopped():
    lab = HalvingLab(method="dehb", trials=110, seed=0)
    trace = lab.run()
    continued = {t.info["continues"] for t in trace.trials if "continues" in t.info}
    later = [t for t in trace.trials if t.info["bracket"] >= 4 and t.info["rung"] == 0 and t.fidelity == 1]
    assert len(later) == 27 and not continued & {t.id for t in later}
    assert {t.id for t in later} <= set(lab.curves.stopped)
    lab.scrub(1 + trace.trials.index(later[-1]))
    assert "become parents of the next" in lab._sentence.value


def test_bohb_says_which_networks_its_model_drew():
    lab = HalvingLab(method="bohb", trials=60, seed=0)
    trace = lab.run()
    n, trial = next((i, t) for i, t in enumerate(trace.trials, 1) if t.info.get("model"))
    lab.scrub(n)
    assert f"drawn from what was good at epoch {trial.info['model_fidelity']}" in lab._sentence.value


def test_a_slow_worker_holds_up_successive_halving_more_than_asha():
    idle = {}
    for method in ("successive-halving", "asha"):
        lab = HalvingLab(method=method, slow=20, trials=80)
        lab.run()
        idle[method] = lab.timeline.idle[1:].mean()
    assert idle["successive-halving"] > 0.9 and idle["asha"] < 0.3


def test_controls_change_what_is_searched_and_shown():
    lab = HalvingLab()
    lab.run()
    assert "went on to epoch 27" in lab._sentence.value
    assert len(lab.curves.lost.get_segments())
    lab.controls["hidden"].value = False
    assert lab.steps and not len(lab.curves.lost.get_segments())
    lab.controls["method"].value = "hyperband"
    assert lab.steps == [] and len(lab.tables) == 4
    lab.controls["shortest"].value = 9
    assert lab.levels == (9, 27)
    lab.controls["workers"].value = 1
    assert lab.controls["slow"].disabled
    lab.step(3)
    assert len(lab.trace) == 3
    lab.scrub(1)
    assert re.search("rank 1 of 1 on this rung", lab._sentence.value)
    np.testing.assert_array_equal(lab.timeline.idle, [0.0])


def test_rungs_that_do_not_fit_are_refused_in_words_and_the_lab_stays_usable():
    lab = HalvingLab(shortest=9)
    lab.controls["eta"].value = 4
    assert "single rung" in lab._sentence.value
    lab.controls["eta"].value = 3
    assert lab.error is None and len(lab.run()) == 40


def test_median_stopping_stops_at_the_median_of_the_others_and_the_wrong_ones_are_those_of_the_table():
    lab = HalvingLab(method="median-stopping", grace=0, seed=2, trials=40)
    trace, task = lab.run(), nasbook.task("digits-hpo-messy")
    told = 0
    for n, trial in enumerate(trace.trials, 1):
        if trial.status != "pruned":
            assert "was stopped" not in lab.sentence(n)
            continue
        began = trace.events.index(("ask", next(t for k, t in trace.events if k == "ask" and t.id == trial.id)))
        known = [t for k, t in trace.events[:began] if k == "tell" and t.status == "done"]
        x = round(trial.curve[-1][0])
        means = [np.mean([y for at, y in t.curve if at <= x]) for t in known]
        best = min(y for _, y in trial.curve)
        assert best > np.median(means) and len(known) >= 5
        assert f"after epoch {x} of 27: its best so far, {100 * (1 - best):.1f} %" in lab.sentence(n)
        assert f"{100 * (1 - np.median(means)):.1f} %, the median of what {len(known)} others" in lab.sentence(n)
        told += 1
    assert told == len(lab.curves.stopped) >= 10
    ends = {t.id: 1 - task.val[task.row(t.config), trial_seed(2, t.id) % 2, -1] for t in trace.trials}
    best = min(t.value for t in trace.trials if t.status == "done")
    assert set(lab.curves.wrong) == {k for k in lab.curves.stopped if ends[k] < best}
    assert lab.curves.best.value == best == lab.timeline.best.value
    assert lab.curves.hidden and lab.curves.unseen.get_segments()
    lab.set(hidden=False)
    assert lab.steps and not lab.curves.unseen.get_segments()


def test_a_longer_grace_period_stops_later_and_what_a_method_has_not_is_off():
    lab = HalvingLab(method="median-stopping", grace=8, trials=30, seed=1)
    trace = lab.run()
    lengths = [t.curve[-1][0] for t in trace.trials if t.status == "pruned"]
    assert min(lengths) == 9 and "epochs (dotted: the grace period)" in lab.curves.ax.get_xlabel()
    with pytest.raises(ValueError, match="Median stopping has no rungs"):
        lab.set(eta=2)
    for rule in ("wilcoxon", "curve"):
        lab.set(rule=rule)
        lab.run()
        n = next(i for i, t in enumerate(lab.trace.trials, 1) if t.status == "pruned")
        assert {"wilcoxon": "Wilcoxon's p", "curve": "its curve tends to"}[rule] in lab.sentence(n)
        assert not lab.curves.judge.get_xdata().size
    lab.set(method="asha")
    with pytest.raises(ValueError, match="Only median stopping has it"):
        lab.set(grace=1)
    assert lab.steps == [] and len(lab.run()) == 30


def test_freeze_thaw_shows_what_it_believed_and_says_what_came_of_it():
    lab = HalvingLab(method="freeze-thaw", trials=24, seed=1)
    assert "8 random networks begin" in lab.begin() and not lab.curves.shown
    lab.run()
    trials = lab.trace.trials
    assert len(trials) == 24 and any("continues" in t.info for t in trials)
    told = [lab.sentence(n + 1) for n in range(24)]
    assert all(re.match(r"Training \d+ ", s) for s in told), "the picture's word for it"
    assert "at random" in told[0] and any("promised most and went on to epoch" in s and "expected" in s for s in told)
    assert lab.curves.shown and "expected to end between" in lab.curves.alt()
    ends = [sum(len(t.curve) for t in lab.frame(n)[0].trainings) for n in range(25)]  # four workers: no way back
    assert ends[0] == 0 and ends == sorted(ends) and ends[-1] > 20, ends
    lab.set(method="asha")
    assert lab.curves.wrong == []
