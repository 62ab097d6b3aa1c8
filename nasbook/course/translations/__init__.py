"""Lessons in other languages: other words, the same checks, the same progress.

    nasbook.exercise("de/01.distinct")
    nasbook.predict("de/01.q1")

A translated lesson is a module `LANGUAGE/lesson_NN.py`: the texts of its questions and exercises, and SENTENCES, pairs
of a pattern of what its checks and outcomes say in English and the words for it. `LANGUAGE/__init__.py` has the pairs
of buttons and notes. Nothing is checked twice over: the English check judges, its sentence is translated. Progress is
kept under the lesson's names and in its English words, so that a class in two languages is one class.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nasbook.course.exercises import NOT_GIVEN, Exercise, Result
from nasbook.course.predictions import Outcome, Prediction, Question
from nasbook.course.record import Record
from nasbook.course.still import outcome_html, question_html
from nasbook.space import Json
from nasbook.widgets.still import wanted

if TYPE_CHECKING:
    from ipywidgets import VBox, Widget

    from nasbook.widgets.shell import Lab


def languages() -> dict[str, str]:
    """The folders beside this file -> what the language calls itself."""
    codes = [found.name for found in pkgutil.iter_modules(__path__) if found.ispkg]
    return {code: importlib.import_module(f"{__name__}.{code}").NAME for code in codes}


LANGUAGES = languages()


@dataclass(frozen=True)
class Asked:
    """A question's words; `options` in the order of the English ones."""

    text: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """An exercise's words."""

    prompt: str
    hints: tuple[str, str]
    why: str


class Phrases:
    """Says a text in another language, phrase by phrase; what no pattern knows stays as it is."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = [(re.compile(pattern, re.S), words) for pattern, words in pairs]

    def __call__(self, text: str) -> str:
        for pattern, words in self.pairs:
            text = pattern.sub(words, text)
        return text


def phrases(language: str) -> Phrases:
    """What buttons and notes say in every lesson. Where there is no such language, all stays as it is."""
    return Phrases(*importlib.import_module(f"{__name__}.{language}").SENTENCES) if language in LANGUAGES else Phrases()


def known(language: str) -> str:
    """What a language calls itself. ValueError where there is none of this code."""
    if language not in LANGUAGES:
        raise ValueError(f"there is no language {language!r:.20}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[language]


def has(language: str, number: str) -> bool:
    """Is this lesson translated?"""
    return find_spec(f"{__name__}.{language}.lesson_{number}") is not None


def said(language: str, number: str, what: str, name: str, english: str) -> str:
    """An entry of a table in a lesson's module, such as ASKS; English where it has none."""
    if not language or not has(language, number):
        return english
    return str(getattr(translated(language, number)[0], what, {}).get(name, english))


def sheet(language: str, what: str, english: str) -> str:
    """A whole text of a language's module, such as HANDOUT; English where it has none."""
    return str(getattr(importlib.import_module(f"{__name__}.{language}"), what, english)) if language else english


def same_code(one: str, other: str) -> bool:
    """Do two cells do the same? Their words may differ: strings that are no names, comments, and the language."""
    return _bare(one) == _bare(other)


def _bare(source: str) -> str:
    """A cell without its words; ValueError where it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"it is no Python (line {error.lineno}: {error.msg})") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = re.sub(r"^[a-z]{2}/(?=[\w.-]+$)", "", node.value)
            node.value = name if re.fullmatch(r"[\w.-]+", name) else "…"
        elif isinstance(node, ast.Call):
            node.keywords = [k for k in node.keywords if k.arg != "language"]
    return ast.dump(tree)


def title(language: str, number: str, english: str) -> str:
    """The title of a lesson, English where it is not translated."""
    if not language or not has(language, number):
        return english
    return str(getattr(translated(language, number)[0], "TITLE", english))


def translated(language: str, name: str) -> tuple[ModuleType, Phrases]:
    """The module with a lesson's words, and its phrases. ValueError where there is none."""
    spoken_here = known(language)
    if not re.fullmatch(r"\d\d", name[:2]) or not has(language, name[:2]):
        raise ValueError(f"lesson {name[:2]} has no translation into {spoken_here}")
    lesson = importlib.import_module(f"{__name__}.{language}.lesson_{name[:2]}")
    own = importlib.import_module(f"{__name__}.{language}")
    return lesson, Phrases(*lesson.SENTENCES, *own.SENTENCES)


def exercise(language: str, found: Exercise) -> Exercise:
    """An exercise in another language."""
    words: Task = _entry(language, "EXERCISES", found.name)
    _, say = translated(language, found.name)
    kept = {f.name: getattr(found, f.name) for f in fields(Exercise)}
    return Spoken(**{**kept, "prompt": words.prompt, "hints": words.hints, "why": words.why}, say=say)


def asked(language: str, question: Question) -> Question:
    """A question with its words in another language; "" for English."""
    if not language:
        return question
    words: Asked = _entry(language, "QUESTIONS", question.name)
    if len(words.options) != len(question.options):
        count = f"{len(words.options)} answers in {known(language)}, and not {len(question.options)}"
        raise ValueError(f"question {question.name} has {count}")
    return Question(question.name, words.text, words.options, question.judge)


def _entry(language: str, table: str, name: str) -> Any:
    """The words of a question or an exercise. ValueError where they are missing."""
    found = getattr(translated(language, name)[0], table, {}).get(name)
    if found is None:
        where = f"{table} of {language}/lesson_{name[:2]}.py lacks it"
        raise ValueError(f"{name} has no words in {known(language)}: {where}")
    return found


def prediction(language: str, question: Question) -> Prediction:
    """A question in another language, ready to be locked."""
    _, say = translated(language, question.name)
    return SpokenPrediction(question, asked(language, question), say)


def lab(language: str, shown: Lab) -> Lab:
    """A lab whose controls, state and sentences speak another language, as far as its `labs` has words for them."""
    known(language)
    own = f"{__name__}.{language}.labs"
    if find_spec(own) is not None:
        words = importlib.import_module(own)
        with shown._silently():
            spoken(shown, Phrases(*words.SHELL, *words.LABS.get(shown.name, ())))
    return shown


def prompts(language: str, questions: Sequence[Question], exercises: Sequence[Exercise]) -> dict[str, str]:
    """Name -> Markdown of a lesson's questions and exercises, as its notebook in this language has them."""
    found = {}
    for q in questions:
        _, say = translated(language, q.name)
        found[f"{language}/{q.name}"] = say(asked(language, q).markdown)
    return found | {f"{language}/{e.name}": exercise(language, e).markdown for e in exercises}


@dataclass
class Spoken(Exercise):
    """An exercise whose check and buttons speak another language."""

    say: Callable[[str], str] = str

    def check(self, answer: object = NOT_GIVEN) -> Result:
        if answer is NOT_GIVEN:
            answer = sys._getframe(1).f_globals.get(self.answer, NOT_GIVEN)
        found = super().check(answer)
        return SpokenResult(found.passed, found.message if found.passed else self.say(found.message), self.say)

    @property
    def markdown(self) -> str:
        return self.say(super().markdown)

    def show(self) -> VBox:
        return spoken(super().show(), self.say)

    def _html(self) -> str:
        return self.say(super()._html())

    @property
    def _plain(self) -> str:
        return self.say(super()._plain)


@dataclass(frozen=True, repr=False)
class SpokenResult(Result):
    """What a check found, in another language."""

    say: Callable[[str], str] = str

    def _repr_html_(self) -> str:
        return self.say(super()._repr_html_())


class SpokenPrediction(Prediction):
    """A question that is asked, locked and answered in another language, and recorded in English."""

    def __init__(self, question: Question, words: Question, say: Callable[[str], str]) -> None:
        def judge(*measured: object) -> tuple[int, str]:
            which, why = question.judge(*measured)
            return which, say(why)

        self.asked, self.words, self.say = question, words, say
        record = Mirrored(question.name, words.options, question.options)
        super().__init__(question.name, words.text, words.options, record, judge)

    def _build(self) -> None:
        super()._build()
        spoken(self.widget, self.say)

    def _html(self, unlocked: bool = False) -> str:
        locked = None if unlocked else self.answer
        return question_html(self.name, self.options, self._asked, locked, self.asked.options, self.say)

    @property
    def _plain(self) -> str:
        return self.say(super()._plain)

    def again(self) -> Prediction:
        super().again()
        return SpokenPrediction(self.asked, self.words, self.say)

    def reveal(self, *measured: object) -> Outcome:
        found = super().reveal(*measured)
        return SpokenOutcome(found, self.say, self.asked.options[self.options.index(found.outcome)])


class SpokenOutcome(Outcome):
    """An outcome in another language."""

    def __init__(self, outcome: Outcome, say: Callable[[str], str], kept: str) -> None:
        self.__dict__.update(vars(outcome))
        self._say, self._kept = say, kept

    @property
    def sentence(self) -> str:
        return self._say(super().sentence)

    def __repr__(self) -> str:
        return self._say(super().__repr__())

    def _repr_html_(self) -> str:
        if wanted():
            return outcome_html(self.name, self.outcome, self.why, self._kept, self._say)
        return self._say(super()._repr_html_())


class Mirrored(Record):
    """A record that shows the options of one question in another language and keeps them in English."""

    def __init__(self, name: str, options: Sequence[str], english: Sequence[str]) -> None:
        super().__init__()
        self._name = name
        self._here, self._there = dict(zip(english, options, strict=True)), dict(zip(options, english, strict=True))

    def read(self) -> dict[str, Json]:
        entries = super().read()
        return {k: _turned(v, self._here) if k == self._name else v for k, v in entries.items()}

    def revise(self, name: str, facts: Callable[[Json], Json]) -> None:
        super().revise(name, lambda old: _turned(facts(_turned(old, self._here)), self._there))


def _turned(facts: Json, words: dict[str, str]) -> Json:
    return {k: words.get(v, v) if isinstance(v, str) else v for k, v in facts.items()}


def spoken(widget: Widget, say: Callable[[str], str]) -> Widget:
    """A widget whose words, and those of all below it, are said in another language, now and whenever they change."""
    import ipywidgets as w

    for child in getattr(widget, "children", ()):
        spoken(child, say)
    if isinstance(widget, w.Dropdown):
        value, labels = widget.value, widget._options_labels
        if (own := tuple(map(say, labels))) != labels:
            widget.options = tuple(zip(own, widget._options_values, strict=True))
            widget.value = value
    for trait in ("description", "tooltip", *(["value"] if isinstance(widget, w.HTML) else [])):
        if isinstance(getattr(widget, trait, None), str):

            def translate(_: object = None, trait: str = trait) -> None:
                setattr(widget, trait, say(getattr(widget, trait)))

            translate()
            widget.observe(translate, trait)
    return widget
