"""What the first picture of each lab costs: seconds of CPU from a cold process, memory, and which dear libraries load.

    python tests/benchmarks/first_picture.py [LAB ...] [--repeats 3]

A lab is made and shown as a cell would, and its picture is drawn. Each in a process of its own; the least of the
repeats counts. Bars, in seconds of CPU: 1.5 and neither torch nor scikit-learn, for labs in which nothing is trained by
torch and no model of scikit-learn is fitted; 4 for the rest. Exits 1 where a lab misses its bar.

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


def measured(name, code, repeats):
    """[seconds, MB, libraries loaded], the cheapest of so many processes."""
    costs = []
    for _ in range(repeats):
        done = subprocess.run([sys.executable, "-c", code + COST], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
        costs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(costs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labs", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    from nasbook import registry

    alone = {}
    for name, code in (("libraries", LIBRARIES), ("and torch", LIBRARIES + "import torch")):
        seconds, megabytes, loaded = measured(name, code, options.repeats)
        alone["torch" in loaded] = seconds
        print(f"{name:15} {seconds:5.2f} s  {megabytes:4.0f} MB")
    missed = []
    for name in options.labs or [e.name for e in registry.LABS]:
        seconds, megabytes, loaded = measured(name, LAB.format(name=name), options.repeats)
        bar = 4.0 if name in TORCH | SKLEARN else 1.5
        wrong = seconds > bar or bool({"torch", "sklearn"} & {*loaded} and name not in TORCH | SKLEARN)
        missed += [name] if wrong else []
        words = "above its bar" if wrong else ""
        times = f"{seconds / alone['torch' in loaded]:4.2f} × libraries"
        print(f"{name:15} {seconds:5.2f} s  {megabytes:4.0f} MB  {times}  {', '.join(loaded):22}{words}", flush=True)
    for name, code in (("a training", TRAINING), ("with compiler", "import torch._dynamo" + TRAINING)):
        seconds, megabytes, loaded = measured(name, code, options.repeats)
        times = f"{seconds / alone['torch' in loaded]:4.2f} × libraries"
        print(f"{name:15} {seconds:5.2f} s  {megabytes:4.0f} MB  {times}  {', '.join(loaded)}")
    print(f"{len(missed)} above their bars: {' '.join(missed) or 'none'}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
