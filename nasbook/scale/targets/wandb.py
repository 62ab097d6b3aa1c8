"""A sweep for Weights & Biases: its agents draw the configurations and start a process a trial (wandb_trial.py)."""

from __future__ import annotations

import math
from pathlib import Path

from nasbook.scale import yaml12
from nasbook.scale.study import Study
from nasbook.scale.targets import words
from nasbook.space import Choice, Constant, Int, Json, Parameter

METHODS = {"random": "random", "grid": "grid", "bayesian": "bayes"}
EARLY = ("asha", "successive-halving", "hyperband", "bohb")
COMMAND = ["${env}", "${interpreter}", "-m", "nasbook.scale.targets.wandb_trial"]


def text(study: Study, cost: str, path: Path, objectives: int = 1) -> str:
    """The sweep's file; `cost` goes into its head."""
    method, fidelity = study.method.name, study.fidelity
    grid = method == "grid"
    levels = study.method.settings.get("resolution", 5)
    parameters = {n: _domain(p, levels if grid else None) for n, p in study.search_space.parameters.items()}
    sweep: Json = {
        "name": study.name,
        "command": COMMAND,
        "method": METHODS.get(method, "random"),
        "metric": {"name": "value", "goal": "minimize"},
    }
    if study.budget.trials:
        sweep["run_cap"] = study.budget.trials
    if method in EARLY and fidelity and fidelity.max > 1:
        eta = max(2, int(study.method.settings.get("eta", 3)))
        sweep["early_terminate"] = {"type": "hyperband", "min_iter": max(1, math.floor(fidelity.min)), "eta": eta}
    whole = [n for n, p in study.search_space.parameters.items() if isinstance(p, Int)]
    sweep["parameters"] = {**parameters, "nasbook": {"value": {**words.facts(study), "whole": whole}}}
    how = f"wandb sweep {path.name}, then wandb agent SWEEP on each machine, in the folder of the task's module"
    return words.head(study, how, _lost(study, objectives), cost) + "\n" + yaml12.dump(sweep)


def _domain(p: Parameter, levels: int | None) -> Json:
    if isinstance(p, Constant):
        return {"value": p.value}
    if isinstance(p, Choice):
        return {"values": list(p.options)}
    if levels:
        return {"values": p.levels(levels)}
    if values := words.listed(p):
        return {"values": values}
    ends = {"min": p.low, "max": p.high}
    if p.log:
        return (
            {"distribution": "q_log_uniform_values", **ends, "q": 1}
            if isinstance(p, Int)
            else {"distribution": "log_uniform_values", **ends}
        )
    if isinstance(p, Int):
        return {"distribution": "int_uniform", **ends}
    return {"distribution": "q_uniform", **ends, "q": p.step} if p.step else {"distribution": "uniform", **ends}


def _lost(study: Study, objectives: int) -> list[str]:
    early = [m for m in EARLY if m == study.method.name]
    known = {**METHODS, **dict.fromkeys(early)}
    fine = [
        n
        for n, p in study.search_space.parameters.items()
        if getattr(p, "step", None) not in (None, 1) and not words.listed(p)
    ]
    return [
        *words.lost_method(study, known, "W&B", "trials are drawn at random"),
        *([f"the rungs of {study.method.name}: W&B stops runs by a Hyperband of its own."] if early else []),
        "the seed of the search: W&B draws with its own.",
        *words.lost_objectives(objectives, "W&B"),
        *words.lost_conditions(study),
        *words.lost_steps(study, "W&B"),
        *([f"the steps of {', '.join(fine)}: W&B counts them from 0."] if fine else []),
        *words.lost_limits(study),
        *(["restarts of a trial whose process died (max_failures)."] if study.budget.max_failures else []),
        *([f"the number of workers: start {study.workers} agents."] if study.workers > 1 else []),
        *(
            ["the first trials, which a sweep does not have; run them yourself, they were the best in the notebook:"]
            + [f"  {config}" for config in study.first]
            if study.first
            else []
        ),
    ]
