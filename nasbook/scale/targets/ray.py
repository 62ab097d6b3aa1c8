"""A script for Ray Tune: the space in its words, a search algorithm and a scheduler where it has counterparts."""

from __future__ import annotations

from pathlib import Path

from nasbook.scale.study import Study
from nasbook.scale.targets import words
from nasbook.space import Choice, Constant, Int, Parameter

# The nearest thing in Ray Tune; what only stops trials early draws them at random, as the paper does.
SEARCHES = {
    "random": "BasicVariantGenerator(points_to_evaluate=FIRST, random_state={seed})",
    "tpe": "OptunaSearch(points_to_evaluate=FIRST, seed={seed})",
    "bayesian": "OptunaSearch(points_to_evaluate=FIRST, sampler=optuna.samplers.GPSampler(seed={seed}))",
}
SCHEDULERS = {
    "asha": "ASHAScheduler({range}, reduction_factor={eta})",
    "successive-halving": "ASHAScheduler({range}, reduction_factor={eta})",
    "hyperband": "HyperBandScheduler(time_attr={unit!r}, max_t={most}, reduction_factor={eta})",
    "median-stopping": "MedianStoppingRule(time_attr={unit!r}, grace_period={least})",
}
IMPORTS = {
    "BasicVariantGenerator": "from ray.tune.search.basic_variant import BasicVariantGenerator",
    "OptunaSearch": "from ray.tune.search.optuna import OptunaSearch",
    "Optuna": "import optuna  # OptunaSearch needs it",
    "ASHAScheduler": "from ray.tune.schedulers import ASHAScheduler",
    "HyperBandScheduler": "from ray.tune.schedulers import HyperBandScheduler",
    "MedianStoppingRule": "from ray.tune.schedulers import MedianStoppingRule",
}

SCRIPT = """\
{head}
from pathlib import Path

try:
    from ray import tune
{imports}
    from nasbook.scale.objective import Objective
{missing}

OBJECTIVE = {objective}

SPACE = {{
{space}}}

# These come first; they were the best ones in the notebook.
FIRST = {first}


def trial(config):
    def report(epoch, value):
        if epoch < {most}:  # the last one is reported below, with everything else
            tune.report({{"value": value, {unit!r}: epoch}})

    state = Path(tune.get_context().get_trial_dir()) / "state"
    ended = OBJECTIVE(config, report=report, checkpoint=state)
    tune.report({{**ended.metrics, "value": ended.value, {unit!r}: {most}}})


def tuner():
    return tune.Tuner(
        tune.with_resources(trial, {resources}),
        param_space=SPACE,
        tune_config=tune.TuneConfig(
            metric="value",
            mode="min",
            search_alg={search},
            scheduler={scheduler},
            num_samples={trials},
            max_concurrent_trials={workers},
            time_budget_s={seconds},
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name={name!r},
            storage_path=str(Path(__file__).resolve().parent / "ray_results"),
            failure_config=tune.FailureConfig(max_failures={failures}),
        ),
    )


if __name__ == "__main__":
    best = tuner().fit().get_best_result()
    print(f"best value {{best.metrics['value']:.6g}} at {{OBJECTIVE.active(best.config)}}")
"""


def text(study: Study, cost: str, path: Path, objectives: int = 1) -> str:
    """The script; `cost` goes into its head."""
    settings, fidelity, method = study.method.settings, study.fidelity, study.method.name
    unit, most = (fidelity.unit, fidelity.max) if fidelity else ("epoch", 1)
    unit = unit if unit not in ("value", "config") else f"{unit}s"
    least = fidelity.min if fidelity else 1
    search = SEARCHES.get("random" if method in SCHEDULERS or method not in SEARCHES else method, "")
    search = search.format(seed=study.seeds.search % 2**32)
    scheduler = SCHEDULERS.get(method, "None").format(
        range=f"time_attr={unit!r}, grace_period={least:g}, max_t={most:g}",
        unit=unit,
        least=f"{least:g}",
        most=f"{most:g}",
        eta=settings.get("eta", 3),
    )
    free = {n: p for n, p in study.search_space.parameters.items() if not isinstance(p, Constant)}
    # What does not exist gets a value all the same: it is left out before the trial begins.
    first = [{n: c.get(n, p.decode(0.5)) for n, p in free.items()} for c in study.first]
    return SCRIPT.format(
        head=words.head(study, f"python {path.name}", _lost(study, objectives), cost),
        imports="".join(f"    {line}\n" for name, line in IMPORTS.items() if name in search + scheduler),
        missing=words.missing("'ray[tune]' optuna" if "OptunaSearch" in search else "'ray[tune]'"),
        objective=words.objective(study),
        space="".join(f"    {n!r}: {_domain(p)},\n" for n, p in study.search_space.parameters.items()),
        first=words.rows(first),
        unit=unit,
        most=f"{most:g}",
        resources={"cpu": study.resources.cpus, "gpu": study.resources.gpus},
        search=search,
        scheduler=scheduler,
        trials=study.budget.trials or -1,
        workers=study.workers,
        seconds=study.budget.hours and study.budget.hours * 3600,
        name=study.name,
        failures=study.budget.max_failures,
    )


def _domain(p: Parameter) -> str:
    if isinstance(p, Constant):
        return repr(p.value)
    if isinstance(p, Choice):
        return f"tune.choice({list(p.options)!r})"
    if values := words.listed(p):
        return f"tune.choice({values!r})"
    log = "log" if p.log else ""
    if isinstance(p, Int):
        return f"tune.{log}randint({p.low!r}, {p.high + 1!r})"  # without its end
    if p.step:
        return f"tune.quniform({p.low!r}, {p.high!r}, {p.step!r})"
    return f"tune.{log}uniform({p.low!r}, {p.high!r})"


def _lost(study: Study, objectives: int) -> list[str]:
    steps = [n for n, p in study.search_space.parameters.items() if getattr(p, "step", None) and not words.listed(p)]
    fine = [n for n in steps if getattr(study.search_space.parameters[n], "step", 1) != 1]
    return [
        *words.lost_method(study, {**SEARCHES, **SCHEDULERS}, "Ray Tune", "trials are drawn at random"),
        *(
            [f"the settings of {study.method.name}: those of Ray Tune's counterpart are its own, eta aside."]
            if study.method.name in {**SEARCHES, **SCHEDULERS} and study.method.name != "random"
            else []
        ),
        *words.lost_objectives(objectives, "Ray Tune"),
        *words.lost_conditions(study),
        *words.lost_steps(study, "Ray Tune"),
        *([f"the steps of {', '.join(fine)}: Ray Tune counts them from 0."] if fine else []),
    ]
