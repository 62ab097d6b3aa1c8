"""A configuration as a pipeline of scikit-learn: each kind of cell on its way to finite numbers, features, model."""

from __future__ import annotations

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
from nasbook.space import Config

TREES = 50  # of a forest
MOST = 30  # columns that one category may become


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
    steps: list[tuple[str, Pipeline, list[int]]] = []
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
            code = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST, sparse_output=False)
        else:
            code = TargetEncoder(target_type="continuous" if data.kind == "regression" else "auto", random_state=0)
        steps.append(("categories", make_pipeline(named, code), places["category"]))
    return steps[0][1] if len(steps) == 1 else ColumnTransformer(steps)


def _circle(period: float, columns: int) -> SplineTransformer:
    knots = [[period * i / 4] * columns for i in range(5)]
    return SplineTransformer(knots=knots, extrapolation="periodic", include_bias=False)


def _features(config: Config, data: Data) -> BaseEstimator | str:
    if config["features"] == "pca":  # so many directions that they hold this share of the variance
        return PCA(n_components=config["share"])
    if config["features"] == "best":
        score = f_classif if data.kind == "classification" else f_regression
        return SelectPercentile(score, percentile=100 * float(config["share"]))
    return "passthrough"


def _model(config: Config, data: Data, seed: int) -> BaseEstimator:
    own: dict[str, str] = {"class_weight": "balanced"} if config.get("balanced") else {}
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
