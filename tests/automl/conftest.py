"""A table with everything in it, and what a written source says in a process of its own."""

import subprocess
import sys

import numpy as np
import pytest

ROWS = 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with everything in it: decimal commas, holes, categories, dates, a class too rare, rows without a target,
    an order in time, and letters that are no ASCII."""
    folder = tmp_path_factory.mktemp("walk")
    rng = np.random.default_rng(0)
    lines = ["größe;farbe;wann;bestellt;y"]
    for i in range(ROWS):
        y = ("ja", "nein", "", "selten")[0 if i % 3 else 1 if i % 7 else 2 if i % 2 else 3]
        size = "" if i % 11 == 0 else f"{rng.normal() + (y == 'ja'):.3f}".replace(".", ",")
        colour = ("rot", "grün", "")[rng.integers(3)]
        date = f"{1 + rng.integers(28):02d}.{1 + rng.integers(12):02d}.2024"
        lines.append(f"{size};{colour};{date};{rng.permutation(ROWS)[0]};{y}")
    (folder / "d.csv").write_text("\n".join(lines), encoding="cp1252")
    return folder


@pytest.fixture(scope="session")
def predicted():
    def predicted(file, *arguments):
        """What the file prints in a process that finds no nasbook."""
        without = "import sys, runpy; sys.modules['nasbook'] = None; sys.argv = sys.argv[1:]; "
        without += "runpy.run_path(sys.argv[0], run_name='__main__')"
        done = subprocess.run([sys.executable, "-I", "-c", without, file, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return predicted
