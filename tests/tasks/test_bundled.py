"""The bundled data are scikit-learn's own, read without importing it."""

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

from nasbook.tasks import bundled


def test_they_are_what_scikit_learn_loads():
    for ours, theirs in ((bundled.digits(), load_digits()), (bundled.breast_cancer(), load_breast_cancer())):
        x = theirs.images if hasattr(theirs, "images") else theirs.data
        for a, b in zip(ours, (x, theirs.target), strict=True):
            assert np.array_equal(a, b) and a.dtype == b.dtype


def test_to_read_them_imports_nothing_dear():
    code = (
        "import sys; from nasbook.tasks import bundled; bundled.digits(), bundled.breast_cancer()\n"
        "print([m for m in ('sklearn', 'scipy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
