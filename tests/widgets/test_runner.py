"""The runner: steps in a thread, none lost, whatever is pressed and whatever goes wrong."""

import threading
import time

import pytest
from waiting import PATIENCE, until

from nasbook.widgets.runner import Runner


def counting(n, pause=0.0):
    def make():
        for i in range(n):
            time.sleep(pause)
            yield i
        return "answer"

    return make


def test_run_keeps_every_step_in_order_and_gives_the_generators_answer():
    shown = []
    runner = Runner(counting(200), shown.append)
    assert runner.run(PATIENCE) == "answer"
    assert runner.steps == list(range(200))
    assert runner.state == "done"
    assert shown[-1] == 200 and shown == sorted(set(shown))
    assert len(shown) < 200  # frames are dropped


def test_no_frame_is_drawn_on_the_way_for_somebody_who_waits():
    shown, awaited = [], threading.Event()

    def make():
        yield "the first step, which waits for the waiting"
        assert awaited.wait(PATIENCE)
        yield from range(50)

    runner = Runner(make, shown.append, fps=1e9)
    runner.play()
    waiting = threading.Thread(target=runner.wait, args=(PATIENCE,))
    waiting.start()
    until(lambda: runner._waiting)
    before = len(shown)
    awaited.set()
    waiting.join(PATIENCE)
    assert runner.state == "done" and len(runner.steps) == 51
    assert before <= 1 and shown[before:] == [51]


def test_step_makes_exactly_so_many_steps_and_shows_the_last():
    shown = []
    runner = Runner(counting(10), shown.append)
    runner.step()
    runner.wait(PATIENCE)
    assert (runner.steps, runner.state, shown) == ([0], "paused", [1])
    runner.step(3)
    runner.step(2)
    assert runner.wait(PATIENCE) is None
    assert runner.steps == [0, 1, 2, 3, 4, 5] and shown[-1] == 6


def test_a_pause_ends_after_the_step_being_made_and_shows_it():
    shown = []
    runner = Runner(counting(1000, 0.01), shown.append)
    runner.play()
    until(lambda: runner.steps)
    runner.pause()
    runner.wait(PATIENCE)
    n = len(runner.steps)
    assert runner.state == "paused" and 0 < n < 1000 and shown[-1] == n
    time.sleep(0.05)
    assert len(runner.steps) == n
    runner.step()
    runner.wait(PATIENCE)
    assert len(runner.steps) == n + 1


def test_a_pause_is_answered_while_a_frame_is_drawn():
    """On a busy machine a frame may take long, and no step is made meanwhile."""
    drawing, go_on, said = threading.Event(), threading.Event(), []

    def show(n):
        drawing.set()
        assert go_on.wait(PATIENCE)

    runner = Runner(counting(1000), show, lambda: said.append(runner.state))
    runner.play()
    assert drawing.wait(PATIENCE) and runner.state == "playing"
    runner.pause()
    assert (runner.state, len(runner.steps), said) == ("paused", 1, ["playing", "paused"])
    runner.play()  # on second thoughts, while it is still drawn
    runner.pause()
    go_on.set()
    runner.wait(PATIENCE)
    assert (runner.state, len(runner.steps), said) == ("paused", 1, ["playing", "paused"])
    runner.run(PATIENCE)
    assert len(runner.steps) == 1000 and said[-1] == "done"


def test_a_pause_in_the_last_frame_leaves_the_search_done():
    drawing, go_on, said = threading.Event(), threading.Event(), []

    def show(n):
        if len(runner.steps) == 3:
            drawing.set()
            assert go_on.wait(PATIENCE)

    runner = Runner(counting(3), show, lambda: said.append(runner.state), ready=lambda: False)
    runner.play()
    assert drawing.wait(PATIENCE)
    runner.pause()
    go_on.set()
    runner.wait(PATIENCE)
    assert said == ["playing", "done"]


def test_step_while_playing_stops_after_one_more():
    runner = Runner(counting(1000, 0.01))
    runner.play()
    until(lambda: runner.steps)
    runner.step()
    before = len(runner.steps)
    runner.wait(PATIENCE)
    assert runner.state == "paused" and len(runner.steps) <= before + 2


def test_reset_while_a_step_is_made_throws_that_step_away():
    begun, go = threading.Event(), threading.Event()
    made = []

    def make():
        made.append(len(made))
        run = made[-1]
        for i in range(5):
            if run == 0 and i == 1:
                begun.set()
                go.wait(PATIENCE)
            yield (run, i)

    runner = Runner(make)
    runner.play()
    assert begun.wait(PATIENCE)
    runner.reset()
    assert runner.steps == [] and runner.state == "ready"
    go.set()
    runner.run(PATIENCE)
    assert runner.steps == [(1, i) for i in range(5)]


def test_the_generator_is_closed_by_a_reset():
    closed = threading.Event()

    def make():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    runner = Runner(make)
    runner.step()
    runner.wait(PATIENCE)
    runner.reset()
    assert closed.wait(PATIENCE)


def test_wait_raises_what_the_search_raised_and_keeps_the_steps():
    def make():
        yield 0
        raise RuntimeError("the disk is full")

    runner = Runner(make)
    with pytest.raises(RuntimeError, match="the disk is full"):
        runner.run(PATIENCE)
    assert runner.state == "failed" and runner.steps == [0]
    with pytest.raises(RuntimeError):
        runner.wait(PATIENCE)
    runner.reset()
    assert runner.wait(PATIENCE) is None


def test_a_picture_that_cannot_be_drawn_does_not_stop_the_search():
    def show(n):
        raise ValueError("no such axis")

    runner = Runner(counting(5), show)
    with pytest.raises(ValueError, match="no such axis"):
        runner.run(PATIENCE)
    assert runner.steps == [0, 1, 2, 3, 4] and runner.state == "done"


def test_wait_tells_that_time_is_up_and_the_search_goes_on():
    runner = Runner(counting(20, 0.1))
    runner.play()
    with pytest.raises(TimeoutError, match="playing"):
        runner.wait(0.2)
    runner.pause()
    runner.wait(PATIENCE)


def test_frames_wait_for_who_looks_but_the_last_is_always_shown():
    shown = []
    runner = Runner(counting(50, 0.001), shown.append, ready=lambda: False, fps=1e9)
    runner.run(PATIENCE)
    assert shown == [50] and len(runner.steps) == 50


def test_an_ended_search_can_be_reopened_and_keeps_its_steps():
    budget = [3]
    kept = []

    def make():
        while len(kept) < budget[0]:
            kept.append(len(kept))
            yield kept[-1]

    runner = Runner(make)
    runner.reopen()  # nothing has ended yet: nothing happens
    assert runner.state == "ready"
    runner.run(PATIENCE)
    runner.play()
    assert runner.state == "done"
    budget[0] = 5
    runner.reopen()
    assert runner.state == "paused"
    runner.run(PATIENCE)
    assert runner.steps == [0, 1, 2, 3, 4] and runner.state == "done"


def test_speed_holds_while_it_plays_and_not_while_somebody_waits():
    runner = Runner(counting(4), speed=10)
    begin = time.monotonic()
    runner.play()
    while runner.state != "done":
        time.sleep(0.01)
    assert time.monotonic() - begin >= 0.3  # three pauses of a tenth of a second between four steps
    slow = Runner(counting(1000), speed=0.1)
    slow.run(PATIENCE)
    assert len(slow.steps) == 1000


def test_nothing_can_happen_while_between_is_held():
    runner = Runner(counting(5))
    with runner.between:
        runner.play()
        time.sleep(0.05)
        assert runner.steps == []
        with pytest.raises(RuntimeError, match="holds `between`"):  # it would wait for itself
            runner.wait(PATIENCE)
    runner.wait(PATIENCE)
    assert len(runner.steps) == 5


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_step_refuses_what_is_not_a_number_of_steps(n):
    with pytest.raises(ValueError, match="whole number of steps"):
        Runner(counting(5)).step(n)


def test_a_thread_that_is_not_wanted_any_more_makes_no_step_of_the_new_search():
    """A reset while a step is made: the old thread ends with it, whatever the new one does meanwhile."""
    begun, go, made = threading.Event(), threading.Event(), []

    def make():
        made.append(threading.current_thread())
        if len(made) == 1:
            begun.set()
            go.wait(PATIENCE)
        yield from range(3)

    runner = Runner(make)
    runner.play()
    assert begun.wait(PATIENCE)
    runner.abandon()
    assert runner.state == "stopped"
    runner.play()  # only a reset makes more
    assert runner.steps == [] and runner.state == "stopped"
    runner.reset()
    runner.play()
    go.set()
    assert runner.wait(PATIENCE) is None and runner.steps == [0, 1, 2] and len(made) == 2
    made[0].join(PATIENCE)
    assert not made[0].is_alive() and not [t for t in made if t is made[0] and t is runner.thread]


def test_a_search_that_is_opened_again_while_it_ends_goes_on():
    """What is asked for between the last step and the word 'done' is still made."""
    asked, ended = [1], threading.Event()

    def make():
        while asked:
            yield asked.pop()

    runner = Runner(make)

    def changed():
        if runner.state == "done" and not ended.is_set():
            ended.set()
            asked.append(2)
            runner._again = True  # as `reopen` does while the thread has not yet ended

    runner._changed = changed
    runner.play()
    runner.wait(PATIENCE)
    assert ended.is_set() and runner.steps == [1, 2] and runner.state == "done"


def test_stop_keeps_the_steps_and_ends_the_thread():
    runner = Runner(counting(1000, 0.001))
    runner.step(3)
    runner.wait(PATIENCE)
    thread = runner.thread
    runner.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive() and runner.steps == [0, 1, 2] and runner.state == "stopped"
    done = Runner(counting(2))
    done.run(PATIENCE)
    done.stop()
    assert done.state == "done"
