"""JupyterLite: the lock file that Pyodide reads, and the page in front of it. tests/benchmarks/lite.py opens it."""

import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nasbook import cli
from nasbook.site import lite

ROOT = Path(lite.__file__).parents[2]
CDN = "https://cdn.example/full"


def write_wheel(folder, name, version, requires=(), tag="py3-none-any", top=None):
    path = folder / f"{name}-{version}-{tag}.whl"
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{top or name}/__init__.py", "")
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n")
    return path


def entry(name, file, depends=(), version="1.0"):
    return {"name": name, "version": version, "file_name": file, "sha256": "0", "depends": list(depends)}


@pytest.fixture
def core(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    write_wheel(tmp_path, "nasbook", "0.2.0", [*project["dependencies"], "ray>=2; extra == 'scale'"])
    write_wheel(tmp_path, "ipywidgets", "8.1.9", ["comm", "widgetsnbextension~=4.0", "jupyterlab_widgets~=3.0"])
    write_wheel(tmp_path, "prompt_toolkit", "1.0", ["wcwidth", "never-needed"])
    for name in ("anywidget", "comm"):
        write_wheel(tmp_path, name, "1.0")
    write_wheel(tmp_path, "pydantic", "2.14.4", ["pydantic-core==2.50.5"])
    write_wheel(tmp_path, "pydantic_core", "2.50.5", tag="cp314-cp314-pyemscripten_2026_0_wasm32")
    return tmp_path


@pytest.fixture
def lock():
    wasm = "1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    names = ["numpy", "scipy", "matplotlib", "pillow", "pyyaml", "scikit-learn"]
    packages = {n: entry(n, f"{n}-{wasm}") for n in names}
    packages["scipy"]["depends"] = ["numpy"]
    pure = ["networkx", "tqdm", "threadpoolctl", "micropip", "jedi", "wcwidth", "pydantic"]
    packages |= {n: entry(n, f"{n}-1.0-py3-none-any.whl") for n in pure}
    packages["ipython"] = entry("ipython", "ipython-1.0-py3-none-any.whl", ["prompt_toolkit"])
    packages["prompt-toolkit"] = entry("prompt_toolkit", "prompt_toolkit-1.0-py3-none-any.whl", ["wcwidth"])
    packages["pandas"] = entry("pandas", f"pandas-{wasm}", ["numpy"])
    return {"packages": packages}


def test_wheels_that_are_here_come_from_here_and_all_others_from_the_cdn(lock, core):
    remote = lite.relock(lock, core, CDN)
    packages = lock["packages"]
    assert {"numpy", "scipy", "matplotlib", "scikit-learn"} <= set(remote) and "pandas" not in remote
    assert not {"pydantic", "pydantic-core", "prompt-toolkit", "nasbook", "ipywidgets"} & set(remote)
    assert packages["numpy"]["file_name"] == f"{CDN}/numpy-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    assert packages["pandas"]["file_name"].startswith(CDN)  # a reader may import it, too
    for name, known in packages.items():
        here = core / known["file_name"]
        assert ("://" in known["file_name"]) != here.is_file(), name
        if here.is_file():
            assert known["sha256"] == lite.hashlib.sha256(here.read_bytes()).hexdigest()
    assert packages["pydantic"]["version"] == "2.14.4" and packages["pydantic"]["depends"] == ["pydantic-core"]
    assert packages["prompt-toolkit"]["depends"] == ["wcwidth"]  # as Pyodide's own lock says
    assert "Pygments" not in packages and "prompt_toolkit" not in packages  # one entry a package


def test_nasbook_needs_no_torch_in_a_browser_and_torch_everywhere_else(lock, core):
    depends = lite.described(next(core.glob("nasbook-*.whl")))["depends"]
    assert "torch" not in depends and "ray" not in depends
    assert {"numpy", "scikit-learn", "pyyaml", "pillow", "ipywidgets"} <= set(depends)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (torch,) = (r for r in map(Requirement, project["dependencies"]) if r.name == "torch")
    assert not torch.marker.evaluate({"sys_platform": "emscripten"})
    assert all(torch.marker.evaluate({"sys_platform": s}) for s in ("linux", "darwin", "win32"))


def test_a_dependency_that_is_nowhere_is_named(lock, core):
    del lock["packages"]["tqdm"]
    with pytest.raises(ValueError, match="nasbook depends on tqdm, which neither"):
        lite.relock(lock, core, CDN)


def test_a_closure_ends_where_packages_depend_on_each_other():
    packages = {"a": entry("a", "a", ["b_c"]), "b-c": entry("b_c", "b", ["A", "gone"])}
    assert lite.closure(packages, ["a"]) == ["a", "b-c"]


def test_the_page_says_what_is_fetched_and_what_is_missing():
    lessons = [ROOT / "notebooks" / "01_be_the_optimiser.ipynb"]
    text = lite.page(lessons, ["numpy", "scipy"], CDN)
    assert 'href="lab/index.html?path=01_be_the_optimiser.ipynb"' in text and "01 · Be the optimiser" in text
    assert "cdn.example" in text and "numpy, scipy" in text and "torch" in text and "thread" in text
    assert 'id="jupyter-config-data"' in text  # JupyterLite's own pages read it here
    for number, words in (("13", "(3 of its cells need torch, and say so)"), ("17", "(2 of its cells need torch")):
        assert words in lite.page(list((ROOT / "notebooks").glob(f"{number}_*.ipynb")), [], CDN)


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_pyodide_is_refused_in_a_sentence(content, tmp_path):
    archive = tmp_path / "pyodide.tgz"
    if content is not None:
        archive.write_bytes(content)
    with pytest.raises(ValueError, match="no archive of Pyodide"):
        lite.unpack(archive, tmp_path)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "missing", lambda: "")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds files, and no site"):
        lite.build(tmp_path, ROOT / "notebooks")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_command_that_is_missing_or_fails_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="the wheels: no-such-command is not installed"):
        lite.run(["no-such-command"], "the wheels")
    with pytest.raises(ValueError, match="the wheels: ERROR: none"):
        lite.run(["sh", "-c", "echo x >&2; echo 'ERROR: none' >&2; exit 1"], "the wheels")


def test_without_jupyterlite_the_command_says_what_brings_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lite.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["site", str(tmp_path / "out"), "--lite"]) == 1
    assert "pip install 'nasbook[lite]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
