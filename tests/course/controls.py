"""A learner who locks every prediction and presses everything: what a notebook's run is told by injected cells.

    python tests/course/controls.py [LESSON ...]      # runs the notebooks untouched, and keeps what came out in outcomes.json

`run(path)` runs a notebook in a kernel of its own; tests/course/moved.py has nbval run it with all that moves.
`move_all()` moves every control of every lab, the controls under "More" and those of the lab's own included.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "notebooks"
OUTCOMES = Path(__file__).with_name("outcomes.json")
LOCK = "from course.controls import lock_all; lock_all()"
MOVE = "from course.controls import move_all; n = move_all(); assert n >= 5, f'hardly a control was moved: {n}'; del n"
CLOCK = {"14.q5", "21.q1"}  # measured on this machine: another day, another answer
KEPT = json.loads(OUTCOMES.read_text(encoding="utf-8")) if OUTCOMES.exists() else {}
_moved: set[int] = set()  # the labs that have been moved in this kernel


def lock_all(but: str = "") -> None:
    """Lock the first answer of every prediction that is open, but for the one of this name."""
    from nasbook.course import Prediction

    for prediction in (x for x in gc.get_objects() if isinstance(x, Prediction)):
        if prediction.answer is None and prediction.name != but:
            prediction.lock(0)


def move_all() -> int:
    """Move every control of every lab that there is, and step each lab once; the number of controls moved."""
    from nasbook.widgets.shell import Lab

    labs = [x for x in gc.get_objects() if isinstance(x, Lab)]
    fresh = [lab for lab in labs if id(lab) not in _moved]
    _moved.update(map(id, labs))
    return sum(map(move, fresh))


def move(lab: Any) -> int:
    n = 0
    for widget in reversed(controls(lab)):  # the task stands first: the others are moved while a step is cheap
        if not getattr(widget, "disabled", False) and (value := another(widget)) is not None:
            widget.value = value
            n += 1
    try:
        lab.step(1)
    except Exception as error:  # what a lab does with its settings is tested with the labs
        print(f"{type(lab).__name__}: {error}")
    return n


def controls(widget: Any) -> list[Any]:
    """All widgets below one that hold a value."""
    below = [w for child in getattr(widget, "children", ()) for w in controls(child)]
    return below + ([widget] if hasattr(widget, "value") and hasattr(widget, "description") else [])


def another(widget: Any) -> Any:
    """A value that the control does not have now; None if it has but one."""
    options = getattr(widget, "_options_values", None)
    if options is not None:
        if isinstance(widget.index, tuple):  # several at once
            return tuple(options[:1])
        rest = [o for o in options if o != widget.value]
        return rest[-1] if rest else None
    if isinstance(widget.value, bool):
        return not widget.value
    low, high = getattr(widget, "min", None), getattr(widget, "max", None)
    if isinstance(widget.value, int | float) and low is not None and high is not None:
        if hasattr(widget, "base"):  # a logarithmic slider: its ends are exponents
            low, high = widget.base**low, widget.base**high
            return float((low * high) ** 0.5) if abs(widget.value / (low * high) ** 0.5 - 1) > 0.01 else float(low)
        step = getattr(widget, "step", None) or 1
        return type(widget.value)(low if widget.value != low else low + step)
    return None


def run(path: Path) -> dict[str, str]:
    """Question -> outcome of a run of a notebook from top to bottom; raises what a cell raises."""
    import nbformat  # here, because each notebook's kernel imports this file: a second of its time
    from nbclient import NotebookClient
    from warm import warm_kernels

    notebook, cells = nbformat.read(path, 4), []
    for cell in notebook.cells:
        cells.append(copy.deepcopy(cell))
        if cell.cell_type == "code" and "nasbook.predict(" in cell.source:
            cells.append(nbformat.v4.new_code_cell(LOCK))
    notebook.cells = cells
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress.json"
        own = {
            "NASBOOK_PROGRESS": str(progress),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]),
        }
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}})
        with warm_kernels():
            client.execute(env={**os.environ, **own})
        entries = json.loads(progress.read_text(encoding="utf-8"))["entries"]
    return {name: entry["outcome"] for name, entry in sorted(entries.items()) if "answer" in entry}


def without_clock(outcomes: dict[str, str]) -> dict[str, str]:
    return {name: outcome for name, outcome in outcomes.items() if name not in CLOCK}


def shows_lab(source: str) -> bool:
    """Does a cell show a lab?"""
    last = source.strip().splitlines()[-1]
    return "nasbook.lab(" in source and (last.startswith("nasbook.lab(") or last.isidentifier())


def main(lessons: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does
    kept = KEPT
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not lessons or path.name[:2] in lessons:
            kept = {k: v for k, v in kept.items() if k[:2] != path.name[:2]} | run(path)
            print(path.name, flush=True)
            OUTCOMES.write_text(
                json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
