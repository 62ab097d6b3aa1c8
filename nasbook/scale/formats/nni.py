"""NNI: a search_space.json, with choices that hold parameters of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nasbook.axes import When
from nasbook.scale.formats.found import Found, Row, Spec, between, choice, log_normal, normal, quantised


def read(data: Row, found: Found | None = None, head: str = "", when: When = None) -> Found:
    """The space of these rows; those inside an option of a choice exist where that option was taken."""
    found = found or Found("NNI")
    for key, row in data.items():
        name, kind, value = f"{head}{key}", str(row["_type"]), row["_value"]
        if kind != "choice":
            found.add(name, number(found, name, kind, value), when)
            continue
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name}: a choice is a list of options, not {value!r:.60}")
        nested = [v for v in value if isinstance(v, Mapping)]
        spec = choice([v["_name"] if isinstance(v, Mapping) else v for v in value])
        found.add(name, spec, when)
        for option in nested:
            inner = {k: v for k, v in option.items() if k != "_name"}
            read(inner, found, f"{name}.", {name: option["_name"]})
    return found


def number(found: Found, name: str, kind: str, value: Sequence[float]) -> Spec:
    if kind == "randint":
        return between("int", value[0], value[1] - 1)
    if kind in ("uniform", "loguniform"):
        return between("float", value[0], value[1], kind == "loguniform")
    if kind in ("quniform", "qloguniform"):
        return quantised(found, name, value[0], value[1], value[2], kind == "qloguniform")
    if kind in ("normal", "qnormal"):
        return normal(found, name, value[0], value[1])
    if kind in ("lognormal", "qlognormal"):
        return log_normal(found, name, value[0], value[1])
    raise ValueError(f"{name} is of the type {kind!r:.40}, which is not known here")
