"""How many configurations a space with conditions has, without listing them.

A parameter that others depend on is a variable, and so is each condition: does it hold so far? A *factor* is a table
over a few variables that says how many ways there are for each combination of their values. The number of
configurations is the sum over all variables of the product of all factors. It is found by *variable elimination*: take
the variable that shares factors with the fewest others, multiply these factors, sum over it, go on. Parts of the space
that do not depend on each other never meet, and a chain of conditions is as cheap as a list.

Read first: `combinations`. Source: Koller & Friedman, Probabilistic Graphical Models, 2009, section 9.3.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

ABSENT = None  # in place of the number of a kind: the parameter does not exist
Variable: TypeAlias = Hashable
Row: TypeAlias = tuple[int | None, ...]  # a value of each variable: whether it holds, or the number of a kind
Ways: TypeAlias = dict[Row, float]
Condition: TypeAlias = Mapping[str, Sequence[Hashable]]  # parent -> values


@dataclass(frozen=True)
class Factor:
    variables: tuple[Variable, ...]
    ways: Ways  # what is not listed cannot be


def combinations(
    kinds: Mapping[str, Mapping[Hashable, float]],
    conditions: Mapping[str, Condition],
    sizes: Mapping[str, float],
) -> float:
    """The number of configurations; kinds: of every parameter that others depend on, a value of each kind and how many
    values are of that kind. conditions: with which values of which parents a parameter exists."""
    factors = []
    for name, condition in conditions.items():
        holds: Variable | None = None  # the variable that says whether the conditions hold so far
        for parent, values in _needed(condition, conditions).items():
            now, asked = (name, parent), frozenset(values)
            fits: dict[int | None, bool] = {i: value in asked for i, value in enumerate(kinds[parent])}
            fits[ABSENT] = False
            if holds is None:
                factors.append(Factor((parent, now), {(i, fit): 1 for i, fit in fits.items()}))
            else:
                chances: Ways = {(was, i, was and fit): 1 for was in (True, False) for i, fit in fits.items()}
                factors.append(Factor((holds, parent, now), chances))
            holds = now
        counts = dict(enumerate(kinds[name].values())) if name in kinds else {0: sizes[name]}
        ways: Ways = {(True, i): n for i, n in counts.items()}
        ways[False, ABSENT] = 1
        if holds is None:
            factors.append(Factor((name,), {(i,): n for i, n in counts.items()}))
        else:
            factors.append(Factor((holds, name), ways))
    return eliminate(factors)


def _needed(condition: Condition, conditions: Mapping[str, Condition]) -> Condition:
    """The conditions that do not follow from another: a parent that must exist has met its own conditions."""
    follows = {
        parent
        for parent, values in condition.items()
        if any(parent in conditions[other] and set(conditions[other][parent]) <= set(values) for other in condition)
    }
    return {parent: values for parent, values in condition.items() if parent not in follows}


def eliminate(factors: Sequence[Factor]) -> float:
    """The sum over all variables of the product of the factors."""
    holding: dict[Variable, list[Factor]] = {}
    near: dict[Variable, set[Variable]] = {}  # the variables with which one shares a factor
    for f in factors:
        for v in f.variables:
            holding.setdefault(v, []).append(f)
            near.setdefault(v, set()).update(f.variables)
    total: float = 1
    while near:
        v = min(near, key=lambda v: len(near[v]))
        mine = holding.pop(v)
        rest = _without(v, reduce(_multiplied, mine))
        for u in rest.variables:
            near[u] = (near[u] | near[v]) - {v}
            holding[u] = [f for f in holding[u] if all(f is not m for m in mine)] + [rest]
        del near[v]
        if not rest.variables:
            total = product((total, rest.ways[()]))
    return total


def _multiplied(a: Factor, b: Factor) -> Factor:
    shared = [v for v in b.variables if v in a.variables]
    new = [i for i, v in enumerate(b.variables) if v not in a.variables]
    at_a, at_b = [a.variables.index(v) for v in shared], [b.variables.index(v) for v in shared]
    alike: dict[Row, list[tuple[Row, float]]] = {}
    for row, n in b.ways.items():
        alike.setdefault(tuple(row[i] for i in at_b), []).append((tuple(row[i] for i in new), n))
    ways = {
        (*row, *more): product((n, m))
        for row, n in a.ways.items()
        for more, m in alike.get(tuple(row[i] for i in at_a), ())
    }
    return Factor((*a.variables, *(b.variables[i] for i in new)), ways)


def _without(v: Variable, f: Factor) -> Factor:
    """The factor summed over one of its variables."""
    at = f.variables.index(v)
    ways: Ways = {}
    for row, n in f.ways.items():
        key = row[:at] + row[at + 1 :]
        ways[key] = n if key not in ways else math.inf if math.inf in (n, ways[key]) else ways[key] + n
    return Factor(f.variables[:at] + f.variables[at + 1 :], ways)


def product(numbers: Iterable[float]) -> float:
    """Their product, also where a whole number is too large for a float and another is infinite."""
    factors = list(numbers)
    return math.inf if math.inf in factors else math.prod(factors)
