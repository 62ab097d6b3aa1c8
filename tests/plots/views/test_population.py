"""Population and family tree tell who lives, who died, and who descends from whom, as the trace has it."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import PopulationPicture, TreePicture, family_tree, population
from nasbook.plots.views.population import Family


@pytest.fixture(scope="module")
def trace():
    return nasbook.search(
        "regularized-evolution", "nb201-cifar10", trials=60, seed=3, views=True, population=8, sample=3
    )


def test_births_parents_and_generations(trace):
    family = Family(trace.steps)
    for i, trial in family.trials.items():
        assert family.born[i] == trial.id + 1  # one worker: they end in the order of their starts
        parent = trial.info.get("parent")
        assert family.parent.get(i) == parent
        assert family.generation[i] == (0 if parent is None else family.generation[parent] + 1)


def test_the_oldest_dies_after_a_full_life(trace):
    """With P = 8 a member is born with trial k and leaves when 8 younger ones have been born."""
    family = Family(trace.steps)
    assert family.alive == {t.id for t in trace[-1].view.population}
    for i, when in family.died.items():
        assert when == family.born[i] + 8
    assert set(family.died) == set(range(60 - 1 - 8))  # the last view is from before the last trial


def test_ancestors_are_followed_to_a_random_start(trace):
    family = Family(trace.steps)
    line = family.line(trace.best.id)
    assert line[0] == trace.best.id and "parent" not in family.trials[line[-1]].info
    for child, parent in zip(line, line[1:], strict=False):
        assert family.trials[child].info["parent"] == parent
    assert family.line(None) == []


def test_dots_lives_and_descent_are_at_the_accuracies(trace):
    picture = PopulationPicture(60, limits=(0.0, 1.0))
    picture.render_static(trace.steps)
    shown = {round(x): y for x, y in zip(*picture.living.get_data(), strict=True)}
    assert shown == pytest.approx({t.id + 1: 100 * (1 - t.value) for t in trace[-1].view.population})
    best = trace.best
    assert picture.star.get_ydata()[0] == pytest.approx(100 * (1 - best.value))
    assert len(picture.descent.get_segments()) == len(Family(trace.steps).line(best.id)) - 1
    drawn = {round(x) - 1 for x in picture.drawn.get_xdata()}
    assert drawn == set(trace[-1].view.tournament)


def test_a_member_keeps_its_place_from_frame_to_frame(trace):
    tree = TreePicture(60)
    tree.make_figure()
    places = {}
    for k in range(1, 61):
        tree.update(trace.steps[:k])
        ids = [t.id for t in trace.trials[:k]]
        for i, xy in zip(ids, tree.nodes.get_offsets(), strict=True):
            assert places.setdefault(i, tuple(xy)) == tuple(xy)


def test_limits_grow_only(trace):
    picture = PopulationPicture()
    picture.make_figure()
    before = None
    for k in range(1, 61):
        picture.update(trace.steps[:k])
        now = (*picture.ax.get_xlim(), *picture.ax.get_ylim())
        if before:
            assert now[1] >= before[1] and now[2] <= before[2] and now[3] >= before[3]
        before = now


def test_titles_and_alt_texts_have_the_numbers(trace):
    fig = population(trace)
    last = trace.trials[-1]
    assert f"a child of trial {last.info['parent'] + 1}, best of 3 drawn" in fig.sentence
    assert f"{100 * (1 - last.value):.1f} %" in fig.sentence
    assert "8 were alive" in fig.alt and f"trial {trace.best.id + 1}, has validation accuracy" in fig.alt
    line = Family(trace.steps).line(trace.best.id)
    tree = family_tree(trace)
    assert "descends: trial " + " from ".join(str(i + 1) for i in line) in tree.alt
    assert f"{len(line) - 1} mutation" in tree.sentence or len(line) == 1


def test_a_saved_trace_is_replayed(trace, tmp_path):
    trace.save(tmp_path / "t.jsonl")
    assert population(nasbook.Trace.load(tmp_path / "t.jsonl")).alt == population(trace).alt


def test_methods_without_families_are_drawn_too():
    trace = nasbook.search("random", "nb201-cifar10", trials=10)
    fig = population(trace)
    assert "a random start" in fig.sentence
    assert_legible(fig)
    assert_legible(family_tree(trace))


def test_failures_have_their_place():
    space = nasbook.Space(x=nasbook.Float(0, 1))

    def often(config):
        if config["x"] > 0.6:
            raise RuntimeError("no")
        return config["x"]

    trace = nasbook.search("regularized-evolution", often, space=space, trials=30, seed=0, views=True)
    picture = PopulationPicture(30)
    fig = picture.render_static(trace.steps)
    failed = [t.id + 1 for t in trace.trials if t.status == "failed"]
    assert list(picture.lost.get_xdata()) == failed and failed
    assert_legible(fig)
    assert_legible(TreePicture(30).render_static(trace.steps))


@pytest.mark.parametrize("trials", [1, 3, 20, 500])
def test_populations_are_legible(trials):
    trace = nasbook.search("regularized-evolution", "nb201-cifar10", trials=trials, seed=1, views=True)
    assert_legible(population(trace, trials=max(trials, 20)))
    assert_legible(family_tree(trace, trials=max(trials, 20)))


def test_an_empty_population_is_drawn():
    assert PopulationPicture(10).render_static([]).sentence == "No trial has ended yet"
    assert np.isfinite(TreePicture(10).frame([])).all()
