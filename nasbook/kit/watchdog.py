"""A process that ends what a dead one has started.

A process that is killed says nothing to those that it has started, and an objective's `sleep`, joblib or
multiprocessing would live on. A watchdog in its process group waits for the end of a pipe, and then ends the group.
What has left the group for a session of its own is known on Linux by a mark in its environment, unless it was started
with another environment, or is a fork of a process that was not started with the mark.
"""

import os
import select
import shutil
import signal
import time
import warnings
from contextlib import suppress

MARK = "NASBOOK_FAMILY"  # the marks of all that a process descends from, the nearest last


def new_mark() -> str:
    """What a process should have as MARK in its environment, so that `kill_marked` finds what it starts."""
    return f"{os.environ.get(MARK, '')} {os.urandom(8).hex()}".strip()


def kill_marked(mark: str) -> None:
    """Kill all that carries the last part of the mark, but not this process."""
    wanted, here = mark.rpartition(" ")[2].encode(), str(os.getpid())
    for _ in range(100):  # what was found may have started another just before
        found = False
        for process in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
            with suppress(OSError, ValueError):  # it has ended, is another user's, or is no process
                with open(f"/proc/{int(process)}/environ", "rb") as environment:
                    if wanted not in environment.read() or process == here:
                        continue
                os.kill(int(process), signal.SIGKILL)
                found = True
        if not found:
            return
        time.sleep(0.01)


def watch_over_group(end: int, scratch: str | None = None) -> None:
    """Start a process that does nothing but wait until nobody holds the other end of the pipe `end` any more, and then
    kills all with its mark and its group, and removes the folder `scratch`. It needs no word from Python here, which
    may be busy in C.

    Does nothing where there are no groups, and in a process that has no group of its own."""
    if not hasattr(os, "fork") or os.getpgid(0) != os.getpid():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other threads, which the child does not need
        if os.fork():
            return
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in {0, 1, 2} - {end}:
        os.dup2(nothing, stream)
    ends = select.poll()
    ends.register(end, 0)  # asks for nothing but the end
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in ends.poll()):
        pass
    if MARK in os.environ:
        kill_marked(os.environ[MARK])
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)
