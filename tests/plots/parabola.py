"""One parameter, a minimum and a cliff: what the tests of histories search."""

import nasbook

SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def parabola(config):
    if config["x"] > 0.8:
        raise RuntimeError("too far")
    return (config["x"] - 0.3) ** 2


def searched(trials=30, seed=3):
    return nasbook.search("random", parabola, space=SPACE, trials=trials, seed=seed)
