"""The tables that come with scikit-learn, as Data; and one of noise, from which nothing can be learnt.

They are read from scikit-learn's files: to import its readers costs a second.
"""

from __future__ import annotations

import numpy as np

from nasbook.automl.data import Data
from nasbook.tasks import bundled as files

READERS = {"cancer": files.breast_cancer, "wine": files.wine, "digits": files.digits, "diabetes": files.diabetes}
TABLES = (*READERS, "noise")
NOISE = (400, 2000)  # rows and columns of pure noise


def bundled(name: str) -> Data:
    """A table by its name: numbers only, nothing missing."""
    if name == "noise":
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=NOISE), np.arange(NOISE[0]) % 2
    else:
        x, y = READERS[name]()
    x = x.reshape(len(x), -1)
    kind = "regression" if name == "diabetes" else "classification"
    names = tuple((f"x{i}", "number", ".") for i in range(x.shape[1]))
    y = y.astype(float if kind == "regression" else int)
    classes = () if kind == "regression" else tuple(np.unique(y).tolist())
    return Data(x, y, y, kind, names, classes, target={"diabetes": "progression"}.get(name, "class"), digest=name)
