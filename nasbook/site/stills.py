"""The picture of a method (`trace.plot`), of a short search on a table or a function that costs nothing."""

from __future__ import annotations

from typing import Any

from nasbook.about import PARTS
from nasbook.catalogue import Entry
from nasbook.search import search
from nasbook.site.pictures import Pictures

TRIALS = 30
CELLS, CURVES = "nb201-cifar10", "digits-hpo-messy"
TASKS = {  # by family; what trains has none
    "model-free": "branin",
    "Bayesian": "branin",
    "evolutionary": "branin",
    "reinforcement learning": CELLS,
    "multi-fidelity": CURVES,
    "multi-objective": "nb201-cifar10-latency",
    "joint": "digits-jahs",
}
OTHERS = {
    "regularized-evolution": CELLS,
    "local-search": CELLS,
    "bananas": CELLS,
    "rgpe": "digits201-digits",
    "nes": "digits-pool",
}
BEFORE = {"rgpe": "digits201-textures"}  # what was searched at random before, for what it carries over
NONE = ("compound", "cnn-differential-evolution")  # they train, whatever their family does


def of_method(entry: Entry, pictures: Pictures, up: str) -> str:
    """The picture and what was searched, as Markdown; "" for a method that has none here."""
    task = OTHERS.get(entry.name, TASKS.get(entry.family, ""))
    if not task or entry.name in NONE:
        return ""
    kind = PARTS[entry.name].picture
    before = BEFORE.get(entry.name)
    more: dict[str, Any] = {"sources": [search("random", before, trials=TRIALS, seed=0)]} if before else {}
    figure = search(entry.name, task, trials=TRIALS, seed=0, **more).plot(kind)
    image = pictures.out_of(figure._repr_mimebundle_()["text/html"], up)
    return (
        f'`trace.plot("{kind}")` of `nasbook.search("{entry.name}", "{task}", trials={TRIALS}, seed=0)`'
        f"{f', after {TRIALS} random trials of `{before}`' if before else ''}\n\n"
        f"````{{raw}} html\n{image}\n````"
    )
