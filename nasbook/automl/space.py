"""Pipelines as a space: preparation, features, which model and its settings, all in one configuration.

    space = pipeline_space(data)              # a model's settings exist when that model is chosen
    pipeline = build(config, data, seed=0)    # prepare → features → model, not fitted

Which model, and with which hyperparameters, is one question (CASH: combined algorithm selection and hyperparameter
optimisation; Thornton et al. 2013, Auto-WEKA). Left out, against auto-sklearn's 110 hyperparameters: most of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectPercentile, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, SplineTransformer, StandardScaler, TargetEncoder
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from nasbook.automl.data import Data
from nasbook.space import Choice, Config, Float, Int, Parameter, Space

SHARED = ["knn", "forest", "extra-trees", "tree", "boosting"]
MODELS = {"classification": ["logistic", "svm", "naive-bayes", *SHARED], "regression": ["ridge", "svm", *SHARED]}
WEIGHED = ["logistic", "svm", "forest", "extra-trees", "tree", "boosting"]  # models that can weigh classes
SLOW, MANY = ("svm", "knn"), 10_000  # models that are left out from so many rows on
TREES = 50  # of a forest
MOST = 30  # columns that one category may become
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
    settings: list[tuple[str, list[str], Any]] = [
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


def build(config: Config, data: Data, seed: int = 0) -> Pipeline:
    """The pipeline of a configuration, not fitted. Columns are meant by their place, as in `data.x`."""
    steps = {
        "prepare": _prepare(config, data),
        "features": _features(config, data),
        "model": _model(config, data, seed),
    }
    return Pipeline(list(steps.items()))


def _prepare(config: Config, data: Data) -> Pipeline | ColumnTransformer:
    """Each kind of column on its own way to finite numbers."""
    places = {kind: [i for i, f in enumerate(data.features) if f[1] == kind] for kind in ("number", "date", "category")}
    missing = config.get("missing", "median")
    filled = SimpleImputer(
        strategy="mean" if missing == "mean" else "median", add_indicator=missing == "marked", keep_empty_features=True
    )
    scale = {
        "none": [],
        "standard": [StandardScaler()],
        "quantile": [QuantileTransformer(n_quantiles=min(100, max(2, len(data.y) // 4)), output_distribution="normal")],
    }[str(config["scale"])]
    steps: list[tuple[str, Any, list[int]]] = []
    if places["number"]:
        steps.append(("numbers", make_pipeline(filled, *scale), places["number"]))
    if at := places["date"]:  # the date itself, and where in the week and in the year it lies
        found = SimpleImputer(strategy="median", keep_empty_features=True)
        steps.append(("dates", make_pipeline(found, StandardScaler()), at))
        for name, days in (("week", 7.0), ("year", 365.2425)):
            steps.append((name, make_pipeline(found, _circle(days, len(at))), at))
    if places["category"]:
        named = SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True)
        if config["categories"] == "one-hot":
            code: Any = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST, sparse_output=False)
        else:
            code = TargetEncoder(target_type="continuous" if data.kind == "regression" else "auto", random_state=0)
        steps.append(("categories", make_pipeline(named, code), places["category"]))
    return steps[0][1] if len(steps) == 1 else ColumnTransformer(steps)


def _circle(period: float, columns: int) -> SplineTransformer:
    knots = [[period * i / 4] * columns for i in range(5)]
    return SplineTransformer(knots=knots, extrapolation="periodic", include_bias=False)


def _features(config: Config, data: Data) -> Any:
    if config["features"] == "pca":  # so many directions that they hold this share of the variance
        return PCA(n_components=config["share"])
    if config["features"] == "best":
        score = f_classif if data.kind == "classification" else f_regression
        return SelectPercentile(score, percentile=100 * float(config["share"]))
    return "passthrough"


def _model(config: Config, data: Data, seed: int) -> BaseEstimator:
    own: dict[str, Any] = {"class_weight": "balanced"} if config.get("balanced") else {}
    classes, drawn = data.kind == "classification", {"random_state": seed % 2**32}
    leaf, model = {"min_samples_leaf": config.get("leaf")}, config["model"]
    match model:
        case "logistic":
            return LogisticRegression(C=config["C"], max_iter=500, **own)
        case "ridge":
            return Ridge(alpha=1 / float(config["C"]))
        case "svm" if classes:
            return SVC(C=config["C"], gamma=config["gamma"], break_ties=True, **own)
        case "svm":
            return TransformedTargetRegressor(SVR(C=config["C"], gamma=config["gamma"]), transformer=StandardScaler())
        case "naive-bayes":
            return GaussianNB()
        case "knn":
            return (KNeighborsClassifier if classes else KNeighborsRegressor)(config["neighbours"])
        case "forest":
            return (RandomForestClassifier if classes else RandomForestRegressor)(TREES, **leaf, **own, **drawn)
        case "extra-trees":
            return (ExtraTreesClassifier if classes else ExtraTreesRegressor)(TREES, **leaf, **own, **drawn)
        case "tree":
            return (DecisionTreeClassifier if classes else DecisionTreeRegressor)(**leaf, **own, **drawn)
    boosting = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return boosting(learning_rate=config["rate"], max_leaf_nodes=config["leaves"], **own, **drawn)
