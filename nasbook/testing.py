"""Does a method keep what a search, a trace and a resume rely on? `check_method(MyMethod)` says what it breaks.

    from nasbook.testing import check_method
    check_method(HillClimbing)                  # or its registered name

Each promise is one function below, in the order in which they are tried. A method need not serve every space: one that
says in its constructor, by a ValueError, what it cannot serve is asked for the others only.
"""

from __future__ import annotations

import json
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.method import Method, OneShot
from nasbook.search import replay, search, steps
from nasbook.space import Arguments, Choice, Config, Constant, Float, Int, Space
from nasbook.task import Evaluation, Fidelity, Task
from nasbook.trace import Trace

SPACES = {
    "floats": Space(x=Float(-5, 10), y=Float(1e-4, 1, log=True)),
    "numbers": Space(
        x=Float(0, 1), n=Int(1, 64, log=True), k=Int(0, 9), batch=Choice([8, 16, 32], ordered=True), c=Constant("z")
    ),
    "choices": Space(a=Choice(["p", "q", "r"]), b=Choice([True, False]), c=Choice([None, 1, 2.5])),
    "conditions": Space(
        kernel=Choice(["linear", "rbf", "poly"]),
        C=Float(1e-3, 1e3, log=True),
        gamma=Float(1e-4, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
        degree=Int(2, 5, when={"kernel": "poly"}),
    ),
    "chain": Space(
        depth=Int(1, 3), **{f"k_{i}": Choice([1, 3, 5], when={"depth": list(range(i, 4))}) for i in (1, 2, 3)}
    ),
}


class Probe(Task):
    """A task on any space: the value depends on every parameter, the cost is drawn, and a share of the trials fails."""

    knows_cost = True
    name = "probe"

    def __init__(self, space: Space, failures: float = 0.0, objectives: int = 1, epochs: int | None = None) -> None:
        self.space, self.failures = space, failures
        self.objectives = tuple(f"f{i}" for i in range(objectives)) if objectives > 1 else ()
        self.fidelity = None if epochs is None else Fidelity("epoch", 1, epochs)

    def evaluate(self, config: Config, *, seed: int = 0, fidelity: float | None = None, **_: object) -> Evaluation:
        u = np.nan_to_num(self.space.encode(config), nan=0.9)
        rng = np.random.default_rng([seed, 7])
        if rng.random() < self.failures:
            raise RuntimeError("out of memory")
        values = [float(((u - 0.3 - 0.3 * i) ** 2).sum()) for i in range(max(1, len(self.objectives)))]
        effort = 1.0 if fidelity is None else fidelity
        return Evaluation(values[0], tuple(values) if self.objectives else None, cost=effort * float(rng.gamma(2.0)))


@dataclass(frozen=True)
class Case:
    """A method on a space that it serves."""

    cls: Any
    name: str
    space: Space
    settings: Arguments
    trials: int
    objectives: int
    task: Task | None = None
    made: dict[int, tuple[Trace, bytes]] = field(default_factory=dict, compare=False)  # what `searched` has

    def probe(self, failures: float = 0.15) -> Task:
        many = any(f.name == "max_fidelity" for f in fields(self.cls.Settings))
        return self.task or Probe(self.space, failures, self.objectives, 9 if many else None)

    def options(self, seed: int = 3, **more: object) -> Arguments:
        return {"trials": self.trials, "seed": seed, **self.settings, **more}

    def whole(self, workers: int = 1) -> Trace:
        """The undisturbed search, made once: each promise holds a search of its own against it."""
        return self.searched(workers)[0]

    def searched(self, workers: int) -> tuple[Trace, bytes]:
        """The undisturbed search and its file."""
        if workers not in self.made:
            with _folder() as folder:
                out = folder / "t.jsonl"
                trace = search(self.cls, self.probe(), **self.options(workers=workers), out=out)
                self.made[workers] = trace, out.read_bytes()
        return self.made[workers]


class Broken(AssertionError):
    """A promise that a method breaks, in one sentence."""


def check_method(
    method: str | type,
    *,
    trials: int = 25,
    settings: Arguments | None = None,
    spaces: Mapping[str, Space] | None = None,
    task: Task | None = None,
    objectives: int | None = None,
) -> list[str]:
    """Try every promise and return their names; Broken, an AssertionError, says in one sentence which does not hold.

    method: a class or a name of the registry. trials: of each search. settings: of the method. spaces: by default five
    kinds, of which it is tried on those that it serves. task: a small one of its own, which a one-shot method needs.
    objectives: of the probe; 2 for a method of several unless said otherwise."""
    cls = registry.find("method", method).load() if isinstance(method, str) else method
    name = getattr(cls, "name", "") or getattr(cls, "__name__", str(cls))
    settings = dict(settings or {})
    if not (isinstance(cls, type) and issubclass(cls, Method | OneShot)):
        raise Broken(f"{name} is no method: a class that inherits from nasbook.Method or nasbook.OneShot is needed")
    if issubclass(cls, OneShot):
        if task is None:
            raise ValueError(
                f"{name} owns its training: give check_method a small task=, e.g. nasbook.task('digits-cells')"
            )
        case = Case(cls, name, task.space, settings, trials, 1, task)
        return _try(case, "its task", ONE_SHOT)
    goals = objectives if objectives is not None else 2 if _means_several(cls) else 1
    served = 0
    for kind, space in (spaces or SPACES if task is None else {task.name: task.space}).items():
        case = Case(cls, name, space, settings, trials, goals, task)
        if _serves(case, kind):
            served += 1
            _try(case, kind, ASK_TELL)
    if not served:
        raise Broken(f"{name} serves none of the spaces {', '.join(spaces or SPACES)}")
    return [promise.__name__ for promise in ASK_TELL]


def _means_several(cls: type) -> bool:
    return any(e.family == "multi-objective" and e.load() is cls for e in registry.METHODS)


def _serves(case: Case, kind: str) -> bool:
    try:
        case.cls(case.space, seed=0, **case.settings)
    except ValueError as error:
        if "\n" in str(error) or not str(error):
            raise Broken(f"{case.name}: it refuses the space {kind!r}, but not in one sentence: {error}") from error
        return False
    except Exception as error:
        raise Broken(
            f"{case.name}: on the space {kind!r} its constructor raises {type(error).__name__} ({error}); what it "
            "cannot serve it should refuse by a ValueError in check_space"
        ) from error
    return True


def _try(case: Case, kind: str, promises: Sequence[Callable[[Case], None]]) -> list[str]:
    for promise in promises:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that all trials fail is meant so here
                promise(case)
        except Broken:
            raise
        except Exception as error:
            words = (promise.__doc__ or "").strip().partition("\n")[0].rstrip(".")
            said = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise Broken(
                f"{case.name}, space {kind!r}: it should hold that {words[0].lower()}{words[1:]}; here it raises {said}"
            ) from error
    return [promise.__name__ for promise in promises]


def _require(case: Case, holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(f"{case.name}: {sentence}")


# ---- the promises of ask and tell ------------------------------------------------------------------------


def asks_for_valid_configurations(case: Case) -> None:
    """Every configuration that it asks for is one of the space."""
    for trial in case.whole().trials:
        valid = case.space.validate(trial.config) == trial.config
        _require(case, valid, f"trial {trial.id} is no configuration of the space: {trial.config}")


def same_seed_same_trace(case: Case) -> None:
    """The same seed gives the same trace, and another seed another one."""
    one, same = case.whole(), search(case.cls, case.probe(), **case.options())
    _require(case, one.digest == same.digest, "the same seed gave two traces; draw from self.rng only")
    if "rng" in _names_used(case.cls):
        other = search(case.cls, case.probe(), **case.options(seed=4))
        few = case.space.at_most(4 * case.trials) if hasattr(case.space, "at_most") else False
        differ = few or [t.config for t in one.trials] != [t.config for t in other.trials]
        _require(case, differ, "two seeds gave the same trace; draw from self.rng")


def serves_several_workers(case: Case) -> None:
    """It can be asked again before it is told, and results may come in any order."""
    one, same = case.whole(workers=3), search(case.cls, case.probe(), **case.options(workers=3))
    _require(case, one.digest == same.digest, "with three workers the same seed gave two traces")
    _require(case, len(one) > case.trials // 2, f"with three workers it ended after {len(one)} trials")


def goes_on_after_a_kill(case: Case) -> None:
    """A search that was cut off anywhere goes on as if nothing had happened."""
    for workers in (1, 3):
        whole, file = case.searched(workers)
        lines = file.splitlines(keepends=True)
        with _folder() as folder:
            out = folder / "t.jsonl"
            for cut in {2, len(lines) // 2, len(lines) - 1}:
                out.write_bytes(b"".join(lines[:cut]))
                again = search(case.cls, case.probe(), **case.options(workers=workers), out=out, resume=True)
                same = again.digest == whole.digest
                _require(case, same, f"cut off after line {cut} of its file and resumed, it asked for other trials")


def is_replayed_with_its_views(case: Case) -> None:
    """A replay of its trace gives the views that it had."""
    with _folder() as folder:
        out = folder / "t.jsonl"
        live = list(steps(case.cls, case.probe(), **case.options(), out=out))
        again = list(replay(Trace.load(out)))
    _require(case, len(live) == len(again), f"of {len(live)} steps a replay gave {len(again)}")
    for a, b in zip(live, again, strict=True):
        _require(case, _shape(a.view) == _shape(b.view), f"the view of step {a.index} is another one in a replay")


def survives_failures(case: Case) -> None:
    """Trials that fail do not end the search, be it some or all."""
    for share in (0.4, 1.0):
        trace = search(case.cls, case.probe(share), **case.options(workers=2))
        _require(case, len(trace) >= min(5, case.trials), f"it ended after {len(trace)} trials, because some failed")


def takes_a_start_from_outside(case: Case) -> None:
    """Configurations of the user come first, and it learns from them."""
    first = [case.space.sample(np.random.default_rng(i)) for i in range(2)]
    trace = search(case.cls, case.probe(), **case.options(first=first))
    asked = [t.config for t in sorted(trace.trials, key=lambda t: t.id)[:2]]
    _require(case, asked == first, "it did not ask for the configurations of `first` at the beginning")


def explains_its_settings(case: Case) -> None:
    """Its settings survive JSON, and one that does not exist is refused."""
    default = case.cls.Settings(**case.settings)
    kept = case.cls.Settings(**json.loads(json.dumps(asdict(default))))
    _require(case, kept == default, "its settings are not the same after they were written to a file")
    try:
        case.cls(case.space, seed=0, **case.settings, colour_of_the_sky=1)
    except ValueError:
        return
    raise Broken(f"{case.name}: it takes a setting that it does not have (colour_of_the_sky)")


ASK_TELL = (
    asks_for_valid_configurations,
    same_seed_same_trace,
    serves_several_workers,
    goes_on_after_a_kill,
    is_replayed_with_its_views,
    survives_failures,
    takes_a_start_from_outside,
    explains_its_settings,
)


# ---- the promises of one-shot methods --------------------------------------------------------------------


def trains_the_same_twice(case: Case) -> None:
    """The same seed gives the same trace."""
    one, same = case.whole(), search(case.cls, case.probe(), **case.options())
    _require(case, one.digest == same.digest, "the same seed gave two traces")
    for trial in one.trials:
        valid = case.space.validate(trial.config) == trial.config
        _require(case, valid, f"trial {trial.id} is no configuration of the space: {trial.config}")


def trains_on_after_a_kill(case: Case) -> None:
    """A training that was cut off goes on to the same result, and its views can be read back."""
    whole = case.whole()
    with _folder() as folder:
        out = folder / "t.jsonl"
        half = max(1, len(whole) // 2)
        search(case.cls, case.probe(), **case.options(trials=half), out=out, views=True)
        again = search(case.cls, case.probe(), **case.options(), out=out, resume=True, views=True)
        _require(case, again.digest == whole.digest, f"stopped after {half} steps and resumed, it went another way")
        for step in replay(Trace.load(out)):
            _require(case, isinstance(step.view, case.cls.View), f"the view of step {step.index} cannot be read back")


ONE_SHOT = (trains_the_same_twice, trains_on_after_a_kill, explains_its_settings)


# ---- tools -----------------------------------------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nasbook-check-") as folder:
        yield Path(folder)


def _names_used(cls: type) -> set[str]:
    """The attributes that the methods of a class and of its parents below Method mention."""
    own = [c for c in cls.__mro__ if c not in (*Method.__mro__, *OneShot.__mro__)]
    codes = [f.__code__ for c in own for f in vars(c).values() if hasattr(f, "__code__")]
    return {name for code in codes for name in code.co_names}


def _shape(view: Any) -> str:
    """What can be compared of a view: its numbers and texts."""
    if view is None or not hasattr(type(view), "__dataclass_fields__"):
        return repr(type(view))
    return json.dumps({f.name: _plain(getattr(view, f.name)) for f in fields(view)})


def _plain(x: object) -> object:
    if isinstance(x, np.ndarray):
        return [_plain(v) for v in x.tolist()]
    if isinstance(x, float):
        return None if math.isnan(x) else float(f"{x:.9g}")
    return x if isinstance(x, str | int | bool | None) else str(type(x))
