"""A script for Hydra: a configuration whose default is the notebook's best one, and a multirun over the search.

Hydra's own sweeper enumerates what it is given, so the trials are drawn when the script is written.
"""

from __future__ import annotations

import re
from pathlib import Path

from nasbook import registry
from nasbook.method import Method
from nasbook.scale.study import Study
from nasbook.scale.targets import words
from nasbook.space import Config

BLIND = ("random", "grid", "sobol", "halton", "latin-hypercube")  # methods that do not look at results
DRAWN = 100  # where there is no budget in trials

SCRIPT = """\
{head}
import json
from pathlib import Path

try:
    import hydra
    from hydra.core.config_store import ConfigStore
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig, OmegaConf

    from nasbook.scale.objective import Objective
{missing}

OBJECTIVE = {objective}

# The trials of the search; the first ones were the best in the notebook.
TRIALS = {trials}

CONFIG = {{
    "trial": None,  # the number of a trial above; without one, `config` is tried
    "config": {best},
    "hydra": {{
        "sweep": {{"dir": {folder!r}, "subdir": "${{hydra.job.num}}"}},
        "sweeper": {{"params": {{"trial": {numbers!r}}}}},
    }},
}}
ConfigStore.instance().store("search", CONFIG)


@hydra.main(version_base=None, config_path=None, config_name="search")
def main(cfg: DictConfig) -> float:
    config = OmegaConf.to_container(cfg.config, resolve=True) if cfg.trial is None else TRIALS[cfg.trial]
    out = Path(HydraConfig.get().runtime.output_dir)
    curve = []
    ended = OBJECTIVE(
        config,
        number=cfg.trial,
        report=lambda epoch, value: curve.append([epoch, value]),
        checkpoint=out / "state",
    )
    row = {{"config": ended.config, "value": ended.value, "metrics": ended.metrics, "curve": curve}}
    (out / "result.json").write_text(json.dumps(row))
    return ended.value


if __name__ == "__main__":
    main()
"""


def text(study: Study, cost: str, path: Path, objectives: int = 1) -> str:
    """The script; `cost` goes into its head."""
    trials = drawn(study)
    how = f"python {path.name} --multirun"
    return SCRIPT.format(
        head=words.head(study, how, _lost(study, len(trials), objectives), cost),
        missing=words.missing("hydra-core"),
        objective=words.objective(study),
        trials=words.rows(trials),
        best=words.literal(_escaped(words.best(study)), 14),
        folder=f"multirun/{re.sub(r'[^0-9A-Za-z_.-]+', '-', study.name).strip('.-') or 'search'}",
        numbers=f"range(0,{len(trials)})",
    )


def drawn(study: Study) -> list[Config]:
    """The configurations of the search: the first ones, and what its method asks for, or else random search."""
    space = study.search_space
    n = min(study.budget.trials or DRAWN, words.MANY)
    if study.method.name in BLIND:
        method: Method = study.make_method()  # type: ignore[assignment]
    else:
        method = registry.make("method", "random", space, seed=study.seeds.search)
    for config in study.first:
        method.enqueue(config)
    asked = [t.config for _ in range(n) if (t := method.ask()) is not None]
    return asked


def _escaped(config: Config) -> Config:
    """Text that Hydra does not take for an interpolation."""
    return {k: v.replace("${", r"\${") if isinstance(v, str) else v for k, v in config.items()}


def _lost(study: Study, n: int, objectives: int) -> list[str]:
    said = words.lost_method(study, dict.fromkeys(BLIND), "Hydra", "trials are drawn at random, before they begin")
    if study.method.name in words.MULTI_FIDELITY:
        said.append("early stopping: every trial is trained to its end.")
    if study.budget.trials != n:
        said.append(f"the budget: the script holds {n} trials.")
    if conditions := words.conditions(study):
        said.append(
            f"conditions, where you override `config` yourself: {', '.join(conditions)} may be absent (+config.NAME=…)."
        )
    said += [*words.lost_limits(study), *words.lost_objectives(objectives, "Hydra")]
    if study.budget.max_failures:
        said.append("restarts of a trial whose process died (max_failures).")
    if study.workers > 1:
        said.append(
            f"{study.workers} workers: Hydra's own launcher runs one trial after the other; see hydra/launcher."
        )
    if study.resources.gpus or study.resources.cpus > 1:
        said.append("the resources of a trial, which are the launcher's.")
    return said
