"""What .github/ tells those who carry the work on is true: its code runs, its files are there, its picture is drawn."""

import ast
import importlib.util
import re
import sys
import types
from pathlib import Path

import pytest

import nasbook
from nasbook import registry
from nasbook.about import PARTS, Parts
from nasbook.course.exercises import run_cell
from nasbook.registry import Entry

ROOT = Path(__file__).parent.parent
GUIDES = sorted((ROOT / ".github").glob("*.md"))
GUIDE = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", GUIDE, flags=re.M)[1:]}
BLOCK = re.compile(r"^```python *(\+?) *(\S*)\n(.*?)^```", re.S | re.M)  # a path: a new file; + path: into that file


def blocks(section):
    """path -> code, of the files that an example makes."""
    return {path: code for plus, path, code in BLOCK.findall(SECTIONS[section]) if path and not plus}


def entries(section):
    """The lines of tables that an example adds."""
    lines = [code for _, path, code in BLOCK.findall(SECTIONS[section]) if not path]
    return [eval(code, {"Entry": Entry}) for code in lines if code.startswith("Entry(")]


@pytest.fixture
def module(monkeypatch):
    """Make a module of an example's file."""

    def make(path, code):
        name = path.removesuffix(".py").replace("/", ".")
        made = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, made)
        exec(compile(code, path, "exec"), made.__dict__)
        return made

    return make


@pytest.fixture
def known(monkeypatch):
    """Let an entry of an example be found."""

    def add(kind, *new):
        monkeypatch.setitem(registry.TABLES, kind, [*registry.TABLES[kind], *new])

    return add


def listed(section):
    return re.findall(r"^- `(.+)`$", SECTIONS[section].partition("Files that are touched:")[2], re.M)


@pytest.mark.parametrize("section", [name for name in SECTIONS if name.startswith("Add a ")])
def test_the_files_of_an_example_are_its_own_or_there(section):
    new = [path for path in listed(section) if not (ROOT / path).exists()]
    assert len(listed(section)) >= 5 and new != listed(section)
    assert set(blocks(section)) <= set(new), "an example's file has become a real one: take another example"
    beside = [p for p in new if p not in blocks(section)]
    assert all(re.search(r"test_|notes/|notebooks/", path) for path in beside), beside
    text = SECTIONS[section]
    named = {p for p in re.findall(r"`((?:nasbook|tests|notebooks)/[\w/.]+\.\w+)`", text)}
    assert all((ROOT / path).exists() or path in new for path in named), named


@pytest.mark.parametrize("path", GUIDES, ids=lambda p: p.name)
def test_a_guide_s_links_lead_to_files(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_method_of_the_guide_is_one(module, known, monkeypatch):
    files = blocks("Add a method")
    module("nasbook/hpo/one_plus_one.py", files["nasbook/hpo/one_plus_one.py"])
    (entry,) = entries("Add a method")
    known("method", entry)
    (line,) = re.findall(r"^PARTS\[.*$", SECTIONS["Add a method"], re.M)
    own = dict(PARTS)
    exec(line, {"PARTS": own, "Parts": Parts})
    assert own["one-plus-one"].lab in {e.name for e in registry.LABS}
    tests = module("tests/hpo/test_one_plus_one.py", files["tests/hpo/test_one_plus_one.py"])
    found = [name for name in vars(tests) if name.startswith("test_")]
    assert len(found) == 3
    for name in found:
        getattr(tests, name)()


def test_the_task_of_the_guide_is_one(monkeypatch, known):
    from nasbook.tasks import functions

    (code,) = [code for plus, _, code in BLOCK.findall(SECTIONS["Add a task"]) if plus]
    names = dict(vars(functions))
    exec(code, names)
    monkeypatch.setattr(functions, "rastrigin", names["rastrigin"], raising=False)
    known("task", *entries("Add a task"))
    task = nasbook.task("rastrigin", d=3, shift=1, rotation=2)
    assert abs(float(task(task.minimisers)[0]) - task.optimum) < 1e-9
    assert nasbook.search("random", task, trials=3).best.value > task.optimum


def test_the_lab_of_the_guide_plays(module, known):
    for path, code in blocks("Add a lab").items():
        module(path, code)
    known("lab", *entries("Add a lab"))
    lab = nasbook.lab("dots", trials=6)
    lab.run()
    assert len(lab.steps) == 6 and f"{lab.steps[2].trial.value:.2f}" in lab.sentence(3)
    assert lab.telling[0] in {s.name for s in lab.settings()}
    assert lab.error is None and lab.live.picture.alt() == "6 trials over x"


def test_the_lesson_of_the_guide_checks(module, tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    ((path, code),) = blocks("Add a lesson").items()
    lesson = module(path, code)
    (exercise,) = lesson.EXERCISES
    assert exercise.check(run_cell(exercise.solution)["share"]).passed
    assert "That is their number" in exercise.check(sum).message
    assert "raised" not in exercise.check(lambda failed: "all").message
    assert lesson.QUESTIONS[0].judge(3)[0] == 1


def test_the_code_of_the_guide_is_laid_out_as_the_project_s():
    for section in SECTIONS:
        for code in blocks(section).values():
            ast.parse(code)
            assert all(len(line) <= 120 for line in code.splitlines())


def tool():
    spec = importlib.util.spec_from_file_location("house", ROOT / "tests" / "tools" / "house.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_house_is_drawn_as_it_is_built():
    house = tool()
    found = house.uses()
    assert set(found) == set(house.WHAT), "say in tests/tools/house.py what each room is for"
    assert house.PICTURE.read_text() == house.svg(found), "python tests/tools/house.py draws it anew"


def test_a_circle_of_rooms_would_be_told():
    with pytest.raises(ValueError, match=r"import each other: \['a', 'b'\]"):
        tool().floors({"a": {"b"}, "b": {"a"}, "core": set()})
