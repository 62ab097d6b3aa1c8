"""Two processes that the real torchrun has started: they train what a search here has found, and they are a trial."""

import json
import subprocess
import sys

import pytest
import torch

import nasbook
from nasbook.cli import main

TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m", "nasbook"]
SMALL = {"train": 96, "epochs": 2, "batch": 24, "channels": 3, "device": "cpu"}


def test_a_winner_is_trained_by_two_processes(tmp_path, monkeypatch, capsys):
    trace, out = tmp_path / "trace.jsonl", tmp_path / "winner"
    nasbook.search("random", nasbook.task("images", **SMALL), trials=2, seed=3, out=trace)
    words = ["train", str(trace), "--out", str(out), "--json", "--seeds"]
    done = subprocess.run([*TWO, *words, "2"], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)  # said once
    assert card == json.loads((out / "card.json").read_text()) and card["training"]["processes"] == 2
    assert [run["seed"] for run in card["training"]["runs"]] == [1000, 1001]
    page = (out / "card.md").read_text()
    assert "on 2 processes that learned together, each from 24 images a step, on cpu" in page
    sys.path.insert(0, str(out))
    try:
        import network

        x = nasbook.task("images", **SMALL).tensors["test"][0][:]
        with torch.no_grad():
            found = network.load()(x).argmax(1)
    finally:
        sys.path.remove(str(out))
        sys.modules.pop("network", None)
    y = nasbook.task("images", **SMALL).tensors["test"][1]
    assert (found == y).double().mean().item() == pytest.approx(card["weights"]["test"], abs=1e-9)

    assert main(words[:4] + ["--seeds", "3"]) == 2  # one process alone would be another training
    assert "was begun with another training: its processes differs" in capsys.readouterr().err

    mlp = tmp_path / "mlp.jsonl"
    nasbook.search("random", nasbook.task("digits-mlp", epochs=1, train=100), trials=1, out=mlp)
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert main(["train", str(mlp), "--out", str(tmp_path / "no")]) == 2
    said = capsys.readouterr().err
    assert "torchrun has started 2 processes, and digits-mlp trains in one" in said and said.count("\n") == 1
    assert not (tmp_path / "no").exists()


TRIAL = """
import json, os, sys
if os.environ["RANK"] == "0":
    for epoch in (1, 2):
        print(json.dumps({"epoch": epoch, "value": float(sys.argv[1]) / epoch / int(os.environ["WORLD_SIZE"])}))
"""


def test_a_program_under_torchrun_is_a_trial(tmp_path):
    (tmp_path / "train.py").write_text(TRIAL)
    command = f"python -m torch.distributed.run --standalone --nproc_per_node=2 {tmp_path / 'train.py'} {{lr}}"
    task = nasbook.task(command=command, space=nasbook.Space(lr=nasbook.Float(0.1, 1.0)))
    trace = nasbook.search("random", task, trials=1, seed=0)
    (trial,) = trace.trials
    assert trial.value == pytest.approx(trial.config["lr"] / 4) and [f for f, _ in trial.curve] == [1, 2]
