"""`nasbook doctor`: is everything there that nasbook needs?"""

from __future__ import annotations

import argparse
import math
import sys
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

import nasbook
from nasbook import registry
from nasbook.cli.lab import FIRST_LESSON, notebooks_folder

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "networkx",
    "matplotlib",
    "ipywidgets",
    "anywidget",
    "pydantic",
    "PyYAML",
    "tqdm",
    "Pillow",
)


def run(_: argparse.Namespace) -> int:
    checks = [
        _python,
        *(lambda p=p: _package(p) for p in PACKAGES),
        _torch,
        _jupyter,
        _widgets,
        _browser,
        _notebooks,
        _tables,
    ]
    fine = True
    for check in checks:
        try:
            ok, text = check()
        except Exception as error:
            ok, text = False, f"{type(error).__name__}: {error}"
        fine &= ok
        print(f"{'ok' if ok else 'problem':8} {' '.join(text.split())}", flush=True)
    return 0 if fine else 1


def _python() -> tuple[bool, str]:
    version = sys.version.split()[0]
    return sys.version_info >= (3, 11), f"Python {version}, nasbook {nasbook.__version__}" + (
        "" if sys.version_info >= (3, 11) else "; 3.11 or newer is needed"
    )


def _package(name: str) -> tuple[bool, str]:
    try:
        return True, f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return False, f"{name} is not installed: pip install {name}"


def _torch() -> tuple[bool, str]:
    torch = import_module("torch")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return True, f"device: {', '.join(names)}"
    threads = torch.get_num_threads()
    return True, f"device: cpu, {threads} thread{'' if threads == 1 else 's'} (no CUDA GPU is seen)"


def _jupyter() -> tuple[bool, str]:
    missing = [p for p in ("jupyterlab", "ipykernel") if find_spec(p) is None]
    if missing:
        return False, f"{' and '.join(missing)} not installed: pip install 'nasbook[lab]'"
    return True, f"jupyterlab {metadata.version('jupyterlab')}, ipykernel {metadata.version('ipykernel')}"


def _widgets() -> tuple[bool, str]:
    """The widgets' front end lies where JupyterLab looks for it."""
    needed = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
    from jupyter_core.paths import jupyter_path

    folders = [Path(p) for p in jupyter_path("labextensions")]
    missing = [n for n in needed if not any((f / n / "package.json").is_file() for f in folders)]
    if missing:
        return (
            False,
            f"widgets: no front end for {', '.join(missing)}: pip install jupyterlab-widgets anywidget",
        )
    return True, "widgets: their front end is where JupyterLab looks"


def _browser() -> tuple[bool, str]:
    import webbrowser

    try:
        return True, f"browser: {getattr(webbrowser.get(), 'name', 'found')}"
    except webbrowser.Error:
        return True, "browser: none here; JupyterLab prints a link that any browser opens"


def _notebooks() -> tuple[bool, str]:
    folder = notebooks_folder()
    if folder is None:
        return False, f"notebooks: {FIRST_LESSON} is not here; run nasbook in a checkout"
    return True, f"notebooks: {len(list(folder.glob('*.ipynb')))} in {folder}"


def _tables() -> tuple[bool, str]:
    """The bundled tables answer, and are what was shipped."""
    import hashlib

    folder = Path(nasbook.__file__).parent / "data"
    for line in (folder / "nb201.sha256").read_text().splitlines():
        digest, _, name = line.partition(" ")
        name = name.strip(" *")
        if name.endswith(".npy") and hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            return False, f"tables: {name} is damaged; install nasbook again"
    names = [e.name for e in registry.TASKS if e.family == "table"]
    for name in names:
        task = registry.make("task", name)
        value = task.evaluate(next(iter(task.space.grid(2))), seed=0).value
        if not (value is not None and math.isfinite(value)):
            return False, f"tables: {name} answers {value}"
    return True, f"tables: {', '.join(names)}"
