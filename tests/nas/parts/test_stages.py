"""Stages of equal length: where each begins, counted out."""

from types import SimpleNamespace

import pytest

from nasbook.nas.parts.stages import Stages


class Count(Stages):
    def __init__(self, stages, epochs):
        self.stages, self.settings, self.done_epochs = stages, SimpleNamespace(epochs=epochs), 0


@pytest.mark.parametrize("stages", [1, 2, 3, 5])
@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 10, 60])
def test_every_epoch_lies_in_one_stage_and_they_are_equally_long(stages, epochs):
    method, lengths, entered = Count(stages, epochs), [0] * stages, []
    for epoch in range(epochs):
        method.done_epochs = epoch
        method.enter()
        assert method.stage == method.now
        done, length = method.at
        assert done == epoch - method.starts(method.now) == lengths[method.now] and done < length
        lengths[method.now] += 1
        entered.append(method.stage)
    assert sum(lengths) == epochs and entered == sorted(entered)
    assert max(lengths) - min(lengths) <= 1  # as equal as whole epochs can be
    if stages <= epochs:
        assert min(lengths) > 0 and entered[0] == 0


def test_none_is_passed_over_where_there_are_fewer_epochs_than_stages():
    seen = []

    class Tell(Count):
        def next_stage(self):
            super().next_stage()
            seen.append(self.stage)

    method = Tell(5, 2)
    for method.done_epochs in (0, 1):
        method.enter()
    assert seen == list(range(1, method.now + 1)) and method.now > 1
