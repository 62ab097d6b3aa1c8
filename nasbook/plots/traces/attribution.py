"""What a configuration owes to each parameter: Shapley values as bars, and an ablation path as a staircase."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from nasbook.explain.attribution import Attribution, Which, explain
from nasbook.explain.path import DEFAULT, Path, path
from nasbook.explain.source import Surrogate, Truth
from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.trace import Trace

MOST = 12  # bars; the rest are one bar
LOWERS, RAISES = style.BLUE, style.PURPLE


class Worth:
    """How a value of a game is read: an error in percent and its changes in points, variances as they are."""

    def __init__(self, label: str = "value", game: str = "ablation") -> None:
        self.squared = game == "sensitivity"
        self.quantity = Quantity(label, accuracy=False)
        self.percent = self.quantity.percent and not self.squared
        self.name = f"variance of the {self.quantity.name}" if self.squared else self.quantity.name

    @property
    def axis(self) -> str:
        return f"change of the {self.name}" + (" (percentage points)" if self.percent else "")

    def show(self, x: ArrayLike) -> np.ndarray:
        return 100 * np.asarray(x) if self.percent else np.asarray(x)

    def text(self, x: float) -> str:
        return f"{100 * x:.1f} %" if self.percent else style.number(x)

    def change(self, x: float) -> str:
        if self.percent:
            return f"{100 * x:+.1f}".replace("-", "−")
        return style.number(x) if x < 0 else f"+{style.number(x)}"

    def basis(self, found: Attribution) -> str:
        """What the numbers come from, and how wrong that is."""
        source = found.source
        if isinstance(source, Truth):
            how = "Sampled" if found.sampled else "Exact"
            return f"{how}: looked up in {style.named(str(source), 60)}"
        return guessed(source, self.quantity)


def guessed(source: Surrogate, quantity: Quantity) -> str:
    """Which forest guesses, how wrong it is, and whether its values are negatives."""
    useless = ", no better than the mean" if source.useless else ""
    off = f"{100 * source.error:.1f} points" if quantity.percent else style.number(source.error)
    negative = "; negatives of what was maximised" if source.maximised else ""
    return f"Guessed by {source}; off by {off} on trials unseen{useless}{negative}"


def needs(trace: object, kind: str) -> None:
    """ValueError where a picture is asked for something else than a whole trace."""
    if not isinstance(trace, Trace):
        raise ValueError(f"plot {kind}: give a whole trace, because steps alone do not say what was searched")


def labelled(name: str, old: str, new: str, wide: float) -> str:
    """'width  8 → 128', as much of it as fits."""
    change = f"{style.named(old, 9)} → {style.named(new, 9)}" if old and new else style.named(new, 12) if new else ""
    room = wide - style.text_width(f"  {change}", style.SMALL)
    return f"{style.shorten(style.named(name), max(0.5, room))}  {change}".rstrip()


class AttributionPicture(Picture[Attribution]):
    """A bar for each parameter, the largest on top: to the left it lowers the value, to the right it raises it.

    State: an `Attribution` with `rows` bars at most; what is left is summed up in a last bar."""

    def __init__(self, rows: int, worth: Worth | None = None) -> None:
        super().__init__()
        self.rows, self.worth = min(rows, MOST + 1), worth or Worth()
        self.figsize = (style.WIDTH, 1.5 + 0.34 * max(2, self.rows))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.note = self.second_line(fig)
        self.wide = 2.1
        self.ax = ax = style.axes(fig, self.wide + 0.15, 0.5, 0.3, 0.68)
        ax.grid(False, axis="y")
        ax.set(xlabel=self.worth.axis, ylim=(self.rows - 0.4, -0.6))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.axvline(0, color=style.GREY, lw=1, zorder=1)
        at = np.arange(self.rows)
        self.bars = [self.live(b) for b in ax.barh(at, 0 * at, 0.62, zorder=2)]
        self.errors = [self.live(ax.plot([], [], color=style.INK, lw=1.4, zorder=3)[0]) for _ in at]
        self.numbers = [
            self.live(style.add_words(ax, 0, k, va="center", fontsize=style.SMALL, zorder=4)) for k in range(self.rows)
        ]

    def update(self, state: Attribution) -> bool:
        self.found = found = state
        order, show = list(found.order), self.worth.show
        kept, rest = order[: MOST if len(order) > MOST + 1 else MOST + 1], order[MOST:]
        rest = rest if len(order) > MOST + 1 else []
        values, errors = list(found.phi[kept]), list(found.errors[kept])
        names = [labelled(found.names[i], found.old[i], found.new[i], self.wide) for i in kept]
        if rest:
            values.append(found.phi[rest].sum())
            errors.append(0.0)
            names.append(f"{len(rest)} others together")
        self.ax.set_yticks(range(len(names)), names)
        far = max([float(np.abs(show(v))) + float(show(e)) for v, e in zip(values, errors, strict=True)] + [1e-12])
        for k, bar in enumerate(self.bars):
            here = k < len(values)
            x, e = (float(show(values[k])), float(show(errors[k]))) if here else (0.0, 0.0)
            bar.set_width(x)
            bar.set(color=LOWERS if x < 0 else RAISES, hatch="" if x < 0 else "///", edgecolor="white", visible=here)
            self.errors[k].set_data([x - e, x + e] if e else [], [k, k] if e else [])
            self.numbers[k].set_text(self.worth.change(values[k]) if here else "")
            self.numbers[k].set_position((x + (e + 0.02 * far) * (-1 if x < 0 else 1), k))
            self.numbers[k].set_horizontalalignment("right" if x < 0 else "left")
        ends = show(np.array([np.array(values) - errors, np.array(values) + errors]))
        low, high = min(0.0, ends.min(initial=0)), max(0.0, ends.max(initial=0))
        widest = max(style.text_width(number.get_text(), style.SMALL) for number in self.numbers) + 0.15
        share = widest / (style.WIDTH - self.wide - 0.45)  # of the axis, on each side, for the numbers
        room = share / (1 - 2 * share) * max(high - low, 1e-12)
        self.ax.set_xlim(low - room, high + room)
        self.note.set_text(style.clipped(self.worth.basis(found), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        found, say = self.found, self.worth
        if not np.any(np.abs(found.phi) > 1e-12):
            return f"No parameter changes the {say.name}: it is {say.text(found.total)}, whatever they are"
        first = found.order[0]
        name, change = style.named(found.names[first]), say.change(found.phi[first])
        if found.game == "ablation":
            where = f"{say.name} {say.text(found.base)} → {say.text(found.total)}"
            return f"{where[0].upper()}{where[1:]} against {found.default}: most by {name}, {change}"
        base, total = say.text(found.base), say.text(found.total)
        what = {
            "tunability": f"Tuning can bring {base} to {total}: most by {name}, {change}",
            "sensitivity": f"The {say.quantity.name} depends most on {name}: {change} of a variance of {total}",
            "optimiser": f"The method stays {total} above the best in reach: most in {name}, {change}",
        }
        return what[found.game]

    def alt(self) -> str:
        found, say = self.found, self.worth
        parts = [
            f"{labelled(found.names[i], found.old[i], found.new[i], 9)} {say.change(found.phi[i])}"
            + (f" ± {say.text(found.errors[i])}" if found.errors[i] > 0 else "")
            for i in found.order[:MOST]
        ]
        more = f" and {len(found.names) - MOST} more" if len(found.names) > MOST else ""
        return (
            f"Shapley values of the {found.game} game against {found.default}, from {say.text(found.base)} to "
            f"{say.text(found.total)}: {', '.join(parts)}{more}. {say.basis(found)}."
        )


def attribution(
    trace: Trace, *, trial: Which = "best", default: Which | None = None, game: str = "ablation", **options: Any
) -> Figure:
    """Which parameters made a configuration what it is. Arguments: those of `nasbook.explain.explain`."""
    needs(trace, "attribution")
    found = explain(trace, trial, default, game, **options)
    return AttributionPicture(rows_of(found), Worth(label_of(trace, options.get("task")), game)).render_static(found)


def rows_of(found: Attribution) -> int:
    """How many bars; ValueError where nothing differs."""
    if not found.names:
        raise ValueError(f"explain: the configuration is the same as {found.default}, so there is nothing to explain")
    return len(found.names)


class AblationPicture(Picture[Path]):
    """A staircase from the default (left) to the configuration (right), one parameter a step; below each, its gain.

    State: a `Path` of `steps` steps."""

    figsize = (style.WIDTH, 4.0)

    def __init__(self, steps: int, worth: Worth | None = None) -> None:
        super().__init__()
        self.steps, self.worth = steps, worth or Worth()

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.note = self.second_line(fig)
        self.ax = ax = style.axes(fig, 0.85, 1.05, 0.25, 0.72)
        ax.grid(False, axis="x")
        ax.set(ylabel=self.worth.quantity.axis, xlim=(-0.5, self.steps + 0.5))
        self.bars = [self.live(b) for b in ax.bar(range(self.steps + 1), 0, 0.7, zorder=2)]
        self.links = [self.live(ax.plot([], [], color=style.GREY, lw=0.8, zorder=1)[0]) for _ in range(self.steps)]
        self.numbers = [
            self.live(style.add_words(ax, k, 0, "", ha="center", fontsize=style.SMALL, zorder=4))
            for k in range(self.steps + 1)
        ]

    def update(self, state: Path) -> bool:
        self.path = state
        v = np.asarray(self.worth.show(state.values), float)
        crowded = self.steps > MOST
        names = ["start", *(style.shorten(style.named(n), 1.2) for n in state.names)]
        self.ax.set_xticks(range(self.steps + 1), names, rotation=40, ha="right", rotation_mode="anchor")
        span = float(v.max() - v.min()) or abs(float(v.max())) or 1.0
        bottom = 0.0 if self.worth.percent else float(v.min()) - 0.25 * span
        for k, bar in enumerate(self.bars):
            low, high = (bottom, v[0]) if k == 0 else (min(v[k - 1 : k + 1]), max(v[k - 1 : k + 1]))
            bar.set_y(low)
            bar.set_height(high - low)
            falls = k > 0 and v[k] < v[k - 1]
            colour = style.LIGHT if k == 0 else LOWERS if falls else RAISES
            bar.set(color=colour, hatch="" if k == 0 or falls else "///", edgecolor="white")
            self.numbers[k].set_position((k, high + 0.02 * span))
            change = self.worth.text(state.values[0]) if k == 0 else self.worth.change(state.gains[k - 1])
            self.numbers[k].set_text("" if crowded and k else change)
            if k:
                self.links[k - 1].set_data([k - 1.35, k + 0.35], [v[k - 1], v[k - 1]])
        self.ax.set_ylim(bottom, float(v.max()) + 0.16 * span)
        self.note.set_text(style.clipped(self.worth.basis(state.found), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        p, say = self.path, self.worth
        if not np.any(np.abs(p.gains) > 1e-12):
            return f"No step changes the {say.name}: it stays {say.text(p.values[0])}"
        k = int(np.argmin(p.gains)) if p.gains.min() < 0 else int(np.argmax(np.abs(p.gains)))
        i = p.found.names.index(p.names[k])
        way = f"{say.text(p.values[0])} → {say.text(p.values[-1])}"
        fair = say.change(p.found.phi[i])
        name = style.named(p.names[k], 20)
        return f"{way}: {name} changes {say.change(p.gains[k])} here, {fair} as a mean over all orders"

    def alt(self) -> str:
        p, say = self.path, self.worth
        steps = ", ".join(
            f"{labelled(n, o, new, 9)} {say.change(g)}"
            for n, o, new, g in zip(p.names, p.old, p.new, p.gains, strict=True)
        )
        which = "greedy" if p.order == "greedy" else "best of all orders"
        return (
            f"Ablation path ({which}) from {p.found.default}, {say.text(p.values[0])}, to {say.text(p.values[-1])} in "
            f"{plural(len(p.names), 'step')}: {steps}. {say.basis(p.found)}."
        )


def ablation(
    trace: Trace, *, trial: Which = "best", default: Which = DEFAULT, order: str = "greedy", **options: Any
) -> Figure:
    """The way from a default to a configuration, one parameter a step. Arguments: those of `nasbook.explain.path`."""
    needs(trace, "ablation")
    found = path(trace, trial, default, order, **options)
    rows_of(found.found)
    return AblationPicture(len(found.names), Worth(label_of(trace, options.get("task")))).render_static(found)
