"""What a dead process leaves behind is ended: what carries its mark, its group, and its folder."""

import os
import subprocess
import sys
import time

import pytest
from waiting import PATIENCE, alive, until

from nasbook.kit.watchdog import MARK, kill_marked, new_mark

SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]


def sleeper(mark, **options):
    process = subprocess.Popen(SLEEP, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE, **options)
    process.stdout.readline()  # it has its environment
    return process


def test_a_mark_tells_all_that_a_process_descends_from(monkeypatch):
    monkeypatch.setenv(MARK, "grandmother mother")
    first, second = new_mark(), new_mark()
    assert first.split()[:2] == ["grandmother", "mother"] and len(first.split()) == 3 and first != second
    monkeypatch.delenv(MARK)
    assert len(new_mark().split()) == 1


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="marks are found on Linux only")
def test_all_of_a_family_die_and_no_others():
    mother, other = new_mark(), new_mark()
    family = [sleeper(mother), sleeper(f"{mother} child", start_new_session=True)]
    stranger = sleeper(other)
    try:
        kill_marked(mother)
        assert [p.wait(PATIENCE) for p in family] == [-9, -9]
        assert stranger.poll() is None
    finally:
        for p in (*family, stranger):
            p.kill(), p.wait(), p.stdout.close()


LEADER = """
import subprocess, sys, time
from nasbook.kit.watchdog import watch_over_group
watch_over_group(int(sys.argv[1]), sys.argv[2])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks whether a process lives in /proc")
def test_a_group_ends_with_the_one_that_started_it(tmp_path):
    """Which is gone when nobody holds the other end of the pipe any more."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "a").write_text("a")
    end, held = os.pipe()
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER, str(end), str(scratch)], stdout=-1, pass_fds=[end], start_new_session=True
    )
    os.close(end)
    child = int(leader.stdout.readline())

    time.sleep(0.3)
    assert alive(child) and leader.poll() is None and scratch.exists()
    os.close(held)
    assert leader.wait(PATIENCE) == -9
    until(lambda: not alive(child) and not scratch.exists(), 60)
    leader.stdout.close()
