"""A search that ends leaves no state."""

import os
import re

import pytest

import nasbook

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")


def test_no_state_is_left_by_a_search_that_ends(tmp_path):
    space = nasbook.Space(x=nasbook.Float(0, 1))

    def needs(config, *, report, checkpoint, seed):
        assert checkpoint.parent.is_dir() and re.fullmatch(r"\d+", checkpoint.name)
        checkpoint.write_text("state")
        report(1, config["x"])
        return config["x"]

    trace = nasbook.search("random", needs, space=space, trials=3, out=tmp_path / "trace.jsonl")
    assert [t.status for t in trace.trials] == ["done"] * 3
    assert sorted(p.name for p in tmp_path.iterdir() if "states" in p.name) == []
