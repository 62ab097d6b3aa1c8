"""The command: results on stdout, one sentence on stderr for bad input, and the exit codes it promises."""

# ruff: noqa: E501 (a table: one error a line)

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nasbook
from nasbook import cli, registry
from nasbook.cli import doctor, lab
from nasbook.trace import Trace


def call(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "nasbook.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, **environment},
    )


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """here("search", …) -> (exit code, stdout, stderr), in this process and an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: object):
        code = cli.main(list(map(str, arguments)))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


# ---- list ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["methods", "tasks", "spaces", "estimators", "labs"])
def test_lists_name_everything_in_the_registry(here, what):
    code, out, err = here("list", what, "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert [r["name"] for r in rows] == [e.name for e in registry.TABLES[what.removesuffix("s")]]
    if what == "methods":
        assert all({"family", "paper", "module"} <= set(r) for r in rows)
    code, out, _ = here("list", what)
    assert len(out.splitlines()) == len(rows)
    assert all(
        line.startswith(r["name"]) and r["summary"] in line for line, r in zip(out.splitlines(), rows, strict=True)
    )


def test_a_list_loads_nothing_heavy():
    code = (
        "import sys; from nasbook.cli import main; main(['list', 'methods', '--json']);"
        "heavy = {'torch', 'matplotlib', 'ipywidgets', 'sklearn', 'scipy', 'pydantic', 'yaml', 'tqdm'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) and done.stderr.strip() == "[]"


def test_ctrl_c_in_the_imports_is_one_line(tmp_path):
    """An import that takes for ever stands for a slow disk; the signal comes when it has begun."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == os.environ['SLOW']:\n"
        "            os.write(2, b'importing\\n')\n"
        "            time.sleep(60)\n"
        "sys.meta_path.insert(0, Slow())\n"
    )
    root = str(Path(nasbook.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), root])}
    for slow, module in [("numpy", "nasbook.cli"), ("nasbook.space", "nasbook"), ("torch", "nasbook")]:
        arguments = [sys.executable, "-m", module, "search", "random", "digits-mlp", "--trials", "1"]
        with subprocess.Popen(arguments, stderr=subprocess.PIPE, env={**environment, "SLOW": slow}) as process:
            assert process.stderr.readline() == b"importing\n"
            process.send_signal(signal.SIGINT)
            assert process.stderr.read() == b"nasbook: interrupted\n"
        assert process.returncode == 130


def test_a_library_leaves_ctrl_c_alone():
    code = "import signal, nasbook; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True\n"


# ---- search ----------------------------------------------------------------------------------------------


def test_json_is_one_document_that_agrees_with_the_library(here):
    code, out, _ = here("search", "random", "branin", "--trials", 12, "--seed", 4, "--json")
    found = json.loads(out)
    trace = nasbook.search("random", "branin", trials=12, seed=4)
    assert code == 0
    assert (found["best_value"], found["best_config"]) == (trace.best.value, trace.best.config)
    assert (found["trials"], found["failed"], found["digest"]) == (12, 0, trace.digest)
    assert found["seconds"] > 0


def test_settings_and_arguments_reach_the_method_and_the_task(here):
    code, out, _ = here(
        "search", "grid", "branin", "--set", "resolution=3", "--set", "shuffle=false", "--arg", "shift=1", "--trials", 9, "--json"
    )  # fmt: skip
    trace = nasbook.search("grid", nasbook.task("branin", shift=1), trials=9, resolution=3, shuffle=False)
    assert code == 0 and json.loads(out)["digest"] == trace.digest


def test_a_trace_is_kept_and_gone_on_with(here, tmp_path):
    assert here("search", "random", "branin", "--trials", 5, "--out", "t.jsonl")[0] == 0
    code, out, err = here("search", "random", "branin", "--trials", 5, "--out", "t.jsonl")
    assert (code, out) == (2, "") and "t.jsonl exists" in err
    code, out, _ = here("search", "random", "branin", "--trials", 9, "--out", "t.jsonl", "--resume")
    assert code == 0 and "of 9 trials" in out and 'nasbook.Trace.load("t.jsonl").plot()' in out
    whole = nasbook.search("random", "branin", trials=9)
    assert Trace.load(tmp_path / "t.jsonl").digest == whole.digest


def test_a_table_runs_with_simulated_workers(here):
    _, out, _ = here("search", "random", "nb201-cifar10", "--trials", 20, "--workers", 4, "--json")
    assert json.loads(out)["digest"] == nasbook.search("random", "nb201-cifar10", trials=20, workers=4).digest


def test_a_function_has_its_space_from_a_file_or_from_its_module(here, tmp_path):
    (tmp_path / "plainly.py").write_text("def f(config, power=1):\n    return config['x'] ** power\n")
    (tmp_path / "space.yaml").write_text("x: {type: float, low: 1, high: 2}\n")
    code, out, err = here("search", "random", "plainly:f", "--trials", 3, "--space", "space.yaml", "--json")
    assert code == 0 and 1 <= json.loads(out)["best_config"]["x"] <= 2, err
    code, _, err = here("search", "random", "plainly:f", "--trials", 3)
    assert code == 2 and "SPACE = nasbook.Space(…) in its module, or --space FILE.yaml" in err

    for i, space in enumerate(
        [
            "nasbook.Space(x=nasbook.Float(3, 4))",
            "{'x': nasbook.Float(3, 4)}",
            "{'x': dict(type='float', low=3, high=4)}",
        ]
    ):
        (tmp_path / f"spaced{i}.py").write_text(
            f"import nasbook\nSPACE = {space}\ndef f(config):\n    return config['x']\n"
        )
        code, out, _ = here("search", "random", f"spaced{i}:f", "--trials", 3, "--out", f"{i}.jsonl", "--json")
        assert code == 0 and 3 <= json.loads(out)["best_config"]["x"] <= 4
    code, out, _ = here("search", "random", "spaced0:f", "--trials", 3, "--space", "space.yaml", "--json")
    assert 1 <= json.loads(out)["best_config"]["x"] <= 2  # what is said comes first
    code, _, err = here("search", "random", "spaced0:f", "--trials", 5, "--out", "0.jsonl", "--resume")
    assert code == 0 and len(Trace.load("0.jsonl")) == 5


def test_a_picture_is_drawn(here, tmp_path):
    code, _, err = here("search", "random", "branin", "--trials", 5, "--plot", "p.png")
    assert code == 0 and "drew p.png" in err
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_a_search_is_the_methods_own_unless_another_is_asked_for(here, tmp_path):
    for name, kind in (("own", []), ("history", ["--kind", "history"])):
        options = ["--trials", 25, "--out", f"{name}.jsonl", "--plot", f"{name}.png", *kind]
        assert here("search", "regularized-evolution", "nb201-cifar10", *options)[0] == 0
    trace = Trace.load(tmp_path / "own.jsonl")
    drawn = {kind: trace.plot(kind).png() for kind in ("population", "history")}
    trace.plot("population").savefig("expected.png")
    assert drawn["population"] != drawn["history"]
    assert Path("own.png").read_bytes() == Path("expected.png").read_bytes() != Path("history.png").read_bytes()


OWN = """
import nasbook, sys, time
space = nasbook.Space(x=nasbook.Float(0, 1))

def bad(config):
    raise RuntimeError("no luck")

def loud(config):
    print("loud")
    sys.stdout.write("louder\\n")
    return config["x"]

def slow(config):
    time.sleep(0.05)
    return config["x"]

failing, talking, waiting = (nasbook.FunctionTask(f, space) for f in (bad, loud, slow))
"""


def test_when_nothing_succeeds_the_exit_code_is_1_and_the_reason_is_told(here, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    code, out, err = here("search", "random", "own:failing", "--trials", 3, "--json")
    found = json.loads(out)
    assert (code, found["best_value"], found["best_config"], found["failed"]) == (1, None, None, 3)
    assert err == "nasbook: none of 3 trials succeeded; the first failure: RuntimeError: no luck\n"


def test_what_a_task_prints_does_not_spoil_the_document(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    done = call("search", "random", "own:talking", "--trials", 3, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["trials"] == 3 and done.stderr.count("louder") == 3


def test_ctrl_c_keeps_the_trace_and_exits_with_130(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    command = [
        sys.executable,
        "-m",
        "nasbook.cli",
        "search",
        "random",
        "own:waiting",
        "--trials",
        "500",
        "--out",
        "t.jsonl",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    trace, deadline = tmp_path / "t.jsonl", time.monotonic() + 200
    while not (trace.exists() and trace.read_bytes().count(b"\n") > 6):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 130 and "Traceback" not in err
    assert "--resume goes on with t.jsonl" in err
    assert len(Trace.load(trace)) >= 3


# ---- export and run --------------------------------------------------------------------------------------


def test_from_search_to_study_to_run_and_back(here, tmp_path):
    here("search", "random", "branin", "--trials", 6, "--seed", 2, "--out", "t.jsonl")
    code, out, _ = here("export", "t.jsonl", "-o", "s.yaml", "--trials", 10, "--workers", 2, "--best", 3)
    assert code == 0 and "Cost: 10 trials ×" in out and "Wrote s.yaml. Run it with: nasbook run s.yaml" in out
    code, out, err = here("run", "s.yaml", "--out", "o", "--json")
    found = json.loads(out)
    assert (code, found["trials"], found["trace"]) == (0, 10, "o/trace.jsonl")
    trace = Trace.load(tmp_path / "o" / "trace.jsonl")
    assert found["best_value"] == trace.best.value
    assert len(list(nasbook.replay(trace))) == 10
    code, out, _ = here("export", "o/trace.jsonl", "-o", "again.yaml", "--estimate")
    assert code == 0 and not (tmp_path / "again.yaml").exists()


def test_a_search_starts_from_an_earlier_trace(here, tmp_path):
    here("search", "random", "branin", "--trials", 6, "--out", "old.jsonl")
    options = ("search", "tpe", "branin", "--trials", 3, "--warm-start", "old.jsonl")
    code, _, _ = here(*options, "--out", "new.jsonl")
    old, new = Trace.load(tmp_path / "old.jsonl"), Trace.load(tmp_path / "new.jsonl")
    assert code == 0 and len(new) == 9 and [t.value for t in new.trials[:6]] == [t.value for t in old.trials]
    code, _, err = here("search", "tpe", "forrester", "--trials", 3, "--warm-start", "old.jsonl")
    assert code == 2 and "the earlier trace has another space" in err
    code, _, err = here("search", "tpe", "branin", "--trials", 3, "--warm-start", "none.jsonl")
    assert code == 2 and "none.jsonl" in err


def test_a_run_finds_its_own_folder(here, tmp_path):
    here("search", "random", "branin", "--trials", 2, "--out", "t.jsonl")
    here("export", "t.jsonl", "--name", "../../mine")
    code, out, _ = here("run", "study.yaml")
    assert code == 0 and "Trace: runs/mine/trace.jsonl" in out
    code, _, err = here("run", "study.yaml")
    assert code == 2 and "runs/mine holds a run already; --resume goes on with it" in err


def test_a_run_in_which_all_trials_fail_exits_with_1(here, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "s.yaml").write_text(
        "schema: nasbook/study@1\nname: f\ntask: {name: 'own:failing'}\nspace: {x: {type: float, low: 0, high: 1}}\n"
        "method: {name: random}\nbudget: {trials: 2}\n"
    )
    code, out, err = here("run", "s.yaml")
    assert (code, out) == (1, "")
    assert "none of 2 trials succeeded; the first failure: RuntimeError: no luck" in err.splitlines()[-1]


# ---- bad input -------------------------------------------------------------------------------------------

BAD = [
    ([], "say what to do: lab, list, search, export, run, train"),
    (["serch"], "invalid choice: 'serch'"),
    (["list"], "the following arguments are required: methods|tasks|spaces|estimators|labs"),
    (["list", "method"], "there is no 'method'; did you mean 'methods'?"),
    (["search", "random"], "say what to search: a TASK, or a program with --command"),
    (["search", "baysian", "branin"], "there is no method 'baysian'; did you mean 'bayesian'?"),
    (["search", "random", "brannin"], "there is no task 'brannin'; did you mean 'branin'?"),
    (["search", "random", "nowhere:f"], "there is no module 'nowhere'"),
    (["search", "random", "nb201-cifar10", "--workers", "100000000"], "must be at most 1024, not 100000000"),
    (["search", "random", "nb201-cifar10", "--trials", "9" * 400], "must be at most"),
    (["run", "study.yaml", "--workers", "100000000"], "must be at most 1024"),
    (["export", "trace.jsonl", "--workers", "100000000"], "must be at most 1024"),
    (["search", "random", "forrester", "--space", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
    (["search", "random", "json:dumps"], "json is Python's own module, and a study runs nothing of it"),
    (["search", "random", "branin", "--trials", "0"], "--trials: must be a whole number of at least 1, not '0'"),
    (["search", "random", "branin", "--trials", "ten"], "--trials: must be a whole number of at least 1, not 'ten'"),
    (["search", "random", "branin", "--time", "nan"], "--time: must be a number above 0, not 'nan'"),
    (["search", "random", "branin", "--seed", "-1"], "--seed: must be a whole number of at least 0, not '-1'"),
    (["search", "random", "branin", "--workers", "2"], "branin does not know its cost, so 2 workers cannot be simulated"),
    (["search", "random", "branin", "--trails", "5"], "there is no option '--trails' here"),
    (["search", "random", "branin", "--resume"], "--resume needs --out"),
    (["search", "random", "branin", "--set", "x"], "--set: must look like key=value, not 'x'"),
    (["search", "grid", "branin", "--set", "resolutoin=3"], "did you mean 'resolution'?"),
    (["search", "random", "branin", "--set", "n_trials=5"], "there is no argument 'n_trials' here: say how many trials with"),
    (["search", "tpe", "branin", "--set", "direction=max"], "there is no argument 'direction' here: values are minimised"),
    (["search", "grid", "branin", "--set", "resolution=x"], 'resolution: must be a whole number, not "x"'),
    (["search", "grid", "branin", "--set", "resolution=1"], "resolution must be a whole number of at least 2, not 1"),
    (["search", "grid", "branin", "--set", "resolution=3", "--set", "resolution=4"], "resolution is given twice"),
    (["search", "random", "branin", "--arg", "shft=1"], "got an unexpected keyword argument 'shft'"),
    (["search", "random", "branin", "--plot", "p.bmp"], "the name of a picture ends in .png, .svg, .pdf, not 'p.bmp'"),
    (["search", "random", "branin", "--plot", "no/p.png"], "there is no folder no"),
    (["search", "random", "branin", "--trials", "2", "--kind", "hstory", "--plot", "p.png"], "there is no picture 'hstory'"),
    (["search", "darts", "branin"], "searches the cells of NAS-Bench-201"),
    (["export", "none.jsonl"], "none.jsonl: no such file or directory"),
    (["export", "notes.txt"], "notes.txt, line 1: not a line of JSON"),
    (["run", "none.yaml"], "none.yaml: there is no such file"),
    (["run", "notes.txt"], "notes.txt, line 1: must be a mapping"),
    (["run", "."], "this is a folder; give the study file in it"),
    (["doctor", "--fast"], "there is no option '--fast' here"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "says"), BAD, ids=[" ".join(a) or "nothing" for a, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(here, tmp_path, arguments, says):
    (tmp_path / "notes.txt").write_text("just words")
    code, out, err = here(*arguments)
    assert code == 2
    assert err.startswith("nasbook: ") and err.count("\n") == 1 and err.endswith("\n")
    assert says in err and "Traceback" not in err
    if "--kind" not in arguments:  # there the search was done, and its result is not lost
        assert out == ""


def test_a_bug_is_a_sentence_too_and_can_be_looked_at(here, monkeypatch):
    def broken(entry):
        raise ZeroDivisionError("somewhere deep")

    monkeypatch.setattr(registry.Entry, "describe", broken)
    code, _, err = here("list", "methods")
    assert (code, err) == (1, "nasbook: ZeroDivisionError: somewhere deep (NASBOOK_DEBUG=1 shows where)\n")
    monkeypatch.setenv("NASBOOK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        here("list", "methods")


def test_the_installed_command_works_and_a_closed_pipe_is_quiet():
    done = call("--version")
    assert (done.returncode, done.stdout) == (0, f"nasbook {nasbook.__version__}\n")
    done = call("--help")
    assert done.returncode == 0 and all(c in done.stdout for c in ("lab", "list", "search", "export", "run", "doctor"))
    piped = subprocess.run(
        f"{sys.executable} -m nasbook.cli list tasks --json | head -c 1", shell=True, capture_output=True, text=True
    )
    assert (piped.stdout, piped.stderr) == ("[", "")


# ---- lab and doctor --------------------------------------------------------------------------------------


def test_lab_opens_jupyterlab_on_the_first_lesson(here, tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / lab.FIRST_LESSON).write_text("{}")
    called = []

    class Gone(BaseException):
        """Where another program would have taken over."""

    def execv(path, command):
        called.append((path, command, Path.cwd()))
        raise Gone

    monkeypatch.setattr(lab.os, "execv", execv)
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0)
    with pytest.raises(Gone):
        here("lab", "--no-browser", "--port", "9999")
    assert "you are root, so JupyterLab is started with --allow-root" in capsys.readouterr().err
    assert "--allow-root" in called[0][1]
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000)
    called.clear()
    with pytest.raises(Gone):
        here("lab", "--no-browser", "--port", "9999")
    assert capsys.readouterr().err == "" and "--allow-root" not in called[0][1]
    ((path, command, cwd),) = called
    assert command[:3] == [path, "-m", "jupyterlab"] and path == sys.executable and cwd == tmp_path / "notebooks"
    assert command[-4:] == [lab.FIRST_LESSON, "--no-browser", "--port", "9999"]


def test_without_jupyterlab_lab_says_how_to_get_it(here, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert here("lab") == (
        1,
        "",
        "nasbook: JupyterLab is not installed; this installs it: pip install 'nasbook[lab]'\n",
    )


def test_doctor_finds_this_environment_well(here, tmp_path):
    (tmp_path / lab.FIRST_LESSON).write_text("{}")
    code, out, err = here("doctor")
    lines = out.splitlines()
    assert all(line.startswith(("ok ", "problem ")) for line in lines) and err == ""
    assert code == 0, out
    for what in (
        "Python",
        "torch",
        "device:",
        "jupyterlab",
        "widgets:",
        "browser:",
        "notebooks: 1 in",
        "tables: nb201-",
    ):
        assert any(what in line for line in lines), what


def test_doctor_names_what_is_missing_or_damaged(here, tmp_path, monkeypatch):
    def version(name):
        if name == "scipy":
            raise doctor.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "scipy"))
    monkeypatch.setattr(nasbook, "__file__", str(tmp_path / "nasbook" / "__init__.py"))  # no tables, no lessons there
    code, out, _ = here("doctor")
    problems = [line.split(maxsplit=1)[1] for line in out.splitlines() if line.startswith("problem")]
    assert code == 1
    assert problems[0] == "scipy is not installed: pip install scipy"
    assert problems[1].startswith("notebooks: 00_start_here.ipynb is not here")
    assert problems[2].startswith("FileNotFoundError") and len(problems) == 3


def test_doctor_notices_a_damaged_table(here, tmp_path, monkeypatch):
    data = Path(nasbook.__file__).parent / "data"
    copy = tmp_path / "nasbook" / "data"
    copy.mkdir(parents=True)
    for file in data.glob("nb201*"):
        (copy / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(nasbook, "__file__", str(tmp_path / "nasbook" / "__init__.py"))
    assert doctor._tables()[0]
    table = copy / "nb201_cifar10.npy"
    table.write_bytes(table.read_bytes()[:-1] + b"\x00")
    assert doctor._tables() == (False, "tables: nb201_cifar10.npy is damaged; install nasbook again")
