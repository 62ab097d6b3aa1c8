"""Estimators compared: what each costs, how well it ranks, and what it finds within a budget of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator, PercentFormatter

from nasbook.estimate.compare import Judgement
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, Looks, number

FAMILIES = {  # colour and marker of each
    "count": (style.GREY, "s"),
    "zero-cost": (style.GREEN, "^"),
    "training": (style.BLUE, "o"),
    "predictor": (style.PURPLE, "D"),
}
NAME = 1.25  # inches for a name
ROWS, BEST = 10, 10  # most estimators in the list; cells that count as the best
LOWEST = -0.45  # of the axis of correlations


@dataclass(frozen=True, eq=False)
class Comparison:
    """judged: (family, judgement) of each estimator, in the order in which they came. shown: which one the scatter
    shows. budget: seconds. seeds: draws of the choice."""

    judged: Sequence[tuple[str, Judgement]]
    shown: int
    budget: float
    seeds: int = 100

    def ranking(self) -> list[tuple[int, np.ndarray, float]]:
        """(place in `judged`, true accuracy of each choice, architectures judged on average), best mean first."""
        found = []
        for i, (_, j) in enumerate(self.judged):
            chosen, seen = choice(j, self.budget, self.seeds)
            found.append((i, chosen, float(seen.mean())))
        return sorted(found, key=lambda f: -f[1].mean())


@lru_cache(maxsize=512)
def choice(judgement: Judgement, budget: float, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    return judgement.choose(budget, seeds)


@lru_cache(maxsize=256)
def quality(judgement: Judgement) -> tuple[float, float, float]:
    """ρ and its interval."""
    return judgement.correlation(), *judgement.interval()


def percent(x: float) -> str:
    return f"{100 * x:.1f} %"


def seconds(t: float) -> str:
    """2.6 ms, 0.37 s, 40 s."""
    return f"{number(1000 * t, 2)} ms" if t < 0.0995 else f"{number(t, 2)} s" if t < 100 else f"{t:,.0f} s"


class EstimatorsPicture(Picture[Comparison]):
    """Upper left: cost and rank correlation. Upper right: one estimator's order against the truth. Below: what each
    finds within the budget, best first; the thick line holds the middle half of the draws.

    State: a Comparison. Grey squares count parameters or FLOPs: the baseline."""

    figsize = (style.WIDTH, 6.6)

    def __init__(self, costs: tuple[float, float] = (1e-3, 3.0), accuracy: tuple[float, float] = (0.5, 1.0)) -> None:
        super().__init__()
        self.costs, self.accuracy = costs, accuracy

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        looks = [(name, style.dot(c, m, 6)) for name, (c, m) in FAMILIES.items()]
        style.key(
            fig,
            [
                *looks,
                (f"the {BEST} best", style.dot(**{**style.STAR, "ms": 9})),
                ("its choice", style.dot(style.NEXT, "o", 9, mfc="none", mew=1.6)),
            ],
        )
        self.ax = style.axes(fig, 0.72, 3.85, 3.1, 0.85)
        low, high = np.log10(self.costs)
        self.ax.set(xlim=(low, high), ylim=(LOWEST, 1.2), ylabel="rank correlation ρ")
        self.ax.set_xlabel("cost of one architecture (s)")
        whole = range(int(np.ceil(low)), int(np.floor(high)) + 1)
        self.ax.xaxis.set_major_locator(FixedLocator(list(whole)))
        self.ax.xaxis.set_major_formatter(FixedFormatter([tick_label(10.0**k) for k in whole]))
        self.ax.axhline(0, color=style.LIGHT, lw=1, zorder=1)
        self.ax2 = style.axes(fig, 4.95, 3.85, 0.25, 0.85)
        self.ax2.set(xlim=(-0.03, 1.05), ylim=self.accuracy, ylabel="true accuracy")
        self.ax2.xaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
        self.ax2.xaxis.set_major_formatter(FixedFormatter(["worst", "by estimate", "best"]))
        self.ax2.yaxis.set_major_formatter(PercentFormatter(1, 0, symbol=" %"))
        self.ax2.yaxis.set_major_locator(MaxNLocator(nbins=5))
        self.ax3 = style.axes(fig, 1.35, 0.5, 1.35, 3.3)
        self.ax.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
        self.ax3.set(xlim=self.accuracy, ylim=(ROWS - 0.4, -0.6), xlabel="true test accuracy of what it chooses")
        self.ax3.yaxis.set_major_locator(NullLocator())
        self.ax3.xaxis.set_major_formatter(PercentFormatter(1, 0, symbol=" %"))
        self.ax3.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        self._artists_of_panels()

    def _artists_of_panels(self) -> None:
        live = self.live
        small: Looks = {"fontsize": style.SMALL, "va": "center"}
        self.bars = [live(self.ax.plot([], [], lw=1.4, zorder=2.5)[0]) for _ in range(ROWS)]
        self.points = [
            live(self.ax.plot([], [], ls="none", ms=7, mec="white", mew=0.8, zorder=3)[0]) for _ in self.bars
        ]
        self.ring = live(self.ax.plot([], [], "o", ms=12, mfc="none", mec=style.NEXT, mew=1.6, zorder=2.8)[0])
        self.leads = [live(self.ax.plot([], [], color=style.GREY, lw=0.7, zorder=2)[0]) for _ in self.bars]
        self.labels = [live(style.add_words(self.ax, 0, 0, zorder=4, **small)) for _ in self.bars]
        self.head = live(style.add_words(self.ax2, 0, 1.05, "", True, fontsize=style.SMALL, weight="bold", va="bottom"))
        self.cloud = live(self.ax2.plot([], [], "o", ms=3, mew=0, alpha=0.45, zorder=2)[0])
        self.stars = live(self.ax2.plot([], [], ls="none", ms=9, zorder=3, **style.STAR)[0])
        self.chosen = live(self.ax2.plot([], [], "o", ms=10, mfc="none", mec=style.NEXT, mew=1.6, zorder=4)[0])
        self.ranges = [
            live(self.ax3.plot([], [], lw=4, alpha=0.4, solid_capstyle="butt", zorder=2)[0]) for _ in self.bars
        ]
        self.means = [
            live(self.ax3.plot([], [], ls="none", ms=7, mec="white", mew=0.8, zorder=3)[0]) for _ in self.bars
        ]
        self.names = [live(style.add_words(self.ax3, 0, i, ha="right", **small)) for i in range(ROWS)]
        self.counts = [live(style.add_words(self.ax3, 0, i, ha="left", **small)) for i in range(ROWS)]
        for i in range(ROWS):  # beside the axes: names at the left, counts at the right
            self.names[i].set_transform(self.ax3.get_yaxis_transform())
            self.counts[i].set_transform(self.ax3.get_yaxis_transform())
            self.names[i].set_x(-0.02)
            self.counts[i].set_x(1.02)

    def update(self, state: Comparison) -> bool:
        self.state = state
        self._costs()
        self._scatter()
        self._ranking()
        self.say(self._headline())
        return False

    def _costs(self) -> None:
        judged = self.state.judged
        at = [(float(np.log10(max(j.cost, 1e-9))), *quality(j)) for _, j in judged]  # x, ρ and its interval
        pixels = self.ax.transData.transform([p[:2] for p in at]) - self.ax.bbox.p0 if at else np.empty((0, 2))
        names = [style.shorten(j.name, NAME) for _, j in judged]
        boxes = places_of(pixels / style.DPI, names, self.ax.bbox.width / style.DPI, self.ax.bbox.height / style.DPI)
        back = self.ax.transData.inverted()
        for i in range(ROWS):
            if i >= len(judged):
                for artist in (self.bars[i], self.points[i], self.leads[i]):
                    artist.set_data([], [])
                self.labels[i].set_text("")
                continue
            (family, _), (x, rho, low, high), box = judged[i], at[i], boxes[i]
            color, marker = FAMILIES[family]
            self.bars[i].set(color=color)
            self.bars[i].set_data([x, x], [low, high])
            self.points[i].set(color=color, marker=marker, mec="white")
            self.points[i].set_data([x], [rho])
            near = np.clip(pixels[i] / style.DPI, box[:2], box[2:])  # of the label, to its point
            ends = back.transform(self.ax.bbox.p0 + style.DPI * np.array([(box[0], (box[1] + box[3]) / 2), near]))
            self.labels[i].set(x=ends[0, 0], y=ends[0, 1], text=names[i], color=style.INK)
            far = float(np.hypot(*(near - pixels[i] / style.DPI))) > 0.13
            self.leads[i].set_data(*(([x, ends[1, 0]], [rho, ends[1, 1]]) if far else ([], [])))
        shown = [at[self.state.shown][:2]] if judged else []
        self.ring.set_data(*(zip(*shown, strict=True) if shown else ([], [])))

    def _scatter(self) -> None:
        if not self.state.judged:
            for artist in (self.cloud, self.stars, self.chosen):
                artist.set_data([], [])
            self.head.set_text("")
            return
        family, j = self.state.judged[self.state.shown]
        n = len(j.truth)
        place = np.empty(n)
        place[np.argsort(-j.estimates, kind="stable")] = np.arange(n) / max(1, n - 1)  # 1: the lowest estimate
        low, high = self.accuracy
        y = np.clip(j.truth, low, high)
        best = np.argsort(-j.truth)[:BEST]
        self.cloud.set(color=FAMILIES[family][0])
        self.cloud.set_data(place, y)
        self.stars.set_data(place[best], y[best])
        top = int(place.argmax())
        self.chosen.set_data([place[top]], [y[top]])
        tau = j.correlation("kendall")
        found = f": ρ {number(quality(j)[0], 2)}, τ {number(tau, 2)}"
        room = 2.2 - style.text_width(found, style.SMALL, "bold")
        self.head.set_text(style.shorten(j.name, room, style.SMALL, "bold") + found)

    def _ranking(self) -> None:
        self.order = self.state.ranking()
        low, high = self.accuracy
        for row in range(ROWS):
            if row >= len(self.order):
                for artist in (self.ranges[row], self.means[row]):
                    artist.set_data([], [])
                self.names[row].set_text("")
                self.counts[row].set_text("")
                continue
            i, chosen, seen = self.order[row]
            family, j = self.state.judged[i]
            color, marker = FAMILIES[family]
            a, b = np.clip(np.quantile(chosen, (0.25, 0.75)), low, high)
            self.ranges[row].set(color=color)
            self.ranges[row].set_data([a, b], [row, row])
            self.means[row].set(color=color, marker=marker, mec="white")
            self.means[row].set_data([np.clip(chosen.mean(), low, high)], [row])
            self.names[row].set(text=style.shorten(j.name, NAME), color=style.INK)
            self.counts[row].set(text=f"judges {seen:,.0f}" if seen >= 0.5 else "none: by chance")

    def _headline(self) -> str:
        if not self.order:
            return f"Nothing judged yet; the budget is {seconds(self.state.budget)}"
        name = [style.named(self.state.judged[k][1].name) for k, *_ in self.order[:2]]
        text = f"With {seconds(self.state.budget)}: {name[0]} finds {percent(self.order[0][1].mean())}"
        if len(self.order) > 1:
            text += f", then {name[1]} {percent(self.order[1][1].mean())}"
        return text

    def alt(self) -> str:
        parts = [f"{self.sentence()}."]
        for i, chosen, seen in self.order:
            j = self.state.judged[i][1]
            parts.append(
                f"{style.named(j.name)}: {seconds(j.cost)} an architecture, ρ {number(quality(j)[0], 2)}, "
                f"judges {seen:,.0f}, finds {percent(chosen.mean())}."
            )
        return " ".join(parts)


def places_of(points: np.ndarray, names: Sequence[str], width: float, height: float) -> list[np.ndarray]:
    """Where each point's name goes, (left, bottom, right, top) in inches: as near as there is room, in their order."""
    taken = [np.r_[p - 0.06, p + 0.06] for p in points]
    found = []
    for (x, y), name in zip(points, names, strict=True):
        wide = style.text_width(name, style.SMALL)
        free, nearest = None, np.inf
        for dy in np.arange(-1.2, 1.21, 0.05):
            for k, dx in enumerate(
                (0.1, -0.1 - wide, -wide / 2, 0.35, -0.35 - wide, 0.8, -0.8 - wide, 1.4, -1.4 - wide)
            ):
                box = np.array([x + dx, y + dy - 0.08, x + dx + wide, y + dy + 0.08])
                inside = box[0] > 0.03 and box[2] < width + 0.12 and box[1] > 0.02 and box[3] < height
                away = float(np.hypot(*(np.clip((x, y), box[:2], box[2:]) - (x, y)))) + 0.03 * k
                if (
                    inside
                    and away < nearest - 1e-9
                    and not any(np.all(box[:2] < b[2:]) and np.all(b[:2] < box[2:]) for b in taken)
                ):
                    free, nearest = box, away
        if free is None:  # no room: over others, but on the axes
            left = min(x + 0.1, width + 0.12 - wide)
            free = np.array([left, y - 0.08, left + wide, y + 0.08])
        box = free
        taken.append(box)
        found.append(box)
    return found
