"""Methods with rungs, all of them: killed, asked from outside, with budgets that make no sense; a late bloomer and a
straggler, of which one loses and another does not."""

import numpy as np
import pytest
from curve_tasks import Curves, Line, Timed

from nasbook.search import search


class LateBloomer(Line):
    """At x < 0.2 the curve begins at the top and ends lowest."""

    def curve(self, config, epoch):
        return config["x"] + (2.0 if config["x"] < 0.2 and epoch < 9 else 0.0)


def test_a_late_bloomer_is_lost_to_halving_and_not_to_hyperband():
    halving = [search("successive-halving", LateBloomer(), trials=13, seed=s, max_fidelity=9) for s in range(20)]
    assert min(t.best.value for t in halving) >= 0.2
    hyperband = [search("hyperband", LateBloomer(), trials=22, seed=s, max_fidelity=9) for s in range(20)]
    found = np.mean([t.best.value < 0.2 for t in hyperband])
    # the last bracket trains 3 configurations fully: 1 - 0.8^3 = 0.49
    assert 0.2 < found < 0.8


def test_failed_trials_are_never_promoted_and_rungs_shrink():
    for name in ("successive-halving", "hyperband", "asha"):
        trace = search(name, Curves(), trials=150, seed=1, workers=4, max_fidelity=9)
        failed = {t.id for t in trace.trials if t.status == "failed"}
        assert len(failed) > 10
        assert not failed & {t.info.get("continues") for t in trace.trials}

    class Doomed(Line):
        def evaluate(self, config, **context):
            if config["x"] > 0.1:
                raise RuntimeError("diverged")
            return super().evaluate(config, **context)

    trace = search("successive-halving", Doomed(), trials=30, seed=0, max_fidelity=9)
    run = [t for t in trace.trials if t.info["bracket"] == 0]
    ok = sum(t.status == "done" for t in run[:9])
    assert ok < 3 and len([t for t in run if t.fidelity == 3]) == ok  # fewer than the three places


STRAGGLER = [{"x": 0.5, "slow": 1}, {"x": 0.4, "slow": 2}, {"x": 0.3, "slow": 10}]


def test_halving_waits_for_a_straggler_and_hyperband_does_not():
    s = search("successive-halving", Timed(), trials=5, first=STRAGGLER, workers=3, max_fidelity=3)
    by_id = sorted(s.trials, key=lambda t: t.id)
    assert [(t.start, t.end) for t in by_id[:4]] == [(0, 1), (0, 2), (0, 10), (10, 30)]
    assert by_id[3].info["continues"] == 2 and by_id[4].start == 30
    h = search("hyperband", Timed(), trials=5, first=STRAGGLER, workers=3, max_fidelity=3)
    by_id = sorted(h.trials, key=lambda t: t.id)
    assert [t.start for t in by_id[:5]] == [0, 0, 0, 1, 2] and by_id[3].info["bracket"] == 1


NAMES = ["successive-halving", "hyperband", "asha", "bohb", "dehb", "median-stopping"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_killed_search_goes_on_to_the_same_end(name, workers, tmp_path):
    options = {"trials": 60, "seed": 7, "workers": workers}
    options |= {} if name == "median-stopping" else {"max_fidelity": 9}
    whole = search(name, Curves(), out=tmp_path / "t.jsonl", **options)
    lines = (tmp_path / "t.jsonl").read_text().splitlines(keepends=True)
    for keep in (2, 31, 76):
        path = tmp_path / f"{keep}.jsonl"
        path.write_text("".join(lines[:keep]))
        again = search(name, Curves(), out=path, resume=True, **options)
        assert [t.to_dict() for t in again.trials] == [t.to_dict() for t in whole.trials]


@pytest.mark.parametrize("name", NAMES[:-1])
def test_what_somebody_asks_for_begins_in_a_first_rung(name):
    first = [{"x": 0.01}, {"x": 0.02}]
    trace = search(name, Line(), trials=30, first=first, max_fidelity=9)
    by_id = sorted(trace.trials, key=lambda t: t.id)
    assert [t.config for t in by_id[:2]] == first and by_id[0].fidelity == 1
    assert any(t.config == first[0] and t.fidelity == 9 for t in by_id)  # it is good, and goes on
