"""What the repository tells those who carry the work on, and the machines that test it: .github/."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main
from click.testing import CliRunner

import nasbook

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.y*ml"))
KINDS = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": sorted(p for p in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config"),
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "citation-file-format": [GITHUB / "CITATION.cff"],
}


def faults(kind: str, *paths: Path) -> str:
    """What is wrong with files of a kind; empty where nothing is."""
    checked = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{kind}", *map(str, paths)])
    return "" if checked.exit_code == 0 else checked.output


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_what_its_reader_expects(kind: str) -> None:
    assert KINDS[kind] and all(path.is_file() for path in KINDS[kind])
    assert not faults(kind, *KINDS[kind])


def test_a_wrong_workflow_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "ci.yml"
    path.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in faults("github-workflows", path)


def jobs() -> list[tuple[str, dict]]:
    return [
        (f"{path.name}: {name}", job)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def test_the_tests_run_with_every_python_that_the_package_names() -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    for file in ("ci.yml", "wheels.yml"):
        matrices = [job["strategy"]["matrix"] for name, job in jobs() if name.startswith(file) and "strategy" in job]
        assert [matrix["python"] for matrix in matrices] == [named]
    assert ".ci/run" in [step.get("run") for name, job in jobs() if name == "ci.yml: test" for step in job["steps"]]


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _ in jobs()])
def test_a_job_ends_by_itself_and_may_do_only_what_it_must(name: str, job: dict) -> None:
    assert job.get("timeout-minutes"), f"{name} has no timeout-minutes"
    for step in job["steps"]:
        if "run" in step:
            assert "${{" not in step["run"], f"{name}: hand a value over in env:, or a name could be run as a program"
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
        else:
            assert step["uses"].split("/")[0] in ("actions", "pypa"), f"{name} runs the code of {step['uses']}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_a_workflow_writes_nothing_unless_it_says_so_and_names_no_host(path: Path) -> None:
    text = path.read_text()
    assert set(yaml.safe_load(text)["permissions"].values()) == {"read"}
    assert not re.search(r"https?://|\b\w+\.(com|org|io|net)\b", text)


def test_the_changes_and_the_citation_are_those_of_this_version() -> None:
    newest, date = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (GITHUB / "CHANGELOG.md").read_text(), re.M)[0]
    citation = yaml.safe_load((GITHUB / "CITATION.cff").read_text())
    assert newest == citation["version"] == nasbook.__version__
    assert date == str(citation["date-released"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["license"] == project["license"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in project["authors"]]
