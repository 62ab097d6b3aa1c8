"""A thread that looks for as long as there is somebody to look for."""

import gc
import threading

import pytest
from waiting import PATIENCE

from nasbook.widgets import watcher


class Owner:
    def __init__(self, error=None):
        self.looked, self.told, self.error, self.reports = threading.Semaphore(0), threading.Event(), error, []

    def look(self):
        self.looked.release()
        if self.error:
            raise self.error

    def report(self, error):
        self.reports.append(error)
        self.told.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watcher, "POLL", 0.001)


def threads():
    return {t for t in threading.enumerate() if t.name == watcher.NAME}


def test_it_looks_until_it_is_ended_and_may_begin_again():
    owner, before = Owner(), threads()
    eye = watcher.Watcher(owner)
    for _ in range(2):
        eye.begin()
        eye.begin()  # one thread is enough
        (thread,) = threads() - before
        assert owner.looked.acquire(timeout=PATIENCE) and owner.looked.acquire(timeout=PATIENCE)
        eye.end()
        eye.end()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_an_error_is_reported_and_it_looks_on():
    owner = Owner(OSError("gone"))
    eye = watcher.Watcher(owner)
    eye.begin()
    assert owner.told.wait(PATIENCE) and str(owner.reports[0]) == "gone"
    assert owner.looked.acquire(timeout=PATIENCE) and owner.looked.acquire(timeout=PATIENCE)
    eye.end()


def test_it_ends_when_nobody_else_holds_its_owner():
    owner, before = Owner(), threads()
    watcher.Watcher(owner).begin()
    (thread,) = threads() - before
    assert owner.looked.acquire(timeout=PATIENCE)
    del owner
    gc.collect()
    thread.join(PATIENCE)
    assert not thread.is_alive()
