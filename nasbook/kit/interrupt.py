"""Ctrl-C while the command `nasbook` is still importing: one line, as later, and no traceback.

Imported first of all by the package. In any other program it does nothing.
"""

import os
import signal
import sys
import threading

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
