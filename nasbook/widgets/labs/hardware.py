"""The hardware lab: a network must be right and fast, on this machine, and several methods weigh the two.

    lab = nasbook.lab("hardware", method="proxylessnas", price=3.0, seed=0)
    lab.run(); lab.points[-1]["latency"]     # µs of the network that it found, for 50 images

ProxylessNAS and FBNet charge for the latency that they expect, and every change of the price is another search. The
pale dots are all 625 chains, each trained alone once and for all; a search of chains is shown at their errors and not
at those of its supernet. Blue diamonds are what NSGA-II finds in that table for error, latency and parameters, green
squares a network that compound scaling makes larger by one rule. Once-for-all and compound scaling search other
networks, which are measured here, in the unit of the table.

A budget is one of latency and not of energy: none of the tables holds energies that somebody has measured.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import numpy as np

import nasbook
from nasbook.hpo.parts.pareto import front
from nasbook.nas.parts.measured import latencies
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain
from nasbook.nas.spaces.chain_supernet import LATENCIES, REST
from nasbook.nas.spaces.cost import flops, latency, parameters
from nasbook.plots.labs.hardware import (
    AXES,
    CountsPicture,
    CoursePicture,
    CourseState,
    PlanePicture,
    PlaneState,
    TagsPicture,
)
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.tasks.chain_table import FILE, ChainTable
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide, tick

CHARGED, TABLE, ELSEWHERE = ("proxylessnas", "fbnet"), "nsga2", ("ofa", "compound")
METHODS = [
    ("ProxylessNAS", "proxylessnas"),
    ("FBNet", "fbnet"),
    ("NSGA-II", "nsga2"),
    ("Once-for-all", "ofa"),
    ("compound scaling", "compound"),
]
NAMES = {name: label for label, name in METHODS}
TASKS = {
    "proxylessnas": "digits-mbconv-chain",
    "fbnet": "digits-mbconv-chain",
    "nsga2": "digits-mbconv-table",
    "ofa": "digits-elastic",
    "compound": "digits-compound",
}
TRIALS, FRONT = {"nsga2": 100, "compound": 12}, 100  # of a search; of the front that is always shown
Point = dict[str, float]  # error, latency, flops, parameters
Searched = tuple[tuple[str, float, int, int], tuple[str, list[float]]]  # which search, and its name and course
Tags = str | tuple[str, np.ndarray]  # words, or a title and a share of each operation at each place


class HardwareLab(Lab[Step]):
    """ProxylessNAS, FBNet, NSGA-II, Once-for-all and compound scaling, in one plane of error and cost.

    Arguments are settings: method, price, cap, axis, epochs, measured, seed.
    """

    name = "hardware"
    telling = ("price", (0.0, 1.0, 3.0, 10.0))
    lines = 4
    unit = "step"

    def settings(self) -> list[Setting]:
        return [
            choose("method", "Method", METHODS, "proxylessnas",
                   "Two that charge for the latency they expect, one that evolves a front, one that trains all sizes "
                   "at once, and one that scales by a rule."),
            slide("price", "Price of latency", 3.0, 0.0, 10.0, 0.5,
                  "ProxylessNAS: λ, what the loss pays for a latency that is twice the reference. FBNet: its power β."),
            slide("cap", "Latency at most", 2500, 400, 5200, 100,
                  "µs for 50 images: of the networks found so far, the best one that keeps it gets a ring.",
                  effect="view"),
            choose("axis", "Cost", [("latency", "latency"), ("FLOPs", "flops"), ("size", "parameters")], "latency",
                   "What the plane shows from left to right; the points stay the same.", effect="view"),
            tick("measured", "Measure here", False,
                 "Measure the operations on this machine, and compare them with the table.", more=True),
            slide("epochs", "Epochs", 30, 3, 60, 1, "Of the strategies that train a supernet; a third of them is "
                  "warm-up.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other paths, weights and parents.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return TRIALS.get(self.values["method"], self.values["epochs"])

    def __init__(self, **values: object) -> None:
        self.earlier: list[Searched] = []
        self._of: tuple[str, int, int] | None = None
        self._last: Searched | None = None  # the search that is in the picture, as in `earlier`
        super().__init__(**values)

    def prepare(self) -> None:
        v, method = self.values, self.values["method"]
        charged = method in CHARGED
        self._settings["price"].enable(None if charged else "Only ProxylessNAS and FBNet have a price of latency.")
        self._settings["epochs"].enable("It trains each network alone." if method in TRIALS else None)
        self._keep(v)
        self.task = nasbook.task(TASKS[method])
        chosen: Values = {} if method in TRIALS else {"epochs": v["epochs"]}
        if charged:
            chosen |= {"warm_up": v["epochs"] // 3, "price" if method == "proxylessnas" else "power": v["price"]}
        self.method = nasbook.method(method, self.task.space, seed=v["seed"], **chosen)
        self.points: list[Point | None] = []  # of each step
        unit, steps = ("trial" if method in TRIALS else "epoch"), self.total or 1
        if (unit, steps, v["seed"]) != self._of:
            self._of = unit, steps, v["seed"]
            table, line = cloud(), compound_line()
            self.plane = PlanePicture(*map(on_axes, (table, nsga2_front(v["seed"]), line)))
            self.tags = TagsPicture(MBConvChain.default, [LATENCIES[op] for op in MBConvChain.default], 4)
            self.course = CoursePicture(steps, 5500, unit)
            above = Stack([self.plane, self.tags], [4.35, 2.85], beside=True)
            below = Stack([self.course, CountsPicture(counted())], [3.6, 3.6], beside=True)
            self.use(Stack([above, below], [3.5, 2.25]))

    def _keep(self, v: Values) -> None:
        """Remember what the search before this one expected, where it came to an end."""
        last = self._last
        if last and last[1][1]:
            self.earlier = [e for e in self.earlier if e[0] != last[0]][-4:] + [last]
        sign = {"proxylessnas": "λ", "fbnet": "β"}.get(v["method"], "")
        self._last = (
            ((v["method"], v["price"], v["epochs"], v["seed"]), (f"{sign} {v['price']:g}", [])) if sign else None
        )

    def make_search(self) -> Iterator[Step]:
        for step in self.search(self.method, self.task, trials=TRIALS.get(self.values["method"])):
            self.points.append(self._point(step))
            if self._last and isinstance(step.view, SupernetView) and step.view.expected_cost is not None:
                self._last[1][1].append(step.view.expected_cost)
            yield step

    def _point(self, step: Step) -> Point | None:
        """Error and costs of the network of a step; None where it has failed."""
        trial = step.trial
        if trial.status != "done" or trial.value is None:
            return None
        if self.values["method"] not in ELSEWHERE:
            return by_name()[tuple(trial.config.values())]
        net = self.task.architectures.build(trial.config)
        images = self.task.architectures.example(50)
        time = 1e6 * unit() * latency(net, images, repeats=5)
        return {"error": trial.value, "latency": time, "parameters": parameters(net), "flops": flops(net, images[:1])}

    # ---- what is shown -------------------------------------------------------------------------------------

    def frame(self, n: int) -> tuple[tuple[PlaneState, Tags], tuple[CourseState, dict[str, float]]]:
        v, shown = self.values, [p for p in self.points[:n] if p]
        axis = v["axis"]
        expected = [s.view.expected_cost for s in self.steps[:n]] if v["method"] in CHARGED else []
        best = self.best(n)
        plane = PlaneState(
            axis,
            [(p[axis], p["error"]) for p in shown],
            expected[-1] if expected else None,
            v["cap"],
            (best[axis], best["error"]) if best else None,
            self._title(n),
        )
        earlier = [e[1] for e in self.earlier if self._last and e[0] != self._last[0] and e[0][0] == v["method"]]
        course = CourseState([e for e in expected if e is not None], [p["latency"] for p in shown], earlier)
        return (plane, self._tags(n)), (course, here() if v["measured"] else {})

    def _tags(self, n: int) -> Tags:
        method, view = self.values["method"], self.steps[n - 1].view if n else None
        if method in CHARGED:
            return "Probabilities, by place", np.full((4, 5), 0.2) if view is None else np.array(view.weights)
        if method == TABLE and view is not None and view.population:
            ops, rows = MBConvChain.default, [list(t.config.values()) for t in view.population]
            shares = [[np.mean([row[i] == op for row in rows]) for op in ops] for i in range(4)]
            return "Shares of the population", np.array(shares)
        words = {
            TABLE: "the population is empty",
            "ofa": "it trains all sizes at once",
            "compound": "a rule draws nothing",
        }
        return words[method]

    def best(self, n: int) -> Point | None:
        """Of the networks of the first n steps, the one with the lowest error that keeps the cap."""
        kept = [p for p in self.points[:n] if p and p["latency"] <= self.values["cap"]]
        return min(kept, key=lambda p: p["error"], default=None)

    def _title(self, n: int) -> str:
        best = self.best(n)
        if not n:
            return "All 625 chains: error against cost"
        cap = f"At most {self.values['cap']:,} µs"
        return f"{cap}: {100 * best['error']:.1f} % error" if best else f"{cap}: nothing so far"

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        method = self.values["method"]
        return {
            "proxylessnas": "Drag the price and play: at first the weights alone learn, then each probability moves "
            "towards what is good or cheap. Equal probabilities expect 2,974 µs.",
            "fbnet": "Every network is a mixture, and its loss is multiplied by a power of the logarithm of its time. "
            "Drag the power and play.",
            "nsga2": "The table answers at once; evolution looks for the front of error, latency and parameters.",
            "ofa": "One network is trained from the largest down to the smallest. Each epoch shows the best of some of "
            "its parts, as the shared weights judge it and as fast as it is here.",
            "compound": "First the base network, then the grid at φ = 1, then φ grows. Every network is trained.",
        }[method]

    def sentence(self, n: int) -> str:
        step, point, cap = self.steps[n - 1], self.points[n - 1], self.values["cap"]
        if point is None:
            return f"Step {n} failed: {step.trial.reason}."
        told = self._told(n, step, point)
        best = self.best(n)
        so_far = f"{100 * best['error']:.1f} % so far" if best else "nothing so far"
        keep = [p["error"] for p in nsga2_front(self.values["seed"]) if p["latency"] <= cap]
        others = f", {100 * min(keep):.1f} % on the front of NSGA-II" if keep else ""
        return f"{told} At most {cap:,} µs: {so_far}{others}."

    def _told(self, n: int, step: Step, point: Point) -> str:
        method, trial = self.values["method"], step.trial
        costs = (
            f"{100 * point['error']:.1f} % error, {point['latency']:,.0f} µs, {point['flops'] / 1e6:.2f} million FLOPs"
        )
        if method in CHARGED:
            warm = " (warm-up)" if n <= self.values["epochs"] // 3 else ""
            expected = f"{step.view.expected_cost:,.0f} µs are expected"
            return f"Epoch {n}{warm}: {expected}. The likeliest chain, {', '.join(trial.config.values())}: {costs}."
        if method == TABLE:
            return f"Trial {n} is {', '.join(trial.config.values())}: {costs}, {point['parameters']:,.0f} parameters."
        if method == "compound":
            d, w, r = self.task.architectures.sizes(trial.config)
            return f"Trial {n}, φ = {trial.config['phi']}: {plural(d, 'block')}, {w} channels, {r}×{r} pixels: {costs}."
        return f"Epoch {n}, {step.view.stage}: the best part seen has {costs}."


# ---- what is known before any search -----------------------------------------------------------------------


@cache
def by_name() -> dict[tuple[str, ...], Point]:
    """operations -> error and costs of each of the 625 chains."""
    table = ChainTable()
    costs = ("error", "latency", "flops", "parameters")
    return {
        tuple(config.values()): {name: float(table.columns[name][i]) for name in costs}
        for i, config in enumerate(table.configs)
    }


def cloud() -> list[Point]:
    return list(by_name().values())


@cache
def nsga2_front(seed: int) -> list[Point]:
    """What NSGA-II finds in the table for error, latency and parameters; by rising latency."""
    trials = [
        t
        for t in nasbook.search("nsga2", "digits-mbconv-table", trials=FRONT, seed=seed, views=False).trials
        if t.values
    ]
    first = front(np.array([t.values for t in trials]))
    found = {tuple(t.config.values()) for t, on in zip(trials, first, strict=True) if on}
    return sorted((by_name()[ops] for ops in found), key=lambda p: p["latency"])


@cache
def compound_line(rule: str = "width alone") -> list[Point]:
    """Networks of the rule that the grid finds, φ = 0, 1, …; the mean error of three trainings."""
    with FILE.with_name("hardware_compound.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rule"] == rule]
    return [{name: float(row[name]) for name in ("error", "latency", "flops", "parameters")} for row in rows]


@cache
def counted() -> dict[str, tuple[float, float]]:
    """Of each operation, in the mean over the places of a chain: FLOPs of one image, and µs of 50 by the table."""
    found: dict[str, tuple[float, float]] = {}
    for spaces in (BlockChain(), MBConvChain()):
        whole = {op: spaces.flops(dict.fromkeys(spaces.space.parameters, op)) for op in spaces.ops}
        found |= {op: ((n - whole["skip"]) / spaces.blocks, LATENCIES[op]) for op, n in whole.items()}
    return found


@cache
def here() -> dict[str, float]:
    """µs of each operation for 50 images, measured on this machine, once."""
    found: dict[str, float] = {}
    for spaces in (BlockChain(), MBConvChain()):
        found |= dict(zip(spaces.ops, latencies(spaces.space, repeats=7)[1:], strict=True))
    return found


@cache
def unit() -> float:
    """What a measured time is multiplied with to be in the unit of the table."""
    spaces, op = MBConvChain(), "mb3e2"
    net = spaces.build(dict.fromkeys(spaces.space.parameters, op))
    return (REST + 4 * LATENCIES[op]) / (1e6 * latency(net, spaces.example(50), repeats=9))


def on_axes(rows: Iterable[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """Each axis -> (n, 2): what rows cost by it, and their errors."""
    return {axis: np.array([(r[axis], r["error"]) for r in rows]) for axis in AXES}
