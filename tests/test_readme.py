"""What README.md promises is there: its first two commands, its links, its names and its three lines of code."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from nasbook import registry
from nasbook.testing import check_method

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def code_blocks() -> list[str]:
    """The indented blocks, without their indentation."""
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", README, re.M)
    return [re.sub(r"^ {4}", "", block, flags=re.M).strip("\n") for block in blocks if block.strip()]


def test_the_first_commands_are_the_three_of_make() -> None:
    commands = [line.split("#")[0].strip() for line in code_blocks()[0].splitlines()]
    assert commands == ["make lab", "make test", "make test-ray"]


def test_the_three_lines_run_as_they_stand() -> None:
    (lines,) = [block for block in code_blocks() if block.startswith("import nasbook")]
    assert len(lines.splitlines()) == 3
    names: dict = {}
    exec(lines, names)
    trace = names["trace"]
    assert len(trace) == 20
    # Twenty points on a line lie within 0.05 of any place, if they are spread at all.
    assert trace.best.value < 0.05**2
    assert trace.best.value == (trace.best.config["x"] - 0.3) ** 2


def test_the_method_of_ones_own_runs_as_it_stands_and_keeps_its_promises() -> None:
    (lines,) = [block for block in code_blocks() if "@nasbook.register" in block]
    names: dict = {"__name__": "__main__"}
    try:
        exec(lines, names)
        assert names["trace"].best.value < 5  # the optimum is 0.4, a random trial's mean 54
        check_method(names["HillClimbing"], trials=8)
    finally:
        registry.METHODS[:] = [e for e in registry.METHODS if e.family != registry.OWN]


def test_what_is_made_from_the_registry_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("readme_tables", ROOT / "tests" / "tools" / "readme_tables.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for path, text in tool.files().items():
        assert path.read_text() == text, f"python tests/tools/readme_tables.py writes {path.name} anew"


def test_every_lesson_has_its_line() -> None:
    rows = re.findall(r"^\| \[\d\d\]\((notebooks/\d\d_\w+\.ipynb)\)", README, re.M)
    assert rows == sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / unquote(link)).exists()


@pytest.mark.parametrize("kind", ["method", "task", "space", "estimator", "lab"])
def test_every_registered_name_is_in_a_table(kind: str) -> None:
    rows = "\n".join(line for line in README.splitlines() if line.startswith(("| `", "| [`")))
    missing = [entry.name for entry in registry.TABLES[kind] if f"`{entry.name}`" not in rows]
    assert not missing, f"README.md does not name the {kind}s {missing}"


def test_every_notebook_is_in_the_table_of_lessons() -> None:
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"](notebooks/{notebook.name})" in README, f"README.md does not link {notebook.name}"


def test_the_binder_links_open_the_first_lesson() -> None:
    links = re.findall(r"https://mybinder\.org/\S+", README)
    assert len(links) == 2
    for link in links:
        assert unquote(unquote(link)).endswith("/notebooks/00_start_here.ipynb")
    # nbgitpuller's default is a folder named like the repository, and nasbook/, the package, already stands there.
    inner = parse_qs(urlsplit(parse_qs(urlsplit(links[1]).query)["urlpath"][0]).query)
    assert inner["targetpath"] == ["course"]
    assert inner["urlpath"] == ["lab/tree/course/notebooks/00_start_here.ipynb"]


def test_the_training_of_ones_own_runs_as_it_stands() -> None:
    (lines,) = [block for block in code_blocks() if "def train(config, fidelity, report, checkpoint)" in block]
    names: dict = {}
    exec(lines, names)
    halving, population = names["halving"], names["population"]
    assert halving.best.fidelity == 27 and {t.status for t in halving.trials} == {"done"}
    assert {t.fidelity for t in halving.trials} >= {1, 3, 9, 27} and max(len(t.curve) for t in halving.trials) > 1
    assert len(population) == 4 * 27 and population.best.fidelity == 27
    assert any("copied_from" in t.info for t in population.trials)
