"""What goes to others: `python -m build` gives a wheel and an sdist that hold what they should and work where nothing
else of this checkout is."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import trove_classifiers

import nasbook

ROOT = Path(__file__).parent.parent
NAME = f"nasbook-{nasbook.__version__}"
EPOCH = "1700000000"  # of the files in both archives


def call(*command: object, **options) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=250, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def build(source: Path, out: Path, *kinds: str) -> None:
    """With the hatchling that is installed, so that nothing is fetched."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *kinds, source, env=env)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    build(ROOT, out)
    assert {p.name for p in out.iterdir()} == {f"{NAME}.tar.gz", f"{NAME}-py3-none-any.whl"}
    return out


@pytest.fixture(scope="module")
def wheel(archives: Path) -> Path:
    return archives / f"{NAME}-py3-none-any.whl"


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_tree_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    """Which also says that a build gives the same bytes twice."""
    build(ROOT, tmp_path, "--wheel")
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def kept(folder: str) -> set[str]:
    """The files below a folder that the repository keeps, or where there is no git, all but caches."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", folder], cwd=ROOT, capture_output=True
    )
    if listed.returncode == 0:
        return {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
    return {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }


def test_the_wheel_holds_all_of_the_package_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    own = {name for name in names if name.startswith("nasbook/")}
    assert own == {name for name in kept("nasbook") if not name.startswith("nasbook/data/make/")}
    for needed in (
        "py.typed",
        "widgets/lab.css",
        "widgets/lab.js",
        "scale/study.schema.json",
        "data/nb201_cifar10.npy",
    ):
        assert f"nasbook/{needed}" in own
    info = f"{NAME}.dist-info/"
    assert names - own == {
        info + name for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }


def test_the_sdist_holds_what_is_needed_to_test_and_to_build(archives: Path) -> None:
    with tarfile.open(archives / f"{NAME}.tar.gz") as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    for folder in ("nasbook", "notebooks", "tests", "binder", ".github", ".ci"):
        lacking = kept(folder) - names
        assert not lacking, f"the sdist lacks {sorted(lacking)[:5]}"
    assert {"pyproject.toml", "constraints.txt", "Makefile", "README.md", "LICENSE", "PKG-INFO"} <= names


USE = """
import sys, pathlib, nasbook
assert pathlib.Path(nasbook.__file__).is_relative_to(sys.argv[1]), nasbook.__file__
trace = nasbook.search("bayesian", "branin", trials=6)
trace.save("small.jsonl")
assert len(nasbook.Trace.load("small.jsonl")) == 6
assert nasbook.search("random", "nb201-cifar10", trials=5).best.value < 0.9
lab = nasbook.lab("tpe")
lab.run(3)
assert bytes(lab.image.png)[:4] == b"\\x89PNG"
assert nasbook.exercise("01.distinct").solution
assert not {m for m in sys.modules if m.startswith("nasbook.data.make")}
"""


def test_the_installed_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    there, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    call(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--target", there, wheel)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": str(there)}
    answer = call(sys.executable, "-m", "nasbook", "--help", cwd=empty, env=env).stdout
    assert answer.startswith("usage: nasbook") and "search" in answer
    script = "from importlib.metadata import version; print(version('nasbook'))\n" + USE
    said = call(sys.executable, "-c", script, there, cwd=empty, env=env).stdout
    assert said == f"{nasbook.__version__}\n"
    assert [p.name for p in empty.iterdir()] == ["small.jsonl"]


def test_the_classifiers_exist_and_name_the_pythons_that_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not set(project["classifiers"]) - trove_classifiers.classifiers
    assert project["classifiers"] == sorted(project["classifiers"])
