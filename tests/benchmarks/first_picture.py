"""What the first picture of each lab costs: seconds of CPU from a cold process, memory, and which dear libraries load.

    python tests/benchmarks/first_picture.py [LAB ...] [--repeats 3]

A lab is made and shown as a cell would, and its picture is drawn. Each in a process of its own, all in turn; the least
of the repeats counts. Bars, in seconds of CPU: 1.5 and neither torch nor scikit-learn, for labs in which nothing is
trained by torch and no model of scikit-learn is fitted; 4 for the rest. Exits 1 where a lab misses its bar.

The first lines are the libraries alone (an empty picture and eight sliders; the same and torch): how quick this machine
is, and below what no lab can be. "× libraries" is a lab against these. The last lines are a first training, and what it
would cost with torch's own optimisers, which load torch's compiler (nasbook/kit/optimisers.py).
"""

import argparse
import json
import subprocess
import sys

SKLEARN = {"surrogates", "pipeline"}  # the picture is of a forest, or of a pipeline of scikit-learn and its split
TORCH = {  # they build or train a network at once
    "growth", "spaces", "controller", "darts", "relaxations", "weight-sharing", "hypergradient", "pbt", "few-shot",
    "gan", "hardware", "prior",
}  # fmt: skip
LAB = """
import nasbook
nasbook.lab({name!r})._repr_mimebundle_()
"""
LIBRARIES = """
import io, ipywidgets, numpy
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
figure = Figure()
FigureCanvasAgg(figure)
figure.subplots().plot([0, 1])
figure.savefig(io.BytesIO(), format="png")
ipywidgets.VBox([ipywidgets.IntSlider() for _ in range(8)])._repr_mimebundle_()
"""
TRAINING = """
import nasbook
nasbook.search("random", "digits-mlp", trials=1)
"""
COST = """
import json, resource, sys
usage = resource.getrusage(resource.RUSAGE_SELF)
loaded = [m for m in ("torch", "sklearn", "scipy.stats") if m in sys.modules]
print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, loaded]))
"""


def measured(code):
    """[seconds, MB, libraries loaded] of one process."""
    done = subprocess.run([sys.executable, "-c", code + COST], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr.strip().splitlines()[-1]}, in{code}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labs", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    from nasbook import registry

    labs = options.labs or [e.name for e in registry.LABS]
    codes = {"libraries": LIBRARIES, "and torch": LIBRARIES + "import torch"}
    codes |= {name: LAB.format(name=name) for name in labs}
    codes |= {"a training": TRAINING, "with compiler": "import torch._dynamo" + TRAINING}
    costs = {name: [] for name in codes}
    for _ in range(options.repeats):  # all of them in turn, since a machine may be slow for minutes
        for name, code in codes.items():
            costs[name].append(measured(code))
    least, missed = {name: min(cost) for name, cost in costs.items()}, []
    for name, (seconds, megabytes, loaded) in least.items():
        bar = 4.0 if name in TORCH | SKLEARN else 1.5
        wrong = seconds > bar or bool({"torch", "sklearn"} & {*loaded} and name not in TORCH | SKLEARN)
        missed += [name] if wrong and name in labs else []
        alone = least["and torch" if "torch" in loaded else "libraries"][0]
        words = f"{seconds / alone:4.2f} × libraries  {', '.join(loaded):22}{'above its bar' if name in missed else ''}"
        print(f"{name:15} {seconds:5.2f} s  {megabytes:4.0f} MB  {words}".rstrip())
    print(f"{len(missed)} above their bars: {' '.join(missed) or 'none'}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
