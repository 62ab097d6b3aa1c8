"""The ensemble as code: it says what the weighted members say, also in a process that finds no nasbook."""

import json

import numpy as np
import pytest

import nasbook
from nasbook.automl import together
from nasbook.automl.ensemble import ensemble
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import collect
from nasbook.automl.together import Member

WEIGHTS = (0.5, 0.3, 0.2)
ONE = {"trial": 0, "weight": 0.5, "seed": 0, "config": {"scale": "none", "features": "all", "model": "naive-bayes"}}


def members(task, models):
    rng = np.random.default_rng(1)
    configs = [next(c for c in iter(lambda: task.space.sample(rng), None) if c["model"] == m) for m in models]
    return [Member(i, w, c, 10 + i) for i, (w, c) in enumerate(zip(WEIGHTS, configs, strict=True))]


def mixed(task, some, x):
    """Σ w p, by hand."""
    return sum(m.weight * task.predict(task.fitted(m.config, m.seed, everything=True), x) for m in some)


def test_a_process_without_nasbook_says_what_the_members_say_together(folder, predicted):
    task = Pipelines(str(folder / "d.csv"), target="y")
    some = members(task, ["svm", "forest", "logistic"])
    file = together.save(task, some, folder / "vote")
    there = predicted(file, folder / "d.csv")
    again = together.load(file.parent)
    space = {}
    text = file.read_text()
    exec(compile(text, "ensemble.py", "exec"), space)
    x = space["matrix"](space["read_csv"](folder / "d.csv", "cp1252", ";"), space["FEATURES"])
    p = mixed(task, some, x)
    assert there == np.array(task.known.classes)[p.argmax(1)].tolist() == again.predict(x).tolist()
    assert len(set(there)) == 2 and np.allclose(again.predict_proba(x), p, atol=1e-6)
    assert "import nasbook" not in text and "class Voter" in text and "def ensemble" in text
    assert "Voter(trial_0())" in text and "def trial_2" in text and "weights=[0.5, 0.3, 0.2]" in text
    assert all(np.array_equal(space["fitted"](folder / "d.csv").predict(x), there) for _ in "ab")


@pytest.mark.parametrize(
    ("table", "models"),
    [("wine", ["svm", "naive-bayes", "knn"]), ("diabetes", ["svm", "ridge", "tree"])],
)
def test_three_classes_and_numbers(table, models):
    task = Pipelines(table)
    some = members(task, models)
    space = {}
    exec(together.source(task, some), space)
    model = space["ensemble"]().fit(task.table.x, task.table.labels)
    p = mixed(task, some, task.table.x)
    assert ("class Voter" in together.source(task, some)) == (table == "wine")  # numbers need no probabilities
    if task.known.kind == "regression":
        assert np.allclose(model.predict(task.table.x), p)
    else:
        assert np.allclose(model.predict_proba(task.table.x), p, atol=1e-6)
        assert (model.predict(task.table.x) == p.argmax(1)).all()


def test_members_are_those_of_the_search_and_stacking_has_none():
    task = Pipelines("wine", rows=60, models=["naive-bayes", "knn"])
    trace = nasbook.search("random", task, trials=4, seed=0)
    kept = collect(trace, task)
    found = ensemble(kept, task)
    some = together.members_of(trace, found)
    assert [m.trial for m in some] == list(found.weights) and sum(m.weight for m in some) == pytest.approx(1)
    assert all(m.config == trace.trials[m.trial].config for m in some)
    with pytest.raises(ValueError, match="'stacked' has no shares"):
        together.members_of(trace, ensemble(kept, task, "stacked"))
    with pytest.raises(ValueError, match="needs a member"):
        together.source(task, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "nasbook/pipeline@1"}, "no ensemble of nasbook"),
        ({"members": 3}, "members.* missing or damaged"),
        ({"members": []}, "needs a member"),
        ({"members": [3]}, "a member must have trial, weight, config, seed"),
        ({"members": [{"trial": 0, "weight": "much", "config": {}, "seed": 0}]}, "a member must have"),
        ({"members": [{"trial": 0, "weight": 1.0, "config": {}, "seed": 0}]}, "configuration is empty"),
        ({"members": [{"trial": 0, "weight": -1.0, "config": {}, "seed": 0}]}, "weight"),
        ({"members": [ONE, ONE]}, "member twice"),
        ({"digest": "x"}, "found on other data"),
    ],
)
def test_damage_is_a_sentence(tmp_path, change, words):
    task = Pipelines("wine")
    file = together.save(task, members(task, ["svm", "naive-bayes", "knn"]), tmp_path).with_suffix(".json")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(ValueError, match=words) as caught:
        together.load(tmp_path)
    assert "\n" not in str(caught.value)
