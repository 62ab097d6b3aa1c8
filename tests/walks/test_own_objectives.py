"""One contract for objectives: of whatever form, they go through search, export, run, kill, resume and picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import until

import nasbook
from nasbook.scale import load_study, run
from nasbook.trace import Trace

MODULE = """
import functools, json, os, time
from pathlib import Path

import nasbook
from nasbook.task import Fidelity, Task

HERE = Path(__file__).parent
SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def train(config, fidelity, seed, report, checkpoint, scale=1.0):
    \"\"\"Some epochs, kept in a checkpoint; a file called `slow` makes them long enough to be killed in.\"\"\"
    total, begin = 0.0, 0
    if checkpoint is not None and checkpoint.exists():
        total, begin = json.loads(checkpoint.read_text())
    for epoch in range(begin + 1, int(fidelity or 3) + 1):
        if (HERE / "slow").exists():
            time.sleep(0.05)
        total += scale * (config["x"] - 0.3) ** 2 + (seed or 0) % 1000 * 1e-9
        if report:
            report(epoch, total / epoch)
        if checkpoint is not None:
            scratch = checkpoint.with_suffix(".tmp")
            scratch.write_text(json.dumps([total, epoch]))
            os.replace(scratch, checkpoint)
    with open(HERE / "log", "a") as log:
        log.write(f"{begin}\\\\n")
    return total / int(fidelity or 3)


def optional(config, fidelity=3, seed=0, report=None, checkpoint=None):
    return train(config, fidelity, seed, report, checkpoint)


def required(config, fidelity, seed, report, checkpoint):
    return train(config, fidelity, seed, report, checkpoint)


def keywords(config, *, report, seed, fidelity, checkpoint):
    return train(config, fidelity, seed, report, checkpoint)


def anything(config, **context):
    assert set(context) >= {"seed", "report"}
    return train(config, context.get("fidelity"), context["seed"], context["report"], context.get("checkpoint"))


def some(config, report, scale=2.0):
    return train(config, 3, 0, report, None, scale)


def plain(config):
    return train(config, 3, 0, None, None)


def decorated(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


wrapped = decorated(keywords)
fixed = functools.partial(keywords, seed=7)


class Model:
    def __call__(self, config, *, report, checkpoint, fidelity=None, seed=0):
        return train(config, fidelity, seed, report, checkpoint)

    def method(self, config, report, fidelity=None):
        return train(config, fidelity, 0, report, None)

    @classmethod
    def of_the_class(cls, config, *, seed):
        return train(config, 3, seed, None, None)

    @staticmethod
    def free(config, checkpoint):
        return train(config, 3, 0, None, checkpoint)


instance = Model()
bound = instance.method


class Own(Task):
    name = "own:Own"
    space = SPACE
    fidelity = Fidelity("epoch", 1, 4)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        return train(config, fidelity or 4, seed, report, checkpoint)


def make(scale=1.0):
    task = Own()
    task.name = "own:make"
    task.arguments = {}
    return task
"""
FORMS = [
    "optional", "required", "keywords", "anything", "some", "plain", "wrapped", "fixed", "instance", "bound",
    "Model.of_the_class", "Model.free", "Own", "make",
]  # fmt: skip
SPACE = nasbook.Space(x=nasbook.Float(0, 1))


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The module `own`, imported as a notebook would."""
    (tmp_path / "own.py").write_text(MODULE.replace("\\\\n", "\\n"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("own", None)
    import own

    yield own
    sys.modules.pop("own", None)


def found(own, form):
    """(what is given to search, its arguments, how another process would name it)."""
    thing = own
    for part in form.split("."):
        thing = getattr(thing, part)
    if form in ("Own", "make"):
        return thing(), {}
    return thing, {"space": SPACE}


@pytest.mark.parametrize("form", FORMS)
def test_an_objective_of_any_form_is_searched_exported_run_and_drawn(own, tmp_path, form):
    objective, arguments = found(own, form)
    trace = nasbook.search("random", objective, trials=3, seed=1, **arguments, out=tmp_path / "trace.jsonl")
    assert [t.status for t in trace.trials] == ["done"] * 3, trace.trials[0].reason
    trace = nasbook.search(
        "random", objective, trials=5, seed=1, **arguments, out=tmp_path / "trace.jsonl", resume=True
    )
    assert [t.status for t in trace.trials] == ["done"] * 5

    path = trace.export(tmp_path / "study.yaml", trials=4, best=0, task=f"own:{form}")
    study = load_study(path)
    assert study.task.name == f"own:{form}"
    ran = run(path, tmp_path / "out")
    assert [t.status for t in ran.trials] == ["done"] * 4, ran.trials[0].reason
    # The same search on another engine: the same configurations, seeds and values.
    again = nasbook.search("random", study.make_task(), trials=4, seed=1)
    assert [(t.config, t.value, t.curve) for t in ran.trials] == [(t.config, t.value, t.curve) for t in again.trials]
    reports = form not in ("plain", "Model.of_the_class", "Model.free")
    assert all(bool(t.curve) == reports for t in ran.trials)
    for kind in ("history", "learning-curves") if reports else ("history",):
        assert ran.plot(kind).get_axes()


@pytest.mark.parametrize("form", ["keywords", "anything", "instance", "Own"])
def test_a_killed_run_goes_on_from_the_checkpoint(own, tmp_path, form):
    objective, arguments = found(own, form)
    trace = nasbook.search("random", objective, trials=2, seed=1, **arguments)
    path = trace.export(tmp_path / "study.yaml", trials=2, best=0, epochs=12, task=f"own:{form}")
    straight = run(path, tmp_path / "straight")
    (tmp_path / "slow").touch()
    (tmp_path / "log").unlink()
    out = tmp_path / "out"
    command = [sys.executable, "-m", "nasbook.cli", "run", str(path), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        state = out / "checkpoints" / "0" / "state"
        until(lambda: state.exists() or process.poll() is not None)
        assert state.exists()
        process.kill()
    (tmp_path / "slow").unlink()
    resumed = run(path, out, resume=True)
    assert resumed.digest == straight.digest
    assert [t.curve for t in resumed.trials] == [t.curve for t in straight.trials]
    assert int((tmp_path / "log").read_text().split()[0]) > 0, "it began anew"
    assert Trace.load(out / "trace.jsonl").plot("history").get_axes()


def test_a_method_that_continues_trainings_gives_a_checkpoint_to_any_engine(own, tmp_path):
    trace = nasbook.search("successive-halving", own.Own(), trials=6, seed=1, min_fidelity=1, eta=2)
    path = trace.export(tmp_path / "study.yaml", trials=6, best=0, task="own:Own")
    ran = run(path, tmp_path / "out")
    assert {t.status for t in (*trace.trials, *ran.trials)} == {"done"}
    assert [t.value for t in ran.trials] == [t.value for t in trace.trials]


def test_pbt_says_what_it_needs(own):
    with pytest.raises(ValueError, match="pbt") as caught:
        nasbook.search("pbt", own.Own(), trials=4)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["optional", "required", "keywords", "anything", "wrapped", "instance"])
def test_a_population_of_own_trainings_is_exported_run_killed_and_resumed(own, tmp_path, form):
    objective, arguments = found(own, form)
    effort, settings = nasbook.Fidelity("epoch", 1, 4), {"population": 3}
    trace = nasbook.search("pbt", objective, **arguments, fidelity=effort, seed=1, **settings)
    assert [t.status for t in trace.trials] == ["done"] * 12, trace.trials[0].reason
    path = trace.export(tmp_path / "study.yaml", task=f"own:{form}")
    study = load_study(path)
    assert study.budget.trials == 12 and study.fidelity and (study.fidelity.unit, study.fidelity.max) == ("epoch", 4)
    straight = run(path, tmp_path / "straight")
    assert [(t.config, t.value, t.info) for t in straight.trials] == [(t.config, t.value, t.info) for t in trace.trials]
    assert straight.plot("lineage").get_axes()

    (tmp_path / "slow").touch()
    out = tmp_path / "out"
    command = [sys.executable, "-m", "nasbook.cli", "run", str(path), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        written = out / "trace.jsonl"
        until(lambda: process.poll() is not None or written.exists() and written.read_text().count('"tell"') >= 4)
        process.kill()
    (tmp_path / "slow").unlink()
    assert 4 <= len(Trace.load(out / "trace.jsonl").trials) <= 12
    (tmp_path / "log").unlink()
    resumed = run(path, out, resume=True)
    assert resumed.digest == straight.digest
    assert len((tmp_path / "log").read_text().split()) <= 9, "it trained again what was trained"

    longer = load_study(trace.export(tmp_path / "longer.yaml", task=f"own:{form}", epochs=6))
    assert longer.budget.trials == 18 and longer.fidelity and longer.fidelity.max == 6
    assert max(t.fidelity for t in run(tmp_path / "longer.yaml", tmp_path / "longer").trials) == 6


def test_a_population_without_a_fidelity_is_refused_before_it_begins(own, tmp_path):
    trace = nasbook.search("pbt", own.keywords, space=SPACE, fidelity=nasbook.Fidelity("epoch", 1, 4), seed=1)
    path = trace.export(tmp_path / "study.yaml", task="own:keywords")
    rows = [line for line in path.read_text().splitlines() if not line.startswith("fidelity")]
    at = next(i for i, line in enumerate(path.read_text().splitlines()) if line.startswith("fidelity"))
    path.write_text("\n".join(rows if "{" in path.read_text().splitlines()[at] else rows[:at] + rows[at + 3 :]) + "\n")
    assert load_study(path).fidelity is None
    with pytest.raises(ValueError, match=r"in a study fidelity: \{unit: epoch, min: 1, max: 27\}") as caught:
        run(path, tmp_path / "out")
    assert "\n" not in str(caught.value)
