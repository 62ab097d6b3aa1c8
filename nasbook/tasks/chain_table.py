"""All 625 chains of inverted bottlenecks, trained alone on digits: error, latency and parameters as a table.

    table = nasbook.task("digits-mbconv-table")
    table.evaluate(config).values            # (error, µs, parameters)

The errors are those of one training each, seed 0. The latency is the sum over the blocks of what each operation takes
for 50 images (nas/spaces/chain_supernet.py); the whole of a chain was not measured. data/README.md says how the table
was made.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from nasbook.nas.spaces.block_chain import MBConvChain
from nasbook.nas.spaces.chain_supernet import LATENCIES, REST
from nasbook.tasks.table_rows import Roles
from nasbook.tasks.tables import Table

FILE = Path(__file__).parents[1] / "data" / "hardware_chains.csv"
OBJECTIVES = ("error", "latency", "parameters")


class ChainTable(Table):
    """Validation error, latency (µs, 50 images) and parameters of the networks of mbconv-chain, all to be minimised.

    The metrics of an evaluation are all three, the error on test images and the FLOPs of one image."""

    name = "digits-mbconv-table"

    def __init__(self) -> None:
        with FILE.open(newline="") as file:
            rows = list(csv.DictReader(file))
        space = MBConvChain().space
        configs = [{name: row[name] for name in space.parameters} for row in rows]
        columns = {
            name: np.array([float(row[name]) for row in rows]) for name in ("error", "test", "parameters", "flops")
        }
        columns["latency"] = np.array([REST + sum(LATENCIES[op] for op in config.values()) for config in configs])
        super().__init__(self.name, space, configs, columns, Roles(objectives=OBJECTIVES, metrics=("test", "flops")))
        self.value_label, self.objectives = "validation error", ("validation error", "latency (µs)", "parameters")
