"""Every method, begun in every way, cut at any line: it can be read, drawn again, gone on with and given more."""

import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

import nasbook
from nasbook import Choice, Float, Int, Space, registry
from nasbook.cli import main
from nasbook.method import KNOWN
from nasbook.scale import run
from nasbook.search import replay, search
from nasbook.task import Evaluation, Fidelity, Task
from nasbook.trace import Trace

NUMBERS = Space(x=Float(0, 1), y=Float(1e-3, 1, log=True), n=Int(1, 9))
MIXED = Space(x=Float(0, 1), n=Int(1, 9), c=Choice(["a", "b"]), y=Float(1e-3, 1, log=True, when={"c": "b"}))
CHAIN = Space(depth=Int(1, 3), **{f"k_{i}": Choice([1, 3, 5], when={"depth": list(range(i, 4))}) for i in (1, 2, 3)})
ODD = 0.12345678901234567  # more digits than a method would write


class Priced(Task):
    """A table's clock, ten seconds an epoch, some failures; two objectives where they are wanted."""

    name, knows_cost, fidelity = "priced", True, Fidelity("epoch", 1, 9)

    def __init__(self, space, several=False):
        self.space, self.several = space, several
        self.objectives = ("error", "size") if several else ()

    def evaluate(self, config, *, fidelity=None, report=None, **_):
        if config.get("n") == 7:
            raise RuntimeError("seven")
        epochs = int(fidelity or 9)
        size = sum((i + 1) * len(str(v)) for i, v in enumerate(config.values()))
        value = lambda r: float(config.get("x", 0.4)) + size / 50 + 1 / r  # noqa: E731
        for r in range(1, epochs + 1):
            report(r, value(r), 10.0 * r)
        return Evaluation(value(epochs), (value(epochs), float(size)) if self.several else None, cost=10.0 * epochs)


class Clock(Priced):
    """The same on this machine's clock."""

    name, knows_cost = "clock", False


RUNGS = ["asha", "hyperband", "successive-halving", "bohb", "dehb"]
SLOW = ["bayesian", "forest", "pfn", "tpe", "parego", "bananas", "rgpe", "reinforce", "ppo"]
METHODS = [e.name for e in registry.METHODS if e.family != "one-shot"]
SPACES = {
    "compound": Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3)),
    "cma-es": NUMBERS,
    "particle-swarm": NUMBERS,
    **dict.fromkeys(("cnn-differential-evolution", "reinforce", "ppo"), CHAIN),
}
SETTINGS = {
    **{name: {"max_fidelity": 9} for name in RUNGS},
    "freeze-thaw": {"new": "random"},
    "bananas": {"startup": 4, "batch": 4, "members": 2, "epochs": 10, "candidates": 20},  # it fits twice, and quickly
}
WAYS = ["neither", "first", "warm_start", "both"]


def begun(name, way, task):
    """How a search of this method begins in this way."""
    space = task.space
    fixed = {"x": ODD, "n": 3, "y": ODD / 2} if space is NUMBERS else {"x": ODD, "n": 3, "c": "b", "y": ODD / 2}
    fixed = {"depth": 2, "k_1": 3, "k_2": 5} if space is CHAIN else fixed
    fixed = {"alpha": 1 + ODD, "beta": 1.1, "gamma": 1.0, "phi": 2} if "phi" in space.parameters else fixed
    other = search("random", task, trials=3, seed=8).trials[0].config
    options = {"seed": 5, **SETTINGS.get(name, {})}
    if way in ("first", "both"):
        options["first"] = [fixed, other, fixed]
    if way in ("warm_start", "both"):
        options["warm_start"] = search(name, task, trials=known_of(name), seed=2, **SETTINGS.get(name, {}))
    return options


def events(trace, clock=True):
    none = {} if clock else {"start": 0.0, "end": 0.0, "cost": 0.0}
    return [(kind, replace(t, **none)) for kind, t in trace.events]


def written(path):
    """What is in a file, without the word that a trial was begun again."""
    return b"".join(x for x in path.read_bytes().splitlines(keepends=True) if not x.startswith(b'{"event": "again"'))


def quietly(call, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*args, **options)


def trials_of(name):
    return 8 if name in SLOW else 24 if name in RUNGS else 16


def known_of(name):
    return 4 if name in SLOW else 12


def cuts(name, lines):
    """How many lines a kill leaves: every fifth number for quick methods, some for those that take their time."""
    step = 5 if name in ("asha", "hyperband", "successive-halving") else 13 if name in SLOW else 11
    return range(1, lines + 1, step)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", METHODS)
def test_a_search_that_was_killed_at_any_line_ends_like_one_that_was_not(name, way, tmp_path):
    path = tmp_path / "t.jsonl"
    for workers in (1, 3) if name in RUNGS and way != "both" else (1,) if way == "first" else (3,):
        task = Priced(SPACES.get(name, MIXED), name in ("nsga2", "parego"))
        options = {"trials": trials_of(name), "workers": workers, "out": path, **begun(name, way, task)}
        path.unlink(missing_ok=True)
        whole = search(name, task, **options)
        lines = path.read_bytes().splitlines(keepends=True)
        known = sum(KNOWN in t.info for t in whole.trials)
        assert known == (known_of(name) if "warm_start" in options else 0)
        assert sum(t.info.get("by") == "user" for t in whole.trials) - known == len(options.get("first", ()))
        assert events(Trace.load(path)) == events(whole)
        again = list(replay(Trace.load(path)))
        assert [s.trial for s in again] == whole.trials
        for i, kept in enumerate(cuts(name, len(lines))):
            torn = lines[kept][: len(lines[kept]) // 2] if kept < len(lines) and i % 2 else b""
            path.write_bytes(b"".join(lines[:kept]) + torn)
            resumed = quietly(search, name, task, **options, resume=True)
            assert events(resumed) == events(whole), (workers, kept)
            assert written(path) == b"".join(lines), (workers, kept)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", METHODS)
def test_a_finished_search_takes_a_larger_budget(name, way, tmp_path):
    path, n = tmp_path / "t.jsonl", trials_of(name)
    task = Clock(SPACES.get(name, MIXED), name in ("nsga2", "parego"))
    options = {"out": path, "resume": True, **begun(name, way, task)}
    search(name, task, trials=n - 6, **options)
    larger = search(name, task, trials=n, **options)
    path.unlink()
    whole = search(name, task, trials=n, **options)
    assert events(larger, clock=False) == events(whole, clock=False)
    assert larger.digest == whole.digest == Trace.load(path).digest
    if name not in SLOW:  # without saying again how it began
        options.pop("first", None), options.pop("warm_start", None)
        assert search(name, task, trials=n, **options).digest == whole.digest


@pytest.mark.parametrize("name", RUNGS)
def test_known_trials_take_the_places_that_they_had(name):
    """A search that begins with its own whole trace does at once what the trace's search would have done next."""
    task, options, places = Priced(MIXED), {"seed": 2, "max_fidelity": 9}, ("continues", "bracket", "rung")
    whole = search(name, task, trials=24, **options).trials
    promoted = [n for n, t in enumerate(whole) if "continues" in t.info and n > 9]
    assert len(promoted) >= 3
    for n in promoted[:3]:
        warm = search(name, task, trials=1, warm_start=search(name, task, trials=n, **options), **options).trials
        for was, now in zip(whole, warm, strict=False):
            assert (now.config, now.fidelity, now.value) == (was.config, was.fidelity, was.value)
            assert [now.info.get(k) for k in places] == [was.info.get(k) for k in places]
        assert len(warm) == n + 1 and KNOWN not in warm[n].info


@pytest.mark.parametrize("name", RUNGS)
def test_known_trials_of_a_search_without_rungs_keep_their_fidelity(name, tmp_path):
    """They were trained fully: among short trainings they would be the best by far."""
    task, path = Priced(MIXED), tmp_path / "t.jsonl"
    earlier = search("random", task, trials=6, seed=3)
    trace = search(name, task, trials=20, seed=1, warm_start=earlier, max_fidelity=9, out=path)
    assert [t.fidelity for t in trace.trials[:6]] == [None] * 6
    lowest = trace.trials[6].fidelity
    assert lowest == 1 and not any(t.info.get("continues", 9) < 6 for t in trace.trials)
    for step in replay(Trace.load(path)):
        rungs = step.view.rungs if name == "asha" else [r for b in step.view.brackets for r in b.rungs]
        assert not any(i < 6 for r in rungs if r.fidelity < 9 for i in r.trials)
    if name == "bohb":
        assert any(t.info.get("model_fidelity") == 9 for t in trace.trials), "its densities know them"
    if name == "dehb":
        assert (step.view.populations[9][1] < float("inf")).any(), "they are in the population"


@pytest.mark.parametrize("name", ["asha-random-1", "hyperband-self-3", "dehb-self-3"])
def test_files_in_which_a_known_trial_took_another_ones_place_can_still_be_read(name):
    """Earlier versions put it into the lowest rung, with the fidelity and the configuration that it had."""
    trace = Trace.load(Path(__file__).parent / "data" / f"warm_{name}.jsonl")
    asked = {t.id: t for kind, t in trace.events if kind == "ask"}
    assert any((t.config, t.fidelity) != (asked[t.id].config, asked[t.id].fidelity) for t in trace.trials)
    assert [s.trial for s in replay(trace)] == trace.trials
    assert trace.plot("history") and trace.best.value == min(t.value for t in trace.trials if t.status == "done")


@pytest.mark.parametrize("name", ["random", "hyperband"])
def test_what_is_wanted_later_comes_later(name, tmp_path):
    """A resumed search may want more configurations, or none of those that have not been tried."""
    task, path = Clock(MIXED), tmp_path / "t.jsonl"
    a, b, c = (search("random", task, trials=3, seed=8).trials[i].config for i in range(3))
    options = {"seed": 5, "out": path, "resume": True, **SETTINGS.get(name, {})}
    search(name, task, trials=4, first=[a], **options)
    trace = search(name, task, trials=6, first=[a, b, c], **options)
    assert [t.config for t in trace.trials if t.info.get("by") == "user"] == [a, b, c]
    search(name, task, trials=8, **options)
    assert len(list(replay(Trace.load(path)))) == 8


def test_another_warm_start_is_named(tmp_path):
    task, path = Clock(MIXED), tmp_path / "t.jsonl"
    one, two = (search("random", task, trials=4, seed=s) for s in (1, 2))
    search("random", task, trials=2, warm_start=one, out=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"it had begun with another warm_start, whose trial 0 is \{.*\} with .*, not"):
        search("random", task, trials=4, warm_start=two, out=path, resume=True)
    assert path.read_bytes() == before
    assert len(search("random", task, trials=4, warm_start=one, out=path, resume=True)) == 8


def test_a_warm_start_fits_into_a_wider_space():
    f = nasbook.FunctionTask
    narrow = Space(x=Float(0, 1), n=Int(1, 4), c=Choice(["a", "b"]))
    wide = Space(x=Float(-1, 2), n=Float(0, 9), c=Choice(["a", "b", "z"]), k=nasbook.Constant(7, when={"c": "z"}))
    objective = lambda config: config["x"] + config["n"]  # noqa: E731
    earlier = search("random", f(objective, narrow, "f"), trials=8, seed=1)
    for name in ("random", "tpe", "bayesian", "genetic"):
        warm = search(name, f(objective, wide, "f"), trials=2, warm_start=earlier)
        assert [t.value for t in warm.trials[:8]] == [t.value for t in earlier.trials] and len(warm) == 10
        assert isinstance(warm.trials[0].config["n"], float)
    for other, parameter in (
        (Space(x=Float(0, 0.1), n=Int(1, 4), c=Choice(["a", "b"])), r"x must lie in \[0, 0\.1\]"),
        (Space(x=Float(0, 1), n=Int(1, 4), c=Choice(["a", "z"])), "c must be one of 'a', 'z', not 'b'"),
        (Space(x=Float(0, 1), n=Int(1, 4), c=Choice(["a", "b"]), y=Float(0, 1)), "parameter 'y' is missing"),
        (Space(x=Float(0, 1), n=Int(1, 4)), "unknown parameter 'c'"),
    ):
        with pytest.raises(ValueError, match=rf"only trials of this space can be told, and trial \d .*{parameter}"):
            search("random", f(objective, other, "f"), trials=2, warm_start=earlier)


def test_the_setting_that_differs_is_shown(tmp_path):
    path, options = tmp_path / "t.jsonl", {"trials": 2, "out": tmp_path / "t.jsonl", "resume": True}
    names = {f"parameter_{i}": Float(0, 1) for i in range(30)}
    task = lambda **more: nasbook.FunctionTask(lambda c: 1.0, Space({**names, **more}), "f")  # noqa: E731
    search("bohb", task(), max_fidelity=9, **options)

    def differs(sentence, changed=task(), **settings):  # noqa: B008
        with pytest.raises(ValueError) as error:
            search("bohb", changed, **options, **{"max_fidelity": 9, **settings})
        assert str(error.value) == f"{path} holds another search: {sentence}"

    differs("settings.min_bandwidth is 0.001 there and 0.5 here", min_bandwidth=0.5)
    differs("seed is 0 there and 3 here; settings.eta is 3 there and 2 here", seed=3, eta=2)
    differs(
        "seed is 0 there and 1 here; settings.eta is 3 there and 2 here; settings.top is 0.15 there and 0.3 here; and "
        "2 more",
        seed=1,
        eta=2,
        top=0.3,
        samples=8,
        random=0.5,
    )
    differs("space.parameter_29.high is 1.0 there and 2.0 here", task(parameter_29=Float(0, 2)))
    differs("space.z is missing there and {'type': 'choice', 'options': ['a', 'b']} here", task(z=Choice(["a", "b"])))
    path.unlink()
    search("bohb", task(z=Choice(["a", "b" * 200 + "c"])), max_fidelity=9, **options)
    differs(
        f"space.z.options[1] is …{'b' * 10}c' there and …{'b' * 10}d' here".replace("…b", "…'b").replace(
            "c' t", "c' t"
        ),
        task(z=Choice(["a", "b" * 200 + "d"])),
    )


# ---- the other engines -----------------------------------------------------------------------------------------

MODULE = '''
import time
from nasbook import Float, FunctionTask, Int, Space
from nasbook.task import Fidelity, Task

SPACE = Space(x=Float(0, 1), n=Int(1, 9))


class Trained(Task):
    """Learns in epochs, on the clock."""

    name, space, fidelity = "trained", SPACE, Fidelity("epoch", 1, 9)

    def evaluate(self, config, *, fidelity=None, report=None, **_):
        for epoch in range(1, int(fidelity or 9) + 1):
            report(epoch, config["x"] + config["n"] / 50 + 1 / epoch)
        return config["x"] + config["n"] / 50 + 1 / (fidelity or 9)
'''


@pytest.fixture
def study(tmp_path, monkeypatch):
    """study(method, task, **changes) writes a study with `first`, as an export does."""
    (tmp_path / "resumed_task.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "resumed_task", raising=False)  # of another test's folder
    monkeypatch.syspath_prepend(tmp_path)

    def write(method, task="resumed_task:Trained", **target):
        from resumed_task import Trained

        trace = search("random", Trained() if task.startswith("resumed") else task, trials=4, seed=4)
        trace.header = replace(trace.header, task=task, method=method, settings=SETTINGS[method])
        return trace.export(tmp_path / "study.yaml", overwrite=True, **{"trials": 16, "best": 3, **target})

    return write


@pytest.mark.parametrize("name", RUNGS)
def test_a_run_of_an_exported_study_is_resumed_at_any_line(name, study, tmp_path):
    """A table, inside the process; `first` is in every exported study."""
    out = tmp_path / "out"
    path = study(name, "digits201-digits", workers=2)
    whole = run(path, out)
    lines = (out / "trace.jsonl").read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines), 7):
        (out / "trace.jsonl").write_bytes(b"".join(lines[:kept]) + lines[kept][:20])
        resumed = quietly(run, path, out, resume=True)
        assert events(resumed) == events(whole) and written(out / "trace.jsonl") == b"".join(lines)
    with pytest.raises(ValueError, match="was begun with 2 simulated workers, .* take --workers 2, or another --out"):
        run(path, out, resume=True, workers=3)
    assert run(out / "study.yaml", out, resume=True).digest == whole.digest, "the folder keeps the study that fits"
    longer = run(study(name, "digits201-digits", workers=2, trials=20), out, resume=True)
    assert len(longer) == 20 and events(Trace.load(out / "trace.jsonl")) == events(longer)


@pytest.mark.parametrize(("name", "workers"), [("hyperband", 1), ("asha", 2)])
def test_a_run_with_worker_processes_is_resumed(name, workers, study, tmp_path):
    out = tmp_path / "out"
    path = study(name, workers=workers)
    whole = run(path, out)
    assert {t.status for t in whole.trials} == {"done"} and any("continues" in t.info for t in whole.trials)
    lines = (out / "trace.jsonl").read_bytes().splitlines(keepends=True)
    for kept in (2, 9, len(lines)):
        (out / "trace.jsonl").write_bytes(b"".join(lines[:kept]) + b"".join(lines[kept : kept + 1])[:30])
        resumed = quietly(run, path, out, resume=True)
        assert len(resumed) == 16 and not resumed.pending
        assert sum(t.info.get("by") == "user" for t in resumed.trials) == 3
        if workers == 1:
            assert resumed.digest == whole.digest
    longer = run(study(name, workers=workers, trials=20), out, resume=True)
    assert len(longer) == 20 and [s.trial for s in replay(longer)] == longer.trials


def test_the_command_resumes_what_was_cut(tmp_path, capsys):
    out = tmp_path / "t.jsonl"
    earlier = search("random", "digits201-digits", trials=4, seed=9).save(tmp_path / "earlier.jsonl")
    command = [
        "search", "hyperband", "digits201-digits", "--trials", "24", "--out", str(out), "--json", "--workers", "2",
        "--warm-start", str(earlier), "--resume",
    ]  # fmt: skip
    assert main(command) == 0
    digest = json.loads(capsys.readouterr().out)["digest"]
    lines = out.read_bytes().splitlines(keepends=True)
    for kept in (0, 1, 4, 17, 40, len(lines)):
        out.write_bytes(b"".join(lines[:kept]) + b"".join(lines[kept : kept + 1])[:-9])
        assert main(command) == 0
        assert json.loads(capsys.readouterr().out)["digest"] == digest
        assert written(out).splitlines()[1:] == [line.rstrip(b"\n") for line in lines[1:]]
