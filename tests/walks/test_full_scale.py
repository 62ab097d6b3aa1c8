"""From the notebook to full scale and back: a study with longer trainings, two engines, and traces that agree."""

from pathlib import Path

import pytest

import nasbook
from nasbook.scale import estimate, load_study, measure, run
from nasbook.scale.storage import stored, trace_of
from nasbook.scale.storage_worker import work
from nasbook.scale.trust import Trust
from nasbook.trace import Trace

MODULE = """
import json
import time


def train(config, fidelity, report, checkpoint):
    epoch, x = json.loads(checkpoint.read_text()) if checkpoint and checkpoint.exists() else (0, 1.0)
    while epoch < fidelity:
        time.sleep(0.002)
        epoch, x = epoch + 1, x * (1 - config["lr"])
        if checkpoint:
            checkpoint.write_text(json.dumps([epoch, x]))
        report(epoch, x * x)
    return x * x
"""


@pytest.fixture
def train(tmp_path, monkeypatch):
    (tmp_path / "descent.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("descent").train
    __import__("sys").modules.pop("descent")


def test_a_notebooks_halving_goes_to_full_scale_and_back(train, tmp_path):
    space, epochs = nasbook.Space(lr=nasbook.Float(0.01, 1, log=True)), nasbook.Fidelity("epoch", 1, 3)
    small = nasbook.search("successive-halving", train, space=space, fidelity=epochs, trials=4, out="small.jsonl")
    target = {"epochs": 9, "trials": 13, "workers": 2, "best": 2}
    path = small.export("study.yaml", **target)
    study = load_study(path)
    assert study.make_method().settings.levels == (1, 3, 9), "the rungs are as long as the study says"
    share = (9 * 1 + 3 * 2 + 1 * 6) / 13 / 9
    assert estimate(small, **target, path=path).factors[-1][1] == pytest.approx(share)

    found = measure(path, trials=1, epochs=3)
    cost = estimate(small, **target, path=path)  # by what was measured here, in each room
    assert cost.measured == found.seconds[0] and str(cost) == str(found.estimate(study))
    assert cost.seconds == pytest.approx(found.seconds[0] * 3 * share)

    local = run(path, "runs/local")
    assert sorted(t.fidelity for t in local.trials) == [1] * 9 + [3] * 3 + [9]
    assert local.cost().seconds > 0 and run(path, "runs/local", resume=True).digest == local.digest
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    work(url, tmp_path / "shared", Trust(tmp_path), study=study, index=0)
    shared = trace_of(stored(url))
    assert {(t.fidelity, *t.config.values(), t.value) for t in shared.trials} == {
        (t.fidelity, *t.config.values(), t.value) for t in local.trials
    }
    for i, back in enumerate((local, shared)):
        back.save(f"back{i}.jsonl")
        again = load_study(Trace.load(f"back{i}.jsonl").export(f"again{i}.yaml"))
        assert (again.fidelity, again.method, again.budget) == (study.fidelity, study.method, study.budget)
        assert back.plot().get_axes() and back.plot("cost").get_axes() and back.plot("learning-curves").get_axes()


def test_what_was_measured_is_said_where_it_cannot_be_kept(train):
    space = nasbook.Space(lr=nasbook.Float(0.01, 1, log=True))
    path = nasbook.search("random", train, space=space, fidelity=nasbook.Fidelity("epoch", 1, 3), trials=2).export()
    Path("study.measured.json").mkdir()
    with pytest.warns(UserWarning, match=r"study.measured.json: .*is a directory; so what was measured is said once"):
        assert len(measure(path, trials=1).seconds) == 1
