"""How a chain may grow, counted by hand."""

from nas.chains import SPACES, chain

from nasbook.nas.parts.chain_growth import Growth, first_chain, grow, growths
from nasbook.nas.spaces.conv_chain import ConvChain


def test_the_changes_of_one_chain_counted_by_hand():
    config = chain((3, 8, True, 1), (5, 8, False, 1), ("maxpool", 2), (3, 32, True, 1))
    found = growths(SPACES, config)
    # one channel comes in, so layer 1 has a projection, and its sum may be negative, as layer 4's may be
    assert {(m.kind, m.layer) for m in found if m.adds_layer} == {
        ("branch", 1),
        ("branch", 2),
        ("deepen", 2),
        ("branch", 3),
        ("deepen", 3),
        ("branch", 4),
    }
    assert sorted(str(m) for m in found if not m.adds_layer) == [
        "enlarge the kernel of layer 1 to 5×5",
        "enlarge the kernel of layer 4 to 5×5",
        "widen layer 1 to 16 channels",
        "widen layer 1 to 32 channels",
        "widen layer 2 to 16 channels",  # not to 32: the projection of layer 4 would go
    ]
    assert len(found) == 6 * 3 + 5


def test_grow_says_the_configuration():
    config = chain((3, 8, False, 1), ("maxpool", 2))
    assert grow(SPACES, config, Growth("branch", 1, 5)) == chain((3, 8, False, 1), (5, 8, True, 1), ("maxpool", 2))
    assert grow(SPACES, config, Growth("deepen", 2, 1)) == chain((3, 8, False, 1), ("maxpool", 2), (1, 8, False, 1))
    assert grow(SPACES, config, Growth("widen", 1, 32)) == chain((3, 32, False, 1), ("maxpool", 2))
    assert grow(SPACES, config, Growth("enlarge", 1, 5)) == chain((5, 8, False, 1), ("maxpool", 2))


def test_the_deepest_chain_gets_no_more_layers():
    shallow = ConvChain(depth=2)
    assert first_chain(shallow)["depth"] == 2
    assert not any(m.adds_layer for m in growths(shallow, first_chain(shallow)))
