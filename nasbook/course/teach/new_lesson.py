"""`nasbook course lesson`: a lesson to begin with, which runs, and which passes what the course asks of its lessons.

Three files: the notebook, its words (questions and exercises), and its teacher's notes. Beside each other they work by
themselves; `nasbook.course.use` opens the words. In the course they stand in notebooks/, nasbook/course/lessons and
nasbook/course/notes, and the lesson in LESSONS of nasbook/course/lessons.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable
from pathlib import Path

from nasbook.course import own_exercises
from nasbook.course.lessons import LESSONS
from nasbook.course.teach.notebooks import ABOUT, as_text, code, markdown
from nasbook.space import Json

MARKDOWN, CODE, PROMPT = "markdown", "code", "prompt"
OPEN = 'nasbook.course.use("lesson_NN.py")       # leave this line out once the words stand in nasbook/course/lessons\n'
CELLS: list[tuple[str, str]] = [
    (MARKDOWN, """# NN · TITLE

**After this lesson** you can say in how many of many pairs one search ends lower than another.
**Time:** 30 minutes. **You need:** lesson 00.

A search is a draw of luck. Whoever compares two of them once has compared two draws."""),
    (CODE, 'import numpy as np\nimport nasbook\n\nOPENf = nasbook.task("branin")\nprint(f.space)'),
    (MARKDOWN, "## Predict first"),
    (PROMPT, "NN.q1"),
    (CODE, 'guess = nasbook.predict("NN.q1")\nguess'),
    (CODE, """def best(trials, seed):
    return nasbook.search("random", f, trials=trials, seed=seed).best.value

pairs = [(best(20, seed), best(10, 1000 + seed)) for seed in range(40)]
wins = np.array([1.0 if a < b else 0.5 if a == b else 0.0 for a, b in pairs])
print(f"{wins.mean():.0%} of the pairs")"""),
    (CODE, "guess.reveal(wins)"),
    (MARKDOWN, "## Play\n\nPress **Step**, and guess before each trial whether it will be the lowest so far."),
    (CODE, 'lab = nasbook.lab("race")\nlab'),
    (MARKDOWN, """## The misconception: "more is always better"

On average it is. A single search is no average: say in how many pairs, and of how many."""),
    (MARKDOWN, "## Exercises"),
    *((kind, text) for name in ("running", "wins") for kind, text in (
        (PROMPT, f"NN.{name}"), (CODE, f'nasbook.exercise("NN.{name}")'),
        ("exercise", f"NN.{name}"), ("check", f"NN.{name}"))),
    (MARKDOWN, "## Take it to full scale"),
    (CODE, """trace = nasbook.search("random", f, trials=10, seed=0)
print(trace.export("study_NN.yaml", trials=200, overwrite=True))"""),
    (MARKDOWN, """## What this did not show

- By how much the longer search is better.
- Another function, or another method.

**Read on:** the file of random search, nasbook/hpo/random.py."""),
    (CODE, "nasbook.progress()"),
]  # fmt: skip


def new(name: str, out: str | Path | None = None, title: str = "") -> list[Path]:
    """Write the three files of a lesson named like "40_bandits" into a folder (default: its name); their paths.

    ValueError, in one sentence, for a name that is none or a lesson's, and for files that exist."""
    number = name[:2]
    if not re.fullmatch(r"\d\d_[a-z0-9_]{1,40}", name):
        raise ValueError(f"a lesson is named like 40_bandits: two digits and lower-case words, not {name!r:.60}")
    if number in LESSONS:
        raise ValueError(f"lesson {number} is there: {LESSONS[number]}; take a number after {max(LESSONS)}")
    title = title or name[3:].replace("_", " ").strip().capitalize() or name
    if not title.isprintable() or '"' in title or "\\" in title:
        raise ValueError(f"a title is one line without quotation marks and backslashes, not {title!r:.60}")
    folder = Path(out or name)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; a lesson needs a folder")

    def filled(text: str) -> str:
        return text.replace("NN", number).replace("TITLE", title)

    words = filled(_file("lesson_words.py"))
    texts = {
        f"lesson_{number}.py": words,
        f"notes_{number}.py": filled(_file("lesson_notes.py")),
        f"{name}.ipynb": as_text(_notebook(number, filled, words)),
    }
    if taken := next((folder / n for n in texts if (folder / n).exists()), None):
        raise ValueError(f"{taken} exists; name another folder, or another lesson")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return [folder / n for n in texts]


def _notebook(number: str, filled: Callable[[str], str], words: str) -> Json:
    """The cells, with prompts and stubs as the words have them."""
    exercises, questions = own_exercises.made_by(f"lesson_{number}.py", words)
    asked = {q.name: q.markdown for q in questions} | {e.name: e.markdown for e in exercises}
    stubs = {e.name: e.stub for e in exercises}
    cells = []
    for i, (kind, text) in enumerate(CELLS):
        text, name = filled(text.replace("OPEN", OPEN)), f"lesson{number}-{i:02}"
        if kind == PROMPT:
            cells.append(markdown(asked[text], name, nasbook_prompt=text))
        elif kind == "exercise":
            cells.append(code(stubs[text], name, nasbook={kind: text}))
        elif kind == "check":
            cells.append(code(f'nasbook.exercise("{text}").check()', name, nasbook={kind: text}))
        else:
            cells.append(markdown(text, name) if kind == MARKDOWN else code(text, name))
    return {"cells": cells, "metadata": ABOUT, "nbformat": 4, "nbformat_minor": 5}


def _file(name: str) -> str:
    return (importlib.resources.files("nasbook.course.teach") / name).read_text(encoding="utf-8")
