"""Chains of blocks and their supernets."""

import pytest

from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain


def test_the_chains():
    chain = BlockChain()
    assert chain.space.size == 81 and MBConvChain().space.size == 625
    count = lambda **ops: chain.parameters({f"block_{i}": ops.get(f"b{i}", "skip") for i in range(1, 5)})  # noqa: E731
    empty = count()
    assert count(b1="conv3x3") - empty == 9 * 8 * 8 + 16 and count(b4="conv5x5") - empty == 25 * 16 * 16 + 32
    net = chain.build(dict.fromkeys(chain.space.parameters, "conv5x5"))
    assert net(chain.example(3)).shape == (3, 10)
    for bad in ("conv3x5", "conv4x4", "mb3", "pool", "mb3e0", ""):
        with pytest.raises(ValueError, match="a block is 'skip'"):
            BlockChain(ops=("skip", bad))
    with pytest.raises(ValueError, match="block-chain: blocks must be a whole number of at least 2, not 1"):
        BlockChain(blocks=1)
