"""The landscape puts every cell in its own place, changes one edge by one straight step, and tells the truth."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, all_cells, to_cell, to_config, to_row
from nasbook.plots.traces.landscape import LandscapePicture, landscape, layout, row_of, true_values
from nasbook.plots.views.population import Family, living, parents_of


def place(config):
    return layout()[to_row(config)]


def trace_of(method="regularized-evolution", trials=40, task="nb201-cifar10", **settings):
    return nasbook.search(method, task, trials=trials, seed=1, views=True, **settings)


# ---- the map -----------------------------------------------------------------------------------------------------


def test_every_cell_has_a_place_of_its_own():
    places = layout()
    assert places.shape == (15625, 2) and places.min() == 0 and places.max() == 124
    assert len({tuple(p) for p in places.tolist()}) == 15625


def test_neighbours_are_straight_ahead_and_nobody_else_is_one_edge_away():
    space = nasbook.task("nb201-cifar10").space
    for cell in ("333132", "000000", "214302"):
        config = to_config(cell)
        here = place(config)
        for other in space.neighbours(config):
            (name,) = (n for n in EDGE_NAMES if config[n] != other[n])
            step = place(other) - here
            # edges into the output or into node 2 from node 1 move up, the others across
            across = name in ("edge_0_3", "edge_0_1", "edge_0_2")
            assert step[1 if across else 0] == 0 and step[0 if across else 1] != 0


def test_the_large_blocks_are_the_edges_into_the_output():
    for config in map(to_config, ("333132", "041320", "111111")):
        x, y = place(config)
        order = ("none", "avgpool", "skip", "conv1x1", "conv3x3")
        assert order[x // 25] == config["edge_0_3"] and order[y // 25] == config["edge_2_3"]


def test_rows_agree_with_the_space_of_cells():
    for cell in list(all_cells())[::977]:
        assert row_of(to_config(cell)) == to_row(cell)


# ---- the picture -------------------------------------------------------------------------------------------------


def test_the_colours_are_the_true_accuracies():
    table = nasbook.task("nb201-cifar10")
    picture = LandscapePicture(true_values(table))
    picture.render_static([])
    image = np.asarray(picture.map.get_array())
    for cell in ("333132", "000000", "214302"):
        x, y = place(to_config(cell))
        assert image[y, x] == pytest.approx(100 * table.accuracy(cell))
    assert tuple(np.ravel(picture.goal.get_data())) == tuple(place(table.best))


def test_dots_way_and_members_stand_at_their_cells():
    trace = trace_of(trials=60, population=8, sample=3)
    picture = LandscapePicture(true_values("nb201-cifar10"), 60)
    fig = picture.render_static(trace.steps)
    tried = np.stack(picture.tried.get_data(), 1)
    assert [tuple(p) for p in tried] == [tuple(place(t.config)) for t in trace.trials]
    best = []
    for step in trace:
        if step.incumbent.config not in best[-1:]:
            best.append(step.incumbent.config)
    assert [tuple(p) for p in np.stack(picture.walk.get_data(), 1)] == [tuple(place(c)) for c in best]
    alive = {tuple(place(t.config)) for t in trace[-1].view.population}
    assert {tuple(p) for p in np.stack(picture.alive.get_data(), 1)} == alive
    rank = nasbook.task("nb201-cifar10").rank(trace.best.config)
    assert f"rank {rank:,} of 15,625" in fig.sentence and f"rank {rank:,}" in fig.alt
    assert f"{len({to_cell(t.config) for t in trace.trials})} cells tried" in fig.alt


@pytest.mark.parametrize("method", ["random", "genetic", "local-search", "reinforce"])
@pytest.mark.parametrize("trials", [1, 30])
def test_every_strategy_is_drawn_and_legible(method, trials):
    fig = nasbook.search(method, "digits201-messy", trials=trials, seed=0).plot("landscape")
    assert_legible(fig)
    assert "15,625" in fig.alt


def test_before_the_first_trial_it_is_the_table_alone():
    fig = landscape([], table="nb201-imagenet16")
    assert "true validation accuracy" in fig.sentence and "Nothing has been tried" in fig.alt


def test_a_shown_run_does_not_change_the_truth():
    one_run = nasbook.task("nb201-cifar10", run=0)
    np.testing.assert_array_equal(true_values(one_run), true_values("nb201-cifar10"))


def test_a_saved_trace_and_cells_from_elsewhere_have_their_place(tmp_path):
    trace = trace_of(trials=20)
    loaded = nasbook.Trace.load(trace.save(tmp_path / "t.jsonl"))
    assert landscape(loaded).alt == landscape(trace).alt
    other = nasbook.search("random", lambda c: 0.5, space=nasbook.task("nb201-cifar10").space, trials=5)
    assert "5 cells tried" in landscape(other, table="digits201-digits").alt


@pytest.mark.parametrize(
    ("search", "options", "message"),
    [
        (("random", "branin"), {}, "does not know the true accuracy of every cell"),
        (("random", "digits-hpo-messy"), {}, "does not know the true accuracy of every cell"),
        (("random", "branin"), {"table": "nb201-cifar10"}, "not cells of NAS-Bench-201"),
        (("random", "nb201-cifar10"), {"table": "nb201-cifar11"}, "did you mean"),
    ],
)
def test_other_spaces_get_one_clear_sentence(search, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        nasbook.search(*search, trials=3).plot("landscape", **options)
    assert "\n" not in str(caught.value)


def test_steps_alone_need_a_table():
    with pytest.raises(ValueError, match="give table="):
        landscape(trace_of(trials=3).steps)


# ---- who is alive ------------------------------------------------------------------------------------------------


def test_a_child_of_two_has_both_parents_and_descends_from_the_one_it_resembles():
    trace = trace_of("genetic", trials=60, population=8, children=8)
    family = Family(trace.steps)
    twins = [t for t in trace.trials if len(set(t.info.get("parents", ()))) == 2]
    assert twins
    for child in twins:
        assert parents_of(child) == tuple(child.info["parents"])
        a, b = ([child.config[n] == trace.trials[p].config[n] for n in EDGE_NAMES] for p in child.info["parents"])
        nearer = child.info["parents"][0 if sum(a) >= sum(b) else 1]
        assert family.parent[child.id] == nearer and set(family.parents[child.id]) == set(child.info["parents"])


def test_children_that_are_not_judged_yet_live():
    trace = trace_of("genetic", trials=44, population=8, children=8)
    view = trace[-1].view
    assert (
        {t.id for t in living(view)} == {t.id for t in (*view.population, *view.children)} == Family(trace.steps).alive
    )


def test_of_a_local_search_the_centre_and_what_it_has_seen_are_alive():
    trace = trace_of("local-search", trials=40)
    view = trace[-1].view
    assert living(view)[0].id == view.centre.id and Family(trace.steps).alive == {t.id for t in living(view)}
    assert living(trace[0].view) == ()
