"""ConfigSpace: a space written as JSON, or what its object serialises to."""

from __future__ import annotations

from collections.abc import Callable

from nasbook.scale.formats.found import Found, Row, Spec, between, choice, normal, values_of
from nasbook.space import Scalar


def read(data: Row) -> Found:
    """The space of `hyperparameters`, with the conditions that can be said here."""
    found = Found("ConfigSpace")
    for row in data["hyperparameters"]:
        found.add(row["name"], hyperparameter(found, row))
    for row in data.get("conditions", ()):
        child = row["child"]
        if (when := condition(found, row)) is None:
            found.note(child, "its condition cannot be said here (or, or of a real number), so it always exists")
        elif when:
            found.specs[child] = {**found.specs[child], "when": when}
    for row in data.get("forbiddens", ()):
        found.notes.append(f"forbidden there and allowed here, so let it fail: {clause(row)}")
    return found


def hyperparameter(found: Found, row: Row) -> Spec:
    name, kind = str(row["name"]), str(row["type"])
    if kind in ("categorical", "ordinal"):
        weights = row.get("weights") or row.get("probabilities")
        if weights and len(set(weights)) > 1:
            found.note(name, "its weights are left out; its options are equally likely here")
        return choice(row["choices"] if kind == "categorical" else row["sequence"], ordered=kind == "ordinal")
    if kind in ("constant", "unparametrized"):
        return {"type": "constant", "value": row["value"]}
    shape, _, number = kind.partition("_")
    if number not in ("float", "int") or shape not in ("uniform", "normal", "beta"):
        raise ValueError(f"{name} is of the type {kind!r:.40}, which is not known here")
    low, high = row.get("lower"), row.get("upper")
    if shape == "normal" and None in (low, high):
        return normal(found, name, row["mu"], row["sigma"], number)
    if shape != "uniform":
        found.note(name, f"its {shape} distribution is left out; its values are equally likely here")
    if row.get("q") not in (None, 1):
        found.note(name, f"its steps of {row['q']} are left out")
    return between(number, low, high, row.get("log", False))


TESTS: dict[str, Callable[[int, list[int]], bool]] = {  # of a value's place, with the places that are named
    "EQ": lambda at, named: at == named[0],
    "NEQ": lambda at, named: at != named[0],
    "IN": lambda at, named: at in named,
    "LT": lambda at, named: at < named[0],
    "GT": lambda at, named: at > named[0],
}


def condition(found: Found, row: Row) -> dict[str, list[Scalar]] | None:
    """{parent: values}; None where no such mapping says it."""
    kind = str(row["type"])
    if kind in ("AND", "OR"):
        parts = [condition(found, part) for part in row["conditions"]]
        if any(part is None for part in parts):
            return None
        parents = {parent for part in parts for parent in part or ()}
        if kind == "OR" and len(parents) > 1:
            return None
        merged: dict[str, list[Scalar]] = {}
        for parent in parents:
            sets = [part[parent] for part in parts if part and parent in part]
            options = values_of(found.specs[parent]) or []
            how = any if kind == "OR" else all
            merged[parent] = [v for v in options if how(v in s for s in sets)]
        return merged
    if kind not in TESTS:
        raise ValueError(f"{row['child']} has a condition of the type {kind!r:.40}, which is not known here")
    if row["parent"] not in found.specs or row["child"] not in found.specs:
        raise ValueError(f"the condition of {row['child']} names {row['parent']}, and there is no such parameter")
    every = values_of(found.specs[row["parent"]])
    if every is None:
        return None
    named = row["values"] if kind == "IN" else [row["value"]]
    if unknown := [v for v in named if v not in every]:
        raise ValueError(f"{row['child']} exists for {row['parent']} = {unknown[0]!r:.40}, which it never has")
    places = [every.index(v) for v in named]
    return {row["parent"]: [v for at, v in enumerate(every) if TESTS[kind](at, places)]}


def clause(row: Row) -> str:
    if row.get("type") == "AND":
        return " and ".join(clause(part) for part in row["clauses"])
    if row.get("type") == "RELATION":
        return f"{row.get('left')} {row.get('lambda')} {row.get('right')}"
    values = row.get("values", [row.get("value")])
    return f"{row.get('name')} = {' or '.join(map(str, values))}"
