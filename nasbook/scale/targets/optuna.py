"""A script for Optuna: the space as `suggest` calls, conditions as `if`, one database that several workers share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from nasbook.scale.study import Study
from nasbook.scale.targets import words
from nasbook.space import Choice, Constant, Int, Parameter

SAMPLERS = {
    "random": "RandomSampler({seed})",
    "tpe": "TPESampler({seed})",
    "bayesian": "GPSampler({seed})",
    "sobol": 'QMCSampler(qmc_type="sobol", {seed})',
    "halton": 'QMCSampler(qmc_type="halton", {seed})',
    "nsga2": "NSGAIISampler({seed})",
    "bohb": "TPESampler({seed})",
}
PRUNERS = {
    "asha": "SuccessiveHalvingPruner(min_resource={least}, reduction_factor={eta})",
    "successive-halving": "SuccessiveHalvingPruner(min_resource={least}, reduction_factor={eta})",
    "hyperband": "HyperbandPruner(min_resource={least}, max_resource={most}, reduction_factor={eta})",
    "bohb": "HyperbandPruner(min_resource={least}, max_resource={most}, reduction_factor={eta})",
    "median-stopping": "MedianPruner()",
}

SCRIPT = """\
{head}
from pathlib import Path

try:
    import optuna
    from optuna.trial import TrialState

    from nasbook.scale.objective import Objective, TrialFailed
{missing}

STORAGE = f"sqlite:///{{Path(__file__).resolve().parent / {database!r}}}"
TRIALS = {trials}
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

OBJECTIVE = {objective}

# These come first; they were the best ones in the notebook.
FIRST = {first}


def suggest(trial):
    config = {{}}
{space}    return config


def objective(trial):
    def report(epoch, value):
        trial.report(value, int(epoch))
        return trial.should_prune()

    ended = OBJECTIVE(suggest(trial), number=trial.number, report={report})
    for name, value in ended.metrics.items():
        trial.set_user_attr(name, value)
    if ended.status == "pruned":
        raise optuna.TrialPruned
    return {answer}


if __name__ == "__main__":
    study = optuna.create_study(
        storage=STORAGE,
        study_name={name!r},
        {direction},
        sampler=optuna.samplers.{sampler},
        pruner=optuna.pruners.{pruner},
        load_if_exists=True,
    )
    for config in FIRST:
        study.enqueue_trial(config, skip_if_exists=True)
    if TRIALS is None or len(study.get_trials(states=ENDED)) < TRIALS:
        stop = [] if TRIALS is None else [optuna.study.MaxTrialsCallback(TRIALS, states=ENDED)]
        study.optimize(objective, timeout={seconds}, callbacks=stop, catch=(TrialFailed,))
    for trial in study.best_trials[:1]:
        print(f"best value {{trial.values}} at {{trial.params}}")
"""


def text(study: Study, cost: str, path: Path, objectives: int = 1) -> str:
    """The script; `cost` goes into its head."""
    method, settings, fidelity = study.method.name, study.method.settings, study.fidelity
    seed = f"seed={study.seeds.search % 2**32}" if study.workers == 1 else ""
    sampler = SAMPLERS.get(method, SAMPLERS["random" if method in PRUNERS else "tpe"]).format(seed=seed)
    pruner = PRUNERS.get(method, "NopPruner()") if fidelity else "NopPruner()"
    if fidelity:
        eta = settings.get("eta", 3)
        pruner = pruner.format(least=f"{fidelity.min:.0f}", most=f"{fidelity.max:.0f}", eta=eta)
    space = study.search_space
    how = f"python {path.name}"
    if study.workers > 1:
        how += f", {study.workers} times side by side: they share the database"
    return SCRIPT.format(
        head=words.head(study, how, _lost(study), cost),
        missing=words.missing("optuna"),
        database=re.sub(r"[^\w.-]+", "-", path.stem) + ".db",
        trials=study.budget.trials,
        objective=words.objective(study),
        first=words.rows([_searched(study, c) for c in study.first]),
        space="".join(_suggest(name, p, space.conditions[name]) for name, p in space.parameters.items()),
        report="report" if objectives == 1 else "None",
        answer="ended.value" if objectives == 1 else "ended.values",
        direction='direction="minimize"' if objectives == 1 else f"directions={['minimize'] * objectives}",
        name=study.name,
        sampler=sampler.replace(", )", ")"),
        pruner=pruner,
        seconds=study.budget.hours and study.budget.hours * 3600,
    )


def _searched(study: Study, config: dict[str, object]) -> dict[str, object]:
    fixed = words.constants(study)
    return {name: value for name, value in study.search_space.validate(config).items() if name not in fixed}


def _suggest(name: str, p: Parameter, conditions: Mapping[str, tuple[object, ...]]) -> str:
    line = f"config[{name!r}] = {_call(name, p)}\n"
    if not conditions:
        return f"    {line}"
    when = " and ".join(f"config.get({parent!r}) in {list(values)!r}" for parent, values in conditions.items())
    return f"    if {when}:\n        {line}"


def _call(name: str, p: Parameter) -> str:
    if isinstance(p, Constant):
        return repr(p.value)
    if isinstance(p, Choice):
        return f"trial.suggest_categorical({name!r}, {list(p.options)!r})"
    kind = "int" if isinstance(p, Int) else "float"
    if p.log and p.step not in (None, 1) and (values := words.listed(p)):
        return f"trial.suggest_categorical({name!r}, {values!r})"
    more = ", log=True" if p.log else f", step={p.step!r}" if p.step not in (None, 1) else ""
    return f"trial.suggest_{kind}({name!r}, {p.low!r}, {p.high!r}{more})"


def _lost(study: Study) -> list[str]:
    known = {**SAMPLERS, **PRUNERS}
    name = study.method.name
    return [
        *words.lost_method(study, known, "Optuna", "its TPE takes its place, and `--engine optuna` keeps it"),
        *(
            [f"the settings of {name}: those of Optuna's counterpart are its own, eta aside."]
            if name in known and name != "random"
            else []
        ),
        *(["the seed: workers of Optuna that share one draw the same configurations."] if study.workers > 1 else []),
        *([s for s in words.lost_steps(study, "Optuna")]),
        *(
            ["the resources of a trial: start each worker with the threads and the GPU that are its own."]
            if study.resources.gpus or study.resources.cpus > 1
            else []
        ),
        *(["restarts of a trial whose process died (max_failures)."] if study.budget.max_failures else []),
    ]
