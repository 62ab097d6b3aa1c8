"""What a study would cost here is taken from short trials that really ran, and only where they ran."""

import json
from pathlib import Path
from statistics import median

import pytest

import nasbook
from nasbook import cli, scale
from nasbook.scale.measure import find, measure

COUNTED = """
import time
from pathlib import Path


def learn(config, fidelity=None, report=None):
    for epoch in range(1, int(fidelity) + 1):
        with open(Path(__file__).with_name("epochs.log"), "a") as file:
            file.write(f"{config['x']} {epoch}\\n")
        time.sleep(0.01)
        report(epoch, config["x"] / epoch)
    return config["x"] / fidelity


def fails(config):
    raise RuntimeError("no luck today")
"""

STUDY = """
schema: nasbook/study@1
name: test
task: {name: "objective:FUNCTION"}
space:
  x: {type: float, low: 0, high: 1}
method: {name: hyperband}
fidelity: {unit: epoch, min: 1, max: 27}
budget: {trials: 40}
workers: 2
first: [{x: 0.25}, {x: 0.75}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "objective.py").write_text(COUNTED)
    at = tmp_path / "study.yaml"
    at.write_text(STUDY.replace("FUNCTION", "learn"))
    return at


def test_short_trials_run_and_the_whole_study_is_estimated_from_them(path: Path) -> None:
    found = measure(path, trials=3, epochs=2)
    lines = (path.parent / "epochs.log").read_text().split("\n")[:-1]
    assert [line.split()[1] for line in lines] == ["1", "2"] * 3  # three trials of two epochs, and nothing else
    assert lines[0].startswith("0.25 ")  # the first of the study's own, then random ones
    assert len(found.seconds) == 3 and min(found.seconds) >= 0.02

    cost = found.estimate(scale.load_study(path))
    epochs = 27 * 1 + 9 * 2 + 3 * 6 + 1 * 18  # of the first bracket: a promoted trial goes on
    assert cost.seconds == pytest.approx(median(found.seconds) / 2 * epochs / 40)
    assert cost.hours == pytest.approx(20 * cost.seconds / 3600)  # 40 trials by two workers
    assert "(epochs 2 → 27)" in str(cost) and "on this device" in str(cost)
    assert "(hyperband: 2.02 of 27 epochs a trial)" in str(cost) or "2.03 of 27" in str(cost)
    assert find(path) == (found, "")
    assert {p.name for p in path.parent.iterdir()} >= {"study.measured.json"} and not (path.parent / "runs").exists()


def test_what_was_measured_counts_only_for_this_device_and_this_study(path: Path) -> None:
    at = path.with_name("study.measured.json")
    assert find(path) == (None, "")
    measure(path, trials=1, epochs=1)
    row = json.loads(at.read_text())

    at.write_text(json.dumps({**row, "device": "an abacus"}))
    assert find(path)[0] is None and "measured on an abacus" in find(path)[1]
    at.write_text(json.dumps(row))
    text = path.read_text()
    path.write_text(text.replace("trials: 40", "trials: 80").replace("hyperband", "random"))
    assert find(path)[0] is not None  # a trial costs what it did
    path.write_text(text.replace("high: 1", "high: 2"))
    assert find(path)[0] is None and "another task, space or resources" in find(path)[1]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"schema": "nasbook/measured@1"}', '{"schema": "none"}', "[" * 50_000, "x" * 200_000],
)
def test_a_damaged_file_does_not_count(path: Path, text: str) -> None:
    path.with_name("study.measured.json").write_text(text)
    found, why = find(path)
    assert found is None and why.startswith("study.measured.json is not used: ") and "\n" not in why


@pytest.mark.parametrize("change", [{"seconds": []}, {"seconds": [0]}, {"seconds": ["1"]}, {"full": -1}, {"device": 3}])
def test_a_value_that_cannot_be_is_a_damage(path: Path, change: dict) -> None:
    row = {
        "schema": "nasbook/measured@1",
        "study": "x",
        "device": "y",
        "seconds": [1.0],
        "epochs": 1,
        "full": 2,
        "unit": "epoch",
        "peak_bytes": None,
    }
    path.with_name("study.measured.json").write_text(json.dumps({**row, **change}))
    assert "does not hold what nasbook measure writes" in find(path)[1]


def test_what_cannot_be_measured_is_refused_in_a_sentence(path: Path) -> None:
    with pytest.raises(ValueError, match="trials must be a whole number of at least 1"):
        measure(path, trials=0)
    path.write_text(STUDY.replace("FUNCTION", "fails").replace("hyperband", "random").replace("fidelity:", "# "))
    with pytest.raises(scale.RunError, match="none of the 2 short trials ended: RuntimeError: no luck today"):
        measure(path, trials=2)
    assert not path.with_name("study.measured.json").exists()


def test_of_one_training_the_first_epochs_are_measured(tmp_path: Path) -> None:
    import nasbook

    at = tmp_path / "study.yaml"
    trace = nasbook.search("hypergradient", "ridge-digits", trials=2)
    trace.export(at, trials=30)
    found = measure(at, epochs=3)
    assert len(found.seconds) == 3 and found.epochs is None
    cost = found.estimate(scale.load_study(at))
    assert cost.trials == 30 and cost.seconds == pytest.approx(median(found.seconds))


def test_a_table_has_nothing_to_measure(tmp_path: Path) -> None:
    import nasbook

    nasbook.search("random", "digits-hpo-digits", trials=2).export(tmp_path / "study.yaml")
    with pytest.raises(ValueError, match="looks its answers up, so there is nothing to measure"):
        measure(tmp_path / "study.yaml")


def test_the_command_says_the_cost_and_so_does_the_run(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["measure", str(path), "--trials", "1", "--epochs", "1"]) == 0
    assert "Cost: 40 trials × " in capsys.readouterr().out
    path.write_text(path.read_text().replace("hyperband", "random").replace("trials: 40", "trials: 2"))
    assert cli.main(["run", str(path), "--out", str(path.parent / "run")]) == 0
    assert "on this device" in capsys.readouterr().err
    assert cli.main(["cost", str(path.parent / "run")]) == 0
    assert "(2 trials" in capsys.readouterr().out


def test_an_export_takes_the_seconds_of_this_device_where_they_lie_beside_it(tmp_path, monkeypatch, capsys) -> None:
    """The walk: search, export, measure, export once more, larger; the command says the same."""
    monkeypatch.chdir(tmp_path)
    trace = nasbook.search("random", "digits-mlp", trials=1, out="t.jsonl")
    path = trace.export("study.yaml", trials=4)
    assert "here, median of 1" in path.read_text()
    measure(path, trials=1, epochs=1)
    at, row = Path("study.measured.json"), json.loads(Path("study.measured.json").read_text())
    at.write_text(json.dumps({**row, "seconds": [1000.0]}))
    later = trace.export("study.yaml", trials=8, epochs=20, overwrite=True)
    assert "on this device" in later.read_text()
    cost = scale.estimate(trace, trials=8, epochs=20)
    assert cost.seconds == pytest.approx(20_000) and cost.trials == 8
    assert scale.estimate(trace, trials=8, epochs=20, speedup=2).seconds < 1000  # of another machine
    assert cli.main(["export", "t.jsonl", "--out", "study.yaml", "--trials", "8", "--epochs", "20", "--estimate"]) == 0
    assert "on this device" in capsys.readouterr().out
    other = trace.export("study.yaml", trials=8, train=100, overwrite=True).read_text()
    assert "not used: it was measured with another task" in other and "on this device" not in other
