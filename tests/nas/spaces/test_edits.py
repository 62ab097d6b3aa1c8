"""One edit: what it changes, where the graph shows it, and what it cannot be."""

import numpy as np
import pytest

from nasbook import registry
from nasbook.nas.spaces.edits import change, changed_by, edges, edits, following
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES, to_config

NAMES = [entry.name for entry in registry.SPACES]


def valid(spaces, rng):
    while True:
        config = spaces.space.sample(rng)
        if spaces.is_valid(config):
            return config


def test_a_cell_has_one_decision_an_edge_and_offers_where_none_is():
    spaces = registry.make("space", "nb201-cell")
    found = edits(spaces, to_config("304013"))
    at = dict(zip(EDGES, EDGE_NAMES, strict=True))
    assert found.edges == {(0, 1, 0): "conv3x3", (1, 2, 0): "avgpool", (1, 3, 0): "skip", (2, 3, 0): "conv3x3"}
    assert found.decisions == {(i, j, 0): (at[i, j],) for i, j, _ in found.edges}
    assert set(found.offers) == {(0, 2, 0), (0, 3, 0)} and len(found.neighbours) == 6 * 4
    for (i, j, _), config in found.offers.items():
        assert config == to_config("304013") | {at[i, j]: config[at[i, j]]} and config[at[i, j]] != "none"


def test_the_decisions_of_a_layer_are_its_own_and_the_most_specific_comes_first():
    spaces = registry.make("space", "conv-chain")
    layer = {"kind_1": "conv", "kernel_1": 3, "channels_1": 8, "skip_1": True, "stride_1": 1}
    last = {"kind_2": "conv", "kernel_2": 3, "channels_2": 8, "skip_2": True, "stride_2": 1}
    found = edits(spaces, {"depth": 2, **layer, **last})
    assert found.decisions[0, 1, 0][0] == "kernel_1" and found.decisions[0, 1, 1][0] == "skip_1"
    assert set(found.decisions[0, 1, 0]) == {"kernel_1", "kind_1", "channels_1", "stride_1"}
    assert found.decisions[1, 2, 1][:1] == ("skip_2",) and "depth" in found.decisions[1, 2, 0]
    assert (2, 3, 0) in found.offers and found.offers[2, 3, 0]["depth"] == 3  # a longer chain


@pytest.mark.parametrize("name", NAMES)
def test_every_decision_of_an_edge_really_changes_it_and_every_offer_is_kept(name):
    spaces, rng = registry.make("space", name), np.random.default_rng(1)
    for _ in range(5):
        config = valid(spaces, rng)
        found = edits(spaces, config)
        assert found.edges == edges(spaces.graph(config))
        for slot, decisions in list(found.decisions.items())[:6]:
            for decision in decisions[:2]:
                others = [c for c in found.neighbours if changed_by(spaces, config, c) == decision]
                assert any(edges(spaces.graph(c)).get(slot) != found.edges[slot] for c in others)
        for slot, other in found.offers.items():
            assert slot not in found.edges and slot in edges(spaces.graph(other)) and spaces.is_valid(other)


@pytest.mark.parametrize("name", NAMES)
def test_following_goes_through_all_options_and_comes_back(name):
    spaces, rng = registry.make("space", name), np.random.default_rng(2)
    config = valid(spaces, rng)
    for decision in list(config)[-3:]:
        seen, at = [config[decision]], config
        while (at := following(spaces, at, decision))[decision] != config[decision]:
            seen.append(at[decision])
            assert len(seen) < 100
        assert sorted(map(str, seen)) == sorted(map(str, spaces.space.parameters[decision].levels(64)))


def test_what_comes_to_life_takes_the_middle_and_what_goes_leaves():
    spaces = registry.make("space", "conv-chain")
    pool = {"depth": 1, "kind_1": "maxpool", "stride_1": 2}
    conv = change(spaces, pool, "kind_1", "conv")
    assert conv == {"depth": 1, "kind_1": "conv", "kernel_1": 3, "channels_1": 16, "skip_1": True, "stride_1": 2}
    assert change(spaces, conv, "kind_1", "maxpool") == pool


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("kind_1", "linear", "kind_1 must be one of"),
        ("depth", 9, "depth must"),
        ("kernel_4", 3, "kernel_4 exists only when"),
        ("widht", 3, "unknown parameter 'widht'"),
    ],
)
def test_what_cannot_be_is_one_sentence(name, value, says):
    spaces = registry.make("space", "conv-chain")
    with pytest.raises(ValueError, match=says):
        change(spaces, {"depth": 1, "kind_1": "maxpool", "stride_1": 2}, name, value)
