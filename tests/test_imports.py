"""Imports run one way, and `import nasbook` costs next to nothing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import nasbook

ROOT = Path(nasbook.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# What each room may import of nasbook. `nasbook` itself (__init__) and cli may import everything.
CORE = {
    "files",
    "source",
    "version",
    "meter",
    "axes",
    "parameters",
    "counting",
    "space",
    "fits",
    "joining",
    "trial",
    "trace",
    "trace_file",
    "catalogue",
    "registry",
    "task",
    "method",
    "answer",
    "evaluation",
    "other_words",
    "views",
    "states",
    "loop",
    "prepare",
    "search",
}
METHODS = {"kit", "hpo", "nas", "estimate"}
ALLOWED = {
    "files": set(),
    "source": set(),
    "version": set(),
    "meter": set(),
    "cost": {"space", "trace", "trial"},
    "axes": set(),
    "parameters": {"axes"},
    "counting": set(),
    "space": {"axes", "parameters", "counting"},
    "trial": {"space"},
    "trace": {"space", "trial"},
    "trace_file": {"files", "source", "space", "trace", "trial", "views"},
    "fits": {"parameters", "space"},
    "joining": {"parameters", "space", "registry"},
    "rows": {"space", "trace"},
    "guard": {"trace", "trace_file", "kit"},
    "catalogue": set(),
    "registry": {"catalogue"},
    "about": {"registry"},
    "statistics": {"trace", "space", "parameters", "statistics"},
    "task": {"space", "fits"},
    "method": {"space", "trace", "trial", "task", "answer"},
    "answer": {"space", "task", "trial"},
    "evaluation": {"meter", "trace", "trial", "task", "answer"},
    "other_words": set(),
    "views": {"space", "trial"},
    "states": {"trace_file"},
    "loop": {"meter", "states", "trace", "trace_file", "task", "method", "evaluation"},
    "prepare": {
        "fits",
        "source",
        "version",
        "space",
        "trace",
        "trace_file",
        "trial",
        "registry",
        "task",
        "method",
        "other_words",
    },
    "search": {
        "space",
        "trace",
        "trace_file",
        "registry",
        "task",
        "method",
        "trial",
        "views",
        "loop",
        "prepare",
    },
    "kit": {"space", "trace", "task", "method", "kit"},
    "hpo": CORE | {"kit", "hpo"},
    "nas": CORE | {"kit", "nas", "hpo"},
    "testing": CORE,
    "estimate": CORE | {"kit", "statistics", "estimate", "hpo", "nas"},
    "data": {"data"} | CORE | {"kit", "statistics", "hpo", "nas", "estimate", "tasks"},  # data/make makes the tables
    "tasks": CORE | {"kit", "tasks", "nas", "data"},  # nas/spaces holds the cells that tasks train
    "explain": CORE | {"kit", "hpo", "nas", "tasks", "explain"},
    "automl": CORE | {"kit", "tasks", "automl"},
    "plots": CORE | METHODS | {"about", "cost", "statistics", "tasks", "explain", "automl", "plots"},
    "scale": CORE | METHODS | {"cost", "tasks", "scale"},
    "widgets": CORE | METHODS | {"cost", "statistics", "tasks", "explain", "automl", "plots", "scale", "widgets"},
    "course": CORE
    | METHODS
    | {"cost", "statistics", "tasks", "explain", "automl", "plots", "scale", "widgets", "course", "testing"},
    "site": CORE
    | METHODS
    | {"about", "cost", "statistics", "tasks", "explain", "automl", "plots", "scale", "widgets", "course", "testing"}
    | {"site"},
}
FOREIGN = {
    "hpo": {"matplotlib", "ipywidgets", "anywidget", "IPython", "torch"},
    "nas": {"matplotlib", "ipywidgets", "anywidget", "IPython"},
    "estimate": {"matplotlib", "ipywidgets", "anywidget", "IPython"},
    "tasks": {"matplotlib", "ipywidgets", "anywidget", "IPython"},
    "explain": {"matplotlib", "ipywidgets", "anywidget", "IPython"},
    "automl": {"matplotlib", "ipywidgets", "anywidget", "IPython", "torch"},
    "plots": {"ipywidgets", "anywidget", "IPython"},
    "statistics": {"matplotlib", "ipywidgets", "anywidget", "IPython", "torch", "sklearn"},
    "scale": {"matplotlib", "ipywidgets", "anywidget", "IPython"},
    **dict.fromkeys(
        CORE | {"rows", "guard", "cost"},
        {"matplotlib", "ipywidgets", "anywidget", "IPython", "torch", "scipy", "sklearn"},
    ),
}
# files of hpo that train something, with torch
TRAINS = {
    "hypergradient",
    "pbt",
    "unroll_length",
    "unrolling",
    "prior_fitted",
    "prior_fitting",
    "curve_belief",
    "curve_prior",
    "learned_prior",
    "priors_1d",
    "problems",
}
ROOMS = sorted({p.relative_to(ROOT).with_suffix("").parts[0] for p in MODULES} - {"__init__", "__main__", "cli"})


def imports(path):
    """Every imported module of a file with its line, at the top, inside a function or for type checking only."""
    found = []
    package = ("nasbook", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            if module == "nasbook":  # from nasbook import registry
                found += [(f"nasbook.{alias.name}", node.lineno) for alias in node.names]
            else:
                found.append((module, node.lineno))
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
                found.append((str(node.args[0].value), node.lineno))
    return found


def room(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_every_room_has_its_rule():
    assert set(ROOMS) <= set(ALLOWED), f"say in this test what {set(ROOMS) - set(ALLOWED)} may import"


@pytest.mark.parametrize("name", ROOMS)
def test_imports_run_one_way(name):
    wrong = []
    for path in (p for p in MODULES if room(p) == name):
        for module, line in imports(path):
            parts = module.split(".")
            if parts[0] != "nasbook":
                continue
            if module == "nasbook" and name == "widgets":  # what stands before the user uses the front door
                continue
            if len(parts) < 2 or parts[1] not in ALLOWED[name]:
                wrong.append(f"{path.relative_to(ROOT.parent)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def file_of(module):
    """The file of a module of nasbook; None where there is none."""
    base = ROOT.joinpath(*module.split(".")[1:])
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def arrows_of(path):
    """The files of nasbook that a file imports: at its top, inside its functions, or for type checking only."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {file_of(alias.name) for alias in node.names if alias.name.split(".")[0] == "nasbook"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nasbook":
            found |= {file_of(f"{node.module}.{alias.name}") or file_of(node.module) for alias in node.names}
    return found - {None, path}


def circles(arrows):
    """The files that import each other in a loop: what is left when those that import nothing left are taken away."""
    left = dict(arrows)
    while free := [path for path, to in left.items() if not to & left.keys()]:
        for path in free:
            del left[path]
    return left


def test_no_circle_of_files():
    """Not even by an import inside a function, or for type checking."""
    arrows = {path: arrows_of(path) for path in MODULES}
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"e"}, "e": set()}).keys() == {"a", "b", "c"}
    assert sum(map(len, arrows.values())) > 500
    wrong = circles(arrows)
    assert not wrong, sorted(str(path.relative_to(ROOT)) for path in wrong)


def test_the_front_door_imports_nothing_of_the_rooms_that_come_in_by_it():
    """widgets and course use `import nasbook`, so it fetches what is theirs by name, when it is asked for."""
    rooms = {module.split(".")[1]: line for module, line in imports(ROOT / "__init__.py") if "nasbook." in module}
    assert rooms.keys() >= {"search", "plots"} and not rooms.keys() & {"widgets", "course", "site", "cli"}, rooms


@pytest.mark.parametrize("name", sorted(set(FOREIGN) & set(ROOMS)))
def test_rooms_stay_clear_of_libraries_above_them(name):
    wrong = [
        f"{path.relative_to(ROOT.parent)}:{line} imports {module}"
        for path in MODULES
        if room(path) == name
        for module, line in imports(path)
        if module.split(".")[0] in FOREIGN[name] - ({"torch"} if name == "hpo" and path.stem in TRAINS else set())
    ]
    assert not wrong, "\n".join(wrong)


def test_the_parser_of_this_test_sees_every_kind_of_import(tmp_path, monkeypatch):
    source = "import a.b\nfrom c import d\ndef f():\n    from nasbook import plots\n    from . import x\n"
    source += "    from ..y import z\n    importlib.import_module('nasbook.widgets')\n    __import__('e')\n"
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "hpo" / "deep" / "m.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert {m for m, _ in imports(path)} == {
        "a.b",
        "c",
        "nasbook.plots",
        "nasbook.hpo.deep",
        "nasbook.hpo.y",
        "nasbook.widgets",
        "e",
    }


@pytest.mark.parametrize("name", ["hpo", "nas"])
def test_parts_never_import_a_method(name):
    wrong = [
        f"{path.relative_to(ROOT.parent)}:{line} imports {module}"
        for path in (ROOT / name / "parts").glob("*.py")
        for module, line in imports(path)
        for parts in [module.split(".")]
        if parts[:1] == ["nasbook"] and parts[1] in ("hpo", "nas") and parts[2:3] not in (["parts"], ["spaces"])
    ]
    assert not wrong, "\n".join(wrong)


def test_no_pyplot_anywhere():
    """pyplot keeps every figure alive and picks a window system; pictures are Figure and Agg."""
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [getattr(node, "attr", ""), getattr(node, "id", "")]
            if isinstance(node, ast.Import | ast.ImportFrom):
                names += [getattr(node, "module", "") or "", *(a.name for a in node.names)]
            if any("pyplot" in n or n == "pylab" for n in names):
                wrong.append(f"{path.relative_to(ROOT.parent)}:{node.lineno}")
    assert not wrong


def loaded_by(code):
    """The modules that a fresh interpreter holds after running some code."""
    code = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {
    "torch", "matplotlib", "ipywidgets", "anywidget", "IPython", "scipy", "sklearn", "networkx", "pandas", "pydantic",
    "yaml", "PIL", "tqdm",
}  # fmt: skip


def test_import_nasbook_loads_nothing_heavy():
    modules = loaded_by("import nasbook")
    assert not HEAVY & modules
    ours = {m for m in modules if m.startswith("nasbook.")}
    assert ours == {f"nasbook.{name}" for name in CORE | {"tasks", "kit", "kit.interrupt"}}


def test_listing_loads_nothing_heavy():
    code = "import nasbook as n; dir(n)\n"
    code += "[e.describe() for table in (n.methods(), n.tasks(), n.spaces(), n.labs()) for e in table]"
    assert not HEAVY & loaded_by(code)


def test_a_random_search_over_a_function_loads_nothing_heavy():
    code = "import nasbook as n; n.search('random', lambda c: c['x'], space=n.Space(x=n.Float(0, 1)), trials=3)"
    assert not HEAVY & loaded_by(code)
    assert not HEAVY & loaded_by("import nasbook; nasbook.search('random', 'branin', trials=3)")


def test_hpo_needs_no_torch():
    """Except for the few methods that train something themselves."""
    code = "import nasbook\nfor e in nasbook.methods():\n    _, room, file = (e.module + '..').split('.')[:3]\n"
    code += f"    room == 'hpo' and file not in {TRAINS} and e.load()"
    assert not {"torch", "matplotlib", "ipywidgets"} & loaded_by(code)
