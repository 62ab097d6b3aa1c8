"""What of the trackers can be tried where none of them is installed."""

import sys
from pathlib import Path

import pytest

import nasbook
from nasbook.cli import main
from nasbook.scale import run, track
from nasbook.scale.study import parse_study
from nasbook.scale.trackers import row_of_trial, study_id
from nasbook.trace_file import load

TRACKERS = ["tensorboard", "mlflow", "wandb"]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    nasbook.search("random", "branin", trials=3, out=tmp_path / "trace.jsonl")
    return tmp_path / "trace.jsonl"


@pytest.mark.parametrize("to", TRACKERS)
def test_a_tracker_that_is_not_installed_is_one_sentence(to, trace, capsys, monkeypatch):
    for name in ("torch.utils.tensorboard", "mlflow", "wandb"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["track", str(trace), "--to", to]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "is not installed: pip install" in error
    study = trace.parent / "study.yaml"
    nasbook.Trace.load(trace).export(study, trials=2)
    assert main(["run", str(study), "--out", str(trace.parent / "out"), "--track", to]) == 2
    assert "is not installed: pip install" in capsys.readouterr().err
    assert not (trace.parent / "out" / "trace.jsonl").exists()
    study.write_text(study.read_text() + f"\ntracking: {{{to}: true}}\n")
    assert main(["run", str(study), "--out", str(trace.parent / "out")]) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--to", "mlflwo"], "did you mean 'mlflow'?"),
        (["--to", "wandb", "--uri", "x"], "--uri is for mlflow"),
        ([], "--to"),
    ],
)
def test_a_wrong_word_is_one_sentence(words, says, trace, capsys):
    assert main(["track", str(trace), *words]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_what_is_no_trace_is_one_sentence(tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text("{}\n")
    assert main(["track", str(tmp_path / "x.jsonl"), "--to", "mlflow"]) == 2
    assert main(["track", str(tmp_path), "--to", "mlflow"]) == 2
    assert main(["track", str(tmp_path / "none"), "--to", "mlflow"]) == 2
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.parametrize("wrong", ["{mlflow: false}", "{mlflow: ''}", "{comet: true}", "mlflow", "{wandb: 3}"])
def test_a_study_with_a_wrong_tracker_is_refused(wrong):
    text = "schema: nasbook/study@1\nname: a\ntask: {name: branin}\nspace: {x: {type: float, low: 0, high: 1}}\nmethod: {name: random}\nbudget: {trials: 1}\n"  # noqa: E501
    assert parse_study(text).tracking is None
    with pytest.raises(nasbook.scale.StudyError, match="tracking"):
        parse_study(f"{text}tracking: {wrong}\n")


def test_python_is_told_of_a_wrong_tracker_before_the_first_trial(trace):
    study = nasbook.Trace.load(trace).export(trace.parent / "study.yaml", trials=1)
    with pytest.raises(ValueError, match="there is no tracker 'comet'"):
        run(study, trace.parent / "out", track={"comet": True})
    with pytest.raises(ValueError, match="mlflow is tracked in a place"):
        run(study, trace.parent / "out", track={"mlflow": 3})
    with pytest.raises(ValueError, match="there is no tracker 'comet'"):
        track(trace, "comet")


def test_a_run_has_the_same_name_in_memory_and_from_its_file(trace):
    """Also where the header holds tuples and numbers that a file writes otherwise."""
    space = nasbook.Space(a=nasbook.Choice([1, 2.5, "x", None]), b=nasbook.Float(1e-5, 1, log=True, when={"a": 1}))
    made = nasbook.search("nsga2", lambda c: (c.get("b", 0), 1.0), space=space, trials=3, out=trace.parent / "t.jsonl")
    again = load(trace.parent / "t.jsonl")
    assert study_id(made.header) == study_id(again.header) != study_id(load(trace).header)
    rows = [[row_of_trial(t.header, x) for x in t.trials] for t in (made, again)]
    assert rows[0] == rows[1] and len({r.id for r in rows[0]}) == 3
