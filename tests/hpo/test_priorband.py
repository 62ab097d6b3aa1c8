"""PriorBand against closed forms: its shares before and after it has a say, its densities, and what it draws."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import truncnorm

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.hpo.priorband import PriorBand
from nasbook.trace import Trial

SPACE = Space(x=Float(0, 1), op=Choice(["a", "b", "c"]), n=Int(1, 4, when={"op": "a"}))
PRIOR = {"x": [0.8, 0.1], "op": [0.7, 0.2, 0.1]}


def made(**settings):
    return PriorBand(SPACE, 0, **{"max_fidelity": 9, "prior": PRIOR, **settings})


def run(method, value, asks):
    trials = []
    for _ in range(asks):
        trial = method.ask()
        trials.append(trial)
        method.tell(Trial(trial.id, trial.config, trial.fidelity, "done", value(trial), info=trial.info))
    return trials


def test_shares_before_a_bracket_is_over():
    assert made().shares(0) == (1 / 2, 1 / 2, 0)
    assert made().shares(1) == pytest.approx((1 / 4, 3 / 4, 0))
    assert made().shares(2) == pytest.approx((1 / 10, 9 / 10, 0))
    assert made(eta=2).shares(3) == pytest.approx((1 / 9, 8 / 9, 0))


def test_a_bracket_costs_what_its_epochs_are():
    method = made()
    assert method.cost_of_a_bracket == 9 * 1 + 3 * 2 + 1 * 6  # 9 configurations of 1 epoch, 3 go on to 3, 1 to 9
    run(method, lambda t: t.config["x"], 13)
    assert method.spent == 21 and method.best() is not None
    assert made().best() is None


def test_shares_afterwards_by_hand():
    method = made()
    run(method, lambda t: abs(t.config["x"] - 0.2), 13)
    best, incumbent = method.best(), method.incumbent
    ranked = sorted((t for t in method.trials if t.fidelity == 3), key=lambda t: t.value)
    assert best == [ranked[0].config], "the highest rung with three results has three, and a third of it is one"

    def density(config, centre, options):
        x = truncnorm.pdf(config["x"], -centre / 0.1, (1 - centre) / 0.1, centre, 0.1)
        return x * 3 * options["abc".index(config["op"])]

    moved = [0.15, 0.15, 0.15]
    moved["abc".index(incumbent["op"])] = 0.7
    prior, own = density(best[0], 0.8, PRIOR["op"]), density(best[0], incumbent["x"], moved)
    uniform, first, second = method.shares(1)
    assert uniform == 1 / 4 and first + second == pytest.approx(3 / 4)
    assert first == pytest.approx(3 / 4 * prior / (prior + own), rel=1e-9)


def test_the_weights_fall_linearly():
    method = made()
    run(method, lambda t: abs(t.config["x"] - 0.2), 60)
    best = method.best()
    K = len(best)
    assert K > 1
    U = method.space.encode_all(best)
    prior, own = (np.exp(p.log(U)) for p in (method.prior, method.centred()))
    S, T = (sum((K - k) * float(p) for k, p in enumerate(densities)) for densities in (prior, own))
    assert method.shares(0)[1] == pytest.approx(S / (S + T) / 2)


def test_a_wrong_prior_loses_its_say_and_a_right_one_keeps_it():
    right, wrong = made(), made()
    run(right, lambda t: abs(t.config["x"] - 0.8) + (t.config["op"] != "a"), 60)
    run(wrong, lambda t: abs(t.config["x"] - 0.1) + (t.config["op"] != "c"), 60)
    assert right.shares(0)[1] > 0.1 > 0.01 > wrong.shares(0)[1]


def test_its_shares_are_those_of_the_authors_program():
    """Recorded from NePS by tests/benchmarks/priorband_neps.py: twelve histories, each rung. NePS gives a width of
    1 - confidence, and of a Choice the confidence to one option and the rest to the others alike."""
    ops = ["conv3x3", "skip", "none", "pool"]
    space = Space(
        lr=Float(1e-4, 1, log=True), momentum=Float(0, 1), edge_0_1=Choice(ops), edge_1_2=Choice(ops), decay=Float(0, 1)
    )
    prior = {
        "lr": [0.01, 0.25],
        "momentum": [0.9, 0.5],
        "edge_0_1": [0.75, *[0.25 / 3] * 3],
        "edge_1_2": [0.5 / 3, 0.5, 0.5 / 3, 0.5 / 3],
        "decay": [0.2, 0.75],
    }
    cases = json.loads((Path(__file__).parents[1] / "data" / "neps_priorband.json").read_text())["cases"]
    assert len(cases) == 12
    for case in cases:
        method = PriorBand(space, 0, eta=case["eta"], max_fidelity=case["epochs"], prior=prior)
        levels = method.settings.levels
        for row in case["done"]:
            method.results.setdefault(levels[row["rung"]], []).append((row["loss"], row["config"]))
        method.spent = 1e9
        for rung, theirs in enumerate(case["shares"]):
            assert method.shares(rung) == pytest.approx(theirs, rel=1e-6)
    assert np.std([c["shares"][0][2] for c in cases]) > 0.1, "they differ"


def test_it_draws_by_its_shares_and_from_the_prior():
    method = made(max_fidelity=81)
    trials = [t for t in run(method, lambda t: t.config["x"], 81) if "continues" not in t.info]
    drawn = [t.config for t in trials if t.info["source"] == "prior"]
    assert abs(len(drawn) / len(trials) - 1 / 2) < 0.17  # three standard deviations
    assert abs(np.mean([c["x"] for c in drawn]) - 0.78) < 0.06 and np.std([c["x"] for c in drawn]) < 0.12
    assert np.mean([c["op"] == "a" for c in drawn]) > 0.45


def test_half_of_the_incumbent_changes():
    method = made()
    config = {"x": 0.5, "op": "b"}
    children = [method.changed(config) for _ in range(2000)]
    assert np.mean([c["op"] != "b" for c in children]) == pytest.approx(0.5, abs=0.04)
    assert np.mean([c["x"] != 0.5 for c in children]) == pytest.approx(0.5, abs=0.04)
    assert np.mean([c["op"] == "a" for c in children if c["op"] != "b"]) == pytest.approx(0.5, abs=0.06)
    assert all(("n" in c) == (c["op"] == "a") for c in children)
    moved = [c["x"] - 0.5 for c in children if c["x"] != 0.5]
    assert np.std(moved) == pytest.approx(0.237, abs=0.02), "a normal step of .25, folded at the ends"


def test_an_expert_of_cells_and_of_a_rate_on_a_table():
    """On Digits-JAHS: an operation of a cell has a prior as a rate has."""
    prior = {"edge_0_1": [0.05, 0.05, 0.85, 0.05], "lr": [0.05, 0.1, 0.4, 0.4, 0.05]}
    trace = nasbook.search("priorband", "digits-jahs", trials=40, seed=0, prior=prior)
    assert trace.best.value < 0.3 and "continues" in {k for t in trace.trials for k in t.info}
    assert {t.info.get("source") for t in trace.trials} == {"uniform", "prior", "incumbent", None}
    assert trace.plot("rungs")


@pytest.mark.parametrize(
    "prior, words",
    [
        ({"y": [0.5, 0.1]}, "no parameter 'y'"),
        ({"x": [2, 0.1]}, "centre"),
        ({"x": [0.5, 0]}, "width"),
        ({"op": [0.5, 0.5]}, "3 options"),
        ({"x": "high"}, "list of numbers"),
        ("x", "must map"),
    ],
)
def test_what_is_no_prior_is_said_in_a_sentence(prior, words):
    with pytest.raises(ValueError, match=words) as caught:
        made(prior=prior)
    assert "\n" not in str(caught.value)


def test_without_a_belief_prior_and_incumbent_share_alike():
    method = made(prior=None)
    run(method, lambda t: t.config["x"], 13)
    assert method.shares(1) == (1 / 4, 3 / 8, 3 / 8)


@pytest.mark.filterwarnings("error")
def test_an_expert_who_is_sure_of_an_option_does_not_end_the_search():
    """Probabilities may miss 1 by 10⁻⁶, so the likeliest may have all of it."""
    method = made(prior={"op": [1.0, 4e-7, 4e-7]})
    run(method, lambda t: t.config["x"], 30)
    assert method.best() is not None and sum(method.shares(0)) == pytest.approx(1)


def test_failures_and_workers():
    method = made()
    for k in range(40):
        trial, other = method.ask(), method.ask()
        for t in (t for t in (trial, other) if t is not None):
            how = {"status": "failed", "value": None} if k % 3 == 0 else {"status": "done", "value": t.config["x"]}
            method.tell(Trial(t.id, t.config, t.fidelity, info=t.info, **how))
    assert sum(method.shares(0)) == pytest.approx(1)


def test_nothing_is_tried_twice_as_long_as_the_space_has_others():
    """With so few parameters and so seldom a change, most changes of the incumbent change nothing."""
    space = Space(a=Choice(list(range(4))), b=Choice(list(range(5))), c=Choice([0, 1], when={"a": 0}))
    for prior in (None, {"a": [0.997, 0.001, 0.001, 0.001], "b": [0.96, 0.01, 0.01, 0.01, 0.01]}):
        method = PriorBand(space, 3, max_fidelity=9, mutation=0.05, prior=prior)
        trials = run(method, lambda t: t.config["a"] + t.config["b"], 80)
        new = [t for t in trials if "continues" not in t.info]
        keys = [space.key(t.config) for t in new]
        assert len(set(keys[:25])) == 25, "the space has 25 configurations"
        assert len(keys) > 30 and {t.info["source"] for t in new} >= {"uniform", "incumbent"}
    many = PriorBand(SPACE, 0, max_fidelity=9, mutation=1e-3, prior=PRIOR)
    trials = [t for t in run(many, lambda t: t.config["x"], 100) if "continues" not in t.info]
    assert len({SPACE.key(t.config) for t in trials}) == len(trials)


def test_a_failed_trial_has_spent_the_epochs_that_it_took():
    method = made(max_fidelity=27, min_fidelity=9)
    ends = [((), 0), (((1, 0.5), (2, 0.5)), 2), (tuple((f, 0.5) for f in range(1, 10)), 9)]
    for curve, epochs in ends:
        for status in ("failed", "pruned"):
            before, trial = method.spent, method.ask()
            method.tell(Trial(trial.id, trial.config, trial.fidelity, status, curve=curve, info=trial.info))
            assert method.spent - before == epochs
    trial = method.ask()
    method.tell(Trial(trial.id, trial.config, trial.fidelity, "done", 0.5, info=trial.info))
    assert method.spent == 2 * (0 + 2 + 9) + trial.fidelity


def test_a_training_that_goes_on_and_fails_has_spent_what_it_took_beyond_the_earlier_ones():
    method = made()
    while "continues" not in (trial := method.ask()).info:
        method.tell(Trial(trial.id, trial.config, trial.fidelity, "done", trial.config["x"], info=trial.info))
    before = method.spent
    assert trial.fidelity == 3
    curve = ((1, 0.4), (2, 0.4))
    method.tell(Trial(trial.id, trial.config, trial.fidelity, "failed", curve=curve, info=trial.info))
    assert method.spent == before + 1


def test_the_belief_of_the_incumbent_by_hand():
    """Its option has what the likeliest had, numbers keep their width, and what it lacks keeps its belief."""
    space = Space(side=Choice(["l", "r"]), n=Int(1, 9, when={"side": "l"}), x=Float(0, 1))
    method = PriorBand(space, 0, max_fidelity=9, prior={"side": [0.8, 0.2], "n": [3, 0.2], "x": [0.5, 0.1]})
    method.results = {9: [(0.1, {"side": "r", "x": 0.25}), (0.3, {"side": "l", "n": 7, "x": 0.9})]}
    centred = method.centred()
    assert centred.choices[0] == pytest.approx([0.2, 0.8])
    assert centred.numbers == {1: method.prior.numbers[1], 2: (0.25, 0.1)}


def test_a_choice_of_two_changes_as_often_as_any_other():
    method = PriorBand(Space(side=Choice(["l", "r"]), x=Float(0, 1)), 0, max_fidelity=9)
    children = [method.changed({"side": "l", "x": 0.5}) for _ in range(600)]
    assert np.mean([c["side"] == "r" for c in children]) == pytest.approx(0.5, abs=0.08)


def test_a_source_without_another_draw_gives_way_to_the_uniform_one_while_there_is_one():
    space = Space(a=Choice(list(range(5))), b=Choice(list(range(5))))
    method = PriorBand(space, 3, max_fidelity=9, mutation=1e-9)  # a change changes nothing
    new = [t for t in run(method, lambda t: t.config["a"] + t.config["b"], 80) if "continues" not in t.info]
    sources = [t.info["source"] for t in new]
    assert "incumbent" not in sources[:25] and "incumbent" in sources[25:], "the space has 25 configurations"


def test_the_view_says_by_which_shares_a_configuration_was_drawn_and_from_where():
    method, seen = made(), set()
    for _ in range(22):
        before = [method.shares(rung) for rung in (0, 1, 2)]
        trial, view = method.ask(), method.view()
        if "continues" in trial.info:
            assert view.shares is None and view.source is None
        else:
            assert view.source == trial.info["source"] and view.shares == before[(1, 3, 9).index(trial.fidelity)]
        seen.add((view.source is None, view.shares and view.shares[2] > 0))
        method.tell(Trial(trial.id, trial.config, trial.fidelity, "done", trial.config["x"], info=trial.info))
    assert seen == {(True, None), (False, False), (False, True)}


def test_the_incumbent_has_a_say_after_a_full_training_the_epochs_of_a_bracket_and_three_results():
    method, rows = made(), [(0.1 * k, {"x": 0.1 * k, "op": "b"}) for k in (1, 2, 3)]
    for results, spent, says in (({1: rows}, 99, 0), ({9: rows[:1]}, 99, 0), ({9: rows}, 20, 0), ({9: rows}, 21, 1)):
        method.results, method.spent = results, spent
        assert (method.best() is not None) == bool(says)
