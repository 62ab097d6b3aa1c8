"""The runner's three drivers make the same search: a thread, a task of asyncio, and who waits for it."""

import asyncio
import gc
import importlib.util
import sys
import threading

import pytest
from widgets.hammer import hammer
from widgets.simple_lab import DotsLab, pixels

import nasbook
from nasbook.widgets import runner as module
from nasbook.widgets.runner import DRIVERS, Runner

PATIENCE = 60.0
WITHOUT = ("asyncio", "inline")
LABS = {
    "bayesian": {"trials": 5},
    "tpe": {"trials": 12},
    "halving": {"trials": 10, "workers": 4},
}


def rests(runner):
    """Until nothing is left to do, with the page at work meanwhile: in asyncio's loop, or by waiting where it is
    waiting that advances."""

    async def turn():
        while runner._busy:
            await asyncio.sleep(0.001)

    if runner.driver == "asyncio":
        return turn()
    while runner.driver == "thread" and runner._busy:
        threading.Event().wait(0.001)
    if runner.driver == "inline":
        runner.wait(PATIENCE)
    return asyncio.sleep(0)


def story(driver, runner_of):
    """Play, a pause in the middle of the third step, two steps, play to the end; what has been seen."""

    async def told():
        runner, seen = runner_of(driver)
        runner.play()
        await asyncio.wait_for(rests(runner), PATIENCE)
        seen.append(("rests", len(runner.steps)))
        runner.step(2)
        await asyncio.wait_for(rests(runner), PATIENCE)
        seen.append(("rests", len(runner.steps)))
        runner.play()
        await asyncio.wait_for(rests(runner), PATIENCE)
        return runner, seen

    return asyncio.run(told())


def paused_at_three(driver):
    seen = []

    def make():
        for i in range(8):
            if i == 2:
                runner.pause()
            yield i
        return "answer"

    def show(n):
        if n in (3, 5, 8):  # frames on the way may be dropped, these not
            seen.append(("shown", n))

    runner = Runner(make, show, lambda: seen.append(runner.state), driver=driver)
    return runner, seen


@pytest.mark.parametrize("driver", DRIVERS)
def test_states_and_frames_come_in_the_same_order(driver):
    runner, seen = story(driver, paused_at_three)
    assert runner.steps == list(range(8)) and runner.answer == "answer" and runner.wait() == "answer"
    play = "playing"
    assert seen == [
        *(play, ("shown", 3), "paused", ("rests", 3)),
        *(play, ("shown", 5), "paused", ("rests", 5)),
        *(play, ("shown", 8), "done"),
    ]


@pytest.mark.parametrize("name", LABS)
def test_a_lab_leaves_the_same_trace_and_the_same_picture(name, monkeypatch):
    found = {}
    for driver in DRIVERS:
        monkeypatch.setattr(module, "DRIVER", driver)
        lab = nasbook.lab(name, **LABS[name])
        assert lab.runner.driver == driver
        lab._speed.value = float("inf")
        said = []
        lab._status.observe(lambda change, said=said: said.append(change["new"]), "value")

        async def play(lab=lab):
            lab.play()
            await asyncio.wait_for(rests(lab.runner), PATIENCE)

        asyncio.run(play())
        assert lab.error is None and lab.runner.state == "done"
        assert not any("Paused" in words or "Ready" in words for words in said)  # it does not flicker
        steps = [(s.trial.config, s.trial.value) for s in lab.trace.steps] if lab.trace is not None else len(lab.steps)
        found[driver] = (steps, lab.trace and lab.trace.digest, lab.image.alt, lab._sentence.value)
        found[driver, "pixels"] = pixels(lab).tobytes()
        lab.close()
    assert found["asyncio"] == found["inline"] == found["thread"]
    assert found["asyncio", "pixels"] == found["inline", "pixels"] == found["thread", "pixels"]


@pytest.mark.parametrize("driver", WITHOUT)
def test_no_thread_is_started(driver, monkeypatch, tmp_path):
    """As in a browser, where Thread.start raises."""

    def start(self):
        raise RuntimeError("can't start new thread")

    nasbook.search("random", "branin", trials=3, out=tmp_path / "trace.jsonl")
    monkeypatch.setattr(module, "DRIVER", driver)
    monkeypatch.setattr(threading.Thread, "start", start)

    async def use(lab, trials):
        lab._play.click()
        await asyncio.wait_for(rests(lab.runner), PATIENCE)
        n = len(lab.steps)
        assert n == trials and lab.runner.state == "done"
        lab._reset.click()
        lab._step.click()
        await asyncio.wait_for(rests(lab.runner), PATIENCE)
        assert (len(lab.steps), lab.runner.state, lab.error) == (1, "paused", None)
        lab.run()  # from Python, as a lesson's cell does
        assert len(lab.steps) == n and lab.runner.state == "done"
        lab.close()

    for lab, trials in ((DotsLab(trials=6), 6), (nasbook.lab("run", tmp_path, follow=False), 3)):
        lab._speed.value = float("inf")
        asyncio.run(use(lab, trials))


def test_a_button_is_answered_between_two_steps_of_a_task():
    """The search never ends: what is not answered hangs."""

    def make():
        while True:
            yield sum(range(20_000))

    async def press():
        runner = Runner(make, driver="asyncio")
        for _ in range(3):
            runner.play()
            while len(runner.steps) < 3 or runner.state != "playing":
                await asyncio.sleep(0)
            n = len(runner.steps)
            runner.pause()
            while runner.state != "paused":
                await asyncio.sleep(0)
            assert len(runner.steps) == n
        runner.speed = 0.001
        runner.step(2)  # a pause while it rests between two steps
        while len(runner.steps) < n + 1:
            await asyncio.sleep(0)
        runner.pause()
        while runner.state != "paused":
            await asyncio.sleep(0)
        return len(runner.steps) - n

    assert asyncio.run(asyncio.wait_for(press(), PATIENCE)) == 1


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_reset_closes_the_search_also_from_within_a_step_or_a_frame(driver):
    closed = []
    done = threading.Event()

    def make():
        try:
            yield "a"
            yield "b"
            if where == "step":
                runner.reset()
            yield "c"
            yield "d"
        finally:
            closed.append(where)
            done.set()

    def show(n):
        if where == "frame" and runner.steps[-1] == "c":
            runner.reset()

    async def told():
        runner.play()
        if driver == "inline":
            runner.wait(PATIENCE)
        while not closed:
            await asyncio.sleep(0.001)

    for where in ("step", "frame", "between"):
        runner = Runner(make, show, fps=1e9, driver=driver)
        closed.clear()
        if where == "between":
            runner.step(2)
            runner.wait(PATIENCE)
            runner.reset()
            asyncio.run(asyncio.sleep(0))
            done.wait(PATIENCE)
        elif where == "step" or driver != "inline":
            asyncio.run(asyncio.wait_for(told(), PATIENCE))
        else:
            continue  # nobody sees a frame on the way
        assert closed == [where]
        assert runner.steps == [] and runner.state == "ready"
        done.clear()


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_search_does_not_wait_for_itself(driver):
    found = []

    def make():
        yield 1

    def show(n):
        assert runner.inside and not runner.outdated
        with pytest.raises(RuntimeError, match="the search called this"):
            runner.wait(PATIENCE)
        found.append(n)

    runner = Runner(make, show, driver=driver)
    runner.run(PATIENCE)
    assert found == [1] and not runner.inside


@pytest.mark.parametrize("driver", WITHOUT)
def test_what_interrupts_a_frame_is_raised_and_nothing_hangs(driver):
    def show(n):
        raise KeyboardInterrupt

    runner = Runner(lambda: iter(range(3)), show, driver=driver)
    with pytest.raises(KeyboardInterrupt):
        runner.run(PATIENCE)
    assert runner.state == "failed" and runner.steps == [0, 1, 2]
    runner.reset()
    runner.step()
    with pytest.raises(KeyboardInterrupt):
        runner.wait(PATIENCE)


@pytest.mark.parametrize("driver", WITHOUT)
def test_time_is_up_without_a_thread_too(driver):
    def make():
        while True:
            yield 1

    runner = Runner(make, driver=driver)
    with pytest.raises(TimeoutError, match="playing"):
        runner.run(0.05)
    n = len(runner.steps)
    runner.pause()
    runner.wait(PATIENCE)
    assert n and len(runner.steps) == n


def test_a_task_is_commanded_from_another_thread_and_waited_for_there():
    async def told():
        runner = Runner(lambda: iter(range(50)), driver="asyncio")
        runner.step()
        while runner._busy:
            await asyncio.sleep(0.001)
        commands = threading.Thread(target=lambda: (runner.step(4), runner.wait(PATIENCE), runner.play()))
        commands.start()
        while runner.state != "done":
            await asyncio.sleep(0.001)
        commands.join(PATIENCE)
        return runner.steps

    assert asyncio.run(asyncio.wait_for(told(), PATIENCE)) == list(range(50))


def test_a_search_outlives_the_loop_that_began_it():
    runner = Runner(lambda: iter(range(5)), driver="asyncio")

    async def step():
        runner.step()
        await asyncio.sleep(0)

    asyncio.run(step())
    asyncio.run(step())
    assert runner.run(PATIENCE) is None and runner.steps == list(range(5))
    gc.collect()  # no task is left that nobody has awaited: pytest would warn


@pytest.mark.parametrize(("platform", "driver"), [("emscripten", "asyncio"), ("linux", "thread"), ("darwin", "thread")])
def test_the_driver_is_what_the_platform_can_do(platform, driver, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    spec = importlib.util.spec_from_file_location("runner_elsewhere", module.__file__)
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    assert elsewhere.Runner(lambda: iter(())).driver == driver


def test_an_unknown_driver_is_refused():
    with pytest.raises(ValueError, match="driver must be one of thread, asyncio, inline, not 'trio'"):
        Runner(lambda: iter(()), driver="trio")


def test_a_lab_without_threads_survives_a_hurried_user(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "DRIVER", "inline")
    monkeypatch.chdir(tmp_path)
    hammer("tpe", 0.7, seed=3)
