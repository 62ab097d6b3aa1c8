"""Write STATISTICS.md: what the table Digits-201 says as a whole.

python -m nasbook.data.make.digits201.statistics        # about ten seconds; nothing is trained
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from nasbook.data.make.digits201 import markdown as md
from nasbook.data.make.digits201 import summary as s
from nasbook.estimate.zero_cost import PROXIES
from nasbook.nas.spaces.nb201.cell import EDGES, OPS, classes
from nasbook.tasks.digits201 import TEST_AT

PAGE = Path(__file__).parents[2] / "digits201" / "STATISTICS.md"
BOTH = (s.spearman, s.kendall)
INTRODUCTION = """\
# Digits-201 in numbers

Written by `python -m nasbook.data.make.digits201.statistics` from `table.npz` and `costs.npz`: 5,044 classes of cells,
three tasks, three seeds, 12 epochs. *Truth* is the mean test accuracy of the three seeds after epoch 12. Rank
correlations are Spearman's ρ / Kendall's τ over the 5,044 classes, unless another set is named.
"""
NOISE = """\
## Accuracy and seed noise

Per cent, after epoch 12.
"""
EPOCHS = """\
## Rank correlations: seeds, epochs, tasks

"Validation" is that of one seed. It is compared with the truth of the *other two* seeds, so that a lucky start does not
count twice. The learning rate falls over all 12 epochs: an early epoch is not the end of a short training.
"""
CEILING = """\
## What a search can distinguish

A searcher sees one seed's validation accuracy. That is the ceiling of any method on this table: it cannot rank cells
better than one such number allows, unless it averages over similar cells. The standard error is that of a difference of
two 3-seed means, from the seed noise of the best tenth.
"""
EFFECTS = """\
## What an operation is worth

Mean test accuracy of all 15,625 cells with this operation on this edge, minus the mean of all cells, in percentage
points. Every combination exists equally often, so these are main effects; what two edges do together is not in them.
"""
BEST = """\
## The five best classes

A cell is shown as its sums: node 0 is the input, node 3 the output. ± is one standard error of the 3-seed mean, from
the seed noise of the best tenth. Five of 5,044 were picked by the number shown, so it flatters them.
"""
PROXY = """\
## Zero-cost proxies

Scores of the networks at the start of the training with seed 0, on the first 50 training images, against the truth.
`parameters` is the baseline. "Beyond parameters" is the partial rank correlation with the number of parameters held
fixed: near 0, the score says little that counting did not say.
"""
COST = """\
## Costs

FLOPs are multiply-adds for one image, by the convention of `nasbook/nas/spaces/cost.py`. Seconds are processor time of
one thread, measured once a cell on two shared cores while other programs ran. Latency: one image, median of 10.
Training step: 50 images forwards and backwards and the optimiser's step, median of 3. An epoch has 6 steps (digits), 20
(messy), 12 (textures). Single measurements are noisy, so the table's seconds are a model fitted to all of them: a
constant, and so much for each skip, 1×1, 3×3, pooling and addition (`costs.py`). The last column: how far the typical
measurement lies from it.
"""


def page() -> str:
    """The text of STATISTICS.md."""
    sections = (INTRODUCTION, NOISE, noise_table(), EPOCHS, *rank_tables(), CEILING, ceiling_table(), EFFECTS)
    return "\n".join((*sections, *effect_tables(), BEST, *best_tables(), PROXY, *proxy_tables(), COST, cost_table()))


def noise_table() -> str:
    def quantiles(name: str) -> str:
        return " / ".join(md.percent(q) for q in np.quantile(s.truth(name), (0.05, 0.5, 0.95)))

    return md.by_task(
        s.TASKS,
        {
            "truth: 5 %, median, 95 % of the classes": quantiles,
            "truth: the best class": lambda n: md.percent(s.truth(n).max()),
            "truth: standard deviation between classes": lambda n: md.percent(s.truth(n).std(), 2),
            "standard deviation between seeds, test": lambda n: md.percent(s.noise(s.task(n).test[..., -1]), 2),
            "standard deviation between seeds, test, best tenth": lambda n: md.percent(s.top_noise(n), 2),
            "standard deviation between seeds, validation": lambda n: md.percent(s.noise(s.task(n).val[..., -1]), 2),
            "of which from the number of validation images alone": lambda n: md.percent(s.binomial(n), 2),
        },
    )


def rank_tables() -> list[str]:
    lines: dict[str, Callable[[str], str]] = {
        "two seeds, validation": lambda n: md.two(*(s.between_seeds(f, s.task(n).val[..., -1]) for f in BOTH)),
        "two seeds, test": lambda n: md.two(*(s.between_seeds(f, s.task(n).test[..., -1]) for f in BOTH)),
    }
    for e in TEST_AT:
        lines[f"validation after epoch {e}, truth of the other seeds"] = lambda n, e=e: md.two(  # type: ignore[misc]
            *(s.to_other_seeds(f, n, e) for f in BOTH)
        )
    for e in TEST_AT[:-1]:
        lines[f"3-seed mean test after epoch {e}, truth"] = lambda n, e=e: md.two(  # type: ignore[misc]
            *(f(s.truth(n, e), s.truth(n)) for f in BOTH)
        )
    between = []
    for a, b in (("digits", "messy"), ("digits", "textures"), ("messy", "textures")):
        top = s.best_tenth(a)
        every, best = ([f(s.truth(a)[k], s.truth(b)[k]) for f in BOTH] for k in (slice(None), top))
        between.append((f"{a}, {b}", md.two(*every), md.two(*best)))
    return [
        md.by_task(s.TASKS, lines),
        md.rows(("truth on two tasks", "all classes", "best tenth on the first"), between),
    ]


def ceiling_table() -> str:
    return md.by_task(
        s.TASKS,
        {
            "one seed's validation and the truth, ρ": lambda n: md.two(s.to_mean(n)),
            "the same among the best tenth, ρ": lambda n: md.two(s.to_mean(n, s.best_tenth(n))),
            "classes within two standard errors of the best": lambda n: str(s.near_the_best(n)),
            "best by one seed's validation: test accuracy of the other seeds, %": lambda n: md.percent(s.picked(n)[0]),
            "classes that do as well there, %": lambda n: md.percent(s.picked(n)[1]),
        },
    )


def effect_tables() -> Iterable[str]:
    for name in s.TASKS:
        table = s.effects(name)
        names = [*(f"{i} → {j}" for i, j in EDGES), "mean"]
        lines = zip(names, [*table, table.mean(0)], strict=True)
        yield md.rows((name, *OPS), ((edge, *(f"{100 * x:+.1f}" for x in line)) for edge, line in lines))


def best_tables() -> Iterable[str]:
    cells = classes()[0]
    for name in s.TASKS:
        error = md.percent(s.top_noise(name) / np.sqrt(3))
        lines = [
            (
                "".join(map(str, cells[k])),
                f"`{s.picture(cells[k])}`",
                f"{md.percent(s.truth(name)[k])} ± {error}",
                f"{s.task(name).cost(cells[k])['parameters']:,.0f}",
            )
            for k in np.argsort(-s.truth(name), kind="stable")[:5]
        ]
        yield md.rows((name, "cell", "truth, %", "parameters"), lines)


def proxy_tables() -> Iterable[str]:
    every, top, more = [], [], []
    for proxy in PROXIES:
        found = [
            (s.task(n).scores[proxy], s.truth(n), s.best_tenth(n), s.task(n).scores["parameters"]) for n in s.TASKS
        ]
        every.append((f"`{proxy}`", *(md.two(*(f(score, truth) for f in BOTH)) for score, truth, _, _ in found)))
        top.append((f"`{proxy}`", *(md.two(s.spearman(score[k], truth[k])) for score, truth, k, _ in found)))
        if proxy != "parameters":
            more.append((f"`{proxy}`", *(md.two(s.beyond(score, truth, size)) for score, truth, _, size in found)))
    yield md.rows(("all classes, ρ / τ", *s.TASKS), every)
    yield md.rows(("among the best tenth, ρ", *s.TASKS), top)
    yield md.rows(("beyond parameters, ρ", *s.TASKS), more)


def cost_table() -> str:
    units = {
        "parameters": ("parameters", 1, 0),
        "flops": ("FLOPs, thousands", 1e3, 0),
        "latency": ("latency, ms", 1e-3, 2),
        "step": ("training step, ms", 1e-3, 1),
    }
    columns, lines = s.task("digits").columns, []
    for key, (label, unit, digits) in units.items():
        spread = (f"{q / unit:,.{digits}f}" for q in np.quantile(columns[key], (0, 0.5, 1)))
        measured = columns.get(f"{key}_measured", columns[key])
        away = (
            md.percent(np.median(np.abs(measured / columns[key] - 1)), 0) + " %"
            if f"{key}_measured" in columns
            else "0"
        )
        truths = (md.two(s.spearman(columns[key], s.truth(n))) for n in s.TASKS)
        lines.append((label, *spread, md.two(s.spearman(columns[key], columns["flops"])), *truths, away))
    truths = (f"ρ with truth, {n}" for n in s.TASKS)
    return md.rows(("", "least", "median", "most", "ρ with FLOPs", *truths, "measurement noise"), lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {PAGE.stat().st_size:,} bytes")
