"""The settings of a lab: a control, a sentence that explains it, and what happens when it is changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ipywidgets as W
import traitlets as T

Values: TypeAlias = dict[str, Any]  # of settings, by name

EFFECTS = ("search", "view", "live")
LIVE: Values = {"effect": "live"}  # of a control whose every change the lab answers itself


@dataclass
class Setting:
    """One control of the settings column.

    effect: what a change does. 'search': the search starts again, and the status says so. 'view': the picture is drawn
    again. 'live': the lab's own `changed(name)` is called. more: stands under "More".
    """

    name: str
    widget: W.ValueWidget
    effect: str = "search"
    more: bool = False

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"{self.name}: effect must be one of {', '.join(EFFECTS)}, not {self.effect!r}")
        self.widget.add_class(f"nb-set-{self.name}")
        self._exact = self.widget.value
        self.help = self.widget.tooltip
        self.label = self.widget.description

    @property
    def value(self) -> Any:
        """The value that was set, even where a page has rounded it to the slider's grid."""
        shown = self.widget.value
        return self._exact if same(shown, nearest(self.widget, self._exact)) else shown

    def put(self, value: object) -> None:
        """Set the value; ValueError says what would be right."""
        low, high = getattr(self.widget, "min", None), getattr(self.widget, "max", None)
        options = getattr(self.widget, "_options_values", None)
        if options is not None and not any(value is o or value == o for o in options):
            raise ValueError(f"{self.name} must be one of {', '.join(map(repr, options))}, not {value!r}")
        if low is not None and high is not None and isinstance(value, int | float):
            if isinstance(self.widget, W.FloatLogSlider):
                low, high = self.widget.base**low * (1 - 1e-9), self.widget.base**high * (1 + 1e-9)  # of logarithms
            if not low <= value <= high:
                raise ValueError(f"{self.name} must lie in [{low:g}, {high:g}], not {value:g}")
        whole = isinstance(self.widget, W.IntSlider | W.BoundedIntText)
        if whole and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"{self.name} must be a whole number, not {value!r}")
        before, self._exact = self._exact, value
        try:
            self.widget.value = value
        except T.TraitError:
            self._exact = before
            raise ValueError(f"{self.name} must be of another type than {value!r}") from None
        self._exact = self.widget.value

    def show(self, value: float) -> None:
        """Move a slider to the nearest value that it can show."""
        self.put(nearest(self.widget, value))

    def enable(self, why_not: str | None = None) -> None:
        """Enable the control; with a sentence, disable it, and the sentence becomes its tooltip."""
        self.widget.disabled = why_not is not None
        self.widget.tooltip = why_not or self.help
        (self.widget.add_class if why_not else self.widget.remove_class)("nb-off")


def nearest(slider: W.ValueWidget, value: Any) -> Any:
    """The nearest value of a slider's grid. A page sends any other back, rounded, as if the user had set it."""
    if not isinstance(slider, W.FloatSlider | W.FloatLogSlider):
        return value
    if isinstance(slider, W.FloatLogSlider) and value <= 0:
        return slider.base**slider.min
    log = isinstance(slider, W.FloatLogSlider)
    at = math.log(value, slider.base) if log else value
    at = slider.min + round((at - slider.min) / slider.step) * slider.step
    at = round(min(slider.max, max(slider.min, at)), 10)
    return slider.base**at if log else at


def same(a: object, b: object) -> bool:
    """Equal, up to the rounding of numbers on their way to a page and back."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)
    return bool(a == b)


def choose(
    name: str,
    label: str,
    options: Sequence[object],
    value: object,
    help: str,
    *,
    effect: str = "search",
    more: bool = False,
) -> Setting:
    """One of several options: values, or (text, value) pairs."""
    return Setting(name, W.Dropdown(options=options, value=value, description=label, tooltip=help), effect, more)


def slide(
    name: str,
    label: str,
    value: float,
    low: float,
    high: float,
    step: float,
    help: str,
    *,
    log: bool = False,
    effect: str = "search",
    more: bool = False,
    format: str | None = None,
) -> Setting:
    """A number on a slider. Whole numbers all through give an integer; with `log`, `low` and `high` are the ends
    themselves and `step` is in decades. A slider that restarts the search acts when it is let go."""
    options: dict[str, object] = {"description": label, "tooltip": help, "continuous_update": effect != "search"}
    if log:
        options |= {"min": math.log10(low), "max": math.log10(high), "step": step, "value": value}
        widget = W.FloatLogSlider(readout_format=format or ".2g", **options)
    elif all(isinstance(v, int) for v in (value, low, high, step)):
        widget = W.IntSlider(value, low, high, step, readout_format=format or "d", **options)
    else:
        widget = W.FloatSlider(value=value, min=low, max=high, step=step, readout_format=format or ".2f", **options)
    return Setting(name, widget, effect, more)


def count(
    name: str, label: str, value: int, low: int, high: int, help: str, *, effect: str = "search", more: bool = False
) -> Setting:
    """A whole number that is typed, e.g. a seed."""
    widget = W.BoundedIntText(value, min=low, max=high, description=label, tooltip=help, continuous_update=False)
    return Setting(name, widget, effect, more)


def tick(name: str, label: str, value: bool, help: str, *, effect: str = "view", more: bool = False) -> Setting:
    """Yes or no."""
    return Setting(name, W.Checkbox(value, description=label, tooltip=help, indent=False), effect, more)
