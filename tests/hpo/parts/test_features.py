"""What a kernel sees of a configuration."""

import numpy as np
import pytest

from nasbook import Choice, Float, Int, Space
from nasbook.hpo.parts.features import Features

SPACE = Space(
    x=Float(0, 1),
    kind=Choice(["a", "b", "c"]),
    n=Int(1, 3, when={"kind": "a"}),
    size=Choice([1, 2], ordered=True),
    how=Choice(["p", "q"], when={"kind": "b"}),
)


def test_columns_groups_and_distances():
    features = Features(SPACE)
    configs = [
        {"x": 0.25, "kind": "a", "n": 2, "size": 2},
        {"x": 0.25, "kind": "b", "size": 2, "how": "q"},
        {"x": 0.25, "kind": "c", "size": 2},
    ]
    Z = features(SPACE.encode_all(configs))
    half = 1 / np.sqrt(2)
    assert features.groups.tolist() == [0, 1, 1, 1, 2, 3, 4, 4] and features.one_hot.tolist() == [0, 1, 0, 0, 1]
    assert features.numbers.tolist() == [0, 2, 3] and features.columns.tolist() == [0, 4, 5]
    assert Z[0].tolist() == pytest.approx([0.25, half, 0, 0, 0.5, 0.75, 0, 0])
    assert Z[1].tolist() == pytest.approx([0.25, 0, half, 0, 0.5, 0.75, 0, half])  # n does not exist: ½
    assert np.linalg.norm(Z[0] - Z[2]) == pytest.approx(1)  # two options are as far apart as 0 and 1
