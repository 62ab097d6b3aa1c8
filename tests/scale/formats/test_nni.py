"""NNI's search space becomes a space."""

import math

from nasbook import Choice, Float, Int, Space
from nasbook.scale.other_spaces import space_from

NNI = {
    "lr": {"_type": "loguniform", "_value": [1e-4, 1]},
    "units": {"_type": "randint", "_value": [1, 5]},
    "drop": {"_type": "quniform", "_value": [0.05, 0.5, 0.1]},
    "z": {"_type": "normal", "_value": [1, 2]},
    "s": {"_type": "lognormal", "_value": [0, 1]},
    "layer": {
        "_type": "choice",
        "_value": [{"_name": "conv", "k": {"_type": "choice", "_value": [1, 3]}}, {"_name": "pool"}],
    },
}


def test_nni():
    found = space_from(NNI)
    low, high = round(math.exp(-3), 7), float(f"{math.exp(3):.6g}")
    assert found.format == "NNI" and found.space == Space(
        {
            "lr": Float(1e-4, 1, log=True),
            "units": Int(1, 4),
            "drop": Choice([0.05, 0.1, 0.2, 0.3, 0.4, 0.5], ordered=True),
            "z": Float(-5, 7),
            "s": Float(low, high, log=True),
            "layer": Choice(["conv", "pool"]),
            "layer.k": Choice([1, 3], when={"layer": "conv"}),
        }
    )
    assert [n.partition(":")[0] for n in found.notes] == ["z", "s"]
