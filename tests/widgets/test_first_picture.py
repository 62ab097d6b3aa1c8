"""The first picture of a lab imports what it draws, and no more."""

import json
import subprocess
import sys

from nasbook import registry

HEAVY = {  # they build or train a network at once, or fit a forest or a pipeline
    "growth", "spaces", "controller", "darts", "relaxations", "hypergradient", "pbt", "surrogates", "few-shot", "gan",
    "weight-sharing", "hardware", "pipeline", "prior",
}  # fmt: skip
COMPUTED = {"bayesian", "ensemble", "gp", "race", "tpe"}  # with SciPy


def loaded(names):
    """The modules that the first pictures of these labs load, in a process of their own."""
    code = f"import nasbook, json, sys\nfor name in {names}:\n    nasbook.lab(name)._repr_mimebundle_()\n"
    code += "print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_lab_that_trains_no_network_loads_neither_torch_nor_scikit_learn():
    names = [e.name for e in registry.LABS if e.name not in HEAVY]
    assert len(names) > 8 and not {"torch", "sklearn"} & loaded(names)


def test_a_lab_that_computes_nothing_with_scipy_for_its_first_picture_does_not_load_it():
    """tests/benchmarks/first_picture.py prints what each lab costs."""
    names = [e.name for e in registry.LABS if e.name not in HEAVY | COMPUTED]
    assert len(names) > 8
    assert not [name for name in loaded(names) if name.startswith("scipy.")]


def test_nothing_is_fitted_by_scipys_optimisers_for_a_first_picture():
    names = [e.name for e in registry.LABS if e.name not in HEAVY | {"bayesian"}]
    assert len(names) > 12 and "scipy.optimize" not in loaded(names)


def test_a_lab_that_trains_no_network_yet_does_not_load_torchs_compiler_and_what_it_stands_on():
    assert not {"torch._dynamo", "sympy", "scipy.stats"} & loaded(sorted(HEAVY - {"pipeline", "surrogates"}))
