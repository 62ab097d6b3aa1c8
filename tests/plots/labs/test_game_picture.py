"""The boards of the game: points where they were tried, nothing of the opponent before the end, readable words."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.labs.board import Player
from nasbook.plots.labs.game import GamePicture, GameState

TRIALS = 16


def players(task, opponent="grid", n=TRIALS):
    names = list(task.space.parameters)
    searches = [("random", 5, {}), (opponent, 1, {"resolution": 4} if opponent == "grid" else {})]
    return [Player.of(nasbook.search(m, task, trials=TRIALS, seed=s, **k).trials[:n], names) for m, s, k in searches]


def uneven():
    return nasbook.task("uneven-axes", importance=0.1, seed=3)


def drawn(dots):
    return np.asarray(dots.get_offsets())


@pytest.mark.parametrize("task", ["uneven-axes", "branin", "forrester"])
@pytest.mark.parametrize(("n", "revealed"), [(0, False), (1, False), (9, False), (TRIALS, True)])
def test_every_word_can_be_read(task, n, revealed):
    made = nasbook.task(task)
    mine, theirs = players(made, "sobol", n)
    picture = GamePicture(made, "differential-evolution", TRIALS)
    assert_legible(picture.render_static(GameState(mine, theirs, False, revealed, np.linspace(0.6, 0.3, TRIALS))))


def test_the_opponents_points_and_the_surface_are_hidden_until_the_end():
    task = uneven()
    mine, theirs = players(task, n=9)
    picture = GamePicture(task, "grid", TRIALS)
    fig = picture.render_static(GameState(mine, theirs))
    own, other = picture.boards
    assert drawn(own.dots[0]) == pytest.approx(mine.points) and len(drawn(other.dots[0])) == 0
    assert not own.image.get_visible() and not own.lowest.get_visible() and not len(picture.floor.get_ydata())
    assert other.count.get_text() == "9 trials" and "hidden" in fig.alt and "lowest value is" not in fig.alt
    assert not len(other.rugs[0].get_xdata())
    picture.update(GameState(mine, theirs, show=True))
    assert drawn(other.dots[0]) == pytest.approx(theirs.points) and not other.image.get_visible()
    picture.update(GameState(mine, theirs, revealed=True))
    assert drawn(other.dots[0]) == pytest.approx(theirs.points) and other.image.get_visible()
    assert "The lowest value is 0." in picture.alt()


def test_hidden_points_do_not_shape_the_axes():
    task = nasbook.task("branin")
    mine, theirs = players(task, "sobol", 9)
    far = Player(theirs.points, theirs.values * 1000)
    pictures = [GamePicture(task, "sobol", TRIALS) for _ in range(2)]
    for picture, player in zip(pictures, (theirs, far), strict=True):
        picture.render_static(GameState(mine, player))
    assert pictures[0].boards[1].strip.get_ylim() == pictures[1].boards[1].strip.get_ylim()


def test_a_grid_of_sixteen_has_four_values_of_each_axis_and_the_strip_shows_them():
    task = uneven()
    mine, theirs = players(task)
    picture = GamePicture(task, "grid", TRIALS)
    picture.render_static(GameState(mine, theirs, revealed=True))
    own, other = picture.boards
    assert theirs.distinct == [4, 4] and mine.distinct == [16, 16]
    assert other.count.get_text() == "4 and 4 distinct"
    strip = drawn(other.dots[1])
    assert sorted(set(strip[:, 0])) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert strip[:, 1] == pytest.approx(np.minimum(theirs.values, other.strip.get_ylim()[1]))
    assert own.star.get_xdata()[0] == mine.points[np.argmin(mine.values), 0]
    assert own.newest.get_ydata()[0] == mine.points[-1, 1]


def test_what_lies_far_above_is_drawn_at_the_edge_of_the_strip():
    task = nasbook.task("branin")
    points = np.array([[-5.0, 0.0], [3.0, 2.0], [2.0, 2.0], [2.5, 3.0], [3.5, 3.0], [1.0, 3.0]])
    mine = Player(points, task(points))
    picture = GamePicture(task, "random", 8)
    picture.render_static(GameState(mine, mine))
    strip, top = drawn(picture.boards[0].dots[1]), picture.boards[0].strip.get_ylim()[1]
    assert mine.values[0] > 300 > top and strip[0, 1] == top
    assert strip[1:, 1] == pytest.approx(mine.values[1:])


def test_the_best_so_far_and_the_words():
    task = uneven()
    mine, theirs = players(task)
    picture = GamePicture(task, "grid", TRIALS)
    expected = np.linspace(0.7, 0.2, TRIALS)
    picture.render_static(GameState(mine, theirs, revealed=True, expected=expected))
    top = picture.curve.get_ylim()[1]
    for line, player in zip(picture.lines, (mine, theirs), strict=True):
        assert line.get_ydata() == pytest.approx(np.minimum(np.minimum.accumulate(player.values), top))
    assert picture.chance.get_ydata() == pytest.approx(np.minimum(expected, top))
    won = "you won" if mine.values.min() < theirs.values.min() else "grid won"
    assert won in picture.sentence()


def test_a_frame_does_not_carry_over_what_an_earlier_one_showed():
    task = uneven()
    mine, theirs = players(task)
    states = [GameState(mine, theirs, revealed=True), GameState(*players(task, n=4)), GameState(*players(task, n=0))]
    moved = GamePicture(task, "grid", TRIALS)
    for state in states:
        pixels = moved.frame(state).copy()
        np.testing.assert_array_equal(pixels, GamePicture(task, "grid", TRIALS).frame(state))


def test_it_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match="function of one or two variables"):
        GamePicture(nasbook.task("hartmann6"), "random", 5)
