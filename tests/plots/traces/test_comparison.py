"""Pictures of several methods hold the numbers of nasbook.statistics, are legible, and refuse in one sentence."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import BeatsPicture, RanksPicture, plot
from nasbook.plots.traces.comparison import hits
from nasbook.statistics import compare
from nasbook.trace import Header, Trace, Trial


@pytest.fixture(scope="module")
def traces():
    return [
        nasbook.search(method, "nb201-cifar10", trials=25, seed=seed)
        for method in ("random", "regularized-evolution", "local-search")
        for seed in range(7)
    ]


@pytest.mark.parametrize("kind", ["compare", "critical-difference", "beats", "profiles"])
def test_it_is_drawn_described_and_legible(traces, kind):
    fig = plot(traces, kind)
    assert fig.alt and fig.sentence and "regularized-evolution" in fig.alt
    assert_legible(fig)
    found = compare(traces)
    assert plot(found, kind).alt == fig.alt


def test_the_artists_hold_the_numbers(traces):
    found = compare(traces)
    ranks = RanksPicture(list(found.ranks))
    ranks.render_static(found)
    np.testing.assert_allclose(ranks.dots.get_xdata(), list(found.ranks.values()))
    np.testing.assert_allclose(np.ptp(ranks.bars[0].get_xdata()), found.cd)
    beats = BeatsPicture(found.pairs)
    fig = beats.render_static(found)
    at = [line.get_xdata()[0] for line in beats.ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(at, [p.beats for p in found.pairs])
    assert all(f"{p.beats:.2f}" in fig.alt for p in found.pairs)


def test_profiles_count_trials_until_the_target(traces):
    found = compare(traces)
    costs, _ = hits(found, target=0.0)
    assert all(np.isinf(c).all() for c in costs.values())
    assert "gets there on 0 %" in plot(traces, "profiles", target=0.0).alt
    costs, _ = hits(found)
    for method, c in costs.items():
        assert len(c) == 7 and (c >= 1).all(), method


def test_profiles_end_at_the_budget_that_all_have_and_dots_are_filled_by_the_alpha_that_was_given():
    def told(method, values, seed=0):
        trace = Trace(Header(method, "made", nasbook.Space(x=nasbook.Float(0, 1)), seed=seed))
        for i, v in enumerate(values):
            trace.ended(Trial(i, {"x": 0.5}, status="done", value=v, start=i, end=i + 1.0))
        return trace

    for x in ("trials", "time"):
        costs, _ = hits(compare([told("a", [5.0, 4.0, 1.0]), told("b", [5.0, 3.0])], x=x))
        assert costs["a"][0] == np.inf and costs["b"][0] == 2  # a's third trial is none that b had
    pairs = [told(m, [s + (m == "b")], s) for m in "ab" for s in range(5)]  # p = 1/16
    for alpha, filled in ((0.05, False), (0.1, True)):
        found = compare(pairs, alpha=alpha)
        picture = BeatsPicture(found.pairs, alpha)
        picture.render_static(found)
        (dot,) = [line for line in picture.ax.lines if line.get_marker() == "o"]
        assert (dot.get_markerfacecolor() != "white") is bool(found.differ()) is filled


def test_a_low_value_at_a_low_fidelity_reaches_no_target():
    def told(method, rows):
        trace = Trace(Header(method, "made", nasbook.Space(x=nasbook.Float(0, 1))))
        for i, (f, value, status) in enumerate(rows):
            trace.ended(Trial(i, {"x": 0.5}, fidelity=f, status=status, value=value))
        return trace

    halving = told("halving", [(1, 0.1, "done"), (9, 0.2, "pruned"), (9, 0.5, "done"), (9, 0.3, "done")])
    plain = told("plain", [(9, 0.6, "done"), (9, 0.4, "done"), (9, 0.4, "done"), (9, 0.4, "done")])
    costs, words = hits(compare([halving, plain]), target=0.45)
    assert costs["halving"][0] == 4 and costs["plain"][0] == 2
    assert "of the highest fidelity" in words and words in plot([halving, plain], "profiles", target=0.45).alt
    few = told("few", [(1, 0.1, "done")] * 4)  # nothing in full: it gets nowhere
    costs, _ = hits(compare([few, plain]))
    assert costs["few"][0] == np.inf and costs["plain"][0] == 1


def test_several_tasks_are_compared_by_profiles_and_ranks(traces):
    others = [
        nasbook.search(m, "nb201-cifar100", trials=25, seed=s) for m in ("random", "local-search") for s in range(7)
    ]
    fig = plot([t for t in traces if t.header.method != "regularized-evolution"] + others, "compare")
    assert "Performance profiles over 14 problems" in fig.alt and "of nb201-cifar10 and nb201-cifar100" in fig.alt
    assert_legible(fig)


def test_many_methods_with_long_names():
    rng = np.random.default_rng(0)
    space = nasbook.Space(x=nasbook.Float(0, 1))
    runs = {
        f"一种方法 $x_{k}$ of a very long name indeed number {k}": [
            nasbook.search("random", lambda c, e=e: c["x"] + e, space=space, trials=3, seed=s) for s in range(6)
        ]
        for k, e in enumerate(rng.random(8))
    }
    fig = plot(runs, "compare", same_task=True)
    assert_legible(fig)
    assert "18 more pairs not drawn" in fig.alt


def test_one_seed_each_and_runs_that_have_all_failed(traces):
    few = [traces[0], traces[7]]
    assert "may be luck" in plot(few, "compare").sentence or "one seed" in plot(few, "compare").sentence
    space = nasbook.Space(x=nasbook.Float(0, 1))
    failed = {
        m: [nasbook.search("random", lambda c: 1 / 0, space=space, trials=3, seed=s) for s in range(3)] for m in "ab"
    }
    assert_legible(plot(failed, "compare", same_task=True))


def test_what_is_missing_is_said(traces):
    with pytest.raises(ValueError, match="plot compare: it compares methods, and all of these runs are of 'random'"):
        plot(traces[:7], "compare")
    apart = [traces[0], traces[8]]
    for kind, told in (("critical-difference", "no seed was run by every method"), ("profiles", "no problem to share")):
        with pytest.raises(ValueError, match=told):
            plot(apart, kind)
    assert_legible(plot(apart, "compare"))
    with pytest.raises(ValueError, match="give whole traces"):
        plot(traces[0].steps, "beats")
