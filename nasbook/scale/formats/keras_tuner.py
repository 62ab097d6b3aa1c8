"""KerasTuner: the configuration of its HyperParameters."""

from __future__ import annotations

import math

from nasbook.scale.formats.found import MOST_LEVELS, Found, Row, Spec, between, choice, levels, values_of
from nasbook.space import Scalar


def read(data: Row) -> Found:
    """The space of `space`; a child exists where its conditional scopes say."""
    found = Found("KerasTuner")
    for row in data["space"]:
        c = row["config"]
        when: dict[str, list[Scalar]] = {}
        for condition in c.get("conditions") or ():
            parent, values = condition["config"]["name"], list(condition["config"]["values"])
            when[parent] = [v for v in when.get(parent, values) if v in values]
        found.add(c["name"], parameter(found, str(row["class_name"]), c), when)
    for spec in found.specs.values():  # a parent of one value that its children ask for is no condition
        spec["when"] = {
            p: v for p, v in spec.get("when", {}).items() if values_of(found.specs.get(p, {"type": ""})) != v
        }
    return found


def parameter(found: Found, kind: str, c: Row) -> Spec:
    name = str(c["name"])
    if kind == "Boolean":
        return choice([False, True])
    if kind == "Fixed":
        return {"type": "constant", "value": c["value"]}
    if kind == "Choice":
        return choice(c["values"], ordered=bool(c.get("ordered")))
    if kind not in ("Int", "Float"):
        raise ValueError(f"{name} is of the type {kind!r:.40}, which is not known here")
    low, high, step, sampling = c["min_value"], c["max_value"], c.get("step"), c.get("sampling") or "linear"
    number = kind.lower()
    if sampling == "reverse_log":
        found.note(name, "its reversed logarithmic scale is left out; its values are equally likely here")
    if sampling != "linear" and step not in (None, 1):
        if not (low > 0 and step > 1):
            raise ValueError(f"{name}: a logarithmic step must be above 1, from a number above 0, not {step!r}")
        count = math.floor(math.log(high / low) / math.log(step) + 1e-9)
        if count >= MOST_LEVELS:
            raise ValueError(f"{name} has more than {MOST_LEVELS} steps")
        return levels([low * step**k for k in range(count + 1)])
    spec = between(number, low, high, sampling == "log")
    if step in (None, 1 if number == "int" else None) or spec["type"] == "constant":
        return spec
    last = low + math.floor((high - low) / step + 1e-9) * step
    return between(number, low, float(f"{last:.12g}"), False, step)
