"""Studies of a command line: which may run, what is said of one, and the walk from a search to a resumed run."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import jsonschema
import pytest
from waiting import until

import nasbook
from nasbook import Choice, Fidelity, Float, Int, Space, Trace
from nasbook.cli import main
from nasbook.scale import StudyError, load_study, run
from nasbook.scale.commands import refusal
from nasbook.scale.study import json_schema, parse_study
from nasbook.scale.trust import Trust

STUDY = """\
schema: nasbook/study@1
name: c
task:
  command: python train.py {x}
space:
  x: {type: float, low: 0, high: 1}
method: {name: random}
budget: {trials: 2}
"""
TRAIN = 'import sys; open("ran", "a").write("x"); print(\'{"value": \' + sys.argv[1] + "}")\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    there = tmp_path / "study"
    there.mkdir()
    (there / "train.py").write_text(TRAIN)
    (there / "study.yaml").write_text(STUDY)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return there


def with_command(folder, line):
    (folder / "study.yaml").write_text(STUDY.replace("python train.py {x}", json.dumps(line)))
    return folder / "study.yaml"


# ---- whose program runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("python train.py {x}", True),
        ("python3 -u -B ./train.py {x}", True),
        ("python -m train {x}", True),
        ("python -m package.train {x}", True),
        ("./train.sh {x}", True),
        ("bash train.sh {x}", True),
        ("python -m json.tool {x}", False),
        ("python -c 'import os' {x}", False),
        ("python -X importtime train.py {x}", False),
        ("python ../stranger.py {x}", False),
        ("python link.py {x}", False),
        ("python {x} train.py", False),
        ("python", False),
        ("bash -c 'train.sh' {x}", False),
        ("train.sh {x}", False),
        ("rm -rf train.py {x}", False),
        ("env python train.py {x}", False),
        ("torchrun train.py {x}", False),
        ("/bin/sh train.sh {x}", False),
        ("../stranger.py {x}", False),
        ("python train.py/../../stranger.py {x}", False),
        ("python folder {x}", False),
    ],
)
def test_a_file_of_the_studys_folder_runs_and_nothing_else(folder, line, runs):
    (folder / "train.sh").write_text("")
    (folder / "package").mkdir()
    (folder / "package" / "train.py").write_text("")
    (folder / "folder").mkdir()
    (folder.parent / "stranger.py").write_text("")
    (folder / "link.py").symlink_to(folder.parent / "stranger.py")
    words = nasbook.tasks.command.Program(line).words
    assert (refusal(words, Trust(folder)) is None) == runs
    assert refusal(words, Trust(folder, (words[0],))) is None


def test_a_study_runs_its_folders_script_from_anywhere(folder):
    trace = run(folder / "study.yaml", "out")
    assert [t.value for t in trace.trials] == [t.config["x"] for t in trace.trials]
    assert (folder / "ran").read_text() == "xx"


def test_looking_at_a_study_or_a_trace_runs_nothing(folder, capsys):
    with_command(folder, 'python -c \'open("ran", "w")\' {x}')
    study = load_study(folder / "study.yaml")  # to look at it is allowed
    task = study.make_task()
    trial = nasbook.search("random", nasbook.task("branin"), trials=1).trials[0]
    with pytest.raises(ValueError, match="--trust python"):
        nasbook.search("random", task, trials=1)
    assert nasbook.evaluation.evaluate(task, trial, seed=0).status == "failed"
    with pytest.raises(StudyError, match=r"study.yaml, line 4, task.command: .*--trust python"):
        run(folder / "study.yaml", "out")
    study.save("copy.yaml")
    assert main(["run", "copy.yaml", "--out", "out"]) == 2
    assert "--trust python" in capsys.readouterr().err
    assert not list(Path.cwd().rglob("ran")) and not (folder / "ran").exists()


def test_a_trusted_command_runs(folder):
    with_command(folder, 'python -c "import json; print(json.dumps(dict(value={x})))"')
    assert len(run(folder / "study.yaml", "out", trust=["python"]).trials) == 2


# ---- what is said of a study -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("{command: 'python train.py'}", "line 3, task.command: the command does not use the parameter x"),
        ("{command: 'python train.py {lr}'}", "placeholder {lr}"),
        ("{command: 3}", "task.command: must be a line of text"),
        ("{command: ''}", "task.command: must be a line of text"),
        ("{command: 'python train.py {x}', name: branin}", "task.name: must be left out beside command"),
        ("{command: 'python train.py {x}', arguments: {a: 1}}", "task.arguments: must be left out"),
        ("{comand: 'python train.py {x}'}", "did you mean 'command'?"),
        ("{}", "the key 'name' is missing"),
    ],
)
def test_a_wrong_command_is_said_in_one_sentence(folder, task, says):
    text = STUDY.replace("task:\n  command: python train.py {x}", f"task: {task}")
    (folder / "study.yaml").write_text(text)
    with pytest.raises(StudyError) as error:
        load_study(folder / "study.yaml")
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_missing_program_is_said_before_the_run(folder):
    with pytest.raises(StudyError, match="there is no file"):
        run(with_command(folder, "python gone.py {x}"), "out", trust=["python"])


def test_the_schema_knows_a_command():
    for task, right in [
        ({"command": "a {x}"}, True),
        ({"name": "branin"}, True),
        ({}, False),
        ({"command": ""}, False),
        ({"command": "a", "name": "branin"}, False),
    ]:
        study = {**nasbook.scale.yaml12.parse(STUDY)[0], "task": task}
        assert jsonschema.Draft202012Validator(json_schema()).is_valid(study) == right
    study = parse_study(STUDY)
    assert parse_study(study.to_yaml()) == study
    assert "command: python train.py {x}" in study.to_yaml() and "arguments:" not in study.to_yaml()


def test_the_command_of_search_is_what_was_typed(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    line = ["--command", "python -c \"print('{{\\\"value\\\": ' + '{x}' + '}}')\"", "--trials", "3", "--json"]
    assert main(["search", "random", *line, "--space", "study.yaml"]) == 0
    assert json.loads(capsys.readouterr().out)["task"] == "command"
    assert main(["search", "random", *line]) == 2
    assert "--space FILE.yaml" in capsys.readouterr().err
    assert main(["search", "random", "branin", *line]) == main(["search", "random"]) == 2


# ---- the walk --------------------------------------------------------------------------------------------

WALK = """\
import argparse, json, os, time
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float)
p.add_argument("--kind")
p.add_argument("--degree", type=int, default=0)
p.add_argument("--epochs", type=int)
p.add_argument("--state", default="")
a = p.parse_args()
w, done, log = 1.0, 0, []
if os.path.exists(a.state):
    w, done = json.load(open(a.state))
if os.path.exists("slow"):
    open("log", "a").write(f"{done} ")
for epoch in range(done + 1, a.epochs + 1):
    w -= a.lr * w * (1 + a.degree / 10)
    time.sleep(0.1 if os.path.exists("slow") else 0)
    print(json.dumps({"epoch": epoch, "value": w * w}))
    if a.state:
        json.dump([w, epoch], open(a.state + ".tmp", "w"))
        os.replace(a.state + ".tmp", a.state)
assert a.kind != "a fault", "this kind fails"
"""


def test_a_command_is_searched_exported_run_killed_resumed_and_drawn(folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("train.py").write_text(WALK)
    kinds = Choice(["plain", "two words", "a fault"])
    space = Space(lr=Float(0.01, 0.5), kind=kinds, degree=Int(1, 3, when={"kind": "two words"}))
    line = "python train.py --lr {lr} --kind {kind} --degree {degree} --epochs {fidelity} --state {checkpoint}"
    task = nasbook.task(command=line, space=space)
    trace = nasbook.search("asha", task, trials=7, seed=1, fidelity=Fidelity("epoch", 1, 4), eta=2, out="t.jsonl")
    assert {t.status for t in trace.trials} == {"done", "failed"}
    assert all("this kind fails" in t.reason for t in trace.trials if t.config["kind"] == "a fault")
    nasbook.search("random", task, trials=2, seed=3, fidelity=Fidelity("epoch", 1, 4), out="r.jsonl")
    path = Trace.load("r.jsonl").export("s.yaml", trials=2, best=0, epochs=12)
    straight = run(path, "straight")
    assert [len(t.curve) for t in straight.trials] == [12, 12]
    Path("slow").touch()
    command = [sys.executable, "-m", "nasbook.cli", "run", "s.yaml", "--out", "out"]
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        state = Path("out/checkpoints/0/state")
        until(lambda: state.exists() or process.poll() is not None)
        assert state.exists()
        process.kill()
    resumed = run(path, "out", resume=True)
    assert [(t.config, t.curve) for t in resumed.trials] == [(t.config, t.curve) for t in straight.trials]
    assert int(Path("log").read_text().split()[1]) > 0, "it began anew"
    assert Trace.load("out/trace.jsonl").plot("learning-curves").get_axes()


def test_a_command_that_cannot_know_how_long_to_train_is_said_under_halving_and_only_there(folder, tmp_path, capsys):
    space, line = Space(x=Float(0, 1)), f"python {folder / 'train.py'} {{x}}"
    epochs, said = Fidelity("epoch", 1, 4), "asks for short trials: the command has no {fidelity}"
    task = nasbook.task(command=line, space=space)
    with pytest.warns(UserWarning, match="asha asks for short trials: the command has no"):
        nasbook.search("asha", task, trials=3, fidelity=epochs, eta=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nasbook.search("random", nasbook.task(command=line, space=space), trials=1, fidelity=epochs)
        whole = nasbook.task(command=f"{line} {{fidelity}}", space=space)
        nasbook.search("asha", whole, trials=3, fidelity=epochs, eta=2)
    path = folder / "study.yaml"
    halving = "{name: successive-halving, settings: {max_fidelity: 3}}\nfidelity: {unit: epoch, min: 1, max: 3}"
    path.write_text(STUDY.replace("{name: random}", halving).replace("trials: 2", "trials: 4"))
    assert main(["run", str(path), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.count(said) == 1
