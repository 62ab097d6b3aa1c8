"""The shell that every lab shares: run controls, scrubber, settings, picture, sentence, Export and Save.

A lab is a subclass of `Lab`:

    class MyLab(Lab[Step]):                # in brackets: what one of its steps is
        name = "my-lab"                    # its name in the registry, and in file names
        unit = "trial"                     # what one step is called

        def settings(self):                # the column at the left: three visible, the rest with more=True
            return [
                choose("task", "Objective", ["forrester", "branin"], "forrester", "The function that is minimised."),
                slide("trials", "Trials", 20, 5, 60, 1, "How many configurations the search may try."),
                count("seed", "Seed", 0, 0, 9999, "Another seed draws other random numbers.", more=True),
                tick("band", "Show the band", True, "Draw the uncertainty.", more=True),        # effect="view"
            ]

        def prepare(self):                 # before the first step, and again after Reset or a change of the search
            self.task = nasbook.task(self.values["task"])
            self.method = nasbook.method("random", self.task.space, seed=self.values["seed"])
            self.use(HistoryPicture(...))  # a Picture of nasbook.plots; call `use` again only for another picture

        def make_search(self):             # a generator of steps; advanced by the runner's driver
            return self.search(self.method, self.task, trials=self.values["trials"])

        def frame(self, n):                # the picture's state after n steps (n = 0: before the search)
            return self.steps[:n]

        def sentence(self, n):             # what just happened and why, in one sentence
            return f"Tried {self.steps[n - 1].trial.config}."

What the shell gives: `values` (name -> value), `controls` (name -> widget), `steps` (kept, with views), `trace` (what
Save writes and Export scales up; `search` fills it while it runs), `use(picture)`, `redraw()`, `restart(why)`,
`say(sentence)`, `note(words)` in the status, `below` (a row for controls of the lab's own, under the sentence),
`search(method, task, trials)`. Hooks that may be overridden: `total`, the steps of the whole search (the setting
"trials"); `begin()`, the sentence before the first step; `changed(name)` for settings with effect="live"; `picked(axes,
x, y)` for clicks, allowed with `self.clickable(hint, *axes)`. Exceptions in all of them are shown in the lab; `error`
holds the last.

From Python: `play()`, `pause()`, `step(n)`, `reset()`, `run()`, `wait()`, `scrub(i)`, `set(name=value)`. `step`, `run`
and `wait` block until it is done and raise what went wrong, so a lab works the same with no page at all.

The page finds the parts by class: nb-play, nb-pause, nb-step, nb-reset, nb-speed, nb-status, nb-scrub, nb-picture,
nb-sentence, nb-export, nb-save, nb-set-<name>.

File larger by decision: what a lab may call, override and rely on is read on one page.
"""

from __future__ import annotations

import base64
import html
import math
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import ipywidgets as W

from nasbook.loop import Run, train
from nasbook.method import Method, OneShot
from nasbook.plots.picture import Picture
from nasbook.plots.style import plural
from nasbook.prepare import header_of
from nasbook.task import Task
from nasbook.trace import Step, Trace
from nasbook.widgets import cells, parts
from nasbook.widgets.files import Files
from nasbook.widgets.frames import Live
from nasbook.widgets.keyboard import Keyboard
from nasbook.widgets.pick import ClickImage
from nasbook.widgets.played import SHORT, capture
from nasbook.widgets.runner import Runner
from nasbook.widgets.settings import LIVE, Setting, Values, choose, count, nearest, same, slide, tick
from nasbook.widgets.still import Still, wanted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from traitlets import Bunch

__all__ = ["LIVE", "Lab", "Setting", "Values", "choose", "count", "nearest", "same", "slide", "tick"]

S = TypeVar("S")  # a step
SPEEDS = [("1 a second", 1.0), ("2 a second", 2.0), ("5 a second", 5.0), ("fastest", math.inf)]


def shown(callback: Callable[..., None]) -> Callable[..., None]:
    """A callback of a page, where an exception would vanish: show it in the lab."""

    @wraps(callback)
    def safe(self: Lab, *args: object) -> None:
        if threading.get_ident() not in self._quiet and self.runner.state != "failed":
            self.error = None  # an earlier mistake is forgiven; if it still stands, it is raised again
        try:
            callback(self, *args)
        except Exception as error:
            self.report(error)

    return safe


class Lab(W.VBox, Generic[S]):
    """A search with its controls and its picture; see the top of this file for how a lab is made.

    Arguments are the names of the lab's settings, e.g. `BayesianLab(task="branin", seed=3)`; ValueError for names and
    values that it does not have.
    """

    registered_as: ClassVar[str] = "lab"
    name: ClassVar[str] = "lab"
    unit: ClassVar[str] = "trial"
    lines: ClassVar[int] = 3  # of the longest usual sentence, so that the room is kept and nothing below it moves
    anew: ClassVar[str] = "the search starts again"  # what a change of a setting that makes the steps brings about
    telling: ClassVar[tuple[str, tuple[Any, ...]] | None] = None  # the setting that tells most, and values to compare
    chooses: ClassVar[str] = "method"  # the setting that says which method searches, where there is one
    drawn_only: ClassVar[tuple[str, ...]] = ()  # settings with effect="live" that change nothing but what is drawn
    shown_with: ClassVar[Values] = {}  # settings for pages without a kernel, where the default takes long
    made_with: Values  # the arguments that make a lab like this one

    def __new__(cls, *given: object, **values: object) -> Lab:
        made = super().__new__(cls, *given, **values)
        made.made_with = {**dict(zip([*signature(cls.__init__).parameters][1:], given, strict=False)), **values}
        return made

    def __init__(self, **values: object) -> None:
        super().__init__()
        self.add_class("nb-lab")
        self.add_class(f"nb-lines-{self.lines}")
        self.error: BaseException | None = None
        self._unready: Exception | None = None
        self.trace: Trace | None = None
        self._note = self.said = ""
        self._still, self._rested = Still(), ""
        self._seen: int | None = None  # the step that the scrubber has been moved to; None follows the search
        self._quiet: set[int] = set()  # threads that are setting controls themselves
        self._owing: set[int] = set()  # threads that have still to wait for the search
        self._drawing = threading.RLock()  # held while a frame is drawn; taken after runner.between where both are
        self._telling = threading.RLock()  # held while the status is written; nothing else is taken inside
        self._replaced = False  # has its cell been run again?
        self._wanted = self._prepared = 0  # restarts that were asked for, and the newest that has been done
        self._settings = {s.name: s for s in self.settings()}
        self.controls = {name: s.widget for name, s in self._settings.items()}
        cells.enter(self)
        try:
            self._begin(values)
        except BaseException:
            self.close()
            raise

    def _begin(self, values: Values) -> None:
        for name, value in values.items():
            self._setting(name).put(value)
        self._in_force = {name: setting.value for name, setting in self._settings.items()}
        self._build()
        self.runner = Runner(
            self.make_search, self._frame, self._state, ready=lambda: not self.image.behind, speed=self._speed.value
        )
        self._known = dict(self._in_force)
        for name in self._settings:
            self.controls[name].observe(partial(self._changed, name), "value")
        self.restart()
        if self.error:
            raise self.error

    # ---- what a lab writes ----------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        """The controls of the settings column."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make the task, the method and the picture (`self.use`) from `self.values`."""
        raise NotImplementedError

    def make_search(self) -> Iterator[S]:
        """A new generator of steps."""
        raise NotImplementedError

    def frame(self, n: int) -> object:
        """The state of the picture after n steps."""
        raise NotImplementedError

    def sentence(self, n: int) -> str:
        """What step n did, and why. Plain text."""
        raise NotImplementedError

    def begin(self) -> str:
        """The sentence before the first step."""
        return f"Nothing has been tried yet. Step makes one {self.unit}, Play makes all of them."

    def changed(self, name: str) -> None:
        """A setting with effect='live' has been changed."""

    def picked(self, axes: Axes, x: float, y: float) -> None:
        """The picture was clicked at (x, y), in the units of the axes."""

    def entered(self, text: str) -> None:
        """Enter was pressed in a field with the class nb-typed, which holds this text."""

    def status(self, state: str) -> str | None:
        """Words of the status in place of the usual ones, where a lab knows better; `state` is the runner's."""
        return None

    def keeps(self) -> str:
        """What Save writes and Export scales up, in words."""
        return plural(len(self.trace or ()), self.unit)

    @property
    def total(self) -> int | None:
        """Steps of the whole search, where it is known."""
        return self.values.get("trials")

    # ---- what the shell gives -----------------------------------------------------------------------------

    @property
    def values(self) -> Values:
        """The settings in force: name -> value."""
        return dict(self._in_force)

    @property
    def steps(self) -> list[S]:
        """The steps so far, each with its view."""
        return self.runner.steps

    @property
    def at(self) -> int:
        """The step that the picture shows: the last one, unless the scrubber was moved."""
        return len(self.steps) if self._seen is None else min(self._seen, len(self.steps))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold this to change what steps and frames are made from: no step is made meanwhile, and none is drawn."""
        with self.runner.between, self._drawing:
            yield

    @contextmanager
    def exchanging(self) -> Iterator[None]:
        """Hold this to exchange what is drawn, and nothing that steps are made from: no frame is drawn meanwhile."""
        with self._drawing:
            yield

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """For what a user does to a lab: no setting, picture or control is exchanged meanwhile. The search is held up,
        so that who would wait for it does so at the end."""
        with self.changing():
            yield
        if threading.get_ident() in self._owing:
            self._owing.discard(threading.get_ident())
            self.wait()

    def use(self, picture: Picture) -> None:
        """Show this picture from now on."""
        self.live.use(picture)

    def clickable(self, hint: str, *axes: Axes) -> None:
        """Let clicks inside these axes reach `picked`; `hint` says what a click does. Without axes, clicks are off."""
        self.image.hint, self.image.areas, self.image.crossed = hint, self.live.areas(*axes), len(axes)
        self.image.clickable = bool(axes)

    def search(self, method: Method | OneShot, task: Task, trials: int | None = None) -> Generator[Step, None, Trace]:
        """Search step by step, as `nasbook.steps` does with one worker, while `self.trace` grows."""
        trace = self.trace = Trace(header_of(method, task))
        if isinstance(method, OneShot):
            yield from train(method, task, trace, trials=trials)
        else:
            run = Run(method, task, trace, views=True)
            while step := run.step(trials):
                yield step
        return trace

    def restart(self, why: str = "") -> None:
        """Forget the steps and prepare anew; `why` is shown in the status.

        A step that is being made ends first, and unseen. Of several restarts that wait for it, one is done."""
        self._replaced = False
        with self._telling:
            self._wanted += 1
            mine, self._note = self._wanted, why
            self.runner.abandon()
        self._state()
        with self.changing():
            if self._prepared >= mine:  # one that waited, too, has been done with the newest settings
                return
            with self._telling:
                self._prepared, self._in_force = self._wanted, {n: s.value for n, s in self._settings.items()}
            self.error, self._unready, self._seen, self.trace = None, None, None, None
            self.runner.reset()
            try:
                self.prepare()
            except Exception as error:
                self._unready = error
                self.report(error)
            else:
                self.redraw()
            self._state()

    def redraw(self) -> None:
        """Draw the step that is shown once more."""
        self._frame(self.at)

    def say(self, sentence: str) -> None:
        """Show a sentence, until the next step."""
        self.said = sentence
        self._sentence.value = f"<div aria-live='polite'>{html.escape(sentence)}</div>"

    def note(self, words: str) -> None:
        """Say something in the status, until the next Play, Step or Reset."""
        self._note = words
        self._state()

    def report(self, error: BaseException) -> None:
        """Show an exception in words; `error` keeps it. The lab stays usable."""
        self.error = error
        words = html.escape(str(error) or type(error).__name__)
        if isinstance(error, ValueError):
            detail = ""
        else:
            words = f"{type(error).__name__}: {words}"
            lines = html.escape("".join(traceback.format_exception(error)))
            detail = f"<details><summary>Details</summary><pre style='overflow:auto'>{lines}</pre></details>"
        self._sentence.value = f"<div role='alert'><span class='nb-error'>{words}</span>{detail}</div>"

    # ---- from Python --------------------------------------------------------------------------------------

    def play(self) -> None:
        """Start, and do not wait."""
        self._follow()
        self.runner.play()

    def pause(self) -> None:
        """Stop after the step that is being made."""
        self.runner.pause()

    def step(self, n: int = 1) -> None:
        """Make n more steps, and wait for them."""
        self._follow()
        self.runner.step(n)
        self.wait()

    def wait(self, timeout: float | None = 600.0) -> Trace | None:
        """Wait until the search rests (at full speed), and return the trace so far. Raises what the search raised.

        In what a click or a control of the lab's own does, the waiting comes when all else is done."""
        if self.runner.held:
            self._owing.add(threading.get_ident())
        else:
            self.runner.wait(timeout)
        return self.trace

    def run(self, timeout: float | None = 600.0) -> Trace | None:
        """Search to the end, and return the trace."""
        self.play()
        return self.wait(timeout)

    def reset(self) -> None:
        """Throw the steps away and begin anew."""
        self.restart()

    def scrub(self, i: int) -> None:
        """Show the picture after step i (0: before the first)."""
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i <= len(self.steps):
            raise ValueError(f"there are {len(self.steps)} steps, so i must be in 0 … {len(self.steps)}, not {i!r}")
        self.runner.pause()
        self._show(i)
        self._keep_still(now=True)

    def set(self, **values: object) -> None:
        """Change settings, as the controls do. ValueError for what cannot be set."""
        for name, value in values.items():
            setting = self._setting(name)
            if setting.widget.disabled:
                raise ValueError(f"{name} cannot be set now: {setting.widget.tooltip}")
            self.error = None
            setting.put(value)
            if self.error:
                raise self.error
            self.made_with[name] = value

    def _setting(self, name: str) -> Setting:
        if name not in self._settings:
            close = get_close_matches(name, self._settings, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(self._settings)}"
            raise ValueError(f"the {self.name} lab has no setting {name!r}; {hint}")
        return self._settings[name]

    def draws_only(self, name: str) -> bool:
        """Does a change of this setting leave the steps as they are, and change only what is drawn?"""
        return self._settings[name].effect == "view" or name in self.drawn_only

    @classmethod
    def to_show(cls, **values: object) -> Lab:
        """The lab as a page without a kernel shows it."""
        return cls(**{**cls.shown_with, **values})

    def copy(self, **values: object) -> Lab:
        """A lab of its own that was made as this one was, but for these settings; nothing has been tried in it."""
        return type(self)(**{**self.made_with, **values})

    def stop(self, why: str) -> None:
        """End the search, and its thread; the steps stay. Reset begins it anew. `why` is shown in the status."""
        if hasattr(self, "runner"):
            self.runner.stop()
            self.note(why)

    def replaced(self) -> None:
        """Its cell has been run again: stop, and once no page shows the lab any more, close it."""
        self.stop("Its cell has been run again.")
        self._replaced = True
        if hasattr(self, "_keyboard") and self._keyboard.unseen:
            self.close()

    def close(self) -> None:
        """Take the lab from the page with all of its widgets, and end its thread; its steps and its trace stay."""
        if hasattr(self, "runner"):  # not where a bad argument ended the making of the lab
            self.runner.abandon()
        for widget in (self, *getattr(self, "controls", {}).values()):  # no parts of a lab whose making failed
            parts.close(widget)

    # ---- the parts ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        def button(name: str, icon: str, press: Callable[[], object]) -> W.Button:
            made = W.Button(description=name.capitalize(), icon=icon)
            made.add_class(f"nb-{name}")
            made.on_click(lambda _: press())
            return made

        self._play = button("play", "play", self._press_play)
        self._pause = button("pause", "pause", self._press_pause)
        self._step = button("step", "step-forward", self._press_step)
        self._reset = button("reset", "undo", self._press_reset)
        self._speed = W.Dropdown(
            options=SPEEDS, value=2.0, description="Speed", tooltip=f"How many {self.unit}s Play makes in a second."
        )
        self._speed.observe(lambda change: setattr(self.runner, "speed", change["new"]), "value")
        self._status = W.HTML()
        self._scrub = W.IntSlider(
            0, 0, 1, description="Shown", tooltip=f"Which {self.unit} is shown: move it to look at an earlier one."
        )
        self._scrub.observe(self._scrubbed, "value")
        self._sentence = W.HTML()
        self.image = ClickImage(self._clicked)
        self.live = Live(self.image)
        self.files = Files(self)
        more = [s.widget for s in self._settings.values() if s.more]
        column = W.VBox([s.widget for s in self._settings.values() if not s.more])
        if more:
            column.children += (self._more(more),)
        row = W.HBox([self._play, self._pause, self._step, self._reset, self._speed, self._status])
        self.below = W.HBox()  # a lab may put controls of its own here, under the sentence
        body = W.HBox([column, W.VBox([self.image, self._sentence, self.below, self.files])])
        classes = {
            self._speed: "speed",
            self._status: "status",
            self._scrub: "scrub",
            self._sentence: "sentence",
            self.image: "picture",
            column: "settings",
            row: "row",
            self.below: "row",
            body: "body",
            body.children[1]: "view",
        }
        for widget, name in classes.items():
            widget.add_class(f"nb-{name}")
        self.below.add_class("nb-own")
        keys = {
            "space": self._press_space,
            "home": self._press_home,
            "end": self._press_end,
            "enter": self._press_enter,
        }
        self._keyboard = Keyboard(self._unseen, **keys)
        self.children = (self._keyboard, row, self._scrub, body)

    def _more(self, widgets: list[W.Widget]) -> W.VBox:
        inside = W.VBox(widgets)
        inside.add_class("nb-more")
        inside.layout.display = "none"
        toggle = W.ToggleButton(
            False, description="More", icon="caret-right", tooltip="Show the settings that matter less."
        )
        toggle.add_class("nb-more-button")

        def turn(change: Bunch) -> None:
            inside.layout.display = "" if change["new"] else "none"
            toggle.icon = "caret-down" if change["new"] else "caret-right"
            toggle.description = "Less" if change["new"] else "More"

        toggle.observe(turn, "value")
        box = W.VBox([toggle, inside])
        box.add_class("nb-more")
        return box

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        """The widget, and for renderers without widgets its picture and what it shows."""
        return {**super()._repr_mimebundle_(**options), **self._forms()}

    def _forms(self) -> dict[str, object]:
        """The picture in every form, and what it shows in words."""
        data: dict[str, object] = {"text/plain": (alt := self.image.alt or f"the {self.name} lab")}
        if self.image.png:
            data["image/png"] = png = base64.b64encode(self.image.png).decode()
            data["text/html"] = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
        return data

    def _ipython_display_(self) -> None:
        """The lab, and the still that a page without its kernel shows; where a site is built, what can be played."""
        if frames := wanted():
            shown = capture(self, max(2, frames), short=1 < frames <= SHORT, alone=frames == 1)
            self._still.instead(shown.html(), shown.alt)
        elif self.comm is None:  # closed: only a picture is left
            self._still.instead(self._still_html(), self.image.alt)
        else:
            self._still.beside(self._repr_mimebundle_(), self._still_html(), self.image.alt)

    def _keep_still(self, now: bool) -> None:
        """Let the still be of what is shown."""
        self._still.update(self.image.alt, self._still_html, self.image.alt, now)

    def _still_html(self) -> str:
        return f"{self._forms().get('text/html', '')}<p>{html.escape(self.said)}</p>"

    # ---- what happens -------------------------------------------------------------------------------------

    @contextmanager
    def _silently(self) -> Iterator[None]:
        """Set controls without their callbacks taking it for the user's doing."""
        me = threading.get_ident()
        nested = me in self._quiet
        self._quiet.add(me)
        try:
            yield
        finally:
            if not nested:
                self._quiet.discard(me)

    def _follow(self) -> None:
        """Before a step: look at the newest one, and forget what was said."""
        if self._unready:
            raise self._unready
        self._seen, self._note = None, ""
        if self.runner.state != "failed":
            self.error = None

    @shown
    def _press_play(self) -> None:
        if over := None if self._unready else self._over():
            self.note(over)  # the button is off, but a key is not
        else:
            self.play()

    @shown
    def _press_pause(self) -> None:
        self.runner.pause()

    @shown
    def _press_step(self) -> None:
        self._follow()
        self.runner.step()

    @shown
    def _press_reset(self) -> None:
        self.restart()

    @shown
    def _unseen(self) -> None:
        """No page shows the lab any more."""
        self.runner.pause()
        if self._replaced:
            self.close()

    @shown
    def _press_space(self) -> None:
        if self.runner.state == "playing":
            self.runner.pause()
        else:
            self._press_play()

    @shown
    def _press_enter(self, text: str) -> None:
        self.entered(text)

    @shown
    def _press_home(self) -> None:
        self.scrub(0)

    @shown
    def _press_end(self) -> None:
        self.scrub(len(self.steps))

    @shown
    def _changed(self, name: str, _change: object) -> None:
        setting = self._settings[name]
        if setting.widget.disabled and threading.get_ident() not in self._quiet:
            # no user can change it: a slow page sends back what it was told to show, or what could be chosen, before
            with self._silently():
                setting.put(self._in_force[name])
            return
        if self._known.get(name) == setting.value:  # a page has sent back, rounded, what it was told to show
            return
        self._known[name] = setting.value
        quiet = threading.get_ident() in self._quiet
        if setting.effect == "search" and not quiet:
            self.restart(f"{setting.label} changed, so {self.anew}.")
            return
        with self._telling:  # two threads may change it at once, and the later value must be the one that stays
            self._in_force[name] = setting.value
        if quiet:
            return
        if setting.effect == "live":
            self.changed(name)
        else:
            self.redraw()

    @shown
    def _guarded(self, action: Callable[[], object], *_: object) -> None:
        """A callback for controls of the lab's own: `widget.observe(partial(self._guarded, action), "value")`."""
        if threading.get_ident() not in self._quiet:
            with self._undisturbed():
                action()

    @shown
    def _clicked(self, x: float, y: float) -> None:
        with self._undisturbed():
            if hit := self.live.locate(x, y):
                self.picked(*hit)

    @shown
    def _scrubbed(self, change: Bunch) -> None:
        if threading.get_ident() not in self._quiet and change["new"] <= len(self.steps):
            self.runner.pause()
            self._show(change["new"])

    def _show(self, i: int) -> None:
        with self._drawing:
            self._seen = i if i < len(self.steps) else None
            self._frame(i)
        self._state()

    def _frame(self, n: int) -> None:
        """Draw step n; called by the search for new steps, and by callbacks."""
        with self._drawing:
            if self._unready or self.runner.outdated:
                return
            newest = len(self.steps)
            n = min(n, newest)
            if n == newest and self._seen is not None and self.runner.inside:
                n = self._seen  # the page looks at an earlier step: leave it there
            elif self.runner.state == "playing" and n < newest and self._seen is None:
                return  # a later frame is on its way
            try:
                self.live.draw(self.frame(n))
                if self.error is None:
                    self.say(self.sentence(n) if n else self.begin())
            except Exception as error:
                self.report(error)
                raise
            finally:
                with self._silently():
                    self._scrub.max = max(1, newest)
                    self._scrub.value = n
                    self._scrub.disabled = newest == 0
            self._state()

    def _state(self) -> None:
        """Status, and which buttons can be pressed and why not."""
        with self._telling:  # what is written last is what holds last
            self._tell_state()

    def _tell_state(self) -> None:
        n, state = len(self.runner.steps), self.runner.state
        if self.runner.error and self.error is not self.runner.error:
            self.report(self.runner.error)
        total = self.total
        so_far = f"{n} of {plural(total, self.unit)}" if total else plural(n, self.unit)
        to_make = f": {plural(total, self.unit)} to make" if total else ""
        words = {
            "ready": "Not ready" if self._unready else f"Ready{to_make}",
            "playing": f"Playing: {so_far}",
            "paused": f"Paused after {so_far}",
            "done": f"Done: {plural(n, self.unit)}",
            "failed": f"Stopped by an error after {so_far}",
            "stopped": f"Stopped after {so_far}",
        }[state]
        words = self.status(state) or words
        if self._wanted > self._prepared:
            words = "Beginning anew"
        if self._seen is not None:
            words += f" · shown: {self._seen}"
        note = f" <span class='nb-note'>{html.escape(self._note)}</span>" if self._note else ""
        alarm = " class='nb-error'" if state == "failed" or self.error else ""
        value = f"<span role='status'><span{alarm}>{html.escape(words)}</span>{note}</span>"
        if value != self._status.value:
            self._status.value = value
        over = self._over()
        busy = "It is playing already." if state == "playing" else None
        _enable(self._play, over or busy, f"Make one {self.unit} after the other, until the search ends. Key: Space.")
        _enable(self._pause, None if state == "playing" else "Nothing is playing.", "Stop after this step. Key: Space.")
        _enable(self._step, over, f"Make one {self.unit}, then stop.")
        nothing = not n and state == "ready" and not self.error
        _enable(
            self._reset,
            "There is nothing to reset yet." if nothing else None,
            f"Throw the {self.unit}s away and begin anew.",
        )
        self.files.enable(None if n else f"There is nothing to keep yet: make a {self.unit} first.")
        if state != "playing":
            self._keep_still(now=self._rested != state)
        self._rested = state

    def _over(self) -> str | None:
        """Why no step can be made, if so."""
        if self._unready:
            return "A setting cannot be used; the message under the picture says why."
        return {
            "done": "The search has ended; Reset begins it again.",
            "failed": "An error stopped the search; Reset begins it again.",
            "stopped": "This lab has been stopped; Reset begins it again.",
        }.get(self.runner.state)


def _enable(button: W.Button, why_not: str | None, help: str) -> None:
    if button.disabled != (why_not is not None):
        button.disabled = why_not is not None
    if button.tooltip != (why_not or help):
        button.tooltip = why_not or help
