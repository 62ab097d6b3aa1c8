"""A search in a process of its own, which its objective may end as it likes.

A segmentation fault, an exit from a thread or the system's killer of large processes takes the process with it. The
trial that was running is written down as failed, and a new process goes on with the trace. Whichever of the two
processes ends, what the objective has started ends with it.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nasbook.kit.watchdog import MARK, kill_marked, new_mark, watch_over_group
from nasbook.trace import Trial
from nasbook.trace_file import TraceFile, read

ENOUGH = 5  # deaths in a row, with no trial in between that ended otherwise
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP")


def guarded(search: Callable[[bool], int], path: Path, say: Callable[[str], None]) -> int:
    """Run search(resume), which writes its trace to `path`, in a child process, and return its exit code."""
    resume, in_a_row, told = False, 0, 0
    while True:
        left, code = _child()
        if left is None:
            try:
                return search(resume)
            finally:
                _end_children()
        if left:
            return code
        trial = _fail_the_last(path, fate(code))
        if trial is None:
            say(f"the search {fate(code)}, and no trial was running")
            return 1
        now = len(read(path)[0])
        in_a_row, told = (in_a_row + 1 if now <= told + 1 else 1), now
        if in_a_row == ENOUGH:
            say(f"the process {fate(code)} in {ENOUGH} trials in a row, the last one trial {trial.id}: {trial.config}")
            return 1
        say(f"trial {trial.id} has failed: the process {fate(code)}; the search goes on in a new one")
        resume = True


def fate(code: int) -> str:
    """How a process ended, from its exit code."""
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"was killed by {name}" + (", perhaps because it needed more memory than there is" * (name == "SIGKILL"))
    return f"ended with code {code}"


def _child() -> tuple[bool | None, int]:
    """Fork. In the child (None, 0); in the parent, after the child's end, whether it left in order, and its code."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent, mark = os.getpid(), new_mark()
    reads, writes = os.pipe()
    end, held = os.pipe()  # nobody writes to it: it ends when the parent does
    child = os.fork()
    if child == 0:
        os.close(reads)
        os.close(held)
        os.setpgid(0, 0)  # Ctrl-C is for the parent, which passes it on
        os.environ[MARK] = mark
        watch_over_group(end)
        _die_with(parent)
        os.close(end)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody answers an objective's input()
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        atexit.register(os.write, writes, b".")
        return None, 0
    os.close(writes)
    os.close(end)
    before = {name: signal.signal(getattr(signal, name), lambda n, _: _pass_on(child, n)) for name in PASSED_ON}
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
    os.set_blocking(reads, False)  # what the objective has started may still hold the other end
    try:
        left = os.read(reads, 1) == b"."
    except BlockingIOError:
        left = False
    os.close(reads)
    _pass_on(-child, signal.SIGKILL)  # what the objective has started, and its watchdog
    kill_marked(mark)
    os.close(held)
    return left, code


def _end_children() -> None:
    """Python waits at its end for those that multiprocessing has started, however long they go on."""
    if "multiprocessing" in sys.modules:
        from multiprocessing import active_children

        for child in active_children():
            child.kill()


def _pass_on(process: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _fail_the_last(path: Path, how: str) -> Trial | None:
    """Write down that the trial that began last has failed; None where none was running."""
    if not path.exists():
        return None
    trace, good = read(path)
    if not trace.pending:
        return None
    last = trace.pending[-1]
    with TraceFile(path) as file:
        file.go_on(good)
        trial = replace(last, status="failed", reason=f"the process {how}", cost=0.0, end=last.start)
        file.write("tell", trial)
    return trial
