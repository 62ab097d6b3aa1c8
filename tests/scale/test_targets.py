"""What `nasbook export --to …` writes: the same space, budget and first trials, and a head that says what is lost."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import nasbook
from nasbook import cli
from nasbook.scale import StudyError, export, from_optuna
from nasbook.scale.storage import stored, trace_of
from nasbook.scale.targets import TARGETS

SPACE = nasbook.Space(
    optimizer=nasbook.Choice(["sgd", "adamw", None]),
    lr=nasbook.Float(1e-4, 1.0, log=True),
    momentum=nasbook.Float(0.0, 0.99, when={"optimizer": "sgd"}),
    batch=nasbook.Int(16, 256, step=16),
    width=nasbook.Int(8, 128, log=True),
    drop=nasbook.Float(0.0, 0.6, step=0.1),
    depth=nasbook.Constant(3),
)
LEARN = """
def learn(config, fidelity=None, seed=0, report=None, checkpoint=None):
    assert config["depth"] == 3 and ("momentum" in config) == (config["optimizer"] == "sgd")
    assert config["batch"] % 16 == 0
    loss = 1.0
    for epoch in range(1, int(fidelity) + 1):
        loss = (config["lr"] - 0.3) ** 2 + 1 / epoch
        report(epoch, loss)
    return loss
"""
OWN = [name for name in TARGETS if name != "slurm"]
ROOT = str(Path(nasbook.__file__).parents[1])


@pytest.fixture
def exported(tmp_path, monkeypatch):
    """exported("ray", method="asha", trials=4) -> the path of what is written, beside a module objective.py."""
    (tmp_path / "objective.py").write_text(LEARN)
    monkeypatch.chdir(tmp_path)

    def write(to, method="random", space=SPACE, **target):
        namespace = {}
        exec(LEARN, namespace)
        epochs = nasbook.Fidelity("epoch", 1, 9)
        trace = nasbook.search(method, namespace["learn"], space=space, fidelity=epochs, trials=10, seed=2)
        target = {"task": "objective:learn", "epochs": 9, "trials": 5, "best": 3, **target}
        return trace, export(trace, tmp_path / TARGETS[to], to=to, **target)

    return write


@pytest.mark.parametrize("to", OWN)
@pytest.mark.parametrize("method", ["random", "asha", "tpe", "regularized-evolution", "median-stopping", "grid"])
def test_a_target_holds_the_space_and_says_what_it_does_not(exported, to, method):
    _, path = exported(to, method, settings={"resolution": 3} if method == "grid" else {})
    text = path.read_text()
    if to != "wandb":
        ast.parse(text)
    head = text[: text.index("\n\n")]
    assert all(line.startswith("#") for line in head.splitlines())
    flat = " ".join(head.replace("\n#", " ").split())
    if method == "regularized-evolution":
        assert "the method regularized-evolution, which" in flat
    if to in ("ray", "wandb"):
        assert "momentum is always drawn, and left out" in flat
    for name in SPACE.parameters:
        assert f"'{name}'" in text or f"  {name}: " in text


def test_the_script_for_optuna_is_the_same_search(exported):
    trace, path = exported("optuna", "asha")
    for _ in range(2):  # the second finds that all is done
        done = subprocess.run([sys.executable, path.name], cwd=path.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "best value" in done.stdout
    import optuna

    study = optuna.load_study(study_name=None, storage=f"sqlite:///{path.with_suffix('.db')}")
    trials = study.trials
    free = [{k: v for k, v in c.items() if k != "depth"} for c in trace.top(3)]
    assert [t.params for t in trials[:3]] == free
    assert len(trials) == 5 and {t.state.name for t in trials} <= {"COMPLETE", "PRUNED"}
    assert all(("momentum" in t.params) == (t.params["optimizer"] == "sgd") for t in trials)
    assert trials[0].intermediate_values[1] > trials[0].intermediate_values[9] == trials[0].value
    assert len(from_optuna(study, space=SPACE)) == 5  # each lies in the space


WITHOUT = """
import sys
from unittest.mock import MagicMock


class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *more):
        return None if name.partition(".")[0] == {package!r} else self.finder.find_spec(name, *more)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
sys.modules.update(dict.fromkeys({there!r}, MagicMock()))
"""


def run_without(package, command, folder, there=()):
    """Run a command whose Python does not find this package; `there` are modules that it believes to have."""
    (folder / "start").mkdir()
    (folder / "start/sitecustomize.py").write_text(WITHOUT.format(package=package, there=there))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "start"), ROOT])}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


RAY = ("ray", "ray.tune", "ray.tune.search", "ray.tune.search.optuna")


@pytest.mark.parametrize(
    ("to", "method", "package", "there", "command"),
    [
        ("optuna", "tpe", "optuna", (), "pip install nasbook optuna"),
        ("optuna", "tpe", "nasbook", (), "pip install nasbook optuna"),
        ("ray", "random", "ray", (), "pip install nasbook 'ray[tune]'"),
        ("ray", "tpe", "optuna", RAY, "pip install nasbook 'ray[tune]' optuna"),
        ("hydra", "random", "hydra", (), "pip install nasbook hydra-core"),
    ],
)
def test_a_script_says_in_a_sentence_what_is_not_installed(exported, tmp_path, to, method, package, there, command):
    _, path = exported(to, method)
    done = run_without(package, [sys.executable, path.name], tmp_path, there)
    assert done.stderr == f"this search needs {package}, not installed here: {command}\n"
    assert done.returncode == 1 and done.stdout == ""


def test_a_run_of_a_sweep_says_that_wandb_is_not_installed(tmp_path):
    done = run_without("wandb", [sys.executable, "-m", "nasbook.scale.targets.wandb_trial"], tmp_path)
    assert done.stderr == "nasbook: this search needs wandb, not installed here: pip install wandb\n"
    assert done.returncode == 2


def test_a_task_of_slurm_says_what_its_node_lacks(exported, tmp_path, monkeypatch):
    _, path = exported("slurm")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    done = subprocess.run(["bash", path.name], cwd=tmp_path, capture_output=True, text=True)
    assert re.fullmatch(
        r"this search needs nasbook, not installed on \S+: pip install 'nasbook\[scale]'\n", done.stderr
    )
    assert done.returncode == 127
    put_the_command(tmp_path / "bin")
    done = run_without("optuna", ["bash", path.name], tmp_path)
    assert done.stderr == "nasbook: Optuna is not installed here; install it with: pip install 'nasbook[scale]'\n"
    assert done.returncode == 2


def put_the_command(folder):
    """`nasbook` as an installed package would have it."""
    folder.mkdir()
    (folder / "nasbook").write_text(f'#!/bin/sh\nexec {sys.executable} -m nasbook "$@"\n')
    (folder / "nasbook").chmod(0o755)


def test_what_a_strangers_trace_says_becomes_no_code(exported, tmp_path):
    evil = "x\nimport os; os.mkdir('pwned')\n#"
    names = {evil: nasbook.Float(0, 1), "'); print(1": nasbook.Choice(["${oc.env:HOME}", '"""', "\u2028import os"])}
    trace = nasbook.search("random", lambda config: config[evil], space=nasbook.Space(names), trials=3, seed=1)
    for to in OWN:
        path = export(trace, tmp_path / TARGETS[to], to=to, task="objective:learn", name=evil, notes=evil)
        text = path.read_text()
        if to == "wandb":
            assert list(yaml.safe_load(text)["parameters"]) == [*names, "nasbook"]
            continue
        tree = ast.parse(text)
        found = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not {"os"} & {a.name for n in found for a in n.names}
        calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        assert "os.mkdir" not in calls and "mkdir" not in " ".join(calls)


def test_nothing_is_overwritten_and_what_cannot_be_exported_is_said(exported, tmp_path):
    trace, path = exported("hydra")
    before = path.read_text()
    with pytest.raises(StudyError, match="the file exists; overwrite=True"):
        export(trace, path, to="hydra", task="objective:learn", epochs=9, trials=2)
    assert path.read_text() == before
    with pytest.raises(ValueError, match="can be exported to ray, optuna, slurm, wandb, hydra, not to 'spark'"):
        export(trace, tmp_path / "x", to="spark", task="objective:learn", epochs=9)
    one = nasbook.search("spos", "digits-cells", trials=1, epochs=1)
    with pytest.raises(ValueError, match="spos is one training, which ray cannot hand out as trials"):
        export(one, tmp_path / "x.py", to="ray")


def test_the_command_writes_a_target(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    nasbook.search("random", "branin", trials=4, seed=1).save("t.jsonl")
    assert cli.main(["export", "t.jsonl", "--to", "wandb", "--trials", "7"]) == 0
    assert "Wrote sweep.yaml. Its head says how to run it." in capsys.readouterr().out
    assert yaml.safe_load((tmp_path / "sweep.yaml").read_text())["run_cap"] == 7
    assert cli.main(["export", "t.jsonl", "--to", "wandb"]) == 2
    assert "sweep.yaml: the file exists" in capsys.readouterr().err
    assert cli.main(["export", "t.jsonl", "--to", "spark"]) == 2


def test_the_array_for_slurm_is_workers_on_one_database(exported, tmp_path):
    trace, path = exported(
        "slurm", "asha", workers=2, trials=6, hours=0.5, cpus=2, gpus=0.5, name="my; touch pwned $(x)"
    )
    text = path.read_text()
    subprocess.run(["bash", "-n", path], check=True)
    assert "#SBATCH --array=0-1\n" in text and "#SBATCH --cpus-per-task=2\n" in text and "--time=2:00:00" in text
    assert "#SBATCH --gpus-per-task=1\n" in text and "the share of a GPU: each worker gets whole ones" in text
    put_the_command(tmp_path / "bin")
    env = {**os.environ, "PYTHONPATH": ROOT, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    tasks = [
        subprocess.Popen(["bash", path], env={**env, "SLURM_ARRAY_TASK_ID": str(k)}, stderr=subprocess.PIPE, text=True)
        for k in range(2)
    ]
    for task in tasks:
        said = task.communicate(timeout=120)[1]
        assert task.returncode == 0, said
    (database,) = tmp_path.glob("*.db")
    back = trace_of(stored(f"sqlite:///{database}"))
    assert len(back) == back.asked == 6 and not (tmp_path / "pwned").exists()
    first = [t.config for t in sorted(back.trials, key=lambda t: t.id) if t.info.get("by") == "user"]
    assert first == trace.top(3)
    with pytest.raises(ValueError, match="has a simulated clock, which several jobs cannot share"):
        nasbook.search("random", "digits201-digits", trials=1).export(tmp_path / "x.slurm", to="slurm")
