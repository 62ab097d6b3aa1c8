"""Two inputs a node, by hand."""

import pytest
import torch

from nasbook import registry
from nasbook.nas.spaces.darts_cells import RobustDartsS2


def test_two_inputs_a_node_by_hand():
    """Of node 3's three places the two whose strongest operation (never `none`) is strongest; in both cells."""
    places = registry.supernet("darts", RobustDartsS2(nodes=2).space)
    assert places.ops == ("none", "skip", "sepconv3x3")
    assert places.edges == ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3), (4, 6), (5, 6), (4, 7), (5, 7), (6, 7))
    normal = [[0.8, 0.1, 0.1], [0.0, 0.2, 0.8], [0.9, 0.06, 0.04], [0.1, 0.7, 0.2], [0.1, 0.3, 0.6]]
    reduction = [[0.0, 0.6, 0.4], [0.0, 0.4, 0.6], [0.0, 0.5, 0.5001], [0.0, 0.55, 0.45], [0.2, 0.35, 0.45]]
    assert places.config(places.strongest(torch.tensor(normal + reduction))) == {
        "normal_2_first": "skip",
        "normal_2_second": "sepconv3x3",
        "normal_3_inputs": "1 2",
        "normal_3_first": "skip",
        "normal_3_second": "sepconv3x3",
        "reduction_2_first": "skip",
        "reduction_2_second": "sepconv3x3",
        "reduction_3_inputs": "0 1",
        "reduction_3_first": "sepconv3x3",
        "reduction_3_second": "skip",
    }
    with pytest.raises(ValueError, match="node 3 of the normal cell reads 3 nodes on this path, not two"):
        places.config((1,) * 10)
