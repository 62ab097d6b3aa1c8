"""SMAC3 as a server on standard input and output, for peers.py. It needs a Python with SMAC3, and nothing of nasbook:

    python -m venv smac-venv && smac-venv/bin/pip install "smac>=2.3"
    python tests/benchmarks/hpo_suite.py --smac smac-venv/bin/python

By default it fits the forest anew after every eighth trial and takes the points between from one list, so most asks
cost next to nothing.

Lines in: {"design": [[…], …], "d": 3, "seed": 1} begins a search in the unit cube; "ask"; or a number, the value of
what was asked last. Each is answered by a line: {} or {"u": […], "seconds": CPU of the ask}.
"""

from __future__ import annotations

import json
import os
import sys
import time
from tempfile import TemporaryDirectory

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

from ConfigSpace import Configuration, ConfigurationSpace, Float  # noqa: E402
from smac import HyperparameterOptimizationFacade, Scenario  # noqa: E402
from smac.runhistory.dataclasses import TrialValue  # noqa: E402


def begin(design: list, d: int, seed: int, folder: str) -> HyperparameterOptimizationFacade:
    space = ConfigurationSpace(seed=seed)
    names = [f"x{i}" for i in range(d)]
    space.add([Float(n, (0.0, 1.0)) for n in names])
    scenario = Scenario(space, deterministic=True, n_trials=10_000, seed=seed, output_directory=folder)
    first = [Configuration(space, values=dict(zip(names, u, strict=True))) for u in design]
    initial = HyperparameterOptimizationFacade.get_initial_design(scenario, n_configs=0, additional_configs=first)
    return HyperparameterOptimizationFacade(
        scenario, lambda config, seed: 0.0, initial_design=initial, overwrite=True, logging_level=False
    )


def main() -> None:
    with TemporaryDirectory() as folder:
        for count, line in enumerate(sys.stdin):
            message = json.loads(line)
            answer: dict = {}
            if isinstance(message, dict):
                smac, names = begin(**message, folder=f"{folder}/{count}"), [f"x{i}" for i in range(message["d"])]
            elif message == "ask":
                start = time.process_time()
                asked = smac.ask()
                answer = {"u": [asked.config[n] for n in names], "seconds": time.process_time() - start}
            else:
                smac.tell(asked, TrialValue(cost=message))
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
