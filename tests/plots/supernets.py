"""Epochs of a supernet on the cells of NAS-Bench-201, whose weights drift apart."""

import numpy as np

from nasbook.nas.darts import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES, OPS


def view(epoch, rng):
    a = np.exp(0.05 * epoch * rng.normal(size=(6, 5)))
    w = a / a.sum(1, keepdims=True)
    kept = tuple(OPS[1 + int(np.argmax(row[1:]))] for row in w)
    rows = tuple(tuple(float(x) for x in row) for row in w)
    return SupernetView(epoch, 20, rows, OPS, EDGES, kept, kept.count("skip"), 1.0, 1.0, 0.5 + 0.02 * epoch)
