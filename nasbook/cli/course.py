"""`nasbook course`: a folder for a class, and a report on it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from nasbook.cli.lab import notebooks_folder
from nasbook.cli.words import Usage, say, whole


def add(p: argparse.ArgumentParser) -> None:
    commands = p.add_subparsers(dest="what", metavar="new|report|seal|lesson", parser_class=type(p))

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        made.set_defaults(run=run)
        return made

    new = command("new", _new, "write a folder for a class: notebooks, slides, syllabus, handout")
    new.add_argument("out", nargs="?", type=Path, default=Path("class"), metavar="OUT", help="default: class")
    new.add_argument("--lessons", required=True, metavar="01,03", help="the lessons, in the order of the class")
    new.add_argument("--minutes", type=whole(1), default=90, metavar="N", help="of one session (default: 90)")
    new.add_argument("--language", default="", metavar="de", help="take the lessons that are translated in it")
    new.add_argument("--repository", default="", metavar="OWNER/NAME", help="yours on GitHub, for the links to Binder")
    new.add_argument("--exercises", type=Path, metavar="FILE", help="exercises of your own: see nasbook.course.own")
    new.add_argument("--executed", type=Path, metavar="FOLDER", help="lessons that were run, for the slides' pictures")
    new.add_argument("--no-pictures", action="store_true", help="run no lesson: slides have words only")
    new.add_argument("--overwrite", action="store_true", help="write into the folder if it exists")

    seal = command("seal", _seal, "write exercises of your own so that nobody reads them in passing")
    seal.add_argument("file", type=Path, metavar="FILE", help="a file of exercises, e.g. exercises.py")
    seal.add_argument("-o", "--out", type=Path, metavar="FILE", help="default: its name, with .sealed")

    lesson = command("lesson", _lesson, "write a lesson to begin with: notebook, words and teacher's notes")
    lesson.add_argument("name", metavar="NAME", help="such as 40_bandits")
    lesson.add_argument("out", nargs="?", type=Path, metavar="OUT", help="a folder (default: NAME)")
    lesson.add_argument("--title", default="", metavar="TITLE", help="default: the words of NAME")

    report = command("report", _report, "say what a class has done and predicted, from its progress files")
    report.add_argument("files", nargs="+", metavar="FILE", help="progress files, or folders of them")
    report.add_argument("--csv", type=Path, metavar="FILE", help="a table for a gradebook, a line a learner")
    report.add_argument("--out", type=Path, metavar="FOLDER", help="a page with pictures, and the table")
    report.add_argument(
        "--names", action="store_true", help="with what the files are called, and a key to the pseudonyms"
    )
    report.add_argument("--overwrite", action="store_true", help="replace what exists")


def run(_: argparse.Namespace) -> int:
    raise Usage("say what to do: new, report, seal or lesson (nasbook course --help explains it)")


def _new(options: argparse.Namespace) -> int:
    from nasbook.course.teach.folder import new

    if options.executed and options.no_pictures:
        raise Usage("--executed is for the pictures that --no-pictures leaves out: name one of the two")
    notebooks = notebooks_folder()
    if notebooks is None:
        raise Usage("the lessons' notebooks are not here: they come with a checkout of nasbook, so run this in one")
    plan = new(
        options.out,
        options.lessons.split(","),
        options.minutes,
        notebooks,
        options.repository,
        options.overwrite,
        options.exercises,
        not options.no_pictures,
        options.executed,
        say,
        options.language,
    )
    print(f"Wrote {options.out}: student, teacher, slides, syllabus.md, handout.html; begin with README.md.")
    for step, _ in plan.left_out:
        print(f"  left out of {plan.minutes} minutes: {step.lesson.number}, {step.name} ({step.part.minutes} minutes)")
    for lesson in plan.home:
        print(f"  left out of {plan.minutes} minutes: all of {lesson.number}, {lesson.title}")
    if not options.repository:
        say("the links to Binder have OWNER/NAME in them: name your repository with --repository")
    return 0


def _seal(options: argparse.Namespace) -> int:
    from nasbook.course.own_exercises import seal

    print(f"Wrote {seal(options.file, options.out)}: nasbook.course.use opens it in the learners' notebook.")
    return 0


def _lesson(options: argparse.Namespace) -> int:
    from nasbook.course.teach.new_lesson import new

    words, notes, notebook = new(options.name, options.out, options.title)
    print(f"Wrote {notebook}, {words.name} and {notes.name}; the notebook runs as it is.")
    print("In the course they go to notebooks/, nasbook/course/lessons/ and (as lesson_NN.py) nasbook/course/notes/,")
    print("and the title into LESSONS; tests/course holds what a lesson must have.")
    return 0


def _report(options: argparse.Namespace) -> int:
    from nasbook.course.teach.report import report

    if options.names and not (options.csv or options.out):
        raise Usage("--names says whose pseudonym is whose in a file: name one with --csv or --out")
    found = report(*options.files)
    for path, problem in found.problems:
        say(f"{path}: {problem}")
    print(found)
    if options.csv:
        found.to_csv(options.csv, options.names, options.overwrite)
        print(f"Wrote {options.csv}.")
        if options.names and not options.out:
            beside = options.csv.with_name(f"{options.csv.stem}-names.csv")
            print(f"Wrote {found.write_key(beside, options.overwrite)}: whose pseudonym is whose.")
    if options.out:
        print(f"Wrote {found.write(options.out, options.names, options.overwrite) / 'report.html'}.")
    return 0 if found.learners else 1
