"""What the first picture of each lab costs: seconds of CPU from a cold process, memory, and which dear libraries load.

    python tests/benchmarks/first_picture.py [LAB ...] [--repeats 3]

A lab is made and shown as a cell would, and its picture is drawn. Each in a process of its own; the least of the
repeats counts. Bars, in seconds of CPU: 1.5 and neither torch nor scikit-learn, for labs in which nothing is trained by
torch and no model of scikit-learn is fitted; 4 for the rest. Exits 1 where a lab misses its bar.
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
CODE = """
import json, resource, sys, time
import nasbook
lab = nasbook.lab({name!r})
lab._repr_mimebundle_()
usage = resource.getrusage(resource.RUSAGE_SELF)
loaded = [m for m in ("torch", "sklearn", "scipy.stats") if m in sys.modules]
print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, loaded]))
"""


def measured(name):
    done = subprocess.run([sys.executable, "-c", CODE.format(name=name)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labs", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    from nasbook import registry

    missed = []
    for name in options.labs or [e.name for e in registry.LABS]:
        seconds, megabytes, loaded = min(measured(name) for _ in range(options.repeats))
        bar = 4.0 if name in TORCH | SKLEARN else 1.5
        wrong = seconds > bar or bool({"torch", "sklearn"} & {*loaded} and name not in TORCH | SKLEARN)
        missed += [name] if wrong else []
        words = "above its bar" if wrong else ""
        print(f"{name:15} {seconds:5.2f} s  {megabytes:4.0f} MB  {', '.join(loaded):28}{words}", flush=True)
    print(f"{len(missed)} above their bars: {' '.join(missed) or 'none'}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
