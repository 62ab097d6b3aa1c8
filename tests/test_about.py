"""Everything that is named of a method stands where it is said to stand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nasbook
from nasbook import registry
from nasbook.about import PARTS, about

ROOT = Path(nasbook.__file__).parents[1]


def cli(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "nasbook", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("name", [e.name for e in registry.METHODS])
def test_every_part_that_is_named_of_a_method_is_there(name):
    found, parts = about(name), PARTS[name]
    module = ROOT / found["file"]
    assert f"class {found['class']}(" in module.read_text()
    assert (ROOT / found["test"]).exists(), found["test"]
    assert not parts.benchmark or (ROOT / found["benchmark"]).exists()
    assert not parts.lab or parts.lab in {e.name for e in registry.LABS}
    assert not parts.lesson or list((ROOT / "notebooks").glob(f"{parts.lesson}_*.ipynb"))
    if parts.picture:
        from nasbook.plots import check_kind

        check_kind(parts.picture, name)
    assert all(words for _, words in found["settings"].values())


def test_every_method_has_its_parts():
    assert set(PARTS) == {e.name for e in registry.METHODS}


WITHOUT = {  # a lab or a lesson, and why
    "nes": "forty trainings take a minute; the lab of ensembles selects from a pool that is trained already",
    "priorband": "the halving lab's methods need no belief about the space",
    "scarlet": "lesson 12 has it; the lab draws the cells whose truth a table knows",
}


@pytest.mark.parametrize("name", [e.name for e in registry.METHODS if e.name not in WITHOUT])
def test_every_method_is_drawn_played_with_and_taught(name):
    """Its picture is named; its lab can run it; its lesson names it, or its file."""
    parts = PARTS[name]
    assert parts.picture and parts.lab and parts.lesson, f"{name}: say in WITHOUT why there is none"
    lab = next(e for e in registry.LABS if e.name == parts.lab)
    assert f'"{name}"' in (ROOT / (lab.module.replace(".", "/") + ".py")).read_text(), f"{parts.lab} cannot run {name}"
    (lesson,) = (ROOT / "notebooks").glob(f"{parts.lesson}_*.ipynb")
    file = registry.find("method", name).module.rpartition(".")[2]
    words = {name, name.replace("-", " "), file}
    assert any(word in lesson.read_text().lower() for word in words), f"{lesson.name} does not name {name}"


def test_about_on_the_command_line(tmp_path):
    done = cli("about", "cma-es", "--json", cwd=tmp_path)
    row = json.loads(done.stdout)
    assert row["file"] == "nasbook/hpo/cma_es.py" and row["settings"]["sigma"]["default"] == 0.3
    assert "nasbook/hpo/cma_es.py" in cli("about", "cma-es", cwd=tmp_path).stdout
    wrong = cli("about", "cma", cwd=tmp_path)
    assert wrong.returncode == 2 and "did you mean 'cma-es'?" in wrong.stderr
