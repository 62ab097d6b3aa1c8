"""The evolution-strategy lab: real clicks, real methods, and sentences that are checked against the views."""

import math
import re

import numpy as np
import pytest

import nasbook
from nasbook.plots.views.strategies import METHODS, axis_of
from nasbook.widgets.labs.strategies import StrategiesLab, compass


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def test_compass_steps_along_one_axis_at_a_time():
    points, values = compass(lambda x: float(x @ x), np.array([3.0, 1.0]), 1.0, 12)
    assert values[0] == 10 and len(points) == 12
    best, lowest = points[0], values[0]
    for x, value in zip(points[1:], values[1:], strict=True):
        assert np.count_nonzero(x != best) == 1  # from the best so far, one coordinate
        if value < lowest:
            best, lowest = x, value
    assert lowest == 0  # three steps along x1 and one along x2


@pytest.mark.parametrize("method", METHODS)
def test_the_run_is_the_search_with_the_same_settings(method):
    lab = StrategiesLab(method=method, angle=30, trials=40, seed=3, population=8)
    lab.run()
    task = nasbook.task("ellipsoid", condition=1000.0, shift=[1.5, 1.0], rotation=math.radians(30))
    size = {"particles" if method == "particle-swarm" else "population": 8}
    assert lab.trace.digest == nasbook.search(method, task, trials=40, seed=3, **size).digest
    for n in range(41):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 20


def test_turning_the_valley_turns_the_ellipse_and_stalls_the_search_along_the_axes():
    found = {}
    for angle in (0, 30, 60):
        lab = StrategiesLab(angle=angle, seed=1)
        lab.run()
        found[angle] = lab.trace.best.value, lab.others.min()
        assert axis_of(lab.steps[-1].view.C)[1] == pytest.approx(angle, abs=4)
        assert f"{axis_of(lab.steps[-1].view.C)[1]:.0f}°" in words(lab._sentence)
    assert found[0][1] < 1e-15 and found[30][1] > 1 and found[60][1] > 1
    assert all(cma < 0.1 for cma, _ in found.values())


def test_buttons_settings_and_scrubber():
    lab = StrategiesLab(trials=30)
    before, size = bytes(lab.image.png), (lab.image.width, lab.image.height)
    lab._step.click()
    lab.wait()
    assert len(lab.steps) == 1 and bytes(lab.image.png) != before
    lab._play.click()
    lab.wait()
    assert "Done: 30 trials" in words(lab._status)
    lab._scrub.value = 5
    assert "Trial 5 was drawn" in words(lab._sentence) and "shown: 5" in words(lab._status)
    seen = bytes(lab.image.png)
    lab.controls["axiswise"].value = False  # only the view: the steps stay
    assert len(lab.steps) == 30 and bytes(lab.image.png) != seen
    lab.controls["angle"].value = 45
    assert lab.steps == [] and "starts again" in words(lab._status)
    lab.controls["method"].value = "genetic"
    lab.controls["valley"].value = "rosenbrock"
    assert lab.task.name == "rosenbrock" and lab.method.name == "genetic"
    assert (lab.image.width, lab.image.height) == size
    lab._step.click()
    lab.wait()
    assert "at random" in words(lab._sentence)


def test_cr_belongs_to_differential_evolution():
    lab = StrategiesLab()
    assert lab.controls["CR"].disabled and "Only differential evolution" in lab.controls["CR"].tooltip
    lab.set(method="differential-evolution")
    lab.set(CR=1.0)
    assert lab.method.settings.CR == 1.0
    lab.run()
    assert all(s.view.mutation is None or s.view.mutation.mask.all() for s in lab.steps)


def test_the_sentence_of_differential_evolution_tells_who_won():
    lab = StrategiesLab(method="differential-evolution", angle=20, trials=60)
    lab.run()
    told = {True: 0, False: 0}
    for n, step in enumerate(lab.steps[:-1], 1):
        m, after = step.view.mutation, lab.steps[n].view
        if m is None:
            continue
        stays = after.ids[m.target] != step.trial.id
        told[stays] += 1
        assert ("the target stays" in lab.sentence(n)) == stays
        assert f"member {m.base + 1} plus 0.5" in lab.sentence(n)
    assert min(told.values()) > 3


def test_the_sentence_of_the_genetic_algorithm_names_the_parents():
    lab = StrategiesLab(method="genetic", trials=60)
    lab.run()
    seen = 0
    for n, step in enumerate(lab.steps, 1):
        parents = step.trial.info.get("parents")
        if parents and len(set(parents)) == 2:
            b, text = step.view.birth, lab.sentence(n)
            assert f"x1 of trial {parents[b.source[0]] + 1} and x2 of trial {parents[b.source[1]] + 1}" in text
            seen += 1
    assert seen > 10


def test_the_sentence_of_the_swarm_tells_a_new_best():
    lab = StrategiesLab(method="particle-swarm", trials=60)
    lab.run()
    best = np.inf
    for n, step in enumerate(lab.steps, 1):
        if step.view.flight is not None:
            assert ("new best of the swarm" in lab.sentence(n)) == (step.trial.value < best)
        best = min(best, step.trial.value)


def test_export_gives_a_study_with_the_same_valley(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = StrategiesLab(angle=30, trials=20)
    lab.run()
    text = lab.trace.export("study.yaml", trials=40).read_text()
    assert "ellipsoid" in text and "condition: 1000" in text and "rotation: 0.5235" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"method": "tpe"}, "must be one of"), ({"angle": 100}, "must lie in"), ({"turn": 3}, "no setting 'turn'")],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        StrategiesLab(**arguments)
