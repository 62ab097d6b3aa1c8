"""A study: what to search, with what, how long, on what. A YAML file that people read and edit.

    study = load_study("study.yaml")        # every error names the file, the line, the path and what would be right
    study.save("other.yaml")

The models below are the file's schema (nasbook/study@1); `study.schema.json` beside this module is the same for
editors. What no schema can say (the method serves the space, the task exists …) is asked by `Study.check`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from nasbook import registry
from nasbook.method import Method, OneShot
from nasbook.scale import yaml12
from nasbook.scale.outline import outline
from nasbook.scale.target import is_ours, make_task, method_class
from nasbook.scale.trust import Trust, check_origin
from nasbook.search import MOST_WORKERS
from nasbook.space import Constant, Space
from nasbook.task import CONTEXT, Fidelity, Task

SCHEMA = "nasbook/study@1"
Place: TypeAlias = tuple[str | int, ...]


class StudyError(ValueError):
    """A study that cannot be run: one sentence with the file, the line, the path and what would be right.

    `line` is None where the study came from no file; `path` is, for example, ("space", "lr", "low")."""

    def __init__(self, text: str, file: str = "the study", line: int | None = None, path: Place = ()) -> None:
        where = [file, *([f"line {line}"] if line else []), *([".".join(map(str, path))] if path else [])]
        super().__init__(f"{', '.join(where)}: {text}")
        self.text, self.file, self.line, self.path = text, file, line, path


# ---- the file ------------------------------------------------------------------------------------------


def _wrong(text: str, *at: str | int) -> PydanticCustomError:
    """An error of a model, `at` a place inside it."""
    return PydanticCustomError("study", "{text}", {"text": text, "at": at})


def _scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise ValueError(f"must be a number, text, true, false or null, not {value!r:.60}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be finite, not {value}")
    return value


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if isinstance(value, dict):
        if wrong := next((k for k in value if not isinstance(k, str)), None):
            raise ValueError(f"must have text as keys, not {wrong!r}")
        return {k: _json(v) for k, v in value.items()}
    return _scalar(value)


Scalar = Annotated[
    Any, AfterValidator(_scalar), WithJsonSchema({"type": ["null", "boolean", "integer", "number", "string"]})
]
Json = Annotated[Any, AfterValidator(_json), WithJsonSchema({})]


class _Strict(BaseModel):
    """A typo is an error and never a silent default; nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise _wrong(f"must be a mapping (key: value), not {_show(data)}")
        known = {f.alias or name: f for name, f in cls.model_fields.items()}
        for key in data:
            if key not in known:
                close = get_close_matches(str(key), known, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"the keys here are {', '.join(known)}"
                raise _wrong(f"there is no such key; {hint}", key)
        for key, f in known.items():
            if f.is_required() and key not in data:
                raise _wrong(f"the key {key!r} is missing: {f.description}")
        return data


class _Parameter(_Strict):
    when: dict[str, Scalar | list[Scalar]] | None = Field(
        default=None, description="the parameter exists only where the named parents have these values"
    )


class FloatSpec(_Parameter):
    type: Literal["float"] = Field(description="the kind of the parameter")
    low: float = Field(description="the lowest value")
    high: float = Field(description="the highest value")
    log: bool = Field(default=False, description="search on a logarithmic scale")
    step: float | None = Field(default=None, gt=0, description="the distance of the values; without, all in between")

    @model_validator(mode="after")
    def _range(self) -> FloatSpec:
        _check_range(self.low, self.high, self.log)
        return self


class IntSpec(_Parameter):
    type: Literal["int"] = Field(description="the kind of the parameter")
    low: int = Field(description="the lowest value")
    high: int = Field(description="the highest value")
    log: bool = Field(default=False, description="search on a logarithmic scale")
    step: int = Field(default=1, ge=1, description="the distance of the values")

    @model_validator(mode="after")
    def _range(self) -> IntSpec:
        _check_range(self.low, self.high, self.log)
        if self.high - self.low >= 2**40:
            raise _wrong("must be less than 2^40 above low; use a float and round", "high")
        return self


def _check_range(low: float, high: float, log: bool) -> None:
    if low == high:
        raise _wrong(
            f"must be below high ({high:g}); a value that is not searched is {{type: constant, value: …}}", "low"
        )
    if not low < high:
        raise _wrong(f"must be below high ({high:g}), not {low:g}", "low")
    if log and low <= 0:
        raise _wrong(f"must be above 0 on a logarithmic scale, not {low:g}", "low")


class ChoiceSpec(_Parameter):
    type: Literal["choice"] = Field(description="the kind of the parameter")
    options: list[Scalar] = Field(min_length=1, description="the values to choose from")
    ordered: bool = Field(default=False, description="neighbours in the list are alike")


class ConstantSpec(_Parameter):
    type: Literal["constant"] = Field(description="the kind of the parameter")
    value: Scalar = Field(description="its value")


Spec = Annotated[FloatSpec | IntSpec | ChoiceSpec | ConstantSpec, Field(discriminator="type")]


class TaskSpec(_Strict):
    name: str = Field(
        min_length=1, description="a built-in task (nasbook list tasks), or the import path package.module:function"
    )
    arguments: dict[str, Json] = Field(default={}, description="what the task is made with")


class MethodSpec(_Strict):
    name: str = Field(min_length=1, description="a method (nasbook list methods)")
    settings: dict[str, Json] = Field(default={}, description="its settings; what is left out keeps its default")


class FidelitySpec(_Strict):
    unit: str = Field(min_length=1, description="what a trial's effort is counted in, e.g. epoch")
    min: float = Field(gt=0, description="the least effort worth looking at")
    max: float = Field(gt=0, description="the full effort")
    levels: list[float] = Field(default=[], description="the only efforts there are; left out, any from min to max")

    @model_validator(mode="after")
    def _range(self) -> FidelitySpec:
        if self.min > self.max:
            raise _wrong(f"must not be above max ({self.max:g}), not {self.min:g}", "min")
        rising = self.levels == sorted(set(self.levels))
        if self.levels and not (rising and self.levels[0] == self.min and self.levels[-1] == self.max):
            raise _wrong(f"must rise from min ({self.min:g}) to max ({self.max:g}), not {self.levels}", "levels")
        return self

    def of(self, task: Task) -> Fidelity:
        """The task's fidelity as the study has it; where the file names no levels, with those of the task."""
        own = task.fidelity.levels if task.fidelity else ()
        levels = self.levels or [x for x in own if self.min <= x <= self.max]
        return Fidelity(self.unit, self.min, self.max, tuple(levels))


class Budget(_Strict):
    trials: int | None = Field(default=None, ge=1, description="trials to start")
    hours: float | None = Field(
        default=None, gt=0, le=24 * 366, description="hours after which no trial is started any more"
    )
    timeout: float | None = Field(default=None, gt=0, description="seconds after which one trial is given up")
    max_failures: int = Field(
        default=2, ge=0, le=100, description="how often a trial is started again after its process has died"
    )


class Resources(_Strict):
    cpus: int = Field(default=1, ge=1, le=1024, description="threads for each trial")
    gpus: float = Field(default=0, ge=0, le=64, description="GPUs for each trial; below 1, trials share one")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto takes a GPU where there is one")

    @model_validator(mode="after")
    def _whole(self) -> Resources:
        if self.gpus > 1 and not self.gpus.is_integer():
            raise _wrong(f"must be a fraction of one GPU or a whole number, not {self.gpus:g}", "gpus")
        if self.gpus and self.device == "cpu":
            raise _wrong(f"must be 0 where the device is cpu, not {self.gpus:g}", "gpus")
        return self


class Seeds(_Strict):
    search: int = Field(default=0, ge=0, lt=2**63, description="the seed of the method")
    training: int | None = Field(
        default=None, ge=0, lt=2**32, description="one training seed for all trials; null gives each trial its own"
    )


class Provenance(_Strict):
    """Where a study comes from; nothing is computed from it."""

    nasbook: str | None = Field(default=None, description="the version that wrote the file")
    created: str | None = Field(default=None, description="when it was written")
    trace: str | None = Field(default=None, description="the digest of the notebook's trace")
    trials: int | None = Field(default=None, ge=0, description="the number of its trials")
    best: float | None = Field(default=None, description="the best value in the notebook")
    seconds: float | None = Field(default=None, ge=0, description="the median seconds of one of its trials")


class Study(_Strict):
    """What to search, with what, how long, and on what."""

    schema_: Literal["nasbook/study@1"] = Field(alias="schema", description=f"the version of this format, {SCHEMA}")
    name: str = Field(min_length=1, max_length=200, description="a name for the study")
    notes: str = Field(default="", description="whatever should be remembered")
    task: TaskSpec = Field(description="what is searched, e.g. {name: digits-mlp}")
    space: dict[str, Spec] = Field(min_length=1, description="the parameters, e.g. x: {type: float, low: 0, high: 1}")
    method: MethodSpec = Field(description="how to search, e.g. {name: random}")
    fidelity: FidelitySpec | None = Field(default=None, description="how thoroughly a trial is evaluated")
    budget: Budget = Field(description="when to stop, e.g. {trials: 100}")
    workers: int = Field(default=1, ge=1, le=MOST_WORKERS, description="processes that evaluate trials side by side")
    resources: Resources = Field(default_factory=Resources, description="what each worker may use")
    seeds: Seeds = Field(default_factory=Seeds, description="the same seeds give the same search")
    first: list[dict[str, Json]] = Field(default=[], description="configurations to try before the method chooses")
    provenance: Provenance | None = Field(default=None, description="where the study comes from")
    _folder: Path | None = PrivateAttr(default=None)

    def __eq__(self, other: object) -> bool:
        """The same study, wherever it lies."""
        return self.model_dump() == other.model_dump() if isinstance(other, Study) else NotImplemented

    # ---- what it stands for --------------------------------------------------------------------------

    @cached_property
    def search_space(self) -> Space:
        return Space.from_dict({name: _as_written(p) for name, p in self.space.items()})

    @property
    def folder(self) -> Path:
        """Where the study's own modules lie: beside its file, or in the working folder if it has none."""
        return self._folder or Path.cwd()

    def make_task(self, trust: Trust | None = None) -> Task:
        """The task; ValueError where there is none of this name. Imports what the study names, if it lies in the
        study's folder or is trusted."""
        return make_task(self.task.name, self.task.arguments, self.search_space, trust or Trust(self.folder))

    def make_method(self, trust: Trust | None = None) -> Method | OneShot:
        """The method, ready to be asked; ValueError for settings or a space that it does not take. A class of the
        user's own is imported where a task would be."""
        cls = method_class(self.method.name, trust or Trust(self.folder))
        settings = method_settings(cls, self.method.settings)
        made = cls(self.search_space, seed=self.seeds.search, **settings)
        made.name = self.method.name
        return made

    def check(
        self, file: str = "the study", lines: Mapping[Place, int] | None = None, trust: Trust | None = None
    ) -> None:
        """Raise StudyError for the first thing that would keep the study from running.

        This looks and runs nothing: of a task of the user only the source is read. With `trust`, as before a run, the
        task is imported and made, and asked as well."""
        try:
            for text, *path in _problems(self, trust):
                raise _error(str(text), file, tuple(path), lines or {})
        except StudyError:
            raise
        except (Exception, RecursionError) as error:  # whatever a method or a task says of values that nobody expects
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise StudyError(f"it cannot be checked ({said:.200})", file) from error

    # ---- as a file -------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as in the file: without what is None or empty and may be left out."""
        row = self.model_dump(by_alias=True)
        for key in ("fidelity", "budget", "resources", "seeds", "provenance"):
            if row[key]:
                row[key] = {k: _whole(v) for k, v in row[key].items() if v is not None and v != []}
        row["space"] = {name: _as_written(p) for name, p in self.space.items()}
        return {k: v for k, v in row.items() if v is not None and (v or k not in ("notes", "first"))}

    def to_yaml(self, head: str = "") -> str:
        """The file, with a comment above each section; `head` is a comment on top."""
        lines = ["# A study for nasbook. Run it with:  nasbook run FILE --out DIR", *head.splitlines()]
        text = "\n".join(line if line.startswith("#") else f"# {line}".rstrip() for line in lines) + "\n\n"
        for key, value in self.to_dict().items():
            if comment := COMMENTS.get(key):
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
        scratch = path.with_name(path.name + ".tmp")
        scratch.write_text(self.to_yaml(head), encoding="utf-8")
        scratch.replace(path)
        return path


COMMENTS = {
    "task": "What is searched: a built-in task (nasbook list tasks) or package.module:function, and its arguments.",
    "space": "The parameters: float, int, choice, constant. `when`: exists only if the parent has that value.",
    "method": "How to search (nasbook list methods), and its settings.",
    "fidelity": "How thoroughly a trial is evaluated: `max` is the full effort.",
    "budget": "When to stop: trials to start, hours after which none is started. timeout: seconds for one trial.\n"
    "max_failures: how often a trial is started again after its process has died.",
    "workers": "Processes that evaluate trials side by side.",
    "resources": "For each of them: threads, GPUs (0.5: two share one), and the device.",
    "seeds": "The same seeds give the same search. training: one seed for all trainings, or left out.",
    "first": "These configurations come first; they were the best ones in the notebook.",
    "provenance": "Where this study comes from.",
}


def _whole(value: Any) -> Any:
    """2 rather than 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_written(p: Spec) -> dict[str, Any]:
    """A parameter with its type first and its condition last, defaults left out."""
    row = p.model_dump(exclude_defaults=True)
    row.pop("type", None)
    when = {"when": row.pop("when")} if "when" in row else {}
    return {"type": p.type, **row, **when}


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


def _read(path: str | Path) -> tuple[Any, dict[Place, int]]:
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


def _parse(text: str, file: str) -> tuple[Any, dict[Place, int]]:
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
    for text, *place in _problems_of_space(study):
        raise _error(str(text), file, tuple(place), {("space", *k): v for k, v in lines.items()})
    return study.search_space


def validate(data: Any, file: str = "the study", lines: Mapping[Place, int] | None = None) -> Study:
    """A Study from plain data; StudyError for the first error in the order of the file."""
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        found = [_located(e, data) for e in error.errors(include_url=False)]
    except (OverflowError, RecursionError) as error:
        raise StudyError(f"it holds what no study needs ({type(error).__name__}: {error})", file) from None
    lines = lines or {}
    text, path = min(found, key=lambda f: _line(f[1], lines) or 0)
    raise _error(text, file, path, lines)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a study file."""
    schema = Study.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}


# ---- errors ----------------------------------------------------------------------------------------------


def _error(text: str, file: str, path: Place, lines: Mapping[Place, int]) -> StudyError:
    return StudyError(text, file, _line(path, lines), path)


def _line(path: Place, lines: Mapping[Place, int]) -> int | None:
    """The line of the path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _located(error: Any, data: Any) -> tuple[str, Place]:
    """One sentence and the path in the file; what pydantic adds to a path (the member of a union) is left out."""
    path: list[str | int] = []
    for part in (*error["loc"], *error.get("ctx", {}).get("at", ())):
        inside = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if inside:
            path.append(part)
            data = data[part]
    kind, ctx, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind.startswith("union_tag"):
        kinds = "float, int, choice, constant"
        if isinstance(value, dict) and "type" in value:
            return f"must be one of {kinds}, not {_show(value['type'])}", (*path, "type")
        if isinstance(value, dict):
            return f"the key 'type' is missing: one of {kinds}", tuple(path)
    says = {
        "study": lambda: ctx["text"],
        "value_error": lambda: str(ctx["error"]),
        "literal_error": lambda: f"must be {ctx['expected']}, not {_show(value)}",
        "int_type": lambda: f"must be a whole number, not {_show(value)}",
        "int_from_float": lambda: f"must be a whole number, not {_show(value)}",
        "float_type": lambda: f"must be a number, not {_show(value)}",
        "finite_number": lambda: f"must be a finite number, not {_show(value)}",
        "bool_type": lambda: f"must be true or false, not {_show(value)}",
        "string_type": lambda: f"must be text, not {_show(value)}",
        "list_type": lambda: f"must be a list, not {_show(value)}",
        "dict_type": lambda: f"must be a mapping (key: value), not {_show(value)}",
        "greater_than": lambda: f"must be above {ctx['gt']:g}, not {_show(value)}",
        "greater_than_equal": lambda: f"must be at least {ctx['ge']:g}, not {_show(value)}",
        "less_than": lambda: f"must be below {ctx['lt']:g}, not {_show(value)}",
        "less_than_equal": lambda: f"must be at most {ctx['le']:g}, not {_show(value)}",
        "too_short": lambda: f"must hold at least {ctx['min_length']}",
        "string_too_short": lambda: "must not be empty",
        "string_too_long": lambda: f"must have at most {ctx['max_length']} characters",
    }
    return (says[kind]() if kind in says else f"{error['msg'][:1].lower()}{error['msg'][1:]}"), tuple(path)


def _show(value: Any) -> str:
    """A value as it stands in YAML, cut short."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


# ---- what no schema can say ------------------------------------------------------------------------------


def method_settings(cls: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in the types that the method's Settings declare; ValueError names the first that does not fit."""
    known = {f.name: f for f in fields(cls.Settings)}  # type: ignore[attr-defined]
    hints = get_type_hints(cls.Settings)  # type: ignore[attr-defined]
    fitted = dict(settings)
    for key, value in settings.items():
        if key not in known:
            close = get_close_matches(str(key), known, 1)
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise _Setting(key, f"{cls.name} has no such setting; {f'did you mean {close[0]!r}?' if close else has}")  # type: ignore[attr-defined]
        try:
            fitted[key] = TypeAdapter(hints[key]).validate_json(json.dumps(value), strict=True)
        except ValidationError:
            raise _Setting(key, f"must be {_type_words(hints[key])}, not {_show(value)}") from None
        except Exception:  # a type that pydantic does not know: the Settings check themselves
            fitted[key] = value
    return fitted


class _Setting(ValueError):
    """A setting that does not fit; `key` says which."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}")
        self.key, self.text = key, text


def _type_words(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}
    members = getattr(hint, "__args__", None)
    if hint in words:
        return words[hint]
    if members and all(m in words for m in members):
        return " or ".join(words[m] for m in members)
    return str(getattr(hint, "__name__", hint)) if not members else str(hint).replace("typing.", "")


def _problems_of_space(study: Study) -> Iterator[tuple[str | int, ...]]:
    specs = {name: _as_written(p) for name, p in study.space.items()}
    for i, name in enumerate(specs, 1):  # one more parameter at a time, so that the wrong one is named
        try:
            Space.from_dict(dict(list(specs.items())[:i]))
        except ValueError as error:
            text = str(error)
            try:  # the whole space knows what stands later
                Space.from_dict(specs)
            except ValueError as whole:
                text = str(whole) if name in str(whole) else text
            yield _tail(text, name), "space", name, *(("when",) if "exists when" in text else ())
            return


def _problems(study: Study, trust: Trust | None) -> Iterator[tuple[str | int, ...]]:
    """(sentence, *path) of everything that would keep the study from running, in the order in which it matters."""
    for problem in _problems_of_space(study):
        yield problem
        return
    space = study.search_space

    task = None
    try:
        if ":" in study.task.name:
            check_origin(study.task.name, trust or Trust(study.folder))
            own = outline(study.task.name, study.folder).takes
            if own is not None and (unknown := [k for k in study.task.arguments if k not in (*own, *CONTEXT)]):
                close = get_close_matches(unknown[0], own, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(own) or 'none'}"
                yield f"{study.task.name} has no such argument; {hint}", "task", "arguments", unknown[0]
                return
        else:
            registry.find("task", study.task.name)
    except ValueError as error:
        yield str(error), "task", "name"
        return
    try:
        if trust or is_ours(study.task.name):
            task = study.make_task(trust)
    except ValueError as error:
        wrong = next((k for k in study.task.arguments if f"'{k}'" in str(error) or f" {k} " in str(error)), None)
        yield str(error), "task", *(("arguments", wrong) if wrong else ("name",))
        return
    if task:
        yield from _space_problems(space, task)

    try:
        if ":" in study.method.name:
            check_origin(study.method.name, trust or Trust(study.folder))
            if not trust:  # to look is not to import
                yield from _first_problems(study, space)
                return
        cls = method_class(study.method.name, trust or Trust(study.folder))
    except ValueError as error:
        yield str(error), "method", "name"
        return
    except Exception as error:
        yield f"the method cannot be imported: {type(error).__name__}: {error}", "method", "name"
        return
    try:
        method_settings(cls, study.method.settings)
        study.make_method(trust)
    except _Setting as error:
        yield error.text, "method", "settings", error.key
        return
    except (ValueError, TypeError) as error:
        named = next((k for k in study.method.settings if k in str(error)), None)
        yield str(error), "method", *(("settings", named) if named else ("name",))
        return
    one_shot = issubclass(cls, OneShot)
    if task and len(task.objectives) > 1 and not getattr(cls, "several", False):
        many = len(task.objectives)
        yield (
            f"{study.task.name} has {many} objectives and {cls.name} minimises one; take nsga2 or parego",
            "method",
            "name",
        )

    if study.budget.trials is None and study.budget.hours is None and not one_shot:
        yield "give trials, hours or both", "budget"
    if one_shot and study.workers > 1:
        yield f"must be 1: {study.method.name} is one training and runs in one process", "workers"
    if one_shot and study.first:
        yield f"must be left out: {study.method.name} is one training and takes no first trials", "first"
    if one_shot and study.seeds.training is not None:
        yield f"must be left out: {study.method.name} is one training, seeded by seeds.search", "seeds", "training"
    if study.budget.trials is not None and len(study.first) > study.budget.trials:
        yield f"{len(study.first)} first trials do not fit into a budget of {study.budget.trials}", "first"
    yield from _first_problems(study, space)
    if not study.fidelity or not task:
        return
    if task.fidelity is None and not hasattr(task, "function"):
        yield f"must be left out: {study.task.name} has no fidelity", "fidelity"
    elif task.fidelity:
        if study.fidelity.unit != task.fidelity.unit:
            yield f"must be {task.fidelity.unit!r}, as {study.task.name} counts it", "fidelity", "unit"
        if task.knows_cost and study.fidelity.max != task.fidelity.max:
            yield f"must be {task.fidelity.max:g}, the full effort of this table", "fidelity", "max"
        if missing := [x for x in study.fidelity.levels if task.fidelity.levels and x not in task.fidelity.levels]:
            has = ", ".join(f"{x:g}" for x in task.fidelity.levels)
            yield f"must be some of {has}, as {study.task.name} has them, not {missing[0]:g}", "fidelity", "levels"
        if not one_shot and (fidelity := study.fidelity.of(task)).levels:
            try:
                study.make_method(trust).check_budget(None, fidelity)  # type: ignore[union-attr]
            except ValueError as error:
                yield str(error), "method", "settings"


def _space_problems(space: Space, task: Task) -> Iterator[tuple[str | int, ...]]:
    """A task with a space of its own needs the parameters that it knows, under their names."""
    own = getattr(task, "space", None)
    if own is None or hasattr(task, "function"):
        return
    for name in space.parameters:
        if name not in own.parameters:
            close = get_close_matches(name, own.parameters, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(own.parameters)}"
            yield f"the task {task.name} has no such parameter; {hint}", "space", name
    for name, p in own.parameters.items():
        if name not in space.parameters and not isinstance(p, Constant):
            yield f"the task {task.name} needs the parameter {name!r}", "space"


def _first_problems(study: Study, space: Space) -> Iterator[tuple[str | int, ...]]:
    seen: dict[Any, int] = {}
    for i, config in enumerate(study.first):
        try:
            key = space.key(space.validate(config))
        except ValueError as error:
            named = next((k for k in config if str(error).startswith((f"{k} ", f"unknown parameter {k!r}"))), None)
            yield _tail(str(error), named or ""), "first", i, *((named,) if named else ())
            continue
        if key in seen:
            yield f"this configuration stands here twice, first as number {seen[key]}", "first", i
        seen.setdefault(key, i)


def _tail(text: str, name: str) -> str:
    """The sentence without the name in front of it, which the path has already said."""
    for head in (f"{name}: ", f"{name} ", f"Space: {name} "):
        if name and text.startswith(head):
            text = text[len(head) :]
    for kind in ("Float: ", "Int: ", "Choice: ", "Constant: ", "Space: "):
        text = text.removeprefix(kind)
    return text
