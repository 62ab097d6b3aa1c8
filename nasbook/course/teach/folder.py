"""`nasbook course new`: the folder of a class."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from nasbook.course import own_exercises, running, translations
from nasbook.course.lessons import LESSONS
from nasbook.course.teach import lesson as lessons_
from nasbook.course.teach import plan as plans
from nasbook.course.teach import sheets
from nasbook.course.teach.notebooks import as_text, of_exercises, student, teacher
from nasbook.course.teach.pictures import Picture
from nasbook.course.teach.pictures import pictures as pictures_of
from nasbook.course.teach.slides import slides

Shown = dict[int, list[Picture]]
MOST = 24 * 60  # minutes: a session is no longer than a day


def new(
    out: str | Path,
    lessons: Sequence[str],
    minutes: int,
    notebooks: Path,
    repository: str = "",
    overwrite: bool = False,
    exercises: str | Path | None = None,
    pictures: bool = False,
    executed: Path | None = None,
    say: Callable[[str], None] = lambda said: None,
    language: str = "",
) -> plans.Session:
    """Write the folder `out` for a class of these lessons ("01", …) in so many minutes; what the workshop holds.

    pictures: those of the lessons stand on the slides; each lesson is run for them, or taken from the folder
    `executed`, where it was run before. say: told what is run, and where a lesson stopped.
    language: lessons that are translated into it are taken in it ("de"); which are not, `say` is told.
    The same input gives the same bytes. ValueError, in one sentence, for a lesson that there is not, too few minutes, a
    repository that is no OWNER/NAME, exercises of your own that do not pass, and a folder that exists and must not be
    overwritten; nothing is written then.
    """
    chosen = _chosen(lessons)
    if not 1 <= minutes <= MOST:
        raise ValueError(f"a session has between 1 and {MOST} minutes, not {minutes}")
    if repository and not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ValueError(f"a repository is OWNER/NAME, as in its address on GitHub, not {repository!r}")
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; a class needs a folder")
    if out.exists() and any(out.iterdir()) and not overwrite:
        raise ValueError(f"{out} exists; --overwrite writes the class anew there, or name another folder")
    spoken = _translated(chosen, language, say)
    every = {
        n: lessons_.read(notebooks, n, language if n in spoken else "")
        for n in LESSONS
        if n in chosen or any(notebooks.glob(f"{n}_*.ipynb"))
    }
    taken = [every[n] for n in chosen]
    plan = plans.workshop(taken, minutes)
    files = _own(Path(exercises)) if exercises else {}
    shown = _pictures(taken, notebooks, executed, say) if pictures or executed else {}
    files |= _files(taken, every, plan, repository, out.resolve().name, bool(exercises), shown, language)
    _write(out, files)
    return plan


def _chosen(lessons: Sequence[str]) -> list[str]:
    """The numbers, each once, in the order given."""
    named = [n.strip() for n in lessons if n.strip()]
    if unknown := [n for n in named if n.zfill(2) not in LESSONS]:
        raise ValueError(f"there is no lesson {unknown[0]!r:.40}; there are {min(LESSONS)} to {max(LESSONS)}")
    if not named:
        raise ValueError("name at least one lesson, such as --lessons 01,03")
    return list(dict.fromkeys(n.zfill(2) for n in named))


def _files(
    taken: list[lessons_.Lesson],
    every: dict[str, lessons_.Lesson],
    plan: plans.Session,
    repository: str,
    where: str,
    own: bool,
    shown: dict[str, Shown],
    language: str,
) -> dict[str, str]:
    """Name in the folder -> its text."""
    together = {lesson.number: lesson.file for lesson in taken}
    weeks, term = (plans.course(taken, every, n, plan.minutes) for n in (4, 12))
    files = {
        "README.md": sheets.readme(taken, plan, repository, where, own),
        "syllabus.md": sheets.syllabus(plan, weeks, term, taken),
        "handout.html": sheets.handout(plan, repository, where, language),
    }
    for lesson in taken:
        files[f"student/{lesson.file}"] = as_text(student(lesson, together, repository))
        files[f"teacher/{lesson.file}"] = as_text(teacher(lesson, together, repository))
        files[f"slides/{Path(lesson.file).stem}.html"] = slides(lesson, shown.get(lesson.number))
    return files


def _translated(chosen: list[str], language: str, say: Callable[[str], None]) -> list[str]:
    """The lessons that there are in a language; which of the chosen ones are not is said in one sentence."""
    if not language:
        return []
    own = translations.known(language)
    if lacking := [n for n in chosen if not translations.has(language, n)]:
        which, are = sheets.lessons(lacking), "is" if len(lacking) == 1 else "are"
        say(f"{which} {are} not translated into {own}, and {are} taken in English")
    return [n for n in LESSONS if translations.has(language, n)]


def _pictures(
    taken: list[lessons_.Lesson], notebooks: Path, executed: Path | None, say: Callable[[str], None]
) -> dict[str, Shown]:
    """Number of a lesson -> its pictures, by the cell that shows them."""
    if executed:
        return {one.number: pictures_of(running.taken(notebooks / one.path, executed / one.path)) for one in taken}
    found = {}
    with running.copied(notebooks) as there:
        for one in taken:
            say(f"running lesson {one.number} for the pictures on its slides")
            notebook, error = running.run(notebooks / one.path, (there / one.path).parent, frames=1)
            if error:
                say(f"lesson {one.number} stopped, so its slides lack the pictures from there on: {error}")
            found[one.number] = pictures_of(notebook)
    return found


def _own(path: Path) -> dict[str, str]:
    """A teacher's own exercises: to be solved, and solved."""
    text, made, asked = own_exercises.tried(path)
    return {
        "student/exercises.sealed": own_exercises.sealed(text),
        "student/exercises.ipynb": as_text(of_exercises(made, asked, "exercises.sealed", solved=False)),
        "teacher/exercises.py": text,
        "teacher/exercises.ipynb": as_text(of_exercises(made, asked, "exercises.py", solved=True)),
    }


def _write(out: Path, files: dict[str, str]) -> None:
    """All of the files, or none: they are written on the same disk first. What else is in the folder stays."""
    beside = out if out.exists() else out.parent  # a folder that is there may be a disk of its own
    scratch = None
    try:
        beside.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}-", dir=beside))
        for name, text in files.items():
            path = scratch / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if not out.exists():
            scratch.chmod(0o755)
            scratch.rename(out)
            return
        for name in files:
            (out / name).parent.mkdir(exist_ok=True)
            (scratch / name).replace(out / name)
    except OSError as error:
        at = Path(error.filename2 or error.filename or out)
        at = beside if any(part.startswith(f".{out.name[:40]}-") for part in at.parts) else at
        why = (error.strerror or str(error)).lower()
        raise ValueError(f"{at}: {why}, so no class was written into {out}") from None
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
