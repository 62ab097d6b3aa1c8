"""What every method must do on every space that it serves: same seed, same trace; results in any order; a kill and a
resume; a replay with views; failures; a start from outside."""

import json
import math
import warnings
from dataclasses import asdict, fields

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, registry
from nasbook.method import Method, OneShot
from nasbook.search import replay, search, steps
from nasbook.task import Evaluation, Task
from nasbook.trace import Trace

FLOATS = Space(x=Float(-5, 10), y=Float(1e-4, 1, log=True))
NUMBERS = Space(
    x=Float(0, 1), n=Int(1, 64, log=True), k=Int(0, 9), batch=Choice([8, 16, 32], ordered=True), c=Constant("z")
)
CHOICES = Space(a=Choice(["p", "q", "r"]), b=Choice([True, False]), c=Choice([None, 1, 2.5]))
TREE = Space(
    kernel=Choice(["linear", "rbf", "poly"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-4, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 5, when={"kernel": "poly"}),
    deep=Choice(["u", "v"], when={"degree": [4, 5]}),
    cache=Constant(200),
)
CHAIN = Space(depth=Int(1, 3), **{f"k_{i}": Choice([1, 3, 5], when={"depth": list(range(i, 4))}) for i in (1, 2, 3)})
SPACES = {"floats": FLOATS, "numbers": NUMBERS, "choices": CHOICES, "tree": TREE, "chain": CHAIN}
NAMES = [  # one objective, no fidelities
    "sobol",
    "halton",
    "latin-hypercube",
    "forest",
    "pfn",
    "tpe",
    "genetic",
    "differential-evolution",
    "cma-es",
    "particle-swarm",
]
NAS = ["regularized-evolution", "local-search", "cnn-differential-evolution", "bananas", "rgpe", "reinforce", "ppo"]
SEVERAL = ["nsga2", "parego"]  # more than one objective
RUNGS = ["median-stopping", "successive-halving", "hyperband", "asha", "bohb", "dehb"]  # many fidelities
SLOW = {"forest", "pfn", "parego", "bananas", "rgpe", "reinforce", "ppo"}


class Noisy(Task):
    """Any space; a value that depends on everything in the configuration, a cost, and some failures."""

    knows_cost = True

    def __init__(self, space, name, failures=0.0, several=False):
        self.space, self.name, self.failures, self.several = space, name, failures, several

    def evaluate(self, config, *, seed=0, **_):
        u = np.nan_to_num(self.space.encode(config), nan=0.9)
        rng = np.random.default_rng([seed, 7])
        if rng.random() < self.failures:
            raise RuntimeError("out of memory")
        values = float(((u - 0.3) ** 2).sum()), float(((u - 0.6) ** 2).sum())
        return Evaluation(values[0], values if self.several else None, cost=float(rng.gamma(2.0)))


def cases():
    """Each method on the hardest space that it serves; nasbook.testing asks it for the same on all kinds."""
    for name in NAMES + NAS + SEVERAL + RUNGS:
        kinds = ["chain"] if name == "cnn-differential-evolution" else ["tree", "choices", "numbers", "floats"]
        yield pytest.param(name, next(kind for kind in kinds if serves(name, kind)), id=name)


def serves(name, kind):
    try:
        return isinstance(nasbook.method(name, SPACES[kind]), Method)
    except ValueError:
        return False


CASES = list(cases())


def layers(n):
    """n layers that may be left out, each with a width."""
    on = {f"on{i}": Choice([True, False]) for i in range(n)}
    return Space({**on, **{f"width{i}": Choice([8, 16], when={f"on{i}": True}) for i in range(n)}})


@pytest.mark.parametrize("name", sorted(e.name for e in registry.METHODS))
def test_optional_layers_do_not_delay_the_first_trial(name):
    """The number of combinations doubles with each; nothing may count them one by one."""
    for n in (20, 40, 200):
        try:
            method = nasbook.method(name, layers(n))
        except ValueError as error:
            refuse = ("grid", "cma-es", "particle-swarm", "cnn-differential-evolution", "rgpe", "compound", "pfn")
            assert name in refuse or issubclass(registry.find("method", name).load(), OneShot)
            assert "\n" not in str(error)
            continue
        if isinstance(method, Method):
            trial = method.ask()
            assert method.space.validate(trial.config) == trial.config


def budget(name):
    return 18 if name in SLOW else 36


def shape(view):
    """What can be compared of a view: its arrays and numbers, as text."""
    parts = {f.name: getattr(view, f.name) for f in fields(view)}
    return json.dumps({k: v.tolist() if isinstance(v, np.ndarray) else repr(type(v)) for k, v in parts.items()})


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_valid_configurations_same_seed_same_trace_and_replay(name, kind):
    task = Noisy(SPACES[kind], kind, 0.15, name in SEVERAL)
    runs = [list(steps(name, task, trials=budget(name), seed=3, workers=w)) for w in (1, 4, 4)]
    for run in runs:
        assert len(run) == budget(name)
        for step in run:
            assert task.space.validate(step.trial.config) == step.trial.config
        assert {s.trial.status for s in run} == {"done", "failed"}
    assert [s.trial for s in runs[1]] == [s.trial for s in runs[2]]
    if kind != "choices":
        other = search(name, task, trials=12, seed=4, workers=4)
        assert [t.config for t in other.trials] != [s.trial.config for s in runs[1][:12]]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_killed_search_goes_on_as_if_nothing_had_happened(name, kind, tmp_path):
    task, n = Noisy(SPACES[kind], kind, 0.1, name in SEVERAL), budget(name)
    path = tmp_path / "t.jsonl"
    live = list(steps(name, task, trials=n, seed=5, workers=3, out=path))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: n + 3]))  # some trials are in flight here
    again = search(name, task, trials=n, seed=5, workers=3, out=path, resume=True)
    assert [(t.id, t.config, t.value) for t in again.trials] == [
        (s.trial.id, s.trial.config, s.trial.value) for s in live
    ]
    replayed = list(replay(Trace.load(path)))
    assert [shape(s.view) for s in replayed] == [shape(s.view) for s in live]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_start_from_outside_and_a_search_in_which_all_fails(name, kind):
    space = SPACES[kind]
    first = [space.sample(np.random.default_rng(i)) for i in range(2)]
    trace = search(name, Noisy(space, kind, several=name in SEVERAL), trials=8, seed=1, first=first, workers=2)
    assert [t.config for t in sorted(trace.trials, key=lambda t: t.id)[:2]] == first
    failing = search(name, Noisy(space, kind, failures=1.0), trials=16, seed=1, workers=3)
    assert len(failing) == 16 and {t.status for t in failing.trials} == {"failed"}


@pytest.mark.parametrize("name", NAMES + NAS + SEVERAL + RUNGS)
def test_settings_explain_themselves_and_survive_json(name):
    cls = registry.find("method", name).load()
    if not issubclass(cls, Method):
        pytest.skip("one-shot")
    for f in fields(cls.Settings):
        words = f.metadata.get("help", "")
        assert words and words.endswith("."), f"{name}: {f.name}"
    default = asdict(cls.Settings())
    assert cls.Settings(**json.loads(json.dumps(default))) == cls.Settings()


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("sobol", "halton", "latin-hypercube")])
def test_it_learns(name):
    """The second half of 60 trials is better than the first, on the mean of three seeds; a random search's is not."""
    gains = []
    for seed in range(3):
        trace = search(name, Noisy(FLOATS, "floats"), trials=60, seed=seed, **({"startup": 8} if name in SLOW else {}))
        values = np.log(trace.values + 1e-6)
        gains.append(values[:30].mean() - values[30:].mean())
    assert np.mean(gains) > (0.15 if name == "differential-evolution" else 0.3) and math.isfinite(np.sum(gains))


FEW = Space(a=Choice([1, 2], ordered=True), b=Int(1, 6, step=5))


@pytest.mark.parametrize("name", ["random", "grid", "bayesian", *NAMES, *NAS, *SEVERAL, *RUNGS])
def test_a_space_that_is_used_up_ends_the_search_or_is_said_to_repeat(name):
    try:
        nasbook.method(name, FEW)
    except ValueError:
        pytest.skip("the method does not serve this space")
    task = Noisy(FEW, "few", several=name in SEVERAL)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trace = search(name, task, trials=12, seed=0, **({"eta": 3, "max_fidelity": 9} if name in RUNGS[1:] else {}))
    told = [str(w.message) for w in said if "repeat one" in str(w.message)]
    new = 12 if name not in RUNGS[1:] else 2 if name == "asha" else 9
    if name == "grid":
        assert len(trace) == 4 and not told
    elif new <= 4:
        assert not told
    else:
        wanted = f"this space has 4 configurations, so at least {new - 4} of the 12 trials repeat one"
        assert len(told) == 1 and told[0].startswith(wanted)
        assert len(trace) == 12 and {t.status for t in trace.trials} == {"done"}


STEPS = Space(x=Float(0, 1, step=0.25), n=Int(8, 64, step=8), m=Float(-0.3, 0.3, step=0.1), lr=Float(1e-3, 1, log=True))


@pytest.mark.parametrize("name", ["random", "grid", "bayesian", *NAMES, *SEVERAL, *RUNGS, "regularized-evolution"])
def test_every_method_stays_on_the_steps(name):
    trace = search(name, Noisy(STEPS, "steps", several=name in SEVERAL), trials=budget(name) // 2 * 2, seed=1)
    for t in trace.trials:
        assert STEPS.validate(t.config) == t.config and STEPS.decode(STEPS.encode(t.config)) == t.config
        assert t.config["n"] % 8 == 0 and t.config["x"] in (0, 0.25, 0.5, 0.75, 1)
        assert t.config["m"] in (-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3)
