"""The game: real clicks, real methods, a fair budget, a score that is checked against its definition."""

import html
import re

import numpy as np
import pytest

import nasbook
from nasbook.tasks.functions import forrester
from nasbook.trace import Trace
from nasbook.widgets.labs.game import OPPONENTS, SURFACES, GameLab, expected_best, game_code, read_code, surface_of


def words(widget):
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


def click(lab, u, v):
    """A click at these fractions of the learner's map, from its lower left."""
    left, top, w, h = lab.image.areas[0]
    lab.image.inject(left + u * w, top + (1 - v) * h)
    lab.wait()


def test_clicks_are_trials_and_the_opponent_makes_as_many():
    lab = GameLab(surface="branin", opponent="tpe", trials=5, seed=2)
    for u, v in ((0.1, 0.2), (0.5, 0.5), (0.9, 0.1)):
        click(lab, u, v)
    (low1, high1), (low2, high2) = lab.task.box
    assert len(lab.trace) == len(lab.opponent) == 3
    for trial, (u, v) in zip(lab.trace.trials, ((0.1, 0.2), (0.5, 0.5), (0.9, 0.1)), strict=True):
        x1, x2 = trial.config["x1"], trial.config["x2"]
        assert (x1 - low1) / (high1 - low1) == pytest.approx(u, abs=0.005)
        assert (x2 - low2) / (high2 - low2) == pytest.approx(v, abs=0.005)
        assert trial.value == pytest.approx(lab.task([[x1, x2]])[0]) and trial.info == {"by": "user"}
    assert lab.score is None and "hidden until the end" in words(lab._sentence)


def test_a_click_a_few_pixels_beside_the_map_is_one_on_its_edge():
    lab = GameLab(surface="uneven-axes", trials=5)
    click(lab, 0.5, -0.02)
    click(lab, 1.02, 0.999)
    assert lab.trace[0].trial.config["x2"] == 0
    assert lab.trace[1].trial.config["x1"] == 1
    click(lab, 0.5, -0.2)  # among the labels of the axis: no click at all
    assert len(lab.steps) == 2 and lab.error is None


@pytest.mark.parametrize("opponent", ["grid", "latin-hypercube", "bayesian", "tpe", "cma-es"])
def test_the_opponent_plays_as_it_does_alone_whatever_you_do(opponent):
    lab = GameLab(surface="ackley", opponent=opponent, trials=9, seed=4)
    lab.move(x1=1.0, x2=2.0)
    lab.run()
    settings = {"grid": {"resolution": 3}, "latin-hypercube": {"points": 9}}.get(opponent, {})
    alone = nasbook.search(opponent, surface_of("ackley", 4), trials=9, seed=4, **settings)
    assert lab.opponent.digest == alone.digest and len(lab.trace) == 9
    assert lab.trace[0].trial.config == {"x1": 1.0, "x2": 2.0}
    assert [t.info.get("move") for t in lab.trace.trials] == [None] + ["chance"] * 8


def test_the_same_code_is_the_same_game():
    first = GameLab(importance=10, opponent="random", trials=6, seed=31)
    assert first.code == "U10R6-31" == first.controls["code"].value
    second = GameLab(code=" u10r6-31")
    first.run()
    second.run()
    assert first.opponent.digest == second.opponent.digest and first.trace.digest == second.trace.digest
    other = GameLab(code="U10R6-32")
    other.run()
    assert other.opponent.digest != first.opponent.digest
    assert np.abs(other.task.minimisers - first.task.minimisers).max() > 1e-3


def test_every_game_has_a_code_that_leads_back_to_it():
    for surface in SURFACES:
        for opponent in OPPONENTS:
            game = {"surface": surface, "importance": 35, "opponent": opponent, "trials": 12, "seed": 987}
            again = read_code(game_code(**game))
            assert again == {k: v for k, v in game.items() if k != "importance" or surface == "uneven-axes"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("hello", "'hello' is no game code: one looks like U10B15-3"),
        ("Z10B15-3", "no surface has the letter Z; there are U"),
        ("U10X15-3", "no opponent has the letter X; there are R"),
        ("B10B15-3", "U, and no other letter, is followed by an importance"),
        ("UB15-3", "U, and no other letter, is followed by an importance"),
        ("U101B15-3", "from 0 to 100"),
        ("U10B99-3", "4 to 36 trials, not 99"),
    ],
)
def test_a_code_that_is_none_gets_a_sentence_and_the_game_goes_on(code, message):
    with pytest.raises(ValueError, match=message):
        GameLab(code=code)
    lab = GameLab(trials=6)
    lab.step(2)
    lab.controls["code"].value = code
    assert re.search(message, words(lab._sentence)) and len(lab.steps) == 2
    lab.step()
    assert len(lab.steps) == 3 and lab.error is None


def test_typing_a_code_begins_that_game():
    lab = GameLab()
    lab.controls["code"].value = "BT9-5"
    assert (lab.task.name, lab.values["opponent"], lab.values["trials"]) == ("branin", "tpe", 9)
    assert "The game BT9-5 begins" in words(lab._status) and lab.controls["importance"].disabled
    with pytest.raises(ValueError, match="says already what seed is"):
        GameLab(code="BT9-5", seed=3)


def test_what_random_search_finds_on_average():
    class Line:
        d, box = 1, np.array([[0.0, 1.0]])

        def __call__(self, x):
            return np.asarray(x)[:, 0]

    n = np.arange(1, 21)
    assert expected_best(Line(), 20) == pytest.approx(1 / (n + 1), abs=2e-5)  # the first order statistic of n uniforms
    f = forrester(shift=4)
    runs = [nasbook.search("random", f, trials=10, seed=s).incumbent_values for s in range(400)]
    mean, error = np.mean(runs, 0), np.std(runs, 0) / 20
    assert (np.abs(expected_best(f, 10) - mean) < 4 * error).all()


def test_the_score_is_100_at_the_lowest_value_and_follows_its_definition():
    lab = GameLab(surface="branin", opponent="random", trials=4, seed=7)
    for x1, x2 in (lab.task.minimisers[0], (0.0, 0.0), (1.0, 1.0), (2.0, 2.0)):
        lab.move(x1=float(x1), x2=float(x2))
    assert lab.score["you"] == pytest.approx(100, abs=1e-3)
    regret = lab.opponent.best.value - lab.task.optimum
    expected = lab.expected[-1] - lab.task.optimum
    assert lab.score["random"] == pytest.approx(100 * (1 - regret / expected))
    text = words(lab._sentence)
    theirs = f"{lab.score['random']:.0f}".replace("-", "−")
    assert f"you score 100, random {theirs}: you win" in text and lab.code in text


def test_random_search_scores_nothing_on_average():
    scores = []
    for seed in range(60):
        f = surface_of("uneven-axes", 5, 50)
        chance, best = expected_best(f, 8)[-1], nasbook.search("random", f, trials=8, seed=seed).best.value
        scores.append(100 * (1 - best / chance))
    assert abs(np.mean(scores)) < 4 * np.std(scores) / np.sqrt(60)


def test_the_end_reveals_and_the_scrubber_replays_both():
    lab = GameLab(importance=5, opponent="grid", trials=9, seed=1)
    lab.step(8)
    assert not lab.frame(8).revealed and "hidden until the end" in words(lab._sentence)
    click(lab, 0.37, 0.61)
    assert "Done: 9 rounds" in words(lab._status) and lab.frame(9).revealed
    board = lab.picture.boards[1]
    assert board.image.get_visible() and board.count.get_text() == "3 and 3 distinct"
    lab._scrub.value = 4
    assert len(board.dots[0].get_offsets()) == len(lab.picture.boards[0].dots[0].get_offsets()) == 4
    assert board.image.get_visible() and "grid tried" in words(lab._sentence)
    lab._reset.click()
    assert not lab.frame(0).revealed and not lab.picture.boards[1].image.get_visible()


def test_the_switch_shows_the_opponents_points_at_once():
    lab = GameLab(opponent="sobol", trials=9)
    lab.step(3)
    board, before = lab.picture.boards[1], bytes(lab.image.png)
    assert len(board.dots[0].get_offsets()) == 0
    lab.controls["show"].value = True
    assert len(board.dots[0].get_offsets()) == 3 and bytes(lab.image.png) != before and len(lab.steps) == 3


def test_bad_clicks_and_bad_typing_get_a_sentence_and_cost_nothing():
    lab = GameLab(surface="uneven-axes", trials=4)
    left, top, w, h = lab.image.areas[2]
    lab.image.inject(left + w / 2, top + h / 2)
    assert "click in your map" in words(lab._sentence)
    for typed, message in (
        ("", "a point is 2 numbers, such as 0.5, 0.5, not ''"),
        ("0.3", "a point is 2 numbers"),
        ("a, b", "a point is 2 numbers"),
        ("nan, 0.5", "x1 must"),
        ("0.3, 1.7", r"x2 must lie in \[0, 1\], not 1.7"),
    ):
        lab.typed.value = typed
        lab._try.click()
        assert re.search(message, words(lab._sentence)), words(lab._sentence)
    assert lab.steps == []
    lab.typed.value = " 0.3 ; 0.7"
    lab._try.click()
    lab.wait()
    assert lab.trace[0].trial.config == {"x1": 0.3, "x2": 0.7}
    lab._try.click()
    assert "you have tried x1 = 0.3, x2 = 0.7 already" in words(lab._sentence) and len(lab.steps) == 1
    with pytest.raises(ValueError, match="unknown parameter 'y'"):
        lab.move(x1=0.2, y=3)
    lab.run()
    with pytest.raises(ValueError, match="all 4 trials are made"):
        lab.move(x1=0.2, x2=0.2)


def test_one_variable():
    lab = GameLab(surface="forrester", opponent="bayesian", trials=5, seed=3)
    click(lab, 0.25, 0.9)
    assert lab.trace[0].trial.config["x"] == pytest.approx(0.25, abs=0.005)
    lab.typed.value = "0.75"
    lab._try.click()
    lab.wait()
    assert lab.trace[1].trial.config == {"x": 0.75}
    lab.run()
    assert lab.score["bayesian"] > 0


def test_your_game_is_a_trace_that_can_be_saved_replayed_drawn_and_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = GameLab(importance=20, opponent="bayesian", trials=6, seed=9)
    lab.move(x1=0.31, x2=0.64)
    lab.run()
    path = lab.trace.save(tmp_path / "game.jsonl")
    again = Trace.load(path)
    assert again.digest == lab.trace.digest
    assert [s.trial.config for s in nasbook.replay(again)] == [t.config for t in lab.trace.trials]
    for kind in ("history", "contour", "slice", "parallel"):
        assert "6" in again.plot(kind).alt
    lab.files.save.click()
    assert "your 6 trials saved in" in words(lab.files.said)
    study = lab.trace.export("study.yaml", trials=40).read_text()
    assert "uneven-axes" in study and "importance: 0.2" in study and "seed: 9" in study


def test_a_new_game_and_a_static_picture():
    lab = GameLab(trials=6, seed=1)
    lab.step(2)
    old = lab.code
    while lab.code == old:  # one new seed in 10,000 is the old one
        lab._new.click()
    assert lab.steps == [] and lab.code in words(lab._status) and lab.controls["code"].value == lab.code
    data = lab._repr_mimebundle_()
    data = data[0] if isinstance(data, tuple) else data
    assert data["image/png"] and "hidden" in data["text/plain"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"opponent": "darts"}, "must be one of"),
        ({"importance": 120}, "must lie in"),
        ({"trials": 2}, "must lie in"),
        ({"rival": "tpe"}, "no setting 'rival'"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        GameLab(**arguments)


def test_enter_in_the_field_of_numbers_tries_the_point():
    lab = GameLab(surface="branin", opponent="random", trials=4, seed=1)
    lab._keyboard._message(None, {"kind": "enter", "text": "1, 2"}, [])
    lab.wait()
    assert [t.config for t in lab.trace.trials] == [{"x1": 1.0, "x2": 2.0}] and lab.typed.value == "1, 2"
    lab._keyboard._message(None, {"kind": "enter", "text": "one"}, [])
    assert "a point is 2 numbers" in words(lab._sentence) and len(lab.trace) == 1


def test_a_first_click_in_the_middle_does_not_win_the_game_that_opens_first():
    task = GameLab().task
    axes = [np.linspace(low, high, 101) for low, high in task.box]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    best = points[np.argmin(task(points))]
    sides = [(x - low) / (high - low) for x, (low, high) in zip(best, task.box, strict=True)]
    assert max(abs(s - 0.5) for s in sides) > 0.3  # with seed 0 it is at (.43, .40)
