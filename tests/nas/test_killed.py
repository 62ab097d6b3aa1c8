"""SIGKILL in the middle of a search by every strategy on a supernet: it goes on to the same end, bit for bit."""

import signal
import time
import warnings
from dataclasses import fields

import pytest
import torch
from nas.pictures import Pictures, history
from supernet_strategies import STRATEGIES
from warm import SERVER

import nasbook
from nasbook import registry
from nasbook.nas.spaces.block_chain import BlockChain
from nasbook.nas.spaces.elastic import Elastic

SPACES = {"scarlet": BlockChain().space, "ofa": Elastic().space}
TINY = {
    "epochs": 3,
    "channels": 2,
    "rounds": 1,
    "population": 3,
    "looks": 1,
    "steps": 1,
    "samples": 2,
    "warmup": 0,
    "device": "cpu",
}
OWN = {"darts": {"order": 2}, "ofa": {"epochs": 6}}
STOP = 2  # the epoch before which it waits, so that no kill comes too late


def task_of(name):
    task = Pictures()
    task.space = SPACES.get(name, task.space)
    return task


def options(name):
    known = {f.name for f in fields(registry.find("method", name).load().Settings)}
    return {"seed": 3, **{k: v for k, v in TINY.items() if k in known}, **OWN.get(name, {})}


def search_and_wait(name, file):
    for step in nasbook.steps(name, task_of(name), out=file, resume=True, **options(name)):
        if step.index == STOP:
            time.sleep(300)


@pytest.mark.parametrize("name", STRATEGIES)
def test_killed_by_the_system(name, tmp_path):
    file = tmp_path / "trace.jsonl"
    killed = SERVER.Process(target=search_and_wait, args=(name, file))
    killed.start()
    while killed.is_alive() and not (tmp_path / "trace.jsonl.state").exists():  # before, it would begin anew
        time.sleep(0.002)
    killed.kill()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    whole = history(nasbook.steps(name, task_of(name), out=tmp_path / "whole.jsonl", **options(name)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a last line may have been cut off
        assert 1 <= len(nasbook.Trace.load(file).trials) <= STOP + 1 <= len(whole)
        list(nasbook.steps(name, task_of(name), out=file, resume=True, **options(name)))
    assert history(nasbook.replay(nasbook.Trace.load(file))) == whole
    kept, undisturbed = (torch.load(tmp_path / f"{run}.jsonl.state", weights_only=True) for run in ("trace", "whole"))
    assert differences(kept, undisturbed) == []


def differences(a, b, where=""):
    """The entries of two states that are not equal bit for bit, momenta and random numbers among them."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        return [d for k in a for d in differences(a[k], b[k], f"{where}.{k}")]
    if isinstance(a, list | tuple):
        assert len(a) == len(b), where
        return [d for n, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{where}.{n}")]
    return [] if (torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b) else [where]
