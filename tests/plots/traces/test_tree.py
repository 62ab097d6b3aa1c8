"""The tree of a conditional space: boxes and lines are its conditions, bars the trials, the light the next one."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.plots import style
from nasbook.plots.traces.tree import Node, TreePicture, columns_of

TREE = Space(
    depth=Int(1, 3),
    optimiser=Choice(["sgd", "adam"]),
    momentum=Float(0, 1, when={"optimiser": "sgd"}),
    nesterov=Choice([True, False], when={"optimiser": "sgd"}),
    damping=Float(0, 1, when={"nesterov": False}),
    **{f"width_{i}": Int(8, 64, when={"depth": list(range(i, 4))}) for i in (2, 3)},
)
WIDE = Space(n=Int(1, 40), late=Float(0, 1, when={"n": [38, 39, 40]}))


def told(space, n, seed=0, **settings):
    """A view of TPE after n trials whose value falls with the number of parameters that exist."""
    trace = nasbook.search(
        "tpe", lambda config: -len(config) + 0.01 * len(str(config)), space=space, trials=n, seed=seed
    )
    method = nasbook.method("tpe", space, seed=seed, **settings)
    method.remember(trace.trials)
    method.ask()
    return trace, method.view()


def test_boxes_and_lines_are_the_conditions():
    columns, lines = columns_of(TREE)
    assert [[n.name for n in c if n.values is None] for c in columns[::2]] == [
        ["depth", "optimiser"],
        ["momentum", "nesterov", "width_2", "width_3"],
        ["damping"],
    ]
    assert {n for n in columns[1]} == {Node("depth", (v,)) for v in (1, 2, 3)} | {
        Node("optimiser", (v,)) for v in ("sgd", "adam")
    }
    to = {(a.name, a.values, b.name) for a, b in lines if a.values is not None}
    assert to == {
        ("depth", (2,), "width_2"),
        ("depth", (3,), "width_2"),
        ("depth", (3,), "width_3"),
        ("optimiser", ("sgd",), "momentum"),
        ("optimiser", ("sgd",), "nesterov"),
        ("nesterov", (False,), "damping"),
    }


def test_many_values_share_a_branch_where_they_lead_to_the_same():
    columns, _ = columns_of(WIDE)
    assert [n.values for n in columns[1]] == [tuple(range(1, 38)), (38, 39, 40)]


@pytest.mark.parametrize("n", [4, 30])
def test_counts_light_and_words_are_those_of_the_trials(n):
    trace, view = told(TREE, n)
    picture = TreePicture(TREE, trials=40)
    fig = picture.render_static(view)
    assert_legible(fig)
    good = {t.id for t in view.below} if n > 10 else set()
    for node, (g, all_) in picture.counts.items():
        there = [t for t in trace.trials if node.name in t.config]
        if node.values is not None:
            there = [t for t in there if t.config[node.name] in node.values]
        assert (g, all_) == (sum(t.id in good for t in there), len(there))
        unit = picture.boxes[node].bars[1].get_width() + picture.boxes[node].bars[0].get_width()
        assert unit == pytest.approx(all_ / n * (picture.wide - 0.26))
    following = TREE.decode(view.next)
    assert {node.name for node in picture.lit if node.values is None} == set(following)
    assert {(node.name, *node.values) for node in picture.lit if node.values} == {
        (k, v) for k, v in following.items() if k in ("depth", "optimiser", "nesterov")
    }
    lit = [line for (a, b), line in picture.edges.items() if line.get_color() == style.NEXT]
    assert len(lit) == sum(a in picture.lit and b in picture.lit for a, b in picture.lines) > 0
    assert f"Trial {n + 1} of 40" in fig.sentence and f"{len(following)} of 7 parameters exist" in fig.sentence
    sgd = sum(t.config["optimiser"] == "sgd" for t in trace.trials)
    assert f"optimiser = sgd leads to momentum and nesterov: {sgd} trial" in fig.alt


def test_the_end_of_a_search_lights_nothing_and_frames_follow_the_state():
    _, view = told(TREE, 20)
    picture = TreePicture(TREE)
    first = picture.frame(view).copy()
    object.__setattr__(view, "next", None)
    assert not np.array_equal(first, picture.frame(view))
    assert picture.lit == set() and picture.sentence() == "After 20 trials"


def test_a_space_without_conditions_has_no_tree():
    with pytest.raises(ValueError, match="no parameter of this space depends on another"):
        TreePicture(Space(x=Float(0, 1)))
