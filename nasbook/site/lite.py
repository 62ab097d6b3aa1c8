"""The lessons with Python in the browser: a JupyterLite whose kernel (Pyodide) knows nasbook.

    nasbook.site.lite.build("build/lite", "notebooks")        what `nasbook site build/lite --lite` does

JupyterLab, Pyodide itself, nasbook's wheel and every wheel that the package index has lie in the folder. The rest was
built for Pyodide alone (numpy, scipy, scikit-learn, matplotlib …), is on its CDN only, and is fetched from there by the
reader's browser. Pyodide finds all of it in its lock file, which is written anew here: our wheels by their file names,
the others by their addresses, nasbook as one more package. So `import nasbook` in a cell is all that is needed.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from nasbook.site import folder
from nasbook.site.in_browser import NEEDS, adapted
from nasbook.site.run import heading
from nasbook.space import Json

WHOLE = ("00", "01", "02", "03", "04", "05", "06")  # of these every cell runs, without torch, which no browser has
LESSONS = (*WHOLE, *NEEDS)
KERNEL = ("ipython", "jedi", "micropip")  # what the kernel itself is made of
# In place of the lock's, or beside them: releases whose wheels the package index has.
NEWER = {
    "pydantic": "2.14.4",
    "pydantic-core": "2.50.5",  # the one that this pydantic wants
    "contourpy": "1.4.0",
    "ipywidgets": "8.1.9",
    "anywidget": "0.11.0",
    "psygnal": "0.16.1",
    "comm": "0.2.3",
}
ELSEWHERE = {"widgetsnbextension", "jupyterlab-widgets", "torch"}  # the page has the first two; nobody has torch
WITHOUT = {  # of nasbook, what a browser cannot do
    "torch": "no network is trained: methods and tasks that train with torch say so",
    "processes": "nasbook run and everything that starts a process of its own",
    "threads": "a lab answers its buttons between two steps, not within one",
}


@dataclass(frozen=True)
class Lite:
    """What was built: the lessons, bytes on disk, and the wheels that a browser fetches from Pyodide's CDN."""

    lessons: tuple[str, ...]
    bytes: int
    files: int
    remote: tuple[str, ...]
    cdn: str


def missing() -> str:
    """One sentence if what builds it is not installed, '' otherwise."""
    lacking = [
        name for name in ("jupyterlite_core", "jupyterlite_pyodide_kernel") if not importlib.util.find_spec(name)
    ]
    return f"{' and '.join(lacking)} cannot be imported: pip install 'nasbook[lite]' brings it" if lacking else ""


def build(
    out: str | Path,
    notebooks: str | Path,
    *,
    pyodide: str | Path | None = None,
    lessons: Iterable[str] = LESSONS,
    say: Callable[[str], None] = lambda sentence: None,
) -> Lite:
    """Build it into the folder `out`, with those lessons of the folder `notebooks`.

    pyodide: the archive of Pyodide's core, as `npm pack pyodide` makes it; without one, npm is asked for it. pip is
    asked for the wheels. ValueError, in one sentence, where one of them or JupyterLite is not there, and for a folder
    that holds something else.
    """
    out, notebooks, lessons = Path(out), Path(notebooks), tuple(lessons)
    folder.check(out)
    if lacking := missing():
        raise ValueError(lacking)
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION

    chosen = [path for number in lessons for path in sorted(notebooks.glob(f"{number}_*.ipynb"))]
    if not chosen:
        raise ValueError(f"{notebooks} holds none of the lessons {', '.join(lessons)}")
    with tempfile.TemporaryDirectory(prefix="nasbook-lite-") as scratch:
        work = Path(scratch)
        say(f"Pyodide {PYODIDE_VERSION} and the wheels that the package index has")
        core = unpack(Path(pyodide) if pyodide else npm(f"pyodide@{PYODIDE_VERSION}", work), work)
        lock = json.loads((core / "pyodide-lock.json").read_text())
        wheel(core)
        pure = [n for n in closure(lock["packages"], needs(core)) if n not in NEWER and is_pure(lock["packages"][n])]
        download([f"{n}=={lock['packages'][n]['version']}" for n in pure], core)
        download([f"{name}=={version}" for name, version in NEWER.items()], core)
        remote = relock(lock, core, PYODIDE_CDN_URL)
        (core / "pyodide-lock.json").write_text(json.dumps(lock, sort_keys=True))
        (work / "files").mkdir()
        for path in chosen:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            adapted(path.name[:2], notebook)
            (work / "files" / path.name).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
        say("JupyterLite")
        jupyterlite(work, core)
        made = work / "dist"
        (made / "index.html").write_text(page(chosen, remote, PYODIDE_CDN_URL), encoding="utf-8")
        sizes = [p.stat().st_size for p in made.rglob("*") if p.is_file()]
        folder.publish(made, out)
    return Lite(tuple(p.stem for p in chosen), sum(sizes), len(sizes), tuple(remote), PYODIDE_CDN_URL)


# ---- what lies in the folder ---------------------------------------------------------------------------------


def run(command: list[str], what: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError(f"{what}: {command[0]} is not installed") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no word why"]
        said = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1])
        raise ValueError(f"{what}: {said.strip()}")
    return done.stdout


def npm(package: str, into: Path) -> Path:
    """The archive of an npm package."""
    run(["npm", "pack", "--silent", package], f"{package} cannot be fetched (or name its archive by --pyodide)", into)
    return next(into.glob("*.tgz"))


def unpack(archive: Path, into: Path) -> Path:
    """Pyodide's core from an archive with one folder, without what only its developers read."""
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(into, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise ValueError(f"{archive} is no archive of Pyodide: {error}") from None
    found = next((p.parent for p in sorted(into.glob("*/pyodide-lock.json"))), None)
    if found is None:
        raise ValueError(f"{archive} holds no pyodide-lock.json, so it is not Pyodide's core")
    for path in (*found.glob("*.map"), *found.glob("*.d.ts"), *found.glob("console*.html")):
        path.unlink()
    return found.rename(into / "pyodide")


def wheel(core: Path) -> None:
    """nasbook's own wheel, from the checkout."""
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        raise ValueError("nasbook's wheel is built from a checkout, and this nasbook was installed without one")
    alone = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", *alone]
    run([*pip, "-w", str(core), str(root)], "nasbook's wheel cannot be built")


def download(packages: list[str], core: Path) -> None:
    """Wheels from the package index, for Pyodide or for any Python."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--no-input"]
    where = ["--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14", "--abi", "cp314"]
    only = ["--implementation", "cp", "--only-binary", ":all:", "-d", str(core)]
    run([*pip, *where, *only, *packages], "the wheels cannot be fetched")


def jupyterlite(work: Path, core: Path) -> None:
    """JupyterLab for the browser, into dist; the extensions of ipywidgets and anywidget are those of this Python."""
    archive = work / "pyodide.tar.bz2"
    with tarfile.open(archive, "w:bz2", compresslevel=1) as tar:
        tar.add(core, "pyodide")
    built = {
        "contents": ["files"],
        "output_dir": "dist",
        "apps": ["lab", "repl"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
    }
    config = {"LiteBuildConfig": built, "PyodideAddon": {"pyodide_url": str(archive)}}
    (work / "jupyter_lite_config.json").write_text(json.dumps(config))
    run([sys.executable, "-m", "jupyterlite_core.app", "build"], "jupyter lite build", work)


# ---- Pyodide's lock file -------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()


def is_pure(entry: Json) -> bool:
    return str(entry["file_name"]).endswith("-none-any.whl")


def needs(core: Path) -> list[str]:
    """What nasbook's wheel, ipywidgets and the kernel want."""
    (own,) = core.glob("nasbook-*.whl")
    return sorted({*described(own)["depends"], *KERNEL, "traitlets", "typing-extensions"})


def closure(packages: Json, names: Iterable[str]) -> list[str]:
    """Those of the names that the lock has, and what they depend on, sorted."""
    found: set[str] = set()
    todo = [canonical(name) for name in names]
    while todo:
        name = todo.pop()
        if name in packages and name not in found:
            found.add(name)
            todo += [canonical(d) for d in packages[name]["depends"]]
    return sorted(found)


def described(path: Path) -> Json:
    """The lock's entry for a wheel: name, version, what it brings and what it depends on in a browser."""
    from packaging.requirements import Requirement

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        about = HeaderParser().parsestr(
            archive.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
        )
    browser = {
        "sys_platform": "emscripten",
        "platform_system": "Emscripten",
        "platform_machine": "wasm32",
        "os_name": "posix",
        "python_version": "3.14",
        "python_full_version": "3.14.2",
        "extra": "",
    }
    wanted = [Requirement(line) for line in about.get_all("Requires-Dist", [])]
    depends = {canonical(r.name) for r in wanted if r.marker is None or r.marker.evaluate(browser)} - ELSEWHERE
    tops = {n.partition("/")[0].removesuffix(".py") for n in names if n.endswith(".py") or "/__init__." in n}
    return {
        "name": canonical(about["Name"]),
        "version": about["Version"],
        "file_name": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "depends": sorted(depends),
        "imports": sorted(t for t in tops if "." not in t),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def relock(lock: Json, core: Path, cdn: str) -> list[str]:
    """Write the lock anew: wheels in the folder by their file names, all others by their addresses. What nasbook and
    the kernel fetch from the CDN, sorted. ValueError for a dependency that is neither here nor there."""
    packages = lock["packages"]
    for entry in packages.values():
        if "://" not in entry["file_name"]:
            entry["file_name"] = f"{cdn}/{entry['file_name']}"
    for path in sorted(core.glob("*.whl")):
        entry = described(path)
        name, known = entry["name"], packages.get(entry["name"])
        if known and known["version"] == entry["version"]:  # what it really needs there, Pyodide knows better
            entry = {**known, "file_name": entry["file_name"], "sha256": entry["sha256"]}
        packages[name] = entry
    used = closure(packages, ["nasbook", "ipywidgets", *KERNEL])
    for name in used:
        for other in packages[name]["depends"]:
            if canonical(other) not in packages:
                raise ValueError(f"{name} depends on {other}, which neither the package index nor Pyodide has")
    return [name for name in used if "://" in packages[name]["file_name"]]


# ---- the page in front of it ---------------------------------------------------------------------------------


def page(lessons: list[Path], remote: list[str], cdn: str) -> str:
    """The first page: the lessons, and what is fetched from where."""
    rows = "\n".join(
        f'<li><a href="lab/index.html?path={html.escape(p.name)}">{html.escape(title(p))}</a>{_lacks(p)}</li>'
        for p in lessons
    )
    host = cdn.split("/")[2]
    cannot = "\n".join(f"<li>{html.escape(name)}: {html.escape(words)}</li>" for name, words in WITHOUT.items())
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>nasbook with Python in the browser</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }}
</style></head>
<body><main>
<h1>nasbook with Python in the browser</h1>
<p>These lessons run in the page itself: nothing is installed, and no server computes. The first cell takes a minute,
because Python and its packages are loaded. What you change is kept in this browser.</p>
<ul>
{rows}
</ul>
<h2>What is fetched, and from where</h2>
<p>JupyterLab, Python (Pyodide), nasbook and the packages that are plain Python come from this site. The others were
built for Pyodide alone, so your browser fetches them from its CDN, {html.escape(host)}, and from nowhere else:
{html.escape(", ".join(remote))}.</p>
<h2>What is missing here</h2>
<ul>
{cannot}
</ul>
<p>A browser opens this page from a web server only, not from a folder: <code>python -m http.server</code> in the folder
of the site is one.</p>
</main></body></html>
"""


def _lacks(notebook: Path) -> str:
    needs = NEEDS.get(notebook.name[:2])
    return f" ({needs} of its cells need torch, and say so)" if needs else ""


def title(notebook: Path) -> str:
    """The heading of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"][:1]
    return heading("".join(t for c in cells if c["cell_type"] == "markdown" for t in c["source"])) or notebook.stem
