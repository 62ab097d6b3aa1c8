"""A folder holds one run, which nobody else writes into."""

import subprocess
from pathlib import Path

import pytest
from scale.starting import LEARN, command, hold, wait_for

from nasbook.scale import run


def test_a_folder_holds_one_run(study, tmp_path):
    path, out = study("square", 2), tmp_path / "out"
    run(path, out)
    with pytest.raises(ValueError, match="holds a run already; --resume goes on with it"):
        run(path, out)


def test_a_longer_budget_goes_on_and_another_search_does_not(study, tmp_path):
    path, out = study("square", 2), tmp_path / "out"
    run(path, out)
    trace = run(study("square", 5, "workers: 2"), out, resume=True)
    assert len(trace) == 5
    with pytest.raises(ValueError, match="begun with another study: its seeds differs"):
        run(study("square", 5, "seeds: {search: 1}"), out, resume=True)
    with pytest.raises(ValueError, match="begun with another study: its task differs"):
        run(study("printing", 5), out, resume=True)


def test_two_runs_do_not_share_a_folder(study, tmp_path):
    path, out = study("learn", 50, LEARN), tmp_path / "out"
    hold(path, starts=1)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: (tmp_path / "starts.log").exists())
        with pytest.raises(ValueError, match="another run is at work in"):
            run(path, out, resume=True)
    finally:
        process.kill()
        process.wait()
    assert wait_for(lambda: not _locked(out)), "the lock outlived its process"


def _locked(out: Path) -> bool:
    import fcntl

    with open(out / ".lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
