"""The lessons' code cells where torch cannot be imported, as in a browser: `without_torch.py [01 02 …]`.

For each lesson, in a process of its own: which cells raise, with the last line of what they say, and the CPU seconds of
all of them together. Each must fail in one sentence that names torch, and a lesson of `nasbook site --lite`, as that
has it, in as many cells as its page says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from nasbook.site.in_browser import NEEDS, adapted
from nasbook.site.lite import LESSONS

ROOT = Path(__file__).parents[2]
ONE = """
import sys, json, time
class Torchless:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Torchless())
from IPython.core.interactiveshell import InteractiveShell
shell, shown = InteractiveShell.instance(), []
shell._showtraceback = lambda kind, error, lines: shown.append("\\n".join(lines))
shell.run_line_magic("colors", "nocolor")
cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
failed, begin, dear = [], time.process_time(), []
for i, cell in enumerate(cells):
    t = time.process_time()
    got = shell.run_cell("".join(cell["source"]), store_history=False)
    error = got.error_before_exec or got.error_in_exec
    if error is not None:
        failed.append([i, f"{type(error).__name__}: {error}"[:400], shown.pop()])
    dear.append([round(time.process_time() - t, 1), i])
print("\\nFOUND" + json.dumps([len(cells), failed, time.process_time() - begin, sorted(dear)[-3:]]))
"""


def without_torch(notebook, folder):
    """Cells, [cell, what it raised, what is shown] of those that failed, CPU seconds, the three dearest cells."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "NASBOOK_PROGRESS": str(Path(folder) / "p.json")}
    done = subprocess.run(
        [sys.executable, "-c", ONE, str(notebook)], capture_output=True, text=True, env=env, cwd=folder
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("FOUND")]
    if not found:
        raise SystemExit(f"{notebook.name}: {done.stderr[-2000:]}")
    return json.loads(found[-1].removeprefix("FOUND"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    wrong = 0
    for number in parser.parse_args().lessons:
        (notebook,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        with tempfile.TemporaryDirectory() as folder:
            changed = json.loads(notebook.read_text(encoding="utf-8"))
            adapted(number, changed)
            notebook = Path(folder) / notebook.name
            notebook.write_text(json.dumps(changed), encoding="utf-8")
            cells, failed, cpu, dear = without_torch(notebook, folder)
        told = ", ".join(f"cell {i}: {s} s" for s, i in reversed(dear))
        print(f"{notebook.stem}: {len(failed)} of {cells} cells fail; {cpu:.1f} CPU-s ({told})", flush=True)
        for i, error, shown in failed:
            print(f"    cell {i}: {error}", flush=True)
            wrong += "\n" in shown or "needs torch" not in shown
        wrong += number in LESSONS and len(failed) != NEEDS.get(number, 0)
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
