"""What belongs to a method besides its file: its picture, its lab, its lesson, its benchmark and its test."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from nasbook import registry


@dataclass(frozen=True)
class Parts:
    """Where a method is met besides its file; "" where there is none."""

    picture: str = ""
    lab: str = ""
    lesson: str = ""
    benchmark: str = ""


PARTS = {  # of each method: the kind of picture that draws it (trace.plot), its lab, its lesson, its benchmark
    "random": Parts("history", "game", "01", ""),
    "grid": Parts("slice", "game", "01", ""),
    "compound": Parts("compound", "hardware", "14", ""),
    "sobol": Parts("slice", "game", "01", ""),
    "halton": Parts("slice", "game", "01", ""),
    "latin-hypercube": Parts("slice", "game", "01", ""),
    "bayesian": Parts("acquisition", "bayesian", "03", "hpo_suite"),
    "forest": Parts("forest", "surrogates", "04", "hpo_suite"),
    "pfn": Parts("pfn", "surrogates", "25", "pfn"),
    "tpe": Parts("tpe", "tpe", "04", "hpo_suite"),
    "genetic": Parts("strategy", "strategies", "05", "hpo_suite"),
    "differential-evolution": Parts("strategy", "strategies", "05", "hpo_suite"),
    "cma-es": Parts("strategy", "strategies", "05", "hpo_suite"),
    "particle-swarm": Parts("strategy", "strategies", "05", "hpo_suite"),
    "regularized-evolution": Parts("population", "evolution", "10", "nas_suite"),
    "cnn-differential-evolution": Parts("chains", "growth", "10", "chain_cost"),
    "local-search": Parts("landscape", "evolution", "10", "nas_suite"),
    "bananas": Parts("bananas", "surrogates", "15", "nas_suite"),
    "rgpe": Parts("rgpe", "transfer", "17", "transfer"),
    "reinforce": Parts("policy", "controller", "11", "nas_suite"),
    "ppo": Parts("policy", "controller", "11", "nas_suite"),
    "staged": Parts("turns", "joint", "18", "joint"),
    "nsga2": Parts("front", "pareto", "14", "pareto_front"),
    "parego": Parts("front", "pareto", "14", "pareto_front"),
    "hypergradient": Parts("walk", "hypergradient", "08", ""),
    "median-stopping": Parts("stopping", "halving", "06", "hpo_fidelity"),
    "successive-halving": Parts("rungs", "halving", "06", "hpo_fidelity"),
    "hyperband": Parts("rungs", "halving", "06", "hpo_fidelity"),
    "asha": Parts("rungs", "halving", "06", "hpo_fidelity"),
    "freeze-thaw": Parts("freezing", "halving", "06", "curves"),
    "bohb": Parts("rungs", "halving", "06", "hpo_fidelity"),
    "dehb": Parts("rungs", "halving", "06", "hpo_fidelity"),
    "priorband": Parts("rungs", "", "18", ""),
    "pbt": Parts("lineage", "pbt", "07", ""),
    "network-morphism": Parts("chains", "growth", "10", "morphism"),
    "nes": Parts("ensemble", "", "19", "neural_ensembles"),
    "reptile": Parts("episodes", "few-shot", "17", "reptile"),
    "darts": Parts("weights", "darts", "13", "darts_cost"),
    "spos": Parts("paths", "weight-sharing", "12", "supernet_cost"),
    "fairnas": Parts("paths", "weight-sharing", "12", "one_shot"),
    "enas": Parts("paths", "weight-sharing", "12", "one_shot"),
    "gdas": Parts("weights", "relaxations", "13", "relaxations"),
    "snas": Parts("weights", "relaxations", "13", "relaxations"),
    "pc-darts": Parts("weights", "relaxations", "13", "relaxations"),
    "fair-darts": Parts("weights", "relaxations", "13", "relaxations"),
    "p-darts": Parts("weights", "relaxations", "13", "relaxations"),
    "scarlet": Parts("paths", "", "12", ""),
    "ofa": Parts("paths", "hardware", "14", ""),
    "fbnet": Parts("weights", "hardware", "14", "one_shot"),
    "proxylessnas": Parts("weights", "hardware", "14", "one_shot"),
    "autogan": Parts("gan", "gan", "16", "gan"),
}


def about(name: str) -> dict[str, Any]:
    """Everything that belongs to a method, by its name: what it does, its paper, and where its file, its view, its
    picture, lab, lesson, test and benchmark are; paths are those of the repository. ValueError if there is none."""
    entry, parts = registry.find("method", name), PARTS.get(name, Parts())
    cls = entry.load()
    file = "" if entry.thing else entry.module.replace(".", "/") + ".py"
    room, stem = file.removeprefix("nasbook/").rpartition("/")[::2]
    view = getattr(cls, "View", None)
    found = {
        **entry.describe(),
        "file": file,
        "class": entry.target.partition(":")[2],
        "view": getattr(view, "__name__", ""),
        "picture": f'trace.plot("{parts.picture}")' if parts.picture else "",
        "lab": f'nasbook.lab("{parts.lab}")' if parts.lab else "",
        "lesson": parts.lesson,
        "test": f"tests/{room}/test_{stem}" if file else "",
        "benchmark": f"tests/benchmarks/{parts.benchmark}.py" if parts.benchmark else "",
        "settings": {f.name: (f.default, f.metadata.get("help", "")) for f in fields(cls.Settings)},
    }
    return {k: v for k, v in found.items() if v or k == "settings"}
