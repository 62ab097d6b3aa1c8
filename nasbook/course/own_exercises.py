"""Exercises of your own, in five lines, checked as those of the lessons are.

    @nasbook.course.own("class.mean", "Write <code>mean(x)</code>: the mean of some numbers.", on=[[1, 2, 3], [4.0]])
    def mean(x):
        return sum(x) / len(x)

    mean.check(answer)                       # nasbook.exercise("class.mean").check() in the learner's notebook

The function is the solution. An answer is tried on the same inputs, and must give the same. Typical mistakes are told
apart: `mistakes={"That is the sum: divide it by how many there are.": lambda x: sum(x)}`.

Such exercises stand in a file; `seal` makes of it one in which nothing can be read in passing, and `use` opens either
kind in the learner's notebook. Sealing keeps an honest eye from a solution, and no more.
"""

from __future__ import annotations

import ast
import base64
import binascii
import copy
import html
import inspect
import json
import linecache
import re
import textwrap
import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nasbook.course.exercises import Exercise, run_cell
from nasbook.course.predictions import Question
from nasbook.files import newer, parse_json, read_bytes, write_text

SCHEMA = "nasbook/exercises@1"
DRAWS = 5  # inputs, where they are drawn
FAILURES = (Exception, SystemExit)  # of a function or file of somebody else's
T = TypeVar("T")
Function = Callable[..., Any]
Inputs = Sequence[object] | Callable[[np.random.Generator], object]
EXERCISES: dict[str, Exercise] = {}  # name -> exercise, of those that are in use
QUESTIONS: dict[str, Question] = {}


def own(
    name: str,
    prompt: str,
    on: Inputs,
    mistakes: Mapping[str, Function] | None = None,
    hints: tuple[str, str] | None = None,
    why: str = "That is it.",
) -> Callable[[Function], Exercise]:
    """Make an exercise of the function below it, which is its solution; prompt and hints may hold <code>, <b>, <i>.

    on: the inputs to try, each a tuple of arguments or the only argument; or a function of a NumPy generator that
    draws one, so that no answer can be learnt by heart. mistakes: what to say -> a function that makes this mistake.
    Numbers agree within a millionth. Where the solution returns None, what it makes of its input is compared.
    ValueError, in one sentence, for a name that the course has or that is no name, for no inputs, for a solution whose
    first line does not stand on its own, and for a mistake that is none."""
    _named(name)
    if wrong := _unusable(prompt, on, mistakes, hints, why):
        raise ValueError(f"exercise {name}: {wrong}")

    def make(right: Function) -> Exercise:
        told = dict(mistakes or {})
        first = _inputs(on)[0]
        of = f"<code>{right.__name__}({html.escape(', '.join(map(_shown, first)))})</code>"
        result, left = _called(right, first)
        gives = f"is {_shown(result)}" if result is not None else f"makes of its input {_shown(left)}"
        made = Exercise(
            name=name,
            prompt=prompt,
            answer=right.__name__,
            test=lambda answer: _check(answer, right, on, told),
            hints=hints
            or (
                f"{of} {html.escape(gives)}.",
                "It is tried on several inputs: what is right for one of them only does not pass.",
            ),
            stub=f"def {right.__name__}{_signature(right)}:\n    return ...",
            solution=_source(right),
            why=why,
        )
        try:
            run_cell(made.stub)
        except Exception:
            must = "its solution must be a def, with defaults such as 3 or None"
            raise ValueError(f"exercise {name}: {must}, not {made.stub.splitlines()[0]:.60}") from None
        for sentence, wrong in told.items():
            if _right(wrong, right, on):
                raise ValueError(f"exercise {name}: the mistake {sentence!r:.60} gives what is right on all inputs")
        EXERCISES[name] = made
        return made

    return make


def _named(name: str) -> None:
    """ValueError for what is no name, or a name of the course's lessons."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r:.60} is no name for an exercise of yours: it must be text, such as class.mean")
    lesson = re.match(r"(\d\d)\.", name)
    taken = lesson is not None and find_spec(f"nasbook.course.lessons.lesson_{lesson[1]}") is not None
    if taken or not re.fullmatch(r"[\w-]{1,20}\.[\w-]{1,20}", name):
        must = "must look like class.mean, and begin with no number of a lesson"
        raise ValueError(f"{name!r:.60} is no name for an exercise of yours: it {must}")


def _unusable(prompt: object, on: object, mistakes: object, hints: object, why: object) -> str:
    """What is wrong with the arguments of `own`, or ""."""
    if not all(isinstance(text, str) and text.strip() for text in (prompt, why)):
        return "the prompt, and why, must be text"
    if not callable(on) and (isinstance(on, str | Mapping) or not hasattr(on, "__len__") or not len(on)):
        return "name at least one input to try, as a list, such as on=[3, 4], or a function that draws one"
    if hints is not None and not (
        isinstance(hints, list | tuple) and len(hints) == 2 and all(isinstance(h, str) for h in hints)
    ):
        return 'there must be two hints, such as hints=("what to look at", "what to do")'
    if not isinstance(mistakes, Mapping | None) or not all(
        isinstance(said, str) and callable(made) for said, made in (mistakes or {}).items()
    ):
        return 'mistakes must be what to say with the function that makes it, such as {"That is the sum.": sum}'
    return ""


def _question(asked: Question) -> None:
    """ValueError for a question that could not be asked."""
    if not isinstance(asked.text, str) or not callable(asked.judge):
        raise ValueError(f"question {asked.name}: its text must be text, and its judge a function of what was measured")
    options = asked.options
    if not isinstance(options, list | tuple) or not all(isinstance(o, str) for o in options) or len({*options}) < 2:
        raise ValueError(f"question {asked.name}: give at least two different answers, as a tuple of texts")
    if len({*options}) < len(options):
        raise ValueError(f"question {asked.name}: two of its answers are the same")


def _check(answer: object, right: Function, on: Inputs, mistakes: Mapping[str, Function]) -> str | None:
    """What is wrong with an answer, or None."""
    name = right.__name__
    if not callable(answer):
        return f"{name} must be a function, not a {type(answer).__name__}"
    inputs = _inputs(on)
    for given in inputs:
        (got, mine), (expected, left) = _called(answer, given), _called(right, given)
        if (wrong := differs(got, expected)) is None:
            if differs(mine, given) and not differs(left, given):
                return f"{name} has changed what it was given: work on a copy"
            if expected is not None or not (made := differs(mine, left)):
                continue
            wrong = f"works on its input, which afterwards {made}"
        for sentence, mistake in mistakes.items():
            if all(_agree(answer, mistake, each) for each in inputs):
                return sentence
        return f"{name}({', '.join(map(_shown, given))}) {wrong}"
    return None


def differs(got: object, right: object) -> str | None:
    """'must be 2.0, not 6', or None where the two agree: numbers within a millionth, lists like tuples or arrays."""
    must = f"must be {_shown(right)}, not {_shown(got)}"
    got, right = (x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in (got, right))
    if isinstance(right, Mapping):
        if not isinstance(got, Mapping) or got.keys() != right.keys():
            return must
        return must if any(differs(got[k], right[k]) for k in right) else None
    if isinstance(right, list | tuple | np.ndarray):
        if not isinstance(got, list | tuple | np.ndarray):
            return must
        if len(got) != len(right):
            return f"must have {len(right)} elements, not {len(got)}: {must}"
        return must if any(differs(a, b) for a, b in zip(got, right, strict=True)) else None
    if isinstance(right, bool | np.bool_):
        return None if isinstance(got, bool | np.bool_) and bool(got) == bool(right) else must
    if isinstance(right, int | float | complex | np.number):
        if isinstance(got, bool | np.bool_) or not isinstance(got, int | float | complex | np.number):
            return must
        try:
            same = bool(np.isclose(complex(got), complex(right), rtol=1e-6, atol=1e-9, equal_nan=True))
        except OverflowError:  # a whole number that no float holds
            same = bool(got == right)
        return None if same else must
    return None if type(got) is type(right) and bool(got == right) else must


def _inputs(on: Inputs) -> list[tuple[object, ...]]:
    rng = np.random.default_rng()
    drawn = [on(rng) for _ in range(DRAWS)] if callable(on) else list(on)
    return [given if isinstance(given, tuple) else (given,) for given in drawn]


def _called(function: Function, given: tuple[object, ...]) -> tuple[object, tuple[object, ...]]:
    """What a function returns, and its input after the call."""
    mine = copy.deepcopy(given)
    return function(*mine), mine


def _agree(one: Function, other: Function, given: tuple[object, ...]) -> bool:
    try:
        return differs(_called(one, given), _called(other, given)) is None
    except FAILURES:
        return False


def _right(answer: Function, right: Function, on: Inputs) -> bool:
    try:
        return _check(answer, right, on, {}) is None
    except FAILURES:
        return False


def _shown(x: object) -> str:
    try:
        words = " ".join(repr(x).split())
    except Exception:
        words = f"a {type(x).__name__}"
    return words if len(words) <= 80 else words[:80] + "…"


def _signature(function: Function) -> str:
    bare = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()]
    return str(inspect.Signature(bare))


def _source(function: Function) -> str:
    """The function as a cell, without what decorates it; '' where its text is not at hand."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        node = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError):
        return ""
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) if isinstance(node, ast.FunctionDef) else ""


# ---- a file of them ------------------------------------------------------------------------------------------


def seal(path: str | Path, out: str | Path | None = None) -> Path:
    """Write the sealed form of a file of exercises (exercises.py -> exercises.sealed), after it has been tried: each
    solution stands on its own and passes. ValueError, in one sentence, says what does not."""
    path = Path(path)
    text, *_ = tried(path)
    out = Path(out) if out else path.with_suffix(".sealed")
    if out.resolve() == path.resolve():
        raise ValueError(f"{path} would be written over: give its sealed form another name")
    write_text(out, sealed(text))
    return out


def tried(path: Path) -> tuple[str, list[Exercise], list[Question]]:
    """The text of a file of exercises, the exercises, each of which its own solution passes, and the questions."""
    text = _text(path)
    exercises, questions = made_by(path.name, text)
    for exercise in exercises:
        _passes(exercise)
    return text, exercises, questions


def sealed(text: str) -> str:
    """The sealed form of a file's text; always the same for the same text."""
    data = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return json.dumps({"schema": SCHEMA, "sealed": textwrap.wrap(data, 100)}, indent=1) + "\n"


def use(path: str | Path) -> list[str]:
    """Run a file of exercises, sealed or not, as one imports a module, so that `nasbook.exercise` and `nasbook.predict`
    know what is in it: what `own` makes, and lists EXERCISES and QUESTIONS as a lesson's module has them. Returns their
    names. ValueError, in one sentence, for a file that is none."""
    path = Path(path)
    exercises, questions = made_by(path.name, _text(path))
    EXERCISES.update({e.name: e for e in exercises})
    QUESTIONS.update({q.name: q for q in questions})
    return [*(q.name for q in questions), *(e.name for e in exercises)]


def _text(path: Path) -> str:
    """The program of a file, sealed or not."""
    try:
        data = read_bytes(path)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    try:
        if path.suffix == ".py":
            return data.decode("utf-8-sig")
        whole = parse_json(data)
        if not isinstance(whole, dict) or whole.get("schema") != SCHEMA:
            later = newer(whole.get("schema"), SCHEMA) if isinstance(whole, dict) else ""
            raise ValueError(later or f"it lacks the schema {SCHEMA!r}")
        return zlib.decompress(base64.b64decode("".join(whole["sealed"]), validate=True)).decode()
    except (ValueError, KeyError, TypeError, binascii.Error, zlib.error) as error:
        why = error if type(error) is ValueError else "it is damaged"
        raise ValueError(f"{path} is no file of exercises: {why}") from None


def made_by(name: str, text: str) -> tuple[list[Exercise], list[Question]]:
    """The exercises and questions that a program makes. ValueError says where it fails."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)  # for the text of its functions
    before = dict(EXERCISES)
    names: dict[str, object] = {"__name__": Path(name).stem, "__file__": name}
    EXERCISES.clear()
    try:
        exec(compile(text, name, "exec"), names)
        made = dict(EXERCISES)
    except FAILURES as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [1])[-1]
        raise ValueError(f"{name}, line {line}: {type(error).__name__}: {error}") from None
    finally:
        EXERCISES.clear()
        EXERCISES.update(before)
    listed = _listed(name, names, "EXERCISES", Exercise)
    asked = _listed(name, names, "QUESTIONS", Question)
    made |= {e.name: e for e in listed}
    for one in (*names.values(), *listed):
        if isinstance(one, Exercise) and made.get(one.name, one) is not one:
            raise ValueError(f"{name} has two exercises {one.name}: give one of them another name")
    if not made and not asked:
        raise ValueError(f"{name} has no exercise in it: nasbook.course.own makes one")
    for each in (*made, *(q.name for q in asked)):
        _named(each)
    for one in asked:
        _question(one)
    if len({q.name for q in asked}) < len(asked):
        raise ValueError(f"{name} has two questions of one name: give one of them another")
    return list(made.values()), asked


def _listed(file: str, names: Mapping[str, object], what: str, kind: type[T]) -> list[T]:
    """The list that a program has under this name. ValueError where it is another one."""
    found = names.get(what, ())
    if not isinstance(found, list | tuple) or not all(isinstance(one, kind) for one in found):
        raise ValueError(f"{file}: {what} must be a list of nasbook.course.{kind.__name__}")
    return list(found)


def _passes(exercise: Exercise) -> None:
    """ValueError where a solution does not stand on its own, or does not pass."""
    try:
        wrong = exercise.test(run_cell(exercise.solution)[exercise.answer])
    except FAILURES as error:
        wrong = f"{type(error).__name__}: {error} (what it needs must be imported inside of it)"
    if wrong:
        raise ValueError(f"exercise {exercise.name}: its own solution does not pass as a cell of its own: {wrong}")
