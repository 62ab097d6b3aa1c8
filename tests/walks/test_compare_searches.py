"""Several searches; an Optuna study and a CSV file beside them: `nasbook compare`, a picture, JSON, and mistakes."""

import json

import pytest

import nasbook
from nasbook.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for method in ("random", "regularized-evolution"):
        for seed in range(7):
            nasbook.search(method, "nb201-cifar10", trials=30, seed=seed, out=place / method / f"{seed}.jsonl")
    return place


def ran(capsys, *words):
    code = main(["compare", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_from_files_to_a_verdict_and_a_picture(folder, tmp_path, capsys):
    code, out, err = ran(capsys, folder, "--plot", tmp_path / "c.png")
    assert code == 0 and (tmp_path / "c.png").stat().st_size > 20_000, err
    assert "Mean ranks over 7 seeds of nb201-cifar10" in out and "regularized-evolution" in out
    one_by_one = sorted(folder.rglob("*.jsonl"))
    assert ran(capsys, *one_by_one)[1] == out
    row = json.loads(ran(capsys, folder, "--against", "random", "--json")[1])
    assert row["n_blocks"] == 7 and len(row["pairs"]) == 1 and row["pairs"][0]["n"] == 7
    labelled = ran(capsys, f"mine={folder / 'regularized-evolution'}", f"theirs={folder / 'random'}", "--trials", 20)[1]
    assert "mine before theirs" in labelled or "theirs before mine" in labelled


def test_with_an_optuna_database_and_a_csv_file(folder, tmp_path, capsys):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    task, url = nasbook.task("nb201-cifar10"), f"sqlite:///{tmp_path / 'o.db'}"
    edges = {name: list(p.options) for name, p in task.space.parameters.items()}
    for seed in range(2):
        study = optuna.create_study(
            storage=url, study_name=f"s{seed}", sampler=optuna.samplers.RandomSampler(seed=seed)
        )
        study.optimize(
            lambda t: task.evaluate({n: t.suggest_categorical(n, o) for n, o in edges.items()}).value, n_trials=6
        )
    logged = folder / "random" / "0.jsonl"
    nasbook.Trace.load(logged).to_csv(tmp_path / "log.csv")
    words = ["--trials", 6, folder / "random", f"optuna={tmp_path / 'o.db'}", f"logged={tmp_path / 'log.csv'}"]
    code, out, err = ran(capsys, *words, "--plot", tmp_path / "c.svg")
    assert code == 0, err
    assert "Imported trials" in out and "Mann-Whitney" in out and (tmp_path / "c.svg").exists()
    assert "optuna" in out and "logged" in out
    assert ran(capsys, folder / "random", f"optuna={url}", "--trials", 6)[0] == 0


def test_mistakes_are_one_line(folder, tmp_path, capsys):
    (tmp_path / "none.jsonl").write_text("{}\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.db").write_text("no database")
    (tmp_path / "e.csv").write_text("")
    cases = [
        ([tmp_path / "absent.jsonl"], "no such file"),
        ([tmp_path / "none.jsonl"], "this is not a trace"),
        ([tmp_path / "empty"], "no trace"),
        ([tmp_path / "x.db"], "no Optuna database"),
        ([tmp_path / "e.csv"], "the file is empty"),
        ([f"={folder}"], "a label is written LABEL=TRACE"),
        ([folder, "--against", "tpe"], "no method 'tpe'"),
        ([folder, "--trials", 99], "no run reaches 99 trials"),
        ([folder / "random", "--plot", tmp_path / "x.png"], "all of these runs are of 'random'"),
        ([folder, "--plot", tmp_path / "x.xyz"], "x.xyz"),
    ]
    for words, told in cases:
        code, _, err = ran(capsys, *words)
        assert code == 2 and told in err and err.count("\n") == 1, (words, err)
