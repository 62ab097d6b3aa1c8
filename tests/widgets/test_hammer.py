"""Every lab, hammered from three threads with every control and button: it stays whole, and answers afterwards."""

import pytest
from widgets.hammer import hammer

from nasbook import registry

SECONDS = 2.5


@pytest.mark.parametrize("name", [entry.name for entry in registry.LABS])
def test_a_lab_survives_a_hurried_user(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert hammer(name, SECONDS, seed=1) >= 3
