"""The search spaces of networks that classify images, by their names."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING

from nasbook import registry
from nasbook.kit.checks import whole
from nasbook.space import Arguments

if TYPE_CHECKING:
    from nasbook.nas.spaces.architecture import Architectures


def of_images(task: str, space: str, options: Arguments, **images: object) -> Architectures:
    """The space of this name, of networks for such `images` (classes, shape). ValueError for one whose networks read
    something else, and for options that it does not take."""
    kind = registry.find("space", space).load()
    can = signature(kind).parameters
    if len(kind.shape) != 3 or not {"classes", "shape"} <= can.keys():
        raise ValueError(f"{task}: the networks of {space} do not read images")
    for name, value in options.items():
        if name in ("classes", "shape"):
            raise ValueError(f"{task}: {name} follows from the images and cannot be given")
        if name in can and type(can[name].default) is int:
            whole(f"{task}: {name}", value, 1)
    return registry.make("space", space, **options, **images)
