"""What stands on paper: the syllabus, the handout, and what the folder's README tells its teacher."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from nasbook.course.teach.lesson import Lesson
from nasbook.course.teach.pages import as_html, page
from nasbook.course.teach.plan import CLOSING, OPENING, Session
from nasbook.course.translations import phrases, sheet

PLACE = "OWNER/NAME"
PLACEHOLDER = "(your teacher says what stands in the place of OWNER/NAME)"
AIMS = 6  # lessons: of more than these a handout has the titles only, so that it stays one page

HANDOUT = """# What you need today

**Open** <{link}>
{place}
and wait: the first start may take some minutes. Nothing is installed on your computer. What stands idle for ten minutes
is closed, and nothing is kept there: download your progress before you leave.

## How a lesson goes

1. **Predict.** Choose an answer and press *Lock my answer*, before you run the next cell. Wrong guesses cost nothing.
2. **Run** cell by cell: Shift + Enter.
3. **Explain** to your neighbour why it came out so.
4. **Play** with the labs: Play, Pause, Step, and the slider below the picture to go back.
5. **Exercises:** replace `...` in the cell, run it, run the check below it. It says what is wrong.

## Today

{today}

## Hand in

Run the last cell of each notebook, `nasbook.progress()`. In the last one press *Download my progress*; the file
`nasbook_progress.json` holds all lessons of the day: what you predicted, and which exercises you passed. Your name is
not in it. To go on another day, press *Restore* there and choose the file.
"""


def binder(repository: str, path: str) -> str:
    """The link that opens a file of the repository in JupyterLab on Binder."""
    return f"https://mybinder.org/v2/gh/{repository or PLACE}/HEAD?urlpath={quote(f'lab/tree/{path}', safe='')}"


def syllabus(plan: Session, weeks: list[Session], term: list[Session], chosen: Sequence[Lesson]) -> str:
    """Markdown: one workshop, four weeks, a term."""
    names = ", ".join(lesson.number for lesson in chosen)
    lines = [
        f"# Syllabus: lessons {names}",
        "",
        f"Minutes of a session include {OPENING} to open the notebooks and {CLOSING} to hand the progress in.",
        "",
        f"## One workshop of {plan.minutes} minutes",
        "",
        *_table(plan),
        "",
        *_left_out(plan),
    ]
    for title, sessions, count in (("Four weeks", weeks, 4), ("A term of twelve weeks", term, 12)):
        lines += ["", f"## {title}, {plan.minutes} minutes each", "", *_weeks(sessions, chosen, count)]
    return "\n".join(lines) + "\n"


def _table(plan: Session) -> list[str]:
    rows, at = ["| from minute | for | lesson | part |", "|---|---|---|---|"], OPENING
    rows.append(f"| 0 | {OPENING} | | open the notebooks |")
    for step in plan.steps:
        rows.append(f"| {at} | {step.part.minutes} | {step.lesson.number} | {step.name} |")
        at += step.part.minutes
    if plan.left_out:
        rows.append(f"| {at} | {len(plan.left_out)} | | a minute for each part that is left out |")
        at += len(plan.left_out)
    if plan.spare:
        rows.append(f"| {at} | {plan.spare} | | questions |")
        at += plan.spare
    return [*rows, f"| {at} | {CLOSING} | | download the progress, hand it in |"]


def _left_out(plan: Session) -> list[str]:
    if not plan.left_out and not plan.home:
        return ["Nothing was left out."]
    gone = [
        f"- Lesson {step.lesson.number}, {step.name} ({step.part.minutes} minutes): {instead}"
        for step, instead in plan.left_out
    ]
    home = [
        f"- Lesson {lesson.number}, {lesson.title}, all {lesson.minutes} minutes: at home, or another day."
        for lesson in plan.home
    ]
    return ["**Left out, to fit:**", "", *gone, *home]


def _weeks(sessions: list[Session], chosen: Sequence[Lesson], count: int) -> list[str]:
    known = {lesson.number for lesson in chosen}
    rows = ["| week | minutes | lessons |", "|---|---|---|"]
    for week, session in enumerate(sessions, 1):
        rows.append(f"| {week} | {session.used} | {'; '.join(_extent(session, one) for one in session.lessons)} |")
    more = sorted({s.lesson.number for session in sessions for s in session.steps} - known)
    home = [
        f"- Lesson {s.lesson.number}, {s.name} ({s.part.minutes} minutes): at home."
        for session in sessions
        for s, _ in session.left_out
    ]
    words = []
    if more:
        words = ["", f"There was room for {lessons(more)}, too; `nasbook course new --lessons` takes them."]
    if len(sessions) < count:
        words += ["", f"Of {count} weeks {count - len(sessions)} are free: for questions, or for a project."]
    return [*rows, *words, *(["", "**Left out, to fit:**", "", *home] if home else [])]


def _extent(session: Session, lesson: Lesson) -> str:
    """Which part of a lesson a session has."""
    held = [s for s in session.steps if s.lesson is lesson]
    begins, ends = held[0].part is lesson.parts[0], held[-1].part is lesson.parts[-1]
    name = f"**{lesson.number}** {lesson.title}"
    if begins and ends:
        return name
    words = [] if begins else [f"from “{held[0].name}”"]
    words += [] if ends else [f"up to “{held[-1].name}”"]
    return f"{name}, {' '.join(words)}"


def lessons(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"lesson {numbers[0]}"
    return f"lessons {', '.join(numbers[:-1])} and {numbers[-1]}"


def handout(plan: Session, repository: str, where: str, language: str = "") -> str:
    """One page to print, in the language of the class."""
    link = binder(repository, f"{where}/student/{plan.lessons[0].file}")
    say = phrases(language)
    many = len(plan.lessons) + len(plan.home) > AIMS
    aims = "\n".join(
        f"- **{lesson.number} · {lesson.title}**" + ("" if many else f"**.** {say('After it')} {lesson.aim}")
        for lesson in plan.lessons
    )
    home = "".join(f"\n- *{say('At home')}:* **{lesson.number} · {lesson.title}**" for lesson in plan.home)
    today = f'<div class="{"many" if many else "few"}">{as_html(aims + home).strip()}</div>'
    place = "" if repository else sheet(language, "PLACE", PLACEHOLDER)
    text = sheet(language, "HANDOUT", HANDOUT).format(link=link, place=place, today=today)
    return page("Handout", f"<main>\n{as_html(text)}\n</main>", "sheet", language)


def readme(lessons: Sequence[Lesson], plan: Session, repository: str, where: str, own: bool) -> str:
    """Markdown, for the teacher. own: there are exercises of their own."""
    links = "\n".join(
        f"- {lesson.number}: <{binder(repository, f'{where}/student/{lesson.file}')}>" for lesson in lessons
    )
    todo = (
        f"The links lead to the repository {repository}."
        if repository
        else "Put your repository for OWNER/NAME, or write the folder anew with `--repository OWNER/NAME`."
    )
    exercises = "- `exercises.ipynb` in both: your own exercises; the learners' are sealed.\n" if own else ""
    return f"""# A class of {plan.minutes} minutes: lessons {", ".join(lesson.number for lesson in lessons)}

- `student/`: the notebooks without solutions.
- `teacher/`: the same with solutions, talking points, timings, typical wrong answers and what to say. Keep it to
  yourself: what is pushed to a public repository can be read by the class.
{exercises}- `slides/`: open in a browser; arrow keys, N shows your notes, print to get a PDF. They need no network.
- `syllabus.md`: this workshop, four weeks, a term, and what was left out to fit.
- `handout.html`: one page to print.

## Binder

Binder builds a repository that has nasbook's `binder/` folder at its root: make a copy of nasbook's repository, put
`student/` into it as `{where}/student`, and push. {todo}

{links}

## Afterwards

Collect the progress files in a folder, one a learner, and

    nasbook course report progress/*.json --out report

says who has done what, what the class had predicted, and which exercises failed, under pseudonyms; `--csv grades.csv`
writes a table for a gradebook. `nasbook.course.report("progress")` shows the same in a notebook.
"""
