"""Chains that are awkward to change."""

from nasbook.nas.spaces.conv_chain import ConvChain

SPACES = ConvChain()


def chain(*layers):
    """conv (kernel, channels, skip, stride) or ("maxpool", stride), as a configuration."""
    names = ("kernel", "channels", "skip", "stride")
    config = {"depth": len(layers)}
    for i, layer in enumerate(layers, 1):
        pool = isinstance(layer[0], str)
        row = dict(zip(("kind", "stride") if pool else names, layer, strict=True)) | ({} if pool else {"kind": "conv"})
        config |= {f"{name}_{i}": value for name, value in row.items()}
    return SPACES.space.validate(config)


# what random chains rarely have: skips as they are around a wide layer, projections behind pools, strides
AWKWARD = [
    chain((3, 8, False, 1), (3, 8, True, 1), (3, 8, True, 1)),
    chain((5, 8, True, 2), ("avgpool", 2), (1, 8, True, 1), ("maxpool", 1)),
    chain((3, 16, False, 1), (3, 8, True, 2), (1, 16, True, 1)),
    chain(("maxpool", 2), (1, 8, False, 1), ("avgpool", 2), (3, 8, True, 2)),
]
