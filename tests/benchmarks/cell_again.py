"""What a notebook's kernel holds while the cell of a lab runs again and again, as a learner who tries settings does.

    python tests/benchmarks/cell_again.py [lab ...]

Each lab is made and shown in a process of its own, and steps five times; then its cell runs again. The page tells the
kernel that the old view is gone, as JupyterLab does (tests/browser/test_labs.py has it told by a real one). Printed are
MB of the process and open widgets after the second and the last run, and MB for each run between. Exits 1 where a run
costs more than 1 MB.
"""

import gc
import subprocess
import sys

LABS = ["bayesian", "gp", "evolution", "halving", "spaces"]
RUNS, BAR = 14, 1.0


def measure(name):
    import psutil
    from ipywidgets.widgets.widget import _instances as kept

    import nasbook
    from nasbook.widgets import cells

    def tell(lab, kind):
        lab._keyboard._message(None, {"kind": kind, "page": "the page", "view": lab.model_id}, [])

    process, before = psutil.Process(), None
    for run in range(RUNS):
        cells.running_cell = lambda run=run: ("the cell", f"run {run}")
        lab = nasbook.lab(name)
        tell(lab, "opened")
        if before is not None:
            tell(before, "closed")
        lab.step(5)
        before = lab
        gc.collect()
        if run in (1, RUNS - 1):
            print(process.memory_info().rss / 1e6, len(kept))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.exit(measure(sys.argv[2]))
    print(f"{'lab':14}{'MB, 2nd':>9}{f'MB, {RUNS}th':>9}{'MB a run':>10}{'widgets, 2nd':>14}{f'{RUNS}th':>6}")
    wrong = False
    for name in sys.argv[1:] or LABS:
        out = subprocess.run([sys.executable, __file__, "--one", name], check=True, capture_output=True, text=True)
        (first, one), (last, many) = (map(float, line.split()) for line in out.stdout.splitlines())
        a_run = (last - first) / (RUNS - 2)
        wrong = wrong or a_run > BAR
        print(f"{name:14}{first:9.0f}{last:9.0f}{a_run:10.2f}{one:14.0f}{many:6.0f}", " misses 1 MB" * (a_run > BAR))
    sys.exit(wrong)
