"""One search space out of several: an architecture and the hyperparameters of its training.

    space = nasbook.join("nb201-cell", lr=Float(0.01, 3, log=True), weight_decay=Float(1e-5, 0.1, log=True))
    nasbook.search("bayesian", "digits-cells", space=space, trials=30)

The parameters keep their names, their order and their conditions, so that whatever knows a part finds it again in the
joined space: nasbook.nas.parts.paths.inside, and the tasks that train architectures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nasbook import registry
from nasbook.parameters import Parameter
from nasbook.space import Space


def join(*parts: object, **named: object) -> Space:
    """The space whose configurations hold a value for each parameter of each part.

    A part is a Space, a dict of parameters, a search space of architectures or the name of one. A keyword is a
    hyperparameter, `lr=Float(0.01, 3, log=True)`; or a part whose parameters get this word in front,
    `head=Space(width=…)` gives `head_width`, also where their conditions name each other. A hyperparameter may exist
    only with certain architectures: `when={"edge_0_1": "conv3x3"}`, for what stands earlier.

    Raises ValueError for what is no space, and for a name that comes twice."""
    joined: dict[str, Parameter] = {}
    source: dict[str, str] = {}
    for place, part in enumerate(parts, 1):
        _add(joined, source, _space(part, f"part {place}").parameters, f"part {place}")
    for word, part in named.items():
        if isinstance(part, Parameter):
            _add(joined, source, {word: part}, word)
        else:
            _add(joined, source, _prefixed(word, _space(part, word).parameters), word)
    if not joined:
        raise ValueError("join: at least one part is needed, e.g. join('nb201-cell', lr=Float(0.01, 3, log=True))")
    return Space(joined)


def _space(part: object, what: str) -> Space:
    if isinstance(part, str):
        part = registry.make("space", part)
    if isinstance(part, Mapping):
        return Space(part)
    space = part if isinstance(part, Space) else getattr(part, "space", None)
    if not isinstance(space, Space):
        raise ValueError(
            f"join: {what} must be a Space, a dict of parameters, or a search space of architectures or its name, not "
            f"{part!r:.60}"
        )
    return space


def _prefixed(word: str, parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    return {
        f"{word}_{name}": replace(p, when={f"{word}_{parent}": values for parent, values in p.when.items()})
        if p.when
        else p
        for name, p in parameters.items()
    }


def _add(joined: dict[str, Parameter], source: dict[str, str], parameters: Mapping[str, Parameter], what: str) -> None:
    for name, p in parameters.items():
        if name in joined:
            raise ValueError(
                f"join: {what} and {source[name]} both have a parameter {name!r}; give one a word in front, e.g. "
                f"join(…, training=Space({name}=…)) makes it 'training_{name}'"
            )
        joined[name], source[name] = p, what
