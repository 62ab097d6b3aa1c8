"""Workers that share a study in an Optuna database: one search, whoever makes it; deaths, stops, refusals."""

import sys

import optuna
from scale.database import replayed

import nasbook
from nasbook import cli
from nasbook.scale import load_study
from nasbook.scale.storage import STUDY, begin, hidden, stored, study_of, trace_of
from nasbook.scale.storage_worker import work
from nasbook.scale.trust import Trust


def test_what_is_queued_in_optuna_is_tried_next(study, tmp_path):
    path = study("square", trials=4)
    url = f"sqlite:///{tmp_path / 'db'}"
    there = begin(load_study(path), url, Trust(tmp_path))
    for config in ({"x": 0.3}, {"x": 7.0}, {"y": 1.0}):
        there.enqueue_trial(config)
    work(url, tmp_path / "shared", Trust(tmp_path))
    trace = trace_of(stored(url))
    assert [t.config["x"] for t in trace.trials if t.info == {"by": "user"}] == [0.3]
    assert len(trace) == 4 and trace.best.value == 0
    replayed(trace, path)


def test_looking_at_a_database_runs_nothing_and_a_worker_trusts_as_a_run_does(study, tmp_path, monkeypatch, capsys):
    path = study("square", trials=2)
    url = f"sqlite:///{tmp_path / 'db'}"
    begin(load_study(path), url, Trust(tmp_path))
    there = stored(url)
    sys.modules.pop("objective", None)
    (tmp_path / "objective.py").write_text("open('ran', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    assert study_of(there).name == "test" and len(trace_of(there)) == 0
    assert "objective" not in sys.modules and not (tmp_path / "ran").exists()
    for evil in ("os:system", "subprocess:run", "nasbook.cli:main"):
        row = {**there.user_attrs[STUDY], "task": {"name": evil, "arguments": {}}}
        there.set_user_attr(STUDY, row)
        assert cli.main(["worker", url]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith("nasbook: the study in the storage, task.name: "), said
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    there.set_user_attr(STUDY, load_study(path, check=False).to_dict())
    assert cli.main(["worker", url]) == 2 and "there is no module 'objective'" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_what_cannot_be_worked_on_is_one_sentence(study, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = study("square", trials=2)
    url = f"sqlite:///{tmp_path / 'db'}"

    def said(*words: str) -> str:
        assert cli.main(["worker", *words]) == 2
        text = capsys.readouterr().err
        assert text.count("\n") == 1 and "Traceback" not in text
        return text

    assert "a storage is a URL" in said("search.db")
    assert "cannot be opened" in said("sqlite:////nowhere/at/all.db")
    assert "cannot be opened" in said("nosuchdb://x/y")
    assert "holds no study of nasbook's" in said(url)
    optuna.create_study(storage=url, study_name="test").enqueue_trial({"x": 1})
    assert "holds a study 'test' that is not nasbook's" in said(url, "--study", "study.yaml")
    other = f"sqlite:///{tmp_path / 'other'}"
    begin(load_study(path), other, Trust(tmp_path))
    path.write_text(path.read_text().replace("high: 1", "high: 2"))
    assert "holds another study 'test': its space differs" in said(other, "--study", "study.yaml")
    assert "holds no study 'x' of nasbook's; it has test" in said(other, "--name", "x")
    path.write_text(path.read_text().replace("name: test", "name: second"))
    begin(load_study(path), other, Trust(tmp_path))
    assert "holds 2 studies" in said(other)
    for task, method, words in (("digits-cells", "spos", "one training"), ("digits201-digits", "random", "simulated")):
        nasbook.search(method, task, trials=1).export(tmp_path / "s.yaml", overwrite=True)
        assert words in said(other, "--study", "s.yaml")
    assert hidden("postgresql://me:secret@host/db") == "postgresql://me@host/db"
    assert "secret" not in said("postgresql://me:secret@localhost:1/db")
    kept = stored(other, "test")
    kept.set_user_attr(STUDY, {"schema": "nasbook/study@1"})
    assert "the key 'name' is missing" in said(other, "--name", "test")


def test_the_password_of_a_url_is_never_shown():
    for url, shown in (
        ("postgresql://me:secret@host:1/db", "postgresql://me@host:1/db"),
        ("postgresql://me:a:b@c:d@host/db?sslmode=on&password=x", "postgresql://me@host/db?sslmode=on"),
        ("postgresql://host/db?sslpassword=x", "postgresql://host/db"),
        ("sqlite:////a/b@c.db", "sqlite:////a/b@c.db"),
    ):
        assert hidden(url) == shown
