"""What somebody may say of where the best lies: [centre, width] of a number, probabilities of a Choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nasbook.kit.checks import is_number
from nasbook.space import Choice, Float, Int


def believable(beliefs: object) -> dict[str, list[float]]:
    """Beliefs as plain lists; ValueError for what is not a mapping of names to lists of numbers."""
    example = "e.g. {'x': [0.3, 0.1]}: centre and width"
    if not isinstance(beliefs, Mapping) or not all(isinstance(name, str) for name in beliefs):
        raise ValueError(f"prior must map names of parameters to beliefs, {example}, not {beliefs!r}")
    out = {}
    for name, belief in beliefs.items():
        numbers = belief.tolist() if isinstance(belief, np.ndarray) else belief
        if not isinstance(numbers, list | tuple) or not all(map(is_number, numbers)):
            raise ValueError(f"prior of {name} must be a list of numbers, {example}, not {belief!r}")
        out[name] = [float(v) for v in numbers]
    return out


def centre_and_width(name: str, belief: Sequence[float], p: Float | Int) -> tuple[float, float]:
    """Both on the axis of a number, from 0 to 1."""
    if len(belief) != 2:
        raise ValueError(f"prior of {name} must be [centre, width], not {list(belief)}")
    centre, width = belief
    if not p.low <= centre <= p.high:
        raise ValueError(f"prior of {name}: the centre must lie in [{p.low:g}, {p.high:g}], not {centre:g}")
    if not 0 < width <= 1:
        raise ValueError(f"prior of {name}: the width is a share of the axis and must lie in (0, 1], not {width:g}")
    return p.encode(centre), width


def probabilities(name: str, belief: Sequence[float], p: Choice) -> np.ndarray:
    """Of the options of a Choice, in their order."""
    if len(belief) != p.size or min(belief) <= 0 or abs(sum(belief) - 1) > 1e-6:
        raise ValueError(
            f"prior of {name} must give each of its {p.size} options a positive probability, with sum 1, not "
            f"{list(belief)}"
        )
    return np.array(belief)
