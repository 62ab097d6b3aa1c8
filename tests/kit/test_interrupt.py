"""How a process is stopped: a termination is a Ctrl-C inside, and what it was outside."""

import os
import signal
import sys
import threading

import pytest

from nasbook.kit import interrupt


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_termination_is_a_keyboard_interrupt_and_afterwards_what_it_was(name):
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), interrupt.terminable():
            os.kill(os.getpid(), number)
            signal.pause()
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_somebodys_own_handler_stays():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    try:
        with interrupt.terminable():
            os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_nothing_is_changed():
    seen, before = [], signal.getsignal(signal.SIGTERM)

    def work():
        with interrupt.terminable():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start(), thread.join()
    assert seen == [before]


@pytest.mark.parametrize(
    "started, argv, expected",
    [
        ("nasbook", ["/usr/bin/nasbook", "run"], True),
        ("-m", ["python", "-m", "nasbook", "run"], True),
        ("-m", ["python", "-X", "dev", "-m", "nasbook.cli"], True),
        ("-m", ["python", "-m", "pytest", "nasbook"], False),
        ("nasbook_own.py", ["python", "nasbook_own.py"], False),
        ("", [], False),
    ],
)
def test_only_the_command_is_the_command(monkeypatch, started, argv, expected):
    monkeypatch.setattr(interrupt, "STARTED", started)
    monkeypatch.setattr(sys, "orig_argv", argv)
    assert interrupt.is_command() == expected
