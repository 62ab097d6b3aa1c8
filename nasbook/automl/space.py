"""Pipelines as a space: preparation, features, which model and its settings, all in one configuration.

    space = pipeline_space(data)              # a model's settings exist when that model is chosen
    pipeline = build(config, data, seed=0)    # prepare → features → model, not fitted (build.py)

Which model, and with which hyperparameters, is one question (CASH: combined algorithm selection and hyperparameter
optimisation; Thornton et al. 2013, Auto-WEKA). Left out, against auto-sklearn's 110 hyperparameters: most of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nasbook.automl.data import Data
from nasbook.space import Choice, Config, Float, Int, Parameter, Space, When

SHARED = ["knn", "forest", "extra-trees", "tree", "boosting"]
MODELS = {"classification": ["logistic", "svm", "naive-bayes", *SHARED], "regression": ["ridge", "svm", *SHARED]}
WEIGHED = ["logistic", "svm", "forest", "extra-trees", "tree", "boosting"]  # models that can weigh classes
SLOW, MANY = ("svm", "knn"), 10_000  # models that are left out from so many rows on
UNEVEN = 3  # times as many rows in the largest class as in the smallest: then classes may be weighed


def pipeline_space(data: Data, models: Sequence[str] = (), rows: int | None = None) -> Space:
    """What may be chosen for these rows: `missing` and `categories` exist where they have such cells, `balanced` where
    one class has many more than another. rows: how many the table has in all (None: as many as `data`)."""
    rows = rows or len(data.y)
    few = rows <= MANY
    models = list(models) or [m for m in MODELS[data.kind] if few or m not in SLOW]
    linear, kinds = "logistic" if data.kind == "classification" else "ridge", {kind for _, kind, _ in data.features}
    own: dict[str, Parameter] = {}
    if _holes(data):
        own["missing"] = Choice(["median", "mean", "marked"])
    if "category" in kinds:
        own["categories"] = Choice(["one-hot", "target"])
    own["scale"] = Choice(["none", "standard", "quantile"])
    own["features"] = Choice(["all", "pca", "best"])
    own["share"] = Float(0.01, 0.99, when={"features": ["pca", "best"]})
    own["model"] = Choice(models)
    settings: list[tuple[str, list[str], Callable[[When], Parameter]]] = [
        ("C", [linear, "svm"], lambda when: Float(1e-3, 1e3, log=True, when=when)),
        ("gamma", ["svm"], lambda when: Float(1e-5, 1e1, log=True, when=when)),
        ("neighbours", ["knn"], lambda when: Int(1, min(50, max(2, rows // 4)), log=True, when=when)),
        ("leaf", ["forest", "extra-trees", "tree"], lambda when: Int(1, 20, log=True, when=when)),
        ("rate", ["boosting"], lambda when: Float(0.01, 0.5, log=True, when=when)),
        ("leaves", ["boosting"], lambda when: Int(3, 63, log=True, when=when)),
        ("balanced", WEIGHED if uneven(data) else [], lambda when: Choice([False, True], when=when)),
    ]
    for name, of, made in settings:
        if there := [model for model in models if model in of]:
            own[name] = made({"model": there})
    return Space(own)


def usual(space: Space) -> list[Config]:
    """What one would try first, at the usual settings, the quickest first: a linear model, a forest, boosting."""
    common: Config = {
        "missing": "median",
        "categories": "one-hot",
        "scale": "standard",
        "features": "all",
        "balanced": False,
    }
    own: list[Config] = [
        *({"model": linear, "C": 1.0} for linear in ("logistic", "ridge")),
        {"model": "forest", "scale": "none", "leaf": 1},
        {"model": "boosting", "scale": "none", "rate": 0.1, "leaves": 31},
    ]
    found = []
    for config in own:
        if config["model"] in space.parameters["model"].levels(99):
            whole = {**common, "balanced": False, **config}
            found.append({n: whole[n] for n in space.parameters if n in whole and space.is_active(n, whole)})
    return found


def _holes(data: Data) -> bool:
    numbers = [i for i, (_, kind, _) in enumerate(data.features) if kind != "category"]
    return bool(numbers) and bool(np.isnan(data.x[:, numbers].astype(float)).any())


def uneven(data: Data) -> bool:
    """Has one class several times as many rows as another?"""
    counts = np.unique(data.y, return_counts=True)[1] if data.kind == "classification" else np.ones(1)
    return bool(counts.max() > UNEVEN * counts.min())


def check_models(models: object, kind: str) -> None:
    """ValueError for what is no list of some of the models of a kind of table (None: all of them)."""
    known = MODELS[kind]
    if models is None:
        return
    listed = models if isinstance(models, list | tuple) else ()
    there = bool(listed) and all(isinstance(m, str) and m in known for m in listed)
    if not there or len(set(listed)) < len(listed):
        raise ValueError(f"models must be a list of some of {', '.join(known)}, each once, not {models!r:.60}")
