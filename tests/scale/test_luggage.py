"""What travels to a worker elsewhere: its code, its state, and nothing that lies there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from scale.starting import LEARN, wait_for

from nasbook.scale import load_study


def test_a_worker_elsewhere_needs_neither_the_folder_of_the_study_nor_that_of_the_run(study, tmp_path):
    """What an actor does on another machine, as one process without Ray."""
    from nasbook.scale.luggage import own_code, pack, unpack
    from nasbook.scale.machine import variables
    from nasbook.scale.process import task_of
    from nasbook.scale.ray_engine import Shell
    from nasbook.scale.trust import Trust
    from nasbook.scale.workers import Site

    plan = load_study(study("learn", 1, LEARN))
    site = Site(plan, plan.search_space, Trust(plan.folder), tmp_path / "out", print)
    message, code = task_of(site), own_code(plan, site.trust)
    assert list(code) == ["objective.py"]
    for file in plan.folder.glob("*.*"):
        file.unlink()
    plan.folder.rename(gone := tmp_path.with_name(tmp_path.name + "-gone"))
    shell = Shell(variables(plan), code)
    try:
        assert shell.exchange(message, {})[0] == {"ready": True}
        unpack_here = gone / "home" / "state"
        unpack_here.parent.mkdir()
        unpack_here.write_text(json.dumps({"epoch": 4, "sum": 0.5}))  # from where it was cut off
        trial = {"id": 0, "config": {"x": 0.3}, "status": "running"}
        asked = {"trial": trial, "seed": 0, "checkpoint": "/nowhere/state"}
        order = {"trials": [asked], "fidelity": 6, "timeout": None, "vetoes": False}
        answer, _, _ = shell.exchange(order, {0: pack(unpack_here)})
        assert answer["reports"] == [[0, 5, 0.1]]
        answer, saved, _ = shell.exchange({"stop": None}, {})
        while answer is None:  # it has saved its state before the next report
            answer, saved, _ = shell.exchange(None, {})
        assert answer["reports"] == [[0, 6, pytest.approx(0.5 / 6)]]
        unpack(saved[0], unpack_here)
        assert json.loads(unpack_here.read_text())["epoch"] == 5
        os.kill(shell.child.process.pid, signal.SIGKILL)
        answer, _, _ = shell.exchange({"stop": None}, {})
        assert answer == {"died": shell.child.fate()} and "SIGKILL" in answer["died"]
    finally:
        shell.close()
    assert not shell.folder.exists()


@pytest.mark.parametrize("found", ["nothing", "an empty folder", "an older version", "a part of it", "the same"])
def test_the_code_of_a_study_is_the_same_on_every_machine_whatever_lies_there(tmp_path, found):
    from nasbook.scale.luggage import unfolded

    code = {"objective.py": b"LAST = 2", "deep/more.py": b"MORE = 2"}
    there, own = tmp_path / "study", tmp_path / "own"
    if found != "nothing":
        (there / "deep").mkdir(parents=True)
        (there / "data.txt").write_text("rows")
    if found == "the same":
        (there / "deep/more.py").write_bytes(code["deep/more.py"])
    if found != "an empty folder" and there.exists():
        (there / "objective.py").write_bytes(b"LAST = 1" if found == "an older version" else code["objective.py"])
    place = unfolded(code, there, own)
    assert place == (there if found == "the same" else own)
    assert {name: (place / name).read_bytes() for name in code} == code
    assert found == "nothing" or (place / "data.txt").read_text() == "rows"
    assert unfolded({}, there, tmp_path / "unused") == there


def test_what_travels_is_the_state_and_what_lies_beside_it_under_its_name(tmp_path):
    from nasbook.scale.luggage import pack, stamp, unpack

    here, there = tmp_path / "here" / "7", tmp_path / "there" / "state"
    here.parent.mkdir()
    assert pack(here) == b""
    here.mkdir()
    (here / "weights").write_text("w")
    for name, kept in (("7.npz", True), ("7.tmp", False), ("70", False), ("progress.json", False)):
        (here.parent / name).write_text(name if kept else "not this")
    unpack(pack(here), there)
    assert sorted(p.name for p in there.parent.iterdir()) == ["state", "state.npz"]
    assert (there / "weights").read_text() == "w"
    before = stamp(there)
    (there / "weights").write_text("later")
    assert stamp(there) != before
    unpack(pack(there), here)
    assert (here / "weights").read_text() == "later" and (here.parent / "70").read_text() == "not this"


def test_the_folder_of_a_worker_elsewhere_goes_with_whoever_has_started_it(tmp_path):
    """An actor of Ray that is killed says nothing to the worker that it holds."""
    code = "import sys, time; from nasbook.scale.ray_engine import Shell; print(Shell({}, {}).folder, flush=True)\n"
    shell = subprocess.Popen(
        [sys.executable, "-c", code + "time.sleep(600)"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        folder = Path(shell.stdout.readline().strip())
        assert folder.parent == tmp_path
        assert wait_for(lambda: len(psutil.Process(shell.pid).children(recursive=True)) == 2)  # it, and its watchdog
    finally:
        shell.kill()
        shell.wait()
    assert wait_for(lambda: not folder.exists()), "its folder has stayed"
