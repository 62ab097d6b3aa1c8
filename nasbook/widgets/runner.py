"""A search that plays, pauses, steps and is reset, and no step of it is ever lost.

A search is a generator of steps. The runner keeps every step and calls `show(n)` when the first n can be shown. Frames
may be dropped (at most `fps` are shown a second), steps never. There is no widget here: the same object runs under a
notebook, a test and a page that has no front end.

What the runner does is itself a generator, of naps: `_live` makes a step, says for how many seconds there is nothing to
do, and goes on when it is advanced. Who advances it is the driver, and the steps are the same in all three:

- thread: a daemon thread. Buttons answer while a step is made. The usual one.
- asyncio: a task between the other tasks of the event loop, for a Python that has no threads (in a browser). A button
  is answered after the step that is being made.
- inline: who waits for the search.

Each reset begins a new life. An earlier one ends with the step that it is making, and what it does until then is
neither kept nor shown. Who changes what steps are made from holds `between`, in which every step is made.

An exception is not lost: the state becomes 'failed', `error` holds it, and `wait()` raises it.
"""

from __future__ import annotations

import asyncio
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic

from nasbook.widgets.life import Ended, Life, S

STATES = ("ready", "playing", "paused", "done", "failed", "stopped")
OVER = ("done", "failed", "stopped")
DRIVERS = ("thread", "asyncio", "inline")
DRIVER = "asyncio" if sys.platform == "emscripten" else "thread"  # where none is asked for
THREAD = "nasbook-search"
NAP = 0.0005  # seconds after each step: a short nap lets the kernel's thread answer a button
WORK, REST, LOOK = 0.02, 0.01, 0.05  # a task works so long, rests so long (0 would starve the buttons), sleeps at most


class Runner(Generic[S]):
    """Drives `make()`, a function that returns a new generator of steps.

    show(n): called by the driver when n steps are kept and a frame is due, and always for the last step before a pause
    or the end. changed(): called when `state` has changed. Both may raise: the search goes on, and `wait()` raises the
    first such exception at its end. ready(): False while whoever looks has not yet seen the frame before. speed: steps
    a second while playing; infinite is as fast as it goes. fps: frames a second at most. driver: 'thread', 'asyncio' or
    'inline'; by default what this Python can do.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[S]],
        show: Callable[[int], None] = lambda n: None,
        changed: Callable[[], None] = lambda: None,
        *,
        ready: Callable[[], bool] = lambda: True,
        speed: float = math.inf,
        fps: float = 12.0,
        driver: str | None = None,
    ) -> None:
        self.driver = DRIVER if driver is None else driver
        if self.driver not in DRIVERS:
            raise ValueError(f"driver must be one of {', '.join(DRIVERS)}, not {driver!r}")
        self._make, self._show, self._changed, self._ready = make, show, changed, ready
        self.speed, self.fps = speed, fps
        self._news = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None  # where tasks are begun
        self._here = threading.local()  # .life: what this thread is advancing
        self._waiting = 0  # callers in wait(): nobody watches, so neither speed nor frames on the way matter
        self.between = threading.RLock()  # held while a step is made; take it to change what the next step does
        self._life: Life[S] | None = None
        self._clear()

    def _clear(self) -> None:
        self.steps: list[S] = []
        self.state = "ready"
        self.answer: object = None
        self.error: BaseException | None = None
        self.drawing_error: BaseException | None = None
        self._allowed = 0.0  # steps that may still be made; infinite while playing
        self._busy = False
        self._again = False  # the budget grew while the search was about to end

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
            self._life = self._life or Life(self._live)
            self._wake(self._life)

    def pause(self) -> None:
        """Stop after the step that is being made. While a frame is drawn no step is made, so that this is 'paused' at
        once, and the frame follows."""
        with self._news:
            life = self._life
            self._allowed = 0
            self._wake(life)
            drawing = life is not None and life.drawing
        if life and drawing:
            self._become(life, "paused")

    def reset(self) -> None:
        """Forget everything. A step that is being made ends unseen; the next command starts a new search."""
        with self._news:
            life, self._life = self._life, None
            self._clear()
            self._let_go(life)
        if life and self.driver != "thread":
            self._advance(life)  # to its end
        self._changed()

    def abandon(self) -> None:
        """Let the search end with the step that it is making, which is not kept. The steps stay; only a reset makes
        more."""
        with self._news:
            self._allowed, self._busy, self.state = 0.0, False, "stopped"
            self._let_go(self._life)

    def _let_go(self, life: Life | None) -> None:
        if life:
            life.wanted = False
        self._wake(life)

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
                self._again = self._life is not None
                return
            self.state, self._busy = "paused", False
            life, self._life = self._life, None
            self._let_go(life)
        self._changed()

    def wait(self, timeout: float | None = 600.0) -> object:
        """Block until nothing is left to do, at full speed and without a frame before the last; returns what the
        generator returned, None before its end.

        Raises what the search or the drawing raised, TimeoutError after `timeout` seconds, and RuntimeError where the
        search waits for who calls this: in a step, and in a thread that holds `between`. An interrupt pauses the
        search; without a thread, one within a step ends it.
        """
        if self._busy and (self.held or self.inside):
            why = "called this" if self.inside else "waits for this thread, which holds `between`"
            raise RuntimeError(f"the search {why}, so this cannot wait for it")
        end = math.inf if timeout is None else time.monotonic() + timeout
        with self._news:
            self._waiting += 1
            self._wake(self._life)
        try:
            while self._busy:
                if time.monotonic() > end:
                    raise TimeoutError(f"the search is still {self.state} after {timeout:g} s; it goes on")
                self._await()
        except KeyboardInterrupt:
            self.pause()
            raise
        finally:
            with self._news:
                self._waiting -= 1
        if error := self.error or self.drawing_error:
            raise error
        return self.answer

    def run(self, timeout: float | None = 600.0) -> object:
        """Play to the end and wait for it."""
        self.play()
        return self.wait(timeout)

    # ---- where am I? ------------------------------------------------------------------------------------

    @property
    def held(self) -> bool:
        """Does this thread hold `between`?"""
        return self.between._is_owned()  # type: ignore[attr-defined]

    @property
    def asked(self) -> float:
        """How many steps there will be when it rests; infinite while it plays, and at the end."""
        with self._news:
            return math.inf if self.state == "done" else len(self.steps) + self._allowed

    @property
    def inside(self) -> bool:
        """Is this called by the search: by a step of it, or while one is shown?"""
        return getattr(self._here, "life", None) is not None

    @property
    def outdated(self) -> bool:
        """Is this called by a search that has been reset? What it does is thrown away, so it should end soon."""
        life = getattr(self._here, "life", None)
        return life is not None and not life.wanted

    @property
    def thread(self) -> threading.Thread | None:
        """The thread of the search, where it has one."""
        return None if self._life is None else self._life.thread

    # ---- the drivers ------------------------------------------------------------------------------------

    def _wake(self, life: Life | None) -> None:
        """There is news: see that the life is advanced. `_news` is held."""
        self._news.notify_all()
        if life is None:
            return
        life.bell.set()
        if self.driver == "thread" and life.thread is None:
            life.thread = threading.Thread(target=self._in_thread, args=(life,), name=THREAD, daemon=True)
            life.thread.start()
        elif self.driver == "asyncio":
            with suppress(RuntimeError):  # in another thread, or without a loop, where who waits advances it
                self._loop = asyncio.get_running_loop()
            if self._loop and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._begin_task, life)

    def _in_thread(self, life: Life) -> None:
        while (nap := self._advance(life)) is not None:
            life.bell.wait(None if math.isinf(nap) else nap)

    def _begin_task(self, life: Life) -> None:
        if life.task is None or life.task.done():
            life.task = asyncio.ensure_future(self._in_task(life))

    async def _in_task(self, life: Life) -> None:
        rested = time.monotonic()
        while (nap := self._advance(life)) is not None and nap < math.inf:
            if nap > NAP or time.monotonic() - rested >= WORK:
                await asyncio.sleep(min(max(nap, REST), LOOK))
                rested = time.monotonic()

    def _await(self) -> None:
        """Wait a moment for the search, or advance it."""
        life = self._life
        if self.driver == "thread" or life is None or life.turn.locked():
            with self._news:
                if self._busy:
                    self._news.wait(0.5 if self.driver == "thread" else REST)
        else:
            self._advance(life)

    def _advance(self, life: Life) -> float | None:
        """Go on to the next nap; None after the end."""
        if not life.turn.acquire(blocking=False):
            return REST  # somebody else does
        self._here.life = life
        try:
            life.bell.clear()
            return next(life.naps, None)
        finally:
            self._here.life = None
            life.turn.release()

    # ---- a life -----------------------------------------------------------------------------------------

    def _live(self, life: Life) -> Iterator[float]:
        shown, drawn_at = 0, -math.inf
        try:
            while life.wanted:
                n = len(self.steps)
                if self._allowed <= 0:
                    if n > shown:  # a pause fell between two frames
                        self._draw(life, n)
                        shown = n
                    self._become(life, "paused")
                    if self._rests(life):
                        yield math.inf
                    continue
                self._become(life, "playing")
                begin = time.monotonic()
                found = self._make_step(life)
                n = len(self.steps)
                due = time.monotonic() - drawn_at >= 1 / self.fps and not self._waiting and self._ready()
                if life.wanted and n > shown and (found or self._allowed <= 0 or due):
                    self._draw(life, n, last=found is not None)
                    shown, drawn_at = n, time.monotonic()
                if not life.wanted or (found and not self._goes_on(life, found)):
                    return
                yield NAP
                while life.wanted and self._allowed > 0 and not self._waiting:  # keep to the speed
                    left = begin + 1 / self.speed - time.monotonic()
                    if left <= 0:
                        break
                    yield left
        except GeneratorExit:  # nobody will advance it any more
            raise
        except BaseException as error:  # nothing may vanish; wait() raises it
            self._goes_on(life, Ended("failed", error=error))
        finally:
            self._close(life)

    def _make_step(self, life: Life[S]) -> Ended | None:
        """Make and keep a step; how the search has ended, if it has."""
        with self.between:
            if not life.wanted:  # a reset came while this waited: the state is another search's
                return None
            try:
                if life.search is None:
                    life.search = self._make()
                step = next(life.search)
            except StopIteration as end:
                return Ended("done", end.value)
            except BaseException as error:
                return Ended("failed", error=error)
            with self._news:
                if life.wanted:
                    self.steps.append(step)
                    self._allowed = max(0, self._allowed - 1)
        return None

    def _rests(self, life: Life) -> bool:
        """Nothing is left to do, unless something was asked for in the meantime."""
        with self._news:
            if not life.wanted or self._allowed > 0:
                return False
            self._busy = False
            self._news.notify_all()
            return True

    def _goes_on(self, life: Life[S], ended: Ended) -> bool:
        """The search has ended, and so does this life, unless it was opened again in the meantime."""
        with self._news:
            if not life.wanted:
                return False
            self.answer, self.error = ended.answer, ended.error
        self._become(life, ended.state)
        with self._news:
            if not life.wanted:
                return False
            if not (self._again and ended.state == "done"):
                self._busy, self._allowed = False, 0
                self._news.notify_all()
                return False
            self._again, self.state = False, "paused"
        self._close(life)
        self._safely(life, self._changed)
        return True

    def _close(self, life: Life) -> None:
        search, life.search = life.search, None
        if close := getattr(search, "close", None):
            with self.between:
                close()

    def _become(self, life: Life, state: str) -> None:
        with self._news:
            if not life.wanted or state == self.state:
                return
            self.state = state
        self._safely(life, self._changed)

    def _draw(self, life: Life, n: int, last: bool = False) -> None:
        with self._news:
            life.drawing = self._allowed > 0 and not last
        if life.wanted:
            self._safely(life, self._show, n)
        with self._news:
            life.drawing = False

    def _safely(self, life: Life, call: Callable[..., None], *args: object) -> None:
        try:
            call(*args)
        except Exception as error:
            if life.wanted:
                self.drawing_error = self.drawing_error or error
