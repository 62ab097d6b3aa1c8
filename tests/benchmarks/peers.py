"""nasbook's methods and their matched peers behind one interface: ask() -> point, tell(value).

    ours                       matched peer                            the same start
    tpe                        Optuna's TPESampler, multivariate       ten random points
    bayesian                   Optuna's GPSampler                      ten random points
                               bayesian-optimization                   ten random points
                               BoTorch: SingleTaskGP, LogEI            ten random points
    forest                     SMAC3, black-box facade's forest        ten random points
    cma-es                     cmaes.CMA, with bounds                  mean in the middle, σ = 0.3
    differential-evolution     scipy, rand1bin, immediate, F = CR = ½  twenty random points

Everything else is each one's default. Every class takes (task, design, seed): a function of nasbook.tasks.functions,
the points to begin with (m, d) in the unit cube, a seed. SMAC3 runs in a Python of its own (`smac_peer.py`), because
its requirements do not fit into this one's.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import nasbook
from nasbook.tasks.functions import Function

PAIRS = [  # ours, its peer
    ("tpe", "Optuna TPE"),
    ("bayesian", "Optuna GP"),
    ("bayesian", "bayesian-optimization"),
    ("forest", "SMAC3"),
    ("cma-es", "cmaes"),
    ("differential-evolution", "scipy DE"),
    ("bayesian, no noise", "Optuna GP, no noise"),
    ("bayesian", "BoTorch"),
]
FASTER = {  # the share of the peer's time that an ask may take
    ("tpe", "Optuna TPE"): 1,
    ("bayesian", "Optuna GP"): 0.5,
    ("bayesian", "bayesian-optimization"): 1,
    ("bayesian", "BoTorch"): 0.5,
}
NAMES = [  # the cheap ones first
    "random", "genetic", "particle-swarm", "cma-es", "cmaes", "differential-evolution", "scipy DE", "tpe", "Optuna TPE",
    "bayesian", "Optuna GP", "forest", "bayesian-optimization", "SMAC3", "bayesian, no noise", "Optuna GP, no noise",
    "BoTorch",
]  # fmt: skip
DESIGNS = {"random": 0, "genetic": 0, "particle-swarm": 0, "cma-es": 0, "cmaes": 0}
DESIGNS |= {"differential-evolution": 20, "scipy DE": 20}  # of the others: 10
OWN_SEEDS = 1000  # a function moved by seed 3 must not meet a search of seed 3: both begin with the same numbers


class Peer:
    seconds: float | None = None  # CPU of the last ask, where it is spent in another process

    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        raise NotImplementedError

    def ask(self) -> np.ndarray:
        raise NotImplementedError

    def tell(self, value: float) -> None:
        raise NotImplementedError


class Ours(Peer):
    def __init__(self, task: Function, design: np.ndarray, seed: int, name: str = "random") -> None:
        name, *noiseless = name.split(", ")
        settings: dict[str, Any] = {"startup": len(design)} if name in ("bayesian", "forest", "tpe") else {}
        self.method = nasbook.method(name, task.space, seed=seed, **settings, **({"noise": 1e-6} if noiseless else {}))
        for u in design:
            self.method.enqueue(task.space.decode(u))

    def ask(self) -> np.ndarray:
        self.trial = self.method.ask()
        return np.array(list(self.trial.config.values()))

    def tell(self, value: float) -> None:
        self.method.tell(nasbook.Trial(self.trial.id, self.trial.config, status="done", value=value))


class Optuna(Peer):
    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.names, self.box = list(task.space.parameters), task.box
        self.study = optuna.create_study(sampler=self.sampler(optuna.samplers, len(design), seed))
        for u in design:
            self.study.enqueue_trial(task.space.decode(u))

    def sampler(self, samplers: Any, startup: int, seed: int) -> Any:
        return samplers.TPESampler(seed=seed, n_startup_trials=startup, multivariate=True)

    def ask(self) -> np.ndarray:
        self.trial = self.study.ask()
        return np.array([self.trial.suggest_float(n, *b) for n, b in zip(self.names, self.box, strict=True)])

    def tell(self, value: float) -> None:
        self.study.tell(self.trial, value)


class OptunaGP(Optuna):
    noiseless: ClassVar[bool] = False

    def sampler(self, samplers: Any, startup: int, seed: int) -> Any:
        import torch

        torch.set_num_threads(1)
        return samplers.GPSampler(seed=seed, n_startup_trials=startup, deterministic_objective=self.noiseless)


class NoiselessGP(OptunaGP):
    noiseless = True


class BayesOpt(Peer):
    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        from bayes_opt import BayesianOptimization

        self.names, self.queue = list(task.space.parameters), [list(task.space.decode(u).values()) for u in design]
        bounds = {n: tuple(b) for n, b in zip(self.names, task.box, strict=True)}
        self.optimizer = BayesianOptimization(f=None, pbounds=bounds, random_state=seed, verbose=0)

    def ask(self) -> np.ndarray:
        if self.queue:
            self.params = dict(zip(self.names, self.queue.pop(0), strict=True))
        else:
            self.params = self.optimizer.suggest()
        return np.array([self.params[n] for n in self.names])

    def tell(self, value: float) -> None:
        self.optimizer.register(params=self.params, target=-value)  # it maximises


class BoTorch(Peer):
    """Its tutorial's loop: every part as it is by default, ten starts from 512 points for the acquisition."""

    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.box, self.queue, self.U, self.y = task.box, list(design), [], []  # type: ignore[var-annotated]

    def ask(self) -> np.ndarray:
        self.U.append(self.queue.pop(0) if self.queue else self.suggest())
        return self.box[:, 0] + self.U[-1] * (self.box[:, 1] - self.box[:, 0])

    def suggest(self) -> np.ndarray:
        import torch
        from botorch.acquisition import LogExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.optim import optimize_acqf
        from gpytorch.mlls import ExactMarginalLogLikelihood

        U, y = torch.tensor(np.array(self.U)), -torch.tensor(self.y)[:, None]  # it maximises
        model = SingleTaskGP(U, y.double())
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        box = torch.tensor([[0.0], [1.0]]).double().expand(2, U.shape[1])
        best, _ = optimize_acqf(LogExpectedImprovement(model, y.max()), box, q=1, num_restarts=10, raw_samples=512)
        return best[0].numpy()

    def tell(self, value: float) -> None:
        self.y.append(value)


class Cmaes(Peer):
    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        from cmaes import CMA

        self.box, d = task.box, task.d
        self.cma = CMA(np.full(d, 0.5), 0.3, bounds=np.tile([0.0, 1.0], (d, 1)), seed=seed)
        self.told: list = []

    def ask(self) -> np.ndarray:
        self.u = self.cma.ask()
        return self.box[:, 0] + self.u * (self.box[:, 1] - self.box[:, 0])

    def tell(self, value: float) -> None:
        self.told.append((self.u, value))
        if len(self.told) == self.cma.population_size:
            self.cma.tell(self.told)
            self.told = []


class Smac(Peer):
    """A conversation with smac_peer.py, one line of JSON after the other; one process serves many searches."""

    python: ClassVar[str] = ""
    process: ClassVar[subprocess.Popen | None] = None

    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        if Smac.process is None:
            script = Path(__file__).with_name("smac_peer.py")
            Smac.process = subprocess.Popen(
                [Smac.python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self.low, self.wide = task.box[:, 0], task.box[:, 1] - task.box[:, 0]
        self._say({"design": design.tolist(), "d": task.d, "seed": seed})

    def _say(self, message: Any) -> Any:
        assert Smac.process and Smac.process.stdin and Smac.process.stdout
        Smac.process.stdin.write(json.dumps(message) + "\n")
        Smac.process.stdin.flush()
        answer = Smac.process.stdout.readline()
        if not answer:
            raise RuntimeError("SMAC's process has ended; its error stands above")
        return json.loads(answer)

    def ask(self) -> np.ndarray:
        answer = self._say("ask")
        self.seconds = answer["seconds"]
        return self.low + np.array(answer["u"]) * self.wide

    def tell(self, value: float) -> None:
        self._say(value)


class _Enough(Exception):
    pass


def scipy_de(task: Function, design: np.ndarray, seed: int, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Values (trials,), and seconds of CPU between two of them. scipy has no ask and tell: it is stopped from within
    the function. It ends by itself where the population is one point; then the last value stands for the rest."""
    from scipy.optimize import differential_evolution

    values: list[float] = []
    seconds: list[float] = []
    low, high = task.box.T
    since = time.process_time()

    def function(x: np.ndarray) -> float:
        nonlocal since
        if len(values) == trials:
            raise _Enough
        seconds.append(time.process_time() - since)
        values.append(float(task(x[None])[0]))
        since = time.process_time()
        return values[-1]

    with suppress(_Enough):
        differential_evolution(
            function, task.box, strategy="rand1bin", init=low + design * (high - low), mutation=0.5, recombination=0.5,
            updating="immediate", polish=False, maxiter=10**6, tol=0, atol=0, rng=seed,
        )  # fmt: skip
    return np.array(values + [values[-1]] * (trials - len(values))), np.array(seconds)


THEIRS: dict[str, type[Peer]] = {
    "Optuna TPE": Optuna,
    "Optuna GP": OptunaGP,
    "Optuna GP, no noise": NoiselessGP,
    "bayesian-optimization": BayesOpt,
    "cmaes": Cmaes,
    "SMAC3": Smac,
    "BoTorch": BoTorch,
}


def sharp_ridge(d: int, shift: int, rotation: int) -> Function:
    """x₁² + 100 √(x₂² + … + x_d²) on [−5, 5]ᵈ: no slope is gentle but the one along the ridge (BBOB's f13)."""
    formula = lambda x: x[..., 0] ** 2 + 100 * np.sqrt((x[..., 1:] ** 2).sum(-1))  # noqa: E731
    return Function("ridge", formula, (-5, 5), np.zeros((1, d)), shift, rotation)


def make(name: str, task: Function, seed: int, points: int | None = None) -> Peer:
    """A method or peer, with its own number of first points or another."""
    n = DESIGNS.get(name, 10) if points is None else points
    design = np.random.default_rng([seed, 1]).random((n, task.d)).round(6)
    if name in THEIRS:
        return THEIRS[name](task, design, seed + OWN_SEEDS)
    return Ours(task, design, seed + OWN_SEEDS, name)


def values_of(name: str, task: Function, seed: int, trials: int) -> np.ndarray:
    """(trials,) the values of a search."""
    if name == "scipy DE":
        design = np.random.default_rng([seed, 1]).random((DESIGNS[name], task.d)).round(6)
        return scipy_de(task, design, seed + OWN_SEEDS, trials)[0]
    run, values = make(name, task, seed), np.empty(trials)
    for i in range(trials):
        values[i] = task(run.ask()[None])[0]
        run.tell(values[i])
    return values


def milliseconds(name: str, n: int, repeats: int = 12) -> list[float]:
    """CPU of `repeats` asks when n trials of Rosenbrock's function of five numbers are known.

    What learns from any points is given n random ones; a population has to be asked n times."""
    task: Function = nasbook.task("rosenbrock", d=5, shift=1)
    if name == "scipy DE":
        design = np.random.default_rng(1).random((DESIGNS[name], task.d))
        return [1000 * s for s in scipy_de(task, design, 0, n + repeats)[1][n:]]
    run = make(name, task, 0, n if DESIGNS.get(name, 10) == 10 else None)
    taken = []
    for _ in range(n + repeats + 1):  # the first ask after n may pay for imports
        begin = time.process_time()
        x = run.ask()
        taken.append(1000 * (time.process_time() - begin if run.seconds is None else run.seconds))
        run.tell(float(task(x[None])[0]))
    return taken[n + 1 :]
