"""A study: what to search, with what, how long, on what. A YAML file that people read and edit.

    study = load_study("study.yaml")        # every error names the file, the line, the path and what would be right
    study.save("other.yaml")

Its keys and their values are in study_schema.py; what no schema can say is asked in study_checks.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from nasbook.files import write_text
from nasbook.scale import yaml12
from nasbook.scale.study_checks import problems, problems_of_space
from nasbook.scale.study_errors import Place, StudyError, error_at, line_of, located
from nasbook.scale.study_schema import SCHEMA, Plan, as_written
from nasbook.scale.trust import Trust
from nasbook.space import Json, Space


class Study(Plan):
    """What to search, with what, how long, and on what."""

    def __eq__(self, other: object) -> bool:
        """The same study, wherever it lies."""
        return self.model_dump() == other.model_dump() if isinstance(other, Study) else NotImplemented

    def check(
        self, file: str = "the study", lines: Mapping[Place, int] | None = None, trust: Trust | None = None
    ) -> None:
        """Raise StudyError for the first thing that would keep the study from running.

        This looks and runs nothing: of a task of the user only the source is read. With `trust`, as before a run, the
        task is imported and made, and asked as well."""
        try:
            for text, *path in problems(self, trust):
                raise error_at(str(text), file, tuple(path), lines or {})
        except StudyError:
            raise
        except (Exception, RecursionError) as error:  # whatever a method or a task says of values that nobody expects
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise StudyError(f"it cannot be checked ({said:.200})", file) from error

    # ---- as a file -------------------------------------------------------------------------------------

    def to_dict(self) -> Json:
        """Plain JSON types, as in the file: without what is None or empty and may be left out."""
        row = self.model_dump(by_alias=True)
        for key in ("fidelity", "budget", "resources", "seeds", "tracking", "provenance"):
            if row[key]:
                row[key] = {k: _whole(v) for k, v in row[key].items() if v is not None and v != []}
        row["task"] = self.task.as_written()
        row["space"] = {name: as_written(p) for name, p in self.space.items()}
        if self.scale:
            row["scale"] = {k: v for k, v in row["scale"].items() if v} | {
                "by": {k: _whole(v) for k, v in self.scale.by.items()}
            }
        row |= {"packed": None} if self.packed == 1 else {}
        return {k: v for k, v in row.items() if v is not None and (v or k not in ("notes", "first"))}

    def to_yaml(self, head: str = "") -> str:
        """The file, with a comment above each section; `head` is a comment on top."""
        lines = ["# A study for nasbook. Run it with:  nasbook run FILE --out DIR", *head.splitlines()]
        text = "\n".join(line if line.startswith("#") else f"# {line}".rstrip() for line in lines) + "\n\n"
        for key, value in self.to_dict().items():
            if comment := COMMENTS.get("first, rescaled" if key == "first" and self.scale else key):
                text += "\n" + "".join(f"# {line}\n" for line in comment.splitlines())
            text += yaml12.dump({key: value})
        return text

    def save(self, path: str | Path, *, overwrite: bool = False, head: str = "") -> Path:
        """Write the file; StudyError if it exists, unless `overwrite`."""
        path = Path(path)
        if path.is_dir():
            raise StudyError("this is a folder; a study is a file, e.g. study.yaml", str(path))
        if path.exists() and not overwrite:
            hint = "overwrite=True (--overwrite) replaces it, another name keeps it"
            raise StudyError(f"the file exists; {hint}", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, self.to_yaml(head))
        return path


COMMENTS = {
    "task": "What is searched: a built-in task (nasbook list tasks) or package.module:function, and its arguments;\n"
    "or a command line, whose {name} are filled in.",
    "space": "The parameters: float, int, choice, constant. `when`: exists only if the parent has that value.",
    "method": "How to search (nasbook list methods), and its settings.",
    "fidelity": "How thoroughly a trial is evaluated: `max` is the full effort.",
    "budget": "When to stop: trials to start, hours after which none is started. timeout: seconds for one trial.\n"
    "max_failures: how often a trial is started again after its process has died.",
    "workers": "Processes that evaluate trials side by side.",
    "packed": "Trials that each of them trains at once, as one network, where task and method allow it.",
    "resources": "For each of them: threads, GPUs (0.5: two share one), and the device.",
    "seeds": "The same seeds give the same search. training: one seed for all trainings, or left out.",
    "first": "These configurations come first; they were the best ones in the notebook.",
    "first, rescaled": "These configurations come first; they were the best ones in the notebook, rescaled.",
    "scale": "By what this is larger than the notebook's search, by which rules, and what is not known.",
    "tracking": "Who is told of the run as it goes: tensorboard, mlflow, wandb; each true, or a place of your own.",
    "provenance": "Where this study comes from.",
}


def _whole(value: object) -> object:
    """2 rather than 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def load_study(path: str | Path, *, check: bool = True, trust: Trust | None = None) -> Study:
    """Read a study. StudyError names the file, the line, the path and what would be right.

    Reading runs nothing that the file names. check: look the method and the task up, too. trust: as in Study.check."""
    file = str(path)
    data, lines = _read(path)
    study = validate(data, file, lines)
    study._folder = Path(path).resolve().parent
    if check:
        study.check(file, lines, trust)
    return study


def parse_study(text: str, file: str = "the study") -> Study:
    """A study from YAML text; checked for form only."""
    data, lines = _parse(text, file)
    return validate(data, file, lines)


def _read(path: str | Path) -> tuple[object, dict[Place, int]]:
    """What stands in a file, and on which lines."""
    file = str(path)
    try:
        return _parse(Path(path).read_bytes().decode("utf-8-sig"), file)
    except FileNotFoundError:
        raise StudyError("there is no such file", file) from None
    except IsADirectoryError:
        raise StudyError("this is a folder; give the study file in it", file) from None
    except UnicodeDecodeError as error:
        raise StudyError(f"the file is not UTF-8 text (byte {error.start})", file) from None


def _parse(text: str, file: str) -> tuple[object, dict[Place, int]]:
    try:
        data, lines = yaml12.parse(text)
    except yaml12.YamlError as error:
        raise StudyError(str(error), file, error.line, error.path) from None
    if data is None:
        raise StudyError(f"the file is empty; a study begins with schema: {SCHEMA}", file)
    return data, lines


def load_space(path: str | Path) -> Space:
    """The search space of a YAML file: of a study, or of a file that holds what stands below `space:` in one, by itself
    or below that word. StudyError names the file, the line, the path and what would be right."""
    file = str(path)
    data, lines = _read(path)
    if isinstance(data, dict) and "schema" in data:
        return validate(data, file, lines).search_space
    if isinstance(data, dict) and set(data) == {"space"}:
        data, lines = data["space"], {k[1:]: v for k, v in lines.items() if k[:1] == ("space",)}
    if not isinstance(data, dict) or not data:
        raise StudyError("a space is a mapping, e.g. x: {type: float, low: 0, high: 1}", file, lines.get(()))
    around = {"schema": SCHEMA, "name": "space", "task": {"name": "own"}, "method": {"name": "random"}, "budget": {}}
    study = validate({**around, "space": data}, file, {("space", *k): v for k, v in lines.items()})
    for text, *place in problems_of_space(study):
        raise error_at(str(text), file, tuple(place), {("space", *k): v for k, v in lines.items()})
    return study.search_space


def validate(data: object, file: str = "the study", lines: Mapping[Place, int] | None = None) -> Study:
    """A Study from plain data; StudyError for the first error in the order of the file."""
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        found = [located(e, data) for e in error.errors(include_url=False)]
    except (OverflowError, RecursionError) as error:
        raise StudyError(f"it holds what no study needs ({type(error).__name__}: {error})", file) from None
    lines = lines or {}
    text, path = min(found, key=lambda f: line_of(f[1], lines) or 0)
    raise error_at(text, file, path, lines)


def json_schema() -> Json:
    """The JSON Schema of a study file."""
    schema = Study.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}
