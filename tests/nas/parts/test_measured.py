"""Latencies that are measured here, of cells and of chains."""

import pytest

import nasbook
from nasbook import Choice, Space
from nasbook.nas.fbnet import FBNet
from nasbook.nas.parts.measured import latencies
from nasbook.nas.proxylessnas import ProxylessNAS
from nasbook.nas.spaces.nb201.cell import cell_space

SHORT = {"epochs": 2, "channels": 2, "batch": 50, "device": "cpu"}


def test_measured_here():
    found = latencies(cell_space(), channels=4, images=2, repeats=2)
    assert len(found) == 6 and min(found) >= 0 and found[0] > 1
    assert FBNet(cell_space(), latencies=found, **SHORT).latency.rest == found[0]
    with pytest.raises(ValueError, match="images must be a whole number of at least 1"):
        latencies(cell_space(), images=0)
    with pytest.raises(ValueError, match="latencies searches the cells|have a supernet"):
        latencies(Space(x=Choice(["a", "b"])))


@pytest.mark.parametrize("task", ["digits-block-chain", "digits-mbconv-chain"])
def test_a_chain_has_latencies_of_its_own(task):
    space = nasbook.task(task).space
    method = ProxylessNAS(space, **SHORT)
    names, table = method.places.ops, method.places.latencies[1:]
    assert len(table) == len(names) and table[names.index("skip")] == 0 == min(table)
    for more, less in (("mb3e6", "mb3e2"), ("mb5e6", "mb5e2"), ("conv5x5", "conv3x3")):
        assert more not in names or table[names.index(more)] > table[names.index(less)]
    found = latencies(space, channels=2, images=2, repeats=1)
    assert len(found) == len(method.places.latencies) and min(found) >= 0
