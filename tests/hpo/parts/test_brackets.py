"""A bracket by hand: places, promotions, failures and what its view says."""

from nasbook import Trial
from nasbook.hpo.parts.brackets import Bracket

TABLE = ((4, 1), (2, 3), (1, 9))


def told(bracket, number, value):
    bracket.tell(Trial(number, {"x": number}, bracket.level, "failed" if value is None else "done", value))


def test_the_best_go_on_when_the_rung_is_full_and_the_last_rung_ends_it():
    bracket = Bracket(TABLE, 0)
    assert [bracket.start(k) for k in range(4)] == [None] * 4 and not bracket.waiting
    for number, value in ((2, 0.3), (0, 0.1), (3, 0.2)):
        told(bracket, number, value)
        assert (bracket.rung, bracket.finished) == (0, False), "one is in flight"
    told(bracket, 1, 0.4)
    assert (bracket.rung, bracket.level, bracket.promoted[0]) == (1, 3, (0, 3))
    assert [bracket.start(k).id for k in (4, 5)] == [0, 3]
    told(bracket, 4, 0.1)
    told(bracket, 5, 0.05)
    assert bracket.level == 9 and bracket.start(6).id == 5
    told(bracket, 6, 0.01)
    assert bracket.finished
    rungs = bracket.view().rungs
    assert [r.trials for r in rungs] == [(0, 1, 2, 3), (4, 5), (6,)]
    assert [r.stopped for r in rungs] == [(1, 2), (4,), (6,)] and [r.fidelity for r in rungs] == [1, 3, 9]


def test_who_failed_is_not_promoted_and_with_nobody_left_it_is_over():
    bracket = Bracket(TABLE, 3)
    for k in range(4):
        bracket.start(k)
    for k in range(4):
        told(bracket, k, 0.5 if k == 2 else None)
    assert bracket.promoted[0] == (2,) and len(bracket.waiting) == 1, "one place of two"
    bracket.start(4)
    told(bracket, 4, None)
    assert bracket.finished and bracket.rung == 1 and bracket.view().number == 3
