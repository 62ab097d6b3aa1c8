"""Kinds of workers: one that is not installed, and what needs none."""

import sys

import pytest

import nasbook
from nasbook.scale import run


def test_what_needs_no_workers_runs_here_whatever_the_engine_and_says_so(tmp_path, capsys):
    notebook = nasbook.search("random", "nb201-cifar10", trials=3, seed=4)
    path = notebook.export(tmp_path / "study.yaml", trials=6)
    trace = run(path, tmp_path / "ray", engine="ray", progress=True)  # Ray is not even imported
    assert "random on nb201-cifar10 is a search in a table: it runs here, without ray" in capsys.readouterr().err
    assert trace.digest == run(path, tmp_path / "local", progress=True).digest
    assert "it runs here" not in capsys.readouterr().err


def test_an_engine_that_is_not_installed_is_a_sentence_with_the_pip_line(study, tmp_path, monkeypatch, capsys):
    from nasbook.cli import main

    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["run", str(study("square", 2)), "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert 'pip install "nasbook[scale]"' in capsys.readouterr().err.splitlines()[-1]
    with pytest.raises(ValueError, match="there is no engine 'slurm'; there are local, ray"):
        run(study("square", 2), tmp_path / "out", engine="slurm")
    with pytest.raises(ValueError, match="an address names a cluster, and the local engine has none"):
        run(study("square", 2), tmp_path / "out", address="10.0.0.1:6379")
