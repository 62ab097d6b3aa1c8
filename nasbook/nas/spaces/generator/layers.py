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

Batch norms have no running statistics: in a generator that shares its weights these would mix all architectures. So an
image depends a little on the others of its batch.

Paper: Gong et al., AutoGAN: Neural Architecture Search for Generative Adversarial Networks, ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Scalar, Space

CONVS, NORMS, UPS = ("post", "pre"), ("none", "batch", "instance"), ("bilinear", "nearest", "deconv")
CHANNELS, LATENT, BOTTOM = 16, 16, 2  # of every cell; numbers of z; side of the first image
SKIPS = {2: ("none", "1"), 3: ("none", "2", "1", "1+2")}  # into cell s, one token; in binary its highest bit is cell 1
DECISIONS: dict[str, Sequence[Scalar]] = {"conv": CONVS, "norm": NORMS, "up": UPS, "shortcut": (False, True)}
MOST = 3  # cells
Lines = Sequence[Layer]  # one architecture


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


def layers(config: Config, channels: int = CHANNELS, latent: int = LATENT) -> list[Layer]:
    """The network of a configuration of one, two or three cells: z (n, latent) -> images (n, 1, side, side) in ±1.

    Layers of the same name are the same in all configurations, so that generators can share their weights."""
    c = channels
    h: dict[int, str] = {}
    lines = [Layer("project", "Linear", (latent, c * BOTTOM**2), inputs=("x",))]

    def add(name: str, layer: str | None, *args: object, at: tuple[str, ...] = (), **options: object) -> str:
        lines.append(Layer(name, layer, args, options, at or (lines[-1].name,)))
        return name

    def up(name: str, how: str, times: int, at: str) -> None:
        if how != "deconv":
            add(f"{name}_{how}", "Upsample", scale_factor=2**times, mode=how, at=(at,))
        for k in range(times if how == "deconv" else 0):
            add(f"{name}_deconv{k + 1}", "ConvTranspose2d", c, c, 2, stride=2, at=() if k else (at,))

    def norm(name: str, how: str) -> None:
        if how != "none":
            add(
                f"{name}_{how}",
                {"batch": "BatchNorm2d", "instance": "InstanceNorm2d"}[how],
                c,
                track_running_stats=False,
            )

    def conv(s: int, k: int, at: str) -> str:
        """The k-th convolution of cell s, which reads the line `at`; the first one enlarges."""
        order = config[f"conv_{s}"]
        name = f"cell{s}_{order}{k}"
        add(f"{name}_in", None, at=(at,))
        for part in ("conv", "norm") if order == "post" else ("norm", "conv"):
            if part == "norm":
                norm(name, config[f"norm_{s}"])
                add(f"{name}_relu", "ReLU")
                continue
            if k == 1:
                up(name, config[f"up_{s}"], 1, lines[-1].name)
            add(f"{name}_conv", "Conv2d", c, c, 3, padding=1)
        return lines[-1].name

    x = add("bottom", "Unflatten", 1, (c, BOTTOM, BOTTOM))
    for s in range(1, depth(config) + 1):
        parts = [conv(s, 1, x)]
        for j in skips(config, s):
            up(f"cell{s}_skip{j}", config[f"up_{s}"], s - j, h[j])
            parts.append(add(f"cell{s}_skip{j}_conv", "Conv2d", c, c, 1))
        h[s] = add(f"cell{s}_h", None, at=tuple(parts))
        parts = [conv(s, 2, h[s])]
        if config[f"shortcut_{s}"]:
            up(f"cell{s}_short", config[f"up_{s}"], 1, x)
            parts.append(add(f"cell{s}_short_conv", "Conv2d", c, c, 1))
        x = add(f"cell{s}_x", None, at=tuple(parts))
    norm("image", "batch")
    add("image_relu", "ReLU")
    add("image_conv", "Conv2d", c, 1, 3, padding=1)
    add("image", "Tanh")
    return lines


def every_layer(cells: int, channels: int = CHANNELS, latent: int = LATENT) -> list[Lines]:
    """A few generators of so many cells that have, together, every layer that any of them has."""
    found: list[Lines] = []
    for chosen in product(CONVS, NORMS, UPS, [True]):
        config = {f"{d}_{s}": o for s in range(1, cells + 1) for d, o in zip(DECISIONS, chosen, strict=True)}
        config |= {f"skips_{s}": SKIPS[s][-1] for s in range(2, cells + 1)}
        found.append(layers(config, channels, latent))
    return found
