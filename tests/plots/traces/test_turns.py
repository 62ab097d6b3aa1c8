"""The picture of a search in turns: where each begins, what it hands on, and what it says."""

import pytest

import nasbook
from nasbook.plots.traces.turns import TurnsPicture, turns_of
from nasbook.tasks.digits_jahs import DEFAULT


def searched(order, trials, turn):
    return nasbook.search(
        "staged", "digits-jahs", trials=trials, turn=turn, order=order, inner="random", seed=1, default=DEFAULT
    )


def test_grounds_and_diamonds_are_where_the_turns_are():
    trace = searched("in turns", 22, 5)
    picture = TurnsPicture(22)
    picture.render_static(trace)
    boxes = {part: [p.get_extents() for p in ground.get_paths()] for part, ground in picture.grounds.items()}
    assert [(b.x0, b.x1) for b in boxes["architecture"]] == [(0.5, 5.5), (10.5, 15.5), (20.5, 22.5)]
    assert [(b.x0, b.x1) for b in boxes["recipe"]] == [(5.5, 10.5), (15.5, 20.5)] and not boxes["both"]
    x, y = picture.handed.get_data()
    values = [t.value for t in trace.trials]
    assert x.tolist() == [5, 10, 15, 20] and y.tolist() == [min(values[:n]) for n in (5, 10, 15, 20)]
    for n in (5, 10, 15):  # it is what the next turn is frozen at
        part, trials, best = turns_of(trace.trials[: n + 5])[-1]
        held = [p for p in best.config if (p in DEFAULT) != (part == "recipe")]
        start = min(trace.trials[:n], key=lambda t: t.value).config
        assert all(t.config[p] == start[p] for t in trials for p in held)


def test_it_says_what_each_turn_has_found():
    trace = searched("architecture first", 12, 6)
    fig = trace.plot("turns")
    first, last = (f"{100 * (1 - min(t.value for t in trace.trials[:n])):.1f} %" for n in (6, 12))
    assert fig.sentence == f"Best so far after each turn: architecture to {first}, then recipe to {last}"
    assert f"architecture to {first} in 6 trials; recipe to {last} in 6 trials" in fig.alt
    assert fig.alt == trace.plot().alt, "it is the method's own picture"
    assert "22 trials" in searched("in turns", 22, 1).plot("turns").alt
    assert "5 turns: architecture to" in searched("in turns", 10, 2).plot("turns").sentence
    assert "both to" in searched("joint", 4, 2).plot("turns").alt


def test_a_search_cut_short_without_success_and_other_traces():
    def fails(config):
        raise ValueError("no")

    space = nasbook.join("nb201-cell", lr=nasbook.Float(0, 1))
    failed = nasbook.search("staged", fails, space=space, trials=4, turn=2, inner="random")
    assert "no success yet" in failed.plot("turns").alt
    with pytest.raises(ValueError, match="turns draws a trace of 'staged'.*trial 0 does not"):
        nasbook.search("random", "branin", trials=2).plot("turns")
    with pytest.raises(ValueError, match="turns draws a trace of 'staged'"):
        nasbook.plots.plot(list(nasbook.search("random", "branin", trials=2)), "turns")
