"""From a CSV file to a pipeline that needs no nasbook: searched, killed, gone on with, drawn, predicted with."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nasbook
from nasbook.automl import together as vote_of
from nasbook.automl import write
from nasbook.automl.ensemble import ensemble
from nasbook.automl.ensemble import test as ensemble_test
from nasbook.automl.predictions import Predictions
from nasbook.cli import main


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "people.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["age", "town", "since", "y"])
        for i in range(60):
            age = "" if i % 9 == 0 else int(rng.integers(18, 90))
            rows.writerow(
                [age, "abc"[rng.integers(3)], f"2023-{1 + i % 12:02d}-03", "yes" if rng.random() < 0.5 else "no"]
            )
    return path


def test_csv_to_code_through_a_kill(table, tmp_path, capsys):
    out = tmp_path / "found"
    words = ["automl", str(table), "--target", "y", "--method", "random", "--out", str(out)]
    trace = out / "trace.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbook", *words, "--trials", "100000"], stderr=subprocess.DEVNULL
    )
    while not trace.exists() or trace.read_text().count('"tell"') < 2:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    n = nasbook.Trace.load(trace).asked
    assert main([*words, "--trials", str(n)]) == 2 and "--resume goes on with it" in capsys.readouterr().err
    assert main([*words, "--trials", str(n + 2), "--resume", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = nasbook.Trace.load(trace)
    assert told["trials"] == len(found) == n + 2 and told["search"] == found.best.value
    assert found.plot().alt and {p.name for p in out.iterdir()} >= {"pipeline.py", "report.md", "trace.predictions.npz"}
    new = subprocess.run(
        [sys.executable, "-I", out / "pipeline.py", table], capture_output=True, text=True, cwd=tmp_path
    )
    assert new.returncode == 0, new.stderr
    task = nasbook.task("pipeline", data=str(table), target="y")
    kept, together = Predictions.load(trace), told["ensemble"]
    members = ensemble(kept, task)  # chosen another way: all predictions as one array
    assert {int(i): w for i, w in together["weights"].items()} == pytest.approx(members.weights)
    rows = kept.fold >= 0
    mixed = members.predict([kept.of[i][rows] for i in members.ids])
    assert together["search"] == pytest.approx(task.loss(kept.y[rows], mixed)) and together["search"] <= told["search"]
    assert together["test"] == pytest.approx(ensemble_test(found, members, task))
    report = (out / "report.md").read_text()
    assert f"{len(members.weights)} together" in report and all(f"trial {i} ×" in report for i in members.weights)
    assert new.stdout.split() == write.load(out).predict(task.table.x).tolist()
    vote = subprocess.run([sys.executable, "-I", told["ensemble_source"], table], capture_output=True, text=True)
    assert vote.returncode == 0, vote.stderr
    assert vote.stdout.split() == vote_of.load(out).predict(task.table.x).tolist()

    for damage in (b"PK\x03\x04", None):  # a kill while it was written; a folder in its place
        file = out / "trace.predictions.npz"
        file.unlink()
        file.write_bytes(damage) if damage else file.mkdir()
        (out / "data.txt").write_text("")
        assert main([*words, "--trials", str(n + 2), "--resume", "--json"]) == 0
        said = capsys.readouterr()
        assert {k: v for k, v in json.loads(said.out).items() if k != "seconds"} == {
            k: v for k, v in told.items() if k != "seconds"
        }
        assert "what the trials have predicted is computed again" in said.err and "Traceback" not in said.err

    table.write_text(table.read_text().replace("yes", "oui"))
    assert main([*words, "--trials", str(n + 3), "--resume"]) == 2
    assert "begun with other data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{csv}"], "say which column is to be predicted: --target COLUMN"),
        (["{csv}", "--target", "z"], "the target must be one of the columns 'age', 'town', 'since', 'y', not 'z'"),
        (["none.csv", "--target", "y"], "none.csv: there is no such file"),
        (["{csv}", "--target", "y", "--loss", "rmse"], "loss must be one of auto, error, balanced error, log loss"),
        (["{csv}", "--target", "y", "--method", "darts"], "darts trains networks of shared weights"),
        (["{csv}", "--target", "y", "--method", "tpee"], "did you mean 'tpe'?"),
        (["{csv}", "--target", "y", "--out", "{csv}"], "is a file; --out names a folder"),
        (["{csv}", "--target", "y", "--group", "town"], "5 folds need 5 groups"),
        (["wine", "--target", "y"], "the table 'wine' has its own target"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(table, tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert main(["automl", *(w.replace("{csv}", str(table)) for w in words), "--trials", "1"]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and "Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["people.csv"]
