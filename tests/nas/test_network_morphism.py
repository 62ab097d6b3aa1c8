"""Network morphism: who becomes a parent, what a child inherits, and stopping and going on."""

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from warm import Warm

import nasbook
from nasbook import registry
from nasbook.kit.learner import measure
from nasbook.nas import network_morphism
from nasbook.nas.network_morphism import NetworkMorphism, NetworkMorphismView
from nasbook.nas.parts.chain_growth import first_chain
from nasbook.scale import load_study, run
from nasbook.task import trial_seed
from nasbook.trace import Trace

SHORT = {"steps": 2, "children": 4, "epochs": 2}


def small(**options):
    return nasbook.task("digits-conv-chain", **{"train": 100, "depth": 4, "device": "cpu", **options})


@pytest.fixture(scope="module")
def climbs():
    """A climb with inherited weights and one without, and their methods."""
    found = {}
    for inherit in (True, False):
        task = small()
        method = NetworkMorphism(task.space, seed=1, inherit=inherit, **SHORT)
        found[inherit] = nasbook.search(method, task, views=True), method, task
    return found


@pytest.mark.parametrize("inherit", [True, False])
def test_the_best_child_is_the_next_parent(climbs, inherit):
    trace, method, _ = climbs[inherit]
    assert len(trace) == 1 + 2 * 4
    first = trace.trials[0]
    assert first.config == first_chain(method.spaces) and "parent" not in first.info
    parent = first
    for step in (1, 2):
        children = trace.trials[4 * step - 3 : 4 * step + 1]
        assert {t.info["parent"] for t in children} == {parent.id} and {t.info["step"] for t in children} == {step}
        candidates = children if inherit else [parent, *children]
        parent = min(candidates, key=lambda t: t.value)  # of equal ones the first
        assert trace[4 * step].view.best == parent.id
    assert method.best.id == parent.id


def test_children_begin_with_what_the_parent_knows(climbs):
    trace, method, task = climbs[True]
    values = {t.id: t.value for t in trace.trials}
    for step in trace.steps[1:]:
        assert step.view.before == pytest.approx(values[step.view.parent], abs=1 / 300)
    untrained = [s.view.before for s in climbs[False][0]]
    assert min(untrained) > 0.6  # ten classes and no training
    best = method.best
    assert measure(best.net, *method.images["val"])[1] == best.error == trace.trials[best.id].value


def test_a_child_is_changed_and_child_0_is_the_parent(climbs):
    for inherit in (True, False):
        trace = climbs[inherit][0]
        configs = {t.id: t.config for t in trace.trials}
        for t in trace.trials[1:]:
            same = inherit and t.id in (1, 5)
            assert len(t.info["morphisms"]) == (0 if same else 2)
            assert (t.config == configs[t.info["parent"]]) == same


def test_the_epochs_are_counted(climbs):
    for inherit in (True, False):
        trace = climbs[inherit][0]
        for t in trace.trials:
            assert t.fidelity == 2 and [e for e, _ in t.curve] == [1, 2] and t.curve[-1][1] == t.value
            assert t.info["trained"] == (2 * (t.info["step"] + 1) if inherit else 2)
            assert t.metrics["accuracy"] == 1 - t.value and t.cost > 0


def test_the_same_seed_gives_the_same_climb_and_another_another(climbs):
    trace = climbs[True][0]
    assert nasbook.search(NetworkMorphism, small(), seed=1, **SHORT).digest == trace.digest
    other = nasbook.search(NetworkMorphism, small(), seed=2, trials=3, **SHORT)
    assert [t.config for t in other.trials] != [t.config for t in trace.trials[:3]]


def test_without_inheritance_a_trial_is_a_training_from_scratch(climbs):
    trace, method, task = climbs[False]
    t = trace.trials[6]
    fresh = task.network(t.config, trial_seed(1, t.id))
    assert measure(fresh, *method.images["val"])[1] == trace[6].view.before
    assert t.metrics["parameters"] == task.architectures.parameters(t.config)


# ---- what goes wrong -------------------------------------------------------------------------------------


def test_a_first_chain_that_diverges_ends_the_search():
    trace = nasbook.search(NetworkMorphism, small(), lr=1e30, **SHORT)
    assert [t.status for t in trace.trials] == ["failed"] and "diverged" in trace.trials[0].reason


def test_a_step_in_which_all_children_fail_keeps_the_parent(monkeypatch):
    def learn(*arguments):
        found = network_morphism_learn(*arguments)
        count["n"] += 1
        return replace(found, val_loss=math.nan) if 2 <= count["n"] <= 5 else found

    network_morphism_learn, count = network_morphism.learn, {"n": 0}
    monkeypatch.setattr(network_morphism, "learn", learn)
    trace = nasbook.search(NetworkMorphism, small(), **SHORT)
    assert [t.status for t in trace.trials] == ["done", *["failed"] * 4, *["done"] * 4]
    assert {t.info["parent"] for t in trace.trials[1:]} == {0}


def test_the_next_parent_is_the_best_child_that_has_not_failed_though_it_is_worse(monkeypatch):
    def learn(*arguments):
        found = network_morphism_learn(*arguments)
        count["n"] += 1
        if count["n"] == 2:
            return replace(found, val_loss=math.nan)
        worse = [*found.errors[:-1], 0.9 + 0.01 * count["n"]]  # than the parent's
        return replace(found, errors=worse) if 3 <= count["n"] <= 5 else found

    network_morphism_learn, count = network_morphism.learn, {"n": 0}
    monkeypatch.setattr(network_morphism, "learn", learn)
    trace = nasbook.search(NetworkMorphism, small(), **SHORT)
    assert [t.status for t in trace.trials[:5]] == ["done", "failed", "done", "done", "done"]
    assert trace.trials[0].value < 0.93 and [t.info["parent"] for t in trace.trials[1:]] == [0] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"children": 1}, "children must be a whole number of at least 2, not 1"),
        ({"steps": 0}, "steps must be a whole number of at least 1"),
        ({"morphisms": 0.5}, "morphisms must be a whole number of at least 1"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"lr": 0}, "lr must be above 0, not 0"),
        ({"momentum": 1}, r"momentum must lie in \(0, 0.999\], not 1"),
        ({"inherit": "yes"}, "inherit must be True or False, not 'yes'"),
        ({"batch": 200}, "network-morphism: batch is 200, but digits-conv-chain has 100 images to learn from"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says):
        nasbook.search(NetworkMorphism, small(), trials=1, **settings)


def test_another_space_is_refused_with_methods_that_serve_it():
    with pytest.raises(ValueError, match="grows convolutional chains.*'digits-conv-chain'.*'regularized-evolution'"):
        nasbook.search("network-morphism", "digits-cells", trials=1)
    with pytest.raises(ValueError, match="network-morphism grows networks, and .* builds none"):
        nasbook.search("network-morphism", lambda config: 0.0, space=small().space, trials=1)


# ---- stopping, going on, pictures, studies ---------------------------------------------------------------


def test_a_stopped_climb_goes_on_to_the_same_end(climbs, tmp_path):
    whole = climbs[True][0]
    for trials in (1, 3, 5, 8):  # within a step and between two
        out = tmp_path / f"{trials}.jsonl"
        nasbook.search(NetworkMorphism, small(), seed=1, trials=trials, out=out, **SHORT)
        again = nasbook.search(NetworkMorphism, small(), seed=1, out=out, resume=True, views=True, **SHORT)
        assert again.digest == whole.digest and again[-1].view == whole[-1].view
    (tmp_path / "8.jsonl.state").write_bytes(b"torn")
    with pytest.raises(ValueError, match="cannot be read .*delete it"):
        nasbook.search(NetworkMorphism, small(), seed=1, out=tmp_path / "8.jsonl", resume=True, **SHORT)


SCRIPT = """
import sys, time, nasbook
task = nasbook.task("digits-conv-chain", train=100, depth=4, device="cpu")
options = {"seed": 1, "steps": 2, "children": 4, "epochs": 2, "out": sys.argv[1], "resume": True}
for step in nasbook.steps("network-morphism", task, **options):
    if step.index == int(sys.argv[2]):
        time.sleep(300)  # so that no kill comes too late
"""


@pytest.mark.slow
def test_a_killed_climb_ends_like_an_undisturbed_one(climbs, tmp_path):
    out, kills = tmp_path / "t.jsonl", 0
    command = [sys.executable, "-c", SCRIPT, str(out), "7"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for at_least in (2, 6):  # lines: a header, then two a trial
        process = Warm(command, env=environment)
        while process.poll() is None and (not out.exists() or out.read_bytes().count(b"\n") < 2 * at_least):
            time.sleep(0.005)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run([*command[:-1], "-1"], env=environment, check=True)
    assert kills == 2
    assert Trace.load(out).digest == climbs[True][0].digest


def test_views_come_back_from_the_file(climbs, tmp_path):
    trace = climbs[True][0]
    path = trace.save(tmp_path / "t.jsonl")
    views = [s.view for s in nasbook.replay(Trace.load(path))]
    assert views == [s.view for s in trace] and isinstance(views[0], NetworkMorphismView)


@pytest.mark.parametrize("kind", ["history", "learning-curves"])
def test_the_climb_can_be_drawn(climbs, kind):
    figure = climbs[True][0].plot(kind)
    assert figure.axes and figure.alt


def test_a_climb_is_exported_and_runs(tmp_path):
    task = small(train=60, depth=2)
    trace = nasbook.search("network-morphism", task, trials=2, steps=1, children=2, epochs=1)
    path = trace.export(tmp_path / "s.yaml", epochs=2, settings={"steps": 2, "children": 3})
    study = load_study(path)
    assert study.budget.trials == 1 + 2 * 3 and study.method.settings["epochs"] == 2
    assert study.first == [] and study.workers == 1
    cost = nasbook.scale.estimate(trace, epochs=2, settings={"steps": 2, "children": 3})
    assert ("epochs 1 → 2", 2.0) in cost.factors and not cost.unknown and cost.trials == 7
    done = run(path, tmp_path / "out")
    assert len(done) == 7 and done.trials[-1].fidelity == 2
    assert registry.find("method", "network-morphism").family == "one-shot"
