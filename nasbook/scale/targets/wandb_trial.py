"""One run of a W&B sweep that nasbook wrote: `wandb agent` starts `python -m nasbook.scale.targets.wandb_trial`.

The sweep's constant `nasbook` says which task this is; its module must lie in the working folder, or be named in the
environment: NASBOOK_TRUST=mypackage.
"""

from __future__ import annotations

import os
import sys

from nasbook.scale.objective import Objective, TrialFailed
from nasbook.space import Config

FACTS = ("name", "arguments", "when", "seed", "training", "fidelity", "timeout")


def main() -> int:
    """The exit code: 0 done, 1 the trial failed, 2 this is no sweep of nasbook's, or W&B is not installed."""
    try:
        import wandb
    except ModuleNotFoundError as error:
        print(f"nasbook: this search needs {error.name}, not installed here: pip install wandb", file=sys.stderr)
        return 2

    with wandb.init() as run:
        config: Config = dict(run.config)
        facts = config.pop("nasbook", None)
        if not isinstance(facts, dict) or not isinstance(facts.get("name"), str):
            print("nasbook: this run is not of a sweep that nasbook has written", file=sys.stderr)
            return 2
        for name in facts.get("whole", ()):  # W&B may draw 64.0
            config[name] = round(config[name])
        trust = [name for name in os.environ.get("NASBOOK_TRUST", "").split(",") if name]
        try:
            objective = Objective(**{k: v for k, v in facts.items() if k in FACTS and v is not None}, trust=trust)
            ended = objective(config, report=lambda epoch, value: run.log({"epoch": epoch, "value": value}))
        except (TrialFailed, ValueError) as error:
            print(f"nasbook: {error}", file=sys.stderr)
            return 1
        run.log({**ended.metrics, "value": ended.value})
    return 0


if __name__ == "__main__":
    sys.exit(main())
