"""The models of a study's file (nasbook/study@1): which keys there are, and which values they take.

`study.schema.json` beside this module says the same to editors.
"""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, WithJsonSchema, model_validator

from nasbook.method import Method, OneShot
from nasbook.prepare import MOST_WORKERS
from nasbook.scale.study_errors import show, wrong
from nasbook.scale.target import make_task, method_class, method_settings
from nasbook.scale.trust import Trust
from nasbook.space import Arguments, Space
from nasbook.task import Fidelity, Task
from nasbook.tasks.command import NAME as COMMAND

SCHEMA = "nasbook/study@1"


def _scalar(value: object) -> object:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise ValueError(f"must be a number, text, true, false or null, not {value!r:.60}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be finite, not {value}")
    return value


def _json(value: object) -> object:
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

Place = Annotated[str, Field(min_length=1)] | Literal[True]


class Strict(BaseModel):
    """A typo is an error and never a silent default; nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
    instead: ClassVar[tuple[str, ...]] = ()  # keys in the place of others

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data: object) -> object:
        if not isinstance(data, dict):
            raise wrong(f"must be a mapping (key: value), not {show(data)}")
        known = {f.alias or name: f for name, f in cls.model_fields.items()}
        for key in data:
            if key not in known:
                keys = [*known, *cls.instead]
                close = get_close_matches(str(key), keys, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"the keys here are {', '.join(keys)}"
                raise wrong(f"there is no such key; {hint}", key)
        for key, f in known.items():
            if f.is_required() and key not in data:
                raise wrong(f"the key {key!r} is missing: {f.description}")
        return data


class _Parameter(Strict):
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
            raise wrong("must be less than 2^40 above low; use a float and round", "high")
        return self


def _check_range(low: float, high: float, log: bool) -> None:
    if low == high:
        raise wrong(
            f"must be below high ({high:g}); a value that is not searched is {{type: constant, value: …}}", "low"
        )
    if not low < high:
        raise wrong(f"must be below high ({high:g}), not {low:g}", "low")
    if log and low <= 0:
        raise wrong(f"must be above 0 on a logarithmic scale, not {low:g}", "low")


class ChoiceSpec(_Parameter):
    type: Literal["choice"] = Field(description="the kind of the parameter")
    options: list[Scalar] = Field(min_length=1, description="the values to choose from")
    ordered: bool = Field(default=False, description="neighbours in the list are alike")


class ConstantSpec(_Parameter):
    type: Literal["constant"] = Field(description="the kind of the parameter")
    value: Scalar = Field(description="its value")


Spec = Annotated[FloatSpec | IntSpec | ChoiceSpec | ConstantSpec, Field(discriminator="type")]


COMMAND_SCHEMA: dict[str, object] = {
    "type": "string",
    "minLength": 1,
    "title": "Command",
    "description": "a command line that prints its values as JSON, e.g. python train.py --lr {lr}",
}


class TaskSpec(Strict):
    """A task by its name, or {command: …}, which is kept as the task "command" with that line as its argument."""

    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema.update(
            properties={**schema["properties"], "command": COMMAND_SCHEMA},
            required=[],
            oneOf=[{"required": ["name"]}, {"required": ["command"]}],
        )
    )
    instead: ClassVar[tuple[str, ...]] = (COMMAND,)
    name: str = Field(
        min_length=1, description="a built-in task (nasbook list tasks), or the import path package.module:function"
    )
    arguments: dict[str, Json] = Field(default={}, description="what the task is made with")

    @model_validator(mode="before")
    @classmethod
    def _command(cls, data: object) -> object:
        if not isinstance(data, dict) or "command" not in data:
            return data
        line, more = data["command"], next((k for k in data if k != "command"), None)
        if more is not None:
            raise wrong("must be left out beside command, which says it all", more)
        if not isinstance(line, str) or not line.strip():
            raise wrong(f"must be a line of text, e.g. python train.py --lr {{lr}}, not {show(line)}", "command")
        return {"name": COMMAND, "arguments": {"command": line}}

    def as_written(self) -> dict[str, object]:
        if self.name == COMMAND and set(self.arguments) == {"command"}:
            return {"command": self.arguments["command"]}
        return self.model_dump()


class MethodSpec(Strict):
    name: str = Field(min_length=1, description="a method (nasbook list methods)")
    settings: dict[str, Json] = Field(default={}, description="its settings; what is left out keeps its default")


class FidelitySpec(Strict):
    unit: str = Field(min_length=1, description="what a trial's effort is counted in, e.g. epoch")
    min: float = Field(gt=0, description="the least effort worth looking at")
    max: float = Field(gt=0, description="the full effort")
    levels: list[float] = Field(default=[], description="the only efforts there are; left out, any from min to max")

    @model_validator(mode="after")
    def _range(self) -> FidelitySpec:
        if self.min > self.max:
            raise wrong(f"must not be above max ({self.max:g}), not {self.min:g}", "min")
        rising = self.levels == sorted(set(self.levels))
        if self.levels and not (rising and self.levels[0] == self.min and self.levels[-1] == self.max):
            raise wrong(f"must rise from min ({self.min:g}) to max ({self.max:g}), not {self.levels}", "levels")
        return self

    def of(self, task: Task | None) -> Fidelity:
        """The task's fidelity as the study has it; where the file names no levels, with those of the task."""
        own = task.fidelity.levels if task and task.fidelity else ()
        levels = self.levels or [x for x in own if self.min <= x <= self.max]
        return Fidelity(self.unit, self.min, self.max, tuple(levels))


class Budget(Strict):
    trials: int | None = Field(default=None, ge=1, description="trials to start")
    hours: float | None = Field(
        default=None, gt=0, le=24 * 366, description="hours after which no trial is started any more"
    )
    timeout: float | None = Field(default=None, gt=0, description="seconds after which one trial is given up")
    max_failures: int = Field(
        default=2, ge=0, le=100, description="how often a trial is started again after its process has died"
    )


class Resources(Strict):
    cpus: int = Field(default=1, ge=1, le=1024, description="threads for each trial")
    gpus: float = Field(default=0, ge=0, le=64, description="GPUs for each trial; below 1, trials share one")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto takes a GPU where there is one")

    @model_validator(mode="after")
    def _whole(self) -> Resources:
        if self.gpus > 1 and not self.gpus.is_integer():
            raise wrong(f"must be a fraction of one GPU or a whole number, not {self.gpus:g}", "gpus")
        if self.gpus and self.device == "cpu":
            raise wrong(f"must be 0 where the device is cpu, not {self.gpus:g}", "gpus")
        return self


class Seeds(Strict):
    search: int = Field(default=0, ge=0, lt=2**63, description="the seed of the method")
    training: int | None = Field(
        default=None, ge=0, lt=2**32, description="one training seed for all trials; null gives each trial its own"
    )


class Tracking(Strict):
    """Where the run is told as it goes; true is the usual place, in the run's folder."""

    tensorboard: Place | None = Field(default=None, description="a folder of TensorBoard's, or true")
    mlflow: Place | None = Field(default=None, description="MLflow's URI, e.g. sqlite:///mlflow.db, or true")
    wandb: Place | None = Field(default=None, description="a folder for W&B, or true; offline unless WANDB_MODE")

    @property
    def places(self) -> dict[str, str | bool]:
        return {to: at for to in type(self).model_fields if (at := getattr(self, to)) is not None}


class Scaled(Strict):
    """By what the study is larger than the notebook's search, and what was made of its values; nothing is computed
    from it."""

    by: dict[str, float] = Field(description="the factors, e.g. {width: 8, batch: 4}")
    rules: list[str] = Field(default=[], description="the rules of scale by which values have changed or were kept")
    unknown: list[str] = Field(default=[], description="what no rule covers, and is as it was found")


class Provenance(Strict):
    """Where a study comes from; nothing is computed from it."""

    nasbook: str | None = Field(default=None, description="the version that wrote the file")
    created: str | None = Field(default=None, description="when it was written")
    trace: str | None = Field(default=None, description="the digest of the notebook's trace")
    trials: int | None = Field(default=None, ge=0, description="the number of its trials")
    best: float | None = Field(default=None, description="the best value in the notebook")
    seconds: float | None = Field(default=None, ge=0, description="the median seconds of one of its trials")


class Plan(Strict):
    """What stands in a study, and what its names stand for."""

    schema_: Literal["nasbook/study@1"] = Field(alias="schema", description=f"the version of this format, {SCHEMA}")
    name: str = Field(min_length=1, max_length=200, description="a name for the study")
    notes: str = Field(default="", description="whatever should be remembered")
    task: TaskSpec = Field(description="what is searched, e.g. {name: digits-mlp} or {command: …}")
    space: dict[str, Spec] = Field(min_length=1, description="the parameters, e.g. x: {type: float, low: 0, high: 1}")
    method: MethodSpec = Field(description="how to search, e.g. {name: random}")
    fidelity: FidelitySpec | None = Field(default=None, description="how thoroughly a trial is evaluated")
    budget: Budget = Field(description="when to stop, e.g. {trials: 100}")
    workers: int = Field(default=1, ge=1, le=MOST_WORKERS, description="processes that evaluate trials side by side")
    packed: int = Field(
        default=1, ge=1, le=MOST_WORKERS, description="trials that each worker trains at once, as one network"
    )
    resources: Resources = Field(default_factory=Resources, description="what each worker may use")
    seeds: Seeds = Field(default_factory=Seeds, description="the same seeds give the same search")
    first: list[dict[str, Json]] = Field(default=[], description="configurations to try before the method chooses")
    tracking: Tracking | None = Field(default=None, description="trackers that follow the run, e.g. {mlflow: true}")
    scale: Scaled | None = Field(default=None, description="by what it is larger than the notebook's search")
    provenance: Provenance | None = Field(default=None, description="where the study comes from")
    _folder: Path | None = PrivateAttr(default=None)

    @cached_property
    def search_space(self) -> Space:
        return Space.from_dict({name: as_written(p) for name, p in self.space.items()})

    @property
    def folder(self) -> Path:
        """Where the study's own modules lie: beside its file, or in the working folder if it has none."""
        return self._folder or Path.cwd()

    @property
    def folder_name(self) -> str:
        """What its runs' folder is called where nobody says otherwise."""
        return re.sub(r"[^\w.-]+", "-", self.name).strip(".-") or "study"

    def make_task(self, trust: Trust | None = None) -> Task:
        """The task; ValueError where there is none of this name. Imports what the study names, if it lies in the
        study's folder or is trusted."""
        return make_task(self.task.name, self.task.arguments, self.search_space, trust or Trust(self.folder))

    def fidelity_of(self, task: Task | None) -> Fidelity | None:
        """How thoroughly a trial of the study is evaluated."""
        return self.fidelity.of(task) if self.fidelity else task.fidelity if task else None

    def make(self, trust: Trust | None = None) -> tuple[Task, Method | OneShot]:
        """The task, as thorough as the study says, and the method."""
        task = self.make_task(trust)
        if self.fidelity:
            task.fidelity = self.fidelity.of(task)
        return task, self.make_method(trust, task)

    def make_method(self, trust: Trust | None = None, task: Task | None = None) -> Method | OneShot:
        """The method, ready to be asked; ValueError for settings or a space that it does not take. What it is not told
        of the range of epochs is that of the study, or of its task. A class of the user's own is imported where a task
        would be."""
        cls = method_class(self.method.name, trust or Trust(self.folder))
        settings: Arguments = method_settings(cls, self.method.settings)
        if issubclass(cls, Method) and (fidelity := self.fidelity_of(task)):
            settings = cls.suited(settings, fidelity)
        made = cls(self.search_space, seed=self.seeds.search, **settings)
        made.name = self.method.name
        return made


def as_written(p: Spec) -> dict[str, object]:
    """A parameter with its type first and its condition last, defaults left out."""
    row = p.model_dump(exclude_defaults=True)
    row.pop("type", None)
    when = {"when": row.pop("when")} if "when" in row else {}
    return {"type": p.type, **row, **when}
