"""A minute of a hurried user for every lab, or for those that are named.

    python tests/benchmarks/hammer.py [--seconds 60] [--seed 0] [lab …]

Prints how many things were done to each lab, or what broke, with the seed that shows it again.
"""

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from widgets.hammer import hammer  # noqa: E402

from nasbook import registry  # noqa: E402

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="lab", default=[])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    broken = 0
    os.chdir(tempfile.mkdtemp())
    for name in options.labs or [entry.name for entry in registry.LABS]:
        try:
            print(f"{name:14s} {hammer(name, options.seconds, options.seed):6,} actions, whole", flush=True)
        except Exception:
            broken += 1
            print(f"{name:14s} BROKEN", flush=True)
            traceback.print_exc()
    sys.exit(bool(broken))
