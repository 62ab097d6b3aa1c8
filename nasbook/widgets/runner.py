"""A search in a thread of its own: play, pause, step, reset, and no step is ever lost.

A search is a generator. The runner calls `next` on it in a daemon thread, keeps every step, and calls `show(n)` from
that thread when the first n steps can be shown. Frames may be dropped (at most `fps` are shown a second), steps never.
There is no widget here: the same object runs under a notebook, a test and a page that has no front end.

Each reset begins a new generation. A thread of an earlier one ends with the step that it is making, and what it does
until then is neither kept nor shown. Who changes what steps are made from holds `between`, in which every step is made.

An exception is not lost in the thread: the state becomes 'failed', `error` holds it, and `wait()` raises it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

STATES = ("ready", "playing", "paused", "done", "failed", "stopped")
OVER = ("done", "failed", "stopped")
THREAD = "nasbook-search"


class Runner:
    """Drives `make()`, a function that returns a new generator of steps.

    show(n): called in the search's thread when n steps are kept and a frame is due, and always for the last step before
    a pause or the end. changed(): called when `state` has changed. Both may raise: the search goes on, and `wait()`
    raises the first such exception at its end. ready(): False while whoever looks has not yet seen the frame before.
    speed: steps a second while playing; infinite is as fast as it goes. fps: frames a second at most.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[Any]],
        show: Callable[[int], None] = lambda n: None,
        changed: Callable[[], None] = lambda: None,
        *,
        ready: Callable[[], bool] = lambda: True,
        speed: float = math.inf,
        fps: float = 12.0,
    ) -> None:
        self._make, self._show, self._changed, self._ready = make, show, changed, ready
        self.speed, self.fps = speed, fps
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._allowed = 0.0  # steps that may still be made; infinite while playing
        self._busy = False
        self._again = False  # the budget grew while the search was about to end
        self._waiting = 0  # callers in wait(): nobody watches, so neither speed nor frames on the way matter
        self.between = threading.RLock()  # held while a step is made; take it to change what the next step does
        self._clear()

    def _clear(self) -> None:
        self.steps: list[Any] = []
        self.state, self.error, self.answer = "ready", None, None
        self.drawing_error: BaseException | None = None
        self._allowed, self._busy, self._again, self._thread = 0.0, False, False, None

    # ---- commands, from any thread -------------------------------------------------------------------

    def play(self) -> None:
        """Run until the search ends or `pause` is called."""
        self._go(math.inf)

    def step(self, n: int = 1) -> None:
        """Run n more steps, then pause."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"n must be a whole number of steps, at least 1, not {n!r}")
        self._go(n)

    def _go(self, steps: float) -> None:
        with self._news:
            if self.state in OVER:
                return
            playing = math.isinf(self._allowed)
            self._allowed = steps if playing or math.isinf(steps) else self._allowed + steps
            self._busy = True
            if self._thread is None:
                self._start()
            self._news.notify_all()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name=THREAD, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Stop after the step that is being made."""
        with self._news:
            self._allowed = 0
            self._news.notify_all()

    def reset(self) -> None:
        """Forget everything. A step that is being made ends unseen; the next command starts a new search."""
        with self._news:
            self._clear()
            self._news.notify_all()
        self._changed()

    def abandon(self) -> None:
        """Let the thread end with the step that it is making, which is not kept. The steps stay; only a reset makes
        more."""
        with self._news:
            self._thread, self._allowed, self._busy = None, 0.0, False
            self.state = "stopped"
            self._news.notify_all()

    def stop(self) -> None:
        """`abandon`, and say so; a search that is over already stays what it is."""
        if self.state not in OVER:
            self.abandon()
            self._changed()

    def reopen(self) -> None:
        """Go on after the end: the next command calls `make` again, and the steps stay. For searches whose budget
        grew."""
        with self._news:
            if self.state != "done":
                self._again = self._thread is not None
                return
            self.state, self._thread, self._busy = "paused", None, False
        self._changed()

    def wait(self, timeout: float | None = 600.0) -> Any:
        """Block until nothing is left to do, at full speed and without a frame before the last; returns what the
        generator returned, None before its end.

        Raises what the search or the drawing raised, TimeoutError after `timeout` seconds, and RuntimeError in a thread
        that holds `between`, for which the search waits. An interrupt pauses the search.
        """
        if self._busy and self.held:
            raise RuntimeError("the search waits for this thread, which holds `between`, so this cannot wait for it")
        end = math.inf if timeout is None else time.monotonic() + timeout
        with self._news:
            self._waiting += 1
            self._news.notify_all()
            try:
                while self._busy:
                    if time.monotonic() > end:
                        raise TimeoutError(f"the search is still {self.state} after {timeout:g} s; it goes on")
                    self._news.wait(0.5)
            except KeyboardInterrupt:
                self._allowed = 0
                raise
            finally:
                self._waiting -= 1
        if error := self.error or self.drawing_error:
            raise error
        return self.answer

    @property
    def held(self) -> bool:
        """Does this thread hold `between`?"""
        return self.between._is_owned()  # type: ignore[attr-defined]

    def run(self, timeout: float | None = 600.0) -> Any:
        """Play to the end and wait for it."""
        self.play()
        return self.wait(timeout)

    # ---- the thread ------------------------------------------------------------------------------------

    @property
    def outdated(self) -> bool:
        """Is this the thread of a search that has been reset? What it does is thrown away, so it should end soon."""
        return threading.current_thread().name == THREAD and not self._mine()

    def _mine(self) -> bool:
        return threading.current_thread() is self._thread  # False after a reset: this thread is to end

    def _loop(self) -> None:
        shown, drawn_at, search = 0, -math.inf, None
        try:
            while self._permit(shown):
                begin = time.monotonic()
                with self.between:
                    if not self._mine():  # a reset came while this thread waited: its state is another search's
                        return
                    search = self._make() if search is None else search
                    try:
                        step = next(search)
                    except StopIteration as end:
                        answer = end.value
                        break
                    with self._news:
                        if not self._mine():
                            return
                        self.steps.append(step)
                        self._allowed = max(0, self._allowed - 1)
                        n, last = len(self.steps), self._allowed <= 0
                due = time.monotonic() - drawn_at >= 1 / self.fps
                if last or (due and not self._waiting and self._ready()):
                    self._draw(n)
                    shown, drawn_at = n, time.monotonic()
                self._rest(begin)
            else:
                return
            self._end("done", shown, answer=answer)
        except BaseException as error:  # nothing may vanish in a thread; wait() raises it
            self._end("failed", shown, error=error)
        finally:
            close = getattr(search, "close", None)
            if close:
                with self.between:
                    close()

    def _permit(self, shown: int) -> bool:
        """Wait until a step may be made; False when this thread is to end."""
        while True:
            with self._news:
                if not self._mine():
                    return False
                if self._allowed > 0:
                    break
                n = len(self.steps)
            if n > shown:  # a pause fell between two frames
                self._draw(n)
                shown = n
            self._become("paused")
            with self._news:
                if self._mine() and self._allowed <= 0:
                    self._busy = False
                    self._news.notify_all()
                    self._news.wait()
        self._become("playing")
        return True

    def _rest(self, begin: float) -> None:
        """Keep to the speed, but not while somebody waits; a short nap lets the kernel's thread answer a button."""
        time.sleep(0.0005)
        with self._news:
            while self._mine() and self._allowed > 0 and not self._waiting:
                left = begin + 1 / self.speed - time.monotonic()
                if left <= 0:
                    return
                self._news.wait(left)

    def _end(self, state: str, shown: int, **found: Any) -> None:
        with self._news:
            if not self._mine():
                return
            for name, value in found.items():
                setattr(self, name, value)
            n = len(self.steps)
        if n > shown:
            self._draw(n)
        self._become(state)
        with self._news:
            if not self._mine():
                return
            if self._again and state == "done":  # opened again while it ended: what is allowed is still to be made
                self._again, self._thread, self.state = False, None, "paused"
                if self._allowed > 0:
                    self._start()
                    return
            self._busy, self._allowed = False, 0
            self._news.notify_all()

    def _become(self, state: str) -> None:
        with self._news:
            if not self._mine() or state == self.state:
                return
            self.state = state
        self._safely(self._changed)

    def _draw(self, n: int) -> None:
        if self._mine():
            self._safely(self._show, n)

    def _safely(self, call: Callable[..., None], *args: Any) -> None:
        try:
            call(*args)
        except Exception as error:
            if self._mine():
                self.drawing_error = self.drawing_error or error
