"""What NePS, the program of PriorBand's authors, answers to given results: from whom the next configuration comes.

    pip download --no-deps neural-pipeline-search==0.17.0 && unzip neural_pipeline_search-*.whl -d neps
    python tests/benchmarks/priorband_neps.py neps > tests/data/neps_priorband.json

Its sampler is run as it is, on its own densities; only its package's own __init__ files, which import all of its
optimisers and what these need (BoTorch, pymoo, an older pandas), are passed over. What it draws by is written down: the
probabilities of prior, incumbent and uniform distribution. tests/hpo/test_priorband.py compares ours. Needs PyTorch,
pandas, more-itertools and portalocker.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np


def open_packages(root: Path) -> None:
    """neps and its rooms, without what their __init__ files would import, but `space` and `sampling`."""
    for name in ("neps", "neps.optimizers", "neps.optimizers.utils"):
        module = ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")))]  # type: ignore[attr-defined]
        sys.modules[name] = module


def main() -> None:
    open_packages(Path(sys.argv[1]))
    import pandas
    from neps.optimizers import priorband
    from neps.space import ConfigEncoder, HPOCategorical, HPOFloat

    parameters = {
        "lr": HPOFloat(1e-4, 1.0, log=True, prior=0.01, prior_confidence="high"),
        "momentum": HPOFloat(0.0, 1.0, prior=0.9, prior_confidence="medium"),
        "edge_0_1": HPOCategorical(["conv3x3", "skip", "none", "pool"], prior="conv3x3", prior_confidence="high"),
        "edge_1_2": HPOCategorical(["conv3x3", "skip", "none", "pool"], prior="skip", prior_confidence="medium"),
        "decay": HPOFloat(0.0, 1.0, prior=0.2, prior_confidence="low"),
    }
    encoder = ConfigEncoder.from_parameters(parameters)
    parameters = {name: parameters[name] for name in encoder.transformers}  # its prior takes the columns as they come
    rng, rows = np.random.default_rng(0), []
    told: dict[str, Any] = {}

    def choice(options: list[str], p: list[float]) -> str:
        told.update({name: float(share) for name, share in zip(options, p, strict=True)})
        return options[0]

    shapes = [(3, 27, [9, 5, 3, 1]), (3, 27, [12, 9, 6, 4]), (2, 8, [8, 4, 2, 2]), (3, 9, [9, 3, 2])]  # trials of rungs
    for eta, high, counts in 3 * shapes:
        sampler = priorband.PriorBandSampler(parameters, encoder, 0.5, 0.25, eta, 0, (1, high))
        done = [
            {"rung": rung, "loss": float(rng.random()), "config": drawn(rng)}
            for rung, n in enumerate(counts)
            for _ in range(n)
        ]
        index = pandas.MultiIndex.from_tuples([(i, row["rung"]) for i, row in enumerate(done)], names=["id", "rung"])
        frame = {"perf": [row["loss"] for row in done], "config": [row["config"] for row in done]}
        table = pandas.DataFrame(frame, index=index)
        shares = []
        for rung in range(len(counts)):
            told.clear()
            np.random.choice, drawer = choice, np.random.choice  # type: ignore[assignment]
            try:
                sampler.sample_config(table, rung)
            finally:
                np.random.choice = drawer  # type: ignore[assignment]
            shares.append([told["random"], told["prior"], told["inc"]])
        rows.append({"eta": eta, "epochs": high, "done": done, "shares": shares})
    print(json.dumps({"program": "neural-pipeline-search 0.17.0", "cases": rows}))


def drawn(rng: np.random.Generator) -> dict[str, Any]:
    ops = ["conv3x3", "skip", "none", "pool"]
    return {
        "lr": float(10 ** rng.uniform(-4, 0)),
        "momentum": float(rng.random()),
        "edge_0_1": ops[rng.integers(4)],
        "edge_1_2": ops[rng.integers(4)],
        "decay": float(rng.random()),
    }


if __name__ == "__main__":
    main()
