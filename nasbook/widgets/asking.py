"""The row under a run that is followed: what the run has spent, and how it is asked to pause, to go on, to stop, or to
try a configuration next."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Container
from functools import partial

import ipywidgets as W

from nasbook.cost import Cost
from nasbook.plots.style import number
from nasbook.scale import yaml12
from nasbook.scale.watch import Watched
from nasbook.space import Config

LIVE = ("running", "paused")  # states of a run that hears what it is asked


class Asking:
    """`row`, the widgets: `spent`, time and energy in words; `buttons`, by name; `typed`, what is to be tried next.

    ask(pause=…, stop=…) is called by the buttons, entered(text) with what was typed; guarded(action, …) carries out
    what a control asks for."""

    def __init__(
        self, ask: Callable[..., None], entered: Callable[[str], None], guarded: Callable[..., object]
    ) -> None:
        self.spent = W.HTML()
        self.spent.add_class("nb-meter")
        self.typed = W.Text(
            "",
            description="Configuration",
            placeholder='{"learning_rate": 0.01, "width": 64}',
            tooltip="A configuration of the run's space; Enter tries it next.",
        )
        self.typed.add_class("nb-typed")
        press: dict[str, tuple[str, Callable[[], None]]] = {
            "pause": ("Pause run", partial(ask, pause=True)),
            "resume": ("Resume", partial(ask, pause=False)),
            "stop": ("Stop run", partial(ask, stop=True)),
            "next": ("Try next", lambda: entered(self.typed.value)),
        }
        self.buttons = {name: W.Button(description=words) for name, (words, _) in press.items()}
        for name, button in self.buttons.items():
            button.add_class(f"nb-run-{name}")
            button.on_click(partial(guarded, press[name][1]))
        self.row = (self.spent, *self.buttons.values(), self.typed)

    def follow(self, watched: Watched, work: float, ended: Cost | None) -> None:
        """Say what the run has spent (`work`: the seconds of all workers), and which buttons it would hear."""
        state = watched.state()
        parts = [f"{duration(watched.now)} spent"] if watched.trace is not None else []
        if state in LIVE and (left := watched.left()) is not None:
            parts.append(f"about {duration(left)} left")
        if ended is not None:
            parts.append(f"{duration(work)} of work by all workers")
            parts.append(f"energy of what has ended: {ended.energy}")
        meter = html.escape(" · ".join(parts) or "No time has been spent.")
        if self.spent.value != (value := f"<span class='nb-meter-words'>{meter}</span>"):
            self.spent.value = value
        for name, (why_not, help) in self._helps(state, watched.hears).items():
            button = self.buttons[name]
            if button.disabled != (why_not is not None) or button.tooltip != (why_not or help):
                button.disabled, button.tooltip = why_not is not None, why_not or help
        if not self.typed.value and watched.trace is not None and watched.trace.incumbent is not None:
            self.typed.value = json.dumps(watched.trace.incumbent.config)

    @staticmethod
    def _helps(state: str, hears: Container[str]) -> dict[str, tuple[str | None, str]]:
        """Button -> why it cannot be pressed, if so, and what it does."""
        gone = None if state in LIVE else "The run is not at work, so it hears nothing."
        if state == "unknown":
            gone = "This run gives no sign of life and reads no wishes: searches in Python and lone workers do not."
        alone = None if "next" in hears else "This run is one training, which tries nothing else."
        return {
            "pause": (gone or (None if state == "running" else "It is paused already."), "Start no new trial."),
            "resume": (gone or (None if state == "paused" else "It is not paused."), "Start trials again."),
            "stop": (gone, "End the run; nasbook run --resume goes on with it."),
            "next": ((gone if state not in ("stopped", "silent") else None) or alone, "Try this configuration next."),
        }


def typed(text: str) -> Config:
    """A configuration that somebody has typed: {"lr": 0.01, "width": 64}, with or without braces and quotes."""
    text = text.strip()
    try:
        value, _ = yaml12.parse(text if text.startswith("{") else "{" + text + "}")
    except yaml12.YamlError:
        value = None
    if not isinstance(value, dict) or not value:
        raise ValueError('this is no configuration; write it as {"learning_rate": 0.01, "width": 64}')
    return value


def duration(seconds: float) -> str:
    """'3.2 s', '12 min', '3.5 h'."""
    if seconds < 100:
        return f"{number(seconds, 2)} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
