"""Everything that a hurried user does to a lab, from several threads at once and without a page.

    hammer("halving", seconds=3.0, seed=0)

Each thread draws, again and again, a control and a value for it, a button, a key, a place in the picture or on the
scrubber. JupyterLab calls back from more than one thread as well. Afterwards the lab must be whole: no exception but
sentences for what cannot be, a status that fits the steps, Reset and Step as on the first day, and, closed, no thread,
no widget and no memory left.
"""

import faulthandler
import gc
import html
import re
import sys
import threading
import time
import weakref
from pathlib import Path

import ipywidgets as W
import numpy as np
import traitlets as T
from ipywidgets.widgets.widget import _instances as open_widgets
from waiting import PATIENCE

import nasbook
from nasbook.widgets.runner import THREAD

LEAST = 3  # things are done, however slow the machine is
SMALL = {  # settings under which a step is quick: the last word is always a step with these
    "race": {"seeds": 2, "trials": 10, "bayesian": False},
    "transfer": {"seeds": 2, "trials": 10, "known": 10, "source": "nb201-cifar100", "target": "nb201-imagenet16"},
    "estimators": {"cells": 100, "which": "some"},
    "darts": {"epochs": 2, "channels": 2, "order": 1},
    "joint": {"trials": 20, "seeds": 2},
    "relaxations": {"method": "gdas", "seeds": 2, "epochs": 2, "channels": 4},
    "gan": {"epochs": 2, "steps": 10, "images": 10},
    "prior": {"steps": 100},
    "surrogates": {"trials": 15, "startup": 4},
    "weight-sharing": {"epochs": 1, "data": "digits"},
    "ensemble": {"seeds": 3, "pool": 10, "members": 4},
    "few-shot": {"epochs": 2, "meta_steps": 1, "tasks": 1, "inner_steps": 1},
    "hardware": {"method": "nsga2", "epochs": 3},
    "growth": {"rounds": 1, "networks": 4, "epochs": 1},
    "pbt": {"population": 2, "epochs": 5},
    "hypergradient": {"unroll": 2, "rounds": 5, "mode": "reverse"},
    "bayesian": {"trials": 10},
    "controller": {"trials": 50},
    "run": {"folder": "runs/sample", "follow": False},
    "pipeline": {"data": "wine", "trials": 3, "model": "naive-bayes"},
    "explain": {"trials": 6, "forest": False},
    "width": {"width": 64, "steps": 10, "seeds": 1},
}
HANDS_OFF = {
    "joint": ("forest",),
    "race": ("bananas", "ppo", "reinforce", "rgpe", "forest"),
    "width": ("width", "steps"),
}  # some seconds a seed: nothing new in them
SENTENCES = re.compile(  # what a user may be told
    r"source and target are the same|a point is \d|you have tried|trials are made|is no game code|game code '"
    r"|no architecture is kept|points already|so i must be in 0|there is no point|a click there is no trial"
    r"|there is no run in|this is no configuration|nothing can be tried next"
    r"|nothing to save yet|leaves a single rung, so nothing can be promoted"
)


def hammer(name, seconds, seed=0, threads=3, **values):
    """Hammer a lab for so long; returns how many things were done to it. AssertionError says what broke."""
    before = set(open_widgets)
    done, lab = hammered(name, seconds, seed, threads, values)
    gc.collect()
    assert lab() is None, f"{name}, seed {seed}: something still holds the lab, though it is closed"
    assert set(open_widgets) <= before, f"{name}, seed {seed}: {set(open_widgets) - before} are still open"
    return done


def hammered(name, seconds, seed, threads, values):
    """How many things were done to a lab, and the lab, closed, as a weak reference."""
    if name == "run" and not Path("runs/sample").exists():
        nasbook.search("random", "branin", trials=6, out="runs/sample/trace.jsonl")
    lab = nasbook.lab(name, **{**SMALL.get(name, {}), **values})
    wrong = []
    report = lab.report

    def heard(error):
        if not (isinstance(error, ValueError) and SENTENCES.search(str(error))):
            wrong.append(error)
        report(error)

    lab.report = heard
    lab._speed.value = float("inf")
    done, end = [], time.monotonic() + seconds

    def work(k):
        rng = np.random.default_rng([seed, k])
        while (time.monotonic() < end or len(done) < LEAST) and not wrong:
            act = rng.choice([change, change, press, press, scrub, key, click, below])
            try:
                done.append(act(lab, rng))
            except T.TraitError:
                pass  # an option that has gone in the meantime: no page could have chosen it
            except Exception as error:
                wrong.append(error)

    workers = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(seconds + PATIENCE)
        if worker.is_alive():
            faulthandler.dump_traceback(sys.__stderr__)
            raise AssertionError(f"{name}: the lab hangs (seed {seed})")
    told = f"{name}, seed {seed}, after {len(done)} actions, the last {done[-6:]}"
    if wrong:
        raise AssertionError(f"{told}: {type(wrong[0]).__name__}: {wrong[0]}") from wrong[0]
    whole(lab, told)
    alive(lab, SMALL.get(name, {}), told)
    assert not wrong, (told, wrong)
    mine = lab.runner.thread
    lab.close()
    if mine is not None:
        mine.join(PATIENCE)
        assert not mine.is_alive(), f"{told}: a thread is left"
    return len(done), weakref.ref(lab)


# ---- what is done ------------------------------------------------------------------------------------------


def change(lab, rng):
    """A control of the settings column to any value that it offers, by a few keys or at once."""
    names = [n for n in lab.controls if n not in HANDS_OFF.get(lab.name, ())]
    name = str(rng.choice(names))
    return f"{name} = {turn(lab.controls[name], rng)!r}"


def turn(widget, rng):
    if getattr(widget, "disabled", False):
        return None
    if isinstance(widget, W.Dropdown | W.SelectionSlider):
        options = widget._options_values
        widget.value = options[rng.integers(len(options))] if options else widget.value
    elif isinstance(widget, W.Checkbox | W.ToggleButton):
        widget.value = not widget.value
    elif isinstance(widget, W.FloatLogSlider):
        widget.value = widget.base ** rng.uniform(widget.min, widget.max)
    elif isinstance(widget, W.IntSlider):
        for _ in range(rng.integers(1, 8)):  # keys of an arrow that is held
            widget.value = int(np.clip(widget.value + widget.step, widget.min, widget.max))
        if rng.random() < 0.5:
            widget.value = int(rng.integers(widget.min, widget.max + 1))
    elif isinstance(widget, W.BoundedIntText):
        widget.value = int(rng.integers(widget.min, min(widget.max, 50) + 1))
    elif isinstance(widget, W.FloatSlider):
        widget.value = rng.uniform(widget.min, widget.max)
    elif isinstance(widget, W.Text):
        widget.value = str(rng.choice(["0.3, 0.7", "0.3", "U10B15-3", "nonsense", ""]))
    return getattr(widget, "value", None)


def press(lab, rng):
    name = str(rng.choice(["play", "play", "pause", "step", "reset"]))
    button = getattr(lab, f"_{name}")
    if not button.disabled:
        button.click()
    return name


def scrub(lab, rng):
    if not lab._scrub.disabled:
        lab._scrub.value = int(rng.integers(0, lab._scrub.max + 1))
    return "scrub"


def key(lab, rng):
    name = str(rng.choice(["space", "home", "end"]))
    lab._keyboard._on_key[name]()
    return name


def click(lab, rng):
    for kind in ("grab", "drag", "drop") if lab.image.draggable else ("pick",):
        lab.image.inject(*rng.random(2), kind)
    return "click"


def below(lab, rng):
    """A control of the lab's own, under the sentence."""
    found = [w for w in parts(lab.below) if isinstance(w, W.Button | W.Dropdown | W.FloatSlider | W.IntSlider | W.Text)]
    if not found:
        return "below"
    widget = found[rng.integers(len(found))]
    if isinstance(widget, W.Button):
        if not widget.disabled:
            widget.click()
        return widget.description
    return turn(widget, rng)


def parts(box):
    for child in box.children:
        yield child
        if isinstance(child, W.Box):
            yield from parts(child)


# ---- what must hold afterwards -----------------------------------------------------------------------------


def words(widget):
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


def whole(lab, told):
    """The search rests, and what is shown fits the steps."""
    lab.pause()
    lab.runner.wait(PATIENCE)
    n, status, state = len(lab.steps), words(lab._status), lab.runner.state
    assert state in ("ready", "paused", "done"), (told, state, status)
    if lab._unready is None:
        begins = {"ready": "Ready", "paused": f"Paused after {n:,} ", "done": f"Done: {n:,} "}[state]
        assert status.startswith(begins), (told, state, n, status)
        assert lab._scrub.max == max(1, n) and lab._scrub.value == lab.at, (told, lab._scrub.max, lab._scrub.value, n)
        assert {name: s.value for name, s in lab._settings.items()} == lab.values, told
    assert not lab._quiet, told


def alive(lab, values, told):
    """Reset and one step, as on the first day."""
    for name, value in values.items():
        if name in lab.controls and not lab.controls[name].disabled and name not in ("source", "target"):
            lab.set(**{name: value})
    if lab._unready is not None and "target" in values:
        other = next(o for o in lab.controls["target"]._options_values if o != lab.values["source"])
        lab.set(target=other)
    lab.reset()
    assert lab.error is None and lab.steps == [], (told, lab.error)
    assert lab.runner.state == "ready" and words(lab._status).startswith("Ready"), (told, words(lab._status))
    frame = lab.image.frame
    lab.step()
    assert lab.error is None and len(lab.steps) == 1 and lab.image.frame > frame, (told, lab.error, len(lab.steps))
    assert lab.runner.state in ("paused", "done"), (told, lab.runner.state)


def threads_left():
    return [t for t in threading.enumerate() if t.name == THREAD and t.is_alive()]
