"""Lesson 23, write your own method: a step from a configuration to a near one, and a `propose` that keeps its promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question
from nasbook.method import Method
from nasbook.space import Config, Float, Json, Space
from nasbook.testing import SPACES, Broken, check_method
from nasbook.trace import Trial

DRAWS = 300  # of a step, to measure it
Neighbour = Callable[[Space, Config | None, float, np.random.Generator], Config]


def check_neighbour(make: object) -> str | None:
    if not callable(make):
        return f"neighbour must be a function, not a {type(make).__name__}"
    rng = np.random.default_rng()
    for kind, space in SPACES.items():
        for config in (None, *(space.sample(rng) for _ in range(6))):
            for step in (0.1, 3.0):
                wrong = _one_step(make, space, config, step, int(rng.integers(2**31)))
                if wrong:
                    return f"on the space {kind!r}, {_from(config)}, step {step}: {wrong}"
    return _not_a_sample(make, rng) or _wrong_size(make, rng) or _never_switches(make)


def _from(config: Config | None) -> str:
    return "with no configuration" if config is None else f"from {config}"


def _shown(x: object) -> str:
    return " ".join(repr(x).split())[:60]


def _one_step(make: Neighbour, space: Space, config: Config | None, step: float, seed: int) -> str | None:
    given = None if config is None else dict(config)
    made = [make(space, given, step, np.random.default_rng(seed)) for _ in range(2)]
    if given != config:
        return "the configuration that was given has been changed"
    for made_one in made:
        try:
            valid = isinstance(made_one, Mapping) and space.validate(made_one) == made_one
        except ValueError as error:
            return str(error).replace("\n", " ")
        if not valid:
            return f"a configuration of the space is needed, not {_shown(made_one)}"
    if made[0] != made[1]:
        return "two generators of the same seed gave two answers; draw from rng only"
    return None


def _not_a_sample(make: Neighbour, rng: np.random.Generator) -> str | None:
    space = Space(x=Float(0, 1))
    x = np.array([make(space, None, 0.1, rng)["x"] for _ in range(DRAWS)])
    if abs(x.mean() - 0.5) > 0.12 or x.std() < 0.2:
        return (
            f"with no configuration yet, the whole space should be sampled; {DRAWS} times x has the mean "
            f"{x.mean():.2f} and the standard deviation {x.std():.2f}, and 0.50 and 0.29 are right"
        )
    return None


def _wrong_size(make: Neighbour, rng: np.random.Generator) -> str | None:
    """The steps of a plain and of a logarithmic number, and of one at the edge, in the unit cube."""
    space = Space(x=Float(-5, 10), y=Float(1e-4, 1, log=True))
    for middle, step in (([0.5, 0.5], 0.1), (rng.uniform(0.4, 0.6, 2), 0.05)):
        config = space.decode(middle)
        moved = space.encode_all([make(space, config, step, rng) for _ in range(DRAWS)]) - np.asarray(middle)
        sizes, drift = moved.std(0), moved.mean(0)
        if not (np.abs(sizes / step - 1) < 0.3).all():
            return (
                f"{DRAWS} steps of {step} from {config} have the standard deviations {sizes.round(3)} in the unit cube; "
                f"both should be about {step}"
            )
        if (np.abs(drift) > 0.4 * step).any():
            return f"steps of {step} from {config} drift by {drift.round(3)} in the unit cube; up and down are alike"
    far = max(abs(make(space, {"x": -5.0, "y": 1.0}, 0.05, rng)["x"] + 5.0) for _ in range(DRAWS)) / 15
    if far > 0.4:
        return f"a step of 0.05 from the lower end of x led {far:.0%} of its range away; what leaves the cube ends at its edge"
    return None


def _never_switches(make: Neighbour) -> str | None:
    space = SPACES["conditions"]
    rng = np.random.default_rng(0)
    kernels = {make(space, {"kernel": "linear", "C": 1.0}, 0.5, rng)["kernel"] for _ in range(60)}
    if kernels == {"linear"}:
        return "sixty steps of 0.5 from the linear kernel never led to another kernel; choices are stepped like numbers"
    return None


def check_propose(propose: Any) -> str | None:
    if not callable(propose) or isinstance(propose, type):
        return f"propose must be a function of self, not a {type(propose).__name__}"

    class Mended(Method):
        name = "your method"

        def propose(self) -> Config:
            return propose(self)

        def __repr__(self) -> str:
            return f"{self.name} {[(t.config, t.value) for t in self.trials]}"

    wrong = _climbs_not(Mended)
    if wrong:
        return wrong
    try:
        check_method(Mended, trials=8, spaces={k: SPACES[k] for k in ("floats", "conditions")})
    except Broken as error:
        return str(error)
    return None


def _climbs_not(cls: Any) -> str | None:
    rng = np.random.default_rng()
    space = Space(x=Float(0, 1), y=Float(0, 1), n=Float(0, 1))
    empty, other = ([cls(space, seed=s).propose() for s in range(30)] for _ in range(2))
    try:
        spread = space.encode_all([space.validate(c) for c in empty]).std(0)
    except (TypeError, ValueError, AttributeError):
        return f"with no trial yet, a configuration of the space is needed, not {_shown(empty[0])}"
    if empty != other:
        return "with no trial yet, the same seed gave two configurations; draw from self.rng only"
    if (spread < 0.1).any():
        return "with no trial yet, thirty seeds gave nearly the same configuration; sample the space with self.rng"
    for best_at in (rng.uniform(0.25, 0.4, 3), rng.uniform(0.6, 0.75, 3)):
        method = cls(space, seed=int(rng.integers(2**31)))
        places = [1 - best_at + rng.uniform(-0.05, 0.05, 3) for _ in range(7)]
        values: list[float | None] = [float(v) for v in rng.uniform(1, 2, 7)]
        values[2] = values[5] = None  # these fail
        places[3], values[3] = best_at, float(rng.uniform(0.1, 0.5))
        _live(method, [space.decode(u) for u in places], values)
        steps = space.encode_all([space.validate(method.propose()) for _ in range(60)]) - best_at
        if (np.abs(steps.mean(0)) > 0.1).any():
            return (
                f"seven trials, the best at {best_at.round(2)}, the others about {(1 - best_at).round(2)}: your steps lie "
                f"about {(steps.mean(0) + best_at).round(2)}, and should lie about the best"
            )
        if not ((steps.std(0) > 0.05) & (steps.std(0) < 0.17)).all():
            return f"a step should have the standard deviation 0.1 in the unit cube, not {steps.std(0).round(3)}"
    failed = cls(space, seed=int(rng.integers(2**31)))
    _live(failed, [space.sample(rng) for _ in range(3)], [None] * 3)
    space.validate(failed.propose())
    return None


def _live(method: Method, configs: list[Config], values: list[float | None]) -> None:
    """Trials of these configurations, told with these values; None has failed."""
    for config, value in zip(configs, values, strict=True):
        method.enqueue(config)
        trial = method.ask()
        assert isinstance(trial, Trial)
        ended: Json = {"status": "failed", "reason": "out of memory"} if value is None else {"status": "done"}
        method.tell(replace(trial, value=value, **ended))


def judge_served(served: dict[str, bool]) -> tuple[int, str]:
    """Kind of space -> whether the draft keeps every promise there."""
    n = sum(served.values())
    return min(3, 5 - n), (
        "Where parameters depend on others, the best trial may lack one, and encode gives NaN for it. A step from NaN is "
        "NaN, and decode refuses it as soon as the parameter is needed. Branin has no such parameter, so it never told."
    )


def judge_race(differences: dict[str, np.ndarray]) -> tuple[int, str]:
    """Function -> hill climbing minus random search, seed by seed, in the order of the options."""
    ahead = [d.mean() > 2 * d.std(ddof=1) / len(d) ** 0.5 for d in differences.values()]
    return {(False, False): 0, (True, False): 1, (False, True): 2, (True, True): 3}[ahead[0], ahead[1]], (
        "Ackley's many holes are far narrower than a step, which sees only the funnel that they lie in. Forrester's two "
        "valleys are wider than a step, and who begins in the wrong one stays there; on one axis forty random points "
        "leave no wide gap."
    )


QUESTIONS = [
    Question(
        "23.q1",
        "The draft searched Branin without a complaint. check_method tries eight promises on five kinds of spaces: floats, "
        "numbers of all kinds, choices, parameters with conditions, and a chain of layers whose number varies. On how many "
        "of the five does the draft keep them all?",
        ("all five", "four", "three", "two or fewer"),
        judge_served,
    ),
    Question(
        "23.q2",
        "40 trials, 50 seeds, two functions: Ackley's, of two variables with hundreds of local minima, and Forrester's, of "
        "one variable with two valleys. On which of them is random search better than hill climbing, by more than two "
        "standard errors?",
        ("on neither", "on Ackley's", "on Forrester's", "on both"),
        judge_race,
    ),
]

EXERCISES = [
    Exercise(
        name="23.step",
        prompt="Write <code>neighbour(space, config, step, rng)</code>, for any space: the configuration that lies one random step "
        "from <code>config</code>. In the unit cube, add to each coordinate a normal number of standard deviation "
        "<code>step</code>; what leaves the cube ends at its edge. A parameter that config does not have may start from 0.5. "
        "If <code>config</code> is None, sample the space. Draw from <code>rng</code> only, and leave config as it is.",
        answer="neighbour",
        test=check_neighbour,
        hints=(
            "<code>space.encode(config)</code> is a point of the unit cube, NaN where config lacks a parameter; "
            "<code>space.decode(u)</code> is the way back. <code>space.sample(rng)</code> draws one.",
            "<code>np.nan_to_num(u, nan=0.5)</code> replaces NaN; <code>rng.standard_normal(len(u))</code> are the normal "
            "numbers; <code>.clip(0, 1)</code> stays in the cube.",
        ),
        stub="import numpy as np\n\ndef neighbour(space, config, step, rng):\n    return ...",
        solution="import numpy as np\n\ndef neighbour(space, config, step, rng):\n    if config is None:\n"
        "        return space.sample(rng)\n    u = np.nan_to_num(space.encode(config), nan=0.5)\n"
        "    return space.decode((u + step * rng.standard_normal(len(u))).clip(0, 1))",
        why="One function for numbers, logarithms, choices and conditions: the unit cube hides them, and NaN is the price.",
    ),
    Exercise(
        name="23.mend",
        prompt="This <code>propose</code> finds good points on Branin, yet nobody could repeat its search, and one failed trial "
        "ends it. Mend both: the same seed must give the same trace, also after a kill, and trials that failed (their "
        "value is None) must be left out; if all have failed, sample. The step stays 0.1. The check puts your function into a class and calls check_method.",
        answer="propose",
        test=check_propose,
        hints=(
            "A method has its own generator, <code>self.rng</code>, made from the seed of the search. Look for every draw.",
            "<code>self.trials</code> holds all that have ended; <code>self.done</code> only those with a value.",
        ),
        stub="import numpy as np\n\ndef propose(self):\n    if not self.trials:\n"
        "        return self.space.sample(np.random.default_rng())\n"
        "    best = min(self.trials, key=lambda trial: trial.value)\n"
        "    u = np.nan_to_num(self.space.encode(best.config), nan=0.5)\n"
        "    return self.space.decode((u + 0.1 * np.random.standard_normal(len(u))).clip(0, 1))",
        solution="import numpy as np\n\ndef propose(self):\n    if not self.done:\n"
        "        return self.space.sample(self.rng)\n"
        "    best = min(self.done, key=lambda trial: trial.value)\n"
        "    u = np.nan_to_num(self.space.encode(best.config), nan=0.5)\n"
        "    return self.space.decode((u + 0.1 * self.rng.standard_normal(len(u))).clip(0, 1))",
        why="Both faults hide on an easy task. A search that can be repeated can be resumed, replayed and believed.",
    ),
]
