"""The state of a training on disk: it comes back as it was, into the search that wrote it, and runs no code."""

import os

import pytest
import torch
from torch import nn

from nasbook.kit.state import Resumable, Unreadable, read, write

BY = {"method": "m", "seed": 3, "lr": 0.1}


class Boom:
    def __reduce__(self):
        return os.mkdir, ("boom",)


def test_what_was_written_is_read(tmp_path):
    state = {"w": torch.arange(6.0).view(2, 3), "n": 4, "rng": {"state": {"inc": 2**127}}, "seen": [(1, 2), "a"]}
    write(tmp_path / "new" / "s.pt", BY, state)
    found = read(tmp_path / "new" / "s.pt", BY)
    assert torch.equal(found.pop("w"), state.pop("w")) and found == {"made_by": BY, **state}
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["s.pt"]


def test_a_write_that_fails_leaves_the_old_state(tmp_path, monkeypatch):
    write(tmp_path / "s.pt", BY, {"n": 1})
    monkeypatch.setattr(torch, "save", lambda what, path: path.write_bytes(b"PK half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "s.pt", BY, {"n": 2})
    assert read(tmp_path / "s.pt", BY)["n"] == 1


def test_another_search_and_damage_are_told_apart(tmp_path):
    path = tmp_path / "s.pt"
    write(path, BY, {"n": 1})
    with pytest.raises(ValueError, match="is the state of another search: .*'seed': 3.*, not .*'seed': 4") as told:
        read(path, {**BY, "seed": 4})
    assert not isinstance(told.value, Unreadable)
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"not a state"):
        path.write_bytes(damaged)
        with pytest.raises(Unreadable, match=r"cannot be read .*; delete it, and the search trains again"):
            read(path, BY)


def test_a_file_that_brings_code_is_damaged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"made_by": BY, "n": Boom()}, "s.pt")
    with pytest.raises(Unreadable):
        read("s.pt", BY)
    assert not (tmp_path / "boom").exists()


class Walk(Resumable):
    """Steps of momentum SGD, each with a number of its own."""

    name, Settings = "walk", None
    made_by = BY
    always = ("done",)

    def __init__(self):
        from numpy.random import default_rng

        self.rng, self.done = default_rng(0), 0
        self.net, self.table = nn.Linear(2, 1), torch.zeros(3)
        nn.init.ones_(self.net.weight)
        self.optimiser = torch.optim.SGD(self.net.parameters(), 0.1, momentum=0.9)

    def parts(self):
        return {"net": self.net, "optimiser": self.optimiser, "table": self.table}

    def step(self):
        self.optimiser.zero_grad()
        (self.net.weight.square().sum() * float(self.rng.random())).backward()
        self.optimiser.step()
        self.table += self.rng.random()
        self.done += 1


def test_a_method_goes_on_as_if_it_had_not_stopped(tmp_path):
    whole, half, later = Walk(), Walk(), Walk()
    for _ in range(6):
        whole.step()
    for _ in range(3):
        half.step()
    half.save(tmp_path / "s.pt")
    net, table = later.net, later.table
    later.restore(tmp_path / "s.pt")
    later.take_back()
    assert later.net is net and later.table is table  # in place: who holds them sees it
    for _ in range(3):
        later.step()
    assert torch.equal(later.net.weight, whole.net.weight) and torch.equal(later.table, whole.table)
    assert (later.done, later.rng.random()) == (6, whole.rng.random())


def test_what_an_older_state_lacks_stays_as_it_begins():
    walk = Walk()
    walk.saved = {"done": 2}
    before = walk.rng.bit_generator.state
    walk.take_back()
    assert walk.done == 2 and (walk.net.weight == 1).all() and walk.rng.bit_generator.state == before
