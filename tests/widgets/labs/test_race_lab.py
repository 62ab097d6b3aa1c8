"""The race: real clicks, real methods, and numbers that are counted again from the runs."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.plots.labs.race import FLOOR
from nasbook.widgets.labs.race import RaceLab
from nasbook.widgets.racer import distance


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def small(**values):
    return RaceLab(**{"methods": ["random", "regularized-evolution"], "seeds": 4, "trials": 30, **values})


# ---- what runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grow", ["seed", "trial"])
def test_every_run_is_the_search_with_that_seed(grow):
    lab = small(grow=grow, seed=7)
    lab.run()
    for name, racers in lab.runs.items():
        assert [r.seed for r in racers] == [7, 8, 9, 10]
        for racer in racers:
            peer = nasbook.search(name, "nb201-cifar10", trials=30, seed=racer.seed)
            assert racer.trace.digest == peer.digest
            np.testing.assert_allclose(racer.value, peer.incumbent_values)
            np.testing.assert_allclose(racer.seconds, peer.times)


def test_random_search_is_always_in_the_race():
    lab = RaceLab(methods=["regularized-evolution"], seeds=2, trials=10)
    assert lab.names == ["random", "regularized-evolution"]
    assert lab.controls["random"].disabled
    assert "always" in lab.controls["random"].tooltip


def test_a_tick_adds_a_method_and_starts_again():
    lab = small(seeds=3)
    lab.run()
    lab.controls["tpe"].value = True
    assert lab.names == ["random", "tpe", "regularized-evolution"]
    assert lab.steps == [] and "tpe" in words(lab._status)
    lab.run()
    assert set(lab.picture.result) == {"random", "tpe", "regularized-evolution"}


def test_a_method_that_cannot_serve_the_space_says_why_and_stays_out():
    lab = small(cma_es=True) if not RaceLab().controls["cma_es"].disabled else small()
    assert lab.controls["cma_es"].disabled and "order" in lab.controls["cma_es"].tooltip
    assert "cma-es" not in lab.names
    lab.set(task="branin")
    assert not lab.controls["cma_es"].disabled
    lab.set(cma_es=True)
    assert "cma-es" in lab.names


# ---- buttons, picture and words ------------------------------------------------------------------------------


def test_the_buttons_make_rounds_and_the_picture_follows():
    lab = small()
    before = bytes(lab.image.png)
    lab._step.click()
    lab.wait()
    first = bytes(lab.image.png)
    assert len(lab.steps) == 1 and first != before
    assert "one seed" in words(lab._sentence)
    lab._play.click()
    lab.wait()
    assert len(lab.steps) == 4 and bytes(lab.image.png) != first
    assert "Done: 4 rounds" in words(lab._status)
    lab._scrub.value = 1
    assert "one seed" in words(lab._sentence) and "shown: 1" in words(lab._status)
    size = lab.image.width, lab.image.height
    lab._reset.click()
    assert lab.steps == [] and bytes(lab.image.png) == before and size == (lab.image.width, lab.image.height)


def test_the_sentence_says_who_leads_and_whether_the_bands_overlap():
    lab = small(seeds=12, trials=60, regret=False)
    lab.run()
    ends = {name: np.array([r.value[-1] for r in racers]) for name, racers in lab.runs.items()}
    ahead = min(ends, key=lambda name: ends[name].mean())
    other = next(name for name in ends if name != ahead)
    text = words(lab._sentence)
    assert f"After 60 trials {ahead} is ahead: validation accuracy {100 * (1 - ends[ahead].mean()):.4g} %" in text
    assert "mean of 12 seeds" in text
    rng = np.random.default_rng(1)
    bands = {n: np.quantile(rng.choice(e, (4000, len(e))).mean(1), [0.025, 0.975]) for n, e in ends.items()}
    apart = bands[ahead][1] < bands[other][0]
    margin = abs(bands[ahead][1] - bands[other][0])
    assert margin > 1e-4, "choose seeds where it is clear"
    assert ("lies apart from" in text) == apart and ("may be luck" in text) != apart


def test_the_lead_is_dated_from_the_trial_since_which_nobody_was_better():
    lab = small(seeds=6, trials=50, regret=False)
    lab.run()
    means = {name: np.mean([r.value for r in racers], axis=0) for name, racers in lab.runs.items()}
    ahead = min(means, key=lambda name: means[name][-1])
    others = np.min([m for name, m in means.items() if name != ahead], axis=0)
    behind = np.flatnonzero(others < means[ahead])
    assert lab.picture.since(ahead)[0] == (behind[-1] + 2 if len(behind) else 1)


def test_the_regret_of_a_table_compares_means_over_runs():
    lab = small(seeds=3)
    lab.run()
    table = nasbook.task("nb201-cifar10")
    for racer in lab.runs["random"]:
        best = racer.trace.best
        assert racer.regret[-1] == pytest.approx(1 - table.accuracy(best.config) - table.optimum)
        assert min(racer.regret) >= 0
    assert lab.picture.regret and lab.picture.ax.get_ylabel() == "validation error above the optimum (%)"


def test_the_regret_of_our_own_table_compares_means_over_seeds():
    lab = small(task="digits201-messy", seeds=3)
    lab.run()
    table = nasbook.task("digits201-messy")
    best = max(table.val[..., -1].mean(1))
    for racer in lab.runs["regularized-evolution"]:
        found = racer.trace.best
        assert racer.regret[-1] == pytest.approx(best - table.accuracy(found.config))
    assert lab.picture.regret and "above the optimum" in lab.picture.ax.get_ylabel()
    assert distance(nasbook.task("digits201-messy", run=1))(found.config, 0.0) == pytest.approx(racer.regret[-1])
    assert distance(nasbook.task("digits-hpo-messy")) is None


NAS = ["regularized-evolution", "genetic", "local-search", "bananas", "reinforce", "ppo", "tpe"]


@pytest.mark.parametrize("task", ["nb201-cifar10", "digits201-textures"])
def test_every_strategy_of_architecture_search_can_race_on_tables(task):
    lab = small(task=task, methods=NAS, seeds=2, trials=25)
    lab.run()
    assert lab.names[0] == "random" and set(lab.names) == {"random", *NAS}
    for name, racers in lab.runs.items():
        assert [len(r.trace) for r in racers] == [25, 25], name
        assert racers[1].trace.digest == nasbook.search(name, task, trials=25, seed=1).digest, name
        assert np.all(np.diff(racers[0].value) <= 0) and min(racers[0].regret) >= -1e-12
    assert {name for name in lab.picture.result} == {"random", *NAS}


def test_slow_methods_are_announced_with_what_they_cost():
    lab = small(methods=["bananas"], seeds=20, trials=150)
    assert "Of 20 seeds bananas takes about 39 s: fewer seeds take less." in words(lab._sentence)
    assert "100 trials take about 1.3 s" in lab.controls["bananas"].tooltip
    lab.set(seeds=5)
    assert "bananas" not in words(lab._sentence)


def test_another_race_of_the_same_methods_is_drawn_as_in_a_new_lab():
    lab = small(task="nb201-cifar100", seeds=3)
    lab.run()
    lab.set(x="time")
    lab.set(seeds=5)
    fresh = small(task="nb201-cifar100", seeds=5, x="time")
    assert bytes(lab.image.png) == bytes(fresh.image.png)
    lab.set(x="trials", task="branin")
    lab.set(task="nb201-cifar100")
    lab.run()
    assert lab.picture.result == small_result(seeds=5)


def small_result(**values):
    fresh = small(task="nb201-cifar100", **values)
    fresh.run()
    return fresh.picture.result


def test_a_change_of_the_axes_keeps_the_runs():
    lab = small()
    lab.run()
    seen = {bytes(lab.image.png)}
    runs, size = lab.runs, (lab.image.width, lab.image.height)
    for change in ({"x": "time"}, {"regret": False}, {"x": "trials"}):
        lab.set(**change)
        assert lab.runs is runs and len(lab.steps) == 4
        assert (lab.image.width, lab.image.height) == size
        seen.add(bytes(lab.image.png))
    assert len(seen) == 4
    lab.set(x="time")
    x, _ = lab.picture.kept["random"]
    assert x[-1] == pytest.approx(min(r.seconds[-1] for r in lab.runs["random"]))
    assert lab.picture.ax.get_xlabel() == "hours of training, as the table tells"


def test_short_trainings_are_counted_in_the_unit_on_the_axis():
    lab = small(task="digits201-digits", trials=20)
    lab.run()
    lab.set(x="time")
    assert lab.picture.ax.get_xlabel() == "seconds of training, as the table tells"
    last = lab.picture.lines["random"].get_xdata()[-1]
    assert last == pytest.approx(min(r.seconds[-1] for r in lab.runs["random"])) and 1 < last < 60
    assert "seconds" in lab.image.alt


def test_time_cannot_be_chosen_where_nobody_knows_it():
    lab = small(task="branin")
    assert lab.controls["x"].disabled and "how long" in lab.controls["x"].tooltip


def test_the_alt_text_holds_the_numbers():
    lab = small(regret=False)
    lab.run()
    for name, racers in lab.runs.items():
        mean = 100 * (1 - np.mean([r.value[-1] for r in racers]))
        assert f"{name} {mean:.4g} % after 30 trials" in lab.image.alt
    assert "4 seeds" in lab.image.alt


def test_ticks_of_the_regret_stand_where_they_say():
    lab = small()
    lab.run()
    lab.picture.fig.canvas.draw()
    axis = lab.picture.ax.yaxis
    shown = [(at, t.get_text()) for at, t in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)]
    assert len(shown) >= 3
    for at, text in shown:
        assert 100 * 10**at == pytest.approx(float(text))


# ---- files and errors ----------------------------------------------------------------------------------------


def test_save_keeps_the_best_run_of_the_method_ahead_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = small()
    lab.run()
    means = {name: np.mean([r.value[-1] for r in racers]) for name, racers in lab.runs.items()}
    ahead = min(means, key=means.get)
    best = min(lab.runs[ahead], key=lambda r: r.value[-1])
    lab.files.save.click()
    (path,) = tmp_path.glob("*.jsonl")
    trace = nasbook.Trace.load(path)
    assert (trace.header.method, trace.header.seed, trace.digest) == (ahead, best.seed, best.trace.digest)
    assert f"best run of {ahead}" in words(lab.files.said) and f"seed {best.seed}" in words(lab.files.said)


def test_a_failing_objective_is_a_failure_of_trials_not_of_the_race():
    def objective(config):
        if config["x"] < 0.3:
            raise OSError("no such file")
        return config["x"]

    lab = RaceLab(objective, nasbook.Space(x=nasbook.Float(0, 1)), methods=["random"], seeds=3, trials=15)
    lab.run()
    failed = [t for r in lab.runs["random"] for t in r.trace.trials if t.status == "failed"]
    assert failed and lab.error is None
    assert "It runs alone" in words(lab._sentence)


def test_a_method_that_breaks_is_shown():
    lab = small()
    lab.runs = {name: [] for name in (*lab.names, "nobody")}
    lab.names = [*lab.names, "nobody"]
    lab._play.click()
    with pytest.raises(ValueError, match="no method 'nobody'"):
        lab.wait()
    assert "nobody" in words(lab._sentence) and "error" in words(lab._status)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "digits-mlp"}, "too slow for a race"),
        ({"task": "branen"}, "did you mean 'branin'"),
        ({"methods": ["bayesain"]}, "did you mean 'bayesian'"),
        ({"methods": ["darts"]}, "cannot race"),
        ({"seeds": 1}, "must lie in"),
        ({"speed": 1}, "no setting 'speed'"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        RaceLab(**arguments)


def test_a_run_that_finds_the_optimum_can_be_drawn():
    lab = RaceLab(
        lambda config: float(config["x"] != 3),
        nasbook.Space(x=nasbook.Int(0, 9)),
        methods=["random"],
        seeds=2,
        trials=40,
    )
    lab.task.optimum = 0.0
    lab.restart()
    lab.run()
    assert lab.picture.result["random"][2] == 0 and "0" in words(lab._sentence)
    assert lab.picture.y.pair[0] <= np.log10(FLOOR)


def test_the_methods_that_race_are_those_in_sight():
    """A tick under “More” is seen by nobody: who asks for methods sees just these, and random search."""
    lab = RaceLab(methods=["local-search", "sobol"], seeds=2, trials=10)
    ticked = {name for name in lab.values if lab.values[name] is True and name != "regret"}
    shown = {n for n, s in lab._settings.items() if not s.more and isinstance(lab.values[n], bool)}
    assert ticked == shown == {"random", "local_search", "sobol"}
    usual = RaceLab(seeds=2, trials=10)
    assert {n for n in usual.names} <= {n.replace("_", "-") for n, s in usual._settings.items() if not s.more}
