"""A file is data: whatever it names, looking at it runs nothing; to run it, its code must lie beside it or be trusted.

Every hostile file here would write a marker if anything of it ran, and nothing may be there afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nasbook
from nasbook.cli import main
from nasbook.scale import StudyError, estimate, export, load_study, run
from nasbook.scale.outline import outline
from nasbook.scale.target import make_task
from nasbook.scale.trust import Trust, locate
from nasbook.trace import Trace

# A module that shows that it was imported, and holds what a benign module holds: things imported from elsewhere.
OBJECTIVE = """
import os
import subprocess
from functools import partial
from os import system
from pathlib import Path
from shutil import rmtree
from subprocess import check_output as run_it

HERE = Path(__file__).parent
(HERE / "imported").write_text("")
shell = partial(subprocess.check_output, shell=True)
folder = Path(__file__).parent
words = ["a"]


class Model:
    system = staticmethod(os.system)

    def __init__(self, x=0):
        (HERE / "marker").write_text("made")


def square(config):
    return (config["x"] - 0.3) ** 2


class Callable:
    def __call__(self, config, report):
        report(1, config["x"])
        return config["x"]


instance = Callable()
fixed = partial(square)
"""

SHELL = {"args": "echo > marker", "shell": True}
EVIL = [
    ("subprocess:check_output", SHELL),
    ("subprocess:run", SHELL),
    ("subprocess:Popen", SHELL),
    ("os:system", {"command": "echo > marker"}),
    ("posix:system", {"command": "echo > marker"}),
    ("shutil:rmtree", {"path": "victim"}),
    ("builtins:eval", {}),
    ("builtins:exec", {}),
    ("builtins:open", {"file": "marker", "mode": "w"}),
    ("pathlib:Path.cwd", {}),
    ("importlib:import_module", {"name": "objective"}),
    ("runpy:run_path", {"path_name": "objective.py"}),
    ("pickle:loads", {"data": "x"}),
    ("numpy:save", {"file": "marker.npy", "arr": [1]}),
    ("torch:load", {"f": "marker.pt"}),
    ("yaml:unsafe_load", {"stream": "!!python/object/apply:os.system ['echo > marker']"}),
    ("nasbook.cli:main", {"argv": ["search", "random", "branin", "--trials", "1", "--out", "marker"]}),
    ("nasbook.scale.process:subprocess.run", SHELL),
    ("nasbook.tasks.training:os.replace", {"src": "victim", "dst": "marker"}),
    ("nasbook.tasks.training:np.save", {"file": "marker", "arr": [1]}),
    ("nasbook:search", {"method": "random", "task": "branin", "trials": 1, "out": "marker"}),
    ("objective:os.system", {"command": "echo > marker"}),
    ("objective:subprocess.run", SHELL),
    ("objective:subprocess.check_output", SHELL),
    ("objective:system", {"command": "echo > marker"}),
    ("objective:run_it", SHELL),
    ("objective:rmtree", {"path": "victim"}),
    ("objective:shell", {"args": "echo > marker"}),
    ("objective:folder.rename", {"target": "marker"}),
    ("objective:Path.touch", {"self": "marker"}),
    ("objective:words.clear", {}),
    ("objective:square.__globals__", {}),
    ("objective:square.__class__", {}),
    ("objective:__builtins__.eval", {}),
    ("objective:Model.system", {"command": "echo > marker"}),
    ("../objective:square", {}),
    ("..objective:square", {}),
    ("/etc/objective:square", {}),
    ("objective.py:square", {}),
    ("sub/objective:square", {}),
    ("linked:square", {}),
    ("package.linked:square", {}),
    ("json:square", {}),  # shadowed by a file beside the study
    ("yaml:square", {}),
    ("antigravity:fly_text", {}),
]
NAMES = [name for name, _ in EVIL]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as a stranger might send it: modules, links that lead out of it, names of other modules."""
    outside = tmp_path / "outside"
    outside.mkdir()
    here = tmp_path / "here"
    (here / "package").mkdir(parents=True)
    for file in ("objective.py", "json.py", "yaml.py", "../outside/elsewhere.py"):
        (here / file).write_text(OBJECTIVE)
    (here / "package" / "__init__.py").write_text("from pathlib import Path\nPath('package-marker').touch()\n")
    (here / "linked.py").symlink_to(outside / "elsewhere.py")
    (here / "package" / "linked.py").symlink_to(outside / "elsewhere.py")
    (here / "victim").mkdir()
    (here / "victim" / "work.txt").write_text("years of it")
    monkeypatch.chdir(here)
    yield here
    for name in ("objective", "linked", "package", "elsewhere"):
        sys.modules.pop(name, None)


def untouched(folder: Path, imported: bool = False) -> None:
    for marker in ("marker", "marker.npy", "package-marker", *([] if imported else ["imported"])):
        assert not (folder / marker).exists(), marker
    assert not (folder.parent / "outside" / "imported").exists()
    assert (folder / "victim" / "work.txt").exists()


def write_study(folder: Path, name: str, arguments: dict) -> Path:
    path = folder / "study.yaml"
    row = {
        "schema": "nasbook/study@1",
        "name": "a stranger's",
        "task": {"name": name, "arguments": arguments},
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "method": {"name": "random"},
        "budget": {"trials": 2},
    }
    path.write_text(json.dumps(row))  # JSON is YAML
    return path


def write_trace(folder: Path, name: str, arguments: dict) -> Path:
    """A trace of a random search with another task in its header."""
    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    path = trace.save(folder / "trace.jsonl")
    header, *rest = path.read_text().splitlines(keepends=True)
    path.write_text(json.dumps(json.loads(header) | {"task": name, "arguments": arguments}) + "\n" + "".join(rest))
    return path


@pytest.mark.parametrize(("name", "arguments"), EVIL, ids=NAMES)
def test_looking_at_a_study_runs_nothing(folder, name, arguments):
    path = write_study(folder, name, arguments)
    study = load_study(path, check=False)
    for look in (lambda: load_study(path), study.check, study.to_yaml, lambda: nasbook.scale.json_schema()):
        try:
            look()
        except StudyError as error:
            assert "\n" not in str(error)
    untouched(folder)


@pytest.mark.parametrize(("name", "arguments"), EVIL, ids=NAMES)
def test_looking_at_a_trace_runs_nothing(folder, name, arguments, capsys):
    path = write_trace(folder, name, arguments)
    trace = Trace.load(path)
    assert len(list(nasbook.replay(trace))) == 3
    trace.plot("history")
    for look in (
        lambda: estimate(trace, trials=5),
        lambda: estimate(trace, trials=5, epochs=3, width=(1, 2)),
        lambda: export(trace, folder / "out.yaml", overwrite=True),
        lambda: trace.export(folder / "out.yaml", overwrite=True, epochs=4, data="victim/work.txt"),
    ):
        try:
            look()
        except ValueError as error:
            assert "\n" not in str(error)
    for arguments in (["--estimate"], ["-o", "cli.yaml"], ["--task", name, "-o", "named.yaml"]):
        assert main(["export", str(path), *arguments]) in (0, 2)
        assert "Traceback" not in capsys.readouterr().err
    assert main(["search", "random", "branin", "--trials", "1", "--warm-start", str(path)]) == 2
    untouched(folder)


@pytest.mark.parametrize(("name", "arguments"), EVIL, ids=NAMES)
def test_running_a_study_calls_only_what_its_folder_defines(folder, name, arguments, capsys):
    path = write_study(folder, name, arguments)
    with pytest.raises(ValueError) as caught:
        run(path, folder / "out")
    assert "\n" not in str(caught.value) and "task.name" in str(caught.value)
    assert main(["run", str(path), "--out", str(folder / "out2")]) == 2
    with pytest.raises(ValueError):
        load_study(path, check=False).make_task()
    untouched(folder, imported=name.startswith("objective:"))  # its own module may be imported; nothing is called


@pytest.mark.parametrize(
    "name", [n for n in NAMES if not n.startswith(("objective", "numpy", "torch", "yaml", "linked"))]
)
def test_searching_a_typed_name_calls_nothing_of_pythons_own(folder, name):
    arguments = [f"--arg={k}={json.dumps(v)}" for k, v in dict(EVIL)[name].items() if isinstance(v, str)]
    assert main(["search", "random", name, "--trials", "1", *arguments]) == 2
    assert not (folder / "marker").exists() and (folder / "victim" / "work.txt").exists()


def test_a_study_runs_what_lies_beside_it(folder):
    for name in ("objective:square", "objective:instance", "objective:fixed"):
        trace = run(write_study(folder, name, {}), folder / name.partition(":")[2])
        assert [t.status for t in trace.trials] == ["done", "done"]
    assert (folder / "imported").exists() and not (folder / "marker").exists()


def test_a_module_elsewhere_needs_to_be_named(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder.parent / "outside"))
    path = write_study(folder, "elsewhere:square", {})
    load_study(path)
    says = r"study.yaml, line 1, task.name: elsewhere:square lies outside the study's folder \(.*outside/elsewhere.py\)"
    with pytest.raises(StudyError, match=says):
        run(path, folder / "out")
    untouched(folder)
    assert len(run(path, folder / "out", trust=["elsewhere"])) == 2
    assert main(["run", str(path), "--out", str(folder / "out2"), "--trust", "elsewhere"]) == 0


def test_a_question_shows_what_would_be_imported_where_somebody_sits_there(folder, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(folder.parent / "outside"))
    path = write_study(folder, "elsewhere:square", {})
    for answer, code in [("\n", 2), ("no\n", 2), ("y\n", 0)]:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdin.readline", lambda a=answer: a, raising=False)
        assert main(["run", str(path), "--out", str(folder / f"out{answer.strip()}")]) == code
        asked = capsys.readouterr().err
        assert "elsewhere:square lies outside the study's folder" in asked and "elsewhere.py" in asked
        assert "Import it and run it? [y/N]" in asked
    # What is Python's own is not even asked for.
    assert main(["run", str(write_study(folder, "subprocess:run", SHELL)), "--out", str(folder / "sub")]) == 2
    assert "[y/N]" not in capsys.readouterr().err
    assert not (folder / "marker").exists()


def test_the_working_folder_is_not_the_studys(folder):
    """A study in a folder of downloads cannot call the modules of the folder that one works in."""
    away = folder.parent / "downloads"
    away.mkdir()
    path = write_study(away, "objective:square", {})
    with pytest.raises(StudyError, match="lies outside the study's folder"):
        run(path, folder / "out")
    untouched(folder)
    assert len(run(path, folder / "out", trust="objective")) == 2


def test_two_studies_may_have_modules_of_one_name(folder):
    other = folder.parent / "other"
    other.mkdir()
    (other / "objective.py").write_text("def square(config):\n    return 7\n")
    first = run(write_study(folder, "objective:square", {}), folder / "out")
    second = run(write_study(other, "objective:square", {}), other / "out")
    assert [t.value for t in second.trials] == [7, 7] and first.trials[0].value != 7
    assert load_study(other / "study.yaml").make_task().evaluate({"x": 0.5}) == 7


def test_asking_where_a_module_lies_runs_no_package(folder):
    (folder / "package" / "good.py").write_text("def f(config):\n    return 1\n")
    assert locate("package.good", folder) == (folder / "package" / "good.py").resolve()
    assert locate("package.linked", folder) is None and locate("nowhere", folder) is None
    assert outline("package.good:f", folder).takes == []
    load_study(write_study(folder, "package.good:f", {}))
    untouched(folder)


def test_what_stands_in_the_source_is_checked_without_running_it(folder):
    (folder / "objective.py").write_text(
        OBJECTIVE + "\ndef learn(config, *, power, report, fidelity=3):\n    return 1\n"
    )
    for name, arguments, says in [
        ("objective:squar", {}, "the module objective has no 'squar'; did you mean 'square'?"),
        ("objective:learn", {"powr": 2}, "objective:learn has no such argument; did you mean 'power'?"),
        ("objectiv:learn", {}, "there is no module 'objectiv'; it must lie beside the study"),
    ]:
        with pytest.raises(StudyError) as caught:
            load_study(write_study(folder, name, arguments))
        assert says in str(caught.value)
    load_study(write_study(folder, "objective:learn", {"power": 2}))
    for text in ("(" * 10_000, "def f(:\n", "\0", "x = 1\n" * 10):  # no source, absurd source, a name that is not there
        (folder / "objective.py").write_text(text)
        with pytest.raises(StudyError) if text.startswith("x") else _nothing():
            load_study(write_study(folder, "objective:learn", {}))
    untouched(folder)


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


METHOD = """
from pathlib import Path

import nasbook

HERE = Path(__file__).parent
(HERE / "imported").write_text("")


class Method(nasbook.Method):
    def __init__(self, *args, **kwargs):
        (HERE / "marker").write_text("made")
        super().__init__(*args, **kwargs)
"""
METHODS = ["rule:Method", "rule:Method.x", "subprocess:Popen", "os:system", "antigravity:fly", "nasbook.cli:main"]


@pytest.mark.parametrize("method", METHODS)
def test_looking_at_a_file_that_names_a_method_runs_nothing(folder, method, capsys):
    (folder / "rule.py").write_text(METHOD)
    path = write_trace(folder, "forrester", {})
    header, *rest = path.read_text().splitlines(keepends=True)
    path.write_text(json.dumps(json.loads(header) | {"method": method}) + "\n" + "".join(rest))
    trace = Trace.load(path)
    trace.plot("history")
    for look in (
        lambda: list(nasbook.replay(trace)),
        lambda: estimate(trace),
        lambda: trace.export(folder / "out.yaml"),
        lambda: trace.plot("population"),
        lambda: trace.plot("acquisition"),
    ):
        try:
            look()
        except ValueError as error:
            assert "\n" not in str(error)
    for arguments in (["export", str(path), "--estimate"], ["export", str(path), "-o", "o.yaml"], ["about", method]):
        assert main(arguments) == 2
    assert main(["search", "random", "forrester", "--trials", "5", "--out", str(path), "--resume"]) == 2
    text = write_study(folder, "forrester", {}).read_text().replace('"random"', json.dumps(method))
    (folder / "study.yaml").write_text(text)
    try:
        load_study(folder / "study.yaml")
    except StudyError as error:
        assert "method.name" in str(error)
    assert "Traceback" not in capsys.readouterr().err and "rule" not in sys.modules
    untouched(folder)


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_study_runs_no_method_that_its_folder_does_not_define(folder, method):
    (folder / "rule.py").write_text(METHOD)
    text = write_study(folder, "forrester", {}).read_text().replace('"random"', json.dumps(method))
    (folder / "study.yaml").write_text(text)
    with pytest.raises(StudyError, match="method.name"):
        run(folder / "study.yaml", folder / "out")
    assert main(["search", method, "forrester", "--trials", "1"]) == 2
    untouched(folder, imported=method.startswith("rule"))  # its own module may be imported; nothing is called
    sys.modules.pop("rule", None)


def test_a_method_elsewhere_needs_to_be_named(folder, monkeypatch):
    (folder.parent / "outside" / "foreign.py").write_text(METHOD)
    monkeypatch.syspath_prepend(str(folder.parent / "outside"))
    text = write_study(folder, "forrester", {}).read_text().replace('"random"', '"foreign:Method"')
    (folder / "study.yaml").write_text(text)
    with pytest.raises(StudyError, match="method.name: foreign:Method lies outside the study's folder"):
        run(folder / "study.yaml", folder / "out")
    assert "foreign" not in sys.modules
    untouched(folder)


@pytest.mark.parametrize(("name", "arguments"), EVIL[:8], ids=NAMES[:8])
def test_a_study_of_optuna_that_names_a_task_runs_nothing(folder, name, arguments):
    optuna = pytest.importorskip("optuna")
    header = json.loads(write_trace(folder, name, arguments).read_text().splitlines()[0])
    study = optuna.create_study()
    study.set_user_attr("nasbook", header)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
    trace = nasbook.scale.from_optuna(study)
    assert len(trace) == 4 and trace.header.task == name
    trace.plot("history")
    for look in (lambda: list(nasbook.replay(trace)), lambda: estimate(trace), lambda: trace.export(folder / "o.yaml")):
        try:
            look()
        except ValueError as error:
            assert "\n" not in str(error)
    untouched(folder)


def test_pickles_and_tags_are_not_read(folder):
    import pickle

    class Evil:
        def __reduce__(self):
            return os.system, ("echo > marker",)

    (folder / "data.npz").write_bytes(pickle.dumps(Evil()))
    (folder / "trace.jsonl.state").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(StudyError, match="npz"):
        load_study(write_study(folder, "digits-mlp", {"data": "data.npz"}))
    from nasbook.kit import state

    with pytest.raises(ValueError, match="cannot be read"):
        state.read(folder / "trace.jsonl.state", {})
    (folder / "study.yaml").write_text("schema: !!python/object/apply:os.system ['echo > marker']\n")
    with pytest.raises(StudyError):
        load_study(folder / "study.yaml")
    untouched(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of the file system")
def test_a_pipe_as_data_is_refused_and_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    for name, arguments in [
        ("digits-mlp", {"data": "pipe"}),
        ("nasbook.tasks.tables:Table.from_csv", {"path": "/dev/zero"}),
    ]:
        with pytest.raises(StudyError, match="must name a plain file"):
            load_study(write_study(folder, name, arguments))


def test_a_task_of_nasbook_may_be_named_by_its_path(folder):
    (folder / "table.csv").write_text("x,value\n1,2\n2,3\n")
    task = make_task("nasbook.tasks.tables:Table.from_csv", {"path": "table.csv"}, trust=Trust(folder))
    assert task.evaluate({"x": 1}).value == 2


def test_a_worker_looks_for_modules_where_the_run_does_and_not_in_the_working_folder(folder):
    (folder / "random.py").write_text("open('marker', 'w')\n")
    away = folder.parent / "study"
    away.mkdir()
    (away / "own.py").write_text("def f(config):\n    return config['x']\n")
    code = f"from nasbook.scale import run; run({str(write_study(away, 'own:f', {}))!r}, {str(away / 'out')!r})"
    root = str(Path(nasbook.__file__).parents[1])
    subprocess.run([sys.executable, "-P", "-c", code], check=True, cwd=folder, env={**os.environ, "PYTHONPATH": root})
    untouched(folder)


def test_an_estimator_is_made_again_of_nasbooks_own_parts_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(OBJECTIVE)
    from nasbook.estimate import estimator

    trace = nasbook.search("random", estimator("low-fidelity", "digits201-digits", epochs=2), trials=3)
    file = trace.export("study.yaml", trials=5)
    assert load_study(file).task.name == "nasbook.estimate:estimator"
    for hostile in ("mine:Model", "subprocess:check_output"):
        (tmp_path / "bad.yaml").write_text(file.read_text().replace("digits201-digits", hostile))
        with pytest.raises(ValueError, match="made of nasbook's own parts"):
            load_study("bad.yaml")
        with pytest.raises(ValueError, match="made of nasbook's own parts"):
            make_task("nasbook.estimate:estimator", {"kind": hostile, "task": "digits201-digits"})
    assert not (tmp_path / "imported").exists()
