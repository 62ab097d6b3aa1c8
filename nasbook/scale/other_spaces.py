"""Spaces of other programs become a Space and a study; what cannot be carried over is said.

    found = space_from("search_space.json")      found.space, found.format, found.notes

    ConfigSpace (JSON, or the object)         floats, integers, categories, ordinals, constants; conditions
    KerasTuner (get_config as JSON, object)   Int, Float, Choice, Boolean, Fixed; conditional scopes
    NNI (search_space.json)                   choice (nested, too), randint, uniform, loguniform, their q…, normal
    W&B (sweep.yaml)                          values, ranges and distributions; program, method and run_cap
    Optuna (the Study object)                 see optuna.py

A file is read as data and nothing of it is run. A space is a set of values here and no distribution: weights, normal
distributions and the like become a range, with a note. Forbidden clauses are noted and left to the objective.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasbook.scale import yaml12
from nasbook.scale.optuna import from_optuna
from nasbook.scale.study import Study, validate
from nasbook.scale.study_errors import can_be_written
from nasbook.space import Space

MOST_BYTES = 10_000_000
MOST_PARAMETERS = 2000
MOST_LEVELS = 1000  # values that are written as a list
SIGMAS = 3  # how far the range goes that stands for a normal distribution

Spec = dict[str, Any]


@dataclass
class Found:
    """A space from elsewhere, and what else its file says."""

    format: str
    specs: dict[str, Spec] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what is not carried over, a sentence each
    program: str | None = None
    method: str | None = None
    trials: int | None = None

    @property
    def space(self) -> Space:
        return Space.from_dict(self.specs)

    def add(self, name: Any, spec: Spec, when: Mapping[str, Any] | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"a parameter's name must be text, not {name!r:.40}")
        if name in self.specs:
            raise ValueError(f"{name} stands there twice, and a space has one parameter of a name")
        self.specs[name] = spec | ({"when": dict(when)} if when else {})

    def note(self, name: str, text: str) -> None:
        self.notes.append(f"{name}: {text}")


def space_from(source: Any) -> Found:
    """The space of a file (a path), of plain data, or of an object of Optuna, ConfigSpace or KerasTuner.

    ValueError, in one sentence, for what is none of these or cannot be searched."""
    where = f"{source}: " if isinstance(source, str | Path) else ""
    try:
        found = _found(source)
        found.specs = _in_order(found)
        found.space  # noqa: B018  # says what is wrong with it
        return found
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else f"it is damaged ({type(error).__name__}: {error})"
        raise ValueError(can_be_written(f"{where}{' '.join(said.split()):.400}")) from None


def study_from(
    source: Any, *, task: str | None = None, command: str | None = None, method: str | None = None,
    trials: int | None = None, name: str | None = None,
) -> tuple[Study, Found]:  # fmt: skip
    """A study of such a space: of this task, or of a command line; without either, of the file's program or train.py
    with an option for each parameter. ValueError as above."""
    found = space_from(source)
    line = command or _command(found)
    study = validate(
        {
            "schema": "nasbook/study@1",
            "name": name or (Path(source).stem if isinstance(source, str | Path) else found.format),
            "notes": "\n".join(can_be_written(n) for n in found.notes),
            "task": {"command": line} if task is None else {"name": task},
            "space": found.space.to_dict(),
            "method": {"name": method or found.method or "random"},
            "budget": {"trials": trials or found.trials or 50},
        }
    )
    study.check()
    return study, found


def _command(found: Found) -> str:
    if all(re.fullmatch(r"[\w.-]+", name) for name in found.specs):
        words = " ".join(f"--{name}={{{name}}}" for name in found.specs)
    else:
        words = "--config {config}"
    program = found.program or "train.py"
    return f"{'python ' if program.endswith('.py') else ''}{program} {words}"


# ---- which format --------------------------------------------------------------------------------------------


def _found(source: Any) -> Found:
    if isinstance(source, str | Path):
        source = _read(Path(source))
    kind = f"{type(source).__module__}.{type(source).__name__}"
    if kind.startswith("optuna."):
        return Found("Optuna", from_optuna(source).space.to_dict())
    if kind.startswith("ConfigSpace."):
        source = source.to_serialized_dict()
    if kind.startswith(("keras_tuner.", "kerastuner.")):
        source = source.get_config()
    if isinstance(source, Mapping):
        if isinstance(source.get("hyperparameters"), list):
            return _config_space(source)
        if isinstance(source.get("space"), list):
            return _keras_tuner(source)
        if isinstance(source.get("parameters"), Mapping):
            return _wandb(source)
        if source and all(isinstance(v, Mapping) and "_type" in v for v in source.values()):
            return _nni(source)
    raise ValueError(
        "this is no space of ConfigSpace (hyperparameters: […]), KerasTuner (space: […]), NNI (_type and _value) or "
        "W&B (parameters: {…})"
    )


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes, which no space needs")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise ValueError((error.strerror or str(error)).lower()) from None
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if path.suffix == ".json":
                raise ValueError(f"line {error.lineno}: this is not JSON: {error.msg.lower()}") from None
    try:
        return yaml12.parse(text)[0]
    except yaml12.YamlError as error:
        raise ValueError(f"line {error.line}: {error}" if error.line else str(error)) from None


def _in_order(found: Found) -> dict[str, Spec]:
    """Parents before their children; ValueError for those that wait for each other."""
    if len(found.specs) > MOST_PARAMETERS:
        raise ValueError(f"it has {len(found.specs):,} parameters, and at most {MOST_PARAMETERS:,} are taken over")
    ordered: dict[str, Spec] = {}
    waiting = list(found.specs)
    while waiting:
        before = len(ordered)
        for name in waiting:
            if not any(p in found.specs and p not in ordered for p in found.specs[name].get("when", ())):
                ordered[name] = found.specs[name]
        waiting = [name for name in waiting if name not in ordered]
        if len(ordered) == before:
            raise ValueError(f"the conditions of {', '.join(waiting)} go in a circle")
    return ordered


# ---- parameters ------------------------------------------------------------------------------------------------


def _range(kind: str, low: Any, high: Any, log: bool = False, step: Any = None) -> Spec:
    for x in (low, high, *([] if step is None else [step])):
        if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
            raise ValueError(f"a range is given by numbers, not {x!r:.40}")
    if kind == "int" and not all(float(x).is_integer() for x in (low, high)):
        raise ValueError(f"a range of whole numbers goes from {low!r} to {high!r}")
    low, high = (int(low), int(high)) if kind == "int" else (float(low), float(high))
    if low == high:
        return {"type": "constant", "value": low}
    return {"type": kind, "low": low, "high": high, "log": bool(log)} | ({"step": step} if step else {})


def _levels(values: Iterable[float]) -> Spec:
    return _choice([float(f"{v:.12g}") if isinstance(v, float) else v for v in values], ordered=True)


def _choice(options: Any, ordered: bool = False) -> Spec:
    if not isinstance(options, list | tuple) or not options:
        raise ValueError(f"a choice is a list of options, not {options!r:.60}")
    for option in options:
        if option is not None and not isinstance(option, bool | int | float | str):
            raise ValueError(f"an option must be a number, text, true, false or null, not {option!r:.60}")
    alone = list(dict.fromkeys((type(o) is bool, o) for o in options))  # 1 and true are two, and one is one
    values = [o for _, o in alone]
    if len(values) == 1:
        return {"type": "constant", "value": values[0]}
    return {"type": "choice", "options": values, "ordered": ordered}


def _quantised(found: Found, name: str, low: float, high: float, q: float, log: bool) -> Spec:
    """Multiples of q, rounded from [low, high] and kept within it."""
    if not q > 0:
        raise ValueError(f"{name}: the step q must be above 0, not {q!r}")
    first, last = math.ceil(low / q - 1e-9), math.floor(high / q + 1e-9)
    if last - first >= MOST_LEVELS:
        found.note(name, f"its steps of {q:g} are left out, because there are more than {MOST_LEVELS}")
        return _range("float", low, high, log)
    if log:
        found.note(name, "its steps are equally likely here, and were logarithmic")
    inner = [k * q for k in range(first, last + 1)]
    return _levels(sorted({float(f"{v:.12g}") for v in (low, *inner, high)}))


def _normal(found: Found, name: str, mu: float, sigma: float, kind: str = "float") -> Spec:
    low, high = mu - SIGMAS * sigma, mu + SIGMAS * sigma
    if kind == "int":
        low, high = math.floor(low), math.ceil(high)
    found.note(name, f"its normal distribution has become the range {low:g} to {high:g} (μ ± {SIGMAS} σ), all alike")
    return _range(kind, low, high)


def _values(spec: Spec) -> list[Any] | None:
    """All values of a parameter in their order, if they can be listed."""
    if spec["type"] == "constant":
        return [spec["value"]]
    if spec["type"] == "choice":
        return list(spec["options"])
    if spec["type"] == "int" and spec["high"] - spec["low"] < MOST_LEVELS:
        return list(range(spec["low"], spec["high"] + 1, spec.get("step", 1)))
    return None


# ---- ConfigSpace -------------------------------------------------------------------------------------------------


def _config_space(data: Mapping[str, Any]) -> Found:
    found = Found("ConfigSpace")
    for row in data["hyperparameters"]:
        found.add(row["name"], _hyperparameter(found, row))
    for row in data.get("conditions", ()):
        child = row["child"]
        if (when := _condition(found, row)) is None:
            found.note(child, "its condition cannot be said here (or, or of a real number), so it always exists")
        elif when:
            found.specs[child] = {**found.specs[child], "when": when}
    for row in data.get("forbiddens", ()):
        found.notes.append(f"forbidden there and allowed here, so let it fail: {_clause(row)}")
    return found


def _hyperparameter(found: Found, row: Mapping[str, Any]) -> Spec:
    name, kind = str(row["name"]), str(row["type"])
    if kind in ("categorical", "ordinal"):
        weights = row.get("weights") or row.get("probabilities")
        if weights and len(set(weights)) > 1:
            found.note(name, "its weights are left out; its options are equally likely here")
        return _choice(row["choices"] if kind == "categorical" else row["sequence"], ordered=kind == "ordinal")
    if kind in ("constant", "unparametrized"):
        return {"type": "constant", "value": row["value"]}
    shape, _, number = kind.partition("_")
    if number not in ("float", "int") or shape not in ("uniform", "normal", "beta"):
        raise ValueError(f"{name} is of the type {kind!r:.40}, which is not known here")
    low, high = row.get("lower"), row.get("upper")
    if shape == "normal" and None in (low, high):
        return _normal(found, name, row["mu"], row["sigma"], number)
    if shape != "uniform":
        found.note(name, f"its {shape} distribution is left out; its values are equally likely here")
    if row.get("q") not in (None, 1):
        found.note(name, f"its steps of {row['q']} are left out")
    return _range(number, low, high, row.get("log", False))


TESTS: dict[str, Callable[[int, list[int]], bool]] = {  # of a value's place, with the places that are named
    "EQ": lambda at, named: at == named[0],
    "NEQ": lambda at, named: at != named[0],
    "IN": lambda at, named: at in named,
    "LT": lambda at, named: at < named[0],
    "GT": lambda at, named: at > named[0],
}


def _condition(found: Found, row: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """{parent: values}; None where no such mapping says it."""
    kind = str(row["type"])
    if kind in ("AND", "OR"):
        parts = [_condition(found, part) for part in row["conditions"]]
        if any(part is None for part in parts):
            return None
        parents = {parent for part in parts for parent in part or ()}
        if kind == "OR" and len(parents) > 1:
            return None
        merged: dict[str, list[Any]] = {}
        for parent in parents:
            sets = [part[parent] for part in parts if part and parent in part]
            options = _values(found.specs[parent]) or []
            how = any if kind == "OR" else all
            merged[parent] = [v for v in options if how(v in s for s in sets)]
        return merged
    if kind not in TESTS:
        raise ValueError(f"{row['child']} has a condition of the type {kind!r:.40}, which is not known here")
    if row["parent"] not in found.specs or row["child"] not in found.specs:
        raise ValueError(f"the condition of {row['child']} names {row['parent']}, and there is no such parameter")
    every = _values(found.specs[row["parent"]])
    if every is None:
        return None
    named = row["values"] if kind == "IN" else [row["value"]]
    if unknown := [v for v in named if v not in every]:
        raise ValueError(f"{row['child']} exists for {row['parent']} = {unknown[0]!r:.40}, which it never has")
    places = [every.index(v) for v in named]
    return {row["parent"]: [v for at, v in enumerate(every) if TESTS[kind](at, places)]}


def _clause(row: Mapping[str, Any]) -> str:
    if row.get("type") == "AND":
        return " and ".join(_clause(part) for part in row["clauses"])
    if row.get("type") == "RELATION":
        return f"{row.get('left')} {row.get('lambda')} {row.get('right')}"
    values = row.get("values", [row.get("value")])
    return f"{row.get('name')} = {' or '.join(map(str, values))}"


# ---- KerasTuner --------------------------------------------------------------------------------------------------


def _keras_tuner(data: Mapping[str, Any]) -> Found:
    found = Found("KerasTuner")
    for row in data["space"]:
        c = row["config"]
        when: dict[str, Any] = {}
        for condition in c.get("conditions") or ():
            parent, values = condition["config"]["name"], list(condition["config"]["values"])
            when[parent] = [v for v in when.get(parent, values) if v in values]
        found.add(c["name"], _keras(found, str(row["class_name"]), c), when)
    for spec in found.specs.values():  # a parent of one value that its children ask for is no condition
        spec["when"] = {p: v for p, v in spec.get("when", {}).items() if _values(found.specs.get(p, {"type": ""})) != v}
    return found


def _keras(found: Found, kind: str, c: Mapping[str, Any]) -> Spec:
    name = str(c["name"])
    if kind == "Boolean":
        return _choice([False, True])
    if kind == "Fixed":
        return {"type": "constant", "value": c["value"]}
    if kind == "Choice":
        return _choice(c["values"], ordered=bool(c.get("ordered")))
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
        return _levels([low * step**k for k in range(count + 1)])
    spec = _range(number, low, high, sampling == "log")
    if step in (None, 1 if number == "int" else None) or spec["type"] == "constant":
        return spec
    last = low + math.floor((high - low) / step + 1e-9) * step
    return _range(number, low, float(f"{last:.12g}"), False, step)


# ---- NNI -----------------------------------------------------------------------------------------------------------


def _nni(data: Mapping[str, Any], found: Found | None = None, head: str = "", when: Any = None) -> Found:
    found = found or Found("NNI")
    for key, row in data.items():
        name, kind, value = f"{head}{key}", str(row["_type"]), row["_value"]
        if kind != "choice":
            found.add(name, _nni_number(found, name, kind, value), when)
            continue
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name}: a choice is a list of options, not {value!r:.60}")
        nested = [v for v in value if isinstance(v, Mapping)]
        spec = _choice([v["_name"] if isinstance(v, Mapping) else v for v in value])
        found.add(name, spec, when)
        for option in nested:
            inner = {k: v for k, v in option.items() if k != "_name"}
            _nni(inner, found, f"{name}.", {name: option["_name"]})
    return found


def _nni_number(found: Found, name: str, kind: str, value: Any) -> Spec:
    if kind == "randint":
        return _range("int", value[0], value[1] - 1)
    if kind in ("uniform", "loguniform"):
        return _range("float", value[0], value[1], kind == "loguniform")
    if kind in ("quniform", "qloguniform"):
        return _quantised(found, name, value[0], value[1], value[2], kind == "qloguniform")
    if kind in ("normal", "qnormal"):
        return _normal(found, name, value[0], value[1])
    if kind in ("lognormal", "qlognormal"):
        return _log_normal(found, name, value[0], value[1])
    raise ValueError(f"{name} is of the type {kind!r:.40}, which is not known here")


def _log_normal(found: Found, name: str, mu: float, sigma: float) -> Spec:
    low, high = math.exp(mu - SIGMAS * sigma), math.exp(mu + SIGMAS * sigma)
    found.note(name, f"its log-normal distribution has become {low:.4g} to {high:.4g}, on a logarithmic scale")
    return _range("float", float(f"{low:.6g}"), float(f"{high:.6g}"), log=True)


# ---- W&B -----------------------------------------------------------------------------------------------------------

METHODS = {"grid": "grid", "random": "random", "bayes": "bayesian"}


def _wandb(data: Mapping[str, Any]) -> Found:
    found = Found("W&B", program=data.get("program"), method=METHODS.get(str(data.get("method"))))
    if not isinstance(found.program, str | None):
        raise ValueError(f"program is the name of a file, not {found.program!r:.40}")
    cap = data.get("run_cap")
    found.trials = cap if isinstance(cap, int) and cap > 0 else None
    metric = data.get("metric")
    if isinstance(metric, Mapping) and metric.get("goal") == "maximize":
        found.note(str(metric.get("name")), "it is maximised there, and here values are minimised: print its negative")
    for key in ("early_terminate", "command"):
        if key in data:
            found.note(key, "it is not carried over")
    _wandb_parameters(found, data["parameters"], "")
    return found


def _wandb_parameters(found: Found, parameters: Mapping[str, Any], head: str) -> None:
    for key, row in parameters.items():
        name = f"{head}{key}"
        if not isinstance(row, Mapping):
            raise ValueError(f"{name}: a parameter is a mapping, e.g. values: [1, 2], not {row!r:.40}")
        if isinstance(row.get("parameters"), Mapping):
            _wandb_parameters(found, row["parameters"], f"{name}.")
        else:
            found.add(name, _wandb_parameter(found, name, row))


def _wandb_parameter(found: Found, name: str, row: Mapping[str, Any]) -> Spec:
    low: Any = row.get("min")
    high: Any = row.get("max")
    kind = row.get("distribution")
    if kind is None:
        whole = all(isinstance(x, int) for x in (low, high))
        kind = (
            "constant"
            if "value" in row
            else "categorical"
            if "values" in row
            else "int_uniform"
            if whole
            else "uniform"
        )
    if kind == "constant":
        return {"type": "constant", "value": row["value"]}
    if kind in ("categorical", "categorical_w_probabilities"):
        if row.get("probabilities"):
            found.note(name, "its probabilities are left out; its options are equally likely here")
        return _choice(row["values"])
    if kind in ("normal", "q_normal"):
        return _normal(found, name, row.get("mu", 0), row.get("sigma", 1))
    if kind in ("log_normal", "q_log_normal"):
        return _log_normal(found, name, row.get("mu", 0), row.get("sigma", 1))
    if None in (low, high):
        raise ValueError(f"{name}: a range has a min and a max")
    if kind in ("log_uniform", "q_log_uniform"):  # of exponents
        low, high = float(f"{math.exp(low):.12g}"), float(f"{math.exp(high):.12g}")
    if str(kind).startswith("inv_log_uniform"):
        low, high = (low, high) if str(kind).endswith("values") else (math.exp(-high), math.exp(-low))
        return _range("float", low, high, log=True)  # log(1/x) is as uniform as log x
    if kind in ("q_uniform", "q_log_uniform", "q_log_uniform_values"):
        return _quantised(found, name, low, high, row.get("q", 1), "log" in kind)
    if kind not in ("int_uniform", "uniform", "log_uniform", "log_uniform_values"):
        raise ValueError(f"{name} has the distribution {kind!r:.40}, which is not known here")
    return _range("int" if kind == "int_uniform" else "float", low, high, "log" in kind)
