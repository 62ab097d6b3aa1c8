"""The views that a training left in its trace: a damaged one is named with its trial, whichever method wrote it."""

import json
import re
from dataclasses import MISSING, fields

import pytest
from supernet_strategies import TASK_OF

import nasbook
from nasbook import registry
from nasbook.method import OneShot
from nasbook.plots import VIEWS
from nasbook.trace import Trace

SMALL = {
    **{name: (task, {"epochs": 2, "channels": 2, "batch": 100, "trials": 2}) for name, task in TASK_OF.items()},
    "nes": ("digits-pool", {"pool": 4, "members": 3, "population": 2, "parents": 2}),
    "reptile": (
        "digits-few-shot",
        {"epochs": 2, "meta_steps": 1, "tasks": 1, "inner_steps": 1, "channels": 1, "judges": 1},
    ),
    "autogan": (
        "digits-gan",
        {"epochs": 2, "steps": 1, "ctrl_steps": 1, "images": 10, "candidates": 5, "repeats": 2, "channels": 2},
    ),
    "pbt": ("digits-mlp", {"population": 2, "trials": 4}),
    "hypergradient": ("ridge-digits", {"epochs": 2, "steps": 3}),
    "network-morphism": ("digits-conv-chain", {"steps": 1, "children": 2, "epochs": 1, "trials": 2}),
}
ONE_SHOT = [e.name for e in registry.entries("method") if issubclass(e.load(), OneShot)]
WRONG = [None, True, -1e300, 10**300, "x", [], [1], [[1]], [["x"]], [[1, 2], [3]], {}, {"a": 1}, [None], [{}], 1.5]


@pytest.fixture(scope="module", params=ONE_SHOT)
def lines(request, tmp_path_factory):
    """The lines of a short trace of each method, the last one with a view."""
    task, options = SMALL[request.param]
    path = tmp_path_factory.mktemp("views") / "t.jsonl"
    few = {"train": 60, "depth": 2, "device": "cpu"} if task == "digits-conv-chain" else {}
    nasbook.search(request.param, nasbook.task(task, **few), out=path, **options)
    return path.read_text().splitlines()


def damaged(lines, tmp_path, change):
    """The trace with another view in its last line, and the number of that trial."""
    row = json.loads(lines[-1])
    row["view"] = change(row["view"])
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([*lines[:-1], json.dumps(row)]) + "\n")
    return Trace.load(path), row["id"]


def without(name):
    return lambda view: {k: v for k, v in view.items() if k != name}


def test_what_was_written_comes_back(lines, tmp_path):
    trace, last = damaged(lines, tmp_path, lambda view: view)
    views = [step.view for step in nasbook.replay(trace)]
    assert json.loads(json.dumps(views[-1].to_dict())) == json.loads(lines[-1])["view"]


def test_a_damaged_view_is_one_sentence_with_its_trial(lines, tmp_path):
    View = registry.find("method", json.loads(lines[0])["method"]).load().View
    needed = [f.name for f in fields(View) if f.default is MISSING]
    assert set(needed) <= set(json.loads(lines[-1])["view"])
    changes = [without(name) for name in needed]
    changes += [
        lambda view: {**view, "another": 1},
        lambda view: {},
        lambda view: [1],
        lambda view: "x",
        lambda view: 3,
    ]
    for change in changes:
        trace, last = damaged(lines, tmp_path, change)
        with pytest.raises(ValueError, match=f"^the view of trial {last} cannot be read: ") as caught:
            list(nasbook.replay(trace))
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300 and "Error" not in str(caught.value)
    for name in json.loads(lines[-1])["view"]:
        for wrong in WRONG:
            trace, last = damaged(lines, tmp_path, lambda view, n=name, x=wrong: {**view, n: x})
            try:
                view = list(nasbook.replay(trace))[-1].view
            except ValueError as error:
                assert re.match(f"the view of trial {last} cannot be read: ", str(error)), error
                assert "Error" not in str(error), error
            else:  # it has the field's type
                assert type(view) is type(list(nasbook.replay(damaged(lines, tmp_path, dict)[0]))[-1].view)


def test_a_picture_of_a_damaged_view_is_drawn_or_says_why(lines, tmp_path):
    method = json.loads(lines[0])["method"]
    trace, last = damaged(lines, tmp_path, lambda view: {"weights": "x"})
    for kind in [kind for kind, views in VIEWS.items() if method in views.methods]:
        with pytest.raises(ValueError, match=f"^the view of trial {last} cannot be read"):
            trace.plot(kind)
    for kind in ("lineage", "population", "history"):
        try:
            trace.plot(kind)
        except ValueError as error:
            assert "\n" not in str(error)
