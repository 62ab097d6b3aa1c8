"""A search of a space with conditions, drawn."""

import warnings

from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.plots import plot

CONDITIONAL = Space(k=Choice(["p", "q"]), x=Float(1e-4, 1, log=True, when={"k": "p"}), n=Int(1, 3), y=Float(0, 1))


def curved(config, fidelity, report):
    for epoch in range(1, 5):
        report(epoch, config["y"] / epoch + config["n"])
    if config["n"] == 3 and config["y"] > 0.8:
        raise RuntimeError("no memory")
    return config["y"] / 4 + config["n"]


def searched():
    return nasbook.search(
        "random", curved, space=CONDITIONAL, fidelity=nasbook.Fidelity("epoch", 1, 4), trials=30, seed=1
    )


def drawn(trace, kind, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = plot(trace, kind, **options)
        fig.png()
    assert fig.alt and fig.sentence
    assert_legible(fig)
    return fig
