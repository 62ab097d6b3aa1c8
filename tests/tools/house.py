"""Draw the house: which room of nasbook imports which, as it is now, into .github/architecture.svg.

    python tests/tools/house.py        # writes it anew; a test compares it

A room stands one floor above the highest room that it imports. `core` are the files of nasbook/ itself, except the
front door (__init__, __main__), which opens to all rooms; `guard`, which runs a search in a process, stands above kit.
"""

import sys
from html import escape
from pathlib import Path
from textwrap import wrap

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_imports import MODULES, arrows_of  # noqa: E402
from test_imports import ROOT as PACKAGE  # noqa: E402

PICTURE = Path(__file__).parents[2] / ".github" / "architecture.svg"
WHAT = {
    "core": "space, trial, trace, task, method, search: what a search is and what it leaves behind",
    "statistics": "several searches: intervals, ranks, tests",
    "kit": "what methods and tasks share: checks, states, threads",
    "guard": "a search in a process that its objective may end",
    "hpo": "hyperparameters: a file a method; parts/",
    "nas": "architectures: a file a strategy; parts/, spaces/",
    "data": "bundled tables with their licences",
    "estimate": "judging for less than a training",
    "tasks": "what is searched: functions, trainings, tables",
    "explain": "what each parameter is worth",
    "automl": "tables to pipelines",
    "scale": "studies: processes, Ray, storage, winners",
    "plots": "a Figure of a trace, a view, a lab",
    "widgets": "the shell of all labs; labs/ has a file each",
    "course": "exercises, predictions, progress, notes",
    "site": "the course as pages without a server",
    "cli": "the command nasbook",
}
WIDTH, MARGIN, GAP, HEIGHT, FLOOR, ROOF = 1080, 40, 12, 78, 88, 120
SIGNS = {"core": "core (nasbook/*.py)", "guard": "guard.py"}


def room(path):
    """The room of a file; None for the front door and for what makes the bundled tables."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[0] in ("__init__", "__main__") or parts[:2] == ("data", "make"):
        return None
    return parts[0] if len(parts) > 1 or parts[0] == "guard" else "core"


def uses():
    """room -> the rooms that it imports."""
    found = {}
    for path in MODULES:
        if here := room(path):
            found.setdefault(here, set()).update(r for to in arrows_of(path) if (r := room(to)) and r != here)
    return found


def floors(found):
    """The rooms of each floor, the ground first. ValueError for a circle."""
    level = {}
    while len(level) < len(found):
        free = [r for r in found if r not in level and found[r] <= level.keys()]
        if not free:
            raise ValueError(f"these rooms import each other: {sorted(found.keys() - level.keys())}")
        level.update({r: 1 + max((level[x] for x in found[r]), default=-1) for r in free})
    return [[r for r in WHAT if level.get(r) == n] for n in range(max(level.values()) + 1)]


def told(found):
    """The house in a sentence for each floor, the ground first."""
    lines = [
        f"{'Ground' if n == 0 else f'Floor {n}'}: "
        + "; ".join(f"{r} (imports {', '.join(sorted(found[r]))})" if found[r] else r for r in rooms)
        for n, rooms in enumerate(floors(found))
    ]
    return "The rooms of nasbook; each imports from lower floors only. " + ". ".join(lines) + "."


def box(x, y, width, name, found):
    lines = [f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{HEIGHT}" rx="6" class="room"/>']
    lines.append(f'<text x="{x + 10:.0f}" y="{y + 22}" class="name">{SIGNS.get(name, f"{name}/")}</text>')
    rows = [("what", line) for line in wrap(WHAT[name], int((width - 16) / 6.1))]
    used = "imports " + ", ".join(r for r in WHAT if r in found[name]) if found[name] else "imports nothing of nasbook"
    rows += [("uses", line) for line in wrap(used, int((width - 16) / 5.6))]
    for i, (kind, line) in enumerate(rows):
        lines.append(f'<text x="{x + 10:.0f}" y="{y + 40 + 13 * i}" class="{kind}">{escape(line)}</text>')
    return lines


def svg(found):
    storeys = floors(found)
    height = ROOF + FLOOR * len(storeys) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-labelledby="title desc" font-family="Helvetica, Arial, sans-serif">',
        f'<title id="title">The house of nasbook</title><desc id="desc">{escape(told(found))}</desc>',
        "<style>.room{fill:#fff;stroke:#0072b2;stroke-width:1.5}.name{font-size:15px;font-weight:bold;fill:#111}"
        ".what{font-size:11.5px;fill:#222}.uses{font-size:10.5px;fill:#555}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<path d="M{MARGIN - 20} {ROOF - 8} L{WIDTH / 2:.0f} 12 L{WIDTH - MARGIN + 20} {ROOF - 8} Z" fill="none" '
        'stroke="#d55e00" stroke-width="3" stroke-linejoin="round"/>',
        f'<text x="{WIDTH / 2:.0f}" y="76" text-anchor="middle" class="name">import nasbook</text>',
        f'<text x="{WIDTH / 2:.0f}" y="96" text-anchor="middle" class="what">'
        "a room opens when it is needed; imports go down only</text>",
    ]
    for n, rooms in enumerate(reversed(storeys)):
        width = (WIDTH - 2 * MARGIN - GAP * (len(rooms) - 1)) / len(rooms)
        for k, name in enumerate(rooms):
            lines += box(MARGIN + k * (width + GAP), ROOF + FLOOR * n, width, name, found)
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(svg(uses()), encoding="utf-8")
