"""The reference: what a program can call, by autodoc from the docstrings."""

from __future__ import annotations

ROOMS = {  # module: what it is for
    "nasbook": "Spaces, searches, traces, tasks and labs",
    "nasbook.plots": "Pictures",
    "nasbook.scale": "Studies, runs at full scale",
    "nasbook.statistics": "Comparisons and intervals",
    "nasbook.explain": "What parameters are worth",
    "nasbook.estimate": "Estimates of an architecture's worth",
    "nasbook.automl": "Pipelines of scikit-learn",
    "nasbook.course": "Exercises, predictions, progress",
    "nasbook.testing": "Checks for a method of your own",
}


def pages() -> dict[str, str]:
    made = {}
    for module, words in ROOMS.items():
        heading = f"# {module}: {words[0].lower()}{words[1:]}"
        directive = f".. automodule:: {module}\n   :members:\n   :exclude-members: set"
        made[f"reference/{module}"] = f"{heading}\n\n```{{eval-rst}}\n{directive}\n```\n"
    tree = "\n".join(ROOMS)
    rows = "\n".join(f"| [`{module}`]({module}.md) | {words} |" for module, words in ROOMS.items())
    made["reference/index"] = (
        f"# Reference\n\n| module | what for |\n|---|---|\n{rows}\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    )
    return made
