"""A process that ends what a dead one has started.

A process that is killed says nothing to those that it has started, and an objective's `sleep`, joblib or
multiprocessing would live on. A watchdog in its process group waits for the end of a pipe, and then ends the group.
"""

import os
import select
import signal
import warnings


def watch_over_group(end: int) -> None:
    """Start a process that does nothing but wait until nobody holds the other end of the pipe `end` any more, and then
    kills the group of this process. It needs no word from Python here, which may be busy in C.

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
    os.killpg(0, signal.SIGKILL)
