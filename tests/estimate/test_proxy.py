"""A score that is computed is the one in the table, at its price."""

import pytest
from estimate.table import TABLE

import nasbook
from nasbook import registry
from nasbook.estimate import estimator
from nasbook.estimate.proxy import STEPS
from nasbook.estimate.zero_cost import PROXIES


@pytest.mark.parametrize("name", ["parameters", "snip", "synflow", "naswot"])
def test_a_score_computed_is_the_score_in_the_table(name):
    real = estimator(name, nasbook.task("digits-cells", device="cpu"))
    table = estimator(name, TABLE)
    configs = [
        dict(zip(TABLE.space.parameters, ops, strict=True))
        for ops in (
            ("conv3x3",) * 6,
            ("conv3x3", "none", "conv3x3", "none", "avgpool", "avgpool"),
            ("conv1x1", "conv3x3", "none", "skip", "conv1x1", "conv3x3"),
        )
    ]
    same = 0
    for config in configs:
        a, b = real.evaluate(config, seed=0), table.evaluate(config)
        assert a.value == -a.metrics["score"] and a.cost is None and b.cost > 0
        same += a.value == pytest.approx(b.value, rel=2e-3)
    assert same >= (3 if name == "parameters" else 1)  # others of the table's classes start from another cell's weights


def test_every_proxy_has_its_price_and_its_name():
    assert list(STEPS) == list(PROXIES) == [e.name for e in registry.ESTIMATORS if e.module.endswith("proxy")]
