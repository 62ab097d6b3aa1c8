"""The generator of AutoGAN: cells that each double the side of the image, and five decisions in each.

    z ─▶ linear, 2×2 pixels ─▶ cell 1, 4×4 ─▶ cell 2, 8×8 ─▶ norm, ReLU, convolution, tanh

    cell s:  h_s = conv(up(x_{s−1})) + Σ_j skip_j(up(h_j))     j: the earlier cells that are read
             x_s = conv(h_s) [+ conv_1×1(up(x_{s−1})), the shortcut]

    conv      post: convolution, norm, ReLU      pre: norm, ReLU, convolution      both of them 3×3
    norm      none, batch (over the images at hand) or instance (over the pixels of each image)
    up        bilinear, nearest or deconv
    shortcut  no or yes
    skips     which of the s − 1 earlier cells are read: one decision of 2^(s−1) options

That is 36 · 2^(s−1) for cell s: 36 · 72 = 2,592 generators of two cells, 36 · 72 · 144 = 373,248 of three.

Paper: Gong et al., AutoGAN: Neural Architecture Search for Generative Adversarial Networks, ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

from nasbook.space import Choice, Config, Scalar, Space

CONVS, NORMS, UPS = ("post", "pre"), ("none", "batch", "instance"), ("bilinear", "nearest", "deconv")
SKIPS = {2: ("none", "1"), 3: ("none", "2", "1", "1+2")}  # into cell s, one token; in binary its highest bit is cell 1
DECISIONS: dict[str, Sequence[Scalar]] = {"conv": CONVS, "norm": NORMS, "up": UPS, "shortcut": (False, True)}
MOST = 3  # cells


def cell_space(s: int) -> Space:
    """The decisions of cell s alone; s = 1 is the first."""
    parameters = {f"{d}_{s}": Choice(o) for d, o in DECISIONS.items()}
    return Space(parameters | ({f"skips_{s}": Choice(SKIPS[s])} if s > 1 else {}))


def generator_space(cells: int) -> Space:
    return Space({name: p for s in range(1, cells + 1) for name, p in cell_space(s).parameters.items()})


def depth(config: Config | Space) -> int:
    """How many cells are decided, in a configuration or in a space; 0 for a space of something else."""
    if isinstance(config, Space):
        return next((n for n in range(1, MOST + 1) if config == generator_space(n)), 0)
    return sum(name.startswith("conv_") for name in config)


def skips(config: Config, s: int) -> list[int]:
    """The earlier cells that cell s reads."""
    return [j for j in range(1, s) if str(j) in config[f"skips_{s}"]]


def complete(config: Config, cells: int) -> Config:
    """A configuration of so many cells: those that are not decided are as the last one, without skips."""
    last = depth(config)
    for s in range(last + 1, cells + 1):
        config = config | {f"{d}_{s}": config[f"{d}_{last}"] for d in DECISIONS} | {f"skips_{s}": "none"}
    return config
