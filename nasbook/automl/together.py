"""An ensemble as code: a Python file whose estimator is scikit-learn's vote of the trials that have a share.

    members = members_of(trace, ensemble(kept, task))     # their shares, configurations and seeds
    save(task, members, "found")                          # found/ensemble.py and found/ensemble.json
    load("found", "data.csv")                             # the vote, fitted again

Numbers are voted on by their weighted mean, classes by that of their probabilities (voting.py). As with one pipeline
(write.py), nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline

from nasbook.automl import voting, write
from nasbook.automl.build import build
from nasbook.automl.ensemble import Ensemble
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import seed_of
from nasbook.automl.program import program
from nasbook.automl.quiet import quiet
from nasbook.space import Config
from nasbook.trace import Trace
from nasbook.trial import plain


@dataclass(frozen=True)
class Member:
    """trial: its number; weight: its share of the vote."""

    trial: int
    weight: float
    config: Config
    seed: int


def members_of(trace: Trace, found: Ensemble) -> list[Member]:
    """Who votes, the largest share first. ValueError for a second model, which has no shares."""
    if not found.weights:
        raise ValueError(
            f"an ensemble of the way {found.way!r} has no shares to vote by; choose another way to write it"
        )
    trials = {t.id: t for t in trace.trials}
    return [
        Member(i, float(f"{w:.12g}"), trials[i].config, seed_of(trace, trials[i])) for i, w in found.weights.items()
    ]


def vote(task: Pipelines, members: Sequence[Member]) -> VotingClassifier | VotingRegressor:
    """Not fitted."""
    models, weights = models_of(task, members), [m.weight for m in members]
    if task.known.kind == "regression":
        return VotingRegressor([*models.items()], weights=weights)
    able = [(name, p if hasattr(p[-1], "predict_proba") else voting.Voter(p)) for name, p in models.items()]
    return VotingClassifier(able, voting="soft", weights=weights)


def models_of(task: Pipelines, members: Sequence[Member]) -> dict[str, Pipeline]:
    """The pipelines of the members by the names of their trials, not fitted; ValueError for what is none."""
    if not members:
        raise ValueError("an ensemble needs a member")
    models = {}
    for m in members:
        if m.trial < 0 or not 0 < m.weight <= 1:
            raise ValueError(f"a member needs a trial from 0 on and a weight in (0, 1], not {m.trial} and {m.weight!r}")
        task.check_config(m.config)
        if f"trial_{m.trial}" in models:
            raise ValueError(f"trial {m.trial} is a member twice; add its weights")
        models[f"trial_{m.trial}"] = build(plain(m.config), task.table, m.seed)
    return models


def source(task: Pipelines, members: Sequence[Member]) -> str:
    """The text of ensemble.py: a function for each member, and their vote."""
    models, chosen = models_of(task, members), vote(task, members)
    voters = dict(chosen.estimators)
    made = {f: f"Voter({f}())" if isinstance(voters[f], voting.Voter) else f"{f}()" for f in models}
    soft = 'voting="soft", ' if isinstance(chosen, VotingClassifier) else ""
    text = "\n".join([
        f"{type(chosen).__name__}([", *(f'    ("{f}", {call}),' for f, call in made.items()),
        f"], {soft}weights={chosen.weights})",
    ])  # fmt: skip
    own = voting if "Voter(" in text else None
    return program(task, {**models, "ensemble": text}, own, [type(chosen)([])])


def save(task: Pipelines, members: Sequence[Member], folder: str | Path) -> Path:
    """Write ensemble.py, and ensemble.json with what `load` needs."""
    return write.keep(task, folder, "ensemble", source(task, members), {"members": [asdict(m) for m in members]})


def load(folder: str | Path, data: object = None) -> VotingClassifier | VotingRegressor:
    """The ensemble of a folder, fitted again on all rows of its data (data: where that lies now). No code of the folder
    is run. ValueError where the data is another, or the file is none of ours."""
    task, row = write.kept(folder, "ensemble", data, members=list)
    types = {"trial": int, "weight": int | float, "config": dict, "seed": int}
    for m in row["members"]:
        if not isinstance(m, dict) or set(m) != set(types) or not all(isinstance(m[k], t) for k, t in types.items()):
            raise ValueError(f"{Path(folder) / 'ensemble.json'}: a member must have {', '.join(types)}, not {m!r:.60}")
    with quiet():
        return vote(task, [Member(**m) for m in row["members"]]).fit(task.table.x, task.table.labels)
