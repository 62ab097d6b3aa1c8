"""Everything that has a name can be found by it, is documented, and says what it can be told."""

import ast
import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pytest

import nasbook
from nasbook import registry
from nasbook.method import Method, OneShot
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Task

ROOT = Path(nasbook.__file__).parent
ENTRIES = [(kind, e) for kind, table in registry.TABLES.items() for e in table]
IDS = [f"{kind}-{e.name}" for kind, e in ENTRIES]
METHODS = [e for e in registry.METHODS]


@pytest.mark.parametrize("name", nasbook.__all__)
def test_public_names_exist_and_are_documented(name):
    thing = getattr(nasbook, name)
    assert name in dir(nasbook)
    assert inspect.getdoc(thing), f"nasbook.{name} has no docstring"


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'nasbook' has no attribute 'serach'"):
        _ = nasbook.serach


def test_rooms_open_on_demand():
    for name in ("hpo", "nas", "plots", "scale", "widgets", "course"):
        assert getattr(nasbook, name) is importlib.import_module(f"nasbook.{name}")


@pytest.mark.parametrize(("kind", "entry"), ENTRIES, ids=IDS)
def test_every_entry_resolves_and_is_described(kind, entry):
    module, _, attribute = entry.target.partition(":")
    assert (ROOT.parent / (module.replace(".", "/") + ".py")).exists(), module
    thing = entry.load()
    assert thing.__module__ == module and thing.__name__ == attribute
    assert inspect.getdoc(thing) or inspect.getdoc(inspect.getmodule(thing))
    assert registry.find(kind, entry.name) is entry
    row = entry.describe()
    assert row["name"] == entry.name and row["module"] == module and row["summary"]
    if kind == "method":
        assert row["family"] and row["paper"]
    assert entry.name == entry.name.lower() and " " not in entry.name and not entry.summary.endswith(".")


@pytest.mark.parametrize("kind", registry.TABLES)
def test_names_are_unique(kind):
    names = [e.name for e in registry.TABLES[kind]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("entry", METHODS, ids=lambda e: e.name)
def test_a_method_is_what_the_registry_says(entry):
    cls = entry.load()
    assert issubclass(cls, Method | OneShot) and cls.name == entry.name
    assert inspect.getdoc(inspect.getmodule(cls)), f"{entry.module} has no docstring"
    if entry.name != "grid":
        assert entry.paper.split()[0] in inspect.getdoc(inspect.getmodule(cls)), "the docstring names its paper"


@pytest.mark.parametrize("entry", METHODS, ids=lambda e: e.name)
def test_settings_are_frozen_dataclasses_with_defaults(entry):
    settings = entry.load().Settings
    assert dataclasses.is_dataclass(settings) and settings.__dataclass_params__.frozen
    made = settings()  # every field has a default
    for field in dataclasses.fields(settings):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)
        options = field.metadata.get("options")
        if options:
            assert getattr(made, field.name) in options
            for option in options:
                settings(**{field.name: option})  # what is offered is accepted
        help_ = field.metadata.get("help")
        assert help_ is None or (isinstance(help_, str) and help_)


ASKED = [e for e in METHODS if e.family != "one-shot"]
MIXED = Space(x=Float(0, 1), c=Choice(["p", "q", "r"]), y=Float(1e-3, 1, log=True, when={"c": "q"}))
NUMBERS = Space(x=Float(0, 1), n=Int(1, 5), y=Float(1e-3, 1, log=True))
TENTHS = Choice([i / 10 for i in range(11)])
RULE = Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3))  # what compound scales
CHAIN = Space(depth=Int(1, 2), x_1=TENTHS, x_2=Choice([0, 1], when={"depth": 2}))


def served(entry):
    """A space that the method serves; one that refuses choices or conditions names methods that take them."""
    for space in (MIXED, NUMBERS, CHAIN, RULE):
        try:
            nasbook.method(entry.name, space)
            return space
        except ValueError as error:
            named = set(re.findall("'([a-z0-9-]+)'", str(error))) & {e.name for e in METHODS} - {entry.name}
            assert named, error
            for name in named:
                nasbook.method(name, space)
    raise AssertionError(f"{entry.name} serves none of the spaces")


@pytest.mark.parametrize("entry", ASKED, ids=lambda e: e.name)
def test_unknown_settings_are_refused_by_name(entry):
    space = served(entry)
    with pytest.raises(ValueError, match=f"{entry.name} has no setting 'colour'"):
        nasbook.method(entry.name, space, colour=3)
    method = nasbook.method(entry.name, space, seed=4)
    assert method.seed == 4 and method.space is space and not method.trials


@pytest.mark.parametrize("entry", METHODS, ids=lambda e: e.name)
def test_the_family_says_which_kind_it_is(entry):
    assert issubclass(entry.load(), OneShot) == (entry.family == "one-shot")


@pytest.mark.parametrize("entry", registry.TASKS, ids=lambda e: e.name)
def test_a_task_is_what_the_registry_says(entry):
    task = nasbook.task(entry.name)
    assert isinstance(task, Task) and isinstance(task.space, Space) and task.name == entry.name
    assert task.value_label and task.arguments == {}
    assert Space.from_dict(task.space.to_dict()) == task.space
    if task.fidelity is not None:
        assert 0 < task.fidelity.min <= task.fidelity.max and task.fidelity.unit


@pytest.mark.parametrize("kind", registry.TABLES)
def test_unknown_names_are_answered_with_the_nearest(kind):
    name = registry.TABLES[kind][0].name
    with pytest.raises(ValueError, match=f"there is no {kind} '{name}x'; did you mean '{name}'"):
        registry.make(kind, name + "x")
    with pytest.raises(ValueError, match=f"there is no {kind} 'zzzzzz'; there are "):
        registry.make(kind, "zzzzzz")


def undocumented(path):
    """The module and its public classes, as far as they have no docstring."""
    module = importlib.import_module(".".join(("nasbook", *path.relative_to(ROOT).with_suffix("").parts)))
    tree = ast.parse(path.read_text())
    missing = [] if ast.get_docstring(tree) else ["the module"]
    classes = [n.name for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    return missing + [name for name in classes if not inspect.getdoc(getattr(module, name))]


CORE = ["space", "trace", "search", "registry"]


@pytest.mark.parametrize("name", CORE)
def test_the_core_is_documented(name):
    path = ROOT / f"{name}.py"
    assert not undocumented(path)
    module = importlib.import_module(f"nasbook.{name}")
    for attribute, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not attribute.startswith("_"):
            assert attribute == "ring" or inspect.getdoc(thing), f"{name}.{attribute}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("hpo/*.py")) + sorted(ROOT.glob("nas/*.py")), ids=lambda p: p.name)
def test_a_method_file_fits_a_lecture(path):
    """At most 200 lines, top to bottom, and a docstring that says what it does."""
    text = path.read_text()
    assert len(text.splitlines()) <= 200
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(text))


def test_names_of_modules_can_be_called():
    """`nasbook.search` is a function and `nasbook.tasks` a package that can be called; importing changes neither."""
    import nasbook.search
    import nasbook.tasks.functions as functions

    assert callable(nasbook.search) and functions.branin is nasbook.tasks.functions.branin
    assert {e.name for e in nasbook.tasks()} >= {"branin", "nb201-cifar10"}
