"""The first picture of a lab imports what it draws, and no more."""

import json
import subprocess
import sys

from nasbook import registry

HEAVY = {  # they build or train a network at once, or fit a forest or a pipeline
    "growth", "spaces", "controller", "darts", "relaxations", "hypergradient", "pbt", "surrogates", "few-shot", "gan",
    "weight-sharing", "hardware", "pipeline", "prior",
}  # fmt: skip


def test_a_lab_that_trains_no_network_loads_neither_torch_nor_scikit_learn():
    names = [e.name for e in registry.LABS if e.name not in HEAVY]
    code = f"import nasbook, json, sys\nfor name in {names}:\n    nasbook.lab(name)._repr_mimebundle_()\n"
    code += "print(json.dumps([m for m in ('torch', 'sklearn') if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(names) > 8 and json.loads(done.stdout.splitlines()[-1]) == []
