"""Axes of a parameter: positions in the unit cube, ticks in the parameter's own units.

A logarithmic parameter has equal steps for equal factors there, a choice has its options side by side, and a click on
the picture is a point of the cube.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from nasbook.axes import Scalar
from nasbook.plots import style
from nasbook.space import Choice, Constant, Float, Int, Parameter

TILTED = 0.75  # inches that a tilted name may be long
OVER = 0.3  # inches that a label may stick out over the end of its axis
TALL, BESIDE = 0.17, 0.24  # inches from one label to the next below it, or beside it where they are tilted
_SUPER = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def tick_label(value: Scalar) -> str:
    """0.01, 250, 10⁻⁵, rbf, none, yes; a long name without its middle."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, str):
        return style.named(value)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.6g}".replace("-", "−")
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    factor = value / 10.0**exponent if exponent > -300 else value * 1e300 / 10.0 ** (exponent + 300)
    return power(exponent) if abs(factor - 1) < 1e-6 else f"{factor:.3g}·{power(exponent)}".replace("-", "−")


def clock(seconds: float) -> tuple[float, str]:
    """The unit in which a time of this length is read: (units per second, its name)."""
    if seconds > 7200:
        return 1 / 3600, "hours"
    return (1 / 60, "minutes") if seconds > 300 else (1.0, "seconds")


def power(exponent: int) -> str:
    """10⁻⁵."""
    return f"10{str(exponent).translate(_SUPER)}"


def log_ticks(axis: Axis) -> None:
    """Ticks of a logarithmic axis in plain text: powers of ten, and where there are few also 2 and 5 times these."""

    def label(value: float, _place: int | None = None) -> str:
        low, high = sorted(axis.get_view_interval())
        exponent = round(math.log10(value))
        if abs(math.log10(value) - exponent) < 1e-6:
            return power(exponent) if abs(exponent) > 2 else tick_label(10.0**exponent)
        return tick_label(float(f"{value:.3g}")) if high < 50 * low else ""

    axis.set_major_locator(LogLocator(numticks=8))
    axis.set_minor_locator(LogLocator(subs=(2, 5), numticks=8))
    for set_formatter in (axis.set_major_formatter, axis.set_minor_formatter):
        set_formatter(FuncFormatter(label))


def value_label(p: Parameter, value: Scalar) -> str:
    """A value in a sentence: three digits are enough."""
    return tick_label(float(f"{value:.3g}") if isinstance(p, Float) else value)


def ticks(p: Parameter, most: int = 6) -> tuple[list[float], list[str], list[float]]:
    """Positions in [0, 1] and labels of the major ticks, and positions of the minor ones."""
    if isinstance(p, Constant):
        return [0.5], [tick_label(p.value)], []
    if isinstance(p, Choice):
        return [p.encode(o) for o in p.options], [tick_label(o) for o in p.options], []
    if p.log:
        values, minor = _log_ticks(p.low, p.high, most, isinstance(p, Int))
    else:
        locator = MaxNLocator(nbins=max(1, most), integer=isinstance(p, Int), steps=[1, 2, 2.5, 5, 10])
        values, minor = list(locator.tick_values(p.low, p.high)), []
    values = [v for v in values if p.low - 1e-12 <= v <= p.high * (1 + 1e-12) + 1e-12]
    at = [_place(p, v) for v in values]
    return (
        at,
        [tick_label(int(v) if isinstance(p, Int) else float(f"{v:.10g}")) for v in values],
        [_place(p, v) for v in minor],
    )


def _place(p: Float | Int, value: float) -> float:
    """encode, without rounding to a whole number."""
    return float(p.encode(value))


def _log_ticks(low: float, high: float, most: int, whole: bool) -> tuple[list[float], list[float]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    decades = [10.0**k for k in range(first, last + 1)]
    fine = [m * 10.0**k for k in range(first - 1, last + 1) for m in range(2, 10) if low <= m * 10.0**k <= high]
    fine = [v for v in fine if not whole or v >= 1]
    if len(decades) >= 2:
        every = math.ceil(len(decades) / most)
        return decades[::every], fine
    few = sorted(set(decades) | {v for v in fine if f"{v:e}"[0] in "25"} | ({low, high} if whole else set()))
    if len(few) < 2:
        few = [low, high]
    return few, fine


def thinned(labels: int, inches: float, each: float) -> int:
    """Of so many labels, evenly along an axis, every how-many-th has `each` inches for itself."""
    return max(1, math.ceil(labels * each / inches))


def tilted(p: Parameter, inches: float) -> bool:
    """Do the names of the options need to be tilted to fit under an axis of this length?"""
    if not isinstance(p, Choice | Constant):
        return False
    at, labels, _ = ticks(p)
    return not _fits(at, labels, inches)


def parameter_axis(ax: Axes, which: str, p: Parameter, name: str, inches: float, label: bool = True) -> None:
    """Give the x- or y-axis of `ax`, of this length, the ticks of a parameter over [0, 1]."""
    tilt = which == "x" and tilted(p, inches)
    if isinstance(p, Choice | Constant):
        at, labels, minor = ticks(p)
        every = thinned(len(at), inches, TALL if which == "y" else BESIDE if tilt else 0.0)
        at, labels = at[::every], labels[::every]
        room = TILTED if tilt else 0.9 if which == "y" else inches
        labels = [style.shorten(text, room) for text in labels]
    else:
        wide = 0.5 if which == "x" else 0.4
        for most in range(max(2, int(inches / wide)), 0, -1):
            at, labels, minor = ticks(p, most)
            if which == "y" or len(at) < 2 or _fits(at, labels, inches):
                break
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_ticks(at, labels)
    axis.set_ticks(minor, minor=True)
    if tilt:
        for text in ax.get_xticklabels():
            text.set(rotation=40, ha="right", va="top", rotation_mode="anchor")
    if label:
        axis.set_label_text(style.shorten(style.named(name), inches, style.NORMAL))
    (ax.set_xlim if which == "x" else ax.set_ylim)(0, 1)


def _fits(at: Sequence[float], labels: Sequence[str], inches: float) -> bool:
    wide = np.array([style.text_width(text, style.SMALL) for text in labels])
    middle = np.asarray(at) * inches
    apart = bool(np.all(np.diff(middle) > (wide[1:] + wide[:-1]) / 2 + 0.08))
    return apart and bool(np.all((middle > wide / 2 - OVER) & (middle < inches - wide / 2 + OVER)))
