"""The scripts and configurations of `nasbook export --to …`, run by the packages that they are for."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import nasbook
from nasbook.scale import export
from nasbook.scale.targets import TARGETS

SPACE = nasbook.Space(
    optimizer=nasbook.Choice(["sgd", "adamw", None]),
    lr=nasbook.Float(1e-4, 1.0, log=True),
    momentum=nasbook.Float(0.0, 0.99, when={"optimizer": "sgd"}),
    batch=nasbook.Int(16, 256, step=16),
    width=nasbook.Int(8, 128, log=True),
    depth=nasbook.Constant(3),
)
LEARN = """
def learn(config, fidelity=None, seed=0, report=None, checkpoint=None):
    assert config["depth"] == 3 and ("momentum" in config) == (config["optimizer"] == "sgd")
    assert config["batch"] % 16 == 0 and type(config["width"]) is int
    for epoch in range(1, int(fidelity) + 1):
        loss = (config["lr"] - 0.3) ** 2 + 1 / epoch
        report(epoch, loss)
    return loss
"""


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "objective.py").write_text(LEARN)
    monkeypatch.chdir(tmp_path)

    def write(to: str, method: str = "random", **target: Any) -> Any:
        namespace: dict[str, Any] = {}
        exec(LEARN, namespace)
        epochs = nasbook.Fidelity("epoch", 1, 9)
        trace = nasbook.search(method, namespace["learn"], space=SPACE, fidelity=epochs, trials=10, seed=2)
        target = {"task": "objective:learn", "epochs": 9, "trials": 5, "best": 3, **target}
        return trace, export(trace, tmp_path / TARGETS[to], to=to, **target)

    return write


def test_ray_tune_runs_its_script(ray_node: Any, exported: Any) -> None:
    trace, path = exported("ray", "asha", trials=4, best=2)
    script = runpy.run_path(str(path), run_name="search")
    results = script["tuner"]().fit()
    assert not results.errors and len(results) == 4
    active = [script["OBJECTIVE"].active(r.config) for r in results]
    for config in trace.top(2):  # the notebook's best come first
        assert config in active
    assert all(SPACE.validate(config) == {**config} for config in active)
    best = results.get_best_result()
    assert best.metrics["epoch"] <= 9 and best.metrics["value"] >= 1 / 9
    assert max(r.metrics["epoch"] for r in results) == 9


def test_wandb_takes_the_sweep_and_a_run_of_it(exported: Any, tmp_path: Path) -> None:
    import sweeps
    from sweeps.config.cfg import schema_violations_from_proposed_config as violations

    for method in ("random", "grid", "asha"):
        _, path = exported("wandb", method, overwrite=True, settings={"resolution": 3} if method == "grid" else {})
        sweep = yaml.safe_load(path.read_text())
        assert sweep.pop("run_cap") == 5  # younger than the schema
        assert violations(sweep) == [] != violations({**sweep, "method": "tpe"})
        drawn = {k: v["value"] for k, v in sweeps.next_run(sweep, []).config.items()}
        drawn["width"] = float(drawn["width"])  # as the server may
    (tmp_path / "config.json").write_text(json.dumps(drawn, default=float))
    run = (
        "import json, wandb\n"
        "init = wandb.init\n"
        "wandb.init = lambda: init(config=json.load(open('config.json')), project='p')\n"
        "from nasbook.scale.targets import wandb_trial\n"
        "raise SystemExit(wandb_trial.main())"
    )
    env = {**os.environ, "WANDB_MODE": "offline", "WANDB_SILENT": "true", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", run], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files = list((tmp_path / "wandb").glob("offline-run-*/*.wandb"))
    assert len(files) == 1 and b"epoch" in files[0].read_bytes()


def test_hydra_composes_and_runs_the_whole_search(exported: Any, tmp_path: Path) -> None:
    trace, path = exported("hydra", trials=4)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for words in (["--multirun"], ["config.lr=0.3", "hydra.run.dir=one"]):
        done = subprocess.run([sys.executable, str(path), *words], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    rows = [json.loads(p.read_text()) for p in sorted(tmp_path.glob("multirun/*/*/result.json"))]
    assert len(rows) == 4 and [r["config"] for r in rows[:3]] == trace.top(3)
    assert all(len(r["curve"]) == 9 and r["value"] == r["curve"][-1][1] for r in rows)
    assert json.loads((tmp_path / "one/result.json").read_text())["value"] == 1 / 9
