"""How a process is stopped from outside.

Ctrl-C while the command `nasbook` is still importing is one line, as later, and no traceback: this module is imported
first of all by the package, and in any other program it does nothing.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = os.path.basename(sys.argv[0] if sys.argv else "").removesuffix(".exe").removesuffix("-script.py")
MODULES = ("nasbook", "nasbook.cli", "nasbook.__main__")


def is_command() -> bool:
    """Was this process started as `nasbook` or `python -m nasbook`?"""
    words = sys.orig_argv
    by_module = STARTED == "-m" and any(a == "-m" and b in MODULES for a, b in zip(words, words[1:], strict=False))
    return STARTED == "nasbook" or by_module


def _stop(*_: object) -> None:
    os.write(2, b"nasbook: interrupted\n")
    os._exit(130)  # nothing has begun that could be lost


def imported() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if is_command() and threading.current_thread() is threading.main_thread():
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # not where somebody ignores it (nohup)
        signal.signal(signal.SIGINT, _stop)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM and a closed terminal (SIGHUP) end a search as Ctrl-C does: nothing is lost, nothing is left running."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    names = [n for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]
    if threading.current_thread() is not threading.main_thread():
        names = []
    kept = {n: signal.getsignal(getattr(signal, n)) for n in names}
    changed = [n for n in names if kept[n] is signal.SIG_DFL]  # not where somebody has other plans (nohup)
    for name in changed:
        signal.signal(getattr(signal, name), stop)
    try:
        yield
    finally:
        for name in changed:
            signal.signal(getattr(signal, name), kept[name])
