"""What an objective answers, read as plain numbers: a tensor may be one, and nonsense is named in a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from reprlib import repr as shortened
from typing import Any

import numpy as np

from nasbook.space import Json
from nasbook.task import Evaluation
from nasbook.trial import described, plain, text


def read(answer: object) -> tuple[Evaluation, dict[str, str]]:
    """An answer in plain numbers, and the metrics that cannot be kept, each with the reason.

    TypeError and ValueError name the field that is wrong."""
    if not isinstance(answer, Evaluation):
        if isinstance(answer, tuple | list) and answer:
            answer = Evaluation(values=tuple(answer))
        else:
            try:
                answer = Evaluation(number(answer, ""))
            except (TypeError, ValueError):
                raise TypeError(
                    "the objective must return a number to minimise (or an Evaluation), not "
                    f"{text(shortened(answer))[:60]}"
                ) from None
    values = None
    if answer.values is not None:
        values = tuple(number(v, f"values[{i}]") for i, v in enumerate(_several(answer.values, "values", "numbers")))
    if answer.value is not None or not values:
        value = number(answer.value, "value")
    else:
        value = values[0]
    cost = None if answer.cost is None else seconds(answer.cost, "cost")
    metrics, lost = _metrics(answer.metrics)
    return Evaluation(value, values or None, metrics, cost, _curve(answer.curve)), lost


def value_of(answer: object, objective: int = 0) -> float:
    """The value of one objective; TypeError, ValueError and IndexError where there is none."""
    found, _ = read(answer)
    return number((found.values or (found.value,))[objective], "value")


def number(x: Any, field: str) -> float:
    """A float of anything that is one number: a scalar of Python, NumPy or torch, an array of one element."""
    try:
        if type(x) is float or type(x) is int:  # which most are
            return float(x)
        if np.ma.is_masked(x):
            return math.nan
        one = x.item() if hasattr(x, "item") else x
        if one is not None and not isinstance(one, str | bytes | bytearray):
            return float(one)
    except OverflowError:
        raise ValueError(f"the objective's {field} is too large for a number of double precision") from None
    except Exception:
        pass
    raise TypeError(f"the objective's {field} must be a number, not {text(shortened(x))[:60]}")


def finite(x: object, field: str) -> float:
    """A number as above that is neither infinite nor NaN."""
    found = number(x, field)
    if not math.isfinite(found):
        raise ValueError(f"the objective's {field} must be a finite number, not {found}")
    return found


def seconds(x: object, field: str) -> float:
    """A number as above of at least 0."""
    found = number(x, field)
    if not 0 <= found < math.inf:
        raise ValueError(f"the objective's {field} must be a finite number of seconds of at least 0, not {found}")
    return found


def _several(x: object, field: str, what: str) -> list[object]:
    x = x.tolist() if hasattr(x, "tolist") else x
    if isinstance(x, str | bytes | Mapping) or not isinstance(x, Iterable):
        raise TypeError(f"the objective's {field} must be a list of {what}, not {text(shortened(x))[:60]}")
    return list(x)


def _curve(curve: object) -> tuple[tuple[float, float], ...]:
    found = []
    for i, point in enumerate(_several(curve, "curve", "pairs (fidelity, value)")):
        pair = point.tolist() if hasattr(point, "tolist") else point
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            wrong = text(shortened(point))[:60]
            raise TypeError(f"the objective's curve[{i}] must be a pair (fidelity, value), not {wrong}")
        fidelity, value = pair
        value = math.nan if value is None else number(value, f"curve[{i}][1]")
        found.append((finite(fidelity, f"curve[{i}][0]"), value))
    return tuple(found)


def _metrics(metrics: object) -> tuple[Json, dict[str, str]]:
    if not isinstance(metrics, Mapping):
        return {}, {"metrics": f"a dict was expected, not {text(shortened(metrics))[:60]}"} if metrics else {}
    kept, lost = {}, {}
    for key, value in metrics.items():
        name = str(key)
        try:
            row = plain(value)
            json.dumps(row, allow_nan=False)
        except Exception as error:
            lost[name] = described(error)
        else:
            kept[name] = row
    return kept, lost
