"""What is installed is what is written down: pyproject.toml, constraints.txt, binder/ and the Makefile."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from find_browser import find_browser
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

# What conda-forge calls a package, where it differs from pip's name.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


WANTED = requirements(PROJECT["dependencies"] + EXTRAS["lab"] + EXTRAS["test"])


def pins() -> dict[str, Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines())
    return requirements([line for line in lines if line])


def pinned_version(pin: Requirement) -> Version:
    (specifier,) = pin.specifier
    assert specifier.operator == "==" and "*" not in specifier.version, f"{pin} is not an exact pin"
    return Version(specifier.version)


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    env = {**os.environ, **environment}
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # this test may itself run below make
        env.pop(name, None)
    return subprocess.run(["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", sorted(WANTED))
def test_every_dependency_has_an_exact_pin_within_its_range(name: str) -> None:
    assert name in pins(), f"constraints.txt does not pin {name}"
    assert pinned_version(pins()[name]) in WANTED[name].specifier


def test_what_runs_now_is_what_is_pinned() -> None:
    differing = []
    for name, pin in pins().items():
        try:
            installed = Version(Version(version(name)).public)  # less +cpu
        except PackageNotFoundError:  # pinned for another system or Python
            continue
        if installed != pinned_version(pin):
            differing.append(f"{name} {installed}, not {pinned_version(pin)}")
    if differing and Path(sys.prefix) != ROOT / ".venv":
        pytest.skip(f"not the environment of the Makefile: {', '.join(differing)}")
    assert not differing, f"run `make env-test`: {', '.join(differing)}"


def test_torch_is_the_release_that_has_a_cpu_build() -> None:
    assert str(pins()["torch"]) == "torch==2.13.0"


def test_binder_has_every_dependency_in_a_range_that_holds_the_pin() -> None:
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    python = [line for line in environment["dependencies"] if line.startswith("python=")]
    conda = requirements([line for line in environment["dependencies"] if line not in python])
    for name in requirements(PROJECT["dependencies"] + EXTRAS["lab"]):
        there = conda.get(canonicalize_name(CONDA_NAMES.get(name, name)))
        assert there is not None, f"binder/environment.yml lacks {name}"
        assert pinned_version(pins()[name]) in there.specifier, f"{there} in binder/ excludes the pin"
    supported = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert len(python) == 1 and Version(python[0].removeprefix("python=")) in supported


@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_can_be_executed(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_binder_start_caps_threads_and_runs_the_command() -> None:
    shown = subprocess.run(
        [ROOT / "binder" / "start", "sh", "-c", "echo $OMP_NUM_THREADS $1", "sh", "two words"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "1 two words\n"


def test_make_alone_names_the_two_commands() -> None:
    answer = make()
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"^make lab ", answer.stdout, re.M) and re.search(r"^make test ", answer.stdout, re.M)


def test_make_test_runs_every_check() -> None:
    recipe = make("-n", "test").stdout
    for part in ["ruff check", "ruff format --check", "mypy", "-m pytest", "find_browser.py --get"]:
        assert part in recipe


STEPS = {"lint": "/ruff check", "lint of JavaScript": "/oxlint ", "layout": "/ruff format", "tests": "not browser",
         "types": "/mypy", "browser": "-m browser", "notebooks": "notebooks/", "peers": "-m peers"}  # fmt: skip


@pytest.fixture
def stubs(tmp_path: Path) -> str:
    """Words for make: environments whose programs only say which step they are, and fail where FAILING names it."""
    cases = "".join(f'*"{words}"*) step="{name}";;\n' for name, words in STEPS.items())
    stub = f'#!/bin/sh\ncase "$0 $*" in\n*/get_servers.py*) exit 0;;\n{cases}*) exit 0;;\nesac\n'
    stub += 'sleep 0.1; echo "ran $step"\ncase ", $FAILING," in *", $step,"*) exit 1;; esac\n'
    for environment in (tmp_path / "own", tmp_path / "peers"):
        (environment / "bin").mkdir(parents=True)
        for program in ("python", "ruff", "oxlint", "mypy"):
            path = environment / "bin" / program
            path.write_text(stub)
            path.chmod(0o755)
        (environment / ".made-in").write_text(str(ROOT))
        for stamp in (".installed-lab", ".installed-test", ".installed"):
            (environment / stamp).touch()
    return f"VENV={tmp_path}/own PEERS={tmp_path}/peers"


@pytest.mark.parametrize("failing", ["", *list(STEPS)[:-1], "types, notebooks"])
def test_make_test_runs_all_steps_and_names_those_that_failed(stubs: str, failing: str) -> None:
    answer = make(*stubs.split(), "test", FAILING=failing)
    assert re.findall(r"^ran (.+)$", answer.stdout, re.M) == [name for name in STEPS if name != "peers"]
    assert answer.stdout.splitlines()[-1] == (f"FAILED: {failing}" if failing else "All passed.")
    assert (answer.returncode == 0) == (not failing)


@pytest.mark.parametrize(
    ("failing", "last"),
    [
        ("", "ran peers"),
        ("notebooks", "FAILED: make test"),
        ("peers", "FAILED: make test-ray"),
        ("tests, peers", "FAILED: make test, make test-ray"),
    ],
)
def test_what_must_hold_before_a_change_lands_runs_all_and_says_what_failed(
    stubs: str, failing: str, last: str
) -> None:
    make()  # skips where there is none
    outside = {k: v for k, v in os.environ.items() if k != "MAKELEVEL"}  # these tests may be started by make
    environment = {**outside, "MAKEFLAGS": stubs, "FAILING": failing}
    answer = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60)
    assert re.findall(r"^ran (.+)$", answer.stdout, re.M) == list(STEPS)
    assert answer.stdout.splitlines()[-1] == last
    assert (answer.returncode == 0) == (not failing)


def stub_python(folder: Path, body: str) -> str:
    """An interpreter that answers the Makefile's questions as `body` says, a case on its second argument."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$2" in\n{body}\nesac\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("*version_info*) exit 0;; *ensurepip*) exit 1;;", "apt-get install python3-venv"),
        ("*) exit 1;;", "nasbook needs Python 3.11 or newer"),
    ],
    ids=["no venv module", "too old"],
)
def test_an_unusable_python_is_told_in_one_sentence(tmp_path: Path, body: str, sentence: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "cat", "id", "make"):
        (tools / tool).symlink_to(shutil.which(tool) or pytest.skip(f"{tool} is not installed"))
    answer = make(f"VENV={tmp_path}/env", f"PYTHON={stub_python(tmp_path, body)}", "env", PATH=str(tools))
    said = [line for line in answer.stderr.splitlines() if not line.startswith("make")]
    assert answer.returncode != 0 and len(said) == 1 and sentence in said[0], answer.stderr
    assert not (tmp_path / "env").exists()


def test_a_wrong_browser_variable_is_an_error_not_a_silent_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBOOK_CHROMIUM", "/nowhere/chromium")
    find_browser.cache_clear()
    with pytest.raises(FileNotFoundError, match="NASBOOK_CHROMIUM names '/nowhere/chromium'"):
        find_browser()
    find_browser.cache_clear()


def tracked_text() -> list[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            texts.append((name, data.decode(errors="replace")))
    return texts


def test_no_file_names_a_package_index_or_a_folder_of_one_machine() -> None:
    index = re.compile(r"\b(pypi|pythonhosted|npmjs)\.(org|com)\b|\bdownload\.pytorch\.org\b", re.I)
    folder = re.compile(r"(?<![\w./*-])/(work|root|Users|home/(?!jovyan\b)\w+)/\w")
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in tracked_text()
        for number, line in enumerate(text.splitlines(), 1)
        if index.search(line) or folder.search(line)
    ]
    assert not found, "\n".join(found)


def test_notebooks_carry_no_widget_state() -> None:
    import nbformat

    for name, text in tracked_text():
        if name.endswith(".ipynb"):
            notebook = nbformat.reads(text, as_version=4)
            assert "widgets" not in notebook.metadata, f"{name} carries widget state"
            for cell in notebook.cells:
                for output in cell.get("outputs", []):
                    assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}), name
