"""The layers of a generator of AutoGAN, from its decisions.

Batch norms have no running statistics: in a generator that shares its weights these would mix all architectures. So an
image depends a little on the others of its batch.
"""

from __future__ import annotations

from nasbook.nas.spaces.generator.decisions import depth, skips
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Config

CHANNELS, LATENT, BOTTOM = 16, 16, 2  # of every cell; numbers of z; side of the first image


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
