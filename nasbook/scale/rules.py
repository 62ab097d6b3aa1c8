"""Rules of scale: how values that were tuned for a small training change with its size. One function a rule.

    width(m, "adamw")     the values of a network m times as wide, by the maximal update parametrisation
    depth(m, "sgd")       m times as deep: residual branches are divided by √m
    batch(m, "sgd")       batches m times as large: the rate grows as m, and by Adam as √m
    data(m, "adamw")      m times as many examples: the weight decay is divided by m
    epochs(m, "adamw")    trainings m times as long
    resolution(m, "sgd")  images with sides m times as long: nothing is known

Each says what it multiplies, what it keeps, and what it does not know. A task says by `declares` what its parameters
and arguments are to these rules: {"lr": "rate", "units": "width", "l2": "decay", …}; `rescale` goes through them.
Kept under every rule, and known under none: what regularises, and everything whose role nobody has told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from typing import TYPE_CHECKING, Any

from nasbook.space import Arguments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# What a size is called in `scale` and in a task's roles; what its values otherwise are. A rate whose optimiser no
# parameter tells is an "sgd rate", an "adam rate" or an "adamw rate".
SIZES = ("width", "depth", "batch", "epochs", "data", "resolution")
RATES = ("rate", "sgd rate", "adam rate", "adamw rate")
ROLES = (*SIZES, *RATES, "decay", "momentum", "branch", "optimizer", "regularisation")
WORDS = {"rate": "rates", "decay": "decays", "momentum": "momentum", "branch": "branches"}
KINDS = {"sgd": "sgd", "adam": "adam", "adamw": "adamw", "nadam": "adam", "rmsprop": "adam"}


@dataclass(frozen=True)
class Rule:
    """What becomes of the values by their roles: `times` multiplies them, `keeps` is known to leave them, and of the
    others nothing is known. limits: where it holds."""

    name: str  # "" where there is none
    paper: str
    limits: str
    times: Mapping[str, float] = field(default_factory=dict)
    keeps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.paper})"


def width(m: float, optimizer: str | None) -> Rule:
    """η, μ and the batch stay; the layers' own factors (nasbook.tasks.mup) do the rest, and divide λ as they
    multiply η."""
    return Rule(
        "maximal update parametrisation",
        "Yang et al. 2022",
        "networks whose first weights are of 1/√fan-in, trained for long enough; not for what regularises them",
        keeps=("rate", "momentum", "decay", "batch"),
    )


def depth(m: float, optimizer: str | None) -> Rule:
    """x ← x + (a/√L) f(x) in each of L blocks, and η for SGD, but η/√L for Adam."""
    adaptive = optimizer in ("adam", "adamw")
    return Rule(
        "depth-μP",
        "Yang et al. 2023, Bordelon et al. 2023",
        "residual networks whose task declares what multiplies their branches; blocks of one layer",
        times={"branch": m**-0.5, **({"rate": m**-0.5} if adaptive else {})},
        keeps=("momentum",) if adaptive else ("rate", "momentum"),
    )


def batch(m: float, optimizer: str | None) -> Rule:
    """SGD: η ← m η. Adam: η ← √m η. With AdamW, λ ← √m λ keeps 1/(η λ) steps the same number of epochs."""
    limits = "batches well below the critical one (McCandlish et al. 2018), above which a larger one gains nothing"
    if optimizer == "sgd":
        return Rule("linear scaling", "Goyal et al. 2017", limits, {"rate": m}, ("momentum", "decay"))
    if optimizer in ("adam", "adamw"):
        times = {"rate": math.sqrt(m), **({"decay": math.sqrt(m)} if optimizer == "adamw" else {})}
        return Rule("root scaling", "Malladi et al. 2022", f"{limits}; its β and ε are left as they are", times)
    return Rule("", "", "the rule depends on the optimiser, and no role tells which it is")


def data(m: float, optimizer: str | None) -> Rule:
    """AdamW averages its updates over 1/(η λ) steps; an epoch has m times as many, and the average is to last as many
    epochs as before: λ ← λ/m."""
    if optimizer != "adamw":
        return Rule("", "", "the time scale of AdamW's average is the only rule for more data, and this is not AdamW")
    return Rule(
        "AdamW's time scale",
        "Wang & Aitchison 2024",
        "an average that lasts from one epoch to the whole training",
        {"decay": 1 / m},
        ("rate", "momentum"),
    )


def epochs(m: float, optimizer: str | None) -> Rule:
    """The same 1/(η λ) steps are the same number of epochs, however many there are: λ stays."""
    if optimizer != "adamw":
        return Rule("", "", "how the best values move with the length of a training is not known")
    limits = "an average that lasts from one epoch to the whole training; of the rate nothing is known"
    return Rule("AdamW's time scale", "Wang & Aitchison 2024", limits, keeps=("decay",))


def resolution(m: float, optimizer: str | None) -> Rule:
    return Rule("", "", "how values move with the side of the images is not known")


RULES: dict[str, Callable[[float, str | None], Rule]] = {
    "width": width,
    "depth": depth,
    "batch": batch,
    "epochs": epochs,
    "data": data,
    "resolution": resolution,
}


def critical_batch(gradients: ArrayLike) -> float:
    """McCandlish et al. (2018): B = tr(Σ) / |G|², of gradients (examples, parameters) one for each example, with G
    their mean and Σ their covariance, both without bias. infinity where the mean cannot be told from 0; ValueError for
    fewer than two examples."""
    import numpy as np

    g = np.asarray(gradients, float)
    if g.ndim != 2 or len(g) < 2:
        raise ValueError(f"gradients have the shape (examples, parameters), of at least two examples, not {g.shape}")
    spread = g.var(0, ddof=1).sum()
    signal = (g.mean(0) ** 2).sum() - spread / len(g)
    return float(spread / signal) if signal > 0 else math.inf


# ---- the values of a configuration -----------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What becomes of one parameter or argument: `rule` names what changed or kept it, and `unknown` what no rule
    covers; both may be "" where neither concerns it."""

    name: str
    was: Any
    now: Any
    rule: str = ""
    unknown: str = ""


def check_scale(scale: object) -> dict[str, float]:
    """The factors as numbers; ValueError, in one sentence, for an unknown word or a factor that is no positive
    number."""
    if not isinstance(scale, Mapping) or not scale:
        raise ValueError(f'scale is a mapping of factors, such as {{"width": 8}}, not {scale!r:.60}')
    for name, factor in scale.items():
        if name not in SIZES:
            close = get_close_matches(str(name), SIZES, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(SIZES)}"
            raise ValueError(f"scale knows no {name!r:.40}; {hint}")
        number = isinstance(factor, Real) and not isinstance(factor, bool)
        if not number or not 1e-6 <= factor <= 1e6:
            told = "nothing" if factor is None else f"{factor!r:.40}"
            raise ValueError(f"scale: {name} must be a factor from 0.000001 to 1,000,000, such as 8, not {told}")
    return {name: float(factor) for name, factor in scale.items()}


def check_roles(roles: object) -> dict[str, str]:
    """What a user declares the parameters of a task to be; ValueError, in one sentence, for an unknown role."""
    if not isinstance(roles, Mapping):
        raise ValueError(f'declares is a mapping such as {{"lr": "rate", "units": "width"}}, not {roles!r:.60}')
    for name, role in roles.items():
        if not isinstance(name, str) or role not in ROLES:
            raise ValueError(f"declares: {name} cannot be {role!r:.40}; a role is one of {', '.join(ROLES)}")
    return dict(roles)


def optimizer_of(values: Arguments, roles: Mapping[str, str]) -> str | None:
    """sgd, adam or adamw, by the parameter whose role is "optimizer" or by the role of the rate; None if unknown."""
    for name, role in roles.items():
        if name in values and role == "optimizer":
            return KINDS.get(str(values[name]).lower())
    return next((role.split()[0] for name, role in roles.items() if name in values and role in RATES[1:]), None)


def rescale(
    values: Arguments,
    roles: Mapping[str, str],
    scale: Mapping[str, float],
    *,
    rules: bool = True,
    parametrised: bool = True,
) -> list[Change]:
    """What becomes of each value of a configuration, arguments of its task included.

    roles: by name, what it is. scale: the factors, {"width": 8}. rules=False changes the sizes alone. parametrised:
    can the networks take on the maximal update parametrisation? Otherwise nothing is known of another width."""
    found = rules_for(values, roles, scale, parametrised)
    changes = []
    for name, was in values.items():
        role = "rate" if (role := roles.get(name, "")) in RATES else role
        number = isinstance(was, int | float) and not isinstance(was, bool)
        if role in scale and number:
            changes.append(Change(name, was, times(was, scale[role]), f"{role} × {scale[role]:g}, as asked"))
        elif role in ("optimizer", *SIZES) and role != "batch" or not found or not number:
            changes.append(Change(name, was, was))
        elif not (rules and role):
            changes.append(
                Change(name, was, was, unknown="its role is not declared" if rules else "no rules were wanted")
            )
        else:
            changes.append(_by_rules(name, was, role, found))
    return changes


def rules_for(
    values: Arguments, roles: Mapping[str, str], scale: Mapping[str, float], parametrised: bool = True
) -> dict[str, Rule]:
    """The rule of each size that changes."""
    kind = optimizer_of(values, roles)
    found = {size: RULES[size](m, kind) for size, m in scale.items() if m != 1}
    if "width" in found and not parametrised:
        limits = "the networks cannot take on the parametrisation for it, and without it the best rate moves"
        found["width"] = Rule("", "", limits)
    if "depth" in found and not any(roles.get(name) == "branch" for name in values):
        found["depth"] = Rule(
            "", "", "without a declared multiplier of residual branches nothing is known of the depth"
        )
    return found


def _by_rules(name: str, was: object, role: str, found: Mapping[str, Rule]) -> Change:
    now, by, open_ = was, list[str](), list[str]()
    for size, rule in found.items():
        if role in rule.times:
            now, by = times(now, rule.times[role]), [*by, f"{size}: {rule.name}, × {rule.times[role]:.4g}"]
        elif role in rule.keeps:
            by.append(f"{size}: kept by {rule.name}")
        elif role != "batch":
            open_.append(size)
    unknown = f"{', '.join(open_)}: no rule for {WORDS.get(role, role)}" if open_ else ""
    return Change(name, was, now, "; ".join(by), unknown)


def times(value: Any, factor: float) -> Any:
    """The product, a whole number where the value is one, and at least 1 then."""
    return max(1, round(value * factor)) if isinstance(value, int) else float(f"{value * factor:.12g}")
