"""How long the parts of a lesson take: words to read, and seconds that its cells compute.

    python tests/benchmarks/lesson_times.py            # what lesson_times.csv has, beside the words, part by part
    python tests/benchmarks/lesson_times.py 03 04      # runs these lessons and writes their lines of lesson_times.csv

Seconds are of the kernel's processor and of its children, so a busy machine gives about the same. A check without an
answer is not left out: it says "still to do" at once.
"""

import csv
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
import psutil

from nasbook.course.running import client

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_suffix(".csv")
WORDS_A_MINUTE = 200


def words(cell):
    """The words of one Markdown cell by part: (heading or None for the part before, count)."""
    pieces = re.split(r"^## (.+)$", cell.source, flags=re.M)
    return [(None, len(pieces[0].split()))] + [
        (head, len(text.split())) for head, text in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def lesson(path):
    """heading -> [words, labs, exercises, predictions, numbers of its code cells], in order."""
    here, out = "", {"": [0, 0, 0, 0, []]}
    for i, cell in enumerate(nbformat.read(path, 4).cells):
        if cell.cell_type == "markdown":
            for head, count in words(cell):
                here = here if head is None else head
                out.setdefault(here, [0, 0, 0, 0, []])[0] += count
            out[here][2] += len(re.findall(r"^\*\*Exercise ", cell.source, re.M))
            out[here][3] += len(re.findall(r"^\*\*Predict\.", cell.source, re.M))
        else:
            out[here][1] += len(re.findall(r"nasbook\.lab\(", cell.source))
            out[here][4].append(i)
    return out


def used(process):
    """Seconds of processor, with the children that have ended."""
    t = process.cpu_times()
    return t.user + t.system + t.children_user + t.children_system


def measure(path):
    """number of a code cell -> seconds."""
    notebook, spent = nbformat.read(path, 4), {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NASBOOK_PROGRESS"] = f"{folder}/progress.json"
        with client(notebook, folder) as runner, runner.setup_kernel():
            runner.allow_errors, runner.timeout = True, 1200
            kernel = psutil.Process(runner.km.provisioner.pid)
            for i, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    before = used(kernel)
                    runner.execute_cell(cell, i)
                    spent[i] = used(kernel) - before
    return spent


def table():
    if not TABLE.exists():
        return []
    with TABLE.open() as file:
        return [(r["lesson"], int(r["cell"]), float(r["seconds"])) for r in csv.DictReader(file)]


def main(numbers):
    for number in numbers:
        (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        new = [(number, i, round(s, 1)) for i, s in measure(path).items()]
        rows = sorted([r for r in table() if r[0] != number] + new)
        with TABLE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("lesson", "cell", "seconds"), *rows])
    seconds = {(n, i): s for n, i, s in table()}
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        number = path.name[:2]
        if numbers and number not in numbers:
            continue
        print(f"{path.stem}")
        for head, (count, labs, exercises, asked, cells) in lesson(path).items():
            compute = sum(seconds.get((number, i), 0.0) for i in cells)
            print(
                f"  {count / WORDS_A_MINUTE:5.1f} min read {compute:6.1f} s compute {labs} labs {asked} predictions "
                f"{exercises} exercises  {head}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
