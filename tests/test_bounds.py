"""Which values each setting of a method allows: the sentence that refuses what is no number says it."""

import math
from dataclasses import fields

import pytest

from nasbook import registry

# A whole number stands for "a whole number of at least so many".
SUPERNET = {
    "epochs": 1,
    "batch": 1,
    "channels": 1,
    "lr": "> 0",
    "lr_min": "≥ 0",
    "momentum": "[0, 1]",
    "weight_decay": "≥ 0",
    "clip": "> 0",
}
WARM = {"alpha_lr": "> 0", "alpha_weight_decay": "≥ 0", "warmup": 0}
ALPHA = {"alpha_lr": "> 0", "alpha_weight_decay": "≥ 0"}
TAU = {"tau": "> 0", "tau_min": "≥ 0.001"}
RUNGS = {"min_fidelity": 1, "max_fidelity": 1, "eta": 2}
DE = {"population": 4, "F": "(0, 2]", "CR": "[0, 1]"}
BAYESIAN = {"xi": "≥ 0", "kappa": "≥ 0", "startup": 1, "beta": "≥ 0"}
CONTROLLER = {"batch": 2, "lr": "(0, 1]", "entropy": "≥ 0", "decay": "[0, 1]", "hidden": 1}
PATHS = {"looks": 1, "rounds": 0}
BOUNDS = {
    "grid": {"resolution": 2, "limit": 1},
    "compound": {
        "flops": "> 1",
        "tolerance": "≥ 0",
        "alpha_step": "> 0",
        "beta_step": "> 0",
        "gamma_step": "> 0",
        "repeats": 1,
    },
    "latin-hypercube": {"points": 1},
    "bayesian": BAYESIAN,
    "forest": {"startup": 1, "trees": 2, "features": "(0, 1]", "leaf": 1, "random": "[0, 1]"},
    "pfn": {"startup": 3},
    "tpe": {"startup": 1, "candidates": 1, "gamma": "(0, 1]", "gamma_most": 1, "prior_weight": "> 0"},
    "genetic": {
        "population": 2,
        "children": 1,
        "tournament": 1,
        "crossover_rate": "[0, 1]",
        "mutation_rate": "[0, 1]",
        "scale": "(0, 1]",
    },
    "differential-evolution": DE,
    "cma-es": {"population": 3, "sigma": "(0, 1]"},
    "particle-swarm": {"particles": 1, "w": "≥ 0", "c_1": "≥ 0", "c_2": "≥ 0", "speed": "(0, 1]"},
    "regularized-evolution": {"population": 2, "sample": 1, "scale": "(0, 1]"},
    "cnn-differential-evolution": DE,
    "bananas": {"startup": 1, "batch": 1, "candidates": 1, "parents": 1, "members": 2, "epochs": 1},
    "rgpe": {"top": 0, "startup": 1, "candidates": 2, "samples": 1},
    "reinforce": CONTROLLER,
    "ppo": {**CONTROLLER, "clip": "(0, 1]", "epochs": 1},
    "nsga2": {"population": 2, "crossover_rate": "[0, 1]", "eta": "≥ 0", "scale": "(0, 1]"},
    "parego": {**BAYESIAN, "rho": "≥ 0", "divisions": 1},
    "hypergradient": {"epochs": 1, "steps": 1, "rate": "> 0", "last": 1, "terms": 1, "beta": "≥ 0"},
    "median-stopping": {"startup": 1, "warmup": 0, "p_threshold": "(0, 1]"},
    "successive-halving": {**RUNGS, "configurations": 3},
    "hyperband": RUNGS,
    "asha": RUNGS,
    "freeze-thaw": {**RUNGS, "startup": 1},
    "bohb": {
        **RUNGS,
        "top": "(0, 1]",
        "samples": 1,
        "random": "[0, 1]",
        "bandwidth_factor": "> 0",
        "min_bandwidth": "> 0",
    },
    "dehb": {**RUNGS, "F": "(0, 2]", "CR": "[0, 1]"},
    "pbt": {
        "population": 1,
        "interval": 1,
        "quantile": "[0, 0.5]",
        "resample": "[0, 1]",
        "up": "≥ 1",
        "down": "(0, 1]",
    },
    "network-morphism": {
        "epochs": 1,
        "lr": "> 0",
        "momentum": "(0, 0.999]",
        "weight_decay": "≥ 0",
        "batch": 2,
        "steps": 1,
        "children": 2,
        "morphisms": 1,
    },
    "nes": {"pool": 1, "members": 1, "population": 2, "parents": 1},
    "reptile": {
        "epochs": 1,
        "meta_steps": 1,
        "tasks": 1,
        "inner_steps": 1,
        "lr": "> 0",
        "alpha_lr": "≥ 0",
        "epsilon": "(0, 1]",
        "channels": 1,
        "judges": 1,
    },
    "darts": {**SUPERNET, **WARM, "stop_free": 0, "stop_eigenvalue": "≥ 0", "stop_from": 1},
    "pc-darts": {**SUPERNET, **WARM, "partial": 1},
    "fair-darts": {**SUPERNET, **WARM, "zero_one": "≥ 0", "threshold": "[0, 1]"},
    "p-darts": {**SUPERNET, **WARM, "dropout": "[0, 0.99]", "decay": "≥ 0", "skips": 0},
    "spos": {**SUPERNET, **PATHS, "population": 1, "top": 1, "mutation": "[0, 1]", "tries": 1, "max_flops": "≥ 0"},
    "fairnas": {**SUPERNET, **PATHS, "population": 2},
    "scarlet": {**SUPERNET, **PATHS, "population": 2},
    "ofa": {**SUPERNET, "looks": 1, "shrink_lr": "(0, 1]", "distil": "≥ 0"},
    "enas": {
        **SUPERNET,
        "looks": 1,
        "steps": 1,
        "samples": 2,
        "controller_lr": "(0, 1]",
        "entropy": "≥ 0",
        "decay": "[0, 1]",
        "tanh_constant": "≥ 0",
        "temperature": "> 0",
    },
    "gdas": {**SUPERNET, **ALPHA, **TAU},
    "snas": {**SUPERNET, **ALPHA, **TAU},
    "fbnet": {**SUPERNET, **ALPHA, **TAU, "warm_up": 0, "scale": "> 0", "power": "≥ 0"},
    "proxylessnas": {
        **SUPERNET,
        "alpha_lr": "> 0",
        "warm_up": 0,
        "every": 1,
        "price": "≥ 0",
        "power": "≥ 0",
        "reference": "≥ 0",
    },
    "autogan": {
        **CONTROLLER,
        "epochs": 1,
        "steps": 1,
        "critic": 1,
        "channels": 1,
        "latent": 1,
        "ctrl_steps": 1,
        "ctrl_batch": 1,
        "ctrl_lr": "(0, 1]",
        "images": 10,
        "candidates": 1,
        "top": 1,
        "repeats": 2,
        "window": 2,
        "threshold": "≥ 0",
    },
}


def words(bound):
    if isinstance(bound, int):
        return f"be a whole number of at least {bound}"
    sign, _, number = bound.partition(" ")
    return {">": f"be above {number}", "≥": f"be at least {number}"}.get(sign, f"lie in {bound}")


def refused(settings, name):
    with pytest.raises(ValueError) as error:
        settings(**{name: math.nan})
    return str(error.value)


@pytest.mark.parametrize("method", [entry.name for entry in registry.METHODS])
def test_the_bounds_of_settings(method):
    settings = registry.find("method", method).load().Settings
    for name, bound in BOUNDS.get(method, {}).items():
        assert refused(settings, name) == f"{name} must {words(bound)}, not nan"
    for f in fields(settings):  # whether they stand above or not
        if isinstance(f.default, int | float) and not isinstance(f.default, bool):
            told = refused(settings, f.name)
            assert f.name in told and "\n" not in told, told
